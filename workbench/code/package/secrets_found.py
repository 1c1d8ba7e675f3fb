"""Finds the files of a tree that look like secrets, and says in a package's notes what became of them."""

import base64
import hashlib
import os
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from workbench.code.package.patterns import Secret
from workbench.code.secret_files import (
    HEAD_BYTES,
    TAIL_BYTES,
    Certainty,
    certainty_of,
    is_installed,
    is_secret,
    is_secret_folder,
)
from workbench.code.tree import EntryKind
from workbench.code.unpack import read_heads
from workbench.core.jobs import JobContext

_MAX_NAMES = 20
_RECORD_BYTES = 8 << 20
_RECORD_LINE = re.compile(r'"?(?P<path>[^",]+)"?,sha256=(?P<sha256>[\w-]+),')


class SecretFinder:
    """Looks at one tree. Of files with ordinary names nothing is read.

    Its methods raise OSError when a file that has to be looked into cannot be read.
    """

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)
        self._recorded: dict[str, Mapping[str, str]] = {}

    def is_secret(self, path: str, is_folder: bool, source: str = "") -> bool:
        """Whether a file or a folder looks like a secret.

        Args:
            path: Its name in the package.
            is_folder: Whether it is a folder.
            source: Where it lies, relative to the root; another path when it is found through a link.
        """
        source = source or path
        if is_folder:
            by_name = is_secret_folder(path) or is_secret_folder(source)
        else:
            by_name = _may_be_secret(path, source)
        if not by_name or is_installed(source):
            return False
        if is_folder:
            return True

        def read() -> bytes:
            return _look_into(os.path.join(self._root, source))

        return is_secret(path, read) or (source != path and is_secret(source, read))

    def was_met(self, path: str, kind: EntryKind) -> bool:
        """Whether something that a walk met looks like a secret, and is no file of an installed package.

        What cannot be read does not look like one: whoever packs it says so.
        """
        source, is_folder = path, kind is EntryKind.FOLDER
        if kind is EntryKind.LINK:
            real = os.path.realpath(os.path.join(self._root, path))
            is_folder = os.path.isdir(real)
            if real.startswith(self._root + os.sep):
                source = os.path.relpath(real, self._root).replace(os.sep, "/")
            elif not is_folder and certainty_of(path) is Certainty.DOUBTFUL:
                return False
        if kind is EntryKind.OTHER or not (is_folder or _may_be_secret(path, source)):
            return False
        try:
            if not self.is_secret(path, is_folder, source):
                return False
            return is_folder or not self.is_recorded(source)
        except OSError:
            return certainty_of(path) is Certainty.SECRET

    def is_recorded(self, source: str) -> bool:
        """Whether an installed Python package lists a file with just these bytes (its RECORD).

        A file of one's own is not taken for that package's because a list names it.
        """
        folder = source
        while folder:
            folder = folder.rpartition("/")[0]
            if expected := self._records(folder).get(source):
                return expected == _sha256(os.path.join(self._root, source))
        return False

    def _records(self, folder: str) -> Mapping[str, str]:
        """What the lists of installed files in a folder name: path -> SHA-256 as they write it."""
        if folder not in self._recorded:
            above = Path(self._root, folder)
            found: dict[str, str] = {}
            for record in above.glob("*.dist-info/RECORD"):
                with record.open("rb") as file:
                    text = file.read(_RECORD_BYTES).decode("utf-8", "replace")
                for line in text.splitlines():
                    if match := _RECORD_LINE.match(line):
                        found["/".join(filter(None, (folder, match["path"])))] = match["sha256"]
            self._recorded[folder] = found
        return self._recorded[folder]


def left_out_notes(secrets: Mapping[str, Secret]) -> tuple[str, ...]:
    """What stays out of a package because it looks like a secret, in a sentence; or nothing."""
    out = _names(secrets, Secret.LEFT_OUT)
    if not out:
        return ()
    if len(out) == 1:
        return (f"{out[0]} is excluded from the package because it looks like a secret.",)
    return (f"These files are excluded from the package because they look like secrets: {_listed(out)}.",)


def secrets_inside(secrets: Mapping[str, Secret]) -> tuple[str, ...]:
    """What goes into a package though it looks like a secret, in sentences to be warned by."""
    named, deployed = _names(secrets, Secret.BY_NAME), _names(secrets, Secret.DEPLOYED)
    found = []
    if len(named) == 1:
        found.append(f"Included by name: {named[0]} looks like a secret.")
    elif named:
        found.append(f"Included by name: {_listed(named)} look like secrets.")
    if len(deployed) == 1:
        found.append(f"{deployed[0]} is deployed with this function and looks like a secret.")
    elif deployed:
        found.append(f"{_listed(deployed)} are deployed with this function and look like secrets.")
    return tuple(found)


def secrets_in_zip(zip_path: Path, ctx: JobContext) -> tuple[str, ...]:
    """The files of a zip that look like secrets, sorted.

    Raises:
        WorkbenchError: It is no zip, or damaged.
        Cancelled: In between.
    """
    found = []
    for path, head in read_heads(zip_path, _is_doubtful, HEAD_BYTES):
        ctx.check()
        if not is_installed(path) and is_secret(path, partial(bytes, head)):
            found.append(path)
    return tuple(sorted(found))


def _is_doubtful(path: str) -> bool:
    return certainty_of(path) is Certainty.DOUBTFUL and not is_installed(path)


def _may_be_secret(path: str, source: str) -> bool:
    if certainty_of(path) is not Certainty.ORDINARY:
        return True
    return source != path and certainty_of(source) is not Certainty.ORDINARY


def _names(secrets: Mapping[str, Secret], kind: Secret) -> list[str]:
    return sorted(path for path, each in secrets.items() if each is kind)


def _listed(names: list[str]) -> str:
    more = len(names) - _MAX_NAMES
    return ", ".join(names[:_MAX_NAMES]) + (f" and {more:,} more" if more > 0 else "")


def _look_into(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        head = file.read(HEAD_BYTES)
        size = os.fstat(file.fileno()).st_size
        if size <= HEAD_BYTES:
            return head
        file.seek(max(HEAD_BYTES, size - TAIL_BYTES))
        return head + file.read(TAIL_BYTES)


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
