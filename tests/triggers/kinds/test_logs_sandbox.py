"""A log group wired to a function, for real."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.triggers.delivery import Bench
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers.kinds.logs import LogsSource
from workbench.triggers.model import Link, SourceKind, TriggerPlan
from workbench.triggers.plan import prepare
from workbench.triggers.steps import Step

GROUP = "/orders"
CTX = JobContext()


@pytest.fixture
def bench(connection: Connection, tmp_path: Path) -> Bench:
    connection.call("logs", "create_log_group", logGroupName=GROUP)
    return Bench(connection, tmp_path)


def _arn(connection: Connection) -> str:
    return next(each.source_arn for each in LogsSource().candidates(connection, CTX) if each.name == GROUP)


def _filters(connection: Connection) -> Any:
    answer = connection.call("logs", "describe_subscription_filters", logGroupName=GROUP)
    return answer["subscriptionFilters"]


def test_a_log_group_is_wired_tested_changed_and_removed(connection: Connection, bench: Bench) -> None:
    arn = _arn(connection)
    bench.wire(bench.wish(SourceKind("logs"), arn, filterPattern="ERROR"))
    (trigger,) = bench.found(SourceKind("logs"), f"{arn}:*")
    assert (trigger.link, trigger.values["filterPattern"]) == (Link.LINKED, "ERROR")

    bench.send(trigger, "m42")
    line = bench.await_event('"awslogs"')
    payload = json.loads(gzip.decompress(base64.b64decode(json.loads(line)["awslogs"]["data"])))
    assert "m42" in payload["logEvents"][0]["message"]
    assert connection.call("logs", "describe_log_streams", logGroupName=GROUP)["logStreams"] == []

    bench.change(trigger, bench.wish(SourceKind("logs"), arn, filterPattern="WARN"))
    (trigger,) = bench.found(SourceKind("logs"), f"{arn}:*")
    assert trigger.values["filterPattern"] == "WARN"

    bench.remove(trigger)
    assert _filters(connection) == []
    assert bench.seen().grants == ()


def test_a_plan_whose_last_step_fails_leaves_nothing(connection: Connection, bench: Bench) -> None:
    prepared = prepare(connection, bench.wish(SourceKind("logs"), _arn(connection)), CTX)
    plan = prepared.plan(prepared.standard_fixes)
    args = {**plan.steps[-1].args, "log_group": "none"}
    late = Step("subscription filter", "late", "logs:PutSubscriptionFilter", connection.region, args)
    with pytest.raises(WorkbenchError, match="All changes were rolled back"):
        bench.carry_out(TriggerPlan(plan.title, plan.function_arn, plan.kind, (*plan.steps, late)))
    assert _filters(connection) == []
    assert bench.seen().grants == ()
