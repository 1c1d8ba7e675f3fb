"""The answer of the last invocation and, beside it, what that very invocation logged."""

from datetime import datetime
from textwrap import shorten

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _, ngettext
from workbench.functions.denied import may_be_denied
from workbench.functions.invocations import Report
from workbench.functions.model import FunctionDetail
from workbench.functions.prices import invocation_usd, prices_of
from workbench.invoke.history import InvocationOutcome, Mode
from workbench.invoke.payload import TIMEOUT_TYPES, FailureCause, FunctionFailure, failure_cause
from workbench.invoke.run import InvocationResult
from workbench.logs.read import InvocationLog, LogStatus
from workbench.ui.kit.bars import OverflowRow
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.labels import elided_badge
from workbench.ui.kit.text import PlainLabel, announce, named, restyle, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.result.answer_view import MOST_CHARACTERS, AnswerView
from workbench.ui.result.log_text import LogReading, LogText, end_of_log, failing_frame, report_in
from workbench.ui.shell.services import OpenFunction, Services

_SHARES = (1200, 800)  # of the response and of the log
_HIGH = 0.9  # height to width of a panel in which the log is below the response
_WIDE, _FIGURES_WIDTH = 760, 400  # px: of a panel that has the figures in its first row, and of those
_GAP_PX = 6  # between response and log
_FIGURES_PLACE, _ALL_ROOM = 4, 1000  # in that row: behind the status and what leads on from it
_SHOWN_LINES = 5_000  # the Logs tab shows all lines


class ResultPanel(QWidget):
    """Shows one invocation: its figures in one row, and below them response and log lines.

    Signals:
        logs_wanted: A request id, to be shown in the Logs tab.
        place_wanted: A line of the code that was invoked: path in the package, and line.
        allow_wanted: What denied a call, according to the answer or the log, is to be allowed.
        setting_wanted: A setting of the function, by its attribute, that would end the failure.
        deploy_and_invoke_wanted: The edits are to be deployed, and the function invoked again.
        log_kept: The invocation history has the log of this entry.
        failed: The answer could not be saved.
    """

    logs_wanted = Signal(str)
    place_wanted = Signal(str, int)
    allow_wanted = Signal(str)
    setting_wanted = Signal(str)
    deploy_and_invoke_wanted = Signal()
    log_kept = Signal(int)
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.setObjectName("resultPanel")
        self._services = services
        self._request_id, self.started_at = "", services.clock.now()
        self._place: tuple[str, int] = ("", 0)
        self._note = ""
        self._shown: tuple[OpenFunction, InvocationResult, Mode] | None = None
        self._reading = LogReading(services, self)
        self._reading.came.connect(self._log_came)
        self._reading.ended.connect(self._log_ended)
        self._reading.failed.connect(self._log_failed)
        self._reading.stored.connect(self.log_kept)
        self._reading.not_stored.connect(self.failed)
        self.status = elided_badge("resultStatus")
        self.open_place = named(QPushButton(), "resultOpenPlace")
        self.open_place.clicked.connect(lambda: self.place_wanted.emit(*self._place))
        self._denied = ""  # the text that says so
        self.allow = named(QPushButton(_("Allow This…")), "resultAllow")
        self.allow.setToolTip(_("Add the denied permission to the execution role"))
        self.allow.clicked.connect(lambda: self.allow_wanted.emit(self._denied))
        self.deploy_and_invoke = named(QPushButton(_("Deploy and Invoke")), "resultDeployAndInvoke")
        self.deploy_and_invoke.setToolTip(_("Deploy your edits, then invoke with the same event"))
        self.deploy_and_invoke.clicked.connect(self.deploy_and_invoke_wanted)
        self.code_note = named(PlainLabel(), "resultCodeNote", role="warning")
        self.code_note.setWordWrap(True)
        self._figures_text = ""
        self.figures = named(_Figures(), "resultFigures", role="muted")
        self.hint = named(PlainLabel(), "resultHint", role="warning")
        self.hint.setWordWrap(True)
        self.hint.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.open_setting = named(QPushButton(_("Show in Configuration")), "resultOpenSetting")
        self._setting = ""
        self.open_setting.clicked.connect(lambda: self.setting_wanted.emit(self._setting))
        self._advice = QWidget()
        advice = QHBoxLayout(self._advice)
        advice.setContentsMargins(0, 0, 0, 0)
        advice.addWidget(self.hint, 1)
        advice.addWidget(self.open_setting)
        self.view = AnswerView(services)
        self.answer = self.view.text
        self.view.place_wanted.connect(self.place_wanted)
        self.view.failed.connect(self.failed)
        self.view.noted.connect(self._show_line)
        self.log = LogText("resultLog", _("Log lines of this invocation"), services.theme, services.settings)
        self.log.place_wanted.connect(self.place_wanted)
        self._log_title = named(PlainLabel(), "resultLogTitle", role="heading")
        # The titles take the room that the buttons leave.
        self._log_title.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._open_logs = named(QPushButton(_("Open in Logs")), "resultOpenLogs")
        self._open_logs.clicked.connect(lambda: self.logs_wanted.emit(self._request_id))
        more = named(QPushButton(_("More")), "resultMore")
        self._head = head = OverflowRow(more, (self.view.save, self.view.copy, self.open_place, self.allow))
        head.add(self.status, whole=True)
        head.add(self.deploy_and_invoke)
        head.add(self.open_place)
        head.add(self.allow)
        head.add_stretch()  # for as long as the figures are below
        for widget in (self.view.picker, self.view.copy, self.view.save, more):
            head.add(widget)
        log_head = QWidget()
        log_row = QHBoxLayout(log_head)
        log_row.setContentsMargins(0, 0, 0, 0)
        log_row.addWidget(self._log_title)
        log_row.addWidget(self._open_logs)
        self._split = split = named(QSplitter(Qt.Orientation.Horizontal), "resultSplitter")
        split.addWidget(self.view)
        self._log_side = _column(log_head, self.log)
        self._log_side.setContentsMargins(_GAP_PX, 0, 0, 0)
        split.addWidget(self._log_side)
        split.setSizes(_SHARES)
        for number, share in enumerate(_SHARES):
            split.setStretchFactor(number, share)
        split.setChildrenCollapsible(False)
        self._content = content = _column(head, self.code_note, self.figures, self._advice, split)
        content.setContentsMargins(8, 2, 8, 4)
        self._has_figures_in_head = False
        self._empty = named(EmptyState(), "resultEmpty")
        self._empty.set_text(_("No invocations yet"), _("Choose Invoke to run the open function."))
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(content)
        self._show_location("", 0)
        self._offer_allow()
        self.show_code_note("")
        self._show_advice("")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Puts figures and log where there is room for them: beside the status, beside the response."""
        super().resizeEvent(event)
        is_wide = self.width() >= scaled(_WIDE)
        if is_wide != self._has_figures_in_head:
            self._has_figures_in_head = is_wide
            if is_wide:
                self._head.insert(_FIGURES_PLACE, self.figures, _ALL_ROOM, whole=True)
            else:
                self._head.take(self.figures)
                column = self._content.layout()
                assert isinstance(column, QVBoxLayout)
                column.insertWidget(2, self.figures)
        is_high = self.height() > self.width() * _HIGH
        orientation = Qt.Orientation.Vertical if is_high else Qt.Orientation.Horizontal
        if orientation != self._split.orientation():
            self._split.setOrientation(orientation)
            self._log_side.setContentsMargins(*((0, _GAP_PX, 0, 0) if is_high else (_GAP_PX, 0, 0, 0)))
            self._split.setSizes(_SHARES)

    @property
    def is_empty(self) -> bool:
        """Whether no invocation is shown."""
        return self._stack.currentIndex() == 0

    def forget(self) -> None:
        """Forgets all of the account that was left."""
        self._reading.drop()
        self.clear()

    def clear(self) -> None:
        """Forgets the invocation: what is shown belongs to a function that was left."""
        self._empty_all()
        self._stack.setCurrentIndex(0)

    def show_running(self, function_name: str) -> None:
        """Says that an answer is on its way."""
        self._empty_all()
        self._set_status(_("Running…"))
        self._set_figures(function_name)
        self._log_title.setText(_("Log output"))

    def show_code_note(self, text: str, *, can_deploy: bool = False) -> None:
        """Says which code ran; nothing for an empty text.

        Args:
            can_deploy: Whether Deploy and Invoke is offered beside it.
        """
        self.code_note.setText(text)
        self.code_note.setVisible(bool(text))
        self._head.set_wanted(self.deploy_and_invoke, wanted=bool(text) and can_deploy)
        if text:
            announce(self.code_note, text)

    def add_piece(self, piece: bytes) -> None:
        """Shows a piece of an answer that is still coming."""
        self.view.add_piece(piece)

    def show_failed(self, error: WorkbenchError, sent_at: datetime | None = None) -> None:
        """Says that there is no answer, and why.

        Args:
            error: Why.
            sent_at: When it was sent, if the function may have run all the same: its log may tell.
        """
        self.started_at = sent_at or self.started_at
        self._open_logs.setEnabled(sent_at is not None)
        if error.by_user:
            self._set_status(_("Stopped"))
        else:
            self._set_status(_("No response"), "danger")
        self._set_figures(error.aws_code)
        self.view.show_message("\n".join(part for part in (error.what, error.why, error.remedy) if part))
        announce(self, str(error), urgent=not error.by_user)

    def show_result(
        self,
        function: OpenFunction,
        started_at: datetime,
        result: InvocationResult,
        *,
        sent: bytes = b"",
        mode: Mode = Mode.SYNC,
        number: int = 0,
        log: str = "",
        note: str = "",
    ) -> None:
        """Shows the answer at once and reads its log lines.

        Args:
            function: That was invoked.
            started_at: When, UTC.
            result: The answer.
            sent: What was sent.
            mode: How.
            number: In the invocation history, which gets the log; 0 for none.
            log: What is known of the log already, whole; empty to read it.
            note: Stands before the figures.
        """
        self._empty_all()
        self._request_id, self.started_at, self._note = result.request_id, started_at, note
        self._open_logs.setEnabled(bool(result.request_id) and mode not in (Mode.DRY_RUN, Mode.LOCAL))
        self._set_status(*status_text(result, mode, function.detail.timeout_s))
        self._show_figures(function, result, result.report, mode)
        self._show_culprit(function, result)
        self._offer_allow(answer_beginning(result), log or result.log_tail)
        self.view.show_answer(result.payload, result.failure, sent)
        # AWS sends the end of the log with the answer: shown until the whole of it has been read.
        self.log.show_text((log or result.log_tail).rstrip()[-MOST_CHARACTERS:])
        if log or mode in (Mode.DRY_RUN, Mode.LOCAL):
            self._log_title.setText(_("Log output") if log else _("A dry run writes no logs"))
            return
        self._log_title.setText(_("Log output (loading…)"))
        self._shown = (function, result, mode)
        self._reading.read(function, started_at, result.request_id, number)

    def _show_figures(
        self, function: OpenFunction, result: InvocationResult, report: Report | None, mode: Mode
    ) -> None:
        detail = function.detail
        figures = figures_text(
            report,
            result.duration_ms,
            result.executed_version,
            result.request_id,
            cost_text(detail, report, mode),
        )
        self._set_figures("  ·  ".join(filter(None, (detail.function_name, self._note, figures))))
        cause = failure_cause(result.failure, report, detail.handler)
        self._show_advice(hint_text(result.failure, report, detail), _SETTINGS.get(cause, ""))

    def _show_advice(self, text: str, setting: str = "") -> None:
        self._setting = setting
        self.hint.setText(text)
        self.open_setting.setVisible(bool(setting))
        self._advice.setVisible(bool(text))

    def _show_culprit(self, function: OpenFunction, result: InvocationResult) -> None:
        detail, failure = function.detail, result.failure
        innermost_last = not detail.runtime.startswith(("node", "java", "dotnet", "ruby"))
        frames = failure.frames if failure else ()
        frame = failing_frame(frames, detail.handler, innermost_last=innermost_last)
        self._show_location(frame.file, frame.line) if frame else self._show_location("", 0)

    def _offer_allow(self, *texts: str) -> None:
        """Offers to allow what was denied, if one of these texts says so."""
        self._denied = self._denied or next(filter(may_be_denied, texts), "")
        self._head.set_wanted(self.allow, wanted=bool(self._denied))

    def _show_location(self, path: str, line: int) -> None:
        self._place = (path, line)
        words = _("Open {file}:{line}")
        self.open_place.setText(words.format(file=path.rpartition("/")[2], line=str(line)))
        self._head.set_wanted(self.open_place, wanted=bool(path))

    def _log_came(self, request_id: str, lines: object) -> None:
        if request_id == self._request_id:
            self._show_lines(lines)

    def _log_ended(self, request_id: str, log: InvocationLog) -> None:
        if request_id != self._request_id or self._shown is None:
            return  # another one is shown by now; the ledger gets this log all the same
        function, result, mode = self._shown
        self._show_log(log)
        report = report_in(log)
        if result.report is None and report is not None:
            self._show_figures(function, result, report, mode)
            if mode is Mode.ASYNC:
                self._set_status(*async_status_text(report))

    def _show_lines(self, lines: object) -> int:
        text, count = end_of_log(lines if isinstance(lines, tuple) else (), _SHOWN_LINES, MOST_CHARACTERS)
        if count:
            self.log.show_text(text)
            self._offer_allow(text)
        return count

    def _show_log(self, log: InvocationLog) -> None:
        shown = self._show_lines(log.lines)
        words = {
            LogStatus.COMPLETE: lines_text(len(log.lines) + log.left_out, shown, is_more=log.is_more),
            LogStatus.NO_REPORT: _("Log output (incomplete)"),
            LogStatus.NOTHING_YET: _("Log output (last 4 KB)"),
            LogStatus.NO_GROUP: _(
                "There is no log group. The execution role might lack permission to write logs."
            ),
        }[log.status]
        if log.by_insights:
            why = _("{words} · read by Logs Insights, as the log group has the class Infrequent Access")
            words = why.format(words=words)
        self._log_title.setText(words)

    def _log_failed(self, request_id: str, error: WorkbenchError) -> None:
        if request_id != self._request_id:
            return
        self._log_title.setText(_("Log output (last 4 KB)"))
        self.log.show_text(f"{self.log.logged}\n\n{error}".lstrip())

    def _empty_all(self) -> None:
        """Nothing of the invocation before is left."""
        self._reading.leave()
        self._shown = None
        self._stack.setCurrentIndex(1)
        self._request_id = ""
        self._open_logs.setEnabled(False)
        self._show_location("", 0)
        self._denied = ""
        self._offer_allow()
        self.show_code_note("")
        self._show_advice("")
        self.view.clear()
        self.log.show_text("")

    def _set_figures(self, text: str) -> None:
        self._figures_text = text
        self._show_line()

    def _show_line(self) -> None:
        """Shows the figures, and what is to be known of how the response is shown."""
        self.figures.setText(_GAP.join(filter(None, (self._figures_text, self.view.note))))
        self.figures.setToolTip(tool_tip(self.figures.text()))

    def _set_status(self, text: str, tone: str = "") -> None:
        self.status.show_text(text)
        restyle(self.status, tone=tone)


class _Figures(PlainLabel):
    """The figures of an invocation. In a narrow panel they take more lines: half of them would mislead."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # it widens nothing

    def sizeHint(self) -> QSize:
        """Buttons beside it move into their menu before it is narrower than this."""
        return QSize(scaled(_FIGURES_WIDTH), super().sizeHint().height())


def _column(*widgets: QWidget) -> QWidget:
    """One below the other; the last widget takes the room."""
    column = QWidget()
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    for widget in widgets:
        layout.addWidget(widget, 1 if widget is widgets[-1] else 0)
    return column


_NAME_CHARACTERS = 60
_DENIAL_BYTES = 50_000


def answer_beginning(result: InvocationResult) -> str:
    """The beginning of an answer as text, of a failure its message: where a denial stands."""
    if result.failure is not None:
        return result.failure.error_message
    return result.payload[:_DENIAL_BYTES].decode("utf-8", "replace").replace('\\"', '"')


_GAP = "  ·  "


_SETTINGS = {
    FailureCause.TIMED_OUT: "timeout_s",
    FailureCause.OUT_OF_MEMORY: "memory_mb",
    FailureCause.NO_HANDLER: "handler",
}
"""What to change where a failure is not the code's own doing, by the attribute of FunctionDetail."""


def status_text(result: InvocationResult, mode: Mode, timeout_s: int = 0) -> tuple[str, str]:
    """How it ended, and the tone of that.

    Args:
        timeout_s: Of the function.
    """
    if mode is Mode.ASYNC:
        return _("Queued"), "good"
    if mode is Mode.DRY_RUN:
        return _("Dry run: you have permission"), "good"
    if result.failure is None:
        words = _("Succeeded")
        return _("Succeeded locally") if mode is Mode.LOCAL else words, "good"
    return failed_text(result.failure.error_type or result.failure.kind, mode, timeout_s), "danger"


def code_text(qualifier: str, version: str, mode: Mode) -> str:
    """Which code an invocation ran, when there are edits that are not deployed.

    Args:
        qualifier: The version or alias that was invoked; empty for $LATEST.
        version: The version that ran, if AWS said so.
    """
    if mode is Mode.ASYNC:
        return _("The deployed code runs; your edits are not deployed.")
    if not qualifier:
        return _("The deployed code ran; your edits are not deployed.")
    if version in ("", qualifier):
        return _("Version {version} ran; your edits are not deployed.").format(version=qualifier)
    return _("{alias} (version {version}) ran; your edits are not deployed.").format(
        alias=qualifier, version=version
    )


def lines_text(count: int, shown: int, *, is_more: bool) -> str:
    """How many lines an invocation's log has, or that it has even more; how many, the last, are shown."""
    if shown < count:
        words = (
            _("Log output (last {shown} of more than {count} lines)")
            if is_more
            else _("Log output (last {shown} of {count} lines)")
        )
        return words.format(shown=f"{shown:,}", count=f"{count:,}")
    return ngettext("Log output ({count:,} line)", "Log output ({count:,} lines)", count).format(count=count)


def async_status_text(report: Report) -> tuple[str, str]:
    """How an asynchronous invocation went, as far as its log tells: its first try."""
    if report.status:
        return failed_text(report.error_type or report.status), "danger"
    return _("Queued and completed"), "good"


def failed_text(error_type: str, mode: Mode = Mode.SYNC, timeout_s: int = 0) -> str:
    """That it failed, and how. Lambda's own name of a timeout reads as if something of ours had failed."""
    if error_type in TIMEOUT_TYPES:
        if not timeout_s:
            return _("The function timed out")
        return _("The function timed out after {timeout_s} s").format(timeout_s=f"{timeout_s}")
    name = shorten(error_type, _NAME_CHARACTERS, placeholder="…")
    words = _("Failed: {name}")
    if mode is Mode.LOCAL:
        words = _("Failed locally: {name}")
    return words.format(name=name)


def outcome_text(outcome: InvocationOutcome) -> str:
    """What became of an invocation in the history."""
    return {
        InvocationOutcome.SENT: _("Unknown outcome"),
        InvocationOutcome.SUCCEEDED: _("Succeeded"),
        InvocationOutcome.FUNCTION_ERROR: _("Failed"),
        InvocationOutcome.REFUSED: _("Not invoked"),
        InvocationOutcome.LOST: _("Response lost"),
        InvocationOutcome.CANCELLED: _("Cancelled"),
    }[outcome]


def mode_text(mode: Mode) -> str:
    """How a function was run."""
    return {
        Mode.SYNC: _("Synchronous"),
        Mode.ASYNC: _("Asynchronous"),
        Mode.DRY_RUN: _("Dry run"),
        Mode.LOCAL: _("Local"),
    }[mode]


def figures_text(
    report: Report | None, duration_ms: float, version: str, request_id: str, cost: str = ""
) -> str:
    """The figures on one line; the round trip where there is no REPORT."""
    parts = [_("{duration_ms} ms round trip").format(duration_ms=f"{duration_ms:.0f}")]
    if report is not None:
        memory = _("memory {max_memory_mb} of {memory_mb} MB")
        parts = [
            _("Duration {duration_ms} ms").format(duration_ms=f"{report.duration_ms:.1f}"),
            _("billed {billed_ms} ms").format(billed_ms=f"{report.billed_ms:.0f}"),
            memory.format(max_memory_mb=f"{report.max_memory_mb}", memory_mb=f"{report.memory_mb}"),
        ]
        if report.init_ms:
            parts.append(_("init {init_ms} ms").format(init_ms=f"{report.init_ms:.0f}"))
        if report.restore_ms:
            parts.append(_("restore {restore_ms} ms").format(restore_ms=f"{report.restore_ms:.0f}"))
        parts.append(cost)
    if version and version != "$LATEST":
        parts.append(_("version {version}").format(version=version))
    parts.append(request_id)
    return _GAP.join(part for part in parts if part)


def cost_text(detail: FunctionDetail, report: Report | None, mode: Mode = Mode.SYNC) -> str:
    """What it costs, about: at the first tier's price, without free tier and taxes; here, nothing."""
    if report is None or mode is Mode.LOCAL:
        return ""
    architecture = detail.architectures[0] if detail.architectures else ""
    prices = prices_of(detail.region, architecture)
    if not prices.are_known:
        return _("no price known for {region}").format(region=detail.region)
    usd = invocation_usd(
        prices,
        report.billed_ms,
        report.memory_mb or detail.memory_mb,
        detail.ephemeral_storage_mb,
    )
    return _("about ${usd} per million").format(usd=f"{usd * 1_000_000:,.2f}")


def hint_text(failure: FunctionFailure | None, report: Report | None, detail: FunctionDetail) -> str:
    """What to do about an end that is not the code's own doing; empty for others."""
    memory_mb = report.memory_mb if report and report.memory_mb else detail.memory_mb
    words = {
        FailureCause.TIMED_OUT: _(
            "The function timed out after {timeout_s} s. Raise the timeout in Configuration, or "
            "check the log for what it was waiting for."
        ).format(timeout_s=f"{detail.timeout_s}"),
        FailureCause.OUT_OF_MEMORY: _(
            "The function ran out of memory ({memory_mb} MB). Raise the memory in Configuration."
        ).format(memory_mb=f"{memory_mb}"),
        FailureCause.NO_MODULE: _(
            "A module could not be imported. Check Problems, or install the dependencies."
        ),
        FailureCause.NO_HANDLER: _(
            "The handler {handler} does not exist. Correct it in Configuration, or in the code."
        ).format(handler=detail.handler),
        FailureCause.SYNTAX: _("The code has a syntax error. See Problems."),
        FailureCause.EXITED: _("The process exited before it responded. See the log for the cause."),
        FailureCause.TOO_LARGE: _(
            "The response is larger than 6 MB. Stream it, or put it in S3 and return its key."
        ),
    }
    return words.get(failure_cause(failure, report, detail.handler), "")
