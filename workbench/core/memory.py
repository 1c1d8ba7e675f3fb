"""Memory of this process that it does not use, and that is not the system's again."""

import ctypes
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import cast

_MAPPINGS = Path("/proc/self/smaps")
_MADV_DONTNEED = 4


def give_back() -> bool:
    """Gives back what was freed, as far as the C library can. A few milliseconds; any thread.

    Opening a function's code needs a lot for a moment, in threads that each keep what they had.

    Returns:
        Whether there was something to give.
    """
    trim = _function("malloc_trim", ctypes.c_size_t)
    return trim is not None and bool(trim(0))


def give_back_the_start() -> None:
    """Gives back what only the start ran through, of Qt and QtWebEngine: 60 MB. 20 ms; any thread, once.

    What is used after all comes back by itself, at the price of some milliseconds the first time.
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
    """One of the C library's, where it is glibc; others do by themselves what this module does."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        function = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError):
        return None
    function.argtypes, function.restype = takes, ctypes.c_int
    return cast("Callable[..., int]", function)


def unchanged_parts(smaps: Iterable[str], folder: str) -> Iterator[tuple[int, int]]:
    """Where libraries are in memory exactly as in their files: first address and the one after the last.

    Such pages come back from the system's cache of files when they are used again. A page that the loader has
    changed is nowhere else: a part that has one, or may be written to, is left alone. So is a library whose
    part to write to is not there, which is the last that the loader makes: another thread is loading it.

    Args:
        smaps: Lines as in /proc/self/smaps.
        folder: What the libraries' paths contain. They must be of the kind that is never unloaded.
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
