"""What sources that Lambda polls share: the event source mapping, its parameters, filters and checks."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workbench.aws import quotas, regions
from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.core.errors import sentences
from workbench.core.jobs import JobContext
from workbench.core.messages import _, ngettext
from workbench.triggers.filters import (
    DEFAULT_MAX_FILTERS,
    MAX_FILTERS,
    doubts,
    matching,
    passes,
    problems,
)
from workbench.triggers.kinds.source import PULL, Source, duration
from workbench.triggers.mappings import (
    FILTERS,
    MAPPING,
    MAPPING_DELETE,
    MAPPING_UPDATE,
    changed_members,
    mappings_of,
    name_of,
    request_of,
    servers_of,
    trigger_of,
)
from workbench.triggers.model import (
    Explanation,
    Finding,
    Findings,
    ObservedFunction,
    Steps,
    Trigger,
    TriggerSpec,
    Values,
    block,
    chosen_of,
    edit_fix,
    number_of,
    warn,
)
from workbench.triggers.parameter import Entry, Parameter, number_parameter
from workbench.triggers.steps import Step, json_object

BATCH_SIZE, WINDOW = "BatchSize", "MaximumBatchingWindowInSeconds"
RESPONSES, PARTIAL = "FunctionResponseTypes", "ReportBatchItemFailures"
CONCURRENCY = "ScalingConfig.MaximumConcurrency"
MINIMUM_POLLERS = "ProvisionedPollerConfig.MinimumPollers"
MAXIMUM_POLLERS = "ProvisionedPollerConfig.MaximumPollers"
ON_FAILURE = "DestinationConfig.OnFailure.Destination"
POSITION, TIMESTAMP = "StartingPosition", "StartingPositionTimestamp"
AT_TIMESTAMP = "AT_TIMESTAMP"
RETRIES, AGE, _BISECT = "MaximumRetryAttempts", "MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError"
_PARALLEL, _TUMBLING = "ParallelizationFactor", "TumblingWindowInSeconds"
CONSUMER_NAME = "ConsumerName"
"""Key of a value that no mapping has: the consumer that is to be registered for it."""

FIFO_BATCH_MOST = 10
"""Maximum batch size of a FIFO queue. Source: BatchSize in
https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"""
_AGE_LEAST_S = 60
"""Minimum record age. Source: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html; the
model has -1."""
SQS_POLLERS_LEAST = 2
"""Source: ProvisionedPollerConfig in Lambda's service model."""
_FOREVER = ((-1, _("until it expires")),)


def batch_parameters(default: int, most: int = 0) -> tuple[Parameter, ...]:
    """Batch size, filters, and what all mappings have.

    Args:
        most: Maximum, if lower than the model's.
    """
    return (
        _flag("Enabled", _("Activate trigger"), True, _("Whether Lambda polls the source.")),
        number_parameter(
            BATCH_SIZE,
            _("Batch size"),
            default,
            unit="records",
            help=_("The maximum number of records in one invocation."),
            maximum=most or quotas.number_limit(BATCH_SIZE).maximum,
        ),
        Parameter(
            FILTERS,
            _("Filter criteria"),
            Entry.FILTERS,
            (),
            help=_("Records that match none of the patterns are not sent to the function."),
        ),
        Parameter(
            RESPONSES,
            _("Report batch item failures"),
            Entry.CHOICES,
            (),
            choices=quotas.known_values("FunctionResponseType"),
            help=_("The function's response lists the records that failed; only those are retried."),
        ),
        Parameter(
            "MetricsConfig.Metrics",
            _("Metrics"),
            Entry.CHOICES,
            (),
            choices=quotas.known_values("EventSourceMappingMetric"),
            is_open=True,
            advanced=True,
            help=_("The metrics that Lambda records for this trigger."),
        ),
        Parameter(
            "KMSKeyArn",
            _("KMS key of the filters"),
            Entry.ARN,
            advanced=True,
            help=_("A customer managed key that encrypts the filter criteria."),
        ),
    )


def window_parameter() -> Parameter:
    """The batching window."""
    help_text = _("How long Lambda gathers records before it invokes the function.")
    return number_parameter(WINDOW, _("Batch window"), 0, unit="s", help=help_text)


def concurrency_parameter() -> Parameter:
    """The maximum number of concurrent invocations of a queue."""
    help_text = _("The maximum number of concurrent invocations.")
    return number_parameter(CONCURRENCY, _("Maximum concurrency"), unit="invocations", help=help_text)


def poller_parameters(least: int = 0, more: str = "") -> tuple[Parameter, ...]:
    """The minimum and maximum of provisioned pollers.

    Args:
        least: Minimum, if higher than the model's.
        more: Addition to the help text.
    """
    help_text = f"Pollers that are always running, which AWS charges for. {more}".strip()
    return tuple(
        number_parameter(
            name,
            label,
            shape=shape,
            minimum=least or quotas.number_limit(shape).minimum,
            unit="pollers",
            advanced=True,
            help=help_text,
        )
        for name, label, shape in (
            (MINIMUM_POLLERS, _("Minimum pollers"), "MinimumNumberOfPollers"),
            (MAXIMUM_POLLERS, _("Maximum pollers"), "MaximumNumberOfPollers"),
        )
    )


def position_parameter(positions: tuple[str, ...]) -> Parameter:
    """The start position, the one setting that streams require."""
    return Parameter(
        POSITION,
        _("Starting position"),
        Entry.CHOICE,
        required=True,
        choices=positions,
        create_only=True,
        help=_(
            "TRIM_HORIZON: all records that are still in the stream. LATEST: records that are "
            "written from now on."
        ),
    )


def start_parameters(positions: tuple[str, ...]) -> tuple[Parameter, ...]:
    """The start position, which may be a time."""
    moment = Parameter(
        TIMESTAMP,
        _("Starting position timestamp"),
        Entry.MOMENT,
        create_only=True,
        help=_("For {at_timestamp}: the time from which records are read.").format(at_timestamp=AT_TIMESTAMP),
    )
    return position_parameter(positions), moment


def check_start_time(check_id: str, values: Values, now: datetime) -> Iterator[Finding]:
    """Checks that AWS accepts the time at which reading starts.

    Args:
        now: UTC.
    """
    moment = values.get(TIMESTAMP)
    if values.get(POSITION) != AT_TIMESTAMP:
        return
    if not isinstance(moment, datetime):
        what = _("The starting position {at_timestamp} needs a time.").format(at_timestamp=AT_TIMESTAMP)
        yield block(check_id, what, _("Set the starting position timestamp."))
    elif moment.tzinfo is not None and moment > now:
        what = _("The starting position timestamp {moment:%Y-%m-%d %H:%M:%S %Z} is in the future.").format(
            moment=moment
        )
        yield block(check_id, what, _("AWS only accepts a time in the past."))


def stream_parameters() -> tuple[Parameter, ...]:
    """The parameters of streams that queues do not have, except the start position."""
    return (
        window_parameter(),
        number_parameter(
            _PARALLEL,
            _("Concurrent batches per shard"),
            1,
            unit="batches",
            help=_("How many batches of one shard are processed at the same time."),
        ),
        number_parameter(
            RETRIES,
            _("Retry attempts"),
            -1,
            shape="MaximumRetryAttemptsEventSourceMapping",
            minimum=0,
            also=_FOREVER,
            unit="retries",
            help=_("How many times a failed batch is retried."),
        ),
        number_parameter(
            AGE,
            _("Maximum age of record"),
            -1,
            minimum=_AGE_LEAST_S,
            also=_FOREVER,
            unit="s",
            help=_("Older records are not sent to the function."),
        ),
        _flag(_BISECT, _("Split batch on error"), False, _("A failed batch is split in two and retried.")),
        failure_parameter(
            _("A queue, topic or bucket that receives details of batches that failed after all retries.")
        ),
        number_parameter(
            _TUMBLING,
            _("Tumbling window duration"),
            0,
            unit="s",
            advanced=True,
            help=_("Invocations in one window share a state. 0 for no window."),
        ),
    )


def failure_parameter(help_text: str) -> Parameter:
    """The destination of batches that failed."""
    return Parameter(ON_FAILURE, _("On-failure destination"), Entry.ARN, "", help=help_text)


def _flag(name: str, label: str, default: bool, help_text: str) -> Parameter:
    return Parameter(name, label, Entry.FLAG, default, help=help_text)


@dataclass(frozen=True, slots=True)
class Existence:
    """A call that reads a source, and the error codes that mean that it does not exist."""

    service: str
    method: str
    request: Mapping[str, Any]
    gone: tuple[str, ...] = ("ResourceNotFoundException",)


OWN_PREFIX = "wb-"
"""Prefix of the names of sources that Workbench created and deletes with the trigger."""


class MappingSource[S](Source[S]):
    """A source that Lambda polls."""

    body = ""
    """Name of the record's member that holds the payload, which filters compare as JSON; empty for the whole
    record."""
    takes_text = False
    """Whether filters also compare a body that is not JSON."""

    def resource_name(self, source_arn: str) -> str:
        return name_of(source_arn)

    def existence(self, arn: Arn) -> Existence | None:
        """The call that finds out whether the source exists; None if there is none."""
        return None

    def is_read_by(self, mapping: Mapping[str, Any]) -> bool:
        """Whether a mapping, as AWS answers it, reads a source of this kind."""
        parts = str(mapping.get("EventSourceArn") or "").split(":", 5)
        return len(parts) == 6 and parts[2] == self.arn_service

    def check_filters(self, values: Values) -> Findings:
        """Check ESM-FILTER: blocks what AWS refuses, warns of what it may refuse or what never matches."""
        patterns = patterns_of(values)
        return (*_count(patterns), *(found for each in patterns for found in self._check_filter(each)))

    def _check_filter(self, pattern: str) -> Iterator[Finding]:
        short = pattern if len(pattern) <= 60 else f"{pattern[:59]}…"
        if found := problems(pattern):
            what = _("The filter {filter} is not a valid pattern.").format(filter=short)
            yield block(FILTER, what, " ".join(found))
            return
        for doubt in doubts(pattern):
            yield warn(FILTER, _("AWS might reject the filter {filter}.").format(filter=short), doubt)
        if why := self.never_matches(pattern):
            yield warn(FILTER, _("The filter {filter} might match nothing.").format(filter=short), why)

    def never_matches(self, pattern: str) -> str:
        """Why a valid pattern can never match; empty if it can."""
        return ""

    def passes(self, values: Values, text: str) -> bool:
        """Whether the filters among the values let a payload through."""
        return passes(patterns_of(values), text, self.body, takes_text=self.takes_text)

    def sample_payload(self, values: Values, mark: str) -> str:
        """A payload with the mark in it, as JSON; the filters among the values let it through if possible."""
        plain = {_MARK: mark}
        made = (matching(json_object(each)).get(self.body) for each in patterns_of(values))
        samples = [plain, *(each | plain for each in made if isinstance(each, dict))]
        fitting = (text for text in map(json.dumps, samples) if self.passes(values, text))
        return next(fitting, json.dumps(plain))

    def find(
        self, connection: Connection, function: ObservedFunction, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        return tuple(
            trigger_of(each, self.kind)
            for each in mappings_of(connection, function.detail, ctx)
            if self.is_read_by(each)
        )

    def update(self, trigger: Trigger, spec: TriggerSpec, observed: S) -> Steps:
        """Changes only what differs. Settings that AWS takes only at creation stay.

        Args:
            spec: Values that are left out stay; empty values are cleared.
        """
        parameters = [each for each in self.parameters(spec) if not each.create_only]
        names = {each.name for each in parameters}
        wanted = {name: value for name, value in spec.values.items() if name in names}
        before = {each.name: each.default for each in parameters if each.default is not None}
        members = changed_members({**before, **trigger.values}, wanted)
        request = request_of({**trigger.values, **wanted}, *members) if members else {}
        if spec.qualifier != trigger.qualifier:
            request["FunctionName"] = spec.target_arn
        return (
            (_update(trigger, request, _("Change the trigger {trigger}").format(trigger=trigger.name)),)
            if request
            else ()
        )

    def pause(self, trigger: Trigger) -> Steps:
        """Lambda stops polling. Records that the source retains until then are not lost."""
        return (_update(trigger, {"Enabled": False}, _("Pause {trigger}").format(trigger=trigger.name)),)

    def resume(self, trigger: Trigger) -> Steps:
        return (_update(trigger, {"Enabled": True}, _("Resume {trigger}").format(trigger=trigger.name)),)

    def remove(self, trigger: Trigger) -> Steps:
        return (
            Step(
                MAPPING_DELETE,
                _("Delete the event source mapping of {trigger}").format(trigger=trigger.name),
                "lambda:DeleteEventSourceMapping",
                _region(trigger),
                {"uuid": trigger.identity},
            ),
        )

    def create_step(self, spec: TriggerSpec, source_arn: str, made_by: str = "") -> Step:
        """Creates the mapping.

        Args:
            source_arn: EventSourceArn; empty if the values identify the source.
            made_by: Action of the step that creates the source; its fact "arn" is used instead.
        """
        names = {each.name for each in self.parameters(spec)}
        request = request_of(_set_ones(spec.values, names))
        if spec.values.get(POSITION) != AT_TIMESTAMP:
            request.pop(TIMESTAMP, None)
        name = name_of(source_arn) or servers_of(request)
        source = {"EventSourceArn": source_arn} if source_arn else {}
        return Step(
            MAPPING,
            _("Let Lambda poll {name} for {function_name}").format(
                name=name, function_name=spec.function.function_name
            ),
            "lambda:CreateEventSourceMapping",
            spec.function.region,
            {
                "request": {**source, "FunctionName": spec.target_arn, **request},
                "made_by": made_by,
            },
            _("Delete the event source mapping of {name}").format(name=name),
        )


def arn_in(connection: Connection, service: str, resource: str) -> str:
    """The ARN of a resource in the connection's account and region."""
    region = regions.find(connection.region)
    partition = region.partition if region else "aws"
    return str(Arn(partition, service, connection.region, connection.account_id, resource))


_MARK = "workbench-test"
"""The member of a sample that has the mark."""


def paused_note(trigger: Trigger, what: str) -> str:
    """A note on what happens to a test event while the trigger is paused; empty if it is not."""
    return (
        ""
        if trigger.values.get("Enabled", True)
        else _("The trigger is paused: the {what} is not delivered until you resume it.").format(what=what)
    )


def names_of(*names: str) -> tuple[str, ...]:
    """For a diagram: the names that are not empty."""
    return tuple(name for name in names if name)


def destination_actions(values: Values, name: str) -> tuple[tuple[str, str], ...]:
    """The permissions that the role needs to send failed batches to their destination."""
    arn = str(values.get(name) or "")
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    actions: Mapping[str, tuple[tuple[str, str], ...]] = {
        "sqs": (("sqs:SendMessage", arn),),
        "sns": (("sns:Publish", arn),),
        "s3": (("s3:PutObject", f"{arn}/*"), ("s3:ListBucket", arn)),
    }
    return actions.get(service, ())


def _set_ones(values: Values, names: set[str]) -> dict[str, Any]:
    return {
        name: value for name, value in values.items() if name in names and value not in (None, "", (), [])
    }


def _update(trigger: Trigger, members: Mapping[str, Any], title: str) -> Step:
    return Step(
        MAPPING_UPDATE,
        title,
        "lambda:UpdateEventSourceMapping",
        _region(trigger),
        {"uuid": trigger.identity, "members": dict(members)},
        _("Restore its previous state"),
    )


def _region(trigger: Trigger) -> str:
    """The region of the source; empty for a self-managed cluster, which has none."""
    parts = trigger.source_arn.split(":")
    return parts[3] if len(parts) > 5 else ""


FILTER = "ESM-FILTER"


def patterns_of(values: Values) -> tuple[str, ...]:
    """The filter patterns among the values."""
    return chosen_of(values, FILTERS)


def _count(patterns: Sequence[str]) -> Iterator[Finding]:
    number = len(patterns)
    if number > MAX_FILTERS:
        yield block(
            FILTER,
            _("A trigger cannot have {count} filters.").format(count=number),
            _("AWS allows {default_max_filters}, and up to {max_filters} on request.").format(
                default_max_filters=DEFAULT_MAX_FILTERS, max_filters=MAX_FILTERS
            ),
        )
    elif number > DEFAULT_MAX_FILTERS:
        yield warn(
            FILTER,
            _("{count} filters exceed the default quota of {default_max_filters}.").format(
                count=number, default_max_filters=DEFAULT_MAX_FILTERS
            ),
            _("AWS accepts them only if the account's quota was increased (up to {max_filters}).").format(
                max_filters=MAX_FILTERS
            ),
        )


BATCH_DEFAULT = 100
_RETRIES = 10
"""Suggested limit for batches that always fail; a few seconds with Lambda's pauses."""
_DESTINATIONS = ("sqs", "sns", "s3")
"""Kinds of on-failure destinations. Source: OnFailure in Lambda's service model."""


BY_ROLE = _(
    "The execution role: Lambda uses it to read the source. The function's policy needs no statement."
)


def check_stream(values: Values) -> Iterator[Finding]:
    """Checks STR-POISON and ESM-DEST."""
    retries, age_s = number_of(values, RETRIES, -1), number_of(values, AGE, -1)
    destination = str(values.get(ON_FAILURE) or "")
    if retries < 0 and age_s < 0 and not destination and not values.get(_BISECT):
        yield warn(
            "STR-POISON",
            _("One record that always fails blocks its shard until the record expires."),
            _("Retries are unlimited, failed batches are not split, and there is no on-failure destination."),
            edit_fix(
                _("Split failed batches, and stop after {retries} retries").format(retries=_RETRIES),
                {_BISECT: True, RETRIES: _RETRIES},
            ),
        )
    service = destination.split(":")[2] if destination.count(":") >= 5 else ""
    if destination and service not in _DESTINATIONS:
        yield block(
            "ESM-DEST",
            _("{destination} cannot be the on-failure destination.").format(destination=destination),
            _("AWS accepts the ARN of a queue, a topic or a bucket."),
        )


def stream_retries(values: Values, *, kept_s: int | None = None) -> str:
    """What Lambda does if the function fails on a batch of a stream.

    Args:
        values: The mapping's (MaximumRetryAttempts, MaximumRecordAgeInSeconds, BisectBatchOnFunctionError).
        kept_s: Retention of the stream; None if unknown.
    """
    retries, age_s = number_of(values, RETRIES, -1), number_of(values, AGE, -1)
    halves = _("A failed batch is split in two.") if values.get(_BISECT) else ""
    if retries == 0:
        return sentences(_("None: a failed batch is not retried."), halves)
    if retries > 0 and age_s >= 0:
        words = ngettext(
            "The same batch is retried up to {count:,} time, until a record is {age} old; its shard or "
            "partition waits.",
            "The same batch is retried up to {count:,} times, until a record is {age} old; its shard or "
            "partition waits.",
            retries,
        )
    elif retries > 0:
        words = ngettext(
            "The same batch is retried up to {count:,} time; its shard or partition waits.",
            "The same batch is retried up to {count:,} times; its shard or partition waits.",
            retries,
        )
    elif age_s >= 0:
        words = _("The same batch is retried until a record is {age} old; its shard or partition waits.")
    elif kept_s:
        words = _(
            "The same batch is retried until it succeeds or its records expire ({kept}); its shard or "
            "partition waits."
        )
    else:
        words = _(
            "The same batch is retried until it succeeds or its records expire; its shard or partition waits."
        )
    retried = words.format(count=retries, age=duration(max(age_s, 0)), kept=duration(kept_s or 0))
    return sentences(retried, halves)


def mapping_failures(values: Values) -> str:
    """What happens to a batch of an event source mapping that never succeeds."""
    if arn := values.get(ON_FAILURE):
        return _("Details of the batch are sent to {arn}.").format(arn=arn)
    return _(
        "Failed batches are skipped when retries end: the event source mapping has no on-failure destination."
    )


def explain_stream(
    trigger: Trigger, function: ObservedFunction, order: str, kept_s: int, not_simulated: str = ""
) -> Explanation:
    """How a stream runs a function.

    Args:
        order: The order in which records arrive.
        kept_s: Retention of a record; 0 if unknown.
        not_simulated: How the Sandbox differs; empty if it does not.
    """
    kept = (
        _(
            "They are not lost: the stream keeps each record for {duration}, whether it was processed or not."
        ).format(duration=duration(kept_s))
        if kept_s
        else _("They are not lost: the stream keeps each record, whether it was processed or not.")
    )
    destination = str(trigger.values.get(ON_FAILURE) or "")
    return Explanation(
        model=PULL,
        order=order,
        source_retries=kept,
        lambda_retries=stream_retries(trigger.values, kept_s=kept_s or None),
        failures=mapping_failures(trigger.values),
        authorises=BY_ROLE,
        flow=names_of(
            trigger.name, "Lambda's poller", function.detail.function_name, destination.rpartition(":")[2]
        ),
        not_simulated=not_simulated,
    )
