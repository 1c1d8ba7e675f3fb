"""Brings a server up: a free port, a child, the proof that it is ready.

Must not know: what happens to the child afterwards.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping

from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext
from workbench.sandbox import faults
from workbench.sandbox.child import Child
from workbench.sandbox.identity import ACCOUNT_ID, REGION
from workbench.sandbox.launcher.control import CONTROL
from workbench.sandbox.launcher.keys import secret_access_key
from workbench.sandbox.launcher.signature import Request, sign
from workbench.sandbox.ports import LOOPBACK, free_port, is_free, is_owned_by

_HEALTH = "/_ministack/health"
_OK = 200
_POLL_S = 0.02
_READY_TIMEOUT_S = 60.0  # a state with a million metric points takes 10 s to load
_PORT_ATTEMPTS = 5
# A server that still loads its state lets clients wait; Cancel should not have to.
_ANSWER_TIMEOUT_S = 0.3


def launch(
    spawn: Callable[[int], Child], wanted_port: int, stopping: threading.Event, ctx: JobContext
) -> Child:
    """Starts a server and waits until it answers.

    Args:
        spawn: Starts the child that shall listen on the given port.
        wanted_port: Taken if it is free, so that clients keep their address; 0 for any.
        stopping: Set by whoever wants the whole Sandbox stopped.
        ctx: The job.

    Raises:
        WorkbenchError: It ended, does not answer, or found no port.
        Cancelled: By `ctx` or `stopping`. No process is left then, nor after an error.
    """
    for _ in range(_PORT_ATTEMPTS):
        port = wanted_port if wanted_port and is_free(wanted_port) else free_port()
        child = spawn(port)
        try:
            if _becomes_ready(child, stopping, ctx):
                return child
        except BaseException:
            child.stop(0)
            raise
        last_words = child.log_lines()
        child.stop(0)
        if is_free(port):
            raise faults.died(last_words)
        # Someone took the port between our look and the server's: another port, another try.
    raise faults.no_port()


def _becomes_ready(child: Child, stopping: threading.Event, ctx: JobContext) -> bool:
    """Returns True once the child is ready, False when it has ended.

    An answer alone proves nothing: on a port that was taken meanwhile, the other server answers.
    """
    deadline = time.monotonic() + _READY_TIMEOUT_S
    while child.is_alive():
        if is_owned_by(child.port, child.pid) and _answers(child):
            return True
        if stopping.is_set():
            raise Cancelled
        if time.monotonic() > deadline:
            raise faults.not_ready(_READY_TIMEOUT_S)
        ctx.sleep(_POLL_S)
    return False


def _answers(child: Child) -> bool:
    return _status(child.port, child.run_secret, "GET", _HEALTH, b"") == _OK


def tell(port: int, run_secret: str, what: str, wanted: Mapping[str, object]) -> bool:
    """Has a server set its pace or move its clock (see launcher/control.py); returns whether it did."""
    body = json.dumps(wanted).encode()
    return _status(port, run_secret, "POST", f"{CONTROL}{what}", body) == _OK


def _status(port: int, run_secret: str, method: str, path: str, body: bytes) -> int:
    """Returns the status of the answer, 0 when there is none."""
    import http.client  # brings all of email and ssl: the window need not wait for it

    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_ANSWER_TIMEOUT_S)
    try:
        connection.request(method, path, body, _signed(port, run_secret, method, path, body))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _signed(port: int, run_secret: str, method: str, path: str, body: bytes) -> dict[str, str]:
    host = f"{LOOPBACK}:{port}"
    request = Request(method, path.encode(), b"", ((b"host", host.encode()),))
    secret = secret_access_key(run_secret, ACCOUNT_ID)
    headers = sign(request, ACCOUNT_ID, secret, REGION, "lambda", payload=body)
    return {name.decode(): value.decode() for name, value in headers}
