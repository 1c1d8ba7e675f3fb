"""What stands in place of the table when it has no rows."""

from collections.abc import Mapping

from workbench.functions.fleet import Scope
from workbench.ui.actions import ActionRegistry
from workbench.ui.empty_state import EmptyState
from workbench.ui.fleet.scopes import ScopeState
from workbench.ui.icons import Icons


class FleetEmpty(EmptyState):
    """Says why there is nothing, and offers what helps.

    Args:
        icons: Where its icon comes from.
        actions: Of the window.
    """

    def __init__(self, icons: Icons, actions: ActionRegistry) -> None:
        super().__init__(icons, "lambda")
        self.setObjectName("fleetEmpty")
        self._actions = actions

    def say(self, total: int, states: Mapping[Scope, ScopeState], *, refreshing: bool, reading: bool) -> None:
        """Shows why.

        Args:
            total: How many functions there are that the filter hides.
            states: How the parts of the fleet stand; empty as long as nobody knows.
            refreshing: Whether AWS is being asked for functions.
            reading: Whether it is being asked for their states.
        """
        if total and reading:
            self.show_no_match(
                self.tr("No functions match yet"), self.tr("The states of the functions are being read.")
            )
            self.set_action(self._actions["fleet.clear"])
        elif total:
            self.show_no_match(
                self.tr("No functions match"), self.tr("Change the search text, or clear the filter.")
            )
            self.set_action(self._actions["fleet.clear"])
        elif refreshing or not states:
            self.set_text(self.tr("Reading the functions…"))
            self.set_action(None)
        elif any(state.error for state in states.values()):
            self.set_text(
                self.tr("No functions could be listed"), self.tr("Select the error badges below for details.")
            )
            self.set_action(self._actions["fleet.refresh"])
        else:
            self.set_text(
                self.tr("No functions"),
                self.tr("The selected profiles have no functions in the selected regions."),
            )
            self.set_action(self._actions["fleet.scopes"])
