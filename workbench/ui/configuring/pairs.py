"""Fields of the form that are tables of two columns: any pairs, tags, provisioned concurrency."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableView,
    QVBoxLayout,
)

from workbench.aws.quotas import TextLimit
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.versions import Alias, Version, list_aliases, list_versions
from workbench.ui.configuring.editors import EditorContext
from workbench.ui.configuring.labels import MASK
from workbench.ui.configuring.pick_dialog import PickDialog
from workbench.ui.kit.empty_message import EmptyMessage
from workbench.ui.kit.fields import Editor
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named

_EDITED_BY = (
    QAbstractItemView.EditTrigger.DoubleClicked
    | QAbstractItemView.EditTrigger.EditKeyPressed
    | QAbstractItemView.EditTrigger.AnyKeyPressed
)
_ROW_HEIGHT, _MIN_ROWS, _MAX_ROWS = 28, 3, 10
_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class PairsModel(QAbstractTableModel):
    """Rows of two texts.

    Signals:
        edited: The user has changed one.
    """

    edited = Signal()

    def __init__(self, headers: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._headers = tuple(headers)
        self._rows: list[list[str]] = []
        self._masked = False

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The rows from top to bottom; those that are wholly empty are left out."""
        return tuple((name, value) for name, value in self._rows if name or value)

    def show_pairs(self, pairs: Sequence[tuple[str, str]], *, masked: bool = False) -> None:
        """Shows others."""
        self.beginResetModel()
        self._rows = [list(pair) for pair in pairs]
        self._masked = masked
        self.endResetModel()

    def set_masked(self, *, masked: bool) -> None:
        """Masks the values, or shows them."""
        self._masked = masked
        if self._rows:
            self.dataChanged.emit(self.index(0, 1), self.index(len(self._rows) - 1, 1))

    def add(self) -> QModelIndex:
        """Adds an empty row and returns where its name is."""
        row = len(self._rows)
        self.beginInsertRows(_ROOT, row, row)
        self._rows.append(["", ""])
        self.endInsertRows()
        return self.index(row, 0)

    def remove(self, row: int) -> None:
        self.beginRemoveRows(_ROOT, row, row)
        del self._rows[row]
        self.endRemoveRows()
        self.edited.emit()

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._headers)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        is_title = orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole
        return self._headers[section] if is_title else None

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        text = self._rows[index.row()][index.column()]
        hidden = self._masked and index.column() == 1
        if role == Qt.ItemDataRole.DisplayRole:
            return MASK if hidden and text else text
        if role == Qt.ItemDataRole.EditRole:
            return text
        if role == Qt.ItemDataRole.ToolTipRole and not hidden:
            return tool_tip(text)
        return None

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False
        text = str(value).strip() if index.column() == 0 else str(value)
        if self._rows[index.row()][index.column()] == text:
            return True
        self._rows[index.row()][index.column()] = text
        self.dataChanged.emit(index, index)
        self.edited.emit()
        return True

    def flags(self, index: _Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable


class PairsEditor(Editor):
    """A table whose cells can be changed, with buttons to add a row and to remove one.

    Args:
        name: Of the setting.
        title: What it is called.
        headers: Of the two columns.
        add: The words on the button that adds one.
    """

    def __init__(self, name: str, title: str, headers: Sequence[str], add: str) -> None:
        super().__init__()
        self._can_change = True
        self.model = PairsModel(headers, self)
        self.view = named(QTableView(), f"setting.{name}", title)
        self.view.setModel(self.model)
        self.view.setTabKeyNavigation(False)
        self.view.setShowGrid(False)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setEditTriggers(_EDITED_BY)
        self.view.verticalHeader().setVisible(False)
        self.view.verticalHeader().setDefaultSectionSize(scaled(_ROW_HEIGHT))
        self.view.setCornerButtonEnabled(False)
        words = _("No entries. “{add}” adds the first one.")
        EmptyMessage(self.view, words.format(add=add))
        header = self.view.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.add = named(QPushButton(add), f"add.{name}", add)
        self.remove = named(QPushButton(_("Remove")), f"remove.{name}")
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(8)
        for button in (self.add, self.remove):
            self.buttons.addWidget(button)
        self.buttons.addStretch(1)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(8)
        self.column.addWidget(self.view)
        self.column.addLayout(self.buttons)
        self.setFocusProxy(self.view)
        self.add.clicked.connect(self._add)
        self.remove.clicked.connect(self._remove)
        for key, handler in (
            (QKeySequence.StandardKey.Delete, self.remove.click),
            (QKeySequence.StandardKey.Copy, self._copy),
        ):
            shortcut = QShortcut(QKeySequence(key), self.view)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(handler)
        self.model.edited.connect(self.edited)
        for signal in (self.model.rowsInserted, self.model.rowsRemoved, self.model.modelReset):
            signal.connect(self._set_height)
        self.view.selectionModel().selectionChanged.connect(self._set_height)
        self._shown: tuple[tuple[str, Any], ...] = ()
        self._set_height()

    def setEnabled(self, enabled: bool) -> None:
        """Keeps the rows from being changed; they can still be read and copied."""
        self._can_change = enabled
        self.view.setEditTriggers(_EDITED_BY if enabled else QAbstractItemView.EditTrigger.NoEditTriggers)
        self.add.setEnabled(enabled)
        self._set_height()

    def show_value(self, value: Any) -> None:
        self._shown = tuple(value)
        if self.holds(self._shown):
            return
        self.model.show_pairs([(name, str(each)) for name, each in value])

    def value(self) -> Any:
        return tuple(sorted(self.model.pairs()))

    def holds(self, value: tuple[tuple[str, Any], ...]) -> bool:
        """Whether these are the rows already: then who is typing in one of them is left alone."""
        return tuple(sorted(self.model.pairs())) == tuple((name, str(each)) for name, each in value)

    def duplicate_fault(self) -> str:
        """What is wrong with the names as names: one is missing, or there twice."""
        names = [name for name, _value in self.model.pairs()]
        if "" in names:
            return _("A value has no name.")
        for number, name in enumerate(names):
            if name in names[:number]:
                return _("{name} is listed twice.").format(name=name)
        return ""

    def _add(self) -> None:
        index = self.model.add()
        self.view.setCurrentIndex(index)
        self.view.edit(index)

    def _copy(self) -> None:
        """Copies the cell, a masked one too: that shows it nobody."""
        index = self.view.currentIndex()
        if index.isValid():
            QGuiApplication.clipboard().setText(str(index.data(Qt.ItemDataRole.EditRole)))

    def _remove(self) -> None:
        index = self.view.currentIndex()
        if index.isValid():
            self.model.remove(index.row())

    def _set_height(self) -> None:
        rows = max(_MIN_ROWS, min(self.model.rowCount(), _MAX_ROWS))
        self.view.setFixedHeight(
            self.view.horizontalHeader().sizeHint().height() + rows * scaled(_ROW_HEIGHT) + 4
        )
        there = self.view.currentIndex().isValid() and self.model.rowCount() > 0
        self.remove.setEnabled(there and self._can_change)


class ProvisionedEditor(PairsEditor):
    """How many environments stand ready, by alias or version.

    Args:
        title: What it is called.
        context: Where to look.
    """

    def __init__(self, title: str, context: EditorContext) -> None:
        headers = (
            _("Alias or version"),
            _("Concurrency"),
        )
        super().__init__("provisioned", title, headers, _("Add"))
        self._context = context
        words = _("Choose Alias or Version…")
        self.browse = named(QPushButton(words), "browse.provisioned", words)
        self.buttons.insertWidget(0, self.browse)
        self.browse.clicked.connect(self._browse)

    def setEnabled(self, enabled: bool) -> None:
        """As PairsEditor."""
        super().setEnabled(enabled)
        self.browse.setEnabled(enabled)

    def _browse(self) -> None:
        function = self._context.function()
        if function is None:
            return
        name, connection = function.detail.function_name, function.connection

        def read(ctx: JobContext) -> None:
            ctx.emit(list_aliases(connection, name, ctx))
            list_versions(connection, name, ctx)

        columns = (
            Column[Alias | Version](_("Alias or version"), _qualifier, 220),
            Column[Alias | Version](_("Description"), _description),
        )
        dialog = PickDialog("pickQualifier", _("Choose Alias or Version"), columns, self.window())
        dialog.picked.connect(self.provision)
        dialog.read(self._context.jobs, read)
        dialog.open()

    def provision(self, qualifier: str) -> None:
        """Goes to the number of an alias or a version, which is added unless it is there."""
        names = [name for name, _number in self.model.pairs()]
        if qualifier not in names:
            index = self.model.add()
            self.model.setData(index, qualifier)
            self.model.setData(index.siblingAtColumn(1), "1")
            row = index.row()
        else:
            row = names.index(qualifier)
        self.view.setCurrentIndex(self.model.index(row, 1))
        self.view.setFocus()

    def value(self) -> Any:
        return tuple(sorted((name, int(number)) for name, number in self.model.pairs()))

    def fault(self) -> str:
        if wrong := self.duplicate_fault():
            return wrong
        for name, number in self.model.pairs():
            if name == "$LATEST":
                return _("$LATEST cannot have provisioned concurrency. Publish a version.")
            if not (number.isascii() and number.isdigit() and int(number) > 0):
                return _("{name}: enter a whole number of at least 1.").format(name=name)
        return ""


class TagsEditor(PairsEditor):
    """The function's tags.

    Args:
        title: What they are called.
        key: The model's limits for a key.
        value: And for a value.
        most: How many there may be.
    """

    def __init__(self, title: str, key: TextLimit | None, value: TextLimit | None, most: int) -> None:
        headers = (_("Key"), _("Value"))
        super().__init__("tags", title, headers, _("Add Tag"))
        self._key, self._value, self._most = key, value, most

    def fault(self) -> str:
        pairs = self.model.pairs()
        if wrong := self.duplicate_fault():
            return wrong
        for name, text in pairs:
            if (name, text) in self._shown:
                continue
            if name.lower().startswith("aws:"):
                return _("{name}: keys that begin with “aws:” are reserved by AWS.").format(name=name)
            if not (self._key is None or self._key.accepts(name)) or not (
                self._value is None or self._value.accepts(text)
            ):
                words = _(
                    "{name}: use letters, digits, spaces and _ . : / = + - @. Keys can have up to "
                    "128 characters, values up to 256."
                )
                return words.format(name=name[:60])
        own = [name for name, _text in pairs if not name.lower().startswith("aws:")]
        if len(own) > self._most:
            words = _("{count} tags. The maximum is {most}.")
            return words.format(count=str(len(own)), most=str(self._most))
        return ""


def _qualifier(each: Alias | Version) -> str:
    return each.name if isinstance(each, Alias) else each.version


def _description(each: Alias | Version) -> str:
    return each.description or (f"→ {each.version}" if isinstance(each, Alias) else "")
