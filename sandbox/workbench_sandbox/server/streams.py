"""The shards of Kinesis and DynamoDB streams, and batches of their records.

A shard knows its records, and how far a mapping has read them; a table's stream has one shard here. Batches
have invocation, retries, splitting, partial failures, expiry, and windows: a record is retried within
MaximumRetryAttempts and MaximumRecordAgeInSeconds; the on-failure destination gets a record of what was given
up. The state of a tumbling window is kept in memory: a window that is open when the server ends starts again.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html,
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html,
https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html WORKAROUND: remove when MiniStack
gives records up, splits batches, and knows both kinds of windows.
"""

import base64
import itertools
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc

from workbench_sandbox.server.async_events import deliver, timestamp
from workbench_sandbox.server.clock import Clock
from workbench_sandbox.server.door.stores import service_of
from workbench_sandbox.server.request_context import CALLER, Caller

_Record = dict[str, Any]
_TABLE_SHARD = "shardId-00000000000000000000-00000000"


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard as one mapping reads it.

    Attributes:
        shard_id: As in events and failure records.
        position: Returns the number of the first record that is not done.
        move_to: Moves the mapping to another record.
        stored: Returns at most so many stored records from a number on.
        event_record: Converts a stored record to that of an event.
        ordered_by: Returns what records that must stay in order share: the partition key; for a table the key
            of the item.
    """

    shard_id: str
    position: Callable[[], int]
    move_to: Callable[[int], None]
    stored: Callable[[int, int], Sequence[Any]]
    event_record: Callable[[Any], _Record]
    ordered_by: Callable[[Any], str]


def shards_of(mapping: _Record) -> Iterator[Shard]:
    """Returns the shards of a mapping's stream; none if the stream does not exist."""
    if service_of(mapping["EventSourceArn"]) == "kinesis":
        return _shards_of_stream(mapping)
    return _shards_of_table(mapping)


def anchor(mapping: _Record) -> None:
    """Lets a mapping start at its starting position; one that has read before continues there."""
    if service_of(mapping["EventSourceArn"]) == "kinesis" and (stream := _stream(mapping)):
        _positions(mapping, stream)
    elif service_of(mapping["EventSourceArn"]) == "dynamodb" and (table := _table_name(mapping)):
        _table_position(mapping, table)


def _sequence_number(record: _Record) -> str:
    """Returns the sequence number of an event record."""
    if "kinesis" in record:
        return str(record["kinesis"]["sequenceNumber"])
    return str(record["dynamodb"].get("SequenceNumber", ""))


def arrival_s(record: _Record) -> float:
    """Returns the arrival time of an event record, seconds since 1970."""
    if "kinesis" in record:
        return float(record["kinesis"]["approximateArrivalTimestamp"])
    return float(record["dynamodb"].get("ApproximateCreationDateTime", 0))


def _stream(mapping: _Record) -> _Record | None:
    from ministack.services import kinesis

    arn = str(mapping["EventSourceArn"]).partition("/consumer/")[0]
    try:
        spec = parse_arn(arn)
    except ArnParseError:
        return None
    stream: _Record | None = kinesis._streams.get_scoped(
        spec.account_id, spec.region, lambda_svc._kinesis_stream_name_from_arn_spec(spec)
    )
    return stream if stream and stream.get("StreamARN") == arn else None


def _positions(mapping: _Record, stream: _Record) -> dict[str, int]:
    """Returns where to continue in each shard; newer shards are read from their first record."""
    positions: dict[str, int] | None = lambda_svc._kinesis_positions.get(mapping["UUID"])
    if positions is None:
        positions = {
            shard_id: _start(mapping, shard["records"]) for shard_id, shard in stream["shards"].items()
        }
        lambda_svc._kinesis_positions[mapping["UUID"]] = positions
    return positions


def _start(mapping: _Record, records: list[_Record]) -> int:
    starting = mapping.get("StartingPosition", "LATEST")
    if starting == "TRIM_HORIZON":
        return 0
    if starting == "AT_TIMESTAMP":
        since_s = float(mapping.get("StartingPositionTimestamp") or 0)
        return sum(float(record["ApproximateArrivalTimestamp"]) < since_s for record in records)
    return len(records)


def _shards_of_stream(mapping: _Record) -> Iterator[Shard]:
    stream = _stream(mapping)
    if stream is None or stream["StreamStatus"] != "ACTIVE":
        return
    _positions(mapping, stream)
    for shard_id, shard in list(stream["shards"].items()):
        yield _kinesis_shard(mapping, shard_id, shard["records"])


def _kinesis_shard(mapping: _Record, shard_id: str, records: list[_Record]) -> Shard:
    def position() -> int:
        return int((lambda_svc._kinesis_positions.get(mapping["UUID"]) or {}).get(shard_id, 0))

    def move_to(number: int) -> None:
        positions = lambda_svc._kinesis_positions.get(mapping["UUID"])
        if positions is not None:  # otherwise the mapping was deleted in the meantime
            positions[shard_id] = number

    return Shard(
        shard_id,
        position,
        move_to,
        stored=lambda number, count: records[number : number + count],
        event_record=lambda stored: _kinesis_record(mapping, shard_id, stored),
        ordered_by=lambda stored: str(stored["PartitionKey"]),
    )


def _kinesis_record(mapping: _Record, shard_id: str, stored: _Record) -> _Record:
    data = stored["Data"]
    if not isinstance(data, bytes | str):
        data = str(data)
    if isinstance(data, str):
        try:
            base64.b64decode(data, validate=True)
        except ValueError:
            data = data.encode()
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": stored["PartitionKey"],
            "sequenceNumber": stored["SequenceNumber"],
            "data": base64.b64encode(data).decode() if isinstance(data, bytes) else data,
            "approximateArrivalTimestamp": stored["ApproximateArrivalTimestamp"],
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard_id}:{stored['SequenceNumber']}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": _role(mapping),
        "awsRegion": get_region(),
        "eventSourceARN": mapping["EventSourceArn"],
    }


def _role(mapping: _Record) -> str:
    function = lambda_svc._functions.get(mapping["FunctionName"]) or {}
    return str(
        (function.get("config") or {}).get("Role") or f"arn:aws:iam::{get_account_id()}:role/lambda-role"
    )


def _table_name(mapping: _Record) -> str:
    """Returns the table of a mapping's stream; '' if the table now has another stream."""
    from ministack.services import dynamodb

    arn = str(mapping["EventSourceArn"])
    try:
        found = lambda_svc._dynamodb_stream_table_from_arn_spec(parse_arn(arn))
    except ArnParseError:
        return ""
    name = str(found[0]) if found else ""
    table = dynamodb._tables.get(name) or {}
    return name if table.get("LatestStreamArn") == arn else ""


def _table_position(mapping: _Record, table: str) -> int:
    from ministack.services import dynamodb

    with lambda_svc._dynamodb_stream_positions_lock:
        positions = lambda_svc._dynamodb_stream_positions
        horizon = int(dynamodb.stream_start_position(table))
        if mapping["UUID"] not in positions:
            is_from_start = mapping.get("StartingPosition") == "TRIM_HORIZON"
            positions[mapping["UUID"]] = horizon if is_from_start else dynamodb.stream_end_position(table)
        return max(int(positions[mapping["UUID"]]), horizon)


def _shards_of_table(mapping: _Record) -> Iterator[Shard]:
    from ministack.services import dynamodb

    table = _table_name(mapping)
    if not table:
        return

    def move_to(number: int) -> None:
        with lambda_svc._dynamodb_stream_positions_lock:
            if mapping["UUID"] in lambda_svc._dynamodb_stream_positions:
                lambda_svc._dynamodb_stream_positions[mapping["UUID"]] = number

    yield Shard(
        _TABLE_SHARD,
        position=lambda: _table_position(mapping, table),
        move_to=move_to,
        stored=lambda number, count: dynamodb.stream_records_since(table, number, count),
        event_record=lambda stored: stored,
        ordered_by=lambda stored: json.dumps(stored["dynamodb"].get("Keys"), sort_keys=True),
    )


_BETWEEN_TRIES_S = 1.0
_MAX_STATE_BYTES = 1024 * 1024
MAX_EVENT_BYTES = 6 * 1024 * 1024


@dataclass(slots=True)
class Window:
    """A tumbling window of a shard.

    Attributes:
        end_s: End of the window, exclusive.
        state: The function's last state.
        is_begun: Whether the function has received records of it.
        is_terminated_early: Whether it ends because its state became too large.
    """

    start_s: int
    end_s: int
    state: Any = field(default_factory=dict)
    is_begun: bool = False
    is_terminated_early: bool = False

    @classmethod
    def containing(cls, time_s: float, length_s: int) -> "Window":
        """Returns the window that contains a time: windows begin at multiples of their length."""
        start_s = int(time_s) // length_s * length_s
        return cls(start_s, start_s + length_s)

    def is_over(self, now_s: float) -> bool:
        return self.is_terminated_early or self.end_s <= now_s

    def keep(self, state: Any) -> None:
        """Stores the function's state; a state of more than 1 MB ends the window."""
        self.state = state
        self.is_terminated_early = len(json.dumps(state)) > _MAX_STATE_BYTES


@dataclass(slots=True)
class Lane:
    """The batches of a shard that are processed one after another.

    Attributes:
        is_busy: Whether one of its batches is being processed.
        sizes: The number of records of the next batches, if one was split.
        tries: How often the next batch failed.
        invocations: How often the function received its records.
        resume_s: When it may be retried.
        gathering_s: Since when records wait for the batch window; None if none do.
        window: The open tumbling window.
    """

    is_busy: bool = False
    sizes: list[int] = field(default_factory=list)
    tries: int = 0
    invocations: int = 0
    resume_s: float = 0.0
    gathering_s: float | None = None
    window: Window | None = None


@dataclass(slots=True)
class Progress:
    """The progress of a shard; its position is the first record that is not done.

    Attributes:
        lock: Held while a position is read or moved: several batches may end at once.
        lanes: As many as batches may be processed at once.
        done: The numbers of records after the position that are done.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    lanes: list[Lane] = field(default_factory=lambda: [Lane()])
    done: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of a lane, with their numbers in the shard; none at the end of a window."""

    mapping: _Record
    function: _Record
    shard: Shard
    progress: Progress
    lane: Lane
    numbers: list[int]
    records: list[_Record]

    def part(self, start: int, end: int | None = None) -> "Batch":
        """Returns some of its records."""
        return replace(self, numbers=self.numbers[start:end], records=self.records[start:end])

    def advance(self, count: int) -> None:
        """Marks the first records as done."""
        progress, lane = self.progress, self.lane
        with progress.lock:
            done = progress.done | set(self.numbers[:count])
            position = self.shard.position()
            while position in done:
                position += 1
            self.shard.move_to(position)
            progress.done = {number for number in done if number > position}
        del lane.sizes[:1]
        lane.tries = lane.invocations = 0
        lane.resume_s = 0.0


class BatchProcessor:
    """Invokes functions with batches."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def process(self, batch: Batch) -> None:
        """Invokes the function with a batch, or ends a window; moves the position when done."""
        try:
            wanted = lambda_svc._apply_filter_criteria(batch.records, batch.mapping)
            if not batch.records:
                self._close_window(batch)
            elif wanted:
                self._invoke(batch, wanted)
            else:
                batch.advance(len(batch.records))
        finally:
            batch.lane.is_busy = False
            lambda_svc.esm_wake.set()

    def _invoke(self, batch: Batch, wanted: list[_Record]) -> None:
        lane, mapping = batch.lane, batch.mapping
        if self._give_up_expired(batch, None, str(uuid.uuid4())):
            return
        result, request_id = _execute(batch, wanted)
        if not result.get("throttle"):
            lane.invocations += 1
        done = _records_done(batch, result)
        if lane.window is not None and done:
            lane.window.keep(result["body"]["state"])
        if done == len(batch.records):
            mapping["LastProcessingResult"] = f"OK - {len(wanted)} records"
            batch.advance(done)
            return
        mapping["LastProcessingResult"] = "FAILED"
        if done:
            left = len(batch.records) - done
            batch.advance(done)
            lane.sizes.insert(0, left)
            lane.invocations = 1
            batch = batch.part(done)
        self._retry(batch, result, request_id)

    def _close_window(self, batch: Batch) -> None:
        """Invokes the function for the last time in a tumbling window, with the state and no records."""
        lane, mapping = batch.lane, batch.mapping
        if lane.window is not None and lane.window.is_begun:
            result, _ = _execute(batch, [], is_final=True)
            has_failed = bool(result.get("error"))
            mapping["LastProcessingResult"] = "FAILED" if has_failed else "OK - 0 records"
            lane.tries += has_failed and not result.get("throttle")
            limit = int(mapping.get("MaximumRetryAttempts", -1))
            if has_failed and (limit < 0 or lane.tries <= limit):
                self._pause(lane)
                return
        lane.window, lane.tries, lane.resume_s = None, 0, 0.0

    def _retry(self, batch: Batch, result: _Record, request_id: str) -> None:
        lane, mapping = batch.lane, batch.mapping
        limit = int(mapping.get("MaximumRetryAttempts", -1))
        if self._give_up_expired(batch, result, request_id):
            return
        if result.get("throttle"):
            lane.sizes[:1] = [len(batch.records)]
            self._pause(lane)
            return
        if mapping.get("BisectBatchOnFunctionError") and len(batch.records) > 1:
            half = len(batch.records) // 2
            lane.sizes[:1] = [half, len(batch.records) - half]
            lane.tries = lane.invocations = 0
            return
        lane.tries += 1
        if 0 <= limit < lane.tries:
            self._give_up(batch, "RetryAttemptsExhausted", result, request_id)
        else:
            lane.sizes[:1] = [len(batch.records)]
            self._pause(lane)

    def _pause(self, lane: Lane) -> None:
        lane.resume_s = self._clock.time_s() + _BETWEEN_TRIES_S
        self._clock.after(_BETWEEN_TRIES_S, lambda_svc.esm_wake.set)

    def _expired(self, batch: Batch) -> int:
        """Returns how many of a batch's first records exceed the mapping's maximum age."""
        limit_s = int(batch.mapping.get("MaximumRecordAgeInSeconds", -1))
        if limit_s < 0:
            return 0
        oldest_s = self._clock.time_s() - limit_s
        return sum(1 for _ in itertools.takewhile(lambda each: arrival_s(each) < oldest_s, batch.records))

    def _give_up_expired(self, batch: Batch, result: _Record | None, request_id: str) -> bool:
        """Gives up records that are too old; returns whether there were any."""
        count = self._expired(batch)
        if not count:
            return False
        if count < len(batch.records):
            batch.lane.sizes[:1] = [count, len(batch.records) - count]
        self._give_up(batch.part(0, count), "RecordAgeExceeded", result, request_id)
        return True

    def _give_up(self, batch: Batch, condition: str, result: _Record | None, request_id: str) -> None:
        """Skips a batch, and reports the records that were given up to the destination."""
        arn = ((batch.mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
        if arn:
            record = self._failure(batch, condition, result, request_id)
            if ":s3:" in arn:
                record["payload"] = {"Records": batch.records}
            now_s = self._clock.time_s()
            day, moment = (
                time.strftime(form, time.gmtime(now_s)) for form in ("%Y/%m/%d", "%Y-%m-%dT%H.%M.%S")
            )
            key = f"aws/lambda/{batch.mapping['UUID']}/{batch.shard.shard_id}/{day}/{moment}-{uuid.uuid4()}"
            deliver(arn, batch.function["config"]["Role"], record, object_key=key)
        batch.advance(len(batch.records))

    def _failure(self, batch: Batch, condition: str, result: _Record | None, request_id: str) -> _Record:
        first, last = batch.records[0], batch.records[-1]
        kind = "KinesisBatchInfo" if "kinesis" in first else "DDBStreamBatchInfo"
        answered: _Record = {
            "statusCode": 200,
            "executedVersion": batch.function["config"].get("Version", "$LATEST"),
        }
        if result is None or result.get("error"):
            answered["functionError"] = (result or {}).get("function_error") or "Unhandled"
        return {
            "requestContext": {
                "requestId": request_id,
                "functionArn": batch.mapping["FunctionArn"],
                "condition": condition,
                "approximateInvokeCount": batch.lane.invocations,
            },
            "responseContext": answered,
            "version": "1.0",
            "timestamp": timestamp(self._clock.time_s()),
            kind: {
                "shardId": batch.shard.shard_id,
                "startSequenceNumber": _sequence_number(first),
                "endSequenceNumber": _sequence_number(last),
                "approximateArrivalOfFirstRecord": timestamp(arrival_s(first)),
                "approximateArrivalOfLastRecord": timestamp(arrival_s(last)),
                "batchSize": len(batch.records),
                "streamArn": batch.mapping["EventSourceArn"],
            },
        }


def _execute(batch: Batch, wanted: list[_Record], *, is_final: bool = False) -> tuple[_Record, str]:
    """Invokes the function; returns the result and the request id.

    In a tumbling window a result without a state is a failure, except for the last one.
    """
    caller = Caller(str(batch.mapping["FunctionName"]))
    CALLER.set(caller)
    window, event = batch.lane.window, {"Records": wanted}
    if window is not None:
        window.is_begun = True
        event |= _window_fields(window, batch, is_final=is_final)
    result: _Record = lambda_svc._execute_function(batch.function, event)
    body = result.get("body")
    if window is not None and not is_final and not (isinstance(body, dict) and "state" in body):
        result = {**result, "error": True}
    return result, caller.request_id


def _window_fields(window: Window, batch: Batch, *, is_final: bool) -> _Record:
    start, end = (
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(each)) for each in (window.start_s, window.end_s)
    )
    return {
        "window": {"start": start, "end": end},
        "state": window.state,
        "shardId": batch.shard.shard_id,
        "eventSourceARN": batch.mapping["EventSourceArn"],
        "isFinalInvokeForWindow": is_final,
        "isWindowTerminatedEarly": window.is_terminated_early,
    }


def failed_items(mapping: _Record, result: _Record, identifiers: list[str]) -> set[str]:
    """Returns which items of a batch failed, according to the result of the invocation.

    A result that names items outside the batch fails all of them.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    everything = set(identifiers)
    if result.get("error"):
        return everything
    if "ReportBatchItemFailures" not in (mapping.get("FunctionResponseTypes") or ()):
        return set()
    body = result.get("body")
    failures = body.get("batchItemFailures") if isinstance(body, dict) else None
    if not failures:
        return set()
    try:
        failed = {str(failure["itemIdentifier"]) for failure in failures}
    except (TypeError, KeyError):
        return everything
    return failed if failed <= everything else everything


def _records_done(batch: Batch, result: _Record) -> int:
    """Returns how many records of a batch are done: those before the first that failed."""
    numbers = [_sequence_number(record) for record in batch.records]
    failed = failed_items(batch.mapping, result, numbers)
    return min((numbers.index(each) for each in failed), default=len(numbers))
