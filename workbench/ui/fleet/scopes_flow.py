"""Opens the choice of profiles and regions, and keeps what is chosen."""

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from workbench.core.jobs import Job, JobRunner
from workbench.functions.fleet import Scope
from workbench.ui.fleet.scopes import ScopeChoice, ScopeState
from workbench.ui.fleet.scopes_dialog import ScopesDialog

_REGIONS = "fleet.regions"


class ScopesFlow(QObject):
    """Lives as long as its window.

    Args:
        jobs: Reads the regions.
        choice: What is chosen.
        counts: How many functions each part has.
        words: How a part stands, in words.
        window: What the dialog belongs to.

    Signals:
        changed: Something else is chosen.
    """

    changed = Signal()

    def __init__(
        self,
        jobs: JobRunner,
        choice: ScopeChoice,
        counts: Callable[[], Mapping[Scope, int]],
        words: Callable[[ScopeState], str],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._jobs, self._choice, self._counts, self._words = jobs, choice, counts, words
        self._window = window
        self._states: Mapping[Scope, ScopeState] = {}
        self._dialog: ScopesDialog | None = None

    def open(self) -> None:
        """Shows the dialog, once the regions are known."""
        self._jobs.submit(
            Job(
                self.tr("Reading the regions"),
                lambda _ctx: self._choice.known_regions(),
                replaces=_REGIONS,
                quiet=True,
                on_done=self._show,
            )
        )

    def show_states(self, states: Mapping[Scope, ScopeState]) -> None:
        """Shows how the parts stand, if somebody looks."""
        self._states = states
        if self._dialog is not None:
            words = {scope: self._words(state) for scope, state in states.items()}
            self._dialog.show_states(states, self._counts(), words)

    def _show(self, regions: Sequence[str]) -> None:
        if self._dialog is not None:
            return
        chosen = (self._choice.profiles, self._choice.regions)
        dialog = self._dialog = ScopesDialog(self._choice.known_profiles, regions, chosen, self._window)
        self.show_states(self._states)
        dialog.accepted.connect(lambda: self._chosen(*dialog.chosen()))
        dialog.finished.connect(lambda _result: self._closed())
        dialog.open()

    def _chosen(self, profiles: Sequence[str], regions: Sequence[str]) -> None:
        if (list(profiles), list(regions)) != (self._choice.profiles, self._choice.regions):
            self._choice.choose(profiles, regions)
            self.changed.emit()

    def _closed(self) -> None:
        self._dialog = None
