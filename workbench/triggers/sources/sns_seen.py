"""What is read of a topic before it is wired: its subscription of the function, and both regions."""

from workbench.aws.connection import Connection
from workbench.aws.opt_in import opt_in_regions
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers.model import Place, Wiring
from workbench.triggers.sources.bucket_feed import read_feed
from workbench.triggers.sources.dead_letter_queue import read_policy
from workbench.triggers.sources.sns_checks import TopicSeen
from workbench.triggers.subscription import DEAD_LETTER, LAMBDA, PENDING


def read_topic(connection: Connection, wiring: Wiring, ctx: JobContext) -> TopicSeen:
    """Reads a topic.

    Args:
        connection: In the topic's region.
        wiring: What is wanted.
        ctx: The job.

    Raises:
        WorkbenchError: There is no such topic.
        Cancelled: Between calls.
    """
    subscription = "" if wiring.is_new else _subscription(connection, wiring, ctx)
    attributes = {}
    if subscription not in (None, "", PENDING):
        attributes = subscription_attributes(connection, str(subscription))
    ctx.check()
    places = (Place.of(wiring.source_arn).region, Place.of(wiring.function.function_arn).region)
    opt_in = opt_in_regions(connection, places, ctx) if places[0] != places[1] else frozenset()
    dead_letter, feed = (
        read_policy(connection, str(wiring.values.get(DEAD_LETTER) or "")),
        read_feed(connection, wiring, ctx),
    )
    return TopicSeen(subscription, attributes, opt_in, dead_letter, feed)


def subscriptions_of(connection: Connection, topic_arn: str, ctx: JobContext) -> list[dict[str, str]]:
    """All subscriptions of a topic. Raises WorkbenchError, Cancelled."""
    pages = connection.paginate(
        "sns",
        "list_subscriptions_by_topic",
        ctx=ctx,
        failure=f"Could not read the subscriptions of {topic_arn.rpartition(':')[2]}.",
        TopicArn=topic_arn,
    )
    return [each for page in pages for each in page.get("Subscriptions") or ()]


def _subscription(connection: Connection, wiring: Wiring, ctx: JobContext) -> str | None:
    """The ARN of the function's subscription; empty when there is none, None when nobody may know."""
    try:
        listed = subscriptions_of(connection, wiring.source_arn, ctx)
    except WorkbenchError as error:
        if "Authorization" in error.aws_code or "AccessDenied" in error.aws_code:
            return None
        raise
    return next(
        (
            each.get("SubscriptionArn", "")
            for each in listed
            if each.get("Protocol") == LAMBDA and each.get("Endpoint") == wiring.target_arn
        ),
        "",
    )


def subscription_attributes(connection: Connection, subscription_arn: str) -> dict[str, str]:
    """What a subscription is set to. Raises WorkbenchError."""
    answer = connection.call(
        "sns",
        "get_subscription_attributes",
        failure="Could not read the subscription.",
        SubscriptionArn=subscription_arn,
    )
    return dict(answer.get("Attributes") or {})
