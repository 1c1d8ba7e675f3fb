"""The checks that all sources share: each fires, and each is silent when nothing is wrong."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.triggers.values import ARN, QUEUE, detail, seen, spec
from workbench.triggers.grants import check_grants, grant_step, statement_id
from workbench.triggers.model import (
    Finding,
    FixKind,
    Grant,
    ObservedFunction,
    ObservedRole,
    Severity,
    SourceKind,
    Trigger,
    TriggerSpec,
    WantedGrant,
)
from workbench.triggers.plan import check_function
from workbench.triggers.role import check_role

BUCKET = "arn:aws:s3:::photos"
WANTED = WantedGrant("s3.amazonaws.com", BUCKET, "111111111111")
NEEDS = ("sqs:DeleteMessage", QUEUE, "implicitDeny")


def _grant(**more: Any) -> Grant:
    fields: dict[str, Any] = {
        "sid": "s",
        "principal": "s3.amazonaws.com",
        "service": "s3",
        "action": "lambda:InvokeFunction",
        "source_arn": "",
        "source_account": "",
        "qualifier": "",
        "denies": False,
        "other_conditions": "",
    }
    return Grant(**fields | more)


def _all(wish: TriggerSpec, function: ObservedFunction) -> tuple[Finding, ...]:
    wanted = (WANTED,) if wish.kind == SourceKind("s3") else ()
    return (
        *check_function(wish, function),
        *check_grants(wish, wanted, function),
        *check_role(wish, function.role, "AWSLambdaSQSQueueExecutionRole"),
    )


S3 = spec(SourceKind("s3"), BUCKET)
DURABLE = {"DurableConfig": {"ExecutionTimeout": 900, "RetentionPeriodInDays": 14}}
TENANTS = {"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}}
MANAGED: dict[str, Any] = {"CapacityProviderConfig": {"LambdaManagedInstancesCapacityProviderConfig": {}}}
CASES: list[tuple[str, Severity, TriggerSpec, ObservedFunction]] = [
    ("FN-STATE", Severity.BLOCK, spec(), seen(detail=detail(State="Failed", StateReason="no role"))),
    ("FN-STATE", Severity.WARN, spec(), seen(detail=detail(State="Pending"))),
    ("FN-STATE", Severity.BLOCK, spec(), seen(detail=detail(State="Deactivated"))),
    ("FN-STATE", Severity.BLOCK, spec(), seen(detail=detail(State="ActiveNonInvocable"))),
    ("FN-STATE", Severity.WARN, spec(), seen(detail=detail(LastUpdateStatus="InProgress"))),
    ("FN-STATE", Severity.WARN, spec(), seen(detail=detail(LastUpdateStatus="Failed"))),
    (
        "FN-CONC0",
        Severity.WARN,
        spec(),
        seen(detail=detail(Concurrency={"ReservedConcurrentExecutions": 0})),
    ),
    ("FN-QUALIFIER", Severity.BLOCK, spec(qualifier="prod"), seen(qualifier_exists=False)),
    ("FN-DURABLE", Severity.BLOCK, spec(function=detail(**DURABLE)), seen()),
    ("FN-DURABLE", Severity.BLOCK, spec(function=detail(**DURABLE), qualifier="$LATEST"), seen()),
    ("FN-TENANT", Severity.BLOCK, spec(SourceKind("http-api"), "", function=detail(**TENANTS)), seen()),
    ("FN-TENANT", Severity.BLOCK, spec(SourceKind("url"), "", function=detail(**TENANTS)), seen()),
    ("FN-TENANT", Severity.BLOCK, spec(function=detail(**TENANTS)), seen()),
    ("FN-TENANT", Severity.WARN, spec(SourceKind("rest-api"), "", function=detail(**TENANTS)), seen()),
    ("FN-LATEST", Severity.WARN, spec(is_production=True), seen()),
    ("PERM-MISSING", Severity.BLOCK, S3, seen()),
    ("PERM-MISSING", Severity.BLOCK, S3, seen(grants=None)),
    ("PERM-WIDE", Severity.WARN, spec(), seen(grants=(_grant(),))),
    ("PERM-SIZE", Severity.WARN, spec(), seen(policy_bytes=18 * 1024 + 1)),
    ("ROLE-TRUST", Severity.BLOCK, spec(), seen(role=ObservedRole(False))),
    ("ROLE-DENY", Severity.BLOCK, spec(), seen(role=ObservedRole(denied=(NEEDS,)))),
    ("ROLE-DENY", Severity.WARN, spec(), seen(role=ObservedRole(denied=None, problem="AccessDenied"))),
    ("ASYNC-LOSS", Severity.WARN, S3, seen(failure_arns=())),
    ("LOOP", Severity.BLOCK, spec(), seen(failure_arns=(QUEUE,))),
    (
        "ESM-DUP",
        Severity.BLOCK,
        spec(),
        seen(mappings=(Trigger(SourceKind("sqs"), QUEUE, "orders", identity="uuid", state="Enabled"),)),
    ),
]


@pytest.mark.parametrize(("check_id", "severity", "wish", "function"), CASES)
def test_a_check_fires(
    check_id: str, severity: Severity, wish: TriggerSpec, function: ObservedFunction
) -> None:
    findings = [finding for finding in _all(wish, function) if finding.check_id == check_id]
    assert [finding.severity for finding in findings] == [severity]
    assert findings[0].what.endswith(".")


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (spec(), "They can go to the dead-letter queue."),
        (S3, "dead-letter queue or on-failure destination. Without one, they are lost."),
        (spec(SourceKind("url"), ""), "All invocations are throttled until you raise it"),
    ],
)
def test_what_becomes_of_the_events_of_a_stopped_function_is_said(wish: TriggerSpec, words: str) -> None:
    stopped = seen(detail=detail(Concurrency={"ReservedConcurrentExecutions": 0}))
    (found,) = [each for each in check_function(wish, stopped) if each.check_id == "FN-CONC0"]
    assert words in found.why


def test_a_durable_function_is_offered_its_aliases_and_versions() -> None:
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking.html."""
    wish = spec(function=detail(**DURABLE))
    (found,) = check_function(wish, seen(qualifiers=("prod", "beta", "9", "8")))
    assert [(fix.kind, fix.title, fix.text) for fix in found.fixes] == [
        (FixKind.QUALIFIER, "Use the alias prod", "prod"),
        (FixKind.QUALIFIER, "Use the alias beta", "beta"),
        (FixKind.QUALIFIER, "Use the version 9", "9"),
    ]
    (found,) = check_function(wish, seen())
    assert found.fixes == ()
    assert "Publish a version of it first" in found.why


@pytest.mark.parametrize(
    ("wish", "function"),
    [
        (spec(), seen()),
        (spec(), seen(detail=detail(State="Inactive"))),
        # On managed instances, $LATEST rests in a state in which only what is published can be invoked.
        (spec(), seen(detail=detail(State="ActiveNonInvocable", **MANAGED))),
        (spec(function=detail(**DURABLE), qualifier="prod"), seen()),
        (spec(qualifier="prod", is_production=True), seen()),
        (spec(), seen(policy_bytes=18 * 1024)),
        (spec(), seen(failure_arns=())),  # a queue is pulled: its failures do not go there
        (spec(), seen(detail=detail(Concurrency={"ReservedConcurrentExecutions": 1}))),
        (S3, seen(grants=(_grant(conditions=()),), failure_arns=None)),
    ],
)
def test_no_check_fires_without_a_cause(wish: TriggerSpec, function: ObservedFunction) -> None:
    assert [each.check_id for each in _all(wish, function) if each.check_id != "PERM-WIDE"] == []


@pytest.mark.parametrize(
    "state", ["Pending", "Failed", "Deactivating", "Deactivated", "ActiveNonInvocable", "Deleting"]
)
def test_each_state_is_explained_where_aws_gives_no_reason(state: str) -> None:
    (finding,) = check_function(spec(), seen(detail=detail(State=state)))
    assert finding.what == f"f is {state}."
    assert finding.why.endswith(".")
    assert finding.why != "It cannot process events now."


def test_a_missing_grant_is_part_of_the_plan_and_says_where_there_is_one() -> None:
    wish = spec(SourceKind("s3"), BUCKET, qualifier="prod")
    (finding,) = check_grants(wish, (WANTED,), seen(grants=(_grant(source_arn=BUCKET),)))[:1]
    assert "for the unqualified function, but it does not cover prod" in finding.why
    (fix,) = finding.fixes
    assert (fix.kind, fix.is_standard) == (FixKind.STEPS, True)
    (step,) = fix.steps
    assert step.args["qualifier"] == "prod"
    assert step.args["source_account"] == "111111111111"


def test_an_implicit_denial_names_action_and_policy_and_offers_both_ways() -> None:
    (finding,) = check_role(spec(), ObservedRole(denied=(NEEDS,)), "AWSLambdaSQSQueueExecutionRole")
    assert "sqs:DeleteMessage (implicitDeny)" in finding.what
    assert "AWSLambdaSQSQueueExecutionRole" in finding.why
    attach, least = (fix.steps[0] for fix in finding.fixes)
    assert attach.args["policy_arn"] == (
        "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
    )
    assert '"sqs:DeleteMessage"' in least.args["document"]
    assert QUEUE in least.args["document"]


def test_a_policy_that_denies_is_not_answered_with_another_policy() -> None:
    denied = ("sqs:DeleteMessage", QUEUE, "explicitDeny")
    (finding,) = check_role(spec(), ObservedRole(denied=(denied,)), "AWSLambdaSQSQueueExecutionRole")
    assert (finding.severity, finding.fixes) == (Severity.BLOCK, ())


def _ids() -> list[str]:
    kinds = (SourceKind("s3"), SourceKind("sns"), SourceKind("url"))
    ids = [statement_id(kind, WANTED, ARN, qualifier) for kind in kinds for qualifier in ("", "prod")]
    url = WantedGrant("*", "", action="lambda:InvokeFunctionUrl", auth_type="NONE")
    via = WantedGrant("*", "", via_url=True)
    return [*ids, *(statement_id(SourceKind("url"), each, ARN, "") for each in (url, via))]


def test_statement_ids_are_the_same_every_time_and_differ_by_wiring() -> None:
    assert _ids() == _ids()
    assert len(set(_ids())) == len(_ids())
    assert all(each.startswith("wb-") for each in _ids())


@pytest.mark.parametrize("make", [lambda: grant_step(SourceKind("s3"), WANTED, ARN, "prod")])
def test_the_step_tells_people_what_it_does(make: Callable[[], Any]) -> None:
    step = make()
    assert step.title == f"Allow s3.amazonaws.com to invoke f:prod for {BUCKET}"
    assert (step.api_call, step.region, step.undo) == (
        "lambda:AddPermission",
        "us-east-1",
        "Remove the statement",
    )


def test_the_two_statements_of_a_public_url_are_told_apart() -> None:
    calls = WantedGrant("*", "", action="lambda:InvokeFunctionUrl", auth_type="NONE")
    runs = WantedGrant("*", "", via_url=True)
    wish = spec(SourceKind("url"), "")
    found = check_grants(wish, (calls, runs), seen())
    assert [each.what for each in found] == [
        "Not everyone can call the URL of f.",
        "Not everyone can invoke f through its URL.",
    ]
    steps = [fix.steps[0].title for each in found for fix in each.fixes]
    assert steps == ["Allow everyone to call the URL of f", "Allow everyone to invoke f through its URL"]
