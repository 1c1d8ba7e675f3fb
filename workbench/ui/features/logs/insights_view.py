"""Logs Insights: a query, the templates and saved queries, the results, and what they cost."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError, sentences
from workbench.core.jobs import JobContext, JobHandle, Progress
from workbench.core.messages import _
from workbench.core.settings import Preference
from workbench.logs.buffer import export_table
from workbench.logs.fetch import (
    INSIGHTS_GB_USD,
    JSON_TEMPLATES,
    TEMPLATES,
    QueryResult,
    insights_usd,
    run_query,
)
from workbench.ui.features.logs.tables import AnswerTable
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.file_dialog import FileDialog
from workbench.ui.kit.text import PlainLabel, PlainMenu, ask_text, named, show_status, size_text
from workbench.ui.kit.theme import monospace
from workbench.ui.shell.services import Services

_SAVED: Preference[dict[str, str]] = Preference("logs.insights_queries", {}, items=str)

_LAST = Preference("logs.insights_last", TEMPLATES[0][1])
_HEIGHTS = (120, 300)


class QueryMenus(QObject):
    """Three buttons: templates, saved queries, and Save.

    Args:
        services: The program's shared parts.
        text: The query that is edited.
        parent: The view.

    Signals:
        chosen(str): This query shall be edited.
        saved_as(str): It was saved by this name.
    """

    chosen = Signal(str)
    saved_as = Signal(str)

    def __init__(self, services: Services, text: Callable[[], str], parent: QWidget) -> None:
        super().__init__(parent)
        self._settings = services.settings
        self._text = text
        self._parent = parent
        self.templates = self._menu_button("insightsTemplates", _("Templates"))
        self.saved = self._menu_button("insightsSaved", _("Saved"))
        self.save = named(QToolButton(), "insightsSave", _("Save the query"))
        self.save.setText(_("Save…"))
        self.save.clicked.connect(self._ask_name)
        self._fill_templates()
        self._fill_saved()

    def save_as(self, name: str) -> None:
        """Saves the query under a name; an older one of this name is replaced."""
        self._settings.set(_SAVED.key, _SAVED.read(self._settings) | {name: self._text()})
        self._fill_saved()
        self.saved_as.emit(name)

    def _fill_templates(self) -> None:
        titles = {
            "newest": _("Newest lines"),
            "errors": _("Errors"),
            "slowest": _("Slowest invocations"),
            "cold": _("Cold starts"),
            "percentiles": _("Duration by percentile"),
            "memory": _("Memory: configured, used, unused"),
            "cost": _("GB-seconds per hour"),
        }
        of_json = _("{title} (log format JSON)")
        for templates, words in ((TEMPLATES, "{title}"), (JSON_TEMPLATES, of_json)):
            for name, text in templates:
                action = self.templates.menu().addAction(words.format(title=titles[name]))
                action.triggered.connect(lambda _on=False, text=text: self.chosen.emit(text))

    def _fill_saved(self) -> None:
        menu, saved = self.saved.menu(), _SAVED.read(self._settings)
        menu.clear()
        for name, text in sorted(saved.items()):
            action = menu.addAction(name)
            action.triggered.connect(lambda _on=False, text=text: self.chosen.emit(str(text)))
        if saved:
            menu.addSeparator()
            forget = PlainMenu(_("Delete"), menu)
            menu.addMenu(forget)
            for name in sorted(saved):
                action = forget.addAction(name)
                action.triggered.connect(lambda _on=False, name=name: self._forget(name))
        self.saved.setEnabled(bool(saved))

    def _ask_name(self) -> None:
        if name := ask_text(self._parent, _("Save Query"), _("Name")):
            self.save_as(name)

    def _forget(self, name: str) -> None:
        saved = {key: text for key, text in _SAVED.read(self._settings).items() if key != name}
        self._settings.set(_SAVED.key, saved)
        self._fill_saved()

    def _menu_button(self, name: str, text: str) -> QToolButton:
        button = named(QToolButton(), name, text)
        button.setText(text)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(named(PlainMenu(button), f"{name}Menu", text))
        return button


@dataclass(frozen=True, slots=True)
class Asked:
    """The functions of a query. The log groups of the others are read in the job."""

    connection: Connection
    log_groups: Callable[[JobContext], tuple[str, ...]]
    start: datetime
    end: datetime


class InsightsView(QWidget):
    """The editor of a query and its results. Queries run in jobs.

    Signals:
        run_wanted: The query shall run; `run` follows.
        invocation_wanted(str, object): The invocation of a row shall be shown, and when that was.
        notice(str): Something was done.
        failed(WorkbenchError): Something could not be.
    """

    run_wanted = Signal()
    invocation_wanted = Signal(str, object)
    notice = Signal(str)
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.setObjectName("insightsView")
        self._services = services
        self._job: JobHandle | None = None
        self.is_sandbox = False
        self.query = named(QPlainTextEdit(), "insightsQuery", _("Query"))
        self.query.setFont(monospace())
        self.query.setTabChangesFocus(True)
        self.query.setPlainText(_LAST.read(services.settings))
        self.queries = QueryMenus(services, self.query.toPlainText, self)
        self.export = named(QToolButton(), "insightsExport", _("Export the results as CSV"))
        self.export.setText(_("Export CSV…"))
        self.run_button = named(QPushButton(_("Run Query")), "insightsRun")
        self.run_button.setToolTip(_("Ctrl+Enter"))
        self.status = named(PlainLabel(), "insightsStatus", role="muted")
        self.table = AnswerTable()
        self.empty = named(EmptyState(services.icons, "search"), "insightsEmpty")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.table)
        self._lay_out()
        self.queries.chosen.connect(self._take)
        self.queries.saved_as.connect(
            lambda name: self.notice.emit(_("The query is saved as “{name}”.").format(name=name))
        )
        self.export.clicked.connect(self._ask_file)
        self.run_button.clicked.connect(self._pressed)
        self.table.activated.connect(lambda index: self._open_row(index.row()))
        shortcut = QShortcut(QKeySequence("Ctrl+Return"), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self._pressed)
        self.clear()

    @property
    def is_running(self) -> bool:
        """Whether a query runs."""
        return self._job is not None

    def clear(self) -> None:
        """Clears the results: they were another function's."""
        self.stop()
        self.table.show_answer(QueryResult())
        self._stack.setCurrentWidget(self.empty)
        words = _(
            "AWS bills about ${insights_gb_usd} for each GB that a query scans. A shorter time "
            "range costs less."
        ).format(insights_gb_usd=f"{INSIGHTS_GB_USD}")
        if self.is_sandbox:
            words = _("The Sandbox supports only fields, filter, sort and limit. Queries are free.")
        self.empty.set_text(_("No results yet"), words)
        show_status(self.status, "")
        self._show_running()

    def stop(self) -> None:
        """Stops the query, here and at AWS."""
        if self._job is not None:
            self._job.drop()
            self._job = None

    def run(self, asked: Asked) -> None:
        """Runs the query in the editor."""
        query = self.query.toPlainText()
        self._services.settings.set(_LAST.key, query)
        self.stop()
        self._job = self._services.jobs.start(
            _("Running a Logs Insights query"),
            lambda ctx: run_query(
                asked.connection, asked.log_groups(ctx), query, asked.start, asked.end, ctx
            ),
            replaces="logs.insights",
            on_progress=self._show_progress,
            on_done=self._show_answer,
            on_error=self._show_error,
            on_cancelled=self._show_cancelled,
        )
        show_status(self.status, _("Running…"))
        self._show_running()

    # What comes ---------------------------------------------------------------------------------------------

    def _pressed(self) -> None:
        if self._job is None:
            self.run_wanted.emit()
        else:
            self._job.cancel()
            show_status(self.status, _("Stopping…"))

    def _show_progress(self, progress: Progress) -> None:
        show_status(self.status, _("Running · {progress}").format(progress=progress.text))

    def _show_answer(self, answer: QueryResult) -> None:
        self._job = None
        self.table.show_answer(answer)
        self._stack.setCurrentWidget(self.table if answer.rows else self.empty)
        self.empty.set_text(
            _("0 results"),
            _("No log events match in this time range. Choose a longer one, or change the query."),
        )
        parts = [
            _("{matched} of {scanned} records match").format(
                matched=f"{answer.matched:,}", scanned=f"{answer.scanned:,}"
            ),
            (_("{size} scanned") if self.is_sandbox else _("{size} scanned, about ${cost}")).format(
                size=size_text(answer.scanned_bytes), cost=f"{insights_usd(answer.scanned_bytes):.4f}"
            ),
        ]
        if answer.is_cut:
            parts.append(_("only the first {count} rows are shown").format(count=f"{len(answer.rows):,}"))
        show_status(self.status, " · ".join(parts))
        self._show_running()

    def _show_error(self, error: WorkbenchError) -> None:
        self._job = None
        self._stack.setCurrentWidget(self.empty)
        words = sentences(error.why, error.remedy)
        self.empty.set_text(error.what, words)
        show_status(self.status, error.aws_code or _("The query failed"), danger=True)
        self._show_running()

    def _show_cancelled(self) -> None:
        self._job = None
        show_status(self.status, _("Stopped. AWS bills the data scanned so far."))
        self._show_running()

    def _show_running(self) -> None:
        running = self._job is not None
        self.run_button.setText(_("Cancel") if running else _("Run Query"))
        self.export.setEnabled(bool(self.table.answer.rows) and not running)

    def _open_row(self, row: int) -> None:
        record = dict(zip(self.table.answer.fields, self.table.answer.rows[row], strict=True))
        if request_id := record.get("@requestId", ""):
            try:
                at = datetime.fromisoformat(f"{record.get('@timestamp', '')}+00:00")
            except ValueError:
                self.invocation_wanted.emit(request_id, None)
            else:
                self.invocation_wanted.emit(request_id, at)

    def _take(self, text: str) -> None:
        self.query.selectAll()
        self.query.insertPlainText(text)  # Ctrl+Z leads back to what was typed
        self.query.setFocus()

    # Results ------------------------------------------------------------------------------------------------

    def _ask_file(self) -> None:
        chooser = FileDialog("insightsExportFile", _("Export Results"), self.window())
        chooser.ask_where_to_save("insights.csv", "csv")
        chooser.fileSelected.connect(lambda path: self.write(Path(path)))
        chooser.open()

    def write(self, path: Path) -> None:
        """Writes the results, as they are sorted."""
        fields, rows = self.table.answer.fields, tuple(self.table.answer.rows)
        self._services.jobs.start(
            _("Exporting results"),
            lambda ctx: export_table(path, fields, rows, ctx),
            on_done=lambda __: self.notice.emit(_("Saved as {path}.").format(path=path.name)),
            on_error=self.failed.emit,
        )

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(16, 0, 16, 8)
        row.setSpacing(8)
        for widget in (self.run_button, self.queries.templates, self.queries.saved, self.queries.save):
            row.addWidget(widget)
        row.addWidget(self.status, 1)
        row.addWidget(self.export)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setChildrenCollapsible(False)
        above = QWidget()
        above_rows = QVBoxLayout(above)
        above_rows.setContentsMargins(16, 0, 16, 8)
        above_rows.addWidget(self.query)
        splitter.addWidget(above)
        splitter.addWidget(self._stack)
        splitter.setSizes(_HEIGHTS)
        splitter.setStretchFactor(1, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(row)
        rows.addWidget(splitter, 1)
