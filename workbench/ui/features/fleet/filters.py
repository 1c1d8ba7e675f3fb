"""Filters of the table of all functions: a button for each facet, and filters saved under a name."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from workbench.core import codec
from workbench.core.messages import _
from workbench.core.settings import Settings
from workbench.functions.fleet import FACETS, STATES, FleetFilter, FleetRow, counted
from workbench.ui.features.fleet.table import state_name
from workbench.ui.kit.table_model import ChoiceMenu
from workbench.ui.kit.text import ask_text, named, tool_tip

_TITLES = {
    "runtime": _("Runtime"),
    "state": _("State"),
    "region": _("Region"),
    "account": _("Account"),
    "architecture": _("Architecture"),
    "kind": _("Type"),
    "tag": _("Tag"),
}
_MAX_CHARACTERS = 24
_MAX_VALUES = 200
"""A menu of more is no help; the search finds tags too."""
_KEY = "fleet.filters"


class FilterBar(QWidget):
    """A button for each facet, whose menu has its values and how often each occurs; without the search text.

    Args:
        rows: What there is to choose from, asked for when a menu opens.

    Signals:
        changed: Something else is chosen.
    """

    changed = Signal()

    def __init__(self, rows: Callable[[], Sequence[FleetRow]]) -> None:
        super().__init__()
        self.setObjectName("fleetFilters")
        self._rows = rows
        self._chosen = FleetFilter()
        self._buttons: dict[str, QToolButton] = {}
        self._menus: dict[str, ChoiceMenu] = {}
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        for facet in FACETS:
            line.addWidget(self._facet(facet))
        self.end_of_life = named(QToolButton(), "fleetEndOfLife", role="chip")
        self.end_of_life.setText(_("End-of-life runtime"))
        self.end_of_life.setToolTip(_("Only functions with a runtime that AWS has deprecated"))
        self.end_of_life.setCheckable(True)
        self.end_of_life.toggled.connect(lambda on: self._choose(replace(self._chosen, end_of_life=on)))
        line.addWidget(self.end_of_life)
        self.drifted = named(QToolButton(), "fleetDrifted", role="chip")
        self.drifted.setText(_("Drifted"))
        self.drifted.setToolTip(
            _("Only functions whose code differs from the version last opened or deployed on this computer")
        )
        self.drifted.setCheckable(True)
        self.drifted.toggled.connect(lambda on: self._choose(replace(self._chosen, drifted=on)))
        line.addWidget(self.drifted)
        line.addStretch(1)

    @property
    def chosen(self) -> FleetFilter:
        """What is chosen; the query is empty."""
        return self._chosen

    def show_chosen(self, chosen: FleetFilter) -> None:
        """Shows a filter's choices without emitting `changed`."""
        self._chosen = replace(chosen, query="")
        with QSignalBlocker(self.end_of_life), QSignalBlocker(self.drifted):
            self.end_of_life.setChecked(chosen.end_of_life)
            self.drifted.setChecked(chosen.drifted)
        self._update_buttons()

    def _facet(self, facet: str) -> QToolButton:
        button = named(QToolButton(), f"fleetFilter.{facet}", role="chip")
        button.setCheckable(True)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = ChoiceMenu(_title(facet), button)
        menu.setObjectName(f"fleetFilterMenu.{facet}")
        menu.aboutToShow.connect(lambda: self._offer(facet))
        menu.toggled.connect(lambda value, on: self._toggle(facet, value, on))
        menu.aboutToHide.connect(self._update_buttons)  # opening it has pressed the button
        button.setMenu(menu)
        self._buttons[facet], self._menus[facet] = button, menu
        self._update_button(facet)
        return button

    def _offer(self, facet: str) -> None:
        counts = counted(self._rows(), facet)
        wanted: frozenset[str] = getattr(self._chosen, facet)
        often = sorted(counts, key=lambda value: (-counts[value], value.casefold()))[:_MAX_VALUES]
        values = sorted({*often, *wanted}, key=str.casefold)
        if facet == "state":  # they are read when one of them is chosen
            values = [*STATES, *(value for value in values if value not in STATES)]
        unread = counts.get("", 0) if facet == "state" else 0
        entries = [(value, self._entry(facet, value, counts.get(value, 0), unread)) for value in values]
        self._menus[facet].offer(entries, wanted)
        if unread:
            self._remark(facet, _("States are read when you select one"))
        if not entries:
            self._remark(facet, _("No values to choose from"))

    def _entry(self, facet: str, value: str, count: int, unread: int) -> str:
        """Its words and how many have it; of what is only read in part, how many are known to have it."""
        words = self._value_text(facet, value)
        if not unread or not value:
            return f"{words}   {count:,}"
        return f"{words}   ≥ {count:,}" if count else words

    def _remark(self, facet: str, words: str) -> None:
        self._menus[facet].addAction(words).setEnabled(False)

    def _toggle(self, facet: str, value: str, on: bool) -> None:
        wanted: frozenset[str] = getattr(self._chosen, facet)
        wanted = wanted | {value} if on else wanted - {value}
        self._choose(replace(self._chosen, **{facet: wanted}))  # type: ignore[arg-type]

    def _choose(self, chosen: FleetFilter) -> None:
        self._chosen = chosen
        self._update_buttons()
        self.changed.emit()

    def _update_buttons(self) -> None:
        for facet in FACETS:
            self._update_button(facet)

    def _update_button(self, facet: str) -> None:
        wanted: frozenset[str] = getattr(self._chosen, facet)
        button, title = self._buttons[facet], _title(facet)
        if len(wanted) == 1:
            (value,) = wanted
            text = _("{title}: {value}").format(title=title, value=_short(self._value_text(facet, value)))
        elif wanted:
            text = _("{title}: {count} selected").format(title=title, count=f"{len(wanted):,}")
        else:
            text = title
        button.setText(text)
        button.setAccessibleName(text)
        button.setToolTip(tool_tip("\n".join(self._value_text(facet, value) for value in sorted(wanted))))
        button.setChecked(bool(wanted))

    def _value_text(self, facet: str, value: str) -> str:
        return state_name(value) if facet == "state" else value or _("(none)")


def _short(text: str) -> str:
    """A long value loses its middle: the row of buttons must fit into a small window."""
    half = _MAX_CHARACTERS // 2
    return text if len(text) <= _MAX_CHARACTERS else f"{text[: half - 1]}…{text[-half:]}"


def _title(facet: str) -> str:
    return _TITLES[facet]


class SavedFilters(QToolButton):
    """The button whose menu saves what is chosen, and brings back or removes what was saved.

    Args:
        settings: Where they are kept.

    Signals:
        wanted: A FleetFilter that was saved shall hold.
    """

    wanted = Signal(object)

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        named(self, "fleetSavedFilters", _("Saved filters"))
        self._settings = settings
        self._current = FleetFilter()
        self.setText(_("Saved Filters"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = named(QMenu(self), "fleetSavedFiltersMenu", _("Saved filters"))
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)

    def set_current(self, current: FleetFilter) -> None:
        """What would be saved."""
        self._current = current

    def saved(self) -> dict[str, FleetFilter]:
        """What was saved, by name."""
        stored: dict[str, object] = self._settings.get(_KEY, {})
        found = {}
        for name, values in stored.items():
            with contextlib.suppress(codec.Damaged):
                found[name] = codec.convert(values, FleetFilter)
        return found

    def save(self, name: str) -> None:
        """Saves what is chosen under a name; one that has it already is replaced."""
        stored: dict[str, object] = self._settings.get(_KEY, {})
        self._settings.set(_KEY, stored | {name: codec.to_builtins(self._current)})

    def remove(self, name: str) -> None:
        """Forgets one."""
        stored: dict[str, object] = self._settings.get(_KEY, {})
        self._settings.set(_KEY, {each: values for each, values in stored.items() if each != name})

    def _fill(self) -> None:
        menu = self.menu()
        menu.clear()
        saved = self.saved()
        for name, found in sorted(saved.items(), key=lambda item: item[0].casefold()):
            entry = menu.addAction(name.replace("&", "&&"))
            entry.setCheckable(True)
            entry.setChecked(found == self._current)
            entry.triggered.connect(lambda __=False, found=found: self.wanted.emit(found))
        if saved:
            menu.addSeparator()
        save = menu.addAction(_("Save Filter…"))
        save.setObjectName("fleetSaveFilter")
        save.setEnabled(self._current != FleetFilter())
        save.triggered.connect(lambda __=False: self._ask())
        if saved:
            removing = menu.addMenu(_("Remove"))
            for name in sorted(saved, key=str.casefold):
                entry = removing.addAction(name.replace("&", "&&"))
                entry.triggered.connect(lambda __=False, name=name: self.remove(name))

    def _ask(self) -> None:
        if name := ask_text(self, _("Save filter"), _("Name of the filter")):
            self.save(name)
