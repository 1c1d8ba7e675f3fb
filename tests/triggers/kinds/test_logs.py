"""Amazon CloudWatch Logs as a source: its checks, and its triggers as AWS answers them."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.pushing import Trial, grant
from tests.triggers.values import ACCOUNT, ARN, detail, seen, spec
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers.execute import STEP_RUNS
from workbench.triggers.kinds.logs import (
    LogsSource,
    ObservedLogGroup,
    delete_filter_step,
    put_filter_step,
    sample_line,
)
from workbench.triggers.model import FixKind, Link, Location, Severity, SourceKind, Trigger, TriggerSpec
from workbench.triggers.plan import prepare

GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/orders"
HERE = GROUP.replace("us-east-1", "eu-central-1")  # where the connection of these tests is
LOGS = LogsSource()
CTX = JobContext()
PRINCIPAL = "logs.amazonaws.com"
MINE = {"filterName": "mine", "filterPattern": "ERROR", "destinationArn": ARN}
THEIRS = {
    "filterName": "theirs",
    "filterPattern": "",
    "destinationArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:g",
}


def _spec(arn: str = GROUP, qualifier: str = "", **values: object) -> TriggerSpec:
    return spec(SourceKind("logs"), arn, qualifier=qualifier, values=values)


def _ids(wanted: TriggerSpec, *filters: dict[str, Any], log_class: str = "STANDARD") -> list[str]:
    return [each.check_id for each in LOGS.check(wanted, ObservedLogGroup(filters, log_class), seen())]


def test_a_log_group_with_a_free_place_is_fine() -> None:
    assert _ids(_spec()) == []
    assert _ids(_spec(filterPattern='{ $.level = "ERROR" }'), THEIRS) == []


def test_a_third_filter_is_refused_and_both_are_named() -> None:
    group = ObservedLogGroup((THEIRS, {**THEIRS, "filterName": "more"}))
    (finding,) = LOGS.check(_spec(), group, seen())
    assert (finding.check_id, finding.severity) == ("LOG-LIMIT", Severity.BLOCK)
    assert "theirs" in finding.what
    assert "more" in finding.what


def test_a_filter_that_is_changed_is_not_one_more() -> None:
    assert _ids(replace(_spec(filterName="mine"), identity="mine"), MINE, THEIRS) == []


def test_a_new_filter_does_not_replace_one_of_its_name() -> None:
    (finding,) = LOGS.check(_spec(filterName="mine"), ObservedLogGroup((MINE,)), seen())
    assert finding.check_id == "LOG-EXISTS"
    assert finding.fixes[0].kind is FixKind.OPEN_EXISTING


def test_the_functions_own_log_group_would_be_a_loop() -> None:
    own = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{detail().log_group}"
    assert _ids(_spec(own)) == ["LOG-SELF"]
    assert _ids(_spec(f"{own}:*")) == ["LOG-SELF"]
    assert _ids(_spec(f"{own}-too")) == []


@pytest.mark.parametrize(
    ("region", "account", "expected"),
    [
        ("us-east-1", ACCOUNT, []),
        ("eu-west-1", ACCOUNT, ["LOG-REGION"]),
        ("us-east-1", "222222222222", ["LOG-ACCOUNT"]),
        ("eu-west-1", "222222222222", ["LOG-REGION", "LOG-ACCOUNT"]),
    ],
)
def test_region_and_account_must_be_the_functions(region: str, account: str, expected: list[str]) -> None:
    arn = f"arn:aws:logs:{region}:{account}:log-group:/orders"
    assert _ids(_spec(arn)) == expected
    place = Location.of(arn)
    assert [each.check_id for each in LOGS.cross_region_findings(_spec(arn), place)] == expected


@pytest.mark.parametrize(
    ("region", "account", "general", "own"),
    [
        ("us-east-1", "222222222222", "GEN-ACCOUNT", "LOG-ACCOUNT"),
        ("eu-west-1", ACCOUNT, "GEN-REGION", "LOG-REGION"),
    ],
)
def test_a_log_group_elsewhere_is_blocked_without_a_call(
    aws: StubbedAws, region: str, account: str, general: str, own: str
) -> None:
    found = prepare(aws.connection, _spec(f"arn:aws:logs:{region}:{account}:log-group:/orders"), CTX).findings
    assert [each.check_id for each in found] == [general, own]
    assert all(each.severity is Severity.BLOCK for each in found)
    assert aws.calls == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"filterPattern": "x" * 1025}, ["PARAM-RANGE"]),
        ({"filterPattern": "x" * 1024}, []),
        ({"filterName": "a:b"}, ["PARAM-RANGE"]),
        ({"filterName": "a b/c"}, []),
    ],
)
def test_the_service_models_limits_hold(values: dict[str, object], expected: list[str]) -> None:
    assert _ids(_spec(GROUP, "", **values)) == expected


@pytest.mark.parametrize(
    ("log_class", "expected"), [("INFREQUENT_ACCESS", ["LOG-CLASS"]), ("STANDARD", []), ("", [])]
)
def test_a_class_with_fewer_features_is_warned_of(log_class: str, expected: list[str]) -> None:
    assert _ids(_spec(), log_class=log_class) == expected


@pytest.mark.parametrize(
    "arn", ["/orders", f"arn:aws:logs:us-east-1:{ACCOUNT}:destination:x", "arn:aws:s3:::b"]
)
def test_what_is_no_log_group_is_said(aws: StubbedAws, arn: str) -> None:
    with pytest.raises(WorkbenchError, match="cannot be a trigger"):
        LOGS.location(aws.connection, _spec(arn), CTX)


def test_the_group_is_read_without_a_write(aws: StubbedAws) -> None:
    aws.answer(
        "logs",
        "describe_subscription_filters",
        {"subscriptionFilters": [{**MINE, "creationTime": 1, "distribution": "ByLogStream"}]},
        {"logGroupName": "/orders"},
    )
    groups = [
        {"logGroupName": "/orders-too", "logGroupClass": "DELIVERY"},
        {"logGroupName": "/orders", "logGroupClass": "INFREQUENT_ACCESS"},
    ]
    aws.answer("logs", "describe_log_groups", {"logGroups": groups}, {"logGroupNamePrefix": "/orders"})
    group = LOGS.observe(aws.connection, _spec(), CTX)
    assert group == ObservedLogGroup(({**MINE, "distribution": "ByLogStream"},), "INFREQUENT_ACCESS")
    assert not any(call.is_write for call in aws.calls)


def test_a_class_that_may_not_be_read_is_no_reason_to_stop(aws: StubbedAws) -> None:
    aws.answer("logs", "describe_subscription_filters", {"subscriptionFilters": []})
    aws.refuse("logs", "describe_log_groups", "AccessDeniedException", "no", 400)
    assert LOGS.observe(aws.connection, _spec(), CTX) == ObservedLogGroup()


def test_the_plan_is_one_filter_and_a_grant_for_its_streams() -> None:
    wanted = _spec(GROUP, "live", filterPattern="ERROR", applyOnTransformedLogs=True)
    (step,) = LOGS.plan(wanted, ObservedLogGroup())
    assert step.args["members"] == {
        "filterName": step.args["members"]["filterName"],
        "filterPattern": "ERROR",
        "destinationArn": f"{ARN}:live",
        "applyOnTransformedLogs": True,
    }
    (wish,) = LOGS.grants(wanted, ObservedLogGroup())
    assert (wish.principal, wish.source_arn) == (PRINCIPAL, f"{GROUP}:*")
    assert LOGS.grants(_spec(f"{GROUP}:*"), ObservedLogGroup()) == (wish,)


def test_filters_of_the_function_are_found_with_their_grants(aws: StubbedAws) -> None:
    mine = grant(PRINCIPAL, f"{HERE}:*")
    live = {**MINE, "filterName": "live", "destinationArn": f"{ARN}:live"}
    aws.answer("logs", "describe_subscription_filters", {"subscriptionFilters": [MINE, live, THEIRS]})
    linked, missing = LOGS.find(aws.connection, seen(grants=(mine,)), (f"{HERE}:*",), CTX)
    assert (linked.link, linked.grants, linked.identity) == (Link.LINKED, (mine,), "mine")
    assert (missing.link, missing.qualifier) == (Link.MISSING_PERMISSION, "live")
    assert linked.source_arn == HERE


@pytest.mark.parametrize(
    ("principal", "link"),
    [
        ("logs.amazonaws.com", Link.LINKED),
        ("logs.eu-central-1.amazonaws.com", Link.LINKED),
        ("logs.us-east-1.amazonaws.com", Link.MISSING_PERMISSION),
    ],
)
def test_statements_with_the_region_in_the_principal_count(
    aws: StubbedAws, principal: str, link: Link
) -> None:
    aws.answer("logs", "describe_subscription_filters", {"subscriptionFilters": [MINE]})
    function = seen(grants=(grant(principal, f"{HERE}:*"),))
    (trigger,) = LOGS.find(aws.connection, function, (f"{HERE}:*",), CTX)
    assert trigger.link is link
    assert len(trigger.grants) == (link is Link.LINKED)


def test_a_group_that_is_gone_calls_nobody_and_one_that_may_not_be_read_is_unknown(aws: StubbedAws) -> None:
    function = seen(grants=(grant(PRINCIPAL, f"{HERE}:*"),))
    aws.refuse("logs", "describe_subscription_filters", "ResourceNotFoundException", "gone")
    assert LOGS.find(aws.connection, function, (f"{HERE}:*",), CTX) == ()
    aws.refuse("logs", "describe_subscription_filters", "AccessDeniedException", "no")
    (trigger,) = LOGS.find(aws.connection, function, (f"{HERE}:*",), CTX)
    assert trigger.link is Link.UNKNOWN
    (trigger,) = LOGS.find(
        aws.connection, function, (f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:*:*",), CTX
    )
    assert trigger.link is Link.UNKNOWN


def _trigger(**values: object) -> Trigger:
    return Trigger(SourceKind("logs"), GROUP, "/orders", identity="mine", values=MINE | values)


def test_a_change_keeps_the_filters_name() -> None:
    (step,) = LOGS.update(_trigger(), _spec(filterPattern="WARN"), ObservedLogGroup((MINE,)))
    assert step.args["members"] == {**MINE, "filterPattern": "WARN"}


def test_only_a_filter_can_be_removed_not_a_statement() -> None:
    (step,) = LOGS.remove(_trigger())
    assert step.args["members"] == {"filterName": "mine", "destinationArn": ARN}
    assert LOGS.remove(Trigger(SourceKind("logs"), GROUP, "/orders", link=Link.STALE_PERMISSION)) == ()


@pytest.mark.parametrize(("pattern", "doubts"), [("ERROR", False), ("[a, b]", True)])
def test_a_test_event_says_when_the_pattern_may_hold_it_back(pattern: str, doubts: bool) -> None:
    event = LOGS.test_event(_trigger(filterPattern=pattern), "m1")
    assert event is not None
    assert "m1" in event.steps[0].args["message"]
    assert ("might reject it" in event.warning) is doubts
    typed = LOGS.test_event(_trigger(filterPattern=pattern), "m1", {"message": "mine"})
    assert typed is not None
    assert "might reject it" in typed.warning
    assert typed.steps[0].args["message"] == "mine"
    assert "metric filters" in event.warning


def test_the_explanation_names_both_ledgers() -> None:
    words = LOGS.explain(_trigger(), seen(async_retries=0, failure_arns=()))
    assert "for 24 h" in words.source_retries
    assert "no retry" in words.lambda_retries
    assert words.failures.startswith("Failed events are lost")
    assert words.flow == ("/orders", "subscription filter", "Lambda's queue", "f")
    assert LOGS.pause(_trigger()) == ()
    assert "cannot pause" in LOGS.explain(_trigger(), seen()).no_pause


GROUP_NAME = "/orders"
WANTED = {"filterName": "wb-logs-1", "filterPattern": "ERROR", "destinationArn": ARN}
PUT = put_filter_step(GROUP_NAME, "us-east-1", WANTED)
DELETE = delete_filter_step(GROUP_NAME, "us-east-1", "wb-logs-1", ARN)


def _there(aws: StubbedAws, *filters: dict[str, Any]) -> None:
    aws.answer(
        "logs",
        "describe_subscription_filters",
        {
            "subscriptionFilters": [
                {"logGroupName": GROUP_NAME, "creationTime": 1, **each} for each in filters
            ]
        },
        {"logGroupName": GROUP_NAME, "filterNamePrefix": "wb-logs-1"},
    )


def _put(aws: StubbedAws, members: dict[str, Any]) -> None:
    aws.answer("logs", "put_subscription_filter", {}, {"logGroupName": GROUP_NAME, **members})


def _delete(aws: StubbedAws) -> None:
    name = {"logGroupName": GROUP_NAME, "filterName": "wb-logs-1"}
    aws.answer("logs", "delete_subscription_filter", {}, name)


def test_a_new_filter_is_put_and_taken_back(aws: StubbedAws) -> None:
    _there(aws, {**WANTED, "filterName": "wb-logs-10"})  # only begins with the name
    _put(aws, WANTED)
    trial = Trial(aws.connection)
    facts = STEP_RUNS[PUT.action].do(PUT, trial.running)
    assert facts == trial.notes == {"before": None}
    _there(aws, {**WANTED, "distribution": "ByLogStream"})
    _delete(aws)
    STEP_RUNS[PUT.action].undo(PUT, facts, trial.running)


def test_what_a_form_does_not_show_stays_and_the_filter_of_before_comes_back(aws: StubbedAws) -> None:
    before = {**WANTED, "filterPattern": "", "applyOnTransformedLogs": True, "distribution": "ByLogStream"}
    _there(aws, before)
    _put(aws, {**WANTED, "applyOnTransformedLogs": True})
    trial = Trial(aws.connection)
    facts = STEP_RUNS[PUT.action].do(PUT, trial.running)
    _there(aws, {**before, "filterPattern": "ERROR"})
    _put(aws, {**WANTED, "filterPattern": "", "applyOnTransformedLogs": True})
    STEP_RUNS[PUT.action].undo(PUT, facts, trial.running)


def test_a_filter_that_is_there_is_not_put_again(aws: StubbedAws) -> None:
    _there(aws, WANTED)
    assert STEP_RUNS[PUT.action].do(PUT, Trial(aws.connection).running) == {}
    assert not any(call.is_write for call in aws.calls)


def test_logs_is_given_time_to_hear_of_the_grant(aws: StubbedAws) -> None:
    _there(aws)
    words = (
        "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to"
        " execute your function."
    )
    aws.refuse("logs", "put_subscription_filter", "InvalidParameterException", words)
    _put(aws, WANTED)
    trial = Trial(aws.connection)
    STEP_RUNS[PUT.action].do(PUT, trial.running)
    assert trial.slept == [1.0]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("LimitExceededException", "Resource limit exceeded."),
        ("AccessDeniedException", "Cross-account lambda invocation passing is not allowed."),
    ],
)
def test_any_other_refusal_is_said_at_once(aws: StubbedAws, code: str, words: str) -> None:
    _there(aws)
    aws.refuse("logs", "put_subscription_filter", code, words)
    trial = Trial(aws.connection)
    with pytest.raises(WorkbenchError) as caught:
        STEP_RUNS[PUT.action].do(PUT, trial.running)
    assert caught.value.aws_code == code
    assert trial.slept == []


def test_a_filter_that_somebody_changed_since_is_left(aws: StubbedAws) -> None:
    _there(aws, {**WANTED, "filterPattern": "theirs"})
    STEP_RUNS[PUT.action].undo(PUT, {"before": None}, Trial(aws.connection).running)
    STEP_RUNS[PUT.action].undo(PUT, {}, Trial(aws.connection).running)
    assert not any(call.is_write for call in aws.calls)


def test_a_filter_is_deleted_and_put_back_as_it_was(aws: StubbedAws) -> None:
    _there(aws, WANTED)
    _delete(aws)
    trial = Trial(aws.connection)
    facts = STEP_RUNS[DELETE.action].do(DELETE, trial.running)
    _there(aws)
    _put(aws, WANTED)
    STEP_RUNS[DELETE.action].undo(DELETE, facts, trial.running)


def test_a_filter_that_is_gone_is_deleted(aws: StubbedAws) -> None:
    _there(aws)
    assert STEP_RUNS[DELETE.action].do(DELETE, Trial(aws.connection).running) == {}


def test_a_filter_that_calls_something_else_by_now_is_not_deleted(aws: StubbedAws) -> None:
    _there(aws, {**WANTED, "destinationArn": f"{ARN}:live"})
    with pytest.raises(WorkbenchError, match="now calls"):
        STEP_RUNS[DELETE.action].do(DELETE, Trial(aws.connection).running)


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        ("", "Workbench test m1"),
        ("ERROR", "Workbench test m1 ERROR"),
        ('"out of memory" ?WARN', "Workbench test m1 out of memory WARN"),
        ("ERROR -debug", "Workbench test m1 ERROR"),
    ],
)
def test_terms_are_in_the_line(pattern: str, line: str) -> None:
    assert sample_line(pattern, "m1") == (line, True)


@pytest.mark.parametrize(
    ("pattern", "path", "value"),
    [
        ('{ $.level = "ERROR" }', ("level",), "ERROR"),
        ('{ $.user.name = "a*" }', ("user", "name"), "a"),
        ("{ ($.latency > 300) && ($.status = 200) }", ("latency",), 301),
        ("{ $.status != 200 }", ("status",), 201),
        ('{ $.status != "ok" }', ("status",), "not-ok"),
    ],
)
def test_members_are_in_the_document(pattern: str, path: tuple[str, ...], value: object) -> None:
    line, is_sure = sample_line(pattern, "m1")
    found = json.loads(line)
    for name in path:
        found = found[name]
    assert found == value
    assert json.loads(line)["mark"] == "m1"
    assert is_sure


@pytest.mark.parametrize(
    "pattern",
    ["[ip, user, status = 4*]", "%^ERROR%", "{ $.a IS NULL }", "-Workbench", "{ $.list[0] = 1 }", "{"],
)
def test_what_is_not_understood_is_said(pattern: str) -> None:
    line, is_sure = sample_line(pattern, "m1")
    assert "m1" in line
    assert not is_sure
