"""Which actions a request needs on which resources, and AWS's answer if the caller lacks one of them.

A function is checked against its execution role. The services listed here are all that functions may use:
others are refused, whatever the role allows. The program is checked only if its permissions are limited
(`Permissions`, for tests of denied calls). If a request names no resource that is known here, only the action
is checked.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/ (actions and resources), and
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html (texts)
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote

from workbench.aws.iam import actions_of
from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.policies import Asked, Verdict, judge, role_verdict, statements_of
from workbench.sandbox.launcher.door.rules import Call, Refused
from workbench.sandbox.launcher.door.rules.lambda_functions import target_of
from workbench.sandbox.launcher.request_context import Protocol
from workbench.sandbox.launcher.signature import Identity

_VERSIONED = {
    action: action.replace("Object", "ObjectVersion")
    for action in ("s3:DeleteObject", "s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectTagging")
}
_ITEM_ACTIONS = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}
_FOR_USERS = {("sts", "GetFederationToken"), ("sts", "GetSessionToken")}
"""Operations that no session of a role may call."""
_TRANSACTIONS = ("TransactGetItems", "TransactWriteItems")
_STATEMENTS = {
    "BatchExecuteStatement": ("Statements", "Statement"),
    "ExecuteStatement": ("Statement",),
    "ExecuteTransaction": ("TransactStatements", "Statement"),
}
"""Operations of PartiQL: the path of their statements. Their actions are named after the statement's verb."""
_PARTIQL_TABLE = re.compile(
    r"""\b(?:FROM|INTO|UPDATE)\s+"?(?P<table>[\w.:/-]+)"?(?:\."?(?P<index>[\w.-]+)"?)?""", re.IGNORECASE
)
_VERBS = ("Delete", "Insert", "Update")
_INDEXED = ("Query", "Scan")
_S3_READ = (
    "Your access has been denied by S3, please make sure your request credentials have permission to "
    "GetObject for {bucket}/{key}. S3 Error Code: AccessDenied. S3 Error Message: {reason}"
)
_IN_GROUP = ("log-group:{}:log-stream:", "log-group:{}", "log-group:{}:*")
_NAMES: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "account": (),
    "apigateway": (),
    "apigatewayv2": (),
    "cloudwatch": (),
    "dynamodb": (("TableName", ("table/{}",)),),
    "dynamodbstreams": (("StreamArn", ()),),
    "ec2": (),
    "events": (),
    "iam": (),
    "kinesis": (("StreamARN", ()), ("StreamName", ("stream/{}",))),
    "kms": (("KeyId", ("key/{}",)),),
    "lambda": (),
    "logs": (("logGroupName", _IN_GROUP), ("logGroupIdentifier", _IN_GROUP)),
    "resourcegroupstaggingapi": (),
    "s3": (),
    "scheduler": (),
    "schemas": (),
    "secretsmanager": (("SecretId", ("secret:{}",)),),
    "sns": (("TopicArn", ()), ("TargetArn", ())),
    "sqs": (("QueueName", ("{}",)),),
    "ssm": (("Name", ("parameter/{}",)), ("Path", ("parameter/{}", "parameter/{}/*"))),
    "stepfunctions": (("stateMachineArn", ()), ("executionArn", ())),
    "sts": (("RoleArn", ()),),
}
"""The services that are checked: the parameters that name a resource, and how an ARN ends with such a
name."""
_PASSED_ROLES: dict[tuple[str, str], tuple[str, ...]] = {
    ("apigateway", "CreateAuthorizer"): ("authorizerCredentials",),
    ("apigateway", "PutIntegration"): ("credentials",),
    ("apigateway", "UpdateAuthorizer"): ("patchOperations", "value"),
    ("apigateway", "UpdateIntegration"): ("patchOperations", "value"),
    ("apigatewayv2", "CreateAuthorizer"): ("AuthorizerCredentialsArn",),
    ("apigatewayv2", "CreateIntegration"): ("CredentialsArn",),
    ("apigatewayv2", "UpdateAuthorizer"): ("AuthorizerCredentialsArn",),
    ("apigatewayv2", "UpdateIntegration"): ("CredentialsArn",),
    ("events", "CreateEndpoint"): ("RoleArn",),
    ("events", "PutRule"): ("RoleArn",),
    ("events", "PutTargets"): ("Targets", "RoleArn"),
    ("lambda", "CreateFunction"): ("Role",),
    ("lambda", "UpdateFunctionConfiguration"): ("Role",),
    ("logs", "PutSubscriptionFilter"): ("roleArn",),
    ("s3", "PutBucketReplication"): ("ReplicationConfiguration", "Role"),
    ("scheduler", "CreateSchedule"): ("Target", "RoleArn"),
    ("scheduler", "UpdateSchedule"): ("Target", "RoleArn"),
}
"""Parameters that name a role which the caller passes to a service; a value that is no role's ARN is none.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"""
_TAGGED: dict[tuple[str, str], tuple[str, str, str]] = {
    ("apigateway", "CreateRestApi"): (
        "tags",
        "apigateway:PUT",
        "arn:aws:apigateway:{region}::/tags/arn%3Aaws%3Aapigateway%3A{region}%3A%3A%2Frestapis%2F*",
    ),
    ("apigatewayv2", "CreateApi"): ("Tags", "apigateway:TagResource", "arn:aws:apigateway:{region}::/apis"),
    ("events", "PutRule"): ("Tags", "events:TagResource", "arn:aws:events:{region}:{account}:rule/{Name}"),
    ("iam", "CreateRole"): ("Tags", "iam:TagRole", "arn:aws:iam::{account}:role/{RoleName}"),
    ("lambda", "CreateFunction"): (
        "Tags",
        "lambda:TagResource",
        "arn:aws:lambda:{region}:{account}:function:{FunctionName}",
    ),
    ("s3", "PutObject"): ("Tagging", "s3:PutObjectTagging", "arn:aws:s3:::{Bucket}/{Key}"),
}
"""Operations that need another action if they set tags: the parameter, the action and its resource.
Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html ("you must have both the
events:PutRule and events:TagResource permissions"), and the other services' pages."""


class Needed(NamedTuple):
    """A permission that a request needs.

    Attributes:
        action: In the form of policies.
        resources: The ARNs by which policies may name the resource; empty if unknown.
        is_of_package: Whether Lambda needs it from S3, to read a function's package.
        passed_to: The service that a role is passed to ("lambda.amazonaws.com"); empty for other actions.
    """

    action: str
    resources: tuple[str, ...] = ()
    is_of_package: bool = False
    passed_to: str = ""

    @property
    def keys(self) -> dict[str, str]:
        """The condition keys of this action."""
        return {"iam:passedtoservice": self.passed_to} if self.passed_to else {}


def authorize(call: Call, protocol: Protocol) -> None:
    """Checks that a role allows its function's request.

    Raises:
        Refused: The role does not allow it, in the service's words; or functions may not use the service.
    """
    role = call.role
    if role is None:
        return
    if call.service not in _NAMES:
        raise not_offered(call.service, protocol)
    if (call.service, call.operation) in _FOR_USERS:
        # Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
        raise Refused("AccessDenied", f"Cannot call {call.operation} with session credentials", 403)
    for needed in needs_of(call):
        verdict = _verdict(role, needed, call.region)
        if verdict is not Verdict.ALLOWED:
            raise refusal(call, protocol, needed, is_denial=verdict is Verdict.DENIED)


def not_offered(service: str, protocol: Protocol) -> Refused:
    """Returns the refusal of a function's request to a service whose permissions are not checked here."""
    code, status = _denial(service, protocol)
    text = f"The Sandbox does not offer {service} to functions: it does not check their permissions for it."
    return Refused(code, text, status)


def authorize_endpoint(role: Identity, action: str, resource: str, region: str) -> None:
    """Checks that a role allows its function's request to a function's URL or to an API's stage.

    Raises:
        Refused: The role does not allow it.
    """
    if _verdict(role, Needed(action, (resource,)), region) is not Verdict.ALLOWED:
        text = f"User: {role.arn} is not authorized to perform: {action} on resource: {resource}"
        raise Refused("AccessDeniedException", text, 403)


def _verdict(role: Identity, needed: Needed, region: str) -> Verdict:
    """What the policies of a role say; a role that was deleted allows nothing."""
    if stores.role(role.role_arn) is None:
        return Verdict.SILENT
    keys = {"aws:requestedregion": region, "lambda:sourcefunctionarn": role.function_arn} | needed.keys
    verdict = role_verdict(role.role_arn, needed.action, needed.resources, keys)
    if not role.policies or verdict is not Verdict.ALLOWED:
        return verdict
    return judge(role.policies, Asked(needed.action, needed.resources, keys))


def needs_of(call: Call) -> Iterator[Needed]:
    """Returns the permissions of a request: its own actions, those for tags, and iam:PassRole."""
    yield from _NEEDS.get(call.service, _needed)(call)
    key = (call.service, call.operation)
    for role in map(str, _found(call.parameters, _PASSED_ROLES.get(key, ()))):
        if ":role/" in role:
            service = "apigateway" if call.service == "apigatewayv2" else call.service
            yield Needed("iam:PassRole", (role,), passed_to=f"{service}.amazonaws.com")
    member, action, template = _TAGGED.get(key, ("", "", ""))
    if call.parameters.get(member):
        names = {name: each for name, each in call.parameters.items() if isinstance(each, str)}
        place = {"region": call.region, "account": call.account_id}
        yield Needed(action, (template.format(**(names | place)),))


def refusal(call: Call, protocol: Protocol, needed: Needed, *, is_denial: bool = False) -> Refused:
    """Returns AWS's answer if a permission is missing."""
    action, resource = needed.action, needed.resources[0] if needed.resources else ""
    if not resource and call.role is None and call.service not in ("ec2", "s3"):
        resource = "*"
    code, status = _denial(call.service, protocol)
    if call.service == "sqs":
        action = action.lower()
    elif call.service == "sns":
        action, code = action.replace("sns:", "SNS:"), "AuthorizationError"
    elif needed.action.startswith("s3:") and resource:
        resource = f'"{resource}"'
    elif call.service == "secretsmanager":
        resource = call.text("SecretId")
    where = f" on resource: {resource}" if resource else ""
    why = f"because no identity-based policy allows the {action} action"
    if is_denial:
        why = "with an explicit deny in an identity-based policy"
    user = call.caller_arn or f"arn:aws:iam::{call.account_id}:user/workbench"
    text = f"User: {user} is not authorized to perform: {action}{where} {why}"
    if needed.is_of_package:
        bucket, _, key = needed.resources[0].removeprefix("arn:aws:s3:::").partition("/")
        text = _S3_READ.format(bucket=bucket, key=key, reason=text)
    elif call.service == "ec2":
        code, text = "UnauthorizedOperation", f"You are not authorized to perform this operation. {text}"
    return Refused(code, text, status)


def _denial(service: str, protocol: Protocol) -> tuple[str, int]:
    """The code and the status of a refusal."""
    # Services that had the query protocol before kept its code.
    if service not in ("cloudwatch", "sqs") and protocol in (
        Protocol.JSON,
        Protocol.REST_JSON,
        Protocol.CBOR_1_1,
    ):
        return "AccessDeniedException", 403 if protocol is Protocol.REST_JSON else 400
    return "AccessDenied", 403


def _needed(call: Call) -> Iterator[Needed]:
    resources = _RESOURCES.get(call.service, _named)(call)
    return (Needed(action, resources) for action in _actions(call))


def _actions(call: Call) -> tuple[str, ...]:
    return actions_of(f"{call.service}:{call.operation}")


def _found(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """The values at a path through structures and lists; none if there is no path."""
    if isinstance(value, list):
        for each in value:
            yield from _found(each, path)
    elif path and isinstance(value, Mapping) and value.get(path[0]):
        if len(path) > 1:
            yield from _found(value[path[0]], path[1:])
        else:
            yield value[path[0]]


def _named(call: Call) -> tuple[str, ...]:
    """The ARNs of the named resources; empty if none is known here."""
    for parameter, endings in _NAMES.get(call.service, ()):
        if value := str(call.parameters.get(parameter) or ""):
            return _arns(call, value, endings)
    return ()


def _arns(call: Call, value: str, endings: tuple[str, ...]) -> tuple[str, ...]:
    if value.startswith("arn:"):
        return (value,)
    service = actions_of(f"{call.service}:")[0].rstrip(":")
    prefix = f"arn:aws:{service}:{call.region}:{call.account_id}:"
    return tuple(prefix + ending.format(value) for ending in endings)


def _of_s3(call: Call) -> Iterator[Needed]:
    given = call.parameters
    bucket, key = str(given.get("Bucket") or ""), str(given.get("Key") or "")
    arn = f"arn:aws:s3:::{bucket or '*'}"
    if call.operation == "DeleteObjects":
        for each in (given.get("Delete") or {}).get("Objects") or ():
            yield Needed(_version("s3:DeleteObject", each), (f"{arn}/{each.get('Key')}",))
        return
    for action in _actions(call):
        if given.get("CopySource") and action == "s3:GetObject":
            source = _source(given["CopySource"])
            yield Needed(_version(action, source), (f"arn:aws:s3:::{source['Bucket']}/{source['Key']}",))
        else:
            yield Needed(_version(action, given), (f"{arn}/{key}" if key else arn,))


def _version(action: str, given: Mapping[str, Any]) -> str:
    return _VERSIONED.get(action, action) if given.get("VersionId") else action


def _source(source: Any) -> Mapping[str, Any]:
    """The source of a copy: a mapping, or its encoded text "bucket/key?versionId=id"."""
    if isinstance(source, Mapping):
        return source
    path, _, version_id = str(source).partition("?versionId=")
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    return {"Bucket": bucket, "Key": key, "VersionId": version_id}


def _of_dynamodb(call: Call) -> Iterator[Needed]:
    given = call.parameters
    if call.operation in _TRANSACTIONS:
        for each in given.get("TransactItems") or ():
            for kind, item in each.items():
                yield Needed(f"dynamodb:{_ITEM_ACTIONS[kind]}", _table(call, item.get("TableName")))
    elif isinstance(given.get("RequestItems"), Mapping):
        for name in given["RequestItems"]:
            yield from (Needed(action, _table(call, name)) for action in _actions(call))
    elif call.operation in _INDEXED and given.get("IndexName"):
        tables = _table(call, given.get("TableName"))
        yield Needed(_actions(call)[0], tuple(f"{arn}/index/{given['IndexName']}" for arn in tables))
    elif call.operation in _STATEMENTS:
        for statement in _found(given, _STATEMENTS[call.operation]):
            verb = str(statement).lstrip().partition(" ")[0].capitalize()
            tables = _table(call, _table_of(str(statement)))
            yield Needed(f"dynamodb:PartiQL{verb if verb in _VERBS else 'Select'}", tables)
    else:
        yield from _needed(call)


def _table_of(statement: str) -> str:
    """The table, or "table/index/name", of a PartiQL statement; "*", which few policies allow, if unknown."""
    found = _PARTIQL_TABLE.search(statement)
    table, index = (found["table"], found["index"]) if found else ("*", "")
    return f"{table}/index/{index}" if index else table


def _table(call: Call, name: object) -> tuple[str, ...]:
    return _arns(call, str(name or ""), ("table/{}",))


def _of_events(call: Call) -> Iterator[Needed]:
    if call.operation != "PutEvents":
        yield from _needed(call)
    for each in call.parameters.get("Entries") or () if call.operation == "PutEvents" else ():
        bus = str(each.get("EventBusName") or "default")
        yield Needed("events:PutEvents", _arns(call, bus, ("event-bus/{}",)))


def _keys(call: Call) -> tuple[str, ...]:
    """Keys, except those named by an alias, which are not known here."""
    return () if "alias/" in call.text("KeyId") else _named(call)


def _of_lambda(call: Call) -> Iterator[Needed]:
    resources: tuple[str, ...] = ()
    # A mapping has an ARN of its own. FunctionName is the function that it is to invoke from now on.
    if call.parameters.get("FunctionName") and not call.parameters.get("UUID"):
        target = target_of(call)
        is_invocation = call.operation.startswith("Invoke")
        resources = (target.qualified,) if is_invocation else (target.arn, target.qualified)
    else:
        names = ("LayerName", "layer:{}"), ("UUID", "event-source-mapping:{}"), ("Resource", "{}")
        given = ((str(call.parameters.get(name) or ""), ending) for name, ending in names)
        resources = next((_arns(call, value, (ending,)) for value, ending in given if value), ())
    yield from (Needed(action, resources) for action in _actions(call))
    package = call.parameters.get("Code", call.parameters)
    if isinstance(package, Mapping) and package.get("S3Bucket"):
        name = f"arn:aws:s3:::{package['S3Bucket']}/{package.get('S3Key', '')}"
        yield Needed(_version("s3:GetObject", {"VersionId": package.get("S3ObjectVersion")}), (name,), True)


def _apis(call: Call) -> tuple[str, ...]:
    """APIs; the ARNs of API Gateway contain no account."""
    kind, name = ("restapis", "restApiId") if call.service == "apigateway" else ("apis", "ApiId")
    api_id = call.parameters.get(name)
    return (f"arn:aws:apigateway:{call.region}::/{kind}" + (f"/{api_id}" if api_id else ""),)


def _roles(call: Call) -> tuple[str, ...]:
    """Roles; the ARNs of IAM contain no region."""
    role = call.text("RoleName")
    arn = f"arn:aws:iam::{call.account_id}:role/{role}" if role else ""
    arn = arn or call.text("PolicyArn") or call.text("PolicySourceArn")
    return (arn,) if arn else ()


def _schemas(call: Call) -> tuple[str, ...]:
    registry, schema = call.text("RegistryName"), call.text("SchemaName")
    ending = f"schema/{registry}/{schema}" if schema else f"registry/{registry}"
    return _arns(call, ending, ("{}",)) if registry else ()


def _secrets(call: Call) -> tuple[str, ...]:
    """Secrets, whose ARNs end with six random characters."""
    given = call.text("SecretId")
    arn = stores.secret_arn(given) if given else ""
    return (arn,) if arn else _named(call)


def _queues(call: Call) -> tuple[str, ...]:
    found = stores.queue_at(call.text("QueueUrl"))
    arn = str(found["attributes"].get("QueueArn") or "") if found else ""
    return (arn,) if arn else _named(call)


def _of_parameters(call: Call) -> Iterator[Needed]:
    names = call.parameters.get("Names") or [call.text("Name") or call.text("Path")]
    for name in names:
        resources = _arns(call, str(name).strip("/"), ("parameter/{}", "parameter/{}/*")) if name else ()
        yield from (Needed(action, resources) for action in _actions(call))


_RESOURCES: Mapping[str, Callable[[Call], tuple[str, ...]]] = {
    "apigateway": _apis,
    "apigatewayv2": _apis,
    "iam": _roles,
    "kms": _keys,
    "schemas": _schemas,
    "secretsmanager": _secrets,
    "sqs": _queues,
}
"""Services whose requests name resources in their own way."""
_NEEDS: Mapping[str, Callable[[Call], Iterator[Needed]]] = {
    "dynamodb": _of_dynamodb,
    "events": _of_events,
    "lambda": _of_lambda,
    "s3": _of_s3,
    "ssm": _of_parameters,
}
"""Operations that involve several resources, or need different actions on them."""


@dataclass(frozen=True, slots=True)
class _Limits:
    """The limits of an account.

    `policies`: one of them must allow an action (None: no such limit). `denied`: actions.
    """

    policies: tuple[Any, ...] | None
    denied: frozenset[str]

    def allow(self, asked: Asked) -> bool:
        """Whether the limits allow an action on a resource."""
        if asked.action.lower() in self.denied:
            return False
        return self.policies is None or judge(self.policies, asked) is Verdict.ALLOWED


class Permissions:
    """The limits of each account; none unless a control request sets them."""

    def __init__(self) -> None:
        self._limits: dict[str, _Limits] = {}

    @property
    def are_limited(self) -> bool:
        """Whether there are limits."""
        return bool(self._limits)

    def set_from(self, wanted: Mapping[str, Any]) -> None:
        """Sets the limits of an account.

        Args:
            wanted: "account_id"; "policies", policy documents of which one must allow an action, or None for
                no such limit; "denied", actions that are always denied.

        Raises:
            KeyError, TypeError, ValueError: `wanted` is malformed.
        """
        account_id, policies = str(wanted["account_id"]), wanted.get("policies")
        denied = frozenset(str(each).lower() for each in wanted.get("denied", ()))
        if policies is not None and not all(statements_of(each) for each in policies):
            raise ValueError("A policy without statements allows nothing.")
        self._limits.pop(account_id, None)
        if policies is not None or denied:
            self._limits[account_id] = _Limits(None if policies is None else tuple(policies), denied)

    def check(self, call: Call, protocol: Protocol) -> None:
        """Raises `Refused` for a call that its account's limits do not allow."""
        limits = self._limits.get(call.account_id)
        if limits is None:
            return
        for needed in needs_of(call):
            if not limits.allow(Asked(needed.action, needed.resources, needed.keys)):
                raise refusal(call, protocol, needed)
