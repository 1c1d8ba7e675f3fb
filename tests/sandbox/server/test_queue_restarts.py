"""Queues after a restart, which is always on another port: triggers, destinations, old URLs, old state."""

import json
import re
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tests.sandbox.server.server import Server
from tests.waiting import eventually

_FAILS_WHEN_TOLD = """
import json
def handler(event, context):
    print("got", json.dumps(event))
    if "fail" in json.dumps(event):
        raise ValueError("told to")
    return "done"
"""
_PATH = "/000000000000/"


def _make(server: Server) -> None:
    """A function with a queue as its trigger, and one with queues for what succeeds and what fails.

    The first one's messages go to a dead-letter queue; they all fail, so that a slow run changes nothing.
    """
    server.create("delivers", _FAILS_WHEN_TOLD, Timeout=60)
    server.create("works", _FAILS_WHEN_TOLD, Timeout=2)
    _, dead_arn = server.queue("dead")
    url, arn = server.queue("source")
    attributes = {
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1}),
        "VisibilityTimeout": "2",
    }
    server.client("sqs").set_queue_attributes(QueueUrl=url, Attributes=attributes)
    arns = {name: {"Destination": server.queue(name.lower())[1]} for name in ("OnSuccess", "OnFailure")}
    client = server.client("lambda")
    client.put_function_event_invoke_config(
        FunctionName="delivers", MaximumRetryAttempts=0, DestinationConfig=arns
    )
    uuid = client.create_event_source_mapping(FunctionName="works", EventSourceArn=arn)["UUID"]
    eventually(lambda: server.mapping_state(uuid) == "Enabled")


def _url(server: Server, name: str) -> str:
    return str(server.client("sqs").get_queue_url(QueueName=name)["QueueUrl"])


def _check(server: Server, marker: str) -> None:
    """Messages reach the function, the dead-letter queue and both destinations."""
    sqs, client = server.client("sqs"), server.client("lambda")
    sqs.send_message(QueueUrl=_url(server, "source"), MessageBody=f"fail {marker}")
    for text in (marker, f"fail {marker}"):
        client.invoke(FunctionName="delivers", InvocationType="Event", Payload=json.dumps(f"async {text}"))
    eventually(lambda: any("got" in line and marker in line for line in server.lines("works")))
    for name, text in (
        ("dead", f"fail {marker}"),
        ("onsuccess", f"async {marker}"),
        ("onfailure", f"async fail {marker}"),
    ):
        url = _url(server, name)
        message = server.received(url)
        assert text in message["Body"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_triggers_and_destinations_go_on_after_a_restart_on_another_port(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        _make(server)
        _check(server, "first")
        old, old_dead = _url(server, "source"), _url(server, "dead")
    with Server(tmp_path) as server:
        assert _url(server, "source") != old
        _check(server, "second")
        # A function's environment variable may have the URL of an older run.
        server.client("sqs").send_message(QueueUrl=old_dead, MessageBody="by its old URL")
        assert server.received(_url(server, "dead"))["Body"] == "by its old URL"
    with Server(tmp_path) as server:
        _check(server, "third")
        sqs = server.client("sqs")
        urls = sqs.list_queues()["QueueUrls"]
        assert sorted(urls) == sorted(
            f"{server.url}{_PATH}{name}" for name in ("dead", "onfailure", "onsuccess", "source")
        )
        sqs.delete_queue(QueueUrl=old)
        assert len(sqs.list_queues()["QueueUrls"]) == 3


def test_what_waits_in_a_queue_is_handled_after_the_restart(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        _make(server)
        (mapping,) = server.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        server.client("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        eventually(lambda: server.mapping_state(mapping["UUID"]) == "Disabled")
        server.client("sqs").send_message(QueueUrl=_url(server, "source"), MessageBody="it waited")
    with Server(tmp_path) as server:
        server.client("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
        eventually(lambda: any("it waited" in line for line in server.lines("works")))


def test_a_stack_finds_its_queues_after_a_restart(tmp_path: Path) -> None:
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "stacked"}}}}
    with Server(tmp_path) as server:
        server.client("cloudformation").create_stack(StackName="s", TemplateBody=json.dumps(template))
        eventually(lambda: _status(server) == "CREATE_COMPLETE")
    with Server(tmp_path) as server:
        template["Resources"]["Queue"]["Properties"]["VisibilityTimeout"] = 77  # type: ignore[index]
        server.client("cloudformation").update_stack(StackName="s", TemplateBody=json.dumps(template))
        eventually(lambda: _status(server) == "UPDATE_COMPLETE")
        found = server.client("sqs").get_queue_attributes(
            QueueUrl=_url(server, "stacked"), AttributeNames=["VisibilityTimeout"]
        )
        assert found["Attributes"] == {"VisibilityTimeout": "77"}
        server.client("cloudformation").delete_stack(StackName="s")
        eventually(lambda: not server.client("sqs").list_queues().get("QueueUrls"))


def _status(server: Server) -> str:
    try:
        (stack,) = server.client("cloudformation").describe_stacks(StackName="s")["Stacks"]
    except ClientError:
        return ""
    return str(stack["StackStatus"])


def test_a_queue_that_an_older_version_kept_twice_has_the_messages_of_both(tmp_path: Path) -> None:
    """Older versions did not find a queue after a restart; it was then made again under the new URL."""
    with Server(tmp_path) as server:
        url, _ = server.queue("kept")
        server.client("sqs").send_message(QueueUrl=url, MessageBody="newer")
    path = tmp_path / "state" / "sqs.json"
    state = json.loads(path.read_text())
    queues: dict[str, Any] = state["payload"]["queues"]["data"]
    ((key, queue),) = queues.items()
    older = json.loads(json.dumps(queue).replace("newer", "older"))
    older["attributes"]["CreatedTimestamp"] = "1000000000"
    queues[re.sub(r":\d+/", ":1/", key)] = older
    assert len(queues) == 2
    path.write_text(json.dumps(state))
    with Server(tmp_path) as server:
        sqs = server.client("sqs")
        assert sqs.list_queues()["QueueUrls"] == [f"{server.url}{_PATH}kept"]
        found = []
        for _ in range(2):
            message = server.received(_url(server, "kept"))
            found.append(message["Body"])
        assert found == ["older", "newer"]
