"""Amazon SQS as an event source: standard queues and FIFO queues."""

import json
from collections.abc import Iterator
from dataclasses import replace

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers import ledgers
from workbench.triggers.explanation import Explanation
from workbench.triggers.finding import Finding
from workbench.triggers.model import Candidate, FunctionSeen, Place, SourceKind, TestEvent, Trigger, Wiring
from workbench.triggers.parameter import Parameter
from workbench.triggers.queues import queue_attributes
from workbench.triggers.records import passes
from workbench.triggers.sources import mapping_parameters as names
from workbench.triggers.sources.filter_checks import check_filters, patterns_of
from workbench.triggers.sources.mapping_source import (
    MappingSource,
    arn_in,
    chosen_of,
    names_of,
    number_of,
    waiting_words,
)
from workbench.triggers.sources.queue_checks import (
    BATCH_DEFAULT,
    check_queue,
    check_settings,
    check_visibility,
    new_visibility_s,
)
from workbench.triggers.sources.queue_seen import QueueSeen, observe_queue, queue_of
from workbench.triggers.step import Step
from workbench.triggers.steps.queue import SEND_MESSAGE
from workbench.triggers.values import check_values

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
            model=ledgers.PULL,
            order="In order within each message group; different groups are processed in parallel."
            if is_fifo
            else "None.",
            source_retries=_comes_again(trigger)
            + (" Its message group waits in the meantime." if is_fifo else ""),
            lambda_retries=f"Lambda does not retry; failed messages stay in the queue. {again}",
            failures=_lands(trigger, dead),
            authorises=ledgers.BY_ROLE,
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
    return f" ({ledgers.duration(retention_s)})" if retention_s else ""


def _ranged(parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """With the usual range of the batch size: of FIFO queues SQS-FIFO-BATCH says it better."""
    usual = {each.name: each.maximum for each in names.batch_parameters(BATCH_DEFAULT)}
    return tuple(replace(each, maximum=usual.get(each.name, each.maximum)) for each in parameters)
