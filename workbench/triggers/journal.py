"""The journal of plans that are carried out: after a crash, the next start can finish or undo them.

It holds the steps themselves, so nothing is planned again. Apart from execute.py because a start needs it.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench.core.clock import Clock
from workbench.core.journal_file import JournalFile, JournalFolder, Work
from workbench.triggers.kinds import table
from workbench.triggers.model import SourceKind, TriggerPlan
from workbench.triggers.step import Facts, Step


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A plan that a crash interrupted.

    Attributes:
        file: Its journal.
        when: When it began; ISO 8601, UTC.
        plan: What was to be done.
        begun: The numbers of the steps that were begun and not undone, in order.
        done: The facts of those that were done.
        noted: What steps noted before their call.
        takes_back: Whether it only remained to take it back: a test event's traces, or after a failure.
    """

    file: Path
    when: str
    plan: TriggerPlan
    begun: tuple[int, ...]
    done: dict[int, Facts]
    noted: dict[int, Facts]
    takes_back: bool


class TriggerJournal:
    """The folder of all plans that are carried out."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self._folder = JournalFolder(folder, clock)

    def begin(self, plan: TriggerPlan, *, is_test: bool = False) -> JournalFile:
        """Opens the journal of a plan.

        Args:
            plan: What is about to be done.
            is_test: Whether all of it is undone at the end.

        Raises:
            WorkbenchError: The disk refuses; nothing must be done.
        """
        about = {
            "title": plan.title,
            "function_arn": plan.function_arn,
            "kind": plan.kind,
            "steps": [asdict(step) for step in plan.steps],
            "is_test": is_test,
        }
        name = plan.function_arn.split(":")[6]
        return self._folder.begin(name, about, f"“{plan.title}” was not started.")

    def unfinished(self, account_id: str, region: str) -> tuple[Interrupted, ...]:
        """What a crash interrupted for functions there, oldest first. What runs now is not."""
        found = (_interrupted(work) for work in self._folder.unfinished())
        return tuple(
            each for each in found if each and each.plan.function_arn.split(":")[3:5] == [region, account_id]
        )

    def reopen(self, interrupted: Interrupted) -> JournalFile:
        """Opens the journal of an interrupted plan.

        Raises:
            WorkbenchError: The disk refuses, or another window was quicker.
        """
        return self._folder.reopen(interrupted.file, f"“{interrupted.plan.title}” was not changed.")


def _interrupted(work: Work) -> Interrupted | None:
    """None for a journal of another version that this one does not understand; its file is left alone."""
    try:
        about: Any = work.about
        if about["kind"] not in table.RULES:
            return None
        plan = TriggerPlan(
            str(about["title"]),
            str(about["function_arn"]),
            SourceKind(about["kind"]),
            tuple(Step(**step) for step in about["steps"]),
        )
        return Interrupted(
            work.file,
            work.when,
            plan,
            tuple(int(step) for step in work.begun),
            {int(step): facts for step, facts in work.done.items()},
            {int(step): facts for step, facts in work.notes.items()},
            work.undoing or bool(about.get("is_test")),
        )
    except (LookupError, ValueError, TypeError):
        return None
