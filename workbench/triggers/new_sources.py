"""Resources that a plan can create for a trigger: names, ARNs, steps, and whether a name is available."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address

from workbench.aws.connection import Connection
from workbench.aws.quotas import TextLimit, text_limit
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.functions.bucket_region import NO_BUCKET
from workbench.triggers.kinds.dynamodb import TABLE_CREATE
from workbench.triggers.kinds.sqs import new_visibility_s
from workbench.triggers.model import Finding, Fix, FixKind, Severity, SourceKind, TriggerSpec
from workbench.triggers.step import Step
from workbench.triggers.steps.source_create import (
    BUCKET_CREATE,
    BUS_CREATE,
    LOG_GROUP_CREATE,
    STREAM_CREATE,
    TOPIC_CREATE,
    find_source,
    queue_create_step,
)


@dataclass(frozen=True, slots=True)
class NewSource:
    """A kind of resource that a plan can create.

    Attributes:
        noun: "bucket".
        service: The service in its ARN.
        resource: The resource part of its ARN, with {name}.
        action: Action of the step that creates it; empty for a queue, whose step also creates dead-letter
            queues.
        api_call: The operation that creates it.
        limit: Constraints of the name in the service model or the documentation.
        rule: The constraints in a sentence.
        forbids: Checks further constraints; returns a sentence, or an empty text.
        entry: Label in the list of resources; empty for "New bucket…".
    """

    noun: str
    service: str
    resource: str
    action: str
    api_call: str
    limit: Callable[[], TextLimit]
    rule: str
    forbids: Callable[[str], str] = lambda _name: ""
    entry: str = ""


def _bad_bucket(name: str) -> str:
    # Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    if ".." in name:
        return _("A bucket name cannot contain two adjacent periods.")
    try:
        IPv4Address(name)
    except ValueError:
        pass
    else:
        return _("A bucket name cannot be an IP address.")
    for beginning in ("xn--", "sthree-", "amzn-s3-demo-"):
        if name.startswith(beginning):
            return _("A bucket name cannot begin with {beginning}").format(beginning=beginning)
    for end in ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"):
        if name.endswith(end):
            return _("A bucket name cannot end with {end}").format(end=end)
    return ""


def _bad_bus(name: str) -> str:
    # Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateEventBus.html
    if name == "default":
        return _("Every account has the default event bus.")
    if "/" in name or name.startswith("aws."):
        return _("An event bus name cannot contain / or begin with “aws.”.")
    return ""


def _bad_group(name: str) -> str:
    # Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
    return _("A log group name cannot begin with aws/") if name.startswith("aws/") else ""


NEW_SOURCES: Mapping[SourceKind, NewSource] = {
    SourceKind("s3"): NewSource(
        _("bucket"),
        "s3",
        "{name}",
        BUCKET_CREATE,
        "s3:CreateBucket",
        lambda: TextLimit(3, 63, r"[a-z0-9][a-z0-9.-]*[a-z0-9]"),
        _(
            "3 to 63 lowercase letters, digits, hyphens and periods. The name must be unique across "
            "all AWS accounts."
        ),
        _bad_bucket,
    ),
    SourceKind("sqs"): NewSource(
        _("queue"),
        "sqs",
        "{name}",
        "",
        "sqs:CreateQueue",
        # Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
        lambda: TextLimit(1, 80, r"[A-Za-z0-9_-]+(\.fifo)?"),
        _(
            "1 to 80 letters, digits, hyphens and underscores. A name that ends with .fifo "
            "creates a FIFO queue."
        ),
    ),
    SourceKind("sns"): NewSource(
        _("topic"),
        "sns",
        "{name}",
        TOPIC_CREATE,
        "sns:CreateTopic",
        # Source: https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
        lambda: TextLimit(1, 256, r"[A-Za-z0-9_-]+(\.fifo)?"),
        _(
            "1 to 256 letters, digits, hyphens and underscores. A name that ends with .fifo creates "
            "a FIFO topic."
        ),
    ),
    SourceKind("dynamodb"): NewSource(
        _("table"),
        "dynamodb",
        "table/{name}",
        TABLE_CREATE,
        "dynamodb:CreateTable",
        lambda: text_limit("TableName", "dynamodb"),
        _(
            "3 to 255 letters, digits, underscores, periods and hyphens. The partition key is the "
            "string “id”."
        ),
    ),
    SourceKind("kinesis"): NewSource(
        _("stream"),
        "kinesis",
        "stream/{name}",
        STREAM_CREATE,
        "kinesis:CreateStream",
        lambda: text_limit("StreamName", "kinesis"),
        _(
            "1 to 128 letters, digits, underscores, periods and hyphens. AWS charges for the "
            "stream by the hour."
        ),
    ),
    SourceKind("events"): NewSource(
        _("event bus"),
        "events",
        "event-bus/{name}",
        BUS_CREATE,
        "events:CreateEventBus",
        lambda: text_limit("EventBusName", "events"),
        _(
            "1 to 256 letters, digits, periods, hyphens and underscores. A new rule on it invokes "
            "the function."
        ),
        _bad_bus,
        _("New rule on a new event bus…"),
    ),
    SourceKind("logs"): NewSource(
        _("log group"),
        "logs",
        "log-group:{name}",
        LOG_GROUP_CREATE,
        "logs:CreateLogGroup",
        lambda: text_limit("LogGroupName", "logs"),
        _("1 to 512 letters, digits and the characters . - _ / #"),
        _bad_group,
    ),
}
"""By the kind of source. For a rule it is the event bus: the rule itself is part of every plan."""


def name_problem(kind: SourceKind, name: str) -> str:
    """Why AWS would refuse a name, as a sentence; empty if it would not."""
    new = NEW_SOURCES[kind]
    if not name:
        return _("The {noun} needs a name.").format(noun=new.noun)
    if not new.limit().accepts(name) or re.search(r"\s", name):
        return _("“{name}” cannot be the name of a {noun}. {rule}").format(
            name=name, noun=new.noun, rule=new.rule
        )
    return new.forbids(name)


def new_arn(kind: SourceKind, name: str, function_arn: str) -> str:
    """The ARN that a new resource in the function's account and region will have."""
    new = NEW_SOURCES[kind]
    __, partition, __, region, account_id = function_arn.split(":")[:5]
    where = ":" if kind == SourceKind("s3") else f"{region}:{account_id}"
    return f"arn:{partition}:{new.service}:{where}:{new.resource.format(name=name)}"


def creates_source(spec: TriggerSpec) -> bool:
    """Whether the plan creates the resource that becomes the source. For a new event bus see `bus_fix`."""
    return spec.is_new and bool(spec.source_arn)


def creation_step(kind: SourceKind, arn: str, region: str, visibility_s: int = 0) -> Step:
    """Creates the resource.

    Args:
        arn: The ARN from `new_arn`.
        visibility_s: The visibility timeout of a queue.
    """
    new, name = NEW_SOURCES[kind], _name(kind, arn)
    if not new.action:
        return queue_create_step(arn, visibility_s=visibility_s)
    return Step(
        new.action,
        _("Create the {noun} {name}").format(noun=new.noun, name=name),
        new.api_call,
        region,
        {"arn": arn, "name": name},
        undo=_("Delete the {noun} if it is still empty").format(noun=new.noun),
    )


def new_steps(spec: TriggerSpec) -> tuple[Step, ...]:
    """The steps that create the source, if it is new; they come first in the plan."""
    if not creates_source(spec):
        return ()
    visibility_s = new_visibility_s(spec.function.timeout_s, spec.values)
    return (creation_step(spec.kind, spec.source_arn, spec.function.region, visibility_s),)


def bus_fix(spec: TriggerSpec, bus: str) -> Fix:
    """Creates the event bus that a new rule names. It is part of the plan if the user asked for a new bus."""
    arn = new_arn(SourceKind("events"), bus, spec.function.function_arn)
    step = creation_step(SourceKind("events"), arn, spec.function.region)
    return Fix(
        FixKind.STEPS, _("Create the event bus {bus}").format(bus=bus), (step,), is_standard=spec.is_new
    )


def check_new(connection: Connection, spec: TriggerSpec) -> tuple[Finding, ...]:
    """Checks NEW-NAME and NEW-TAKEN with one reading call; nothing if the source is not new."""
    if not creates_source(spec):
        return ()
    new, name = NEW_SOURCES[spec.kind], _name(spec.kind, spec.source_arn)
    if problem := name_problem(spec.kind, name):
        return (Finding("NEW-NAME", Severity.BLOCK, problem),)
    try:
        there = find_source(connection, new.service, spec.source_arn, name)
    except WorkbenchError as error:
        if spec.kind == SourceKind("s3") and error.aws_code not in NO_BUCKET:
            what = _(
                "The bucket {name} belongs to another AWS account, or you do not have permission to read it."
            ).format(name=name)
            return (Finding("NEW-TAKEN", Severity.BLOCK, what, _("Choose another name."), aws=str(error)),)
        what = _("Could not determine whether you already have a {noun} {name}.").format(
            noun=new.noun, name=name
        )
        why = _(
            "The plan checks again before it creates the resource, and stops if it does not have "
            "permission to check."
        )
        return (Finding("NEW-TAKEN", Severity.WARN, what, why, aws=str(error)),)
    if not there:
        return ()
    fix = Fix(FixKind.OTHER_SOURCE, _("Use the existing resource"), source_kind=spec.kind, source_arn=there)
    what = _("You already have a {noun} {name}.").format(noun=new.noun, name=name)
    return (Finding("NEW-TAKEN", Severity.BLOCK, what, _("Use it or choose another name."), (fix,)),)


def _name(kind: SourceKind, arn: str) -> str:
    beginning = NEW_SOURCES[kind].resource.format(name="")
    return arn.split(":", 5)[-1].removeprefix(beginning)
