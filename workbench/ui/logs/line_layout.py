"""How a log row lies on the screen: what of it is left out, and where its lines break. No painting."""

from collections.abc import Callable
from dataclasses import dataclass

from workbench.logs.buffer import Row

_LONGEST_LINE = 4  # times the columns: characters without a width


@dataclass(frozen=True, slots=True)
class LaidRow:
    """A row as it is shown.

    Attributes:
        row: The row.
        text: What is shown of it, one character each; of a very long row as much as is looked at.
        folded: Begin and end of the row's characters that are left out.
        muted: Begin and end of the shown characters that repeat the time and the request ID.
        lines: Begin and end of each line, in shown characters. The last may reach beyond the text.
        is_link: Whether it is a frame of a stack trace that can be opened.
    """

    row: Row
    text: str
    folded: tuple[int, int]
    muted: tuple[int, int]
    lines: tuple[tuple[int, int], ...]
    is_link: bool

    def shown_column(self, column: int) -> int:
        """Where a character of the row is shown."""
        begin, end = self.folded
        return column if column <= begin else max(begin, column - (end - begin))

    def row_column(self, shown: int) -> int:
        """Which character of the row is shown there; before what is left out, if that is there."""
        begin, end = self.folded
        return shown if shown <= begin else shown + (end - begin)


def wrapped(
    text: str, columns: int, fitting: Callable[[str], int], most: int
) -> tuple[tuple[tuple[int, int], ...], bool]:
    """Breaks a text into lines, at spaces where there are any.

    Args:
        text: Of one row.
        columns: How many characters of usual width fit into a line.
        fitting: How many characters from the beginning of a text fit.
        most: No more lines than these.

    Returns:
        Begin and end of each line, and whether text is left over.
    """
    lines: list[tuple[int, int]] = []
    begin = 0
    while True:
        piece = text[begin : begin + columns * _LONGEST_LINE]
        end = begin + max(1, min(columns, len(piece)) if piece.isascii() else fitting(piece))
        if end >= len(text):
            return (*lines, (begin, begin + max(columns, len(text) - begin) + 1)), False
        if len(lines) == most - 1:
            return (*lines, (begin, end)), True
        space = text.rfind(" ", begin + (end - begin) // 2, end + 1)
        if space > begin:
            end = space + 1
        lines.append((begin, end))
        begin = end
