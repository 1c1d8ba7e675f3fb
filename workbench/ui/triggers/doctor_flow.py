"""The doctor over a whole region: looks, plans the repairs of what is ticked, carries them out."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from workbench.aws.connection import Connection
from workbench.aws.rate_budget import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.triggers import doctor
from workbench.triggers import execute as executing
from workbench.triggers.model import SourceKind, TriggerPlan
from workbench.ui.session import Session
from workbench.ui.triggers import doctor_window, plan_form
from workbench.ui.triggers.work import TriggersWork

ACTION = "triggers.doctor"
_PLAN = "triggers.doctor.plan"

ConfirmAll = Callable[[Connection, str, Callable[[], object]], object]
"""Asks before many functions are changed in production: connection, words, and what is done then."""


class DoctorFlow(QObject):
    """Lives as long as the window, and binds its own action.

    Args:
        work: What changes of triggers share.
        session: Whose region is looked at.
        budget: The program's.
        confirm: Asks in production.

    Signals:
        open_wanted: The name of a function to open.
    """

    open_wanted = Signal(str)

    def __init__(self, work: TriggersWork, session: Session, budget: RateBudget, confirm: ConfirmAll) -> None:
        super().__init__(work.window)
        self._work, self._session, self._budget, self._confirm = work, session, budget, confirm
        self._window: doctor_window.DoctorWindow | None = None
        self._running: JobHandle | None = None
        work.services.actions.bind(ACTION, self.open)

    def open(self) -> None:
        """Opens the window and looks at once."""
        connection = self._session.connection
        if connection is None or self._window is not None:
            return
        where = self.tr("account %1, %2").replace("%1", connection.account_id)
        window = doctor_window.DoctorWindow(
            where.replace("%2", connection.region), self._work.services.icons, self._work.window
        )
        self._window = window
        window.examine_wanted.connect(lambda: self._examine(window, connection))
        window.cancel_wanted.connect(self._cancel)
        window.repair_wanted.connect(lambda chosen: self._plan(window, connection, chosen))
        window.open_wanted.connect(lambda name: self._open_function(window, name))
        window.finished.connect(lambda _: self._closed())
        window.open()
        self._examine(window, connection)

    def _closed(self) -> None:
        self._cancel()
        self._work.services.jobs.drop(_PLAN)
        self._window = self._running = None

    def _cancel(self) -> None:
        if self._running is not None:
            self._running.cancel()

    def _open_function(self, window: "doctor_window.DoctorWindow", name: str) -> None:
        window.set_working(working=False)
        window.reject()
        self.open_wanted.emit(name)

    # Looking ------------------------------------------------------------------------------------------------

    def _examine(self, window: "doctor_window.DoctorWindow", connection: Connection) -> None:
        window.begin()

        def take(item: object) -> None:
            if isinstance(item, doctor.FleetRow) and self._window is window:
                window.add_row(item)

        self._running = self._work.services.jobs.submit(
            Job(
                self.tr("Checking the triggers in %1").replace("%1", connection.region),
                lambda ctx: doctor.examine_fleet(connection, self._budget, ctx),
                on_item=take,
                on_done=lambda _: self._if_open(window, window.finish),
                on_error=lambda error: self._if_open(window, lambda: window.say_failed(error)),
                on_cancelled=lambda: self._if_open(window, window.say_stopped),
                on_progress=lambda progress: self._if_open(window, lambda: window.show_progress(progress)),
            )
        )

    def _if_open(self, window: "doctor_window.DoctorWindow", then: Callable[[], object]) -> None:
        if self._window is window:
            then()

    # Repairing ----------------------------------------------------------------------------------------------

    def _plan(
        self,
        window: "doctor_window.DoctorWindow",
        connection: Connection,
        chosen: "Sequence[doctor_window.Chosen]",
    ) -> None:
        def run(ctx: JobContext) -> tuple[TriggerPlan, ...]:
            plans = (
                doctor.plan_repair(connection, triggers, row.report.observed, ctx) for row, triggers in chosen
            )
            return tuple(plan for plan in plans if plan is not None)

        self._work.read(
            self.tr("Planning the repairs"),
            _PLAN,
            run,
            lambda plans: self._offer(window, connection, plans),
            window.say_failed,
        )

    def _offer(
        self,
        window: "doctor_window.DoctorWindow",
        connection: Connection,
        plans: tuple[TriggerPlan, ...],
    ) -> None:
        """Shows all steps of all functions as one plan; each function's is carried out by itself."""
        if not plans:
            window.say(self.tr("No trigger needs a repair."), "good")
            return
        count = len(plans)
        several = self.tr("Repair the triggers of %1 functions").replace("%1", str(count))
        title = plans[0].title if count == 1 else several
        steps = tuple(step for plan in plans for step in plan.steps)
        whole = TriggerPlan(title, plans[0].function_arn, SourceKind.OTHER, steps)
        words = self.tr("Each function is repaired separately. A failure does not affect the others.")
        dialog = plan_form.RepairDialog(whole, words, window)
        dialog.agreed.connect(
            lambda _: self._confirm(
                connection, title, lambda: self._repair(window, dialog, connection, plans)
            )
        )
        dialog.open()

    def _repair(
        self,
        window: "doctor_window.DoctorWindow",
        dialog: "plan_form.RepairDialog",
        connection: Connection,
        plans: tuple[TriggerPlan, ...],
    ) -> None:
        def run(ctx: JobContext) -> tuple[WorkbenchError, ...]:
            failures = []
            for plan in plans:
                ctx.check()
                try:
                    executing.execute(connection, plan, self._work.journal, ctx)
                except WorkbenchError as error:
                    failures.append(error)
            return tuple(failures)

        def done(failures: tuple[WorkbenchError, ...]) -> None:
            dialog.done_well()
            self._work.page.refresh()
            for failure in failures:
                self._work.fail(ACTION, failure)
            self._if_open(window, lambda: self._examine(window, connection))

        dialog.set_working(working=True)
        handle = self._work.services.jobs.submit(
            Job(
                dialog.plan.title if dialog.plan is not None else "",
                run,
                on_done=done,
                on_error=dialog.say_failed,
                on_cancelled=dialog.say_cancelled,
                on_progress=dialog.show_progress,
            )
        )
        dialog.cancel_wanted.connect(lambda: handle.cancel())
