"""Invocations: what is requested, sent once and recorded in the invocation history, as jobs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from PySide6.QtCore import QObject, Signal

from workbench.aws.quotas import TIMEOUT_USUAL_LIMIT_S
from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _
from workbench.invoke.history import InvocationHistory, Mode, SentInvocation
from workbench.invoke.payload import resolve_variables
from workbench.invoke.run import AnswerLost, InvocationResult, Recorded, invoke, record
from workbench.profiles.safety import Tier
from workbench.ui.shell.preferences import LEDGER_MB
from workbench.ui.shell.protection import Guard, Protection
from workbench.ui.shell.services import OpenFunction, Services

_MAX_TIMEOUT_S = TIMEOUT_USUAL_LIMIT_S
"""A version keeps the timeout that it was published with, which is not known here."""
_MB = 1024 * 1024
Invoke = Callable[[bytes, JobContext], InvocationResult]
"""Given the payload to send."""


@dataclass(frozen=True, slots=True)
class Request:
    """One sending.

    Attributes:
        payload: As written, variables and all.
        mode: How the function is run.
        streaming: Take the answer in pieces; of SYNC only.
        qualifier: Version or alias; empty for $LATEST.
        client_context: As JSON; empty for none.
        tenant_id: Of a function with tenant isolation; empty for all others.
        event_name: Of the test event.
        batch: What binds several sendings together.
        resolves: Whether variables are replaced; a payload out of the history is sent unchanged.
    """

    payload: bytes
    mode: Mode = Mode.SYNC
    streaming: bool = False
    qualifier: str = ""
    client_context: str = ""
    event_name: str = ""
    batch: str = ""
    resolves: bool = True
    tenant_id: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Invocation:
    """An invocation made here.

    Attributes:
        function: Of what.
        started_at: UTC, by this machine's clock.
        request: What was wanted.
        result: The answer, once there is one.
        number: In the invocation history; 0 as long as it is not there.
        payload: What was sent.
    """

    function: OpenFunction
    started_at: datetime
    request: Request = Request(b"")
    result: InvocationResult | None = None
    number: int = 0
    payload: bytes = b""


@dataclass(frozen=True, slots=True, eq=False)
class Sending:
    """An invocation that has an answer, and why it could not be recorded, if so."""

    invocation: Invocation
    problem: WorkbenchError | None


def history_of(services: Services) -> InvocationHistory:
    """The history of everything that was invoked here, within the limits of the settings and the policy."""
    policy = services.policy
    return InvocationHistory(
        services.paths.data_dir / "ledger.sqlite",
        LEDGER_MB.read(services.settings) * _MB,
        max_age_days=policy.max_invocation_age_days,
        keeps_payloads=policy.keeps_payloads,
        clock=services.clock,
    )


def send(
    invocation: Invocation,
    history: InvocationHistory,
    clock: Clock,
    ctx: JobContext,
    other: Invoke | None = None,
) -> Sending:
    """Sends an invocation, once, and records what came of it.

    Args:
        invocation: What is wanted.
        history: Where it is recorded.
        clock: Time.
        ctx: The job; pieces of a streamed answer are emitted.
        other: Gets the answer in another way than from AWS.

    Raises:
        WorkbenchError: See run.invoke; the history has it.
        Cancelled: The history has it.
    """
    request, detail = invocation.request, invocation.function.detail
    refused: list[WorkbenchError] = []
    payload = request.payload
    if request.resolves:
        try:
            payload = resolve_variables(payload.decode(), invocation.started_at).encode()
        except UnicodeDecodeError:
            pass  # the check before sending says where
        except WorkbenchError as error:
            refused.append(error)

    def ask() -> InvocationResult:
        if refused:
            raise refused[0]
        if other is not None:
            return other(payload, ctx)
        return invoke(
            invocation.function.connection,
            detail.function_name,
            payload,
            detail.invoked_qualifier(request.qualifier),
            max(detail.longest_answer_s, _MAX_TIMEOUT_S) if request.qualifier else detail.longest_answer_s,
            ctx,
            mode=request.mode,
            client_context=request.client_context,
            tenant_id=request.tenant_id,
            streaming=request.streaming,
            clock=clock,
        )

    recorded: Recorded = record(history, _sent(invocation, payload), ask)
    done = replace(invocation, result=recorded.result, number=recorded.number, payload=payload)
    return Sending(done, recorded.problem)


def _sent(invocation: Invocation, payload: bytes) -> SentInvocation:
    request, detail = invocation.request, invocation.function.detail
    return SentInvocation(
        started_at=invocation.started_at.isoformat(),
        account_id=detail.account_id,
        region=detail.region,
        function_name=detail.function_name,
        qualifier=request.qualifier,
        mode=request.mode,
        payload=payload,
        event_name=request.event_name,
        # Of a version or an alias nobody has asked for it; a draft has none.
        code_sha256="" if request.qualifier or request.mode is Mode.LOCAL else detail.code_sha256,
        memory_mb=0 if request.qualifier else detail.memory_mb,
        batch=request.batch,
        client_context=request.client_context,
        tenant_id=request.tenant_id,
    )


class Invoker(QObject):
    """Sends invocations as jobs.

    Args:
        services: For jobs, the clock and the history.
        protection: Asks in production.
        parent: Owns it.

    Signals:
        started: An Invocation is on its way.
        arrived: An Invocation, and a piece (bytes) of its streamed answer, or LogLines of a local run.
        finished: An Invocation with a result.
        ended: An Invocation and the WorkbenchError why it has none.
        several_ended: All that Invoke Several Times sends has ended; the history has it.
        kept: The history has recorded it.
        not_kept: The history could not record it.
    """

    started = Signal(object)
    arrived = Signal(object, object)
    finished = Signal(object)
    ended = Signal(object, object)
    several_ended = Signal()
    kept = Signal()
    not_kept = Signal(WorkbenchError)

    def __init__(self, services: Services, protection: Protection, parent: QObject) -> None:
        super().__init__(parent)
        self._services, self._protection = services, protection
        self._agreed: set[str] = set()  # ARNs in production that may be invoked until the program ends

    def send(self, function: OpenFunction, request: Request) -> None:
        """Invokes a function, once."""
        self.ask(function, request, lambda: self.submit(function, request))

    def ask(self, function: OpenFunction, request: Request, then: Callable[[], object]) -> None:
        """Asks once for each function in production, as its code is run; else `then` is just called."""
        arn = function.detail.function_arn
        is_production = self._protection.tier_for(function.connection) is Tier.PRODUCTION
        if not is_production or request.mode is Mode.DRY_RUN or arn in self._agreed:
            then()
            return

        def agreed() -> None:
            self._agreed.add(arn)
            then()

        words = _("{function_name} is a production function. Invoking it runs its code with this event.")
        words = words.format(function_name=function.detail.function_name)
        self._protection.confirm(function, Guard(_("Invoke in Production"), words, _("Invoke")), agreed)

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
        history = history_of(services)

        def run(ctx: JobContext) -> Sending:
            return send(invocation, history, services.clock, ctx, invoke)

        self.started.emit(invocation)
        return services.jobs.submit(
            Job(
                title or _("Invoking {function_name}").format(function_name=function.detail.function_name),
                run,
                on_item=lambda piece: self.arrived.emit(invocation, piece),
                on_done=self._done,
                on_error=lambda error: self.ended.emit(invocation, error),
                on_cancelled=lambda: self.ended.emit(invocation, cancelled or self._cancelled()),
            )
        )

    def _done(self, sending: Sending) -> None:
        self.finished.emit(sending.invocation)
        if sending.problem is None:
            self.kept.emit()
        else:
            self.not_kept.emit(sending.problem)

    def _cancelled(self) -> WorkbenchError:
        return AnswerLost(
            _("You stopped waiting for the response."),
            _("A running invocation cannot be stopped. The function runs until it returns or times out."),
            _("See its log for the outcome."),
            by_user=True,
        )
