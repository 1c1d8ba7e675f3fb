"""The answer of the last invocation and, beside it, what that very invocation logged."""

import json
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.invoke.run import InvocationResult
from workbench.logs.read import Found, InvocationLog, read_invocation
from workbench.ui.empty_state import EmptyState
from workbench.ui.named import named
from workbench.ui.services import OpenFunction, Services
from workbench.ui.theme import monospace

# A 6 MB answer or log as one document would stall the window. The Logs tab shows all lines.
_SHOWN_CHARACTERS = 200_000
_SHOWN_LINES = 5_000


class ResultPanel(QWidget):
    """Shows one invocation: answer on the left, log lines on the right."""

    logs_wanted = Signal(str)  # request id

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.setObjectName("resultPanel")
        self._services = services
        self._request_id = ""
        self._reading: JobHandle | None = None
        self.status = named(QLabel(), "resultStatus", role="badge")
        self.figures = named(QLabel(), "resultFigures", role="muted")
        self.figures.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        # The figures give way when the panel is narrow; they must not widen it.
        self.figures.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.answer = _text("resultAnswer", self.tr("Answer of the function"))
        self.log = _text("resultLog", self.tr("Log lines of this invocation"))
        self._log_title = named(QLabel(), "resultLogTitle", role="heading")
        self._open_logs = open_logs = named(QPushButton(self.tr("Open in Logs")), "resultOpenLogs")
        open_logs.clicked.connect(lambda: self.logs_wanted.emit(self._request_id))
        left, right = QWidget(), QWidget()
        for side, head, body in (
            (left, (self.status, self.figures), self.answer),
            (right, (self._log_title, open_logs), self.log),
        ):
            layout = QVBoxLayout(side)
            layout.setContentsMargins(8, 6, 8, 8)
            layout.setSpacing(6)
            row = QHBoxLayout()
            row.addWidget(head[0])
            if side is right:
                row.addStretch(1)
            row.addWidget(head[1], 0 if side is right else 1)
            layout.addLayout(row)
            layout.addWidget(body, 1)
        split = named(QSplitter(Qt.Orientation.Horizontal), "resultSplitter")
        split.addWidget(left)
        split.addWidget(right)
        split.setHandleWidth(1)
        split.setSizes([1000, 1000])
        split.setChildrenCollapsible(False)
        self._empty = named(EmptyState(), "resultEmpty")
        self._empty.set_text(
            self.tr("Nothing invoked yet"), self.tr("Press Invoke to run the open function.")
        )
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(split)

    def show_running(self, function_name: str) -> None:
        """Says that an answer is on its way."""
        self._forget_reading()
        self._stack.setCurrentIndex(1)
        self._set_status(self.tr("Running…"), "")
        self._open_logs.setEnabled(False)
        self.figures.setText(function_name)
        self.answer.setPlainText("")
        self.log.setPlainText("")
        self._log_title.setText(self.tr("Log output"))

    def show_failed(self, error: WorkbenchError) -> None:
        """Says that there is no answer, and why."""
        self._set_status(self.tr("Not invoked"), "danger")
        self.figures.setText(error.aws_code)
        self.answer.setPlainText("\n".join(part for part in (error.what, error.why, error.remedy) if part))

    def show_result(self, function: OpenFunction, started_at: datetime, result: InvocationResult) -> None:
        """Shows the answer at once and reads its log lines."""
        self._stack.setCurrentIndex(1)
        self._request_id = result.request_id
        self._open_logs.setEnabled(True)
        self._set_status(self._status_text(result), "danger" if result.failure else "good")
        self.figures.setText(self._figures_text(result))
        self.figures.setToolTip(self.figures.text())
        self.answer.setPlainText(_pretty(result.payload))
        # AWS sends the end of the log with the answer: shown until the whole of it has been read.
        self.log.setPlainText(result.log_tail.rstrip())
        self._log_title.setText(self.tr("Log output, reading…"))
        self._read_log(function, started_at, result.request_id)

    def _read_log(self, function: OpenFunction, started_at: datetime, request_id: str) -> None:
        connection, log_group = function.connection, function.detail.log_group

        def run(ctx: JobContext) -> InvocationLog:
            return read_invocation(connection, log_group, request_id, started_at, ctx)

        self._forget_reading()
        self._reading = self._services.jobs.submit(
            Job(
                self.tr("Reading the log of %1").replace("%1", function.detail.function_name),
                run,
                replaces="result.log",
                quiet=True,
                on_item=self._show_lines,
                on_done=self._show_log,
                on_error=self._log_failed,
            )
        )

    def _show_lines(self, lines: object) -> None:
        if isinstance(lines, tuple):
            text = "\n".join(line.message.rstrip("\n") for line in lines[-_SHOWN_LINES:])
            self.log.setPlainText(text[-_SHOWN_CHARACTERS:])

    def _show_log(self, log: InvocationLog) -> None:
        if log.lines:
            self._show_lines(log.lines)
        count = len(log.lines)
        complete = (
            self.tr("Log output (1 line)") if count == 1 else self.tr("Log output (%Ln lines)", "", count)
        )
        self._log_title.setText(
            {
                Found.COMPLETE: complete,
                Found.NO_REPORT: self.tr("Log output, not complete yet"),
                Found.NOTHING_YET: self.tr("Log output: its end, as it came with the answer"),
                Found.NO_GROUP: self.tr("There is no log group: the function's role may not write logs"),
            }[log.found]
        )

    def _log_failed(self, error: WorkbenchError) -> None:
        self._log_title.setText(self.tr("Log output, its end only"))
        self.log.appendPlainText(f"\n{error}")

    def _forget_reading(self) -> None:
        if self._reading is not None:
            self._reading.drop()
            self._reading = None

    def _status_text(self, result: InvocationResult) -> str:
        failure = result.failure
        if failure is None:
            return self.tr("Succeeded")
        return self.tr("Failed: %1").replace("%1", failure.error_type or failure.kind)

    def _figures_text(self, result: InvocationResult) -> str:
        report = result.report
        parts = [self.tr("%1 ms round trip").replace("%1", f"{result.duration_ms:.0f}")]
        if report is not None:
            parts = [
                self.tr("Duration %1 ms").replace("%1", f"{report.duration_ms:.1f}"),
                self.tr("billed %1 ms").replace("%1", f"{report.billed_ms:.0f}"),
                self.tr("memory %1 of %2 MB")
                .replace("%1", f"{report.max_memory_mb}")
                .replace("%2", f"{report.memory_mb}"),
            ]
            if report.init_ms:
                parts.append(self.tr("init %1 ms").replace("%1", f"{report.init_ms:.0f}"))
        parts.append(result.request_id)
        return "  ·  ".join(parts)

    def _set_status(self, text: str, tone: str) -> None:
        self.status.setText(text)
        self.status.setProperty("tone", tone)
        self.status.style().unpolish(self.status)
        self.status.style().polish(self.status)


def _text(name: str, accessible: str) -> QPlainTextEdit:
    view = named(QPlainTextEdit(readOnly=True), name, accessible)
    view.setFont(monospace())
    view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    return view


def _pretty(payload: bytes) -> str:
    text = payload.decode("utf-8", "replace")
    if len(text) <= _SHOWN_CHARACTERS:
        try:
            return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            return text
    return text[:_SHOWN_CHARACTERS] + "\n…"
