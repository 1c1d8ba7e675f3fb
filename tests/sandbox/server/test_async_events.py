"""Asynchronous invocations that fail: tries, the dead-letter queue, destinations.

Source of what is expected: AWS's messages as localstack/localstack recorded them (Apache-2.0).
"""

import json
from typing import Any

import pytest

from tests.sandbox.server.server import Server, package
from tests.waiting import eventually

FAILING = "def handler(event, context): raise ValueError('no')\n"
WORKING = "def handler(event, context): return {'got': event}\n"
ARN = "arn:aws:lambda:us-east-1:000000000000:function"


def tries(server: Server, name: str) -> int:
    return sum(line.startswith("START") for line in server.lines(name))


def send(server: Server, name: str, event: object, **options: Any) -> str:
    answer = server.client("lambda").invoke(
        FunctionName=name, InvocationType="Event", Payload=json.dumps(event), **options
    )
    return str(answer["ResponseMetadata"]["RequestId"])


def test_a_failed_event_is_tried_again_after_one_and_after_two_minutes(server: Server) -> None:
    server.create("fails", FAILING)
    url, arn = server.queue("failures")
    server.client("lambda").put_function_event_invoke_config(
        FunctionName="fails", DestinationConfig={"OnFailure": {"Destination": arn}}
    )
    request_id = send(server, "fails", {"n": 1})
    eventually(lambda: tries(server, "fails") == 1)
    server.control("clock", advance_s=30)  # half: the rest passes while a loaded machine looks
    assert tries(server, "fails") == 1
    server.advance_until(lambda: tries(server, "fails") == 2)
    server.control("clock", advance_s=70)
    assert tries(server, "fails") == 2
    server.advance_until(lambda: tries(server, "fails") == 3)
    record = json.loads(server.received(url)["Body"])
    assert list(record) == [
        *("version", "timestamp", "requestContext", "requestPayload", "responseContext", "responsePayload")
    ]
    assert record["requestContext"] == {
        "requestId": request_id,
        "functionArn": f"{ARN}:fails:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 3,
    }
    assert record["requestPayload"] == {"n": 1}
    assert record["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert record["responsePayload"]["errorType"] == "ValueError"


def test_the_dead_letter_queue_gets_the_event_itself_and_the_reason(server: Server) -> None:
    url, arn = server.queue("dead-letters")
    server.create("dead", FAILING, DeadLetterConfig={"TargetArn": arn})
    server.client("lambda").put_function_event_invoke_config(FunctionName="dead", MaximumRetryAttempts=0)
    request_id = send(server, "dead", {"n": 2})
    message = server.received(url)
    assert json.loads(message["Body"]) == {"n": 2}
    attributes = {name: each["StringValue"] for name, each in message["MessageAttributes"].items()}
    assert attributes == {"RequestID": request_id, "ErrorCode": "200", "ErrorMessage": "no"}


def test_an_event_that_would_be_too_old_is_not_tried_again(server: Server) -> None:
    server.create("ages", FAILING)
    url, arn = server.queue("aged")
    server.client("lambda").put_function_event_invoke_config(
        FunctionName="ages",
        MaximumEventAgeInSeconds=60,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    server.client("lambda").update_function_event_invoke_config(
        FunctionName="ages", MaximumEventAgeInSeconds=60
    )
    send(server, "ages", {})
    context = json.loads(server.received(url)["Body"])["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("EventAgeExceeded", 1)


def test_no_concurrency_sends_the_event_on_at_once_without_running(server: Server, client: Any) -> None:
    server.create("stopped", WORKING)
    url, arn = server.queue("not-run")
    client.put_function_event_invoke_config(
        FunctionName="stopped", DestinationConfig={"OnFailure": {"Destination": arn}}
    )
    client.put_function_concurrency(FunctionName="stopped", ReservedConcurrentExecutions=0)
    send(server, "stopped", {})
    record = json.loads(server.received(url)["Body"])
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert "responseContext" not in record


@pytest.mark.parametrize("how", ["lambda", "sns", "events"])
def test_a_success_is_told_whoever_sent_the_event(server: Server, how: str) -> None:
    name = f"works-{how}"
    server.create(name, WORKING)
    url, arn = server.queue(f"told-{how}")
    server.client("lambda").put_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnSuccess": {"Destination": arn}}
    )
    if how == "lambda":
        send(server, name, {"n": 3})
    elif how == "sns":
        server.grant(name, "sns.amazonaws.com")
        topic = server.client("sns").create_topic(Name="told")["TopicArn"]
        server.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=f"{ARN}:{name}")
        server.client("sns").publish(TopicArn=topic, Message="hello")
    else:
        server.grant(name, "events.amazonaws.com")
        events = server.client("events")
        events.put_rule(Name="told", EventPattern='{"source": ["me"]}')
        events.put_targets(Rule="told", Targets=[{"Id": "1", "Arn": f"{ARN}:{name}"}])
        events.put_events(Entries=[{"Source": "me", "DetailType": "d", "Detail": "{}"}])
    record = json.loads(server.received(url)["Body"])
    assert record["requestContext"]["condition"] == "Success"
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
    assert record["responsePayload"] == {"got": record["requestPayload"]}


def test_a_retry_runs_the_code_that_the_function_has_by_then(server: Server) -> None:
    server.create("repaired", FAILING)
    send(server, "repaired", {})
    eventually(lambda: tries(server, "repaired") == 1)
    server.client("lambda").update_function_code(FunctionName="repaired", ZipFile=package(WORKING))
    server.settled("repaired")
    server.advance_until(lambda: tries(server, "repaired") == 2)
    assert sum("ValueError" in line for line in server.lines("repaired")) == 1
