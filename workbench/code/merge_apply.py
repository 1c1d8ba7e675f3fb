"""Applies a merge to the working copy, and undoes it.

What only they changed is written to the files. What both changed becomes a draft, so that nothing of mine is
replaced before the user has seen and saved it. Finally their package becomes the base. A kill before that
leaves a working copy that is still in conflict, and repeating the merge gives the same result
(`write_record`). Undoing goes in reverse: the old base comes first, so that the conflict exists again.
"""

import base64
import contextlib
import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.code.contents import FileContent
from workbench.code.external_changes import has_edit_conflict, keep_mine
from workbench.code.merge_plan import (
    Choice,
    FileState,
    FileVersion,
    MergeFile,
    MergePlan,
    ThreeVersions,
    drop_record,
    fingerprint,
    form_of,
    merged_text,
    three_of,
    write_record,
)
from workbench.code.package import Package, package_name_of
from workbench.code.text import decode, encode
from workbench.code.unpack import read_members
from workbench.code.working_copy import WorkingFiles
from workbench.code.workspace import Workspace
from workbench.code.workspace_store import Base, Draft, Drafts
from workbench.core.errors import WorkbenchError
from workbench.core.files import copy_private, explain_os_error
from workbench.core.jobs import JobContext
from workbench.core.messages import _

_PACKAGE = "before-merge.zip"


@dataclass(frozen=True, slots=True)
class _FileBefore:
    """A file before the merge: its saved bytes (None if it did not exist), and its draft."""

    path: str
    saved: FileVersion | None
    draft: Draft | None


class FilesBeforeMerge:
    """Records files, each before it is written.

    Args:
        base: The base of the working copy.
        scratch: Keeps the base's package meanwhile.
    """

    def __init__(self, files: WorkingFiles, drafts: Drafts, base: Base, scratch: Path) -> None:
        self.package = scratch / _PACKAGE
        self._files = files
        self._drafts = drafts
        self._contents = base.contents.files
        self._own: list[_FileBefore] = []
        self._of_base: list[str] = []  # as in the base, so they can be read from its package
        self._new_folders: list[Path] = []

    def keep_package(self, package: Path) -> None:
        """Keeps the base's package, which is deleted once there is another base. Raises OSError."""
        self.package.unlink(missing_ok=True)
        try:
            os.link(package, self.package)
        except OSError:  # another disk, or one without links
            copy_private(package, self.package)

    def remember(self, path: str, saved: FileVersion | None, draft: Draft | None) -> None:
        """Records a file that differs from the base."""
        self._own.append(_FileBefore(path, saved, draft))
        self._remember_folders(path)

    def remember_base(self, path: str) -> None:
        """Records a file that is, or is missing, as in the base."""
        self._of_base.append(path)
        self._remember_folders(path)

    def put_back(self) -> None:
        """Restores all of them. Raises WorkbenchError if a file cannot be written."""
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


def content_of(version: FileVersion) -> FileContent:
    """The file as it would be in a package."""
    digest = hashlib.sha256(version.data).hexdigest()
    return FileContent(digest, len(version.data), version.executable)


_WHAT = _("The files were not merged.")

type Choices = Mapping[str, Sequence[Choice]]


class Merge:
    """A merge of a workspace. Calls must not overlap with other writes (they share a job lane).

    Args:
        choices: The decisions for each file with conflicts, in order.
        revision_id: RevisionId of the function with their code.
        when: Time of that reading, ISO 8601, UTC.
        workspace: Mine.
    """

    def __init__(
        self, workspace: Workspace, plan: MergePlan, choices: Choices, revision_id: str, when: str
    ) -> None:
        self._workspace = workspace
        self._plan = plan
        self._choices = choices
        self._revision_id = revision_id
        self._when = when
        self._scratch = workspace.folder / "scratch"
        is_foreign = workspace.local_folder is not None
        self._files = WorkingFiles(workspace.root, self._scratch, is_foreign=is_foreign)
        self._drafts = Drafts(workspace.drafts_folder)
        self._base = workspace.base
        self._before = FilesBeforeMerge(self._files, self._drafts, workspace.base, self._scratch)
        self._after: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self.code_sha256 = base64.b64encode(bytes.fromhex(plan.theirs.package.stem)).decode()
        self._theirs_here = workspace.packages / package_name_of(self.code_sha256)

    def apply(self, ctx: JobContext) -> None:
        """Applies it, completely or not at all.

        Raises:
            WorkbenchError: A file has changed since it was planned, or the disk refuses.
            Cancelled: Nothing has changed.
        """
        touched = [file for file in self._plan.files if file.state not in (FileState.MINE, FileState.SAME)]
        for file in touched:
            ctx.check()
            if len(self._choices.get(file.path, ())) < file.conflicts:
                raise WorkbenchError(
                    _WHAT, _("Some conflicts in {path} are not resolved.").format(path=file.path)
                )
            if fingerprint(self._workspace, file.path) != file.seen:
                raise WorkbenchError(
                    _WHAT,
                    _("{path} was changed in the meantime.").format(path=file.path),
                    _("Merge the files again."),
                )
        self._texts = {file.path: self._merged_text(file) for file in touched if file.hunks}
        try:
            self._keep_package()
            write_record(self._workspace.folder, self._plan.theirs.package.stem, self._texts)
            self._take_theirs([file.path for file in touched if file.state is FileState.THEIRS], ctx)
            self._merge_files([file for file in touched if file.state is not FileState.THEIRS], ctx)
            self._make_empty_folders()
            # Not before: opening a workspace takes a package that is here, and is deployed, for the base.
            package = self._copy_their_package()
            self._workspace.adopt(package, self._revision_id, self._when)
        except BaseException:
            self._theirs_here.unlink(missing_ok=True)
            self._before.put_back()
            drop_record(self._workspace.folder)
            raise
        drop_record(self._workspace.folder)
        self._after = {file.path: fingerprint(self._workspace, file.path) for file in touched}

    def undo(self, ctx: JobContext) -> None:
        """Restores everything, including the conflict.

        Raises:
            WorkbenchError: A merged file was changed since, other code was deployed from here, or the disk
                refuses.
        """
        workspace, what = self._workspace, _("The merge was not undone.")
        if workspace.base.code_sha256 != self.code_sha256:
            raise WorkbenchError(what, _("Other code has been deployed from this computer since the merge."))
        for path, seen in self._after.items():
            ctx.check()
            if fingerprint(workspace, path) != seen:
                raise WorkbenchError(
                    what,
                    _("{path} was changed since the merge, and the change would be lost.").format(path=path),
                    _("Undo those changes first."),
                )
        package = workspace.packages / package_name_of(self._base.code_sha256)
        try:
            copy_private(self._before.package, package)
        except OSError as error:
            raise explain_os_error(error, what, self._before.package) from error
        size = package.stat().st_size
        old = Package(package, self._base.code_sha256, size, self._base.contents)
        write_record(workspace.folder, self._plan.theirs.package.stem, self._texts)
        workspace.adopt(old, self._base.revision_id, self._base.when)
        workspace.deployed_sha256 = self.code_sha256
        self._before.put_back()
        drop_record(workspace.folder)

    # Their package

    def _keep_package(self) -> None:
        try:
            self._before.keep_package(self._workspace.base_package)
        except OSError as error:
            raise explain_os_error(error, _WHAT, self._before.package) from error

    def _copy_their_package(self) -> Package:
        theirs = self._plan.theirs
        target = self._theirs_here
        try:
            with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
                arriving = Path(folder) / "package.zip"
                copy_private(theirs.package, arriving)
                arriving.replace(target)
            return Package(target, self.code_sha256, target.stat().st_size, theirs.contents)
        except OSError as error:
            raise explain_os_error(error, _WHAT, target) from error

    def _make_empty_folders(self) -> None:
        for path in self._plan.theirs.contents.empty_folders - self._base.contents.empty_folders:
            if not os.path.lexists(self._workspace.root / path):
                self._files.create_folder(path)

    # Files

    def _take_theirs(self, paths: Sequence[str], ctx: JobContext) -> None:
        contents = self._plan.theirs.contents.files
        there = {path for path in paths if path in contents}
        for number, (path, data) in enumerate(read_members(self._plan.theirs.package, there)):
            ctx.progress(number, len(paths), path)
            self._remember_theirs(path)
            self._workspace.take(path, data, contents[path])
        for path in paths:
            if path not in there:
                self._remember_theirs(path)
                self._workspace.take(path, None, None)

    def _remember_theirs(self, path: str) -> None:
        if (draft := self._workspace.draft(path)) is not None:  # typed back to the base's text
            three = three_of(self._workspace, self._plan.theirs, path)
            self._before.remember(path, three.saved, draft)
        else:
            self._before.remember_base(path)

    def _merge_files(self, files: Sequence[MergeFile], ctx: JobContext) -> None:
        paths = {file.path for file in files}
        old = dict(read_members(self._workspace.base_package, paths))
        new = dict(read_members(self._plan.theirs.package, paths))
        for number, file in enumerate(files):
            ctx.progress(number, len(files), file.path)
            self._merge_file(file, three_of(self._workspace, self._plan.theirs, file.path, old, new))

    def _merge_file(self, file: MergeFile, three: ThreeVersions) -> None:
        path = file.path
        self._before.remember(path, three.saved, self._workspace.draft(path))
        if file.hunks:
            self._draft(path, three, self._texts[path], again=file.again)
        elif file.state is FileState.MERGED:
            self._mix(path, three)
        elif self._choices[path][0] is Choice.THEIRS:
            theirs = three.theirs
            content = None if theirs is None else content_of(theirs)
            self._workspace.take(path, None if theirs is None else theirs.data, content)

    def _merged_text(self, file: MergeFile) -> str:
        return merged_text(file.hunks, self._choices.get(file.path, ()))

    def _draft(self, path: str, three: ThreeVersions, text: str, *, again: bool) -> None:
        """Writes the draft first, which contains my text, then the changes that are not lines."""
        self._workspace.put_draft(path, text)
        saved, theirs = three.saved, three.theirs
        if theirs is None:
            return
        if saved is None:
            wanted = theirs
        else:
            data = saved.data
            if three.base is None or form_of(saved) != form_of(three.base):
                pass  # my encoding and line ends are kept
            elif form_of(theirs) != form_of(saved):
                with contextlib.suppress(WorkbenchError):  # their encoding lacks a character of my text
                    data = encode(decode(data).text, theirs.data, path)
            wanted = FileVersion(data, _merged_bit(three))
        ours = again or not has_edit_conflict(self._workspace, path)
        if wanted != saved:
            self._files.restore(path, wanted.data, content_of(wanted))
            self._workspace.put_draft(path, text)
        if ours:
            keep_mine(self._workspace, path)  # the file was written by this merge

    def _mix(self, path: str, three: ThreeVersions) -> None:
        """Combines changed bytes of one side with a changed executable bit of the other."""
        assert three.mine is not None
        assert three.theirs is not None
        unchanged = three.base.data if three.base is not None else three.theirs.data
        took_theirs = three.mine.data in (unchanged, three.theirs.data)
        source = three.theirs if took_theirs else three.saved
        if source is None:
            return
        wanted = FileVersion(source.data, _merged_bit(three))
        self._files.restore(path, wanted.data, content_of(wanted))
        if took_theirs:
            self._drafts.drop(path)


def _merged_bit(three: ThreeVersions) -> bool:
    """The executable bit of whichever side changed it."""
    mine, theirs = three.mine, three.theirs
    assert mine is not None
    assert theirs is not None
    if three.base is None or three.saved is None:
        return mine.executable or theirs.executable
    return theirs.executable if mine.executable == three.base.executable else mine.executable
