"""Invoking with a place in the ledger: written before the request is sent, and again at its end.

A ledger that the disk refuses keeps nobody from invoking: it is said beside the answer. Must not know: how an
invocation is sent (run.py), how it is kept (ledger.py).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from workbench.core.errors import Cancelled, WorkbenchError
from workbench.invoke.ledger import Ledger
from workbench.invoke.ledger_entry import Ended, Outcome, Sent
from workbench.invoke.run import AnswerLost, InvocationResult

Invoke = Callable[[], InvocationResult]


@dataclass(frozen=True, slots=True)
class Recorded:
    """An answer, and where it is kept.

    Attributes:
        result: The answer.
        number: In the ledger; 0 when it could not be kept.
        problem: Why not.
    """

    result: InvocationResult
    number: int
    problem: WorkbenchError | None = None


def record(ledger: Ledger, sent: Sent, invoke: Invoke) -> Recorded:
    """Invokes and keeps what came of it.

    Args:
        ledger: Where it is kept.
        sent: What is about to be sent.
        invoke: Sends it and waits.

    Raises:
        WorkbenchError: As `invoke`; the entry has it.
        Cancelled: As `invoke`; the entry says so.
    """
    problem: WorkbenchError | None = None
    number = 0
    try:
        number = ledger.begin(sent)
    except WorkbenchError as error:
        problem = error

    def keep(ended: Ended) -> None:
        nonlocal problem
        if number:
            try:
                ledger.end(number, ended)
            except WorkbenchError as error:
                problem = error

    try:
        result = invoke()
    except Cancelled:
        keep(Ended(Outcome.CANCELLED))
        raise
    except WorkbenchError as error:
        outcome = Outcome.LOST if isinstance(error, AnswerLost) else Outcome.REFUSED
        keep(Ended(outcome, error=str(error), request_id=error.request_id))
        raise
    keep(_ended(result))
    return Recorded(result, number, problem)


def _ended(result: InvocationResult) -> Ended:
    ended = Ended(
        Outcome.FUNCTION_ERROR if result.failure else Outcome.SUCCEEDED,
        result.status_code,
        result.payload,
        result.error_type,
        "",
        result.request_id,
        result.executed_version,
        result.log_tail,
        result.duration_ms,
    )
    if (report := result.report) is None:
        return ended
    return replace(
        ended,
        run_ms=report.duration_ms,
        billed_ms=report.billed_ms,
        init_ms=report.init_ms,
        max_memory_mb=report.max_memory_mb,
    )
