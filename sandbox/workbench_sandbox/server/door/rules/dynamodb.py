"""What DynamoDB, its streams and Kinesis refuse."""

import functools

from workbench_sandbox.server.door import stores
from workbench_sandbox.server.door.rules import Call, Refused, Rules

_KINESIS = "https://docs.aws.amazon.com/kinesis/latest/APIReference/"
_WITH_TABLE = (
    "DescribeTable", "DeleteTable", "DisableKinesisStreamingDestination", "EnableKinesisStreamingDestination",
)  # fmt: skip
_WITH_STREAM = (
    "DeleteStream", "DescribeStream", "DescribeStreamSummary", "GetShardIterator", "ListShards",
    "ListStreamConsumers", "PutRecord", "PutRecords", "RegisterStreamConsumer", "UpdateShardCount",
)  # fmt: skip
_missing = functools.partial(Refused, "ResourceNotFoundException")
_invalid = functools.partial(Refused, "ValidationException")

rules = Rules("dynamodb")
rules.need(
    _WITH_TABLE, "test_table_crud",
    stores.table, "TableName", _missing, "Requested resource not found: Table: {name} not found",
)  # fmt: skip


@rules.add("UpdateTable", "https://github.com/scylladb/scylladb/issues/6939")
def _check_stream_is_off(call: Call) -> None:
    name = call.text("TableName")
    asked = (call.parameters.get("StreamSpecification") or {}).get("StreamEnabled")
    if asked and ((stores.table(name) or {}).get("StreamSpecification") or {}).get("StreamEnabled"):
        raise _invalid(f"Table already has an enabled stream: TableName: {name}")


@rules.add("UpdateKinesisStreamingDestination", "test_kinesis_streaming_destination_crud")
def _check_streaming_update(call: Call) -> None:
    if not any((call.parameters.get("UpdateKinesisStreamingConfiguration") or {}).values()):
        raise _invalid(
            "Streaming destination cannot be updated with given parameters: UpdateKinesisStreamingConfiguration "
            "cannot be null or contain only null values"
        )


of_streams = Rules("dynamodbstreams")
of_streams.need(
    ("DescribeStream", "GetShardIterator"), "test_non_existent_stream",
    stores.table_stream, "StreamArn", _missing, "Requested resource not found: Stream: {name} not found",
)  # fmt: skip

of_kinesis = Rules("kinesis")


def _name(call: Call) -> str:
    """The name of a stream, which may be given as an ARN."""
    return call.text("StreamName") or call.text("StreamARN").rpartition(":stream/")[2]


def _stream(call: Call) -> stores.Record | None:
    return stores.kinesis_stream(f"arn:aws:kinesis:{call.region}:{call.account_id}:stream/{_name(call)}")


@of_kinesis.add(_WITH_STREAM, f"{_KINESIS}API_DescribeStreamSummary.html")
def _check_stream(call: Call) -> None:
    arn = call.text("StreamARN")
    is_own = not arn or arn.split(":")[3:5] == [call.region, call.account_id]
    if _name(call) and is_own and _stream(call) is None:
        raise _missing(f"Stream {_name(call)} under account {call.account_id} not found.")


@of_kinesis.add("CreateStream", f"{_KINESIS}API_CreateStream.html")
def _check_new_stream(call: Call) -> None:
    if _stream(call) is not None:
        raise Refused(
            "ResourceInUseException", f"Stream {_name(call)} under account {call.account_id} already exists."
        )
