"""What a role was given for a trigger goes with it; what others may need is only offered."""

import pytest

from tests.triggers.values import ARN, QUEUE, detail
from workbench.functions.roles import Policy
from workbench.triggers.model import SourceKind, Trigger
from workbench.triggers.plan import offered_step, own_policy_steps
from workbench.triggers.role import inline_name

TABLE = "arn:aws:dynamodb:us-east-1:111111111111:table/people"
STREAM = "arn:aws:kinesis:us-east-1:111111111111:stream/clicks"
ORDERS = Trigger(SourceKind("sqs"), QUEUE, "orders", identity="1")
MANAGED = "AWSLambdaSQSQueueExecutionRole"
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
