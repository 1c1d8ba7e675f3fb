"""Filters with names: kept in the settings, offered in a menu."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QToolButton

from workbench.core.settings import Settings
from workbench.functions.fleet import FleetFilter
from workbench.ui.ask_text import ask_text
from workbench.ui.named import named

_KEY = "fleet.filters"


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
        named(self, "fleetSavedFilters", self.tr("Saved filters"))
        self._settings = settings
        self._current = FleetFilter()
        self.setText(self.tr("Saved Filters"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = named(QMenu(self), "fleetSavedFiltersMenu", self.tr("Saved filters"))
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)

    def set_current(self, current: FleetFilter) -> None:
        """What would be saved."""
        self._current = current

    def saved(self) -> dict[str, FleetFilter]:
        """What was saved, by name."""
        stored: dict[str, object] = self._settings.get(_KEY, {})
        return {name: FleetFilter.of(values) for name, values in stored.items()}

    def save(self, name: str) -> None:
        """Saves what is chosen under a name; one that has it already is replaced."""
        stored: dict[str, object] = self._settings.get(_KEY, {})
        self._settings.set(_KEY, stored | {name: self._current.values()})

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
            entry.triggered.connect(lambda _=False, found=found: self.wanted.emit(found))
        if saved:
            menu.addSeparator()
        save = menu.addAction(self.tr("Save Filter…"))
        save.setObjectName("fleetSaveFilter")
        save.setEnabled(self._current != FleetFilter())
        save.triggered.connect(lambda _=False: self._ask())
        if saved:
            removing = menu.addMenu(self.tr("Remove"))
            for name in sorted(saved, key=str.casefold):
                entry = removing.addAction(name.replace("&", "&&"))
                entry.triggered.connect(lambda _=False, name=name: self.remove(name))

    def _ask(self) -> None:
        if name := ask_text(self, self.tr("Save filter"), self.tr("Name of the filter")):
            self.save(name)
