"""Resources that a plan can create for a trigger: names, ARNs, steps, and whether a name is available.

Each is created unless it exists. The undo deletes it only if this plan created it and it is still empty.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.quotas import TextLimit, text_limit
from workbench.aws.retry import poll
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.functions.account_resources import NO_BUCKET, NO_PUBLIC_ACCESS
from workbench.functions.detail import NOT_THERE
from workbench.triggers.model import Finding, Findings, TriggerSpec, block, number_of, source_fix, warn
from workbench.triggers.queues import new_visibility_s, queue_attributes, queue_url
from workbench.triggers.steps import CREATION, QUEUE_CREATE, Args, Refusal, Running, Step, StepRun

_BUCKET_CREATE, _TOPIC_CREATE, _STREAM_CREATE = "bucket create", "topic create", "stream create"
_BUS_CREATE, _LOG_GROUP_CREATE = "bus create", "log group create"
_NOT_FOUND = (*NOT_THERE, *NO_BUCKET)
_MAX_READS = 20
"""How often a shard is read for records, which an undo must not delete."""


def _arn_of(args: Args) -> str:
    """The ARN of the resource to create. Journals of earlier versions have another key for queues."""
    return str(args.get("arn") or args["queue_arn"])


def name_of(args: Args) -> str:
    """The name of the resource to create."""
    return str(args.get("name") or _arn_of(args).rpartition(":")[2])


class NewResource(ABC):
    """A kind of resource that a plan can create, and the step that creates it. args: arn, name."""

    noun: str
    """The word for users."""
    service: str
    """The service in its ARN, and botocore's name of it."""
    resource = "{name}"
    """The resource part of its ARN."""
    action: str
    """The action of the step."""
    create_method: str
    delete_method: str
    rule: str
    """The constraints of its name in a sentence."""
    entry = ""
    """Label in the list of resources; empty for "New bucket…"."""
    not_yet: Sequence[Refusal] = ()
    """Refusals of the creation that pass."""
    taken: Sequence[str] = ()
    """Refusals because the name was taken in the meantime, so the resource is not this plan's."""
    not_empty: Sequence[str] = ()
    """Refusals of the deletion because it is not empty."""

    @abstractmethod
    def limit(self) -> TextLimit:
        """Constraints of the name in the service model or the documentation."""

    @abstractmethod
    def exists(self, connection: Connection, arn: str, name: str) -> str | bool | None:
        """Reads it. False if it does not exist; another ARN if that is the event source.

        Raises:
            WorkbenchError: It does not exist, may not be read, or belongs to another account (a bucket).
        """

    @abstractmethod
    def request(self, args: Args, running: Running) -> dict[str, Any]:
        """The parameters of the creation."""

    @abstractmethod
    def identity(self, args: Args, running: Running) -> dict[str, Any]:
        """The parameters that identify it in other calls."""

    @abstractmethod
    def is_empty(self, args: Args, running: Running) -> bool:
        """Whether it is empty and unused. Raises WorkbenchError."""

    def forbids(self, name: str) -> str:
        """What else is wrong with a name, as a sentence; empty if nothing is."""
        return ""

    def name_problem(self, name: str) -> str:
        """Why AWS would refuse a name, as a sentence; empty if it would not."""
        if not name:
            return _("The {noun} needs a name.").format(noun=self.noun)
        if not self.limit().accepts(name) or re.search(r"\s", name):
            return _("“{name}” cannot be the name of a {noun}. {rule}").format(
                name=name, noun=self.noun, rule=self.rule
            )
        return self.forbids(name)

    def arn(self, name: str, function_arn: str) -> str:
        """The ARN that a new resource in the function's account and region will have."""
        __, partition, __, region, account_id = function_arn.split(":")[:5]
        return f"arn:{partition}:{self.service}:{region}:{account_id}:{self.resource.format(name=name)}"

    def find(self, connection: Connection, arn: str, name: str) -> str:
        """The ARN of an existing one as an event source; empty if it does not exist.

        Raises:
            WorkbenchError: It may not be read; for a bucket also if another account owns it.
        """
        try:
            there = self.exists(connection, arn, name)
        except WorkbenchError as error:
            if error.aws_code in _NOT_FOUND:
                return ""
            raise
        if there is False:
            return ""
        return there if isinstance(there, str) and there else arn

    def step(self, arn: str, spec: TriggerSpec) -> Step:
        """The step that creates it.

        Args:
            arn: As `arn` makes it.
            spec: The trigger that it is for.
        """
        name = self._name(arn)
        operation = "".join(word.title() for word in self.create_method.split("_"))
        return Step(
            self.action,
            _("Create the {noun} {name}").format(noun=self.noun, name=name),
            f"{self.service}:{operation}",
            spec.function.region,
            {"arn": arn, "name": name},
            undo=_("Delete the {noun} if it is still empty").format(noun=self.noun),
        )

    def check(self, connection: Connection, spec: TriggerSpec) -> Findings:
        """Checks NEW-NAME and NEW-TAKEN with one reading call."""
        name = self._name(spec.source_arn)
        if problem := self.name_problem(name):
            return (block("NEW-NAME", problem),)
        try:
            there = self.find(connection, spec.source_arn, name)
        except WorkbenchError as error:
            return (self._unread(name, error),)
        if not there:
            return ()
        fix = source_fix(_("Use the existing resource"), spec.kind, there)
        what = _("You already have a {noun} {name}.").format(noun=self.noun, name=name)
        return (block("NEW-TAKEN", what, _("Use it or choose another name."), fix),)

    def _unread(self, name: str, error: WorkbenchError) -> Finding:
        what = _("Could not determine whether you already have a {noun} {name}.")
        why = _(
            "The plan checks again before it creates the resource, and stops if it does not have "
            "permission to check."
        )
        return warn("NEW-TAKEN", what.format(noun=self.noun, name=name), why, aws=str(error))

    def _name(self, arn: str) -> str:
        return arn.split(":", 5)[-1].removeprefix(self.resource.format(name=""))

    def create(self, args: Args, running: Running) -> None:
        failure = _("Could not create the {noun} {name}.").format(noun=self.noun, name=name_of(args))
        running.call(self.service, self.create_method, failure, self.not_yet, **self.request(args, running))

    def ready(self, args: Args, running: Running) -> Facts:
        """Waits until it can be used, and returns the facts. Raises WorkbenchError, Cancelled."""
        return {}

    def read(self, method: str, args: Args, running: Running, **request: Any) -> dict[str, Any]:
        failure = _("Could not read the {noun} {name}.").format(noun=self.noun, name=name_of(args))
        return running.call(self.service, method, failure, **self.identity(args, running), **request)

    def is_there(self, args: Args, running: Running) -> bool:
        return bool(self.find(running.connection, _arn_of(args), name_of(args)))

    def do(self, step: Step, running: Running) -> Facts:
        """Creates it unless it exists, and waits until it can be used.

        Raises:
            WorkbenchError: AWS refused, or the name is taken.
            Cancelled: While waiting.
        """
        args = step.args
        if self.is_there(args, running):
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
        if not facts.get("created") or facts.get("taken") or not self.is_there(args, running):
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


class Bucket(NewResource):
    """A bucket without public access."""

    noun, service, action = _("bucket"), "s3", _BUCKET_CREATE
    create_method, delete_method = "create_bucket", "delete_bucket"
    rule = _(
        "3 to 63 lowercase letters, digits, hyphens and periods. The name must be unique across "
        "all AWS accounts."
    )
    not_yet = (("OperationAborted", ""),)
    taken = ("BucketAlreadyExists", "BucketAlreadyOwnedByYou")
    not_empty = ("BucketNotEmpty",)

    def limit(self) -> TextLimit:
        return TextLimit(3, 63, r"[a-z0-9][a-z0-9.-]*[a-z0-9]")

    def forbids(self, name: str) -> str:
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

    def arn(self, name: str, function_arn: str) -> str:
        return f"arn:{function_arn.split(':')[1]}:s3:::{name}"

    def exists(self, connection: Connection, arn: str, name: str) -> None:
        failure = _("Could not find the bucket {name}.").format(name=name)
        owner = connection.account_id
        connection.call("s3", "head_bucket", failure=failure, Bucket=name, ExpectedBucketOwner=owner)

    def _unread(self, name: str, error: WorkbenchError) -> Finding:
        if error.aws_code in NO_BUCKET:
            return super()._unread(name, error)
        what = _(
            "The bucket {name} belongs to another AWS account, or you do not have permission to read it."
        ).format(name=name)
        return block("NEW-TAKEN", what, _("Choose another name."), aws=str(error))

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


class Topic(NewResource):
    """A topic, standard or FIFO by its name."""

    noun, service, action = _("topic"), "sns", _TOPIC_CREATE
    create_method, delete_method = "create_topic", "delete_topic"
    rule = _(
        "1 to 256 letters, digits, hyphens and underscores. A name that ends with .fifo creates a FIFO topic."
    )

    def limit(self) -> TextLimit:
        # Source: https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
        return TextLimit(1, 256, r"[A-Za-z0-9_-]+(\.fifo)?")

    def exists(self, connection: Connection, arn: str, name: str) -> None:
        failure = _("Could not find the topic {name}.").format(name=name)
        connection.call("sns", "get_topic_attributes", failure=failure, TopicArn=arn)

    def request(self, args: Args, running: Running) -> dict[str, Any]:
        name = name_of(args)
        is_fifo = name.endswith(".fifo")
        return {"Name": name} | ({"Attributes": {"FifoTopic": "true"}} if is_fifo else {})

    def identity(self, args: Args, running: Running) -> dict[str, Any]:
        return {"TopicArn": _arn_of(args)}

    def is_empty(self, args: Args, running: Running) -> bool:
        found = self.read("list_subscriptions_by_topic", args, running).get("Subscriptions") or ()
        return all(each.get("SubscriptionArn") == "Deleted" for each in found)


class Stream(NewResource):
    """A stream in on-demand mode."""

    noun, service, action = _("stream"), "kinesis", _STREAM_CREATE
    resource = "stream/{name}"
    create_method, delete_method = "create_stream", "delete_stream"
    rule = _(
        "1 to 128 letters, digits, underscores, periods and hyphens. AWS charges for the stream by the hour."
    )
    taken = ("ResourceInUseException",)
    not_empty = ("ResourceInUseException",)  # the stream has consumers

    def limit(self) -> TextLimit:
        return text_limit("StreamName", "kinesis")

    def exists(self, connection: Connection, arn: str, name: str) -> None:
        failure = _("Could not find the stream {name}.").format(name=name)
        connection.call("kinesis", "describe_stream_summary", failure=failure, StreamARN=arn)

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


class Bus(NewResource):
    """The event bus of a new rule: the rule itself is part of every plan."""

    noun, service, action = _("event bus"), "events", _BUS_CREATE
    resource = "event-bus/{name}"
    create_method, delete_method = "create_event_bus", "delete_event_bus"
    rule = _(
        "1 to 256 letters, digits, periods, hyphens and underscores. A new rule on it invokes the function."
    )
    entry = _("New rule on a new event bus…")
    taken = ("ResourceAlreadyExistsException",)

    def limit(self) -> TextLimit:
        return text_limit("EventBusName", "events")

    def forbids(self, name: str) -> str:
        # Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateEventBus.html
        if name == "default":
            return _("Every account has the default event bus.")
        if "/" in name or name.startswith("aws."):
            return _("An event bus name cannot contain / or begin with “aws.”.")
        return ""

    def exists(self, connection: Connection, arn: str, name: str) -> None:
        failure = _("Could not find the event bus {name}.").format(name=name)
        connection.call("events", "describe_event_bus", failure=failure, Name=name)

    def request(self, args: Args, running: Running) -> dict[str, Any]:
        return {"Name": name_of(args)}

    identity = request

    def is_empty(self, args: Args, running: Running) -> bool:
        failure = _("Could not read the rules of the event bus {name}.").format(name=name_of(args))
        answer = running.call("events", "list_rules", failure, EventBusName=name_of(args), Limit=1)
        return not answer.get("Rules")


class LogGroup(NewResource):
    """A log group, which keeps its events."""

    noun, service, action = _("log group"), "logs", _LOG_GROUP_CREATE
    resource = "log-group:{name}"
    create_method, delete_method = "create_log_group", "delete_log_group"
    rule = _("1 to 512 letters, digits and the characters . - _ / #")
    taken = ("ResourceAlreadyExistsException",)

    def limit(self) -> TextLimit:
        return text_limit("LogGroupName", "logs")

    def forbids(self, name: str) -> str:
        # Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
        return _("A log group name cannot begin with aws/") if name.startswith("aws/") else ""

    def exists(self, connection: Connection, arn: str, name: str) -> bool:
        failure = _("Could not find the log group {name}.").format(name=name)
        answer = connection.call("logs", "describe_log_groups", failure=failure, logGroupNamePrefix=name)
        return any(each["logGroupName"] == name for each in answer.get("logGroups") or ())

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


class Queue(NewResource):
    """A queue, standard or FIFO by its name."""

    noun, service, action = _("queue"), "sqs", QUEUE_CREATE
    create_method, delete_method = "create_queue", "delete_queue"
    rule = _(
        "1 to 80 letters, digits, hyphens and underscores. A name that ends with .fifo creates a FIFO queue."
    )
    not_yet = _DELETED_RECENTLY
    taken = ("QueueAlreadyExists", "QueueNameExists")

    def limit(self) -> TextLimit:
        # Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
        return TextLimit(1, 80, r"[A-Za-z0-9_-]+(\.fifo)?")

    def exists(self, connection: Connection, arn: str, name: str) -> None:
        queue_url(connection, arn)

    def step(self, arn: str, spec: TriggerSpec) -> Step:
        """As in the base class. A step of the same action creates dead-letter queues."""
        window_s = number_of(spec.values, "MaximumBatchingWindowInSeconds", 0)
        return queue_create_step(arn, visibility_s=new_visibility_s(spec.function.timeout_s, window_s))

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
    each.action: each for each in (Queue(), Bucket(), Topic(), Stream(), Bus(), LogGroup())
}
