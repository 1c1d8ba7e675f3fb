"""Function URLs: what is checked and planned, and AWS's own refusals. Nothing is called but the Stubber."""

from dataclasses import replace
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.pushing import Hurried
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail, detail_of
from workbench.triggers.execute import STEP_RUNS
from workbench.triggers.kinds.url import FunctionUrl, ObservedUrl
from workbench.triggers.model import (
    Condition,
    FixKind,
    Grant,
    Link,
    ObservedFunction,
    Severity,
    SourceKind,
    Trigger,
    TriggerSpec,
)
from workbench.triggers.steps import Running, Step

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello"
DETAIL = detail_of({"Configuration": {"FunctionName": "hello", "FunctionArn": ARN, "Runtime": "python3.13"}})
NODE = replace(DETAIL, runtime="nodejs22.x")
URL = f"https://{'a' * 32}.lambda-url.eu-central-1.on.aws/"
SOURCE = FunctionUrl()
NO_URL = ObservedUrl()
PUBLIC_SEEN = ObservedUrl(URL, {"AuthType": "NONE", "InvokeMode": "BUFFERED", "Cors": {}})


def _grant(action: str, key: str, value: str, sid: str = "made-by-the-console") -> Grant:
    conditions = (Condition("StringEquals" if value == "NONE" else "Bool", key, (value,)),)
    return Grant(sid, "*", "", action, "", "", "", False, f"{key}={value}", conditions)


FIRST = _grant("lambda:InvokeFunctionUrl", "lambda:functionurlauthtype", "NONE")
SECOND = _grant("lambda:InvokeFunction", "lambda:invokedviafunctionurl", "true")


def _spec(
    qualifier: str = "", source_arn: str = "", detail: FunctionDetail = DETAIL, **values: Any
) -> TriggerSpec:
    """Of a value's name, "Cors_" stands for "Cors."."""
    flat = {name.replace("_", ".", 1) if name[:5] == "Cors_" else name: values[name] for name in values}
    return TriggerSpec(SourceKind("url"), source_arn, detail, qualifier, flat)


def _ids(spec: TriggerSpec, seen: ObservedUrl = NO_URL, *grants: Grant) -> list[str]:
    return [each.check_id for each in SOURCE.check(spec, seen, ObservedFunction(DETAIL, grants=grants))]


@pytest.mark.parametrize(
    ("check_id", "fires", "does_not"),
    [
        ("URL-QUAL", _spec("3"), _spec("prod")),
        ("URL-QUAL", _spec("$LATEST"), _spec()),
        ("URL-PUBLIC", _spec(AuthType="NONE"), _spec(AuthType="AWS_IAM")),
        (
            "URL-CORS",
            _spec(Cors_AllowOrigins=("*",), Cors_AllowCredentials=True),
            _spec(Cors_AllowOrigins=("https://a.example",), Cors_AllowCredentials=True),
        ),
        (
            "URL-STREAM",
            _spec(InvokeMode="RESPONSE_STREAM"),
            _spec(detail=NODE, InvokeMode="RESPONSE_STREAM"),
        ),
        ("PARAM-RANGE", _spec(Cors_MaxAge=86_401), _spec(Cors_MaxAge=86_400)),
        (
            "PARAM-RANGE",
            _spec(Cors_AllowMethods=("OPTIONS",)),
            _spec(Cors_AllowMethods=("*",)),
        ),
        ("PARAM-RANGE", _spec(Principal="everyone"), _spec(Principal="210987654321")),
    ],
)
def test_a_check_fires_where_it_should_and_nowhere_else(
    check_id: str, fires: TriggerSpec, does_not: TriggerSpec
) -> None:
    assert _ids(fires) == [check_id]
    assert _ids(does_not) == []


def test_a_second_url_is_refused_and_the_first_offered() -> None:
    (finding,) = SOURCE.check(_spec(), ObservedUrl(URL, {"AuthType": "AWS_IAM"}), ObservedFunction(DETAIL))
    assert (finding.check_id, finding.severity) == ("URL-EXISTS", Severity.BLOCK)
    assert [(fix.kind, fix.text) for fix in finding.fixes] == [(FixKind.OPEN_EXISTING, ARN)]
    assert _ids(_spec(source_arn=URL), ObservedUrl(URL, {"AuthType": "AWS_IAM"})) == []


@pytest.mark.parametrize(
    ("grants", "lacks"), [((FIRST,), "lambda:InvokeFunction"), ((SECOND,), "lambda:InvokeFunctionUrl")]
)
def test_a_url_with_one_statement_answers_403_and_gets_the_other(
    grants: tuple[Grant, ...], lacks: str
) -> None:
    spec = _spec(source_arn=URL, AuthType="AWS_IAM")
    (finding,) = SOURCE.check(spec, PUBLIC_SEEN, ObservedFunction(DETAIL, grants=grants))
    assert (finding.check_id, finding.severity) == ("URL-ONEGRANT", Severity.BLOCK)
    assert finding.what.endswith(f"lacks {lacks}.")
    (fix,) = finding.fixes
    assert [step.args["action"] for step in fix.steps] == [lacks]


@pytest.mark.parametrize("grants", [(FIRST, SECOND), ()])
def test_both_or_no_statement_is_not_one(grants: tuple[Grant, ...]) -> None:
    assert _ids(_spec(source_arn=URL), PUBLIC_SEEN, *grants) == []


def test_who_may_call_decides_the_statements() -> None:
    assert SOURCE.grants(_spec(), ObservedUrl()) == ()
    public = SOURCE.grants(_spec(AuthType="NONE"), ObservedUrl())
    assert [(each.principal, each.auth_type, each.via_url) for each in public] == [
        ("*", "NONE", False),
        ("*", "", True),
    ]
    named = SOURCE.grants(_spec(AuthType="AWS_IAM", Principal="210987654321"), ObservedUrl())
    assert [(each.principal, each.auth_type) for each in named] == [
        ("210987654321", "AWS_IAM"),
        ("210987654321", ""),
    ]


def test_a_version_is_never_asked_about(aws: StubbedAws) -> None:
    assert SOURCE.observe(aws.connection, _spec("3"), JobContext()) == ObservedUrl()


def test_theirs_is_told_from_what_belongs_to_the_url(aws: StubbedAws) -> None:
    config: dict[str, Any] = {"FunctionUrl": URL, "FunctionArn": ARN, "AuthType": "NONE"}
    config |= {"CreationTime": "now", "LastModifiedTime": "now"}
    config["Cors"] = {"AllowCredentials": False, "MaxAge": 0}
    aws.answer(
        "lambda", "list_function_url_configs", {"FunctionUrlConfigs": [config]}, {"FunctionName": "hello"}
    )
    partner = replace(FIRST, principal="210987654321", sid="partner")
    seen = ObservedFunction(DETAIL, grants=(FIRST, partner, replace(SECOND, qualifier="prod")))
    (trigger,) = SOURCE.find(aws.connection, seen, (), JobContext())
    assert (trigger.link, trigger.grants) == (Link.MISSING_PERMISSION, (FIRST,))
    assert trigger.values == {"AuthType": "NONE", "InvokeMode": "BUFFERED", "Cors.MaxAge": 0}


@pytest.mark.parametrize(
    ("auth_type", "grants", "link"),
    [
        ("NONE", (FIRST, SECOND), Link.LINKED),
        ("NONE", None, Link.UNKNOWN),
        ("NONE", (), Link.MISSING_PERMISSION),
        ("AWS_IAM", (), Link.LINKED),
    ],
)
def test_whether_both_ends_fit(
    aws: StubbedAws, auth_type: str, grants: tuple[Grant, ...] | None, link: Link
) -> None:
    config = {"FunctionUrl": URL, "FunctionArn": f"{ARN}:prod", "AuthType": auth_type, "CreationTime": "now"}
    config |= {"LastModifiedTime": "now"}
    aws.answer("lambda", "list_function_url_configs", {"FunctionUrlConfigs": [config]})
    if grants is not None:
        grants = tuple(replace(each, qualifier="prod") for each in grants)
    (trigger,) = SOURCE.find(aws.connection, ObservedFunction(DETAIL, grants=grants), (), JobContext())
    assert (trigger.qualifier, trigger.link) == ("prod", link)


def _running(aws: StubbedAws, slept: list[float]) -> Running:
    return Running(aws.connection, Hurried(slept), lambda _: None, {})


def _create() -> Step:
    (step,) = SOURCE.plan(_spec(AuthType="NONE"), ObservedUrl())
    return step


def test_a_function_that_is_being_updated_is_waited_for(aws: StubbedAws) -> None:
    gone = (
        "get_function_url_config",
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    )
    aws.refuse("lambda", *gone, status=404)
    text = f"The operation cannot be performed at this time. An update is in progress for resource: {ARN}"
    aws.refuse("lambda", "create_function_url_config", "ResourceConflictException", text, status=409)
    made = {"FunctionUrl": URL, "FunctionArn": ARN, "AuthType": "NONE", "CreationTime": "now"}
    expected = {"FunctionName": "hello", "AuthType": "NONE", "InvokeMode": "BUFFERED"}
    aws.answer("lambda", "create_function_url_config", made, expected)
    slept: list[float] = []
    assert STEP_RUNS[_create().action].do(_create(), _running(aws, slept)) == {"url": URL}
    assert slept == [1.0]


def test_aws_s_refusal_is_not_repeated(aws: StubbedAws) -> None:
    aws.refuse("lambda", "get_function_url_config", "ResourceNotFoundException", status=404)
    text = (
        "User: arn:aws:iam::123456789012:user/u is not authorized to perform: lambda:CreateFunctionUrlConfig"
    )
    aws.refuse("lambda", "create_function_url_config", "AccessDeniedException", text, status=403)
    with pytest.raises(WorkbenchError) as refusal:
        STEP_RUNS[_create().action].do(_create(), _running(aws, []))
    assert refusal.value.aws_code == "AccessDeniedException"


def test_a_url_that_has_gone_needs_no_deleting(aws: StubbedAws) -> None:
    aws.refuse("lambda", "delete_function_url_config", "ResourceNotFoundException", status=404)
    trigger = Trigger(SourceKind("url"), URL, URL, "", ARN)
    (step,) = SOURCE.remove(trigger)
    assert "cannot be restored" in step.title
    assert STEP_RUNS[step.action].do(step, _running(aws, [])) == {}


def test_a_change_is_taken_back_with_cors_and_all(aws: StubbedAws) -> None:
    before = ObservedUrl(URL, {"AuthType": "AWS_IAM", "InvokeMode": "BUFFERED", "Cors": {"MaxAge": 5}})
    trigger = Trigger(SourceKind("url"), URL, URL, "", ARN)
    (step,) = SOURCE.update(trigger, _spec(AuthType="AWS_IAM"), before)
    answer = {"FunctionUrl": URL, "FunctionArn": ARN, "AuthType": "AWS_IAM", "CreationTime": "now"}
    answer |= {"LastModifiedTime": "now"}
    same = {"FunctionName": "hello", "AuthType": "AWS_IAM", "InvokeMode": "BUFFERED"}
    aws.answer("lambda", "get_function_url_config", answer | {"Cors": {"MaxAge": 5}})
    aws.answer("lambda", "update_function_url_config", answer, {**same, "Cors": {}})
    aws.answer("lambda", "get_function_url_config", answer)
    aws.answer("lambda", "update_function_url_config", answer, {**same, "Cors": {"MaxAge": 5}})
    facts = STEP_RUNS[step.action].do(step, _running(aws, []))
    STEP_RUNS[step.action].undo(step, facts, _running(aws, []))
    assert (
        SOURCE.update(trigger, _spec(AuthType="AWS_IAM"), replace(before, config=step.args["config"])) == ()
    )


def test_it_explains_itself() -> None:
    public = Trigger(SourceKind("url"), URL, URL, "", ARN, values={"AuthType": "NONE"})
    assert "two statements" in SOURCE.explain(public, ObservedFunction(DETAIL)).authorises
    explained = SOURCE.explain(replace(public, values={"AuthType": "AWS_IAM"}), ObservedFunction(DETAIL))
    assert explained.model == "Push, synchronous"
    assert explained.authorises.startswith("Callers sign")
    assert SOURCE.pause(public) == SOURCE.resume(public) == ()
