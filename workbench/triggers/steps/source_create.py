"""Resources that a plan creates for its trigger: a bucket, topic, table, stream, event bus or log group.

Each is created unless it exists, and deleted by the undo only if this plan created it and it is still empty.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.retry import poll
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.functions.bucket_region import NO_BUCKET
from workbench.functions.detail import NOT_THERE
from workbench.triggers.queues import queue_attributes, queue_url
from workbench.triggers.step import CREATION, Refusal, Running, Step, StepRun, retry_on

BUCKET_CREATE, TOPIC_CREATE = "bucket create", "topic create"
STREAM_CREATE, BUS_CREATE, LOG_GROUP_CREATE = "stream create", "bus create", "log group create"
_NOT_FOUND = (*NOT_THERE, *NO_BUCKET)
_MAX_READS = 20
"""How often a shard is read for records that an undo must not delete."""


def find_source(connection: Connection, service: str, arn: str, name: str) -> str:
    """The ARN of a resource by which it becomes a source; of a table that of its stream, when it has one.

    Args:
        connection: In its region.
        service: In its ARN.
        arn: As it would be.
        name: Its name.

    Returns:
        An empty text when there is none.

    Raises:
        WorkbenchError: It may not be looked at; of a bucket, also if another account has it.
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


class CreateStep(ABC):
    """What the creation of all resources has in common. args: arn, name."""

    noun: str
    service: str
    not_yet: Sequence[Refusal] = ()
    """Refusals of the creation that pass."""
    taken: Sequence[str] = ()
    """Refusals because the name was taken meanwhile: the resource is not this plan's."""
    not_empty: Sequence[str] = ()
    """Refusals of the deletion because something is in it."""

    @abstractmethod
    def create(self, step: Step, running: Running) -> None:
        """Creates it. Raises WorkbenchError."""

    def ready(self, step: Step, running: Running) -> Facts:
        """Waits until it can be used; what later steps need of it. Raises WorkbenchError, Cancelled."""
        return {}

    @abstractmethod
    def is_empty(self, step: Step, running: Running) -> bool:
        """Whether nothing is in it, and it is not in use. Raises WorkbenchError."""

    @abstractmethod
    def delete(self, step: Step, running: Running) -> None:
        """Deletes it. Raises WorkbenchError."""

    def find(self, step: Step, running: Running) -> str:
        """Its ARN; empty when there is none. Raises WorkbenchError."""
        return find_source(running.connection, self.service, _arn_of(step), name_of(step))

    def do(self, step: Step, running: Running) -> Facts:
        """Creates it unless it exists, and waits until it can be used.

        Raises:
            WorkbenchError: AWS refused, or the name is taken.
            Cancelled: While waiting.
        """
        if self.find(step, running):
            return {"created": False, **self.ready(step, running)}
        running.note({"created": True})
        try:
            retry_on(lambda: self.create(step, running), running, self.not_yet)
        except WorkbenchError as error:
            if error.aws_code not in self.taken:
                raise
            running.note({"taken": True})
            raise WorkbenchError(
                _("The {noun} {step} was not created.").format(noun=self.noun, step=name_of(step)),
                _("The name is already in use, in another AWS account or in this one."),
                _("Go back and choose another name."),
                error.aws_code,
                error.request_id,
            ) from None
        return {"created": True, **self.ready(step, running)}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Deletes what this plan created, if it is still empty.

        Raises:
            WorkbenchError: AWS refused, or something is in it: it stays.
        """
        if not facts.get("created") or facts.get("taken") or not self.find(step, running):
            return
        if not self.is_empty(step, running):
            raise self._stays(step)
        try:
            self.delete(step, running)
        except WorkbenchError as error:
            if error.aws_code in self.not_empty:
                raise self._stays(step) from None
            if error.aws_code not in _NOT_FOUND:
                raise

    def _stays(self, step: Step) -> WorkbenchError:
        return WorkbenchError(
            _("The {noun} {step} was kept.").format(noun=self.noun, step=name_of(step)),
            _("It is in use, or it contains data that this plan did not add."),
            _("Delete it in AWS when it is no longer needed."),
        )


class BucketCreateStep(CreateStep):
    """CreateBucket, and no public access."""

    noun, service = "bucket", "s3"
    not_yet = (("OperationAborted", ""),)
    taken = ("BucketAlreadyExists", "BucketAlreadyOwnedByYou")
    not_empty = ("BucketNotEmpty",)

    def create(self, step: Step, running: Running) -> None:
        name, region = name_of(step), running.connection.region
        where: dict[str, Any] = {"CreateBucketConfiguration": {"LocationConstraint": region}}
        if region == "us-east-1":
            where = {}  # the one region that must not be named
        call, failure = running.connection.call, _("Could not create the bucket {name}.").format(name=name)
        call("s3", "create_bucket", failure=failure, Bucket=name, **where)
        blocks = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        call(
            "s3",
            "put_public_access_block",
            failure=failure,
            Bucket=name,
            PublicAccessBlockConfiguration=dict.fromkeys(blocks, True),
            **_owned(running),
        )

    def is_empty(self, step: Step, running: Running) -> bool:
        answer = running.connection.call(
            "s3", "list_object_versions", Bucket=name_of(step), MaxKeys=1, **_owned(running)
        )
        return not answer.get("Versions") and not answer.get("DeleteMarkers")

    def delete(self, step: Step, running: Running) -> None:
        name = name_of(step)
        failure = _("Could not delete the bucket {name}.").format(name=name)
        running.connection.call("s3", "delete_bucket", failure=failure, Bucket=name, **_owned(running))


class TopicCreateStep(CreateStep):
    """CreateTopic."""

    noun, service = "topic", "sns"

    def create(self, step: Step, running: Running) -> None:
        name = name_of(step)
        attributes: dict[str, Any] = {"Attributes": {"FifoTopic": "true"}} if name.endswith(".fifo") else {}
        running.connection.call(
            "sns",
            "create_topic",
            failure=_("Could not create the topic {name}.").format(name=name),
            Name=name,
            **attributes,
        )

    def is_empty(self, step: Step, running: Running) -> bool:
        answer = running.connection.call("sns", "list_subscriptions_by_topic", TopicArn=_arn_of(step))
        return all(each.get("SubscriptionArn") == "Deleted" for each in answer.get("Subscriptions") or ())

    def delete(self, step: Step, running: Running) -> None:
        failure = _("Could not delete the topic {step}.").format(step=name_of(step))
        running.connection.call("sns", "delete_topic", failure=failure, TopicArn=_arn_of(step))


class StreamCreateStep(CreateStep):
    """CreateStream, on demand."""

    noun, service = "stream", "kinesis"
    taken = ("ResourceInUseException",)
    not_empty = ("ResourceInUseException",)  # it has consumers

    def create(self, step: Step, running: Running) -> None:
        name = name_of(step)
        running.connection.call(
            "kinesis",
            "create_stream",
            failure=_("Could not create the stream {name}.").format(name=name),
            StreamName=name,
            StreamModeDetails={"StreamMode": "ON_DEMAND"},
        )

    def ready(self, step: Step, running: Running) -> Facts:
        name = name_of(step)

        def read_status() -> str:
            answer = running.connection.call(
                "kinesis",
                "describe_stream_summary",
                failure=_("Could not read the stream {name}.").format(name=name),
                StreamARN=_arn_of(step),
            )
            return str(answer["StreamDescriptionSummary"].get("StreamStatus") or "")

        status = poll(
            read_status,
            lambda status: status == "ACTIVE",
            running.ctx,
            CREATION,
            lambda status: running.ctx.progress(0, 0, f"Stream {name}: {status}"),
        )
        if status == "ACTIVE":
            return {}
        raise WorkbenchError(
            _("The stream {name} is still {status}.").format(name=name, status=status),
            _("AWS has been working on it for five minutes."),
            _("Check again later."),
            f"StreamStatus={status}",
        )

    def is_empty(self, step: Step, running: Running) -> bool:
        self.ready(step, running)
        call, arn = running.connection.call, _arn_of(step)
        if call("kinesis", "list_stream_consumers", StreamARN=arn).get("Consumers"):
            return False
        shards = call("kinesis", "list_shards", StreamARN=arn).get("Shards") or ()
        return not any(self._has_records(arn, str(each["ShardId"]), running) for each in shards)

    @staticmethod
    def _has_records(arn: str, shard_id: str, running: Running) -> bool:
        """Whether a shard has a record. An answer without one may come before the end is reached."""
        call = running.connection.call
        iterator = call(
            "kinesis", "get_shard_iterator", StreamARN=arn, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON"
        ).get("ShardIterator")
        for __ in range(_MAX_READS):
            if not iterator:
                return False
            answer = call("kinesis", "get_records", StreamARN=arn, ShardIterator=iterator, Limit=1)
            if answer.get("Records"):
                return True
            if not answer.get("MillisBehindLatest"):
                return False
            iterator = answer.get("NextShardIterator")
        return True  # it is not known: nothing is deleted

    def delete(self, step: Step, running: Running) -> None:
        failure = _("Could not delete the stream {step}.").format(step=name_of(step))
        running.connection.call("kinesis", "delete_stream", failure=failure, StreamARN=_arn_of(step))


class BusCreateStep(CreateStep):
    """CreateEventBus."""

    noun, service = "event bus", "events"
    taken = ("ResourceAlreadyExistsException",)

    def create(self, step: Step, running: Running) -> None:
        name = name_of(step)
        running.connection.call(
            "events",
            "create_event_bus",
            failure=_("Could not create the event bus {name}.").format(name=name),
            Name=name,
        )

    def is_empty(self, step: Step, running: Running) -> bool:
        answer = running.connection.call("events", "list_rules", EventBusName=name_of(step), Limit=1)
        return not answer.get("Rules")

    def delete(self, step: Step, running: Running) -> None:
        name = name_of(step)
        running.connection.call(
            "events",
            "delete_event_bus",
            failure=_("Could not delete the event bus {name}.").format(name=name),
            Name=name,
        )


class LogGroupCreateStep(CreateStep):
    """CreateLogGroup."""

    noun, service = "log group", "logs"
    taken = ("ResourceAlreadyExistsException",)

    def create(self, step: Step, running: Running) -> None:
        name = name_of(step)
        running.connection.call(
            "logs",
            "create_log_group",
            failure=_("Could not create the log group {name}.").format(name=name),
            logGroupName=name,
        )

    def is_empty(self, step: Step, running: Running) -> bool:
        answer = running.connection.call("logs", "describe_log_streams", logGroupName=name_of(step), limit=1)
        return not answer.get("logStreams")

    def delete(self, step: Step, running: Running) -> None:
        name = name_of(step)
        running.connection.call(
            "logs",
            "delete_log_group",
            failure=_("Could not delete the log group {name}.").format(name=name),
            logGroupName=name,
        )


def _arn_of(step: Step) -> str:
    """The ARN of what a step creates; a queue's has had a name of its own in journals for longer."""
    return str(step.args.get("arn") or step.args["queue_arn"])


def name_of(step: Step) -> str:
    """The name of what a step creates."""
    return str(step.args.get("name") or _arn_of(step).rpartition(":")[2])


def _owned(running: Running) -> dict[str, Any]:
    return {"ExpectedBucketOwner": running.connection.account_id}


QUEUE_CREATE = "queue create"
_DELETED_RECENTLY: tuple[Refusal, ...] = (
    ("AWS.SimpleQueueService.QueueDeletedRecently", ""),
    ("QueueDeletedRecently", ""),
)
"""For 60 s after its deletion a queue's name is taken.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html"""
_NOT_USABLE_S = 1.0
"""So long a new queue cannot be used.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"""
_HELD = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


def queue_create_step(queue_arn: str, retention_s: int = 0, visibility_s: int = 0) -> Step:
    """Makes a queue, unless it is there.

    Args:
        queue_arn: Its ARN; one that ends with .fifo is a FIFO queue.
        retention_s: How long it keeps messages; 0 for AWS's default.
        visibility_s: Its visibility timeout; 0 for AWS's default.
    """
    name = queue_arn.rpartition(":")[2]
    title, attributes = f"Create the queue {name}", {}
    if name.endswith(".fifo"):
        title, attributes = f"Create the FIFO queue {name}", {"FifoQueue": "true"}
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


class QueueCreateStep(CreateStep):
    """CreateQueue."""

    noun, service = "queue", "sqs"
    not_yet = _DELETED_RECENTLY
    taken = ("QueueAlreadyExists", "QueueNameExists")

    def create(self, step: Step, running: Running) -> None:
        name = name_of(step)
        running.connection.call(
            "sqs",
            "create_queue",
            failure=_("Could not create the queue {name}.").format(name=name),
            QueueName=name,
            Attributes=step.args["attributes"],
        )
        running.ctx.sleep(_NOT_USABLE_S)

    def is_empty(self, step: Step, running: Running) -> bool:
        attributes = queue_attributes(running.connection, _arn_of(step))
        return not any(int(attributes.get(name) or 0) for name in _HELD)

    def delete(self, step: Step, running: Running) -> None:
        url = queue_url(running.connection, _arn_of(step))
        running.connection.call("sqs", "delete_queue", failure=_("Could not delete the queue."), QueueUrl=url)


RUNS: Mapping[str, StepRun] = {
    QUEUE_CREATE: QueueCreateStep(),
    BUCKET_CREATE: BucketCreateStep(),
    TOPIC_CREATE: TopicCreateStep(),
    STREAM_CREATE: StreamCreateStep(),
    BUS_CREATE: BusCreateStep(),
    LOG_GROUP_CREATE: LogGroupCreateStep(),
}
