"""The table of a change's functions."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QModelIndex, QObject, QPersistentModelIndex, Qt

from workbench.ui.bulk.row import Row, RowState
from workbench.ui.bulk.words import change_text, state_text, tone_of, undo_text
from workbench.ui.kit.text import tool_tip
from workbench.ui.rows_model import HeadedTable
from workbench.ui.state_delegate import TONE_ROLE, StateDelegate, StateTable
from workbench.ui.theme import Theme

FUNCTION, PROFILE, REGION, CHANGE, REQUEST, UNDO, STATE = range(7)
_WIDTHS = (170, 90, 95, 140, 195, 195)

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class BulkRows(HeadedTable):
    """Shows the rows of a run; texts are made when they are drawn."""

    def __init__(self, parent: QObject) -> None:
        super().__init__((), parent)
        self.rows: list[Row] = []
        self._headers = (  # only an object that is made can translate
            self.tr("Function"),
            self.tr("Profile"),
            self.tr("Region"),
            self.tr("Change"),
            self.tr("Request"),
            self.tr("Undo"),
            self.tr("State"),
        )

    def take(self, rows: Sequence[Row]) -> None:
        """Replaces all rows; a selection stays where their number does."""
        if len(rows) == len(self.rows):
            self.rows = list(rows)
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, STATE))
            return
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def update(self, number: int, row: Row) -> None:
        """Shows one row anew."""
        self.rows[number] = row
        self.dataChanged.emit(self.index(number, 0), self.index(number, STATE))

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            target = row.target
            if column < CHANGE:
                return tool_tip(f"{target.function_arn}\n{target.profile_name}")
            requests = ", ".join(row.step.calls) if row.step else ""
            return tool_tip({REQUEST: requests, UNDO: undo_text(row.step)}.get(column) or _text(row, column))
        if role == TONE_ROLE:
            if column == STATE:
                return tone_of(row)
            if row.state in (RowState.UNCHANGED, RowState.REFUSED) or column in (REQUEST, UNDO):
                return "muted"
            return "" if column < CHANGE else None
        return None


def _text(row: Row, column: int) -> str:
    target, step = row.target, row.step
    match column:
        case 0:
            return target.function_name
        case 1:
            return target.profile_name
        case 2:
            return target.region
        case 3:
            return change_text(step)
        case 4:
            return _short(", ".join(step.calls)) if step else ""
        case 5:
            return _short(undo_text(step))
        case _:
            return state_text(row)


def _short(requests: str) -> str:
    """Requests without their service; the tool tip has it."""
    return requests.replace("lambda:", "").replace("logs:", "")


class BulkTable(StateTable):
    """One row for each function."""

    def __init__(self, rows: BulkRows, theme: Theme) -> None:
        title = QCoreApplication.translate("BulkTable", "Functions to change")
        super().__init__("bulkTable", title, rows, _WIDTHS)
        self.setItemDelegate(StateDelegate(theme, self))
