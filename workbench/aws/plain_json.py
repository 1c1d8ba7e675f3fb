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


def read_as_json(client: Any) -> None:
    """Makes a client of botocore read these answers as they are; for other clients this changes nothing."""
    for event in _EVENTS:
        client.meta.events.register(event, _read)


def _read(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Handles botocore's "before-parse". What is no success, or no JSON, is left to botocore."""
    if response_dict["status_code"] != 200:
        return
    try:
        answer = orjson.loads(response_dict["body"])
    except ValueError:
        return
    if isinstance(answer, dict):
        customized_response_dict.update((name, value) for name, value in answer.items() if value is not None)
        response_dict["body"] = b"{}"
