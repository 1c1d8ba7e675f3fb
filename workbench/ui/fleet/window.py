"""The window of all functions: search, filters, the table, and how fresh it is."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core.paths import resources_dir
from workbench.functions.fleet import FleetFilter, RuntimeDates, Scope
from workbench.ui.actions import ActionRegistry
from workbench.ui.fleet.actions import FLEET, ROW_ACTIONS
from workbench.ui.fleet.empty import FleetEmpty
from workbench.ui.fleet.filter_bar import FilterBar
from workbench.ui.fleet.footer import Footer
from workbench.ui.fleet.model import FleetModel
from workbench.ui.fleet.saved_filters import SavedFilters
from workbench.ui.fleet.scopes import ScopeChoice, ScopeState
from workbench.ui.fleet.scopes_flow import ScopesFlow
from workbench.ui.fleet.table import FleetTable
from workbench.ui.kit.reading_order import ReadingOrder
from workbench.ui.message_center import MessageCenter
from workbench.ui.named import named
from workbench.ui.profiles.remedies import ELSEWHERE, remedies
from workbench.ui.services import Services

_SIZE = (1280, 760)
_GEOMETRY = "fleet.geometry"
_FAILURE = "fleet.failure"

Mend = Callable[[str, str], object]
"""Does what a profile needs: an action's id, and the profile's name."""


class FleetWindow(ReadingOrder, QWidget):
    """Beside the main window. It shows what it is given and says what is wanted; see flow.py.

    Args:
        services: The program's shared parts.
        choice: Which profiles and regions are in the fleet.
        mend: Does what a profile needs that failed.
        parent: The main window.

    Signals:
        refresh_wanted: All shall be listed again.
        cancel_wanted: Listing shall stop.
        scopes_changed: Other profiles or regions were chosen.
        filters_changed: Something else is filtered by.
    """

    refresh_wanted = Signal()
    cancel_wanted = Signal()
    scopes_changed = Signal()
    filters_changed = Signal()

    def __init__(self, services: Services, choice: ScopeChoice, mend: Mend, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        named(self, "fleetWindow", self.tr("All Functions"))
        self.setWindowTitle(self.tr("All Functions"))
        self._services = services
        self._states: Mapping[Scope, ScopeState] = {}
        self._refreshing = False
        self.actions_ = ActionRegistry(self, services.icons, FLEET)
        self.actions_.draw_icons()
        dates = RuntimeDates.load(resources_dir() / "runtimes.json")
        self.model = FleetModel(dates, lambda: services.clock.now().date(), self)
        self._mend = mend
        self._failing = ""  # the profile that a message is about
        self.banners = MessageCenter(services, remedies(services.icons, self._remedies(), self))
        self.search = named(
            QLineEdit(clearButtonEnabled=True), "fleetSearch", self.tr("Search all functions")
        )
        self.search.setPlaceholderText(
            self.tr("Search names, descriptions, tags, runtimes, handlers, environment variables")
        )
        self.table = FleetTable(self.model, services.settings, services.theme)
        self.filters = FilterBar(self.model.all)
        self.saved = SavedFilters(services.settings)
        self.empty = FleetEmpty(services.icons, self.actions_)
        self.footer = Footer(services.clock)
        self.scopes = ScopesFlow(services.jobs, choice, self._counts, self.footer.words, self)
        self.scopes.changed.connect(self.scopes_changed)
        self.row_menu = named(QMenu(self), "fleetRowMenu", self.tr("Actions for the selected functions"))
        self._stack = named(QStackedWidget(), "fleetStack")
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.empty)
        self._lay_out()
        self._connect()
        self.set_row_actions(())
        self.set_refreshing(refreshing=False)
        self.resize(*_SIZE)
        if geometry := services.settings.get(_GEOMETRY, ""):
            self.restoreGeometry(QByteArray(base64.b64decode(geometry)))
        self.search.setFocus()

    # What it shows ------------------------------------------------------------------------------------------

    def set_row_actions(self, more: Sequence[QAction]) -> None:
        """What can be done with the selected rows: in the context menu and behind the Actions button."""
        line = QAction(self)
        line.setSeparator(True)
        found = [self.actions_[name] for name in ROW_ACTIONS] + ([line, *more] if more else [])
        self.table.set_row_actions(found)
        self.row_menu.clear()
        self.row_menu.addActions(found)

    def set_refreshing(self, *, refreshing: bool) -> None:
        """Whether AWS is being asked: the button cancels then."""
        self._refreshing = refreshing
        self.actions_.set_there("refreshing", there=refreshing)
        self._refresh_button.setDefaultAction(
            self.actions_["fleet.cancel" if refreshing else "fleet.refresh"]
        )
        self._update()

    def show_states(self, states: Mapping[Scope, ScopeState]) -> None:
        """Shows how the parts of the fleet stand."""
        self._states = dict(states)
        self.footer.show_states(states)
        self.scopes.show_states(states)
        self._update()

    def apply(self, wanted: FleetFilter) -> None:
        """Filters by this."""
        self.search.blockSignals(True)
        self.search.setText(wanted.query)
        self.search.blockSignals(False)
        self.filters.show_chosen(wanted)
        self._filter()

    def closeEvent(self, event: QCloseEvent) -> None:
        geometry = base64.b64encode(self.saveGeometry().data()).decode()
        self._services.settings.set(_GEOMETRY, geometry)
        super().closeEvent(event)

    # How it is made -----------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._refresh_button = named(QToolButton(), "fleetRefresh")
        scopes = named(QToolButton(), "fleetScopesButton")
        scopes.setDefaultAction(self.actions_["fleet.scopes"])
        columns = self._menu_button("fleetColumns", self.tr("Columns"), self.table.columns_menu)
        self._rows_button = self._menu_button("fleetActions", self.tr("Actions"), self.row_menu)
        for button in (self._refresh_button, scopes):
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        top = QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(self.search, 1)
        for button in (scopes, self._refresh_button, columns, self.saved, self._rows_button):
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            top.addWidget(button)
        head = QWidget()
        head.setObjectName("topBar")
        rows = QVBoxLayout(head)
        rows.setContentsMargins(12, 8, 12, 8)
        rows.setSpacing(8)
        rows.addLayout(top)
        clear = named(QToolButton(), "fleetClear", role="quiet")
        clear.setDefaultAction(self.actions_["fleet.clear"])
        clear.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._clear_button = clear
        facets = QHBoxLayout()
        facets.addWidget(self.filters, 1)
        facets.addWidget(clear)
        rows.addLayout(facets)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for widget, stretch in ((head, 0), (self.banners, 0), (self._stack, 1), (self.footer, 0)):
            layout.addWidget(widget, stretch)

    def _menu_button(self, name: str, text: str, menu: QMenu) -> QToolButton:
        button = named(QToolButton(), name, text)
        button.setText(text)
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return button

    def _connect(self) -> None:
        self.search.textChanged.connect(lambda _text: self._filter())
        self.search.returnPressed.connect(self._go_to_rows)
        QShortcut(
            QKeySequence("Down"), self.search, self._go_to_rows, context=Qt.ShortcutContext.WidgetShortcut
        )
        QShortcut(QKeySequence("Escape"), self, self._escape)
        self.filters.changed.connect(self._filter)
        self.saved.wanted.connect(self.apply)
        self.model.counted.connect(self._update)
        self.table.chosen_changed.connect(self._update)
        self.table.horizontalHeader().sortIndicatorChanged.connect(lambda *_: self.table.show_sorting())
        self.footer.scope_wanted.connect(self._show_error)
        self.footer.more_wanted.connect(self.scopes.open)
        self.footer.reading_changed.connect(self._update)
        for name, handler in (
            ("fleet.open", self._open_chosen),
            ("fleet.copy_names", lambda: self._copy("function_name")),
            ("fleet.copy_arns", lambda: self._copy("function_arn")),
            ("fleet.refresh", self.refresh_wanted.emit),
            ("fleet.cancel", self.cancel_wanted.emit),
            ("fleet.scopes", self.scopes.open),
            ("fleet.search", self._focus_search),
            ("fleet.clear", lambda: self.apply(FleetFilter())),
        ):
            self.actions_.bind(name, handler)
        self.addActions(self.actions_.all())

    # What a person does -------------------------------------------------------------------------------------

    def _filter(self) -> None:
        wanted = replace(self.filters.chosen, query=self.search.text())
        self.model.set_filter(wanted)
        self.table.show_sorting()
        self.saved.set_current(wanted)
        self.filters_changed.emit()
        if self.search.text() and self.model.rowCount():
            self.table.scrollToTop()

    def _update(self) -> None:
        shown, total = self.model.rowCount(), self.model.total
        chosen = len(self.table.chosen())
        self.footer.show_count(shown, total, chosen)
        self.actions_.set_there("chosen", there=chosen > 0)
        self._rows_button.setEnabled(chosen > 0)
        self._clear_button.setVisible(self.model.wanted != FleetFilter())
        if shown:
            self._stack.setCurrentWidget(self.table)
            return
        reading = self.footer.is_reading
        self.empty.say(total, self._states, refreshing=self._refreshing, reading=reading)
        self._stack.setCurrentWidget(self.empty)

    def _go_to_rows(self) -> None:
        if not self.model.rowCount():
            return
        self.table.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if not self.table.currentIndex().isValid():
            self.table.selectRow(0)

    def _focus_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _escape(self) -> None:
        if self.search.text():
            self.search.clear()
        else:
            self.close()

    def _open_chosen(self) -> None:
        index = self.table.currentIndex()
        if index.isValid():
            self.table.opened.emit(self.model.row(index.row()))

    def _copy(self, what: str) -> None:
        texts = (str(getattr(row.function, what)) for row in self.table.chosen())
        QGuiApplication.clipboard().setText("\n".join(texts))

    def _counts(self) -> dict[Scope, int]:
        return {scope: self.model.count(scope) for scope in self._states}

    def _show_error(self, scope: Scope) -> None:
        state = self._states.get(scope)
        error = (state.error or state.state_error) if state is not None else None
        if error is not None:
            self._failing = scope.profile_name
            self.banners.show_error(error, key=_FAILURE)

    def _remedies(self) -> dict[str, Callable[[], object]]:
        """What the buttons of messages do: here they are about the profile that failed."""

        def mend(action: str) -> object:
            return self._mend(action, self._failing)

        handlers: dict[str, Callable[[], object]] = {each: partial(mend, each) for each in ELSEWHERE}
        reload = self._services.actions["profile.reload"]
        return handlers | {"profile.reload": reload.trigger, "connection.retry": self.refresh_wanted.emit}
