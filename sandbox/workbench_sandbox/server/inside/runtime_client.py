"""Replaces awslambdaric's compiled `runtime_client` for interpreters that it was not compiled for.

It has the four functions that awslambdaric calls, over one persistent connection to the Lambda Runtime API.
Python prefers the compiled module in the same folder if it fits the interpreter.
"""

import http.client
import os
from collections.abc import Mapping
from email.message import Message

_USER_AGENT = ""
_root = ""
_connection: http.client.HTTPConnection | None = None


def initialize_client(user_agent: str) -> None:
    """Names the caller in every request."""
    global _USER_AGENT
    _USER_AGENT = user_agent


def _call(method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[bytes, Message]:
    global _connection, _root
    if _connection is None:
        # Not read at import: an interpreter that is only tried out has no Runtime API. The path is the
        # environment's secret (see `environment`).
        host, slash, secret = os.environ["AWS_LAMBDA_RUNTIME_API"].partition("/")
        _connection, _root = http.client.HTTPConnection(host), slash + secret
    where = f"{_root}/2018-06-01/runtime/{path}"
    _connection.request(method, where, body, {"User-Agent": _USER_AGENT, **headers})
    response = _connection.getresponse()
    answer = response.read()
    if response.status >= 300:
        raise RuntimeError(f"Lambda Runtime API returned {response.status} for {path}")
    return answer, response.headers


def next() -> tuple[bytes, dict[str, object]]:
    """Blocks until the next event. The deadline is a number; absent headers are None."""
    body, headers = _call("GET", "invocation/next", None, {})
    names = ("Aws-Request-Id", "Trace-Id", "Invoked-Function-Arn", "Client-Context", "Cognito-Identity")
    answer: dict[str, object] = {
        f"Lambda-Runtime-{name}": headers.get(f"Lambda-Runtime-{name}") for name in names
    }
    answer["Lambda-Runtime-Deadline-Ms"] = int(headers["Lambda-Runtime-Deadline-Ms"])
    answer["Content-Type"] = headers.get("Content-Type")
    return body, answer


def post_invocation_result(
    request_id: str, body: bytes, content_type: str, invocation_id: str | None = None
) -> None:
    """Sends the result of an invocation."""
    _call("POST", f"invocation/{request_id}/response", body, {"Content-Type": content_type})


def post_error(request_id: str, body: str, xray_fault: str, invocation_id: str | None = None) -> None:
    """Sends the error of an invocation. The fault for X-Ray is ignored."""
    headers = {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": "Unhandled"}
    _call("POST", f"invocation/{request_id}/error", body.encode(), headers)
