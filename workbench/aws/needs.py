"""The permissions that a call needs: IAM actions of its operation, and resources by its arguments.

Arguments come from code, so a value is used only if it names one resource: without wildcards, policy
variables and characters that no name has. Source of the ARNs:
https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from workbench.aws.names import Arn
from workbench.aws.services import known_actions

Arguments = Mapping[str, tuple[str, ...]]
"""The known values of a call's arguments, by name."""

MAX_ARN = 2048
_VALUE = re.compile(r"[A-Za-z0-9_.:/@+=,#!~%&()' -]{1,1024}")
"""A name or an ARN that matches only itself in a policy."""
_S3_BUCKET_ACTIONS = re.compile(r"s3:(?:\w*Bucket\w*|\w+Configuration)")
_KEY_ID = re.compile(r"(?:mrk-)?[0-9a-f-]{32,36}")
_QUEUE_HOST = re.compile(r"(?:sqs\.)?([a-z]+(?:-[a-z0-9]+){2,5})(?:\.queue)?\.amazonaws\.\S*")
_WHOLE_SECRET = re.compile(r".+-[A-Za-z0-9]{6}")


@dataclass(frozen=True, slots=True)
class Scope:
    """Partition, region and account of the resources that a name without an ARN means."""

    partition: str
    region: str
    account_id: str


@dataclass(frozen=True, slots=True)
class Need:
    """A permission that something needs.

    Attributes:
        action: An IAM action ("dynamodb:PutItem").
        resource: The ARN, or "*" if it is not known.
        why: What needs it, for users ("app.py:12 calls PutItem").
        note: What to know of the resource, for users; empty for nothing.
    """

    action: str
    resource: str
    why: str
    note: str = ""


def is_one_resource(text: str) -> bool:
    """Whether a text is an ARN that names a single resource: no wildcard, no variable, a known form."""
    if len(text) > MAX_ARN or not _VALUE.fullmatch(text):
        return False
    try:
        arn = Arn.parse(text)
    except ValueError:
        return False
    return bool(
        re.fullmatch(r"aws(?:-[a-z]+)*", arn.partition)
        and re.fullmatch(r"[a-z0-9-]{1,64}", arn.service)
        and re.fullmatch(r"[a-z0-9-]{0,40}", arn.region)
        and re.fullmatch(r"(?:[0-9]{12})?", arn.account_id)
    )


def arn_service(action: str) -> str:
    """The service in the ARNs of what an action is allowed on."""
    prefix = action.partition(":")[0]
    return {"rds-data": "rds", "sts": "iam"}.get(prefix, prefix)


def needs_of(service: str, operation: str, arguments: Arguments, scope: Scope) -> list[tuple[str, str]]:
    """The (action, resource) pairs of a call; the resource is empty if it is not known.

    Args:
        service: botocore's name of a service that it has; likewise operation.
    """
    found = []
    plain = {name: tuple(filter(_VALUE.fullmatch, values)) for name, values in arguments.items()}
    for action in known_actions(service, operation):
        resources = _resources(service, action, plain, scope)
        found += [(action, each) for each in resources if is_one_resource(_without_ending(each))] or [
            (action, "")
        ]
    return found


def _without_ending(resource: str) -> str:
    """An ARN without the wildcards that this module puts at its end."""
    return resource.removesuffix("/*").removesuffix(":*").removesuffix("-??????")


def _resources(service: str, action: str, arguments: Arguments, scope: Scope) -> tuple[str, ...]:
    own = _RESOURCES.get(service)
    if own is not None and (found := tuple(own(action, arguments, scope))):
        return found
    named = arn_service(action)
    arns = (value for name, values in arguments.items() if name.lower().endswith("arn") for value in values)
    return tuple(arn for arn in arns if arn.split(":")[2:3] == [named])


def _first(arguments: Arguments, *names: str) -> str:
    return next((value for name in names for value in arguments.get(name, ())), "")


def _named(*pairs: tuple[str, str]) -> Callable[[str, Arguments, Scope], Iterator[str]]:
    """Resources by a name or an ARN in one of several arguments, with the form of each resource's part."""

    def resources(action: str, arguments: Arguments, scope: Scope) -> Iterator[str]:
        service = action.partition(":")[0]
        for name, form in pairs:
            for value in arguments.get(name, ()):
                yield value if value.startswith("arn:") else _arn(service, form.format(value), scope)

    return resources


def _arn(service: str, resource: str, scope: Scope) -> str:
    return str(Arn(scope.partition, service, scope.region, scope.account_id, resource))


def _of_s3(action: str, arguments: Arguments, scope: Scope) -> Iterator[str]:
    if action == "s3:ListAllMyBuckets":
        return
    if action.startswith("s3:GetObject") and (source := _copied_from(arguments)):
        bucket, key = source
    elif action.startswith("s3:GetObject") and "CopySource" in arguments:
        return
    else:
        bucket, key = _first(arguments, "Bucket"), _first(arguments, "Key")
    if not bucket or "/" in bucket or ":" in bucket:
        return
    arn = f"arn:{scope.partition}:s3:::{bucket}"
    yield arn if _S3_BUCKET_ACTIONS.fullmatch(action) else f"{arn}/{key or '*'}"


def _copied_from(arguments: Arguments) -> tuple[str, str] | None:
    """The bucket and key of CopySource, if it is a text."""
    bucket, separator, key = _first(arguments, "CopySource").lstrip("/").partition("/")
    return (bucket, key.partition("?")[0]) if separator else None


def _of_dynamodb(action: str, arguments: Arguments, scope: Scope) -> Iterator[str]:
    for table in _named(("TableName", "table/{}"))(action, arguments, scope):
        index = _first(arguments, "IndexName") if action in ("dynamodb:Query", "dynamodb:Scan") else ""
        yield f"{table}/index/{index}" if index else table


def _of_sqs(action: str, arguments: Arguments, scope: Scope) -> Iterator[str]:
    for url in arguments.get("QueueUrl", ()):
        # Both forms end with account and name. Source:
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
        parts = urlsplit(url)
        path = parts.path.strip("/").split("/")
        if parts.scheme in ("http", "https") and len(path) == 2 and re.fullmatch(r"[0-9]{12}", path[0]):
            host = _QUEUE_HOST.fullmatch(parts.hostname or "")
            region = host[1] if host else scope.region
            yield str(Arn(scope.partition, "sqs", region, path[0], path[1]))
    yield from _named(("QueueName", "{}"))(action, arguments, scope)


def _of_lambda(action: str, arguments: Arguments, scope: Scope) -> Iterator[str]:
    qualifier = _first(arguments, "Qualifier")
    for arn in _named(("FunctionName", "function:{}"))(action, arguments, scope):
        has_one = arn.count(":") > 6
        yield f"{arn}:{qualifier}" if qualifier and not has_one and action == "lambda:InvokeFunction" else arn


def _of_secrets(action: str, arguments: Arguments, scope: Scope) -> Iterator[str]:
    """A secret's ARN ends with six random characters, which its name does not tell."""
    for name in arguments.get("SecretId", ()):
        whole = name if name.startswith("arn:") else _arn(action.partition(":")[0], f"secret:{name}", scope)
        is_whole = name.startswith("arn:") and _WHOLE_SECRET.fullmatch(name)
        yield whole if is_whole else f"{whole}-??????"


def _of_parameters(action: str, arguments: Arguments, scope: Scope) -> Iterator[str]:
    for value in (*arguments.get("Name", ()), *arguments.get("Names", ())):
        yield value if value.startswith("arn:") else _arn("ssm", f"parameter/{value.lstrip('/')}", scope)
    for value in arguments.get("Path", ()):
        if path := value.strip("/"):
            yield _arn("ssm", f"parameter/{path}/*", scope)


def _of_keys(action: str, arguments: Arguments, scope: Scope) -> Iterator[str]:
    """Keys by ARN or id. A policy cannot name a key by its alias."""
    for value in arguments.get("KeyId", ()):
        if value.startswith("arn:") and ":key/" in value:
            yield value
        elif _KEY_ID.fullmatch(value):
            yield _arn("kms", f"key/{value}", scope)


_RESOURCES: Mapping[str, Callable[[str, Arguments, Scope], Iterator[str]]] = {
    "cognito-idp": _named(("UserPoolId", "userpool/{}")),
    "dynamodb": _of_dynamodb,
    "events": _named(("EventBusName", "event-bus/{}")),
    "firehose": _named(("DeliveryStreamName", "deliverystream/{}")),
    "kinesis": _named(("StreamARN", "{}"), ("StreamName", "stream/{}")),
    "kms": _of_keys,
    "lambda": _of_lambda,
    "logs": _named(("logGroupName", "log-group:{}:*"), ("logGroupIdentifier", "log-group:{}:*")),
    "s3": _of_s3,
    "secretsmanager": _of_secrets,
    "sns": _named(("TopicArn", "{}"), ("TargetArn", "{}")),
    "sqs": _of_sqs,
    "ssm": _of_parameters,
    "stepfunctions": _named(("stateMachineArn", "{}"), ("executionArn", "{}")),
    "sts": _named(("RoleArn", "{}")),
}


def grouped(needs: Sequence[Need]) -> list[tuple[str, list[Need]]]:
    """Needs by resource, in the order in which they are given; each action once."""
    found: dict[str, dict[str, Need]] = {}
    for need in needs:
        found.setdefault(need.resource, {}).setdefault(need.action, need)
    return [(resource, list(each.values())) for resource, each in found.items()]
