"""What can be connected to a topic: a bucket that publishes to it, and a FIFO queue that is subscribed to it.

A bucket invokes a function of another region through a topic. This takes a notification rule of the bucket
and a statement of the topic's policy; the id of both names the trigger, by which they are found and removed.
SNS does not invoke functions from a FIFO topic: a FIFO queue goes in between.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html and
https://docs.aws.amazon.com/sns/latest/dg/fifo-message-delivery.html
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError, sentences
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.account_resources import bucket_home
from workbench.triggers.kinds import s3
from workbench.triggers.kinds.source import queue_policy
from workbench.triggers.kinds.sqs import SqsSource
from workbench.triggers.model import (
    Findings,
    Fix,
    Location,
    SourceKind,
    Steps,
    TriggerSpec,
    block,
    steps_fix,
)
from workbench.triggers.new_sources import queue_create_step
from workbench.triggers.parameter import Entry as Kind
from workbench.triggers.parameter import Parameter
from workbench.triggers.queues import wanted_visibility_s
from workbench.triggers.steps import QUEUE_ATTRIBUTES, Step
from workbench.triggers.steps.s3 import (
    ALL_CREATED,
    Configuration,
    describe,
    entries,
    notification_step,
    read_configuration,
    wanted_entry,
)
from workbench.triggers.steps.sns import (
    QUEUE,
    attributes_of,
    statements_of,
    subscribe_step,
    topic_policy_step,
)
from workbench_sandbox.rules.notifications import Entry, overlap

FED_BY, FED_EVENTS = "FedBy", "FedEvents"
_RULE = {"Events": FED_EVENTS, "Prefix": "FedPrefix", "Suffix": "FedSuffix"}
"""The parameters of a bucket's rule, and their names here."""
_HOP = "wb-hop-"
_UNCHOSEN = _("If you choose none: {all_created}.").format(all_created=ALL_CREATED)


@dataclass(frozen=True, slots=True)
class ObservedFeed:
    """A bucket when it was read: its region, and its notifications if it is in the topic's region."""

    region: str
    configuration: Configuration = field(default_factory=dict)


def feed_parameters() -> tuple[Parameter, ...]:
    """The bucket, and the parameters of its rule."""
    rules = {each.name: each for each in s3.parameters() if each.name in _RULE}
    return (
        Parameter(
            FED_BY,
            _("Source bucket"),
            Kind.ARN,
            advanced=True,
            create_only=True,
            help=_(
                "A bucket in the topic's region that publishes to the topic. Each message contains "
                "an S3 event."
            ),
        ),
        *(
            replace(
                rules[name],
                name=here,
                label=_("Bucket {label}").format(label=rules[name].label),
                help=sentences(
                    _("Applies to the bucket."),
                    rules[name].help,
                    _UNCHOSEN if here == FED_EVENTS else "",
                ),
                required=False,
                advanced=True,
                create_only=True,
            )
            for name, here in _RULE.items()
        ),
    )


def _is_fed(spec: TriggerSpec) -> bool:
    """Whether a bucket is to feed a new trigger; for an existing one the bucket cannot be changed."""
    return bool(spec.values.get(FED_BY)) and not spec.identity


def read_feed(connection: Connection, spec: TriggerSpec, ctx: JobContext) -> ObservedFeed | None:
    """Reads the bucket; None if there is none.

    Raises:
        WorkbenchError: The text is not the ARN of a bucket, or the bucket does not exist or may not be read.
    """
    if not _is_fed(spec):
        return None
    ctx.check()
    arn, owner = str(spec.values[FED_BY]), Location.of(spec.source_arn).account_id
    bucket = s3.bucket_of(arn)
    if arn.split(":")[2:3] != ["s3"] or not bucket or {"/", ":"} & set(bucket):
        raise WorkbenchError(
            _("“{arn}” cannot publish to a topic.").format(arn=arn),
            _("It is not a bucket ARN."),
            _("A bucket ARN ends with the bucket name: arn:aws:s3:::my-bucket"),
        )
    region = bucket_home(connection, bucket, owner).region
    if region != connection.region:
        return ObservedFeed(region)
    return ObservedFeed(region, read_configuration(connection, bucket, owner))


def check_feed(spec: TriggerSpec, observed: ObservedFeed | None) -> Findings:
    """Checks GEN-REGION, S3-FEED, S3-EVENTS, S3-FILTER and S3-OVERLAP for the bucket. Pure."""
    if observed is None:
        return ()
    bucket, topic = s3.bucket_of(str(spec.values[FED_BY])), spec.source_arn.rpartition(":")[2]
    region = Location.of(spec.source_arn).region
    if observed.region != region:
        what = _("The bucket {bucket} is in {region}; the topic {topic} is in {topic_region}.").format(
            bucket=bucket, region=observed.region, topic=topic, topic_region=region
        )
        why = _("A bucket can only publish to topics in its own region.")
        return (block("GEN-REGION", what, why),)
    if topic.endswith(".fifo"):
        what = _("The topic {topic} is a FIFO topic; the bucket {bucket} cannot publish to it.").format(
            topic=topic, bucket=bucket
        )
        return (block("S3-FEED", what, _("Buckets can only publish to standard topics.")),)
    rule, entry = _rule(spec), _entry(spec)
    found = [replace(each, fixes=()) for each in s3.check_filter(rule)]
    for other in entries(observed.configuration):
        if other.get("Id") != entry["Id"] and overlap(entry, other):
            what = _("The new rule {rule} overlaps {other} of the bucket {bucket}.").format(
                rule=describe(entry), other=describe(other), bucket=bucket
            )
            why = _("S3 rejects two rules that match the same event of one object.")
            found.append(block("S3-OVERLAP", what, why))
    return tuple(found)


def feed_steps(spec: TriggerSpec, observed: ObservedFeed | None) -> Steps:
    """Lets the bucket publish to the topic, then adds its rule: last, when all else is ready. Pure."""
    if observed is None:
        return ()
    arn = str(spec.values[FED_BY])
    entry, owner = _entry(spec), Location.of(spec.source_arn).account_id
    statement = {
        "Sid": entry["Id"],
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": spec.source_arn,
        "Condition": {"ArnLike": {"aws:SourceArn": arn}, "StringEquals": {"aws:SourceAccount": owner}},
    }
    bucket, topic = s3.bucket_of(arn), spec.source_arn.rpartition(":")[2]
    title = _("Allow the bucket {bucket} to publish to the topic {topic}").format(bucket=bucket, topic=topic)
    return (
        topic_policy_step(spec.source_arn, statement, title, on=True),
        notification_step(bucket, observed.region, owner, add=entry),
    )


def removal_steps(topic_arn: str, endpoint: str, bucket_arn: str) -> Steps:
    """Removes the bucket's rule, then the topic's statement. Pure."""
    identity, location = _identity(topic_arn, endpoint, bucket_arn), Location.of(topic_arn)
    bucket, topic = s3.bucket_of(bucket_arn), topic_arn.rpartition(":")[2]
    entry: Entry = {"Id": identity, "TopicArn": topic_arn}
    title = _("Remove the permission of the bucket {bucket} to publish to the topic {topic}").format(
        bucket=bucket, topic=topic
    )
    return (
        notification_step(bucket, location.region, location.account_id, remove=entry),
        topic_policy_step(topic_arn, {"Sid": identity}, title, on=False),
    )


def feeding_bucket(topic_attributes: Mapping[str, Any], topic_arn: str, endpoint: str) -> str:
    """The ARN of the bucket that feeds a trigger, according to the topic's policy; empty if none. Pure."""
    for statement in statements_of(str(topic_attributes.get("Policy") or "")):
        conditions = statement.get("Condition")
        tests = conditions.values() if isinstance(conditions, dict) else ()
        named = [
            str(value)
            for test in tests
            if isinstance(test, dict)
            for key, value in test.items()
            if key.lower() == "aws:sourcearn"
        ]
        for arn in named:
            if statement.get("Sid") == _identity(topic_arn, endpoint, arn):
                return arn
    return ""


def _identity(topic_arn: str, endpoint: str, bucket_arn: str) -> str:
    return _HOP + hashlib.sha256(f"{bucket_arn}|{topic_arn}|{endpoint}".encode()).hexdigest()[:10]


def _rule(spec: TriggerSpec) -> TriggerSpec:
    """The rule of the bucket, as if it invoked the function."""
    values = {name: spec.values[here] for name, here in _RULE.items() if here in spec.values}
    return TriggerSpec(SourceKind("s3"), str(spec.values[FED_BY]), spec.function, spec.qualifier, values)


def _entry(spec: TriggerSpec) -> dict[str, Any]:
    """The rule of the bucket, with the topic as its destination."""
    entry = dict(wanted_entry(_rule(spec)))
    del entry["LambdaFunctionArn"]
    identity = _identity(spec.source_arn, spec.target_arn, str(spec.values[FED_BY]))
    return {**entry, "Id": identity, "TopicArn": spec.source_arn}


_SUFFIX = ".fifo"
QUEUE_ACTIONS = SqsSource.rule.account_actions
"""What the execution role needs for the queue."""
MANAGED_POLICY = SqsSource().managed_policy
_NAME_LENGTH = 80
"""Maximum length of a queue's name, including .fifo.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"""


def is_fifo(topic_arn: str) -> bool:
    """Whether a topic is FIFO, according to its name."""
    return topic_arn.endswith(_SUFFIX)


def queue_between(spec: TriggerSpec) -> str:
    """The ARN of the queue: stable for a specification, in the function's region."""
    location = Location.of(spec.function.function_arn)
    specification_key = f"{spec.source_arn}|{spec.target_arn}"
    tail = f"-{hashlib.sha256(specification_key.encode()).hexdigest()[:10]}{_SUFFIX}"
    topic = spec.source_arn.rpartition(":")[2].removesuffix(_SUFFIX)
    head = f"{topic}-{spec.function.function_name}"[: _NAME_LENGTH - len(tail)]
    return f"arn:{location.partition}:sqs:{location.region}:{location.account_id}:{head}{tail}"


def queue_fix(spec: TriggerSpec) -> Fix:
    """The fix that adds the queue. Its steps are the plan's, after those that the execution role needs."""
    name = queue_between(spec).rpartition(":")[2]
    return steps_fix(_("Put the FIFO queue {name} in between").format(name=name))


def queue_steps(spec: TriggerSpec, principal: str) -> Steps:
    """Creates the queue, its policy, the subscription and the mapping. The trigger is then the queue's."""
    queue_arn = queue_between(spec)
    visibility_s = wanted_visibility_s(spec.function.timeout_s, 0)
    queue_wish = TriggerSpec(SourceKind("sqs"), queue_arn, spec.function, spec.qualifier)
    attributes = {
        "Policy": queue_policy(queue_arn, spec.source_arn, principal),
        "VisibilityTimeout": str(visibility_s),
    }
    region = spec.function.region
    return (
        queue_create_step(queue_arn, visibility_s=visibility_s),
        Step(
            QUEUE_ATTRIBUTES,
            _(
                "Allow the topic to send messages to the queue, and set its visibility timeout to "
                "{visibility_s} s"
            ).format(visibility_s=visibility_s),
            "sqs:SetQueueAttributes",
            region,
            {"queue_arn": queue_arn, "attributes": attributes},
            undo=_("Restore the attributes"),
        ),
        subscribe_step(spec.source_arn, QUEUE, queue_arn, attributes_of(spec.values)),
        SqsSource().create_step(queue_wish, queue_arn),
    )
