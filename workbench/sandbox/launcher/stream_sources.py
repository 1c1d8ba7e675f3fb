"""The shards of Kinesis and DynamoDB streams: their records, and how far a mapping has read them.

A table's stream has one shard here.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html and
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc

_Record = dict[str, Any]
_TABLE_SHARD = "shardId-00000000000000000000-00000000"


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard as one mapping reads it.

    Attributes:
        shard_id: As events and records of failures name it.
        position: Returns the number of the first record that is not done.
        move_to: Has the mapping go on at another one.
        stored: Returns records from a number on, at most so many, as they are kept.
        event_record: Returns such a record as functions get it.
        ordered_by: Returns what records that must stay in order have in common: the partition key, of a table
            the whole key of the item.
    """

    shard_id: str
    position: Callable[[], int]
    move_to: Callable[[int], None]
    stored: Callable[[int, int], Sequence[Any]]
    event_record: Callable[[Any], _Record]
    ordered_by: Callable[[Any], str]


def shards_of(mapping: _Record) -> Iterator[Shard]:
    """Returns the shards of a mapping's stream; none where there is no such stream (any more)."""
    if _service(mapping) == "kinesis":
        return _shards_of_stream(mapping)
    return _shards_of_table(mapping)


def anchor(mapping: _Record) -> None:
    """Has a mapping begin to read at its starting position; one that has read before goes on there."""
    if _service(mapping) == "kinesis" and (stream := _stream(mapping)):
        _positions(mapping, stream)
    elif _service(mapping) == "dynamodb" and (table := _table_name(mapping)):
        _table_position(mapping, table)


def sequence_number(record: _Record) -> str:
    """Returns the sequence number of a record as functions get it."""
    if "kinesis" in record:
        return str(record["kinesis"]["sequenceNumber"])
    return str(record["dynamodb"].get("SequenceNumber", ""))


def arrival_s(record: _Record) -> float:
    """Returns when a record as functions get it came into the stream, in seconds since 1970."""
    if "kinesis" in record:
        return float(record["kinesis"]["approximateArrivalTimestamp"])
    return float(record["dynamodb"].get("ApproximateCreationDateTime", 0))


def _service(mapping: _Record) -> str:
    return (*str(mapping.get("EventSourceArn")).split(":"), "", "", "")[2]


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
        if positions is not None:  # else the mapping was deleted meanwhile
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
