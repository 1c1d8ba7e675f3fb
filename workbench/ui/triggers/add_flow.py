"""From Add Trigger… to its end: what the dialog needs, the plan carried out, and where fixes lead.

Owns: the jobs, and what becomes of fixes that are no steps. Must not know: how the dialog looks.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from workbench.aws import regions
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.functions.versions import list_aliases, list_versions
from workbench.triggers import candidates, locations
from workbench.triggers import plan as planning
from workbench.triggers.kinds import table as sources
from workbench.triggers.model import (
    Candidate,
    Finding,
    Fix,
    FixKind,
    Location,
    Severity,
    SourceKind,
    TriggerPlan,
    TriggerSpec,
)
from workbench.ui.services import OpenFunction
from workbench.ui.triggers import add_dialog, policy_dialog
from workbench.ui.triggers.words import kind_title
from workbench.ui.triggers.work import TriggersWork

ADD = "triggers.add"
_CANDIDATES, _PREPARE, _QUALIFIERS = "triggers.candidates", "triggers.prepare", "triggers.qualifiers"


class AddFlow(QObject):
    """Lives as long as the window, and binds its own action.

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

        def judged(kind: SourceKind, candidate: Candidate) -> tuple[Finding, ...]:
            found = locations.check_locations(
                kind, candidate.location, here, candidate.source_arn, detail.role_arn
            )
            if any(each.severity is Severity.BLOCK for each in found):
                wiring = TriggerSpec(kind, candidate.source_arn, detail)
                found += sources.SOURCES[kind].cross_region_findings(wiring, candidate.location)
            return found

        dialog = add_dialog.AddTriggerDialog(
            detail,
            self._work.services.icons,
            judged,
            is_production=self._is_production(),
            parent=self._work.window,
        )
        self.dialog = dialog
        dialog.candidates_wanted.connect(lambda kind: self._list(dialog, function, kind))
        dialog.check_wanted.connect(lambda wiring: self._prepare(dialog, function, wiring))
        dialog.outgrown.connect(lambda: self._work.services.jobs.drop(_PREPARE))
        dialog.fix_wanted.connect(lambda fix: self._follow(dialog, fix))
        dialog.invoke_wanted.connect(lambda event: self._invoke(dialog, event))
        dialog.agreed.connect(lambda plan: self._agreed(dialog, function, plan))
        dialog.finished.connect(lambda _: self._closed())
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

        dialog.wiring.show_qualifiers(())
        self._work.read(
            self.tr("Reading the aliases of %1").replace("%1", name),
            _QUALIFIERS,
            run,
            dialog.wiring.show_qualifiers,
            dialog.say_error,
        )

    def _list(self, dialog: "add_dialog.AddTriggerDialog", function: OpenFunction, kind: SourceKind) -> None:
        """Lists the function's region first, then the others."""
        connection, home = function.connection, function.detail.region

        def run(ctx: JobContext) -> tuple[WorkbenchError, ...]:
            others = [each for each in regions.lambda_regions(home) if each != home]
            return candidates.list_candidates(connection, kind, others, ctx)

        self._work.services.jobs.submit(
            Job(
                self.tr("Finding sources: %1").replace("%1", kind_title(kind)),
                run,
                replaces=_CANDIDATES,
                on_item=lambda batch: dialog.sources.add(batch) if isinstance(batch, tuple) else None,
                on_done=dialog.sources.finish,
                on_error=lambda error: dialog.sources.finish((error,)),
                on_cancelled=lambda: dialog.sources.say(
                    self.tr("The search was cancelled. You can type an ARN instead."), "warning"
                ),
            )
        )

    def _prepare(
        self, dialog: "add_dialog.AddTriggerDialog", function: OpenFunction, wiring: TriggerSpec
    ) -> None:
        self._work.services.jobs.submit(
            Job(
                self.tr("Checking the trigger of %1").replace("%1", function.detail.function_name),
                lambda ctx: planning.prepare(function.connection, wiring, ctx),
                replaces=_PREPARE,
                on_done=dialog.show_prepared,
                on_error=dialog.show_unprepared,
                on_cancelled=lambda: dialog.wiring.say(self.tr("The check was cancelled."), "warning"),
            )
        )

    # Ways that lead elsewhere -------------------------------------------------------------------------------

    def _follow(self, dialog: "add_dialog.AddTriggerDialog", fix: Fix) -> None:
        if fix.kind is FixKind.SHOW_POLICY:
            policy_dialog.PolicyDialog(fix.title, fix.text, dialog).open()
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
        words = self.tr("%1 will invoke %2.").replace("%1", kind_title(plan.kind))
        words = words.replace("%2", function.detail.function_name)
        self._work.confirm_wiring(
            dialog,
            function,
            self.tr("Add a trigger in production"),
            words,
            self.tr("Create Trigger"),
            lambda: self._create(dialog, function, plan),
        )

    def _create(
        self, dialog: "add_dialog.AddTriggerDialog", function: OpenFunction, plan: TriggerPlan
    ) -> None:
        name = function.detail.function_name
        wiring = dialog.prepared.spec if dialog.prepared else None

        def done() -> None:
            dialog.done_well()
            text = self.tr("%1 now invokes %2.").replace("%1", kind_title(plan.kind))
            self._work.notice.emit(text.replace("%2", name), "", "good")

        awaited = (plan.kind.value, wiring.source_arn if wiring else "", "")
        self._work.carry_out_in(dialog, function, plan, done, awaited=awaited)
