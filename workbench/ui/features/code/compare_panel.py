"""The list of files that differ, in the place of the file tree while the code is compared."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QToolButton,
    QTreeView,
    QVBoxLayout,
)

from workbench.code.compare import FileDifference
from workbench.code.tree import EntryKind, TreeEntry
from workbench.core.messages import _
from workbench.ui.file_nodes import build_nodes
from workbench.ui.file_tree_model import PATH_ROLE, FileTreeModel
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named
from workbench.ui.services import Services


class ComparePanel(QFrame):
    """Shows what differs.

    Signals:
        chosen: A file of the list; its path.
        revert_wanted: A file that is to be made what the other side has.
        closed: The person has seen enough.
    """

    chosen = Signal(str)
    revert_wanted = Signal(str)
    closed = Signal()

    def __init__(self, services: Services) -> None:
        super().__init__()
        named(self, "comparePanel", _("Comparison"))
        self.title = named(PlainLabel(), "compareTitle", role="heading")
        self.title.setWordWrap(True)
        self.state = named(PlainLabel(), "compareState", role="muted")
        self.state.setWordWrap(True)
        self._nodes = FileTreeModel(services.icons, services.theme, self)
        self.tree = named(QTreeView(), "compareTree", _("Files that differ"))
        self.tree.setModel(self._nodes)
        self.tree.setHeaderHidden(True)
        self.tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.tree.setUniformRowHeights(True)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(1, 28)
        self.close_button = named(QToolButton(), "compareClose", _("Close the comparison"), role="quiet")
        services.icons.attach(self.close_button, "x", "muted")
        self.close_button.setToolTip(_("Close the comparison"))
        self.revert_button = named(QToolButton(), "compareRevert", _("Revert File…"))
        self.revert_button.setText(_("Revert File…"))
        self.revert_button.setToolTip(_("Revert the file to the other version"))
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 4, 6)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.state)
        layout.addWidget(self.tree, 1)
        bottom = QHBoxLayout()
        bottom.addWidget(self.revert_button, 1)
        for action in ("code.revert_change", "code.previous_change", "code.next_change"):
            button = named(QToolButton(), f"compare.{action}", services.actions[action].text(), role="quiet")
            button.setDefaultAction(services.actions[action])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            services.actions.draw_icon(action)
            bottom.addWidget(button)
        layout.addLayout(bottom)
        self.setFocusProxy(self.tree)
        self.tree.clicked.connect(self._choose)
        self.tree.activated.connect(self._choose)
        self.tree.selectionModel().currentChanged.connect(self._enable)
        self.close_button.clicked.connect(self.closed)
        self.revert_button.clicked.connect(lambda: self.revert_wanted.emit(self.current_path()))
        self._can_change = False

    def say(self, title: str, state: str) -> None:
        """Says what is compared with what, and how it goes."""
        self.title.setText(title)
        self.state.setText(state)
        self.state.setVisible(bool(state))

    def show_differences(self, found: Sequence[FileDifference], *, can_change: bool) -> None:
        """Shows the files; what is current stays so."""
        current = self.current_path()
        self._can_change = can_change
        entries = tuple(
            TreeEntry(each.path, EntryKind.FILE, change=each.change, has_draft=each.has_draft)
            for each in found
        )
        self._nodes.show_nodes(build_nodes(entries))
        self.tree.expandAll()
        self.select(current)

    def select(self, path: str) -> None:
        """Makes a file current; its text is not asked for."""
        index = self._nodes.index_of(path) if path else QModelIndex()
        if index.isValid():
            self.tree.setCurrentIndex(index)
        self._enable()

    def current_path(self) -> str:
        """The current file, or "" for none."""
        index = self.tree.currentIndex()
        return str(index.siblingAtColumn(0).data(PATH_ROLE) or "") if index.isValid() else ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _enable(self) -> None:
        self.revert_button.setEnabled(self._can_change and bool(self.current_path()))

    def _choose(self, index: QModelIndex) -> None:
        if path := index.siblingAtColumn(0).data(PATH_ROLE):
            self.chosen.emit(path)
