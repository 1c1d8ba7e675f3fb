"""The Logs tab: what functions wrote, followed while somebody looks; what leads to it, and from it."""

from datetime import UTC, datetime, timedelta

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError, sentences
from workbench.core.jobs import JobContext
from workbench.core.messages import _, ngettext
from workbench.logs.buffer import LogBuffer
from workbench.logs.tail import (
    LiveState,
    LogGroups,
    SourceProblem,
    TailState,
    live_tail,
    live_tail_usd,
    read_range,
    tail,
)
from workbench.ui.features.logs.insights_view import Asked, InsightsView
from workbench.ui.features.logs.log_view import LogView
from workbench.ui.features.logs.reading_bar import Mode, ReadingBar
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.text import PlainLabel, duration_text, named, show_status
from workbench.ui.kit.text_size import scaled
from workbench.ui.pages.base import Page
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context
from workbench.ui.shell.services import OpenFunction, Services

_GATHER_MS = 100
_LOW_PX = 300  # high: below that the lines need the room of a row of tools
_BEFORE, _AFTER = timedelta(minutes=1), timedelta(minutes=16)
"""Around the moment of an invocation: clocks differ, and it may run for 15 minutes."""
_MIN_OFFSET_S = 300
"""AWS refuses signatures that are more than 5 minutes off: an emulator answers here, or AWS refuses next.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html"""


class LogsPage(Page):
    """Reads the log of one function, and of others beside it, while visible.

    Signals:
        cause_wanted(str): The trigger that sent an event shall be shown, by its source's ARN.
        notice(str, str): Something was done.
    """

    object_name = "logsPage"
    cause_wanted = Signal(str)
    notice = Signal(str, str)

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._arn = ""
        self._state: TailState | None = None
        self._error: WorkbenchError | None = None
        self._live: LiveState | None = None
        self._problems: list[SourceProblem] = []
        self._groups = LogGroups()
        self._gather = QTimer(self, singleShot=True, interval=_GATHER_MS)
        self._gather.timeout.connect(self._take_arrived)
        self.bar = ReadingBar(services)
        self.status = named(PlainLabel(), "logsStatus", role="muted")
        self.view = LogView(services)
        self.insights = InsightsView(services)
        self.empty = named(EmptyState(services.icons, "file-text"), "logsEmpty")
        place = QWidget()
        self._stack = QStackedLayout(place)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.insights)
        self.status.setContentsMargins(16, 4, 16, 6)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(place, 1)
        layout.addWidget(self.status)
        self.insights.setFocusProxy(self.insights.query)
        self.empty.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # holds the keyboard until there are lines
        self.setFocusProxy(self.empty)
        self.bar.asked.connect(self.load)
        self.bar.mode_chosen.connect(self._show_mode)
        self.insights.run_wanted.connect(self._run_query)
        self.insights.invocation_wanted.connect(self.show_invocation)
        self.insights.failed.connect(self.failed)
        self.insights.notice.connect(lambda text: self.notice.emit(text, ""))
        self.bar.times_changed.connect(self._show_times)
        self.view.invocation_asked.connect(self.bar.by_invocation.click)
        self.view.failed.connect(self.failed)
        self.view.notice.connect(lambda text: self.notice.emit(text, ""))
        self.view.cause_wanted.connect(self.cause_wanted)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.bar.show_low(low=self.height() < scaled(_LOW_PX))

    # What the window says -----------------------------------------------------------------------------------

    def function_changed(self) -> None:
        arn = self.function.detail.function_arn if self.function else ""
        if arn != self._arn:
            self._arn = arn
            self._groups = LogGroups()
            self.view.show_invocation("")
            self.bar.function_changed(self.function)
            self.insights.is_sandbox = (
                self.function is not None and self.function.connection.is_custom_endpoint
            )
            self.insights.clear()
            self._forget()

    def load(self) -> None:
        self._forget()
        self._show_times()
        if not self.bar.insights.isChecked():
            self._read()

    def deactivate(self) -> None:
        super().deactivate()
        self._gather.stop()
        self.view.finding.stop()
        self.insights.stop()

    def show_invocation(self, request_id: str, at: datetime | None = None) -> None:
        """Selects an invocation, now or when its lines arrive.

        Args:
            request_id: AWS's id of it.
            at: When it was sent; if the time that is shown does not hold this moment, it is changed.
        """
        self.bar.by_invocation.click()
        self.view.show_invocation(request_id)
        is_changed = self.bar.clear_pattern()
        if at is not None and not self.bar.holds(at - _BEFORE):
            self.bar.set_span(at - _BEFORE, at + _AFTER)
            is_changed = True
        if is_changed and self.active:
            self.load()

    def show_window(self, start: datetime, end: datetime) -> None:
        """Shows what was logged from one moment to another, both aware; all lines of it."""
        self.bar.all_lines.click()
        self.bar.clear_pattern()
        self.bar.set_span(start, end)
        if self.active:
            self.load()

    def go_to_search(self) -> bool:
        self.view.finding.focus_find()
        return True

    def show_insights(self) -> None:
        """Shows the editor of queries."""
        self.bar.insights.click()
        self.insights.query.setFocus()

    def _show_mode(self, mode: Mode) -> None:
        self.bar.show_mode(mode)
        self.status.setVisible(mode is not Mode.INSIGHTS)
        if mode is Mode.INSIGHTS:
            self.drop_jobs()  # what nobody looks at is not followed
            self._bring(self.insights)
            return
        self.view.show_mode(mode)
        if self._stack.currentWidget() is self.insights:
            self.load()

    def _bring(self, part: QWidget) -> None:
        """Shows lines, Insights, or that there is nothing; the keyboard goes along."""
        before, focus = self._stack.currentWidget(), self.window().focusWidget()
        has_keyboard = (
            focus is not None and before is not None and (focus is before or before.isAncestorOf(focus))
        )
        self._stack.setCurrentWidget(part)
        self.setFocusProxy(part)
        if has_keyboard and part is not before:
            self.setFocus()

    def _run_query(self) -> None:
        function, others = self.function, self.bar.others
        if function is None:
            return
        start, end = self.bar.span()
        groups = self._groups

        def names(ctx: JobContext) -> tuple[str, ...]:
            sources = groups.sources(function.connection, function.detail, others, ctx)
            return tuple(dict.fromkeys(source.log_group for source in sources))

        self.insights.run(Asked(function.connection, names, start, end or self.bar.now()))

    # Reading ------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        function = self.function
        if function is None or not self.active:
            return
        self.drop_jobs()
        pattern, follow, others = self.bar.pattern_text, self.bar.follow.is_following, self.bar.others
        live = follow and self.bar.follow.is_live
        start, end = self.bar.span()
        buffer, clock, groups = LogBuffer(), self.services.clock, self._groups
        self.view.show_buffer(buffer)

        def run(ctx: JobContext) -> None:
            sources = groups.sources(function.connection, function.detail, others, ctx)
            through = ctx.through(buffer.take)
            if live:
                live_tail(function.connection, sources, start, through, pattern=pattern, clock=clock)
            elif follow:
                tail(function.connection, sources, start, through, pattern=pattern, clock=clock)
            else:
                through.emit(read_range(function.connection, sources, start, end, through, pattern=pattern))

        self.keep(
            self.services.jobs.start(
                _("Reading the logs of {function_name}").format(function_name=function.detail.function_name),
                run,
                replaces="logs.read",
                quiet=follow,
                on_item=self._arrive,
                on_error=self._show_error,
                on_cancelled=self._show_cancelled,
            )
        )

    def _arrive(self, item: object) -> None:
        """What comes is gathered for a moment: a flood is shown in few steps."""
        if isinstance(item, TailState):
            self._state = item
        elif isinstance(item, SourceProblem):
            self._problems.append(item)
        elif isinstance(item, LiveState):
            self._live = item
        if not self._gather.isActive():
            self._gather.start()

    def _take_arrived(self) -> None:
        self.view.refresh()
        self._describe()

    def _show_error(self, error: WorkbenchError) -> None:
        self._error = error
        self.bar.follow.end_live()
        self._take_arrived()

    def _show_cancelled(self) -> None:
        self._state = self._state or TailState.CAUGHT_UP
        self._take_arrived()
        show_status(self.status, _("Cancelled. There may be more lines."))

    def _forget(self) -> None:
        self._gather.stop()
        self._problems.clear()
        self._state = self._error = self._live = None
        self.view.show_buffer(LogBuffer())
        self._describe()

    def _show_times(self) -> None:
        start, end = self.bar.span()
        long = (end or self.bar.now()) - start > timedelta(hours=23)
        self.view.set_times(UTC if self.bar.is_utc else None, has_date=long or end is not None)

    # Words --------------------------------------------------------------------------------------------------

    def _describe(self) -> None:
        """Says what there is, what is awaited, or why there is nothing."""
        if not self.bar.insights.isChecked():
            self._bring(self.view if self.view.has_lines else self.empty)
        following = self.bar.follow.is_following
        if self._error is not None:
            words = sentences(self._error.why, self._error.remedy)
            self.empty.set_text(self._error.what, words)
            short = self._error.aws_code or _("The log was not read")
            show_status(self.status, str(self._error) if self.view.has_lines else short, danger=True)
        elif self._state is None:
            self.empty.set_text(_("Reading the log…"))
            show_status(self.status, self._counted(_("Loading…")) if self.view.has_lines else _("Loading…"))
        elif self._state is TailState.NO_GROUP and not self.view.has_lines:
            words = _(
                "The log group {group} does not exist. The function has not run yet, or its "
                "execution role cannot write logs."
            )
            group = self.function.detail.log_group if self.function else ""
            self.empty.set_text(_("No logs yet"), words.format(group=group))
            show_status(self.status, _("Waiting for the first line") if following else "")
        else:
            self.empty.set_text(
                _("No log lines in this time range"),
                _("Invoke the function, choose a longer time range, or clear the filter."),
            )
            show_status(
                self.status, self._counted(self._now() if following else ""), danger=bool(self._problems)
            )

    def _now(self) -> str:
        """What is going on while it is followed."""
        if self._state is TailState.BUSY:
            return _("AWS is busy; retrying")
        if (live := self._live) is None:
            return _("following")
        words = _("Live Tail for {duration}, about ${open_s} unless free minutes remain").format(
            duration=duration_text(live.open_s * 1000), open_s=f"{live_tail_usd(live.open_s):.2f}"
        )
        left_out = _("AWS sends only a sample of more than 500 lines per second")
        return f"{words} · {left_out}" if live.is_sampled else words

    def _counted(self, now: str) -> str:
        count, buffer = self.view.invocation_count, self.view.buffer
        parts = [_invocations_text(count, buffer.end - buffer.first)]
        start, end = self.bar.span()
        zone = UTC if self.bar.is_utc else None
        if samples := self.services.samples.text(self._arn, start, end or self.bar.now(), zone):
            parts.append(samples)
        if now:
            parts.append(now)
        if buffer.first:
            kept = _("only the newest {end} lines are kept in memory, {first} older lines were dropped")
            parts.append(kept.format(end=f"{buffer.end - buffer.first:,}", first=f"{buffer.first:,}"))
        for problem in self._problems:
            words = _("{source} could not be read: {why}")
            parts.append(words.format(source=problem.source.name, why=problem.error.why))
        return " · ".join((*parts, *_clock_warnings(self.function)))


def _invocations_text(count: int, lines: int) -> str:
    """How many invocations there are; of none, how many lines all the same."""
    if not count and lines:
        words = ngettext("{count:,} line", "{count:,} lines", lines).format(count=lines)
        return _("{words} without an invocation").format(words=words)
    return ngettext("{count:,} invocation", "{count:,} invocations", count).format(count=count)


def _clock_warnings(function: OpenFunction | None) -> tuple[str, ...]:
    """Says that this computer's clock is off by 5 minutes or more; else empty."""
    offset_s = function.connection.aws_time.offset_s if function is not None else 0.0
    if abs(offset_s) < _MIN_OFFSET_S:
        return ()
    words = (
        _("This computer's clock is {duration} behind AWS's clock. Set it.")
        if offset_s > 0
        else _("This computer's clock is {duration} ahead of AWS's clock. Set it.")
    )
    return (words.format(duration=duration_text(round(abs(offset_s) / 60) * 60_000)),)


def make_page(services: Services) -> Page:
    """The tab, made before the feature is activated."""
    return LogsPage(services)


def activate(context: Context) -> None:
    """Adds Insights, and leads from log lines to what they speak of."""
    logs = context.page(LogsPage)
    tabs = context.window.page

    def show_insights() -> None:
        tabs.show_tab(logs.object_name)
        logs.show_insights()

    def show_window(start: datetime, end: datetime) -> None:
        tabs.show_tab(logs.object_name)
        logs.show_window(start, end)

    def show_invocation(request_id: str, sent_at: datetime | None = None) -> None:
        tabs.show_tab(logs.object_name)
        logs.show_invocation(request_id, sent_at)

    def show_source(path: str, line: int, source: str) -> None:
        """A line of the open function's code; of the other functions whose log is read it is not open."""
        function = context.function
        if function is not None and source in ("", function.detail.function_name):
            context.navigate("code.place", path, line)

    def allow(text: str, source: str) -> None:
        """Allows what the open function was denied; the roles of others are not open."""
        function = context.function
        if function is not None and source in ("", function.detail.function_name):
            context.navigate("permissions.allow", text)
            return
        words = _("This line is of {source}. Open that function to change the permissions of its role.")
        context.notify(words.format(source=source), tone="warning")

    context.action(
        ActionSpec("view.insights", _("Insights"), "Alt+Shift+Q", when="function", terms=_("query logs")),
        show_insights,
        after="view.invocations",
    )
    context.route("logs.window", show_window)
    context.route("logs.invocation", show_invocation)
    logs.notice.connect(context.notify)
    logs.cause_wanted.connect(lambda source_arn: context.navigate("trigger.of_source", source_arn))
    logs.view.event_wanted.connect(lambda text: context.navigate("test.event", text))
    logs.view.place_wanted.connect(show_source)
    logs.view.allow_wanted.connect(allow)
