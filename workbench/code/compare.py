"""Compares the working copy with a deployed package: which files differ, and the content of both sides.

The package is the one that the working copy was made from, or any other: of a version, an alias, or another
function. Only the folder of fetched packages is written to.
"""

import contextlib
import hashlib
import os
import tempfile
import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from workbench.code.contents import Contents
from workbench.code.download import download_code
from workbench.code.package import package_name_of
from workbench.code.text import Document, FileKind, decode, encode
from workbench.code.tree import EntryKind, FileChange
from workbench.code.unpack import read_contents, read_members
from workbench.code.working_copy import PackageFolder, Workspace
from workbench.code.workspace import CodeSource, refuse_images
from workbench.core.errors import WorkbenchError
from workbench.core.files import explaining, make_private_folder
from workbench.core.jobs import JobContext
from workbench.core.messages import _

_MAX_PACKAGES = 8


class NonTextDifference(Enum):
    """How files can differ although no line does."""

    LINE_ENDS = "line endings"
    ENCODING = "encoding"
    EXECUTABLE = "executable"


@dataclass(frozen=True, slots=True)
class ComparedPackage:
    """A deployed package to compare with: whose code it is, for users, and the zip."""

    title: str
    package: Path
    contents: Contents

    def read(self, path: str) -> bytes | None:
        """The bytes of a file; None if it does not exist. Raises WorkbenchError if the zip cannot be read."""
        return next((data for __, data in read_members(self.package, {path})), None)


@dataclass(frozen=True, slots=True)
class FileDifference:
    """A file that differs.

    Attributes:
        change: From the other side to the working copy: ADDED exists only here, DELETED only there.
        has_draft: Whether the working copy has unsaved text.
    """

    path: str
    change: FileChange
    has_draft: bool = False


@dataclass(frozen=True, slots=True)
class FilePair:
    """A file on both sides; None if it does not exist.

    Attributes:
        new: In the working copy, including unsaved text.
        non_text: The difference if no line differs.
    """

    old: Document | None
    new: Document | None
    non_text: tuple[NonTextDifference, ...] = ()


def base_side(workspace: Workspace, title: str) -> ComparedPackage:
    """The package that a working copy was made from."""
    return ComparedPackage(title, workspace.base_package, workspace.base.contents)


def fetch_side(
    source: CodeSource, workspace: Workspace, kept_dir: Path, title: str, ctx: JobContext
) -> ComparedPackage:
    """The package of a function, version or alias that is up to date; downloaded unless it is here.

    `kept_dir` is the folder of the packages that were fetched last. Raises WorkbenchError if it is a
    container image; or as for `download` and `unpack`.
    """
    refuse_images(source)
    if source.code_sha256 == workspace.base.code_sha256:
        return base_side(workspace, title)
    kept = PackageFolder(kept_dir).find_intact(source.code_sha256)
    if kept is None:
        with explaining(_("The code could not be compared."), kept_dir):
            make_private_folder(kept_dir)
            with tempfile.TemporaryDirectory(dir=kept_dir, prefix=".unfinished-") as folder:
                arrived = Path(folder) / "package.zip"
                download_code(source, arrived, ctx)
                kept = arrived.replace(kept_dir / package_name_of(source.code_sha256))
    with contextlib.suppress(OSError):  # the time only decides which package is removed first
        os.utime(kept, ns=(time.time_ns(), time.time_ns()))  # the disk's own clock is too coarse
    _drop_oldest(kept_dir)
    return ComparedPackage(title, kept, read_contents(kept, ctx))


def differences(workspace: Workspace, side: ComparedPackage, ctx: JobContext) -> tuple[FileDifference, ...]:
    """The files that differ, sorted by path. Unsaved text counts."""
    drafts = {draft.path: draft for draft in workspace.drafts()}
    found: dict[str, FileDifference] = {}
    for entry in workspace.tree_against(side.contents, side.package, ctx):
        if entry.change is not FileChange.SAME and entry.kind is not EntryKind.FOLDER:
            found[entry.path] = FileDifference(entry.path, entry.change, entry.path in drafts)
    for path, draft in drafts.items():
        ctx.check()
        there = side.contents.files.get(path)
        if there is None:
            found[path] = FileDifference(path, FileChange.ADDED, has_draft=True)
        elif _hash_once_saved(workspace, path, draft.text) != there.sha256:
            found[path] = FileDifference(path, FileChange.CHANGED, has_draft=True)
        else:
            found.pop(path, None)
    return tuple(sorted(found.values(), key=lambda difference: difference.path.split("/")))


def pair_of(workspace: Workspace, side: ComparedPackage, path: str) -> FilePair:
    """Both sides of a file. Raises WorkbenchError."""
    data = side.read(path)
    old = None if data is None else decode(data)
    draft = workspace.draft(path)
    exists = workspace.root.joinpath(path).is_file()
    new = workspace.read(path) if exists else None
    if draft is not None and (new is None or new.kind is FileKind.TEXT):
        form = new or Document(FileKind.TEXT, "", 0)
        new = Document(FileKind.TEXT, draft.text, len(draft.text), form.encoding, form.bom, form.line_end)
    return FilePair(old, new, _non_text_differences(workspace, side, path, old, new))


def _non_text_differences(
    workspace: Workspace, side: ComparedPackage, path: str, old: Document | None, new: Document | None
) -> tuple[NonTextDifference, ...]:
    if old is None or new is None:
        return ()
    found = []
    if (old.line_end, old.mixed_line_ends) != (new.line_end, new.mixed_line_ends):
        found.append(NonTextDifference.LINE_ENDS)
    if (old.encoding, old.bom) != (new.encoding, new.bom):
        found.append(NonTextDifference.ENCODING)
    file = workspace.root / path
    if os.name == "posix" and file.is_file():
        is_executable = bool(file.stat().st_mode & 0o111)
        if is_executable != side.contents.files[path].executable:
            found.append(NonTextDifference.EXECUTABLE)
    return tuple(found)


def _hash_once_saved(workspace: Workspace, path: str, text: str) -> str:
    """The SHA-256 that a file will have once its draft is saved; empty if it cannot be saved."""
    try:
        saved = (workspace.root / path).read_bytes()
    except OSError:
        saved = b""  # it was never saved
    try:
        return hashlib.sha256(encode(text, saved, path)).hexdigest()
    except WorkbenchError:
        return ""


def _drop_oldest(kept_dir: Path) -> None:
    with contextlib.suppress(OSError):  # they do no harm
        kept = sorted(kept_dir.glob("*.zip"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
        for old in kept[_MAX_PACKAGES:]:
            old.unlink(missing_ok=True)
