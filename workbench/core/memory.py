"""Returns memory that this process does not use to the system."""

import ctypes
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import cast

_MAPPINGS = Path("/proc/self/smaps")
_MADV_DONTNEED = 4


def give_back() -> bool:
    """Returns freed memory, as far as the C library can. Takes a few milliseconds; thread-safe.

    Opening a function's code needs much memory for a moment, in threads that each keep theirs.

    Returns:
        Whether there was something to return.
    """
    trim = _function("malloc_trim", ctypes.c_size_t)
    return trim is not None and bool(trim(0))


def give_back_the_start() -> None:
    """Returns code of Qt and QtWebEngine that only the start used: 60 MB. Takes 20 ms; thread-safe; once.

    Pages that are used again are loaded again, which takes some milliseconds the first time.
    """
    advise = _function("madvise", ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    if advise is None:
        return
    try:
        mappings = _MAPPINGS.read_text(errors="replace")
    except OSError:
        return  # no /proc, as in some containers
    for start, end in unchanged_parts(mappings.splitlines(), "/PySide6/"):
        advise(start, end - start, _MADV_DONTNEED)


def _function(name: str, *takes: type) -> Callable[..., int] | None:
    """A function of the C library, if it is glibc; others do by themselves what this module does."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        function = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError):
        return None
    function.argtypes, function.restype = takes, ctypes.c_int
    return cast("Callable[..., int]", function)


def unchanged_parts(smaps: Iterable[str], folder: str) -> Iterator[tuple[int, int]]:
    """The address ranges in which libraries are in memory exactly as in their files.

    Such pages come back from the system's file cache when they are used. A page that the loader has changed
    exists nowhere else, so parts that have one, or are writable, are left out. So is a library without its
    writable part, which the loader maps last: another thread is loading it.

    Args:
        smaps: Lines as in /proc/self/smaps.
        folder: Part of the libraries' paths. They must be libraries that are never unloaded.
    """
    path, permissions, bounds = "", "", (0, 0)
    whole: list[tuple[int, int]] = []
    for line in smaps:
        words = line.split(maxsplit=5)
        if words[0].endswith(":"):
            if words[0] == "Anonymous:" and words[1] == "0" and permissions in ("r-xp", "r--p"):
                whole.append(bounds)
            continue
        here = words[5] if len(words) == 6 and folder in words[5] else ""
        if here != path:
            path, whole = here, []
        permissions = words[1] if here else ""
        bounds = _bounds(words[0])
        if permissions.startswith("rw"):
            yield from whole
            whole = []


def _bounds(text: str) -> tuple[int, int]:
    start, _, end = text.partition("-")
    return int(start, 16), int(end, 16)
