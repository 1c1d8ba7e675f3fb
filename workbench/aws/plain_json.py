"""Reads JSON answers: refuses damaged ones, and reads some large ones without botocore's walk over the model.

botocore takes a successful answer whose JSON is cut off for an empty one: a listing would have no functions,
a log no lines. Here it is an error.

Of a page of 50 functions botocore visits every member in Python: 5 ms, half of what listing costs. Of a week
of metrics it makes four million datetimes. All members of these answers are JSON's own types under their own
names: the parsed text is the answer, with moments in seconds since 1970.
"""

from typing import Any

import orjson

_EVENTS = (
    "before-parse.lambda.ListFunctions",
    "before-parse.resource-groups-tagging-api.GetResources",
    "before-parse.cloudwatch.GetMetricData",
)
_TIMES = b'"Timestamps":['


class DamagedAnswerError(Exception):
    """A successful answer is cut off or otherwise not the JSON that AWS sends."""


def read_as_json(client: Any) -> None:
    """Makes a botocore client refuse damaged JSON, and read the large answers of `_EVENTS` as they are."""
    client.meta.events.register_first("before-parse", _refuse_damaged)
    for event in _EVENTS:
        client.meta.events.register(event, _read)


def share_times(body: bytes) -> bytes:
    """Puts null in the place of moments that are those of the result before: they are half of a long answer.

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


def _read(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
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
