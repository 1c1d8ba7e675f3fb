"""A plan for a bucket, with AWS's exact refusals: what it takes back, and how often it adds its statement."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.aws_stub import ANY, StubbedAws
from tests.triggers.pushing import Hurried
from tests.triggers.values import ARN, detail, seen
from workbench.core.errors import WorkbenchError
from workbench.triggers.execute import TriggerJournal, execute
from workbench.triggers.grants import check_grants
from workbench.triggers.kinds.s3 import ObservedBucket, S3Source
from workbench.triggers.model import SourceKind, TriggerPlan, TriggerSpec

HERE = ARN.replace("us-east-1", "eu-central-1")  # where the connection of these tests is
BUCKET = "arn:aws:s3:::photos"
GET, PUT = "get_bucket_notification_configuration", "put_bucket_notification_configuration"
THEIRS = {
    "Sid": "theirs",
    "Effect": "Allow",
    "Principal": {"Service": "s3.amazonaws.com"},
    "Action": "lambda:InvokeFunction",
    "Resource": HERE,
}
S3 = S3Source()


@pytest.fixture
def plan() -> TriggerPlan:
    wanted = TriggerSpec(SourceKind("s3"), BUCKET, detail(FunctionArn=HERE))
    bucket = ObservedBucket("eu-central-1", {})
    (missing,) = check_grants(wanted, S3.grants(wanted, bucket), seen())
    return TriggerPlan("Wire", HERE, SourceKind("s3"), (*missing.fixes[0].steps, *S3.plan(wanted, bucket)))


def _sid(plan: TriggerPlan) -> str:
    return str(plan.steps[0].args["statement_id"])


def _policy(aws: StubbedAws, *statements: dict[str, Any]) -> None:
    aws.answer(
        "lambda", "get_policy", {"Policy": json.dumps({"Statement": list(statements)}), "RevisionId": "1"}
    )


def _granted(aws: StubbedAws) -> None:
    _policy(aws, THEIRS)
    aws.answer("lambda", "add_permission", {"Statement": "{}"}, dict.fromkeys(_ADDED, ANY))


_ADDED = (
    "FunctionName",
    "StatementId",
    "Action",
    "Principal",
    "SourceArn",
    "SourceAccount",
    "RevisionId",
)


def test_a_put_that_fails_takes_back_our_statement_and_no_other(
    aws: StubbedAws, plan: TriggerPlan, tmp_path: Path
) -> None:
    _granted(aws)
    aws.answer("s3", GET, {})
    aws.answer("s3", GET, {})
    aws.refuse("s3", PUT, "AccessDenied", "Access Denied", 403)
    aws.answer("s3", GET, {})  # is there something to take back?
    _policy(aws, THEIRS, {**THEIRS, "Sid": _sid(plan)})
    removed = {"FunctionName": HERE, "StatementId": _sid(plan), "RevisionId": "1"}
    aws.answer("lambda", "remove_permission", {}, removed)
    with pytest.raises(WorkbenchError, match="All changes were rolled back") as caught:
        execute(aws.connection, plan, TriggerJournal(tmp_path), Hurried())
    assert caught.value.aws_code == "AccessDenied"


def test_two_refusals_to_validate_then_success_make_one_statement(
    aws: StubbedAws, plan: TriggerPlan, tmp_path: Path
) -> None:
    _granted(aws)
    for _ in range(2):
        aws.answer("s3", GET, {})
        aws.answer("s3", GET, {})
        words = "Unable to validate the following destination configurations"
        aws.refuse("s3", PUT, "InvalidArgument", words)
    aws.answer("s3", GET, {})
    aws.answer("s3", GET, {})
    aws.answer("s3", PUT, {})
    aws.answer("s3", GET, {"LambdaFunctionConfigurations": [plan.steps[1].args["add"]]})
    ctx = Hurried()
    execute(aws.connection, plan, TriggerJournal(tmp_path), ctx)
    assert ctx.slept == [1.0, 2.0]
    assert [call.operation for call in aws.calls].count("AddPermission") == 1
