"""The table of a fan-out's functions, as an item model."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from workbench.core.messages import _
from workbench.deploy.fan_out import Target
from workbench.ui.kit.text import tool_tip
from workbench.ui.rows_model import HeadedTable
from workbench.ui.state_delegate import SHARE_ROLE, TONE_ROLE

WAVE, FUNCTION, PROFILE, REGION, STATE = range(5)
MAX_WAVES = 99

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One function.

    Attributes:
        target: Which.
        words: Where it stands, in a few words.
        detail: The same at length.
        tone: "muted", "good", "warning" or "danger".
        share: How far it is, 0 to 1; None while nothing is under way.
        is_ready: Whether it was checked and may be deployed to.
    """

    target: Target
    words: str
    detail: str = ""
    tone: str = "muted"
    share: float | None = None
    is_ready: bool = False


class TargetRows(HeadedTable):
    """Shows what it was last given. A wave can be changed while they are chosen.

    Signals:
        edited: A wave was changed.
    """

    edited = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__((), parent)
        self.rows: list[TargetRow] = []
        self.is_fixed = False
        self._headers = (  # only an object that is made can translate
            _("Wave"),
            _("Function"),
            _("Profile"),
            _("Region"),
            _("State"),
        )

    def add(self, row: TargetRow) -> None:
        """Adds a row at the end."""
        self.beginInsertRows(_ROOT, len(self.rows), len(self.rows))
        self.rows.append(row)
        self.endInsertRows()

    def remove(self, number: int) -> None:
        """Removes a row."""
        self.beginRemoveRows(_ROOT, number, number)
        del self.rows[number]
        self.endRemoveRows()

    def update(self, number: int, row: TargetRow) -> None:
        """Shows a row anew, if it differs."""
        if self.rows[number] != row:
            self.rows[number] = row
            self.dataChanged.emit(self.index(number, 0), self.index(number, STATE))

    def take(self, rows: Sequence[TargetRow]) -> None:
        """Replaces all rows; a selection stays where their number does."""
        if len(rows) == len(self.rows):
            for number, row in enumerate(rows):
                self.update(number, row)
            return
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.column() == WAVE and not self.is_fixed:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row, column = self.rows[index.row()], index.column()
        target = row.target
        if role == Qt.ItemDataRole.EditRole and column == WAVE:
            return target.wave
        if role == Qt.ItemDataRole.DisplayRole:
            texts = (str(target.wave), target.function_name, target.profile_name, target.region, row.words)
            return texts[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return tool_tip(row.detail or row.words)
        if role == SHARE_ROLE and column == STATE:
            return row.share
        if role == TONE_ROLE and column == STATE:
            return row.tone
        return None

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole or index.column() != WAVE or not isinstance(value, int):
            return False
        row = self.rows[index.row()]
        wave = min(max(value, 1), MAX_WAVES)
        self.update(index.row(), replace(row, target=replace(row.target, wave=wave)))
        self.edited.emit()
        return True
