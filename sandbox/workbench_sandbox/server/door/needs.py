"""The permissions that a request needs: actions, and the resources that it names, as ARNs.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

from workbench_sandbox.rules.iam import actions_of
from workbench_sandbox.server.door import stores
from workbench_sandbox.server.door.policies import listed
from workbench_sandbox.server.door.rules import Call
from workbench_sandbox.server.door.rules.lambda_functions import target_of

_Arns = tuple[str, ...]
"""The ARNs by which policies may name one resource."""
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
_IN_GROUP = ("log-group:{}:log-stream:", "log-group:{}", "log-group:{}:*")
_NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "account": {},
    "apigateway": {},
    "apigatewayv2": {},
    "cloudwatch": {
        "AlarmName": ("alarm:{}",),
        "AlarmNames": ("alarm:{}",),
        "DashboardName": ("arn:aws:cloudwatch::{account}:dashboard/{}",),
        "DashboardNames": ("arn:aws:cloudwatch::{account}:dashboard/{}",),
        "ResourceARN": (),
    },
    "dynamodb": {"BackupArn": (), "ResourceArn": ()},
    "dynamodbstreams": {"StreamArn": ()},
    "ec2": {},
    "events": {"ArchiveName": ("archive/{}",), "ReplayName": ("replay/{}",), "ResourceARN": ()},
    "iam": {},
    "kinesis": {"StreamARN": (), "StreamName": ("stream/{}",), "ConsumerARN": (), "ResourceARN": ()},
    "kms": {"AliasName": ("{}",)},
    "lambda": {},
    "logs": {"destinationName": ("destination:{}",), "resourceArn": ()},
    "resourcegroupstaggingapi": {},
    "s3": {},
    "scheduler": {"ResourceArn": ()},
    "schemas": {},
    "secretsmanager": {},
    "sns": {
        "EndpointArn": (),
        "Name": ("{}",),
        "PlatformApplicationArn": (),
        "ResourceArn": (),
        "TargetArn": (),
        "TopicArn": (),
    },
    "sqs": {"DestinationArn": (), "QueueName": ("{}",), "SourceArn": ()},
    "ssm": {},
    "stepfunctions": {"executionArn": (), "stateMachineArn": ()},
    "sts": {"RoleArn": ()},
}
"""The services that are checked: the parameters that name a resource each, or several, and how its ARN ends,
or reads, with such a name."""
OFFERED = frozenset(_NAMES)
"""Services that functions may use: those whose requests are judged here."""
_TABLES = ("TableName", "TableArn", "SourceTableName", "SourceTableArn", "TargetTableName", "GlobalTableName")
_GROUPS = ("logGroupName", "logGroupNames", "logGroupIdentifier", "logGroupIdentifiers")
_KEYS = ("KeyId", "TargetKeyId")
_OF_IAM = {
    "InstanceProfileName": "instance-profile/{}",
    "GroupName": "group/{}",
    "RoleName": "role/{}",
    "UserName": "user/{}",
    "PolicyName": "policy/{}",
}
"""The first that a request has names what it changes; the others say with what."""
_OF_EVENTS = {
    "ApiDestination": "api-destination/{}",
    "Connection": "connection/{}",
    "Endpoint": "endpoint/{}",
    "EventBus": "event-bus/{}",
    "Permission": "event-bus/{}",
    "Rule": "rule/{}",
}
"""What "Name" is, by the end of the operation."""
_OF_LAMBDA = ("Arn", "CodeSigningConfigArn", "Resource", "ResourceArn")
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
        resources: The ARNs by which policies may name the resource; empty if the request names none that is
            known here.
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


def _needed(call: Call) -> Iterator[Needed]:
    resources = _RESOURCES.get(call.service, _named)(call)
    for action in _actions(call):
        yield from (Needed(action, each) for each in resources or ((),))


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


def _given(call: Call, *parameters: str) -> Iterator[str]:
    """The values of parameters that are names, or lists of them."""
    for parameter in parameters:
        yield from (str(each) for each in listed(call.parameters.get(parameter)) if each)


def _named(call: Call) -> list[_Arns]:
    """What the parameters in `_NAMES` name."""
    names = _NAMES[call.service]
    return [_arns(call, value, names[each]) for each in names for value in _given(call, each)]


def _arns(call: Call, value: str, endings: tuple[str, ...]) -> _Arns:
    if value.startswith("arn:"):
        return (value,)
    service = actions_of(f"{call.service}:")[0].rstrip(":")
    prefix = f"arn:aws:{service}:{call.region}:{call.account_id}:"
    whole = (each if each.startswith("arn:") else prefix + each for each in endings)
    return tuple(each.format(value, account=call.account_id) for each in whole)


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
        named = [_table(call, each) for each in _given(call, *_TABLES)] + _named(call)
        for action in _actions(call):
            yield from (Needed(action, each) for each in named or ((),))


def _table_of(statement: str) -> str:
    """The table, or "table/index/name", of a PartiQL statement; "*", which few policies allow, if unknown."""
    found = _PARTIQL_TABLE.search(statement)
    table, index = (found["table"], found["index"]) if found else ("*", "")
    return f"{table}/index/{index}" if index else table


def _table(call: Call, name: object) -> _Arns:
    """A table, whose ARN is also found in one that goes on with an index or a stream."""
    (arn,) = _arns(call, str(name or ""), ("table/{}",))
    return ("/".join(arn.split("/")[:2]) if str(name).startswith("arn:") else arn,)


def _stream(call: Call) -> list[_Arns]:
    """A stream of a table, which an iterator names too."""
    arn = stores.iterated_stream(call.text("ShardIterator"))
    return [(arn,)] if arn else _named(call)


def _shards(call: Call) -> list[_Arns]:
    arn = stores.iterated_kinesis_stream(call.text("ShardIterator"))
    return [(arn,)] if arn else _named(call)


def _of_events(call: Call) -> Iterator[Needed]:
    if call.operation != "PutEvents":
        yield from _needed(call)
        return
    for each in call.parameters.get("Entries") or ():
        bus = str(each.get("EventBusName") or "default")
        yield Needed("events:PutEvents", _arns(call, bus, ("event-bus/{}",)))


def _rules(call: Call) -> list[_Arns]:
    """Rules, buses and what else EventBridge has; a rule's ARN names its bus if it is not the default one."""
    kind = next((each for end, each in _OF_EVENTS.items() if call.operation.endswith(end)), "")
    name, bus = call.text("Name"), call.text("EventBusName").rpartition("/")[2] or "default"
    rule = call.text("Rule") or (name if kind.startswith("rule/") else "")
    if rule:
        return [_arns(call, rule if bus == "default" else f"{bus}/{rule}", ("rule/{}",))]
    if call.operation.endswith("Permission"):
        return [_arns(call, bus, (kind,))]
    # Those of connections and destinations end with an identifier.
    return [_arns(call, name, (kind, f"{kind}/0"))] if name and kind else _named(call)


def _schedules(call: Call) -> list[_Arns]:
    name, group = call.text("Name"), call.text("GroupName") or "default"
    if not name:
        return _named(call)
    is_group = call.operation.endswith("Group")
    return [
        _arns(
            call,
            name if is_group else f"{group}/{name}",
            ("schedule-group/{}" if is_group else "schedule/{}",),
        )
    ]


def _keys(call: Call) -> list[_Arns]:
    """Keys, which aliases and encrypted texts name too."""
    found = [
        (arn,) if (arn := stores.key_arn(each)) else _arns(call, each, ("key/{}",))
        for each in _given(call, *_KEYS)
    ]
    encrypted = call.parameters.get("CiphertextBlob")
    arn = stores.key_arn_of(encrypted) if isinstance(encrypted, bytes) else ""
    return [*found, *([(arn,)] if arn else []), *_named(call)]


def _log_groups(call: Call) -> list[_Arns]:
    found = []
    for value in _given(call, *_GROUPS):
        prefix, _, name = value.rpartition(":log-group:")
        endings = (f"{prefix}:{each}" for each in _IN_GROUP) if prefix else _IN_GROUP
        found.append(_arns(call, name.partition(":")[0], tuple(endings)))
    return found + _named(call)


def _of_lambda(call: Call) -> Iterator[Needed]:
    resources: tuple[str, ...] = ()
    # A mapping has an ARN of its own. FunctionName is the function that it is to invoke from now on.
    if call.parameters.get("FunctionName") and not call.parameters.get("UUID"):
        target = target_of(call)
        is_invocation = call.operation.startswith("Invoke")
        resources = (target.qualified,) if is_invocation else (target.arn, target.qualified)
    else:
        names = {"LayerName": "layer:{}", "UUID": "event-source-mapping:{}"} | dict.fromkeys(_OF_LAMBDA, "{}")
        given = ((str(call.parameters.get(name) or ""), ending) for name, ending in names.items())
        resources = next((_arns(call, value, (ending,)) for value, ending in given if value), ())
    yield from (Needed(action, resources) for action in _actions(call))
    package = call.parameters.get("Code", call.parameters)
    if isinstance(package, Mapping) and package.get("S3Bucket"):
        name = f"arn:aws:s3:::{package['S3Bucket']}/{package.get('S3Key', '')}"
        yield Needed(_version("s3:GetObject", {"VersionId": package.get("S3ObjectVersion")}), (name,), True)


def _apis(call: Call) -> list[_Arns]:
    """APIs; the ARNs of API Gateway contain no account."""
    kind, name = ("restapis", "restApiId") if call.service == "apigateway" else ("apis", "ApiId")
    api_id = call.parameters.get(name)
    return [(f"arn:aws:apigateway:{call.region}::/{kind}" + (f"/{api_id}" if api_id else ""),)]


def _of_iam(call: Call) -> list[_Arns]:
    """Roles, users and the like; their ARNs contain no region, and the path of what exists."""
    for parameter, ending in _OF_IAM.items():
        if name := call.text(parameter):
            own = f"arn:aws:iam::{call.account_id}:{ending.format(name)}"
            return [tuple({own: None, stores.iam_arn(parameter, name) or own: None})]
    arn = call.text("PolicyArn") or call.text("PolicySourceArn")
    return [(arn,)] if arn else []


def _schemas(call: Call) -> list[_Arns]:
    registry, schema = call.text("RegistryName"), call.text("SchemaName")
    ending = f"schema/{registry}/{schema}" if schema else f"registry/{registry}"
    return [_arns(call, ending, ("{}",))] if registry else []


def _of_secrets(call: Call) -> Iterator[Needed]:
    """Several secrets at once need the permission to read each; those that filters find are not known."""
    if call.operation != "BatchGetSecretValue":
        yield from _needed(call)
        return
    yield Needed("secretsmanager:BatchGetSecretValue")
    yield from (Needed("secretsmanager:GetSecretValue", each) for each in _secrets(call) or ((),))


def _secrets(call: Call) -> list[_Arns]:
    """Secrets, whose ARNs end with six random characters."""
    given = [*_given(call, "SecretId", "SecretIdList", "Name")]
    known = ((stores.secret_arn(each), each) for each in given)
    return [(arn,) if arn else _arns(call, name, ("secret:{}", "secret:{}-??????")) for arn, name in known]


def _topics(call: Call) -> list[_Arns]:
    """Topics, which the ARNs of their subscriptions begin with."""
    found = _named(call)
    return found + [(each.rpartition(":")[0],) for each in _given(call, "SubscriptionArn")]


def _queues(call: Call) -> list[_Arns]:
    found = stores.queue_at(call.text("QueueUrl"))
    arn = str(found["attributes"].get("QueueArn") or "") if found else ""
    return [(arn,)] if arn else _named(call)


def _of_parameters(call: Call) -> Iterator[Needed]:
    names = call.parameters.get("Names") or [call.text("Name") or call.text("Path")]
    for name in names:
        resources = _arns(call, str(name).strip("/"), ("parameter/{}", "parameter/{}/*")) if name else ()
        yield from (Needed(action, resources) for action in _actions(call))


_RESOURCES: Mapping[str, Callable[[Call], list[_Arns]]] = {
    "apigateway": _apis,
    "apigatewayv2": _apis,
    "dynamodbstreams": _stream,
    "events": _rules,
    "iam": _of_iam,
    "kinesis": _shards,
    "kms": _keys,
    "logs": _log_groups,
    "scheduler": _schedules,
    "schemas": _schemas,
    "secretsmanager": _secrets,
    "sns": _topics,
    "sqs": _queues,
}
"""Services whose requests name resources in their own way."""
_NEEDS: Mapping[str, Callable[[Call], Iterator[Needed]]] = {
    "dynamodb": _of_dynamodb,
    "events": _of_events,
    "lambda": _of_lambda,
    "s3": _of_s3,
    "secretsmanager": _of_secrets,
    "ssm": _of_parameters,
}
"""Operations that involve several resources, or need different actions on them."""
