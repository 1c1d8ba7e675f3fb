"""Power tuning of the open function: asks in production, tries, applies, and cleans up after a crash."""

import math
import secrets

from PySide6.QtCore import QObject

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, JobHandle
from workbench.core.messages import _
from workbench.functions import configure as configuring
from workbench.functions.model import FunctionDetail
from workbench.invoke import payload as payloads
from workbench.invoke.payload import check_payload
from workbench.metrics import power_tuning as tuning
from workbench.ui.features.power_tuning import dialog as dialogs
from workbench.ui.pages.test import TestPage
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context, Guard, Notice
from workbench.ui.shell.invoker import Invocation, Request, history_of, send
from workbench.ui.shell.recovery import Ended, Interruption
from workbench.ui.shell.services import OpenFunction, Services

TUNE = "function.power_tuning"


def activate(context: Context) -> None:
    """Adds power tuning to the configuration's actions."""
    flow = PowerTuningFlow(context)
    submenu = _("Configuration")
    context.action(
        ActionSpec(
            TUNE,
            _("Power Tuning…"),
            "Alt+Shift+W",
            "zap",
            "function",
            begins_group=True,
            submenu=submenu,
            terms=_("memory, cost, performance"),
        ),
        flow.open,
        after="configuration.revert",
    )
    context.recovery(_("Power tuning"), lambda: (flow.journal,), flow.describe)


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
    """Runs trials from the dialog to the result, and cleans up after interrupted ones."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context, self._services, self._window = context, context.services, context.window
        self._test = context.page(TestPage)
        self._invoke = VersionInvoker(self._services, self._test)
        self.journal = tuning.TuningJournal(self._services.paths.data_dir / "tuning", self._services.clock)
        self._running: JobHandle | None = None

    def _events(self) -> list[tuple[str, bytes]]:
        """What is in the Test tab, then all that it offers."""
        typed = _("Same as in the Test tab")
        found = [(typed, self._test.text.toPlainText().encode() or b"{}")]
        for row in range(self._test.picker.count()):
            if (event := self._test.picker.event_at(row)) is not None:
                found.append((self._test.picker.itemText(row), event.text.encode()))
        return found

    # The trial ----------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Shows the dialog for the open function."""
        if (function := self._context.function) is None:
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
        dialog.start_wanted.connect(lambda request: self._start(dialog, function, request))
        dialog.cancel_wanted.connect(self._cancel)
        dialog.apply_wanted.connect(lambda size: self._apply(dialog, function, size))
        dialog.finished.connect(lambda _result: dialog.deleteLater() if self._running is None else None)
        dialog.open()

    def _start(
        self, dialog: "dialogs.PowerTuningDialog", function: OpenFunction, request: "dialogs.TuningRequest"
    ) -> None:
        connection, detail, budget = function.connection, function.detail, self._context.budget
        batch = f"tuning-{secrets.token_hex(6)}"
        journal = self.journal
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

        def started(handle: JobHandle) -> None:
            dialog.set_running(running=True)
            dialog.show_figures(())
            self._running = handle

        def ended(words: str) -> None:
            self._running = None
            dialog.set_running(running=False)
            dialog.set_message(words)
            if not dialog.isVisible():
                dialog.deleteLater()  # it was closed meanwhile
            self._services.actions["function.refresh"].trigger()  # $LATEST has another RevisionId now
            self._window.operations_changed.emit()

        def failed(error: WorkbenchError) -> None:
            ended("")
            dialog.set_error(error)

        words = _(
            "This temporarily changes the memory size of $LATEST of {function_name} and invokes temporary "
            "versions {count} times."
        ).format(function_name=detail.function_name, count=f"{len(request.sizes_mb) * request.runs:,}")
        self._context.change(
            function,
            _("Power tuning of {function_name}").format(function_name=detail.function_name),
            run,
            lambda __: ended(_("Power tuning is complete. All temporary versions were deleted.")),
            guard=Guard(_("Power Tuning in Production"), words, _("Run")),
            action=TUNE,
            failed=failed,
            cancelled=lambda: ended(_("Cancelled. All temporary versions were deleted.")),
            started=started,
            on_item=show,
            on_progress=dialog.show_progress,
        )

    def _cancel(self) -> None:
        if self._running is not None:
            self._running.cancel()

    # Applying -----------------------------------------------------------------------------------------------

    def _apply(self, dialog: "dialogs.PowerTuningDialog", function: OpenFunction, size: int) -> None:
        connection, detail = function.connection, function.detail
        wanted = configuring.Wanted(memory_mb=size)

        def started(handle: JobHandle) -> None:
            dialog.set_running(running=True)
            dialog.set_message(_("Changing the memory…"))
            self._running = handle

        def ended() -> None:
            self._running = None
            dialog.set_running(running=False)
            if not dialog.isVisible():
                dialog.deleteLater()

        def done(now: FunctionDetail) -> Notice:
            ended()
            self._context.show(OpenFunction(connection, now))
            dialog.accept()
            words = _("{function_name} currently has {memory_mb} MB of memory.")
            return Notice(
                words.format(function_name=now.function_name, memory_mb=f"{now.memory_mb:,}"), tone="good"
            )

        def failed(error: WorkbenchError) -> None:
            ended()
            dialog.set_error(error)

        words = _("This sets the memory of {function_name} to {size} MB.")
        self._context.change(
            function,
            _("Changing the memory of {function_name}").format(function_name=detail.function_name),
            lambda ctx: configuring.configure_for_callers(connection, detail, wanted, ctx),
            done,
            guard=Guard(
                _("Change Memory in Production"),
                words.format(function_name=detail.function_name, size=f"{size:,}"),
                _("Change"),
            ),
            action=TUNE,
            key="tuned",
            failed=failed,
            cancelled=ended,
            started=started,
        )

    # After a crash ------------------------------------------------------------------------------------------

    def describe(self, record: "tuning.InterruptedTuning") -> Interruption:
        """What is shown of an interrupted trial."""
        temporary, budget = record.about, self._context.budget
        name = temporary.function_name

        def undo(connection: Connection, ctx: JobContext) -> Ended:
            tuning.undo(connection, record, self.journal, ctx, budget)
            return Ended(_("All temporary versions of {name} were deleted.").format(name=name))

        why = _("Temporary versions might remain, and $LATEST might not have its original {memory_mb} MB.")
        return Interruption(
            _("Power tuning of {name}").format(name=name),
            why.format(memory_mb=f"{temporary.memory_mb:,}"),
            _("Undo deletes the temporary versions, and restores the memory of $LATEST."),
            len(record.done),
            len(temporary.sizes_mb) + 1,
            _("Undo it, then start power tuning again."),
            undo,
            subject=name,
            lane=f"write:{temporary.function_arn}",
        )
