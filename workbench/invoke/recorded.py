"""Invocations with an entry in the history, written before the request is sent and again at the end.

An unwritable history prevents no invocation; the error is reported with the response.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from workbench.core.errors import Cancelled, WorkbenchError
from workbench.invoke.history import InvocationHistory
from workbench.invoke.history_entry import EndedInvocation, InvocationOutcome, SentInvocation
from workbench.invoke.run import AnswerLost, InvocationResult

Invoke = Callable[[], InvocationResult]


@dataclass(frozen=True, slots=True)
class Recorded:
    """The result of an invocation, and its entry.

    Attributes:
        result: The result.
        number: The number of the entry; 0 if it could not be written.
        problem: Why it could not be written.
    """

    result: InvocationResult
    number: int
    problem: WorkbenchError | None = None


def record(history: InvocationHistory, sent: SentInvocation, invoke: Invoke) -> Recorded:
    """Invokes and stores the result.

    Args:
        history: The history that gets the entry.
        sent: What is about to be sent.
        invoke: Sends it and waits.

    Raises:
        WorkbenchError: As `invoke`; it is stored in the entry.
        Cancelled: As `invoke`; it is stored in the entry.
    """
    problem: WorkbenchError | None = None
    number = 0
    try:
        number = history.begin(sent)
    except WorkbenchError as error:
        problem = error

    def store(ended: EndedInvocation) -> None:
        nonlocal problem
        if number:
            try:
                history.end(number, ended)
            except WorkbenchError as error:
                problem = error

    try:
        result = invoke()
    except Cancelled:
        store(EndedInvocation(InvocationOutcome.CANCELLED))
        raise
    except WorkbenchError as error:
        outcome = InvocationOutcome.LOST if isinstance(error, AnswerLost) else InvocationOutcome.REFUSED
        store(EndedInvocation(outcome, error=str(error), request_id=error.request_id))
        raise
    store(_ended(result))
    return Recorded(result, number, problem)


def _ended(result: InvocationResult) -> EndedInvocation:
    ended = EndedInvocation(
        InvocationOutcome.FUNCTION_ERROR if result.failure else InvocationOutcome.SUCCEEDED,
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
