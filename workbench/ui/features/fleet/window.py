"""The window of all functions: search, filters, the table, and how fresh it is."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.core.files import resources_dir
from workbench.core.messages import _
from workbench.core.settings import Preference
from workbench.functions.fleet import FleetFilter, RuntimeDates, Scope
from workbench.ui.features.fleet.scopes import ScopeChoice, ScopesFlow, ScopeState
from workbench.ui.features.fleet.table import FilterBar, FleetModel, FleetTable, SavedFilters
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.geometry import restore_geometry, store_geometry
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.reading_order import ReadingOrder
from workbench.ui.kit.text import PlainLabel, PlainLine, PlainMenu, named, tool_tip
from workbench.ui.shell.actions import ActionRegistry, ActionSpec
from workbench.ui.shell.banners import MessageCenter
from workbench.ui.shell.function_rows import ago
from workbench.ui.shell.services import Services
from workbench.ui.shell.sign_in import REPAIRS

FLEET: dict[str, tuple[ActionSpec, ...]] = {
    "": (
        ActionSpec("fleet.open", _("Open"), "Ctrl+O", "square-function", "chosen"),
        ActionSpec("fleet.copy_names", _("Copy Names"), "", "copy", "chosen"),
        ActionSpec("fleet.copy_arns", _("Copy ARNs"), "Ctrl+C", "copy", "chosen"),
        ActionSpec("fleet.change_several", _("Change Several Functions…"), "Alt+Shift+M", "", "chosen"),
        ActionSpec("fleet.refresh", _("Refresh"), "F5", "refresh-cw"),
        ActionSpec("fleet.cancel", _("Cancel"), "", "x", "refreshing"),
        ActionSpec("fleet.scopes", _("Profiles and Regions…"), "Ctrl+L", "globe"),
        ActionSpec("fleet.search", _("Search"), "Ctrl+F", "search"),
        ActionSpec("fleet.clear", _("Clear Filter"), "Ctrl+Shift+X", "x"),
    )
}
_MAX_CHIPS = 4
_SIZE = (1280, 760)
_GEOMETRY = Preference("fleet.geometry", "")
_FAILURE = "fleet.failure"
RunRemedy = Callable[[str, str], object]
"""Does what a profile needs: an action's id, and the profile's name."""


class FleetEmpty(EmptyState):
    """In place of the table when it has no rows: says why, and offers what helps.

    Args:
        icons: Where its icon comes from.
        actions: Of the window.
    """

    def __init__(self, icons: Icons, actions: ActionRegistry) -> None:
        super().__init__(icons, "lambda")
        self.setObjectName("fleetEmpty")
        self._actions = actions

    def show_reason(
        self, total: int, states: Mapping[Scope, ScopeState], *, refreshing: bool, reading: bool
    ) -> None:
        """Shows why.

        Args:
            total: How many functions there are that the filter hides.
            states: How the parts of the fleet stand; empty as long as that is unknown.
            refreshing: Whether AWS is being asked for functions.
            reading: Whether it is being asked for their states.
        """
        if total and reading:
            self.show_no_match(_("No functions match yet"), _("The states of the functions are being read."))
            self.set_action(self._actions["fleet.clear"])
        elif total:
            self.show_no_match(_("No functions match"), _("Change the search text, or clear the filter."))
            self.set_action(self._actions["fleet.clear"])
        elif refreshing or not states:
            self.set_text(_("Reading the functions…"))
            self.set_action(None)
        elif any(state.error for state in states.values()):
            self.set_text(_("No functions could be listed"), _("Select the error badges below for details."))
            self.set_action(self._actions["fleet.refresh"])
        else:
            self.set_text(
                _("No functions"), _("The selected profiles have no functions in the selected regions.")
            )
            self.set_action(self._actions["fleet.scopes"])


class Footer(QWidget):
    """Below the table: how many functions, how fresh they are, what is wrong where.

    Signals:
        scope_wanted: An error was clicked: its Scope.
        more_wanted: There are more errors than have room.
        reading_changed: States are being read from now on, or no longer.
    """

    scope_wanted = Signal(object)
    more_wanted = Signal()
    reading_changed = Signal()

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.setObjectName("fleetFooter")
        self._clock = clock
        self.count = named(PlainLabel(), "fleetCount", role="muted")
        self.freshness = named(PlainLabel(), "fleetFreshness", role="muted")
        self.states = named(PlainLabel(), "fleetStatesRead", role="muted")
        self.reading = named(QToolButton(), "fleetReading", role="quiet")
        self._chips: list[QToolButton] = []
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(12, 4, 12, 4)
        self._line.setSpacing(8)
        self._line.addWidget(self.count)
        self._line.addWidget(self.states)
        self._line.addWidget(self.reading)
        self.is_reading = False
        self.show_reading(0, 0, running=False)
        self._line.addStretch(1)
        self._line.addWidget(self.freshness)

    def show_count(self, shown: int, total: int, chosen: int) -> None:
        """How many are shown, are there, and are selected."""
        if shown == total:
            words = _("Functions: {total}").format(total=f"{total:,}")
        else:
            words = _("Functions: {shown} of {total}").format(shown=f"{shown:,}", total=f"{total:,}")
        if chosen:
            words += " · " + _("selected: {chosen}").format(chosen=f"{chosen:,}")
        self.count.setText(words)

    def show_reading(self, known: int, total: int, *, running: bool, can_go_on: bool = False) -> None:
        """How far the states are read; a total of 0 hides it.

        Args:
            known: Of how many functions they are known.
            total: How many functions there are.
            running: Whether AWS is being asked.
            can_go_on: Whether there is more to ask for.
        """
        words = _("States read: {known} of {total}").format(known=f"{known:,}", total=f"{total:,}")
        button = _("Cancel") if running else _("Continue")
        changed, self.is_reading = self.is_reading != running, running
        self.states.setText(words)
        self.states.setVisible(total > 0)
        self.reading.setText(button)
        self.reading.setAccessibleName(f"{button}: {words}")
        self.reading.setVisible(total > 0 and can_go_on)
        if changed:
            self.reading_changed.emit()

    def show_states(self, states: Mapping[Scope, ScopeState]) -> None:
        """How fresh the parts are, and a chip for each that could not be listed."""
        own = {scope: state for scope, state in states.items() if not state.same_as}
        listing = sum(state.is_listing for state in own.values())
        self.freshness.setText(self._freshness(own, listing))
        self.freshness.setToolTip(tool_tip("\n".join(self._line_of(*item) for item in states.items())))
        failed = [
            (scope, error)
            for scope, state in own.items()
            if (error := state.error or state.state_error) and not state.is_listing
        ]
        for chip in self._chips:
            self._line.removeWidget(chip)
            chip.deleteLater()
        self._chips = [self._chip(scope, error) for scope, error in failed[:_MAX_CHIPS]]
        if len(failed) > _MAX_CHIPS:
            more = self._button(_("{count} more").format(count=f"{len(failed) - _MAX_CHIPS:,}"))
            more.clicked.connect(self.more_wanted)
            self._chips.append(more)
        for place, chip in enumerate(self._chips):
            self._line.insertWidget(4 + place, chip)

    def _freshness(self, own: Mapping[Scope, ScopeState], listing: int) -> str:
        if listing:
            words = _("Refreshing: {left} of {count} remaining")
            return words.format(left=f"{listing:,}", count=f"{len(own):,}")
        times = [state.refreshed_at for state in own.values() if state.refreshed_at]
        if not times:
            return _("Never refreshed") if own else ""
        words = _("Updated {age} · accounts and regions: {count}")
        return words.format(count=f"{len(times):,}", age=self.age(min(times)))

    def age(self, moment: datetime) -> str:
        """How long ago, in words."""
        number, unit = ago(moment, self._clock.now())
        if unit == "s":
            return _("just now")
        return _("{duration} ago").format(duration=f"{number} {unit}")

    def _line_of(self, scope: Scope, state: ScopeState) -> str:
        return f"{scope.profile_name} · {scope.region}: {self.state_text(state)}"

    def state_text(self, state: ScopeState) -> str:
        """How one part stands, in a few words."""
        if state.same_as:
            return _("shown as {same_as}").format(same_as=state.same_as)
        if state.is_listing:
            return _("refreshing…")
        fresh = (
            _("updated {refreshed_at}").format(refreshed_at=self.age(state.refreshed_at))
            if state.refreshed_at
            else _("never listed")
        )
        if state.error:
            return f"{state.error.aws_code or state.error.what} ({fresh})"
        if state.state_error:
            words = _("states not read: {aws_code}").format(aws_code=state.state_error.aws_code)
            return f"{fresh}, {words}"
        return fresh

    def _chip(self, scope: Scope, error: WorkbenchError) -> QToolButton:
        code = error.aws_code or _("Not listed")
        chip = self._button(f"{code}: {scope.profile_name} · {scope.region}")
        chip.setToolTip(tool_tip(str(error)))
        chip.clicked.connect(lambda: self.scope_wanted.emit(scope))
        return chip

    def _button(self, text: str) -> QToolButton:
        chip = named(QToolButton(), "fleetError", text, role="badge")
        chip.setProperty("tone", "danger")
        chip.setText(text)
        return chip


class FleetWindow(ReadingOrder, QWidget):
    """Beside the main window. It shows what it is given and says what is wanted; see feature.py.

    Args:
        services: The program's shared parts.
        choice: Which profiles and regions are in the fleet.
        run_remedy: Does what a profile needs that failed.
        parent: The main window.

    Signals:
        refresh_wanted: All shall be listed again.
        cancel_wanted: Listing shall stop.
        scopes_changed: Other profiles or regions were chosen.
        filters_changed: Something else is filtered by.
        change_wanted: The selected functions shall be changed together.
    """

    refresh_wanted = Signal()
    cancel_wanted = Signal()
    scopes_changed = Signal()
    filters_changed = Signal()
    change_wanted = Signal()

    def __init__(
        self, services: Services, choice: ScopeChoice, run_remedy: RunRemedy, parent: QWidget
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        named(self, "fleetWindow", _("All Functions"))
        self.setWindowTitle(_("All Functions"))
        self._services = services
        self._states: Mapping[Scope, ScopeState] = {}
        self._refreshing = False
        self.actions_ = ActionRegistry(self, services.icons, FLEET)
        self.actions_.draw_icons()
        dates = RuntimeDates.load(resources_dir() / "runtimes.json")
        self.model = FleetModel(dates, lambda: services.clock.now().date(), services.theme, self)
        self._run_remedy = run_remedy
        self._failing = ""  # the profile that a message is about
        self._failing_scope: Scope | None = None
        self.banners = MessageCenter(services, services.actions.with_handlers(self._remedies(), self))
        self.search = named(PlainLine(clearButtonEnabled=True), "fleetSearch", _("Search all functions"))
        self.search.setPlaceholderText(
            _("Search names, descriptions, tags, runtimes, handlers, environment variables")
        )
        self.table = FleetTable(self.model, services.settings)
        self._export = self.table.offer_export(services.jobs, self.banners.show_error)
        self.filters = FilterBar(self.model.every)
        self.saved = SavedFilters(services.settings)
        self.empty = FleetEmpty(services.icons, self.actions_)
        self.footer = Footer(services.clock)
        self.scopes = ScopesFlow(services.jobs, choice, self._counts, self.footer.state_text, self)
        self.scopes.changed.connect(self.scopes_changed)
        self.row_menu = named(PlainMenu(self), "fleetRowMenu", _("Actions for the selected functions"))
        self._stack = named(QStackedWidget(), "fleetStack")
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.empty)
        line = QAction(self)
        line.setSeparator(True)
        copies = (self.actions_["fleet.copy_names"], self.actions_["fleet.copy_arns"])
        on_rows = [self.actions_["fleet.open"], *copies, line, self.actions_["fleet.change_several"]]
        self.table.set_actions([*on_rows, self._export])
        self.row_menu.addActions(on_rows)
        self._lay_out()
        self._connect()
        self.set_refreshing(refreshing=False)
        self.resize(*_SIZE)
        restore_geometry(self, services.settings, _GEOMETRY)
        self.search.setFocus()

    # What it shows ------------------------------------------------------------------------------------------

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
        state = self._states.get(self._failing_scope) if self._failing_scope is not None else None
        if state is None or (state.error or state.state_error) is None:
            self.banners.dismiss(_FAILURE)
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
        store_geometry(self, self._services.settings, _GEOMETRY)
        super().closeEvent(event)

    # How it is made -----------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._refresh_button = named(QToolButton(), "fleetRefresh")
        scopes = named(QToolButton(), "fleetScopesButton")
        scopes.setDefaultAction(self.actions_["fleet.scopes"])
        columns = self._menu_button("fleetColumns", _("Columns"), self.table.columns_menu)
        self._rows_button = self._menu_button("fleetActions", _("Actions"), self.row_menu)
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
        self.table.horizontalHeader().sortIndicatorChanged.connect(lambda *__: self.table.show_sorting())
        self.footer.scope_wanted.connect(self._show_error)
        self.footer.more_wanted.connect(self.scopes.open)
        self.footer.reading_changed.connect(self._update)
        for name, handler in (
            ("fleet.open", self._open_chosen),
            ("fleet.copy_names", lambda: self._copy("function_name")),
            ("fleet.copy_arns", lambda: self._copy("function_arn")),
            ("fleet.change_several", self.change_wanted.emit),
            ("fleet.refresh", self.refresh_wanted.emit),
            ("fleet.cancel", self.cancel_wanted.emit),
            ("fleet.scopes", self.scopes.open),
            ("fleet.search", self._focus_search),
            ("fleet.clear", lambda: self.apply(FleetFilter())),
        ):
            self.actions_.bind(name, handler)
        self.addActions(self.actions_.all())

    # What the user does -------------------------------------------------------------------------------------

    def _filter(self) -> None:
        wanted = replace(self.filters.chosen, query=self.search.text())
        self.model.narrow(wanted)
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
        self.empty.show_reason(total, self._states, refreshing=self._refreshing, reading=reading)
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
            self._failing, self._failing_scope = scope.profile_name, scope
            self.banners.show_error(error, key=_FAILURE)

    def _remedies(self) -> dict[str, Callable[[], object]]:
        """What the buttons of messages do: here they are about the profile that failed."""

        def run_remedy(action: str) -> object:
            return self._run_remedy(action, self._failing)

        handlers: dict[str, Callable[[], object]] = {each: partial(run_remedy, each) for each in REPAIRS}
        reload = self._services.actions["profile.reload"]
        return handlers | {"profile.reload": reload.trigger, "connection.retry": self.refresh_wanted.emit}
