"""What SNS would refuse, or never deliver. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.triggers.finding import Finding, Fix, FixKind, Severity
from workbench.triggers.grants import grant_step
from workbench.triggers.model import FunctionSeen, Place, SourceKind, WantedGrant, Wiring
from workbench.triggers.policy_eval import Answer, allows
from workbench.triggers.sources.bucket_feed import FeedSeen, check_feed
from workbench.triggers.sources.dead_letter_queue import closed, lets_in, queue_policy
from workbench.triggers.sources.links import naming
from workbench.triggers.sources.sns_fifo import is_fifo, queue_fix
from workbench.triggers.subscription import DEAD_LETTER, FILTER, PENDING, RAW, parsed

PRINCIPAL = "sns.amazonaws.com"
"""Also outside the partition aws. Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html"""


@dataclass(frozen=True, slots=True)
class TopicSeen:
    """What was read of a topic.

    Attributes:
        subscription_arn: Of the function's subscription, PENDING, or empty when there is none; None when
            the subscriptions may not be read.
        attributes: Of that subscription.
        opt_in: Those of the two regions that an account must opt in to.
        dead_letter_policy: Of the chosen dead-letter queue; None when it may not be read.
        feed: The bucket that is to send to the topic; None for none.
    """

    subscription_arn: str | None = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    opt_in: frozenset[str] = frozenset()
    dead_letter_policy: str | None = None
    feed: FeedSeen | None = None


def principal_of(topic_arn: str, function_arn: str, opt_in: frozenset[str]) -> str:
    """Who calls the function. From a region to opt in to, SNS comes by a name of its own.

    Source: https://docs.aws.amazon.com/sns/latest/dg/lambda-prereq.html
    """
    topic, function = Place.of(topic_arn).region, Place.of(function_arn).region
    return f"sns.{topic}.amazonaws.com" if topic != function and topic in opt_in else PRINCIPAL


def check_topic(wiring: Wiring, seen: TopicSeen, function: FunctionSeen) -> list[Finding]:
    """Checks SNS-FIFO, or all others."""
    if is_fifo(wiring.source_arn):
        return [_fifo(wiring, seen), *check_feed(wiring, seen.feed)]
    return [
        *check_feed(wiring, seen.feed),
        *_opt_in(wiring, seen),
        *_principal(wiring, seen, function),
        *_existing(wiring, seen),
        *_values(wiring),
        *_dead_letter(wiring, seen),
    ]


def _names(wiring: Wiring) -> tuple[str, str]:
    topic = wiring.source_arn.rpartition(":")[2]
    name = wiring.function.function_name
    return topic, f"{name}:{wiring.qualifier}" if wiring.qualifier else name


def _fifo(wiring: Wiring, seen: TopicSeen) -> Finding:
    topic, target = _names(wiring)
    here, there = Place.of(wiring.function.function_arn), Place.of(wiring.source_arn)
    fixes: tuple[Fix, ...]
    if here.region == there.region:
        fixes = (queue_fix(wiring),)
    else:
        fixes = (
            Fix(FixKind.SWITCH_REGION, f"Go to {there.region}", region=there.region),
            Fix(FixKind.COPY_FUNCTION, f"Copy the function to {there.region}", region=there.region),
        )
    return Finding(
        "SNS-FIFO",
        Severity.BLOCK,
        f"The topic {topic} is a FIFO topic and cannot invoke {target} directly.",
        "A FIFO topic delivers only to queues. Put a FIFO queue in between to keep the "
        "order; Lambda polls it.",
        fixes,
    )


def _opt_in(wiring: Wiring, seen: TopicSeen) -> list[Finding]:
    topic, target = _names(wiring)
    there, here = Place.of(wiring.source_arn).region, Place.of(wiring.function.function_arn).region
    if there == here or here not in seen.opt_in:
        return []
    kind = "also an opt-in region" if there in seen.opt_in else "a region that is enabled by default"
    return [
        Finding(
            "SNS-OPTIN",
            Severity.BLOCK,
            f"The topic {topic} is in {there}, {kind}; {target} is in {here}, an opt-in region.",
            "SNS does not deliver from another region to a function in an opt-in region.",
            (
                Fix(FixKind.SWITCH_REGION, f"Go to {there}", region=there),
                Fix(FixKind.PICK_FUNCTION, f"Choose a function in {there}", region=there),
                Fix(FixKind.COPY_FUNCTION, f"Copy the function to {there}", region=there),
            ),
        )
    ]


def _principal(wiring: Wiring, seen: TopicSeen, function: FunctionSeen) -> list[Finding]:
    wanted = WantedGrant(
        principal_of(wiring.source_arn, wiring.function.function_arn, seen.opt_in), wiring.source_arn
    )
    others = {
        grant.principal
        for grant in naming(function, "sns", wiring.source_arn)
        if grant.principal != wanted.principal and grant.qualifier == wiring.qualifier
    }
    if not others or allows(function.grants or (), wanted, wiring.qualifier) is Answer.YES:
        return []
    topic, target = _names(wiring)
    step = grant_step(SourceKind.SNS, wanted, wiring.function.function_arn, wiring.qualifier)
    return [
        Finding(
            "SNS-PRINCIPAL",
            Severity.BLOCK,
            f"The policy of {target} allows {', '.join(sorted(others))} for the topic {topic}, "
            f"whose messages come from {wanted.principal}.",
            "SNS uses a region-specific service principal for opt-in regions, and "
            "sns.amazonaws.com for all others.",
            (Fix(FixKind.STEPS, f"Allow {wanted.principal} to invoke it", (step,), is_standard=True),),
        )
    ]


def _existing(wiring: Wiring, seen: TopicSeen) -> list[Finding]:
    topic, target = _names(wiring)
    arn = seen.subscription_arn
    if arn == PENDING:
        return [
            Finding(
                "SNS-PENDING",
                Severity.WARN,
                f"A subscription of {target} to the topic {topic} is waiting for confirmation.",
                "Nothing is delivered until the function's owner confirms it. It is deleted after two days.",
            )
        ]
    if not arn or arn == wiring.identity:
        return []
    return [
        Finding(
            "SNS-EXISTS",
            Severity.WARN,
            f"{target} is already subscribed to the topic {topic}.",
            "SNS keeps one subscription for each topic and function: its attributes would be changed.",
            (Fix(FixKind.OPEN_EXISTING, "Open the existing trigger", text=arn),),
        )
    ]


def _values(wiring: Wiring) -> list[Finding]:
    topic, _ = _names(wiring)
    found = []
    if str(wiring.values.get(RAW) or "").lower() == "true":
        fix = Fix(FixKind.EDIT, "Turn off raw message delivery", values={RAW: None})
        what = f"The topic {topic} cannot use raw message delivery to a function."
        why = (
            "SNS supports it for queues, Firehose and HTTP endpoints; a function always "
            "receives the envelope."
        )
        found.append(Finding("SNS-RAW", Severity.BLOCK, what, why, (fix,)))
    text = str(wiring.values.get(FILTER) or "").strip()
    if text not in ("", "{}") and not parsed(text):
        what = "The filter policy is not a JSON object."
        why = 'It maps keys to the values that they must have: {"color": ["red", "green"]}.'
        found.append(Finding("SNS-FILTER", Severity.BLOCK, what, why))
    return found


def _dead_letter(wiring: Wiring, seen: TopicSeen) -> list[Finding]:
    topic, target = _names(wiring)
    arn = str(wiring.values.get(DEAD_LETTER) or "")
    if not arn:
        return [
            Finding(
                "SNS-DLQ",
                Severity.WARN,
                f"Messages of the topic {topic} that Lambda does not accept for {target} are lost.",
                "The subscription has no dead-letter queue. SNS stops after 100,015 attempts in 23 days.",
            )
        ]
    try:
        queue = Place.of(arn)
    except ValueError:
        queue = Place("", "", "")
    there = Place.of(wiring.source_arn)
    if queue != there or ":sqs:" not in arn or is_fifo(arn):
        return [
            Finding(
                "SNS-DLQ-PLACE",
                Severity.BLOCK,
                f"{arn} cannot be the dead-letter queue of a subscription to the topic {topic}.",
                f"It must be a standard queue in {there.region} in account {there.account_id}, "
                "like the topic.",
            )
        ]
    if lets_in(seen.dead_letter_policy, arn, wiring.source_arn, PRINCIPAL):
        return []
    policy = queue_policy(arn, wiring.source_arn, PRINCIPAL)
    return [closed("SNS-DLQ-POLICY", f"topic {topic}", "failed messages", arn, policy)]
