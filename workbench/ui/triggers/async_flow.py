"""From Asynchronous Invocation… to its end."""

from PySide6.QtCore import QObject

from workbench.core.jobs import Job, JobContext
from workbench.triggers import async_settings
from workbench.triggers import plan as planning
from workbench.triggers.model import Location, TriggerPlan, TriggerSpec
from workbench.ui.services import OpenFunction
from workbench.ui.triggers import async_dialog
from workbench.ui.triggers.work import TriggersWork

_PREPARE = "triggers.async"


class AsyncFlow(QObject):
    """Lives as long as the window.

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
        dialog.check_wanted.connect(lambda wiring: self._prepare(dialog, function, wiring))
        dialog.outgrown.connect(lambda: self._work.services.jobs.drop(_PREPARE))
        dialog.finished.connect(lambda _: self._work.services.jobs.drop(_PREPARE))
        dialog.agreed.connect(lambda plan: self._agreed(dialog, function, plan))
        dialog.open()

    def _prepare(
        self, dialog: "async_dialog.AsyncDialog", function: OpenFunction, wiring: TriggerSpec
    ) -> None:
        before, detail = dialog.before, function.detail

        def run(ctx: JobContext) -> planning.Prepared:
            found = async_settings.prepare_async_settings(
                function.connection, detail, before, wiring.values, ctx
            )
            place = Location.of(detail.function_arn)
            return planning.Prepared(wiring, place, found.findings, found.plan.steps, found.plan.title)

        self._work.services.jobs.submit(
            Job(
                self.tr("Checking the settings of %1").replace("%1", detail.function_name),
                run,
                replaces=_PREPARE,
                on_done=dialog.show_prepared,
                on_error=dialog.show_unprepared,
                on_cancelled=lambda: dialog.wiring.say(self.tr("The check was cancelled."), "warning"),
            )
        )

    def _agreed(self, dialog: "async_dialog.AsyncDialog", function: OpenFunction, plan: TriggerPlan) -> None:
        name = function.detail.function_name

        def done() -> None:
            dialog.done_well()
            words = self.tr("The asynchronous invocation settings of %1 were changed.").replace("%1", name)
            self._work.notice.emit(words, "", "good")
            if any(step.action == async_settings.DEAD_LETTER_CONFIG for step in plan.steps):
                self._work.services.actions["function.refresh"].trigger()  # its configuration is another now

        self._work.confirm(
            function,
            self.tr("Change asynchronous invocation in production"),
            self.tr("This changes what happens to failed events of %1.").replace("%1", name),
            self.tr("Save Changes"),
            lambda: self._work.carry_out_in(dialog, function, plan, done),
        )
