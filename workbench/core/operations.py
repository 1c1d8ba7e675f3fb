"""Operations: steps recorded on disk before and after each, undone in reverse, and resumed after a crash.

An operation is written down before its first step, as a value that describes it (`OperationJournal`). Its
steps are data; a `StepRunner` carries them out and undoes them. `Operation` runs them and records how far it
is, so that the next start can finish or undo what a crash interrupted, without planning again.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from workbench.core import codec
from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.journal_file import Facts as Facts
from workbench.core.journal_file import JournalFile, JournalFolder, Work, read_work

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Interrupted[D: "Description"]:
    """An operation that a crash or a failed undo interrupted. A history has also those that are over.

    Attributes:
        file: Its journal.
        when: When it began; ISO 8601, UTC.
        about: What it was to do.
        begun: The steps that were begun and not undone, in order. Each may have been made.
        done: The facts of the steps that were done and not undone, by step.
        noted: What steps noted before they changed anything, by step.
        undoing: Whether it was being undone.
        ending: The facts of its end; None for one that was interrupted, or runs.
    """

    file: Path
    when: str
    about: D
    begun: tuple[str, ...]
    done: Mapping[str, Facts]
    noted: Mapping[str, Facts]
    undoing: bool
    ending: Facts | None = None


class Description(Protocol):
    """What an operation is to do: a dataclass that the codec can write and read."""

    @property
    def account_id(self) -> str:
        """The account that it changes."""
        ...

    @property
    def region(self) -> str:
        """The region that it changes."""
        ...


class OperationJournal[D: Description]:
    """The journals of the operations of one kind.

    Args:
        folder: Where they lie.
        kind: What describes such an operation.
        clock: Tells when things happen.
        sidecars: Suffixes of files that lie next to a journal until the operation is over.
        history: Whether the journals of operations that are over stay.
    """

    def __init__(
        self,
        folder: Path,
        kind: type[D],
        clock: Clock | None = None,
        sidecars: tuple[str, ...] = (),
        *,
        history: bool = False,
    ) -> None:
        self._kind, self._history = kind, history
        self._files = JournalFolder(folder, clock, sidecars, history=history)

    def begin(
        self, name: str, about: D, what: str, sidecars: Mapping[str, bytes | Path] | None = None
    ) -> JournalFile:
        """Opens the journal of an operation that begins now. Unless it is for a history, its end deletes it.

        Args:
            name: Of what is changed; becomes part of the file's name.
            about: What is to be done.
            what: The error's first sentence if that cannot be recorded: "hello was not deleted."
            sidecars: The contents of its sidecar files, by suffix, or the files to copy.

        Raises:
            WorkbenchError: The disk refuses; the operation must not begin.
        """
        if not self._history:  # whoever keeps a history prunes it
            for path in self._files.files():
                work = read_work(path)
                if _was_never_begun(path) if work is None else work.ending is not None:
                    self._files.forget(path)  # a crash came before anything was begun, or after the end
        return self._files.begin(name, codec.to_builtins(about), what, sidecars)

    def files(self) -> list[Path]:
        """The journals, newest first."""
        return self._files.files()

    def read(self, file: Path) -> Interrupted[D] | None:
        """Reads a journal; None when nothing was begun, or when this version does not understand it."""
        work = read_work(file)
        return self._read(work) if work else None

    def forget(self, file: Path) -> bool:
        """Removes the journal of an operation that is over. Never raises; returns whether it did."""
        return self._files.forget(file)

    def unfinished(self, account_id: str, region: str) -> tuple[Interrupted[D], ...]:
        """What a crash interrupted in an account and region, oldest first. What runs now is not.

        The journal of a version of Workbench that this one does not understand is left alone.
        """
        found = (self._read(work) for work in self._files.unfinished())
        here = (account_id, region)
        return tuple(each for each in found if each and (each.about.account_id, each.about.region) == here)

    def reopen(self, interrupted: Interrupted[D], what: str) -> JournalFile:
        """Opens the journal of an interrupted operation, to finish or undo it.

        Raises:
            WorkbenchError: The disk refuses, another window is working on it, or it has ended meanwhile.
        """
        return self._files.reopen(interrupted.file, what)

    def understands(self, about: D) -> bool:
        """Whether this version can finish and undo it. One that it can't is left alone."""
        return True

    def convert(self, facts: Facts) -> D:
        """The description that a journal holds, which an earlier version may have written.

        Raises:
            codec.Damaged: It is none, or only a later version knows all of it.
        """
        return codec.convert(facts, self._kind, exact=True)

    def _read(self, work: Work) -> Interrupted[D] | None:
        try:
            about = self.convert(work.about)
        except codec.Damaged as error:
            _log.info("the journal %s could not be read: %s", work.file, error)
            return None
        if not self.understands(about):
            return None
        return Interrupted(
            work.file, work.when, about, work.begun, work.done, work.notes, work.undoing, work.ending
        )


_BEGINS_WITHIN_S = 60


def _was_never_begun(path: Path) -> bool:
    """Whether a journal without a beginning has no step either, and is old.

    Another operation may have made a new one, and lock it in a moment. One whose beginning was damaged, or
    cannot be read just now, may be all that is known of changes that a crash interrupted.
    """
    try:
        is_old = time.time() - path.stat().st_mtime > _BEGINS_WITHIN_S
        return is_old and b'"before"' not in path.read_bytes()
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a runner is given with a step.

    Attributes:
        number: Of the step, from 0.
        total: How many steps the operation has.
        ctx: The job; during the undo, one that cannot be cancelled.
        done: The facts of the steps that are done, by name, in order.
        noted: Returns what this step noted before its call, in this run or an earlier one.
        note: Records facts before the call, for the undo of a step whose result is unknown ("the statement
            did not exist"). What an earlier attempt noted stays: a later attempt finds the step's own change.
            Raises WorkbenchError when the disk refuses: do not call then.
    """

    number: int
    total: int
    ctx: JobContext
    done: Mapping[str, Facts]
    noted: Callable[[], Facts]
    note: Callable[[Facts], None]


class StepRunner[S](Protocol):
    """Carries out the steps of one kind of operation."""

    def do(self, step: S, context: StepContext) -> Facts:
        """Makes the change. Finishing after a crash calls it again: done twice it must come to the same.

        Returns:
            What undoing it, or a later step, needs to know; JSON.

        Raises:
            WorkbenchError: It failed.
            Cancelled: Before the change was sent.
        """
        ...

    def undo(self, step: S, facts: Facts, context: StepContext) -> str:
        """Undoes what this step changed, and nothing that existed before or that others changed since.

        Args:
            step: Which.
            facts: What `do` returned; if its result is unknown, what it noted, or nothing.
            context: As for `do`.

        Returns:
            What was undone, in a sentence; empty when there is nothing to say.

        Raises:
            WorkbenchError: The change remains.
        """
        ...


@dataclass(slots=True)
class Undone[S]:
    """The result of an undo.

    Attributes:
        steps: The steps that were undone and had been done, last first.
        failed: Those that could not be undone, and why.
        texts: What the steps say of it.
    """

    steps: list[S] = field(default_factory=list)
    failed: list[tuple[S, WorkbenchError]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


class Operation[S]:
    """The steps of one operation, and which of them were begun and done.

    Args:
        steps: By their names in the journal, in order.
        runner: What carries them out.
        journal: The operation's.
        ctx: The job.
        interrupted: How far an earlier run came.
        made_nothing: Whether an error says for certain that its step changed nothing.
        title_of: What the job's progress says of a step; without it the runner reports.
        must: Whether a step must not be made when the disk refuses its record: it changes what a crash must
            not leave unknown.
    """

    def __init__(
        self,
        steps: Mapping[str, S],
        runner: StepRunner[S],
        journal: JournalFile,
        ctx: JobContext,
        interrupted: Interrupted[Description] | None = None,
        made_nothing: Callable[[WorkbenchError], bool] = lambda _error: False,
        title_of: Callable[[S], str] | None = None,
        must: Callable[[S], bool] = lambda _step: True,
    ) -> None:
        self._steps, self._runner, self._journal, self._ctx = steps, runner, journal, ctx
        self._made_nothing, self._title_of, self._must = made_nothing, title_of, must
        self.begun: list[str] = [name for name in interrupted.begun if name in steps] if interrupted else []
        done = interrupted.done if interrupted else {}
        self.done: dict[str, Facts] = {name: done[name] for name in steps if name in done}
        self._noted: dict[str, Facts] = dict(interrupted.noted) if interrupted else {}

    def forward(self) -> None:
        """Makes all steps that are not done, until the first that fails.

        Raises:
            WorkbenchError: A step failed, or could not be recorded and was not made.
            Cancelled: Between two steps, or in one before its change was sent.
        """
        for name, step in self._steps.items():
            if name not in self.done:
                self._do(name, step)

    def _do(self, name: str, step: S) -> None:
        if self._title_of is not None:
            self._ctx.progress(list(self._steps).index(name), len(self._steps), self._title_of(step))
        self._journal.before(name, must=self._must(step))
        if name not in self.begun:
            self.begun.append(name)
        try:
            facts = self._runner.do(step, self._context(name, self._ctx))
        except WorkbenchError as error:
            if self._made_nothing(error):
                self._journal.undone(name)
                self.begun.remove(name)
            raise
        self.done[name] = facts
        self._journal.after(name, facts)

    def backward(self, *, stop_at_failure: bool = False) -> Undone[S]:
        """Undoes the steps that were begun, last first. It cannot be cancelled, and no failure ends it.

        Args:
            stop_at_failure: Whether a step that cannot be undone keeps the steps before it: it may need what
                they made.
        """
        self._journal.undoing()
        ctx, undone = self._ctx.shielded(), Undone[S]()
        for name in reversed(self.begun.copy()):
            step = self._steps[name]
            facts = self.done.get(name) or self._noted.get(name) or {}
            try:
                text = self._runner.undo(step, facts, self._context(name, ctx))
            except WorkbenchError as error:
                undone.failed.append((step, error))
                if stop_at_failure:
                    break
                continue
            self._journal.undone(name)
            self.begun.remove(name)
            if self.done.pop(name, None) is not None:
                undone.steps.append(step)
            undone.texts += [text] if text else []
        return undone

    def _context(self, name: str, ctx: JobContext) -> StepContext:
        return StepContext(
            number=list(self._steps).index(name),
            total=len(self._steps),
            ctx=ctx,
            done={each: self.done[each] for each in self._steps if each in self.done},
            noted=lambda: self._noted.get(name, {}),
            note=lambda facts: self._note(name, facts),
        )

    def _note(self, name: str, facts: Facts) -> None:
        noted = {**facts, **self._noted.get(name, {})}
        self._journal.note(name, noted)
        self._noted[name] = noted
