"""Lists the functions of the fleet: what is stored at once, then what AWS says, in the background."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import cast

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from workbench.aws.connection import Connection
from workbench.aws.retrying_connection import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _
from workbench.functions.fleet import (
    Refresh,
    Scope,
    ScopeFailed,
    ScopeListed,
    ScopePage,
    ScopeSame,
    ScopeTagged,
)
from workbench.functions.index import FunctionIndex, StoredFunctions
from workbench.profiles.model import Profile
from workbench.ui.features.fleet import row_states
from workbench.ui.features.fleet import window as windows
from workbench.ui.features.fleet.scopes import ScopeChoice, ScopeState
from workbench.ui.services import Services
from workbench.ui.session import Session

_LOAD, _REFRESH = "fleet.load", "fleet.refresh"
_AGAIN_MS, _STALE = 60_000, timedelta(minutes=10)
_LISTED: dict[str, object] = {"error": None, "state_error": None, "same_as": "", "is_listing": False}
_Stored = tuple[dict[Scope, str], dict[Scope, StoredFunctions]]


class FleetFlow(QObject):
    """Lists and refreshes the fleet; makes the window when it is first opened.

    Args:
        services: The program's shared parts.
        session: Knows the profiles and how to connect.
        index: What was listed.
        budget: Shared with all who ask AWS for much.
        run_remedy: Does what a profile needs before it can be used (an action's id, and the Profile).
        main: The window that the table belongs to.

    Signals:
        window_made: The FleetWindow, when it is first opened.
        stored_loaded: What was stored is in the table.
        refreshed: All that is chosen was listed, or could not be.
    """

    stored_loaded = Signal()
    refreshed = Signal()
    window_made = Signal(object)

    def __init__(
        self,
        services: Services,
        session: Session,
        index: FunctionIndex,
        budget: RateBudget,
        run_remedy: Callable[[str, Profile], object],
        main: QWidget,
    ) -> None:
        super().__init__(main)
        self._services, self._session, self._index, self._main = services, session, index, main
        self.budget = budget
        self._run_remedy = run_remedy
        self.choice = ScopeChoice(services.settings, session)
        self.states: dict[Scope, ScopeState] = {}
        self._window: windows.FleetWindow | None = None
        self._running: JobHandle | None = None
        # While the window is visible, what is old is listed again.
        self._again = QTimer(self, interval=_AGAIN_MS)
        self._again.timeout.connect(self._refresh_stale)

    @property
    def window(self) -> "windows.FleetWindow | None":
        """The window, once it was opened."""
        return self._window

    def connect_to(self, profile_name: str, region: str, ctx: JobContext) -> Connection:
        """Connects as a row's profile in its region. Runs in a job; raises as Connection.open."""
        return self._session.open_named(profile_name, region, ctx)

    def open(self) -> "windows.FleetWindow":
        """Shows the window: what is stored at once, then what AWS says."""
        if (window := self._window) is None:
            window = self._window = windows.FleetWindow(
                self._services, self.choice, self._run_remedy_for, self._main
            )
            states = row_states.RowStates(self._services.jobs, self.connect_to, self.budget, window)
            states.refused.connect(self._note_refused)
            self.refreshed.connect(states.renew)
            window.refresh_wanted.connect(self.refresh)
            window.cancel_wanted.connect(self._cancel)
            window.scopes_changed.connect(self._rechosen)
            self.window_made.emit(window)
        if not window.isVisible():
            self._load()
        window.show()
        window.raise_()
        window.activateWindow()
        self._again.start()
        return window

    @property
    def is_visible(self) -> bool:
        return self._window is not None and self._window.isVisible()

    def try_again(self) -> None:
        """Lists again what could not be listed; for after a sign-in."""
        failed = tuple(scope for scope, state in self.states.items() if state.error)
        if failed and self.is_visible:
            self.refresh(failed)

    def refresh_changed(self, scopes: Collection[Scope]) -> None:
        """Lists scopes again whose functions were changed."""
        if self.is_visible:
            self.refresh(tuple(scopes))

    def _run_remedy_for(self, action: str, name: str) -> None:
        for profile in filter(lambda each: each.name == name, self._session.profiles):
            self._run_remedy(action, profile)

    def _rechosen(self) -> None:
        self._services.jobs.drop(_REFRESH)
        self._set_running(None)
        self._load()

    def _load(self) -> None:
        """Paints what is stored of the chosen scopes, then lists them."""
        choice, index = self.choice, self._index

        def run(ctx: JobContext) -> tuple[Scope, ...]:
            own, same = choice.apart(choice.everywhere())
            states = {scope: ScopeState(choice.account_of(scope.profile_name)) for scope in own}
            found = index.load_all((state.account_id, scope.region) for scope, state in states.items())
            mine = {scope: found[state.account_id, scope.region] for scope, state in states.items()}
            ctx.emit((same, mine))
            return choice.reachable()  # reads the SDK's data, for which no stored row waits

        self._services.jobs.submit(
            Job(
                _("Reading the stored functions"),
                run,
                replaces=_LOAD,
                quiet=True,
                on_item=self._show_stored,
                on_done=self._loaded,
                on_error=self._failed,
            )
        )

    def _show_stored(self, item: object) -> None:
        assert self._window is not None
        same, found = cast("_Stored", item)  # what _load emits
        self.states = {}
        for scope, known in found.items():
            account = self.choice.account_of(scope.profile_name)
            self.states[scope] = ScopeState(account, known.refreshed_at, known.failure)
            self._window.model.take(scope, known.functions, complete=True)
        for scope, profile_name in same.items():
            self.states[scope] = ScopeState(self.choice.account_of(scope.profile_name), same_as=profile_name)
        self._window.model.keep(found)
        self._window.model.settle()
        self._show_states()
        self.stored_loaded.emit()

    def _loaded(self, reachable: tuple[Scope, ...]) -> None:
        assert self._window is not None
        self.states = {scope: state for scope, state in self.states.items() if scope in reachable}
        self._window.model.keep(scope for scope, state in self.states.items() if not state.same_as)
        self.refresh()

    # Refreshing ---------------------------------------------------------------------------------------------

    def refresh(self, scopes: Sequence[Scope] = ()) -> None:
        """Lists scopes again, all of the fleet by default."""
        own, _same = self.choice.apart(tuple(self.states))
        wanted = tuple(
            scope for scope in own if not scopes or scope in scopes or self.states[scope].is_listing
        )
        if not wanted:
            return
        for scope in wanted:
            self._note(scope, is_listing=True)
        work = Refresh(self.connect_to, self._index, self.budget)
        self._set_running(
            self._services.jobs.submit(
                Job(
                    _("Listing all functions"),
                    lambda ctx: work.run(wanted, ctx),
                    replaces=_REFRESH,
                    on_item=self._take,
                    on_done=lambda __: self._ended(),
                    on_error=self._failed,
                    on_cancelled=self._ended,
                )
            )
        )
        self._show_states()

    def _refresh_stale(self) -> None:
        if not self.is_visible:
            self._again.stop()
            return
        now = self._services.clock.now()
        times = [state.refreshed_at for state in self.states.values() if not state.same_as]
        if self._running is None and any(moment is None or now - moment > _STALE for moment in times):
            self.refresh()
        self._show_states()

    def _take(self, item: object) -> None:
        assert self._window is not None
        model = self._window.model
        if not isinstance(item, ScopePage | ScopeListed | ScopeTagged | ScopeFailed | ScopeSame):
            raise TypeError(item)
        scope = item.scope
        if scope not in self.states:
            return
        if item.account_id:
            if self.states[scope].account_id not in ("", item.account_id):
                model.drop(scope)  # the profile now leads elsewhere: nothing of the old account stays
            self.choice.note_account(scope.profile_name, item.account_id)
            self._note(scope, account_id=item.account_id)
        match item:
            case ScopePage():
                model.take(scope, item.functions, complete=False)
                return
            case ScopeListed():
                model.take(scope, item.functions, complete=True)
                self._note(scope, refreshed_at=self._services.clock.now(), **_LISTED)
            case ScopeTagged(error=None):
                model.take(scope, item.functions, complete=True)
                self._note(scope, tag_error=None)
            case ScopeTagged():
                self._note(scope, tag_error=item.error)
            case ScopeFailed():
                self._note(scope, error=item.error, is_listing=False)
            case ScopeSame():
                model.drop(scope)
                self._note(scope, same_as=item.as_profile, error=None, is_listing=False)
        self._show_states()

    def _failed(self, error: WorkbenchError) -> None:
        if self._window is not None:
            self._window.banners.show_error(error)
        self._ended()

    def _ended(self) -> None:
        self.states = {scope: replace(state, is_listing=False) for scope, state in self.states.items()}
        self._set_running(None)
        assert self._window is not None
        self._window.model.settle()
        self._show_states()
        self.refreshed.emit()

    def _cancel(self) -> None:
        if self._running is not None:
            self._running.cancel()

    def _set_running(self, handle: JobHandle | None) -> None:
        self._running = handle
        if self._window is not None:
            self._window.set_refreshing(refreshing=handle is not None)

    def _note_refused(self, scope: Scope, error: WorkbenchError) -> None:
        self._note(scope, state_error=error)
        self._show_states()

    def _note(self, scope: Scope, **changes: object) -> None:
        if scope in self.states:
            self.states[scope] = replace(self.states[scope], **changes)  # type: ignore[arg-type]

    def _show_states(self) -> None:
        if self._window is not None:
            self._window.show_states(self.states)
