"""Operations: steps recorded on disk before and after each, undone in reverse, and resumed after a crash.

An operation is written down before its first step, as a value that describes it (`OperationJournal`). Its
steps are data; a `StepRunner` carries them out and undoes them. `Operation` runs them and records how far it
is, so that the next start can finish or undo what a crash interrupted, without planning again.

    <folder>/<moment>-<name>-<random>.jsonl     one operation: a line of JSON for each event. The order of
                                                the names is that of the operations, whatever the clock does
    <folder>/<moment>-<name>-<random>.<suffix>  its sidecar files, until the operation is over

Each event is synced before the operation continues; a line that a crash cut is ignored. The process that
works holds a lock on the file, which the system releases with the process: a journal without an end and
without a lock is that of an operation that was interrupted. All files are for this user only.
"""

import contextlib
import errno
import json
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import FileIO
from pathlib import Path
from typing import Any, Literal, Protocol, Self

from workbench.core import codec
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import (
    copy_private,
    explain_os_error,
    is_locked,
    make_private_folder,
    path_below,
    private_opener,
    sync_folder,
    try_lock,
)
from workbench.core.jobs import JobContext
from workbench.core.messages import _

Facts = Mapping[str, Any]
"""JSON values of an event, by name."""

_log = logging.getLogger(__name__)
_SUFFIX = ".jsonl"
_MOMENT = "%Y%m%dT%H%M%S.%fZ"
_NO_FACTS: Facts = {}
_BEGINS_WITHIN_S = 60
_LOOK_S, _LOOK_PAUSE_S = 0.3, 0.01
"""How long at most another window holds a lock that it takes only to look at it."""


@dataclass(frozen=True, slots=True)
class OperationRecord[D]:
    """The content of a journal whose operation runs, was interrupted, or is over.

    Attributes:
        file: The journal.
        when: Time of its beginning, ISO 8601, UTC.
        about: The description of the operation.
        begun: The steps that were begun and not undone, in order. Each may have been made.
        done: The facts of the steps that were done and not undone, by step.
        noted: What steps noted before they changed anything, by step.
        failed: The known results of steps that were begun and not done, by step.
        undoing: Whether it was being undone.
        ending: The facts of its end; None if it was interrupted, or runs.
    """

    file: Path
    when: str
    about: D
    begun: tuple[str, ...]
    done: Mapping[str, Facts]
    noted: Mapping[str, Facts]
    failed: Mapping[str, Facts]
    undoing: bool
    ending: Facts | None


@dataclass(frozen=True, slots=True)
class UnreadableJournal:
    """A journal of an interrupted operation that this version of Workbench cannot read.

    Attributes:
        file: The journal.
        when: Time of its start, or of the last write; ISO 8601, UTC.
        why: A sentence on what is wrong with it.
    """

    file: Path
    when: str
    why: str


def _read(path: Path) -> OperationRecord[Facts] | None:
    """Reads a journal; None if nothing was begun."""
    begin: dict[str, Any] | None = None
    begun: list[str] = []
    done: dict[str, Facts] = {}
    noted: dict[str, Facts] = {}
    failed: dict[str, Facts] = {}
    undoing, ending = False, None
    for event in _events(path):
        step = str(event.get("step", ""))
        match event["event"]:
            case "begin":
                begin = event
            case "before" if step:
                ending = None  # what failed is being retried
                failed.pop(step, None)
                if step not in begun:
                    begun.append(step)
                if facts := _facts(event):
                    noted[step] = facts
            case "note" if step:
                noted[step] = _facts(event)
            case "after" if step:
                done[step] = _facts(event)
            case "failed" if step:
                failed[step] = _facts(event)
            case "undoing":
                undoing = True
            case "undone" if step:
                begun = [each for each in begun if each != step]
                done.pop(step, None)
                noted.pop(step, None)
            case "finish":
                ending = event
    if begin is None:
        return None
    about = {key: value for key, value in begin.items() if key not in ("at", "event")}
    return OperationRecord(path, begin["at"], about, tuple(begun), done, noted, failed, undoing, ending)


def _events(path: Path) -> Iterator[dict[str, Any]]:
    """The complete events of a journal."""
    try:
        lines = path.read_text("utf-8", "replace").split("\n")
    except OSError:
        return
    for line in lines:
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue  # cut short by a crash, damaged, or the blank line before the first event
        if isinstance(event, dict) and isinstance(event.get("at"), str) and "event" in event:
            yield event


def _facts(event: dict[str, Any]) -> Facts:
    facts = event.get("facts")
    return facts if isinstance(facts, dict) else {}


class JournalFile:
    """The journal of a running operation. Thread-safe.

    A context manager that closes its file at the end.

    Attributes:
        path: The file.
        is_held: Whether this has the lock; never on a file system without locks.
    """

    def __init__(
        self, path: Path, mode: Literal["x", "a"], clock: Clock, sidecars: tuple[str, ...], *, stays: bool
    ) -> None:
        self.path = path
        self._clock, self._sidecars, self._stays = clock, sidecars, stays
        self._is_over = False
        self._mutex = threading.Lock()
        self._file = FileIO(path, mode, opener=private_opener)
        self.is_held = _lock(self._file, is_new=mode == "x")

    def before(self, step: str, facts: Facts = _NO_FACTS, *, required: bool = True) -> None:
        """Records that a step begins.

        Args:
            required: Whether the step changes what a crash must not leave unknown.

        Raises:
            WorkbenchError: It cannot be written, so the step must not be made. Only if `required`.
        """
        event: dict[str, object] = {"event": "before", "step": step}
        event |= {"facts": dict(facts)} if facts else {}
        if required:
            self._require(event)
        else:
            self.attempt(event)

    def note(self, step: str, facts: Facts) -> None:
        """Records what the step's undo needs if the step is interrupted.

        Raises:
            WorkbenchError: It cannot be written, so the step must not be made.
        """
        self._require({"event": "note", "step": step, "facts": dict(facts)})

    def after(self, step: str, facts: Facts = _NO_FACTS) -> None:
        """Records that a step is done. A write error is only logged, since the step is made.

        Args:
            facts: What its undo, or a later start, needs.
        """
        event: dict[str, object] = {"event": "after", "step": step}
        self.attempt(event | ({"facts": dict(facts)} if facts else {}))

    def failed(self, step: str, facts: Facts) -> None:
        """Records the result of a step that was not done; a write error is only logged."""
        self.attempt({"event": "failed", "step": step, "facts": dict(facts)})

    def undoing(self) -> None:
        """Records that the operation is being undone from now on."""
        self.attempt({"event": "undoing"})

    def undone(self, step: str) -> None:
        """Records that a step was undone, or turned out not to have been made."""
        self.attempt({"event": "undone", "step": step})

    def finish(self, **facts: object) -> None:
        """Records that the operation is over, and how. If that fails, it counts as interrupted."""
        for suffix in self._sidecars:  # first: nothing removes them after a crash
            with contextlib.suppress(OSError):
                self.path.with_suffix(suffix).unlink(missing_ok=True)
        self.attempt({"event": "finish", **facts})
        self._is_over = True

    def write(self, event: Mapping[str, object]) -> None:
        """Appends one event and syncs. Raises OSError, also if the file is closed.

        The line break comes first, which also ends a line that was cut short.
        """
        line = f"\n{json.dumps({'at': self._clock.now().isoformat(), **event})}".encode()
        with self._mutex:
            if self._file.closed:
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            if self._file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._file.fileno())

    def attempt(self, event: Mapping[str, object]) -> None:
        """Does what `write` does, for what has already happened: a write error is only logged."""
        try:
            self.write(event)
        except OSError as error:
            if self._file.closed:  # an answer after the job was left behind: the step stays begun, not done
                return
            _log.warning("the journal %s misses an event: %s", self.path, error)

    def _require(self, event: Mapping[str, object]) -> None:
        try:
            self.write(event)
        except OSError as error:
            raise explain_os_error(
                error, _("The operation was stopped because it could not be recorded."), self.path
            ) from error

    def close(self) -> None:
        """Closes the file, which releases its lock. Deletes it if it is over and not part of a history."""
        with self._mutex:
            self._file.close()
        if self._is_over and not self._stays:
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *__: object) -> None:
        self.close()


class ReopenedJournal[D](JournalFile):
    """The journal of an interrupted operation that continues.

    Attributes:
        record: The progress, read under the journal's lock: another process may have continued or undone the
            operation since it was found.
    """

    record: OperationRecord[D]


class Description(Protocol):
    """What an operation is to do: a dataclass for the codec."""

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
        folder: The folder of the journals; created by the first.
        sidecars: Suffixes of files next to a journal, which exist until the operation is over.
        history: Whether the journals of finished operations are kept.
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
        self._folder, self._kind, self._history = folder, kind, history
        self._clock = clock or SystemClock()
        self._sidecars = sidecars

    def begin(
        self, name: str, about: D, what: str, sidecars: Mapping[str, bytes | Path] | None = None
    ) -> JournalFile:
        """Opens the journal of a new operation. Unless it is for a history, its end deletes it.

        Args:
            name: Name of what is changed, for the file's name: letters, digits, hyphens, underscores.
            what: The error's first sentence if that cannot be recorded: "hello was not deleted."
            sidecars: The contents of its sidecar files, by suffix, or the files to copy.

        Raises:
            WorkbenchError: It cannot be written; then the operation must not begin.
        """
        file = self.prepare(name, what, sidecars)
        try:
            self.describe(file, about, what)
        except WorkbenchError:
            file.close()
            self._remove(file.path)
            raise
        return file

    def prepare(
        self, name: str, what: str, sidecars: Mapping[str, bytes | Path] | None = None
    ) -> JournalFile:
        """Opens the journal of an operation that may begin (see `describe`); otherwise its end deletes it.

        Takes the arguments of `begin`, and raises as `begin` does.
        """
        if not self._history:  # the owner of a history prunes it
            self._forget_ended()
        file_name = f"{self._next_moment()}-{name}-{secrets.token_hex(3)}{_SUFFIX}"
        path = path_below(self._folder, file_name)
        try:
            make_private_folder(self._folder)
            file = JournalFile(path, "x", self._clock, self._sidecars, stays=self._history)
        except OSError as error:
            raise explain_os_error(error, what, path) from error
        try:
            for suffix, data in (sidecars or {}).items():
                sidecar = path.with_suffix(suffix)
                if isinstance(data, Path):
                    copy_private(data, sidecar)
                    continue
                with FileIO(sidecar, "x", opener=private_opener) as other:
                    other.write(data)
                    os.fsync(other.fileno())
        except OSError as error:
            file.close()
            self._remove(path)
            raise explain_os_error(error, what, path) from error
        return file

    def describe(self, file: JournalFile, about: D, what: str) -> None:
        """Begins the operation of a prepared journal, whose sidecar files are complete. Raises as `begin`."""
        try:
            file.write({"event": "begin", **codec.to_builtins(about)})
            sync_folder(self._folder)  # a new file whose name is lost is lost
        except OSError as error:
            raise explain_os_error(error, what, file.path) from error

    def _next_moment(self) -> str:
        """Now, or the moment after the newest journal's if the clock was turned back since."""
        now = f"{self._clock.now():{_MOMENT}}"
        for newest in self.files():
            with contextlib.suppress(ValueError, OverflowError):  # not a name of ours
                last = datetime.strptime(newest.name.partition("-")[0], _MOMENT)  # noqa: DTZ007
                return max(now, f"{last + timedelta(microseconds=1):{_MOMENT}}")
        return now

    def files(self) -> list[Path]:
        """The journals, newest first."""
        return sorted(self._folder.glob(f"*{_SUFFIX}"), reverse=True)

    def read(self, file: Path) -> OperationRecord[D] | None:
        """Reads a journal; None if nothing was begun, or if this version does not understand it."""
        record = _read(file)
        found = self._understood(record) if record else None
        return found if isinstance(found, OperationRecord) else None

    def was_begun(self, file: Path) -> bool:
        """Whether a journal has a beginning, of whatever version: a crash may come before it."""
        return _read(file) is not None

    def all_unfinished(self) -> tuple[OperationRecord[D] | UnreadableJournal, ...]:
        """Interrupted operations of all accounts and regions, oldest first, without running ones."""
        self.convert_old()
        found = (self._unfinished(path) for path in reversed(self.files()))
        return tuple(each for each in found if each is not None)

    def unfinished(self, account_id: str, region: str) -> tuple[OperationRecord[D], ...]:
        """Interrupted operations of an account and region, oldest first, without those that are running."""
        here = (account_id, region)
        records = (each for each in self.all_unfinished() if isinstance(each, OperationRecord))
        return tuple(each for each in records if (each.about.account_id, each.about.region) == here)

    def _unfinished(self, path: Path) -> OperationRecord[D] | UnreadableJournal | None:
        record = _read(path)
        if record is not None:
            return None if record.ending or is_locked(path) else self._understood(record)
        try:
            if not _has_steps(path) or _has_ended(path) or is_locked(path):
                return None
            why = _("The beginning of its journal is damaged.")
        except OSError as error:
            why = _("Its journal cannot be read: {why}.").format(why=error.strerror or str(error))
        return UnreadableJournal(path, _modified(path), why)

    def discard(self, path: Path, what: str) -> None:
        """Ends an interrupted operation without finishing or undoing it.

        Deletes its files if it cannot be read, or if the journal is not a history.

        Raises:
            WorkbenchError: As for `reopen`, or its files cannot be deleted.
        """
        if self.read(path) is None:
            if not self.forget(path):
                why = _("Its file is in use, or cannot be deleted.")
                remedy = _("If no other window is working on it, delete this file: {path}")
                raise WorkbenchError(what, why, remedy.format(path=path))
            return
        with self.reopen(path, what) as file:
            file.finish()

    def reopen(self, path: Path, what: str) -> ReopenedJournal[D]:
        """Opens the journal of an interrupted operation, to finish or undo it.

        Raises:
            WorkbenchError: It cannot be written, another window is working on it, or it has ended in the
                meantime.
        """
        over = WorkbenchError(what, _("It was finished or undone in the meantime."), _("Check its state."))
        if not path.is_file():
            raise over
        file = self._open_again(path, what)
        if not file.is_held:
            file.close()
            raise WorkbenchError(
                what, _("Another window is working on it."), _("Wait until it has finished.")
            )
        now = self.read(path)
        if now is None or now.ending is not None:
            file.close()
            raise over
        file.record = now
        return file

    def append(self, path: Path, what: str) -> ReopenedJournal[D]:
        """Opens any journal of a history to append to it. Raises WorkbenchError if that is impossible."""
        file = self._open_again(path, what)
        record = self.read(path)
        if record is None:
            file.close()
            raise WorkbenchError(what, _("Its journal cannot be read."))
        file.record = record
        return file

    def _open_again(self, path: Path, what: str) -> ReopenedJournal[D]:
        try:
            path.stat()  # opening would create it
            return ReopenedJournal(path, "a", self._clock, self._sidecars, stays=self._history)
        except OSError as error:
            raise explain_os_error(error, what, path) from error

    def forget(self, file: Path) -> bool:
        """Deletes the journal of a finished operation, and its sidecar files. Never raises.

        Returns:
            Whether it did: a locked one stays, and so does one that cannot be deleted.
        """
        return not is_locked(file) and self._remove(file)

    def understands(self, record: OperationRecord[D]) -> bool:
        """Whether this version can finish and undo it. One that it can't is left alone."""
        return True

    def convert_old(self) -> None:
        """Converts what earlier versions stored in another form to journals."""

    def convert(self, facts: Facts) -> D:
        """The description in a journal, which an earlier version may have written.

        Raises:
            codec.Damaged: It is not one, or only a later version understands all of it.
        """
        return codec.convert(facts, self._kind, exact=True)

    def _understood(self, record: OperationRecord[Facts]) -> OperationRecord[D] | UnreadableJournal:
        try:
            about = self.convert(record.about)
        except codec.Damaged as error:
            _log.info("the journal %s could not be read: %s", record.file, error)
            return UnreadableJournal(record.file, record.when, _("Its journal cannot be read."))
        converted: OperationRecord[Any] = record
        found: OperationRecord[D] = replace(converted, about=about)
        if self.understands(found):
            return found
        return UnreadableJournal(record.file, record.when, _("Another version of Workbench began it."))

    def _forget_ended(self) -> None:
        """Deletes journals that a crash left before anything was begun, or after the end."""
        for path in self.files():
            record = _read(path)
            if _was_never_begun(path) if record is None else record.ending is not None:
                self.forget(path)

    def _remove(self, path: Path) -> bool:
        try:
            for each in (*map(path.with_suffix, self._sidecars), path):
                each.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("the journal %s stays: %s", path, error)
            return False
        return True


def _was_never_begun(path: Path) -> bool:
    """Whether a journal without a beginning has no steps either, and is old.

    Another operation may have just created one, and be about to lock it. One whose beginning is damaged, or
    cannot be read now, may be the only record of changes that a crash interrupted.
    """
    try:
        is_old = time.time() - path.stat().st_mtime > _BEGINS_WITHIN_S
        return is_old and not _has_steps(path)
    except OSError:
        return False


def _has_steps(path: Path) -> bool:
    """Whether a step was begun, as far as a damaged journal shows. Raises OSError."""
    try:
        return b'"before"' in path.read_bytes()
    except FileNotFoundError:
        return False


def _has_ended(path: Path) -> bool:
    """Whether an operation is over, whatever else of its journal is damaged: nothing came after its end."""
    ended = False
    for event in _events(path):
        match event["event"]:
            case "finish":
                ended = True
            case "before":
                ended = False  # what failed was retried
    return ended


def _modified(path: Path) -> str:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat()
    except OSError:
        return ""


def _lock(file: FileIO, *, is_new: bool) -> bool:
    """Takes the lock of a journal. Whoever has that of a new one, or briefly of another, only looks at it."""
    last = time.monotonic() + _LOOK_S
    try:
        while not (is_held := try_lock(file.fileno(), wait=is_new)) and time.monotonic() < last:
            time.sleep(_LOOK_PAUSE_S)
    except OSError:  # this file system has no locks: work continues, and never counts as interrupted
        return False
    return is_held


@dataclass(frozen=True, slots=True)
class StepContext:
    """The context of a step.

    Attributes:
        number: Number of the step, from 0.
        total: Number of steps of the operation.
        ctx: The job's context; during the undo, one that cannot be cancelled.
        done: The facts of the finished steps, by name, in order.
        noted: Returns what this step noted before its call, in this run or an earlier one.
        note: Records facts before the call, for the undo of a step whose result is unknown ("the statement
            did not exist"). Notes of an earlier attempt are kept, because a later attempt would find the
            step's own change. Raises WorkbenchError if it cannot be written: then do not make the call.
        failed: Records the known result of a step that was not done. Never raises.
    """

    number: int
    total: int
    ctx: JobContext
    done: Mapping[str, Facts]
    noted: Callable[[], Facts]
    note: Callable[[Facts], None]
    failed: Callable[[Facts], None]


class StepRunner[S](Protocol):
    """Makes and undoes the steps of one kind of operation.

    A runner whose steps cannot be undone inherits from this.
    """

    def do(self, step: S, context: StepContext) -> Facts:
        """Makes the change. It must be repeatable: finishing after a crash calls it again.

        Returns:
            What its undo, or a later step, needs; JSON.

        Raises:
            WorkbenchError: It failed.
            Cancelled: The change was not sent.
        """
        ...

    def undo(self, step: S, facts: Facts, context: StepContext) -> str | None:
        """Undoes what this step changed, not what existed before or what others changed since.

        Args:
            facts: What `do` returned; if its result is unknown, what it noted, or nothing.

        Returns:
            What was undone, in a sentence; empty if there is nothing to say. None if the step stays as it is,
            because it has no undo.

        Raises:
            WorkbenchError: The change remains.
        """
        return None


@dataclass(slots=True)
class Undone[S]:
    """The result of an undo.

    Attributes:
        steps: The steps that had been done and were undone, last first.
        failed: Those that could not be undone, and why.
        texts: What the steps returned.
    """

    steps: list[S] = field(default_factory=list)
    failed: list[tuple[S, WorkbenchError]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


class Operation[S]:
    """The steps of an operation, and which of them were begun and done.

    Args:
        steps: By their names in the journal, in order.
        runner: Makes and undoes them.
        interrupted: The progress of an earlier run.
        made_nothing: Whether an error, or Cancelled, certainly means that its step changed nothing. It then
            counts as not begun, unless an earlier run began it.
        title_of: Text of a step for the job's progress; without it the runner reports.
        must_be_recorded: Whether a step is not made if it cannot be recorded, because it changes what a crash
            must not leave unknown.
    """

    def __init__(
        self,
        steps: Mapping[str, S],
        runner: StepRunner[S],
        journal: JournalFile,
        ctx: JobContext,
        interrupted: OperationRecord[Any] | None = None,
        made_nothing: Callable[[WorkbenchError | Cancelled], bool] = lambda _error: False,
        title_of: Callable[[S], str] | None = None,
        must_be_recorded: Callable[[S], bool] = lambda _step: True,
    ) -> None:
        self._steps, self._runner, self._journal, self._ctx = steps, runner, journal, ctx
        self._made_nothing, self._title_of = made_nothing, title_of
        self._must_be_recorded = must_be_recorded
        self.begun: list[str] = [name for name in interrupted.begun if name in steps] if interrupted else []
        done = interrupted.done if interrupted else {}
        self.done: dict[str, Facts] = {name: done[name] for name in steps if name in done}
        noted = interrupted.noted if interrupted else {}
        self._noted: dict[str, Facts] = {name: noted[name] for name in self.begun if name in noted}

    def forward(self) -> None:
        """Makes all steps that are not done, until one fails.

        Raises:
            WorkbenchError: A step failed, or could not be recorded and was not made.
            Cancelled: Between two steps, or in one before its change was sent.
        """
        for name in self._steps:
            self.make(name)

    def make(self, name: str) -> None:
        """Makes one step, unless it is done. Raises as `forward` does."""
        if name in self.done:
            return
        step = self._steps[name]
        if self._title_of is not None:
            self._ctx.progress(list(self._steps).index(name), len(self._steps), self._title_of(step))
        self._journal.before(name, required=self._must_be_recorded(step))
        is_new = name not in self.begun
        if is_new:
            self.begun.append(name)
        try:
            facts = self._runner.do(step, self._context(name, self._ctx))
        except (WorkbenchError, Cancelled) as error:
            if is_new and self._made_nothing(error):
                self._journal.undone(name)
                self.begun.remove(name)
                self._noted.pop(name, None)
            raise
        self.done[name] = facts
        self._journal.after(name, facts)

    def backward(self, *, stop_at_failure: bool = False) -> Undone[S]:
        """Undoes the steps that were begun, last first. It cannot be cancelled, and failures do not end it.

        Args:
            stop_at_failure: Whether to stop at a step that cannot be undone, which may need what earlier
                steps made.
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
            if text is None:
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
            failed=lambda facts: self._journal.failed(name, facts),
        )

    def _note(self, name: str, facts: Facts) -> None:
        noted = {**facts, **self._noted.get(name, {})}
        self._journal.note(name, noted)
        self._noted[name] = noted
