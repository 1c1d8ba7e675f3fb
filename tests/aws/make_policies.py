"""Makes resources/policies/*.json of what Workbench calls: `python -m tests.aws.make_policies`.

An action goes into each statement that names it. A statement that names nothing a call needs ends in an error
here, and an action that no statement names in one of test_policies.py: the table below is changed then.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from tests.aws.record_refusals import called
from workbench.aws.connection import is_write
from workbench.aws.iam import LEVELS, MAX_CHARACTERS, counted, policies_dir
from workbench_sandbox.rules.iam import actions_of

IMPLICIT: dict[str, tuple[str, ...]] = {
    # Lambda reads a staged package as the caller.
    # Source: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCode.html
    "deploy": (
        "s3:GetObject",
        "s3:GetObjectVersion",
        # Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
        "ec2:DescribeVpcs",
        # Source: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
        "ecr:GetRepositoryPolicy",
        "ecr:SetRepositoryPolicy",
        # Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
        "kms:CreateGrant",
        # Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
        "iam:PassRole",
    ),
    "view": (
        # Environment variables that a customer's key encrypts are decrypted as the caller.
        "kms:Decrypt",
        # Without it GetFunction leaves out the tags.
        # Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
        "lambda:ListTags",
    ),
    "everything": (
        # A signed request to a function URL, or to an API.
        # Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
        "lambda:InvokeFunctionUrl",
        # Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
        "execute-api:Invoke",
        # Rules and APIs that Workbench creates bear a tag that says so.
        # Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
        "events:TagResource",
        # Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-iam-policy.html
        # For REST APIs it is PUT on their tags.
        "apigateway:TagResource",
        # A test event's object in a bucket with versions is deleted with its version.
        # Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
        "s3:DeleteObjectVersion",
    ),
}
"""Actions that AWS checks though Workbench makes no call of that name, by level."""

NOT_VIEWED = frozenset(
    [
        # To see whether a source that Workbench created is still empty, before its creation is undone.
        "dynamodb:Scan",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        # To see which version of an object in S3 a function is to refer to.
        "s3:GetObject",
        # To go on with an upload, and to empty a bucket.
        "s3:ListMultipartUploadParts",
        "s3:ListBucketMultipartUploads",
        "s3:ListBucketVersions",
    ]
)
"""Actions of reading operations that only a change needs."""

_STAGING = ("arn:aws:s3:::workbench-deploy-*",)
_TEST_EVENTS = "lambda-testevent-schemas"
_APIS = tuple(f"arn:aws:apigateway:*::/{path}" for path in ("apis", "apis/*", "restapis", "restapis/*"))
_API_TAGS = ("arn:aws:apigateway:*::/tags/*",)
_TRIGGER_WRITES = (
    "lambda:AddPermission",
    "lambda:CreateEventSourceMapping",
    "lambda:CreateFunctionUrlConfig",
    "lambda:DeleteEventSourceMapping",
    "lambda:DeleteFunctionUrlConfig",
    "lambda:InvokeFunctionUrl",
    "lambda:RemovePermission",
    "lambda:UpdateEventSourceMapping",
    "lambda:UpdateFunctionUrlConfig",
)
_KEY_OF_LAMBDA = {"StringLike": {"kms:ViaService": "lambda.*.amazonaws.com"}}


@dataclass(frozen=True)
class _Row:
    """A statement: its Sid, patterns of actions (one after "!" is left out), resources and condition."""

    sid: str
    patterns: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    condition: dict[str, dict[str, Any]] | None = None

    def names(self, action: str) -> bool:
        return any(fnmatchcase(action, each) for each in self.patterns if each[0] != "!") and not any(
            fnmatchcase(action, each[1:]) for each in self.patterns if each[0] == "!"
        )


ROWS: dict[str, tuple[_Row, ...]] = {
    "view": (
        _Row("ViewFunctions", ("lambda:*",)),
        _Row("ViewRoles", ("iam:*",)),
        _Row("ViewLogsAndMetrics", ("logs:*", "cloudwatch:*", "cloudtrail:*")),
        _Row("ViewApis", ("apigateway:*",), _APIS),
        _Row(
            "ViewSources",
            tuple(
                f"{service}:*"
                for service in (
                    "cognito-idp",
                    "dynamodb",
                    "events",
                    "iot",
                    "kafka",
                    "kinesis",
                    "mq",
                    "rds",
                    "s3",
                    "scheduler",
                    "sns",
                    "sqs",
                )
            ),
        ),
        _Row(
            "ViewAccount",
            (
                *("account:*", "ec2:*", "elasticfilesystem:*", "kms:List*", "schemas:*"),
                *("secretsmanager:Describe*", "sts:GetFederationToken", "tag:*"),
            ),
        ),
        _Row("ViewEncryptedVariables", ("kms:Decrypt",), condition=_KEY_OF_LAMBDA),
    ),
    "deploy": (
        _Row(
            "DeployFunctions",
            ("lambda:*", "!lambda:InvokeFunction", *(f"!{each}" for each in _TRIGGER_WRITES)),
        ),
        _Row("InvokeFunctions", ("lambda:InvokeFunction",)),
        _Row(
            "MakeRoles",
            ("iam:*Role", "iam:*RolePolicy", "!iam:PassRole", "!iam:AttachRolePolicy"),
            ("arn:aws:iam::*:role/*-role-*",),
        ),
        _Row(
            "PassRoles",
            ("iam:PassRole",),
            ("arn:aws:iam::*:role/*",),
            {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
        ),
        _Row(
            "StagePackages",
            (
                "s3:*",
                "!s3:*Notification",
                "!s3:*Tagging",
                "!s3:ListBucketVersions",
                "!s3:DeleteObjectVersion",
            ),
            (*_STAGING, *(f"{each}/*" for each in _STAGING)),
        ),
        _Row("ChangeLogGroups", ("logs:*LogGroup", "logs:*RetentionPolicy", "logs:*Resource")),
        _Row(
            "ShareTestEvents",
            ("schemas:*",),
            (
                f"arn:aws:schemas:*:*:registry/{_TEST_EVENTS}",
                f"arn:aws:schemas:*:*:schema/{_TEST_EVENTS}/*",
            ),
        ),
        _Row("UseNetworks", ("ec2:*",)),
        _Row("UseImages", ("ecr:*",)),
        _Row("UseKeys", ("kms:*",), condition=_KEY_OF_LAMBDA),
    ),
    "everything": (
        _Row("ChangeTriggers", _TRIGGER_WRITES),
        _Row("ChangeRoles", ("iam:*Role", "iam:*RolePolicy", "!iam:PassRole")),
        _Row(
            "PassRolesToSources",
            ("iam:PassRole",),
            ("arn:aws:iam::*:role/*",),
            {"StringEquals": {"iam:PassedToService": ["events.amazonaws.com", "scheduler.amazonaws.com"]}},
        ),
        _Row("ChangeApis", ("apigateway:*",), (*_APIS, *_API_TAGS)),
        _Row("CallApis", ("execute-api:Invoke",)),
        _Row("ChangeRulesAndSchedules", ("events:*", "scheduler:*")),
        _Row("ChangeQueuesAndTopics", ("sns:*", "sqs:*")),
        _Row("ChangeTablesAndStreams", ("dynamodb:*", "kinesis:*")),
        _Row("ChangeBuckets", ("s3:*", "!s3:PutEncryption*", "!s3:PutLifecycle*", "!s3:*Multipart*")),
        _Row("ChangeIotAndCognito", ("iot:*", "cognito-idp:*")),
        _Row(
            "ChangeLogsAndAlarms",
            ("cloudwatch:*", "logs:*LogStream", "logs:PutLogEvents", "logs:*SubscriptionFilter"),
        ),
    ),
}


@cache
def operations() -> frozenset[tuple[str, str]]:
    """The operations that Workbench calls in an account of AWS: not those of the Sandbox's samples."""
    return frozenset(called(frozenset({"sandbox"})))


def needed() -> dict[str, set[str]]:
    """The actions that must be allowed by "view", and those that only a change needs ("deploy")."""
    view, change = set(IMPLICIT["view"]), {*IMPLICIT["deploy"], *IMPLICIT["everything"]}
    for service, name in operations():
        for action in actions_of(f"{service}:{name}"):
            (change if is_write(name) or action in NOT_VIEWED else view).add(action)
    return {"view": view, "change": change}


def policies() -> dict[str, str]:
    """The text of each policy by the name of its file."""
    actions = needed()
    statements: list[dict[str, Any]] = []
    made: dict[str, str] = {}
    for level in LEVELS:
        statements += _statements(level, actions["view" if level == "view" else "change"])
        parts = _split(statements)
        for number, part in enumerate(parts, 1):
            made[f"{level}-{number}.json" if len(parts) > 1 else f"{level}.json"] = _text(part)
    return made


def _statements(level: str, actions: set[str]) -> list[dict[str, Any]]:
    found = []
    for row in ROWS[level]:
        mine = sorted(filter(row.names, actions))
        if not mine:
            raise ValueError(f"The statement {row.sid} names no action that a call needs.")
        statement = {"Sid": row.sid, "Effect": "Allow", "Action": mine, "Resource": list(row.resources)}
        found.append(statement | ({"Condition": row.condition} if row.condition else {}))
    return found


def _split(statements: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """As few policies as IAM's limit allows; the statements keep their order."""
    parts: list[list[dict[str, Any]]] = [[]]
    for statement in statements:
        if counted(_text([*parts[-1], statement])) > MAX_CHARACTERS:
            parts.append([])
        parts[-1].append(statement)
    return parts


def _text(statements: Sequence[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2) + "\n"


if __name__ == "__main__":
    policies_dir().mkdir(exist_ok=True)
    for old in policies_dir().glob("*.json"):
        old.unlink()
    for name, text in policies().items():
        (policies_dir() / name).write_text(text, "utf-8")
