"""Interrupted operations, as features offer them to the panel that lists all of them (features/recovery)."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.core.operations import Description, OperationJournal, OperationRecord, UnreadableJournal


@dataclass(frozen=True, slots=True)
class Ended:
    """How an interrupted operation was finished or undone.

    Attributes:
        text: In sentences.
        tone: "good", "info" or "warning".
        then: Called on the main thread.
    """

    text: str
    tone: str = "good"
    then: Callable[[], object] = lambda: None


type InPlace = Callable[[Connection, JobContext], Ended]
"""Finishes or undoes an operation on a worker thread. Raises WorkbenchError, Cancelled."""


@dataclass(frozen=True, slots=True)
class Opens:
    """The operation goes on in a window of its own, which shows each of its parts, and asks in production."""

    open: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Interruption:
    """What the panel shows of an interrupted operation, and how it can be ended.

    Attributes:
        title: What it was: "Deploy of hello".
        left: What it may have left, in sentences or lines.
        choice: What Finish and Undo do, in sentences.
        steps_done: How many steps are done.
        steps: Of how many.
        finish: What makes the rest; a text says why nothing can.
        undo: What undoes it; a text says why nothing can.
        kept: Why it must not be discarded; empty when it may.
        subject: What the user types before it is changed in production: the function's name.
        lane: See Job.
    """

    title: str
    left: str
    choice: str
    steps_done: int
    steps: int
    finish: InPlace | Opens | str
    undo: InPlace | Opens | str
    kept: str = ""
    subject: str = ""
    lane: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """An interrupted operation, where it was found.

    Attributes:
        journal: The journals of its kind.
        file: Its own.
        when: When it began; ISO 8601, UTC. Empty when that is not known.
        account_id: Where it was; empty when that is not known, or it was in several accounts.
        region: The same.
        shown: What is shown of it; None when its journal cannot be read.
        name: What operations of its kind are called: "Deploy".
        problem: Why the journal cannot be read.
    """

    journal: OperationJournal[Any]
    file: Path
    when: str
    account_id: str
    region: str
    shown: Interruption | None
    name: str
    problem: str = ""


def find[D: Description](
    name: str,
    journals: Callable[[], Iterable[OperationJournal[D]]],
    describe: Callable[[OperationRecord[D]], Interruption | None],
) -> Iterator[Found]:
    """The interrupted operations of one kind. Args: see Context.recovery."""
    for journal in journals():
        for each in journal.all_unfinished():
            if isinstance(each, UnreadableJournal):
                yield Found(journal, each.file, each.when, "", "", None, name, each.why)
            elif (shown := describe(each)) is not None:
                about = each.about
                yield Found(journal, each.file, each.when, about.account_id, about.region, shown, name)
