"""How the files were before a merge, and making them so again.

Owns: what a merge has to remember of the files that it writes. Must not know: whose versions they are.
"""

import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from workbench.code.base import Base
from workbench.code.contents import FileContent
from workbench.code.drafts import Draft, Drafts
from workbench.code.files import WorkingFiles
from workbench.code.merge_plan import Version
from workbench.code.unpack import read_members
from workbench.core.files import copy_private

_PACKAGE = "before-merge.zip"


@dataclass(frozen=True, slots=True)
class _File:
    """A file as it was: its saved bytes (None for no file), and what was not saved."""

    path: str
    saved: Version | None
    draft: Draft | None


class Before:
    """Remembers files one by one, each before it is written.

    Args:
        files: The working files.
        drafts: What is not saved.
        base: What they were made from.
        scratch: Where the base's package is kept meanwhile.
    """

    def __init__(self, files: WorkingFiles, drafts: Drafts, base: Base, scratch: Path) -> None:
        self.package = scratch / _PACKAGE
        self._files = files
        self._drafts = drafts
        self._contents = base.contents.files
        self._own: list[_File] = []
        self._of_base: list[str] = []  # as the base has them, so they can be had from its package
        self._new_folders: list[Path] = []

    def keep_package(self, package: Path) -> None:
        """The base's package goes once there is another base. Raises OSError."""
        self.package.unlink(missing_ok=True)
        try:
            os.link(package, self.package)
        except OSError:  # another disk, or one without links
            copy_private(package, self.package)

    def remember(self, path: str, saved: Version | None, draft: Draft | None) -> None:
        """A file that is mine."""
        self._own.append(_File(path, saved, draft))
        self._remember_folders(path)

    def remember_base(self, path: str) -> None:
        """A file that is, or is missing, as in the base."""
        self._of_base.append(path)
        self._remember_folders(path)

    def put_back(self) -> None:
        """Makes all of them what they were. Raises WorkbenchError: the disk refuses."""
        there = {path for path in self._of_base if path in self._contents}
        for path, data in read_members(self.package, there) if there else ():
            self._files.restore(path, data, self._contents[path])
        for path in self._of_base:
            if path not in there:
                self._files.delete(path)
        for file in reversed(self._own):
            if file.saved is None:
                self._files.delete(file.path)
            else:
                self._files.restore(file.path, file.saved.data, content_of(file.saved))
            if file.draft is None:
                self._drafts.drop(file.path)
            else:
                self._drafts.put(file.draft)
        for folder in sorted(self._new_folders, reverse=True):
            with contextlib.suppress(OSError):  # something else is in it by now
                folder.rmdir()

    def _remember_folders(self, path: str) -> None:
        folder = (self._files.root / path).parent
        while not folder.exists():
            self._new_folders.append(folder)
            folder = folder.parent


def content_of(version: Version) -> FileContent:
    """What a package would say of the file."""
    digest = hashlib.sha256(version.data).hexdigest()
    return FileContent(digest, len(version.data), version.executable)
