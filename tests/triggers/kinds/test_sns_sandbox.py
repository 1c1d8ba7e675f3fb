"""A topic wired to a function, for real: beside it, and FIFO with a queue between."""

from pathlib import Path
from typing import Any

import pytest

from tests.triggers.delivery import Bench
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers.model import FixKind, Link, SourceKind, TriggerPlan
from workbench.triggers.plan import prepare
from workbench.triggers.steps import Step

CTX = JobContext()


@pytest.fixture
def bench(connection: Connection, tmp_path: Path) -> Bench:
    return Bench(connection, tmp_path)


@pytest.fixture
def topic(connection: Connection) -> str:
    return str(connection.call("sns", "create_topic", Name="orders")["TopicArn"])


def _subscriptions(connection: Connection, topic: str) -> Any:
    return connection.call("sns", "list_subscriptions_by_topic", TopicArn=topic)["Subscriptions"]


def test_a_topic_is_wired_tested_changed_and_removed(
    connection: Connection, topic: str, bench: Bench
) -> None:
    connection.call("sns", "subscribe", TopicArn=topic, Protocol="email", Endpoint="a@example.com")
    before = _subscriptions(connection, topic)
    bench.wire(bench.wish(SourceKind("sns"), topic, FilterPolicy='{"color": ["red"]}'))
    (trigger,) = bench.found(SourceKind("sns"), topic)
    assert trigger.link is Link.LINKED

    bench.send(trigger, "m42")
    assert '"EventSource": "aws:sns"' in bench.await_event("m42")

    bench.change(trigger, bench.wish(SourceKind("sns"), topic, FilterPolicy=""))
    (trigger,) = bench.found(SourceKind("sns"), topic)
    assert trigger.values["FilterPolicy"] == ""

    bench.remove(trigger)
    assert _subscriptions(connection, topic) == before
    assert bench.seen().grants == ()


def test_a_topic_of_another_region_is_wired_in_both(connection: Connection, bench: Bench) -> None:
    there = connection.in_region("eu-west-1")
    topic = there.call("sns", "create_topic", Name="far")["TopicArn"]
    bench.wire(bench.wish(SourceKind("sns"), topic))
    (trigger,) = bench.found(SourceKind("sns"), topic)
    assert (trigger.link, trigger.source_arn) == (Link.LINKED, topic)
    assert [each["Endpoint"] for each in _subscriptions(there, topic)] == [bench.function.function_arn]
    bench.remove(trigger)
    assert _subscriptions(there, topic) == []
    assert bench.seen().grants == ()


def test_a_fifo_topic_runs_the_function_by_way_of_a_queue(connection: Connection, bench: Bench) -> None:
    topic = connection.call(
        "sns",
        "create_topic",
        Name="t.fifo",
        Attributes={"FifoTopic": "true", "ContentBasedDeduplication": "true"},
    )["TopicArn"]
    prepared = prepare(connection, bench.wish(SourceKind("sns"), topic), CTX)
    blocks = {finding.check_id: finding for finding in prepared.blocks()}
    assert set(blocks) == {"SNS-FIFO", "ROLE-DENY"}
    steps = [next(fix for fix in finding.fixes if fix.kind is FixKind.STEPS) for finding in blocks.values()]
    bench.carry_out(prepared.plan(steps))
    connection.call("sns", "publish", TopicArn=topic, Message="m43", MessageGroupId="one")
    assert '"eventSource": "aws:sqs"' in bench.await_event("m43")


def test_a_queue_between_that_cannot_be_wired_is_taken_away_again(
    connection: Connection, bench: Bench
) -> None:
    topic = connection.call("sns", "create_topic", Name="t.fifo", Attributes={"FifoTopic": "true"})[
        "TopicArn"
    ]
    prepared = prepare(connection, bench.wish(SourceKind("sns"), topic), CTX)
    late = Step(
        "publish",
        "late",
        "sns:Publish",
        connection.region,
        {"topic_arn": topic + "x", "message": "", "attributes": {}},
    )
    plan = TriggerPlan("Wire", bench.function.function_arn, SourceKind("sns"), (*prepared.own_steps, late))
    with pytest.raises(WorkbenchError, match="All changes were rolled back"):
        bench.carry_out(plan)
    assert _subscriptions(connection, topic) == []
    assert connection.call("sqs", "list_queues").get("QueueUrls", []) == []
    assert connection.call("lambda", "list_event_source_mappings")["EventSourceMappings"] == []
