"""What DynamoDB Streams refuses."""

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.call import Call, Refused, Rule


def _check_stream(call: Call) -> None:
    arn = call.parameters.get("StreamArn", "")
    if not stores.has_stream(arn):
        raise Refused("ResourceNotFoundException", f"Requested resource not found: Stream: {arn} not found")


RULES: tuple[Rule, ...] = (
    Rule(
        ("DescribeStream", "GetShardIterator"),
        _check_stream,
        (
            "dynamodbstreams/test_dynamodb_streams.py::TestDynamoDBStreams::test_non_existent_stream#non-existent-stream",
        ),
    ),
)
