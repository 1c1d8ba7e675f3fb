"""Workbench's own policy of a role: written, deleted, and never over what was changed since."""

import json
from pathlib import Path

import pytest

from tests.sandbox_functions import create_function, make_logging_role
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.detail import find, wait_until_updated
from workbench.functions.model import FunctionDetail
from workbench.functions.permissions import Statement, read_permissions, with_statements
from workbench.functions.roles import put_policy
from workbench.triggers.execute import TriggerJournal, execute
from workbench.triggers.role import own_policy_plan
from workbench.triggers.source_needs import needs_of_sources

FIRST = with_statements("", [Statement.allowing(["s3:GetObject"], ["arn:aws:s3:::a/*"])])
SECOND = with_statements("", [Statement.allowing(["s3:GetObject"], ["arn:aws:s3:::b/*"])])
HANDLER = "def handler(event, context):\n    return event\n"


@pytest.fixture
def detail(connection: Connection) -> FunctionDetail:
    """A function whose role allows to write logs."""
    made = create_function(connection, HANDLER)
    role = make_logging_role(connection, f"{made.function_name}-role")
    connection.call("lambda", "update_function_configuration", FunctionName=made.function_name, Role=role)
    return wait_until_updated(connection, made.function_name, JobContext())


def role_name(detail: FunctionDetail) -> str:
    return detail.role_arn.rpartition("/")[2]


def written(connection: Connection, detail: FunctionDetail) -> object:
    """The document of the own policy; None if there is none."""
    names = {"RoleName": role_name(detail), "PolicyName": "workbench"}
    return find(connection, "get_role_policy", "Could not look.", service="iam", **names).get(
        "PolicyDocument"
    )


def carry_out(connection: Connection, detail: FunctionDetail, folder: Path, seen: str, document: str) -> None:
    plan = own_policy_plan(detail, role_name(detail), seen, document)
    execute(connection, plan, TriggerJournal(folder), JobContext())


def test_it_is_written_changed_and_deleted(
    connection: Connection, detail: FunctionDetail, tmp_path: Path
) -> None:
    carry_out(connection, detail, tmp_path, "", FIRST)
    assert written(connection, detail) == json.loads(FIRST)
    carry_out(connection, detail, tmp_path, FIRST, SECOND)
    assert written(connection, detail) == json.loads(SECOND)
    carry_out(connection, detail, tmp_path, SECOND, "")
    assert written(connection, detail) is None


def test_what_was_written_since_is_kept(
    connection: Connection, detail: FunctionDetail, tmp_path: Path
) -> None:
    other = with_statements("", [Statement.allowing(["sqs:SendMessage"], ["*"])])
    put_policy(connection, role_name(detail), other)
    for seen, document in (("", FIRST), (FIRST, SECOND), (FIRST, "")):
        with pytest.raises(WorkbenchError) as caught:
            carry_out(connection, detail, tmp_path, seen, document)
        assert "was changed or deleted in the meantime" in caught.value.why
        assert written(connection, detail) == json.loads(other)


def test_what_is_there_already_is_not_written_again(
    connection: Connection, detail: FunctionDetail, tmp_path: Path
) -> None:
    put_policy(connection, role_name(detail), FIRST)
    carry_out(connection, detail, tmp_path, "", FIRST)
    assert written(connection, detail) == json.loads(FIRST)


def test_a_queue_that_lambda_polls_needs_its_permissions(
    connection: Connection, detail: FunctionDetail
) -> None:
    assert needs_of_sources(connection, detail, JobContext()) == ()
    url = connection.call("sqs", "create_queue", QueueName="jobs")["QueueUrl"]
    answer = connection.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
    arn = answer["Attributes"]["QueueArn"]
    reading = Statement.allowing(["sqs:*"], [arn])
    put_policy(connection, role_name(detail), with_statements("", [reading]))
    connection.call(
        "lambda", "create_event_source_mapping", FunctionName=detail.function_name, EventSourceArn=arn
    )
    needs = needs_of_sources(connection, detail, JobContext())
    assert {(need.action, need.resource) for need in needs} == {
        (f"sqs:{name}", arn) for name in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    }
    role = read_permissions(connection, detail.role_arn, JobContext())
    assert all(role.allows(need.action, need.resource) for need in needs)
