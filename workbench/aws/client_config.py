"""How clients behave: time-outs, retries and keep-alive, what an emulator needs, and how JSON is read.

botocore takes a successful answer whose JSON is cut off for an empty one: a listing would have no functions,
a log no lines. Here it is an error.

Of a page of 50 functions botocore visits every member in Python: 5 ms, half of what listing costs. Of a week
of metrics it makes four million datetimes. All members of these answers are JSON's own types under their own
names: the parsed text is the answer, with moments in seconds since 1970.
"""

from typing import Any

import orjson

from workbench.aws.access import Access, host_of
from workbench.core.jobs import current_job

CONNECT_TIMEOUT_S = 3
READ_TIMEOUT_S = 30
ATTEMPTS = 3
"""Requests in all, the first included. botocore waits at most 1 s, then 2 s, between them."""
PROBE_READ_TIMEOUT_S = 10
PROBE_ATTEMPTS = 2
"""For short requests that the user waits for. With `give_up_on_silence` they end within 11 s."""
_POOL_CONNECTIONS = 16
_READ_TIMEOUT_STEPS_S = (60, 120, 300, 600, 960, 1800)


def client_config(access: Access, read_timeout_s: float, retries: bool, attempts: int = ATTEMPTS) -> Any:
    """The `botocore.config.Config` of a client.

    Args:
        access: Where its requests go.
        read_timeout_s: The longest silence of the server, in seconds.
        retries: Whether a failed request may be sent again.
        attempts: How often it is sent at most, if it may.
    """
    from botocore.config import Config

    special: dict[str, Any] = {}
    if access.endpoint_url:
        # Host names such as bucket.127.0.0.1 do not exist, and settings meant for AWS do not apply.
        special = {
            "s3": {"addressing_style": "path"},
            "use_fips_endpoint": False,
            "use_dualstack_endpoint": False,
        }
        if host_of(access.endpoint_url) in ("127.0.0.1", "localhost", "::1"):
            special["proxies"] = {}  # no proxy reaches this computer's own servers
    return Config(  # type: ignore[call-arg]  # the stubs lack user_agent_appid
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=read_timeout_s,
        retries={"mode": "standard", "total_max_attempts": attempts if retries else 1},
        max_pool_connections=_POOL_CONNECTIONS,
        tcp_keepalive=True,  # a long invocation is silent, and routers forget silent connections
        user_agent_appid="workbench",
        # Otherwise S3 gets a package in chunks with a checksum behind them, which hides our body (bodies.py),
        # and parts have a checksum that their upload does not announce. Lambda's CodeSha256 proves it anyway.
        request_checksum_calculation="when_required",
        **special,
    )


def probe_config() -> Any:
    """The `botocore.config.Config` of short requests (`PROBE_ATTEMPTS`)."""
    from botocore.config import Config

    return Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=PROBE_READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": PROBE_ATTEMPTS},
    )


def give_up_on_silence(caught_exception: Exception | None = None, **_: Any) -> None:
    """Handles botocore's "needs-retry": a request that timed out is not sent again."""
    from botocore.exceptions import ReadTimeoutError

    if isinstance(caught_exception, ReadTimeoutError):
        raise caught_exception


def give_up_when_cancelled(caught_exception: Exception | None = None, **_: Any) -> None:
    """Handles botocore's "needs-retry": a cancelled job's request is not sent again."""
    if caught_exception is not None and current_job().cancelled:
        raise caught_exception


def round_up(timeout_s: float) -> float:
    """Rounds a time-out up, in steps above 30 s, so that many functions share a client."""
    if timeout_s <= READ_TIMEOUT_S:
        return float(timeout_s)
    return float(next((step for step in _READ_TIMEOUT_STEPS_S if step >= timeout_s), timeout_s))


_LARGE_ANSWERS = (
    "before-parse.lambda.ListFunctions",
    "before-parse.resource-groups-tagging-api.GetResources",
    "before-parse.cloudwatch.GetMetricData",
)
_TIMES = b'"Timestamps":['


class DamagedAnswerError(Exception):
    """A successful answer is cut off or otherwise not the JSON that AWS sends."""


def read_as_json(client: Any) -> None:
    """Makes a botocore client refuse damaged JSON, and read `_LARGE_ANSWERS` without its own parser."""
    client.meta.events.register_first("before-parse", _refuse_damaged)
    for event in _LARGE_ANSWERS:
        client.meta.events.register(event, _read_json)


def share_times(body: bytes) -> bytes:
    """Replaces moments that equal those of the result before by null: they are half of a long answer.

    Series of one window mostly have points at the same times. Inside a string of JSON these very bytes cannot
    stand: its quotation marks are escaped.
    """
    first, *others = body.split(_TIMES)
    before, parts = b"", [first]
    for part in others:
        times = part[: part.find(b"]")]
        if times and times == before:
            parts += (_TIMES[:-1], b"null", part[len(times) + 1 :])
        else:
            parts += (_TIMES, part)
        before = times
    return b"".join(parts)


def _refuse_damaged(response_dict: dict[str, Any], operation_model: Any, **_: Any) -> None:
    """Handles botocore's "before-parse". A web page in the place of an answer is refused later, by its text.

    Raises:
        DamagedAnswerError: The body of a success begins as JSON and is not, or is not UTF-8.
    """
    body = response_dict["body"]
    if response_dict["status_code"] >= 300 or not isinstance(body, bytes) or not body:
        return
    if "json" not in operation_model.service_model.resolved_protocol or _is_text(
        operation_model.output_shape
    ):
        return
    try:
        orjson.loads(body)
    except ValueError as error:
        if body.lstrip()[:1] in (b"{", b"[") or not _is_utf8(body):
            raise DamagedAnswerError(str(error)) from None


def _is_text(output_shape: Any) -> bool:
    """Whether the whole body is one string member. A blob is handed over unread and is no `bytes` here."""
    payload = output_shape.serialization.get("payload") if output_shape is not None else None
    return payload is not None and output_shape.members[payload].type_name == "string"


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _read_json(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Handles botocore's "before-parse". What is no success, or no JSON, is left to botocore."""
    if response_dict["status_code"] != 200:
        return
    try:
        answer = orjson.loads(share_times(response_dict["body"]))
    except ValueError:
        return
    if isinstance(answer, dict):
        customized_response_dict.update((name, value) for name, value in answer.items() if value is not None)
        response_dict["body"] = b"{}"
