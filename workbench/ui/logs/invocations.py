"""The list of invocations, and the line above the lines of one: its figures, and what caused it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QSizePolicy,
    QSplitter,
    QTableView,
    QToolButton,
    QWidget,
)

from workbench.logs.buffer import LogBuffer
from workbench.logs.group import Invocation
from workbench.logs.parse import cause_of
from workbench.ui.kit.text import PlainLabel, tool_tip
from workbench.ui.kit.tone_delegate import ToneDelegate
from workbench.ui.logs.invocation_model import FUNCTION, InvocationModel
from workbench.ui.named import named

_CAUSE_ROWS = 300
_WIDE = 450  # of the table with the functions' names


def invocation_table(model: InvocationModel) -> QTableView:
    """A view of the invocations; of 100,000 only those in view cost time."""
    table = QTableView()
    named(table, "invocations", table.tr("Invocations"))
    table.setModel(model)
    table.setItemDelegate(ToneDelegate(table))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    table.setColumnHidden(FUNCTION, True)
    rows = table.verticalHeader()
    rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    rows.setDefaultSectionSize(table.fontMetrics().height() + 8)
    rows.hide()
    columns = table.horizontalHeader()
    columns.setResizeContentsPrecision(0)  # what is in view
    columns.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    columns.setHighlightSections(False)
    return table


def show_functions(table: QTableView, splitter: QSplitter, *, shown: bool) -> None:
    """Shows or hides the names of functions, with room for them; a table that is wider stays so."""
    table.setColumnHidden(FUNCTION, not shown)
    left, right = splitter.sizes()
    more = max(0, min(_WIDE, (left + right) // 2) - left)
    if shown:
        splitter.setSizes([left + more, right - more])


class InvocationHead(QWidget):
    """What is known of the invocation whose lines are shown.

    Signals:
        cause_wanted(str): What sent its event shall be shown, by its ARN.
    """

    cause_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._cause: str = ""  # an ARN
        self.label = named(PlainLabel(), "logsHead", role="muted")
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.label.setWordWrap(True)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.cause = named(QToolButton(), "logsCause", role="quiet")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.label, 1)
        row.addWidget(self.cause)
        self.cause.clicked.connect(lambda: self.cause_wanted.emit(self._cause))
        self.show_invocation(None, LogBuffer())

    def show_invocation(self, invocation: Invocation | None, buffer: LogBuffer) -> None:
        """Shows what is known of it; None hides the line."""
        self.setVisible(invocation is not None)
        self.label.setText(self._text(invocation) if invocation else "")
        self._cause = ""
        if invocation is not None:
            numbers = invocation.numbers[:_CAUSE_ROWS]
            rows = (buffer.row(number) for number in numbers)
            self._cause = cause_of(row.text for row in rows if row is not None)
        self.cause.setVisible(bool(self._cause))
        self.cause.setText(self.tr("Caused by %1").replace("%1", self._cause.rsplit(":", 1)[-1]))
        self.cause.setAccessibleName(self.cause.text())
        self.cause.setToolTip(tool_tip(self._cause))

    def _text(self, invocation: Invocation) -> str:
        parts = [invocation.request_id]
        if invocation.source:
            parts.insert(0, invocation.source)
        if (report := invocation.report) is not None:
            parts.append(self.tr("%1 ms").replace("%1", f"{report.duration_ms:,.1f}"))
            parts.append(self.tr("billed %1 ms").replace("%1", f"{report.billed_ms:,.0f}"))
            memory = self.tr("memory %1 of %2 MB").replace("%1", str(report.max_memory_mb))
            parts.append(memory.replace("%2", str(report.memory_mb)))
            if report.init_ms is not None:
                parts.append(self.tr("cold start %1 ms").replace("%1", f"{report.init_ms:,.0f}"))
        return "  ·  ".join(parts)
