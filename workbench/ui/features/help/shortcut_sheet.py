"""The shortcut sheet: all keys, by menu, searchable."""

from PySide6.QtCore import QSortFilterProxyModel, Qt
from PySide6.QtGui import QShowEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QHeaderView,
    QLineEdit,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from workbench.core.messages import _
from workbench.ui.actions import ActionRegistry
from workbench.ui.command_palette import commands
from workbench.ui.kit.dialog import BaseDialog
from workbench.ui.kit.empty import EmptyMessage
from workbench.ui.kit.text import named


class ShortcutSheet(BaseDialog):
    """Lists the actions that have keys. Made once; it reads the keys anew each time it opens.

    Args:
        actions: The registry.
        parent: The window it belongs to.
    """

    def __init__(self, actions: ActionRegistry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "shortcutSheet", _("Keyboard shortcuts"))
        self.setWindowTitle(_("Keyboard Shortcuts"))
        self._actions = actions
        self.search = named(QLineEdit(), "shortcutSearch", _("Search shortcuts"))
        self.search.setPlaceholderText(_("Search commands and keys"))
        self.search.setClearButtonEnabled(True)
        self._model = QStandardItemModel(self)
        self._filter = QSortFilterProxyModel(self)
        self._filter.setSourceModel(self._model)
        self._filter.setRecursiveFilteringEnabled(True)
        self._filter.setAutoAcceptChildRows(True)  # a menu's name finds all that is in it
        self._filter.setFilterKeyColumn(-1)
        self._filter.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.view = named(QTreeView(), "shortcutTable", _("Shortcuts by menu"))
        self.view.setModel(self._filter)
        EmptyMessage(self.view, _("No shortcut matches the search."))
        self.view.setRootIsDecorated(False)
        self.view.setItemsExpandable(False)
        self.view.setUniformRowHeights(True)
        self.view.setAllColumnsShowFocus(True)
        self.view.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.setObjectName("shortcutButtons")
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(self.search)
        layout.addWidget(self.view, 1)
        layout.addWidget(buttons)
        self.resize(520, 640)
        self.search.textChanged.connect(self._narrow)

    def showEvent(self, event: QShowEvent) -> None:
        self._fill()
        self.search.setFocus()
        self.search.selectAll()
        super().showEvent(event)

    def _fill(self) -> None:
        self._model.clear()
        self._model.setHorizontalHeaderLabels([_("Command"), _("Keys")])
        menus: dict[str, QStandardItem] = {}
        for command in commands(self._actions):
            if not command.keys:
                continue
            menu = menus.get(command.menu)
            if menu is None:
                menu = menus[command.menu] = QStandardItem(command.menu)
                font = menu.font()
                font.setBold(True)
                menu.setFont(font)
                menu.setFlags(Qt.ItemFlag.ItemIsEnabled)
                self._model.appendRow([menu, QStandardItem()])
            menu.appendRow([QStandardItem(command.title), QStandardItem(command.keys)])
        header = self.view.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.view.expandAll()

    def _narrow(self, text: str) -> None:
        self._filter.setFilterFixedString(text.strip())
        self.view.expandAll()
