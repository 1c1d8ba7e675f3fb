"""What a role is given and loses: only what is asked for, and all of it comes back."""

import json
import secrets

import pytest

from tests.triggers.steps.doing import Doing
from tests.triggers.values import ARN, QUEUE, detail, spec
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail
from workbench.functions.roles import Policy, create_role, read_policies
from workbench.triggers.model import SourceKind, Trigger
from workbench.triggers.plan import offered_step, own_policy_steps
from workbench.triggers.role import attach_step, delete_step, detach_step, inline_name, inline_step

MANAGED = "AWSLambdaSQSQueueExecutionRole"
READS, SENDS = ("sqs:ReceiveMessage", QUEUE), ("sqs:SendMessage", f"{QUEUE}-dead")


@pytest.fixture
def function(connection: Connection) -> FunctionDetail:
    name = f"role-{secrets.token_hex(4)}"
    return detail(Role=create_role(connection, name, name))


def allowed(connection: Connection, function: FunctionDetail) -> dict[str, list[str]]:
    """The actions that each policy of the role allows."""
    found = {}
    for policy in read_policies(connection, function.role_arn, JobContext()):
        statements = json.loads(policy.document)["Statement"] if not policy.arn else []
        found[policy.name] = [action for each in statements for action in each["Action"]]
    return found


def test_what_a_trigger_needs_later_is_added_to_what_it_was_given(
    connection: Connection, function: FunctionDetail
) -> None:
    wish = spec(function=function)
    first = Doing(connection, inline_step(wish, [READS]))
    assert first.do() == {"before": ""}
    (given,) = [name for name in allowed(connection, function) if name.startswith("wb-sqs-")]

    second = Doing(connection, inline_step(wish, [SENDS]))
    facts = second.do()
    assert allowed(connection, function)[given] == ["sqs:ReceiveMessage", "sqs:SendMessage"]
    assert Doing(connection, inline_step(wish, [READS])).do() == {}
    second.undo(facts)
    assert allowed(connection, function)[given] == ["sqs:ReceiveMessage"]


def test_an_inline_policy_is_deleted_and_put_back(connection: Connection, function: FunctionDetail) -> None:
    step = inline_step(spec(function=function), [READS])
    Doing(connection, step).do()
    before = allowed(connection, function)
    deleting = Doing(connection, delete_step(function, str(step.args["policy_name"])))
    facts = deleting.do()
    assert step.args["policy_name"] not in allowed(connection, function)
    assert deleting.do() == facts  # again, as after a crash
    deleting.undo(facts)
    assert allowed(connection, function) == before


def test_a_managed_policy_is_detached_and_attached_again_only_if_it_was_there(
    connection: Connection, function: FunctionDetail
) -> None:
    attach = attach_step(function, MANAGED)
    detaching = Doing(connection, detach_step(function, str(attach.args["policy_arn"])))
    before = allowed(connection, function)
    detaching.undo(detaching.do())
    assert allowed(connection, function) == before

    Doing(connection, attach).do()
    facts = detaching.do()
    assert allowed(connection, function) == before
    detaching.undo(facts)
    assert MANAGED in allowed(connection, function)


TABLE = "arn:aws:dynamodb:us-east-1:111111111111:table/people"
STREAM = "arn:aws:kinesis:us-east-1:111111111111:stream/clicks"
ORDERS = Trigger(SourceKind("sqs"), QUEUE, "orders", identity="1")
ATTACHED = Policy(MANAGED, f"arn:aws:iam::aws:policy/service-role/{MANAGED}", "{}")


def inline(kind: SourceKind, source_arn: str, target_arn: str = ARN) -> Policy:
    return Policy(inline_name(kind, source_arn, target_arn, {}), "", "{}")


@pytest.mark.parametrize(
    ("trigger", "wired"),
    [
        (ORDERS, QUEUE),
        (Trigger(SourceKind("dynamodb"), f"{TABLE}/stream/2026-01-01T00:00:00.000", "people"), TABLE),
        (Trigger(SourceKind("kinesis"), STREAM, "clicks"), STREAM),
        (Trigger(SourceKind("kinesis"), f"{STREAM}/consumer/wb-x:1", "clicks"), STREAM),
    ],
)
def test_the_policy_that_was_added_for_a_trigger_goes_with_it(trigger: Trigger, wired: str) -> None:
    own, theirs = inline(trigger.kind, wired), Policy("theirs", "", "{}")
    (step,) = own_policy_steps(detail(), trigger, (), (theirs, own, ATTACHED))
    assert step.args["policy_name"] == own.name
    assert (step.api_call, bool(step.undo)) == ("iam:DeleteRolePolicy", True)


def test_the_policy_of_another_alias_and_one_that_another_trigger_needs_stay() -> None:
    policies = (inline(SourceKind("sqs"), QUEUE, f"{ARN}:prod"), inline(SourceKind("kinesis"), STREAM))
    other = Trigger(SourceKind("kinesis"), f"{STREAM}/consumer/mine:1", "clicks")
    assert own_policy_steps(detail(), ORDERS, (), policies) == ()
    gone = Trigger(SourceKind("kinesis"), STREAM, "clicks")
    assert own_policy_steps(detail(), gone, (other,), policies) == ()


def test_a_managed_policy_is_offered_unless_another_trigger_reads_with_it() -> None:
    step = offered_step(detail(), ORDERS, (), (ATTACHED,))
    assert step is not None
    assert step.args["policy_arn"] == ATTACHED.arn
    assert MANAGED in step.title
    second = Trigger(SourceKind("sqs"), f"{QUEUE}-2", "orders-2", identity="2")
    assert offered_step(detail(), ORDERS, (second,), (ATTACHED,)) is None
    assert offered_step(detail(), ORDERS, (), ()) is None
    topic = Trigger(SourceKind("sns"), "arn:aws:sns:us-east-1:111111111111:news", "news")
    assert offered_step(detail(), topic, (), (ATTACHED,)) is None
    assert offered_step(detail(), ORDERS, (topic,), (ATTACHED,)) == step
