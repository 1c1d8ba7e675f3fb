"""Which lines of a text differ from another: for marks beside the lines, and as a text to read.

Owns: comparing line by line, fast where little was changed. Must not know: files.
"""

import difflib
from dataclasses import dataclass
from enum import StrEnum

# difflib takes a time that grows with the square of what differs: beyond this it is one change.
_MOST_COMPARED = 3_000
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


type _Block = tuple[int, int, int, int]  # old from, old to, new from, new to: counted from 0, `to` excluded


def line_changes(old: str, new: str) -> tuple[LineChange, ...]:
    """The lines of `new` that differ from `old`, in order."""
    found = []
    for old_from, old_to, new_from, new_to in _blocks(old.split("\n"), new.split("\n")):
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
    blocks = _blocks(old_lines, new_lines)
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


def _blocks(old: list[str], new: list[str]) -> list[_Block]:
    """The runs that differ. What is equal at both ends is set aside first."""
    most = min(len(old), len(new))
    start = next((number for number in range(most) if old[number] != new[number]), most)
    most -= start
    end = next((number for number in range(most) if old[-1 - number] != new[-1 - number]), most)
    old_middle, new_middle = old[start : len(old) - end], new[start : len(new) - end]
    if not old_middle and not new_middle:
        return []
    if not old_middle or not new_middle or max(len(old_middle), len(new_middle)) > _MOST_COMPARED:
        return [(start, start + len(old_middle), start, start + len(new_middle))]
    matcher = difflib.SequenceMatcher(None, old_middle, new_middle)
    return [
        (start + old_from, start + old_to, start + new_from, start + new_to)
        for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes()
        if tag != "equal"
    ]
