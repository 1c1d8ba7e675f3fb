"""The two servers that are asked the same: the Sandbox, and moto's server in a process of its own."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.session import Session

from tests.bench._common import CTX
from tests.bench._parity.corpus import REGION
from tests.sandbox_keys import keys_of, publish
from workbench.sandbox.processes import SERVER_COMMAND
from workbench.sandbox.supervisor import Sandbox

# Long enough to be asked meanwhile: an update in progress refuses another one.
_SETTLE_S = 0.15
_START_S = 60.0
_CONFIG = Config(
    parameter_validation=False,  # what AWS refuses must reach the server
    retries={"max_attempts": 0},
    s3={"addressing_style": "path"},
    inject_host_prefix=False,
    read_timeout=30,
)
_ACCOUNTS = count(700_000_000_001)


@dataclass(frozen=True, slots=True)
class Server:
    """Something that answers as AWS does, or tries to.

    Attributes:
        name: "Sandbox" or "moto".
        url: Its address.
        is_sandbox: Whether keys are the Sandbox's.
        session: Makes the clients; of each server its own, as a session is for one thread.
    """

    name: str
    url: str
    is_sandbox: bool
    session: Session = field(default_factory=botocore.session.get_session)

    def account(self) -> tuple[str, Callable[[str], Any]]:
        """A new account, and what makes a client of a service for it."""
        account = f"{next(_ACCOUNTS)}"
        clients: dict[str, Any] = {}

        def client(service: str) -> Any:
            if service not in clients:
                clients[service] = self._client(service, account)
            return clients[service]

        return account, client

    def _client(self, service: str, account: str) -> Any:
        keys = keys_of(account) if self.is_sandbox else None
        client = self.session.create_client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=keys.access_key_id if keys else "testing",
            aws_secret_access_key=keys.secret_access_key if keys else "testing",
            config=_CONFIG,
        )
        # SQS's client sends to the URL of the queue, which names the recorded server.
        if not self.is_sandbox:

            def own_account(params: Mapping[str, Any], **_: Any) -> None:
                params["headers"]["x-moto-account-id"] = account

            client.meta.events.register("before-call", own_account)
        return client


@contextmanager
def sandbox(folder: Path) -> Iterator[Server]:
    """The Sandbox of this tree, whose functions are ready at once."""
    quick = ("env", f"LAMBDA_SETTLE_SECONDS={_SETTLE_S}", *SERVER_COMMAND)
    running = Sandbox(folder, command=quick)
    try:
        endpoint = running.start(CTX)
        publish(running)
        yield Server("Sandbox", endpoint.url, True)
    finally:
        running.stop()


@contextmanager
def moto() -> Iterator[Server]:
    """Moto's server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = f"from moto.server import main; main(['-H', '127.0.0.1', '-p', '{port}'])"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(process, url)
        yield Server("moto", url, False)
    finally:
        process.kill()  # it does not end of itself while connections to it are open
        process.wait()


def _wait(process: "subprocess.Popen[bytes]", url: str) -> None:
    until = time.monotonic() + _START_S
    while True:
        try:
            with urllib.request.urlopen(f"{url}/moto-api/", timeout=2):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("moto's server did not start") from None
            time.sleep(0.05)
