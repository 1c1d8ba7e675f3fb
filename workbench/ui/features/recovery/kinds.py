"""Changes of triggers: what is shown of an interrupted one, and how it is ended."""

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import OperationRecord
from workbench.triggers import execute
from workbench.triggers.journal import TriggerJournal
from workbench.triggers.model import TriggerPlan
from workbench.ui.pages.triggers import TriggersPage
from workbench.ui.shell.context import Context
from workbench.ui.shell.recovery import Ended, Interruption


def register(context: Context) -> None:
    """Registers the kinds of this module."""
    _trigger_changes(context)


def _trigger_changes(context: Context) -> None:
    services = context.services
    journal = TriggerJournal(services.paths.data_dir / "triggers", services.clock)
    page = context.page(TriggersPage)

    def describe(record: OperationRecord[TriggerPlan]) -> Interruption:
        plan = record.about

        def finish(connection: Connection, ctx: JobContext) -> Ended:
            execute.finish(connection, record, journal, ctx)
            words = _("“{title}” was finished.").format(title=plan.title)
            return Ended(words, then=page.refresh)

        def undo(connection: Connection, ctx: JobContext) -> Ended:
            remaining = execute.undo(connection, record, journal, ctx)
            words = _("“{title}” was undone.").format(title=plan.title)
            if remaining:
                stays = _("These changes could not be undone: {names}.")
                words += " " + stays.format(names="; ".join(remaining))
            return Ended(words, then=page.refresh)

        words = _("Finish runs the remaining steps. Undo reverts only the steps that were run.")
        if record.undoing or plan.is_test:
            words = _("It was being undone. Undo continues; Finish runs all steps instead.")
        return Interruption(
            _("Trigger change “{title}”").format(title=plan.title),
            _trigger_steps(record),
            words,
            len(record.done),
            len(plan.steps),
            finish,
            undo,
            subject=plan.function_arn.split(":")[6],
            lane=f"write:{plan.function_arn}",
        )

    context.recovery(_("Trigger change"), lambda: (journal,), describe)


def _trigger_steps(record: OperationRecord[TriggerPlan]) -> str:
    """Each step, and whether it was made."""
    lines = []
    for number, step in enumerate(record.about.steps):
        if str(number) in record.done:
            state = _("done")
        elif str(number) in record.begun:
            state = _("started; might have completed")
        else:
            state = _("not started")
        lines.append(f"{number + 1}. {step.title}: {state}")
    return "\n".join(lines)
