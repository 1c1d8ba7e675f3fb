"""How every table of the program looks and moves: rows without a grid, Tab leaves it, headers on the left."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QTableView

from workbench.ui.kit.text_size import scaled
from workbench.ui.kit.tone_delegate import ToneDelegate


def make_plain(table: QTableView, row_height: int) -> None:
    """Dresses a table that is read, not typed into. `row_height` is in px, for texts of 100 %."""
    table.setShowGrid(False)
    table.setItemDelegate(ToneDelegate(table))
    table.setWordWrap(False)
    table.setCornerButtonEnabled(False)
    table.setTabKeyNavigation(False)  # Tab leaves the table; arrows move in it
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.verticalHeader().setVisible(False)
    table.verticalHeader().setDefaultSectionSize(scaled(row_height))
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
