"""What is wrong with a trigger, and the plan that puts it right."""

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.pushing import grant
from tests.triggers.values import ACCOUNT, ARN, QUEUE, detail
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers.doctor import diagnose, plan_repair
from workbench.triggers.model import Link, ObservedFunction, SourceKind, Trigger

CTX = JobContext()
RULE = f"arn:aws:iot:us-east-1:{ACCOUNT}:rule/alarms"
LIVE = ObservedFunction(detail(), qualifiers=("live",))


IOT = SourceKind("iot")


def trigger(link: Link, kind: SourceKind = IOT, qualifier: str = "live", **more: object) -> Trigger:
    values = {"functionArn": f"{ARN}:{qualifier}" if qualifier else ARN}
    return Trigger(kind, RULE, "alarms", qualifier, link=link, values=values, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ill", "check_id", "words"),
    [
        (trigger(Link.MISSING_PERMISSION), "PERM-MISSING", "alarms calls f:live without permission"),
        (trigger(Link.MISSING_PERMISSION, qualifier="old"), "FN-QUALIFIER", "f:old, which does not exist"),
        (trigger(Link.STALE_PERMISSION), "PERM-STALE", "permission to invoke f:live, but does not call it"),
        (
            trigger(Link.ORPHAN_MAPPING, SourceKind("sqs")),
            "ESM-ORPHAN",
            "alarms to f:live refers to a resource",
        ),
        (
            trigger(Link.UNKNOWN, problem=WorkbenchError("No.", "Not allowed.", aws_code="AccessDenied")),
            "UNKNOWN",
            "Could not determine",
        ),
        (trigger(Link.LINKED, state="Disabled"), "PAUSED", "paused"),
    ],
)
def test_what_is_wrong_names_both_ends(ill: Trigger, check_id: str, words: str) -> None:
    finding = diagnose(ill, LIVE)
    assert finding is not None
    assert finding.check_id == check_id
    assert words in finding.what
    if check_id == "UNKNOWN":
        assert (finding.why, finding.aws) == ("No. Not allowed.", "AccessDenied")


def test_nothing_is_wrong_with_what_is_linked(aws: StubbedAws) -> None:
    well = trigger(Link.LINKED, state="Enabled")
    assert diagnose(well, LIVE) is None
    assert plan_repair(aws.connection, [well, trigger(Link.UNKNOWN)], LIVE, CTX) is None


def test_a_durable_function_that_is_called_by_its_name_alone_loses_its_events() -> None:
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking.html."""
    config = {"ExecutionTimeout": 60, "RetentionPeriodInDays": 1}
    durable = ObservedFunction(detail(DurableConfig=config), qualifiers=("live",))
    finding = diagnose(trigger(Link.LINKED, qualifier=""), durable)
    assert finding is not None
    assert finding.check_id == "FN-DURABLE"
    assert "alarms calls f, a durable function, by its name alone" in finding.what
    assert diagnose(trigger(Link.LINKED), durable) is None
    assert diagnose(trigger(Link.LINKED, SourceKind("direct"), ""), durable) is None
    assert diagnose(trigger(Link.LINKED, qualifier=""), LIVE) is None


def test_a_missing_statement_is_added_for_the_qualifier_that_is_called(aws: StubbedAws) -> None:
    there = grant("iot.amazonaws.com", RULE)  # for the unqualified function, which does not cover an alias
    function = ObservedFunction(detail(), grants=(there,), qualifiers=("live",))
    plan = plan_repair(aws.connection, [trigger(Link.MISSING_PERMISSION)], function, CTX)
    assert plan is not None
    (step,) = plan.steps
    assert (step.api_call, step.args["qualifier"], step.args["source_arn"]) == (
        "lambda:AddPermission",
        "live",
        RULE,
    )
    assert plan.title == "Repair alarms of f"


def test_a_stale_statement_goes_and_no_other() -> None:
    old = grant("iot.amazonaws.com", RULE, qualifier="live", sid="old")
    function = ObservedFunction(
        detail(), grants=(old, grant("iot.amazonaws.com", RULE)), qualifiers=("live",)
    )
    aws = StubbedAws()
    plan = plan_repair(aws.connection, [trigger(Link.STALE_PERMISSION, grants=(old,))], function, CTX)
    assert plan is not None
    assert [(step.api_call, step.args["statement_id"]) for step in plan.steps] == [
        ("lambda:RemovePermission", "old")
    ]
    assert aws.calls == []


def test_a_call_to_an_alias_that_is_gone_is_taken_away_at_its_source(aws: StubbedAws) -> None:
    plan = plan_repair(aws.connection, [trigger(Link.MISSING_PERMISSION, qualifier="old")], LIVE, CTX)
    assert plan is not None
    assert [step.api_call for step in plan.steps] == ["iot:ReplaceTopicRule"]


def test_several_are_repaired_in_one_plan(aws: StubbedAws) -> None:
    old = grant("iot.amazonaws.com", RULE, sid="old")
    ill = [
        trigger(Link.STALE_PERMISSION, grants=(old,)),
        trigger(Link.MISSING_PERMISSION),
        trigger(Link.MISSING_PERMISSION),
        trigger(Link.LINKED),
    ]
    plan = plan_repair(aws.connection, ill, LIVE, CTX)
    assert plan is not None
    assert [step.api_call for step in plan.steps] == ["lambda:RemovePermission", "lambda:AddPermission"]
    assert plan.title == "Repair 3 triggers of f"


def test_whom_nobody_knows_is_only_told_of(aws: StubbedAws) -> None:
    odd = Trigger(SourceKind("other"), QUEUE, "x", link=Link.MISSING_PERMISSION)
    assert plan_repair(aws.connection, [odd], LIVE, CTX) is None
