"""Takes the steps of a deploy back, the last one first."""

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.core.errors import WorkbenchError
from workbench.deploy.journal import Entry
from workbench.deploy.plan import StepKind
from workbench.deploy.steps.running import Running
from workbench.deploy.steps.table import STEP_RUNS


@dataclass(frozen=True, slots=True)
class Undone:
    """What came of taking a deploy back.

    Attributes:
        complete: Whether all of it could be taken back.
        changed: Whether there was anything to take back, or to say about it.
        text: What came of it, in sentences.
    """

    complete: bool
    changed: bool
    text: str


def take_back(running: Running, begun: Sequence[StepKind], entry: Entry) -> Undone:
    """Takes back, in reverse, what the steps that were begun have left in AWS. Cancel does not stop it.

    A step that cannot be taken back ends it: what came before that step may be needed for it. Never raises
    WorkbenchError.
    """
    sentences: list[str] = []
    ctx, running.ctx = running.ctx, running.ctx.shielded()
    entry.undoing()
    try:
        for kind in reversed(begun):
            if (undo := STEP_RUNS[kind].undo) is None:
                continue
            try:
                said = undo(running, running.facts.get(kind, {}))
            except WorkbenchError as error:
                sentences.append(f"The undo failed: {error} It is offered again at the next start.")
                return Undone(False, True, " ".join(sentences))
            if said:
                sentences.append(said)
            running.facts.pop(kind, None)
            entry.undone(kind)
    finally:
        running.ctx = ctx
    return Undone(True, bool(sentences), " ".join(sentences))
