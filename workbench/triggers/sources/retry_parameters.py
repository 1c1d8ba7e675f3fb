"""Retry policy and dead-letter queue of a target, of EventBridge's rules and Scheduler alike. Pure."""

from workbench.aws.quotas import number_limit
from workbench.triggers.parameter import Entry, Parameter


def retry_parameters(service: str, prefix: str, queue_pattern: str) -> tuple[Parameter, ...]:
    """Attempts, age, dead-letter queue.

    Args:
        service: Whose model has the ranges.
        prefix: Before the names ("Target."), or nothing.
        queue_pattern: For the queue's ARN.
    """
    attempts = number_limit("MaximumRetryAttempts", service)
    age = number_limit("MaximumEventAgeInSeconds", service)
    return (
        Parameter(
            f"{prefix}RetryPolicy.MaximumRetryAttempts",
            "Retry attempts",
            Entry.NUMBER,
            attempts.maximum,
            minimum=attempts.minimum,
            maximum=attempts.maximum,
            advanced=True,
            help="How many times Lambda is retried when it does not accept the event.",
        ),
        Parameter(
            f"{prefix}RetryPolicy.MaximumEventAgeInSeconds",
            "Maximum age of event",
            Entry.NUMBER,
            age.maximum,
            minimum=age.minimum,
            maximum=age.maximum,
            unit="s",
            advanced=True,
        ),
        Parameter(
            f"{prefix}DeadLetterConfig.Arn",
            "Dead-letter queue",
            Entry.ARN,
            pattern=queue_pattern,
            advanced=True,
            help="A standard queue for events that Lambda did not accept.",
        ),
    )
