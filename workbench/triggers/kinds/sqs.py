"""The checks of a queue that is to run a function. Pure.

Source of the rules: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
"""

import json
from collections.abc import Iterator
from dataclasses import replace

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers import retry_policy
from workbench.triggers.kinds import mapping as names
from workbench.triggers.kinds.mapping import (
    MappingSource,
    arn_in,
    check_filters,
    chosen_of,
    names_of,
    number_of,
    patterns_of,
    waiting_words,
)
from workbench.triggers.kinds.queue_seen import (
    RETENTION_MOST_S,
    VISIBILITY_MOST_S,
    QueueSeen,
    observe_queue,
    queue_of,
    redrive_policy,
)
from workbench.triggers.model import (
    Candidate,
    Explanation,
    Finding,
    Fix,
    FixKind,
    FunctionSeen,
    Place,
    Severity,
    SourceKind,
    TestEvent,
    Trigger,
    Values,
    Wiring,
)
from workbench.triggers.parameter import Parameter, check_values
from workbench.triggers.queues import queue_attributes
from workbench.triggers.records import passes
from workbench.triggers.retry_policy import duration
from workbench.triggers.step import Step
from workbench.triggers.steps.source_create import queue_create_step
from workbench.triggers.steps.sqs import QUEUE_ATTRIBUTES, SEND_MESSAGE

BATCH_DEFAULT = 10
_FEWEST_RECEIVES = 5
_VISIBILITY_DEFAULT_S = 30
_TIMES = 6
_NAME_MOST = 80
"""Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"""
_WINDOW_BATCH = 10
_POLLERS_AT_FIRST = 5
"""Lambda begins with five batches at once.
Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""


def wanted_visibility_s(timeout_s: int, window_s: int) -> int:
    """The visibility timeout that AWS recommends: six times the function's timeout, and the batch window."""
    return min(_TIMES * timeout_s + window_s, VISIBILITY_MOST_S)


def new_visibility_s(timeout_s: int, values: Values) -> int:
    """The visibility timeout of a queue that is created for a function.

    Args:
        timeout_s: The function's.
        values: Of the mapping.
    """
    return max(_VISIBILITY_DEFAULT_S, wanted_visibility_s(timeout_s, number_of(values, names.WINDOW, 0)))


def check_visibility(
    seen: QueueSeen, function_name: str, timeout_s: int, values: Values
) -> Iterator[Finding]:
    """Checks SQS-VIS-LT and SQS-VIS-6X; also asked before a function's timeout is changed.

    Args:
        seen: The queue.
        function_name: For the sentence.
        timeout_s: The function's, as it is or is going to be.
        values: Of the mapping.
    """
    window_s = number_of(values, names.WINDOW, 0)
    wanted_s = wanted_visibility_s(timeout_s, window_s)
    fix = _set_fix(
        seen,
        f"Set the visibility timeout to {wanted_s:,} s",
        f"Set the visibility timeout of {seen.name} to {wanted_s:,} s",
        {"VisibilityTimeout": str(wanted_s)},
        f"Restore {seen.visibility_s:,} s",
    )
    if seen.visibility_s < timeout_s:
        yield Finding(
            "SQS-VIS-LT",
            Severity.BLOCK,
            f"The visibility timeout of {seen.name} is {seen.visibility_s:,} s, less than the timeout of "
            f"{function_name}, {timeout_s:,} s.",
            "AWS rejects this: messages would be delivered again while the function is still "
            "processing them.",
            (fix,),
        )
    elif seen.visibility_s < wanted_s:
        window = f" and the batch window of {window_s} s" if window_s else ""
        yield Finding(
            "SQS-VIS-6X",
            Severity.WARN,
            f"The visibility timeout of {seen.name} is {seen.visibility_s:,} s; AWS recommends "
            f"{wanted_s:,} s.",
            f"This is six times the timeout of {function_name}, {timeout_s:,} s{window}, which "
            "allows for retries when invocations are throttled.",
            (fix,),
        )


def check_queue(seen: QueueSeen, target: str) -> Iterator[Finding]:
    """Checks SQS-DLQ, SQS-MRC, SQS-RETENTION and SQS-SHARED: what the queue is set to.

    Args:
        seen: The queue.
        target: The function that is wired, with its qualifier ("resize:live").
    """
    if not seen.dead_letter_arn:
        yield Finding(
            "SQS-DLQ",
            Severity.WARN,
            f"The queue {seen.name} has no dead-letter queue.",
            f"A message that always fails is retried until it expires after {duration(seen.retention_s)}.",
            (_dead_letter_fix(seen),),
        )
    elif seen.max_receives < _FEWEST_RECEIVES:
        yield Finding(
            "SQS-MRC",
            Severity.WARN,
            f"Messages of {seen.name} go to the dead-letter queue after {seen.max_receives} receives.",
            f"AWS recommends at least {_FEWEST_RECEIVES}: a throttled invocation also counts as a receive.",
            (
                _set_fix(
                    seen,
                    f"Set the maximum receives to {_FEWEST_RECEIVES}",
                    f"Set the maximum receives of {seen.name} to {_FEWEST_RECEIVES}",
                    {"RedrivePolicy": redrive_policy(seen.dead_letter_arn, _FEWEST_RECEIVES)},
                    f"Restore {seen.max_receives}",
                ),
            ),
        )
    yield from _retention(seen)
    others = sorted(set(seen.readers) - {target})
    if others:
        yield Finding(
            "SQS-SHARED",
            Severity.WARN,
            f"The queue {seen.name} also invokes {', '.join(others)}.",
            "Each message is delivered to only one of them. To deliver to all, use a topic with "
            "one queue for each function.",
        )


def _dead_letter_fix(seen: QueueSeen) -> Fix:
    """A queue beside this one, of the same type, which keeps what fails for as long as AWS does."""
    base = seen.name.removesuffix(".fifo")
    suffix = f"-dlq{'.fifo' if seen.is_fifo else ''}"
    arn = f"{seen.arn.rpartition(':')[0]}:{base[: _NAME_MOST - len(suffix)]}{suffix}"
    title = f"Send messages of {seen.name} to it after {_FEWEST_RECEIVES} receives"
    redrive = {"RedrivePolicy": redrive_policy(arn, _FEWEST_RECEIVES)}
    return Fix(
        FixKind.STEPS,
        f"Create the dead-letter queue {arn.rpartition(':')[2]}",
        (
            queue_create_step(arn, RETENTION_MOST_S),
            _set_step(seen.arn, title, redrive, "Remove the redrive policy"),
        ),
    )


def _retention(seen: QueueSeen) -> Iterator[Finding]:
    if seen.dead_letter_arn and seen.retention_s < seen.max_receives * seen.visibility_s:
        yield Finding(
            "SQS-RETENTION",
            Severity.WARN,
            f"Messages of {seen.name} expire before they reach the dead-letter queue.",
            f"{seen.max_receives} receives at {duration(seen.visibility_s)} each take longer than "
            f"the queue's retention period of {duration(seen.retention_s)}.",
        )
    kept_s = seen.dead_letter_retention_s
    if not seen.is_fifo and kept_s is not None and kept_s <= seen.retention_s < RETENTION_MOST_S:
        dead = seen.dead_letter_arn.rpartition(":")[2]
        yield Finding(
            "SQS-RETENTION",
            Severity.WARN,
            f"The dead-letter queue {dead} does not keep messages longer than {seen.name}.",
            "A message keeps its original age, so it might expire in the dead-letter queue "
            "before it is examined.",
            (
                Fix(
                    FixKind.STEPS,
                    f"Set the retention period of {dead} to {duration(RETENTION_MOST_S)}",
                    (
                        _set_step(
                            seen.dead_letter_arn,
                            f"Set the retention period of {dead} to {duration(RETENTION_MOST_S)}",
                            {"MessageRetentionPeriod": str(RETENTION_MOST_S)},
                            f"Restore {duration(kept_s)}",
                        ),
                    ),
                ),
            ),
        )


def check_settings(wiring: Wiring, seen: QueueSeen) -> Iterator[Finding]:
    """Checks what the mapping is set to: the other ids of SQS."""
    values = wiring.values
    size = number_of(values, names.BATCH_SIZE, BATCH_DEFAULT)
    window_s = number_of(values, names.WINDOW, 0)
    if seen.is_fifo:
        yield from _fifo(seen, size, window_s)
    elif size > _WINDOW_BATCH and window_s < 1:
        yield Finding(
            "SQS-WINDOW",
            Severity.BLOCK,
            f"A batch of {size:,} messages needs a batch window.",
            f"AWS rejects batches of more than {_WINDOW_BATCH} messages without a window of at least 1 s.",
            (
                Fix(FixKind.EDIT, "Set the batch window to 1 s", values={names.WINDOW: 1}),
                Fix(FixKind.EDIT, "Set the batch size to 10", values={names.BATCH_SIZE: _WINDOW_BATCH}),
            ),
        )
    yield from _modes(values)
    if patterns_of(values):
        yield Finding(
            "SQS-FILTER-DELETE",
            Severity.WARN,
            f"Messages of {seen.name} that match no filter are deleted.",
            "They are neither kept in the queue nor sent to its dead-letter queue.",
        )
    if size > 1 and names.PARTIAL not in chosen_of(values, names.RESPONSES):
        yield Finding(
            "SQS-PARTIAL",
            Severity.WARN,
            f"When one message fails, its whole batch of up to {size:,} messages is retried.",
            "With “Report batch item failures”, the function's response lists the messages that failed.",
            (
                Fix(
                    FixKind.EDIT,
                    "Report batch item failures",
                    values={names.RESPONSES: (names.PARTIAL,)},
                ),
            ),
        )
    yield from _concurrency(wiring)


def _fifo(seen: QueueSeen, size: int, window_s: int) -> Iterator[Finding]:
    if size > names.FIFO_BATCH_MOST:
        yield Finding(
            "SQS-FIFO-BATCH",
            Severity.BLOCK,
            f"The FIFO queue {seen.name} cannot send batches of {size:,} messages.",
            f"AWS allows {names.FIFO_BATCH_MOST} for FIFO queues.",
            (
                Fix(
                    FixKind.EDIT,
                    f"Set the batch size to {names.FIFO_BATCH_MOST}",
                    values={names.BATCH_SIZE: names.FIFO_BATCH_MOST},
                ),
            ),
        )
    if window_s:
        yield Finding(
            "SQS-FIFO-WINDOW",
            Severity.BLOCK,
            f"The FIFO queue {seen.name} cannot have a batch window.",
            "AWS supports batch windows for standard queues only.",
            (Fix(FixKind.EDIT, "Remove the batch window", values={names.WINDOW: 0}),),
        )


def _modes(values: Values) -> Iterator[Finding]:
    pollers = [values.get(name) for name in (names.MINIMUM_POLLERS, names.MAXIMUM_POLLERS)]
    if values.get(names.CONCURRENCY) is not None and any(each is not None for each in pollers):
        yield Finding(
            "SQS-MODE-XOR",
            Severity.BLOCK,
            "Maximum concurrency and provisioned pollers cannot be combined.",
            "AWS accepts only one of them.",
            (
                Fix(
                    FixKind.EDIT,
                    "Remove the pollers",
                    values={names.MINIMUM_POLLERS: None, names.MAXIMUM_POLLERS: None},
                ),
                Fix(FixKind.EDIT, "Remove the maximum concurrency", values={names.CONCURRENCY: None}),
            ),
        )


def _concurrency(wiring: Wiring) -> Iterator[Finding]:
    reserved = wiring.function.reserved_concurrency
    if not reserved:  # none, or 0, which FN-CONC0 says
        return
    most = wiring.values.get(names.CONCURRENCY)
    asked = most if isinstance(most, int) else _POLLERS_AT_FIRST
    if asked <= reserved:
        return
    fixes = (
        (
            Fix(
                FixKind.EDIT,
                f"Set the maximum concurrency to {reserved}",
                values={names.CONCURRENCY: reserved},
            ),
        )
        if reserved >= 2  # AWS's least
        else ()
    )
    yield Finding(
        "SQS-CONC",
        Severity.WARN,
        f"The queue can request {asked:,} concurrent invocations; "
        f"{wiring.function.function_name} has {reserved:,} reserved.",
        "Throttled messages count as received, so valid messages end up in the dead-letter queue.",
        fixes,
    )


def _set_fix(seen: QueueSeen, title: str, step_title: str, attributes: dict[str, str], undo: str) -> Fix:
    return Fix(FixKind.STEPS, title, (_set_step(seen.arn, step_title, attributes, undo),))


def _set_step(queue_arn: str, title: str, attributes: dict[str, str], undo: str) -> Step:
    region = queue_arn.split(":")[3]
    args = {"queue_arn": queue_arn, "attributes": attributes}
    return Step(QUEUE_ATTRIBUTES, title, "sqs:SetQueueAttributes", region, args, undo)


_PAGE = 1000
_VISIBILITY, _RETENTION, _RECEIVES, _DEAD = (
    "VisibilityTimeout",
    "MessageRetentionPeriod",
    "maxReceiveCount",
    "deadLetterTargetArn",
)
"""What `look_at` adds to a trigger's values, in SQS's words."""


class SqsSource(MappingSource[QueueSeen]):
    """Queues, which Lambda polls."""

    kind = SourceKind.SQS
    title = "Amazon SQS"

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        """The queues of the region. Raises as the base says."""
        # Asked without a page size, SQS answers a thousand and does not say that there are more.
        pages = connection.paginate(
            "sqs",
            "list_queues",
            ctx=ctx,
            failure="Could not list the queues.",
            PaginationConfig={"PageSize": _PAGE},
        )
        for page in pages:
            for url in page.get("QueueUrls") or ():
                name = str(url).rpartition("/")[2]
                arn = arn_in(connection, "sqs", name)
                detail = "FIFO" if name.endswith(".fifo") else ""
                yield Candidate(self.kind, arn, name, Place.of(arn), detail)

    def parameters(self, wiring: Wiring) -> tuple[Parameter, ...]:
        """A FIFO queue has smaller batches and no window."""
        is_fifo = wiring.source_arn.endswith(".fifo")
        most = names.FIFO_BATCH_MOST if is_fifo else 0
        window = () if is_fifo else (names.window_parameter(),)
        return (*names.batch_parameters(BATCH_DEFAULT, most), *window, *names.queue_scaling_parameters())

    def observe(self, connection: Connection, wiring: Wiring, ctx: JobContext) -> QueueSeen:
        """Reads the queue. Raises as the base says."""
        if wiring.is_new:
            visibility_s = new_visibility_s(wiring.function.timeout_s, wiring.values)
            return QueueSeen(wiring.source_arn, visibility_s)
        return observe_queue(connection, wiring.source_arn, ctx)

    def check(self, wiring: Wiring, seen: QueueSeen, function: FunctionSeen) -> tuple[Finding, ...]:
        """The checks SQS-*, the ranges, the filters."""
        detail = function.detail
        target = ":".join(wiring.target_arn.split(":")[6:])
        return (
            *check_values(_ranged(self.parameters(wiring)), wiring.values),
            *check_visibility(seen, detail.function_name, detail.timeout_s, wiring.values),
            *check_settings(wiring, seen),
            *check_queue(seen, target),
            *check_filters(self.kind, wiring.values),
        )

    def plan(self, wiring: Wiring, seen: QueueSeen, function: FunctionSeen) -> tuple[Step, ...]:
        """One step: the event source mapping."""
        return (self.create_step(wiring, wiring.source_arn),)

    def role_actions(self, wiring: Wiring, seen: QueueSeen) -> tuple[tuple[str, str], ...]:
        """Receiving and deleting messages; the key of an encrypted queue."""
        actions = tuple(
            (action, wiring.source_arn)
            for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
        )
        return (*actions, ("kms:Decrypt", seen.key_arn)) if seen.key_arn else actions

    def managed_policy(self) -> str:
        return "AWSLambdaSQSQueueExecutionRole"

    def look_at(self, connection: Connection, trigger: Trigger, ctx: JobContext) -> Trigger:
        """Adds the queue's visibility timeout, retention and redrive policy."""
        ctx.check()
        try:
            seen = queue_of(trigger.source_arn, queue_attributes(connection, trigger.source_arn))
        except WorkbenchError:
            return trigger
        more: dict[str, object] = {_VISIBILITY: seen.visibility_s, _RETENTION: seen.retention_s}
        if seen.dead_letter_arn:
            more |= {_RECEIVES: seen.max_receives, _DEAD: seen.dead_letter_arn}
        return replace(trigger, values={**trigger.values, **more})

    def test_event(self, trigger: Trigger, mark: str) -> TestEvent:
        """Sends one message."""
        body = json.dumps({"workbench-test": mark})
        message = {"MessageBody": body}
        if trigger.source_arn.endswith(".fifo"):
            message |= {"MessageGroupId": "workbench-test", "MessageDeduplicationId": mark}
        step = Step(
            SEND_MESSAGE,
            f"Send a message to {trigger.name}",
            "sqs:SendMessage",
            trigger.source_arn.split(":")[3],
            {"queue_arn": trigger.source_arn, "message": message},
        )
        warning = waiting_words(trigger, "message")
        if not passes(self.kind, patterns_of(trigger.values), body):
            warning = (
                "The trigger's filters do not match such a message: Lambda will delete it without "
                "invoking the function."
            )
        return TestEvent(f"Sends the message {body} to {trigger.name}.", (step,), mark, warning)

    def explain(self, trigger: Trigger, function: FunctionSeen) -> Explanation:
        """How a queue runs a function."""
        is_fifo = trigger.source_arn.endswith(".fifo")
        dead = str(trigger.values.get(_DEAD) or "")
        again = (
            "Only the messages that the function's response lists are retried."
            if names.PARTIAL in chosen_of(trigger.values, names.RESPONSES)
            else "All messages of the batch are retried when one fails."
        )
        return Explanation(
            model=retry_policy.PULL,
            order="In order within each message group; different groups are processed in parallel."
            if is_fifo
            else "None.",
            source_retries=_comes_again(trigger)
            + (" Its message group waits in the meantime." if is_fifo else ""),
            lambda_retries=f"Lambda does not retry; failed messages stay in the queue. {again}",
            failures=_lands(trigger, dead),
            authorises=retry_policy.BY_ROLE,
            flow=names_of(
                trigger.name, "Lambda's poller", function.detail.function_name, dead.rpartition(":")[2]
            ),
            not_simulated="The Sandbox does not support batch windows and provisioned pollers.",
        )


def _comes_again(trigger: Trigger) -> str:
    visibility_s = number_of(trigger.values, _VISIBILITY, 0)
    receives = number_of(trigger.values, _RECEIVES, 0)
    after = f" after the visibility timeout of {visibility_s:,} s" if visibility_s else ""
    until = f"it was received {receives:,} times" if receives else f"it expires{_kept(trigger)}"
    return f"A message that is not deleted is delivered again{after}, until {until}."


def _lands(trigger: Trigger, dead: str) -> str:
    if dead:
        return f"They are sent to the dead-letter queue {dead}."
    if _VISIBILITY not in trigger.values:
        return "They are sent to the queue's dead-letter queue, if there is one. The queue could not be read."
    return (
        "They are lost: the queue has no dead-letter queue, and deletes a message when it "
        f"expires{_kept(trigger)}."
    )


def _kept(trigger: Trigger) -> str:
    retention_s = number_of(trigger.values, _RETENTION, 0)
    return f" ({retry_policy.duration(retention_s)})" if retention_s else ""


def _ranged(parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """With the usual range of the batch size: of FIFO queues SQS-FIFO-BATCH says it better."""
    usual = {each.name: each.maximum for each in names.batch_parameters(BATCH_DEFAULT)}
    return tuple(replace(each, maximum=usual.get(each.name, each.maximum)) for each in parameters)
