"""Deploys and changes of triggers: what is shown of an interrupted one, and how it is ended."""

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import OperationRecord
from workbench.deploy import recover
from workbench.deploy.journal import Journal
from workbench.deploy.records import Deployment
from workbench.functions import detail as details
from workbench.invoke import run as invoking
from workbench.triggers import execute
from workbench.triggers.journal import TriggerJournal
from workbench.triggers.model import TriggerPlan
from workbench.ui.pages.triggers import TriggersPage
from workbench.ui.services import OpenFunction
from workbench.ui.shell.context import Context
from workbench.ui.shell.recovery import Ended, Interruption


def register(context: Context) -> None:
    """Registers the kinds of this module."""
    _deploys(context)
    _trigger_changes(context)


def _deploys(context: Context) -> None:
    services = context.services
    journal = Journal(services.paths.data_dir / "deploys", packages_days=services.policy.packages_days)

    def describe(record: OperationRecord[Deployment]) -> Interruption | None:
        if not recover.needs_choice(record):
            return None  # DeployFlow finds out what became of it
        name, arn = record.about.function_name, record.about.function_arn

        def ended(connection: Connection, text: str) -> Ended:
            now = OpenFunction(connection, details.get_function(connection, name))
            return Ended(text, then=lambda: context.deployed.emit(now))

        def finish(connection: Connection, ctx: JobContext) -> Ended:
            result = recover.finish_deploy(connection, record, journal, ctx, invoke=invoking.invoke)
            return ended(connection, result.text)

        def undo(connection: Connection, ctx: JobContext) -> Ended:
            return ended(connection, recover.undo_deploy(connection, record, journal, ctx))

        planned = record.about.planned
        return Interruption(
            _("Deploy of {name}").format(name=name),
            recover.half_way(record),
            _(
                "Finish completes the deployment. Undo restores the previous code and configuration, "
                "except where they have changed since."
            ),
            sum(step in record.done for step in planned),
            len(planned),
            finish,
            undo,
            subject=name,
            lane=f"write:{arn}",
        )

    context.recovery(_("Deploy"), lambda: (journal,), describe)


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
