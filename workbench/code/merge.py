"""Three versions of a text put together, line by line ("diff3"). Knows texts, no files.

What only one side changed is taken from it. Where both changed the same lines, or lines side by side, it is a
conflict that the user decides. (The library merge3 is licensed under the GPL, which Workbench is not.)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from workbench.code.line_changes import Block, changed_blocks

# Between two conflicts, so few equal lines, or lines without a letter or digit such as "}", tell nothing:
# both sides happen to have them. Source: git's ZEALOUS_ALNUM, xdiff/xmerge.c, which counts three.
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
    """A run of lines, as each of the three has it; the lines are without their ends.

    Attributes:
        origin: Who changed it.
        base: As both started from it.
        mine: As it is here.
        theirs: As it is there.
    """

    origin: Origin
    base: tuple[str, ...]
    mine: tuple[str, ...]
    theirs: tuple[str, ...]

    def lines(self, choice: Choice | None = None) -> tuple[str, ...]:
        """What the merged text has here. Raises ValueError for a conflict that is not decided."""
        if self.origin in (Origin.NOBODY, Origin.MINE, Origin.BOTH):
            return self.mine
        if self.origin is Origin.THEIRS or choice is Choice.THEIRS:
            return self.theirs
        if choice is None:
            raise ValueError("a conflict needs a choice")
        return self.mine if choice is Choice.MINE else self.mine + self.theirs


def merge_texts(base: str, mine: str, theirs: str) -> tuple[Hunk, ...]:
    """Puts two changes of one text together.

    Args:
        base: What both started from, with LF only; "" where it did not exist.
        mine: One of them.
        theirs: The other.

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
    """How many choices the user has to make."""
    return sum(hunk.origin is Origin.CONFLICT for hunk in hunks)


def merged_text(hunks: Sequence[Hunk], choices: Sequence[Choice] = ()) -> str:
    """The merged text, with LF only.

    Args:
        hunks: From `merge_texts`.
        choices: One for each conflict, in order.

    Raises:
        ValueError: There are more conflicts than choices.
    """
    left = iter(choices)
    lines: list[str] = []
    for hunk in hunks:
        lines += hunk.lines(next(left, None) if hunk.origin is Origin.CONFLICT else None)
    return "\n".join(lines)


def _groups(mine: Sequence[Block], theirs: Sequence[Block]) -> Iterator[tuple[list[Block], list[Block]]]:
    """Blocks that overlap or touch in the base, together; in order."""
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
    """By how many lines a side is longer than the base after these changes."""
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
    """A conflict without the lines that both sides have alike. The first conflict keeps the base's lines."""
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
