"""Which program a credential_process runs, and whether it is still the one that the user has allowed.

The text of a command says little: the program of that name on PATH, or the script that it names, may be
another one tomorrow. So trust is given to the text together with the bytes of the programs that it names.
"""

import hashlib
import os
import re
import shutil
import stat
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import WorkbenchError

_INTERPRETER = re.compile(
    r"(?:python|pypy|ruby|perl|node|deno|bun|php|lua|(?:ba|da|z|k|c|tc|fi)?sh|pwsh|powershell|java|uv|env)[w0-9.-]*"
    r"(?:\.exe)?",
    re.IGNORECASE,
)
_Stamp = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class HelperProgram:
    """What a command runs at present.

    Attributes:
        path: The program's file, as it is started; None when there is none.
        fingerprint: Changes with the program, with where it lies, and with a script that it is told to run.
    """

    path: Path | None
    fingerprint: str


class Fingerprints:
    """Finds programs, and remembers the hash of each file until its stamp changes. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[_Stamp, str]] = {}

    def program(self, words: Sequence[str]) -> HelperProgram:
        """The program of a command that was split into words.

        Raises:
            WorkbenchError: A program that the command names cannot be read.
        """
        found = shutil.which(words[0]) if words else None
        digest = hashlib.sha256()
        for file in _files(found, words[1:]):
            try:
                digest.update(f"{file}\0{self._hash(file)}\0".encode("utf-8", "surrogateescape"))
            except OSError as error:
                raise WorkbenchError(
                    "The credential process was not run.",
                    f"{file} cannot be read, so Workbench cannot verify that it is the program "
                    f"you allowed: {error.strerror or error}.",
                    "Change its permissions, then try again.",
                ) from None
        return HelperProgram(Path(found).absolute() if found else None, digest.hexdigest())

    def _hash(self, file: Path) -> str:
        with file.open("rb") as reader:
            about = os.fstat(reader.fileno())
            stamp = (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
            with self._lock:
                known = self._known.get(str(file))
            if known is not None and known[0] == stamp:
                return known[1]
            found = hashlib.file_digest(reader, "sha256").hexdigest()
        with self._lock:
            self._known[str(file)] = (stamp, found)
        return found


def open_to_all(words: Sequence[str]) -> Path | None:
    """A file or folder of a command that every user of this computer may change; None when there is none.

    A folder above may have the sticky bit, as /tmp has: what lies in it is then its owner's.
    """
    if os.name == "nt":
        return None
    for file in _files(shutil.which(words[0]) if words else None, words[1:]):
        for number, path in enumerate((file, *file.parents)):
            mode = path.stat().st_mode
            if mode & stat.S_IWOTH and not (number > 1 and mode & stat.S_ISVTX):
                return path
    return None


def _files(program: str | None, arguments: Sequence[str]) -> Iterator[Path]:
    """The program's file, and the programs among its arguments; other files may change as they like.

    Programs are the files that may be run, and the first file after an interpreter: `python3 helper.py`.
    """
    if program is None:
        return
    yield Path(os.path.realpath(program))
    runs_next = _INTERPRETER.fullmatch(Path(program).name) is not None
    for word in arguments:
        path = word.partition("=")[2] if word.startswith("-") and "=" in word else word
        if path and "\0" not in path and os.path.isfile(path) and (runs_next or os.access(path, os.X_OK)):
            yield Path(os.path.realpath(path))
            runs_next = False
