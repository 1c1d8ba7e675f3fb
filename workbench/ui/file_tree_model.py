"""The files of a workspace as a tree with marks: changed, added, deleted, unsaved, and the handler's.

Owns: what the rows are, and what a person wants of them. Must not know: the files.
"""

import json
from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractItemModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont

from workbench.code.tree import FileChange
from workbench.core.messages import _
from workbench.ui.file_looks import about_file, icon_of_entry
from workbench.ui.file_nodes import Marks, Node, take_apart
from workbench.ui.icons import Icons
from workbench.ui.kit.text import tool_tip
from workbench.ui.theme import Theme

PATH_ROLE = Qt.ItemDataRole.UserRole + 1  # of a file; None for a folder
NODE_ROLE = Qt.ItemDataRole.UserRole + 2

_MIME = "application/x-workbench-paths"

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class FileTreeModel(QAbstractItemModel):
    """Shows the nodes: icon, name, and the mark in a second column.

    It changes no file: it tells what a person wants, and shows other nodes once that is done.

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
            return self._icons.get(icon_of_entry(node.entry), "muted")
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(self._color(node)) if node.mark or node.stays_out else None
        if role == Qt.ItemDataRole.FontRole and node.entry and node.entry.change is FileChange.DELETED:
            font = QFont()
            font.setStrikeOut(True)
            return font
        if role == Qt.ItemDataRole.ToolTipRole:
            words = _("Lambda calls the handler in this file.") if self._is_handler(node) else ""
            return tool_tip("\n".join(part for part in (node.path, about_file(node.entry), words) if part))
        if role == Qt.ItemDataRole.AccessibleTextRole and self._is_handler(node):
            return _("{node}, the handler's file").format(node=node.name)
        return None

    # What a person does to it

    def flags(self, index: _Index) -> Qt.ItemFlag:
        node, flag = self._node(index), Qt.ItemFlag
        if not self.is_editable or node.is_deleted:
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
        plain = colors.muted if node.stays_out and not node.mark else colors.warning
        return {"A": colors.good, "D": colors.danger}.get(node.mark, plain)

    def _node(self, index: _Index) -> Node:
        node = index.internalPointer() if index.isValid() else None
        return node if isinstance(node, Node) else self._root
