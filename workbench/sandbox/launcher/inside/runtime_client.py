"""A stand-in for awslambdaric's compiled `runtime_client`, for interpreters that it was not compiled for.

Has the four calls that awslambdaric makes of it, over one kept connection to the Lambda Runtime API.
Python prefers the compiled module in the same folder wherever that fits the interpreter.
"""

import http.client
import os
from collections.abc import Mapping
from email.message import Message

_USER_AGENT = ""
# Read at import, as the compiled module does. The path is the environment's secret (see `environment`).
_HOST, _, _path = os.environ["AWS_LAMBDA_RUNTIME_API"].partition("/")
_ROOT = f"/{_path}" if _path else ""
_connection: http.client.HTTPConnection | None = None


def initialize_client(user_agent: str) -> None:
    """Names the caller in every request."""
    global _USER_AGENT
    _USER_AGENT = user_agent


def _call(method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[bytes, Message]:
    global _connection
    if _connection is None:
        _connection = http.client.HTTPConnection(_HOST)
    where = f"{_ROOT}/2018-06-01/runtime/{path}"
    _connection.request(method, where, body, {"User-Agent": _USER_AGENT, **headers})
    response = _connection.getresponse()
    answer = response.read()
    if response.status >= 300:
        raise RuntimeError(f"Lambda Runtime API returned {response.status} for {path}")
    return answer, response.headers


def next() -> tuple[bytes, dict[str, object]]:
    """Blocks for the next event. The deadline comes as a number, absent headers as None."""
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
    """Answers an invocation."""
    _call("POST", f"invocation/{request_id}/response", body, {"Content-Type": content_type})


def post_error(request_id: str, body: str, xray_fault: str, invocation_id: str | None = None) -> None:
    """Answers an invocation with an error. The Sandbox has no X-Ray to tell the fault to."""
    headers = {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": "Unhandled"}
    _call("POST", f"invocation/{request_id}/error", body.encode(), headers)
