"""Reads Kinesis and DynamoDB streams for event source mappings, shard by shard.

Owns: batches, retries within MaximumRetryAttempts and MaximumRecordAgeInSeconds, splitting, partial failures,
what is sent about records that are given up. Must not know: the states of a mapping.

Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
WORKAROUND: remove when MiniStack gives records up, and splits batches.
"""

import base64
import functools
import itertools
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
from workbench.sandbox.launcher.request_context import CALLER, Caller

_Record = dict[str, Any]
_Read = Callable[[int], list[_Record]]
_BETWEEN_TRIES_S = 1.0
_TABLE_SHARD = "shardId-00000000000000000000-00000000"


@dataclass(slots=True)
class _Progress:
    """What goes on with a shard.

    Attributes:
        is_busy: Whether a batch of it is being processed.
        sizes: How many records the next batches have, when one was split.
        tries: How often the next batch failed.
        invocations: How often the function got records of it.
        resume_s: When it may be tried again.
    """

    is_busy: bool = False
    sizes: list[int] = field(default_factory=list)
    tries: int = 0
    invocations: int = 0
    resume_s: float = 0.0


@dataclass(frozen=True, slots=True)
class _Batch:
    """Records of one shard, as they are read."""

    mapping: _Record
    function: _Record
    shard_id: str
    position: int
    records: list[_Record]
    progress: _Progress


class StreamMappings:
    """Replaces MiniStack's reading of streams.

    Args:
        clock: Says how old records are, and when to try again.
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
        if progress.is_busy or progress.resume_s > self._clock.time_s():
            return False
        size = progress.sizes[0] if progress.sizes else int(mapping.get("BatchSize") or 100)
        records = read(size)
        if not records:
            return False
        progress.is_busy = True
        batch = _Batch(mapping, function, shard_id, position, records, progress)
        spawn_background(self._process, batch, thread_name="workbench-stream")
        return True

    def _process(self, batch: _Batch) -> None:
        try:
            wanted = lambda_svc._apply_filter_criteria(batch.records, batch.mapping)
            if wanted:
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
        caller = Caller(str(mapping["FunctionName"]))
        CALLER.set(caller)
        result = lambda_svc._execute_function(batch.function, {"Records": wanted})
        if not result.get("throttle"):
            progress.invocations += 1
        done = _records_done(batch, result)
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
        self._retry(batch, result, caller.request_id)

    def _retry(self, batch: _Batch, result: _Record, request_id: str) -> None:
        progress, mapping = batch.progress, batch.mapping
        limit = int(mapping.get("MaximumRetryAttempts", -1))
        if self._give_up_expired(batch, result, request_id):
            return
        if result.get("throttle"):
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
            deliver(arn, record, object_key=key)
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


def _records_done(batch: _Batch, result: _Record) -> int:
    """Returns how many records of a batch are behind it: those before the first that failed."""
    if result.get("error"):
        return 0
    if "ReportBatchItemFailures" not in (batch.mapping.get("FunctionResponseTypes") or ()):
        return len(batch.records)
    body = result.get("body")
    failures = body.get("batchItemFailures") if isinstance(body, dict) else None
    if not failures:
        return len(batch.records)
    try:
        failed = {str(failure["itemIdentifier"]) for failure in failures}
    except (TypeError, KeyError):
        return 0
    numbers = [_sequence_number(record) for record in batch.records]
    # An identifier that is none of the batch's fails all of it.
    return min(numbers.index(each) for each in failed) if failed <= set(numbers) else 0


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
