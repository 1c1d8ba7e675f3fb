"""Triggers that Lambda polls: whether the execution role may read the source is seen, said and repaired."""

from pathlib import Path

import pytest

from tests.denying import limit
from tests.sandbox_functions import create_function
from tests.triggers.wiring import PULLED, make_source, wiring_plan
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail
from workbench.functions.roles import read_policies
from workbench.triggers.doctor import diagnose, plan_repair
from workbench.triggers.execute import TriggerJournal, execute
from workbench.triggers.find import find_triggers
from workbench.triggers.model import Link, SourceKind, Trigger
from workbench.triggers.plan import plan_removal

CTX = JobContext()


def wired_without_rights(connection: Connection, kind: SourceKind, journal: TriggerJournal) -> FunctionDetail:
    function = create_function(connection, "def handler(event, context): pass\n")
    plan = wiring_plan(connection, function, kind, make_source(connection, kind))
    execute(connection, plan, journal, CTX)
    role = function.role_arn.rpartition("/")[2]
    for policy in read_policies(connection, function.role_arn, CTX):
        connection.call("iam", "delete_role_policy", RoleName=role, PolicyName=policy.name)
    return function


def only_trigger(connection: Connection, function: FunctionDetail) -> Trigger:
    (trigger,) = find_triggers(connection, function, CTX).triggers
    return trigger


@pytest.mark.parametrize("kind", PULLED)
def test_a_role_that_may_not_read_the_source_is_seen_and_repaired(
    connection: Connection, tmp_path: Path, kind: SourceKind
) -> None:
    journal = TriggerJournal(tmp_path)
    function = wired_without_rights(connection, kind, journal)
    report = find_triggers(connection, function, CTX)
    (trigger,) = report.triggers
    assert trigger.link is Link.MISSING_PERMISSION
    finding = diagnose(trigger, report.observed)
    assert finding is not None
    assert finding.check_id == "ROLE-DENY"
    assert f"{kind}:" in finding.why

    repair = plan_repair(connection, report.triggers, report.observed, CTX)
    assert repair is not None
    execute(connection, repair, journal, CTX)
    trigger = only_trigger(connection, function)
    assert trigger.link is Link.LINKED

    policies = read_policies(connection, function.role_arn, CTX)
    execute(connection, plan_removal(function, trigger, (), policies), journal, CTX)
    assert read_policies(connection, function.role_arn, CTX) == ()


def test_a_role_that_may_not_be_examined_hides_nothing(
    access: Access, connection: Connection, tmp_path: Path
) -> None:
    function = wired_without_rights(connection, SourceKind("sqs"), TriggerJournal(tmp_path))
    limit(access, denied=["iam:SimulatePrincipalPolicy"])
    report = find_triggers(connection, function, CTX)
    assert [each.link for each in report.triggers] == [Link.LINKED]
    assert (report.problems, report.left_out) == ((), ())
