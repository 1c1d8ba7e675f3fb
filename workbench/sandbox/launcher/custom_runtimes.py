"""The door of MiniStack's own Lambda Runtime API, which serves `provided.*` functions.

MiniStack opens a loopback port for each of their environments and answers whoever asks. Here a path of the
environment's own leads to it (see `runtime_api`), and the peer's user is looked at once a connection.

WORKAROUND: remove when MiniStack's Runtime API asks who speaks, and its functions know its address.
"""

import functools
import hmac
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ministack.core.lambda_runtime import ProvidedWorker
from ministack.services import lambda_svc

from workbench.sandbox.launcher.peer import is_own_peer

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler

_paths: dict[int, str] = {}
"""What each port's requests have to begin with. A port that is used again gets another."""


def install(endpoint_url: str) -> None:
    """Closes the ports, and gives the functions the Sandbox's address."""
    ProvidedWorker._build_handler_class = functools.partialmethod(
        _handler_class, ProvidedWorker._build_handler_class
    )
    lambda_svc._provided_worker_env = functools.partial(
        _environment, lambda_svc._provided_worker_env, endpoint_url
    )
    # The other way to run them has a Runtime API that cannot be closed; it is for durable functions only.
    lambda_svc._execute_function_provided = lambda_svc._execute_function_provided_warm


def _environment(
    original: Callable[..., dict[str, str]],
    endpoint_url: str,
    config: dict[str, Any],
    code_dir: str,
    port: int,
) -> dict[str, str]:
    _paths[port] = f"/{secrets.token_urlsafe(24)}"
    environment = {"AWS_ENDPOINT_URL": endpoint_url} | original(config, code_dir, port)
    return environment | {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}{_paths[port]}"}


def _handler_class(
    worker: ProvidedWorker, original: "Callable[..., type[BaseHTTPRequestHandler]]", *arguments: Any
) -> "type[BaseHTTPRequestHandler]":
    class Handler(original(worker, *arguments)):  # type: ignore[misc]
        def handle(self) -> None:
            if is_own_peer(self.connection):
                super().handle()

        def parse_request(self) -> bool:
            if not super().parse_request():
                return False
            wanted = _paths.get(self.server.server_address[1], "")
            # Its first part is the secret.
            target = str(self.path)  # type: ignore[has-type]
            secret, slash, rest = target[1:].partition("/")
            if wanted and hmac.compare_digest(f"/{secret}".encode(), wanted.encode()):
                self.path = slash + rest
                return True
            self.close_connection = True
            self.send_error(403)
            return False

    return Handler
