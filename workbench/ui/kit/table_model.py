"""Columns that say all of a cell, and the rows of a table as an item model: filtered, sorted, typed into."""

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QAction, QBrush, QColor, QIcon, QKeyEvent, QMouseEvent, QPainter, QPalette
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem, QWidget

from workbench.ui.kit.text import PlainDelegate, PlainMenu, tool_tip, visible
from workbench.ui.kit.theme import Theme

MASK = "••••••••"
"""In place of a secret: always of the same length, because the length of a password is a secret, too."""
_MAX_CHARACTERS = 2_000  # Qt lays out a whole text before it elides it: 4 s for 10 million characters
MAX_WRAPPED_CHARACTERS = 20_000
TONES = ("muted", "good", "warning", "danger")

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_Role = Qt.ItemDataRole
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_CHECKED = (Qt.CheckState.Checked, Qt.CheckState.Checked.value)


@dataclass(frozen=True, slots=True)
class Column[R]:
    """A column. Its functions get a row and are pure: an export calls them on a worker thread.

    Attributes:
        title: Text of the header.
        text: Text of a cell.
        width: Initial width in px for texts of 100 %; 0 for the remaining room.
        id: Its name in the settings, if columns can be chosen.
        key: The sort key; by default the text, ignoring case.
        full: The full text of a shortened one, for copying, export and tool tip.
        tip: A tool tip that says more than the full text.
        help: The tool tip of its header.
        tone: "muted", "good", "warning", "danger", or empty for the default colour. All but "muted" require a
            theme for the table.
        bold: Whether the text is bold.
        share: Progress (0 to 1), as a bar below the text; None for no bar.
        icon: Icon before the text; it is shown alone if the column is narrow (`is_icon`).
        badge: A word and its tone in a frame, after another text or in place of the same one. A muted frame
            is dashed.
        spoken: Text for screen readers, if it differs from text and badge.
        secret: Whether the text is masked. A masked text is neither copied with its cell or row nor
            exported nor a tool tip; the table has Copy Value for it.
        checked: Whether the check box is checked; None for no box.
        edit: Returns the row with another value, which makes the column editable.
        value: The value to edit, if it is not the text. A whole number gets a spin box.
        limits: Minimum and maximum of such numbers.
        paint: Paints a cell, given its area; returns whether it did.
        elide: Where a text that does not fit is elided; by default at its end, and in the middle of one word,
            such as an ARN, a path or a name, whose end tells it from others.
        is_number: Whether it is right-aligned.
        is_icon: Whether the icon replaces the text.
        is_shown: Whether it is shown by default.
        is_sorted: Whether rows can be sorted by it, in a table that can be sorted.
    """

    title: str
    text: Callable[[R], str]
    width: int = 0
    _: KW_ONLY
    id: str = ""
    key: Callable[[R], Any] | None = None
    full: Callable[[R], str] | None = None
    tip: Callable[[R], str] | None = None
    help: str = ""
    tone: Callable[[R], str] | None = None
    bold: Callable[[R], bool] | None = None
    share: Callable[[R], float | None] | None = None
    icon: Callable[[R], QIcon] | None = None
    badge: Callable[[R], tuple[str, str] | None] | None = None
    spoken: Callable[[R], str] | None = None
    secret: Callable[[R], bool] | None = None
    checked: Callable[[R], bool | None] | None = None
    edit: Callable[[R, Any], R] | None = None
    value: Callable[[R], object] | None = None
    limits: tuple[int, int] = (0, 2**31 - 1)
    paint: Callable[[QPainter, QRect, R], bool] | None = None
    elide: Qt.TextElideMode | None = None
    is_number: bool = False
    is_icon: bool = False
    is_shown: bool = True
    is_sorted: bool = True

    def display_text(self, row: R, most: int = _MAX_CHARACTERS) -> str:
        """The text of a cell, or a mask. Of a text that no cell has room for, the beginning and the end.

        Args:
            most: The maximum number of characters.
        """
        text = visible(self.text(row))
        if text and self.secret is not None and self.secret(row):
            return MASK
        return text if len(text) <= most else f"{text[: most // 2]}…{text[-most // 2 :]}"

    def whole(self, row: R) -> str:
        """The full text of a cell, even of a masked one."""
        return self.text(row) if self.full is None else self.full(row)

    def exported(self, row: R) -> str:
        """The full text, or a mask, for copying and export."""
        return self.display_text(row) if self.secret is not None and self.secret(row) else self.whole(row)

    def tip_of(self, row: R) -> str:
        """The tool tip; none for a secret."""
        if self.secret is not None and self.secret(row):
            return ""
        return self.whole(row) if self.tip is None else self.tip(row)

    def sort_key(self, row: R) -> Any:
        return self.text(row).casefold() if self.key is None else self.key(row)


class TableModel[R](QAbstractTableModel):
    """All rows, and those that are shown: filtered and sorted.

    Args:
        columns: From left to right.
        identity: Identifies a row across changes; by default the row itself.
        enabled: Whether a row can be selected; without it every one can.

    Signals:
        counted: How many rows there are or are shown, or which, has changed.
        edited: A row was typed into; the changed row.
        ticked: The user clicked a box of a row (the first argument); whether it shall be ticked.
    """

    counted = Signal()
    edited = Signal(object)
    ticked = Signal(object, bool)

    def __init__(
        self,
        columns: Sequence[Column[R]],
        identity: Callable[[R], Hashable] | None = None,
        theme: Theme | None = None,
        enabled: Callable[[R], bool] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.theme = theme
        self.can_edit = True
        self.most_characters = _MAX_CHARACTERS  # of a cell that are shown
        self._identity: Callable[[R], Hashable] = identity or _itself
        self._enabled = enabled
        self._all: list[R] = []
        self._shown: list[R] = []
        self._places: dict[Hashable, tuple[int, int]] | None = None  # in both lists; -1 for none
        self._accepts: Callable[[R], bool] | None = None
        self._sorted_by, self._descending = -1, False

    # Rows ---------------------------------------------------------------------------------------------------

    @property
    def all(self) -> Sequence[R]:
        """All rows, in the order given."""
        return self._all

    @property
    def visible(self) -> Sequence[R]:
        """The shown rows, in order."""
        return self._shown

    def row(self, number: int) -> R:
        return self._shown[number]

    def identity(self, row: R) -> Hashable:
        return self._identity(row)

    def number_of(self, identity: Hashable) -> int:
        """The index of a shown row; -1 if it is not shown."""
        return self._positions(identity)[1]

    def _positions(self, identity: Hashable) -> tuple[int, int]:
        if self._places is None:
            shown = {self._identity(row): number for number, row in enumerate(self._shown)}
            names = enumerate(map(self._identity, self._all))
            self._places = {name: (number, shown.get(name, -1)) for number, name in names}
        return self._places.get(identity, (-1, -1))

    def set_rows(self, rows: Iterable[R]) -> None:
        """Replaces all rows. If the same rows are shown in the same order, the view is not reset."""
        self._all = list(rows)
        self.arrange()

    def add(self, rows: Iterable[R], *, at_top: bool = False) -> None:
        """Adds rows at the end, or at the top."""
        new = list(rows)
        place = 0 if at_top else len(self._all)
        self._all[place:place] = new
        self._places = None
        if self._accepts is not None or self._sorted_by >= 0:
            self.arrange()
        elif new:
            first = 0 if at_top else len(self._shown)
            self.beginInsertRows(_ROOT, first, first + len(new) - 1)
            self._shown[first:first] = new
            self.endInsertRows()
            self.counted.emit()

    def update(self, row: R) -> None:
        """Updates a row by its identity; ignores unknown ones."""
        number, shown = self._positions(self._identity(row))
        if number >= 0:
            self._all[number] = row
        if shown >= 0 and self._shown[shown] != row:
            self._shown[shown] = row
            self._changed(shown, shown)

    def remove(self, identity: Hashable) -> None:
        """Removes a row."""
        number = self.number_of(identity)
        self._all = [row for row in self._all if self._identity(row) != identity]
        self._places = None
        if number >= 0:
            self.beginRemoveRows(_ROOT, number, number)
            del self._shown[number]
            self.endRemoveRows()
            self.counted.emit()

    def repaint_row(self, row: R) -> None:
        """Repaints a row that says something else now, although it is the same object."""
        if (number := self.number_of(self._identity(row))) >= 0:
            self._changed(number, number)

    def repaint(self, column: int | None = None) -> None:
        """Repaints cells (of a column) that changed although their rows did not."""
        if self._shown:
            self._changed(0, len(self._shown) - 1, column)

    def _changed(self, first: int, last: int, column: int | None = None) -> None:
        left, right = (0, len(self.columns) - 1) if column is None else (column, column)
        self.dataChanged.emit(self.index(first, left), self.index(last, right))

    # What is shown ------------------------------------------------------------------------------------------

    def set_filter(self, accepts: Callable[[R], bool] | None) -> None:
        """Shows only accepted rows; None shows all."""
        self._accepts = accepts
        self.arrange()

    @property
    def sorting(self) -> tuple[int, Qt.SortOrder]:
        """The sorted column and its order; -1 for the order in which rows were given."""
        order = Qt.SortOrder.DescendingOrder if self._descending else Qt.SortOrder.AscendingOrder
        return self._sorted_by, order

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sorted_by, self._descending = column, order == Qt.SortOrder.DescendingOrder
        self.arrange()

    def arranged(self) -> list[R]:
        """The rows to show, in order."""
        rows = list(self._all) if self._accepts is None else list(filter(self._accepts, self._all))
        if self._sorted_by >= 0:
            rows.sort(key=self.columns[self._sorted_by].sort_key, reverse=self._descending)
        return rows

    def arrange(self) -> None:
        """Filters and sorts again."""
        self._places = None
        rows, before = self.arranged(), self._shown
        if len(rows) == len(before) and all(
            new is old or self._identity(new) == self._identity(old)
            for new, old in zip(rows, before, strict=True)
        ):
            is_new = any(new is not old and new != old for new, old in zip(rows, before, strict=True))
            self._shown = rows
            if is_new:
                self.repaint()
        else:
            self.beginResetModel()
            self._shown = rows
            self.endResetModel()
        self.counted.emit()

    # What Qt asks -------------------------------------------------------------------------------------------

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        if role == _Role.DisplayRole:
            return column.title
        if role == _Role.ToolTipRole:
            return tool_tip(column.help) or None
        if role == _Role.TextAlignmentRole and column.is_number:
            return int(_RIGHT)
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        column, row = self.columns[index.column()], self._shown[index.row()]
        if role == _Role.DisplayRole:
            return column.display_text(row, self.most_characters)
        if role == _Role.ToolTipRole:
            return tool_tip(column.tip_of(row)) or None
        if role == _Role.TextAlignmentRole:
            return int(_RIGHT) if column.is_number else None
        if role == _Role.AccessibleTextRole:
            if column.spoken is not None:
                return column.spoken(row)
            badge = column.badge(row) if column.badge is not None else None
            text = column.display_text(row)
            return f"{text} {badge[0]}".strip() if badge is not None and text != badge[0] else None
        if role == _Role.ForegroundRole:
            return self.color(column.tone(row)) if column.tone is not None else None
        if role == _Role.FontRole and column.bold is not None and column.bold(row):
            font = QApplication.font()
            font.setBold(True)
            return font
        if role == _Role.DecorationRole:
            return column.icon(row) if column.icon is not None else None
        if role == _Role.CheckStateRole and column.checked is not None:
            states = {True: Qt.CheckState.Checked, False: Qt.CheckState.Unchecked, None: None}
            return states[column.checked(row)]
        if role == _Role.EditRole:
            return column.text(row) if column.value is None else column.value(row)
        return None

    def color(self, tone: str) -> QColor | None:
        """The theme's colour of a tone; None for the default colour."""
        if tone == "muted":
            return QApplication.palette().color(QPalette.ColorRole.PlaceholderText)
        return QColor(getattr(self.theme.colors, tone)) if self.theme and tone in TONES else None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if not index.isValid():
            return flags
        column, row = self.columns[index.column()], self._shown[index.row()]
        if self._enabled is not None and not self._enabled(row):
            return Qt.ItemFlag.NoItemFlags
        if column.checked is not None and column.checked(row) is not None:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        if column.edit is not None and self.can_edit:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if not index.isValid():
            return False
        flags = self.flags(index)
        column, row = self.columns[index.column()], self._shown[index.row()]
        if role == _Role.CheckStateRole and flags & Qt.ItemFlag.ItemIsUserCheckable:
            self.ticked.emit(row, value in _CHECKED)
            return True
        if role != _Role.EditRole or column.edit is None or not flags & Qt.ItemFlag.ItemIsEditable:
            return False
        changed = column.edit(row, value)
        if changed != row:
            self._shown[index.row()] = changed
            self._all[next(n for n, each in enumerate(self._all) if each is row)] = changed
            self._places = None
            self._changed(index.row(), index.row())
            self.edited.emit(changed)
        return True


def _itself(row: Any) -> Hashable:
    return row  # type: ignore[no-any-return]


class ToneDelegate(PlainDelegate):
    """Draws an index in its ForegroundRole even if it is selected, which Qt alone does not."""

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        tone = index.data(Qt.ItemDataRole.ForegroundRole)
        if isinstance(tone, (QBrush, QColor)):
            color = tone.color() if isinstance(tone, QBrush) else tone
            option.palette.setColor(QPalette.ColorRole.HighlightedText, color)


class ChoiceMenu(PlainMenu):
    """Ticking an entry leaves the menu open, by mouse and by Space: several are chosen in one go.

    Signals:
        toggled: An entry's id, and whether it is ticked now.
    """

    toggled = Signal(str, bool)

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(title, parent)
        self.setAccessibleName(title)
        self.setStyleSheet("QMenu { menu-scrollable: 1; }")  # many entries in one column, not in several

    def offer(self, entries: Sequence[tuple[str, str]], chosen: Collection[str]) -> None:
        """Replaces the entries.

        Args:
            entries: Pairs of id and text.
            chosen: The ids of the checked entries.
        """
        self.clear()
        for name, text in entries:
            action = QAction(text.replace("&", "&&"), self)
            action.setData(name)
            action.setCheckable(True)
            action.setChecked(name in chosen)
            action.toggled.connect(lambda on, name=name: self.toggled.emit(name, on))
            self.addAction(action)

    def choose(self, chosen: Collection[str]) -> None:
        """Checks only these entries, without emitting `toggled`."""
        for action in self.actions():
            if action.isCheckable():
                action.blockSignals(True)
                action.setChecked(action.data() in chosen)
                action.blockSignals(False)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        action = self.actionAt(event.position().toPoint())
        if action is not None and action.isCheckable() and action.isEnabled():
            action.toggle()
            return
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = self.activeAction()
        if event.key() == Qt.Key.Key_Space and action is not None and action.isCheckable():
            action.toggle()
            return
        super().keyPressEvent(event)
