"""Refuses what the execution role of a function does not allow the function to do.

Services that are not listed here are not judged. Where a request names no resource that is known here, the
action alone is judged.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/ (actions and resources), and
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html (texts)
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from workbench.aws.actions import actions_of
from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.call import Call, Refused
from workbench.sandbox.launcher.door.grants import role_verdict
from workbench.sandbox.launcher.door.policies import Verdict
from workbench.sandbox.launcher.door.rules.lambda_names import target_of
from workbench.sandbox.launcher.refusals import Protocol

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
_TRANSACTIONS = ("TransactGetItems", "TransactWriteItems")
_STATEMENTS = ("BatchExecuteStatement", "ExecuteStatement", "ExecuteTransaction")
_INDEXED = ("Query", "Scan")
_IN_GROUP = ("log-group:{}:log-stream:", "log-group:{}", "log-group:{}:*")


class Needed(NamedTuple):
    """What a request needs to be allowed.

    Attributes:
        action: As policies name it.
        resources: The ARNs by which policies may name the resource; empty when it is not known.
    """

    action: str
    resources: tuple[str, ...] = ()


_NAMES: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "cloudwatch": (),
    "dynamodb": (("TableName", ("table/{}",)),),
    "dynamodbstreams": (("StreamArn", ()),),
    "events": (),
    "iam": (),
    "kinesis": (("StreamARN", ()), ("StreamName", ("stream/{}",))),
    "kms": (("KeyId", ("key/{}",)),),
    "lambda": (),
    "logs": (("logGroupName", _IN_GROUP), ("logGroupIdentifier", _IN_GROUP)),
    "s3": (),
    "scheduler": (),
    "secretsmanager": (("SecretId", ("secret:{}",)),),
    "sns": (("TopicArn", ()), ("TargetArn", ())),
    "sqs": (("QueueName", ("{}",)),),
    "ssm": (("Name", ("parameter/{}",)), ("Path", ("parameter/{}", "parameter/{}/*"))),
    "stepfunctions": (("stateMachineArn", ()), ("executionArn", ())),
    "sts": (("RoleArn", ()),),
}
"""The services that are judged: the parameters that name a resource, and how an ARN ends with such a name."""


def authorize(call: Call, protocol: Protocol) -> None:
    """Checks that a role allows its function what the function asks for.

    Raises:
        Refused: It does not, in the words of the service.
    """
    role = call.role
    if role is None or call.service not in _NAMES:
        return
    keys = {
        "aws:requestedregion": call.region,
        "lambda:sourcefunctionarn": role.function_arn,
    }
    for needed in _SPECIAL.get(call.service, _needed)(call):
        verdict = role_verdict(role.role_arn, needed.action, needed.resources, keys)
        if verdict is not Verdict.ALLOWED:
            raise _refusal(call, protocol, needed, is_denial=verdict is Verdict.DENIED)


def _refusal(call: Call, protocol: Protocol, needed: Needed, *, is_denial: bool) -> Refused:
    action, resource = needed.action, needed.resources[0] if needed.resources else ""
    code, status = "AccessDenied", 403
    # Services that had the query protocol before kept its code.
    if call.service not in ("cloudwatch", "sqs") and protocol in (
        Protocol.JSON,
        Protocol.REST_JSON,
        Protocol.CBOR_1_1,
    ):
        code, status = "AccessDeniedException", 403 if protocol is Protocol.REST_JSON else 400
    if call.service == "sqs":
        action = action.lower()
    elif call.service == "sns":
        action, code = action.replace("sns:", "SNS:"), "AuthorizationError"
    elif call.service == "s3" and resource:
        resource = f'"{resource}"'
    elif call.service == "secretsmanager":
        resource = str(call.parameters.get("SecretId") or "")
    where = f" on resource: {resource}" if resource else ""
    why = f"because no identity-based policy allows the {action} action"
    if is_denial:
        why = "with an explicit deny in an identity-based policy"
    text = f"User: {call.caller_arn} is not authorized to perform: {action}{where} {why}"
    return Refused(code, text, status)


def _needed(call: Call) -> Iterator[Needed]:
    resources = _named(call)
    for action in _actions(call):
        yield Needed(action, resources)


def _actions(call: Call) -> tuple[str, ...]:
    return actions_of(f"{call.service}:{call.operation}")


def _named(call: Call) -> tuple[str, ...]:
    """The ARNs of what the request names; empty when it names nothing that is known here."""
    for parameter, endings in _NAMES[call.service]:
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
    """What is copied: a mapping, or its text "bucket/key?versionId=id", encoded."""
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
    elif call.operation not in _STATEMENTS:
        yield from _needed(call)


def _table(call: Call, name: object) -> tuple[str, ...]:
    return _arns(call, str(name or ""), ("table/{}",))


def _of_events(call: Call) -> Iterator[Needed]:
    if call.operation != "PutEvents":
        yield from _needed(call)
    for each in call.parameters.get("Entries") or () if call.operation == "PutEvents" else ():
        bus = str(each.get("EventBusName") or "default")
        yield Needed("events:PutEvents", _arns(call, bus, ("event-bus/{}",)))


def _of_kms(call: Call) -> Iterator[Needed]:
    """A key that is named by an alias is not known here."""
    is_alias = "alias/" in str(call.parameters.get("KeyId") or "")
    yield from (Needed(action, () if is_alias else _named(call)) for action in _actions(call))


def _of_lambda(call: Call) -> Iterator[Needed]:
    resources: tuple[str, ...] = ()
    if call.parameters.get("FunctionName"):
        target = target_of(call)
        is_invocation = call.operation.startswith("Invoke")
        resources = (target.qualified,) if is_invocation else (target.arn, target.qualified)
    yield from (Needed(action, resources) for action in _actions(call))


def _of_secrets(call: Call) -> Iterator[Needed]:
    """Secrets have six random characters at the end of their ARNs."""
    given = str(call.parameters.get("SecretId") or "")
    arn = stores.secret_arn(given) if given else ""
    yield from (Needed(action, (arn,) if arn else _named(call)) for action in _actions(call))


def _of_queue(call: Call) -> Iterator[Needed]:
    found = stores.queue_at(str(call.parameters.get("QueueUrl") or ""))
    arn = str(found["attributes"].get("QueueArn") or "") if found else ""
    yield from (Needed(action, (arn,) if arn else _named(call)) for action in _actions(call))


def _of_parameters(call: Call) -> Iterator[Needed]:
    names = call.parameters.get("Names") or [call.parameters.get("Name") or call.parameters.get("Path") or ""]
    for name in names:
        resources = _arns(call, str(name).strip("/"), ("parameter/{}", "parameter/{}/*")) if name else ()
        yield from (Needed(action, resources) for action in _actions(call))


_SPECIAL: Mapping[str, Callable[[Call], Iterator[Needed]]] = {
    "dynamodb": _of_dynamodb,
    "events": _of_events,
    "kms": _of_kms,
    "lambda": _of_lambda,
    "s3": _of_s3,
    "secretsmanager": _of_secrets,
    "sqs": _of_queue,
    "ssm": _of_parameters,
}
