"""Saves edits of AWS's configuration files: verified, complete, and recorded in a journal."""

import contextlib
import dataclasses
import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.files import write_atomic
from workbench.core.jobs import JobContext
from workbench.core.policy import NO_POLICY, Policy, Rule
from workbench.profiles.config_files import SECRET, TOKENS
from workbench.profiles.edit_journal import EditJournal, JournalEntry, again, diff_text, effects_of, mask_text
from workbench.profiles.ini_editor import Edit, FileEdits, apply_edits, decode
from workbench.profiles.replace import (
    QUIET_S,
    ChangedMeanwhileError,
    FileState,
    Staged,
    edit_lock,
    not_changed,
    read_quiet,
    read_state,
)
from workbench.profiles.verify import Sections, verify

_BACKUPS = 10
_TRIES = 50


@dataclass(frozen=True, slots=True)
class _Plan:
    """One file's verified change."""

    change: FileEdits
    old: FileState
    new: bytes = field(repr=False)
    before: Sections = field(repr=False)
    after: Sections = field(repr=False)


class ConfigWriter:
    """Makes changes. Safe with any number of threads, processes and computers at the same time.

    Args:
        state_dir: Workbench's own folder for the lock, the journal and the backups.
        clock: Dates the journal.
        policy: May forbid that long-lived keys are written.
    """

    def __init__(self, state_dir: Path, clock: Clock | None = None, policy: Policy = NO_POLICY) -> None:
        self._policy = policy
        self._state_dir = state_dir
        self._clock = clock or SystemClock()
        self.journal = EditJournal(state_dir / "profile-edits.jsonl", self._clock)

    def write(
        self, changes: Sequence[FileEdits], title: str, ctx: JobContext, *, puts_keys_back: bool = False
    ) -> JournalEntry:
        """Changes files: all of them, or none.

        The edits are made on what the files hold at that moment, and made anew when another program writes
        in between. A file that does not exist is made, for this user only. What changes nothing is not
        written.

        Args:
            changes: What to change. Those of the same file are made one after the other.
            title: For the journal.
            ctx: Cancel counts until the first file is replaced.
            puts_keys_back: Whether it undoes an interrupted move of a key, which no policy forbids: the key
                must not be lost.

        Raises:
            WorkbenchError: The policy forbids a key in it, an edit does not fit or would reach further than
                it says, or a file cannot be read, or written. Nothing is changed then.
            Cancelled: Nothing is changed.
        """
        merged = _merge(changes)
        folders = [change.path.parent for change in merged]
        with edit_lock(self._state_dir / "profile-edits.lock", folders, ctx):
            for _ in range(_TRIES):
                plans = [_plan(change, read_quiet(change.path, ctx)) for change in merged]
                if not puts_keys_back and _brings_long_lived_key(plans):
                    self._policy.check(Rule.STORED_KEYS, not_changed(merged[0].path))
                entry = self._entry(title, plans)
                plans = [each for each in plans if each.new != (each.old.data or b"")]
                if not plans:
                    return entry
                self._back_up(plans)
                try:
                    self._replace_all(plans, entry, ctx)
                except ChangedMeanwhileError:
                    ctx.sleep(QUIET_S)
                    continue
                return entry
        raise WorkbenchError(
            not_changed(merged[0].path),
            "Another program keeps changing it.",
            "Close that program, then try again.",
        )

    def reapply(self, entry: JournalEntry, ctx: JobContext) -> JournalEntry:
        """Makes a change again that another program overwrote; see EditJournal.overwritten.

        Raises:
            WorkbenchError: As for `write`; or it set secrets, which the journal does not keep.
            Cancelled: Nothing is changed.
        """
        return self.write(again(entry, self.journal.replaced(entry)), entry.title, ctx)

    def _replace_all(self, plans: Sequence[_Plan], entry: JournalEntry, ctx: JobContext) -> None:
        if len(plans) == 1:
            _replace(plans, ctx)
            return self.journal.add(entry)
        # After a crash between two files, the journal has the change, and `reapply` completes it.
        self.journal.add(entry)
        try:
            _replace(plans, ctx)
        except BaseException:
            self.journal.withdraw(entry)
            raise

    def _entry(self, title: str, plans: Iterable[_Plan]) -> JournalEntry:
        effects = [effect for plan in plans for effect in effects_of(plan.old.path, plan.before, plan.after)]
        return self.journal.entry(title, [plan.change for plan in plans], effects)

    def _back_up(self, plans: Iterable[_Plan]) -> None:
        """Stores the last states of the configuration file. A file that contains a secret is never copied."""
        for plan in plans:
            data = plan.old.data or b""
            text = decode(data)
            if not text.strip() or plan.old.path.name == "credentials" or mask_text(text) != text:
                continue
            folder = self._state_dir / "backups"
            stem = f"{plan.old.path.name}-{hashlib.sha256(bytes(plan.old.path)).hexdigest()[:8]}-"
            write_atomic(folder / f"{stem}{self._clock.now():%Y%m%dT%H%M%S.%f}", data)
            for old in sorted(folder.glob(f"{stem}*"))[:-_BACKUPS]:
                old.unlink(missing_ok=True)


def preview(changes: Sequence[FileEdits]) -> str:
    """A unified diff of the changes against the present files, with masked secrets.

    Raises:
        WorkbenchError: As `ConfigWriter.write` would.
    """
    plans = [_plan(change, read_state(change.path)) for change in _merge(changes)]
    return "".join(
        diff_text(decode(plan.old.data or b""), decode(plan.new), plan.change.path) for plan in plans
    )


def _brings_long_lived_key(plans: Sequence[_Plan]) -> bool:
    """Whether a file gets a secret without a session token that no file had before."""
    before = {section.get(SECRET) for plan in plans for section in plan.before.values()}
    return any(
        section.get(SECRET) and section[SECRET] not in before and not any(map(section.get, TOKENS))
        for plan in plans
        for section in plan.after.values()
    )


def _merge(changes: Sequence[FileEdits]) -> list[FileEdits]:
    """One FileEdits for each real file: both names may be links to one."""
    merged: dict[Path, list[Edit]] = {}
    for change in changes:
        merged.setdefault(Path(os.path.realpath(change.path)), []).extend(change.edits)
    return [FileEdits(path, tuple(edits)) for path, edits in merged.items()]


def _plan(change: FileEdits, old: FileState) -> _Plan:
    data = old.data or b""
    try:
        new = apply_edits(data, change.edits)
        before, after = verify(data, new, change.edits)
    except WorkbenchError as error:
        raise dataclasses.replace(error, what=not_changed(change.path)) from None
    return _Plan(change, old, new, before, after)


def _replace(plans: Sequence[_Plan], ctx: JobContext) -> None:
    """Replaces all files or none. All new content is on the disk before the first file changes."""
    with contextlib.ExitStack() as stack:
        staged = [stack.enter_context(Staged(plan.old, plan.new)) for plan in plans]
        ctx.check()
        done: list[Staged] = []
        try:
            for each in staged:
                each.put()
                done.append(each)
        except (WorkbenchError, ChangedMeanwhileError):
            for each in reversed(done):
                each.undo()
            raise
