"""Answers that are read as the JSON that they are, where botocore's walk over the model takes longest.

Owns: for which operations that is the same. Must not know: what the answers say.

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


def read_as_json(client: Any) -> None:
    """Makes a client of botocore read these answers as they are; for other clients this changes nothing."""
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
