"""Scenario 29: every kind of trigger, a stale statement, a rule without one, and an orphan."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.triggers.every_kind import ALIAS, EveryKind
from workbench.aws.connection import ApiCall, Connection
from workbench.core.jobs import JobContext
from workbench.triggers.doctor import diagnose, plan_repair
from workbench.triggers.execute import TriggerJournal, execute
from workbench.triggers.find import TriggerReport, find_triggers
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import Link, SourceKind, Trigger

CTX = JobContext()
LINKED = {
    (SourceKind("sqs"), ""),
    (SourceKind("kinesis"), ALIAS),
    (SourceKind("dynamodb"), ""),
    (SourceKind("s3"), ""),
    (SourceKind("sns"), ALIAS),
    (SourceKind("events"), ""),
    (SourceKind("scheduler"), ALIAS),
    (SourceKind("logs"), ""),
    (SourceKind("url"), ""),
    (SourceKind("http-api"), ""),
    (SourceKind("rest-api"), ""),
}


@pytest.fixture
def wired(connection: Connection) -> EveryKind:
    wired = EveryKind.make(connection)
    wired.rule("bare rule", is_granted=False)
    wired.grant("stale", "s3.amazonaws.com", "arn:aws:s3:::long-gone", SourceAccount=connection.account_id)
    wired.queue("gone queue")
    url = connection.call("sqs", "get_queue_url", QueueName=wired.arns["gone queue"].rpartition(":")[2])
    connection.call("sqs", "delete_queue", QueueUrl=url["QueueUrl"])
    return wired


def found(wired: EveryKind) -> TriggerReport:
    return find_triggers(wired.connection, wired.detail, CTX)


def of(report: TriggerReport, link: Link) -> list[Trigger]:
    return [each for each in report.triggers if each.link is link]


def test_each_is_there_once_and_in_its_class_and_one_click_repairs_what_can_be(
    wired: EveryKind, tmp_path: Path
) -> None:
    calls: list[ApiCall] = []
    observed = Connection(
        wired.connection.access,
        wired.connection._session,
        wired.connection.account_id,
        observer=calls.append,
    )
    report = find_triggers(observed, wired.detail, CTX)
    assert not [call.operation for call in calls if call.is_write]
    assert report.problems == ()
    assert Counter((each.kind, each.qualifier) for each in of(report, Link.LINKED)) == Counter(LINKED)
    assert [each.source_arn for each in of(report, Link.MISSING_PERMISSION)] == [wired.arns["bare rule"]]
    (stale,) = of(report, Link.STALE_PERMISSION)
    assert [grant.sid for grant in stale.grants] == ["stale"]
    assert [each.source_arn for each in of(report, Link.ORPHAN_MAPPING)] == [wired.arns["gone queue"]]
    assert of(report, Link.UNKNOWN) == []
    assert all(SOURCES[each.kind].explain(each, report.observed).flow for each in of(report, Link.LINKED))

    ill = [each for each in report.triggers if diagnose(each, report.observed) is not None]
    assert len(ill) == 3
    plan = plan_repair(wired.connection, ill, report.observed, CTX)
    assert plan is not None
    assert sorted(step.api_call for step in plan.steps) == [
        "lambda:AddPermission",
        "lambda:DeleteEventSourceMapping",
        "lambda:RemovePermission",
    ]
    execute(wired.connection, plan, TriggerJournal(tmp_path), CTX)
    again = found(wired)
    assert {each.link for each in again.triggers} == {Link.LINKED}
    assert len(of(again, Link.LINKED)) == len(LINKED) + 1


def test_statements_that_somebody_removed_are_added_again(connection: Connection, tmp_path: Path) -> None:
    wired = EveryKind.make(connection)
    name = wired.detail.function_name
    before = found(wired)
    grants = {grant for trigger in before.triggers for grant in trigger.grants}
    for grant in grants:
        qualifier: dict[str, Any] = {"Qualifier": grant.qualifier} if grant.qualifier else {}
        connection.call("lambda", "remove_permission", FunctionName=name, StatementId=grant.sid, **qualifier)
    ill = found(wired)
    missing = {each.kind for each in of(ill, Link.MISSING_PERMISSION)}
    # Buckets and log groups are found where the policy names them: no one listing has them all.
    listed = {
        SourceKind("sns"),
        SourceKind("events"),
        SourceKind("url"),
        SourceKind("http-api"),
        SourceKind("rest-api"),
    }
    assert missing == listed
    plan = plan_repair(connection, ill.triggers, ill.observed, CTX)
    assert plan is not None
    assert {step.api_call for step in plan.steps} == {"lambda:AddPermission"}
    execute(connection, plan, TriggerJournal(tmp_path), CTX)
    assert {each.link for each in found(wired).triggers} == {Link.LINKED}
