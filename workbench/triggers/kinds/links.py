"""What push sources share: whether source and function agree, dead-letter queues, retry parameters."""

import json
from collections.abc import Sequence
from dataclasses import replace

from workbench.aws.connection import Connection
from workbench.aws.quotas import number_limit
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.triggers.grants import Answer, allows, covers
from workbench.triggers.model import (
    Finding,
    Fix,
    FixKind,
    Link,
    ObservedFunction,
    Severity,
    SourceKind,
    Trigger,
    WantedGrant,
)
from workbench.triggers.parameter import Entry, Parameter
from workbench.triggers.policy import Grant, parse_policy
from workbench.triggers.queues import queue_attributes


def qualifier_of(target_arn: str, function_arn: str) -> str | None:
    """The qualifier in an ARN of the function; None for another function."""
    if target_arn == function_arn:
        return ""
    rest = target_arn.removeprefix(f"{function_arn}:")
    return rest if rest != target_arn and ":" not in rest else None


def linked(trigger: Trigger, wanted: Sequence[WantedGrant], function: ObservedFunction) -> Trigger:
    """A trigger that its source confirmed, with the statements that allow it."""
    if function.grants is None:
        problem = WorkbenchError(
            _("Could not determine whether the function's policy allows this source."),
            _("You do not have permission to read the policy."),
        )
        return replace(trigger, link=Link.UNKNOWN, problem=problem)
    answers = [allows(function.grants, each, trigger.qualifier) for each in wanted]
    grants = tuple(
        grant
        for grant in function.grants
        if not grant.denies
        and any(covers(grant, each, trigger.qualifier) is not Answer.NO for each in wanted)
    )
    if Answer.NO in answers:
        return replace(trigger, link=Link.MISSING_PERMISSION, grants=grants)
    if Answer.UNKNOWN in answers:
        problem = WorkbenchError(
            _("Could not determine whether the function's policy allows this source."),
            _("It has a condition that only AWS can evaluate."),
        )
        return replace(trigger, link=Link.UNKNOWN, grants=grants, problem=problem)
    return replace(trigger, link=Link.LINKED, grants=grants)


def linked_by_one(trigger: Trigger, choices: Sequence[WantedGrant], function: ObservedFunction) -> Trigger:
    """Does what `linked` does for a source that may appear under several names."""
    tried = [linked(trigger, [each], function) for each in choices]
    return next((each for each in tried if each.link is Link.LINKED), tried[0])


def naming(function: ObservedFunction, service: str, source_arn: str) -> tuple[Grant, ...]:
    """The statements that allow a service to invoke the function for this source."""
    return tuple(
        grant
        for grant in function.grants or ()
        if grant.service == service and grant.source_arn == source_arn and not grant.denies
    )


def unknown(
    kind: SourceKind, source_arn: str, name: str, grants: Sequence[Grant], problem: WorkbenchError
) -> tuple[Trigger, ...]:
    """Triggers of a source that may not be read: one per qualifier of `grants`, at least one."""
    return tuple(
        Trigger(
            kind,
            source_arn,
            name,
            qualifier,
            link=Link.UNKNOWN,
            grants=tuple(grant for grant in grants if grant.qualifier == qualifier),
            problem=problem,
        )
        for qualifier in dict.fromkeys(grant.qualifier for grant in grants) or [""]
    )


def names_many(source_arn: str) -> WorkbenchError | None:
    """Why a pattern is not looked up: it may match thousands of resources. None for a single resource."""
    if not {"*", "?"} & set(source_arn):
        return None
    return WorkbenchError(
        _("Could not determine which sources this statement allows."),
        _("It names a pattern ({source_arn}), not one resource.").format(source_arn=source_arn),
        _("A statement that names one resource is safer and can be checked."),
    )


SEND = "sqs:SendMessage"


def queue_policy(queue_arn: str, source_arn: str, principal: str, sid: str = "TopicSends") -> str:
    """A queue policy that lets a topic or a rule send messages."""
    statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": SEND,
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": source_arn}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)


def read_policy(connection: Connection, queue_arn: str) -> str | None:
    """The policy of a queue, empty if it has none; None if it may not be read, or is not a queue's."""
    if ":sqs:" not in queue_arn:
        return None
    try:
        return queue_attributes(connection, queue_arn).get("Policy", "")
    except (WorkbenchError, ValueError):
        return None


def lets_in(policy: str | None, queue_arn: str, source_arn: str, principal: str) -> bool:
    """Whether a policy lets the source send; True also if unknown."""
    if policy is None:
        return True
    try:
        grants = parse_policy(policy, queue_arn) if policy else ()
    except WorkbenchError:
        return True
    return allows(grants, WantedGrant(principal, source_arn, action=SEND), "") is not Answer.NO


def closed(check_id: str, source: str, lost: str, queue_arn: str, policy: str) -> Finding:
    """A finding that the queue's policy does not let the source send.

    Args:
        source: The sender in words ("topic orders").
        lost: What is lost ("failed messages").
        policy: A policy that would let it send.
    """
    return Finding(
        check_id,
        Severity.WARN,
        _("The policy of the queue {queue} does not allow the {source} to send messages to it.").format(
            queue=queue_arn.rpartition(":")[2], source=source
        ),
        _("Without a statement in the queue's policy, {lost} are lost despite the queue.").format(lost=lost),
        (Fix(FixKind.SHOW_POLICY, _("Show the policy for the queue"), text=policy),),
    )


def retry_parameters(service: str, prefix: str, queue_pattern: str) -> tuple[Parameter, ...]:
    """Parameters of a retry policy: attempts, age, dead-letter queue.

    Args:
        service: The service whose model has the ranges.
        prefix: Prefix of the names ("Target."), or empty.
    """
    attempts = number_limit("MaximumRetryAttempts", service)
    age = number_limit("MaximumEventAgeInSeconds", service)
    return (
        Parameter(
            f"{prefix}RetryPolicy.MaximumRetryAttempts",
            _("Retry attempts"),
            Entry.NUMBER,
            attempts.maximum,
            minimum=attempts.minimum,
            maximum=attempts.maximum,
            advanced=True,
            help=_("How many times Lambda is retried when it does not accept the event."),
        ),
        Parameter(
            f"{prefix}RetryPolicy.MaximumEventAgeInSeconds",
            _("Maximum age of event"),
            Entry.NUMBER,
            age.maximum,
            minimum=age.minimum,
            maximum=age.maximum,
            unit="s",
            advanced=True,
        ),
        Parameter(
            f"{prefix}DeadLetterConfig.Arn",
            _("Dead-letter queue"),
            Entry.ARN,
            pattern=queue_pattern,
            advanced=True,
            help=_("A standard queue for events that Lambda did not accept."),
        ),
    )
