"""What all changes of triggers share: the journal, the dialog that stays open, the tab that follows."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from workbench.profiles.safety import Tier
from workbench.triggers.execute import TriggerJournal
from workbench.triggers.model import Trigger, TriggerPlan
from workbench.ui.features.triggers.page import TriggersPage
from workbench.ui.shell import plan_form, plan_run
from workbench.ui.shell.context import Context, Guard, Notice
from workbench.ui.shell.services import OpenFunction

DOCTOR, UNDO_PAUSE = "triggers.doctor", "triggers.undo_pause"
KEY = "triggers"
"""Of messages: each takes the place of the one before."""


class TriggersWork(QObject):
    """What all changes of triggers share.

    Attributes:
        context: Of the window.
        page: The Triggers tab.
        journal: Of changes under way.
        paused: What was paused or resumed last, as it was before.
        event_texts: What the user has typed into test events, by trigger and by the name of the field.
    """

    def __init__(self, context: Context, page: TriggersPage) -> None:
        super().__init__(context)
        self.context, self.page, self.window = context, page, context.window
        self.icons = context.services.icons
        self.journal = TriggerJournal(context.services.paths.data_dir / "triggers", context.services.clock)
        self.paused: tuple[OpenFunction, Trigger] | None = None
        self.event_texts: dict[tuple[str, ...], dict[str, str]] = {}

    def is_production(self, function: OpenFunction) -> bool:
        """Whether the function's profile is marked so."""
        return self.context.tier_for(function.connection) is Tier.PRODUCTION

    def carry_out(
        self,
        function: OpenFunction,
        plan: TriggerPlan,
        done: Callable[[], Notice | None],
        *,
        guard: Guard | None = None,
        action: str = "",
        dialog: "plan_form.PlanForm | None" = None,
        awaited: tuple[str, str, str] = ("", "", ""),
    ) -> None:
        """Carries a plan out, after what is being changed of the function already; the tab follows.

        Args:
            function: Whose trigger.
            plan: What to do.
            done: Called when it is done; returns what is said then.
            guard: Asked in production.
            action: See Context.change.
            dialog: Stays open meanwhile: it shows the progress, and what went wrong.
            awaited: The trigger to select afterwards.
        """

        def begun() -> None:
            if self._is_open(function):
                self.page.show_working(plan.title)

        def ended() -> None:
            if self._is_open(function):
                self.page.show_working("")
            self.page.refresh(awaited)

        plan_run.carry_out(
            self.context,
            self.journal,
            function,
            plan,
            done,
            key=KEY,
            guard=guard,
            action=action,
            dialog=dialog,
            begun=begun,
            ended=ended,
            on_item=self.page.show_state,
        )

    def notify(self, text: str, tone: str = "good") -> None:
        """Shows a message in place of the one before."""
        self.context.notify(text, tone=tone, key=KEY)

    def _is_open(self, function: OpenFunction) -> bool:
        opened = self.page.function
        return opened is not None and opened.detail.function_arn == function.detail.function_arn
