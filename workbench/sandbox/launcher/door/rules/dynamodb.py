"""What DynamoDB refuses."""

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.call import Call, Refused, Rule

_CASES = "dynamodb/test_dynamodb.py::TestDynamoDB::"


def _check_table(call: Call) -> None:
    name = call.parameters.get("TableName", "")
    if stores.table(name) is None:
        raise Refused("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found")


def _check_stream_is_off(call: Call) -> None:
    name = call.parameters.get("TableName", "")
    asked = (call.parameters.get("StreamSpecification") or {}).get("StreamEnabled")
    if asked and ((stores.table(name) or {}).get("StreamSpecification") or {}).get("StreamEnabled"):
        raise Refused("ValidationException", f"Table already has an enabled stream: TableName: {name}")


def _check_streaming_update(call: Call) -> None:
    if not any((call.parameters.get("UpdateKinesisStreamingConfiguration") or {}).values()):
        raise Refused(
            "ValidationException",
            "Streaming destination cannot be updated with given parameters: UpdateKinesisStreamingConfiguration "
            "cannot be null or contain only null values",
        )


RULES: tuple[Rule, ...] = (
    Rule(
        (
            "DescribeTable",
            "DeleteTable",
            "DisableKinesisStreamingDestination",
            "EnableKinesisStreamingDestination",
        ),
        _check_table,
        (
            f"{_CASES}test_table_crud#delete-non-existent-table",
            f"{_CASES}test_kinesis_streaming_destination_crud#enable-bad-table",
        ),
    ),
    Rule(("UpdateTable",), _check_stream_is_off, ("https://github.com/scylladb/scylladb/issues/6939",)),
    Rule(
        ("UpdateKinesisStreamingDestination",),
        _check_streaming_update,
        (f"{_CASES}test_kinesis_streaming_destination_crud#update-missing-params",),
    ),
)
