"""Which lines of a text differ from another: as marks, as a text to read, and as edits.

Comparing is fast where little was changed.
"""

import difflib
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

# difflib takes a time that grows with the square of what differs. Longer runs are first cut at lines that are
# the same and unique on both sides; what is longer still is one change.
_MAX_COMPARED = 3_000
_CONTEXT = 3


class LineChangeKind(StrEnum):
    """What happened to lines."""

    ADDED = "added"
    CHANGED = "changed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class LineChange:
    """Lines of the new text that differ.

    Attributes:
        kind: What happened.
        line: The first, from 1. For DELETED, the line after which others are missing; 0 for the top.
        end_line: The last. For DELETED the same as `line`.
    """

    kind: LineChangeKind
    line: int
    end_line: int


type Block = tuple[int, int, int, int]  # old from, old to, new from, new to: counted from 0, `to` excluded


def line_changes(old: str, new: str) -> tuple[LineChange, ...]:
    """The lines of `new` that differ from `old`, in order."""
    found = []
    for old_from, old_to, new_from, new_to in changed_blocks(old.split("\n"), new.split("\n")):
        if new_from == new_to:
            found.append(LineChange(LineChangeKind.DELETED, new_from, new_from))
        else:
            kind = LineChangeKind.ADDED if old_from == old_to else LineChangeKind.CHANGED
            found.append(LineChange(kind, new_from + 1, new_to))
    return tuple(found)


def unified(old: str, new: str) -> str:
    """The differences much as `diff -u` writes them, with three lines around each; "" for none."""
    old_lines, new_lines = old.split("\n"), new.split("\n")
    out: list[str] = []
    blocks = changed_blocks(old_lines, new_lines)
    shown = 0  # lines of the new text that are written
    for number, (old_from, old_to, new_from, new_to) in enumerate(blocks):
        next_from = blocks[number + 1][2] if number + 1 < len(blocks) else len(new_lines)
        before, after = max(shown, new_from - _CONTEXT), min(next_from, new_to + _CONTEXT)
        if before > shown or not out:
            out.append(f"@@ -{old_from + 1} +{new_from + 1} @@")
        out += [f" {line}" for line in new_lines[before:new_from]]
        out += [f"-{line}" for line in old_lines[old_from:old_to]]
        out += [f"+{line}" for line in new_lines[new_from:new_to]]
        out += [f" {line}" for line in new_lines[new_to:after]]
        shown = after
    return "\n".join(out)


def changed_blocks(old: list[str], new: list[str]) -> list[Block]:
    """The runs that differ, in order."""
    found: list[Block] = []
    waiting = [(0, len(old), 0, len(new), True)]
    while waiting:
        old_from, old_to, new_from, new_to, may_split = waiting.pop()
        # What is equal at both ends is set aside first.
        while old_from < old_to and new_from < new_to and old[old_from] == new[new_from]:
            old_from, new_from = old_from + 1, new_from + 1
        while old_from < old_to and new_from < new_to and old[old_to - 1] == new[new_to - 1]:
            old_to, new_to = old_to - 1, new_to - 1
        longest = max(old_to - old_from, new_to - new_from)
        if not longest:
            continue
        if old_from == old_to or new_from == new_to:
            found.append((old_from, old_to, new_from, new_to))
        elif longest <= _MAX_COMPARED:
            matcher = difflib.SequenceMatcher(None, old[old_from:old_to], new[new_from:new_to])
            found += [
                (old_from + a, old_from + b, new_from + c, new_from + d)
                for tag, a, b, c, d in matcher.get_opcodes()
                if tag != "equal"
            ]
        else:
            anchors = _anchors(old, old_from, old_to, new, new_from, new_to) if may_split else []
            if not anchors:
                found.append((old_from, old_to, new_from, new_to))
            else:
                before = [(old_from, new_from), *((at + 1, there + 1) for at, there in anchors)]
                after = [*anchors, (old_to, new_to)]
                waiting += [
                    (start[0], end[0], start[1], end[1], False)
                    for start, end in zip(reversed(before), reversed(after), strict=True)
                ]
    return found


def _anchors(
    old: list[str], old_from: int, old_to: int, new: list[str], new_from: int, new_to: int
) -> list[tuple[int, int]]:
    """Places of lines that stand once on both sides, as many as come in one order: "patience diff"."""
    counts_old, counts_new = Counter(old[old_from:old_to]), Counter(new[new_from:new_to])
    places = {new[at]: at for at in range(new_from, new_to) if counts_new[new[at]] == 1}
    pairs = [
        (at, places[old[at]])
        for at in range(old_from, old_to)
        if counts_old[old[at]] == 1 and old[at] in places
    ]
    ends: list[int] = []  # of the rising runs found so far, by their length: where they end in `new`
    holders: list[int] = []  # the pair that each of them ends with
    previous: list[int] = []
    for number, (_, there) in enumerate(pairs):
        length = bisect_left(ends, there)
        previous.append(holders[length - 1] if length else -1)
        ends[length : length + 1] = [there]
        holders[length : length + 1] = [number]
    chain: list[tuple[int, int]] = []
    number = holders[-1] if holders else -1
    while number >= 0:
        chain.append(pairs[number])
        number = previous[number]
    return chain[::-1]


@dataclass(frozen=True, slots=True)
class LineEdit:
    """Replaces a range of a text. Lines and columns count from 1, columns in UTF-16 units."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


def line_edits(old: str, new: str) -> tuple[LineEdit, ...]:
    """The edits that make `new` of `old`; all places are those in `old`, and none overlap."""
    old_lines, new_lines = old.split("\n"), new.split("\n")
    found: list[LineEdit] = []
    for old_from, old_to, new_from, new_to in changed_blocks(old_lines, new_lines):
        lines = new_lines[new_from:new_to]
        if old_to < len(old_lines):
            text = "".join(f"{line}\n" for line in lines)
            found.append(LineEdit(old_from + 1, 1, old_to + 1, 1, text))
            continue
        last = _end(old_lines[-1])
        if old_from == 0:
            found.append(LineEdit(1, 1, len(old_lines), last, "\n".join(lines)))
        else:  # the line feed before the last lines goes, or comes, with them
            text = "".join(f"\n{line}" for line in lines)
            start = _end(old_lines[old_from - 1])
            _add(found, LineEdit(old_from, start, len(old_lines), last, text))
    return tuple(found)


def _add(found: list[LineEdit], edit: LineEdit) -> None:
    """Of two that meet at one place it would be open which comes first: they are made one."""
    if found and (found[-1].end_line, found[-1].end_column) == (edit.line, edit.column):
        before = found.pop()
        edit = LineEdit(before.line, before.column, edit.end_line, edit.end_column, before.text + edit.text)
    found.append(edit)


def _end(line: str) -> int:
    """The column behind a line."""
    return 1 + (len(line) if line.isascii() else len(line.encode("utf-16-le", "surrogatepass")) // 2)
