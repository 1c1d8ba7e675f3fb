"""Carries out one step outside of a plan, and remembers what it noted and how long it waited."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.triggers.pushing import Hurried
from workbench.aws.connection import Connection
from workbench.core.operations import Facts
from workbench.triggers.execute import STEP_RUNS
from workbench.triggers.steps import Running, Step, with_noted


@dataclass
class Doing:
    """One step, done and undone as execute.py does it."""

    connection: Connection
    step: Step
    earlier: Mapping[str, Facts] = field(default_factory=dict)
    noted: Facts = field(default_factory=dict)
    slept: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    emitted: list[object] = field(default_factory=list)

    def do(self) -> Facts:
        """Makes the step; a second time as after a crash."""
        return with_noted(STEP_RUNS[self.step.action].do(self.step, self._running()), self.noted)

    def undo(self, facts: Facts | None = None) -> None:
        """Takes it back; without facts as after a crash, with what was noted."""
        STEP_RUNS[self.step.action].undo(self.step, self.noted if facts is None else facts, self._running())

    def _running(self) -> Running:
        def note(facts: Facts) -> None:
            self.noted = with_noted(facts, self.noted)

        ctx = Hurried(self.slept, lambda progress: self.told.append(progress.text), self.emitted.append)
        return Running(self.connection, ctx, note, self.earlier)
