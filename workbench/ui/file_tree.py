"""The files of a workspace as a tree with marks: changed, added, deleted, unsaved."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QHeaderView, QTreeView

from workbench.code.tree import Change, EntryKind, TreeEntry
from workbench.ui.icons import Icons
from workbench.ui.named import named
from workbench.ui.theme import Theme

PATH_ROLE = Qt.ItemDataRole.UserRole + 1

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


@dataclass(slots=True, eq=False)
class Node:
    """A file or folder with what lies in it, folders first.

    Attributes:
        everything: Of the root only: all nodes below it, as `build_nodes` walked them.
    """

    name: str
    path: str = ""
    entry: TreeEntry | None = None
    parent: "Node | None" = None
    row: int = 0
    children: list["Node"] = field(default_factory=list)
    everything: tuple["Node", ...] = ()

    @property
    def is_folder(self) -> bool:
        return self.entry is None or self.entry.kind is EntryKind.FOLDER

    @property
    def is_deleted(self) -> bool:
        """Whether only the deployed package has it, and nothing was typed for it."""
        entry = self.entry
        return entry is not None and entry.change is Change.DELETED and not entry.has_draft

    @property
    def mark(self) -> str:
        """One letter a change, as version control writes it; empty when nothing changed."""
        if self.entry is None:
            return ""
        if self.entry.has_draft:
            return "●"
        return {Change.ADDED: "A", Change.CHANGED: "M", Change.DELETED: "D"}.get(self.entry.change, "")


def build_nodes(entries: tuple[TreeEntry, ...]) -> Node:
    """Turns the flat list into a tree. Pure, so that a job can do it for 20,000 files."""
    root = Node("")
    folders: dict[str, Node] = {"": root}

    def folder(path: str) -> Node:
        if (known := folders.get(path)) is not None:
            return known
        above, _, name = path.rpartition("/")
        node = folders[path] = Node(name, path, None, folder(above))
        folder(above).children.append(node)
        return node

    for entry in entries:
        above, _, name = entry.path.rpartition("/")
        if entry.kind is EntryKind.FOLDER:
            folder(entry.path).entry = entry
        else:
            folder(above).children.append(Node(name, entry.path, entry, folder(above)))
    for node in folders.values():
        node.children.sort(key=lambda child: (not child.is_folder, child.name.lower()))
        for row, child in enumerate(node.children):
            child.row = row
    root.everything = tuple(_walk(root))
    return root


class FileTreeModel(QAbstractItemModel):
    """Shows the nodes: icon, name, and the mark in a second column."""

    def __init__(self, icons: Icons, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._icons = icons
        self._theme = theme
        self._root = Node("")

    def show_nodes(self, root: Node) -> None:
        """Replaces the tree; where only marks differ, what is expanded stays so."""
        if _shape(root) == _shape(self._root):
            self.layoutAboutToBeChanged.emit()
            for mine, other in zip(self._root.everything, root.everything, strict=True):
                mine.entry = other.entry
            self.layoutChanged.emit()
            return
        self.beginResetModel()
        self._root = root
        self.endResetModel()

    def files(self) -> list[str]:
        """The paths of all files that are there, in alphabetical order."""
        nodes = self._root.everything
        return sorted(node.path for node in nodes if not node.is_folder and not node.is_deleted)

    def index_of(self, path: str) -> QModelIndex:
        """The index of a path; invalid when there is none."""
        node = self._root
        for name in path.split("/"):
            found = next((child for child in node.children if child.name == name), None)
            if found is None:
                return QModelIndex()
            node = found
        return self.createIndex(node.row, 0, node)

    def index(self, row: int, column: int, parent: _Index = _ROOT) -> QModelIndex:
        children = self._node(parent).children
        return self.createIndex(row, column, children[row]) if 0 <= row < len(children) else QModelIndex()

    def parent(self, index: _Index) -> QModelIndex:  # type: ignore[override]  # Qt overloads it for QObject's
        above = self._node(index).parent
        return (
            QModelIndex() if above is None or above.parent is None else self.createIndex(above.row, 0, above)
        )

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.column() > 0 else len(self._node(parent).children)

    def columnCount(self, _parent: _Index = _ROOT) -> int:
        return 2

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        node = self._node(index)
        if role == PATH_ROLE:
            return None if node.is_folder else node.path
        if index.column() == 1:
            return self._mark_data(node, role)
        if role == Qt.ItemDataRole.DisplayRole:
            return node.name
        if role == Qt.ItemDataRole.DecorationRole:
            return self._icons.get("folder" if node.is_folder else "file", "muted")
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(self._color(node)) if node.mark else None
        if role == Qt.ItemDataRole.FontRole and node.entry and node.entry.change is Change.DELETED:
            font = QFont()
            font.setStrikeOut(True)
            return font
        if role == Qt.ItemDataRole.ToolTipRole:
            return node.path
        return None

    def _mark_data(self, node: Node, role: int) -> object:
        if role == Qt.ItemDataRole.DisplayRole:
            return node.mark
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(self._color(node))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignCenter
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return {
                "●": self.tr("Not saved"),
                "A": self.tr("Added, not deployed"),
                "M": self.tr("Changed, not deployed"),
                "D": self.tr("Deleted, still deployed"),
            }.get(node.mark, "")
        return None

    def _color(self, node: Node) -> str:
        colors = self._theme.colors
        return {"A": colors.good, "D": colors.danger}.get(node.mark, colors.warning)

    def _node(self, index: _Index) -> Node:
        node = index.internalPointer() if index.isValid() else None
        return node if isinstance(node, Node) else self._root


class FileTree(QTreeView):
    """The tree on the screen; a click or Return chooses a file."""

    chosen = Signal(str)  # its path

    def __init__(self, icons: Icons, theme: Theme) -> None:
        super().__init__()
        named(self, "fileTree", self.tr("Files of the function"))
        self._nodes = FileTreeModel(icons, theme, self)
        self.setModel(self._nodes)
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setIndentation(14)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        header.setMinimumSectionSize(24)
        header.resizeSection(1, 28)
        self.clicked.connect(self._choose)
        self.activated.connect(self._choose)

    def show_nodes(self, root: Node) -> None:
        """See FileTreeModel."""
        self._nodes.show_nodes(root)

    def files(self) -> list[str]:
        """The paths of all files that are there."""
        return self._nodes.files()

    def _choose(self, index: QModelIndex) -> None:
        if path := index.data(PATH_ROLE):
            self.chosen.emit(path)


def _walk(root: Node) -> Iterator[Node]:
    waiting = list(root.children)
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.children)


def _shape(root: Node) -> list[tuple[str, bool]]:
    return [(node.path, node.is_folder) for node in root.everything]
