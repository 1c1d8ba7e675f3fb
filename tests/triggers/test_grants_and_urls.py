"""What goes with a function: statements of all qualifiers, and URLs, wired for real in the Sandbox."""

import json
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.sandbox_functions import create_function
from tests.triggers.test_find import function_side
from tests.triggers.values import detail
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.dependents import DependentKind
from workbench.functions.model import detail_of
from workbench.triggers.find import grants_and_urls, hints_of, orphan_grants, orphaned
from workbench.triggers.grants import parse_policy
from workbench.triggers.model import Grant, Link, ObservedFunction, SourceKind, Trigger

CTX = JobContext()


def test_statements_of_all_qualifiers_and_urls_go(connection: Connection) -> None:
    made = create_function(connection, "def handler(event, context): pass\n")
    name = made.function_name
    assert grants_and_urls(connection, made, CTX) == ()
    connection.call("lambda", "publish_version", FunctionName=name)
    connection.call("lambda", "create_alias", FunctionName=name, Name="live", FunctionVersion="1")
    request: dict[str, Any] = {"FunctionName": name, "StatementId": "s", "Principal": "s3.amazonaws.com"}
    source: dict[str, Any] = {"SourceArn": "arn:aws:s3:::photos", "SourceAccount": connection.account_id}
    action = "lambda:InvokeFunction"
    connection.call("lambda", "add_permission", Action=action, Qualifier="live", **request, **source)
    connection.call("lambda", "create_function_url_config", FunctionName=name, AuthType="NONE")
    grant, url = grants_and_urls(connection, made, CTX)
    assert (grant.kind, grant.subject) == (DependentKind.GRANT, "arn:aws:s3:::photos")
    assert grant.detail == f"live · s3.amazonaws.com · account {connection.account_id}"
    assert url.kind is DependentKind.URL
    assert url.subject.startswith("http")
    assert url.detail.startswith("NONE")


def test_what_may_not_be_read_is_said(aws: StubbedAws) -> None:
    hello = detail_of({"Configuration": {"FunctionName": "hello", "FunctionArn": detail().function_arn}})
    function_side(aws)
    aws.refuse("lambda", "get_policy", "AccessDeniedException", "no", 403)
    aws.refuse("lambda", "list_function_url_configs", "AccessDeniedException", "no", 403)
    url, grant = grants_and_urls(aws.connection, hello, CTX)
    assert (url.kind, grant.kind) == (DependentKind.URL, DependentKind.GRANT)
    for part in (url, grant):
        assert part.problem is not None
        assert part.problem.aws_code == "AccessDeniedException"


ACCOUNT = "123456789012"
ARN = f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:hello"
DETAIL = detail_of({"Configuration": {"FunctionName": "hello", "FunctionArn": ARN}})
RULE = f"arn:aws:events:eu-central-1:{ACCOUNT}:rule/nightly"
QUEUE = f"arn:aws:sqs:eu-central-1:{ACCOUNT}:orders"
DENIED = WorkbenchError("Could not look.", "Not authorized.", aws_code="AccessDenied")


def grant(service: str = "events", source: str = RULE, account: str = "", **more: Any) -> Grant:
    condition: dict[str, Any] = {"ArnLike": {"AWS:SourceArn": source}} if source else {}
    condition |= {"StringEquals": {"AWS:SourceAccount": account}} if account else {}
    statement = {
        "Sid": "one",
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": ARN,
        "Condition": condition,
    } | more
    return parse_policy(json.dumps({"Statement": [statement]}), "hello")[0]


def rest(*grants: Grant, found: tuple[Trigger, ...] = (), **problems: WorkbenchError) -> tuple[Trigger, ...]:
    by_kind = {SourceKind(kind.replace("_", "-")): problem for kind, problem in problems.items()}
    return orphan_grants(ObservedFunction(DETAIL, grants=grants), found, by_kind, ACCOUNT)


@pytest.mark.parametrize(
    ("each", "kind"),
    [
        (grant(), SourceKind("events")),
        (grant("s3", "arn:aws:s3:::photos", ACCOUNT), SourceKind("s3")),
        (grant("sns", f"arn:aws:sns:us-east-1:{ACCOUNT}:t"), SourceKind("sns")),
        (grant("sns.ap-east-1", f"arn:aws:sns:ap-east-1:{ACCOUNT}:t"), SourceKind("sns")),
        (grant("logs", f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group:g:*"), SourceKind("logs")),
        (grant("iot", f"arn:aws:iot:eu-central-1:{ACCOUNT}:rule/r"), SourceKind("iot")),
        (
            grant("cognito-idp", f"arn:aws:cognito-idp:eu-central-1:{ACCOUNT}:userpool/p"),
            SourceKind("cognito"),
        ),
        (grant("", "", Principal="*", Action="lambda:InvokeFunctionUrl"), SourceKind("url")),
        (
            grant("", "", Principal="*", Condition={"Bool": {"lambda:InvokedViaFunctionUrl": True}}),
            SourceKind("url"),
        ),
    ],
)
def test_a_statement_whose_source_was_looked_at_and_does_not_call_is_stale(
    each: Grant, kind: SourceKind
) -> None:
    (left,) = rest(each)
    assert (left.kind, left.link, left.grants) == (kind, Link.STALE_PERMISSION, (each,))
    assert left.name
    assert not left.name.endswith((":*", "/nightly"))


@pytest.mark.parametrize(
    ("each", "words"),
    [
        (grant(source="arn:aws:events:eu-central-1:210987654321:rule/theirs"), "account 210987654321"),
        (grant("s3", "arn:aws:s3:::theirs", "210987654321"), "account 210987654321"),
        (grant("s3", ""), "does not limit the source"),
        (grant("s3", "", ACCOUNT), "does not limit the source"),
        (grant(source=f"arn:aws:events:eu-central-1:{ACCOUNT}:rule/*"), "names a pattern"),
        (
            grant("apigateway", f"arn:aws:execute-api:eu-central-1:{ACCOUNT}:a1/*/GET/x"),
            "another region might",
        ),
    ],
)
def test_a_statement_whose_source_cannot_be_looked_at_is_unknown(each: Grant, words: str) -> None:
    (left,) = rest(each)
    assert left.link is Link.UNKNOWN
    assert left.problem is not None
    assert words in left.problem.why


def test_a_kind_that_could_not_be_read_makes_its_statements_unknown_not_stale() -> None:
    (left,) = rest(grant(), events=DENIED)
    assert (left.link, left.problem) == (Link.UNKNOWN, DENIED)
    api = grant("apigateway", f"arn:aws:execute-api:eu-central-1:{ACCOUNT}:a1/*")
    (left,) = rest(api, rest_api=DENIED)
    assert left.link is Link.UNKNOWN


def test_what_a_trigger_has_is_no_leftover() -> None:
    trigger = Trigger(SourceKind("events"), RULE, "nightly", grants=(grant(),))
    assert rest(grant(), found=(trigger,)) == ()


@pytest.mark.parametrize(
    "each", [grant(Effect="Deny"), grant(Action="lambda:GetFunction"), grant(Action="lambda:GetPolicy")]
)
def test_a_statement_that_lets_nobody_run_it_is_no_trigger(each: Grant) -> None:
    assert rest(each) == ()


@pytest.mark.parametrize("principal", [{"AWS": "arn:aws:iam::1:root"}, {"Service": "alexa.amazonaws.com"}])
def test_others_are_let_in_and_are_not_judged(principal: object) -> None:
    (left,) = rest(grant(Principal=principal))
    assert (left.kind, left.link) == (SourceKind("other"), Link.LINKED)


def test_hints_are_the_sources_of_this_account_each_once() -> None:
    theirs = "arn:aws:events:eu-central-1:210987654321:rule/theirs"
    bucket = "arn:aws:s3:::photos"
    grants = (grant(), grant(Sid="two"), grant(source=theirs), grant(source=""), grant("s3", bucket))
    assert hints_of(SourceKind("events"), grants, ACCOUNT) == (RULE,)
    assert hints_of(SourceKind("s3"), grants, ACCOUNT) == (bucket,)
    assert hints_of(SourceKind("sqs"), grants, ACCOUNT) == ()


def test_a_mapping_is_an_orphan_when_an_end_is_gone() -> None:
    function = ObservedFunction(DETAIL, qualifiers=("live", "7"))
    mapping = Trigger(SourceKind("sqs"), QUEUE, "orders", "live")
    assert orphaned(mapping, function, None) is mapping
    gone = WorkbenchError("x", aws_code="QueueDoesNotExist")
    assert orphaned(mapping, function, gone).link is Link.ORPHAN_MAPPING
    assert "QueueDoesNotExist" in orphaned(mapping, function, gone).reason
    other = orphaned(Trigger(SourceKind("sqs"), QUEUE, "orders", "old"), function, None)
    assert (other.link, other.reason) == (Link.ORPHAN_MAPPING, "hello:old does not exist.")
    for qualifier in ("", "$LATEST", "7"):
        assert orphaned(Trigger(SourceKind("sqs"), QUEUE, "o", qualifier), function, None).link is Link.LINKED
