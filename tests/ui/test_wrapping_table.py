"""A table whose rows are as high as their words need, at whatever width."""

from pytestqt.qtbot import QtBot

from workbench.ui.rows_model import TableRow
from workbench.ui.wrapping_table import WrappingTable

WORDS = "Let the topic of another account and of another region run the function by its alias"


def test_rows_follow_the_width(qtbot: QtBot) -> None:
    table = WrappingTable("plan", "Plan", ("Step", "Call"), (0, 120))
    qtbot.addWidget(table)
    table.take([TableRow((WORDS, "sns")), TableRow(("Short", "sns"))])  # before it has a width
    table.resize(1000, 300)
    table.show()
    qtbot.waitUntil(lambda: table.columnWidth(0) > 700)
    wide = table.rowHeight(0)
    assert wide == table.rowHeight(1)  # one line
    table.resize(360, 300)
    qtbot.waitUntil(lambda: table.rowHeight(0) > wide)
    table.resize(1000, 300)
    qtbot.waitUntil(lambda: table.rowHeight(0) == wide)
