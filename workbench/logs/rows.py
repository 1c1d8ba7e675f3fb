"""Which rows of a buffer are looked at, and in which order: all, or some by their numbers."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import batched

from workbench.logs.buffer import LogBuffer
from workbench.logs.chunk import ENCODING, ERRORS, Row

Piece = tuple[range | tuple[int, ...], bytes]
"""Numbers of rows, and their UTF-8, parted by line feeds."""

_PIECE_ROWS = 2000


class AllRows:
    """Every row that is there."""

    def __init__(self, buffer: LogBuffer) -> None:
        self.buffer = buffer

    def __len__(self) -> int:
        return self.buffer.end - self.buffer.first

    def number(self, place: int) -> int:
        """The number of a row by its place, counted from the oldest."""
        return self.buffer.first + place

    def place(self, number: int) -> int:
        """The place of a row, or of the next one that is there."""
        return max(0, min(number - self.buffer.first, len(self)))

    def pieces(self, first_number: int = 0) -> Iterator[Piece]:
        """The text of all rows, in pieces; not of those that arrive meanwhile."""
        return self.buffer.pieces(first_number, self.buffer.end)

    def each(self, first: int = 0, end: int | None = None) -> Iterator[Row]:
        """The rows from one place to before another, or to the end as it is now."""
        return _each(self, first, end)


class SomeRows:
    """Rows by their numbers, ascending; an invocation's grow while it is looked at."""

    def __init__(self, buffer: LogBuffer, numbers: "array[int]") -> None:
        self.buffer = buffer
        self.numbers = numbers

    @property
    def _skipped(self) -> int:
        return bisect_left(self.numbers, self.buffer.first)

    def __len__(self) -> int:
        return len(self.numbers) - self._skipped

    def number(self, place: int) -> int:
        """As AllRows.number."""
        return self.numbers[place + self._skipped]

    def place(self, number: int) -> int:
        """As AllRows.place."""
        return max(0, bisect_left(self.numbers, number) - self._skipped)

    def pieces(self, first_number: int = 0) -> Iterator[Piece]:
        """As AllRows.pieces."""
        for numbers in batched(self.numbers[bisect_left(self.numbers, first_number) :], _PIECE_ROWS):
            rows = [row for number in numbers if (row := self.buffer.row(number)) is not None]
            yield (
                tuple(row.number for row in rows),
                "\n".join(row.text for row in rows).encode(ENCODING, ERRORS),
            )

    def each(self, first: int = 0, end: int | None = None) -> Iterator[Row]:
        """As AllRows.each."""
        return _each(self, first, end)


Rows = AllRows | SomeRows


def _each(rows: Rows, first: int, end: int | None) -> Iterator[Row]:
    end = len(rows) if end is None else min(end, len(rows))
    if first >= end:
        return
    low, high = rows.number(first), rows.number(end - 1)
    wanted: Iterable[int] = range(low, high + 1)
    if isinstance(rows, SomeRows):
        wanted = rows.numbers[bisect_left(rows.numbers, low) : bisect_right(rows.numbers, high)]
    for number in wanted:
        if (row := rows.buffer.row(number)) is not None:
            yield row
