"""The Activity panel: what Workbench did, newest first, with AWS's request ids."""

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QGuiApplication, QHideEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QStackedLayout,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from workbench.aws.connection import ApiCall
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobHandle
from workbench.core.messages import _
from workbench.ui.activity_model import (
    ROW_ROLE,
    ActivityFilter,
    ActivityKind,
    ActivityModel,
    Column,
    JobRow,
    Row,
    request_id_of,
)
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.table_model import ToneDelegate
from workbench.ui.kit.text import PlainLabel, named
from workbench.ui.services import Services

_TICK_MS = 500
_WIDTHS = {
    Column.TIME: 70,
    Column.ACTIVITY: 230,
    Column.STATE: 115,
    Column.DURATION: 80,
    Column.REGION: 95,
    Column.REQUEST_ID: 260,
}


class ActivityPanel(QWidget):
    """A table of jobs and writes that can be narrowed and copied from.

    Tell it of jobs with `job_changed` and of requests with `add_call`, on the main thread.
    """

    error_wanted = Signal(WorkbenchError)  # Enter on a failed job: show the whole message

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("activityPanel")
        self.model = ActivityModel(services.clock, services.theme)
        self._filter = ActivityFilter(self.model)
        self.kind = named(QComboBox(), "activityKind", _("Show"))
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
        self._filter.rowsInserted.connect(self._update_empty_state)
        self._filter.rowsRemoved.connect(self._update_empty_state)
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

    def _make_view(self) -> QTreeView:
        view = named(QTreeView(), "activityTable", _("Jobs and changes to AWS, newest first"))
        view.setModel(self._filter)
        view.setItemDelegate(ToneDelegate(view))
        view.setRootIsDecorated(False)
        view.setUniformRowHeights(True)
        view.setAllColumnsShowFocus(True)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        for column, width in _WIDTHS.items():
            view.setColumnWidth(column, width)
        view.header().setSectionResizeMode(Column.DETAILS, QHeaderView.ResizeMode.Stretch)
        view.header().setSectionsMovable(False)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._copy_id = self._add_action(view, "copyRequestId", _("Copy Request ID"), "Ctrl+Shift+C")
        self._copy_row = self._add_action(view, "copyRow", _("Copy Row"), "Ctrl+C")
        self._show_error = self._add_action(view, "showError", _("Show Error"), "")
        self._cancel = self._add_action(view, "cancelJob", _("Cancel Job"), "Del")
        self._copy_id.triggered.connect(self._copy_request_id)
        self._copy_row.triggered.connect(self._copy_whole_row)
        self._show_error.triggered.connect(self._want_error)
        self._cancel.triggered.connect(self._cancel_job)
        view.selectionModel().currentChanged.connect(self._enable_actions)
        view.activated.connect(lambda _index: self._want_error())
        return view

    def _add_action(self, view: QTreeView, name: str, title: str, keys: str) -> QAction:
        action = QAction(title, view)
        action.setObjectName(f"activity.{name}")
        if keys:
            action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        view.addAction(action)
        return action

    def _current(self) -> Row | None:
        row: Row | None = self.view.currentIndex().data(ROW_ROLE)
        return row

    def _enable_actions(self, _current: QModelIndex | None = None) -> None:
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
        self._filter.narrow(self.kind.currentData())
        self._update_empty_state()

    def _update_empty_state(self) -> None:
        if self._filter.rowCount():
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
