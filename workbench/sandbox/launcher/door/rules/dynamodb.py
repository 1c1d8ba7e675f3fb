"""What DynamoDB and its streams refuse.

The recorded tests are those of dynamodb/test_dynamodb.py unless another file is named.
"""

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.rules import Call, Refused, Rules

rules = Rules()


@rules.add(
    (
        "DescribeTable",
        "DeleteTable",
        "DisableKinesisStreamingDestination",
        "EnableKinesisStreamingDestination",
    ),
    "TestDynamoDB::test_table_crud",
    "TestDynamoDB::test_kinesis_streaming_destination_crud",
)
def _check_table(call: Call) -> None:
    name = call.text("TableName")
    if stores.table(name) is None:
        raise Refused("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found")


@rules.add("UpdateTable", "https://github.com/scylladb/scylladb/issues/6939")
def _check_stream_is_off(call: Call) -> None:
    name = call.text("TableName")
    asked = (call.parameters.get("StreamSpecification") or {}).get("StreamEnabled")
    if asked and ((stores.table(name) or {}).get("StreamSpecification") or {}).get("StreamEnabled"):
        raise Refused("ValidationException", f"Table already has an enabled stream: TableName: {name}")


@rules.add("UpdateKinesisStreamingDestination", "TestDynamoDB::test_kinesis_streaming_destination_crud")
def _check_streaming_update(call: Call) -> None:
    if not any((call.parameters.get("UpdateKinesisStreamingConfiguration") or {}).values()):
        raise Refused(
            "ValidationException",
            "Streaming destination cannot be updated with given parameters: UpdateKinesisStreamingConfiguration "
            "cannot be null or contain only null values",
        )


# ---- streams -----------------------------------------------------------------------------------------------


@rules.add(("DescribeStream", "GetShardIterator"), "TestDynamoDBStreams::test_non_existent_stream")
def _check_stream(call: Call) -> None:
    arn = call.text("StreamArn")
    if not stores.has_stream(arn):
        raise Refused("ResourceNotFoundException", f"Requested resource not found: Stream: {arn} not found")
