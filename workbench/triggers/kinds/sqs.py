"""Amazon SQS: standard and FIFO queues, and what a longer timeout of a function means for them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.core.errors import WorkbenchError, sentences
from workbench.core.jobs import JobContext
from workbench.core.messages import _, ngettext
from workbench.functions.model import FunctionDetail
from workbench.triggers.filters import json_or_text
from workbench.triggers.kinds import mapping as names
from workbench.triggers.kinds.mapping import (
    BY_ROLE,
    Existence,
    MappingSource,
    arn_in,
    names_of,
    patterns_of,
    paused_note,
)
from workbench.triggers.kinds.source import PULL, duration
from workbench.triggers.mappings import mappings_of, trigger_of
from workbench.triggers.model import (
    Candidate,
    Explanation,
    Finding,
    Findings,
    Fix,
    Location,
    Model,
    ObservedFunction,
    Rule,
    Severity,
    SourceKind,
    Steps,
    Trigger,
    TriggerSpec,
    Values,
    block,
    chosen_of,
    edit_fix,
    number_of,
    steps_fix,
    warn,
)
from workbench.triggers.new_sources import Queue, queue_create_step
from workbench.triggers.parameter import Parameter, check_values
from workbench.triggers.queues import (
    MAX_RETENTION_S,
    SEND_MESSAGE,
    ObservedQueue,
    new_visibility_s,
    observe_queue,
    queue_attributes,
    queue_of,
    redrive_policy,
    wanted_visibility_s,
)
from workbench.triggers.steps import QUEUE_ATTRIBUTES, Step
from workbench.triggers.test_events import (
    NO_TEXTS,
    EventField,
    TestEvent,
    attributes_field,
    pattern_fault,
    texts_of,
)

BATCH_DEFAULT = 10
_MIN_RECEIVES = 5
_MESSAGE_LIMIT_BYTES = 1024 * 1024
"""Of a message with its attributes; a queue may allow less.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""
_FIFO = ("MessageGroupId", "MessageDeduplicationId")
_MAX_NAME_LENGTH = 80
"""Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"""
_WINDOW_BATCH = 10
_POLLERS_AT_FIRST = 5
"""Lambda starts with five concurrent batches.
Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""
_PAGE = 1000
_VISIBILITY, _RETENTION, _RECEIVES, _DEAD = (
    "VisibilityTimeout",
    "MessageRetentionPeriod",
    "maxReceiveCount",
    "deadLetterTargetArn",
)
"""Keys of the values that `enrich` adds, by SQS's names."""
_REDELIVERED = _(
    "Messages would be delivered again while the function is still processing them. AWS rejects a new "
    "trigger with these timeouts, and may reject this change too."
)


def check_visibility(
    observed: ObservedQueue, function_name: str, timeout_s: int, values: Values
) -> Iterator[Finding]:
    """Checks SQS-VIS-LT and SQS-VIS-6X; also used before a function's timeout is changed.

    Args:
        timeout_s: The current or future timeout of the function.
    """
    window_s = number_of(values, names.WINDOW, 0)
    wanted_s = wanted_visibility_s(timeout_s, window_s)
    fix = _set_fix(
        observed,
        _("Set the visibility timeout to {wanted_s:,} s").format(wanted_s=wanted_s),
        _("Set the visibility timeout of {queue} to {wanted_s:,} s").format(
            queue=observed.name, wanted_s=wanted_s
        ),
        {"VisibilityTimeout": str(wanted_s)},
        _("Restore {visibility_s:,} s").format(visibility_s=observed.visibility_s),
    )
    if observed.visibility_s < timeout_s:
        yield block(
            "SQS-VIS-LT",
            _(
                "The visibility timeout of {queue} is {visibility_s:,} s, less than the "
                "timeout of {function_name}, {timeout_s:,} s."
            ).format(
                queue=observed.name,
                visibility_s=observed.visibility_s,
                function_name=function_name,
                timeout_s=timeout_s,
            ),
            _(
                "AWS rejects this: messages would be delivered again while the function is still "
                "processing them."
            ),
            fix,
        )
    elif observed.visibility_s < wanted_s:
        why = (
            _(
                "This is six times the timeout of {function_name}, {timeout_s:,} s and the batch window of "
                "{window_s} s, which allows for retries when invocations are throttled."
            )
            if window_s
            else _(
                "This is six times the timeout of {function_name}, {timeout_s:,} s, which allows for retries "
                "when invocations are throttled."
            )
        )
        yield warn(
            "SQS-VIS-6X",
            _(
                "The visibility timeout of {queue} is {visibility_s:,} s; AWS recommends {wanted_s:,} s."
            ).format(queue=observed.name, visibility_s=observed.visibility_s, wanted_s=wanted_s),
            why.format(function_name=function_name, timeout_s=timeout_s, window_s=window_s),
            fix,
        )


def _check_queue(observed: ObservedQueue, target: str) -> Iterator[Finding]:
    """Checks SQS-DLQ, SQS-MRC, SQS-RETENTION and SQS-SHARED: the settings of the queue.

    Args:
        target: The function that is invoked, with its qualifier ("resize:live").
    """
    if not observed.dead_letter_arn:
        yield warn(
            "SQS-DLQ",
            _("The queue {queue} has no dead-letter queue.").format(queue=observed.name),
            _("A message that always fails is retried until it expires after {retention_s}.").format(
                retention_s=duration(observed.retention_s)
            ),
            _dead_letter_fix(observed),
        )
    elif observed.max_receives < _MIN_RECEIVES:
        yield warn(
            "SQS-MRC",
            _("Messages of {queue} go to the dead-letter queue after {max_receives} receives.").format(
                queue=observed.name, max_receives=observed.max_receives
            ),
            _(
                "AWS recommends at least {min_receives}: a throttled invocation also counts as a receive."
            ).format(min_receives=_MIN_RECEIVES),
            _set_fix(
                observed,
                _("Set the maximum receives to {min_receives}").format(min_receives=_MIN_RECEIVES),
                _("Set the maximum receives of {queue} to {min_receives}").format(
                    queue=observed.name, min_receives=_MIN_RECEIVES
                ),
                {"RedrivePolicy": redrive_policy(observed.dead_letter_arn, _MIN_RECEIVES)},
                _("Restore {max_receives}").format(max_receives=observed.max_receives),
            ),
        )
    yield from _retention(observed)
    others = sorted(set(observed.readers) - {target})
    if others:
        yield warn(
            "SQS-SHARED",
            _("The queue {queue} also invokes {names}.").format(queue=observed.name, names=", ".join(others)),
            _(
                "Each message is delivered to only one of them. To deliver to all, use a topic with "
                "one queue for each function."
            ),
        )


def _dead_letter_fix(observed: ObservedQueue) -> Fix:
    """Creates a queue of the same type in the same region, with the longest retention."""
    base = observed.name.removesuffix(".fifo")
    suffix = f"-dlq{'.fifo' if observed.is_fifo else ''}"
    arn = f"{observed.arn.rpartition(':')[0]}:{base[: _MAX_NAME_LENGTH - len(suffix)]}{suffix}"
    title = _("Send messages of {queue} to it after {min_receives} receives").format(
        queue=observed.name, min_receives=_MIN_RECEIVES
    )
    redrive = {"RedrivePolicy": redrive_policy(arn, _MIN_RECEIVES)}
    return steps_fix(
        _("Create the dead-letter queue {queue}").format(queue=arn.rpartition(":")[2]),
        queue_create_step(arn, MAX_RETENTION_S),
        _set_step(observed.arn, title, redrive, _("Remove the redrive policy")),
    )


def _retention(observed: ObservedQueue) -> Iterator[Finding]:
    if observed.dead_letter_arn and observed.retention_s < observed.max_receives * observed.visibility_s:
        yield warn(
            "SQS-RETENTION",
            _("Messages of {queue} expire before they reach the dead-letter queue.").format(
                queue=observed.name
            ),
            _(
                "{max_receives} receives at {visibility_s} each take longer than the queue's "
                "retention period of {retention_s}."
            ).format(
                max_receives=observed.max_receives,
                visibility_s=duration(observed.visibility_s),
                retention_s=duration(observed.retention_s),
            ),
        )
    kept_s = observed.dead_letter_retention_s
    if not observed.is_fifo and kept_s is not None and kept_s <= observed.retention_s < MAX_RETENTION_S:
        dead = observed.dead_letter_arn.rpartition(":")[2]
        yield warn(
            "SQS-RETENTION",
            _("The dead-letter queue {dead} does not keep messages longer than {queue}.").format(
                dead=dead, queue=observed.name
            ),
            _(
                "A message keeps its original age, so it might expire in the dead-letter queue "
                "before it is examined."
            ),
            steps_fix(
                _("Set the retention period of {dead} to {max_retention_s}").format(
                    dead=dead, max_retention_s=duration(MAX_RETENTION_S)
                ),
                _set_step(
                    observed.dead_letter_arn,
                    _("Set the retention period of {dead} to {max_retention_s}").format(
                        dead=dead, max_retention_s=duration(MAX_RETENTION_S)
                    ),
                    {"MessageRetentionPeriod": str(MAX_RETENTION_S)},
                    _("Restore {kept_s}").format(kept_s=duration(kept_s)),
                ),
            ),
        )


def _check_settings(spec: TriggerSpec, observed: ObservedQueue) -> Iterator[Finding]:
    """The checks of the mapping's settings."""
    values = spec.values
    size = number_of(values, names.BATCH_SIZE, BATCH_DEFAULT)
    window_s = number_of(values, names.WINDOW, 0)
    if observed.is_fifo:
        yield from _fifo(observed, size, window_s)
    elif size > _WINDOW_BATCH and window_s < 1:
        yield block(
            "SQS-WINDOW",
            _("A batch of {size:,} messages needs a batch window.").format(size=size),
            _(
                "AWS rejects batches of more than {window_batch} messages without a window of at least 1 s."
            ).format(window_batch=_WINDOW_BATCH),
            edit_fix(_("Set the batch window to 1 s"), {names.WINDOW: 1}),
            edit_fix(_("Set the batch size to 10"), {names.BATCH_SIZE: _WINDOW_BATCH}),
        )
    yield from _modes(values)
    if patterns_of(values):
        yield warn(
            "SQS-FILTER-DELETE",
            _("Messages of {queue} that match no filter are deleted.").format(queue=observed.name),
            _("They are neither kept in the queue nor sent to its dead-letter queue."),
        )
    if size > 1 and names.PARTIAL not in chosen_of(values, names.RESPONSES):
        yield warn(
            "SQS-PARTIAL",
            _("When one message fails, its whole batch of up to {size:,} messages is retried.").format(
                size=size
            ),
            _("With “Report batch item failures”, the function's response lists the messages that failed."),
            edit_fix(_("Report batch item failures"), {names.RESPONSES: (names.PARTIAL,)}),
        )
    yield from _concurrency(spec)


def _fifo(observed: ObservedQueue, size: int, window_s: int) -> Iterator[Finding]:
    if size > names.FIFO_BATCH_MOST:
        yield block(
            "SQS-FIFO-BATCH",
            _("The FIFO queue {queue} cannot send batches of {size:,} messages.").format(
                queue=observed.name, size=size
            ),
            _("AWS allows {fifo_batch_most} for FIFO queues.").format(fifo_batch_most=names.FIFO_BATCH_MOST),
            edit_fix(
                _("Set the batch size to {fifo_batch_most}").format(fifo_batch_most=names.FIFO_BATCH_MOST),
                {names.BATCH_SIZE: names.FIFO_BATCH_MOST},
            ),
        )
    if window_s:
        yield block(
            "SQS-FIFO-WINDOW",
            _("The FIFO queue {queue} cannot have a batch window.").format(queue=observed.name),
            _("AWS supports batch windows for standard queues only."),
            edit_fix(_("Remove the batch window"), {names.WINDOW: 0}),
        )


def _modes(values: Values) -> Iterator[Finding]:
    pollers = [values.get(name) for name in (names.MINIMUM_POLLERS, names.MAXIMUM_POLLERS)]
    if values.get(names.CONCURRENCY) is not None and any(each is not None for each in pollers):
        yield block(
            "SQS-MODE-XOR",
            _("Maximum concurrency and provisioned pollers cannot be combined."),
            _("AWS accepts only one of them."),
            edit_fix(_("Remove the pollers"), {names.MINIMUM_POLLERS: None, names.MAXIMUM_POLLERS: None}),
            edit_fix(_("Remove the maximum concurrency"), {names.CONCURRENCY: None}),
        )


def _concurrency(spec: TriggerSpec) -> Iterator[Finding]:
    reserved = spec.function.reserved_concurrency
    if not reserved:  # unset; or 0, which FN-CONC0 reports
        return
    most = spec.values.get(names.CONCURRENCY)
    asked = most if isinstance(most, int) else _POLLERS_AT_FIRST
    if asked <= reserved:
        return
    fixes = (
        (
            edit_fix(
                _("Set the maximum concurrency to {reserved}").format(reserved=reserved),
                {names.CONCURRENCY: reserved},
            ),
        )
        if reserved >= 2  # AWS's minimum
        else ()
    )
    yield warn(
        "SQS-CONC",
        _(
            "The queue can request {asked:,} concurrent invocations; {function_name} has "
            "{reserved:,} reserved."
        ).format(asked=asked, function_name=spec.function.function_name, reserved=reserved),
        _("Throttled messages count as received, so valid messages end up in the dead-letter queue."),
        *fixes,
    )


def _set_fix(
    observed: ObservedQueue, title: str, step_title: str, attributes: dict[str, str], undo: str
) -> Fix:
    return steps_fix(title, _set_step(observed.arn, step_title, attributes, undo))


def _set_step(queue_arn: str, title: str, attributes: dict[str, str], undo: str) -> Step:
    region = queue_arn.split(":")[3]
    args = {"queue_arn": queue_arn, "attributes": attributes}
    return Step(QUEUE_ATTRIBUTES, title, "sqs:SetQueueAttributes", region, args, undo)


def _fifo_fields(mark: str) -> tuple[EventField, ...]:
    """The texts that a message of a FIFO queue has in addition. Their names are those of SendMessage."""
    wrong = _("Use letters without accents, digits and punctuation, without spaces.")
    group, deduplication = _FIFO
    return tuple(
        EventField(name, label, sample, 128, is_line=True, check=pattern_fault("[!-~]+", wrong))
        for name, label, sample in (
            (group, _("Message group ID"), "workbench-test"),
            (deduplication, _("Deduplication ID"), mark),
        )
    )


_character_fault = pattern_fault(
    r"[\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*",
    _("SQS takes no control characters except tabs and line breaks."),
)


class SqsSource(MappingSource[ObservedQueue]):
    """A queue that Lambda polls."""

    kind = SourceKind("sqs")
    title, icon = "Amazon SQS", "inbox"
    description = _("Messages of a standard or FIFO queue, in batches.")
    rule = Rule(
        _("queue"),
        _("Amazon SQS"),
        Model.PULL,
        account_actions=("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    )
    arn_service, arn_resource = "sqs", ""
    sample_event = "sqs.json"
    new_resource = Queue()
    body, takes_text = "body", True
    removal_text = " ".join(
        (
            MappingSource.removal_text,
            _("Its settings and the dead-letter queue that was created for it are kept too."),
        )
    )
    throttled = _("Until then, messages are received and throttled. They can go to the dead-letter queue.")

    def existence(self, arn: Arn) -> Existence:
        gone = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
        return Existence("sqs", "get_queue_url", {"QueueName": arn.resource}, gone)

    def compared_record(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        record = super().compared_record(event)
        return {**record, "body": json_or_text(str(record.get("body", "")))}

    def never_matches(self, pattern: str) -> str:
        if all(name in ("body", "$or") for name in json.loads(pattern)):
            return ""
        return _("Filters of a queue can only match the message's “body”.")

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        # Without a page size, SQS answers a thousand queues and does not say that there are more.
        pages = connection.paginate(
            "sqs",
            "list_queues",
            ctx=ctx,
            failure=_("Could not list the queues."),
            PaginationConfig={"PageSize": _PAGE},
        )
        for page in pages:
            for url in page.get("QueueUrls") or ():
                name = str(url).rpartition("/")[2]
                arn = arn_in(connection, "sqs", name)
                detail = "FIFO" if name.endswith(".fifo") else ""
                yield Candidate(self.kind, arn, name, Location.of(arn), detail)

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        """A FIFO queue has smaller batches and no window."""
        is_fifo = spec.source_arn.endswith(".fifo")
        most = names.FIFO_BATCH_MOST if is_fifo else 0
        window = () if is_fifo else (names.window_parameter(),)
        more = _("Cannot be combined with maximum concurrency.")
        scaling = (
            names.concurrency_parameter(),
            *names.poller_parameters(names.SQS_POLLERS_LEAST, more),
        )
        return (*names.batch_parameters(BATCH_DEFAULT, most), *window, *scaling)

    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> ObservedQueue:
        if spec.is_new:
            visibility_s = new_visibility_s(spec.function.timeout_s, number_of(spec.values, names.WINDOW, 0))
            return ObservedQueue(spec.source_arn, visibility_s)
        return observe_queue(connection, spec.source_arn, ctx)

    def check(self, spec: TriggerSpec, observed: ObservedQueue, function: ObservedFunction) -> Findings:
        """Checks SQS-*, ranges and filters."""
        detail = function.detail
        return (
            *check_values(_ranged(self.parameters(spec)), spec.values),
            *check_visibility(observed, detail.function_name, detail.timeout_s, spec.values),
            *_check_settings(spec, observed),
            *_check_queue(observed, spec.target_name),
            *self.check_filters(spec.values),
        )

    def plan(self, spec: TriggerSpec, observed: ObservedQueue) -> Steps:
        return (self.create_step(spec, spec.source_arn),)

    def role_actions(self, spec: TriggerSpec, observed: ObservedQueue) -> tuple[tuple[str, str], ...]:
        """Receiving and deleting messages, and the key of an encrypted queue."""
        actions = tuple(
            (action, spec.source_arn)
            for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
        )
        return (*actions, ("kms:Decrypt", observed.key_arn)) if observed.key_arn else actions

    managed_policy = "AWSLambdaSQSQueueExecutionRole"

    def enrich(self, connection: Connection, trigger: Trigger, ctx: JobContext) -> Trigger:
        ctx.check()
        try:
            observed = queue_of(trigger.source_arn, queue_attributes(connection, trigger.source_arn))
        except WorkbenchError:
            return trigger
        more: dict[str, object] = {_VISIBILITY: observed.visibility_s, _RETENTION: observed.retention_s}
        if observed.dead_letter_arn:
            more |= {_RECEIVES: observed.max_receives, _DEAD: observed.dead_letter_arn}
        return replace(trigger, values={**trigger.values, **more})

    def test_event(self, trigger: Trigger, mark: str, texts: Mapping[str, str] = NO_TEXTS) -> TestEvent:
        fields = (
            EventField(
                "body",
                _("Message body"),
                self.sample_payload(trigger.values, mark),
                _MESSAGE_LIMIT_BYTES,
                check=_character_fault,
            ),
            attributes_field({}, _MESSAGE_LIMIT_BYTES),
            *(_fifo_fields(mark) if trigger.source_arn.endswith(".fifo") else ()),
        )
        sent = texts_of(fields, texts)
        message = {"MessageBody": sent["body"]}
        if sent["attributes"]:
            message["MessageAttributes"] = sent["attributes"]
        message |= {name: sent[name] for name in _FIFO if name in sent}
        step = Step(
            SEND_MESSAGE,
            _("Send a message to {trigger}").format(trigger=trigger.name),
            "sqs:SendMessage",
            trigger.source_arn.split(":")[3],
            {"queue_arn": trigger.source_arn, "message": message},
        )
        warning = paused_note(trigger, "message")
        if not self.passes(trigger.values, sent["body"]):
            warning = _(
                "The trigger's filters do not match such a message: Lambda will delete it without "
                "invoking the function."
            )
        return TestEvent(
            _("Sends a message to {queue}.").format(queue=trigger.name),
            (step,),
            mark,
            warning,
            fields,
            _("Sending cannot be undone: the message is in the queue until it is deleted or expires."),
        )

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        is_fifo = trigger.source_arn.endswith(".fifo")
        dead = str(trigger.values.get(_DEAD) or "")
        again = (
            _("Only the messages that the function's response lists are retried.")
            if names.PARTIAL in chosen_of(trigger.values, names.RESPONSES)
            else _("All messages of the batch are retried when one fails.")
        )
        return Explanation(
            model=PULL,
            order=_("In order within each message group; different groups are processed in parallel.")
            if is_fifo
            else _("None."),
            source_retries=sentences(
                _comes_again(trigger), _("Its message group waits in the meantime.") if is_fifo else ""
            ),
            lambda_retries=_("Lambda does not retry; failed messages stay in the queue. {again}").format(
                again=again
            ),
            failures=_lands(trigger, dead),
            authorises=BY_ROLE,
            flow=names_of(
                trigger.name, "Lambda's poller", function.detail.function_name, dead.rpartition(":")[2]
            ),
            not_simulated=_("The Sandbox does not support provisioned pollers."),
        )


def _comes_again(trigger: Trigger) -> str:
    visibility_s = number_of(trigger.values, _VISIBILITY, 0)
    receives = number_of(trigger.values, _RECEIVES, 0)
    if receives and visibility_s:
        words = ngettext(
            "A message that is not deleted is delivered again after the visibility timeout of "
            "{visibility_s:,} s, until it was received {receives:,} time.",
            "A message that is not deleted is delivered again after the visibility timeout of "
            "{visibility_s:,} s, until it was received {receives:,} times.",
            receives,
        )
    elif receives:
        words = ngettext(
            "A message that is not deleted is delivered again, until it was received {receives:,} time.",
            "A message that is not deleted is delivered again, until it was received {receives:,} times.",
            receives,
        )
    elif visibility_s:
        words = _(
            "A message that is not deleted is delivered again after the visibility timeout of "
            "{visibility_s:,} s, until it expires{kept}."
        )
    else:
        words = _("A message that is not deleted is delivered again, until it expires{kept}.")
    return words.format(visibility_s=visibility_s, receives=receives, kept=_kept(trigger))


def _lands(trigger: Trigger, dead: str) -> str:
    if dead:
        return _("They are sent to the dead-letter queue {dead}.").format(dead=dead)
    if _VISIBILITY not in trigger.values:
        return _(
            "They are sent to the queue's dead-letter queue, if there is one. The queue could not be read."
        )
    return _(
        "They are lost: the queue has no dead-letter queue, and deletes a message when it expires{kept}."
    ).format(kept=_kept(trigger))


def _kept(trigger: Trigger) -> str:
    retention_s = number_of(trigger.values, _RETENTION, 0)
    return f" ({duration(retention_s)})" if retention_s else ""


def _ranged(parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """Gives the batch size of FIFO queues the usual range, since check SQS-FIFO-BATCH says it better."""
    usual = {each.name: each.maximum for each in names.batch_parameters(BATCH_DEFAULT)}
    return tuple(replace(each, maximum=usual.get(each.name, each.maximum)) for each in parameters)


def check_timeout(
    connection: Connection, detail: FunctionDetail, timeout_s: int, ctx: JobContext
) -> Findings:
    """Checks SQS-VIS-LT and SQS-VIS-6X for all queues that invoke the function.

    Makes Get and List calls only.

    AWS refuses a timeout above a queue's visibility timeout when a mapping is created, but not when the
    function of an existing mapping is changed, so the user may continue. An alias or version has its own
    timeout, so its queues only get a warning: the next version will have the new timeout.

    Args:
        detail: The function before the change.
        timeout_s: The new timeout.

    Returns:
        The findings with fixes, those first whose messages would be delivered twice; empty if no queue is
        affected.

    Raises:
        WorkbenchError: The triggers may not be listed.
    """
    queues = SqsSource()
    triggers = [
        trigger_of(each, queues.kind)
        for each in mappings_of(connection, detail, ctx)
        if queues.is_read_by(each)
    ]
    found: list[Finding] = []
    for number, trigger in enumerate(triggers):
        ctx.progress(number, len(triggers), _("Reading the queue {trigger}").format(trigger=trigger.name))
        found += _check(connection, trigger, detail.function_name, timeout_s)
    return tuple(sorted(found, key=lambda finding: finding.severity is not Severity.BLOCK))


def _check(connection: Connection, trigger: Trigger, function_name: str, timeout_s: int) -> Iterator[Finding]:
    try:
        attributes = queue_attributes(connection, trigger.source_arn)
    except WorkbenchError as error:
        yield warn(
            "SQS-VIS-LT",
            _("Could not determine whether the queue {trigger} allows a timeout of {timeout_s:,} s.").format(
                trigger=trigger.name, timeout_s=timeout_s
            ),
            _("The queue could not be read. {why}").format(why=error.why),
            aws=error.aws_code,
        )
        return
    observed = queue_of(trigger.source_arn, attributes)
    for finding in check_visibility(observed, function_name, timeout_s, trigger.values):
        if finding.severity is Severity.BLOCK:
            finding = replace(finding, why=_REDELIVERED)
        if trigger.qualifier in ("", "$LATEST"):
            yield finding
        else:
            what = _(
                "{what} It invokes {function_name}:{qualifier}, which keeps its current timeout."
            ).format(what=finding.what, function_name=function_name, qualifier=trigger.qualifier)
            yield replace(finding, severity=Severity.WARN, what=what)
