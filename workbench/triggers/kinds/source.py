"""The interface of all kinds of event source, and what push sources share.

A source knows its service: its resources, parameters, checks and calls. It reads through the connection that
it is given; `check`, `plan`, and everything that returns steps are pure. plan.py adds the checks that all
kinds share: location, permissions, role, function.

Every trigger has two retry policies: what the source does if Lambda does not accept an event, and what Lambda
does if the function fails.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.aws.quotas import number_limit
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _, ngettext
from workbench.triggers.grants import Answer, allows, covers, parse_policy
from workbench.triggers.model import (
    Candidate,
    Explanation,
    Finding,
    Findings,
    Grant,
    Link,
    Location,
    ObservedFunction,
    Rule,
    SourceKind,
    Steps,
    Trigger,
    TriggerSpec,
    WantedGrant,
    policy_fix,
    qualified,
    warn,
)
from workbench.triggers.new_sources import NewResource
from workbench.triggers.parameter import Entry, Parameter, check_values, number_parameter
from workbench.triggers.queues import queue_attributes
from workbench.triggers.test_events import NO_TEXTS, TestEvent

SYNC, ASYNC, PULL = _("Push, synchronous"), _("Push, asynchronous"), _("Pull")
"""The three models, for Explanation.model."""

_ASYNC_PAUSES_S = (60, 120)
"""Pauses before Lambda's first and second retry after an error of the function.
Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"""
_ASYNC_LONGEST_PAUSE_S = 300
"""Longest pause between attempts after throttling (429) or a fault of Lambda (5xx); they start at 1 s.
Source: as above."""

BY_POLICY = _("The function's resource-based policy: it must allow {principal} to invoke the function.")
BY_CALLER = _("The caller's IAM policy, or a statement for the caller in the function's policy.")


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


def own_retries(trigger: Trigger, *names: str) -> Iterator[int | None]:
    """The values of a retry policy that the trigger has itself; None for the source's default."""
    for name in names:
        value = trigger.values.get(name)
        yield value if isinstance(value, int) else None


def never_taken(trigger: Trigger, name: str) -> str:
    """What becomes of events that Lambda does not accept, if the trigger has a dead-letter queue."""
    queue = trigger.values.get(name)
    return _("Events that Lambda does not accept are sent to {queue}.").format(queue=queue) if queue else ""


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


def failure_names(failure_arns: tuple[str, ...] | None) -> tuple[str, ...]:
    """The names of failure destinations, for the end of the diagram."""
    return tuple(arn.rpartition(":")[2] for arn in failure_arns or ())


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
    return warn(
        check_id,
        _("The policy of the queue {queue} does not allow the {source} to send messages to it.").format(
            queue=queue_arn.rpartition(":")[2], source=source
        ),
        _("Without a statement in the queue's policy, {lost} are lost despite the queue.").format(lost=lost),
        policy_fix(_("Show the policy for the queue"), policy),
    )


def retry_parameters(service: str, prefix: str, queue_pattern: str) -> tuple[Parameter, ...]:
    """Parameters of a retry policy: attempts, age, dead-letter queue.

    Args:
        service: The service whose model has the ranges.
        prefix: Prefix of the names ("Target."), or empty.
    """
    attempts, age = "MaximumRetryAttempts", "MaximumEventAgeInSeconds"
    return (
        number_parameter(
            f"{prefix}RetryPolicy.{attempts}",
            _("Retry attempts"),
            number_limit(attempts, service).maximum,
            service=service,
            advanced=True,
            help=_("How many times Lambda is retried when it does not accept the event."),
        ),
        number_parameter(
            f"{prefix}RetryPolicy.{age}",
            _("Maximum age of event"),
            number_limit(age, service).maximum,
            service=service,
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


TARGET = "functionArn"
"""Key of a trigger's value: the ARN of its target, as the source has it."""


class Source[S](ABC):
    """One kind of event source. S is a frozen dataclass: what is read of a resource before planning."""

    kind: SourceKind
    title: str
    """Title in lists, as in AWS's console ("Amazon S3")."""
    icon: str
    """The name of a Lucide icon."""
    description: str
    """A sentence on what the source sends."""
    rule: Rule
    """The invocation model, and whether regions and accounts may differ."""
    arn_service, arn_resource = "", ""
    """Service and start of the resource in ARNs of this kind; empty if the kind checks them itself. An ARN of
    another service can end with the name of an existing queue."""
    policy_service = ""
    """The service of the principal in the function's policy ("s3"); empty if there is none."""
    sample_event = ""
    """Name of a file in resources/events with an event of this source, to try patterns on; empty if there is
    none."""
    removal_text = _("{name} will no longer invoke the function. The source and its data are kept.")
    """What removing a trigger ({name}) does, for the confirmation."""
    upstream = Upstream()
    """What the source does by default if Lambda does not accept an event."""
    throttled = ""
    """What happens to events while the function is throttled, if the invocation model does not say so."""
    makes_its_source = False
    """Whether the plan creates the resource (rule, schedule, API, URL) instead of choosing one."""
    new_resource: NewResource | None = None
    """What a plan can create for a trigger: the resource, or for a rule its event bus."""
    can_create = True
    """False for kinds that are only discovered, explained, paused and removed."""

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        """The resources in the connection's region that can become a source, page by page.

        Raises:
            WorkbenchError: They may not be listed. The user can still type an ARN.
        """
        ctx.check()
        return iter(())

    def location(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> Location:
        """The source's location: from its ARN, or from a call if the ARN does not contain it.

        Raises:
            WorkbenchError: The text is not an ARN, or the location may not be read.
        """
        ctx.check()
        is_new = self.makes_its_source and not spec.source_arn
        arn = spec.function.function_arn if is_new else spec.source_arn
        try:
            location = Location.of(arn)
        except ValueError:
            raise WorkbenchError(
                _("“{arn}” cannot be a trigger.").format(arn=arn),
                _("It is not an ARN."),
                _("Choose a resource from the list, or paste its ARN: arn:aws:sqs:eu-central-1:…"),
            ) from None
        __, __, service, __, __, resource = arn.split(":", 5)
        is_other = service != self.arn_service or not resource.startswith(self.arn_resource)
        if self.arn_service and not is_new and is_other:
            raise WorkbenchError(
                _("“{arn}” cannot be a trigger.").format(arn=arn),
                _("The ARN belongs to another kind of resource. The selected kind is “{noun}”.").format(
                    noun=self.rule.noun
                ),
                _("Choose a resource from the list, or go back and choose the matching kind of source."),
            )
        return location

    def compared_record(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """The part of an event that patterns are compared with: the first record."""
        records = event.get("Records")
        first: Mapping[str, Any] = records[0] if records else event
        return first

    def resource_name(self, source_arn: str) -> str:
        return source_arn.split(":", 5)[-1].removeprefix(self.arn_resource)

    def display_name(self, trigger: Trigger) -> str:
        """The name of a trigger's source in lists."""
        return trigger.name or trigger.source_arn.rpartition(":")[2]

    def arns_of(self, source_arn: str) -> tuple[str, ...]:
        """The ARNs that may have been used for the source when the trigger was created."""
        return (source_arn,)

    def cross_region_findings(self, spec: TriggerSpec, location: Location) -> Findings:
        """Findings and fixes in addition to GEN-REGION if the location blocks. Pure."""
        return ()

    @abstractmethod
    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        """The settings of a trigger for this resource; a FIFO queue has other ranges."""

    @abstractmethod
    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> S:
        """Reads the resource with Get, List, Describe and Head calls only. Raises WorkbenchError."""

    @abstractmethod
    def check(self, spec: TriggerSpec, observed: S, function: ObservedFunction) -> Findings:
        """The checks for this source. Pure."""

    @abstractmethod
    def plan(self, spec: TriggerSpec, observed: S) -> Steps:
        """The source's own steps, without those of fixes and grants. Pure."""

    def grants(self, spec: TriggerSpec, observed: S) -> tuple[WantedGrant, ...]:
        """The statements that the function's policy needs; none for sources that Lambda polls."""
        return ()

    def role_actions(self, spec: TriggerSpec, observed: S) -> tuple[tuple[str, str], ...]:
        """The (action, resource ARN) pairs that the execution role needs, mostly for polled sources."""
        return ()

    managed_policy = ""
    """AWS's managed policy that allows `role_actions`, below service-role/; empty if there is none."""

    @abstractmethod
    def find(
        self, connection: Connection, function: ObservedFunction, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        """The triggers of this kind that invoke the function, for all qualifiers, each once.

        The connection caches (CachingConnection): a listing of the whole region costs one call for all
        functions of a fleet, so prefer it to calls per function. Targets may name any of `function.arns`.
        Each push trigger has its `link` and `grants`, since only the source knows what it needs. find.py
        handles statements without a trigger, and mappings whose source or function does not exist.

        Args:
            function: The function with `qualifiers`, and with the grants of all of them.
            hints: Source ARNs that the grants name; each is looked up, whatever its region.

        Raises:
            WorkbenchError: They may not be read: unknown, not none.
        """

    def enrich(self, connection: Connection, trigger: Trigger, ctx: JobContext) -> Trigger:
        """The trigger with what only its source knows, for `explain`; unchanged if that may not be read.

        Args:
            trigger: A trigger from `find`.
        """
        ctx.check()
        return trigger

    def update(self, trigger: Trigger, spec: TriggerSpec, observed: S) -> Steps:
        """Changes the trigger's parameters to those of `spec`. Pure."""
        return ()

    def pause(self, trigger: Trigger) -> Steps:
        """Pauses the trigger so that `resume` restores it; empty if AWS cannot do that."""
        return ()

    def resume(self, trigger: Trigger) -> Steps:
        return ()

    @abstractmethod
    def remove(self, trigger: Trigger) -> Steps:
        """Removes the trigger at the source. The general steps then remove its grants."""

    def test_event(
        self, trigger: Trigger, mark: str, texts: Mapping[str, str] = NO_TEXTS
    ) -> TestEvent | None:
        """A test event through the real source; None if there is none. Pure.

        Args:
            mark: A unique text in the samples.
            texts: What the user has typed, by the names of the event's fields; the samples for the others.
        """
        return None

    @abstractmethod
    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        """How this trigger works, with its settings. Pure."""


def target_name(trigger: Trigger, function: ObservedFunction) -> str:
    """The target for users: "hello:live"."""
    return qualified(function.detail.function_name, trigger.qualifier)


def explain_async(
    trigger: Trigger,
    function: ObservedFunction,
    order: str,
    retries: str,
    authorises: str,
    path: Sequence[str],
    not_simulated: str,
    *,
    failures: str = "{}",
    no_pause: str = "",
) -> Explanation:
    """How a source that hands its events to Lambda's queue works. For the arguments see `Explanation`.

    Args:
        retries: What the source does if Lambda does not accept an event.
        path: The names before Lambda's queue.
        failures: A text around what becomes of events on which the function fails ("{}").
    """
    return Explanation(
        ASYNC,
        order,
        retries,
        async_invoke_retries(function),
        failures.replace("{}", async_failures(function.failure_arns)),
        authorises,
        (
            *path,
            _("Lambda's queue"),
            target_name(trigger, function),
            *failure_names(function.failure_arns),
        ),
        not_simulated,
        no_pause,
    )


def explain_request(
    upstream: Upstream,
    function: ObservedFunction,
    failures: str,
    authorises: str,
    through: str,
    not_simulated: str,
) -> Explanation:
    """How a source works whose caller waits for the response. For the arguments see `Explanation`.

    Args:
        through: What the caller calls, for the diagram.
    """
    return Explanation(
        SYNC,
        _("None: each request is a separate invocation."),
        source_retries(upstream),
        sync_invoke_retries(),
        failures,
        authorises,
        (_("Caller"), through, function.detail.function_name, _("Caller")),
        not_simulated,
    )


class DiscoverOnlyPush(Source[Any]):
    """A push source that Workbench discovers, explains, pauses and removes, but does not create.

    It is found by the function's policy, since there is no other listing of such triggers.
    """

    can_create = False
    principal: str

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        return ()

    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> Any:
        """Nothing: most of these checks need no data."""
        ctx.check()
        return None

    def check(self, spec: TriggerSpec, observed: Any, function: ObservedFunction) -> Findings:
        """Only ranges, for kinds whose settings can be changed."""
        return check_values(self.parameters(spec), spec.values)

    def plan(self, spec: TriggerSpec, observed: Any) -> Steps:
        return ()

    def grants(self, spec: TriggerSpec, observed: Any) -> tuple[WantedGrant, ...]:
        """One statement for the resource."""
        return (self._wanted(spec.source_arn),)

    def find(
        self, connection: Connection, function: ObservedFunction, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        """The resources that the policy names and that run the function. Raises WorkbenchError."""
        found: list[Trigger] = []
        for arn in hints:
            ctx.check()
            there = connection.in_region(Arn.parse(arn).region)
            for trigger, target in self.look(there, arn, ctx):
                qualifier = qualifier_of(target, function.detail.function_arn)
                if qualifier is not None:
                    own = replace(trigger, qualifier=qualifier, values={**trigger.values, TARGET: target})
                    found.append(linked(own, (self._wanted(arn),), function))
        return tuple(found)

    @abstractmethod
    def look(self, connection: Connection, arn: str, ctx: JobContext) -> Iterable[tuple[Trigger, str]]:
        """What a resource invokes: a trigger without its qualifier, and the ARN of the function.

        Raises:
            WorkbenchError: The resource may not be read. One that does not exist invokes nothing.
        """

    def _wanted(self, arn: str) -> WantedGrant:
        return WantedGrant(self.principal, arn, Arn.parse(arn).account_id)
