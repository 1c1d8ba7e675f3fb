"""What a person wants to be sent, and what has become of it. Values only."""

from dataclasses import dataclass
from datetime import datetime

from workbench.invoke.history_entry import Mode
from workbench.invoke.run import InvocationResult
from workbench.ui.services import OpenFunction


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
        resolves: Whether variables are replaced; a payload out of the ledger is sent to the letter.
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
        number: In the ledger; 0 as long as it is not there.
        payload: What was sent.
    """

    function: OpenFunction
    started_at: datetime
    request: Request = Request(b"")
    result: InvocationResult | None = None
    number: int = 0
    payload: bytes = b""
