"""Merges two people's changes to a function, by file and within a file by line ("diff3").

The base is what the working copy was made from, theirs is what somebody else has deployed since, mine is the
working copy with unsaved text. Changes of only one side are taken; changes of both sides to the same or
adjacent lines are a conflict that the user decides. (The library merge3 is licensed under the GPL, which
Workbench is not.)

`plan_merge` only reads. `Merge` writes to the files what only they changed. What both changed becomes a
draft, so that nothing of mine is replaced before the user has seen and saved it. Finally their package
becomes the base. A kill before that leaves a working copy that is still in conflict, and repeating the merge
gives the same result (`write_record`). Undoing goes in reverse: the old base comes first, so that the
conflict exists again.
"""

import base64
import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from workbench.code.compare import ComparedPackage, base_side, differences
from workbench.code.contents import Contents, FileContent
from workbench.code.external_changes import has_edit_conflict, keep_mine
from workbench.code.package import Package, package_name_of
from workbench.code.package.zip_file import link_or_copy
from workbench.code.text import Block, Document, FileKind, changed_blocks, decode, encode
from workbench.code.tree import hash_of
from workbench.code.unpack import read_members
from workbench.code.workspace import Workspace
from workbench.code.workspace_store import Draft
from workbench.core.codec import Format
from workbench.core.errors import WorkbenchError
from workbench.core.files import copy_private, explaining
from workbench.core.jobs import JobContext
from workbench.core.messages import _

# Between two conflicts, this few equal lines, or lines without a letter or digit such as "}", are equal by
# chance. Source: git's ZEALOUS_ALNUM, xdiff/xmerge.c, which counts three.
_TELLING_LINES = 3


class Origin(Enum):
    """Who changed a run of lines."""

    NOBODY = "nobody"
    MINE = "mine"
    THEIRS = "theirs"
    BOTH = "both alike"
    CONFLICT = "conflict"


class Choice(Enum):
    """How a conflict is decided. BOTH takes mine, then theirs."""

    MINE = "mine"
    THEIRS = "theirs"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Hunk:
    """A run of lines in all three versions, without line ends."""

    origin: Origin
    base: tuple[str, ...]
    mine: tuple[str, ...]
    theirs: tuple[str, ...]

    def lines(self, choice: Choice | None = None) -> tuple[str, ...]:
        """The merged lines. Raises ValueError for an undecided conflict."""
        if self.origin in (Origin.NOBODY, Origin.MINE, Origin.BOTH):
            return self.mine
        if self.origin is Origin.THEIRS or choice is Choice.THEIRS:
            return self.theirs
        if choice is None:
            raise ValueError("a conflict needs a choice")
        return self.mine if choice is Choice.MINE else self.mine + self.theirs


def merge_texts(base: str, mine: str, theirs: str) -> tuple[Hunk, ...]:
    """Combines two changes of one text with LF only: all its lines, in order.

    A text that ends with LF has an empty last line. `base` is "" if it did not exist.
    """
    old, my, their = base.split("\n"), mine.split("\n"), theirs.split("\n")
    found: list[Hunk] = []
    mine_blocks, theirs_blocks = changed_blocks(old, my), changed_blocks(old, their)
    at = my_at = their_at = 0
    for my_run, their_run in _groups(mine_blocks, theirs_blocks):
        start = min(block[0] for block in (*my_run, *their_run))
        end = max(block[1] for block in (*my_run, *their_run))
        same = start - at
        if same:
            lines = tuple(old[at:start])
            found.append(Hunk(Origin.NOBODY, lines, lines, lines))
        my_at, their_at = my_at + same, their_at + same
        my_end = my_at + (end - start) + _growth(my_run)
        their_end = their_at + (end - start) + _growth(their_run)
        three = tuple(old[start:end]), tuple(my[my_at:my_end]), tuple(their[their_at:their_end])
        if not their_run:
            found.append(Hunk(Origin.MINE, *three))
        elif not my_run:
            found.append(Hunk(Origin.THEIRS, *three))
        elif three[1] == three[2]:
            found.append(Hunk(Origin.BOTH, *three))
        else:
            found += _narrow(*three)
        at, my_at, their_at = end, my_end, their_end
    if rest := tuple(old[at:]):
        found.append(Hunk(Origin.NOBODY, rest, rest, rest))
    return tuple(found)


def conflicts_in(hunks: Sequence[Hunk]) -> int:
    """The number of choices that the user must make."""
    return sum(hunk.origin is Origin.CONFLICT for hunk in hunks)


def merged_text(hunks: Sequence[Hunk], choices: Sequence[Choice] = ()) -> str:
    """The merged text, with LF only, by a choice for each conflict. Raises ValueError if there are fewer."""
    left = iter(choices)
    lines: list[str] = []
    for hunk in hunks:
        lines += hunk.lines(next(left, None) if hunk.origin is Origin.CONFLICT else None)
    return "\n".join(lines)


def _groups(mine: Sequence[Block], theirs: Sequence[Block]) -> Iterator[tuple[list[Block], list[Block]]]:
    """Groups of blocks that overlap or touch in the base, in order."""
    sides = (list(mine)[::-1], list(theirs)[::-1])
    while any(sides):
        taken: tuple[list[Block], list[Block]] = ([], [])
        end = min(side[-1] for side in sides if side)[1]
        grew = True
        while grew:
            grew = False
            for side, into in zip(sides, taken, strict=True):
                while side and side[-1][0] <= end:
                    block = side.pop()
                    into.append(block)
                    end = max(end, block[1])
                    grew = True
        yield taken


def _growth(blocks: Sequence[Block]) -> int:
    """How many lines these changes add."""
    return sum((to - start) - (old_to - old_from) for old_from, old_to, start, to in blocks)


def _narrow(base: tuple[str, ...], mine: tuple[str, ...], theirs: tuple[str, ...]) -> list[Hunk]:
    """Splits off lines that both sides of a conflict share. The first conflict keeps the base's lines."""
    blocks: list[Block] = []
    for block in changed_blocks(list(mine), list(theirs)):
        if blocks and not _tells(mine[blocks[-1][1] : block[0]]):
            blocks[-1] = (blocks[-1][0], block[1], blocks[-1][2], block[3])
        else:
            blocks.append(block)
    found: list[Hunk] = []
    at = 0
    for my_from, my_to, their_from, their_to in blocks:
        if same := mine[at:my_from]:
            found.append(Hunk(Origin.BOTH, (), same, same))
        found.append(Hunk(Origin.CONFLICT, base, mine[my_from:my_to], theirs[their_from:their_to]))
        base, at = (), my_to
    if same := mine[at:]:
        found.append(Hunk(Origin.BOTH, (), same, same))
    return found


def _tells(lines: Sequence[str]) -> bool:
    telling = sum(any(map(str.isalnum, line)) for line in lines)
    return telling > 0 and len(lines) > _TELLING_LINES


_FILE = "merge.json"


@dataclass(frozen=True, slots=True)
class _Record:
    """A merge in progress: the hash of their package, and those of the merged texts by path."""

    theirs: str
    texts: Mapping[str, str]


_FORMAT = Format(_Record)


def _hash_of_text(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def write_record(folder: Path, theirs: str, texts: Mapping[str, str]) -> None:
    """Stores the hashes of the merged texts in a workspace's folder. Raises WorkbenchError.

    `theirs` is the hash of their package, `texts` is by path.
    """
    hashes = {path: _hash_of_text(text) for path, text in texts.items()}
    _FORMAT.write(folder / _FILE, _Record(theirs, hashes))


def read_record(folder: Path, theirs: str) -> Mapping[str, str]:
    """The hashes of merged texts by path; empty without a merge with this package, or if damaged."""
    record = _FORMAT.load(folder / _FILE)
    return record.texts if record is not None and record.theirs == theirs else {}


def drop_record(folder: Path) -> None:
    """Ends the merge. Raises WorkbenchError if the disk refuses."""
    with explaining(_("A file of the merge could not be deleted."), folder / _FILE):
        (folder / _FILE).unlink(missing_ok=True)


class FileState(Enum):
    """The result for a file, most urgent first."""

    CONFLICT = "conflict"
    MERGED = "merged"
    THEIRS = "theirs"
    MINE = "mine"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class FileVersion:
    """A file in one of the three versions: its bytes, and its executable bit."""

    data: bytes
    executable: bool


@dataclass(frozen=True, slots=True)
class ThreeVersions:
    """A file in all three versions; None where it does not exist. `saved` is mine without unsaved text."""

    base: FileVersion | None
    mine: FileVersion | None
    theirs: FileVersion | None
    saved: FileVersion | None


@dataclass(frozen=True, slots=True)
class MergeFile:
    """A file that at least one side changed.

    Attributes:
        hunks: Its lines if both sides changed the text; empty if one is taken whole.
        conflicts: Number of choices. A file that is taken whole needs at most one.
        seen: `fingerprint` of mine during planning.
        again: Whether a merge that was killed has written its text, and possibly nothing else.
    """

    path: str
    state: FileState
    hunks: tuple[Hunk, ...] = ()
    conflicts: int = 0
    seen: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class MergePlan:
    """All changed files, most urgent first, then by path."""

    theirs: ComparedPackage
    files: tuple[MergeFile, ...]

    @property
    def conflicts(self) -> int:
        return sum(file.conflicts for file in self.files)


def plan_merge(workspace: Workspace, theirs: ComparedPackage, ctx: JobContext) -> MergePlan:
    """Compares both sides with the base. Raises WorkbenchError."""
    mine = {each.path for each in differences(workspace, base_side(workspace, ""), ctx)}
    own = workspace.dependencies.without  # dependencies are installed again, not merged
    before = own(workspace.base.contents, workspace.base_package)
    moved = _changed(before.packable(), own(theirs.contents, theirs.package).packable())
    both = mine & moved
    old = dict(read_members(workspace.base_package, both))
    new = dict(read_members(theirs.package, both))
    merged = read_record(workspace.folder, theirs.package.stem)
    found = []
    for number, path in enumerate(sorted(mine | moved)):
        ctx.progress(number, len(mine | moved), path)
        if path not in moved:
            found.append(MergeFile(path, FileState.MINE))
        elif path not in mine:
            found.append(MergeFile(path, FileState.THEIRS, seen=fingerprint(workspace, path)))
        else:
            three = three_of(workspace, theirs, path, old, new)
            found.append(_both(workspace, three, path, merged.get(path, "")))
    order = list(FileState)
    found.sort(key=lambda file: (order.index(file.state), file.path.split("/")))
    return MergePlan(theirs, tuple(found))


def three_of(
    workspace: Workspace,
    theirs: ComparedPackage,
    path: str,
    old: Mapping[str, bytes] | None = None,
    new: Mapping[str, bytes] | None = None,
) -> ThreeVersions:
    """A file in all three versions. Raises WorkbenchError if one cannot be read.

    `old` and `new` are files of the base and of theirs that were already read, for many calls.
    """
    base_data = workspace.base_bytes(path) if old is None else old.get(path)
    data = theirs.read(path) if new is None else new.get(path)
    saved = _saved(workspace, path)
    draft = workspace.draft(path)
    mine = saved
    if draft is not None:
        try:
            typed = encode(draft.text, saved.data if saved else b"", path)
        except WorkbenchError:  # it cannot be saved, but is a change anyway
            typed = draft.text.encode("utf-8", "surrogatepass")
        mine = FileVersion(typed, saved.executable if saved else False)
    return ThreeVersions(
        _version(workspace.base.contents, path, base_data), mine, _version(theirs.contents, path, data), saved
    )


def visible_hunks(file: MergeFile, three: ThreeVersions) -> tuple[Hunk, ...]:
    """The lines of a file for display; empty if one version is not text.

    A file that can only be taken whole is one conflict.
    """
    if file.hunks:
        return file.hunks
    versions = (three.base, three.mine, three.theirs)
    texts = [_document(version) for version in versions]
    if any(text.kind is not FileKind.TEXT for text in texts):
        return ()
    if file.state is FileState.CONFLICT:
        pairs = zip(texts, versions, strict=True)
        return (
            Hunk(Origin.CONFLICT, *(tuple(text.text.split("\n")) if each else () for text, each in pairs)),
        )
    return merge_texts(*(text.text for text in texts))


def form_of(version: FileVersion) -> tuple[str, bytes, str]:
    """How a text is stored: encoding, byte order mark, line ends."""
    document = decode(version.data)
    return document.encoding, document.bom, document.line_end


def fingerprint(workspace: Workspace, path: str) -> str:
    """Identifies the state of mine: saved bytes and unsaved text. Raises WorkbenchError."""
    file = workspace.root / path
    draft = workspace.draft(path)
    typed = _hash_of_text(draft.text) if draft else ""
    return f"{hash_of(file) if file.is_file() else ''}+{typed}"


def _changed(base: Contents, theirs: Contents) -> set[str]:
    paths = base.files.keys() | theirs.files.keys()
    return {path for path in paths if base.files.get(path) != theirs.files.get(path)}


def _both(workspace: Workspace, three: ThreeVersions, path: str, merged: str) -> MergeFile:
    """A file that both changed; `merged` is the hash of its text if a merge that was killed wrote it."""
    base, mine, theirs = three.base, three.mine, three.theirs
    seen = fingerprint(workspace, path)
    if mine == theirs:
        return MergeFile(path, FileState.SAME, seen=seen)
    whole = MergeFile(path, FileState.CONFLICT, conflicts=1, seen=seen)
    if mine is None or theirs is None or (workspace.root / path).is_symlink():
        return whole
    if (base is not None and base.data in (mine.data, theirs.data)) or mine.data == theirs.data:
        return MergeFile(path, FileState.MERGED, seen=seen)  # one changed the bytes, one the mode
    texts = [_document(version) for version in (base, mine, theirs)]
    if any(text.kind is not FileKind.TEXT for text in texts):
        return whole
    if _hash_of_text(texts[1].text) == merged:
        lines = tuple(texts[1].text.split("\n"))
        done = Hunk(Origin.BOTH, lines, lines, lines)
        return MergeFile(path, FileState.MERGED, (done,), seen=seen, again=True)
    hunks = merge_texts(*(text.text for text in texts))
    conflicts = conflicts_in(hunks)
    return MergeFile(path, FileState.CONFLICT if conflicts else FileState.MERGED, hunks, conflicts, seen)


def _document(version: FileVersion | None) -> Document:
    return decode(version.data) if version is not None else Document(FileKind.TEXT, "", 0)


def _version(contents: Contents, path: str, data: bytes | None) -> FileVersion | None:
    return None if data is None else FileVersion(data, contents.files[path].executable)


def _saved(workspace: Workspace, path: str) -> FileVersion | None:
    file = workspace.root / path
    if not file.is_file():
        return None
    with explaining(_("{path} could not be read.").format(path=path), file):
        known = workspace.base.contents.files.get(path)
        executable = known.executable if known else False
        if os.name == "posix":
            executable = bool(file.stat().st_mode & 0o111)
        return FileVersion(file.read_bytes(), executable)


@dataclass(frozen=True, slots=True)
class _FileBefore:
    """A file before the merge: its saved bytes (None if it did not exist), and its draft."""

    path: str
    saved: FileVersion | None
    draft: Draft | None


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
    """

    def __init__(
        self, workspace: Workspace, plan: MergePlan, choices: Choices, revision_id: str, when: str
    ) -> None:
        self._workspace = workspace
        self._plan = plan
        self._choices = choices
        self._revision_id = revision_id
        self._when = when
        self._base = workspace.base
        self._base_copy = workspace.scratch / "before-merge.zip"
        self._before: list[_FileBefore] = []
        self._as_in_base: list[str] = []  # so they can be read from its package
        self._new_folders: list[Path] = []
        self._after: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._theirs_name = plan.theirs.package.stem
        self.code_sha256 = base64.b64encode(bytes.fromhex(self._theirs_name)).decode()
        self._theirs_here = workspace.packages / package_name_of(self.code_sha256)

    def apply(self, ctx: JobContext) -> None:
        """Applies it, completely or not at all.

        Raises WorkbenchError if a file has changed since it was planned, or the disk refuses. After Cancel:
        nothing has changed.
        """
        workspace = self._workspace
        touched = [file for file in self._plan.files if file.state not in (FileState.MINE, FileState.SAME)]
        for file in touched:
            ctx.check()
            if len(self._choices.get(file.path, ())) < file.conflicts:
                raise WorkbenchError(
                    _WHAT, _("Some conflicts in {path} are not resolved.").format(path=file.path)
                )
            if fingerprint(workspace, file.path) != file.seen:
                raise WorkbenchError(
                    _WHAT,
                    _("{path} was changed in the meantime.").format(path=file.path),
                    _("Merge the files again."),
                )
        self._texts = {
            file.path: merged_text(file.hunks, self._choices.get(file.path, ()))
            for file in touched
            if file.hunks
        }
        try:
            self._keep_base_package()
            write_record(workspace.folder, self._theirs_name, self._texts)
            self._take_theirs([file.path for file in touched if file.state is FileState.THEIRS], ctx)
            self._merge_files([file for file in touched if file.state is not FileState.THEIRS], ctx)
            self._make_empty_folders()
            # Not before: opening a workspace takes a package that is here, and is deployed, for the base.
            workspace.adopt(self._copy_their_package(), self._revision_id, self._when)
        except BaseException:
            self._theirs_here.unlink(missing_ok=True)
            self._put_back()
            drop_record(workspace.folder)
            raise
        drop_record(workspace.folder)
        self._after = {file.path: fingerprint(workspace, file.path) for file in touched}

    def undo(self, ctx: JobContext) -> None:
        """Restores everything, including the conflict.

        Raises WorkbenchError if a merged file was changed since, other code was deployed from here, or the
        disk refuses.
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
        with explaining(what, self._base_copy):
            copy_private(self._base_copy, package)
        old = Package(package, self._base.code_sha256, package.stat().st_size, self._base.contents)
        write_record(workspace.folder, self._theirs_name, self._texts)
        workspace.adopt(old, self._base.revision_id, self._base.when)
        workspace.deployed_sha256 = self.code_sha256
        self._put_back()
        drop_record(workspace.folder)

    # The packages

    def _keep_base_package(self) -> None:
        """Keeps the base's package, which is deleted once there is another base."""
        with explaining(_WHAT, self._base_copy):
            self._base_copy.unlink(missing_ok=True)
            link_or_copy(self._workspace.base_package, self._base_copy)

    def _copy_their_package(self) -> Package:
        theirs, target = self._plan.theirs, self._theirs_here
        with explaining(_WHAT, target):
            with tempfile.TemporaryDirectory(dir=self._workspace.scratch) as folder:
                arriving = Path(folder) / "package.zip"
                copy_private(theirs.package, arriving)
                arriving.replace(target)
            return Package(target, self.code_sha256, target.stat().st_size, theirs.contents)

    def _make_empty_folders(self) -> None:
        for path in self._plan.theirs.contents.empty_folders - self._base.contents.empty_folders:
            if not os.path.lexists(self._workspace.root / path):
                self._workspace.create_folder(path)

    # Each file is recorded before it is written

    def _remember(self, path: str, saved: FileVersion | None, draft: Draft | None) -> None:
        """Records a file that differs from the base."""
        self._before.append(_FileBefore(path, saved, draft))
        self._remember_folders(path)

    def _remember_folders(self, path: str) -> None:
        folder = (self._workspace.root / path).parent
        while not folder.exists():
            self._new_folders.append(folder)
            folder = folder.parent

    def _put_back(self) -> None:
        """Restores all files. Raises WorkbenchError if one cannot be written."""
        workspace, contents = self._workspace, self._base.contents.files
        there = {path for path in self._as_in_base if path in contents}
        for path, data in read_members(self._base_copy, there) if there else ():
            workspace.restore(path, data, contents[path])
        for path in self._as_in_base:
            if path not in there:
                workspace.remove(path)
        for file in reversed(self._before):
            if file.saved is None:
                workspace.remove(file.path)
            else:
                workspace.restore(file.path, file.saved.data, content_of(file.saved))
            if file.draft is None:
                workspace.drop_draft(file.path)
            else:
                workspace.stored_drafts.put(file.draft)
        for folder in sorted(self._new_folders, reverse=True):
            with contextlib.suppress(OSError):  # something else is in it by now
                folder.rmdir()

    # Files

    def _take_theirs(self, paths: Sequence[str], ctx: JobContext) -> None:
        contents = self._plan.theirs.contents.files
        there = {path for path in paths if path in contents}
        for number, (path, data) in enumerate(read_members(self._plan.theirs.package, there)):
            ctx.progress(number, len(paths), path)
            self._remember_unchanged(path)
            self._workspace.take(path, data, contents[path])
        for path in paths:
            if path not in there:
                self._remember_unchanged(path)
                self._workspace.take(path, None, None)

    def _remember_unchanged(self, path: str) -> None:
        """Records a file that is, or is missing, as in the base."""
        if (draft := self._workspace.draft(path)) is not None:  # typed back to the base's text
            self._remember(path, three_of(self._workspace, self._plan.theirs, path).saved, draft)
        else:
            self._as_in_base.append(path)
            self._remember_folders(path)

    def _merge_files(self, files: Sequence[MergeFile], ctx: JobContext) -> None:
        paths = {file.path for file in files}
        old = dict(read_members(self._workspace.base_package, paths))
        new = dict(read_members(self._plan.theirs.package, paths))
        for number, file in enumerate(files):
            ctx.progress(number, len(files), file.path)
            self._merge_file(file, three_of(self._workspace, self._plan.theirs, file.path, old, new))

    def _merge_file(self, file: MergeFile, three: ThreeVersions) -> None:
        path, theirs = file.path, three.theirs
        self._remember(path, three.saved, self._workspace.draft(path))
        if file.hunks:
            self._draft(path, three, self._texts[path], again=file.again)
        elif file.state is FileState.MERGED:
            self._mix(path, three)
        elif self._choices[path][0] is Choice.THEIRS:
            if theirs is None:
                self._workspace.delete(path)
            else:
                self._workspace.take(path, theirs.data, content_of(theirs))

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
            self._workspace.restore(path, wanted.data, content_of(wanted))
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
        self._workspace.restore(path, wanted.data, content_of(wanted))
        if took_theirs:
            self._workspace.drop_draft(path)


def _merged_bit(three: ThreeVersions) -> bool:
    """The executable bit of whichever side changed it."""
    mine, theirs = three.mine, three.theirs
    assert mine is not None
    assert theirs is not None
    if three.base is None or three.saved is None:
        return mine.executable or theirs.executable
    return theirs.executable if mine.executable == three.base.executable else mine.executable
