"""The command palette: every action that makes sense now, found by a few letters."""

from PySide6.QtWidgets import QWidget

from workbench.core.settings import Settings
from workbench.ui.actions import ActionRegistry
from workbench.ui.commands import commands
from workbench.ui.quick_pick import Pick, PickTexts, QuickPick

_RECENT = "palette.recent"
_MOST_RECENT = 8
_ITSELF = "view.palette"


class CommandPalette(QuickPick):
    """Shows the actions, those used lately first, and runs the one that is chosen.

    Args:
        actions: What there is to run.
        window: The window it lies over.
        settings: Where the recently used commands are kept; without it they last as long as the palette.
    """

    def __init__(self, actions: ActionRegistry, window: QWidget, settings: Settings | None = None) -> None:
        texts = PickTexts(
            self.tr("Command palette"),
            self.tr("Command"),
            self.tr("Commands"),
            self.tr("What do you want to do?"),
            self.tr("No command matches."),
        )
        super().__init__(window, "palette", texts, self._run)
        self._actions = actions
        self._settings = settings
        self._recent: list[str] = settings.get(_RECENT, []) if settings else []

    def open(self) -> None:
        """Shows the commands that can be run now; called again, goes away."""
        if self.isVisible():
            self.dismiss()
            return
        order = {name: number for number, name in enumerate(self._recent)}
        picks = [
            Pick(command.action.objectName(), command.title, command.menu, command.keys)
            for command in commands(self._actions)
            if command.action.isEnabled() and command.action.objectName() != _ITSELF
        ]
        self.show_picks(sorted(picks, key=lambda pick: order.get(pick.id, len(order))))

    def _run(self, name: str) -> None:
        self._recent = [name, *(other for other in self._recent if other != name)][:_MOST_RECENT]
        if self._settings is not None:
            self._settings.set(_RECENT, self._recent)  # not worth a message when it cannot be saved
        self._actions[name].trigger()
