"""Shows the safety tier of the profile all over the window: frame, title, badge, and button texts."""

from PySide6.QtCore import QObject, Signal

from workbench.core.messages import _
from workbench.profiles.safety import Tier
from workbench.ui.actions import ActionRegistry
from workbench.ui.window import MainWindow


class ProductionFrame(QObject):
    """Marks the window for a tier; profiles/safety.py enforces it.

    Signals:
        tier_shown: The tier was set, to the same or to another one.
    """

    tier_shown = Signal()

    def __init__(self, window: MainWindow, actions: ActionRegistry) -> None:
        super().__init__(window)
        self._window = window
        self._actions = actions
        self.tier = Tier.NORMAL

    def show_tier(self, tier: Tier, profile_name: str, account_id: str) -> None:
        """From now on the window is about this profile.

        Args:
            tier: How careful to be.
            profile_name: Of whom the window is about.
            account_id: Whose account that is, empty as long as nobody knows.
        """
        self.tier = tier
        production = tier is Tier.PRODUCTION
        where = account_id or profile_name
        deploy = _("Deploy to {where}").format(where=where) if production else ""
        invoke = _("Invoke in {where}").format(where=where) if production else ""
        self._actions.retitle("function.deploy", deploy)
        self._actions.retitle("function.invoke", invoke)
        mark = _("PRODUCTION") if production else ""
        self._window.set_danger(" ".join(part for part in (mark, mark and where) if part))
        badge, tone, tip = {
            Tier.NORMAL: ("", "", ""),
            Tier.PRODUCTION: (
                _("PRODUCTION"),
                "danger",
                _(
                    "{profile} is protected as production: a deploy shows its plan and asks you "
                    "to type the name."
                ),
            ),
            Tier.READ_ONLY: (
                _("READ-ONLY"),
                "warning",
                _("{profile} is read-only: Workbench does not send requests that might change something."),
            ),
        }[tier]
        self._window.top_bar.set_badge(badge, tone, tip.format(profile=profile_name))
        self.tier_shown.emit()
