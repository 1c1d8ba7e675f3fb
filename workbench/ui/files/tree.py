"""The files of a workspace as a tree: its nodes (made and compared in a job), the model, and the view."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import (
    QAbstractItemModel,
    QItemSelectionModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QColor, QFont
from PySide6.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QTreeView

from workbench.code.text import Format, format_of_name, is_no_text
from workbench.code.tree import EntryKind, FileChange, TreeEntry
from workbench.code.working_copy import is_outside
from workbench.core.messages import _
from workbench.ui.files.no_text import format_text, size_text
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.table_model import ToneDelegate
from workbench.ui.kit.text import named, tool_tip
from workbench.ui.kit.theme import Theme

DEPENDENCIES = "\0dependencies"
"""In place of a path, of the node below which installed packages are; no file has it."""


@dataclass(slots=True, eq=False)
class Node:
    """A file or folder with what lies in it, folders first.

    Attributes:
        everything: Of the root only: all nodes below it, as `build_nodes` walked them.
        by_path: Of the root only: the same nodes; a folder rather than a deleted file of its path.
        shape: Of the root only: a number that trees share which differ in marks only, 0 of an empty one.
    """

    name: str
    path: str = ""
    entry: TreeEntry | None = None
    parent: "Node | None" = None
    row: int = 0
    children: Sequence["Node"] = ()
    everything: tuple["Node", ...] = ()
    by_path: Mapping[str, "Node"] = field(default_factory=dict)
    shape: int = 0

    @property
    def is_folder(self) -> bool:
        return self.entry is None or self.entry.kind is EntryKind.FOLDER

    @property
    def is_own(self) -> bool:
        """Whether it is in the code: not the group of dependencies, nor a file of one outside the code."""
        return self.path != DEPENDENCIES and not is_outside(self.path)

    @property
    def is_deleted(self) -> bool:
        """Whether only the deployed package has it, and nothing was typed for it."""
        entry = self.entry
        return entry is not None and entry.change is FileChange.DELETED and not entry.has_draft

    @property
    def stays_out(self) -> bool:
        """Whether it is in no package: caches, version control, what patterns keep out."""
        return self.entry is not None and not self.entry.packed

    @property
    def mark(self) -> str:
        """One letter a change, as version control writes it; empty when nothing changed."""
        if self.entry is None:
            return ""
        if self.entry.has_draft:
            return "●"
        return {FileChange.ADDED: "A", FileChange.CHANGED: "M", FileChange.DELETED: "D"}.get(
            self.entry.change, ""
        )


@dataclass(frozen=True, slots=True)
class Marks:
    """What is new in a tree whose files are the same as before.

    Attributes:
        root: The tree.
        changed: Its nodes that have another entry now, with that.
    """

    root: Node
    changed: Sequence[tuple[Node, TreeEntry]]


def build_nodes(entries: Sequence[TreeEntry]) -> Node:
    """Turns the flat list into a tree. Pure, so that a job can do it for 20,000 files.

    Installed packages, those outside the code too, are below one node of the top, which is the last.
    """
    root = Node("")
    folders: dict[str, Node] = {"": root}
    inside: defaultdict[str, list[Node]] = defaultdict(list)
    listed = {entry.path for entry in entries if entry.kind is EntryKind.FOLDER}
    installed = {entry.path.partition("/")[0] for entry in entries if entry.installed}

    def place(path: str) -> str:
        """The folder that it is shown in."""
        above = path.rpartition("/")[0]
        is_top = above not in listed if is_outside(path) else not above
        return (
            DEPENDENCIES if is_top and path != DEPENDENCIES and path.partition("/")[0] in installed else above
        )

    def folder(path: str) -> Node:
        if (known := folders.get(path)) is not None:
            return known
        name = _("Dependencies") if path == DEPENDENCIES else path.rpartition("/")[2]
        above = place(path)
        node = folders[path] = Node(name, path, None, folder(above))
        inside[above].append(node)
        return node

    for entry in entries:
        if entry.kind is EntryKind.FOLDER:
            folder(entry.path).entry = entry
        else:
            above = place(entry.path)
            inside[above].append(Node(entry.path.rpartition("/")[2], entry.path, entry, folder(above)))
    for path, node in folders.items():
        node.children = sorted(inside[path], key=_order)
        for row, child in enumerate(node.children):
            child.row = row
    root.everything = tuple(_walk(root))
    root.by_path = {node.path: node for node in sorted(root.everything, key=lambda node: node.is_folder)}
    if root.everything:
        root.shape = hash(
            tuple(
                (node.path, node.parent.path if node.parent else "", node.is_folder)
                for node in root.everything
            )
        )
    return root


def _order(node: Node) -> tuple[bool, bool, str]:
    return node.path == DEPENDENCIES, not node.is_folder, node.name.lower()


def news_for(shown: Node, entries: Sequence[TreeEntry]) -> Node | Marks:
    """What has to be shown for these files: other marks, or, where files came or went, another tree."""
    known = {(node.path, node.is_folder): node for node in shown.everything if node.entry is not None}
    changed: list[tuple[Node, TreeEntry]] = []
    if len(known) != len(entries):
        return build_nodes(entries)
    for entry in entries:
        node = known.get((entry.path, entry.kind is EntryKind.FOLDER))
        if node is None:
            return build_nodes(entries)
        if node.entry is None or node.entry.installed is not entry.installed:
            return build_nodes(entries)
        if node.entry != entry:
            changed.append((node, entry))
    return Marks(shown, changed)


def take_apart(root: Node) -> None:
    """Lets a tree that nobody shows any more go at once, without a search for garbage."""
    for node in root.everything:
        node.parent = None


def _walk(root: Node) -> Iterator[Node]:
    waiting = list(root.children)
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.children)


_ICONS = {
    Format.IMAGE: "image",
    Format.ARCHIVE: "package",
    Format.LIBRARY: "box",
    Format.PROGRAM: "terminal",
}


def icon_of_entry(entry: TreeEntry | None) -> str:
    """The drawing beside its name; what is surely no text has another one than a text."""
    if entry is None or entry.kind is EntryKind.FOLDER:
        return "folder"
    kind = format_of_name(entry.path)
    if kind is None:
        return "binary" if is_no_text(entry.path, entry.size_bytes) else "file"
    return _ICONS.get(kind, "binary")


def about_file(entry: TreeEntry | None) -> str:
    """What it is and how large, as far as that is known; "" for a folder."""
    if entry is None or entry.kind is not EntryKind.FILE:
        return ""
    kind = format_of_name(entry.path)
    size = size_text(entry.size_bytes)
    return f"{format_text(kind)} · {size}" if kind is not None else size


PATH_ROLE = Qt.ItemDataRole.UserRole + 1  # of a file; None for a folder
NODE_ROLE = Qt.ItemDataRole.UserRole + 2

_MIME = "application/x-workbench-paths"

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class FileTreeModel(QAbstractItemModel):
    """Shows the nodes: icon, name, and the mark in a second column.

    It changes no file: it tells what the user wants, and shows other nodes once that is done.

    Signals:
        rename_wanted(old, new): A new name was typed; both are paths.
        move_wanted(paths, folder): Files and folders of this tree were dropped on a folder ("" is the top).
        drop_wanted(sources, folder): As `move_wanted`, with local paths from elsewhere.
    """

    rename_wanted = Signal(str, str)
    move_wanted = Signal(list, str)
    drop_wanted = Signal(list, str)

    def __init__(self, icons: Icons, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._icons = icons
        self._theme = theme
        self._root = Node("")
        self._handler_path = ""
        self.is_editable = False

    def set_handler(self, path: str) -> None:
        """Marks the file of the function that Lambda calls; "" for none."""
        before, self._handler_path = self._handler_path, path
        for each in {before, path}:
            if before != path and (index := self.index_of(each)).isValid():
                self.dataChanged.emit(index, index)

    def show_nodes(self, root: Node) -> bool:
        """Replaces the tree. False where only marks differ: then every index stays good."""
        before = self._root
        if root.shape == before.shape:
            self.layoutAboutToBeChanged.emit()
            for mine, other in zip(before.everything, root.everything, strict=True):
                mine.entry = other.entry
            self.layoutChanged.emit()
            take_apart(root)
            return False
        self.beginResetModel()
        self._root = root
        self.endResetModel()
        take_apart(before)
        return True

    @property
    def root(self) -> Node:
        """What is shown."""
        return self._root

    def show_marks(self, marks: Marks) -> None:
        """Shows other marks, if they are of the shown tree."""
        if marks.root is self._root and marks.changed:
            self.layoutAboutToBeChanged.emit()
            for node, entry in marks.changed:
                node.entry = entry
            self.layoutChanged.emit()

    def files(self) -> list[str]:
        """The paths of all files of the code that are there, in alphabetical order."""
        nodes = self._root.everything
        return sorted(
            node.path for node in nodes if not node.is_folder and not node.is_deleted and node.is_own
        )

    def index_of(self, path: str) -> QModelIndex:
        """The index of a path; invalid when there is none."""
        node = self._root.by_path.get(path)
        return self.createIndex(node.row, 0, node) if node is not None else QModelIndex()

    def node_at(self, path: str) -> Node | None:
        """The file or folder of a path; None when there is none."""
        index = self.index_of(path)
        return self._node(index) if index.isValid() else None

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
        if role == NODE_ROLE:
            return node
        if index.column() == 1:
            return self._mark_data(node, role)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return node.name
        if role == Qt.ItemDataRole.DecorationRole:
            if self._is_handler(node):
                return self._icons.get("lambda", "accent")
            icon = "package" if node.path == DEPENDENCIES else icon_of_entry(node.entry)
            return self._icons.get(icon, "muted")
        if role == Qt.ItemDataRole.ForegroundRole:
            is_plain = node.is_own and not (node.mark or node.stays_out)
            return None if is_plain else QColor(self._color(node))
        if role == Qt.ItemDataRole.FontRole and node.entry and node.entry.change is FileChange.DELETED:
            font = QFont()
            font.setStrikeOut(True)
            return font
        if role == Qt.ItemDataRole.ToolTipRole:
            if node.path == DEPENDENCIES:
                return tool_tip(_("Installed packages, which are not the function's own code."))
            words = _("Lambda calls the handler in this file.") if self._is_handler(node) else ""
            if not node.is_own:
                words = _("From an installed package. It can be read, not changed.")
            return tool_tip("\n".join(part for part in (node.path, about_file(node.entry), words) if part))
        if role == Qt.ItemDataRole.AccessibleTextRole and self._is_handler(node):
            return _("{node}, the handler's file").format(node=node.name)
        return None

    # What the user does to it

    def flags(self, index: _Index) -> Qt.ItemFlag:
        node, flag = self._node(index), Qt.ItemFlag
        if not self.is_editable or node.is_deleted or not node.is_own:
            return super().flags(index)
        if not index.isValid():
            return flag.ItemIsDropEnabled
        edit = flag.ItemIsEditable if index.column() == 0 else flag.NoItemFlags
        return super().flags(index) | edit | flag.ItemIsDragEnabled | flag.ItemIsDropEnabled

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        node, name = self._node(index), str(value).strip()
        if role == Qt.ItemDataRole.EditRole and name and name != node.name:
            folder = node.path.rpartition("/")[0]
            self.rename_wanted.emit(node.path, f"{folder}/{name}".lstrip("/"))
        return False  # the name changes once the file has it

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.CopyAction | Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [_MIME, "text/uri-list"]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        paths = sorted({self._node(index).path for index in indexes})
        data = QMimeData()
        data.setData(_MIME, json.dumps(paths).encode())
        return data

    def dropMimeData(
        self, data: QMimeData, _action: Qt.DropAction, _row: int, _column: int, parent: _Index
    ) -> bool:
        node = self._node(parent)
        folder = node.path if node.is_folder else node.path.rpartition("/")[0]
        if not self.is_editable:
            return False
        if data.hasFormat(_MIME):
            self.move_wanted.emit(json.loads(bytes(data.data(_MIME).data())), folder)
        else:
            self.drop_wanted.emit([url.toLocalFile() for url in data.urls() if url.isLocalFile()], folder)
        return True

    def _mark_data(self, node: Node, role: int) -> object:
        if role == Qt.ItemDataRole.DisplayRole:
            return node.mark
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(self._color(node))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignCenter
        words = {
            "●": _("Unsaved"),
            "A": _("Added, not deployed"),
            "M": _("Changed, not deployed"),
            "D": _("Deleted, still deployed"),
        }.get(node.mark, "")
        if role == Qt.ItemDataRole.ToolTipRole:
            return tool_tip(words)
        return words if role == Qt.ItemDataRole.AccessibleTextRole else None

    def _is_handler(self, node: Node) -> bool:
        return bool(self._handler_path) and node.path == self._handler_path

    def _color(self, node: Node) -> str:
        colors = self._theme.colors
        is_pale = node.stays_out or not node.is_own
        plain = colors.muted if is_pale and not node.mark else colors.warning
        return {"A": colors.good, "D": colors.danger}.get(node.mark, plain)

    def _node(self, index: _Index) -> Node:
        node = index.internalPointer() if index.isValid() else None
        return node if isinstance(node, Node) else self._root


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
        return [node.path for node in found if not node.is_deleted and node.is_own]

    def folder(self) -> str:
        """Where something new belongs: the current folder, or that of the current file; "" is the top."""
        node: Node | None = self.currentIndex().data(NODE_ROLE)
        if node is None or not node.is_own:
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
