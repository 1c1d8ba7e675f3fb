"""The interface of all kinds of event source.

A source knows its service: its resources, parameters, checks and calls. It reads through the connection that
it is given; `check`, `plan`, and all that return steps are pure. plan.py adds the checks that all share:
location, permissions, role, function.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.triggers.kinds import links
from workbench.triggers.model import (
    Candidate,
    Explanation,
    Finding,
    Location,
    ObservedFunction,
    Rule,
    SourceKind,
    TestEvent,
    Trigger,
    TriggerSpec,
    WantedGrant,
)
from workbench.triggers.parameter import Parameter, check_values
from workbench.triggers.retry_policy import Upstream
from workbench.triggers.step import Step

TARGET = "functionArn"
"""Among the values of a trigger: the ARN that its source names."""


class Source[S](ABC):
    """One kind of event source. S is what it reads of a resource before planning: a frozen dataclass."""

    kind: SourceKind
    title: str
    """As AWS's console calls it ("Amazon S3"), in lists."""
    icon: str
    """The name of a Lucide icon."""
    description: str
    """What such a source sends, in a sentence."""
    rule: Rule
    """How events come, and whether regions and accounts may differ."""
    arn_service, arn_resource = "", ""
    """The service and the beginning of the resource in the kind's ARNs; empty where the kind checks them.
    An ARN of another service can end with the name of a queue that exists."""
    policy_service = ""
    """The service of the principal in statements of the function's policy ("s3"); empty for none."""
    sample_event = ""
    """The file in resources/events that shows what the source sends, to try patterns on; empty for none."""
    upstream = Upstream()
    """What the source does by default when Lambda does not accept an event."""
    throttled = ""
    """What becomes of events while the function is throttled, where the invocation model does not say it."""
    makes_its_source = False
    """Whether the plan creates the resource (rule, schedule, API, URL) rather than choosing one."""
    can_create = True
    """False for the kinds that are only discovered, explained, paused and removed."""

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        """The resources of the connection's region that may become a source, page by page.

        Raises:
            WorkbenchError: They may not be listed; the user may still type an ARN.
            Cancelled: Between pages.
        """
        ctx.check()
        return iter(())

    def location(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> Location:
        """Where the source is: what its ARN says, or what a reading call answers for ARNs that do not.

        Raises:
            WorkbenchError: The text is no ARN, or its place may not be asked.
            Cancelled: Before a call.
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
        """What a pattern is compared with, out of an event as the function gets it: the first record."""
        records = event.get("Records")
        first: Mapping[str, Any] = records[0] if records else event
        return first

    def resource_name(self, source_arn: str) -> str:
        """The name of a source in a sentence ("orders")."""
        return source_arn.split(":", 5)[-1].removeprefix(self.arn_resource)

    def display_name(self, trigger: Trigger) -> str:
        """The name of a trigger's source in lists."""
        return trigger.name or trigger.source_arn.rpartition(":")[2]

    def removal_text(self) -> str:
        """What removing a trigger ({name}) does, before the user agrees."""
        return _("{name} will no longer invoke the function. The source and its data are kept.")

    def arns_of(self, source_arn: str) -> tuple[str, ...]:
        """The ARNs by which a trigger's source may have been called when it was created."""
        return (source_arn,)

    def cross_region_findings(self, spec: TriggerSpec, location: Location) -> tuple[Finding, ...]:
        """More to say, and other ways to offer, when the place blocks; in addition to GEN-REGION. Pure."""
        return ()

    @abstractmethod
    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        """What may be set, for this resource (a FIFO queue has other ranges)."""

    @abstractmethod
    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> S:
        """Reads the resource; Get, List, Describe and Head only.

        Args:
            connection: In the SOURCE's region.
            spec: What is wanted.
            ctx: The job.

        Raises:
            WorkbenchError: It may not be read, or is not there.
        """

    @abstractmethod
    def check(self, spec: TriggerSpec, observed: S, function: ObservedFunction) -> tuple[Finding, ...]:
        """The checks of the rulebook for this source. Pure."""

    @abstractmethod
    def plan(self, spec: TriggerSpec, observed: S, function: ObservedFunction) -> tuple[Step, ...]:
        """The source's own steps, without those of fixes and without the grants. Pure."""

    def grants(self, spec: TriggerSpec, observed: S) -> tuple[WantedGrant, ...]:
        """The statements that the function's policy needs; none for sources that are pulled."""
        return ()

    def role_actions(self, spec: TriggerSpec, observed: S) -> tuple[tuple[str, str], ...]:
        """What the execution role must allow: (action, resource ARN). Mostly for sources that are pulled."""
        return ()

    def managed_policy(self) -> str:
        """The name below service-role/ of AWS's managed policy that allows `role_actions`; else empty."""
        return ""

    @abstractmethod
    def find(
        self, connection: Connection, function: ObservedFunction, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        """The triggers of this kind that run the function, over all qualifiers, each once.

        The connection has a cache (CachingConnection): a listing of the whole region costs one call for all
        functions of a fleet, so list those rather than for each function. `function.arns` are what targets
        may name. Each that is pushed comes with its `link` and `grants`: the source knows what it needs.
        find.py handles statements of no trigger, and mappings whose source or function does not exist.

        Args:
            connection: In the function's region.
            function: With the grants of all qualifiers, and with `qualifiers`.
            hints: Source ARNs that the grants name; each is looked at, whatever its region.
            ctx: The job.

        Raises:
            WorkbenchError: They may not be read: unknown, not none.
        """

    def enrich(self, connection: Connection, trigger: Trigger, ctx: JobContext) -> Trigger:
        """The trigger with what only its source knows, for `explain`; as it is when that may not be read.

        Args:
            connection: In the source's region.
            trigger: As `find` found it.
            ctx: The job.
        """
        ctx.check()
        return trigger

    def update(self, trigger: Trigger, spec: TriggerSpec, observed: S) -> tuple[Step, ...]:
        """Changes the trigger's parameters to those of `spec`, in place. Pure."""
        return ()

    def pause(self, trigger: Trigger) -> tuple[Step, ...]:
        """Stops it, so that `resume` brings it back as it was; empty where AWS has no such thing."""
        return ()

    def resume(self, trigger: Trigger) -> tuple[Step, ...]:
        """Starts a paused trigger again."""
        return ()

    @abstractmethod
    def remove(self, trigger: Trigger) -> tuple[Step, ...]:
        """Takes the trigger away at the source; its grants are removed by the general steps after that."""

    def test_event(self, trigger: Trigger, mark: str) -> TestEvent | None:
        """A test event through the real source; None where there is none."""
        return None

    @abstractmethod
    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        """How this trigger works, with its numbers. Pure."""


def target_name(trigger: Trigger, function: ObservedFunction) -> str:
    """What is run, for users: "hello:live"."""
    name = function.detail.function_name
    return f"{name}:{trigger.qualifier}" if trigger.qualifier else name


class DiscoverOnlyPush(Source[Any]):
    """A kind that pushes, and that Workbench finds, explains, pauses and removes, but does not create.

    It is found where the function's policy names it: it has no other listing.
    """

    can_create = False
    principal: str

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        """Nothing can be set."""
        return ()

    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> Any:
        """Nothing needs to be known of most of these resources."""
        ctx.check()
        return None

    def check(self, spec: TriggerSpec, observed: Any, function: ObservedFunction) -> tuple[Finding, ...]:
        """Only the ranges, for kinds whose settings can be changed."""
        return check_values(self.parameters(spec), spec.values)

    def plan(self, spec: TriggerSpec, observed: Any, function: ObservedFunction) -> tuple[Step, ...]:
        """No steps."""
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
            region = Arn.parse(arn).region
            there = connection.in_region(region) if region != connection.region else connection
            for trigger, target in self.look(there, arn, ctx):
                qualifier = links.qualifier_of(target, function.detail.function_arn)
                if qualifier is not None:
                    own = replace(trigger, qualifier=qualifier, values={**trigger.values, TARGET: target})
                    found.append(links.linked(own, (self._wanted(arn),), function))
        return tuple(found)

    @abstractmethod
    def look(self, connection: Connection, arn: str, ctx: JobContext) -> Iterable[tuple[Trigger, str]]:
        """What a resource runs: a trigger without its qualifier, and the ARN of the function.

        Args:
            connection: In the resource's region.
            arn: Of the resource.
            ctx: The job.

        Raises:
            WorkbenchError: It may not be read. One that does not exist runs nothing.
        """

    def _wanted(self, arn: str) -> WantedGrant:
        return WantedGrant(self.principal, arn, Arn.parse(arn).account_id)
