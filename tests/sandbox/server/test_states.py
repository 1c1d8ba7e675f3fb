"""The states that functions, versions and event source mappings go through.

Source of what is expected: AWS's answers as localstack/localstack recorded them (Apache-2.0).
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.sandbox.server.server import LONG_S, Server, package, refused
from tests.waiting import eventually

SOURCE = "def handler(event, context): return 'old'\n"
NEW = package("def handler(event, context): return 'new'\n")
CREATING = ("The function is being created.", "Creating")
ARN = "arn:aws:lambda:us-east-1:000000000000:function"
NOT_NOW = "The operation cannot be performed at this time. "


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose changes last until a test ends them."""
    with Server(tmp_path_factory.mktemp("sandbox"), LAMBDA_SETTLE_SECONDS=str(LONG_S)) as running:
        running.create("reader", SOURCE, is_awaited=False)
        running.settle()
        yield running


def state_of(config: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(config.get(name) for name in ("State", "StateReason", "StateReasonCode"))


def update_of(config: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(
        config.get(name)
        for name in ("LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode")
    )


def created(server: Server, name: str, **options: Any) -> Any:
    server.create(name, SOURCE, is_awaited=False, **options)
    return settled(server, name)


def settled(server: Server, name: str, **which: str) -> dict[str, Any]:
    server.settle()
    return server.settled(name, **which)


def refusal(call: Callable[[], object]) -> tuple[str, str, int]:
    response = refused(call)
    error = response["Error"]
    return error["Code"], error["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_new_function_is_pending_then_active_with_a_new_revision(server: Server) -> None:
    server.create("born", SOURCE, is_awaited=False)
    born = server.client("lambda").get_function_configuration(FunctionName="born")
    assert state_of(born) == ("Pending", *CREATING)
    assert update_of(born) == (None, None, None)
    active = settled(server, "born")
    assert state_of(active) == ("Active", None, None)
    assert update_of(active) == ("Successful", None, None)
    assert active["RevisionId"] != born["RevisionId"]


@pytest.mark.parametrize("kind", ["code", "configuration"])
def test_an_update_is_in_progress_and_makes_a_revision_when_it_starts_and_when_it_ends(
    server: Server, client: Any, kind: str
) -> None:
    name = f"updated-{kind}"
    before = created(server, name)
    if kind == "code":
        answer = client.update_function_code(FunctionName=name, ZipFile=NEW, RevisionId=before["RevisionId"])
    else:
        answer = client.update_function_configuration(
            FunctionName=name, Timeout=9, RevisionId=before["RevisionId"]
        )
    assert state_of(answer) == ("Active", None, None)
    assert update_of(answer) == ("InProgress", *CREATING)
    after = settled(server, name)
    assert len({before["RevisionId"], answer["RevisionId"], after["RevisionId"]}) == 3
    assert update_of(after) == ("Successful", None, None)


def test_what_changes_a_function_is_refused_while_an_update_runs(server: Server, client: Any) -> None:
    created(server, "busy")
    client.update_function_code(FunctionName="busy", ZipFile=NEW)
    text = f"{NOT_NOW}An update is in progress for resource: {ARN}:busy"
    expected = ("ResourceConflictException", text, 409)
    assert refusal(lambda: client.update_function_code(FunctionName="busy", ZipFile=NEW)) == expected
    assert refusal(lambda: client.update_function_configuration(FunctionName="busy", Timeout=5)) == expected
    assert refusal(lambda: client.publish_version(FunctionName="busy")) == expected
    settled(server, "busy")
    assert client.update_function_configuration(FunctionName="busy", Timeout=5)["Timeout"] == 5


def test_a_pending_function_is_neither_invoked_nor_changed(server: Server, client: Any) -> None:
    server.create("early", SOURCE, is_awaited=False)
    text = f"{NOT_NOW}The function is currently in the following state: Pending"
    expected = ("ResourceConflictException", text, 409)
    assert refusal(lambda: client.invoke(FunctionName="early")) == expected
    assert refusal(lambda: client.invoke(FunctionName="early", InvocationType="Event")) == expected
    assert refusal(lambda: client.update_function_code(FunctionName="early", ZipFile=NEW)) == expected
    settled(server, "early")
    assert server.invoke("early").payload == "old"


def test_publishing_makes_an_active_version_and_a_revision_of_the_function(
    server: Server, client: Any
) -> None:
    before = created(server, "published")
    version = client.publish_version(FunctionName="published", RevisionId=before["RevisionId"])
    assert state_of(version) == ("Active", None, None)
    assert update_of(version) == ("Successful", None, None)
    after = client.get_function(FunctionName="published")["Configuration"]
    of_version = client.get_function(FunctionName="published", Qualifier="1")["Configuration"]
    assert of_version["RevisionId"] == version["RevisionId"]
    assert len({before["RevisionId"], version["RevisionId"], after["RevisionId"]}) == 3


def test_publishing_twice_without_a_change_gives_the_same_version(server: Server, client: Any) -> None:
    created(server, "twice")
    first = client.publish_version(FunctionName="twice")
    assert client.publish_version(FunctionName="twice", Description="again")["Version"] == "1"
    client.update_function_configuration(FunctionName="twice", Timeout=7)
    settled(server, "twice")
    assert client.publish_version(FunctionName="twice")["Version"] == "2"
    assert first["FunctionArn"] == f"{ARN}:twice:1"


def test_a_function_is_published_as_it_is_created(server: Server, client: Any) -> None:
    answer = server.create("at-once", SOURCE, is_awaited=False, Publish=True)
    assert (answer["Version"], answer["FunctionArn"]) == ("1", f"{ARN}:at-once:1")
    assert state_of(answer) == ("Pending", *CREATING)
    settled(server, "at-once")
    settled(server, "at-once", Qualifier="1")
    assert client.publish_version(FunctionName="at-once")["Version"] == "1"


def test_an_update_that_publishes_answers_the_pending_version(server: Server, client: Any) -> None:
    created(server, "both")
    answer = client.update_function_code(FunctionName="both", ZipFile=NEW, Publish=True)
    assert (answer["Version"], answer["FunctionArn"]) == ("1", f"{ARN}:both:1")
    assert state_of(answer) == ("Pending", *CREATING)
    assert update_of(answer) == (None, None, None)
    latest = client.get_function(FunctionName="both")["Configuration"]
    assert state_of(latest) == ("Active", None, None)
    assert update_of(latest) == ("InProgress", *CREATING)
    assert settled(server, "both", Qualifier="1")["State"] == "Active"


def test_the_code_from_before_runs_until_an_update_is_through(server: Server, client: Any) -> None:
    created(server, "rolling")
    client.update_function_code(FunctionName="rolling", ZipFile=NEW)
    assert server.invoke("rolling").payload == "old"
    settled(server, "rolling")
    assert server.invoke("rolling").payload == "new"


COMMON = {
    *("BatchSize", "EventSourceArn", "EventSourceMappingArn", "FunctionArn", "FunctionResponseTypes"),
    *("LastModified", "MaximumBatchingWindowInSeconds", "State", "StateTransitionReason", "UUID"),
}
OF_STREAM = COMMON | {
    *("BisectBatchOnFunctionError", "DestinationConfig", "LastProcessingResult", "MaximumRecordAgeInSeconds"),
    *("MaximumRetryAttempts", "ParallelizationFactor", "StartingPosition", "TumblingWindowInSeconds"),
}


def wait_for(server: Server, uuid: str, expected: str) -> Any:
    server.settle()
    eventually(lambda: server.mapping_state(uuid) == expected)
    return server.client("lambda").get_event_source_mapping(UUID=uuid)


def fields(answer: dict[str, Any]) -> set[str]:
    return set(answer) - {"ResponseMetadata"}


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
    expected = ("ResourceInUseException", in_use.format("update"), 400)
    assert refusal(lambda: update(**which, BatchSize=5)) == expected
    expected = ("ResourceInUseException", in_use.format("delete"), 400)
    assert refusal(lambda: client.delete_event_source_mapping(**which)) == expected
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


def test_a_mapping_that_is_made_disabled_is_disabled_at_once(server: Server) -> None:
    made = server.client("lambda").create_event_source_mapping(
        FunctionName="reader", EventSourceArn=server.queue("off")[1], Enabled=False
    )
    assert made["State"] == "Disabled"
    server.settle()
    assert server.mapping_state(made["UUID"]) == "Disabled"


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
