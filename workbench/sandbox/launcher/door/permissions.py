"""What the program may do in an account, where its control has limited that: for tests of denied calls.

Owns: the caller's policies, by account, and AWS's answer to a call that none of them allows. Nothing is
limited until the control says so. Conditions of statements are not read: a statement that has some allows.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from typing import Any

from workbench.aws.actions import actions_of
from workbench.sandbox.launcher.door.call import Call, Refused

_S3_READ = (
    "Your access has been denied by S3, please make sure your request credentials have permission to "
    "GetObject for {bucket}/{key}. S3 Error Code: AccessDenied. S3 Error Message: {reason}"
)
_ANY = "*"
# An error code is that of the service's protocol, and the status is 403, if a service is not named here.
_QUERY_CODES = {
    "ec2": "UnauthorizedOperation",
    "sns": "AuthorizationError",
    **dict.fromkeys(
        ("autoscaling", "cloudformation", "cloudwatch", "elasticache", "iam", "rds", "s3", "sqs", "sts"),
        "AccessDenied",
    ),
}
_STATUS_400 = frozenset(
    [
        "cloudtrail",
        "cognito-idp",
        "dynamodb",
        "dynamodbstreams",
        "events",
        "kinesis",
        "kms",
        "logs",
        "resourcegroupstaggingapi",
        "ssm",
    ]
)
"""Services of the JSON protocol, whose refusals have this status."""
_LAMBDA = "arn:aws:lambda:{region}:{account}:"
_IAM = "arn:aws:iam::{account}:"
_RESOURCES: dict[str, tuple[tuple[str, str], ...]] = {
    "apigateway": (("restApiId", "arn:aws:apigateway:{region}::/restapis/{}"),),
    "apigatewayv2": (("ApiId", "arn:aws:apigateway:{region}::/apis/{}"),),
    "dynamodb": (("TableName", "arn:aws:dynamodb:{region}:{account}:table/{}"),),
    "iam": (("RoleName", f"{_IAM}role/{{}}"), ("PolicyArn", "{}"), ("PolicySourceArn", "{}")),
    "kinesis": (("StreamName", "arn:aws:kinesis:{region}:{account}:stream/{}"), ("StreamARN", "{}")),
    "lambda": (
        ("FunctionName", f"{_LAMBDA}function:{{}}"),
        ("LayerName", f"{_LAMBDA}layer:{{}}"),
        ("UUID", f"{_LAMBDA}event-source-mapping:{{}}"),
        ("Resource", "{}"),
    ),
    "logs": (("logGroupName", "arn:aws:logs:{region}:{account}:log-group:{}:log-stream:"),),
    "schemas": (
        ("SchemaName", "arn:aws:schemas:{region}:{account}:schema/{RegistryName}/{}"),
        ("RegistryName", "arn:aws:schemas:{region}:{account}:registry/{}"),
    ),
    "sns": (("TopicArn", "{}"),),
    "sqs": (("QueueName", "arn:aws:sqs:{region}:{account}:{}"),),
}
"""Which parameter names the resource, and its ARN. A call without any of them is about all resources."""
_COLLECTIONS = {
    "apigateway": "arn:aws:apigateway:{region}::/restapis",
    "apigatewayv2": "arn:aws:apigateway:{region}::/apis",
}
_PASSED_ROLES: dict[tuple[str, str], tuple[str, ...]] = {
    ("events", "PutRule"): ("RoleArn",),
    ("events", "PutTargets"): ("Targets", "RoleArn"),
    ("lambda", "CreateFunction"): ("Role",),
    ("lambda", "UpdateFunctionConfiguration"): ("Role",),
    ("logs", "PutSubscriptionFilter"): ("roleArn",),
    ("scheduler", "CreateSchedule"): ("Target", "RoleArn"),
    ("scheduler", "UpdateSchedule"): ("Target", "RoleArn"),
}
"""Where a role is named that the caller hands to a service.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"""
_TAGGED: dict[tuple[str, str], tuple[str, str, str]] = {
    ("apigateway", "CreateRestApi"): (
        "tags",
        "apigateway:PUT",
        "arn:aws:apigateway:{region}::/tags/arn%3Aaws%3Aapigateway%3A{region}%3A%3A%2Frestapis%2F*",
    ),
    ("apigatewayv2", "CreateApi"): ("Tags", "apigateway:TagResource", "arn:aws:apigateway:{region}::/apis"),
    ("events", "PutRule"): ("Tags", "events:TagResource", "arn:aws:events:{region}:{account}:rule/{Name}"),
    ("iam", "CreateRole"): ("Tags", "iam:TagRole", f"{_IAM}role/{{RoleName}}"),
    ("lambda", "CreateFunction"): ("Tags", "lambda:TagResource", f"{_LAMBDA}function:{{FunctionName}}"),
    ("s3", "PutObject"): ("Tagging", "s3:PutObjectTagging", "arn:aws:s3:::{Bucket}/{Key}"),
}
"""Operations that need another action when they give tags: the parameter, the action and its resource.
Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html ("you must have both the
events:PutRule and events:TagResource permissions"), and the other services' pages."""


@dataclass(frozen=True, slots=True)
class _Needed:
    """An action on a resource, and whether Lambda asks S3 for it."""

    action: str
    resource: str
    is_of_package: bool = False


@dataclass(frozen=True, slots=True)
class _Statement:
    actions: re.Pattern[str]
    resources: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Limits:
    """Attributes: policies' statements (None: everything is allowed), and actions that are denied anyway."""

    statements: tuple[_Statement, ...] | None
    denied: frozenset[str]

    def allow(self, needed: _Needed) -> bool:
        """Whether an action is allowed on a resource."""
        action = needed.action.lower()
        if action in self.denied:
            return False
        return self.statements is None or any(
            each.actions.match(action) and (needed.resource == _ANY or each.resources.match(needed.resource))
            for each in self.statements
        )


class Permissions:
    """The limits of each account."""

    def __init__(self) -> None:
        self._limits: dict[str, _Limits] = {}

    @property
    def are_limited(self) -> bool:
        """Whether there is any limit."""
        return bool(self._limits)

    def set_from(self, wanted: Mapping[str, Any]) -> None:
        """Sets the limits of an account.

        Args:
            wanted: "account_id"; "policies", policy documents of which one must allow an action, or None for
                no such limit; "denied", actions that are not allowed anyway.

        Raises:
            KeyError, TypeError, ValueError: It is none of that.
        """
        account_id, policies = str(wanted["account_id"]), wanted.get("policies")
        denied = frozenset(str(each).lower() for each in wanted.get("denied", ()))
        statements = None if policies is None else tuple(_statements(policies))
        self._limits.pop(account_id, None)
        if statements is not None or denied:
            self._limits[account_id] = _Limits(statements, denied)

    def check(self, call: Call) -> None:
        """Raises `Refused` for a call that is not allowed in its account."""
        limits = self._limits.get(call.account_id)
        if limits is None:
            return
        for needed in _needed(call):
            if not limits.allow(needed):
                raise _refused(call, needed)


def _statements(policies: Sequence[Mapping[str, Any]]) -> Iterator[_Statement]:
    for policy in policies:
        for each in policy["Statement"]:
            if each["Effect"] != "Allow":
                raise ValueError("Only statements that allow are understood.")
            actions = [str(action).lower() for action in each["Action"]]
            yield _Statement(_pattern(actions), _pattern(each["Resource"]))


def _pattern(wildcards: Sequence[str]) -> re.Pattern[str]:
    """IAM's wildcards are those of shells, without character sets."""
    return re.compile("|".join(translate(each.replace("[", "[[]")) for each in wildcards))


def _needed(call: Call) -> Iterator[_Needed]:
    resource = _resource(call)
    for action in actions_of(f"{call.service}:{call.operation}"):
        yield _Needed(action, _source(call) if action == "s3:GetObject" and _source(call) else resource)
    key = (call.service, call.operation)
    for role in _found(call.parameters, _PASSED_ROLES.get(key, ())):
        yield _Needed("iam:PassRole", str(role))
    if key in _TAGGED:
        member, action, template = _TAGGED[key]
        if call.parameters.get(member):
            yield _Needed(action, _filled(template, call))
    if call.service == "lambda":
        package = call.parameters.get("Code", call.parameters)
        if isinstance(package, Mapping) and package.get("S3Bucket"):
            name = f"arn:aws:s3:::{package['S3Bucket']}/{package.get('S3Key', '')}"
            action = "s3:GetObjectVersion" if package.get("S3ObjectVersion") else "s3:GetObject"
            yield _Needed(action, name, is_of_package=True)


def _found(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """What stands at a path through structures and lists; nothing for no path."""
    if isinstance(value, list):
        for each in value:
            yield from _found(each, path)
    elif path and isinstance(value, Mapping) and value.get(path[0]):
        if len(path) > 1:
            yield from _found(value[path[0]], path[1:])
        else:
            yield value[path[0]]


def _resource(call: Call) -> str:
    if call.service == "s3":
        bucket, key = call.parameters.get("Bucket"), call.parameters.get("Key")
        return f"arn:aws:s3:::{bucket}" + (f"/{key}" if key else "") if bucket else _ANY
    for member, template in _RESOURCES.get(call.service, ()):
        value = call.parameters.get(member)
        if value:
            return str(value) if str(value).startswith("arn:") else _filled(template, call, str(value))
    return _filled(_COLLECTIONS.get(call.service, _ANY), call)


def _source(call: Call) -> str:
    """The object that an operation of S3 copies."""
    source = call.parameters.get("CopySource", "")
    return f"arn:aws:s3:::{str(source).partition('?')[0].lstrip('/')}" if source else ""


def _filled(template: str, call: Call, value: str = "") -> str:
    names = {name: each for name, each in call.parameters.items() if isinstance(each, str)}
    return template.format(value, **(names | {"region": call.region, "account": call.account_id}))


def _refused(call: Call, needed: _Needed) -> Refused:
    """AWS's answer.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    service, _, name = needed.action.partition(":")
    spelled = {"sns": f"SNS:{name}", "sqs": needed.action.lower()}
    action = spelled.get(service, needed.action)
    where = f'"{needed.resource}"' if needed.action.startswith("s3:") else needed.resource
    resource = "" if needed.resource == _ANY and call.service in ("ec2", "s3") else f" on resource: {where}"
    text = (
        f"User: arn:aws:iam::{call.account_id}:user/workbench is not authorized to perform: "
        f"{action}{resource} because no identity-based policy allows the {action} action"
    )
    if needed.is_of_package:
        bucket, _, key = needed.resource.removeprefix("arn:aws:s3:::").partition("/")
        text = _S3_READ.format(bucket=bucket, key=key, reason=text)
    elif call.service == "ec2":
        text = f"You are not authorized to perform this operation. {text}"
    code = _QUERY_CODES.get(call.service, "AccessDeniedException")
    return Refused(code, text, 400 if call.service in _STATUS_400 else 403)
