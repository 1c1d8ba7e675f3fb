"""What all changes of triggers share: the journal, the dialog that stays open, the tab that follows."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobHandle
from workbench.core.messages import _
from workbench.profiles.safety import Tier
from workbench.triggers import execute as executing
from workbench.triggers.execute import TriggerJournal
from workbench.triggers.model import Trigger, TriggerPlan
from workbench.ui.features.triggers import plan_form
from workbench.ui.features.triggers.page import TriggersPage
from workbench.ui.kit.dialog import Dialog
from workbench.ui.shell.context import Context, Guard, Notice, write_lane
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
    """

    def __init__(self, context: Context, page: TriggersPage) -> None:
        super().__init__(context)
        self.context, self.page, self.window = context, page, context.window
        self.icons = context.services.icons
        self.journal = TriggerJournal(context.services.paths.data_dir / "triggers", context.services.clock)
        self.paused: tuple[OpenFunction, Trigger] | None = None

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

        def ended() -> None:
            self.window.operations_changed.emit()  # it might have left steps to undo, or finished some
            if self._is_open(function):
                self.page.show_working("")
            self.page.refresh(awaited)

        def finished(_facts: object) -> Notice | None:
            ended()
            if dialog is not None:
                dialog.finish()
            return done()

        def failed(error: WorkbenchError) -> None:
            ended()
            if dialog is not None:
                dialog.show_failure(error)
            else:
                self.context.report(error, function=function)

        def cancelled() -> None:
            ended()
            if dialog is not None:
                dialog.show_cancelled()

        def begin() -> None:
            if self._is_open(function):
                self.page.show_working(plan.title)
            self.window.function_banners.dismiss(KEY)  # how the change before this one ended
            if dialog is not None:
                dialog.set_busy(busy=True, text=self._initial_status(function))
            self.context.change(
                function,
                plan.title,
                lambda ctx: executing.execute(function.connection, plan, self.journal, ctx),
                finished,
                action=action,
                key=KEY,
                failed=failed,
                cancelled=cancelled,
                started=None if dialog is None else partial(cancel_with, dialog),
                on_item=self.page.show_state,
                on_progress=None if dialog is None else dialog.show_progress,
                immediate=True,
            )

        if guard is None:
            begin()
        else:
            self.context.confirm(function, guard, begin)

    def notify(self, text: str, tone: str = "good") -> None:
        """Shows a message in place of the one before."""
        self.context.notify(text, tone=tone, key=KEY)

    def _is_open(self, function: OpenFunction) -> bool:
        opened = self.page.function
        return opened is not None and opened.detail.function_arn == function.detail.function_arn

    def _initial_status(self, function: OpenFunction) -> str:
        """What is said until the first step tells its progress: a change that runs already comes first."""
        lane = write_lane(function)
        ahead = [each.job.title for each in self.context.services.jobs.active() if each.job.lane == lane]
        if not ahead:
            return _("Starting…")
        return _("Waiting until this change is complete: {ahead}…").format(ahead=ahead[-1])


def cancel_with(dialog: Dialog, handle: JobHandle) -> None:
    """Cancels a job when its dialog wants that."""
    dialog.cancel_wanted.connect(lambda: handle.cancel())
