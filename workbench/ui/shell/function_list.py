"""The left panel: search field, functions of the chosen account and region, how fresh they are."""

from datetime import datetime

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    Qt,
    Signal,
)
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.functions.index import FunctionIndex, list_functions
from workbench.functions.model import FunctionSummary
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.text import PlainLabel, PlainLine, named
from workbench.ui.shell.function_rows import (
    SUMMARY_ROLE,
    FunctionDelegate,
    FunctionModel,
    FunctionView,
    ago,
    describe,
)
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session


class FunctionList(QWidget):
    """Lists functions: what was stored at once, then what the service says, page by page.

    The selected row is the open function's, or that of the function being opened. No row is selected while
    that one is filtered away. The user may add further rows for a change of several functions. The keyboard
    moves a cursor that selects nothing: Enter opens its row.
    """

    opened = Signal(str)  # function name
    listed = Signal()
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, session: Session, index: FunctionIndex) -> None:
        super().__init__()
        self.setObjectName("functionPanel")
        self._services = services
        self._session = session
        self.index = index
        self._open_name = ""
        self._opening_name = ""
        self.model = FunctionModel(lambda row: describe(row, services.clock), self)
        self.search = named(PlainLine(clearButtonEnabled=True), "functionSearch", _("Search functions"))
        self.search.setPlaceholderText(_("Search functions (Ctrl+P)"))
        self.view = named(FunctionView(), "functionList", _("Functions"))
        self.view.setModel(self.model)
        self.view.setItemDelegate(FunctionDelegate(services.theme, services.clock, self.view, self.search))
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.freshness = named(PlainLabel(), "functionFreshness", role="muted")
        self.freshness.setContentsMargins(12, 4, 12, 6)
        self.empty = named(EmptyState(), "functionListEmpty")
        self._stack = QStackedLayout()
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.empty)
        layout = self._column = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        top = QHBoxLayout()
        top.setContentsMargins(8, 8, 8, 8)
        top.setSpacing(6)
        top.addWidget(self.search, 1)
        top.addWidget(self._new_button())
        layout.addLayout(top)
        layout.addLayout(self._stack, 1)
        layout.addWidget(self.freshness)
        self.search.textChanged.connect(self._search)
        self.search.installEventFilter(self)
        self.view.clicked.connect(self._clicked)
        self.view.activated.connect(self._open)
        self.view.settled.connect(self._select)
        session.changed.connect(self._session_changed)
        session.connected.connect(self.refresh)

    def _new_button(self) -> QToolButton:
        actions = self._services.actions
        actions.draw_icon("function.new")
        button = named(QToolButton(), "functionNew", actions["function.new"].text())
        button.setDefaultAction(actions["function.new"])
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def add_messages(self, widget: QWidget) -> None:
        """Puts the place of the window's messages between the list and what is below it."""
        self._column.insertWidget(self._column.indexOf(self.freshness), widget)

    def add_below(self, widget: QWidget) -> None:
        """Puts a widget below the list."""
        self._column.addWidget(widget)

    def paint_stored(self) -> None:
        """Shows what was stored of the chosen scope, before anything is connected."""
        stored = self.index.load(self._session.account_id, self._session.region)
        self.model.reset(stored.functions)
        self._show_stored(stored.refreshed_at)
        self._update_view(_("Connecting…"), "")

    def refresh(self) -> None:
        """Lists again from the service."""
        connection = self._session.connection
        if connection is None:
            return
        self.model.begin()
        self.freshness.setText(_("Refreshing…"))
        scope = (connection.account_id, connection.region)

        def run(ctx: JobContext) -> tuple[FunctionSummary, ...]:
            rows = list_functions(connection, ctx)
            self.index.store(*scope, rows)
            return rows

        self._services.jobs.submit(
            Job(
                _("Listing functions"),
                run,
                replaces="functions.list",
                on_item=self._page,
                on_done=lambda _rows: self._listed(),
                on_error=self._failed,
                on_cancelled=lambda: self.freshness.setText(_("Refresh cancelled")),
            )
        )

    def focus_search(self) -> None:
        """Puts the cursor into the search field, its text selected."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    @property
    def open_name(self) -> str:
        """The open function, or ""."""
        return self._open_name

    @property
    def opening_name(self) -> str:
        """The function that was asked for and is not open yet, or ""."""
        return self._opening_name

    @property
    def selected(self) -> tuple[FunctionSummary, ...]:
        """The rows that are selected, in the order of the list."""
        indexes = sorted(self.view.selectedIndexes(), key=QModelIndex.row)
        return tuple(index.data(SUMMARY_ROLE) for index in indexes)

    def in_sight(self) -> tuple[FunctionSummary, ...]:
        """The rows that a person sees; none while the list is hidden."""
        if not self.view.isVisible() or self.window().isMinimized():
            return ()
        area = self.view.viewport().rect()
        first, last = (self.view.indexAt(each) for each in (area.topLeft(), area.bottomLeft()))
        numbers = range(
            max(0, first.row()), (last.row() if last.isValid() else self.model.rowCount() - 1) + 1
        )
        return tuple(self.model.index(number).data(SUMMARY_ROLE) for number in numbers)

    def show_opening(self, function_name: str) -> None:
        """Selects a function while it is being opened; "" when it does not open after all."""
        self._opening_name = function_name
        self._select()

    def show_open(self, function_name: str) -> None:
        """Selects the open function; "" when none is open."""
        self._open_name = function_name
        if self._opening_name == function_name:
            self._opening_name = ""
        self._select()

    def _select(self) -> None:
        """Selects the row of the open function, unless the user has selected several."""
        selection = self.view.selectionModel()
        index = self.model.index_of(self._opening_name or self._open_name)
        if len(selection.selectedIndexes()) > 1 and (not index.isValid() or selection.isSelected(index)):
            return
        if not index.isValid():
            selection.clearSelection()
        elif selection.selectedIndexes() != [index]:
            selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Arrow keys in the search field move in the list, Enter opens: search without leaving the field.
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = event.key()
            if key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
                self.view.keyPressEvent(event)
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                current = self.view.currentIndex()
                self._open(current if current.isValid() else self.model.index(0))
                return True
        return super().eventFilter(watched, event)

    def _session_changed(self) -> None:
        self.empty.set_action(None)
        self._services.jobs.drop("functions.list")
        self.show_opening("")
        self.show_open("")
        self.paint_stored()

    def _page(self, page: object) -> None:
        if isinstance(page, tuple):
            self.model.add(page)
            self._update_view("", "")
            self.freshness.setText(_("Functions: {total} so far…").format(total=f"{self.model.total:,}"))

    def _listed(self) -> None:
        self.model.finish()
        self._show_total()
        self.empty.set_action(None if self.model.total else self._services.actions["function.new"])
        self._update_view(
            _("No functions"),
            _("There are no functions in {region}.").format(region=self._session.region),
        )
        self.listed.emit()

    def _show_total(self) -> None:
        self.freshness.setText(_("Functions: {total}, up to date").format(total=f"{self.model.total:,}"))

    def _show_stored(self, refreshed_at: datetime | None) -> None:
        if refreshed_at is None:
            self.freshness.setText("")
            return
        number, unit = ago(refreshed_at, self._services.clock.now())
        self.freshness.setText(
            _("Functions: {total}, as of {duration} ago").format(
                total=f"{self.model.total:,}", duration=f"{number} {unit}"
            )
        )

    def show_disconnected(self) -> None:
        """Says that the list is not up to date; a message says why."""
        self.freshness.setText(_("Not refreshed"))
        self._update_view(_("Not connected"), _("The functions are listed once you are connected."))

    def _failed(self, error: WorkbenchError) -> None:
        """Says why: in place of the functions, or by message if some are listed or there is a remedy."""
        self.freshness.setText(_("Not refreshed"))
        if self.model.rowCount() or error.action:
            self._update_view(_("The functions were not read"), "")
            self.failed.emit(error)
        else:
            words = (error.why, error.remedy, f"[{error.aws_code}]" if error.aws_code else "")
            self._update_view(error.what, " ".join(part for part in words if part))

    def _search(self, text: str) -> None:
        self.model.search(text.strip())
        if self.model.total and not self.model.rowCount():
            title = _("No functions match “{query}”").format(query=text.strip())
            self.empty.show_no_match(title, _("Clear the search to see all functions."))
        self._show_rows()
        if text and self.model.rowCount():
            self.view.move_cursor(self.model.index(0))  # Enter opens the best match

    def _update_view(self, title: str, text: str) -> None:
        if not self.model.rowCount():
            self.empty.set_text(title, text)
        self._show_rows()

    def _show_rows(self) -> None:
        self._stack.setCurrentWidget(self.view if self.model.rowCount() else self.empty)
        self._select()

    def _clicked(self, index: QModelIndex) -> None:
        adding = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        if not QGuiApplication.keyboardModifiers() & adding:  # else several are being selected
            self._open(index)

    def _open(self, index: QModelIndex) -> None:
        if index.isValid():
            self.show_opening(str(index.data()))
            self.opened.emit(self._opening_name)
