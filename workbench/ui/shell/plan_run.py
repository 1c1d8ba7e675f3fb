"""Carries a plan out after what is being changed of the function already, with its dialog open meanwhile."""

from collections.abc import Callable
from functools import partial

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobHandle
from workbench.core.messages import _
from workbench.triggers import execute as executing
from workbench.triggers.execute import TriggerJournal
from workbench.triggers.model import TriggerPlan
from workbench.ui.kit.dialog import Dialog
from workbench.ui.shell.context import Context, Guard, Notice, write_lane
from workbench.ui.shell.plan_form import PlanForm
from workbench.ui.shell.services import OpenFunction


def carry_out(
    context: Context,
    journal: TriggerJournal,
    function: OpenFunction,
    plan: TriggerPlan,
    done: Callable[[], Notice | None],
    *,
    key: str,
    guard: Guard | None = None,
    action: str = "",
    dialog: PlanForm | None = None,
    begun: Callable[[], object] = lambda: None,
    ended: Callable[[], object] = lambda: None,
    on_item: Callable[[object], object] | None = None,
) -> None:
    """Carries a plan out in the function's lane.

    Args:
        journal: Records it.
        done: Called when it is done; returns what is said then.
        key: Of the messages; see Context.change.
        guard: Asked in production.
        action: See Context.change.
        dialog: Stays open meanwhile: it shows the progress, and what went wrong.
        begun: Called before it begins, once it is agreed to.
        ended: Called when it has ended, however that was.
        on_item: See Job.
    """

    def over() -> None:
        context.window.operations_changed.emit()  # it might have left steps to undo, or finished some
        ended()

    def finished(_facts: object) -> Notice | None:
        over()
        if dialog is not None:
            dialog.finish()
        return done()

    def failed(error: WorkbenchError) -> None:
        over()
        if dialog is not None:
            dialog.show_failure(error)
        else:
            context.report(error, function=function)

    def cancelled() -> None:
        over()
        if dialog is not None:
            dialog.show_cancelled()

    def begin() -> None:
        begun()
        context.window.function_banners.dismiss(key)  # how the change before this one ended
        if dialog is not None:
            dialog.set_busy(busy=True, text=_initial_status(context, function))
        context.change(
            function,
            plan.title,
            lambda ctx: executing.execute(function.connection, plan, journal, ctx),
            finished,
            action=action,
            key=key,
            failed=failed,
            cancelled=cancelled,
            started=None if dialog is None else partial(cancel_with, dialog),
            on_item=on_item,
            on_progress=None if dialog is None else dialog.show_progress,
            immediate=True,
        )

    if guard is None:
        begin()
    else:
        context.confirm(function, guard, begin)


def cancel_with(dialog: Dialog, handle: JobHandle) -> None:
    """Cancels a job when its dialog wants that."""
    dialog.cancel_wanted.connect(lambda: handle.cancel())


def _initial_status(context: Context, function: OpenFunction) -> str:
    """What is said until the first step tells its progress: a change that runs already comes first."""
    lane = write_lane(function)
    ahead = [each.job.title for each in context.services.jobs.active() if each.job.lane == lane]
    if not ahead:
        return _("Starting…")
    return _("Waiting until this change is complete: {ahead}…").format(ahead=ahead[-1])
