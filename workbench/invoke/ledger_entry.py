"""What is kept of an invocation that was made here. Values only."""

from dataclasses import dataclass
from enum import Enum


class Mode(Enum):
    """How the function was run; the first three are Lambda's InvocationType."""

    SYNC = "RequestResponse"
    ASYNC = "Event"
    DRY_RUN = "DryRun"
    LOCAL = "Local"
    """On this machine, from the draft."""


class Outcome(Enum):
    """What became of it."""

    SENT = "sent"
    """Nobody has seen its end: it runs, or the program ended before it did."""
    SUCCEEDED = "succeeded"
    FUNCTION_ERROR = "function error"
    REFUSED = "refused"
    """AWS did not run the function."""
    LOST = "lost"
    """The answer was lost; the function may have run."""
    CANCELLED = "cancelled"
    """A person stopped waiting; the function ran on."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An invocation as it is sent.

    Attributes:
        started_at: ISO 8601, UTC, by this machine's clock.
        account_id: Of the function; so region, function_name.
        qualifier: Version or alias; empty for the unpublished version.
        mode: How it is run.
        payload: What is sent.
        event_name: Of the test event; empty for none.
        code_sha256: CodeSha256 of the function as it was known here then.
        memory_mb: What the function was given.
        batch: What binds the runs of one repetition or replay together; empty for a single run.
        client_context: As JSON; empty for none.
        tenant_id: Of a function with tenant isolation; empty for all others.
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
class Ended:
    """How it ended.

    Attributes:
        outcome: What became of it.
        status_code: HTTP status; 0 without an answer.
        answer: The payload of the answer.
        error_type: Of the function's error.
        error: AWS's code and the words that were shown, when there is no answer.
        request_id: AWS's id of the invocation.
        executed_version: What ran.
        log: What it logged, as far as it is known.
        duration_ms: From sending to the last byte, by this machine's clock.
        run_ms: In the handler, from REPORT; None when that is not known. So all that follow.
        billed_ms: That is paid for.
        init_ms: Of a cold start; None for a warm one.
        max_memory_mb: The most that it used.
    """

    outcome: Outcome
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
class Entry:
    """One invocation in the ledger.

    Attributes:
        number: Its own, in the order of sending.
        sent: What was sent; in listings without its payload.
        ended: How it ended; in listings without answer and log.
        redacted: Whether payload, answer and log were taken out by a person.
        payload_bytes: Size of what was sent; also when it is not here.
        answer_bytes: Of the answer.
    """

    number: int
    sent: Sent
    ended: Ended
    redacted: bool = False
    payload_bytes: int = 0
    answer_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Search:
    """Which entries are wanted; what is empty does not matter.

    Attributes:
        account_id: Of the function; so region, function_name.
        text: In the payload, answer, log, event's name, request id or error, whatever the case of ASCII.
        outcomes: One of these.
        batch: Of one repetition or replay.
    """

    account_id: str = ""
    region: str = ""
    function_name: str = ""
    text: str = ""
    outcomes: tuple[Outcome, ...] = ()
    batch: str = ""
