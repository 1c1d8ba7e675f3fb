"""Queries to begin with, and those that a person saved.

Owns: what was saved. Must not know: how a query runs.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from workbench.logs.insights import JSON_TEMPLATES, TEMPLATES
from workbench.ui.ask_text import ask_text
from workbench.ui.named import named
from workbench.ui.preferences import Preference
from workbench.ui.services import Services

_SAVED: Preference[dict[str, str]] = Preference("logs.insights_queries", {})


class QueryMenus(QObject):
    """Three buttons: templates, saved ones, and Save.

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
        self.templates = self._menu_button("insightsTemplates", self.tr("Templates"))
        self.saved = self._menu_button("insightsSaved", self.tr("Saved"))
        self.save = named(QToolButton(), "insightsSave", self.tr("Save the query"))
        self.save.setText(self.tr("Save…"))
        self.save.clicked.connect(self._ask_name)
        self._fill_templates()
        self._fill_saved()

    def save_as(self, name: str) -> None:
        """Keeps the query by a name; an older one of this name is replaced."""
        self._settings.set(_SAVED.key, _SAVED.read(self._settings) | {name: self._text()})
        self._fill_saved()
        self.saved_as.emit(name)

    def _fill_templates(self) -> None:
        titles = {
            "newest": self.tr("Newest lines"),
            "errors": self.tr("Errors"),
            "slowest": self.tr("Slowest invocations"),
            "cold": self.tr("Cold starts"),
            "percentiles": self.tr("Duration by percentile"),
            "memory": self.tr("Memory: configured, used, unused"),
            "cost": self.tr("GB-seconds per hour"),
        }
        of_json = self.tr("%1 (log format JSON)")
        for templates, words in ((TEMPLATES, "%1"), (JSON_TEMPLATES, of_json)):
            for name, text in templates:
                action = self.templates.menu().addAction(words.replace("%1", titles[name]))
                action.triggered.connect(lambda _on=False, text=text: self.chosen.emit(text))

    def _fill_saved(self) -> None:
        menu, saved = self.saved.menu(), _SAVED.read(self._settings)
        menu.clear()
        for name, text in sorted(saved.items()):
            action = menu.addAction(name)
            action.triggered.connect(lambda _on=False, text=text: self.chosen.emit(str(text)))
        if saved:
            menu.addSeparator()
            forget = menu.addMenu(self.tr("Delete"))
            for name in sorted(saved):
                action = forget.addAction(name)
                action.triggered.connect(lambda _on=False, name=name: self._forget(name))
        self.saved.setEnabled(bool(saved))

    def _ask_name(self) -> None:
        if name := ask_text(self._parent, self.tr("Save Query"), self.tr("Name")):
            self.save_as(name)

    def _forget(self, name: str) -> None:
        saved = {key: text for key, text in _SAVED.read(self._settings).items() if key != name}
        self._settings.set(_SAVED.key, saved)
        self._fill_saved()

    def _menu_button(self, name: str, text: str) -> QToolButton:
        button = named(QToolButton(), name, text)
        button.setText(text)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(named(QMenu(button), f"{name}Menu", text))
        return button
