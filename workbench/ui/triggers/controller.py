"""Connects triggers with the window; test events, and the Trigger Doctor."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from workbench.aws.connection import Connection
from workbench.aws.retrying_connection import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _
from workbench.logs.parse import LogLine
from workbench.logs.read import MarkedInvocation, find_marked_invocation
from workbench.profiles.safety import Tier
from workbench.triggers import doctor
from workbench.triggers import execute as executing
from workbench.triggers.kinds import table as sources
from workbench.triggers.model import SourceKind, TestEvent, Trigger, TriggerPlan
from workbench.ui.kit.question import confirm_by_name
from workbench.ui.pages.base import Page
from workbench.ui.pages.triggers import TriggersPage
from workbench.ui.parts import Parts
from workbench.ui.services import OpenFunction
from workbench.ui.session import Session
from workbench.ui.shell.protection import Protection
from workbench.ui.triggers import doctor_window, event_dialog, plan_form
from workbench.ui.triggers.change_flow import UNDO_PAUSE, AddFlow, AsyncFlow, ChangeFlow
from workbench.ui.triggers.labels import trigger_name
from workbench.ui.triggers.work import TriggersWork

DOCTOR = "triggers.doctor"
_PLAN = "triggers.doctor.plan"


class EventFlow(QObject):
    """Sends a test event through a trigger's source, and finds the invocation that it caused.

    Args:
        work: What changes share.

    Signals:
        logs_wanted: This invocation of the open function shall be shown in the Logs tab.
    """

    logs_wanted = Signal(str)

    def __init__(self, work: TriggersWork) -> None:
        super().__init__(work.window)
        self._work = work
        work.page.test_wanted.connect(self.begin)

    def begin(self, trigger: Trigger) -> None:
        """Shows what would be sent, and sends it after a yes."""
        function = self._work.page.function
        if function is None:
            return
        trigger = replace(trigger, qualifier=function.detail.invoked_qualifier(trigger.qualifier))
        event = sources.SOURCES[trigger.kind].test_event(trigger, new_mark())
        if event is None:
            return
        dialog = event_dialog.EventDialog(event, trigger_name(trigger), self._work.window)
        dialog.send_wanted.connect(lambda: self._confirm(dialog, function, trigger))
        dialog.logs_wanted.connect(dialog.accept)
        dialog.logs_wanted.connect(self.logs_wanted)
        dialog.open()

    def _confirm(self, dialog: "event_dialog.EventDialog", function: OpenFunction, trigger: Trigger) -> None:
        """Makes a new mark for each event: else the second would find the first one's invocation."""
        event = sources.SOURCES[trigger.kind].test_event(trigger, new_mark())
        assert event is not None
        self._work.confirm(
            function,
            _("Send a test event in production"),
            " ".join(filter(None, (event.what, event.warning))),
            _("Send"),
            lambda: self._send(dialog, function, trigger, event),
        )

    def _send(
        self, dialog: "event_dialog.EventDialog", function: OpenFunction, trigger: Trigger, event: TestEvent
    ) -> None:
        detail = function.detail
        title = _("Sending a test event through {trigger}").format(trigger=trigger_name(trigger))
        plan = TriggerPlan(title, detail.function_arn, trigger.kind, event.steps)
        clock = self._work.services.clock

        def run(ctx: JobContext) -> MarkedInvocation:
            sent = clock.now()

            def find() -> MarkedInvocation:
                ctx.emit(None)
                try:
                    return find_marked_invocation(
                        function.connection, detail.log_group, event.mark, sent, ctx
                    )
                except WorkbenchError as error:
                    error.what = _("The event was sent. {what}").format(what=error.what)
                    raise

            return executing.try_out(function.connection, plan, self._work.journal, ctx, find)

        def failed(error: WorkbenchError) -> None:
            self._work.unsettled.emit(function.connection)
            dialog.show_failure(error)

        dialog.show_event(event)
        dialog.set_working(working=True)
        handle = self._work.services.jobs.submit(
            Job(
                title,
                run,
                on_item=lambda item: _show(dialog, item),
                on_done=dialog.show_caused,
                on_error=failed,
                on_cancelled=dialog.show_cancelled,
                on_progress=dialog.show_progress,
            )
        )
        dialog.cancel_wanted.connect(lambda: handle.cancel())
        dialog.finished.connect(lambda __: handle.drop())


def new_mark() -> str:
    """A unique text that marks an event in the log."""
    return f"workbench-test-{secrets.token_hex(6)}"


def _show(dialog: "event_dialog.EventDialog", item: object) -> None:
    if item is None:
        dialog.show_waiting()
    elif isinstance(item, tuple) and all(isinstance(line, LogLine) for line in item):
        dialog.show_lines("\n".join(line.message for line in item))


ConfirmAll = Callable[[Connection, str, Callable[[], object]], object]
"""Asks before many functions are changed in production: connection, words, and what is done then."""


class DoctorFlow(QObject):
    """Trigger Doctor…: checks all functions of a region, and repairs the triggers that are ticked.

    Args:
        work: What changes of triggers share.
        session: Whose region is checked.
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
        work.services.actions.bind(DOCTOR, self.open)

    def open(self) -> None:
        """Opens the window and starts the check."""
        connection = self._session.connection
        if connection is None or self._window is not None:
            return
        where = _("account {account_id}, {region}")
        window = doctor_window.DoctorWindow(
            where.format(account_id=connection.account_id, region=connection.region),
            self._work.services.icons,
            self._work.window,
        )
        self._window = window
        window.examine_wanted.connect(lambda: self._examine(window, connection))
        window.cancel_wanted.connect(self._cancel)
        window.repair_wanted.connect(lambda chosen: self._plan(window, connection, chosen))
        window.open_wanted.connect(lambda name: self._open_function(window, name))
        window.finished.connect(lambda __: self._closed())
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

    # Checking -----------------------------------------------------------------------------------------------

    def _examine(self, window: "doctor_window.DoctorWindow", connection: Connection) -> None:
        window.begin()

        def add(item: object) -> None:
            if isinstance(item, doctor.FleetRow) and self._window is window:
                window.add_row(item)

        self._running = self._work.services.jobs.submit(
            Job(
                _("Checking the triggers in {region}").format(region=connection.region),
                lambda ctx: doctor.examine_fleet(connection, self._budget, ctx),
                on_item=add,
                on_done=lambda __: self._if_open(window, window.finish),
                on_error=lambda error: self._if_open(window, lambda: window.show_failure(error)),
                on_cancelled=lambda: self._if_open(window, window.show_cancelled),
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
            _("Planning the repairs"),
            _PLAN,
            run,
            lambda plans: self._offer(window, connection, plans),
            window.show_failure,
        )

    def _offer(
        self,
        window: "doctor_window.DoctorWindow",
        connection: Connection,
        plans: tuple[TriggerPlan, ...],
    ) -> None:
        """Shows all steps of all functions as one plan; each function's steps are carried out separately."""
        if not plans:
            window.say(_("No trigger needs a repair."), "good")
            return
        count = len(plans)
        several = _("Repair the triggers of {count} functions").format(count=str(count))
        title = plans[0].title if count == 1 else several
        steps = tuple(step for plan in plans for step in plan.steps)
        whole = TriggerPlan(title, plans[0].function_arn, SourceKind("other"), steps)
        words = _("Each function is repaired separately. A failure does not affect the others.")
        dialog = plan_form.RepairDialog(whole, words, window)
        dialog.agreed.connect(
            lambda __: self._confirm(
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
            dialog.finish()
            self._work.page.refresh()
            for failure in failures:
                self._work.fail(DOCTOR, failure)
            self._if_open(window, lambda: self._examine(window, connection))

        dialog.set_working(working=True)
        handle = self._work.services.jobs.submit(
            Job(
                dialog.plan.title if dialog.plan is not None else "",
                run,
                on_done=done,
                on_error=dialog.show_failure,
                on_cancelled=dialog.show_cancelled,
                on_progress=dialog.show_progress,
            )
        )
        dialog.cancel_wanted.connect(lambda: handle.cancel())


class ConnectedTriggers(QObject):
    """Connects the Triggers tab.

    Args:
        parts: Of the window.
        page: The Triggers tab.
        protection: Knows how careful to be.
        navigate: Goes to a place of another feature.
        budget: Shared with all who ask AWS for much.
    """

    def __init__(
        self,
        parts: Parts,
        page: Page,
        protection: Protection,
        navigate: Callable[..., object],
        budget: RateBudget,
    ) -> None:
        super().__init__(parts.window)
        assert isinstance(page, TriggersPage)
        self._parts, self._protection, self.page = parts, protection, page
        self.work = TriggersWork(parts.services, parts.window, page, protection.confirm_change)
        self.adding = AddFlow(self.work, self._is_production)
        self.changes = ChangeFlow(self.work, self._is_production)
        self.events = EventFlow(self.work)
        self.asynchronous = AsyncFlow(self.work)
        self.work.unsettled.connect(parts.window.operations_changed)
        self.doctor = DoctorFlow(self.work, parts.session, budget, self._confirm_all)
        page.budget = budget
        page.why_locked = self._why_locked
        self.work.notice.connect(parts.window.function_banners.notices("triggers"))
        self.work.failed.connect(protection.sign_in.note_failure)
        self.changes.undoable.connect(lambda there: parts.services.actions.set_there(UNDO_PAUSE, there=there))
        self.adding.region_wanted.connect(self._go_to_region)
        self.adding.copy_wanted.connect(lambda region: navigate("copy_function", region))
        self.adding.invoke_wanted.connect(lambda event: navigate("test.event", event))
        self.events.logs_wanted.connect(lambda request_id: navigate("logs.invocation", request_id))

    def _confirm_all(self, connection: Connection, words: str, then: Callable[[], object]) -> None:
        """Asks for the account before many functions are changed in production."""
        if self._protection.tier_for(connection) is not Tier.PRODUCTION:
            then()
            return
        where = _("This is production (account {account_id}, {region}).")
        confirm_by_name(
            self._parts.window,
            _("Repair triggers in production"),
            f"{words}. {where.format(account_id=connection.account_id, region=connection.region)}",
            connection.account_id,
            _("Repair in {account_id}").format(account_id=connection.account_id),
            then,
        )

    def _why_locked(self) -> str:
        if self._protection.frame.tier is not Tier.READ_ONLY:
            return ""
        words = _("The profile {profile} is read-only.")
        return words.format(profile=self._parts.session.profile.name)

    def _is_production(self) -> bool:
        return self._protection.frame.tier is Tier.PRODUCTION

    def _go_to_region(self, region: str, chooses_function: bool) -> None:
        """Shows another region; a function there is chosen in its list."""
        session = self._parts.session
        session.choose(session.profile, region)
        if chooses_function:
            self._parts.window.search_functions()
