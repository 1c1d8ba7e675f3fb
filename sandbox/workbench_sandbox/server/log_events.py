"""CloudWatch Logs: compact log events, the streams of functions, and FilterLogEvents with pages.

A million lines of a day take 30 MB, instead of half a gigabyte as dictionaries. The last events of a stream
are dictionaries, as MiniStack makes them; earlier ones are blocks of compressed JSON, decompressed when they
are read. Logs Insights only keeps records of the last events.

Each execution environment writes one stream, with the function's execution role. Lines that the role does not
allow are dropped from the stream, but the invocation continues and its answer (LogType=Tail) has all lines.

WORKAROUND: remove when MiniStack keeps log events on disk. WORKAROUND row 7: remove when MiniStack's
FilterLogEvents takes and returns nextToken and knows logStreamNamePrefix, and when it keeps one stream per
environment, with eventIds, and shows it in live tails.
Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html (a page
ends at 10,000 events or 1 MB) and https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
(required permissions)
"""

import base64
import binascii
import contextlib
import contextvars
import functools
import itertools
import json
import secrets
import threading
import time
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from typing import Any, overload

from ministack import app
from ministack.core.responses import AccountRegionScopedDict, request_scope
from ministack.services import cloudwatch_logs

from workbench_sandbox.server.corrections import Response, error_answer, json_answer, wrap
from workbench_sandbox.server.door.policies import may
from workbench_sandbox.server.filter_patterns import compile_pattern
from workbench_sandbox.server.log_lines import LogMessage, Transcript

Event = Mapping[str, Any]
_BLOCK_EVENTS = 512
_OPEN_BLOCKS = 64
_MAX_RECORDS = 20_000
_sizing = threading.local()
_MAX_PAGE_EVENTS = 10_000
_MAX_PAGE_BYTES = 1_048_576
# The service counts 26 bytes with each message.
_EVENT_BYTES = 26


def install() -> None:
    """Makes MiniStack store events in this way."""
    wrap(
        cloudwatch_logs,
        _append_log_events=_append,
        _describe_log_groups=_sized,
        _describe_log_streams=_sized,
        _restore_state=_restored,
    )
    cloudwatch_logs._log_records = _RecentRecords()
    cloudwatch_logs._filter_log_events = _filter_log_events


@functools.lru_cache(_OPEN_BLOCKS)
def _opened(block: bytes) -> list[Event]:
    events: list[Event] = json.loads(zlib.decompress(block))
    return events


class LogEvents(Sequence[Event]):
    """A stream's events in order of time; grows only at its end. Threads may read while one appends."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._blocks: list[bytes] = []
        self._last: list[Event] = []
        self._times = array("q")
        self.stored_bytes = 0
        self.extend(events)

    def extend(self, events: Iterable[Event]) -> None:
        """Appends events, none of which is earlier than the last one."""
        for event in events:
            self._last.append(event)
            self._times.append(int(event["timestamp"]))
            self.stored_bytes += len(event.get("message", ""))
            if len(self._last) == _BLOCK_EVENTS:
                self._blocks.append(zlib.compress(_json(self._last), 1))
                self._last = []

    def __deepcopy__(self, _memo: object) -> "LogEvents":
        """Returns the current events; shares the blocks, and events, which never change."""
        copied = LogEvents()
        copied._blocks, copied._last = list(self._blocks), list(self._last)
        copied._times, copied.stored_bytes = array("q", self._times), self.stored_bytes
        return copied

    def json_blocks(self) -> Iterator[str]:
        """Yields the events as JSON, some hundreds at a time; each text is an array without its brackets."""
        for block in self._blocks:
            yield zlib.decompress(block).decode()[1:-1]
        if self._last:
            yield _json(self._last).decode()[1:-1]

    def __len__(self) -> int:
        return len(self._times)

    def __iter__(self) -> Iterator[Event]:
        if getattr(_sizing, "is_on", False):
            return iter([{"message": _Length(self.stored_bytes)}])
        return self._between(0, len(self))

    @overload
    def __getitem__(self, place: int) -> Event: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Event]: ...
    def __getitem__(self, place: int | slice) -> Event | Sequence[Event]:
        if isinstance(place, slice):
            first, last, _ = place.indices(len(self))
            return _Part(self, first, max(first, last))
        if place < 0:
            place += len(self)
        if not 0 <= place < len(self):
            raise IndexError(place)
        return _Lazy(self, place)

    def event(self, place: int) -> Event:
        """Returns an event; decompresses its block."""
        number, at = divmod(place, _BLOCK_EVENTS)
        last = self._last  # before the blocks, since it becomes one of them
        return (_opened(self._blocks[number]) if number < len(self._blocks) else last)[at]

    def time_ms(self, place: int) -> int:
        """Returns the time of an event without decompressing its block."""
        return self._times[place]

    def _between(self, first: int, last: int) -> Iterator[Event]:
        place = first
        while place < last:
            number, at = divmod(place, _BLOCK_EVENTS)
            last_events = self._last
            events = _opened(self._blocks[number]) if number < len(self._blocks) else last_events
            until = min(_BLOCK_EVENTS, at + last - place)
            yield from events[at:until]
            place += until - at


class _Part(Sequence[Event]):
    """Some of a stream's events; events appended later are not included."""

    def __init__(self, events: LogEvents, first: int, last: int) -> None:
        self._events, self._first, self._last = events, first, last

    def __len__(self) -> int:
        return self._last - self._first

    def __iter__(self) -> Iterator[Event]:
        return self._events._between(self._first, self._last)

    @overload
    def __getitem__(self, place: int) -> Event: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Event]: ...
    def __getitem__(self, place: int | slice) -> Event | Sequence[Event]:
        if isinstance(place, slice):
            return list(self)[place]
        return self._events[range(self._first, self._last)[place]]


class _Lazy(Mapping[str, Any]):
    """An event of which a search reads only the time."""

    __slots__ = ("_events", "_place")

    def __init__(self, events: LogEvents, place: int) -> None:
        self._events, self._place = events, place

    def __getitem__(self, name: str) -> Any:
        if name == "timestamp":
            return self._events.time_ms(self._place)
        return self._events.event(self._place)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._events.event(self._place))

    def __len__(self) -> int:
        return len(self._events.event(self._place))


class _Length:
    """Stands in for all messages of a stream where MiniStack sums their lengths."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size


class _RecentRecords(AccountRegionScopedDict):  # type: ignore[misc]
    """The records that Logs Insights keeps: those of the last events that it or PutLogEvents has seen."""

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        while len(self._data) > _MAX_RECORDS:
            with contextlib.suppress(KeyError, StopIteration, RuntimeError):
                self._data.pop(next(iter(self._data)))


def _append(original: Callable[[Any, Any], None], stream: dict[str, Any], events: list[Event]) -> None:
    original(stream, events)
    with cloudwatch_logs._log_events_lock:
        if not isinstance(stream["events"], LogEvents):  # a new stream, or one to which late events came
            stream["events"] = LogEvents(stream["events"])


def _restored(original: Callable[[Any], None], data: Any) -> None:
    original(data)
    for _, group in cloudwatch_logs._log_groups.all_items():
        for stream in group.get("streams", {}).values():
            stream["events"] = LogEvents(stream["events"])


def _sized(original: Callable[[Any], Any], data: Any) -> Any:
    """Describes groups or streams with known sizes, where MiniStack would sum the lengths of all messages."""
    _sizing.is_on = True
    try:
        return original(data)
    finally:
        _sizing.is_on = False


def _json(events: Sequence[Event]) -> bytes:
    return json.dumps(events, separators=(",", ":")).encode()


def _timestamp(event: Event) -> int:
    timestamp: int = event["timestamp"]
    return timestamp


# ---- FilterLogEvents -------------------------------------------------------------------------------------


def _filter_log_events(data: dict[str, Any]) -> Response:
    group = cloudwatch_logs._log_groups.get(cloudwatch_logs._resolve_log_group_name(data))
    if group is None:
        return error_answer("ResourceNotFoundException", "The specified log group does not exist.")
    try:
        resume_ms, seen = _read_token(data["nextToken"]) if data.get("nextToken") else (None, 0)
    except (ValueError, TypeError, binascii.Error):
        return error_answer("InvalidParameterException", "The specified nextToken is invalid.")
    matches = compile_pattern(data.get("filterPattern") or "")  # the door has refused invalid ones
    limit = min(data.get("limit") or _MAX_PAGE_EVENTS, _MAX_PAGE_EVENTS)
    start_ms = data.get("startTime") if resume_ms is None else resume_ms
    page: list[Event] = []
    size_bytes = 0
    position = (resume_ms, seen)
    passed, passed_ms = 0, None
    for event in merge(
        *_selections(group, data, start_ms),
        key=lambda each: (each["timestamp"], each.get("ingestionTime", 0)),
    ):
        timestamp_ms = event["timestamp"]
        passed = passed + 1 if timestamp_ms == passed_ms else 1
        passed_ms = timestamp_ms
        if timestamp_ms == resume_ms and passed <= seen:
            continue  # On an earlier page.
        if matches(event["message"]):
            size_bytes += len(event["message"]) + _EVENT_BYTES
            if len(page) == limit or (page and size_bytes > _MAX_PAGE_BYTES):
                return _page(page, _token(*position))
            page.append(event)
        position = (timestamp_ms, passed)
    return _page(page, "")


def _page(page: list[Event], token: str) -> Response:
    """Builds the answer; without a token it is the last page."""
    return json_answer({"events": page, "searchedLogStreams": []} | ({"nextToken": token} if token else {}))


def _selections(group: Event, data: dict[str, Any], start_ms: int | None) -> list[Iterator[Event]]:
    """Yields each selected stream's events in the time range, in order: a page needs few."""
    streams: dict[str, Event] = group["streams"]
    prefix = data.get("logStreamNamePrefix") or ""
    names = data.get("logStreamNames") or [name for name in list(streams) if name.startswith(prefix)]
    end_ms = data.get("endTime")
    selections = []
    for name in names:
        if name not in streams:
            continue
        with cloudwatch_logs._log_events_lock:
            history: list[Event] = streams[name]["events"]
            first = 0 if start_ms is None else bisect_left(history, start_ms, key=_timestamp)
            last = len(history) if end_ms is None else bisect_right(history, end_ms, key=_timestamp)
            selected = history[first:last]
        selections.append(_of_stream(selected, name))
    return selections


def _of_stream(events: list[Event], name: str) -> Iterator[Event]:
    return ({**event, "logStreamName": name} for event in events)


def _token(timestamp_ms: int | None, seen: int) -> str:
    """Returns the token of the position after an event: its time, and how many of that time precede it."""
    return base64.urlsafe_b64encode(json.dumps([timestamp_ms, seen]).encode()).decode()


def _read_token(token: str) -> tuple[int, int]:
    timestamp_ms, seen = json.loads(base64.urlsafe_b64decode(token))
    return int(timestamp_ms), int(seen)


_sequence = itertools.count(secrets.randbits(64))


class LogStream(Transcript):
    """Writes messages to a log stream.

    Args:
        group: Created with the first message if it does not exist, as on Lambda.
    """

    def __init__(self, account_id: str, region: str, group: str, version: str, role_arn: str) -> None:
        super().__init__(version)
        self.group = group
        self._role_arn = role_arn
        arn = f"arn:aws:logs:{region}:{account_id}:log-group:{group}"
        # Policies name a group with and without its streams.
        self._arns = (f"{arn}:log-stream:{self.name}", f"{arn}:*", arn)
        self._scope = (account_id, region)
        self._last_ms = 0

    def _deliver(self, messages: Sequence[LogMessage]) -> None:
        now_ms = int(time.time() * 1000)
        events = [
            {
                "timestamp": self._in_order(message.timestamp_ms),
                "message": message.text,
                "ingestionTime": now_ms,
                "eventId": f"{message.timestamp_ms:017d}{next(_sequence):039d}",
            }
            for message in messages
        ]
        with request_scope(*self._scope):
            record = self._record()
            if record is None or not self._may("PutLogEvents"):
                return
            cloudwatch_logs._append_log_events(record, events)
            cloudwatch_logs._fanout_to_subscription_filters(self.group, self.name, events)
            if cloudwatch_logs._live_tail_sessions and app._MAIN_LOOP is not None:
                tell = cloudwatch_logs._fanout_to_live_tail_sessions
                context = contextvars.copy_context()
                app._MAIN_LOOP.call_soon_threadsafe(tell, self.group, self.name, events, context=context)

    def _in_order(self, timestamp_ms: int) -> int:
        """Streams are sorted by time: a record made before an earlier line arrived must not precede it."""
        self._last_ms = max(self._last_ms, timestamp_ms)
        return self._last_ms

    def _may(self, action: str) -> bool:
        return may(self._role_arn, f"logs:{action}", *self._arns)

    def _record(self) -> dict[str, object] | None:
        """Returns MiniStack's record of the stream, created again if somebody deleted it.

        None if it does not exist and the role does not allow creating it.
        """
        for _ in range(3):
            group = cloudwatch_logs._log_groups.get(self.group)
            if group is None:
                if not self._may("CreateLogGroup"):
                    return None
                cloudwatch_logs._create_log_group({"logGroupName": self.group})
            elif self.name in group["streams"]:
                record: dict[str, object] = group["streams"][self.name]
                return record
            elif not self._may("CreateLogStream"):
                return None
            else:
                cloudwatch_logs._create_log_stream({"logGroupName": self.group, "logStreamName": self.name})
        return {"events": [], "firstEventTimestamp": None, "lastEventTimestamp": None}
