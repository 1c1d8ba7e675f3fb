"""Combines two people's changes to a function, by file and within a file by line ("diff3").

The base is what the working copy was made from, theirs is what somebody else has deployed since, mine is the
working copy with unsaved text. Changes of only one side are taken. Changes of both sides to the same or
adjacent lines are a conflict that the user decides. (The library merge3 is licensed under the GPL, which
Workbench is not.) Only reads, except for the record of a merge in progress: merge.json in the workspace's
folder.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from workbench.code.compare import ComparedPackage, base_side, differences
from workbench.code.contents import Contents
from workbench.code.text import Block, Document, FileKind, changed_blocks, decode, encode
from workbench.code.tree import hash_of
from workbench.code.unpack import read_members
from workbench.code.workspace import Workspace
from workbench.core.codec import Format
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
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
    """Combines two changes of one text.

    Args:
        base: The common origin, with LF only; "" if it did not exist.

    Returns:
        All lines in order. A text that ends with LF has an empty last line.
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
        found += _decide(
            tuple(old[start:end]),
            tuple(my[my_at:my_end]),
            tuple(their[their_at:their_end]),
            changed=(bool(my_run), bool(their_run)),
        )
        at, my_at, their_at = end, my_end, their_end
    if rest := tuple(old[at:]):
        found.append(Hunk(Origin.NOBODY, rest, rest, rest))
    return tuple(found)


def conflicts_in(hunks: Sequence[Hunk]) -> int:
    """The number of choices that the user must make."""
    return sum(hunk.origin is Origin.CONFLICT for hunk in hunks)


def merged_text(hunks: Sequence[Hunk], choices: Sequence[Choice] = ()) -> str:
    """The merged text, with LF only.

    Args:
        choices: One for each conflict, in order.
        hunks: From `merge_texts`.

    Raises:
        ValueError: There are fewer choices than conflicts.
    """
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


def _decide(
    base: tuple[str, ...], mine: tuple[str, ...], theirs: tuple[str, ...], *, changed: tuple[bool, bool]
) -> list[Hunk]:
    if changed == (True, False):
        return [Hunk(Origin.MINE, base, mine, theirs)]
    if changed == (False, True):
        return [Hunk(Origin.THEIRS, base, mine, theirs)]
    if mine == theirs:
        return [Hunk(Origin.BOTH, base, mine, theirs)]
    return _narrow(base, mine, theirs)


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
    """A merge in progress.

    Attributes:
        theirs: Hash of their package.
        texts: Hashes of the merged texts, by path.
    """

    theirs: str
    texts: Mapping[str, str]


_FORMAT = Format(_Record)


def _hash_of_text(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def write_record(folder: Path, theirs: str, texts: Mapping[str, str]) -> None:
    """Stores the hashes of the merged texts, by path.

    Args:
        theirs: Hash of their package.
        folder: The workspace's folder.

    Raises:
        WorkbenchError: It cannot be written.
    """
    hashes = {path: _hash_of_text(text) for path, text in texts.items()}
    _FORMAT.write(folder / _FILE, _Record(theirs, hashes))


def read_record(folder: Path, theirs: str) -> Mapping[str, str]:
    """The hashes of merged texts by path; empty without a merge with this package, or if damaged."""
    record = _FORMAT.load(folder / _FILE)
    return record.texts if record is not None and record.theirs == theirs else {}


def drop_record(folder: Path) -> None:
    """Ends the merge. Raises WorkbenchError if the disk refuses."""
    try:
        (folder / _FILE).unlink(missing_ok=True)
    except OSError as error:
        raise explain_os_error(
            error, _("A file of the merge could not be deleted."), folder / _FILE
        ) from error


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
    """A file in all three versions; None where it does not exist.

    Attributes:
        saved: Mine on disk, without unsaved text.
    """

    base: FileVersion | None
    mine: FileVersion | None
    theirs: FileVersion | None
    saved: FileVersion | None


@dataclass(frozen=True, slots=True)
class MergeFile:
    """A file that at least one side changed.

    Attributes:
        path: Relative, with `/`.
        state: The result.
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
        """The number of choices that the user must make."""
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
    """A file in all three versions.

    Args:
        old: Files of the base that were already read; others are read from the package.
        workspace: Mine and the base.
        new: Likewise for theirs.

    Raises:
        WorkbenchError: One cannot be read.
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
    texts = [_document(version) for version in (three.base, three.mine, three.theirs)]
    if any(text.kind is not FileKind.TEXT for text in texts):
        return ()
    if file.state is FileState.CONFLICT:
        versions = (three.base, three.mine, three.theirs)
        lines = [
            tuple(text.text.split("\n")) if version else ()
            for text, version in zip(texts, versions, strict=True)
        ]
        return (Hunk(Origin.CONFLICT, lines[0], lines[1], lines[2]),)
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
    try:
        known = workspace.base.contents.files.get(path)
        executable = known.executable if known else False
        if os.name == "posix":
            executable = bool(file.stat().st_mode & 0o111)
        return FileVersion(file.read_bytes(), executable)
    except OSError as error:
        raise explain_os_error(error, _("{path} could not be read.").format(path=path), file) from error
