"""FilterLogEvents with pages.

Owns: the order and the tokens of pages. Must not know: who writes logs.

WORKAROUND row 7: remove when MiniStack's FilterLogEvents takes and returns nextToken and knows
logStreamNamePrefix.
Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html (a
page ends at 10,000 events or 1 MB).
"""

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from heapq import merge
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import cloudwatch_logs

from workbench.sandbox.launcher.filter_patterns import compile_pattern

_MOST_EVENTS = 10_000
_MOST_BYTES = 1_048_576
# The service counts 26 bytes with each message.
_EVENT_BYTES = 26
_Event = dict[str, Any]
_Response = tuple[int, dict[str, str], Any]


def install() -> None:
    """Replaces MiniStack's FilterLogEvents."""
    cloudwatch_logs._filter_log_events = _filter_log_events


def _filter_log_events(data: dict[str, Any]) -> _Response:
    group = cloudwatch_logs._log_groups.get(cloudwatch_logs._resolve_log_group_name(data))
    if group is None:
        return _error("ResourceNotFoundException", "The specified log group does not exist.")
    try:
        resume_ms, seen = _read_token(data["nextToken"]) if data.get("nextToken") else (None, 0)
    except (ValueError, TypeError, binascii.Error):
        return _error("InvalidParameterException", "The specified nextToken is invalid.")
    try:
        matches = compile_pattern(data.get("filterPattern") or "")
    except ValueError as error:
        return _error("InvalidParameterException", str(error))
    limit = min(data.get("limit") or _MOST_EVENTS, _MOST_EVENTS)
    start_ms = data.get("startTime") if resume_ms is None else resume_ms
    page: list[_Event] = []
    size_bytes = 0
    position = (resume_ms, seen)
    passed, passed_ms = 0, None
    for event in merge(*_selections(group, data, start_ms), key=_order):
        timestamp_ms = event["timestamp"]
        passed = passed + 1 if timestamp_ms == passed_ms else 1
        passed_ms = timestamp_ms
        if timestamp_ms == resume_ms and passed <= seen:
            continue  # On an earlier page.
        if matches(event["message"]):
            size_bytes += len(event["message"]) + _EVENT_BYTES
            if len(page) == limit or (page and size_bytes > _MOST_BYTES):
                return _page(page, _token(*position))
            page.append(event)
        position = (timestamp_ms, passed)
    return _page(page, "")


def _page(page: list[_Event], token: str) -> _Response:
    """Builds the answer; without a token it is the last page."""
    answer: _Response = json_response(
        {"events": page, "searchedLogStreams": []} | ({"nextToken": token} if token else {})
    )
    return answer


def _selections(group: _Event, data: dict[str, Any], start_ms: int | None) -> list[Iterator[_Event]]:
    """Returns each wanted stream's events in the window, in order, made one by one: a page takes a few."""
    streams: dict[str, _Event] = group["streams"]
    prefix = data.get("logStreamNamePrefix") or ""
    names = data.get("logStreamNames") or [name for name in list(streams) if name.startswith(prefix)]
    end_ms = data.get("endTime")
    selections = []
    for name in names:
        if name not in streams:
            continue
        with cloudwatch_logs._log_events_lock:
            history: list[_Event] = streams[name]["events"]
            first = 0 if start_ms is None else bisect_left(history, start_ms, key=_timestamp)
            last = len(history) if end_ms is None else bisect_right(history, end_ms, key=_timestamp)
            selected = history[first:last]
        selections.append(_of_stream(selected, name))
    return selections


def _of_stream(events: list[_Event], name: str) -> Iterator[_Event]:
    return ({**event, "logStreamName": name} for event in events)


def _timestamp(event: _Event) -> int:
    timestamp: int = event["timestamp"]
    return timestamp


def _order(event: _Event) -> tuple[int, int]:
    return event["timestamp"], event.get("ingestionTime", 0)


def _token(timestamp_ms: int | None, seen: int) -> str:
    """Names the place after the last event read: its time, and how many of that time came before it."""
    return base64.urlsafe_b64encode(json.dumps([timestamp_ms, seen]).encode()).decode()


def _read_token(token: str) -> tuple[int, int]:
    timestamp_ms, seen = json.loads(base64.urlsafe_b64decode(token))
    return int(timestamp_ms), int(seen)


def _error(code: str, message: str) -> _Response:
    answer: _Response = error_response_json(code, message, 400)
    return answer
