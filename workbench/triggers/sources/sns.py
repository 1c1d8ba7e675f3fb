"""Amazon SNS: a topic that a function is subscribed to.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-lambda-as-subscriber.html
"""

from collections.abc import Iterator
from dataclasses import replace

from workbench.aws.arn import Arn
from workbench.aws.connection import Connection
from workbench.aws.opt_in import opt_in_regions
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers import ledgers
from workbench.triggers.explanation import Explanation
from workbench.triggers.finding import Finding
from workbench.triggers.model import (
    Candidate,
    FunctionSeen,
    Place,
    SourceKind,
    TestEvent,
    Trigger,
    WantedGrant,
    Wiring,
)
from workbench.triggers.parameter import Entry, Parameter
from workbench.triggers.sample_message import sample_message
from workbench.triggers.sources import links
from workbench.triggers.sources.bucket_feed import (
    FED_BY,
    feed_parameters,
    feed_steps,
    feeding_bucket,
    removal_steps,
)
from workbench.triggers.sources.s3_rule import bucket_of
from workbench.triggers.sources.sns_checks import PRINCIPAL, TopicSeen, check_topic, principal_of
from workbench.triggers.sources.sns_fifo import MANAGED_POLICY, POLLS, is_fifo, queue_between, queue_steps
from workbench.triggers.sources.sns_seen import read_topic, subscription_attributes, subscriptions_of
from workbench.triggers.sources.source import Source
from workbench.triggers.step import Step
from workbench.triggers.steps.publish import publish_step
from workbench.triggers.steps.subscription import attributes_step, subscribe_step, unsubscribe_step
from workbench.triggers.subscription import (
    BY_ATTRIBUTES,
    BY_BODY,
    DEAD_LETTER,
    FILTER,
    LAMBDA,
    PENDING,
    SCOPE,
    attributes_of,
    values_of,
)
from workbench.triggers.values import check_values

_FILTER_LENGTH = 262_144
"""Bytes of a filter policy. Source: https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html"""


_NO_PAUSE = (
    "Amazon SNS cannot pause a subscription. Remove it and add it again later; "
    "messages in between are not delivered."
)


class SnsSource(Source[TopicSeen]):
    """Subscriptions to a topic."""

    kind = SourceKind.SNS
    title = "Amazon SNS"

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        pages = connection.paginate("sns", "list_topics", ctx=ctx, failure="Could not list the topics.")
        for page in pages:
            for each in page.get("Topics") or ():
                arn = str(each["TopicArn"])
                detail = "FIFO" if is_fifo(arn) else ""
                yield Candidate(self.kind, arn, arn.rpartition(":")[2], Place.of(arn), detail)

    def place(self, connection: Connection, wiring: Wiring, ctx: JobContext) -> Place:
        place = super().place(connection, wiring, ctx)
        arn = Arn.parse(wiring.source_arn)
        if arn.service != "sns" or ":" in arn.resource or not arn.region:
            raise WorkbenchError(
                f"“{wiring.source_arn}” cannot be a trigger.",
                "It is not a topic ARN.",
                "A topic ARN ends with the topic name: arn:aws:sns:eu-central-1:123456789012:orders",
            )
        return place

    def parameters(self, wiring: Wiring) -> tuple[Parameter, ...]:
        return (
            Parameter(
                FILTER,
                "Filter policy",
                Entry.JSON,
                maximum=_FILTER_LENGTH,
                help='Only matching messages invoke the function: {"color": ["red", "green"]}.',
            ),
            Parameter(
                SCOPE,
                "Filter policy scope",
                Entry.CHOICE,
                BY_ATTRIBUTES,
                choices=(BY_ATTRIBUTES, BY_BODY),
                is_open=True,
                help="What the filter policy is applied to: the message's attributes, or its body as JSON.",
            ),
            Parameter(
                DEAD_LETTER,
                "Dead-letter queue",
                Entry.ARN,
                advanced=True,
                help="A standard queue in the topic's account and region for messages that Lambda "
                "does not accept.",
            ),
            *feed_parameters(),
        )

    def observe(self, connection: Connection, wiring: Wiring, ctx: JobContext) -> TopicSeen:
        return read_topic(connection, wiring, ctx)

    def check(self, wiring: Wiring, seen: TopicSeen, function: FunctionSeen) -> tuple[Finding, ...]:
        found = check_topic(wiring, seen, function)
        return (*check_values(self.parameters(wiring), wiring.values), *found)

    def grants(self, wiring: Wiring, seen: TopicSeen) -> tuple[WantedGrant, ...]:
        if is_fifo(wiring.source_arn):
            return ()  # the queue between is polled
        return (_wanted(wiring.source_arn, wiring.function.function_arn, seen.opt_in),)

    def role_actions(self, wiring: Wiring, seen: TopicSeen) -> tuple[tuple[str, str], ...]:
        if not is_fifo(wiring.source_arn):
            return ()
        queue = queue_between(wiring)
        return tuple((action, queue) for action in POLLS)

    def managed_policy(self) -> str:
        return MANAGED_POLICY

    def plan(self, wiring: Wiring, seen: TopicSeen, function: FunctionSeen) -> tuple[Step, ...]:
        if is_fifo(wiring.source_arn):
            return queue_steps(wiring, PRINCIPAL)  # SNS-FIFO asks first
        step = subscribe_step(wiring.source_arn, LAMBDA, wiring.target_arn, attributes_of(wiring.values))
        return (step, *feed_steps(wiring, seen.feed))

    def look_at(self, connection: Connection, trigger: Trigger, ctx: JobContext) -> Trigger:
        """Adds the bucket that feeds it, if wiring let one do so."""
        ctx.check()
        there = connection.in_region(Place.of(trigger.source_arn).region)
        try:
            answer = there.call(
                "sns",
                "get_topic_attributes",
                failure=f"Could not read the topic {trigger.name}.",
                TopicArn=trigger.source_arn,
            )
        except WorkbenchError:
            return trigger
        endpoint = str(trigger.values.get("Endpoint") or "")
        bucket = feeding_bucket(answer.get("Attributes") or {}, trigger.source_arn, endpoint)
        return replace(trigger, values={**trigger.values, FED_BY: bucket}) if bucket else trigger

    def update(self, trigger: Trigger, wiring: Wiring, seen: TopicSeen) -> tuple[Step, ...]:
        if trigger.qualifier == wiring.qualifier and trigger.identity != PENDING:
            return (attributes_step(trigger.identity, attributes_of(wiring.values)),)
        # What a subscription calls cannot be changed: a new one, then the end of the old one.
        new = subscribe_step(wiring.source_arn, LAMBDA, wiring.target_arn, attributes_of(wiring.values))
        return (new, *self.remove(trigger))

    def remove(self, trigger: Trigger) -> tuple[Step, ...]:
        if trigger.identity in ("", PENDING) or "Endpoint" not in trigger.values:
            return ()  # AWS drops what is pending after two days, and offers no way before
        endpoint, bucket = str(trigger.values["Endpoint"]), str(trigger.values.get(FED_BY) or "")
        fed = removal_steps(trigger.source_arn, endpoint, bucket) if bucket else ()
        return (*fed, unsubscribe_step(trigger.identity, LAMBDA, endpoint))

    def find(
        self, connection: Connection, function: FunctionSeen, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        here = connection.region
        found: list[dict[str, str]] = []
        unknown: list[Trigger] = []
        is_listed = True
        try:
            pages = connection.paginate(
                "sns", "list_subscriptions", ctx=ctx, failure="Could not list the subscriptions."
            )
            found = [each for page in pages for each in page.get("Subscriptions") or ()]
        except WorkbenchError:
            if not hints:
                raise
            is_listed = False  # the topics that the policy names are looked at one by one
        for arn in dict.fromkeys(hints):
            if problem := links.names_many(arn):
                unknown += self._unknown(function, arn, problem)
                continue
            if is_listed and Place.of(arn).region == here:
                continue  # its subscriptions are in the listing
            try:
                found += subscriptions_of(connection.in_region(Place.of(arn).region), arn, ctx)
            except WorkbenchError as error:
                if error.aws_code != "NotFound":
                    unknown += self._unknown(function, arn, error)
        triggers = [self._trigger(connection, function, each, ctx) for each in found]
        return (*(trigger for trigger in triggers if trigger is not None), *unknown)

    def _unknown(self, function: FunctionSeen, arn: str, problem: WorkbenchError) -> tuple[Trigger, ...]:
        name = arn.rpartition(":")[2]
        return links.unknown(self.kind, arn, name, links.naming(function, "sns", arn), problem)

    def _trigger(
        self, connection: Connection, function: FunctionSeen, subscription: dict[str, str], ctx: JobContext
    ) -> Trigger | None:
        endpoint, arn = subscription.get("Endpoint", ""), subscription.get("TopicArn", "")
        qualifier = links.qualifier_of(endpoint, function.arns[0])
        if subscription.get("Protocol") != LAMBDA or qualifier is None:
            return None
        ctx.check()
        topic = Place.of(arn)
        there = connection.in_region(topic.region) if topic.region != connection.region else connection
        identity = subscription.get("SubscriptionArn", "")
        state = "Pending confirmation" if identity == PENDING else ""
        attributes = {} if state else subscription_attributes(there, identity)
        opt_in = (
            opt_in_regions(connection, (topic.region, connection.region), ctx)
            if topic.region != connection.region
            else frozenset()
        )
        values = values_of(attributes) | {"Endpoint": endpoint}
        trigger = Trigger(self.kind, arn, arn.rpartition(":")[2], qualifier, identity, state, values=values)
        return links.linked(trigger, [_wanted(arn, function.arns[0], opt_in)], function)

    def test_event(self, trigger: Trigger, mark: str) -> TestEvent | None:
        if trigger.identity in ("", PENDING):
            return None
        policy, scope = (str(trigger.values.get(name) or "") for name in (FILTER, SCOPE))
        message, attributes = sample_message(policy, scope, mark)
        return TestEvent(
            f"Publishes a message to the topic {trigger.name}.",
            (publish_step(trigger.source_arn, message, attributes),),
            mark,
            f"Every subscriber of {trigger.name} whose filter matches receives the message.",
        )

    def explain(self, trigger: Trigger, function: FunctionSeen) -> Explanation:
        name = function.detail.function_name
        dead_letter = str(trigger.values.get(DEAD_LETTER) or "")
        refused = (
            f"Messages that SNS cannot deliver are sent to {dead_letter}."
            if dead_letter
            else ("Messages that SNS cannot deliver are lost: the subscription has no dead-letter queue.")
        )
        principals = [grant.principal for grant in trigger.grants] or [
            principal_of(trigger.source_arn, function.arns[0], frozenset())
        ]
        fed_by = str(trigger.values.get(FED_BY) or "")
        bucket = (f"Bucket {bucket_of(fed_by)}",) if fed_by else ()
        return Explanation(
            ledgers.ASYNC,
            "None: a standard topic delivers in any order, and occasionally more than once.",
            ledgers.upstream_ledger(self.kind),
            ledgers.async_ledger(function),
            f"{ledgers.async_failures(function.failure_arns)} {refused}",
            ledgers.BY_POLICY.format(principal=principals[0]),
            (
                *bucket,
                trigger.name,
                "Lambda's queue",
                f"{name}:{trigger.qualifier}" if trigger.qualifier else name,
                *ledgers.failure_names(function.failure_arns),
            ),
            "The Sandbox needs no permission, delivers only in the topic's region, and does not retry.",
            _NO_PAUSE,
        )


def _wanted(topic_arn: str, function_arn: str, opt_in: frozenset[str]) -> WantedGrant:
    return WantedGrant(principal_of(topic_arn, function_arn, opt_in), topic_arn)
