"""The Activity panel: what Workbench did, newest first, with AWS's request ids."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QGuiApplication, QHideEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from workbench.aws.connection import ApiCall
from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobHandle, JobState, Progress
from workbench.core.messages import _
from workbench.core.spreadsheet import tsv_row
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column, TableModel
from workbench.ui.kit.text import PlainLabel, duration_text, named
from workbench.ui.kit.theme import Theme
from workbench.ui.shell.services import Services

_TICK_MS = 500
_MAX_ROWS = 1000
_ROW_HEIGHT = 20  # the panel is low


class ActivityColumn(IntEnum):
    """The table's columns."""

    TIME = 0
    ACTIVITY = 1
    STATE = 2
    DURATION = 3
    REGION = 4
    REQUEST_ID = 5
    DETAILS = 6


class ActivityKind(IntEnum):
    """What the table can be narrowed to."""

    ALL = 0
    JOBS = 1
    WRITES = 2


@dataclass(slots=True, eq=False)
class JobRow:
    """A job. The handle is let go at its end: it holds on to all that the job worked with."""

    number: int
    title: str
    when: datetime
    started_s: float
    handle: JobHandle | None
    state: JobState = JobState.WAITING
    progress: Progress = field(default_factory=Progress)
    error: WorkbenchError | None = None
    duration_ms: float | None = None


Row = JobRow | ApiCall


class ActivityModel(TableModel[Row]):
    """The last thousand jobs and writes, the newest first. Call its methods on the main thread."""

    def __init__(self, clock: Clock, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(self._columns(), identity=id, theme=theme, parent=parent)
        self._clock = clock
        self._jobs: dict[int, JobRow] = {}  # by the job's number: all rows, and quiet jobs that still run
        self._active: set[int] = set()

    def _columns(self) -> tuple[Column[Row], ...]:
        def column(number: ActivityColumn, title: str, width: int = 0) -> Column[Row]:
            def tip(row: Row) -> str:
                error = row.error if isinstance(row, JobRow) else None
                return str(error) if error is not None else self._texts(row)[number]

            return Column(title, lambda row: self._texts(row)[number], width, tip=tip)

        return (
            replace(
                column(ActivityColumn.TIME, _("Time"), 70),
                spoken=lambda row: ", ".join(filter(None, self._texts(row))),
            ),
            column(ActivityColumn.ACTIVITY, _("Activity"), 230),
            replace(
                column(ActivityColumn.STATE, _("State"), 115),
                tone=lambda row: "danger" if _failed(row) else "",
            ),
            replace(column(ActivityColumn.DURATION, _("Duration"), 80), is_number=True),
            column(ActivityColumn.REGION, _("Region"), 95),
            column(ActivityColumn.REQUEST_ID, _("Request ID"), 290),
            column(ActivityColumn.DETAILS, _("Details")),
        )

    @property
    def running(self) -> bool:
        """Whether there are rows that change as time goes by."""
        return bool(self._active)

    def add_call(self, call: ApiCall) -> None:
        """A request was made; those that only read are not kept."""
        if call.is_write:
            self._insert(call)

    def job_changed(self, handle: JobHandle) -> None:
        """A job was submitted, went on or ended. Quiet ones are worth a row only when they fail.

        News come late: at the first of them the job may be over already, and then more are to come.
        """
        row = self._jobs.get(handle.number)
        if row is None:
            row = JobRow(handle.number, handle.job.title, self._clock.now(), self._clock.monotonic(), handle)
            self._jobs[handle.number] = row
            self._active.add(handle.number)
            if not handle.job.quiet:
                self._insert(row)
        elif row.handle is None:
            return
        row.state = handle.state
        row.progress = handle.progress
        row.error = handle.error
        if handle.finished:
            row.duration_ms = (self._clock.monotonic() - row.started_s) * 1000
            row.handle = None
            self._active.remove(handle.number)
            if handle.job.quiet and row.error is None:
                del self._jobs[handle.number]
            elif handle.job.quiet:
                self._insert(row)
        self.repaint_row(row)

    def tick(self) -> None:
        """Time has passed: durations of running jobs are shown anew."""
        for number in self._active:
            self.repaint_row(self._jobs[number])

    def narrow(self, kind: ActivityKind) -> None:
        """Shows jobs, writes or both."""
        is_job = kind is ActivityKind.JOBS
        shows_all = kind is ActivityKind.ALL
        self.set_filter(None if shows_all else lambda row: isinstance(row, JobRow) is is_job)

    def text_of(self, row: Row) -> str:
        """A whole row as tab-separated text, without its empty columns."""
        return tsv_row(filter(None, self._texts(row)))

    def _insert(self, row: Row) -> None:
        self.add((row,), at_top=True)
        if len(self.all) > _MAX_ROWS:
            oldest = self.all[-1]
            self.remove(id(oldest))
            if isinstance(oldest, JobRow) and oldest.handle is None:
                del self._jobs[oldest.number]

    def _texts(self, row: Row) -> tuple[str, ...]:
        """One text for each column."""
        time = row.when.astimezone().strftime("%H:%M:%S")
        if isinstance(row, ApiCall):
            return (
                time,
                f"{row.service}:{row.operation}",
                str(row.status) if row.status else _("No response"),
                duration_text(row.duration_ms),
                row.region,
                row.request_id,
                row.error_code,
            )
        duration_ms = row.duration_ms
        if duration_ms is None:
            duration_ms = (self._clock.monotonic() - row.started_s) * 1000
        details = row.progress.text if row.duration_ms is None else ""
        if row.error is not None:
            details = str(row.error)
        return (
            time,
            row.title,
            self._state_text(row),
            duration_text(duration_ms),
            "",
            row.error.request_id if row.error else "",
            details,
        )

    def _state_text(self, row: JobRow) -> str:
        if row.handle is not None and row.handle.cancelling:
            return _("Cancelling…")
        if row.state is JobState.RUNNING:
            if row.progress.total <= 0:
                return _("Running")
            percent = min(100, int(100 * row.progress.done / row.progress.total))
            return _("Running, {percent} %").format(percent=str(percent))
        return {
            JobState.WAITING: _("Waiting"),
            JobState.DONE: _("Done"),
            JobState.FAILED: _("Failed"),
            JobState.CANCELLED: _("Cancelled"),
        }[row.state]


def request_id_of(row: Row) -> str:
    """AWS's request id, empty when the row has none."""
    if isinstance(row, ApiCall):
        return row.request_id
    return row.error.request_id if row.error else ""


def _failed(row: Row) -> bool:
    if isinstance(row, ApiCall):
        return bool(row.error_code) or row.status >= 400
    return row.state is JobState.FAILED


class ActivityPanel(QWidget):
    """A table of jobs and writes that can be narrowed and copied from.

    Tell it of jobs with `job_changed` and of requests with `add_call`, on the main thread.
    """

    error_wanted = Signal(WorkbenchError)  # Enter on a failed job: show the whole message

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("activityPanel")
        self.model = ActivityModel(services.clock, services.theme, self)
        self.kind = named(CalmChoice(), "activityKind", _("Show"))
        self.kind.addItem(_("Jobs and changes"), ActivityKind.ALL)
        self.kind.addItem(_("Jobs"), ActivityKind.JOBS)
        self.kind.addItem(_("Changes to AWS"), ActivityKind.WRITES)
        self.view = self._make_view()
        self.empty = EmptyState(services.icons, "activity")
        self._stack = QStackedLayout()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.view)
        top = QHBoxLayout()
        top.setContentsMargins(8, 6, 8, 6)
        top.setSpacing(8)
        show = PlainLabel(_("Show"))
        show.setBuddy(self.kind)
        top.addWidget(show)
        top.addWidget(self.kind)
        top.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addLayout(self._stack, 1)
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self.kind.currentIndexChanged.connect(self._narrow)
        self.model.counted.connect(self._update_empty_state)
        self._update_empty_state()
        self._enable_actions()

    def job_changed(self, handle: JobHandle) -> None:
        """A job was submitted, went on or ended."""
        self.model.job_changed(handle)
        self._enable_actions()
        if self.isVisible() and self.model.running and not self._timer.isActive():
            self._timer.start()

    def add_call(self, call: ApiCall) -> None:
        """A request to AWS was answered, or not."""
        self.model.add_call(call)

    def showEvent(self, event: QShowEvent) -> None:
        if self.model.running:
            self._timer.start()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    def _make_view(self) -> Table[Row]:
        view = Table(
            "activityTable",
            _("Jobs and changes to AWS, newest first"),
            model=self.model,
            row_height=_ROW_HEIGHT,
        )
        self._copy_id = self._make_action(view, "copyRequestId", _("Copy Request ID"), "Ctrl+Shift+C")
        self._copy_row = self._make_action(view, "copyRow", _("Copy Row"), "Ctrl+C")
        self._show_error = self._make_action(view, "showError", _("Show Error"), "")
        self._cancel = self._make_action(view, "cancelJob", _("Cancel Job"), "Del")
        view.set_actions((self._copy_id, self._copy_row, self._show_error, self._cancel))
        self._copy_id.triggered.connect(self._copy_request_id)
        self._copy_row.triggered.connect(self._copy_whole_row)
        self._show_error.triggered.connect(self._want_error)
        self._cancel.triggered.connect(self._cancel_job)
        view.chosen_changed.connect(self._enable_actions)
        view.opened.connect(lambda _row: self._want_error())
        return view

    def _make_action(self, view: Table[Row], name: str, title: str, keys: str) -> QAction:
        action = QAction(title, view)
        action.setObjectName(f"activity.{name}")
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        return action

    def _current(self) -> Row | None:
        """The row that has the cursor, also before one is selected: after Tab."""
        index = self.view.currentIndex()
        return self.model.row(index.row()) if index.isValid() else None

    def _enable_actions(self) -> None:
        row = self._current()
        job = row if isinstance(row, JobRow) else None
        self._copy_id.setEnabled(row is not None and bool(request_id_of(row)))
        self._copy_row.setEnabled(row is not None)
        self._show_error.setEnabled(job is not None and job.error is not None)
        self._cancel.setEnabled(job is not None and job.handle is not None and not job.handle.cancelling)

    def _copy_request_id(self) -> None:
        if (row := self._current()) is not None:
            QGuiApplication.clipboard().setText(request_id_of(row))

    def _copy_whole_row(self) -> None:
        if (row := self._current()) is not None:
            QGuiApplication.clipboard().setText(self.model.text_of(row))

    def _want_error(self) -> None:
        row = self._current()
        if isinstance(row, JobRow) and row.error is not None:
            self.error_wanted.emit(row.error)

    def _cancel_job(self) -> None:
        row = self._current()
        if isinstance(row, JobRow) and row.handle is not None:
            row.handle.cancel()
            self.model.tick()
            self._enable_actions()

    def _narrow(self) -> None:
        self.model.narrow(self.kind.currentData())

    def _update_empty_state(self) -> None:
        if self.model.visible:
            self._stack.setCurrentWidget(self.view)
            return
        if self.kind.currentData() == ActivityKind.WRITES:
            self.empty.set_text(
                _("No changes yet"),
                _("Requests that change AWS resources appear here with their request IDs."),
            )
        else:
            self.empty.set_text(
                _("No activity yet"),
                _("Jobs appear here with their progress and errors."),
            )
        self._stack.setCurrentWidget(self.empty)

    def _tick(self) -> None:
        self.model.tick()
        if not self.model.running:
            self._timer.stop()
