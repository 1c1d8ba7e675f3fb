"""Sends invocations as jobs, each through the ledger, and tells how they go."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.invoke.run import AnswerLost
from workbench.ui.invoking.kept import Invoke, Sending, ledger_of, send
from workbench.ui.invoking.request import Invocation, Request
from workbench.ui.services import OpenFunction, Services

Before = Callable[[OpenFunction, Request, Callable[[], object]], object]


class Invoker(QObject):
    """Lives as long as the Test tab.

    Signals:
        started: An Invocation is on its way.
        arrived: An Invocation, and a piece (bytes) of its streamed answer, or LogLines of a local run.
        finished: An Invocation with a result.
        ended: An Invocation and the WorkbenchError why it has none.
        not_kept: The ledger could not take it.
    """

    started = Signal(object)
    arrived = Signal(object, object)
    finished = Signal(object)
    ended = Signal(object, object)
    not_kept = Signal(WorkbenchError)

    def __init__(self, services: Services, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self.before_send: Before = lambda _function, _request, then: then()
        """Called before anything is sent, with what to call once it may be."""

    def send(self, function: OpenFunction, request: Request) -> None:
        """Invokes a function, once."""
        self.before_send(function, request, lambda: self.submit(function, request))

    def submit(
        self,
        function: OpenFunction,
        request: Request,
        invoke: Invoke | None = None,
        *,
        title: str = "",
        cancelled: WorkbenchError | None = None,
    ) -> JobHandle:
        """Invokes a function, and asks nobody.

        Args:
            function: Which.
            request: What is sent.
            invoke: Gets the answer in another way than from AWS.
            title: Of the job.
            cancelled: What a Cancel means.
        """
        services = self._services
        invocation = Invocation(function, services.clock.now(), request, payload=request.payload)
        ledger = ledger_of(services)

        def run(ctx: JobContext) -> Sending:
            return send(invocation, ledger, services.clock, ctx, invoke)

        self.started.emit(invocation)
        return services.jobs.submit(
            Job(
                title or self.tr("Invoking %1").replace("%1", function.detail.function_name),
                run,
                on_item=lambda piece: self.arrived.emit(invocation, piece),
                on_done=self._done,
                on_error=lambda error: self.ended.emit(invocation, error),
                on_cancelled=lambda: self.ended.emit(invocation, cancelled or self._cancelled()),
            )
        )

    def _done(self, sending: Sending) -> None:
        self.finished.emit(sending.invocation)
        if sending.problem is not None:
            self.not_kept.emit(sending.problem)

    def _cancelled(self) -> WorkbenchError:
        return AnswerLost(
            self.tr("You stopped waiting for the response."),
            self.tr(
                "A running invocation cannot be stopped. The function runs until it returns or times out."
            ),
            self.tr("See its log for the outcome."),
            by_user=True,
        )
