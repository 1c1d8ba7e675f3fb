"""Power tuning of the open function: asks in production, tries, applies, and cleans up after a crash."""

import math
import secrets
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from workbench.aws.retrying_connection import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _
from workbench.functions import configure as configuring
from workbench.functions.model import FunctionDetail
from workbench.invoke import payload as payloads
from workbench.invoke.payload import check_payload
from workbench.metrics import power_tuning as tuning
from workbench.metrics import tuning_journal as journals
from workbench.ui.invoking.invoker import Invocation, Request, history_of, send
from workbench.ui.left_over import LeftOver
from workbench.ui.pages.test import TestPage
from workbench.ui.parts import Parts
from workbench.ui.power_tuning import dialog as dialogs
from workbench.ui.protection import Protection
from workbench.ui.services import OpenFunction, Services
from workbench.ui.session import Session
from workbench.ui.window import MainWindow

TUNE, CLEAN = "function.power_tuning", "function.clean_tuning"

Confirm = Callable[[OpenFunction, str, str, str, Callable[[], object]], None]
"""As Protection.confirm_change."""


class VersionInvoker:
    """Invokes versions as the Test tab would. Runs in jobs."""

    def __init__(self, services: Services, test: TestPage) -> None:
        self._services, self._clock, self._test = services, services.clock, test

    @property
    def tenant_id(self) -> str:
        """The tenant that the Test tab names; empty for none. On the main thread only."""
        return self._test.options.tenant_id

    def check(self, event: bytes) -> None:
        """Raises WorkbenchError when an event cannot be sent: before anything is published."""
        check_payload(payloads.resolve_variables(event.decode(), self._clock.now()).encode())

    def once(
        self,
        function: OpenFunction,
        version: str,
        request: "dialogs.TuningRequest",
        batch: str,
        ctx: JobContext,
    ) -> "tuning.Trial":
        """Invokes a version once, and records it in the invocation history.

        The batch binds the invocations of a trial together.

        Without a REPORT line the time is what this computer has measured.
        """
        sending = Request(request.event, qualifier=version, batch=batch, tenant_id=request.tenant_id)
        invocation = Invocation(function, self._clock.now(), sending)
        sent = send(invocation, history_of(self._services), self._clock, ctx.muted())
        result = sent.invocation.result
        assert result is not None  # else it was raised why
        report = result.report
        if report is None:
            billed_ms = math.ceil(result.duration_ms)
            return tuning.Trial(result.duration_ms, billed_ms, None, result.error_type)
        return tuning.Trial(report.duration_ms, report.billed_ms, report.init_ms, result.error_type)


class PowerTuningFlow(QObject):
    """Runs trials from the dialog to the result, and cleans up after interrupted ones.

    Args:
        services: The program's shared parts.
        session: Where interrupted trials are looked for.
        window: For the dialog and the banners.
        confirm: Asks before something is changed in production.
        invoke: Invokes.
        events: The test events to choose from, the one of the Test tab first.
        budget: How fast accounts may be asked.

    Signals:
        applied: An OpenFunction has another memory size.
        failed: A WorkbenchError.

    Attributes:
        left_over: What an interrupted trial has left here.
    """

    applied = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        services: Services,
        session: Session,
        window: MainWindow,
        confirm: Confirm,
        invoke: VersionInvoker,
        events: Callable[[], list[tuple[str, bytes]]],
        budget: RateBudget,
    ) -> None:
        super().__init__(window)
        self._services, self._session, self._window = services, session, window
        self._confirm, self._invoke, self._events, self._budget = confirm, invoke, events, budget
        self._folder = services.paths.data_dir / "tuning"
        self.left_over = LeftOver(
            "tuning", services, session, window, self._unfinished, self._interruption_error
        )
        self._running: JobHandle | None = None
        services.actions.bind(TUNE, self.open)
        services.actions.bind(CLEAN, self.clean)

    # The trial ----------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Shows the dialog for the open function."""
        if (function := self._window.page.function) is None:
            return
        simulated = function.connection.is_custom_endpoint
        dialog = dialogs.PowerTuningDialog(
            function.detail,
            self._events(),
            self._services.theme,
            self._window,
            simulated=simulated,
            tenant_id=self._invoke.tenant_id,
        )
        dialog.start_wanted.connect(lambda request: self._ask(dialog, function, request))
        dialog.cancel_wanted.connect(self._cancel)
        dialog.apply_wanted.connect(lambda size: self._ask_apply(dialog, function, size))
        dialog.finished.connect(lambda _result: dialog.deleteLater() if self._running is None else None)
        dialog.open()

    def _ask(
        self, dialog: "dialogs.PowerTuningDialog", function: OpenFunction, request: "dialogs.TuningRequest"
    ) -> None:
        words = _(
            "This temporarily changes the memory size of $LATEST of {function_name} and invokes temporary "
            "versions {count} times."
        )
        self._confirm(
            function,
            _("Power tuning in production"),
            words.format(
                function_name=function.detail.function_name, count=f"{len(request.sizes_mb) * request.runs:,}"
            ),
            _("Run"),
            lambda: self._start(dialog, function, request),
        )

    def _start(
        self, dialog: "dialogs.PowerTuningDialog", function: OpenFunction, request: "dialogs.TuningRequest"
    ) -> None:
        connection, detail, budget = function.connection, function.detail, self._budget
        batch = f"tuning-{secrets.token_hex(6)}"
        journal = journals.TuningJournal(self._folder, self._services.clock)
        architecture = (*detail.architectures, "x86_64")[0]
        tried: dict[int, tuning.SizeFigures] = {}

        def run(ctx: JobContext) -> object:
            def once(version: str, ctx: JobContext) -> "tuning.Trial":
                return self._invoke.once(function, version, request, batch, ctx)

            self._invoke.check(request.event)
            return tuning.tune(connection, detail, request.sizes_mb, request.runs, once, journal, ctx, budget)

        def show(item: object) -> None:
            if isinstance(item, tuning.SizeTried):
                storage_mb = detail.ephemeral_storage_mb
                tried[item.memory_mb] = tuning.figures_of(item, detail.region, architecture, storage_mb)
                dialog.show_figures(tuple(tried.values()))

        def ended(words: str) -> None:
            self._running = None
            dialog.set_running(running=False)
            dialog.say(words)
            if not dialog.isVisible():
                dialog.deleteLater()  # it was closed meanwhile
            self._services.actions["function.refresh"].trigger()  # $LATEST has another RevisionId now
            self.left_over.look()

        def failed(error: WorkbenchError) -> None:
            ended("")
            dialog.say_error(error)
            self.failed.emit(error)

        dialog.set_running(running=True)
        dialog.show_figures(())
        self._running = self._services.jobs.submit(
            Job(
                _("Power tuning of {function_name}").format(function_name=detail.function_name),
                run,
                lane=f"write:{detail.function_arn}",
                on_item=show,
                on_progress=lambda each: dialog.show_progress(each.done, each.total, each.text),
                on_done=lambda __: ended(_("Power tuning is complete. All temporary versions were deleted.")),
                on_error=failed,
                on_cancelled=lambda: ended(_("Cancelled. All temporary versions were deleted.")),
            )
        )

    def _cancel(self) -> None:
        if self._running is not None:
            self._running.cancel()

    # Applying -----------------------------------------------------------------------------------------------

    def _ask_apply(self, dialog: "dialogs.PowerTuningDialog", function: OpenFunction, size: int) -> None:
        words = _("This sets the memory of {function_name} to {size} MB.")
        self._confirm(
            function,
            _("Change memory in production"),
            words.format(function_name=function.detail.function_name, size=f"{size:,}"),
            _("Change"),
            lambda: self._apply(dialog, function, size),
        )

    def _apply(self, dialog: "dialogs.PowerTuningDialog", function: OpenFunction, size: int) -> None:
        connection, detail = function.connection, function.detail
        wanted = configuring.Wanted(memory_mb=size)

        def ended() -> None:
            self._running = None
            dialog.set_running(running=False)
            if not dialog.isVisible():
                dialog.deleteLater()

        def done(now: FunctionDetail) -> None:
            ended()
            self.applied.emit(OpenFunction(connection, now))
            dialog.accept()

        def failed(error: WorkbenchError) -> None:
            ended()
            dialog.say_error(error)
            self.failed.emit(error)

        dialog.set_running(running=True)
        dialog.say(_("Changing the memory…"))
        self._running = self._services.jobs.submit(
            Job(
                _("Changing the memory of {function_name}").format(function_name=detail.function_name),
                lambda ctx: configuring.configure_for_callers(connection, detail, wanted, ctx),
                lane=f"write:{detail.function_arn}",
                on_done=done,
                on_error=failed,
                on_cancelled=ended,
            )
        )

    # After a crash ------------------------------------------------------------------------------------------

    def _unfinished(self, account_id: str, region: str) -> "tuple[journals.InterruptedTuning, ...]":
        return journals.TuningJournal(self._folder).unfinished(account_id, region)

    def _interruption_error(self, interrupted: "journals.InterruptedTuning") -> WorkbenchError:
        temporary = interrupted.about
        why = _("Temporary versions might remain, and $LATEST might not have its original {memory_mb} MB.")
        return WorkbenchError(
            _("Power tuning of {function_name} was interrupted.").format(
                function_name=temporary.function_name
            ),
            why.format(memory_mb=f"{temporary.memory_mb:,}"),
            _("Delete the temporary versions."),
            action=CLEAN,
        )

    def clean(self) -> None:
        """Deletes the temporary versions of the oldest interrupted trial, and restores the memory size."""
        connection, interrupted = self._session.connection, self.left_over.oldest
        if connection is None or interrupted is None:
            return
        name, budget = interrupted.about.function_name, self._budget
        journal = journals.TuningJournal(self._folder, self._services.clock)

        def done(_result: object) -> None:
            self._window.banners.show_notice(
                _("All temporary versions of {name} were deleted.").format(name=name),
                tone="good",
                key="tuned",
            )
            self.left_over.look()

        def failed(error: WorkbenchError) -> None:
            self._window.banners.show_error(error)
            self.left_over.look()

        self._services.jobs.submit(
            Job(
                _("Deleting temporary versions of {name}").format(name=name),
                lambda ctx: tuning.undo(connection, interrupted, journal, ctx, budget),
                lane=f"write:{interrupted.about.function_arn}",
                on_done=done,
                on_error=failed,
                on_cancelled=self.left_over.look,
            )
        )


class ConnectedPowerTuning(QObject):
    """Connects power tuning with the other parts of the window."""

    def __init__(self, parts: Parts, protection: Protection, budget: RateBudget) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self.flow = PowerTuningFlow(
            parts.services,
            parts.session,
            parts.window,
            protection.confirm_change,
            VersionInvoker(parts.services, parts.test),
            self._events,
            budget,
        )
        self.flow.applied.connect(self._show)
        self.flow.failed.connect(lambda error: protection.sign_in.note_failure(TUNE, error))
        self.flow.left_over.there.connect(lambda there: parts.services.actions.set_there(CLEAN, there=there))

    def _events(self) -> list[tuple[str, bytes]]:
        """What is in the Test tab, then all that it offers."""
        test = self._parts.test
        typed = _("Same as in the Test tab")
        found = [(typed, test.text.toPlainText().encode() or b"{}")]
        for row in range(test.picker.count()):
            if (event := test.picker.event_at(row)) is not None:
                found.append((test.picker.itemText(row), event.text.encode()))
        return found

    def _show(self, function: OpenFunction) -> None:
        """A function that was changed, if it is still the open one."""
        window = self._parts.window
        opened = window.page.function
        if opened is not None and opened.detail.function_arn == function.detail.function_arn:
            window.page.open(function)
        window.functions.refresh()
        words = _("{function_name} currently has {memory_mb} MB of memory.").format(
            function_name=function.detail.function_name, memory_mb=f"{function.detail.memory_mb:,}"
        )
        window.function_banners.show_notice(words, tone="good", key="tuned", function=function)
