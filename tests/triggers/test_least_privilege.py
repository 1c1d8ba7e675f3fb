"""Who may do what the policy files allow, and nothing else, can do all that Workbench does with triggers."""

import secrets
from pathlib import Path

import pytest

from tests.denying import limit, policies_of
from tests.sandbox_functions import create_function
from tests.triggers import made_plans, pull_plans, push_plans
from tests.triggers.kinds.pulled import make_queue, make_table
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail
from workbench.triggers.execute import TriggerJournal, execute
from workbench.triggers.find import find_triggers
from workbench.triggers.model import Link, SourceKind, TriggerPlan
from workbench.triggers.plan import plan_removal

CTX = JobContext()
KINDS = (*made_plans.WISHES, *(SourceKind("sqs"), SourceKind("kinesis"), SourceKind("dynamodb")))
PUSHED = (SourceKind("s3"), SourceKind("sns"), SourceKind("logs"))


def make_source(connection: Connection, kind: SourceKind) -> str:
    """A source that is there before; its ARN."""
    name = f"source-{secrets.token_hex(4)}"
    place = f"{connection.region}:{connection.account_id}"
    match kind:
        case "sqs":
            return make_queue(connection)
        case "dynamodb":
            return str(make_table(connection, is_on=True)["LatestStreamArn"])
        case "kinesis":
            connection.call("kinesis", "create_stream", StreamName=name, ShardCount=1)
            return f"arn:aws:kinesis:{place}:stream/{name}"
        case "s3":
            connection.call("s3", "create_bucket", Bucket=name)
            return f"arn:aws:s3:::{name}"
        case "sns":
            return str(connection.call("sns", "create_topic", Name=name)["TopicArn"])
        case "logs":
            connection.call("logs", "create_log_group", logGroupName=name)
            return f"arn:aws:logs:{place}:log-group:{name}"
    return ""


def plan_of(connection: Connection, function: FunctionDetail, kind: SourceKind, arn: str) -> TriggerPlan:
    if kind in made_plans.WISHES:
        return made_plans.wiring_plan(connection, function, kind)
    if kind in PUSHED:
        return push_plans.wiring_plan(connection, function, kind, arn)
    return pull_plans.pull_plan(connection, function, kind, arn)


@pytest.mark.parametrize("kind", [*KINDS, *PUSHED], ids=str)
def test_a_trigger_of_each_kind_can_be_made_and_taken_away_with_everything_json(
    access: Access, connection: Connection, kind: SourceKind, tmp_path: Path
) -> None:
    function = create_function(connection, "def handler(event, context): pass\n")
    arn = make_source(connection, kind)
    limit(access, policies=policies_of("everything"))
    execute(connection, plan_of(connection, function, kind, arn), TriggerJournal(tmp_path), CTX)
    report = find_triggers(connection, function, CTX)
    assert (report.problems, report.left_out) == ((), ())
    (trigger,) = [each for each in report.triggers if each.link is Link.LINKED]
    assert trigger.kind == kind
    removal = plan_removal(function, trigger, report.triggers)
    execute(connection, removal, TriggerJournal(tmp_path), CTX)
    assert not find_triggers(connection, function, CTX).triggers
