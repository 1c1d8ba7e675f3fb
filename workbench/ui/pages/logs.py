"""The Logs tab: what the function wrote, followed while somebody looks.

Owns: what is asked for (time, filter, follow), and words for what there is not. Reading is logs/'s, showing
log_view.py's.
"""

from collections import deque
from datetime import timedelta

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.logs.parse import LogLine
from workbench.logs.read import Found, read_range
from workbench.logs.tail import TailState, tail
from workbench.ui.empty_state import EmptyState
from workbench.ui.log_text import MAX_LINES
from workbench.ui.log_view import LogView
from workbench.ui.named import named
from workbench.ui.pages.base import Page
from workbench.ui.preferences import Preference
from workbench.ui.services import Services

_RANGE_S = Preference("logs.range_s", 3600)
_GATHER_MS = 100


class LogsPage(Page):
    """Reads the log of one function while visible."""

    object_name = "logsPage"

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._arn = ""
        self._state: TailState | None = None
        self._error: WorkbenchError | None = None
        self._arrived: deque[LogLine] = deque(maxlen=10 * MAX_LINES)
        self._gather = QTimer(self, singleShot=True, interval=_GATHER_MS)
        self._gather.timeout.connect(self._take_arrived)
        self.range = named(QComboBox(), "logsRange", self.tr("Time"))
        self.by_invocation = named(QToolButton(), "logsByInvocation")
        self.all_lines = named(QToolButton(), "logsAllLines")
        self.follow = named(QToolButton(), "logsFollow")
        self.pattern = named(QLineEdit(), "logsPattern", self.tr("Filter pattern"))
        self.status = named(QLabel(), "logsStatus", role="muted")
        self.view = LogView(services.theme)
        self.empty = named(EmptyState(services.icons, "file-text"), "logsEmpty")
        place = QWidget()
        self._stack = QStackedLayout(place)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._make_top())
        layout.addWidget(place, 1)
        self.setFocusProxy(self.view)
        self.range.activated.connect(self._range_chosen)
        self.pattern.returnPressed.connect(self.load)
        self.follow.toggled.connect(lambda _on: self.load())
        self.all_lines.toggled.connect(self.view.show_all)

    # What the window says -----------------------------------------------------------------------------------

    def function_changed(self) -> None:
        arn = self.function.detail.function_arn if self.function else ""
        if arn != self._arn:
            self._arn = arn
            self.view.show_invocation("")
            self.pattern.clear()
            self._forget()

    def load(self) -> None:
        self._forget()
        self._read()

    def deactivate(self) -> None:
        super().deactivate()
        self._gather.stop()

    def show_invocation(self, request_id: str) -> None:
        """Selects an invocation, now or when its lines arrive."""
        self.by_invocation.setChecked(True)
        self.view.show_invocation(request_id)
        if self.pattern.text():
            self.pattern.clear()
            self.load()

    # Reading ------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        function = self.function
        if function is None or not self.active:
            return
        self.drop_jobs()
        connection, log_group = function.connection, function.detail.log_group
        pattern, follow = self.pattern.text().strip(), self.follow.isChecked()
        since = self.services.clock.now() - timedelta(seconds=self.range.currentData())

        def run(ctx: JobContext) -> None:
            if follow:
                tail(connection, log_group, since, ctx, pattern=pattern)
            else:
                log = read_range(connection, log_group, since, None, ctx, pattern=pattern)
                ctx.emit(TailState.NO_GROUP if log.found is Found.NO_GROUP else TailState.CAUGHT_UP)

        self.keep(
            self.services.jobs.submit(
                Job(
                    self.tr("Reading the logs of %1").replace("%1", function.detail.function_name),
                    run,
                    replaces="logs.read",
                    quiet=True,
                    on_item=self._arrive,
                    on_error=self._show_error,
                )
            )
        )

    def _arrive(self, item: object) -> None:
        """Lines are gathered for a moment: a flood is shown in few steps."""
        if isinstance(item, TailState):
            self._state = item
        elif isinstance(item, tuple):
            self._arrived.extend(item)
        if not self._gather.isActive():
            self._gather.start()

    def _take_arrived(self) -> None:
        lines = list(self._arrived)
        self._arrived.clear()
        if lines:
            self.view.add(lines)
        self._describe()

    def _show_error(self, error: WorkbenchError) -> None:
        self._error = error
        self._describe()

    def _forget(self) -> None:
        self._gather.stop()
        self._arrived.clear()
        self._state = self._error = None
        self.view.clear()
        self._describe()

    # Words --------------------------------------------------------------------------------------------------

    def _describe(self) -> None:
        """Says what there is, what is awaited, or why there is nothing."""
        self._stack.setCurrentWidget(self.view if self.view.has_lines else self.empty)
        following = self.follow.isChecked()
        if self._error is not None:
            words = " ".join(part for part in (self._error.why, self._error.remedy) if part)
            self.empty.set_text(self._error.what, words)
            self._say(str(self._error), danger=True)
        elif self._state is None:
            self.empty.set_text(self.tr("Reading the log…"))
            self._say(self.tr("Reading…"))
        elif self._state is TailState.NO_GROUP:
            words = self.tr(
                "Log group %1 does not exist: the function never ran, or its role may not write logs."
            )
            group = self.function.detail.log_group if self.function else ""
            self.empty.set_text(self.tr("No log yet"), words.replace("%1", group))
            self._say(self.tr("Waiting for the first line") if following else "")
        else:
            self.empty.set_text(
                self.tr("No lines in this time"),
                self.tr("Invoke the function, choose a longer time, or clear the filter."),
            )
            count = self.view.invocation_count
            found = self.tr("1 invocation") if count == 1 else self.tr("%n invocations", "", count)
            self._say(self.tr("%1 · following").replace("%1", found) if following else found)

    def _say(self, text: str, *, danger: bool = False) -> None:
        self.status.setText(text)
        self.status.setToolTip(text)
        self.status.setProperty("role", "danger" if danger else "muted")
        self.status.style().unpolish(self.status)
        self.status.style().polish(self.status)

    # Parts --------------------------------------------------------------------------------------------------

    def _range_chosen(self) -> None:
        self.services.settings.set(_RANGE_S.key, self.range.currentData())
        self.load()

    def _make_top(self) -> QHBoxLayout:
        for text, seconds in (
            (self.tr("Last 15 minutes"), 900),
            (self.tr("Last hour"), 3600),
            (self.tr("Last 3 hours"), 3 * 3600),
            (self.tr("Last 12 hours"), 12 * 3600),
            (self.tr("Last day"), 86_400),
        ):
            self.range.addItem(text, seconds)
        chosen = self.range.findData(_RANGE_S.read(self.services.settings))
        self.range.setCurrentIndex(chosen if chosen >= 0 else self.range.findData(_RANGE_S.default))
        modes = QButtonGroup(self)
        for button, text in (
            (self.by_invocation, self.tr("By invocation")),
            (self.all_lines, self.tr("All lines")),
            (self.follow, self.tr("Follow")),
        ):
            button.setText(text)
            button.setCheckable(True)
            button.setChecked(button is not self.all_lines)
        modes.addButton(self.by_invocation)
        modes.addButton(self.all_lines)
        self.follow.setToolTip(self.tr("Show new lines as they are written"))
        self.pattern.setPlaceholderText(self.tr("Filter pattern, such as ERROR"))
        self.pattern.setClearButtonEnabled(True)
        top = QHBoxLayout()
        top.setContentsMargins(16, 8, 16, 8)
        top.setSpacing(8)
        for widget in (self.range, self.by_invocation, self.all_lines, self.follow):
            top.addWidget(widget)
        top.addWidget(self.pattern, 2)
        top.addWidget(self.status, 1)
        return top
