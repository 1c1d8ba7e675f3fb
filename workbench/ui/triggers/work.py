"""What all changes of triggers share: the job, the journal, the confirmation in production, the outcome."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle, Progress
from workbench.core.messages import _
from workbench.triggers import execute as executing
from workbench.triggers.journal import TriggerJournal
from workbench.triggers.model import TriggerPlan
from workbench.ui.kit.question import confirm_by_name
from workbench.ui.pages.triggers import TriggersPage
from workbench.ui.services import OpenFunction, Services
from workbench.ui.triggers import plan_form, trigger_dialog
from workbench.ui.window import MainWindow

Confirm = Callable[[OpenFunction, str, str, str, Callable[[], object]], object]
"""Asks for the name in production: function, title, words, button, and what is done then."""


class TriggersWork(QObject):
    """Carries out changes of triggers, and shows how they ended.

    Signals:
        failed: Which action failed, and why.
        notice: How it ended: text, detail, tone.
        changed: The ARN of a function whose triggers are others now.
        unsettled: A change over this Connection failed, and might have left steps to undo.
    """

    failed = Signal(str, WorkbenchError)
    notice = Signal(str, str, str)
    changed = Signal(str)
    unsettled = Signal(object)

    def __init__(self, services: Services, window: MainWindow, page: TriggersPage, confirm: Confirm) -> None:
        super().__init__(window)
        self.services, self.window, self.page, self.confirm = services, window, page, confirm
        self.journal = TriggerJournal(services.paths.data_dir / "triggers", services.clock)

    def carry_out(
        self,
        function: OpenFunction,
        plan: TriggerPlan,
        done: Callable[[], object],
        *,
        failed: Callable[[WorkbenchError], object] | None = None,
        cancelled: Callable[[], object] | None = None,
        progress: Callable[[Progress], object] | None = None,
        awaited: tuple[str, str, str] = ("", "", ""),
    ) -> JobHandle:
        """Carries a plan out, after what is being changed of the function already; the tab follows.

        Args:
            function: Whose trigger.
            plan: What to do.
            done: Called when it is done.
            failed: Told why not; without one the window says it.
            cancelled: Called when it was cancelled and rolled back.
            progress: Told of each step.
            awaited: The trigger to select afterwards.
        """

        def ended(tell: Callable[[], object]) -> None:
            if self._is_open(function):
                self.page.show_working("")
            self.page.refresh(awaited)
            self.changed.emit(function.detail.function_arn)
            tell()

        def not_done(error: WorkbenchError) -> None:
            self.unsettled.emit(function.connection)
            ended(lambda: failed(error) if failed is not None else self.fail("", error))

        if self._is_open(function):
            self.page.show_working(plan.title)
        self.window.function_banners.dismiss("triggers")  # how the change before this one ended
        return self.services.jobs.submit(
            Job(
                plan.title,
                lambda ctx: executing.execute(function.connection, plan, self.journal, ctx),
                lane=_lane(function),
                on_done=lambda _facts: ended(done),
                on_error=not_done,
                on_cancelled=lambda: ended(cancelled or (lambda: None)),
                on_progress=progress,
                on_item=self.page.show_state,
                immediate=True,
            )
        )

    def carry_out_in(
        self,
        dialog: "plan_form.PlanForm",
        function: OpenFunction,
        plan: TriggerPlan,
        done: Callable[[], object],
        *,
        awaited: tuple[str, str, str] = ("", "", ""),
    ) -> None:
        """Carries a plan out while its dialog stays open: it shows the progress, and what went wrong."""
        dialog.set_working(working=True)
        dialog.say(self._initial_status(function))
        handle = self.carry_out(
            function,
            plan,
            done,
            failed=dialog.show_failure,
            cancelled=dialog.show_cancelled,
            progress=dialog.show_progress,
            awaited=awaited,
        )
        dialog.cancel_wanted.connect(lambda: handle.cancel())

    def _is_open(self, function: OpenFunction) -> bool:
        opened = self.page.function
        return opened is not None and opened.detail.function_arn == function.detail.function_arn

    def _initial_status(self, function: OpenFunction) -> str:
        """What is said until the first step tells its progress: a change that runs already comes first."""
        lane = _lane(function)
        ahead = [each.job.title for each in self.services.jobs.active() if each.job.lane == lane]
        if not ahead:
            return _("Starting…")
        return _("Waiting until this change is complete: {ahead}…").format(ahead=ahead[-1])

    def confirm_plan(
        self,
        dialog: "trigger_dialog.WiringDialog",
        function: OpenFunction,
        title: str,
        words: str,
        yes: str,
        then: Callable[[], object],
    ) -> None:
        """Asks for the word that a finding wants typed (a public URL), and for the name in production."""
        findings = dialog.prepared.findings if dialog.prepared is not None else ()
        grave = next((each for each in findings if each.typed_word), None)

        def confirm() -> None:
            self.confirm(function, title, words, yes, then)

        if grave is None:
            confirm()
        else:
            why = grave.why or grave.what
            confirm_by_name(dialog, grave.what, why, grave.typed_word, _("Continue"), confirm)

    def notice_with(self, text: str, action: str) -> None:
        """Shows a notice with a button for an action."""
        self.window.function_banners.show_error(WorkbenchError(text, action=action), "info", key="triggers")

    def read[T](
        self,
        title: str,
        key: str,
        run: Callable[[JobContext], T],
        done: Callable[[T], object],
        failed: Callable[[WorkbenchError], object] | None = None,
    ) -> JobHandle:
        """Reads something; an older reading with the same key is dropped."""
        return self.services.jobs.submit(
            Job(
                title,
                run,
                replaces=key,
                on_done=done,
                on_error=failed or (lambda error: self.fail("", error)),
            )
        )

    def fail(self, action: str, error: WorkbenchError) -> None:
        """Shows the error above the page."""
        self.window.function_banners.show_error(error)
        self.failed.emit(action, error)


def _lane(function: OpenFunction) -> str:
    """Changes of one function run one after the other."""
    return f"write:{function.detail.function_arn}"
