"""The answer of a query as a table that can be sorted and copied.

Owns: the model and its view. Must not know: queries.
"""

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from workbench.logs.insights import QueryResult
from workbench.ui.kit.text import tool_tip
from workbench.ui.logs.line_painter import shown
from workbench.ui.logs.wide_table import WideTable

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_CELL_CHARACTERS = 2000
_WIDTH, _WIDTHS = 170, {"@timestamp": 210, "@requestId": 300, "@message": 560}


class AnswerModel(QAbstractTableModel):
    """Cells as AWS gave them; a column of figures is sorted as figures."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.fields: tuple[str, ...] = ()
        self.rows: list[tuple[str, ...]] = []

    def show_answer(self, answer: QueryResult) -> None:
        """Shows another answer, in AWS's order."""
        self.beginResetModel()
        self.fields, self.rows = answer.fields, list(answer.rows)
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if not 0 <= column < len(self.fields):
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        moved = [self.rows[index.row()] for index in before]
        self.rows.sort(key=lambda row: _rank(row[column]), reverse=order == Qt.SortOrder.DescendingOrder)
        places = {id(row): place for place, row in enumerate(self.rows)}
        after = [
            self.index(places[id(row)], index.column()) for row, index in zip(moved, before, strict=True)
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.fields)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.fields[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(index)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tool_tip(self._text(index))
        return None

    def _text(self, index: _Index) -> str:
        return shown(self.rows[index.row()][index.column()][:_CELL_CHARACTERS].rstrip("\n"))


class AnswerTable(WideTable):
    """The table. A click on a head sorts."""

    def __init__(self) -> None:
        super().__init__("insightsTable", self.tr("Results"))
        self.answer = AnswerModel(self)
        self.setModel(self.answer)

    def show_answer(self, answer: QueryResult) -> None:
        """Shows another answer; no column is sorted by."""
        self.setSortingEnabled(False)
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.answer.show_answer(answer)
        for column, field in enumerate(answer.fields):
            self.setColumnWidth(column, _WIDTHS.get(field, _WIDTH))
        self.setSortingEnabled(True)


def _rank(cell: str) -> tuple[int, float, str]:
    """What is empty first, then figures by their value, then texts."""
    if not cell:
        return 0, 0.0, ""
    try:
        return 1, float(cell), ""
    except ValueError:
        return 2, 0.0, cell
