"""What a role is given and loses: only what is asked for, and all of it comes back."""

import json
import secrets

import pytest

from tests.triggers.steps.doing import Doing
from tests.triggers.values import QUEUE, detail, spec
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail
from workbench.functions.roles import create_role, read_policies
from workbench.triggers.role import attach_step, delete_step, detach_step, inline_step

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
