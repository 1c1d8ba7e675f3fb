"""What is done to a trigger that is there: edited, paused, removed.

Owns: what is asked and how it ended in words. Must not know: the calls (triggers/plan.py and the sources).
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from workbench.core.jobs import Job
from workbench.triggers import doctor, role_cleanup
from workbench.triggers import plan as planning
from workbench.triggers.model import Fix, FixKind, Link, SourceKind, Trigger, TriggerPlan, TriggerSpec
from workbench.ui.pages.triggers import PAUSED
from workbench.ui.services import OpenFunction
from workbench.ui.triggers import plan_form, policy_dialog, wiring_dialog
from workbench.ui.triggers.words import link_help, trigger_name
from workbench.ui.triggers.work import TriggersWork

_PREPARE = "triggers.prepare"
UNDO_PAUSE = "triggers.undo_pause"


class ChangeFlow(QObject):
    """Lives as long as the window, and binds its own action.

    Args:
        work: What changes share.
        is_production: Whether the session's profile is marked so.

    Signals:
        undoable: Whether the last pause, or resume, can be taken back.
    """

    undoable = Signal(bool)

    def __init__(self, work: TriggersWork, is_production: Callable[[], bool]) -> None:
        super().__init__(work.window)
        self._work, self._is_production = work, is_production
        self._last: tuple[OpenFunction, Trigger] | None = None  # what was paused, or started, last
        page = work.page
        page.edit_wanted.connect(self.edit)
        page.remove_wanted.connect(self.remove)
        page.pause_wanted.connect(self.pause)
        page.repair_wanted.connect(lambda trigger: self.repair((trigger,)))
        page.repair_all_wanted.connect(self.repair)
        work.services.actions.bind(UNDO_PAUSE, self._undo_pause)

    # Editing ------------------------------------------------------------------------------------------------

    def edit(self, trigger: Trigger) -> None:
        """Opens the settings of a trigger."""
        function = self._work.page.function
        if function is None:
            return
        dialog = wiring_dialog.EditTriggerDialog(
            trigger,
            function.detail,
            self._work.services.icons,
            self._work.window,
            is_production=self._is_production(),
        )
        jobs = self._work.services.jobs
        dialog.check_wanted.connect(lambda wiring: self._prepare(dialog, function, trigger, wiring))
        dialog.outgrown.connect(lambda: jobs.drop(_PREPARE))
        dialog.fix_wanted.connect(lambda fix: self._follow(dialog, fix))
        dialog.agreed.connect(
            lambda plan: self._work.confirm_wiring(
                dialog,
                function,
                self.tr("Change a trigger in production"),
                self.tr("This changes the settings of %1.").replace("%1", trigger_name(trigger)),
                self.tr("Save Changes"),
                lambda: self._carry_out(dialog, function, plan, trigger, self.tr("%1 was changed.")),
            )
        )
        dialog.finished.connect(lambda _: jobs.drop(_PREPARE))
        dialog.open()

    def _prepare(
        self,
        dialog: "wiring_dialog.EditTriggerDialog",
        function: OpenFunction,
        trigger: Trigger,
        wiring: TriggerSpec,
    ) -> None:
        self._work.services.jobs.submit(
            Job(
                self.tr("Checking the change of %1").replace("%1", trigger_name(trigger)),
                lambda ctx: planning.prepare_update(function.connection, trigger, wiring, ctx),
                replaces=_PREPARE,
                on_done=dialog.show_prepared,
                on_error=dialog.show_unprepared,
                on_cancelled=lambda: dialog.wiring.say(self.tr("The check was cancelled."), "warning"),
            )
        )

    def _follow(self, dialog: "wiring_dialog.EditTriggerDialog", fix: Fix) -> None:
        if fix.kind is FixKind.SHOW_POLICY:
            policy_dialog.PolicyDialog(fix.title, fix.text, dialog).open()
        elif fix.kind is FixKind.OPEN_EXISTING:
            dialog.reject()
            self._work.page.choose(fix.text)

    # Removing -----------------------------------------------------------------------------------------------

    def remove(self, trigger: Trigger) -> None:
        """Shows what removing does, and does it after a yes."""
        function, shown = self._work.page.function, self._work.page.shown
        if function is None or shown is None:
            return
        others = [each for each in shown.report.triggers if each != trigger]
        # What could not be read of the role is left as it is.
        policies = shown.policies if isinstance(shown.policies, tuple) else ()
        plan = planning.plan_removal(function.detail, trigger, others, policies)
        offered = role_cleanup.offered_step(function.detail, trigger, others, policies)
        dialog = plan_form.RemoveDialog(plan, self._removal_words(trigger), offered, self._work.window)
        dialog.agreed.connect(
            lambda agreed: self._work.confirm(
                function,
                self.tr("Remove a trigger in production"),
                self._removal_words(trigger),
                self.tr("Remove Trigger"),
                lambda: self._carry_out(dialog, function, agreed, trigger, self.tr("%1 was removed.")),
            )
        )
        dialog.open()

    def _removal_words(self, trigger: Trigger) -> str:
        name = trigger_name(trigger)
        if trigger.link is Link.STALE_PERMISSION:
            words = self.tr(
                "%1 will no longer have permission to invoke the function. It does not invoke it now."
            )
        elif trigger.kind is SourceKind.URL:
            words = self.tr("%1 will stop responding. AWS never assigns its address again.")
        else:
            words = self.tr("%1 will no longer invoke the function. The source and its data are kept.")
        if trigger.kind is SourceKind.SQS:
            words += " " + self.tr(
                "Its settings and the dead-letter queue that was created for it are kept too."
            )
        elif trigger.kind is SourceKind.DYNAMODB:
            words += " " + self.tr("The table's stream stays on.")
        return words.replace("%1", name)

    # Repairing ----------------------------------------------------------------------------------------------

    def repair(self, triggers: Sequence[Trigger]) -> None:
        """Works out what mends these triggers of the open function, and does it after a yes."""
        function, shown = self._work.page.function, self._work.page.shown
        if function is None or shown is None:
            return
        seen = shown.report.observed
        what = self.tr("Planning the repair of %1")
        if len(triggers) > 1:
            what = self.tr("Planning the repair of all triggers")
        self._work.read(
            what.replace("%1", trigger_name(triggers[0])),
            "triggers.repair",
            lambda ctx: doctor.plan_repair(function.connection, triggers, seen, ctx),
            lambda plan: self._offer_repair(function, triggers, plan),
        )

    def _offer_repair(
        self, function: OpenFunction, triggers: Sequence[Trigger], plan: TriggerPlan | None
    ) -> None:
        trigger = triggers[0]
        if plan is None:
            words = self.tr("%1 no longer needs a repair.").replace("%1", trigger_name(trigger))
            self._work.notice.emit(words, "", "info")
            self._work.page.refresh()
            return
        words = "\n".join(dict.fromkeys(link_help(each.link) for each in triggers))
        said = self.tr("%1 was repaired.") if len(triggers) == 1 else self.tr("All triggers were repaired.")
        dialog = plan_form.RepairDialog(plan, words, self._work.window)
        dialog.agreed.connect(
            lambda agreed: self._work.confirm(
                function,
                self.tr("Repair a trigger in production"),
                words,
                self.tr("Repair"),
                lambda: self._carry_out(dialog, function, agreed, trigger, said),
            )
        )
        dialog.open()

    # Pausing ------------------------------------------------------------------------------------------------

    def pause(self, trigger: Trigger) -> None:
        """Pauses a trigger at once, or starts it again; the banner takes that back."""
        function = self._work.page.function
        if function is None:
            return
        resumes = trigger.state in PAUSED
        name = trigger_name(trigger)
        plan = (planning.plan_resume if resumes else planning.plan_pause)(function.detail, trigger)
        title = (
            self.tr("Resume a trigger in production") if resumes else self.tr("Pause a trigger in production")
        )
        words = (
            self.tr("%1 will invoke the function again.")
            if resumes
            else self.tr("%1 will stop invoking the function.")
        )

        def done() -> None:
            self._last = (function, trigger)
            self.undoable.emit(True)
            said = self.tr("%1 was resumed.") if resumes else self.tr("%1 was paused.")
            self._work.notice_with(said.replace("%1", name), UNDO_PAUSE)

        self._work.confirm(
            function,
            title,
            words.replace("%1", name),
            self.tr("Resume") if resumes else self.tr("Pause"),
            lambda: self._work.carry_out(function, plan, done, awaited=_same(trigger)),
        )

    def _undo_pause(self) -> None:
        """Puts the trigger back as it was before the last pause or resume."""
        if self._last is None:
            return
        (function, trigger), self._last = self._last, None
        self.undoable.emit(False)
        was_paused = trigger.state in PAUSED
        plan = (planning.plan_pause if was_paused else planning.plan_resume)(function.detail, trigger)
        name = trigger_name(trigger)
        said = self.tr("%1 was paused again.") if was_paused else self.tr("%1 was resumed.")
        self._work.carry_out(
            function,
            plan,
            lambda: self._work.notice.emit(said.replace("%1", name), "", "good"),
            awaited=_same(trigger),
        )

    # Inside -------------------------------------------------------------------------------------------------

    def _carry_out(
        self,
        dialog: "plan_form.PlanForm",
        function: OpenFunction,
        plan: TriggerPlan,
        trigger: Trigger,
        said: str,
    ) -> None:
        def done() -> None:
            dialog.done_well()
            self._work.notice.emit(said.replace("%1", trigger_name(trigger)), "", "good")

        self._work.carry_out_in(dialog, function, plan, done, awaited=_same(trigger))


def _same(trigger: Trigger) -> tuple[str, str, str]:
    return trigger.kind.value, trigger.source_arn, trigger.identity
