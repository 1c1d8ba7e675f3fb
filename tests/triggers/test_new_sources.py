"""Sources that a plan creates: names, the real Sandbox, undo, and a kill amid the plan."""

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.denying import limit, policies_of
from tests.mortal import Mortal, die_in_a_journal
from tests.sandbox_keys import keys_of
from tests.triggers.delivery import Bench
from tests.triggers.steps.doing import Doing
from tests.triggers.values import detail
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail, detail_of
from workbench.triggers.execute import InterruptedPlan, TriggerJournal, execute, finish, undo
from workbench.triggers.kinds.rule_parameters import BUS, NAME, PATTERN
from workbench.triggers.kinds.table import NEW_RESOURCES
from workbench.triggers.model import Fix, FixKind, Severity, SourceKind, TriggerPlan, TriggerSpec
from workbench.triggers.plan import Prepared, prepare
from workbench.triggers.steps import Step
from workbench.triggers.steps.s3 import notification_step

CTX = JobContext()
KINDS = tuple(NEW_RESOURCES)


@pytest.fixture
def bench(connection: Connection, tmp_path: Path) -> Bench:
    return Bench(connection, tmp_path / "triggers")


def _spec(function: FunctionDetail, kind: SourceKind, name: str) -> TriggerSpec:
    if kind == SourceKind("events"):
        values = {NAME: f"on-{name}", BUS: name, PATTERN: '{"source": ["shop"]}'}
        return TriggerSpec(kind, "", function, values=values, is_new=True)
    values = {"StartingPosition": "LATEST"} if kind in (SourceKind("kinesis"), SourceKind("dynamodb")) else {}
    arn = NEW_RESOURCES[kind].arn(name, function.function_arn)
    return TriggerSpec(kind, arn, function, values=values, is_new=True)


def _accepted(prepared: Prepared) -> list[Fix]:
    """The standard fixes, and the first of whatever still blocks."""
    accepted = list(prepared.standard_fixes)
    for finding in prepared.blocks(accepted):
        accepted.append(next(fix for fix in finding.fixes if fix.kind is FixKind.STEPS))
    return accepted


def _there(connection: Connection, kind: SourceKind, name: str) -> str:
    place = f"arn:aws:lambda:{connection.region}:{connection.account_id}:function:f"
    new = NEW_RESOURCES[kind]
    return new.find(connection, new.arn(name, place), name)


def _creation(kind: SourceKind, arn: str, region: str) -> Step:
    place = f"arn:aws:lambda:{region}:123456789012:function:f"
    function = detail_of({"Configuration": {"FunctionName": "f", "FunctionArn": place}})
    return NEW_RESOURCES[kind].step(arn, TriggerSpec(kind, arn, function))


def _name() -> str:
    return f"made-{secrets.token_hex(4)}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_source_is_created_wired_and_taken_back_when_a_later_step_fails(
    access: Access, connection: Connection, bench: Bench, kind: SourceKind
) -> None:
    limit(access, policies=policies_of("everything"))  # that is enough for it
    name = _name()
    wish = _spec(bench.function, kind, name)
    prepared = prepare(connection, wish, CTX)
    plan = prepared.plan(_accepted(prepared))
    assert not _there(connection, kind, name)  # checking has created nothing
    broken = notification_step("none-x", connection.region, "", add={"Id": "x"})
    with pytest.raises(WorkbenchError, match="All changes were rolled back"):
        bench.carry_out(TriggerPlan(plan.title, plan.function_arn, plan.kind, (*plan.steps, broken)))
    assert not _there(connection, kind, name)
    bench.carry_out(plan)
    assert _there(connection, kind, name)
    hints = [NEW_RESOURCES[kind].arn(name, bench.function.function_arn)]
    if kind == SourceKind("events"):
        hints = []
    (trigger,) = bench.found(kind, *hints)
    assert name in trigger.source_arn
    if kind != SourceKind("events"):  # a second one of the name is refused, and the first is offered
        (finding,) = prepare(connection, wish, CTX).findings
        assert finding.check_id == "NEW-TAKEN"
        (fix,) = finding.fixes
        assert fix.source_arn == _there(connection, kind, name)
        assert fix.source_arn.startswith("arn:")


def _put_object(connection: Connection, name: str) -> None:
    connection.call("s3", "put_object", Bucket=name, Key="theirs", Body=b"x")


def _send_message(connection: Connection, name: str) -> None:
    url = connection.call("sqs", "get_queue_url", QueueName=name)["QueueUrl"]
    connection.call("sqs", "send_message", QueueUrl=url, MessageBody="theirs")


def _subscribe(connection: Connection, name: str) -> None:
    arn = f"arn:aws:sns:{connection.region}:{connection.account_id}:{name}"
    connection.call("sns", "subscribe", TopicArn=arn, Protocol="email", Endpoint="a@example.com")


def _put_item(connection: Connection, name: str) -> None:
    connection.call("dynamodb", "put_item", TableName=name, Item={"id": {"S": "theirs"}})


def _put_record(connection: Connection, name: str) -> None:
    connection.call("kinesis", "put_record", StreamName=name, Data=b"theirs", PartitionKey="1")


def _put_rule(connection: Connection, name: str) -> None:
    pattern = '{"source": ["theirs"]}'
    connection.call("events", "put_rule", Name="theirs", EventBusName=name, EventPattern=pattern)


def _log(connection: Connection, name: str) -> None:
    connection.call("logs", "create_log_stream", logGroupName=name, logStreamName="theirs")


FILLS: dict[SourceKind, Callable[[Connection, str], None]] = {
    SourceKind("s3"): _put_object,
    SourceKind("sqs"): _send_message,
    SourceKind("sns"): _subscribe,
    SourceKind("dynamodb"): _put_item,
    SourceKind("kinesis"): _put_record,
    SourceKind("events"): _put_rule,
    SourceKind("logs"): _log,
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_somebody_has_used_meanwhile_is_not_deleted(
    connection: Connection, bench: Bench, kind: SourceKind
) -> None:
    name = _name()
    arn = NEW_RESOURCES[kind].arn(name, bench.function.function_arn)
    doing = Doing(connection, _creation(kind, arn, connection.region))
    facts = doing.do()
    assert doing.do()["created"]  # a second time, as after a crash: it is still this plan's
    FILLS[kind](connection, name)
    with pytest.raises(WorkbenchError, match=r"was kept\. It is in use"):
        doing.undo(facts)
    assert _there(connection, kind, name)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_there_before_is_not_deleted(connection: Connection, bench: Bench, kind: SourceKind) -> None:
    name = _name()
    arn = NEW_RESOURCES[kind].arn(name, bench.function.function_arn)
    Doing(connection, _creation(kind, arn, connection.region)).do()
    later = Doing(connection, _creation(kind, arn, connection.region))
    later.undo(later.do())
    assert _there(connection, kind, name)


def carry_out_until(count: int, folder: str, endpoint_url: str, what: str) -> None:
    """Creates a source and wires it, and dies at an event of the journal; run by tests/mortal.py."""
    die_in_a_journal("amid", count)
    region, account_id, function_name, kind, name = json.loads(what)
    connection = Connection.open(Access(None, region, endpoint_url, keys_of(account_id)))
    function = get_function(connection, function_name, "", CTX)
    prepared = prepare(connection, _spec(function, SourceKind(kind), name), CTX)
    execute(connection, prepared.plan(_accepted(prepared)), TriggerJournal(Path(folder)), CTX)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_once_it_is_created_can_be_finished_or_undone(
    connection: Connection, bench: Bench, mortal: Mortal, tmp_path: Path, kind: SourceKind
) -> None:
    def killed(name: str) -> InterruptedPlan:
        there = connection
        what = [there.region, there.account_id, bench.function.function_name, kind, name]
        # The fourth event says that the first step is done: AWS has created the source, nobody knows.
        folder, url = str(tmp_path / "triggers"), there.access.endpoint_url
        mortal.kill(carry_out_until, 4, folder, url, json.dumps(what))
        (left,) = bench.journal.unfinished(there.account_id, there.region)
        return left

    name = _name()
    left = killed(name)
    assert _there(connection, kind, name)
    undo(connection, left, bench.journal, CTX)
    assert not _there(connection, kind, name)
    name = _name()
    finish(connection, killed(name), bench.journal, CTX)
    hints = (
        () if kind == SourceKind("events") else (NEW_RESOURCES[kind].arn(name, bench.function.function_arn),)
    )
    (trigger,) = bench.found(kind, *hints)
    assert name in trigger.source_arn


@pytest.mark.parametrize(
    ("kind", "name", "is_good"),
    [
        (SourceKind("s3"), "my-bucket.of-2026", True),
        (SourceKind("s3"), "My-Bucket", False),
        (SourceKind("s3"), "ab", False),
        (SourceKind("s3"), "a..b", False),
        (SourceKind("s3"), "192.168.5.4", False),
        (SourceKind("s3"), "xn--bucket", False),
        (SourceKind("s3"), "bucket-s3alias", False),
        (SourceKind("s3"), "bucket\n", False),
        (SourceKind("sqs"), "orders", True),
        (SourceKind("sqs"), "orders.fifo", True),
        (SourceKind("sqs"), "or.ders", False),
        (SourceKind("sqs"), "o" * 81, False),
        (SourceKind("sns"), "news.fifo", True),
        (SourceKind("sns"), "news!", False),
        (SourceKind("dynamodb"), "ab", False),
        (SourceKind("dynamodb"), "people.v2", True),
        (SourceKind("kinesis"), "", False),
        (SourceKind("kinesis"), "clicks", True),
        (SourceKind("events"), "shop", True),
        (SourceKind("events"), "default", False),
        (SourceKind("events"), "aws.partner", False),
        (SourceKind("events"), "a/b", False),
        (SourceKind("logs"), "/shop/orders", True),
        (SourceKind("logs"), "aws/lambda", False),
        (SourceKind("logs"), "a b", False),
    ],
)
def test_names_follow_the_rules_of_their_service(kind: SourceKind, name: str, is_good: bool) -> None:
    assert (NEW_RESOURCES[kind].name_problem(name) == "") is is_good


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("us-east-1", {}),
        ("eu-west-1", {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}),
    ],
)
def test_a_bucket_is_created_in_its_region_and_is_not_public(
    aws: StubbedAws, region: str, expected: dict[str, object]
) -> None:
    aws.connection = aws.connection.in_region(region)
    aws.refuse("s3", "head_bucket", "404", "Not Found", 404)
    aws.answer("s3", "create_bucket", {}, {"Bucket": "shop", **expected})
    blocks = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    block: dict[str, Any] = {"PublicAccessBlockConfiguration": dict.fromkeys(blocks, True)}
    owner: dict[str, Any] = {"Bucket": "shop", "ExpectedBucketOwner": "123456789012"}
    aws.answer("s3", "put_public_access_block", {}, owner | block)
    Doing(aws.connection, _creation(SourceKind("s3"), "arn:aws:s3:::shop", region)).do()


@pytest.mark.parametrize("code", ["BucketAlreadyExists", "BucketAlreadyOwnedByYou"])
def test_a_bucket_that_somebody_was_quicker_with_is_not_deleted(aws: StubbedAws, code: str) -> None:
    aws.refuse("s3", "head_bucket", "404", "Not Found", 404)
    aws.refuse("s3", "create_bucket", code, "taken", 409)
    doing = Doing(aws.connection, _creation(SourceKind("s3"), "arn:aws:s3:::shop", "us-east-1"))
    with pytest.raises(WorkbenchError, match="already in use"):
        doing.do()
    doing.undo()  # asks AWS nothing
    assert doing.noted == {"created": True, "taken": True}


def test_a_queue_is_given_six_times_the_functions_timeout(connection: Connection, bench: Bench) -> None:
    name = _name()
    plan = prepare(connection, _spec(bench.function, SourceKind("sqs"), name), CTX)
    (step,) = plan.new_steps
    wanted = max(30, 6 * bench.function.timeout_s)
    assert step.args["attributes"] == {"VisibilityTimeout": str(wanted)}
    assert not [each for each in plan.findings if each.check_id.startswith("SQS-VIS")]


def test_a_table_and_a_stream_are_awaited(aws: StubbedAws) -> None:
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/people"
    aws.refuse("dynamodb", "describe_table", "ResourceNotFoundException", "none", 400)
    aws.answer("dynamodb", "create_table", {})
    aws.answer("dynamodb", "describe_table", {"Table": {"TableStatus": "CREATING"}})
    ready: dict[str, Any] = {"TableStatus": "ACTIVE", "LatestStreamArn": f"{arn}/stream/1"}
    ready |= {"StreamSpecification": {"StreamEnabled": True}}
    aws.answer("dynamodb", "describe_table", {"Table": ready})
    doing = Doing(aws.connection, _creation(SourceKind("dynamodb"), arn, "us-east-1"))
    assert doing.do()["arn"] == f"{arn}/stream/1"
    assert doing.slept == [1.0]
    sent = next(call for call in aws.calls if call.operation == "CreateTable")
    assert sent.is_write


def test_a_bucket_of_another_account_is_refused_before_anything_is_done(aws: StubbedAws) -> None:
    aws.refuse("s3", "head_bucket", "403", "Forbidden", 403)
    wish = TriggerSpec(SourceKind("s3"), "arn:aws:s3:::shop", detail(), is_new=True)
    (finding,) = NEW_RESOURCES[wish.kind].check(aws.connection, wish)
    assert finding.check_id == "NEW-TAKEN"
    assert finding.severity is Severity.BLOCK
