"""Invoking with a place in the ledger: for jobs. Knows no widget."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from workbench.aws.quotas import TIMEOUT_USUAL_LIMIT_S
from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.invoke.history import InvocationHistory
from workbench.invoke.history_entry import Mode, SentInvocation
from workbench.invoke.payload import resolve_variables
from workbench.invoke.recorded import Recorded, record
from workbench.invoke.run import InvocationResult, invoke
from workbench.ui.invoking.request import Invocation
from workbench.ui.preferences import LEDGER_MB
from workbench.ui.services import Services

_LONGEST_S = TIMEOUT_USUAL_LIMIT_S
"""A version keeps the timeout that it was published with, which is not known here."""
_MB = 1024 * 1024


@dataclass(frozen=True, slots=True, eq=False)
class Sending:
    """An invocation that has an answer, and why it could not be kept, if so."""

    invocation: Invocation
    problem: WorkbenchError | None


Invoke = Callable[[bytes, JobContext], InvocationResult]
"""Given the payload to send."""


def ledger_of(services: Services) -> InvocationHistory:
    """The ledger of everything that was invoked here, within the limits of the settings and the policy."""
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
    ledger: InvocationHistory,
    clock: Clock,
    ctx: JobContext,
    other: Invoke | None = None,
) -> Sending:
    """Sends an invocation, once, and keeps what came of it.

    Args:
        invocation: What is wanted.
        ledger: Where it is kept.
        clock: Time.
        ctx: The job; pieces of a streamed answer are emitted.
        other: Gets the answer in another way than from AWS.

    Raises:
        WorkbenchError: See run.invoke; the ledger has it.
        Cancelled: The ledger has it.
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
            max(detail.longest_answer_s, _LONGEST_S) if request.qualifier else detail.longest_answer_s,
            ctx,
            mode=request.mode,
            client_context=request.client_context,
            tenant_id=request.tenant_id,
            streaming=request.streaming,
            clock=clock,
        )

    recorded: Recorded = record(ledger, _sent(invocation, payload), ask)
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
