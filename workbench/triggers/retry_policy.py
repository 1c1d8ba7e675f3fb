"""Delivery and retries of events, in numbers and in sentences.

Every trigger has two retry policies: what the source does if Lambda does not accept an event, and what Lambda
does if the function fails.
"""

from dataclasses import dataclass

from workbench.core.messages import _, ngettext
from workbench.triggers.model import ObservedFunction, Values

SYNC, ASYNC, PULL = _("Push, synchronous"), _("Push, asynchronous"), _("Pull")
"""The three models, for Explanation.model."""

_ASYNC_PAUSES_S = (60, 120)
"""Pauses before Lambda's first and second retry after an error of the function.
Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"""
_ASYNC_LONGEST_PAUSE_S = 300
"""Longest pause between attempts after throttling (429) or a fault of Lambda (5xx); they start at 1 s.
Source: as above."""

BY_POLICY = _("The function's resource-based policy: it must allow {principal} to invoke the function.")
BY_ROLE = _(
    "The execution role: Lambda uses it to read the source. The function's policy needs no statement."
)
BY_CALLER = _("The caller's IAM policy, or a statement for the caller in the function's policy.")
ON_FAILURE = "DestinationConfig.OnFailure.Destination"


@dataclass(frozen=True, slots=True)
class Upstream:
    """How long a source tries to hand an event to Lambda.

    Attributes:
        attempts: Maximum, including the first; None if AWS documents no number.
        age_s: Maximum age; None if AWS documents none.
    """

    attempts: int | None = None
    age_s: int | None = None


def duration(seconds: int) -> str:
    """A duration as text: "6 h", "1 min", "23 days"."""
    days, rest_s = divmod(seconds, 86_400)
    if days > 1 and not rest_s:
        return ngettext("{count} day", "{count} days", days).format(count=days)
    for size, unit in ((3_600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def source_retries(upstream: Upstream, attempts: int | None = None, age_s: int | None = None) -> str:
    """What a push source does if Lambda does not accept the event.

    Args:
        upstream: The source's defaults.
        attempts: The trigger's setting, without the first attempt; None for the source's default.
        age_s: The trigger's setting; None for the source's default.
    """
    max_attempts = upstream.attempts if attempts is None else attempts + 1
    max_age_s = upstream.age_s if age_s is None else age_s
    if max_attempts == 1:
        return _("None: the source sends one request and returns the response or the error to its caller.")
    if max_attempts and max_age_s:
        text = _(
            "When Lambda does not accept the event, the source retries: up to {attempts:,} attempts for "
            "{age}."
        )
    elif max_attempts:
        text = _("When Lambda does not accept the event, the source retries: up to {attempts:,} attempts.")
    elif max_age_s:
        text = _("When Lambda does not accept the event, the source retries: for {age}.")
    else:
        text = _(
            "When Lambda does not accept the event, the source retries; AWS does not document how often."
        )
    return text.format(attempts=max_attempts, age=duration(max_age_s or 0))


def async_invoke_retries(function: ObservedFunction) -> str:
    """What Lambda does with an asynchronous event, with the function's own settings."""
    retries, age_s = function.async_retries, function.async_age_s
    first, second = map(duration, _ASYNC_PAUSES_S)
    errors = (
        _("After a function error: no retry."),
        _("After a function error: 1 retry (after {first}).").format(first=first),
        _("After a function error: 2 retries (after {first} and after {second}).").format(
            first=first, second=second
        ),
    )[retries]
    return _(
        "{errors} When the function is throttled or Lambda has an error: retries for up to "
        "{age_s}, with pauses of 1 s to {async_longest_pause_s}."
    ).format(errors=errors, age_s=duration(age_s), async_longest_pause_s=duration(_ASYNC_LONGEST_PAUSE_S))


def sync_invoke_retries() -> str:
    """What Lambda does when a synchronous invocation fails."""
    return _("None: the error is the response. The caller decides whether to retry.")


def stream_retries(values: Values, *, kept_s: int | None = None) -> str:
    """What Lambda does if the function fails on a batch of a stream.

    Args:
        values: The mapping's (MaximumRetryAttempts, MaximumRecordAgeInSeconds, BisectBatchOnFunctionError).
        kept_s: Retention of the stream; None if unknown.
    """
    retries, age_s = _number(values, "MaximumRetryAttempts"), _number(values, "MaximumRecordAgeInSeconds")
    bounds = [
        ngettext("up to {count:,} retry", "up to {count:,} retries", retries).format(count=retries)
        if retries >= 0
        else "",
        _("until a record is {age_s} old").format(age_s=duration(age_s)) if age_s >= 0 else "",
    ]
    kept = f" ({duration(kept_s)})" if kept_s else ""
    until = ", ".join(filter(None, bounds)) or _("until it succeeds or its records expire{kept}").format(
        kept=kept
    )
    halves = _(" A failed batch is split in two.") if values.get("BisectBatchOnFunctionError") else ""
    if retries == 0:
        return _("None: a failed batch is not retried.{halves}").format(halves=halves)
    return _("The same batch is retried {until}; its shard or partition waits.{halves}").format(
        until=until, halves=halves
    )


def _number(values: Values, name: str) -> int:
    value = values.get(name)
    return value if isinstance(value, int) else -1


def async_failures(failure_arns: tuple[str, ...] | None) -> str:
    """What happens to an asynchronous event that never succeeds.

    Args:
        failure_arns: OnFailure destination and dead-letter queue of the function; None if unknown.
    """
    if failure_arns is None:
        return _("Unknown: the function's on-failure destination and dead-letter queue could not be read.")
    if failure_arns:
        return _("They are sent to {names}.").format(names=" and ".join(failure_arns))
    return _("Failed events are lost: no on-failure destination or dead-letter queue is configured.")


def mapping_failures(values: Values) -> str:
    """What happens to a batch of an event source mapping that never succeeds."""
    if arn := values.get(ON_FAILURE):
        return _("Details of the batch are sent to {arn}.").format(arn=arn)
    return _(
        "Failed batches are skipped when retries end: the event source mapping has no on-failure destination."
    )


def failure_names(failure_arns: tuple[str, ...] | None) -> tuple[str, ...]:
    """The names of failure destinations, for the end of the diagram."""
    return tuple(arn.rpartition(":")[2] for arn in failure_arns or ())
