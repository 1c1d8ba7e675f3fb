"""Amazon Kinesis: a stream, read with shared throughput or by an enhanced fan-out consumer.

Its steps register and deregister consumers, and put a test record into the stream.
"""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from workbench.aws import quotas
from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.aws.retry import poll
from workbench.core.errors import WorkbenchError, sentences
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.functions.detail import find
from workbench.triggers.filters import json_or_text
from workbench.triggers.kinds import mapping as names
from workbench.triggers.kinds.mapping import (
    BATCH_DEFAULT,
    OWN_PREFIX,
    Existence,
    MappingSource,
    check_stream,
    destination_actions,
    explain_stream,
    paused_note,
)
from workbench.triggers.kinds.source import duration
from workbench.triggers.mappings import customer_key_arn, readers_of
from workbench.triggers.model import (
    Candidate,
    Explanation,
    Finding,
    Findings,
    Location,
    Model,
    ObservedFunction,
    Rule,
    Severity,
    SourceKind,
    Steps,
    Trigger,
    TriggerSpec,
    Values,
    block,
    edit_fix,
    number_of,
    warn,
)
from workbench.triggers.new_sources import Stream
from workbench.triggers.parameter import Parameter, check_values, text_parameter
from workbench.triggers.steps import CREATION, Args, Once, Running, Step, StepRun
from workbench.triggers.test_events import LOGGED, NO_TEXTS, EventField, TestEvent, pattern_fault, texts_of

_READABLE = ("ACTIVE", "UPDATING")
_DEFAULT_CONSUMERS, _MAX_CONSUMERS = 20, 50
"""Maximum of consumers; the second applies to on-demand streams of accounts with "advantage". Source:
RegisterStreamConsumer in Kinesis' service model."""
_RECORD_LIMIT_BYTES, _KEY_LIMIT = 10 * 1024 * 1024, 256
"""Of a record with its partition key, and of the key in characters; a stream may allow less.
Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html"""
_RETENTION = "RetentionPeriodHours"
"""Key of the value that `enrich` adds, by Kinesis's name."""
_RETENTION_DEFAULT_H = 24
"""Source: https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html"""
STREAM_CONSUMER, CONSUMER_DELETE, _PUT_RECORD = "stream consumer", "stream consumer delete", "put record"
_BUSY = (("ResourceInUseException", ""), ("LimitExceededException", ""))
"""Refusals that pass: five consumers can be created at once. Source: RegisterStreamConsumer in Kinesis'
service model."""
_SHARED = "Workbench.ConsumerInUse"


@dataclass(frozen=True, slots=True)
class ObservedStream:
    """A stream, and the consumer that is to read it.

    Attributes:
        retention_h: Retention of records.
        now: When it was read, UTC.
        consumer_name: Name of the consumer; empty for shared throughput.
        consumer_arn: ARN of the consumer; empty if it is to be registered.
        consumers: Number of consumers of the stream.
        mode: "PROVISIONED", "ON_DEMAND" or a later value of AWS.
        key_id: KMS key as ARN, id or alias; empty if the stream is not encrypted.
        readers: The functions that the stream is polled for, with their qualifiers.
    """

    arn: str
    status: str
    retention_h: int
    now: datetime
    consumer_name: str = ""
    consumer_arn: str = ""
    consumer_status: str = ""
    consumers: int = 0
    mode: str = ""
    key_id: str = ""
    readers: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]

    @property
    def key_arn(self) -> str:
        return customer_key_arn(self.key_id, self.arn)


def _check_kinesis(observed: ObservedStream, values: Values, *, is_new: bool) -> Iterator[Finding]:
    """Checks KIN-STATUS, KIN-CONSUMER-LIMIT, KIN-TIMESTAMP, KIN-LATEST and KIN-AGE.

    Args:
        is_new: Whether the trigger is being created: its start position cannot be changed later.
    """
    yield from _status(observed)
    if observed.consumer_name and not observed.consumer_arn:
        yield from _limit(observed)
    if is_new:
        yield from _position(observed, values)
    age_s = number_of(values, names.AGE, -1)
    if age_s > observed.retention_h * 3600 > 0:
        yield warn(
            "KIN-AGE",
            _("The maximum age of record, {age_s}, is longer than the retention period of {stream}.").format(
                age_s=duration(age_s), stream=observed.name
            ),
            _("Records still expire after {retention_h:,} h.").format(retention_h=observed.retention_h),
        )


def _status(observed: ObservedStream) -> Iterator[Finding]:
    if observed.status not in _READABLE:
        yield block(
            "KIN-STATUS",
            _("The stream {stream} is {status}.").format(stream=observed.name, status=observed.status),
            _("Lambda can only read a stream that is ACTIVE."),
        )
    if observed.consumer_arn and observed.consumer_status != "ACTIVE":
        yield block(
            "KIN-STATUS",
            _("The consumer {consumer_name} of {stream} is {consumer_status}.").format(
                consumer_name=observed.consumer_name,
                stream=observed.name,
                consumer_status=observed.consumer_status,
            ),
            _("Lambda can only read through a consumer that is ACTIVE."),
        )


def _limit(observed: ObservedStream) -> Iterator[Finding]:
    if observed.consumers < _DEFAULT_CONSUMERS:
        return
    may_have_more = observed.mode != "PROVISIONED" and observed.consumers < _MAX_CONSUMERS
    yield Finding(
        "KIN-CONSUMER-LIMIT",
        Severity.WARN if may_have_more else Severity.BLOCK,
        _("The stream {stream} has {consumers} consumers.").format(
            stream=observed.name, consumers=observed.consumers
        ),
        _(
            "AWS allows {default_consumers}, or {max_consumers} for streams in an account with "
            "On-demand Advantage."
        ).format(default_consumers=_DEFAULT_CONSUMERS, max_consumers=_MAX_CONSUMERS),
        (edit_fix(_("Use shared throughput, without a consumer"), {names.CONSUMER_NAME: None}),),
    )


def _position(observed: ObservedStream, values: Values) -> Iterator[Finding]:
    if values.get(names.POSITION) == "LATEST":
        yield warn(
            "KIN-LATEST",
            _("Records that are written to {stream} while the trigger starts might be missed.").format(
                stream=observed.name
            ),
            _("Lambda can take several minutes to begin to poll, and LATEST reads from that time on."),
            edit_fix(_("Read all records that are still in the stream"), {names.POSITION: "TRIM_HORIZON"}),
        )
    yield from names.check_start_time("KIN-TIMESTAMP", values, observed.now)


class KinesisSource(MappingSource[ObservedStream]):
    """A stream that Lambda polls, or that a consumer pushes to Lambda."""

    kind = SourceKind("kinesis")
    title, icon = "Kinesis Data Streams", "waves"
    description = _("Records of a stream, in order and in batches.")
    rule = Rule(
        _("stream"),
        _("Amazon Kinesis"),
        Model.PULL,
        account_actions=(
            "kinesis:DescribeStream",
            "kinesis:DescribeStreamSummary",
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:ListShards",
        ),
    )
    arn_service, arn_resource = "kinesis", "stream/"
    sample_event = "kinesis.json"
    new_resource = Stream()
    body = "data"

    def existence(self, arn: Arn) -> Existence:
        if "/consumer/" in arn.resource:
            return Existence("kinesis", "describe_stream_consumer", {"ConsumerARN": str(arn)})
        return Existence("kinesis", "describe_stream_summary", {"StreamARN": str(arn)})

    def compared_record(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        record = super().compared_record(event)["kinesis"]
        return {**record, "data": json_or_text(b64decode(record["data"]).decode("utf-8", "replace"))}

    def arns_of(self, source_arn: str) -> tuple[str, ...]:
        return (source_arn, stream_of(source_arn)[0])

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        for page in connection.paginate(
            "kinesis", "list_streams", ctx=ctx, failure=_("Could not list the streams.")
        ):
            for each in page.get("StreamSummaries") or ():
                arn, status = str(each["StreamARN"]), str(each.get("StreamStatus") or "")
                detail = "" if status == "ACTIVE" else status
                yield Candidate(self.kind, arn, str(each["StreamName"]), Location.of(arn), detail)

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        """The parameters of streams, AT_TIMESTAMP, and the consumer."""
        return (
            *names.start_parameters(quotas.known_values("EventSourcePosition")),
            *names.batch_parameters(BATCH_DEFAULT),
            *names.stream_parameters(),
            text_parameter(
                names.CONSUMER_NAME,
                _("Consumer (enhanced fan-out)"),
                service="kinesis",
                create_only=True,
                help=_(
                    "A consumer reads 2 MB/s from each shard and AWS charges for it; without one, "
                    "all readers share that throughput. A consumer named {own_prefix}… is "
                    "deregistered when its trigger is removed."
                ).format(own_prefix=OWN_PREFIX),
            ),
        )

    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> ObservedStream:
        ctx.check()
        stream_arn, consumer = stream_of(spec.source_arn)
        name = consumer or str(spec.values.get(names.CONSUMER_NAME) or "")
        if spec.is_new:
            now = datetime.now(UTC)
            return ObservedStream(stream_arn, "ACTIVE", _RETENTION_DEFAULT_H, now, name, mode="ON_DEMAND")
        answer = _summary(connection, stream_arn)
        ctx.check()
        found = _described(connection, stream_arn, name) if name else {}
        return ObservedStream(
            stream_arn,
            str(answer.get("StreamStatus") or ""),
            int(answer.get(_RETENTION) or 0),
            datetime.now(UTC),
            name,
            str(found.get("ConsumerARN") or ""),
            str(found.get("ConsumerStatus") or ""),
            int(answer.get("ConsumerCount") or 0),
            str((answer.get("StreamModeDetails") or {}).get("StreamMode") or ""),
            str(answer.get("KeyId") or ""),
            readers_of(connection, spec.source_arn, ctx),
        )

    def check(self, spec: TriggerSpec, observed: ObservedStream, function: ObservedFunction) -> Findings:
        """Checks KIN-*, STR-POISON, ranges and filters."""
        is_new = spec.target_name not in observed.readers
        return (
            *_check_kinesis(observed, spec.values, is_new=is_new),
            *check_values(self.parameters(spec), spec.values),
            *check_stream(spec.values),
            *self.check_filters(spec.values),
        )

    def plan(self, spec: TriggerSpec, observed: ObservedStream) -> Steps:
        """Registers the consumer if needed, then creates the mapping."""
        values = {name: value for name, value in spec.values.items() if name != names.CONSUMER_NAME}
        wanted = replace(spec, values=values)
        if not observed.consumer_name or observed.consumer_arn:
            return (self.create_step(wanted, observed.consumer_arn or observed.arn),)
        register = Step(
            STREAM_CONSUMER,
            _("Register the consumer {consumer_name} of {stream}").format(
                consumer_name=observed.consumer_name, stream=observed.name
            ),
            "kinesis:RegisterStreamConsumer",
            Arn.parse(observed.arn).region,
            {"stream_arn": observed.arn, "consumer_name": observed.consumer_name},
            _("Deregister the consumer"),
        )
        return register, self.create_step(wanted, observed.arn, STREAM_CONSUMER)

    def role_actions(self, spec: TriggerSpec, observed: ObservedStream) -> tuple[tuple[str, str], ...]:
        """Reading the stream or subscribing with the consumer, the key, and the on-failure destination."""
        reading = ("DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards")
        actions = [(f"kinesis:{action}", observed.arn) for action in reading]
        if observed.consumer_name:
            consumer = observed.consumer_arn or f"{observed.arn}/consumer/{observed.consumer_name}:*"
            actions.append(("kinesis:SubscribeToShard", consumer))
        if observed.key_arn:
            actions.append(("kms:Decrypt", observed.key_arn))
        return (*actions, *destination_actions(spec.values, names.ON_FAILURE))

    managed_policy = "AWSLambdaKinesisExecutionRole"

    def remove(self, trigger: Trigger) -> Steps:
        """Deletes the mapping, and deregisters the consumer if Workbench registered it."""
        stream_arn, consumer = stream_of(trigger.source_arn)
        steps = super().remove(trigger)
        if not consumer.startswith(OWN_PREFIX):
            return steps
        deregister = Step(
            CONSUMER_DELETE,
            _("Deregister the consumer {consumer}").format(consumer=consumer),
            "kinesis:DeregisterStreamConsumer",
            Arn.parse(stream_arn).region,
            {"stream_arn": stream_arn, "consumer_name": consumer},
        )
        return (*steps, deregister)

    def enrich(self, connection: Connection, trigger: Trigger, ctx: JobContext) -> Trigger:
        ctx.check()
        try:
            hours = _summary(connection, stream_of(trigger.source_arn)[0]).get(_RETENTION)
        except WorkbenchError:
            return trigger
        return replace(trigger, values={**trigger.values, _RETENTION: hours}) if hours else trigger

    def test_event(self, trigger: Trigger, mark: str, texts: Mapping[str, str] = NO_TEXTS) -> TestEvent:
        stream_arn, __ = stream_of(trigger.source_arn)
        wrong = _("The maximum is {most} characters.").format(most=_KEY_LIMIT)
        fields = (
            EventField("data", _("Data"), self.sample_payload(trigger.values, mark), _RECORD_LIMIT_BYTES),
            EventField(
                "partition_key",
                _("Partition key"),
                mark,
                4 * _KEY_LIMIT,
                is_line=True,
                check=pattern_fault(f".{{1,{_KEY_LIMIT}}}", wrong),
            ),
        )
        sent = texts_of(fields, texts)
        step = Step(
            _PUT_RECORD,
            _("Put a record into {trigger}").format(trigger=trigger.name),
            "kinesis:PutRecord",
            Arn.parse(stream_arn).region,
            {"stream_arn": stream_arn, **sent},
        )
        warning = _("Every reader of the stream receives it, and it remains until it expires.")
        if not self.passes(trigger.values, sent["data"]):
            warning = sentences(warning, _("The trigger's filters do not match such a record."))
        warning = f"{warning} {paused_note(trigger, 'record')}".strip()
        return TestEvent(
            _("Puts a record into {stream}.").format(stream=trigger.name),
            (step,),
            mark,
            warning,
            fields,
            _("The record cannot be deleted: it is in the stream until it expires."),
        )

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        return explain_stream(
            trigger,
            function,
            _("Records with the same partition key are in order within their shard."),
            number_of(trigger.values, _RETENTION, 0) * 3600,
            _("The Sandbox does not support enhanced fan-out."),
        )


def stream_of(arn: str) -> tuple[str, str]:
    """The stream's ARN and the consumer's name, from the ARN of either; the name is empty for a stream."""
    stream_arn, __, consumer = arn.partition("/consumer/")
    return stream_arn, consumer.rpartition(":")[0] or consumer


def _summary(connection: Connection, stream_arn: str) -> dict[str, Any]:
    failure = _("Could not read the stream {stream}.").format(stream=stream_arn.rpartition("/")[2])
    answer = connection.call("kinesis", "describe_stream_summary", failure=failure, StreamARN=stream_arn)
    return dict(answer.get("StreamDescriptionSummary") or {})


def _described(connection: Connection, stream_arn: str, name: str) -> dict[str, Any]:
    """The consumer; empty if the stream has none of that name."""
    request = {"StreamARN": stream_arn, "ConsumerName": name}
    failure = _("Could not find the consumer {name}.").format(name=name)
    answer = find(connection, "describe_stream_consumer", failure, service="kinesis", **request)
    return dict(answer.get("ConsumerDescription") or {})


def _register(args: Args, running: Running) -> Facts:
    """Registers the consumer unless it exists, and waits until it is ACTIVE. Facts: arn."""
    stream_arn, name = args["stream_arn"], args["consumer_name"]
    found = _described(running.connection, stream_arn, name)
    running.note({"was_there": bool(found)})
    if not found:
        request = {"StreamARN": stream_arn, "ConsumerName": name}
        failure = _("Could not register the consumer {name}.").format(name=name)
        running.call("kinesis", "register_stream_consumer", failure, _BUSY, **request)
    return {"arn": _active(stream_arn, name, running)}


def _deregister_new(args: Args, facts: Facts, running: Running) -> None:
    """Deregisters the consumer that this run registered, unless others read with it."""
    if facts.get("was_there") is False:
        _deregister(args["stream_arn"], args["consumer_name"], running)


def _delete_consumer(args: Args, running: Running) -> Facts:
    """Deregisters the consumer unless others read with it. This is not undone: a new one has another ARN."""
    try:
        _deregister(args["stream_arn"], args["consumer_name"], running)
    except WorkbenchError as error:
        if error.aws_code != _SHARED:
            raise
    return {}


def _put_record(args: Args, running: Running) -> Facts:
    """Puts a record. It cannot be deleted; it expires with the retention of the stream."""
    request = {"StreamARN": args["stream_arn"], "PartitionKey": args["partition_key"]}
    failure = _("Could not put a test record.")
    answer = running.call("kinesis", "put_record", failure, Data=args["data"].encode(), **request)
    return {LOGGED: str(answer.get("SequenceNumber", ""))}


def _active(stream_arn: str, name: str, running: Running) -> str:
    """Waits until the consumer is ACTIVE, and returns its ARN."""
    found = poll(
        lambda: _described(running.connection, stream_arn, name),
        lambda found: found.get("ConsumerStatus") == "ACTIVE",
        running.ctx,
        CREATION,
        lambda found: running.ctx.progress(
            0, 0, _("Consumer {name}: {status}").format(name=name, status=_consumer_status(found))
        ),
    )
    if (status := _consumer_status(found)) == "ACTIVE":
        return str(found["ConsumerARN"])
    raise WorkbenchError(
        _("The consumer {name} is still {status}.").format(name=name, status=status),
        _("Kinesis has been working on it for five minutes."),
        _("Check again later."),
        f"ConsumerStatus={status}",
    )


def _deregister(stream_arn: str, name: str, running: Running) -> None:
    found = _described(running.connection, stream_arn, name)
    if not found or found.get("ConsumerStatus") == "DELETING":
        return
    arn = found["ConsumerARN"]
    failure = _("Could not list the event source mappings that use the consumer.")
    if running.listed(
        "lambda", "list_event_source_mappings", failure, "EventSourceMappings", EventSourceArn=arn
    ):
        raise WorkbenchError(
            _("The consumer {name} remains registered.").format(name=name),
            _("An event source mapping uses it."),
            _("Remove that trigger first."),
            _SHARED,
        )
    failure = _("Could not deregister the consumer {name}.").format(name=name)
    running.find("kinesis", "deregister_stream_consumer", failure, _BUSY, ConsumerARN=arn)
    poll(
        lambda: _described(running.connection, stream_arn, name),
        lambda found: not found,
        running.ctx,
        CREATION,
    )


def _consumer_status(consumer: Mapping[str, Any]) -> str:
    return str(consumer.get("ConsumerStatus") or _("not found"))


RUNS: Mapping[str, StepRun] = {
    STREAM_CONSUMER: Once(_register, _deregister_new),
    CONSUMER_DELETE: Once(_delete_consumer),
    _PUT_RECORD: Once(_put_record),
}
