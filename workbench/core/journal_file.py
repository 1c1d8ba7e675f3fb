"""Journals of work in steps: synced before and after each step, so that the next start can complete it.

    <folder>/<moment>-<name>-<random>.jsonl     one piece of work: a line of JSON for each event
    <folder>/<moment>-<name>-<random>.<suffix>  its sidecar files, until the work is over

Each event is synced before the work goes on; a line that a crash cut short is ignored. The process that works
holds a lock on the file, which the system releases with the process: a journal without an end and without a
lock is work that was interrupted. All files are for this user only.

The usual way: `JournalFolder.begin` -> `before`, (`note`), `after` for each step -> `finish`. After a crash:
`unfinished` -> `reopen` -> the same events again -> `finish`.
"""

import contextlib
import errno
import json
import logging
import os
import secrets
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any, Literal, Self

from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
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

Facts = Mapping[str, Any]
"""What an event says of its step: JSON values by name."""

_log = logging.getLogger(__name__)
_SUFFIX = ".jsonl"
_NO_FACTS: Facts = {}


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work, read from its journal.

    Attributes:
        file: The journal.
        when: When it began; ISO 8601, UTC.
        about: What `JournalFolder.begin` was given.
        begun: The steps that were begun and not undone, in order. Each may have been made.
        done: The facts of the steps that were done and not undone, by step.
        notes: What steps noted before they changed anything, by step.
        undoing: Whether it was being undone.
        ending: The facts of its end; None while it runs, and after a crash.
    """

    file: Path
    when: str
    about: Facts
    begun: tuple[str, ...]
    done: Mapping[str, Facts]
    notes: Mapping[str, Facts]
    undoing: bool
    ending: Facts | None


def read_work(path: Path) -> Work | None:
    """Reads a journal, or returns None when nothing of the work was begun."""
    begin: dict[str, Any] | None = None
    begun: list[str] = []
    done: dict[str, Facts] = {}
    notes: dict[str, Facts] = {}
    undoing, ending = False, None
    for event in _events(path):
        step = str(event.get("step", ""))
        match event["event"]:
            case "begin":
                begin = event
            case "before" if step:
                ending = None  # what failed is tried again
                if step not in begun:
                    begun.append(step)
                if facts := _facts(event):
                    notes[step] = facts
            case "note" if step:
                notes[step] = _facts(event)
            case "after" if step:
                done[step] = _facts(event)
            case "undoing":
                undoing = True
            case "undone" if step:
                begun = [each for each in begun if each != step]
                done.pop(step, None)
            case "finish":
                ending = event
    if begin is None:
        return None
    about = {key: value for key, value in begin.items() if key not in ("at", "event")}
    return Work(path, begin["at"], about, tuple(begun), done, notes, undoing, ending)


def _events(path: Path) -> Iterator[dict[str, Any]]:
    """The events of a journal that are whole."""
    try:
        lines = path.read_text("utf-8", "replace").split("\n")
    except OSError:
        return
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue  # cut short by a crash, or the blank line before the first event
        if isinstance(event, dict) and isinstance(event.get("at"), str) and "event" in event:
            yield event


def _facts(event: dict[str, Any]) -> Facts:
    facts = event.get("facts")
    return facts if isinstance(facts, dict) else {}


class JournalFile:
    """The journal of one piece of work while that runs. From any thread.

    A context manager: it closes its file at the end.

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
        self.is_held = _lock(self._file)

    def before(self, step: str, facts: Facts = _NO_FACTS, *, must: bool = True) -> None:
        """Notes that a step begins.

        Args:
            step: Which.
            facts: As of `note`.
            must: Whether the step changes what a crash must not leave unknown.

        Raises:
            WorkbenchError: The disk refuses, so the step must not be made. Not unless `must`.
        """
        event: dict[str, object] = {"event": "before", "step": step}
        event |= {"facts": dict(facts)} if facts else {}
        if must:
            self._must(event)
        else:
            self.attempt(event)

    def note(self, step: str, facts: Facts) -> None:
        """Notes what the step's undo needs to know if the step is interrupted.

        Raises:
            WorkbenchError: The disk refuses, so the step must not be made.
        """
        self._must({"event": "note", "step": step, "facts": dict(facts)})

    def after(self, step: str, facts: Facts = _NO_FACTS) -> None:
        """Notes that a step is done. What is done is done: a disk that refuses is only logged.

        Args:
            step: Which.
            facts: What its undo, or a later start, needs to know.
        """
        event: dict[str, object] = {"event": "after", "step": step}
        self.attempt(event | ({"facts": dict(facts)} if facts else {}))

    def undoing(self) -> None:
        """Notes that the work is being undone from here on."""
        self.attempt({"event": "undoing"})

    def undone(self, step: str) -> None:
        """Notes that a step was undone, or that it turned out not to have been made."""
        self.attempt({"event": "undone", "step": step})

    def finish(self, **facts: object) -> None:
        """Notes that the work is over, and how. If the disk refuses, the work counts as interrupted."""
        for suffix in self._sidecars:  # first: nothing removes them after a crash
            with contextlib.suppress(OSError):
                self.path.with_suffix(suffix).unlink(missing_ok=True)
        self.attempt({"event": "finish", **facts})
        self._is_over = True

    def write(self, event: Mapping[str, object]) -> None:
        """Appends one event and syncs. Raises OSError, also when the file is closed.

        The line break comes first: it also ends a line that was cut short.
        """
        line = f"\n{json.dumps({'at': self._clock.now().isoformat(), **event})}".encode()
        with self._mutex:
            if self._file.closed:
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            if self._file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._file.fileno())

    def attempt(self, event: Mapping[str, object]) -> None:
        """As `write`, for what has happened anyway: a disk that refuses is only logged."""
        try:
            self.write(event)
        except OSError as error:
            if self._file.closed:  # an answer after the job was left behind: the step stays begun, not done
                return
            _log.warning("the journal %s misses an event: %s", self.path, error)

    def _must(self, event: Mapping[str, object]) -> None:
        try:
            self.write(event)
        except OSError as error:
            raise explain_os_error(
                error, "The operation was stopped because it could not be recorded.", self.path
            ) from error

    def close(self) -> None:
        """Closes the file, which releases its lock. If the work is over and is no history, it is deleted."""
        with self._mutex:
            self._file.close()
        if self._is_over and not self._stays:
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class JournalFolder:
    """The journals of one kind of work.

    Args:
        folder: Where they lie; it is made by the first.
        clock: Tells when things happen.
        sidecars: Suffixes of files that lie next to a journal until the work is over.
        history: Whether the journals of work that is over stay.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock | None = None,
        sidecars: tuple[str, ...] = (),
        *,
        history: bool = True,
    ) -> None:
        self._folder, self._history = folder, history
        self._clock = clock or SystemClock()
        self._sidecars = sidecars

    def begin(
        self, name: str, about: Facts, what: str, sidecars: Mapping[str, bytes | Path] | None = None
    ) -> JournalFile:
        """Opens the journal of work that begins now.

        Args:
            name: Becomes part of the file's name: letters, digits, hyphens and underscores.
            about: What describes the work.
            what: The error's first sentence if it fails: "The deploy was not begun."
            sidecars: The contents of its sidecar files, by suffix, or the files to copy.

        Raises:
            WorkbenchError: The disk refuses; the work must not begin.
        """
        file_name = f"{self._clock.now():%Y%m%dT%H%M%S.%fZ}-{name}-{secrets.token_hex(3)}{_SUFFIX}"
        path = path_below(self._folder, file_name)
        try:
            make_private_folder(self._folder)
            file = self._open(path, "x")
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
            file.write({"event": "begin", **about})  # what it describes is whole by now
            sync_folder(self._folder)  # a new file whose name is lost is lost
        except OSError as error:
            file.close()
            self._remove(path)
            raise explain_os_error(error, what, path) from error
        return file

    def files(self) -> list[Path]:
        """The journals, newest first."""
        return sorted(self._folder.glob(f"*{_SUFFIX}"), reverse=True)

    def all(self) -> tuple[Work, ...]:
        """All work, newest first."""
        return tuple(work for path in self.files() if (work := read_work(path)))

    def unfinished(self) -> tuple[Work, ...]:
        """Work that a crash interrupted, oldest first. What runs now, here or elsewhere, is not."""
        return tuple(
            work for work in reversed(self.all()) if work.ending is None and not is_locked(work.file)
        )

    def reopen(self, path: Path, what: str) -> JournalFile:
        """Opens the journal of interrupted work, to complete or undo it.

        Raises:
            WorkbenchError: The disk refuses, another window works on it, or it has ended meanwhile.
        """
        over = WorkbenchError(what, "It was finished or undone in the meantime.", "Check its state.")
        if not path.is_file():
            raise over
        try:
            file = self.append(path)
        except OSError as error:
            raise explain_os_error(error, what, path) from error
        if not file.is_held:
            file.close()
            raise WorkbenchError(what, "Another window is working on it.", "Wait until it has finished.")
        if (now := read_work(path)) and now.ending is None:
            return file
        file.close()
        raise over

    def append(self, path: Path) -> JournalFile:
        """Opens any journal to append to it. Raises OSError."""
        return self._open(path, "a")

    def forget(self, path: Path) -> bool:
        """Removes the journal of work that has ended, and its sidecar files. Never raises.

        Returns:
            Whether it did: one that is locked stays, and so does one that cannot be deleted.
        """
        return not is_locked(path) and self._remove(path)

    def _remove(self, path: Path) -> bool:
        try:
            for each in (*map(path.with_suffix, self._sidecars), path):
                each.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("the journal %s stays: %s", path, error)
            return False
        return True

    def _open(self, path: Path, mode: Literal["x", "a"]) -> JournalFile:
        return JournalFile(path, mode, self._clock, self._sidecars, stays=self._history)


def _lock(file: FileIO) -> bool:
    try:
        return try_lock(file.fileno())
    except OSError:  # no locks on this file system: work goes on, and is never taken for interrupted
        return False
