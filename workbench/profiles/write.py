"""Saves edits of AWS's configuration files: verified, complete, and with a journal without secrets."""

import contextlib
import dataclasses
import difflib
import hashlib
import logging
import os
import re
import secrets
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from workbench.core import codec
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.files import make_private_folder, private_opener, write_atomic
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.policy import NO_POLICY, Policy, Rule
from workbench.core.redaction import redact
from workbench.profiles.config_files import SECRET, TOKENS
from workbench.profiles.ini_editor import (
    AddSection,
    Edit,
    FileEdits,
    RemoveOption,
    RemoveSection,
    RenameSection,
    Sections,
    SetOption,
    apply_edits,
    change,
    decode,
    parse,
    verify,
)
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

MASK = "****"
_SECRET = re.compile(r"secret|passw|passphrase|session_token|security_token", re.IGNORECASE)
# An option anywhere in a line: commented out, or glued to the value above.
_ASSIGNED = re.compile(
    r"([\w.-]*(?:secret|passw|passphrase|session_token|security_token)[\w.-]*\s*[=:]\s*)(?=\S).*",
    re.IGNORECASE,
)


def is_secret(option: str) -> bool:
    """Whether an option's value is a secret."""
    return bool(_SECRET.search(option))


def mask_value(option: str, value: str) -> str:
    """A value, or MASK if it is a secret or contains one."""
    return MASK if value and (is_secret(option) or redact(value) != value) else value


def mask_text(text: str) -> str:
    """A configuration file's text with its secrets masked, line by line."""
    masked: list[str] = []
    hidden_indent = -1  # of a secret option whose indented lines are secret, too
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip())
        if hidden_indent >= 0 and line.strip() and indent > hidden_indent:
            masked.append(line[:indent] + MASK)
            continue
        if line.strip() and not line.lstrip().startswith(("#", ";")):
            name = re.split("[=:]", line, maxsplit=1)[0]
            hidden_indent = indent if is_secret(name) else -1
        safe = _ASSIGNED.sub(rf"\1{MASK}", line)
        is_empty = line.rstrip().endswith(("=", ":"))
        masked.append(redact(line) if safe == line and not is_empty else safe)
    return "\n".join(masked)


def diff_text(old: str, new: str, path: Path) -> str:
    """The difference between two states of a file as a unified diff; empty if there is none.

    A changed secret appears as a changed line: "-aws_secret_access_key = ****", then the same with "+".
    """
    old_lines, new_lines = _lines(old), _lines(new)
    masked: dict[str, str] = {}
    for lines in (old_lines, new_lines):
        for line, safe in zip(lines, mask_text("\n".join(lines)).split("\n"), strict=False):
            if masked.get(line, line) == line:  # a secret in one line is masked in all
                masked[line] = safe
    found = difflib.unified_diff(old_lines, new_lines, str(path), str(path), lineterm="")
    head = [next(found, ""), next(found, "")]
    body = [line if line.startswith("@@") else line[0] + masked[line[1:]] for line in found]
    return "\n".join([*head, *body]) + "\n" if body else ""


def _lines(text: str) -> list[str]:
    return re.split("\r\n|\r|\n", re.sub("(\r\n|\r|\n)$", "", text)) if text else []


class Effect(NamedTuple):
    """The effect of an edit on one option, or on a section if `option` is empty.

    `before` and `after` are values, MASK for a secret one, and None if absent.
    """

    path: Path
    section: str
    option: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A change that was made.

    Attributes:
        id: Unique; entries sort by it in order of time.
        when: UTC.
        changes: The edits, with MASK for secret values.
    """

    id: str
    when: datetime
    title: str
    changes: tuple[FileEdits, ...]
    effects: tuple[Effect, ...]


def _effects_of(path: Path, old: Sections, new: Sections) -> Iterator[Effect]:
    """The differences between two states of a file; for deleted sections only the section."""
    for section in old.keys() | new.keys():
        before, after = old.get(section), new.get(section)
        if before is None or after is None:
            was, now = (None if each is None else "" for each in (before, after))
            yield Effect(path, section, "", was, now)
        if after is None:
            continue
        for option in (before or {}).keys() | after.keys():
            was, now = (_masked_value(option, each) for each in (before, after))
            if was != now:
                yield Effect(path, section, option, was, now)


def _masked_value(option: str, options: Mapping[str, str] | None) -> str | None:
    """An option's value for the journal."""
    value = (options or {}).get(option)
    return None if value is None else mask_value(option, value)


def masked(changes: Sequence[FileEdits]) -> tuple[FileEdits, ...]:
    """The edits with MASK in place of every secret value."""
    return tuple(FileEdits(each.path, tuple(map(_masked, each.edits))) for each in changes)


def _masked(edit: Edit) -> Edit:
    match edit:
        case SetOption(section, option, value):
            return SetOption(section, option, mask_value(option, value))
        case AddSection(section, options):
            return AddSection(
                section, tuple((option, mask_value(option, value)) for option, value in options)
            )
    return edit


_EDITS: Mapping[str, type[Edit]] = {
    each.__name__: each for each in (SetOption, RemoveOption, AddSection, RemoveSection, RenameSection)
}


@dataclass(frozen=True, slots=True)
class _StoredEntry:
    """A JournalEntry on disk: an edit is the name of its class and its fields."""

    id: str
    when: datetime
    title: str
    changes: tuple[tuple[Path, tuple[tuple[Any, ...], ...]], ...]
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the journal: one of the three."""

    entry: _StoredEntry | None = None
    forget: str = ""
    withdraw: str = ""


_FORMAT = codec.Format(_Line)


def _stored(entry: JournalEntry) -> _Line:
    changes = (
        (change.path, tuple((type(edit).__name__, *astuple(edit)) for edit in change.edits))
        for change in entry.changes
    )
    return _Line(_StoredEntry(entry.id, entry.when, entry.title, tuple(changes), entry.effects))


def _restored(stored: _StoredEntry) -> JournalEntry:
    """Raises ValueError, LookupError or TypeError if it names an edit that this version does not know."""
    changes = (
        FileEdits(path, tuple(_edit(name, *values) for name, *values in edits))
        for path, edits in stored.changes
    )
    return JournalEntry(stored.id, stored.when, stored.title, tuple(changes), stored.effects)


def _edit(name: str, *values: object) -> Edit:
    kind = _EDITS[name]
    members = zip((each.name for each in fields(kind)), values, strict=True)
    return codec.convert(dict(members), kind)


_log = logging.getLogger(__name__)
_KEPT = 200


class EditJournal:
    """The journal of one installation; any number of processes may add to it.

    Args:
        path: One line of JSON for each entry.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def entry(self, title: str, changes: Sequence[FileEdits], effects: Iterable[Effect]) -> JournalEntry:
        """Creates an entry without secrets, without storing it."""
        now = self._clock.now()
        name = f"{now:%Y%m%dT%H%M%S.%f}-{secrets.token_hex(4)}"
        return JournalEntry(name, now, title, masked(changes), tuple(effects))

    def add(self, entry: JournalEntry) -> None:
        """Stores an entry. The change is already made, so a failure is only logged.

        Only while holding `edit_lock`, because old entries are dropped here.
        """
        self._append(_stored(entry))
        if len(self._lines()) > 2 * _KEPT:
            self._drop_old()

    def withdraw(self, entry: JournalEntry) -> None:
        """Withdraws an entry: it was not made."""
        self._append(_Line(withdraw=entry.id))

    def forget(self, entry: JournalEntry) -> None:
        """Marks an overwritten entry as accepted, so that it is not reported again."""
        self._append(_Line(forget=entry.id))

    def entries(self) -> tuple[JournalEntry, ...]:
        """The changes, newest first."""
        return tuple(each for each, __ in self._read())[::-1]

    def overwritten(self) -> tuple[JournalEntry, ...]:
        """The edits that were undone, but not by a later edit of ours, oldest first.

        Undone means that an option or section is again as before the edit. One with a third value was changed
        by somebody who knew of the edit. The value of a secret is unknown: one that is there again may be
        new, and removing it again would lose it.
        """
        lost = []
        forgotten = {entry.id for entry, is_forgotten in self._read() if is_forgotten}
        current: dict[Path, Sections | None] = {}
        for entry, effects in self._standing():
            for effect in effects:
                if effect.path not in current:
                    current[effect.path] = _sections(effect.path)
            if entry.id not in forgotten and any(_is_undone(each, current[each.path]) for each in effects):
                lost.append(entry)
        return tuple(reversed(lost))

    def replaced(self, entry: JournalEntry) -> set[tuple[Path, str, str]]:
        """(path, section, option) of what later entries have changed again."""
        standing = next((effects for each, effects in self._standing() if each.id == entry.id), ())
        return {(each.path, each.section, each.option) for each in set(entry.effects) - set(standing)}

    def _standing(self) -> Iterator[tuple[JournalEntry, tuple[Effect, ...]]]:
        """The entries, newest first, with the effects that later ones did not change."""
        replaced: set[tuple[Path, str, str]] = set()
        removed: set[tuple[Path, str]] = set()
        for entry in self.entries():
            yield (
                entry,
                tuple(
                    each
                    for each in entry.effects
                    if (each.path, each.section, each.option) not in replaced
                    and (each.path, each.section) not in removed
                ),
            )
            replaced |= {(each.path, each.section, each.option) for each in entry.effects}
            removed |= {
                (each.path, each.section) for each in entry.effects if not each.option and each.after is None
            }

    def _drop_old(self) -> None:
        found = list(self._read())[-_KEPT:]
        lines = [_stored(entry) for entry, __ in found]
        lines += [_Line(forget=entry.id) for entry, is_forgotten in found if is_forgotten]
        try:
            write_atomic(self._path, b"".join(_FORMAT.encode(each) + b"\n" for each in lines))
        except WorkbenchError as error:
            _log.warning("old edits stay in the journal: %s", error)

    def _read(self) -> Iterator[tuple[JournalEntry, bool]]:
        """The entries, oldest first, and whether they are accepted; without lines that a crash cut short."""
        entries: dict[str, JournalEntry] = {}
        forgotten: set[str] = set()
        for data in self._lines():
            try:
                line = _FORMAT.decode(data)
                if line.entry is not None:
                    entries[line.entry.id] = _restored(line.entry)
            except (ValueError, LookupError, TypeError):
                continue
            forgotten.add(line.forget)
            entries.pop(line.withdraw, None)
        for each in entries.values():
            yield each, each.id in forgotten

    def _lines(self) -> list[bytes]:
        try:
            return self._path.read_bytes().splitlines()
        except OSError:
            return []

    def _append(self, line: _Line) -> None:
        try:
            make_private_folder(self._path.parent)
            with open(self._path, "ab", buffering=0, opener=private_opener) as file:
                file.write(_FORMAT.encode(line) + b"\n")
        except OSError as error:
            _log.warning("an edit of the profiles is missing from the journal: %s", error.strerror or error)


def _is_undone(effect: Effect, sections: Sections | None) -> bool:
    if sections is None:
        return False  # not readable now, so unknown
    options = sections.get(effect.section)
    if not effect.option:
        return (options is None) == (effect.before is None)
    return effect.before != MASK and _masked_value(effect.option, options) == effect.before


def _sections(path: Path) -> Sections | None:
    try:
        return parse(read_state(path).data or b"")
    except WorkbenchError:
        return None


def again(entry: JournalEntry, replaced: Container[tuple[Path, str, str]]) -> tuple[FileEdits, ...]:
    """The edits that restore an entry's effect.

    Args:
        replaced: (path, section, option) that later entries have set, which are left alone.

    Raises:
        WorkbenchError: It set secrets, which are not in the journal; or a file cannot be read.
    """
    changes: list[FileEdits] = []
    missing: list[str] = []
    for each in entry.changes:
        sections = parse(read_state(each.path).data or b"")
        edits: list[Edit] = []
        for edit in each.edits:
            for adapted in _adapt(edit, sections, missing):
                option = adapted.option.lower() if isinstance(adapted, SetOption) else ""
                if option and (each.path, adapted.section, option) in replaced:
                    continue
                edits.append(adapted)
                sections = change(sections, [adapted])
        changes.append(FileEdits(each.path, tuple(edits)))
    if missing:
        raise WorkbenchError(
            _("“{title}” cannot be applied again.").format(title=entry.title),
            _("The history does not contain secrets. Missing: {names}.").format(names=", ".join(missing)),
            _("Edit the profile and enter the secrets again."),
            action="profile.edit",
        )
    return tuple(changes)


def _adapt(edit: Edit, sections: Sections, missing: list[str]) -> Iterator[Edit]:
    """An edit as edits that match the current sections. Secrets are added to `missing`."""
    present = sections.get(edit.section)
    match edit:
        case SetOption(section, option, value):
            yield from _set(section, ((option, value),), present, missing)
        case AddSection(section, options):
            yield from _set(section, options, present, missing)
        case RenameSection(_, new_section):
            if present is not None and new_section not in sections:
                yield edit
        case _:
            if present is not None:
                yield edit


def _set(
    section: str, options: tuple[tuple[str, str], ...], present: dict[str, str] | None, missing: list[str]
) -> Iterator[Edit]:
    known = present or {}
    missing += [
        f"{option} in [{section}]"
        for option, value in options
        if value == MASK and option.lower() not in known
    ]
    options = tuple((option, value) for option, value in options if value != MASK)
    if present is None:
        yield AddSection(section, options)
    else:
        yield from (SetOption(section, option, value) for option, value in options)


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
        """Changes all files, or none.

        The edits are made on the current content, and again if another program writes in between. A file that
        does not exist is created, for this user only. Files without changes are not written.

        Args:
            changes: Those of the same file are made one after the other.
            ctx: Cancel takes effect until the first file is replaced.
            puts_keys_back: Whether it undoes an interrupted move of a key, which no policy forbids: the key
                must not be lost.

        Raises:
            WorkbenchError: The policy forbids a key in it, an edit does not fit or would change more than it
                says, or a file cannot be read or written. Nothing is changed then.
            Cancelled: Nothing was changed.
        """
        merged = _merge(changes)
        folders = [change.path.parent for change in merged]
        with edit_lock(self._state_dir / "profile-edits.lock", folders, ctx):
            for __ in range(_TRIES):
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
            _("Another program keeps changing it."),
            _("Close that program, then try again."),
        )

    def _replace_all(self, plans: Sequence[_Plan], entry: JournalEntry, ctx: JobContext) -> None:
        if len(plans) == 1:
            _replace(plans, ctx)
            return self.journal.add(entry)
        # After a crash between two files, the journal has the change, and `again` completes it.
        self.journal.add(entry)
        try:
            _replace(plans, ctx)
        except BaseException:
            self.journal.withdraw(entry)
            raise

    def _entry(self, title: str, plans: Iterable[_Plan]) -> JournalEntry:
        effects = [effect for plan in plans for effect in _effects_of(plan.old.path, plan.before, plan.after)]
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
    """A unified diff between the current files and the changes, with masked secrets.

    Raises:
        WorkbenchError: As for `ConfigWriter.write`.
    """
    plans = [_plan(change, read_state(change.path)) for change in _merge(changes)]
    return "".join(
        diff_text(decode(plan.old.data or b""), decode(plan.new), plan.change.path) for plan in plans
    )


def _brings_long_lived_key(plans: Sequence[_Plan]) -> bool:
    """Whether a file gets a secret without a session token that no file contained before."""
    before = {section.get(SECRET) for plan in plans for section in plan.before.values()}
    return any(
        section.get(SECRET) and section[SECRET] not in before and not any(map(section.get, TOKENS))
        for plan in plans
        for section in plan.after.values()
    )


def _merge(changes: Sequence[FileEdits]) -> list[FileEdits]:
    """One FileEdits for each real file: both names may link to the same one."""
    merged: dict[Path, list[Edit]] = {}
    for each in changes:
        merged.setdefault(Path(os.path.realpath(each.path)), []).extend(each.edits)
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
