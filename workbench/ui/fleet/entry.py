"""What the table of all functions keeps of each row."""

from workbench.functions.fleet import FleetRow
from workbench.ui.fleet.matching import searched_text


class Entry:
    """A row, with what is looked at when somebody searches."""

    __slots__ = ("name", "row", "text")

    def __init__(self, row: FleetRow) -> None:
        self.row = row
        self.name = row.function.function_name
        self.text = searched_text(row)


def same_row(one: Entry, other: Entry) -> bool:
    """Whether two entries are of the same function, reached by the same profile."""
    return one is other or (one.name == other.name and one.row.scope == other.row.scope)
