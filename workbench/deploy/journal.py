"""Every deploy, on disk before and after each step: the next start knows what a crash interrupted.

One file per deploy, one line of JSON per event, each synced before the next step begins. A line that a crash
cut short is ignored. The running deploy holds a lock on its file, which the system drops with the process: an
unfinished file without a lock is an interrupted deploy. Must not know: how a deploy is done.
"""

import contextlib
import errno
import json
import logging
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import asdict
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.deploy.about import About
from workbench.deploy.package_store import PackageStore
from workbench.deploy.plan import Plan, StepKind
from workbench.deploy.records import DeployRecord, Facts, Outcome, backup_of, private_of, read_record

__all__ = ["DeployRecord", "Entry", "Facts", "Journal", "Outcome"]

_log = logging.getLogger(__name__)
_FAR = 1 << 30
_NOT_BEGUN = "The deploy was not begun: its journal failed."


class Entry:
    """The journal of one deploy while it runs. A context manager: it lets go of its file at the end."""

    def __init__(self, file: FileIO, path: Path, clock: Clock, is_held: bool = True) -> None:
        self.is_held = is_held
        self._file = file
        self._path = path
        self._clock = clock

    @property
    def backup(self) -> Path:
        """Where the code that is replaced may be kept until the deploy is over."""
        return backup_of(self._path)

    def before(self, step: StepKind, revision_id: str = "") -> None:
        """Notes that a step begins. A disk that refuses stops the steps that change AWS, and no other.

        Raises:
            WorkbenchError: The disk refuses, so the step must not be made.
        """
        event = {"event": "before", "step": step.value, "revision_id": revision_id}
        if step.changes_aws:
            self._must(event)
        else:
            self._try(event)

    def note(self, step: StepKind, facts: Facts) -> None:
        """Notes what taking a step back needs to know should the step never come to its end.

        Raises:
            WorkbenchError: The disk refuses, so the step must not be made.
        """
        self._must({"event": "note", "step": step.value, "facts": dict(facts)})

    def after(self, step: StepKind, revision_id: str = "", facts: Facts | None = None) -> None:
        """Notes that a step is done. What is done is done: a disk that refuses is only logged.

        Args:
            step: Which.
            revision_id: Of the function, as far as it is known.
            facts: What its undo, or a later start, needs to know.
        """
        about: dict[str, object] = {"event": "after", "step": step.value, "revision_id": revision_id}
        self._try(about | {"facts": dict(facts)} if facts else about)

    def undoing(self) -> None:
        """Notes that the deploy is being taken back from here on."""
        self._try({"event": "undoing"})

    def undone(self, step: StepKind) -> None:
        """Notes that a step was taken back."""
        self._try({"event": "undone", "step": step.value})

    def finish(self, outcome: Outcome, text: str, revision_id: str = "") -> None:
        """Notes how it ended. A disk that refuses leaves the deploy to be recovered."""
        for kept in (self.backup, private_of(self._path)):  # first: nothing removes them after a crash
            with contextlib.suppress(OSError):
                kept.unlink(missing_ok=True)
        self._try({"event": "finish", "outcome": outcome.value, "text": text, "revision_id": revision_id})

    def write(self, event: Mapping[str, object]) -> None:
        """Appends one event and syncs. Raises OSError.

        The line break comes first: it also ends a line that was cut short.
        """
        line = f"\n{json.dumps({'at': self._clock.now().isoformat(), **event})}".encode()
        if self._file.write(line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(self._file.fileno())

    def _must(self, event: Mapping[str, object]) -> None:
        try:
            self.write(event)
        except OSError as error:
            raise explain_os_error(
                error, "The deploy was stopped: its journal failed.", self._path
            ) from error

    def _try(self, event: Mapping[str, object]) -> None:
        try:
            self.write(event)
        except OSError as error:
            _log.warning("the journal %s misses an event: %s", self._path, error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the file, and so of its lock."""
        self._file.close()


class Journal:
    """The folder of all deploys, and beside it that of their packages."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self.packages = PackageStore(folder.with_name(f"{folder.name}-packages"))
        self._folder = folder
        self._clock = clock or SystemClock()

    def begin(self, plan: Plan, workspace: Path | None, about: About | None = None) -> Entry:
        """Opens the journal of a new deploy.

        Args:
            plan: What is about to be done.
            workspace: The folder of the workspace that it comes from, if any.
            about: What is noted for people who look back.

        Raises:
            WorkbenchError: The disk refuses; the deploy must not begin.
        """
        now = self._clock.now()
        name = f"{now:%Y%m%dT%H%M%S.%fZ}-{plan.function_name}-{secrets.token_hex(3)}.jsonl"
        path = self._folder / name
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            entry = self._entry(path, "x")
        except OSError as error:
            raise explain_os_error(error, _NOT_BEGUN, path) from error
        try:
            entry.write(
                {
                    "event": "begin",
                    "function_name": plan.function_name,
                    "function_arn": plan.function_arn,
                    "workspace": str(workspace or ""),
                    "old_sha256": plan.old_sha256,
                    "new_sha256": plan.new_sha256,
                    "old_revision_id": plan.revision_id,
                    "planned": [step.kind.value for step in plan.steps],
                    "options": plan.options.to_json(),
                    "alias": plan.alias and asdict(plan.alias),
                    "staging": plan.staging and asdict(plan.staging),
                    "about": about and about.to_json(),
                }
            )
            if plan.configuration and plan.options.configuration:
                pair = [plan.options.configuration.values(), plan.configuration.values()]
                with FileIO(private_of(path), "x", opener=_private) as private:
                    private.write(json.dumps(pair).encode())
                    os.fsync(private.fileno())
        except OSError as error:
            entry.close()
            path.unlink(missing_ok=True)
            private_of(path).unlink(missing_ok=True)
            raise explain_os_error(error, _NOT_BEGUN, path) from error
        return entry

    def files(self) -> list[Path]:
        """One for each deploy, newest first."""
        return sorted(self._folder.glob("*.jsonl"), reverse=True)

    def records(self, function_arn: str = "") -> tuple[DeployRecord, ...]:
        """The history, newest first; of one function or of all."""
        found = []
        for path in self.files():
            record = read_record(path)
            if record and function_arn in ("", record.function_arn):
                found.append(record)
        return tuple(found)

    def unfinished(self) -> tuple[DeployRecord, ...]:
        """Deploys that a crash interrupted, oldest first. Those that run now, here or elsewhere, are not."""
        return tuple(
            record
            for record in reversed(self.records())
            if record.outcome is None and not _is_held(record.file)
        )

    def close(self, record: DeployRecord, outcome: Outcome, text: str, revision_id: str = "") -> None:
        """Notes how an interrupted deploy turned out.

        Raises:
            WorkbenchError: The disk refuses.
        """
        try:
            with self._entry(record.file, "a") as entry:
                entry.finish(outcome, text, revision_id)
        except OSError as error:
            raise explain_os_error(error, "The deploy's journal could not be closed.", record.file) from error

    def reopen(self, record: DeployRecord) -> Entry:
        """Opens the journal of an interrupted deploy, to finish it or to take it back.

        Raises:
            WorkbenchError: The disk refuses, or another window is at it.
        """
        what = f"The deploy of {record.function_name} cannot go on."
        try:
            entry = self._entry(record.file, "a")
        except OSError as error:
            raise explain_os_error(error, what, record.file) from error
        if entry.is_held and (now := read_record(record.file)) and now.outcome is None:
            return entry
        entry.close()
        raise WorkbenchError(what, "Another window works on it, or has ended it.", "Look at its history.")

    def forget(self, path: Path) -> bool:
        """Removes the journal of a deploy that has ended, and what lies beside it. Never raises.

        Returns:
            Whether it did: one that is held stays, and so does one that the disk does not let go.
        """
        if _is_held(path):
            return False
        try:
            for each in (backup_of(path), private_of(path), path):
                each.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("the journal %s stays: %s", path, error)
            return False
        return True

    def _entry(self, path: Path, mode: Literal["x", "a"]) -> Entry:
        file = FileIO(path, mode, opener=_private)
        return Entry(file, path, self._clock, _lock(file))


def _private(path: str, flags: int) -> int:
    """For this user only: test events stand in journals."""
    return os.open(path, flags, 0o600)


def _is_held(path: Path) -> bool:
    try:
        with path.open("ab", buffering=0) as file:
            return not _lock(file)
    except OSError:
        return True


def _lock(file: FileIO) -> bool:
    """Takes the file's lock without waiting; it is gone when the file is closed or the process dies."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(_FAR)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            file.seek(0, os.SEEK_END)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
