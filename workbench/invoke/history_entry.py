"""The values of the invocation history."""

from dataclasses import dataclass
from enum import Enum


class Mode(Enum):
    """How the function was run; the first three are Lambda's InvocationType."""

    SYNC = "RequestResponse"
    ASYNC = "Event"
    DRY_RUN = "DryRun"
    LOCAL = "Local"
    """On this computer, from the working copy."""


class InvocationOutcome(Enum):
    """How an invocation ended."""

    SENT = "sent"
    """It still runs, or the program ended before it did."""
    SUCCEEDED = "succeeded"
    FUNCTION_ERROR = "function error"
    REFUSED = "refused"
    """AWS did not run the function."""
    LOST = "lost"
    """The response was lost; the function may have run."""
    CANCELLED = "cancelled"
    """The user stopped waiting; the function ran on."""


@dataclass(frozen=True, slots=True)
class SentInvocation:
    """An invocation as it is sent.

    Attributes:
        started_at: ISO 8601, UTC, by this machine's clock.
        account_id: Account of the function.
        region: Region of the function.
        function_name: The function.
        qualifier: Version or alias; empty for the unpublished version.
        mode: How the function is run.
        payload: The event.
        event_name: Name of the test event; empty for none.
        code_sha256: CodeSha256 of the function as known at that time.
        memory_mb: The function's memory.
        batch: An ID that the runs of one repetition or replay share; empty for a single run.
        client_context: JSON; empty for none.
        tenant_id: The tenant of a function with tenant isolation; empty for all others.
    """

    started_at: str
    account_id: str
    region: str
    function_name: str
    qualifier: str
    mode: Mode
    payload: bytes
    event_name: str = ""
    code_sha256: str = ""
    memory_mb: int = 0
    batch: str = ""
    client_context: str = ""
    tenant_id: str = ""


@dataclass(frozen=True, slots=True)
class EndedInvocation:
    """The end of an invocation.

    Attributes:
        outcome: How it ended.
        status_code: HTTP status; 0 without a response.
        answer: The payload of the response.
        error_type: Type of the function's error.
        error: AWS's code and the message that was shown, if there is no response.
        request_id: AWS's ID of the invocation.
        executed_version: The version that ran.
        log: What it logged, as far as it is known.
        duration_ms: From sending to the last byte, by this machine's clock.
        run_ms: Duration of the REPORT line; None if that is not known, as for the following.
        billed_ms: Billed duration.
        init_ms: Initialisation of a cold start; None for a warm one.
        max_memory_mb: Max memory used.
    """

    outcome: InvocationOutcome
    status_code: int = 0
    answer: bytes = b""
    error_type: str = ""
    error: str = ""
    request_id: str = ""
    executed_version: str = ""
    log: str = ""
    duration_ms: float = 0.0
    run_ms: float | None = None
    billed_ms: float | None = None
    init_ms: float | None = None
    max_memory_mb: int | None = None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One invocation in the history.

    Attributes:
        number: A unique number, in the order of sending.
        sent: What was sent; in listings without payload.
        ended: How it ended; in listings without answer and log.
        redacted: Whether the user removed payload, answer and log.
        payload_bytes: Size of the payload, even if it is not stored.
        answer_bytes: Size of the answer.
    """

    number: int
    sent: SentInvocation
    ended: EndedInvocation
    redacted: bool = False
    payload_bytes: int = 0
    answer_bytes: int = 0


@dataclass(frozen=True, slots=True)
class HistorySearch:
    """Conditions on entries; empty ones match all.

    Attributes:
        account_id: Account of the function.
        region: Region of the function.
        function_name: The function.
        text: Part of the payload, answer, log, event's name, request ID or error; the case of ASCII is
            ignored.
        outcomes: Any of these.
        batch: The ID of one repetition or replay.
    """

    account_id: str = ""
    region: str = ""
    function_name: str = ""
    text: str = ""
    outcomes: tuple[InvocationOutcome, ...] = ()
    batch: str = ""
