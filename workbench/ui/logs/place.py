"""Places in rows, and what lies between two of them."""

from dataclasses import dataclass

from workbench.logs.buffer import Rows


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Before a character of a row; both by number, so that it stays while rows come and go."""

    number: int
    column: int


@dataclass(frozen=True, slots=True)
class Selection:
    """What is between where it was begun and where the cursor is."""

    anchor: Place
    cursor: Place

    @property
    def begin(self) -> Place:
        return min(self.anchor, self.cursor)

    @property
    def end(self) -> Place:
        return max(self.anchor, self.cursor)

    @property
    def is_empty(self) -> bool:
        return self.anchor == self.cursor

    def columns(self, number: int, length: int) -> tuple[int, int] | None:
        """What of a row is selected, of `length` characters; one more stands for its line end."""
        begin, end = self.begin, self.end
        if self.is_empty or not begin.number <= number <= end.number:
            return None
        first = begin.column if number == begin.number else 0
        return first, (end.column if number == end.number else length + 1)

    def places(self, rows: Rows) -> tuple[int, int]:
        """Where its rows lie: the first and the one behind the last."""
        first = rows.index_of(self.begin.number)
        end = rows.index_of(self.end.number)
        is_there = end < len(rows) and rows.number(end) == self.end.number
        return first, end + (1 if is_there else 0)


def selected_text(selection: Selection, rows: Rows) -> str:
    """The text that is selected, rows parted by line feeds."""
    parts: list[str] = []
    for row in rows.each(*selection.places(rows)):
        columns = selection.columns(row.number, len(row.text))
        if columns is not None:
            parts.append(row.text[columns[0] : columns[1]])
    return whole("\n".join(parts))


def whole(text: str) -> str:
    """A text with a sign for each half of a character, which Qt would leave out."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
