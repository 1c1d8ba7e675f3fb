"""The answer of the last invocation and, beside it, what that very invocation logged."""

from datetime import datetime
from textwrap import shorten

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
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
from workbench.ui.answer_text import MOST_CHARACTERS, answer_text
from workbench.ui.empty_state import EmptyState
from workbench.ui.long_text import LongText
from workbench.ui.named import named
from workbench.ui.services import OpenFunction, Services
from workbench.ui.units import size_text

_SHOWN_LINES = 5_000  # the Logs tab shows all lines
_NAME_CHARACTERS = 60
_FORMATTED_AT_ONCE = 20_000  # bytes of an answer that may be laid out on the main thread


class ResultPanel(QWidget):
    """Shows one invocation: answer on the left, log lines on the right."""

    logs_wanted = Signal(str)  # request id

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.setObjectName("resultPanel")
        self._services = services
        self._request_id = ""
        self._payload = b""
        self._jobs: list[JobHandle] = []
        self.status = named(QLabel(), "resultStatus", role="badge")
        self.status.setTextFormat(Qt.TextFormat.PlainText)  # the function chose the words
        self.figures = named(QLabel(), "resultFigures", role="muted")
        self.figures.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        # The figures give way when the panel is narrow; they must not widen it.
        give_way = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        give_way.setHorizontalStretch(1)  # and take all that status and button leave
        self.figures.setSizePolicy(give_way)
        self.answer = LongText("resultAnswer", self.tr("Answer of the function"))
        self._copy = named(QPushButton(self.tr("Copy Answer")), "resultCopy")
        self._copy.setToolTip(self.tr("Copy the whole answer as the function gave it"))
        self._copy.clicked.connect(self._copy_answer)
        self.log = LongText("resultLog", self.tr("Log lines of this invocation"))
        self._log_title = named(QLabel(), "resultLogTitle", role="heading")
        # The titles take the room that the buttons leave.
        self._log_title.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._open_logs = named(QPushButton(self.tr("Open in Logs")), "resultOpenLogs")
        self._open_logs.clicked.connect(lambda: self.logs_wanted.emit(self._request_id))
        split = named(QSplitter(Qt.Orientation.Horizontal), "resultSplitter")
        split.addWidget(_side(self.answer, self.status, self.figures, self._copy))
        split.addWidget(_side(self.log, self._log_title, self._open_logs))
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

    def clear(self) -> None:
        """Forgets the invocation: what is shown belongs to an account or a function that was left."""
        self._empty_all()
        self._stack.setCurrentIndex(0)

    def show_running(self, function_name: str) -> None:
        """Says that an answer is on its way."""
        self._empty_all()
        self._set_status(self.tr("Running…"), "")
        self._set_figures(function_name)
        self._log_title.setText(self.tr("Log output"))

    def show_failed(self, error: WorkbenchError) -> None:
        """Says that there is no answer, and why. The function may have run all the same."""
        self._set_status(self.tr("No answer"), "danger")
        self._set_figures(error.aws_code)
        self.answer.show_text("\n".join(part for part in (error.what, error.why, error.remedy) if part))

    def show_result(self, function: OpenFunction, started_at: datetime, result: InvocationResult) -> None:
        """Shows the answer at once and reads its log lines."""
        self._empty_all()
        self._request_id, self._payload = result.request_id, result.payload
        self._open_logs.setEnabled(True)
        self._copy.setEnabled(bool(result.payload))
        self._set_status(self._status_text(result), "danger" if result.failure else "good")
        self._set_figures(f"{function.detail.function_name}  ·  {self._figures_text(result)}")
        self._format_answer(result)
        # AWS sends the end of the log with the answer: shown until the whole of it has been read.
        self.log.show_text(result.log_tail.rstrip())
        self._log_title.setText(self.tr("Log output, reading…"))
        self._read_log(function, started_at, result.request_id)

    def _format_answer(self, result: InvocationResult) -> None:
        if len(result.payload) <= _FORMATTED_AT_ONCE:
            self._show_answer(*answer_text(result.payload, result.failure))
            return
        self._jobs.append(
            self._services.jobs.submit(
                Job(
                    self.tr("Laying out the answer"),
                    lambda _ctx: answer_text(result.payload, result.failure),
                    quiet=True,
                    on_done=lambda text: self._show_answer(*text),
                )
            )
        )

    def _show_answer(self, text: str, whole: bool) -> None:
        if not whole:
            words = self.tr("… This is the beginning of %1. Copy Answer takes all of it.")
            text += "\n" + words.replace("%1", size_text(len(self._payload)))
        self.answer.show_text(text)

    def _copy_answer(self) -> None:
        QGuiApplication.clipboard().setText(self._payload.decode("utf-8", "replace"))

    def _read_log(self, function: OpenFunction, started_at: datetime, request_id: str) -> None:
        connection, log_group = function.connection, function.detail.log_group

        def run(ctx: JobContext) -> InvocationLog:
            clock = self._services.clock
            return read_invocation(connection, log_group, request_id, started_at, ctx, clock=clock)

        self._jobs.append(
            self._services.jobs.submit(
                Job(
                    self.tr("Reading the log of %1").replace("%1", function.detail.function_name),
                    run,
                    quiet=True,
                    on_item=self._show_lines,
                    on_done=self._show_log,
                    on_error=self._log_failed,
                )
            )
        )

    def _show_lines(self, lines: object) -> None:
        if isinstance(lines, tuple):
            text = "\n".join(line.message.rstrip("\n") for line in lines[-_SHOWN_LINES:])
            self.log.show_text(text[-MOST_CHARACTERS:])

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
        self.log.show_text(f"{self.log.toPlainText()}\n\n{error}".lstrip())

    def _empty_all(self) -> None:
        """Nothing of the invocation before is left, or still on its way."""
        for job in self._jobs:
            job.drop()
        self._jobs.clear()
        self._stack.setCurrentIndex(1)
        self._request_id, self._payload = "", b""
        self._open_logs.setEnabled(False)
        self._copy.setEnabled(False)
        self.answer.show_text("")
        self.log.show_text("")

    def _status_text(self, result: InvocationResult) -> str:
        failure = result.failure
        if failure is None:
            return self.tr("Succeeded")
        name = failure.error_type or failure.kind
        return self.tr("Failed: %1").replace("%1", shorten(name, _NAME_CHARACTERS, placeholder="…"))

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

    def _set_figures(self, text: str) -> None:
        self.figures.setText(text)
        self.figures.setToolTip(text)

    def _set_status(self, text: str, tone: str) -> None:
        self.status.setText(text)
        self.status.setProperty("tone", tone)
        self.status.style().unpolish(self.status)
        self.status.style().polish(self.status)


def _side(body: QWidget, *head: QWidget) -> QWidget:
    side = QWidget()
    row = QHBoxLayout()
    for widget in head:
        row.addWidget(widget)
    layout = QVBoxLayout(side)
    layout.setContentsMargins(8, 6, 8, 8)
    layout.setSpacing(6)
    layout.addLayout(row)
    layout.addWidget(body, 1)
    return side
