"""What can be done with triggers."""

from dataclasses import replace
from functools import partial

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import OperationRecord
from workbench.triggers import execute as executing
from workbench.triggers.model import TriggerPlan
from workbench.ui.features.triggers import changes, doctor, event
from workbench.ui.features.triggers.page import ADD, TriggersPage
from workbench.ui.features.triggers.work import DOCTOR, UNDO_PAUSE, TriggersWork
from workbench.ui.pages.base import Page
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context
from workbench.ui.shell.recovery import Ended, Interruption
from workbench.ui.shell.services import Services


def make_page(services: Services) -> Page:
    """The tab, made before the feature is activated."""
    return TriggersPage(services)


def activate(context: Context) -> None:
    """Adds what can be done with triggers."""
    page = context.page(TriggersPage)
    page.budget = context.budget
    work = TriggersWork(context, page)
    menu, after = _("Triggers"), "configuration.revert"
    for spec, handler in (
        (
            ActionSpec(
                ADD,
                _("Add Trigger…"),
                "Alt+Shift+T",
                "plug",
                "function",
                terms=_("event source, S3, SQS, SNS, schedule, cron, API"),
            ),
            lambda: changes.add(work),
        ),
        (
            ActionSpec(DOCTOR, _("Trigger Doctor…"), icon="wrench", when="connected"),
            lambda: doctor.open_doctor(work),
        ),
        (
            ActionSpec(
                UNDO_PAUSE,
                _("Undo Pause or Resume"),
                icon="undo-2",
                when=UNDO_PAUSE,
                only_when_enabled=True,
            ),
            lambda: changes.undo_pause(work),
        ),
    ):
        context.action(replace(spec, submenu=menu), handler, after=after)
        after = spec.id
    page.connect_actions()
    context.route("trigger.of_source", partial(_show_trigger, context, page))
    page.edit_wanted.connect(lambda trigger: changes.edit(work, trigger))
    page.remove_wanted.connect(lambda trigger: changes.remove(work, trigger))
    page.pause_wanted.connect(lambda trigger: changes.pause(work, trigger))
    page.repair_wanted.connect(lambda trigger: changes.repair(work, (trigger,)))
    page.repair_all_wanted.connect(lambda triggers: changes.repair(work, triggers))
    page.async_wanted.connect(lambda: changes.edit_async_settings(work))
    page.test_wanted.connect(lambda trigger: event.open_event(work, trigger))
    page.table.chosen_changed.connect(lambda: context.trigger_selected.emit(page.chosen()))
    context.follow_read_only(page.set_read_only)
    _register_recovery(context, work)


def _show_trigger(context: Context, page: TriggersPage, source_arn: str) -> None:
    """Shows the trigger of this source once the triggers are read, or that there is none any more."""
    page.look_for(source_arn)
    context.window.page.show_tab(page.object_name)


def _register_recovery(context: Context, work: TriggersWork) -> None:
    """Says what is shown of an interrupted change, and how it is ended."""
    journal, page = work.journal, work.page

    def describe(record: OperationRecord[TriggerPlan]) -> Interruption:
        plan = record.about

        def finish(connection: Connection, ctx: JobContext) -> Ended:
            executing.finish(connection, record, journal, ctx)
            words = _("“{title}” was finished.").format(title=plan.title)
            return Ended(words, then=page.refresh)

        def undo(connection: Connection, ctx: JobContext) -> Ended:
            remaining = executing.undo(connection, record, journal, ctx)
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
            _steps_text(record),
            words,
            len(record.done),
            len(plan.steps),
            finish,
            undo,
            subject=plan.function_arn.split(":")[6],
            lane=f"write:{plan.function_arn}",
        )

    context.recovery(_("Trigger change"), lambda: (journal,), describe)


def _steps_text(record: OperationRecord[TriggerPlan]) -> str:
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
