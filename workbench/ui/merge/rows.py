"""The lines of a merge as rows: what stands side by side, and what comes out. Pure.

The middle of a long run of lines becomes one row, and what is longer than anybody reads is cut: what a view
gets, it lays out at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from workbench.code.merge import Choice, Hunk, Origin

_CONTEXT = 4
_LONGEST_HUNK = 300
_MOST_ROWS = 3_000
_LONGEST = 240
_GAP = "⋯"


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of one pane.

    Attributes:
        text: The line; a placeholder where `origin` is None.
        number: Of the line in its file, from 1; 0 where there is none.
        origin: Who changed it; None for what is no line.
        conflict: Which conflict it belongs to, from 0; -1 for none.
        goes: It is not in the result, whatever is decided.
    """

    text: str = ""
    number: int = 0
    origin: Origin | None = None
    conflict: int = -1
    goes: bool = False


# The sides, in the order of the panes, whose lines go: base, theirs, mine.
_GOING = {
    Origin.MINE: (True, True, False),
    Origin.THEIRS: (True, False, True),
    Origin.BOTH: (True, False, False),
    Origin.CONFLICT: (True, False, False),
    Origin.NOBODY: (False, False, False),
}


@dataclass(frozen=True, slots=True)
class Panes:
    """The rows of the three versions; row by row they belong together."""

    base: tuple[Cell, ...]
    theirs: tuple[Cell, ...]
    mine: tuple[Cell, ...]


def side_by_side(hunks: Sequence[Hunk]) -> Panes:
    """The three versions, padded so that what belongs together is in one row."""
    columns: tuple[list[Cell], list[Cell], list[Cell]] = ([], [], [])
    numbers = [1, 1, 1]
    conflict = -1
    for position, hunk in enumerate(hunks):
        sides = (hunk.base, hunk.theirs, hunk.mine)
        is_conflict = hunk.origin is Origin.CONFLICT
        conflict += is_conflict
        mark = conflict if is_conflict else -1
        height = max(map(len, sides))
        skipped = _skipped(hunk, position, len(hunks), height)
        for side, (column, lines) in enumerate(zip(columns, sides, strict=True)):
            goes = _GOING[hunk.origin][side]
            cells = [
                Cell(_short(lines[at]), numbers[side] + at, hunk.origin, mark, goes)
                if at < len(lines)
                else Cell(conflict=mark)
                for at in _kept(height, skipped)
            ]
            if skipped is not None:
                cells.insert(skipped.start, _gap(skipped, mark))
            column += cells
            numbers[side] += len(lines)
    base, theirs, mine = (_cut(column) for column in columns)
    return Panes(base, theirs, mine)


def result(hunks: Sequence[Hunk], choices: Sequence[Choice | None], undecided: str) -> tuple[Cell, ...]:
    """The merged text as far as it is decided.

    Args:
        hunks: Of the file.
        choices: One for each conflict; None where it is not decided.
        undecided: Stands in the place of a conflict that is not decided.
    """
    cells: list[Cell] = []
    number, conflict = 1, -1
    for position, hunk in enumerate(hunks):
        mark, choice = -1, None
        if hunk.origin is Origin.CONFLICT:
            conflict += 1
            mark, choice = conflict, choices[conflict]
            if choice is None:
                cells.append(Cell(undecided, origin=Origin.CONFLICT, conflict=mark))
                continue
        lines = hunk.lines(choice)
        skipped = _skipped(hunk, position, len(hunks), len(lines))
        found = [
            Cell(_short(lines[at]), number + at, _origin(hunk, choice, at), mark)
            for at in _kept(len(lines), skipped)
        ]
        if skipped is not None:
            found.insert(skipped.start, _gap(skipped, mark))
        if mark >= 0 and not found:
            found = [Cell(conflict=mark)]
        cells += found
        number += len(lines)
    return _cut(cells)


def first_row(cells: Sequence[Cell], conflict: int) -> int:
    """The first row of a conflict; 0 when it is not there."""
    return next((row for row, cell in enumerate(cells) if cell.conflict == conflict), 0)


def _origin(hunk: Hunk, choice: Choice | None, at: int) -> Origin:
    """Whose a line of the result is."""
    if hunk.origin is not Origin.CONFLICT:
        return hunk.origin
    is_theirs = choice is Choice.THEIRS or (choice is Choice.BOTH and at >= len(hunk.mine))
    return Origin.THEIRS if is_theirs else Origin.MINE


def _skipped(hunk: Hunk, position: int, count: int, height: int) -> range | None:
    """The middle of a long run of lines."""
    if hunk.origin is Origin.NOBODY and count > 1:
        start = _CONTEXT if position else 0
        skipped = range(start, height - (_CONTEXT if position < count - 1 else 0))
    else:
        skipped = range(_LONGEST_HUNK, height - _CONTEXT)
    return skipped if len(skipped) > 1 else None


def _kept(height: int, skipped: range | None) -> Iterator[int]:
    if skipped is None:
        return iter(range(height))
    return chain(range(skipped.start), range(skipped.stop, height))


def _gap(skipped: range, conflict: int) -> Cell:
    return Cell(f"{_GAP} {len(skipped):,} {_GAP}", conflict=conflict)


def _short(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _cut(cells: list[Cell]) -> tuple[Cell, ...]:
    if len(cells) <= _MOST_ROWS:
        return tuple(cells)
    return (*cells[:_MOST_ROWS], _gap(range(_MOST_ROWS, len(cells)), -1))
