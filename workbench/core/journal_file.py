"""Journals of work in steps: on disk before and after each step, so that the next start can end what was cut.

    <folder>/<moment>-<name>-<random>.jsonl     one piece of work: a line of JSON for each event
    <folder>/<moment>-<name>-<random>.<suffix>  what lies beside it until the work is over

Each event is synced before the work goes on; a line that a crash cut short is ignored. Who works holds a lock
on the file, which the system drops with the process: a journal without an end and without a lock is work that
was interrupted. All files are for this user only. Must not know: what the work is.

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
from collections.abc import Mapping
from io import FileIO
from pathlib import Path
from typing import Literal, Self

from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.file_lock import is_locked, try_lock
from workbench.core.files import (
    explain_os_error,
    make_private_folder,
    path_below,
    private_opener,
    sync_folder,
)
from workbench.core.journal_work import Facts, Work, read_work

_log = logging.getLogger(__name__)
_SUFFIX = ".jsonl"

_NO_FACTS: Facts = {}


class JournalFile:
    """The journal of one piece of work while that runs. From any thread.

    A context manager: it lets go of its file at the end.

    Attributes:
        path: The file.
        is_held: Whether this has the lock; never on a file system without locks.
    """

    def __init__(self, path: Path, mode: Literal["x", "a"], clock: Clock, beside: tuple[str, ...]) -> None:
        self.path = path
        self._clock, self._beside = clock, beside
        self._mutex = threading.Lock()
        self._file = FileIO(path, mode, opener=private_opener)
        self.is_held = _lock(self._file)

    def before(self, step: str, facts: Facts = _NO_FACTS, *, must: bool = True, **more: object) -> None:
        """Notes that a step begins.

        Args:
            step: Which.
            facts: As of `note`.
            must: Whether the step changes what a crash must not leave unknown.
            more: For people who look back.

        Raises:
            WorkbenchError: The disk refuses, so the step must not be made. Not unless `must`.
        """
        event: dict[str, object] = {"event": "before", "step": step, **more}
        event |= {"facts": dict(facts)} if facts else {}
        if must:
            self._must(event)
        else:
            self.attempt(event)

    def note(self, step: str, facts: Facts) -> None:
        """Notes what taking a step back needs to know should the step never come to its end.

        Raises:
            WorkbenchError: The disk refuses, so the step must not be made.
        """
        self._must({"event": "note", "step": step, "facts": dict(facts)})

    def after(self, step: str, facts: Facts = _NO_FACTS, **more: object) -> None:
        """Notes that a step is done. What is done is done: a disk that refuses is only logged.

        Args:
            step: Which.
            facts: What its undo, or a later start, needs to know.
            more: As facts, for people who look back.
        """
        event: dict[str, object] = {"event": "after", "step": step, **more}
        self.attempt(event | ({"facts": dict(facts)} if facts else {}))

    def undoing(self) -> None:
        """Notes that the work is being taken back from here on."""
        self.attempt({"event": "undoing"})

    def undone(self, step: str) -> None:
        """Notes that a step was taken back, or that it turned out not to have been made."""
        self.attempt({"event": "undone", "step": step})

    def finish(self, **facts: object) -> None:
        """Notes that the work is over, and how. A disk that refuses leaves it to be taken up again."""
        for suffix in self._beside:  # first: nothing removes them after a crash
            with contextlib.suppress(OSError):
                self.path.with_suffix(suffix).unlink(missing_ok=True)
        self.attempt({"event": "finish", **facts})

    def write(self, event: Mapping[str, object]) -> None:
        """Appends one event and syncs. Raises OSError; also when the file was let go of.

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
            if self._file.closed:  # an answer that nobody waited for: the step stays begun, and not done
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
        """Lets go of the file, and so of its lock."""
        with self._mutex:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class JournalFolder:
    """The journals of one kind of work.

    Args:
        folder: Where they lie; it is made by the first.
        clock: Tells when things happen.
        beside: Suffixes of what may lie beside a journal; it goes when the work is over.
    """

    def __init__(self, folder: Path, clock: Clock | None = None, beside: tuple[str, ...] = ()) -> None:
        self._folder = folder
        self._clock = clock or SystemClock()
        self._beside = beside

    def begin(
        self, name: str, about: Facts, what: str, beside: Mapping[str, bytes] | None = None
    ) -> JournalFile:
        """Opens the journal of work that begins now.

        Args:
            name: Stands in the file's name: letters, digits, hyphens and underscores.
            about: What is to be known of the work.
            what: Words for people, should it fail: "The deploy was not begun."
            beside: What is to lie beside it, by suffix.

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
            file.write({"event": "begin", **about})
            for suffix, data in (beside or {}).items():
                with FileIO(path.with_suffix(suffix), "x", opener=private_opener) as other:
                    other.write(data)
                    os.fsync(other.fileno())
            sync_folder(self._folder)  # a new file whose name is lost is lost
        except OSError as error:
            file.close()
            self._remove(path)
            raise explain_os_error(error, what, path) from error
        return file

    def files(self) -> list[Path]:
        """One for each piece of work, newest first."""
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
        """Opens the journal of interrupted work, to end it.

        Raises:
            WorkbenchError: The disk refuses, another window is at it, or it was ended meanwhile.
        """
        try:
            file = self.append(path)
        except OSError as error:
            raise explain_os_error(error, what, path) from error
        if file.is_held and (now := read_work(path)) and now.ending is None:
            return file
        file.close()
        raise WorkbenchError(
            what, "Another window is working on it or has finished it.", "Check its history."
        )

    def append(self, path: Path) -> JournalFile:
        """Opens a journal whatever stands in it, to note something more. Raises OSError."""
        return self._open(path, "a")

    def forget(self, path: Path) -> bool:
        """Removes the journal of work that has ended, and what lies beside it. Never raises.

        Returns:
            Whether it did: one that is held stays, and so does one that the disk does not let go.
        """
        return not is_locked(path) and self._remove(path)

    def _remove(self, path: Path) -> bool:
        try:
            for each in (*map(path.with_suffix, self._beside), path):
                each.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("the journal %s stays: %s", path, error)
            return False
        return True

    def _open(self, path: Path, mode: Literal["x", "a"]) -> JournalFile:
        return JournalFile(path, mode, self._clock, self._beside)


def _lock(file: FileIO) -> bool:
    try:
        return try_lock(file.fileno())
    except OSError:  # no locks on this file system: work goes on, and is never taken for interrupted
        return False
