"""Reads Kinesis and DynamoDB streams for event source mappings, shard by shard.

Owns: batches, batch windows, tumbling windows, retries within MaximumRetryAttempts and
MaximumRecordAgeInSeconds, splitting, partial failures, what is sent about records that are given up. Must not
know: the states of a mapping.
The state of a tumbling window is kept in memory: a window that is open when the server ends begins anew.

Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
WORKAROUND: remove when MiniStack gives records up, splits batches, and knows both kinds of windows.
"""

import base64
import functools
import itertools
import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.concurrency import spawn_background
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import lambda_svc

from workbench.sandbox.launcher.alias_routing import called_by
from workbench.sandbox.launcher.clock import Clock
from workbench.sandbox.launcher.destinations import deliver, timestamp
from workbench.sandbox.launcher.door.role_needs import lacks_for_source
from workbench.sandbox.launcher.request_context import CALLER, Caller

_Record = dict[str, Any]
_Read = Callable[[int], list[_Record]]
_BETWEEN_TRIES_S = 1.0
_MAX_STATE_BYTES = 1024 * 1024
MAX_EVENT_BYTES = 6 * 1024 * 1024
_TABLE_SHARD = "shardId-00000000000000000000-00000000"


@dataclass(slots=True)
class _Window:
    """A tumbling window of a shard.

    Attributes:
        start_s: When it begins, in seconds since 1970.
        end_s: When it ends; records that arrive then are in the next one.
        state: What the function returned last.
        is_begun: Whether the function has got records of it.
        is_terminated_early: Whether it ends because its state became too large.
    """

    start_s: int
    end_s: int
    state: Any = field(default_factory=dict)
    is_begun: bool = False
    is_terminated_early: bool = False

    @classmethod
    def around(cls, time_s: float, length_s: int) -> "_Window":
        """Returns the window that a moment is in: they begin at multiples of their length."""
        start_s = int(time_s) // length_s * length_s
        return cls(start_s, start_s + length_s)

    def is_over(self, now_s: float) -> bool:
        """Whether no more records belong to it."""
        return self.is_terminated_early or self.end_s <= now_s

    def keep(self, state: Any) -> None:
        """Takes over what the function returned; a state of more than 1 MB ends the window."""
        self.state = state
        self.is_terminated_early = len(json.dumps(state)) > _MAX_STATE_BYTES


@dataclass(slots=True)
class _Progress:
    """What goes on with a shard.

    Attributes:
        is_busy: Whether a batch of it is being processed.
        sizes: How many records the next batches have, when one was split.
        tries: How often the next batch failed.
        invocations: How often the function got records of it.
        resume_s: When it may be tried again.
        gathering_s: Since when records wait for others, for the batch window; None while none do.
        window: The tumbling window that is open.
    """

    is_busy: bool = False
    sizes: list[int] = field(default_factory=list)
    tries: int = 0
    invocations: int = 0
    resume_s: float = 0.0
    gathering_s: float | None = None
    window: _Window | None = None


@dataclass(frozen=True, slots=True)
class _Batch:
    """Records of one shard, as they are read; none when a window of it ends."""

    mapping: _Record
    function: _Record
    shard_id: str
    position: int
    records: list[_Record]
    progress: _Progress


class StreamMappings:
    """Replaces MiniStack's reading of streams.

    Args:
        clock: Says how old records are, when to try again, and when windows end.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._progress: dict[tuple[str, str], _Progress] = {}

    def install(self) -> None:
        """Puts this in the place of MiniStack's."""
        lambda_svc._poll_kinesis = self._poll_kinesis
        lambda_svc._poll_dynamodb_streams = self._poll_tables
        lambda_svc._init_stream_position = _wait_until_enabled
        lambda_svc._release_esm_poll_state = functools.partial(
            self._forget, lambda_svc._release_esm_poll_state
        )

    def anchor(self, mapping: _Record) -> None:
        """Has a mapping begin to read at its starting position; one that has read before goes on there."""
        service = str(mapping.get("EventSourceArn")).split(":")[2]
        if service == "kinesis" and (stream := _stream(mapping)):
            _positions(mapping, stream)
        elif service == "dynamodb" and (table := _table_name(mapping)):
            _table_position(mapping, table)

    def _forget(self, original: Callable[[str], None], mapping_id: str) -> None:
        original(mapping_id)
        for key in [key for key in list(self._progress) if key[0] == mapping_id]:
            self._progress.pop(key, None)

    def _poll_kinesis(self) -> bool:
        return sum(self._look(*found) for found in self._due("kinesis", _shards_of_stream)) > 0

    def _poll_tables(self) -> bool:
        return sum(self._look(*found) for found in self._due("dynamodb", _shards_of_table)) > 0

    def _due(
        self,
        service: str,
        shards_of: Callable[[_Record], Iterator[tuple[str, int, _Read]]],
    ) -> Iterator[tuple[_Record, _Record, str, int, _Read]]:
        for account_id, region, mapping in lambda_svc._iter_all_esms():
            if not mapping.get("Enabled") or f":{service}:" not in str(mapping.get("EventSourceArn")):
                continue
            with request_scope(account_id, region):
                function, _ = lambda_svc._get_func_record_for_qualifier(
                    mapping["FunctionName"], mapping.get("Qualifier")
                )
                if function is None:
                    continue
                if lacks := lacks_for_source(function["config"]["Role"], mapping["EventSourceArn"]):
                    mapping["LastProcessingResult"] = f"PROBLEM: {lacks}"
                    continue
                function = called_by(function, mapping["FunctionArn"])
                for shard_id, position, read in shards_of(mapping):
                    yield mapping, function, shard_id, position, read

    def _look(
        self,
        mapping: _Record,
        function: _Record,
        shard_id: str,
        position: int,
        read: _Read,
    ) -> bool:
        """Begins with the next batch of a shard; returns whether there was one."""
        progress = self._progress.setdefault((mapping["UUID"], shard_id), _Progress())
        now_s = self._clock.time_s()
        if progress.is_busy or progress.resume_s > now_s:
            return False
        size = progress.sizes[0] if progress.sizes else int(mapping.get("BatchSize") or 100)
        found = read(size)
        records = _of_one_window(mapping, progress, _of_one_event(found))
        is_complete = len(records) == size or len(records) < len(found)
        if records and not is_complete and _waits_for_more(mapping, progress, now_s):
            return False
        if not records and not found and not (progress.window and progress.window.is_over(now_s)):
            return False
        progress.is_busy = True
        progress.gathering_s = None
        batch = _Batch(mapping, function, shard_id, position, records, progress)
        spawn_background(self._process, batch, thread_name="workbench-stream")
        return True

    def _process(self, batch: _Batch) -> None:
        try:
            wanted = lambda_svc._apply_filter_criteria(batch.records, batch.mapping)
            if not batch.records:
                self._close_window(batch)
            elif wanted:
                self._invoke(batch, wanted)
            else:
                _advance(batch, len(batch.records))
        finally:
            batch.progress.is_busy = False
            lambda_svc.esm_wake.set()

    def _invoke(self, batch: _Batch, wanted: list[_Record]) -> None:
        progress, mapping = batch.progress, batch.mapping
        if self._give_up_expired(batch, None, str(uuid.uuid4())):
            return
        result, request_id = _execute(batch, wanted)
        if not result.get("throttle"):
            progress.invocations += 1
        done = _records_done(batch, result)
        if progress.window is not None and done:
            progress.window.keep(result["body"]["state"])
        if done == len(batch.records):
            mapping["LastProcessingResult"] = f"OK - {len(wanted)} records"
            _advance(batch, done)
            return
        mapping["LastProcessingResult"] = "FAILED"
        if done:
            left = len(batch.records) - done
            _advance(batch, done)
            progress.sizes.insert(0, left)
            progress.invocations = 1
            batch = replace(batch, position=batch.position + done, records=batch.records[done:])
        self._retry(batch, result, request_id)

    def _close_window(self, batch: _Batch) -> None:
        """Invokes the function for the last time in a tumbling window, with the state and no records."""
        progress, mapping = batch.progress, batch.mapping
        if progress.window is not None and progress.window.is_begun:
            result, _ = _execute(batch, [], is_final=True)
            has_failed = bool(result.get("error"))
            mapping["LastProcessingResult"] = "FAILED" if has_failed else "OK - 0 records"
            progress.tries += has_failed and not result.get("throttle")
            limit = int(mapping.get("MaximumRetryAttempts", -1))
            if has_failed and (limit < 0 or progress.tries <= limit):
                self._pause(progress)
                return
        progress.window, progress.tries, progress.resume_s = None, 0, 0.0

    def _retry(self, batch: _Batch, result: _Record, request_id: str) -> None:
        progress, mapping = batch.progress, batch.mapping
        limit = int(mapping.get("MaximumRetryAttempts", -1))
        if self._give_up_expired(batch, result, request_id):
            return
        if result.get("throttle"):
            progress.sizes[:1] = [len(batch.records)]
            self._pause(progress)
            return
        if mapping.get("BisectBatchOnFunctionError") and len(batch.records) > 1:
            half = len(batch.records) // 2
            progress.sizes[:1] = [half, len(batch.records) - half]
            progress.tries = progress.invocations = 0
            return
        progress.tries += 1
        if 0 <= limit < progress.tries:
            self._give_up(batch, "RetryAttemptsExhausted", result, request_id)
        else:
            progress.sizes[:1] = [len(batch.records)]
            self._pause(progress)

    def _pause(self, progress: _Progress) -> None:
        progress.resume_s = self._clock.time_s() + _BETWEEN_TRIES_S
        self._clock.after(_BETWEEN_TRIES_S, lambda_svc.esm_wake.set)

    def _expired(self, batch: _Batch) -> int:
        """Returns how many of a batch's first records are older than the mapping lets them be."""
        limit_s = int(batch.mapping.get("MaximumRecordAgeInSeconds", -1))
        if limit_s < 0:
            return 0
        oldest_s = self._clock.time_s() - limit_s
        return sum(1 for _ in itertools.takewhile(lambda each: _arrival_s(each) < oldest_s, batch.records))

    def _give_up_expired(self, batch: _Batch, result: _Record | None, request_id: str) -> bool:
        """Gives up what is too old; returns whether anything was."""
        count = self._expired(batch)
        if not count:
            return False
        if count < len(batch.records):
            batch.progress.sizes[:1] = [count, len(batch.records) - count]
        self._give_up(replace(batch, records=batch.records[:count]), "RecordAgeExceeded", result, request_id)
        return True

    def _give_up(self, batch: _Batch, condition: str, result: _Record | None, request_id: str) -> None:
        """Goes on behind a batch, and tells the destination which records were given up."""
        arn = ((batch.mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
        if arn:
            record = self._failure(batch, condition, result, request_id)
            if ":s3:" in arn:
                record["payload"] = {"Records": batch.records}
            now_s = self._clock.time_s()
            day, moment = (
                time.strftime(form, time.gmtime(now_s)) for form in ("%Y/%m/%d", "%Y-%m-%dT%H.%M.%S")
            )
            key = f"aws/lambda/{batch.mapping['UUID']}/{batch.shard_id}/{day}/{moment}-{uuid.uuid4()}"
            deliver(arn, batch.function["config"]["Role"], record, object_key=key)
        _advance(batch, len(batch.records))

    def _failure(self, batch: _Batch, condition: str, result: _Record | None, request_id: str) -> _Record:
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
                "approximateInvokeCount": batch.progress.invocations,
            },
            "responseContext": answered,
            "version": "1.0",
            "timestamp": timestamp(self._clock.time_s()),
            kind: {
                "shardId": batch.shard_id,
                "startSequenceNumber": _sequence_number(first),
                "endSequenceNumber": _sequence_number(last),
                "approximateArrivalOfFirstRecord": timestamp(_arrival_s(first)),
                "approximateArrivalOfLastRecord": timestamp(_arrival_s(last)),
                "batchSize": len(batch.records),
                "streamArn": batch.mapping["EventSourceArn"],
            },
        }


def _of_one_event(records: list[_Record]) -> list[_Record]:
    """Returns the first records that one event can hold, at least one: 6 MB."""
    size = 0
    for number, record in enumerate(records):
        size += len(json.dumps(record))
        if number and size > MAX_EVENT_BYTES:
            return records[:number]
    return records


def _of_one_window(mapping: _Record, progress: _Progress, records: list[_Record]) -> list[_Record]:
    """Returns those of the first records that are in the tumbling window, which is opened if none is."""
    length_s = int(mapping.get("TumblingWindowInSeconds") or 0)
    if progress.window is None and length_s and records:
        progress.window = _Window.around(_arrival_s(records[0]), length_s)
    window = progress.window
    if window is None:
        return records
    if window.is_terminated_early:
        return []
    return list(itertools.takewhile(lambda each: _arrival_s(each) < window.end_s, records))


def _waits_for_more(mapping: _Record, progress: _Progress, now_s: float) -> bool:
    """Whether a batch that is not full, and was not tried before, waits for the end of its batch window."""
    length_s = int(mapping.get("MaximumBatchingWindowInSeconds") or 0)
    is_over = progress.window is not None and progress.window.is_over(now_s)
    if not length_s or progress.sizes or is_over:
        return False
    if progress.gathering_s is None:
        progress.gathering_s = now_s
    return now_s < progress.gathering_s + length_s


def _execute(batch: _Batch, wanted: list[_Record], *, is_final: bool = False) -> tuple[_Record, str]:
    """Invokes the function; returns what came of it, and the id of the request.

    In a tumbling window an answer without a state is a failure, but the last one.
    """
    caller = Caller(str(batch.mapping["FunctionName"]))
    CALLER.set(caller)
    window, event = batch.progress.window, {"Records": wanted}
    if window is not None:
        window.is_begun = True
        event |= _window_fields(window, batch, is_final=is_final)
    result: _Record = lambda_svc._execute_function(batch.function, event)
    body = result.get("body")
    if window is not None and not is_final and not (isinstance(body, dict) and "state" in body):
        result = {**result, "error": True}
    return result, caller.request_id


def _window_fields(window: _Window, batch: _Batch, *, is_final: bool) -> _Record:
    start, end = (
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(each)) for each in (window.start_s, window.end_s)
    )
    return {
        "window": {"start": start, "end": end},
        "state": window.state,
        "shardId": batch.shard_id,
        "eventSourceARN": batch.mapping["EventSourceArn"],
        "isFinalInvokeForWindow": is_final,
        "isWindowTerminatedEarly": window.is_terminated_early,
    }


def failed_items(mapping: _Record, result: _Record, identifiers: list[str]) -> set[str]:
    """Returns which items of a batch a function could not process, by what came of its invocation.

    An answer that names something else than items of the batch fails all of them.
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


def _records_done(batch: _Batch, result: _Record) -> int:
    """Returns how many records of a batch are behind it: those before the first that failed."""
    numbers = [_sequence_number(record) for record in batch.records]
    failed = failed_items(batch.mapping, result, numbers)
    return min((numbers.index(each) for each in failed), default=len(numbers))


def _advance(batch: _Batch, count: int) -> None:
    """Goes on behind so many records of a batch, which begin with its first."""
    position, progress = batch.position + count, batch.progress
    if "kinesis" in batch.records[0]:
        lambda_svc._kinesis_positions.setdefault(batch.mapping["UUID"], {})[batch.shard_id] = position
    else:
        lambda_svc._dynamodb_stream_positions[batch.mapping["UUID"]] = position
    del progress.sizes[:1]
    progress.tries = progress.invocations = 0
    progress.resume_s = 0.0


def _sequence_number(record: _Record) -> str:
    if "kinesis" in record:
        return str(record["kinesis"]["sequenceNumber"])
    return str(record["dynamodb"].get("SequenceNumber", ""))


def _arrival_s(record: _Record) -> float:
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
    """Returns where to read on in each shard; shards that came since are read from their first record."""
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


def _shards_of_stream(mapping: _Record) -> Iterator[tuple[str, int, _Read]]:
    stream = _stream(mapping)
    if stream is None or stream["StreamStatus"] != "ACTIVE":
        return
    positions = _positions(mapping, stream)
    for shard_id, shard in list(stream["shards"].items()):
        position = positions.get(shard_id, 0)

        def read(
            size: int, shard_id: str = shard_id, shard: _Record = shard, at: int = position
        ) -> list[_Record]:
            return [_kinesis_record(mapping, shard_id, each) for each in shard["records"][at : at + size]]

        yield shard_id, position, read


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
    """Returns the table of a mapping's stream, '' when that stream is no longer the table's."""
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


def _shards_of_table(mapping: _Record) -> Iterator[tuple[str, int, _Read]]:
    from ministack.services import dynamodb

    table = _table_name(mapping)
    if not table:
        return
    position = _table_position(mapping, table)

    def read(size: int) -> list[_Record]:
        records: list[_Record] = dynamodb.stream_records_since(table, position, size)
        return records

    yield _TABLE_SHARD, position, read


def _wait_until_enabled(*_: object) -> None:
    """Stands in for MiniStack's start: a mapping begins to read when it is enabled, as on AWS."""
