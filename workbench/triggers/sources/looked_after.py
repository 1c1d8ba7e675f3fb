"""Kinds of sources that Workbench finds, explains, pauses and removes, and does not create yet."""

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.triggers.finding import Finding
from workbench.triggers.model import FunctionSeen, Trigger, Wiring
from workbench.triggers.parameter import Parameter
from workbench.triggers.sources.mapping_source import MappingSource
from workbench.triggers.sources.source import Source
from workbench.triggers.step import Step
from workbench.triggers.values import check_values

LATER = (
    "Workbench finds, explains, pauses and removes triggers of this kind. Creating them comes in a later"
    " version; until then, use AWS's console."
)


class LookedAfter(Source[None]):
    """What such kinds answer when they are asked to wire."""

    can_create = False

    def parameters(self, wiring: Wiring) -> tuple[Parameter, ...]:
        """Nothing can be set."""
        return ()

    def observe(self, connection: Connection, wiring: Wiring, ctx: JobContext) -> None:
        """Nothing needs to be known of the resource."""
        ctx.check()

    def check(self, wiring: Wiring, seen: None, function: FunctionSeen) -> tuple[Finding, ...]:
        """Only the ranges, for kinds whose settings can be changed."""
        return check_values(self.parameters(wiring), wiring.values)

    def plan(self, wiring: Wiring, seen: None, function: FunctionSeen) -> tuple[Step, ...]:
        """No steps: see LATER."""
        return ()


class LookedAfterMapping(LookedAfter, MappingSource[None]):
    """A kind that is polled: its mapping is found, changed, paused and deleted like all others."""


def target_of(trigger: Trigger, function: FunctionSeen) -> str:
    """What is run, for people: "hello:live"."""
    name = function.detail.function_name
    return f"{name}:{trigger.qualifier}" if trigger.qualifier else name
