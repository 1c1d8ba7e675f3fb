"""Kinds of event source that Workbench finds, explains, pauses and removes, but does not create."""

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.core.jobs import JobContext
from workbench.triggers.kinds import links
from workbench.triggers.kinds.source import Source
from workbench.triggers.model import Finding, ObservedFunction, Trigger, TriggerSpec, WantedGrant
from workbench.triggers.parameter import Parameter, check_values
from workbench.triggers.step import Step

TARGET = "functionArn"
"""Among the values of a trigger: the ARN that its source names."""


class DiscoverOnly(Source[Any]):
    """A kind that no plan creates."""

    can_create = False

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


class DiscoverOnlyPush(DiscoverOnly):
    """A kind that pushes and that is found where the function's policy names it: it has no other listing."""

    principal: str

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
