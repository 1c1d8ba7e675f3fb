"""A bucket runs a function by way of a topic: wired in one plan, found again, and gone without a trace."""

import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from tests.grants import let_send
from tests.sandbox_functions import create_function
from tests.triggers.kinds.wired import CTX, policy, reads, take_away, wire
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.operations import JournalFile
from workbench.functions.model import FunctionDetail
from workbench.triggers.execute import InterruptedPlan, TriggerJournal, execute, finish, undo
from workbench.triggers.find import find_triggers
from workbench.triggers.kinds.sns_hops import FED_BY, feeding_bucket
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import SourceKind, TriggerSpec
from workbench.triggers.plan import prepare
from workbench.triggers.steps.s3 import changed

ELSEWHERE = "eu-west-1"
PRINTS = "def handler(event, context):\n    print(event)\n"


class Hop:
    """A topic, and a bucket beside it that has a rule for a queue."""

    def __init__(self, there: Connection, name: str = "news") -> None:
        self.there, self.bucket = there, f"pictures-{secrets.token_hex(4)}"
        place: dict[str, Any] = {"CreateBucketConfiguration": {"LocationConstraint": ELSEWHERE}}
        more: dict[str, Any] = place if there.region == ELSEWHERE else {}
        there.call("s3", "create_bucket", Bucket=self.bucket, **more)
        fifo: dict[str, Any] = {"Attributes": {"FifoTopic": "true"}} if name.endswith(".fifo") else {}
        self.topic_arn = str(there.call("sns", "create_topic", Name=name, **fifo)["TopicArn"])
        queue = let_send(
            there, there.call("sqs", "create_queue", QueueName="old")["QueueUrl"], "s3.amazonaws.com"
        )
        self.put({"QueueConfigurations": [self.rule("theirs", "out/") | {"QueueArn": queue}]})

    @staticmethod
    def rule(identity: str, prefix: str) -> dict[str, Any]:
        rules = [{"Name": "prefix", "Value": prefix}]
        filters = {"Filter": {"Key": {"FilterRules": rules}}}
        return {"Id": identity, "Events": ["s3:ObjectCreated:*"], **filters}

    def put(self, configuration: dict[str, Any]) -> None:
        self.there.call(
            "s3",
            "put_bucket_notification_configuration",
            Bucket=self.bucket,
            NotificationConfiguration=configuration,
        )

    def wish(self, function: FunctionDetail, **values: object) -> TriggerSpec:
        fed = {FED_BY: f"arn:aws:s3:::{self.bucket}", "FedPrefix": "in/", **values}
        return TriggerSpec(SourceKind("sns"), self.topic_arn, function, values=fed)

    def snapshot(self) -> Any:
        """All of it that wiring may change."""
        call = self.there.call
        rules = call("s3", "get_bucket_notification_configuration", Bucket=self.bucket)
        attributes = call("sns", "get_topic_attributes", TopicArn=self.topic_arn)["Attributes"]
        subscriptions = call("sns", "list_subscriptions_by_topic", TopicArn=self.topic_arn)["Subscriptions"]
        rules.pop("ResponseMetadata", None)
        return rules, json.loads(attributes["Policy"]), subscriptions


@pytest.fixture
def function(connection: Connection) -> FunctionDetail:
    return create_function(connection, PRINTS)


@pytest.fixture
def hop(connection: Connection) -> Hop:
    return Hop(connection.in_region(ELSEWHERE))


def checks(connection: Connection, wish: TriggerSpec) -> list[tuple[str, str]]:
    found = prepare(connection, wish, CTX)
    return [(each.check_id, each.what) for each in found.blocks(found.standard_fixes)]


def test_a_bucket_of_another_region_is_wired_in_one_plan_and_goes_with_the_trigger(
    connection: Connection, function: FunctionDetail, hop: Hop, tmp_path: Path
) -> None:
    before = hop.snapshot()
    prepared = wire(connection, hop.wish(function), tmp_path)
    assert [(step.api_call.partition(":")[2], step.region) for step in prepared.own_steps] == [
        ("Subscribe", ELSEWHERE),
        ("SetTopicAttributes", ELSEWHERE),
        ("PutBucketNotificationConfiguration", ELSEWHERE),
    ]
    rules, policy_now, _ = hop.snapshot()
    (rule,) = rules["TopicConfigurations"]
    assert rule["TopicArn"] == hop.topic_arn
    assert rules["QueueConfigurations"] == before[0]["QueueConfigurations"]
    assert [each["Sid"] for each in policy_now["Statement"]][-1] == rule["Id"]

    (trigger,) = find_triggers(connection, function, CTX).triggers
    assert trigger.values[FED_BY] == f"arn:aws:s3:::{hop.bucket}"
    flow = SOURCES[SourceKind("sns")].explain(trigger, find_triggers(connection, function, CTX).observed).flow
    assert flow[:2] == (f"Bucket {hop.bucket}", "news")
    take_away(connection, function, trigger, tmp_path)
    assert hop.snapshot() == before
    assert policy(connection, function) == ""


def test_its_objects_run_the_function(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    hop = Hop(connection)  # the Sandbox's topics deliver in their own region only
    wire(connection, hop.wish(function), tmp_path)
    connection.call("s3", "put_object", Bucket=hop.bucket, Key="in/cat.jpg", Body=b"x")
    assert reads(connection, function, "in/cat.jpg")


def test_a_bucket_that_vanished_leaves_the_topic_as_it_was(
    connection: Connection, function: FunctionDetail, hop: Hop, tmp_path: Path
) -> None:
    topic = hop.snapshot()[1:]
    prepared = prepare(connection, hop.wish(function), CTX)
    hop.there.call("s3", "delete_bucket", Bucket=hop.bucket)
    with pytest.raises(WorkbenchError, match="rolled back"):
        execute(connection, prepared.plan(prepared.standard_fixes), TriggerJournal(tmp_path), CTX)
    hop.there.call(
        "s3",
        "create_bucket",
        Bucket=hop.bucket,
        CreateBucketConfiguration={"LocationConstraint": ELSEWHERE},
    )
    assert hop.snapshot()[1:] == topic
    assert policy(connection, function) == ""


class Crash(BaseException):
    """The program ends here."""


@pytest.mark.parametrize("steps", range(1, 5))
@pytest.mark.parametrize("amid", [False, True])
def test_a_crash_at_each_step_can_be_undone_and_finished(
    connection: Connection,
    function: FunctionDetail,
    hop: Hop,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    steps: int,
    amid: bool,
) -> None:
    """Amid: the call was made, and its end not noted."""
    before, journal = hop.snapshot(), TriggerJournal(tmp_path)

    def interrupted() -> InterruptedPlan:
        prepared = prepare(connection, hop.wish(function), CTX)
        plan, after, seen = prepared.plan(prepared.standard_fixes), JournalFile.after, 0

        def crash(self: JournalFile, step: str, facts: Any) -> None:
            nonlocal seen
            seen += 1
            if not amid or seen < steps:
                after(self, step, facts)
            if seen == steps:
                raise Crash

        with monkeypatch.context() as patch:
            patch.setattr(JournalFile, "after", crash)
            with pytest.raises(Crash):
                execute(connection, plan, journal, CTX)
        (left,) = journal.unfinished(connection.account_id, connection.region)
        return left

    undo(connection, interrupted(), journal, CTX)
    assert hop.snapshot() == before
    assert policy(connection, function) == ""
    finish(connection, interrupted(), journal, CTX)
    (trigger,) = find_triggers(connection, function, CTX).triggers
    assert trigger.values[FED_BY] == f"arn:aws:s3:::{hop.bucket}"
    assert len(hop.snapshot()[0]["TopicConfigurations"]) == 1
    take_away(connection, function, trigger, tmp_path)
    assert hop.snapshot() == before


def test_what_cannot_be_is_blocked(connection: Connection, function: FunctionDetail, hop: Hop) -> None:
    assert checks(connection, hop.wish(function)) == []
    ((check_id, what),) = checks(connection, hop.wish(function, FedPrefix="out/now/"))
    assert (check_id, "theirs" in what) == ("S3-OVERLAP", True)
    assert [each[0] for each in checks(connection, hop.wish(function, FedPrefix="in*"))] == ["S3-FILTER"]
    near = Hop(connection)
    here = hop.wish(function, **{FED_BY: f"arn:aws:s3:::{near.bucket}"})
    ((check_id, what),) = checks(connection, here)
    assert (check_id, ELSEWHERE in what, connection.region in what) == ("GEN-REGION", True, True)
    fifo = Hop(connection, "news.fifo")
    assert "S3-FEED" in [each[0] for each in checks(connection, fifo.wish(function))]


@pytest.mark.parametrize("text", ["arn:aws:sqs:eu-west-1:111111111111:orders", "arn:aws:s3:::a/b", "photos"])
def test_what_is_no_bucket_is_said(
    connection: Connection, function: FunctionDetail, hop: Hop, text: str
) -> None:
    with pytest.raises(WorkbenchError, match="not a bucket ARN"):
        prepare(connection, hop.wish(function, **{FED_BY: text}), CTX)


def test_only_statements_of_our_own_lead_to_a_bucket() -> None:
    topic, endpoint = "arn:aws:sns:eu-west-1:1:news", "arn:aws:lambda:us-east-1:1:function:f"
    theirs = {"Sid": "s3", "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::photos"}}}
    for text in (json.dumps({"Statement": [theirs]}), "", "{", json.dumps({"Statement": [{"Sid": 1}, 2]})):
        assert feeding_bucket({"Policy": text}, topic, endpoint) == ""


def test_a_change_of_one_kind_of_rule_leaves_the_others(hop: Hop) -> None:
    queue, topic = {"Id": "q", "QueueArn": "q"}, {"Id": "t", "TopicArn": "t"}
    start = {"QueueConfigurations": [queue], "EventBridgeConfiguration": {}}
    both = changed(start, "", topic)
    assert both == {**start, "TopicConfigurations": [topic]}
    assert changed(both, "t", None) == start
