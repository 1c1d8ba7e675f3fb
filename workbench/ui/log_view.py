"""Log lines on the screen: invocations on the left, the lines of the chosen one on the right, or all lines.

Owns: what is selected, and that it stays so while lines arrive. Must not know: how lines are read.
"""

from collections import deque
from collections.abc import Sequence

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtWidgets import QHeaderView, QLabel, QSplitter, QTreeView, QVBoxLayout, QWidget

from workbench.logs.group import Invocation, InvocationGrouper
from workbench.logs.parse import LogLine
from workbench.ui.invocation_model import REQUEST_ID_ROLE, InvocationModel
from workbench.ui.log_text import MAX_LINES, LogText
from workbench.ui.named import named
from workbench.ui.theme import Theme

_SELECT = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows


class LogView(QSplitter):
    """The newest invocation is shown until somebody chooses another; then that one stays."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        named(self, "logView")
        self._grouper = InvocationGrouper()
        self._all: deque[LogLine] = deque(maxlen=MAX_LINES)
        self._shows_all = False
        self._wanted = ""  # an invocation to select once its lines are there
        self._follows_newest = True
        self._shown: Invocation | None = None
        self._shown_lines = 0
        self.model = InvocationModel(theme, self)
        self.table = named(QTreeView(), "invocations", self.tr("Invocations"))
        self.table.setModel(self.model)
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.setAllColumnsShowFocus(True)
        self.table.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.head = named(QLabel(), "logsHead", role="muted")
        self.head.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text = LogText(theme)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(8, 4, 8, 8)
        column.setSpacing(4)
        column.addWidget(self.head)
        column.addWidget(self.text, 1)
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        self.addWidget(self.table)
        self.addWidget(right)
        self.setSizes([300, 800])
        self.setStretchFactor(1, 1)
        self.setFocusProxy(self.table)
        self.table.selectionModel().currentChanged.connect(self._selected)
        self.table.clicked.connect(self._chosen)
        self.table.activated.connect(self._chosen)

    @property
    def has_lines(self) -> bool:
        """Whether there is anything to show."""
        return bool(self._all)

    @property
    def invocation_count(self) -> int:
        """How many invocations are known."""
        return self.model.rowCount()

    def clear(self) -> None:
        """Forgets all lines; an invocation that is waited for is still waited for."""
        self._grouper = InvocationGrouper()
        self._all.clear()
        self._shown = None
        self._follows_newest = True
        self.model.show(())
        self.text.show_lines(())
        self.head.clear()

    def add(self, lines: Sequence[LogLine]) -> None:
        """Takes lines as they come."""
        self._all.extend(lines)
        touched = self._grouper.add(lines)
        self.model.show(self._grouper.invocations, touched)
        if self._shows_all:
            self.text.add_lines(lines)
        elif self._wanted and self._select_wanted():
            return
        elif self._follows_newest and self.invocation_count and (self._shown is None or self._is_behind):
            self._select(0)
        elif self._shown is not None and self._shown in touched:
            self._show_rest(self._shown)

    def show_invocation(self, request_id: str) -> None:
        """Selects an invocation, now or when its lines arrive."""
        self._wanted = request_id
        self._select_wanted()

    def show_all(self, on: bool) -> None:
        """All lines in one text, or those of the chosen invocation."""
        if on == self._shows_all:
            return
        self._shows_all = on
        self.table.setVisible(not on)
        self.head.setVisible(not on)
        if on:
            self.text.show_lines(list(self._all))
        else:
            self._selected(self.table.currentIndex(), QModelIndex())

    @property
    def _is_behind(self) -> bool:
        return self.table.currentIndex().row() != 0

    def _select_wanted(self) -> bool:
        row = self.model.row_of(self._wanted)
        if row < 0:
            return False
        self._wanted = ""
        self._follows_newest = row == 0
        self._select(row)
        return True

    def _select(self, row: int) -> None:
        index = self.model.index(row, 0)
        if self.table.currentIndex() == index:
            self._selected(index, index)
        else:
            self.table.selectionModel().setCurrentIndex(index, _SELECT)
        self.table.scrollTo(index)

    def _chosen(self, index: QModelIndex) -> None:
        self._follows_newest = index.row() == 0

    def _selected(self, current: QModelIndex, _previous: QModelIndex) -> None:
        invocation = self._grouper.get(str(current.data(REQUEST_ID_ROLE))) if current.isValid() else None
        self._shown = invocation
        if self._shows_all:
            return
        if self.table.hasFocus():
            self._follows_newest = current.row() == 0  # arrow keys choose, too
        lines = invocation.lines if invocation else []
        self._shown_lines = len(lines)
        self.text.show_lines(lines)
        self.head.setText(self._head_text(invocation) if invocation else "")

    def _show_rest(self, invocation: Invocation) -> None:
        self.text.add_lines(invocation.lines[self._shown_lines :])
        self._shown_lines = len(invocation.lines)
        self.head.setText(self._head_text(invocation))

    def _head_text(self, invocation: Invocation) -> str:
        parts = [invocation.request_id]
        if (report := invocation.report) is not None:
            parts.append(self.tr("%1 ms").replace("%1", f"{report.duration_ms:,.1f}"))
            parts.append(self.tr("billed %1 ms").replace("%1", f"{report.billed_ms:,.0f}"))
            memory = self.tr("memory %1 of %2 MB").replace("%1", str(report.max_memory_mb))
            parts.append(memory.replace("%2", str(report.memory_mb)))
            if report.init_ms is not None:
                parts.append(self.tr("cold start %1 ms").replace("%1", f"{report.init_ms:,.0f}"))
        return "  ·  ".join(parts)
