"""Changes the triggers of the open function: add, edit, remove, repair, pause; its asynchronous settings."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from workbench.aws import regions
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.functions.versions import list_aliases, list_versions
from workbench.triggers import async_settings, doctor, locations
from workbench.triggers import plan as planning
from workbench.triggers.kinds import table as sources
from workbench.triggers.model import (
    Candidate,
    Finding,
    Fix,
    FixKind,
    Link,
    Location,
    Severity,
    SourceKind,
    Trigger,
    TriggerPlan,
    TriggerSpec,
)
from workbench.ui.pages.triggers import PAUSED
from workbench.ui.services import OpenFunction
from workbench.ui.triggers import add_dialog, async_dialog, plan_form, trigger_dialog
from workbench.ui.triggers.labels import kind_title, link_help, trigger_name
from workbench.ui.triggers.work import TriggersWork

ADD, UNDO_PAUSE = "triggers.add", "triggers.undo_pause"
_CANDIDATES, _PREPARE, _QUALIFIERS = "triggers.candidates", "triggers.prepare", "triggers.qualifiers"
_PREPARE_ASYNC = "triggers.async"


class AddFlow(QObject):
    """Add Trigger…: fills the dialog, carries out its plan, and follows its fixes.

    Args:
        work: What changes share.
        is_production: Whether the session's profile is marked so.

    Signals:
        region_wanted: Another region shall be shown; with True a function there is to be chosen.
        copy_wanted: The open function is to be copied to this region.
        invoke_wanted: The open function is to be invoked with this event, from its Test tab.
    """

    region_wanted = Signal(str, bool)
    copy_wanted = Signal(str)
    invoke_wanted = Signal(str)

    def __init__(self, work: TriggersWork, is_production: Callable[[], bool]) -> None:
        super().__init__(work.window)
        self._work, self._is_production = work, is_production
        self.dialog: add_dialog.AddTriggerDialog | None = None
        work.services.actions.bind(ADD, self.begin)

    def begin(self) -> None:
        """Opens the dialog for the open function."""
        function = self._work.window.page.function
        if function is None or self.dialog is not None:
            return
        detail = function.detail
        here = Location.of(detail.function_arn)

        def check_region(kind: SourceKind, candidate: Candidate) -> tuple[Finding, ...]:
            found = locations.check_locations(
                kind, candidate.location, here, candidate.source_arn, detail.role_arn
            )
            if any(each.severity is Severity.BLOCK for each in found):
                spec = TriggerSpec(kind, candidate.source_arn, detail)
                found += sources.SOURCES[kind].cross_region_findings(spec, candidate.location)
            return found

        dialog = add_dialog.AddTriggerDialog(
            detail,
            self._work.services.icons,
            check_region,
            is_production=self._is_production(),
            parent=self._work.window,
        )
        self.dialog = dialog
        dialog.candidates_wanted.connect(lambda kind: self._list(dialog, function, kind))
        dialog.check_wanted.connect(lambda spec: self._prepare(dialog, function, spec))
        dialog.check_outdated.connect(lambda: self._work.services.jobs.drop(_PREPARE))
        dialog.fix_wanted.connect(lambda fix: self._follow(dialog, fix))
        dialog.invoke_wanted.connect(lambda event: self._invoke(dialog, event))
        dialog.agreed.connect(lambda plan: self._agreed(dialog, function, plan))
        dialog.finished.connect(lambda __: self._closed())
        dialog.open()
        self._read_qualifiers(dialog, function)

    def _closed(self) -> None:
        for key in (_CANDIDATES, _PREPARE, _QUALIFIERS):
            self._work.services.jobs.drop(key)
        self.dialog = None

    # What the dialog needs ----------------------------------------------------------------------------------

    def _read_qualifiers(self, dialog: "add_dialog.AddTriggerDialog", function: OpenFunction) -> None:
        connection, name = function.connection, function.detail.function_name

        def run(ctx: JobContext) -> tuple[str, ...]:
            aliases = (alias.name for alias in list_aliases(connection, name, ctx))
            versions = (each.version for each in list_versions(connection, name, ctx))
            return (*aliases, *(each for each in versions if each.isdecimal()))

        dialog.settings.show_qualifiers(())
        self._work.read(
            _("Reading the aliases of {name}").format(name=name),
            _QUALIFIERS,
            run,
            dialog.settings.show_qualifiers,
            dialog.say_error,
        )

    def _list(self, dialog: "add_dialog.AddTriggerDialog", function: OpenFunction, kind: SourceKind) -> None:
        """Lists the function's region first, then the others."""
        connection, home = function.connection, function.detail.region

        def run(ctx: JobContext) -> tuple[WorkbenchError, ...]:
            others = [each for each in regions.lambda_regions(home) if each != home]
            return sources.list_candidates(connection, kind, others, ctx)

        self._work.services.jobs.submit(
            Job(
                _("Finding sources: {kind}").format(kind=kind_title(kind)),
                run,
                replaces=_CANDIDATES,
                on_item=lambda batch: dialog.sources.add(batch) if isinstance(batch, tuple) else None,
                on_done=dialog.sources.finish,
                on_error=lambda error: dialog.sources.finish((error,)),
                on_cancelled=lambda: dialog.sources.show_status(
                    _("The search was cancelled. You can type an ARN instead."), "warning"
                ),
            )
        )

    def _prepare(
        self, dialog: "add_dialog.AddTriggerDialog", function: OpenFunction, spec: TriggerSpec
    ) -> None:
        self._work.services.jobs.submit(
            Job(
                _("Checking the trigger of {function_name}").format(
                    function_name=function.detail.function_name
                ),
                lambda ctx: planning.prepare(function.connection, spec, ctx),
                replaces=_PREPARE,
                on_done=dialog.show_prepared,
                on_error=dialog.show_unprepared,
                on_cancelled=lambda: dialog.settings.show_status(_("The check was cancelled."), "warning"),
            )
        )

    # Fixes outside the plan ---------------------------------------------------------------------------------

    def _follow(self, dialog: "add_dialog.AddTriggerDialog", fix: Fix) -> None:
        if fix.kind is FixKind.SHOW_POLICY:
            trigger_dialog.PolicyDialog(fix.title, fix.text, dialog).open()
            return
        dialog.reject()
        if fix.kind is FixKind.OPEN_EXISTING:
            self._work.page.choose(fix.text)
        elif fix.kind is FixKind.COPY_FUNCTION:
            self.copy_wanted.emit(fix.region)
        elif fix.kind in (FixKind.SWITCH_REGION, FixKind.PICK_FUNCTION):
            self.region_wanted.emit(fix.region, fix.kind is FixKind.PICK_FUNCTION)

    def _invoke(self, dialog: "add_dialog.AddTriggerDialog", event: str) -> None:
        dialog.reject()
        self.invoke_wanted.emit(event)

    # Making it ----------------------------------------------------------------------------------------------

    def _agreed(
        self, dialog: "add_dialog.AddTriggerDialog", function: OpenFunction, plan: TriggerPlan
    ) -> None:
        words = _("{kind} will invoke {function_name}.").format(
            kind=kind_title(plan.kind), function_name=function.detail.function_name
        )
        self._work.confirm_plan(
            dialog,
            function,
            _("Add a trigger in production"),
            words,
            _("Create Trigger"),
            lambda: self._create(dialog, function, plan),
        )

    def _create(
        self, dialog: "add_dialog.AddTriggerDialog", function: OpenFunction, plan: TriggerPlan
    ) -> None:
        name = function.detail.function_name
        spec = dialog.prepared.spec if dialog.prepared else None

        def done() -> None:
            dialog.finish()
            text = _("{kind} now invokes {name}.")
            self._work.notice.emit(text.format(kind=kind_title(plan.kind), name=name), "", "good")

        awaited = (plan.kind, spec.source_arn if spec else "", "")
        self._work.carry_out_in(dialog, function, plan, done, awaited=awaited)


class ChangeFlow(QObject):
    """Edits, removes, repairs and pauses triggers.

    Args:
        work: What changes share.
        is_production: Whether the session's profile is marked so.

    Signals:
        undoable: Whether the last pause or resume can be undone.
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
        dialog = trigger_dialog.EditTriggerDialog(
            trigger,
            function.detail,
            self._work.services.icons,
            self._work.window,
            is_production=self._is_production(),
        )
        jobs = self._work.services.jobs
        dialog.check_wanted.connect(lambda spec: self._prepare(dialog, function, trigger, spec))
        dialog.check_outdated.connect(lambda: jobs.drop(_PREPARE))
        dialog.fix_wanted.connect(lambda fix: self._follow(dialog, fix))
        dialog.agreed.connect(
            lambda plan: self._work.confirm_plan(
                dialog,
                function,
                _("Change a trigger in production"),
                _("This changes the settings of {trigger}.").format(trigger=trigger_name(trigger)),
                _("Save Changes"),
                lambda: self._carry_out(dialog, function, plan, trigger, _("{name} was changed.")),
            )
        )
        dialog.finished.connect(lambda __: jobs.drop(_PREPARE))
        dialog.open()

    def _prepare(
        self,
        dialog: "trigger_dialog.EditTriggerDialog",
        function: OpenFunction,
        trigger: Trigger,
        spec: TriggerSpec,
    ) -> None:
        self._work.services.jobs.submit(
            Job(
                _("Checking the change of {trigger}").format(trigger=trigger_name(trigger)),
                lambda ctx: planning.prepare_update(function.connection, trigger, spec, ctx),
                replaces=_PREPARE,
                on_done=dialog.show_prepared,
                on_error=dialog.show_unprepared,
                on_cancelled=lambda: dialog.settings.show_status(_("The check was cancelled."), "warning"),
            )
        )

    def _follow(self, dialog: "trigger_dialog.EditTriggerDialog", fix: Fix) -> None:
        if fix.kind is FixKind.SHOW_POLICY:
            trigger_dialog.PolicyDialog(fix.title, fix.text, dialog).open()
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
        offered = planning.offered_step(function.detail, trigger, others, policies)
        dialog = plan_form.RemoveDialog(plan, self._removal_text(trigger), offered, self._work.window)
        dialog.agreed.connect(
            lambda agreed: self._work.confirm(
                function,
                _("Remove a trigger in production"),
                self._removal_text(trigger),
                _("Remove Trigger"),
                lambda: self._carry_out(dialog, function, agreed, trigger, _("{name} was removed.")),
            )
        )
        dialog.open()

    def _removal_text(self, trigger: Trigger) -> str:
        name = trigger_name(trigger)
        if trigger.link is Link.STALE_PERMISSION:
            words = _(
                "{name} will no longer have permission to invoke the function. It does not invoke it now."
            )
        elif trigger.kind in sources.SOURCES:
            return sources.SOURCES[trigger.kind].removal_text().format(name=name)
        else:
            words = _("{name} will no longer invoke the function.")
        return words.format(name=name)

    # Repairing ----------------------------------------------------------------------------------------------

    def repair(self, triggers: Sequence[Trigger]) -> None:
        """Plans the repair of these triggers of the open function, and carries it out after a yes."""
        function, shown = self._work.page.function, self._work.page.shown
        if function is None or shown is None:
            return
        observed = shown.report.observed
        what = _("Planning the repair of {trigger_name}")
        if len(triggers) > 1:
            what = _("Planning the repair of all triggers")
        self._work.read(
            what.format(trigger_name=trigger_name(triggers[0])),
            "triggers.repair",
            lambda ctx: doctor.plan_repair(function.connection, triggers, observed, ctx),
            lambda plan: self._offer_repair(function, triggers, plan),
        )

    def _offer_repair(
        self, function: OpenFunction, triggers: Sequence[Trigger], plan: TriggerPlan | None
    ) -> None:
        trigger = triggers[0]
        if plan is None:
            words = _("{trigger} no longer needs a repair.").format(trigger=trigger_name(trigger))
            self._work.notice.emit(words, "", "info")
            self._work.page.refresh()
            return
        words = "\n".join(dict.fromkeys(link_help(each.link) for each in triggers))
        done_text = _("{name} was repaired.") if len(triggers) == 1 else _("All triggers were repaired.")
        dialog = plan_form.RepairDialog(plan, words, self._work.window)
        dialog.agreed.connect(
            lambda agreed: self._work.confirm(
                function,
                _("Repair a trigger in production"),
                words,
                _("Repair"),
                lambda: self._carry_out(dialog, function, agreed, trigger, done_text),
            )
        )
        dialog.open()

    # Pausing ------------------------------------------------------------------------------------------------

    def pause(self, trigger: Trigger) -> None:
        """Pauses or resumes a trigger at once; the banner offers Undo."""
        function = self._work.page.function
        if function is None:
            return
        resumes = trigger.state in PAUSED
        name = trigger_name(trigger)
        plan = (planning.plan_resume if resumes else planning.plan_pause)(function.detail, trigger)
        title = _("Resume a trigger in production") if resumes else _("Pause a trigger in production")
        words = (
            _("{name} will invoke the function again.")
            if resumes
            else _("{name} will stop invoking the function.")
        )

        def done() -> None:
            self._last = (function, trigger)
            self.undoable.emit(True)
            done_text = _("{name} was resumed.") if resumes else _("{name} was paused.")
            self._work.notice_with(done_text.format(name=name), UNDO_PAUSE)

        self._work.confirm(
            function,
            title,
            words.format(name=name),
            _("Resume") if resumes else _("Pause"),
            lambda: self._work.carry_out(function, plan, done, awaited=_same(trigger)),
        )

    def _undo_pause(self) -> None:
        """Reverts the last pause or resume."""
        if self._last is None:
            return
        (function, trigger), self._last = self._last, None
        self.undoable.emit(False)
        was_paused = trigger.state in PAUSED
        plan = (planning.plan_pause if was_paused else planning.plan_resume)(function.detail, trigger)
        name = trigger_name(trigger)
        done_text = _("{name} was paused again.") if was_paused else _("{name} was resumed.")
        self._work.carry_out(
            function,
            plan,
            lambda: self._work.notice.emit(done_text.format(name=name), "", "good"),
            awaited=_same(trigger),
        )

    # Inside -------------------------------------------------------------------------------------------------

    def _carry_out(
        self,
        dialog: "plan_form.PlanForm",
        function: OpenFunction,
        plan: TriggerPlan,
        trigger: Trigger,
        done_text: str,
    ) -> None:
        def done() -> None:
            dialog.finish()
            self._work.notice.emit(done_text.format(name=trigger_name(trigger)), "", "good")

        self._work.carry_out_in(dialog, function, plan, done, awaited=_same(trigger))


def _same(trigger: Trigger) -> tuple[str, str, str]:
    return trigger.kind, trigger.source_arn, trigger.identity


class AsyncFlow(QObject):
    """Asynchronous Invocation…: checks and saves the settings.

    Args:
        work: What changes share.
    """

    def __init__(self, work: TriggersWork) -> None:
        super().__init__(work.window)
        self._work = work
        work.page.async_wanted.connect(self.begin)

    def begin(self) -> None:
        """Opens the settings of the open function."""
        function, shown = self._work.page.function, self._work.page.shown
        if function is None or shown is None:
            return
        chosen = self._work.page.chosen()
        dialog = async_dialog.AsyncDialog(
            function.detail,
            shown.report.settings,
            shown.report.observed.qualifiers,
            chosen.qualifier if chosen is not None else "",
            self._work.services.icons,
            self._work.window,
        )
        dialog.check_wanted.connect(lambda spec: self._prepare(dialog, function, spec))
        dialog.check_outdated.connect(lambda: self._work.services.jobs.drop(_PREPARE_ASYNC))
        dialog.finished.connect(lambda __: self._work.services.jobs.drop(_PREPARE_ASYNC))
        dialog.agreed.connect(lambda plan: self._agreed(dialog, function, plan))
        dialog.open()

    def _prepare(self, dialog: "async_dialog.AsyncDialog", function: OpenFunction, spec: TriggerSpec) -> None:
        before, detail = dialog.before, function.detail

        def run(ctx: JobContext) -> planning.Prepared:
            found = async_settings.prepare_async_settings(
                function.connection, detail, before, spec.values, ctx
            )
            location = Location.of(detail.function_arn)
            return planning.Prepared(spec, location, found.findings, found.plan.steps, found.plan.title)

        self._work.services.jobs.submit(
            Job(
                _("Checking the settings of {function_name}").format(function_name=detail.function_name),
                run,
                replaces=_PREPARE_ASYNC,
                on_done=dialog.show_prepared,
                on_error=dialog.show_unprepared,
                on_cancelled=lambda: dialog.settings.show_status(_("The check was cancelled."), "warning"),
            )
        )

    def _agreed(self, dialog: "async_dialog.AsyncDialog", function: OpenFunction, plan: TriggerPlan) -> None:
        name = function.detail.function_name

        def done() -> None:
            dialog.finish()
            words = _("The asynchronous invocation settings of {name} were changed.").format(name=name)
            self._work.notice.emit(words, "", "good")
            if any(step.action == async_settings.DEAD_LETTER_CONFIG for step in plan.steps):
                self._work.services.actions["function.refresh"].trigger()  # its configuration is another now

        self._work.confirm(
            function,
            _("Change asynchronous invocation in production"),
            _("This changes what happens to failed events of {name}.").format(name=name),
            _("Save Changes"),
            lambda: self._work.carry_out_in(dialog, function, plan, done),
        )
