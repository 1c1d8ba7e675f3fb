"""A bucket wired to a function, for real: what it delivers, and that all else stays as it was."""

import secrets
from pathlib import Path
from typing import Any

import pytest

from tests.grants import let_publish, let_send
from tests.triggers.delivery import READING, Bench
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers.execute import try_out
from workbench.triggers.kinds.s3 import S3Source
from workbench.triggers.model import Link, Severity, SourceKind, TriggerPlan
from workbench.triggers.plan import prepare
from workbench.triggers.steps import Step
from workbench.triggers.steps.s3 import configuration_of, object_step

CTX = JobContext()
S3 = S3Source()


@pytest.fixture
def bucket(connection: Connection) -> str:
    return _bucket(connection)


@pytest.fixture
def bench(connection: Connection, tmp_path: Path) -> Bench:
    return Bench(connection, tmp_path)


def _bucket(connection: Connection) -> str:
    name = f"photos-{secrets.token_hex(6)}"
    where: dict[str, Any] = {}
    if connection.region != "us-east-1":
        where = {"CreateBucketConfiguration": {"LocationConstraint": connection.region}}
    connection.call("s3", "create_bucket", Bucket=name, **where)
    return name


def _configuration(connection: Connection, bucket: str) -> Any:
    return configuration_of(connection.call("s3", "get_bucket_notification_configuration", Bucket=bucket))


def _crowded(connection: Connection, bucket: str) -> Any:
    """A bucket that tells a topic, a queue and EventBridge already."""
    queue = connection.call("sqs", "create_queue", QueueName="objects")["QueueUrl"]
    topic = connection.call("sns", "create_topic", Name="objects")["TopicArn"]
    queue_arn = let_send(connection, queue, "s3.amazonaws.com")
    let_publish(connection, topic, "s3.amazonaws.com")
    configuration = {
        "QueueConfigurations": [{"Id": "q", "QueueArn": queue_arn, "Events": ["s3:ObjectRemoved:*"]}],
        "TopicConfigurations": [{"Id": "t", "TopicArn": topic, "Events": ["s3:ObjectTagging:*"]}],
        "EventBridgeConfiguration": {},
    }
    connection.call(
        "s3",
        "put_bucket_notification_configuration",
        Bucket=bucket,
        NotificationConfiguration=configuration,
    )
    return _configuration(connection, bucket)


def test_a_bucket_is_wired_tested_changed_and_removed_and_all_else_stays(
    connection: Connection, bucket: str, bench: Bench
) -> None:
    before = _crowded(connection, bucket)
    wish = bench.wish(SourceKind("s3"), f"arn:aws:s3:::{bucket}", Prefix="in/")
    bench.wire(wish)
    during = _configuration(connection, bucket)
    assert {name: value for name, value in during.items() if name in before} == before

    (trigger,) = bench.found(SourceKind("s3"), wish.source_arn)
    assert trigger.link is Link.LINKED
    bench.send(trigger, "m42")
    assert "ObjectCreated:Put" in bench.await_event("in/m42")
    assert connection.call("s3", "list_objects_v2", Bucket=bucket)["KeyCount"] == 0

    values = {**trigger.values, "Prefix": "new files/"}
    bench.change(trigger, bench.wish(SourceKind("s3"), wish.source_arn, **values))
    (trigger,) = bench.found(SourceKind("s3"), wish.source_arn)
    assert (trigger.values["Prefix"], trigger.link) == ("new files/", Link.LINKED)

    bench.remove(trigger)
    assert _configuration(connection, bucket) == before
    assert bench.seen().grants == ()


def test_a_plan_whose_last_step_fails_leaves_nothing(
    connection: Connection, bucket: str, bench: Bench
) -> None:
    before = _crowded(connection, bucket)
    bench.let_in("theirs", "sns.amazonaws.com", "arn:aws:sns:us-east-1:123456789012:theirs")
    wish = bench.wish(SourceKind("s3"), f"arn:aws:s3:::{bucket}")
    prepared = prepare(connection, wish, CTX)
    plan = prepared.plan(prepared.standard_fixes)
    # A rule for a bucket that is not there: it fails after the grant and the first rule are made.
    args = {**plan.steps[-1].args, "bucket": "none-x"}
    late = Step("notification", "late", "s3:PutBucketNotificationConfiguration", connection.region, args)
    with pytest.raises(WorkbenchError, match="All changes were rolled back"):
        bench.carry_out(TriggerPlan(plan.title, plan.function_arn, plan.kind, (*plan.steps, late)))
    assert _configuration(connection, bucket) == before
    assert [grant.sid for grant in bench.seen().grants or ()] == ["theirs"]


def test_a_bucket_of_another_region_is_blocked_without_a_write(connection: Connection, bench: Bench) -> None:
    far_bucket = _bucket(connection.in_region("eu-west-1"))
    watched, calls = bench.watched()
    (finding,) = prepare(watched, bench.wish(SourceKind("s3"), f"arn:aws:s3:::{far_bucket}"), CTX).findings
    assert (finding.check_id, finding.severity) == ("GEN-REGION", Severity.BLOCK)
    assert "eu-west-1" in finding.what
    assert "HeadBucket" in calls
    assert all(call.startswith(READING) for call in calls)


def test_an_object_of_a_versioned_bucket_is_deleted_with_its_versions(
    connection: Connection, bucket: str, bench: Bench
) -> None:
    versioning = {"Status": "Enabled"}
    connection.call("s3", "put_bucket_versioning", Bucket=bucket, VersioningConfiguration=versioning)
    step = object_step(bucket, connection.region, "", "in/one.txt", "m-76", "text", "text/plain")
    plan = TriggerPlan("Test", bench.function.function_arn, SourceKind("s3"), (step,))
    try_out(connection, plan, bench.journal, CTX, lambda _facts: None)
    left = connection.call("s3", "list_object_versions", Bucket=bucket)
    assert not left.get("Versions")
    assert not left.get("DeleteMarkers")


def test_buckets_of_the_region_are_listed(connection: Connection, bucket: str) -> None:
    there = connection.in_region("eu-west-1")
    far_bucket = _bucket(there)
    here = [each.name for each in S3.candidates(connection, CTX)]
    assert bucket in here
    assert far_bucket not in here
    assert far_bucket in [each.name for each in S3.candidates(there, CTX)]


@pytest.mark.parametrize("versioned", [False, True])
@pytest.mark.parametrize(
    ("listens", "caused"),
    [
        ("s3:ObjectRemoved:*", "ObjectRemoved:Delete"),
        ("s3:ObjectRemoved:Delete", "ObjectRemoved:Delete"),
        ("s3:ObjectCreated:Copy", "ObjectCreated:Copy"),
        ("s3:ObjectCreated:CompleteMultipartUpload", "ObjectCreated:CompleteMultipartUpload"),
    ],
)
def test_a_test_event_causes_what_the_rule_listens_to_before_its_traces_go(
    connection: Connection, bucket: str, bench: Bench, listens: str, caused: str, versioned: bool
) -> None:
    if versioned:
        settings = {"Status": "Enabled"}
        connection.call("s3", "put_bucket_versioning", Bucket=bucket, VersioningConfiguration=settings)
    wish = bench.wish(SourceKind("s3"), f"arn:aws:s3:::{bucket}", Events=(listens,))
    bench.wire(wish)
    (trigger,) = bench.found(SourceKind("s3"), wish.source_arn)
    event = S3.test_event(trigger, "m-77")
    assert event is not None
    plan = TriggerPlan("Test", bench.function.function_arn, SourceKind("s3"), event.steps)
    line = try_out(connection, plan, bench.journal, CTX, lambda _facts: bench.await_event("m-77"))
    assert caused in line
    left = connection.call("s3", "list_object_versions", Bucket=bucket)
    assert not left.get("Versions")
    assert not left.get("DeleteMarkers")
    assert not connection.call("s3", "list_multipart_uploads", Bucket=bucket).get("Uploads")


def test_no_delete_marker_comes_of_a_bucket_without_versions_and_that_is_said(
    connection: Connection, bucket: str, bench: Bench
) -> None:
    wish = bench.wish(
        SourceKind("s3"), f"arn:aws:s3:::{bucket}", Events=("s3:ObjectRemoved:DeleteMarkerCreated",)
    )
    bench.wire(wish)
    (trigger,) = bench.found(SourceKind("s3"), wish.source_arn)
    with pytest.raises(WorkbenchError, match="is not versioned"):
        bench.send(trigger, "m-78")
    assert not connection.call("s3", "list_objects_v2", Bucket=bucket).get("Contents")
