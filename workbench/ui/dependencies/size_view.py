"""The parts of a package as a tree with their sizes; folders are filled when they are opened."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from workbench.code.dependencies.inventory import SizeNode
from workbench.ui.dependencies.words import title_of
from workbench.ui.kit.text import tool_tip
from workbench.ui.units import size_text

_NODE = Qt.ItemDataRole.UserRole
_MOST = 1_000


class SizeView(QTreeWidget):
    """Lists parts, then folders and files.

    Signals:
        part_chosen: The number of the part that is chosen, or that holds what is.
    """

    part_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("dependencySizes")
        self.setAccessibleName(self.tr("Contents of the package"))
        self.setUniformRowHeights(True)
        self.setHeaderLabels([self.tr("Part"), self.tr("Version"), self.tr("Size"), self.tr("Percentage")])
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in ((1, 76), (2, 76), (3, 60)):
            self.setColumnWidth(column, width)
        self._total = 0
        self.itemExpanded.connect(self._fill)
        self.currentItemChanged.connect(self._current_changed)

    def show_nodes(self, nodes: Sequence[SizeNode]) -> None:
        """Replaces what is listed; what was open stays open, as far as it is there."""
        opened = [item.text(0) for item in self._tops() if item.isExpanded()]
        current = self.currentItem()
        chosen = current.text(0) if current is not None and current.parent() is None else ""
        self.blockSignals(True)
        self.clear()
        self._total = sum(node.size_bytes for node in nodes)
        self.addTopLevelItems([self._item(node, title_of(node)) for node in nodes[:_MOST]])
        self.blockSignals(False)
        for item in self._tops():
            if item.text(0) in opened:
                item.setExpanded(True)
            if chosen and item.text(0) == chosen:
                self.setCurrentItem(item)

    def choose(self, number: int) -> None:
        """Chooses a part."""
        if (item := self.topLevelItem(number)) is not None:
            self.setCurrentItem(item)
            self.scrollToItem(item)

    def _tops(self) -> list[QTreeWidgetItem]:
        items = (self.topLevelItem(number) for number in range(self.topLevelItemCount()))
        return [item for item in items if item is not None]

    def _item(self, node: SizeNode, title: str) -> QTreeWidgetItem:
        share = f"{node.size_bytes / self._total:.0%}" if self._total else ""
        item = QTreeWidgetItem([title, node.version, size_text(node.size_bytes), share])
        for column in (2, 3):
            item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setData(0, _NODE, node)
        item.setToolTip(0, tool_tip(title))
        if node.children:
            item.setChildIndicatorPolicy(QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator)
        return item

    def _fill(self, item: QTreeWidgetItem) -> None:
        node = item.data(0, _NODE)
        if item.childCount() or not isinstance(node, SizeNode):
            return
        children = [self._item(child, child.name) for child in node.children[:_MOST]]
        if (more := len(node.children) - _MOST) > 0:
            children.append(QTreeWidgetItem([self.tr("… and %1 more").replace("%1", f"{more:,}")]))
        item.addChildren(children)

    def _current_changed(self, item: QTreeWidgetItem | None, _old: QTreeWidgetItem | None) -> None:
        while item is not None and (above := item.parent()) is not None:
            item = above
        if item is not None:
            self.part_chosen.emit(self.indexOfTopLevelItem(item))
