"""The command palette: actions and settings that make sense now, found by a few letters."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from workbench.core.messages import _, language
from workbench.core.settings import Settings
from workbench.functions.model import FunctionDetail
from workbench.ui.actions import ActionRegistry
from workbench.ui.commands import commands
from workbench.ui.quick_pick import Pick, PickTexts, QuickPick
from workbench.ui.search_terms import (
    CONFIGURATION,
    SETTING,
    action_terms,
    configuration_rows,
    preference_rows,
)

_RECENT = "palette.recent"
_MOST_RECENT = 8
_ITSELF = "view.palette"


class CommandPalette(QuickPick):
    """Shows the actions and settings, those used lately first, and runs or opens the one that is chosen.

    Args:
        actions: What there is to run.
        window: The window it lies over.
        settings: Where the recently used commands are kept; without it they last as long as the palette.
        open_preference: Opens the settings dialog at the field with this name; else there are no settings.
        open_configuration: Opens the function's configuration at the setting with this name; the same.
        function: The open function, whose settings are offered.
    """

    def __init__(
        self,
        actions: ActionRegistry,
        window: QWidget,
        settings: Settings | None = None,
        open_preference: Callable[[str], object] | None = None,
        open_configuration: Callable[[str], object] | None = None,
        function: Callable[[], FunctionDetail | None] = lambda: None,
    ) -> None:
        texts = PickTexts(
            _("Command palette"),
            _("Command"),
            _("Commands"),
            _("Type a command or setting"),
            _("No commands match “{query}”."),
        )
        super().__init__(window, "palette", texts, self._run)
        self._actions = actions
        self._settings = settings
        recent: list[object] = settings.get(_RECENT, []) if settings else []
        self._recent = [name for name in recent if isinstance(name, str)]
        self._function = function
        openers = {SETTING: open_preference, CONFIGURATION: open_configuration}
        self._openers = {beginning: opener for beginning, opener in openers.items() if opener is not None}

    def open(self) -> None:
        """Shows the commands that can be run now; called again, goes away."""
        if self.isVisible():
            self.dismiss()
            return
        order = {name: number for number, name in enumerate(self._recent)}
        terms = action_terms()
        picks = [
            Pick(
                name,
                command.title,
                command.menu,
                command.keys,
                ", ".join(filter(None, (terms.get(name) or self._actions.specs[name].terms, _english(name)))),
            )
            for command in commands(self._actions)
            if command.action.isEnabled() and (name := command.action.objectName()) != _ITSELF
        ]
        if SETTING in self._openers and self._actions["app.settings"].isEnabled():
            picks += preference_rows()
        detail = self._function()
        if CONFIGURATION in self._openers and detail is not None:
            picks += configuration_rows(detail)
        self.show_picks(sorted(picks, key=lambda pick: order.get(pick.id, len(order))))

    def _run(self, name: str) -> None:
        self._recent = [name, *(other for other in self._recent if other != name)][:_MOST_RECENT]
        if self._settings is not None:
            self._settings.set(_RECENT, self._recent)  # not worth a message when it cannot be saved
        beginning, colon, rest = name.partition(":")
        if colon:
            self._openers[beginning + colon](rest)
        else:
            self._actions[name].trigger()


def _english(action: str) -> str:
    """The words of an action's id: who knows its English name finds it in any language."""
    return "" if language() == "en" else action.partition(".")[2].replace("_", " ")
