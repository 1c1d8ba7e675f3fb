"""The files of a workspace on the screen: what is chosen, expanded and selected."""

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QTreeView

from workbench.core.messages import _
from workbench.ui.file_nodes import Marks, Node
from workbench.ui.file_tree_model import NODE_ROLE, PATH_ROLE, FileTreeModel
from workbench.ui.icons import Icons
from workbench.ui.kit.tone_delegate import ToneDelegate
from workbench.ui.named import named
from workbench.ui.theme import Theme

_OPENS_AFTER_MS = 600  # a folder, while something is held over it


class FileTree(QTreeView):
    """The tree; a click or Return chooses a file, F2 edits its name, dragging moves it."""

    chosen = Signal(str)  # its path

    def __init__(self, icons: Icons, theme: Theme) -> None:
        super().__init__()
        named(self, "fileTree", _("Files of the function"))
        self.nodes = FileTreeModel(icons, theme, self)
        self._open_folders: set[str] = set()
        self.setModel(self.nodes)
        self.setItemDelegate(ToneDelegate(self))
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setAutoExpandDelay(_OPENS_AFTER_MS)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        header.setMinimumSectionSize(24)
        header.resizeSection(1, 28)
        self.clicked.connect(self._clicked)
        self.activated.connect(self._choose)
        self.expanded.connect(lambda index: self._open_folders.add(_path(index)))
        self.collapsed.connect(lambda index: self._open_folders.discard(_path(index)))

    def show_nodes(self, root: Node | Marks) -> None:
        """See FileTreeModel; what is expanded and selected stays so."""
        if isinstance(root, Marks):
            self.nodes.show_marks(root)
            return
        selected, current = self.selected(), _path(self.currentIndex())
        if not root.children:
            self._open_folders.clear()
        if not self.nodes.show_nodes(root):
            return
        for path in sorted(self._open_folders):
            if (index := self.nodes.index_of(path)).isValid():
                self.setExpanded(index, True)
        self.select(selected, current)

    def files(self) -> list[str]:
        """The paths of all files that are there."""
        return self.nodes.files()

    def selected(self) -> list[str]:
        """The paths of the selected files and folders that are there."""
        found: list[Node] = [index.data(NODE_ROLE) for index in self.selectionModel().selectedRows()]
        return [node.path for node in found if not node.is_deleted]

    def folder(self) -> str:
        """Where something new belongs: the current folder, or that of the current file; "" is the top."""
        node: Node | None = self.currentIndex().data(NODE_ROLE)
        if node is None:
            return ""
        return node.path if node.is_folder else node.path.rpartition("/")[0]

    def select(self, paths: list[str], current: str = "") -> None:
        """Selects files and folders; one of them is the current one."""
        if (index := self.nodes.index_of(current)).isValid():
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().clearSelection()
        for path in paths:
            if (index := self.nodes.index_of(path)).isValid():
                self.selectionModel().select(index, flags.Select | flags.Rows)

    def begin_group(self) -> None:
        """Draws a line in the tree's menu, below what is in it so far."""
        line = QAction(self)
        line.setSeparator(True)
        self.addAction(line)

    def _clicked(self, index: QModelIndex) -> None:
        if not QApplication.keyboardModifiers() & (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        ):
            self._choose(index)  # else one of several is being selected

    def _choose(self, index: QModelIndex) -> None:
        if path := index.data(PATH_ROLE):
            self.chosen.emit(path)


def _path(index: QModelIndex) -> str:
    node: Node | None = index.data(NODE_ROLE)
    return node.path if node is not None else ""
