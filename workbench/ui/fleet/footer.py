"""The line below the table: how many functions, how fresh, what is wrong where."""

from collections.abc import Mapping
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.functions.fleet import Scope
from workbench.ui.fleet.scopes import ScopeState
from workbench.ui.function_model import ago
from workbench.ui.kit.text import PlainLabel, tool_tip
from workbench.ui.named import named

_MOST_CHIPS = 4


class Footer(QWidget):
    """Says how the fleet stands.

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
            words = self.tr("Functions: %1").replace("%1", f"{total:,}")
        else:
            words = self.tr("Functions: %1 of %2").replace("%1", f"{shown:,}").replace("%2", f"{total:,}")
        if chosen:
            words += " · " + self.tr("selected: %1").replace("%1", f"{chosen:,}")
        self.count.setText(words)

    def show_reading(self, known: int, total: int, *, running: bool, can_go_on: bool = False) -> None:
        """How far the states are read; without a total nobody wants them.

        Args:
            known: Of how many functions they are known.
            total: How many functions there are.
            running: Whether AWS is being asked.
            can_go_on: Whether there is more to ask for.
        """
        words = self.tr("States read: %1 of %2").replace("%1", f"{known:,}").replace("%2", f"{total:,}")
        button = self.tr("Cancel") if running else self.tr("Continue")
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
        self._chips = [self._chip(scope, error) for scope, error in failed[:_MOST_CHIPS]]
        if len(failed) > _MOST_CHIPS:
            more = self._button(self.tr("%1 more").replace("%1", f"{len(failed) - _MOST_CHIPS:,}"))
            more.clicked.connect(self.more_wanted)
            self._chips.append(more)
        for place, chip in enumerate(self._chips):
            self._line.insertWidget(4 + place, chip)

    def _freshness(self, own: Mapping[Scope, ScopeState], listing: int) -> str:
        if listing:
            words = self.tr("Refreshing: %1 of %2 remaining")
            return words.replace("%1", f"{listing:,}").replace("%2", f"{len(own):,}")
        times = [state.refreshed_at for state in own.values() if state.refreshed_at]
        if not times:
            return self.tr("Never refreshed") if own else ""
        words = self.tr("Updated %2 · accounts and regions: %1").replace("%1", f"{len(times):,}")
        return words.replace("%2", self.age(min(times)))

    def age(self, moment: datetime) -> str:
        """How long ago, in words."""
        number, unit = ago(moment, self._clock.now())
        if unit == "s":
            return self.tr("just now")
        return self.tr("%1 ago").replace("%1", f"{number} {unit}")

    def _line_of(self, scope: Scope, state: ScopeState) -> str:
        return f"{scope.profile_name} · {scope.region}: {self.words(state)}"

    def words(self, state: ScopeState) -> str:
        """How one part stands, in a few words."""
        if state.same_as:
            return self.tr("shown as %1").replace("%1", state.same_as)
        if state.is_listing:
            return self.tr("refreshing…")
        fresh = (
            self.tr("updated %1").replace("%1", self.age(state.refreshed_at))
            if state.refreshed_at
            else self.tr("never listed")
        )
        if state.error:
            return f"{state.error.aws_code or state.error.what} ({fresh})"
        if state.state_error:
            words = self.tr("states not read: %1").replace("%1", state.state_error.aws_code)
            return f"{fresh}, {words}"
        return fresh

    def _chip(self, scope: Scope, error: WorkbenchError) -> QToolButton:
        code = error.aws_code or self.tr("Not listed")
        chip = self._button(f"{code}: {scope.profile_name} · {scope.region}")
        chip.setToolTip(tool_tip(str(error)))
        chip.clicked.connect(lambda: self.scope_wanted.emit(scope))
        return chip

    def _button(self, text: str) -> QToolButton:
        chip = named(QToolButton(), "fleetError", text, role="badge")
        chip.setProperty("tone", "danger")
        chip.setText(text)
        return chip
