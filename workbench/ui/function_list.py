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
    QLineEdit,
    QListView,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.functions.index import FunctionIndex
from workbench.functions.listing import list_functions
from workbench.functions.model import FunctionSummary
from workbench.ui.empty_state import EmptyState
from workbench.ui.function_model import SUMMARY_ROLE, FunctionModel, ago
from workbench.ui.function_rows import FunctionDelegate, describe
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named
from workbench.ui.services import Services
from workbench.ui.session import Session


class FunctionList(QWidget):
    """Lists functions: what was stored at once, then what the service says, page by page."""

    opened = Signal(str)  # function name
    listed = Signal()
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, session: Session, index: FunctionIndex) -> None:
        super().__init__()
        self.setObjectName("functionPanel")
        self._services = services
        self._session = session
        self.index = index
        self._current = ""
        self.model = FunctionModel(lambda row: describe(row, services.clock))
        self.search = named(QLineEdit(clearButtonEnabled=True), "functionSearch", self.tr("Search functions"))
        self.search.setPlaceholderText(self.tr("Search functions (Ctrl+P)"))
        self.view = named(QListView(uniformItemSizes=True), "functionList", self.tr("Functions"))
        self.view.setModel(self.model)
        self.view.setItemDelegate(FunctionDelegate(services.theme, services.clock, self.view))
        self.view.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.view.addAction(services.actions["function.change_several"])
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
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

    def add_below(self, widget: QWidget) -> None:
        """Puts a widget below the list."""
        self._column.addWidget(widget)

    def paint_stored(self) -> None:
        """Shows what was stored of the chosen scope, before anything is connected."""
        stored = self.index.load(self._session.account_id, self._session.region)
        self.model.reset(stored.functions)
        self._say_stored(stored.refreshed_at)
        self._update_view(self.tr("Connecting…"), "")

    def refresh(self) -> None:
        """Lists again from the service."""
        connection = self._session.connection
        if connection is None:
            return
        self.model.begin()
        self.freshness.setText(self.tr("Refreshing…"))
        scope = (connection.account_id, connection.region)

        def run(ctx: JobContext) -> tuple[FunctionSummary, ...]:
            rows = list_functions(connection, ctx)
            self.index.store(*scope, rows)
            return rows

        self._services.jobs.submit(
            Job(
                self.tr("Listing functions"),
                run,
                replaces="functions.list",
                on_item=self._page,
                on_done=lambda _rows: self._listed(),
                on_error=self._failed,
                on_cancelled=lambda: self.freshness.setText(self.tr("Refresh cancelled")),
            )
        )

    def focus_search(self) -> None:
        """Puts the cursor into the search field, its text selected."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    @property
    def chosen(self) -> str:
        """The function that was last opened from here, or ""."""
        return self._current

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

    def select(self, function_name: str) -> None:
        """Marks the row of a function without opening it."""
        self._current = function_name
        index = self.model.index_of(function_name)
        selection = self.view.selectionModel()
        if selection.isSelected(index):  # others may be selected with it
            selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        elif index.isValid():
            self.view.setCurrentIndex(index)

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
        self._current = ""
        self.paint_stored()

    def _page(self, page: object) -> None:
        if isinstance(page, tuple):
            self.model.add(page)
            self._update_view("", "")
            self.freshness.setText(self.tr("Functions: %1 so far…").replace("%1", f"{self.model.total:,}"))

    def _listed(self) -> None:
        self.model.finish()
        if self._current and not self.search.text() and not self.model.index_of(self._current).isValid():
            self.view.setCurrentIndex(
                QModelIndex()
            )  # it has gone; Qt marked its neighbour, which is not open
        self._say_total()
        self.empty.set_action(None if self.model.total else self._services.actions["function.new"])
        self._update_view(
            self.tr("No functions here"),
            self.tr("There is no function in %1.").replace("%1", self._session.region),
        )
        self.listed.emit()

    def _say_total(self) -> None:
        self.freshness.setText(self.tr("Functions: %1, up to date").replace("%1", f"{self.model.total:,}"))

    def _say_stored(self, refreshed_at: datetime | None) -> None:
        if refreshed_at is None:
            self.freshness.setText("")
            return
        number, unit = ago(refreshed_at, self._services.clock.now())
        self.freshness.setText(
            self.tr("Functions: %1, as of %2 ago")
            .replace("%1", f"{self.model.total:,}")
            .replace("%2", f"{number} {unit}")
        )

    def show_failure(self, error: WorkbenchError) -> None:
        """Says why the list is not up to date."""
        self.freshness.setText(self.tr("Not refreshed"))
        self._update_view(error.what, " ".join(part for part in (error.why, error.remedy) if part))

    def _failed(self, error: WorkbenchError) -> None:
        self.show_failure(error)
        self.failed.emit(error)

    def _search(self, text: str) -> None:
        self.model.search(text.strip())
        self._update_view(self.tr("Nothing matches"), self.tr("Clear the search to see all functions."))
        if text and self.model.rowCount():
            self.view.setCurrentIndex(self.model.index(0))
        elif not text:
            self.select(self._current)

    def _update_view(self, title: str, text: str) -> None:
        if self.model.rowCount():
            self._stack.setCurrentWidget(self.view)
            if not self.view.currentIndex().isValid():
                self.select(self._current)
        else:
            self.empty.set_text(title, text)
            self._stack.setCurrentWidget(self.empty)

    def _clicked(self, index: QModelIndex) -> None:
        adding = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        if not QGuiApplication.keyboardModifiers() & adding:  # else several are being selected
            self._open(index)

    def _open(self, index: QModelIndex) -> None:
        if index.isValid():
            self._current = str(index.data())
            self.opened.emit(self._current)
