"""Invoke Several Times…, from the question to the last answer."""

import secrets

from PySide6.QtCore import QObject

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.invoke.history_entry import InvocationOutcome
from workbench.invoke.repeat import Run, repeat
from workbench.invoke.run import AnswerLost
from workbench.ui import charts
from workbench.ui.invoking import repeat_dialog
from workbench.ui.invoking.kept import ledger_of, send
from workbench.ui.invoking.request import Invocation, Request
from workbench.ui.parts import Parts
from workbench.ui.services import OpenFunction


class RepeatFlow(QObject):
    """Lives as long as the window, and binds its own action."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._parts, self._services = parts, parts.services
        parts.services.actions.bind("function.invoke_repeatedly", self.begin)

    def begin(self) -> None:
        """Asks how often."""
        self._parts.test.settled(self._begin)

    def _begin(self) -> None:
        test = self._parts.test
        function = test.function
        if function is None:
            return
        request = test.ask()
        if request is None:
            return
        dialog = repeat_dialog.RepeatDialog(self._services, function.detail, self._parts.window)

        def start(times: int, parallel: int) -> None:
            test.invoker.before_send(
                function, request, lambda: self._start(dialog, function, request, times, parallel)
            )

        dialog.start_wanted.connect(start)
        dialog.open()

    def _start(
        self,
        dialog: "repeat_dialog.RepeatDialog",
        function: OpenFunction,
        request: Request,
        times: int,
        parallel: int,
    ) -> None:
        services, ledger, batch = self._services, ledger_of(self._services), f"repeat-{secrets.token_hex(6)}"
        one = Request(
            request.payload,
            request.mode,
            qualifier=request.qualifier,
            client_context=request.client_context,
            tenant_id=request.tenant_id,
            event_name=request.event_name,
            batch=batch,
        )

        def run_one(_number: int, ctx: JobContext) -> Run:
            begun, begun_s = services.clock.now(), services.clock.monotonic()
            try:
                sent = send(Invocation(function, begun, one), ledger, services.clock, ctx)
            except WorkbenchError as error:
                lost = isinstance(error, AnswerLost)
                taken_ms = (services.clock.monotonic() - begun_s) * 1000
                outcome = InvocationOutcome.LOST if lost else InvocationOutcome.REFUSED
                return Run(begun.timestamp(), taken_ms, outcome, error.aws_code or error.why)
            if sent.problem is not None:
                raise sent.problem  # what cannot be kept is not sent a thousand times
            result = sent.invocation.result
            assert result is not None
            report = result.report
            return Run(
                begun.timestamp(),
                result.duration_ms,
                InvocationOutcome.FUNCTION_ERROR if result.failure else InvocationOutcome.SUCCEEDED,
                result.error_type,
                report.billed_ms if report else None,
                bool(report and report.init_ms),
            )

        def run(ctx: JobContext) -> tuple[Run, ...]:
            charts.preload()
            return repeat(times, parallel, run_one, ctx)

        dialog.begin()
        handle = services.jobs.submit(
            Job(
                self.tr("Invoking %1 several times").replace("%1", function.detail.function_name),
                run,
                on_item=dialog.add,
                on_done=lambda _runs: dialog.end(),
                on_error=dialog.say_failed,
                on_cancelled=lambda: dialog.end(
                    self.tr("Cancelled. Invocations in progress continue. No more are sent.")
                ),
            )
        )
        dialog.cancel_wanted.connect(lambda: handle.cancel())
        dialog.finished.connect(lambda _answer: handle.drop())
