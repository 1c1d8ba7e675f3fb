"""Amazon SNS: a topic to which a function is subscribed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.names import Arn, unqualified
from workbench.aws.regions import opt_in_regions
from workbench.aws.retry import once
from workbench.core.errors import WorkbenchError, sentences
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.triggers.filters import matches
from workbench.triggers.grants import Answer, allows, grant_step
from workbench.triggers.kinds.s3 import bucket_of
from workbench.triggers.kinds.sns_hops import (
    FED_BY,
    MANAGED_POLICY,
    QUEUE_ACTIONS,
    ObservedFeed,
    check_feed,
    feed_parameters,
    feed_steps,
    feeding_bucket,
    is_fifo,
    queue_between,
    queue_fix,
    queue_steps,
    read_feed,
    removal_steps,
)
from workbench.triggers.kinds.source import (
    BY_POLICY,
    Source,
    Upstream,
    closed,
    explain_async,
    lets_in,
    linked,
    names_many,
    naming,
    qualifier_of,
    queue_policy,
    read_policy,
    source_retries,
    unknown,
)
from workbench.triggers.model import (
    Candidate,
    Explanation,
    Finding,
    Findings,
    Fix,
    FixKind,
    Location,
    Model,
    ObservedFunction,
    Rule,
    SourceKind,
    Steps,
    Trigger,
    TriggerSpec,
    Verdict,
    WantedGrant,
    block,
    edit_fix,
    open_fix,
    region_fixes,
    steps_fix,
    warn,
)
from workbench.triggers.new_sources import Topic
from workbench.triggers.parameter import Entry, Parameter, check_values
from workbench.triggers.steps import json_object
from workbench.triggers.steps.sns import (
    BY_ATTRIBUTES,
    BY_BODY,
    DEAD_LETTER,
    FILTER,
    LAMBDA,
    PENDING,
    RAW,
    SCOPE,
    attributes_of,
    attributes_step,
    publish_step,
    read_attributes,
    sample_message,
    subscribe_step,
    unsubscribe_step,
    values_of,
)
from workbench.triggers.test_events import (
    NO_TEXTS,
    EventField,
    TestEvent,
    attributes_fault,
    attributes_field,
    attributes_for_filters,
    texts_of,
)

_MESSAGE_LIMIT_BYTES, _SUBJECT_LIMIT = 1024 * 1024, 100
"""Of a message with its attributes (a topic usually allows 262,144 bytes), and of the subject in characters.
Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""
PRINCIPAL = "sns.amazonaws.com"
"""Also in other partitions than aws. Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html"""


@dataclass(frozen=True, slots=True)
class ObservedTopic:
    """A topic when it was read.

    Attributes:
        subscription_arn: ARN of the function's subscription, or PENDING; empty if there is none; None if the
            subscriptions may not be read.
        opt_in: Those of the two regions that are opt-in regions.
        dead_letter_policy: Policy of the chosen dead-letter queue; None if it may not be read.
        feed: The bucket that is to send to the topic; None if there is none.
    """

    subscription_arn: str | None = ""
    opt_in: frozenset[str] = frozenset()
    dead_letter_policy: str | None = None
    feed: ObservedFeed | None = None


def _principal_of(topic_arn: str, function_arn: str, opt_in: frozenset[str]) -> str:
    """The principal that invokes the function. In opt-in regions, SNS has a regional principal.

    Source: https://docs.aws.amazon.com/sns/latest/dg/lambda-prereq.html
    """
    topic, function = Location.of(topic_arn).region, Location.of(function_arn).region
    return f"sns.{topic}.amazonaws.com" if topic != function and topic in opt_in else PRINCIPAL


def _check_topic(spec: TriggerSpec, observed: ObservedTopic, function: ObservedFunction) -> Iterator[Finding]:
    """Check SNS-FIFO; for a standard topic all others."""
    if is_fifo(spec.source_arn):
        yield _fifo(spec, observed)
        yield from check_feed(spec, observed.feed)
        return
    yield from check_feed(spec, observed.feed)
    yield from _opt_in(spec, observed)
    yield from _principal(spec, observed, function)
    yield from _existing(spec, observed)
    yield from _values(spec)
    yield from _dead_letter(spec, observed)


def _names(spec: TriggerSpec) -> tuple[str, str]:
    topic = spec.source_arn.rpartition(":")[2]
    name = spec.function.function_name
    return topic, f"{name}:{spec.qualifier}" if spec.qualifier else name


def _fifo(spec: TriggerSpec, observed: ObservedTopic) -> Finding:
    topic, target = _names(spec)
    here, there = Location.of(spec.function.function_arn), Location.of(spec.source_arn)
    fixes: tuple[Fix, ...]
    if here.region == there.region:
        fixes = (queue_fix(spec),)
    else:
        fixes = tuple(fix for fix in region_fixes(there.region) if fix.kind is not FixKind.PICK_FUNCTION)
    return block(
        "SNS-FIFO",
        _("The topic {topic} is a FIFO topic and cannot invoke {target} directly.").format(
            topic=topic, target=target
        ),
        _(
            "A FIFO topic delivers only to queues. Put a FIFO queue in between to keep the "
            "order; Lambda polls it."
        ),
        *fixes,
    )


def _opt_in(spec: TriggerSpec, observed: ObservedTopic) -> Iterator[Finding]:
    topic, target = _names(spec)
    there, here = Location.of(spec.source_arn).region, Location.of(spec.function.function_arn).region
    if there == here or here not in observed.opt_in:
        return
    kind = (
        _("also an opt-in region") if there in observed.opt_in else _("a region that is enabled by default")
    )
    yield block(
        "SNS-OPTIN",
        _("The topic {topic} is in {there}, {kind}; {target} is in {here}, an opt-in region.").format(
            topic=topic, there=there, kind=kind, target=target, here=here
        ),
        _("SNS does not deliver from another region to a function in an opt-in region."),
        *region_fixes(there),
    )


def _principal(spec: TriggerSpec, observed: ObservedTopic, function: ObservedFunction) -> Iterator[Finding]:
    wanted = WantedGrant(
        _principal_of(spec.source_arn, spec.function.function_arn, observed.opt_in), spec.source_arn
    )
    others = {
        grant.principal
        for grant in naming(function, "sns", spec.source_arn)
        if grant.principal != wanted.principal and grant.qualifier == spec.qualifier
    }
    if not others or allows(function.grants or (), wanted, spec.qualifier) is Answer.YES:
        return
    topic, target = _names(spec)
    step = grant_step(SnsSource.kind, wanted, spec.function.function_arn, spec.qualifier)
    yield block(
        "SNS-PRINCIPAL",
        _(
            "The policy of {target} allows {names} for the topic {topic}, whose messages come "
            "from {principal}."
        ).format(target=target, names=", ".join(sorted(others)), topic=topic, principal=wanted.principal),
        _(
            "SNS uses a region-specific service principal for opt-in regions, and "
            "sns.amazonaws.com for all others."
        ),
        steps_fix(
            _("Allow {principal} to invoke it").format(principal=wanted.principal), step, is_standard=True
        ),
    )


def _existing(spec: TriggerSpec, observed: ObservedTopic) -> Iterator[Finding]:
    topic, target = _names(spec)
    arn = observed.subscription_arn
    if arn == PENDING:
        yield warn(
            "SNS-PENDING",
            _("A subscription of {target} to the topic {topic} is waiting for confirmation.").format(
                target=target, topic=topic
            ),
            _("Nothing is delivered until the function's owner confirms it. It is deleted after two days."),
        )
        return
    if not arn or arn == spec.identity:
        return
    yield warn(
        "SNS-EXISTS",
        _("{target} is already subscribed to the topic {topic}.").format(target=target, topic=topic),
        _("SNS keeps one subscription for each topic and function: its attributes would be changed."),
        open_fix(arn),
    )


def _values(spec: TriggerSpec) -> Iterator[Finding]:
    topic, __ = _names(spec)
    if str(spec.values.get(RAW) or "").lower() == "true":
        fix = edit_fix(_("Turn off raw message delivery"), {RAW: None})
        what = _("The topic {topic} cannot use raw message delivery to a function.").format(topic=topic)
        why = _(
            "SNS supports it for queues, Firehose and HTTP endpoints; a function always "
            "receives the envelope."
        )
        yield block("SNS-RAW", what, why, fix)
    text = str(spec.values.get(FILTER) or "").strip()
    if text not in ("", "{}") and not json_object(text):
        what = _("The filter policy is not a JSON object.")
        why = _('It maps keys to the values that they must have: {"color": ["red", "green"]}.')
        yield block("SNS-FILTER", what, why)


def _dead_letter(spec: TriggerSpec, observed: ObservedTopic) -> Iterator[Finding]:
    topic, target = _names(spec)
    arn = str(spec.values.get(DEAD_LETTER) or "")
    if not arn:
        yield warn(
            "SNS-DLQ",
            _("Messages of the topic {topic} that Lambda does not accept for {target} are lost.").format(
                topic=topic, target=target
            ),
            _("The subscription has no dead-letter queue. SNS stops after 100,015 attempts in 23 days."),
        )
        return
    try:
        queue = Location.of(arn)
    except ValueError:
        queue = Location("", "", "")
    there = Location.of(spec.source_arn)
    if queue != there or ":sqs:" not in arn or is_fifo(arn):
        yield block(
            "SNS-DLQ-PLACE",
            _("{arn} cannot be the dead-letter queue of a subscription to the topic {topic}.").format(
                arn=arn, topic=topic
            ),
            _("It must be a standard queue in {region} in account {account_id}, like the topic.").format(
                region=there.region, account_id=there.account_id
            ),
        )
        return
    if lets_in(observed.dead_letter_policy, arn, spec.source_arn, PRINCIPAL):
        return
    policy = queue_policy(arn, spec.source_arn, PRINCIPAL)
    yield closed("SNS-DLQ-POLICY", _("topic {topic}").format(topic=topic), _("failed messages"), arn, policy)


def _subscriptions_of(connection: Connection, topic_arn: str, ctx: JobContext) -> list[dict[str, str]]:
    """All subscriptions of a topic. Raises WorkbenchError, Cancelled."""
    pages = connection.paginate(
        "sns",
        "list_subscriptions_by_topic",
        ctx=ctx,
        failure=_("Could not read the subscriptions of {topic}.").format(topic=topic_arn.rpartition(":")[2]),
        TopicArn=topic_arn,
    )
    return [each for page in pages for each in page.get("Subscriptions") or ()]


def _subscriptions_by_function(connection: Connection, ctx: JobContext) -> Mapping[str, list[dict[str, str]]]:
    """The region's subscriptions of functions, by the function's unqualified ARN. Raises WorkbenchError."""

    def read() -> Mapping[str, list[dict[str, str]]]:
        found: dict[str, list[dict[str, str]]] = {}
        failure = _("Could not list the subscriptions.")
        for page in connection.paginate("sns", "list_subscriptions", ctx=ctx, failure=failure):
            for each in page.get("Subscriptions") or ():
                if each.get("Protocol") == LAMBDA:
                    found.setdefault(unqualified(each.get("Endpoint", "")), []).append(each)
        return found

    return once(connection, "subscriptions by function", read)


def _subscription(connection: Connection, spec: TriggerSpec, ctx: JobContext) -> str | None:
    """The ARN of the function's subscription; empty if there is none, None if it may not be read."""
    try:
        listed = _subscriptions_of(connection, spec.source_arn, ctx)
    except WorkbenchError as error:
        if "Authorization" in error.aws_code or "AccessDenied" in error.aws_code:
            return None
        raise
    return next(
        (
            each.get("SubscriptionArn", "")
            for each in listed
            if each.get("Protocol") == LAMBDA and each.get("Endpoint") == spec.target_arn
        ),
        "",
    )


_FILTER_LENGTH = 262_144
"""Maximum size of a filter policy in bytes.
Source: https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html"""


_NO_PAUSE = _(
    "Amazon SNS cannot pause a subscription. Remove it and add it again later; "
    "messages in between are not delivered."
)


class SnsSource(Source[ObservedTopic]):
    """A subscription to a topic."""

    kind = SourceKind("sns")
    title, icon = "Amazon SNS", "bell"
    description = _("Messages that are published to a topic.")
    rule = Rule(_("topic"), _("Amazon SNS"), Model.PUSH_ASYNC, region=Verdict.ALLOW)
    policy_service = "sns"
    new_resource = Topic()
    sample_event = "sns.json"

    def compared_record(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """The message's attributes, unless the filter policy's scope is the body."""
        attributes = super().compared_record(event)["Sns"]["MessageAttributes"]
        return {name: attribute["Value"] for name, attribute in attributes.items()}

    upstream = Upstream(100_015, 23 * 86_400)
    """Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html"""

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        pages = connection.paginate("sns", "list_topics", ctx=ctx, failure=_("Could not list the topics."))
        for page in pages:
            for each in page.get("Topics") or ():
                arn = str(each["TopicArn"])
                detail = "FIFO" if is_fifo(arn) else ""
                yield Candidate(self.kind, arn, arn.rpartition(":")[2], Location.of(arn), detail)

    def location(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> Location:
        location = super().location(connection, spec, ctx)
        arn = Arn.parse(spec.source_arn)
        if arn.service != "sns" or ":" in arn.resource or not arn.region:
            raise WorkbenchError(
                _("“{source_arn}” cannot be a trigger.").format(source_arn=spec.source_arn),
                _("It is not a topic ARN."),
                _("A topic ARN ends with the topic name: arn:aws:sns:eu-central-1:123456789012:orders"),
            )
        return location

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        return (
            Parameter(
                FILTER,
                _("Filter policy"),
                Entry.JSON,
                maximum=_FILTER_LENGTH,
                help=_('Only matching messages invoke the function: {"color": ["red", "green"]}.'),
            ),
            Parameter(
                SCOPE,
                _("Filter policy scope"),
                Entry.CHOICE,
                BY_ATTRIBUTES,
                choices=(BY_ATTRIBUTES, BY_BODY),
                is_open=True,
                help=_(
                    "What the filter policy is applied to: the message's attributes, or its body as JSON."
                ),
            ),
            Parameter(
                DEAD_LETTER,
                _("Dead-letter queue"),
                Entry.ARN,
                advanced=True,
                help=_(
                    "A standard queue in the topic's account and region for messages that Lambda "
                    "does not accept."
                ),
            ),
            *feed_parameters(),
        )

    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> ObservedTopic:
        subscription = "" if spec.is_new else _subscription(connection, spec, ctx)
        ctx.check()
        locations = (Location.of(spec.source_arn).region, Location.of(spec.function.function_arn).region)
        opt_in = opt_in_regions(connection, locations, ctx) if locations[0] != locations[1] else frozenset()
        dead_letter = read_policy(connection, str(spec.values.get(DEAD_LETTER) or ""))
        feed = read_feed(connection, spec, ctx)
        return ObservedTopic(subscription, opt_in, dead_letter, feed)

    def check(self, spec: TriggerSpec, observed: ObservedTopic, function: ObservedFunction) -> Findings:
        found = _check_topic(spec, observed, function)
        return (*check_values(self.parameters(spec), spec.values), *found)

    def grants(self, spec: TriggerSpec, observed: ObservedTopic) -> tuple[WantedGrant, ...]:
        if is_fifo(spec.source_arn):
            return ()  # Lambda polls the queue in between
        return (_wanted(spec.source_arn, spec.function.function_arn, observed.opt_in),)

    def role_actions(self, spec: TriggerSpec, observed: ObservedTopic) -> tuple[tuple[str, str], ...]:
        if not is_fifo(spec.source_arn):
            return ()
        queue = queue_between(spec)
        return tuple((action, queue) for action in QUEUE_ACTIONS)

    managed_policy = MANAGED_POLICY

    def plan(self, spec: TriggerSpec, observed: ObservedTopic) -> Steps:
        if is_fifo(spec.source_arn):
            return queue_steps(spec, PRINCIPAL)  # check SNS-FIFO asks first
        step = subscribe_step(spec.source_arn, LAMBDA, spec.target_arn, attributes_of(spec.values))
        return (step, *feed_steps(spec, observed.feed))

    def enrich(self, connection: Connection, trigger: Trigger, ctx: JobContext) -> Trigger:
        """Adds the bucket that feeds the topic, if Workbench connected one."""
        ctx.check()
        there = connection.in_region(Location.of(trigger.source_arn).region)
        try:
            answer = there.call(
                "sns",
                "get_topic_attributes",
                failure=_("Could not read the topic {trigger}.").format(trigger=trigger.name),
                TopicArn=trigger.source_arn,
            )
        except WorkbenchError:
            return trigger
        endpoint = str(trigger.values.get("Endpoint") or "")
        bucket = feeding_bucket(answer.get("Attributes") or {}, trigger.source_arn, endpoint)
        return replace(trigger, values={**trigger.values, FED_BY: bucket}) if bucket else trigger

    def update(self, trigger: Trigger, spec: TriggerSpec, observed: ObservedTopic) -> Steps:
        if trigger.qualifier == spec.qualifier and trigger.identity != PENDING:
            return (attributes_step(trigger.identity, attributes_of(spec.values)),)
        # The endpoint of a subscription cannot be changed: a new one is created, then the old one is deleted.
        new = subscribe_step(spec.source_arn, LAMBDA, spec.target_arn, attributes_of(spec.values))
        return (new, *self.remove(trigger))

    def remove(self, trigger: Trigger) -> Steps:
        if trigger.identity in ("", PENDING) or "Endpoint" not in trigger.values:
            return ()  # AWS deletes a pending subscription after two days, and offers no way to do so earlier
        endpoint, bucket = str(trigger.values["Endpoint"]), str(trigger.values.get(FED_BY) or "")
        fed = removal_steps(trigger.source_arn, endpoint, bucket) if bucket else ()
        return (*fed, unsubscribe_step(trigger.identity, LAMBDA, endpoint))

    def find(
        self, connection: Connection, function: ObservedFunction, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        here = connection.region
        found: list[dict[str, str]] = []
        unknown: list[Trigger] = []
        is_listed = True
        try:
            found += _subscriptions_by_function(connection, ctx).get(function.arns[0], ())
        except WorkbenchError:
            if not hints:
                raise
            is_listed = False  # the topics that the policy names are read one by one
        for arn in dict.fromkeys(hints):
            if problem := names_many(arn):
                unknown += self._unknown(function, arn, problem)
                continue
            if is_listed and Location.of(arn).region == here:
                continue  # the listing already has its subscriptions
            try:
                found += _subscriptions_of(connection.in_region(Location.of(arn).region), arn, ctx)
            except WorkbenchError as error:
                if error.aws_code != "NotFound":
                    unknown += self._unknown(function, arn, error)
        triggers = [self._trigger(connection, function, each, ctx) for each in found]
        return (*(trigger for trigger in triggers if trigger is not None), *unknown)

    def _unknown(self, function: ObservedFunction, arn: str, problem: WorkbenchError) -> tuple[Trigger, ...]:
        name = arn.rpartition(":")[2]
        return unknown(self.kind, arn, name, naming(function, "sns", arn), problem)

    def _trigger(
        self,
        connection: Connection,
        function: ObservedFunction,
        subscription: dict[str, str],
        ctx: JobContext,
    ) -> Trigger | None:
        endpoint, arn = subscription.get("Endpoint", ""), subscription.get("TopicArn", "")
        qualifier = qualifier_of(endpoint, function.arns[0])
        if subscription.get("Protocol") != LAMBDA or qualifier is None:
            return None
        ctx.check()
        topic = Location.of(arn)
        there = connection.in_region(topic.region)
        identity = subscription.get("SubscriptionArn", "")
        state = _("Pending confirmation") if identity == PENDING else ""
        attributes = {} if state else read_attributes(there, identity)
        opt_in = (
            opt_in_regions(connection, (topic.region, connection.region), ctx)
            if topic.region != connection.region
            else frozenset()
        )
        values = values_of(attributes) | {"Endpoint": endpoint}
        trigger = Trigger(self.kind, arn, arn.rpartition(":")[2], qualifier, identity, state, values=values)
        return linked(trigger, [_wanted(arn, function.arns[0], opt_in)], function)

    def test_event(
        self, trigger: Trigger, mark: str, texts: Mapping[str, str] = NO_TEXTS
    ) -> TestEvent | None:
        if trigger.identity in ("", PENDING):
            return None
        policy, scope = (str(trigger.values.get(name) or "") for name in (FILTER, SCOPE))
        message, attributes = sample_message(policy, scope, mark)
        fields = (
            EventField("message", _("Message"), message, _MESSAGE_LIMIT_BYTES),
            EventField(
                "subject",
                _("Subject"),
                "Workbench test",
                4 * _SUBJECT_LIMIT,
                is_line=True,
                is_optional=True,
                check=_subject_fault,
            ),
            attributes_field(attributes, _MESSAGE_LIMIT_BYTES),
        )
        sent = texts_of(fields, texts)
        warning = _("Every subscriber of {topic} whose filter matches receives the message.").format(
            topic=trigger.name
        )
        if not _is_let_through(policy, scope, sent):
            warning = sentences(warning, _("The subscription's filter policy does not match such a message."))
        return TestEvent(
            _("Publishes a message to the topic {topic}.").format(topic=trigger.name),
            (publish_step(trigger.source_arn, sent["message"], sent["subject"], sent["attributes"]),),
            mark,
            warning,
            fields,
            _("Publishing cannot be undone: SNS has passed the message to the topic's subscribers."),
        )

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        dead_letter = str(trigger.values.get(DEAD_LETTER) or "")
        refused = (
            _("Messages that SNS cannot deliver are sent to {dead_letter}.").format(dead_letter=dead_letter)
            if dead_letter
            else _("Messages that SNS cannot deliver are lost: the subscription has no dead-letter queue.")
        )
        usual = _principal_of(trigger.source_arn, function.arns[0], frozenset())
        principal = trigger.grants[0].principal if trigger.grants else usual
        fed_by = str(trigger.values.get(FED_BY) or "")
        bucket = [_("Bucket {bucket}").format(bucket=bucket_of(fed_by))] if fed_by else []
        return explain_async(
            trigger,
            function,
            _("None: a standard topic delivers in any order, and occasionally more than once."),
            source_retries(self.upstream),
            BY_POLICY.format(principal=principal),
            [*bucket, trigger.name],
            _("The Sandbox needs no permission, delivers only in the topic's region, and does not retry."),
            failures=f"{{}} {refused}",
            no_pause=_NO_PAUSE,
        )


def _subject_fault(text: str) -> str:
    if len(text) > _SUBJECT_LIMIT:
        words = _("{count} characters; the maximum is {max_length}.")
        return words.format(count=f"{len(text):,}", max_length=f"{_SUBJECT_LIMIT:,}")
    return "" if text.isprintable() else _("Line breaks and control characters are not allowed.")


def _is_let_through(policy: str, scope: str, sent: Mapping[str, str]) -> bool:
    """Whether a filter policy lets a message through; True for a policy that this version cannot evaluate."""
    if not json_object(policy):
        return True
    attributes = sent["attributes"]
    if scope != BY_BODY and attributes and attributes_fault(attributes):
        return True  # the fault is shown
    seen = json_object(sent["message"]) if scope == BY_BODY else attributes_for_filters(attributes)
    try:
        return matches(policy, seen)
    except WorkbenchError:
        return True


def _wanted(topic_arn: str, function_arn: str, opt_in: frozenset[str]) -> WantedGrant:
    return WantedGrant(_principal_of(topic_arn, function_arn, opt_in), topic_arn)
