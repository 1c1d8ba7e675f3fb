"""The Debug panel: where the function stands, its variables, and expressions that are watched."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QStackedLayout,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench.invoke.debug_session import Frame, Variable
from workbench.ui.empty_state import EmptyState
from workbench.ui.kit.badge import badge
from workbench.ui.kit.text import PlainLabel, tool_tip
from workbench.ui.named import named

_REFERENCE = Qt.ItemDataRole.UserRole
_MOST_CHARACTERS = 500
_NAME_WIDTH = 150


class DebugPanel(QWidget):
    """Shows; asks for what is opened.

    Args:
        actions: Continue, steps and the rest, in their order.

    Signals:
        frame_chosen: A Frame is looked at.
        children_wanted: A tree item with a reference was opened: reference and item.
        watch_wanted: An expression is to be watched from now on.
    """

    frame_chosen = Signal(object)
    children_wanted = Signal(int, object)
    watch_wanted = Signal(str)

    def __init__(self, actions: Sequence[QAction]) -> None:
        super().__init__()
        named(self, "debugPanel", self.tr("Debug"))
        self.state = badge("debugState")
        self.frames = named(QListWidget(), "debugFrames", self.tr("Call stack"))
        self.variables = self._tree("debugVariables", self.tr("Variables"))
        self.watches = self._tree("debugWatches", self.tr("Watch"))
        self.expression = named(QLineEdit(), "debugExpression", self.tr("Expression to watch"))
        self.expression.setPlaceholderText(self.tr('Watch an expression, such as event["id"]'))
        top = QHBoxLayout()
        top.setSpacing(4)
        for action in actions:
            button = named(QToolButton(), f"{action.objectName()}Button", action.text())
            button.setDefaultAction(action)
            button.setIconSize(QSize(16, 16))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            top.addWidget(button)
        top.addStretch(1)
        top.addWidget(self.state)
        split = named(QSplitter(Qt.Orientation.Horizontal), "debugSplitter")
        split.addWidget(_titled(self.tr("Call stack"), self.frames))
        split.addWidget(_titled(self.tr("Variables"), self.variables))
        split.addWidget(_titled(self.tr("Watch"), self.watches, self.expression))
        split.setSizes([300, 500, 400])
        split.setChildrenCollapsible(False)
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(split, 1)
        self._empty = named(EmptyState(), "debugEmpty")
        self._empty.set_text(
            self.tr("Not debugging"),
            self.tr("Set a breakpoint by clicking in the margin or pressing F9, then press Ctrl+F5."),
        )
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(whole)
        self.frames.currentItemChanged.connect(self._frame_changed)
        self.expression.returnPressed.connect(self._watch)

    @property
    def frame(self) -> Frame | None:
        """The frame that is looked at."""
        item = self.frames.currentItem()
        frame = item.data(_REFERENCE) if item is not None else None
        return frame if isinstance(frame, Frame) else None

    def show_running(self, words: str) -> None:
        """It runs: there is nothing to look at."""
        self._stack.setCurrentIndex(1)
        self.state.setText(words)
        self.frames.clear()
        self.variables.clear()
        for row in range(self.watches.topLevelItemCount()):
            if (item := self.watches.topLevelItem(row)) is not None:
                item.takeChildren()
                item.setText(1, "")

    def show_ended(self) -> None:
        """There is none any more."""
        self.show_running("")
        self._stack.setCurrentIndex(0)

    def show_stopped(self, words: str, frames: Sequence[Frame]) -> None:
        """It stands. The first frame of the function's own code is looked at."""
        self._stack.setCurrentIndex(1)
        self.state.setText(words)
        self.frames.clear()
        for frame in frames:
            place = frame.path or frame.file.rpartition("/")[2]
            item = QListWidgetItem(f"{frame.name}   {place}:{frame.line}")
            item.setData(_REFERENCE, frame)
            item.setToolTip(tool_tip(f"{frame.file}:{frame.line}"))
            if not frame.path:
                item.setForeground(self.palette().placeholderText())
            self.frames.addItem(item)
        own = next((row for row, frame in enumerate(frames) if frame.path), 0)
        self.frames.setCurrentRow(own)

    def show_scopes(self, scopes: Sequence[Variable]) -> None:
        """The groups of variables of the frame; the first is opened."""
        self.variables.clear()
        for scope in scopes:
            self.variables.addTopLevelItem(_item(scope))
        if (first := self.variables.topLevelItem(0)) is not None:
            first.setExpanded(True)

    def show_children(self, item: QTreeWidgetItem, children: Sequence[Variable]) -> None:
        """What is in a variable."""
        item.takeChildren()
        item.addChildren([_item(child) for child in children] or [QTreeWidgetItem([self.tr("nothing"), ""])])

    def expressions(self) -> tuple[str, ...]:
        """What is watched."""
        items = (self.watches.topLevelItem(row) for row in range(self.watches.topLevelItemCount()))
        return tuple(item.text(0) for item in items if item is not None)

    def show_watch(self, value: Variable) -> None:
        """The value of a watched expression."""
        for row, expression in enumerate(self.expressions()):
            if expression == value.name:
                item = self.watches.takeTopLevelItem(row)
                self.watches.insertTopLevelItem(row, _item(value))
                del item

    def _watch(self) -> None:
        expression = self.expression.text().strip()
        self.expression.clear()
        if expression and expression not in self.expressions():
            self.watches.addTopLevelItem(QTreeWidgetItem([expression, ""]))
            self.watch_wanted.emit(expression)

    def _frame_changed(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.frame_chosen.emit(item.data(_REFERENCE))

    def _tree(self, name: str, title: str) -> QTreeWidget:
        tree = named(QTreeWidget(), name, title)
        tree.setHeaderLabels([self.tr("Name"), self.tr("Value")])
        tree.setUniformRowHeights(True)
        tree.header().resizeSection(0, _NAME_WIDTH)
        tree.itemExpanded.connect(self._opened)
        return tree

    def _opened(self, item: QTreeWidgetItem) -> None:
        reference = item.data(0, _REFERENCE)
        if reference:
            item.setData(0, _REFERENCE, 0)  # once
            self.children_wanted.emit(reference, item)


def _item(variable: Variable) -> QTreeWidgetItem:
    item = QTreeWidgetItem([variable.name, variable.value[:_MOST_CHARACTERS]])
    item.setToolTip(1, tool_tip(f"{variable.type_name}  {variable.value[:_MOST_CHARACTERS]}".strip()))
    item.setData(0, _REFERENCE, variable.reference)
    if variable.reference:
        item.setChildIndicatorPolicy(QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator)
    return item


def _titled(title: str, *parts: QWidget) -> QWidget:
    side = QWidget()
    layout = QVBoxLayout(side)
    layout.setContentsMargins(4, 0, 4, 0)
    layout.setSpacing(4)
    heading = PlainLabel(title)
    heading.setProperty("role", "heading")
    layout.addWidget(heading)
    for part in parts:
        layout.addWidget(part)
    return side
