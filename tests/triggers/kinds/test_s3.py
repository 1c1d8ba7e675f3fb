"""Amazon S3 as a source: its checks, its place, its triggers as AWS answers them."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.pushing import grant
from tests.triggers.values import ACCOUNT, ARN, ROLE_ARN, seen, spec
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers.grants import check_grants
from workbench.triggers.kinds.s3 import ObservedBucket, S3Source
from workbench.triggers.model import (
    FixKind,
    Grant,
    Link,
    Location,
    ObservedFunction,
    Severity,
    SourceKind,
    Trigger,
    TriggerSpec,
)
from workbench.triggers.plan import check_locations
from workbench.triggers.steps.s3 import LAMBDA, entry_of, fingerprint

BUCKET = "arn:aws:s3:::photos"
S3 = S3Source()
CTX = JobContext()
GET = "get_bucket_notification_configuration"
PRINCIPAL = "s3.amazonaws.com"


def _spec(qualifier: str = "", **values: object) -> TriggerSpec:
    return spec(SourceKind("s3"), BUCKET, qualifier=qualifier, values=values)


def _granted(*grants: Grant) -> ObservedFunction:
    return seen(grants=grants)


def _ids(
    wanted: TriggerSpec, configuration: dict[str, Any] | None = None, *, writes: bool | None = None
) -> list[str]:
    bucket = ObservedBucket("us-east-1", configuration or {}, writes)
    return [finding.check_id for finding in S3.check(wanted, bucket, seen())]


def _lambda_rule(events: str, prefix: str = "", suffix: str = "", identity: str = "other") -> Any:
    rule = entry_of(identity, ARN, (events,), prefix, suffix)
    return {"LambdaFunctionConfigurations": [rule]}


def test_a_whole_bucket_is_fine_when_it_tells_nobody_else() -> None:
    assert _ids(_spec()) == []
    assert _ids(_spec(Events=("s3:ObjectCreated:Put",), Prefix="new files/", Suffix=".jpg")) == []


@pytest.mark.parametrize(
    ("values", "there", "overlaps"),
    [
        ({"Events": ("s3:ObjectCreated:Put",), "Prefix": "in/"}, ("s3:ObjectCreated:*", "", ""), True),
        ({"Prefix": "images", "Suffix": ".png"}, ("s3:ObjectCreated:*", "images", ".jpg"), False),
        ({"Suffix": "jpg"}, ("s3:ObjectCreated:*", "", "jpg"), True),
        ({"Events": ("s3:ObjectRemoved:*",)}, ("s3:ObjectCreated:*", "", ""), False),
    ],
)
def test_rules_that_one_object_can_match_are_refused(
    values: dict[str, Any], there: tuple[str, str, str], overlaps: bool
) -> None:
    assert ("S3-OVERLAP" in _ids(_spec(**values), _lambda_rule(*there))) is overlaps


GONE = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:gone"


def test_a_rule_of_a_function_that_was_deleted_is_found_and_can_be_removed(aws: StubbedAws) -> None:
    """S3 checks all destinations of a bucket at every Put, so somebody's stale rule fails ours."""
    rules = [
        entry_of(
            name, f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}", ("s3:ObjectCreated:*",), name, ""
        )
        for name in ("gone", "there", "hidden", "f")
    ]
    aws.answer("s3", GET, {"LambdaFunctionConfigurations": rules})
    missing = f"Function not found: {GONE}"
    aws.refuse("lambda", "get_function_configuration", "ResourceNotFoundException", missing, 404)
    aws.answer("lambda", "get_function_configuration", {"FunctionName": "there"})
    aws.refuse("lambda", "get_function_configuration", "AccessDeniedException", "not authorized", 403)
    wanted = _spec(Prefix="new/")
    found = S3.observe(aws.connection, wanted, CTX)
    assert [rule["Id"] for rule in found.stale] == ["gone"]
    (finding,) = [each for each in S3.check(wanted, found, seen()) if each.check_id == "S3-STALE"]
    assert finding.severity is Severity.BLOCK
    (step,) = finding.fixes[0].steps
    assert (step.args["remove"]["Id"], step.undo) == ("gone", "")
    (add,) = S3.plan(wanted, found)
    rest = {"LambdaFunctionConfigurations": [dict(rule) for rule in rules[1:]]}
    assert add.args["planned"] == fingerprint(rest)


@pytest.mark.parametrize(("kind", "member"), [("Queue", "QueueArn"), ("Topic", "TopicArn")])
def test_rules_for_queues_and_topics_overlap_too_and_both_are_named(kind: str, member: str) -> None:
    other = {"Id": "theirs", member: "arn:aws:sqs:us-east-1:1:q", "Events": ["s3:ObjectCreated:Put"]}
    bucket = ObservedBucket("us-east-1", {f"{kind}Configurations": [other]})
    (finding,) = S3.check(_spec(Prefix="in/"), bucket, seen())
    assert finding.check_id == "S3-OVERLAP"
    assert finding.severity is Severity.BLOCK
    assert "“theirs”" in finding.what
    assert "“wb-s3-" in finding.what
    assert "prefix in/" in finding.what
    assert [fix.kind for fix in finding.fixes] == [FixKind.OTHER_SOURCE]  # no prefix is free


def test_a_prefix_that_is_free_is_offered_and_settles_it() -> None:
    there = _lambda_rule("s3:ObjectCreated:*", prefix="reports/")
    bucket = ObservedBucket("us-east-1", there)
    (finding,) = S3.check(_spec(), bucket, seen())
    (edit,) = [fix for fix in finding.fixes if fix.kind is FixKind.EDIT]
    assert S3.check(_spec(Prefix=edit.values["Prefix"]), bucket, seen()) == ()
    both = {LAMBDA: [*there[LAMBDA], *_lambda_rule("s3:ObjectCreated:*", prefix="f/", identity="b")[LAMBDA]]}
    (finding, *_) = S3.check(_spec(), ObservedBucket("us-east-1", both), seen())
    (edit,) = [fix for fix in finding.fixes if fix.kind is FixKind.EDIT]
    assert S3.check(_spec(Prefix=edit.values["Prefix"]), ObservedBucket("us-east-1", both), seen()) == ()


def test_a_rule_of_this_function_that_overlaps_can_be_opened() -> None:
    bucket = ObservedBucket("us-east-1", _lambda_rule("s3:ObjectCreated:*"))
    (finding,) = S3.check(_spec(), bucket, seen())
    assert [(fix.kind, fix.text) for fix in finding.fixes] == [
        (FixKind.OPEN_EXISTING, "other"),
        (FixKind.OTHER_SOURCE, ""),
    ]


def test_a_rule_that_is_edited_does_not_overlap_itself() -> None:
    there = _lambda_rule("s3:ObjectCreated:*", identity="mine")
    assert _ids(replace(_spec(Prefix="in/"), identity="mine"), there) == []
    assert _ids(replace(_spec(Prefix="in/"), identity="another"), there) == ["S3-OVERLAP"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"Prefix": "in/*"}, ["S3-FILTER"]),
        ({"Prefix": "in/{date}/*{"}, ["S3-FILTER"]),  # braces are text
        ({"Suffix": "*.jpg"}, ["S3-FILTER"]),
        ({"Prefix": "ü" * 200}, ["S3-FILTER"]),  # each letter takes six signs once encoded
        ({"Prefix": "a" * 1025}, ["PARAM-RANGE", "S3-FILTER"]),
        ({"Prefix": "a" * 1024}, []),
        ({"Events": ()}, ["S3-EVENTS"]),
        ({"Events": ("s3:SomethingNew:*",)}, []),
        ({"Events": ("s3:LifecycleTransition", "<b>")}, ["PARAM-RANGE"]),
        ({"SourceAccount": "12345"}, ["PARAM-RANGE"]),
        ({"SourceAccount": "222222222222"}, []),
    ],
)
def test_what_s3_would_refuse_of_a_filter(values: dict[str, Any], expected: list[str]) -> None:
    assert _ids(_spec(**values)) == expected


@pytest.mark.parametrize(("writes", "expected"), [(True, ["S3-LOOP"]), (False, []), (None, [])])
def test_a_role_that_may_write_what_runs_it_is_a_loop(writes: bool | None, expected: list[str]) -> None:
    assert _ids(_spec(), writes=writes) == expected


def _simulated(aws: StubbedAws, key: str, decision: str) -> None:
    aws.answer(
        "iam",
        "simulate_principal_policy",
        {"EvaluationResults": [{"EvalActionName": "s3:PutObject", "EvalDecision": decision}]},
        {"PolicySourceArn": ROLE_ARN, "ActionNames": ["s3:PutObject"], "ResourceArns": [f"{BUCKET}/{key}"]},
    )


def _policy_of_role(aws: StubbedAws, resource: str) -> None:
    statements = [
        {"Effect": "Allow", "Action": ["s3:Put*", "s3:GetObject"], "Resource": resource},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/read/*"},
        {"Effect": "Deny", "Action": "*", "Resource": f"{BUCKET}/denied/*"},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    aws.answer("iam", "list_attached_role_policies", {"AttachedPolicies": []})
    aws.answer("iam", "list_role_policies", {"PolicyNames": ["write"]})
    names = {"RoleName": "worker", "PolicyName": "write"}
    aws.answer("iam", "get_role_policy", {**names, "PolicyDocument": document}, names)


@pytest.mark.parametrize(
    ("values", "policy", "keys", "writes"),
    [
        ({"Prefix": "in/", "Suffix": ".jpg"}, "", ["+in/key.jpg"], True),
        ({"Prefix": "in/"}, f"{BUCKET}/out/*", ["-in/key"], False),
        ({"Prefix": "in/"}, f"{BUCKET}/in/done/*", ["-in/key", "+in/done/key"], True),
        ({"Suffix": ".jpg"}, f"{BUCKET}/out/*", ["-key.jpg", "+out/key.jpg"], True),
        ({}, f"{BUCKET}/out/*", ["-key", "-out/key"], False),
        ({}, "arn:aws:s3:::ph*/out/*", ["-key", "+out/key"], True),
        ({}, "arn:aws:s3:::videos/out/*", ["-key"], False),
    ],
)
def test_the_simulator_is_asked_about_keys_that_the_rule_matches(
    aws: StubbedAws, values: dict[str, Any], policy: str, keys: list[str], writes: bool
) -> None:
    aws.answer("s3", GET, {}, {"Bucket": "photos", "ExpectedBucketOwner": "123456789012"})
    for number, key in enumerate(keys):
        _simulated(aws, key[1:], "allowed" if key[0] == "+" else "implicitDeny")
        if not number and policy:
            _policy_of_role(aws, policy)
    assert S3.observe(aws.connection, _spec(**values), CTX).role_may_write is writes
    assert not any(call.is_write for call in aws.calls)


def test_a_simulator_that_may_not_be_asked_is_no_loop(aws: StubbedAws) -> None:
    aws.answer("s3", GET, {})
    aws.refuse("iam", "simulate_principal_policy", "AccessDenied", "not authorized", 403)
    assert S3.observe(aws.connection, _spec(), CTX).role_may_write is None


def test_deletions_need_no_question_about_writing(aws: StubbedAws) -> None:
    aws.answer("s3", GET, {})
    S3.observe(aws.connection, _spec(Events=("s3:ObjectRemoved:*",)), CTX)


def test_a_bucket_elsewhere_is_blocked_by_the_region_that_aws_answers(aws: StubbedAws) -> None:
    wanted = _spec()
    aws.answer("s3", "head_bucket", {"BucketRegion": "eu-central-1"})
    place = S3.location(aws.connection, wanted, CTX)
    assert place == Location("aws", "eu-central-1", "123456789012")
    (finding,) = check_locations(SourceKind("s3"), place, Location.of(wanted.function.function_arn), BUCKET)
    assert (finding.check_id, finding.severity) == ("GEN-REGION", Severity.BLOCK)
    assert "eu-central-1" in finding.what
    assert "us-east-1" in finding.what
    assert not any(call.is_write for call in aws.calls)


def test_a_bucket_that_may_not_be_looked_at_still_has_a_place(aws: StubbedAws) -> None:
    aws.refuse("s3", "head_bucket", "403", "Forbidden", 403, headers={"x-amz-bucket-region": "us-east-1"})
    assert S3.location(aws.connection, _spec(), CTX).region == "us-east-1"


def test_a_bucket_of_another_partition_is_not_asked_for(aws: StubbedAws) -> None:
    wanted = spec(SourceKind("s3"), "arn:aws-cn:s3:::photos")
    place = S3.location(aws.connection, wanted, CTX)
    (finding,) = check_locations(SourceKind("s3"), place, Location.of(wanted.function.function_arn))
    assert finding.check_id == "GEN-PARTITION"
    assert aws.calls == []


@pytest.mark.parametrize("arn", ["photos", "arn:aws:s3:::photos/key", "arn:aws:sqs:us-east-1:1:q", ""])
def test_what_is_no_bucket_is_said(aws: StubbedAws, arn: str) -> None:
    with pytest.raises(WorkbenchError, match="cannot be a trigger"):
        S3.location(aws.connection, spec(SourceKind("s3"), arn), CTX)


def test_buckets_of_the_region_are_candidates(aws: StubbedAws) -> None:
    aws.answer(
        "s3",
        "list_buckets",
        {"Buckets": [{"Name": "a", "BucketRegion": "eu-central-1"}], "ContinuationToken": "more"},
        {"BucketRegion": "eu-central-1", "MaxBuckets": 1000},
    )
    aws.answer("s3", "list_buckets", {"Buckets": [{"Name": "b", "BucketRegion": "us-east-1"}, {"Name": "c"}]})
    found = list(S3.candidates(aws.connection, CTX))
    assert [(each.name, each.source_arn) for each in found] == [
        ("a", "arn:aws:s3:::a"),
        ("c", "arn:aws:s3:::c"),
    ]


def test_the_plan_is_one_change_of_the_bucket_and_a_grant_with_its_owner() -> None:
    wanted = _spec("live", Prefix="new files/")
    bucket = ObservedBucket("us-east-1", {})
    (step,) = S3.plan(wanted, bucket)
    assert step.api_call == "s3:PutBucketNotificationConfiguration"
    rule = step.args["add"]
    assert rule["LambdaFunctionArn"] == ARN + ":live"
    assert rule["Filter"]["Key"]["FilterRules"] == [{"Name": "prefix", "Value": "new+files/"}]
    (wish,) = S3.grants(wanted, bucket)
    assert (wish.principal, wish.source_arn, wish.source_account) == (PRINCIPAL, BUCKET, ACCOUNT)


def test_the_same_wish_has_the_same_id_and_another_wish_another() -> None:
    def identity(prefix: str) -> str:
        (step,) = S3.plan(_spec(Prefix=prefix), ObservedBucket("us-east-1", {}))
        return str(step.args["add"]["Id"])

    assert identity("in/") == identity("in/") != identity("out/")


def test_a_grant_for_the_function_does_not_cover_its_alias() -> None:
    wanted = _spec("prod")
    wishes = S3.grants(wanted, ObservedBucket("us-east-1", {}))
    (finding,) = check_grants(wanted, wishes, _granted(grant(PRINCIPAL, BUCKET, ACCOUNT)))
    assert finding.check_id == "PERM-MISSING"
    (step,) = finding.fixes[0].steps
    assert step.args["qualifier"] == "prod"
    assert check_grants(wanted, wishes, _granted(grant(PRINCIPAL, BUCKET, ACCOUNT, "prod"))) == ()


def _found(aws: StubbedAws, function: ObservedFunction, hint: str = BUCKET) -> tuple[Trigger, ...]:
    return S3.find(aws.connection, function, (hint,), CTX)


def test_a_rule_with_its_grant_is_linked(aws: StubbedAws) -> None:
    mine = grant(PRINCIPAL, BUCKET, ACCOUNT)
    rule = entry_of("one", ARN, ("s3:ObjectCreated:*",), "new+files/", "")
    theirs = entry_of("two", ARN + "-too", ("s3:ObjectRemoved:*",), "", "")
    aws.answer("s3", GET, {"LambdaFunctionConfigurations": [rule, theirs]})
    (trigger,) = _found(aws, _granted(mine))
    assert (trigger.link, trigger.grants, trigger.identity) == (Link.LINKED, (mine,), "one")
    assert trigger.values["Prefix"] == "new files/"
    assert trigger.values["SourceAccount"] == ACCOUNT


def test_a_grant_for_the_function_does_not_link_its_alias(aws: StubbedAws) -> None:
    rule = entry_of("one", ARN + ":live", ("s3:ObjectCreated:*",), "", "")
    aws.answer("s3", GET, {"LambdaFunctionConfigurations": [rule]})
    (trigger,) = _found(aws, _granted(grant(PRINCIPAL, BUCKET)))
    assert (trigger.link, trigger.qualifier) == (Link.MISSING_PERMISSION, "live")


def test_a_bucket_that_is_gone_calls_nobody(aws: StubbedAws) -> None:
    aws.refuse("s3", GET, "NoSuchBucket", "The specified bucket does not exist", 404)
    assert _found(aws, _granted(grant(PRINCIPAL, BUCKET))) == ()


def test_a_statement_without_a_rule_has_nothing_to_remove_at_the_bucket() -> None:
    assert S3.remove(Trigger(SourceKind("s3"), BUCKET, "photos", link=Link.STALE_PERMISSION)) == ()


@pytest.mark.parametrize("hint", [BUCKET, "arn:aws:s3:::photos-*"])
def test_what_cannot_be_looked_at_is_unknown_not_none(aws: StubbedAws, hint: str) -> None:
    if hint == BUCKET:
        aws.refuse("s3", GET, "AccessDenied", "Access Denied", 403)
    (trigger,) = _found(aws, _granted(grant(PRINCIPAL, hint)), hint)
    assert trigger.link is Link.UNKNOWN
    assert trigger.problem is not None


def _trigger(**values: object) -> Trigger:
    base = {
        "Events": ("s3:ObjectCreated:*",),
        "Prefix": "in/",
        "Suffix": ".jpg",
        "LambdaFunctionArn": ARN,
        "BucketRegion": "us-east-1",
        "SourceAccount": ACCOUNT,
    }
    return Trigger(SourceKind("s3"), BUCKET, "photos", identity="one", values=base | values)


def test_an_edit_keeps_the_id_and_the_spelling_of_what_does_not_change() -> None:
    rule = entry_of("one", ARN, ("s3:ObjectCreated:*",), "a%20b/", ".jpg")
    bucket = ObservedBucket("us-east-1", {"LambdaFunctionConfigurations": [rule]})
    wanted = _spec(Prefix="a b/", Suffix=".p g", Events=("s3:ObjectCreated:Put",))
    (step,) = S3.update(_trigger(), wanted, bucket)
    assert step.args["remove"] == rule
    assert step.args["add"] == entry_of("one", ARN, ("s3:ObjectCreated:Put",), "a%20b/", ".p+g")


def test_a_test_event_is_an_object_that_the_rule_matches() -> None:
    event = S3.test_event(_trigger(), "m123")
    assert event is not None
    (step,) = event.steps
    assert step.args["key"] == "in/m123.jpg"
    assert "m123" in event.what


@pytest.mark.parametrize(
    ("event", "has_test"),
    [
        ("s3:ObjectRemoved:*", True),
        ("s3:ObjectCreated:Put", True),
        ("s3:ObjectCreated:Copy", True),
        ("s3:ObjectAcl:Put", False),
        ("s3:ObjectRestore:Post", False),
        ("s3:LifecycleExpiration:*", False),
    ],
)
def test_what_cannot_be_caused_at_will_has_no_test_event(event: str, has_test: bool) -> None:
    assert (S3.test_event(_trigger(Events=(event,)), "m") is not None) is has_test


def test_the_explanation_has_the_functions_own_numbers() -> None:
    function = seen(async_retries=1, async_age_s=3600, failure_arns=("arn:aws:sqs:r:1:dead",))
    words = S3.explain(_trigger(), function)
    assert words.model == "Push, asynchronous"
    assert "1 retry" in words.lambda_retries
    assert words.flow == ("photos", "Lambda's queue", "f", "dead")
    assert PRINCIPAL in words.authorises


def test_s3_has_no_pause_and_says_so() -> None:
    assert S3.pause(_trigger()) == ()
    assert "cannot pause" in S3.explain(_trigger(), seen()).no_pause
