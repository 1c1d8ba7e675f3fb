"""The interface of all kinds of event source.

A source knows its service: its resources, parameters, checks and calls. It reads through the connection that
it is given; `check`, `plan`, and everything that returns steps are pure. plan.py adds the checks that all
kinds share: location, permissions, role, function.
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
    upstream = Upstream()
    """What the source does by default if Lambda does not accept an event."""
    throttled = ""
    """What happens to events while the function is throttled, if the invocation model does not say so."""
    makes_its_source = False
    """Whether the plan creates the resource (rule, schedule, API, URL) instead of choosing one."""
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

    def removal_text(self) -> str:
        """What removing a trigger ({name}) does, for the confirmation."""
        return _("{name} will no longer invoke the function. The source and its data are kept.")

    def arns_of(self, source_arn: str) -> tuple[str, ...]:
        """The ARNs that may have been used for the source when the trigger was created."""
        return (source_arn,)

    def cross_region_findings(self, spec: TriggerSpec, location: Location) -> tuple[Finding, ...]:
        """Findings and fixes in addition to GEN-REGION if the location blocks. Pure."""
        return ()

    @abstractmethod
    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        """The settings of a trigger for this resource; a FIFO queue has other ranges."""

    @abstractmethod
    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> S:
        """Reads the resource with Get, List, Describe and Head calls only. Raises WorkbenchError."""

    @abstractmethod
    def check(self, spec: TriggerSpec, observed: S, function: ObservedFunction) -> tuple[Finding, ...]:
        """The checks for this source. Pure."""

    @abstractmethod
    def plan(self, spec: TriggerSpec, observed: S, function: ObservedFunction) -> tuple[Step, ...]:
        """The source's own steps, without those of fixes and grants. Pure."""

    def grants(self, spec: TriggerSpec, observed: S) -> tuple[WantedGrant, ...]:
        """The statements that the function's policy needs; none for sources that Lambda polls."""
        return ()

    def role_actions(self, spec: TriggerSpec, observed: S) -> tuple[tuple[str, str], ...]:
        """The (action, resource ARN) pairs that the execution role needs, mostly for polled sources."""
        return ()

    def managed_policy(self) -> str:
        """AWS's managed policy that allows `role_actions`, below service-role/; otherwise empty."""
        return ""

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

    def update(self, trigger: Trigger, spec: TriggerSpec, observed: S) -> tuple[Step, ...]:
        """Changes the trigger's parameters to those of `spec`. Pure."""
        return ()

    def pause(self, trigger: Trigger) -> tuple[Step, ...]:
        """Pauses the trigger so that `resume` restores it; empty if AWS cannot do that."""
        return ()

    def resume(self, trigger: Trigger) -> tuple[Step, ...]:
        return ()

    @abstractmethod
    def remove(self, trigger: Trigger) -> tuple[Step, ...]:
        """Removes the trigger at the source. The general steps then remove its grants."""

    def test_event(self, trigger: Trigger, mark: str) -> TestEvent | None:
        """A test event through the real source; None if there is none."""
        return None

    @abstractmethod
    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        """How this trigger works, with its settings. Pure."""


def target_name(trigger: Trigger, function: ObservedFunction) -> str:
    """The target for users: "hello:live"."""
    name = function.detail.function_name
    return f"{name}:{trigger.qualifier}" if trigger.qualifier else name


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

    def check(self, spec: TriggerSpec, observed: Any, function: ObservedFunction) -> tuple[Finding, ...]:
        """Only ranges, for kinds whose settings can be changed."""
        return check_values(self.parameters(spec), spec.values)

    def plan(self, spec: TriggerSpec, observed: Any, function: ObservedFunction) -> tuple[Step, ...]:
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
        """What a resource invokes: a trigger without its qualifier, and the ARN of the function.

        Raises:
            WorkbenchError: The resource may not be read. One that does not exist invokes nothing.
        """

    def _wanted(self, arn: str) -> WantedGrant:
        return WantedGrant(self.principal, arn, Arn.parse(arn).account_id)
