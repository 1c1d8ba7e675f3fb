"""A JSON value as a tree whose branches are made when they are opened."""

import json
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from workbench.ui.kit.text import tool_tip

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_PAGE = 500  # children that are made at once
_MOST_CHARACTERS = 500


class _Node:
    """A value, what it is called, and where it lies."""

    __slots__ = ("children", "items", "key", "parent", "row", "value")

    def __init__(self, key: str, value: Any, parent: "_Node | None", row: int) -> None:
        self.key, self.value, self.parent, self.row = key, value, parent, row
        self.children: list[_Node] = []
        self.items: list[tuple[str, Any]] | None = None

    @property
    def size(self) -> int:
        return len(self.value) if isinstance(self.value, dict | list) else 0

    def fetch(self) -> list["_Node"]:
        """The next children."""
        if self.items is None:
            value = self.value
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            self.items = [(str(key), each) for key, each in pairs]
        begin = len(self.children)
        return [
            _Node(key, value, self, begin + number)
            for number, (key, value) in enumerate(self.items[begin : begin + _PAGE])
        ]


class JsonTree(QAbstractItemModel):
    """Two columns: name and value."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._top = _Node("", [], None, 0)

    def show(self, value: object) -> None:
        """Replaces the tree. The value must not change any more."""
        self.beginResetModel()
        # A single value is the only row.
        self._top = _Node("", value if isinstance(value, dict | list) and value else {"": value}, None, 0)
        self.endResetModel()

    def _node(self, index: _Index) -> _Node:
        node = index.internalPointer() if index.isValid() else self._top
        assert isinstance(node, _Node)
        return node

    # What Qt asks -------------------------------------------------------------------------------------------

    def index(self, row: int, column: int, parent: _Index = _ROOT) -> QModelIndex:
        children = self._node(parent).children
        if not 0 <= row < len(children) or not 0 <= column < 2:
            return QModelIndex()
        return self.createIndex(row, column, children[row])

    def parent(self, index: _Index = _ROOT) -> QModelIndex:  # type: ignore[override]  # Qt overloads it
        node = self._node(index).parent if index.isValid() else None
        return self.createIndex(node.row, 0, node) if node is not None and node.parent is not None else _ROOT

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.column() > 0 else len(self._node(parent).children)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 2

    def hasChildren(self, parent: _Index = _ROOT) -> bool:
        return parent.column() <= 0 and self._node(parent).size > 0

    def canFetchMore(self, parent: _Index) -> bool:
        node = self._node(parent)
        return len(node.children) < node.size

    def fetchMore(self, parent: _Index) -> None:
        node = self._node(parent)
        more = node.fetch()
        if more:
            begin = len(node.children)
            at = self.createIndex(node.row, 0, node) if node.parent is not None else QModelIndex()
            self.beginInsertRows(at, begin, begin + len(more) - 1)
            node.children += more
            self.endInsertRows()

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Name"), self.tr("Value"))[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        node = self._node(index)
        if role == Qt.ItemDataRole.DisplayRole:
            text = self._text(node) if index.column() else node.key
            return text.encode("utf-8", "backslashreplace").decode()  # half a surrogate pair is no text
        if role == Qt.ItemDataRole.ToolTipRole and index.column() and isinstance(node.value, str):
            return tool_tip(node.value[:_MOST_CHARACTERS]) if len(node.value) > 80 else None
        return None

    def _text(self, node: _Node) -> str:
        value = node.value
        if isinstance(value, dict) and value:
            count = len(value)
            return self.tr("1 member") if count == 1 else self.tr("%Ln members", "", count)
        if isinstance(value, list) and value:
            count = len(value)
            return self.tr("1 element") if count == 1 else self.tr("%Ln elements", "", count)
        if isinstance(value, str):
            return json.dumps(value[:_MOST_CHARACTERS], ensure_ascii=False)
        return json.dumps(value, ensure_ascii=False)[:_MOST_CHARACTERS]
