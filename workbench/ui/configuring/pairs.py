"""The field of the form for names and values: tags, qualifiers; environment.py builds on it."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableView,
    QVBoxLayout,
)

from workbench.ui.configuring.editors import Editor
from workbench.ui.configuring.pairs_model import PairsModel
from workbench.ui.kit.empty_message import EmptyMessage
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named

_EDITED_BY = (
    QAbstractItemView.EditTrigger.DoubleClicked
    | QAbstractItemView.EditTrigger.EditKeyPressed
    | QAbstractItemView.EditTrigger.AnyKeyPressed
)
_ROW_HEIGHT, _LEAST_ROWS, _MOST_ROWS = 28, 3, 10


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
        translate = QCoreApplication.translate
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
        words = translate("Configuration", "No entries. “%1” adds the first one.")
        EmptyMessage(self.view, words.replace("%1", add))
        header = self.view.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.add = named(QPushButton(add), f"add.{name}", add)
        self.remove = named(QPushButton(translate("Configuration", "Remove")), f"remove.{name}")
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
            signal.connect(self._fit)
        self.view.selectionModel().selectionChanged.connect(self._fit)
        self._shown: tuple[tuple[str, Any], ...] = ()
        self._fit()

    def setEnabled(self, enabled: bool) -> None:
        """Keeps the rows from being changed; they can still be read and copied."""
        self._can_change = enabled
        self.view.setEditTriggers(_EDITED_BY if enabled else QAbstractItemView.EditTrigger.NoEditTriggers)
        self.add.setEnabled(enabled)
        self._fit()

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

    def twice(self) -> str:
        """What is wrong with the names as names: one is missing, or there twice."""
        translate = QCoreApplication.translate
        names = [name for name, _value in self.model.pairs()]
        if "" in names:
            return translate("Configuration", "A value has no name.")
        for number, name in enumerate(names):
            if name in names[:number]:
                return translate("Configuration", "%1 is listed twice.").replace("%1", name)
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

    def _fit(self) -> None:
        rows = max(_LEAST_ROWS, min(self.model.rowCount(), _MOST_ROWS))
        self.view.setFixedHeight(
            self.view.horizontalHeader().sizeHint().height() + rows * scaled(_ROW_HEIGHT) + 4
        )
        there = self.view.currentIndex().isValid() and self.model.rowCount() > 0
        self.remove.setEnabled(there and self._can_change)
