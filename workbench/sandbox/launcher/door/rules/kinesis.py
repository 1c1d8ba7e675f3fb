"""What Kinesis refuses."""

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.rules import Call, Refused, Rules

_DOCS = "https://docs.aws.amazon.com/kinesis/latest/APIReference/"
_WITH_STREAM = (
    "DeleteStream", "DescribeStream", "DescribeStreamSummary", "GetShardIterator", "ListShards",
    "ListStreamConsumers", "PutRecord", "PutRecords", "RegisterStreamConsumer", "UpdateShardCount",
)  # fmt: skip

rules = Rules()


def _name(call: Call) -> str:
    """The name of a stream, which may be given as an ARN."""
    arn = call.text("StreamARN")
    return str(call.parameters.get("StreamName") or arn.rpartition(":stream/")[2])


def _stream(call: Call) -> stores.Record | None:
    return stores.kinesis_stream(f"arn:aws:kinesis:{call.region}:{call.account_id}:stream/{_name(call)}")


def _is_own(call: Call) -> bool:
    arn = call.text("StreamARN")
    return not arn or arn.split(":")[3:5] == [call.region, call.account_id]


@rules.add(_WITH_STREAM, f"{_DOCS}API_DescribeStreamSummary.html")
def _check_stream(call: Call) -> None:
    if _name(call) and _is_own(call) and _stream(call) is None:
        raise Refused(
            "ResourceNotFoundException", f"Stream {_name(call)} under account {call.account_id} not found."
        )


@rules.add("CreateStream", f"{_DOCS}API_CreateStream.html")
def _check_new(call: Call) -> None:
    if _stream(call) is not None:
        raise Refused(
            "ResourceInUseException", f"Stream {_name(call)} under account {call.account_id} already exists."
        )
