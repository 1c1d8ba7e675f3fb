"""Changes the triggers of the open function: add, edit, remove, repair, pause; its asynchronous settings."""

from collections.abc import Callable, Sequence

from workbench.aws import regions
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.versions import list_aliases, list_versions
from workbench.triggers import async_settings, doctor
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
from workbench.ui.features.triggers.add_dialog import AddTriggerDialog
from workbench.ui.features.triggers.labels import kind_title, link_help, trigger_name
from workbench.ui.features.triggers.page import ADD, PAUSED
from workbench.ui.features.triggers.plan_form import RemoveDialog, RepairDialog
from workbench.ui.features.triggers.trigger_dialog import (
    AsyncDialog,
    EditTriggerDialog,
    PolicyDialog,
    TriggerDialog,
)
from workbench.ui.features.triggers.work import KEY, UNDO_PAUSE, TriggersWork
from workbench.ui.kit.dialog import confirm_by_name
from workbench.ui.shell.context import Guard, Notice
from workbench.ui.shell.services import OpenFunction

_CANDIDATES, _PREPARE, _QUALIFIERS = "triggers.candidates", "triggers.prepare", "triggers.qualifiers"


# Adding ---------------------------------------------------------------------------------------------------


def add(work: TriggersWork) -> None:
    """Add Trigger…, for the open function."""
    function, context = work.context.function, work.context
    if function is None or any(each.isVisible() for each in work.window.findChildren(AddTriggerDialog)):
        return
    detail = function.detail
    here = Location.of(detail.function_arn)

    def check_region(kind: SourceKind, candidate: Candidate) -> tuple[Finding, ...]:
        found = planning.check_locations(
            kind, candidate.location, here, candidate.source_arn, detail.role_arn
        )
        if any(each.severity is Severity.BLOCK for each in found):
            spec = TriggerSpec(kind, candidate.source_arn, detail)
            found += sources.SOURCES[kind].cross_region_findings(spec, candidate.location)
        return found

    dialog = AddTriggerDialog(
        detail, work.icons, check_region, is_production=work.is_production(function), parent=work.window
    )

    def invoke(event: str) -> None:
        dialog.reject()
        context.navigate("test.event", event)

    def closed() -> None:
        for key in (_CANDIDATES, _PREPARE, _QUALIFIERS):
            context.services.jobs.drop(key)

    dialog.candidates_wanted.connect(lambda kind: _list_candidates(work, dialog, function, kind))
    dialog.fix_wanted.connect(lambda fix: _follow(work, dialog, fix))
    dialog.invoke_wanted.connect(invoke)
    dialog.agreed.connect(lambda plan: _create(work, dialog, function, plan))
    dialog.finished.connect(closed)
    _check(
        work,
        dialog,
        _("Checking the trigger of {function_name}").format(function_name=detail.function_name),
        lambda spec, ctx: planning.prepare(function.connection, spec, ctx),
    )
    dialog.open()
    _read_qualifiers(work, dialog, function)


def _read_qualifiers(work: TriggersWork, dialog: AddTriggerDialog, function: OpenFunction) -> None:
    connection, name = function.connection, function.detail.function_name

    def run(ctx: JobContext) -> tuple[str, ...]:
        aliases = (alias.name for alias in list_aliases(connection, name, ctx))
        versions = (each.version for each in list_versions(connection, name, ctx))
        return (*aliases, *(each for each in versions if each.isdecimal()))

    dialog.settings.show_qualifiers(())
    work.context.read(
        _("Reading the aliases of {name}").format(name=name),
        run,
        dialog.settings.show_qualifiers,
        action=ADD,
        key=_QUALIFIERS,
        failed=dialog.set_error,
    )


def _list_candidates(
    work: TriggersWork, dialog: AddTriggerDialog, function: OpenFunction, kind: SourceKind
) -> None:
    """Lists the function's region first, then the others."""
    connection, home = function.connection, function.detail.region

    def run(ctx: JobContext) -> tuple[WorkbenchError, ...]:
        others = [each for each in regions.lambda_regions(home) if each != home]
        return sources.list_candidates(connection, kind, others, ctx)

    def cancelled() -> None:
        words = _("The search was cancelled. You can type an ARN instead.")
        dialog.sources.show_status(words, "warning")

    work.context.read(
        _("Finding sources: {kind}").format(kind=kind_title(kind)),
        run,
        dialog.sources.finish,
        action=ADD,
        key=_CANDIDATES,
        failed=lambda error: dialog.sources.finish((error,)),
        cancelled=cancelled,
        on_item=lambda batch: dialog.sources.add(batch) if isinstance(batch, tuple) else None,
    )


def _create(work: TriggersWork, dialog: AddTriggerDialog, function: OpenFunction, plan: TriggerPlan) -> None:
    name, kind = function.detail.function_name, kind_title(plan.kind)
    source_arn = dialog.prepared.spec.source_arn if dialog.prepared else ""
    words = _("{kind} will invoke {function_name}.").format(kind=kind, function_name=name)
    guard = Guard(_("Add a Trigger in Production"), words, _("Create Trigger"))

    def done() -> Notice:
        return Notice(_("{kind} now invokes {name}.").format(kind=kind, name=name), tone="good")

    _after_typed_word(
        dialog,
        lambda: work.carry_out(
            function,
            plan,
            done,
            guard=guard,
            action=ADD,
            dialog=dialog,
            awaited=(plan.kind, source_arn, ""),
        ),
    )


# What dialogs with settings share -------------------------------------------------------------------------


def _check(
    work: TriggersWork,
    dialog: TriggerDialog,
    title: str,
    prepare: Callable[[TriggerSpec, JobContext], planning.Prepared],
) -> None:
    """Checks and plans the settings of a dialog whenever it wants that."""
    drop = work.context.services.jobs.drop

    def check(spec: TriggerSpec) -> None:
        work.context.read(
            title,
            lambda ctx: prepare(spec, ctx),
            dialog.show_prepared,
            key=_PREPARE,
            failed=dialog.show_unprepared,
            cancelled=lambda: dialog.settings.show_status(_("The check was cancelled."), "warning"),
        )

    dialog.check_wanted.connect(check)
    dialog.check_outdated.connect(lambda: drop(_PREPARE))
    dialog.finished.connect(lambda _result: drop(_PREPARE))


def _follow(work: TriggersWork, dialog: TriggerDialog, fix: Fix) -> None:
    """Does what a fix outside the plan says."""
    context = work.context
    if fix.kind is FixKind.SHOW_POLICY:
        PolicyDialog(fix.title, fix.text, dialog).open()
        return
    if fix.kind in (
        FixKind.OPEN_EXISTING,
        FixKind.COPY_FUNCTION,
        FixKind.SWITCH_REGION,
        FixKind.PICK_FUNCTION,
    ):
        dialog.reject()
    if fix.kind is FixKind.OPEN_EXISTING:
        work.page.choose(fix.text)
    elif fix.kind is FixKind.COPY_FUNCTION:
        context.navigate("copy_function", fix.region)
    elif fix.kind in (FixKind.SWITCH_REGION, FixKind.PICK_FUNCTION):
        context.session.choose(context.session.profile, fix.region)
        if fix.kind is FixKind.PICK_FUNCTION:
            work.window.search_functions()


def _after_typed_word(dialog: TriggerDialog, then: Callable[[], object]) -> None:
    """Asks for the word that a finding wants typed (a public URL)."""
    findings = dialog.prepared.findings if dialog.prepared is not None else ()
    grave = next((each for each in findings if each.typed_word), None)
    if grave is None:
        then()
    else:
        why = grave.why or grave.what
        confirm_by_name(dialog, grave.what, why, grave.typed_word, _("Continue"), then)


# Editing --------------------------------------------------------------------------------------------------


def edit(work: TriggersWork, trigger: Trigger) -> None:
    """Opens the settings of a trigger of the open function."""
    function = work.page.function
    if function is None:
        return
    dialog = EditTriggerDialog(
        trigger, function.detail, work.icons, work.window, is_production=work.is_production(function)
    )
    name = trigger_name(trigger)
    guard = Guard(
        _("Change a Trigger in Production"),
        _("This changes the settings of {trigger}.").format(trigger=name),
        _("Save Changes"),
    )

    def agreed(plan: TriggerPlan) -> None:
        done = _said(_("{name} was changed."), trigger)
        _after_typed_word(
            dialog,
            lambda: work.carry_out(function, plan, done, guard=guard, dialog=dialog, awaited=_same(trigger)),
        )

    dialog.fix_wanted.connect(lambda fix: _follow(work, dialog, fix))
    dialog.agreed.connect(agreed)
    _check(
        work,
        dialog,
        _("Checking the change of {trigger}").format(trigger=name),
        lambda spec, ctx: planning.prepare_update(function.connection, trigger, spec, ctx),
    )
    dialog.open()


def edit_async_settings(work: TriggersWork) -> None:
    """Asynchronous Invocation…, for the open function."""
    function, shown = work.page.function, work.page.shown
    if function is None or shown is None:
        return
    chosen, detail = work.page.chosen(), function.detail
    name = detail.function_name
    dialog = AsyncDialog(
        detail,
        shown.report.settings,
        shown.report.observed.qualifiers,
        chosen.qualifier if chosen is not None else "",
        work.icons,
        work.window,
    )
    guard = Guard(
        _("Change Asynchronous Invocation in Production"),
        _("This changes what happens to failed events of {name}.").format(name=name),
        _("Save Changes"),
    )

    def prepare(spec: TriggerSpec, ctx: JobContext) -> planning.Prepared:
        found = async_settings.prepare_async_settings(
            function.connection, detail, dialog.before, spec.values, ctx
        )
        location = Location.of(detail.function_arn)
        return planning.Prepared(spec, location, found.findings, found.plan.steps, found.plan.title)

    def agreed(plan: TriggerPlan) -> None:
        def done() -> Notice:
            if any(step.action == async_settings.DEAD_LETTER_CONFIG for step in plan.steps):
                work.context.reload_function()  # its configuration is another now
            words = _("The asynchronous invocation settings of {name} were changed.")
            return Notice(words.format(name=name), tone="good")

        work.carry_out(function, plan, done, guard=guard, dialog=dialog)

    dialog.agreed.connect(agreed)
    _check(work, dialog, _("Checking the settings of {function_name}").format(function_name=name), prepare)
    dialog.open()


# Removing and repairing -----------------------------------------------------------------------------------


def remove(work: TriggersWork, trigger: Trigger) -> None:
    """Shows what removing a trigger of the open function does, and does it after a yes."""
    function, shown = work.page.function, work.page.shown
    if function is None or shown is None:
        return
    others = [each for each in shown.report.triggers if each != trigger]
    # What could not be read of the role is left as it is.
    policies = shown.policies if isinstance(shown.policies, tuple) else ()
    plan = planning.plan_removal(function.detail, trigger, others, policies)
    offered = planning.offered_step(function.detail, trigger, others, policies)
    words = _removal_text(trigger)
    dialog = RemoveDialog(plan, words, offered, work.window)
    guard = Guard(_("Remove a Trigger in Production"), words, _("Remove Trigger"))
    done = _said(_("{name} was removed."), trigger)
    dialog.agreed.connect(
        lambda agreed: work.carry_out(
            function, agreed, done, guard=guard, dialog=dialog, awaited=_same(trigger)
        )
    )
    dialog.open()


def _removal_text(trigger: Trigger) -> str:
    if trigger.link is Link.STALE_PERMISSION:
        words = _("{name} will no longer have permission to invoke the function. It does not invoke it now.")
    elif trigger.kind in sources.SOURCES:
        words = sources.SOURCES[trigger.kind].removal_text
    else:
        words = _("{name} will no longer invoke the function.")
    return words.format(name=trigger_name(trigger))


def repair(work: TriggersWork, triggers: Sequence[Trigger]) -> None:
    """Plans the repair of these triggers of the open function, and carries it out after a yes."""
    function, shown = work.page.function, work.page.shown
    if function is None or shown is None:
        return
    observed = shown.report.observed
    what = _("Planning the repair of {trigger_name}")
    if len(triggers) > 1:
        what = _("Planning the repair of all triggers")
    work.context.read(
        what.format(trigger_name=trigger_name(triggers[0])),
        lambda ctx: doctor.plan_repair(function.connection, triggers, observed, ctx),
        lambda plan: _offer_repair(work, function, triggers, plan),
        key="triggers.repair",
    )


def _offer_repair(
    work: TriggersWork, function: OpenFunction, triggers: Sequence[Trigger], plan: TriggerPlan | None
) -> None:
    trigger = triggers[0]
    if plan is None:
        words = _("{trigger} no longer needs a repair.").format(trigger=trigger_name(trigger))
        work.notify(words, "info")
        work.page.refresh()
        return
    words = "\n".join(dict.fromkeys(link_help(each.link) for each in triggers))
    done = _said(
        _("{name} was repaired.") if len(triggers) == 1 else _("All triggers were repaired."), trigger
    )
    dialog = RepairDialog(plan, words, work.window)
    guard = Guard(_("Repair a Trigger in Production"), words, _("Repair"))
    dialog.agreed.connect(
        lambda agreed: work.carry_out(
            function, agreed, done, guard=guard, dialog=dialog, awaited=_same(trigger)
        )
    )
    dialog.open()


# Pausing --------------------------------------------------------------------------------------------------


def pause(work: TriggersWork, trigger: Trigger) -> None:
    """Pauses or resumes a trigger at once; the message offers Undo."""
    function = work.page.function
    if function is None:
        return
    resumes, name = trigger.state in PAUSED, trigger_name(trigger)
    if resumes:
        plan = planning.plan_resume(function.detail, trigger)
        words, done_text = _("{name} will invoke the function again."), _("{name} was resumed.")
        guard = Guard(_("Resume a Trigger in Production"), words.format(name=name), _("Resume"))
    else:
        plan = planning.plan_pause(function.detail, trigger)
        words, done_text = _("{name} will stop invoking the function."), _("{name} was paused.")
        guard = Guard(_("Pause a Trigger in Production"), words.format(name=name), _("Pause"))

    def done() -> None:
        work.paused = (function, trigger)
        work.context.set_condition(UNDO_PAUSE, is_met=True)
        said = WorkbenchError(done_text.format(name=name), action=UNDO_PAUSE)
        work.context.report(said, "info", key=KEY, function=function)

    work.carry_out(function, plan, done, guard=guard, awaited=_same(trigger))


def undo_pause(work: TriggersWork) -> None:
    """Reverts the last pause or resume."""
    if work.paused is None:
        return
    (function, trigger), work.paused = work.paused, None
    work.context.set_condition(UNDO_PAUSE, is_met=False)
    was_paused = trigger.state in PAUSED
    plan = (planning.plan_pause if was_paused else planning.plan_resume)(function.detail, trigger)
    done_text = _("{name} was paused again.") if was_paused else _("{name} was resumed.")
    work.carry_out(function, plan, _said(done_text, trigger), awaited=_same(trigger))


def _said(done_text: str, trigger: Trigger) -> Callable[[], Notice]:
    return lambda: Notice(done_text.format(name=trigger_name(trigger)), tone="good")


def _same(trigger: Trigger) -> tuple[str, str, str]:
    return trigger.kind, trigger.source_arn, trigger.identity
