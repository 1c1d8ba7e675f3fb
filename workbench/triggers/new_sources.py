"""Resources that a plan can create for a trigger: names, ARNs, steps, and whether a name is available.

Each is created unless it exists. The undo deletes it only if this plan created it and it is still empty.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.quotas import TextLimit, text_limit
from workbench.aws.retry import poll
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.functions.bucket_region import NO_BUCKET, NO_PUBLIC_ACCESS
from workbench.functions.detail import NOT_THERE
from workbench.triggers.kinds.mapping import WINDOW, number_of
from workbench.triggers.model import (
    Finding,
    Fix,
    SourceKind,
    TriggerSpec,
    block,
    source_fix,
    steps_fix,
    warn,
)
from workbench.triggers.queues import new_visibility_s, queue_attributes, queue_url
from workbench.triggers.step import CREATION, QUEUE_CREATE, Args, Refusal, Running, Step, StepRun

BUCKET_CREATE, TOPIC_CREATE, TABLE_CREATE = "bucket create", "topic create", "table create"
STREAM_CREATE, BUS_CREATE, LOG_GROUP_CREATE = "stream create", "bus create", "log group create"
_NOT_FOUND = (*NOT_THERE, *NO_BUCKET)
_MAX_READS = 20
"""How often a shard is read for records, which an undo must not delete."""


def find_source(connection: Connection, service: str, arn: str, name: str) -> str:
    """The ARN of a resource as an event source; for a table the ARN of its stream, if it has one.

    Args:
        arn: The ARN that it would have.

    Returns:
        An empty text if it does not exist.

    Raises:
        WorkbenchError: It may not be read; for a bucket also if another account owns it.
    """
    try:
        return _FINDERS[service](connection, arn, name)
    except WorkbenchError as error:
        if error.aws_code in _NOT_FOUND:
            return ""
        raise


def _bucket(connection: Connection, arn: str, name: str) -> str:
    failure = _("Could not find the bucket {name}.").format(name=name)
    owner = connection.account_id
    connection.call("s3", "head_bucket", failure=failure, Bucket=name, ExpectedBucketOwner=owner)
    return arn


def _queue(connection: Connection, arn: str, name: str) -> str:
    return arn if queue_url(connection, arn) else ""


def _topic(connection: Connection, arn: str, name: str) -> str:
    connection.call(
        "sns",
        "get_topic_attributes",
        failure=_("Could not find the topic {name}.").format(name=name),
        TopicArn=arn,
    )
    return arn


def _table(connection: Connection, arn: str, name: str) -> str:
    failure = _("Could not find the table {name}.").format(name=name)
    table = connection.call("dynamodb", "describe_table", failure=failure, TableName=name)["Table"]
    return str(table.get("LatestStreamArn") or arn)


def _stream(connection: Connection, arn: str, name: str) -> str:
    failure = _("Could not find the stream {name}.").format(name=name)
    connection.call("kinesis", "describe_stream_summary", failure=failure, StreamARN=arn)
    return arn


def _bus(connection: Connection, arn: str, name: str) -> str:
    connection.call(
        "events",
        "describe_event_bus",
        failure=_("Could not find the event bus {name}.").format(name=name),
        Name=name,
    )
    return arn


def _log_group(connection: Connection, arn: str, name: str) -> str:
    failure = _("Could not find the log group {name}.").format(name=name)
    answer = connection.call("logs", "describe_log_groups", failure=failure, logGroupNamePrefix=name)
    return arn if any(each["logGroupName"] == name for each in answer.get("logGroups") or ()) else ""


_FINDERS: Mapping[str, Callable[[Connection, str, str], str]] = {
    "s3": _bucket,
    "sqs": _queue,
    "sns": _topic,
    "dynamodb": _table,
    "kinesis": _stream,
    "events": _bus,
    "logs": _log_group,
}


def _arn_of(args: Args) -> str:
    """The ARN of the resource to create. Journals of earlier versions have another key for queues."""
    return str(args.get("arn") or args["queue_arn"])


def name_of(args: Args) -> str:
    """The name of the resource to create."""
    return str(args.get("name") or _arn_of(args).rpartition(":")[2])


class CreateStep(ABC):
    """What the creation of all resources has in common. args: arn, name.

    Attributes:
        noun: The word for users.
        service: The service in its ARN, and botocore's name of it.
        not_yet: Refusals of the creation that pass.
        taken: Refusals because the name was taken in the meantime, so the resource is not this plan's.
        not_empty: Refusals of the deletion because it is not empty.
    """

    noun: str
    service: str
    create_method: str
    delete_method: str
    not_yet: Sequence[Refusal] = ()
    taken: Sequence[str] = ()
    not_empty: Sequence[str] = ()

    @abstractmethod
    def request(self, args: Args, running: Running) -> dict[str, Any]:
        """The parameters of the creation."""

    @abstractmethod
    def identity(self, args: Args, running: Running) -> dict[str, Any]:
        """The parameters that identify it in other calls."""

    @abstractmethod
    def is_empty(self, args: Args, running: Running) -> bool:
        """Whether it is empty and unused. Raises WorkbenchError."""

    def create(self, args: Args, running: Running) -> None:
        failure = _("Could not create the {noun} {name}.").format(noun=self.noun, name=name_of(args))
        running.call(self.service, self.create_method, failure, self.not_yet, **self.request(args, running))

    def ready(self, args: Args, running: Running) -> Facts:
        """Waits until it can be used, and returns the facts. Raises WorkbenchError, Cancelled."""
        return {}

    def read(self, method: str, args: Args, running: Running, **request: Any) -> dict[str, Any]:
        failure = _("Could not read the {noun} {name}.").format(noun=self.noun, name=name_of(args))
        return running.call(self.service, method, failure, **self.identity(args, running), **request)

    def find(self, args: Args, running: Running) -> str:
        """Its ARN; empty if it does not exist. Raises WorkbenchError."""
        return find_source(running.connection, self.service, _arn_of(args), name_of(args))

    def do(self, step: Step, running: Running) -> Facts:
        """Creates it unless it exists, and waits until it can be used.

        Raises:
            WorkbenchError: AWS refused, or the name is taken.
            Cancelled: While waiting.
        """
        args = step.args
        if self.find(args, running):
            return {"created": False, **self.ready(args, running)}
        running.note({"created": True})
        try:
            self.create(args, running)
        except WorkbenchError as error:
            if error.aws_code not in self.taken:
                raise
            running.note({"taken": True})
            raise WorkbenchError(
                _("The {noun} {name} was not created.").format(noun=self.noun, name=name_of(args)),
                _("The name is already in use, in another AWS account or in this one."),
                _("Go back and choose another name."),
                error.aws_code,
                error.request_id,
            ) from None
        return {"created": True, **self.ready(args, running)}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Deletes what this plan created, if it is still empty.

        Raises:
            WorkbenchError: AWS refused, or the resource is not empty and stays.
        """
        args = step.args
        if not facts.get("created") or facts.get("taken") or not self.find(args, running):
            return
        if not self.is_empty(args, running):
            raise self._stays(args)
        failure = _("Could not delete the {noun} {name}.").format(noun=self.noun, name=name_of(args))
        try:
            running.call(self.service, self.delete_method, failure, **self.identity(args, running))
        except WorkbenchError as error:
            if error.aws_code in self.not_empty:
                raise self._stays(args) from None
            if error.aws_code not in _NOT_FOUND:
                raise

    def _stays(self, args: Args) -> WorkbenchError:
        return WorkbenchError(
            _("The {noun} {name} was kept.").format(noun=self.noun, name=name_of(args)),
            _("It is in use, or it contains data that this plan did not add."),
            _("Delete it in AWS when it is no longer needed."),
        )


class _Bucket(CreateStep):
    """A bucket without public access."""

    noun, service = "bucket", "s3"
    create_method, delete_method = "create_bucket", "delete_bucket"
    not_yet = (("OperationAborted", ""),)
    taken = ("BucketAlreadyExists", "BucketAlreadyOwnedByYou")
    not_empty = ("BucketNotEmpty",)

    def request(self, args: Args, running: Running) -> dict[str, Any]:
        region = running.connection.region
        if region == "us-east-1":
            return {"Bucket": name_of(args)}  # the one region that must not be named
        where = {"LocationConstraint": region}
        return {"Bucket": name_of(args), "CreateBucketConfiguration": where}

    def identity(self, args: Args, running: Running) -> dict[str, Any]:
        return {"Bucket": name_of(args), "ExpectedBucketOwner": running.connection.account_id}

    def create(self, args: Args, running: Running) -> None:
        super().create(args, running)
        request = {"PublicAccessBlockConfiguration": NO_PUBLIC_ACCESS}
        failure = _("Could not create the bucket {name}.").format(name=name_of(args))
        request |= self.identity(args, running)
        running.call("s3", "put_public_access_block", failure, self.not_yet, **request)

    def is_empty(self, args: Args, running: Running) -> bool:
        answer = self.read("list_object_versions", args, running, MaxKeys=1)
        return not answer.get("Versions") and not answer.get("DeleteMarkers")


class _Topic(CreateStep):
    noun, service = "topic", "sns"
    create_method, delete_method = "create_topic", "delete_topic"

    def request(self, args: Args, running: Running) -> dict[str, Any]:
        name = name_of(args)
        is_fifo = name.endswith(".fifo")
        return {"Name": name} | ({"Attributes": {"FifoTopic": "true"}} if is_fifo else {})

    def identity(self, args: Args, running: Running) -> dict[str, Any]:
        return {"TopicArn": _arn_of(args)}

    def is_empty(self, args: Args, running: Running) -> bool:
        found = self.read("list_subscriptions_by_topic", args, running).get("Subscriptions") or ()
        return all(each.get("SubscriptionArn") == "Deleted" for each in found)


class _Stream(CreateStep):
    """A stream in on-demand mode."""

    noun, service = "stream", "kinesis"
    create_method, delete_method = "create_stream", "delete_stream"
    taken = ("ResourceInUseException",)
    not_empty = ("ResourceInUseException",)  # the stream has consumers

    def request(self, args: Args, running: Running) -> dict[str, Any]:
        return {"StreamName": name_of(args), "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}

    def identity(self, args: Args, running: Running) -> dict[str, Any]:
        return {"StreamARN": _arn_of(args)}

    def ready(self, args: Args, running: Running) -> Facts:
        name = name_of(args)

        def read_status() -> str:
            answer = self.read("describe_stream_summary", args, running)
            return str(answer["StreamDescriptionSummary"].get("StreamStatus") or "")

        status = poll(
            read_status,
            lambda status: status == "ACTIVE",
            running.ctx,
            CREATION,
            lambda status: running.ctx.progress(
                0, 0, _("Stream {name}: {status}").format(name=name, status=status)
            ),
        )
        if status == "ACTIVE":
            return {}
        raise WorkbenchError(
            _("The stream {name} is still {status}.").format(name=name, status=status),
            _("AWS has been working on it for five minutes."),
            _("Check again later."),
            f"StreamStatus={status}",
        )

    def is_empty(self, args: Args, running: Running) -> bool:
        self.ready(args, running)
        if self.read("list_stream_consumers", args, running).get("Consumers"):
            return False
        shards = self.read("list_shards", args, running).get("Shards") or ()
        return not any(self._has_records(args, str(each["ShardId"]), running) for each in shards)

    def _has_records(self, args: Args, shard_id: str, running: Running) -> bool:
        """Whether a shard has a record. An answer without records does not mean that the end is reached."""
        start = {"ShardId": shard_id, "ShardIteratorType": "TRIM_HORIZON"}
        iterator = self.read("get_shard_iterator", args, running, **start).get("ShardIterator")
        for __ in range(_MAX_READS):
            if not iterator:
                return False
            answer = self.read("get_records", args, running, ShardIterator=iterator, Limit=1)
            if answer.get("Records"):
                return True
            if not answer.get("MillisBehindLatest"):
                return False
            iterator = answer.get("NextShardIterator")
        return True  # it is not known: nothing is deleted


class _Bus(CreateStep):
    noun, service = _("event bus"), "events"
    create_method, delete_method = "create_event_bus", "delete_event_bus"
    taken = ("ResourceAlreadyExistsException",)

    def request(self, args: Args, running: Running) -> dict[str, Any]:
        return {"Name": name_of(args)}

    identity = request

    def is_empty(self, args: Args, running: Running) -> bool:
        failure = _("Could not read the rules of the event bus {name}.").format(name=name_of(args))
        answer = running.call("events", "list_rules", failure, EventBusName=name_of(args), Limit=1)
        return not answer.get("Rules")


class _LogGroup(CreateStep):
    noun, service = _("log group"), "logs"
    create_method, delete_method = "create_log_group", "delete_log_group"
    taken = ("ResourceAlreadyExistsException",)

    def request(self, args: Args, running: Running) -> dict[str, Any]:
        return {"logGroupName": name_of(args)}

    identity = request

    def is_empty(self, args: Args, running: Running) -> bool:
        return not self.read("describe_log_streams", args, running, limit=1).get("logStreams")


_DELETED_RECENTLY: tuple[Refusal, ...] = (
    ("AWS.SimpleQueueService.QueueDeletedRecently", ""),
    ("QueueDeletedRecently", ""),
)
"""The name of a queue stays taken for 60 s after its deletion.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html"""
_NOT_USABLE_S = 1.0
"""How long a new queue cannot be used.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"""
_HELD = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


def queue_create_step(queue_arn: str, retention_s: int = 0, visibility_s: int = 0) -> Step:
    """A step that creates a queue unless it exists.

    Args:
        queue_arn: An ARN that ends with .fifo makes a FIFO queue.
        retention_s: 0 for AWS's default.
        visibility_s: 0 for AWS's default.
    """
    name = queue_arn.rpartition(":")[2]
    title, attributes = _("Create the queue {name}").format(name=name), {}
    if name.endswith(".fifo"):
        title, attributes = _("Create the FIFO queue {name}").format(name=name), {"FifoQueue": "true"}
    if retention_s:
        attributes["MessageRetentionPeriod"] = str(retention_s)
    if visibility_s:
        attributes["VisibilityTimeout"] = str(visibility_s)
    return Step(
        QUEUE_CREATE,
        title,
        "sqs:CreateQueue",
        queue_arn.split(":")[3],
        {"queue_arn": queue_arn, "attributes": attributes},
        undo=_("Delete the queue if it is still empty"),
    )


class _Queue(CreateStep):
    noun, service = "queue", "sqs"
    create_method, delete_method = "create_queue", "delete_queue"
    not_yet = _DELETED_RECENTLY
    taken = ("QueueAlreadyExists", "QueueNameExists")

    def request(self, args: Args, running: Running) -> dict[str, Any]:
        return {"QueueName": name_of(args), "Attributes": args["attributes"]}

    def identity(self, args: Args, running: Running) -> dict[str, Any]:
        return {"QueueUrl": queue_url(running.connection, _arn_of(args))}

    def create(self, args: Args, running: Running) -> None:
        super().create(args, running)
        running.ctx.sleep(_NOT_USABLE_S)

    def is_empty(self, args: Args, running: Running) -> bool:
        attributes = queue_attributes(running.connection, _arn_of(args))
        return not any(int(attributes.get(name) or 0) for name in _HELD)


RUNS: Mapping[str, StepRun] = {
    QUEUE_CREATE: _Queue(),
    BUCKET_CREATE: _Bucket(),
    TOPIC_CREATE: _Topic(),
    STREAM_CREATE: _Stream(),
    BUS_CREATE: _Bus(),
    LOG_GROUP_CREATE: _LogGroup(),
}


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
    visibility_s = new_visibility_s(spec.function.timeout_s, number_of(spec.values, WINDOW, 0))
    return (creation_step(spec.kind, spec.source_arn, spec.function.region, visibility_s),)


def bus_fix(spec: TriggerSpec, bus: str) -> Fix:
    """Creates the event bus that a new rule names. It is part of the plan if the user asked for a new bus."""
    arn = new_arn(SourceKind("events"), bus, spec.function.function_arn)
    step = creation_step(SourceKind("events"), arn, spec.function.region)
    return steps_fix(_("Create the event bus {bus}").format(bus=bus), step, is_standard=spec.is_new)


def check_new(connection: Connection, spec: TriggerSpec) -> tuple[Finding, ...]:
    """Checks NEW-NAME and NEW-TAKEN with one reading call; nothing if the source is not new."""
    if not creates_source(spec):
        return ()
    new, name = NEW_SOURCES[spec.kind], _name(spec.kind, spec.source_arn)
    if problem := name_problem(spec.kind, name):
        return (block("NEW-NAME", problem),)
    try:
        there = find_source(connection, new.service, spec.source_arn, name)
    except WorkbenchError as error:
        if spec.kind == SourceKind("s3") and error.aws_code not in NO_BUCKET:
            what = _(
                "The bucket {name} belongs to another AWS account, or you do not have permission to read it."
            ).format(name=name)
            return (block("NEW-TAKEN", what, _("Choose another name."), aws=str(error)),)
        what = _("Could not determine whether you already have a {noun} {name}.").format(
            noun=new.noun, name=name
        )
        why = _(
            "The plan checks again before it creates the resource, and stops if it does not have "
            "permission to check."
        )
        return (warn("NEW-TAKEN", what, why, aws=str(error)),)
    if not there:
        return ()
    fix = source_fix(_("Use the existing resource"), spec.kind, there)
    what = _("You already have a {noun} {name}.").format(noun=new.noun, name=name)
    return (block("NEW-TAKEN", what, _("Use it or choose another name."), fix),)


def _name(kind: SourceKind, arn: str) -> str:
    beginning = NEW_SOURCES[kind].resource.format(name="")
    return arn.split(":", 5)[-1].removeprefix(beginning)
