"""What Workbench has done: its jobs and its writes to AWS, as an item model.

The newest row is the first; their number is bounded.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor

from workbench.aws.connection import ApiCall
from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobHandle, JobState, Progress
from workbench.core.messages import _
from workbench.core.spreadsheet import tsv_row
from workbench.ui.kit.text import duration_text, tool_tip
from workbench.ui.kit.theme import Theme

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
_MOST_ROWS = 1000

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class Column(IntEnum):
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


class ActivityModel(QAbstractTableModel):
    """The last thousand jobs and writes. Call its methods on the main thread."""

    def __init__(self, clock: Clock, theme: Theme) -> None:
        super().__init__()
        self._clock = clock
        self._theme = theme
        self._rows: list[Row] = []
        self._jobs: dict[int, JobRow] = {}  # by the job's number: all rows, and quiet jobs that still run
        self._active: set[int] = set()

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
        self._changed(row)

    def tick(self) -> None:
        """Time has passed: durations of running jobs are shown anew."""
        for number in self._active:
            self._changed(self._jobs[number])

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if role == Qt.ItemDataRole.TextAlignmentRole and section == Column.DURATION:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (
            _("Time"),
            _("Activity"),
            _("State"),
            _("Duration"),
            _("Region"),
            _("Request ID"),
            _("Details"),
        )[section]

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._texts(row)[index.column()]
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.ToolTipRole:
            if isinstance(row, JobRow) and row.error is not None:
                return tool_tip(str(row.error))
            return tool_tip(self._texts(row)[index.column()])
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == Column.STATE and _failed(row):
            return QColor(self._theme.colors.danger)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == Column.DURATION:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.AccessibleTextRole and index.column() == Column.TIME:
            return ", ".join(filter(None, self._texts(row)))
        return None

    def text_of(self, row: Row) -> str:
        """A whole row as tab-separated text, without its empty columns."""
        return tsv_row(filter(None, self._texts(row)))

    def _insert(self, row: Row) -> None:
        self.beginInsertRows(_ROOT, 0, 0)
        self._rows.insert(0, row)
        self.endInsertRows()
        if len(self._rows) > _MOST_ROWS:
            self.beginRemoveRows(_ROOT, _MOST_ROWS, _MOST_ROWS)
            oldest = self._rows.pop()
            self.endRemoveRows()
            if isinstance(oldest, JobRow) and oldest.handle is None:
                del self._jobs[oldest.number]

    def _changed(self, row: JobRow) -> None:
        if row in self._rows:  # it may be quiet, or older than a thousand others
            number = self._rows.index(row)
            self.dataChanged.emit(self.index(number, 0), self.index(number, len(Column) - 1))

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


class ActivityFilter(QSortFilterProxyModel):
    """Shows jobs, writes or both."""

    def __init__(self, source: ActivityModel) -> None:
        super().__init__()
        self._kind = ActivityKind.ALL
        self.setSourceModel(source)

    def narrow(self, kind: ActivityKind) -> None:
        """Shows only this kind."""
        self.beginFilterChange()
        self._kind = kind
        self.endFilterChange()

    def filterAcceptsRow(self, source_row: int, source_parent: _Index) -> bool:
        if self._kind is ActivityKind.ALL:
            return True
        row = self.sourceModel().index(source_row, 0, source_parent).data(ROW_ROLE)
        return isinstance(row, JobRow) == (self._kind is ActivityKind.JOBS)


def request_id_of(row: Row) -> str:
    """AWS's request id, empty when the row has none."""
    if isinstance(row, ApiCall):
        return row.request_id
    return row.error.request_id if row.error else ""


def _failed(row: Row) -> bool:
    if isinstance(row, ApiCall):
        return bool(row.error_code) or row.status >= 400
    return row.state is JobState.FAILED
