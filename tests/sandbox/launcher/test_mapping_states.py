"""The states that event source mappings go through.

Source of what is expected: AWS's answers as localstack/localstack recorded them (Apache-2.0).
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.sandbox.launcher.server import LONG_S, Server, refused
from tests.waiting import eventually

SOURCE = "def handler(event, context): return {}\n"
COMMON = {
    *("BatchSize", "EventSourceArn", "EventSourceMappingArn", "FunctionArn", "FunctionResponseTypes"),
    *("LastModified", "MaximumBatchingWindowInSeconds", "State", "StateTransitionReason", "UUID"),
}
OF_STREAM = COMMON | {
    *("BisectBatchOnFunctionError", "DestinationConfig", "LastProcessingResult", "MaximumRecordAgeInSeconds"),
    *("MaximumRetryAttempts", "ParallelizationFactor", "StartingPosition", "TumblingWindowInSeconds"),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose changes last until a test ends them."""
    with Server(tmp_path_factory.mktemp("sandbox"), LAMBDA_SETTLE_SECONDS=str(LONG_S)) as running:
        running.create("reader", SOURCE, is_awaited=False)
        running.settle()
        yield running


def wait_for(server: Server, uuid: str, expected: str) -> Any:
    server.settle()
    eventually(lambda: server.mapping_state(uuid) == expected)
    return server.client("lambda").get_event_source_mapping(UUID=uuid)


def fields(answer: dict[str, Any]) -> set[str]:
    return set(answer) - {"ResponseMetadata"}


def refusal(call: Callable[[], object]) -> tuple[str, str]:
    error = refused(call)["Error"]
    return error["Code"], error["Message"]


def status(answer: dict[str, Any]) -> int:
    return int(answer["ResponseMetadata"]["HTTPStatusCode"])


def test_a_mapping_of_a_queue_goes_through_every_state(server: Server, client: Any) -> None:
    made = client.create_event_source_mapping(
        FunctionName="reader", EventSourceArn=server.queue("through")[1], MaximumBatchingWindowInSeconds=1
    )
    which = {"UUID": made["UUID"]}
    assert (made["State"], made["StateTransitionReason"], made["BatchSize"], status(made)) == (
        "Creating",
        "USER_INITIATED",
        10,
        202,
    )
    assert fields(made) == COMMON
    in_use = "Cannot {} the event source mapping because it is in use."
    update = client.update_event_source_mapping
    assert refusal(lambda: update(**which, BatchSize=5)) == (
        "ResourceInUseException",
        in_use.format("update"),
    )
    assert refusal(lambda: client.delete_event_source_mapping(**which)) == (
        "ResourceInUseException",
        in_use.format("delete"),
    )
    assert fields(wait_for(server, made["UUID"], "Enabled")) == COMMON
    changed = update(**which, BatchSize=5)
    assert (changed["State"], changed["BatchSize"], status(changed)) == ("Updating", 5, 202)
    wait_for(server, made["UUID"], "Enabled")
    assert update(**which, Enabled=False)["State"] == "Disabling"
    wait_for(server, made["UUID"], "Disabled")
    assert update(**which, Enabled=True)["State"] == "Enabling"
    wait_for(server, made["UUID"], "Enabled")
    deleted = client.delete_event_source_mapping(**which)
    assert (deleted["State"], status(deleted)) == ("Deleting", 202)
    assert server.mapping_state(made["UUID"]) == "Deleting"
    assert refusal(lambda: client.delete_event_source_mapping(**which))[0] == "ResourceInUseException"

    def is_gone() -> bool:
        try:
            client.get_event_source_mapping(**which)
        except client.exceptions.ResourceNotFoundException:
            return True
        return False

    server.settle()
    eventually(is_gone)


def test_a_mapping_of_a_stream_has_the_defaults_of_streams(server: Server, client: Any) -> None:
    made = client.create_event_source_mapping(
        FunctionName="reader", EventSourceArn=server.stream("defaults"), StartingPosition="LATEST"
    )
    assert fields(made) == OF_STREAM
    assert (made["State"], made["StateTransitionReason"]) == ("Creating", "User action")
    assert made["LastProcessingResult"] == "No records processed"
    assert (made["BatchSize"], made["ParallelizationFactor"], made["TumblingWindowInSeconds"]) == (100, 1, 0)
    assert (made["MaximumRetryAttempts"], made["MaximumRecordAgeInSeconds"]) == (-1, -1)
    assert made["DestinationConfig"] == {"OnFailure": {}}
    wait_for(server, made["UUID"], "Enabled")
    server.client("kinesis").put_record(StreamName="defaults", Data=b"1", PartitionKey="1")
    look = client.get_event_source_mapping
    eventually(lambda: look(UUID=made["UUID"])["LastProcessingResult"] == "OK")


def test_a_mapping_that_is_made_disabled_becomes_disabled_and_reads_nothing(server: Server) -> None:
    made = server.client("lambda").create_event_source_mapping(
        FunctionName="reader", EventSourceArn=server.queue("off")[1], Enabled=False
    )
    assert made["State"] == "Creating"
    wait_for(server, made["UUID"], "Disabled")


def test_a_mapping_outlives_its_function(server: Server, client: Any) -> None:
    server.create("short-lived", SOURCE, is_awaited=False)
    server.settle()
    made = client.create_event_source_mapping(
        FunctionName="short-lived", EventSourceArn=server.queue("orphaned")[1]
    )
    wait_for(server, made["UUID"], "Enabled")
    client.delete_function(FunctionName="short-lived")
    assert server.mapping_state(made["UUID"]) == "Enabled"
    client.delete_event_source_mapping(UUID=made["UUID"])


def test_a_mapping_that_was_changing_at_a_kill_ends_up_where_it_was_going(
    server: Server, tmp_path: Any
) -> None:
    with Server(tmp_path, LAMBDA_SETTLE_SECONDS="0.03") as slow:
        slow.create("reader", SOURCE)
        slow.control("pace", pace="aws")
        made = slow.client("lambda").create_event_source_mapping(
            FunctionName="reader", EventSourceArn=slow.queue("killed")[1]
        )
        saved = tmp_path / "state/lambda.json"
        eventually(lambda: saved.exists() and "Creating" in saved.read_text("utf-8"))
        slow.kill()
    with Server(tmp_path) as again:
        assert again.mapping_state(made["UUID"]) == "Enabled"


def test_the_pace_and_the_clock_belong_to_the_program(server: Server, client: Any) -> None:
    assert server.control("pace", pace="soon") == 400
    assert server.control("clock", advance_s="x") == 400
    assert server.control("clock", secret="0" * 64, advance_s=1) == 403
    assert server.control("pace", pace="aws") == 200  # much quicker than this server's own pace
    made = client.create_event_source_mapping(FunctionName="reader", EventSourceArn=server.queue("paced")[1])
    assert server.control("pace", pace="quick") == 200
    assert server.mapping_state(made["UUID"]) == "Creating"
    assert server.control("clock", advance_s=60) == 200
    eventually(lambda: server.mapping_state(made["UUID"]) == "Enabled")
