"""Moves a long-lived key from AWS's files into a store, and back, so that no failure can lose it.

A move is an operation: a crash leaves its journal, which contains no key. The content of the files and the
store then decides whether it is finished or undone. At the end of a move the SDK itself, without our code, is
asked which credentials it finds.
"""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from workbench.core.clock import Clock, SystemClock
from workbench.core.codec import Format
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import (
    Facts,
    JournalFile,
    Operation,
    OperationJournal,
    OperationRecord,
    StepContext,
)
from workbench.core.policy import NO_POLICY, Policy, Rule
from workbench.profiles.config_files import KEY, SECRET, TOKENS, ConfigFiles, IniFile, Parts, Section, what_is
from workbench.profiles.credentials_helper import SessionCache, TemporaryKeys, entry_of, wanted_session
from workbench.profiles.ini_editor import (
    AddSection,
    Edit,
    FileEdits,
    RemoveOption,
    RemoveSection,
    SetOption,
    value_fault,
)
from workbench.profiles.manage import header, own_options
from workbench.profiles.replace import edit_lock
from workbench.profiles.secret_store import Mode, SecretStore, StoredKeys, refusal_of_keys
from workbench.profiles.write import ConfigWriter

_FOLDER = "key-moves"


class MoveStep(StrEnum):
    """The steps of a move, by their names in the journal."""

    STORE = "store the key"
    HELPER = "use the helper"
    TAKE_OUT = "remove the key from the files"
    TEST = "test"
    PUT_BACK = "put the key back"
    LET_GO = "delete the stored key"


_THERE = (MoveStep.STORE, MoveStep.HELPER, MoveStep.TAKE_OUT, MoveStep.TEST)
_BACK = (MoveStep.PUT_BACK, MoveStep.LET_GO)


@dataclass(frozen=True, slots=True)
class KeyMove:
    """The plan of a move.

    Attributes:
        entry: The name under which the key is stored.
        had_process: Whether the profile already used our helper: a newer key replaces a stored one.
        made_section: Whether the profile had no section in the configuration file before.
        was_in_config: Whether its key was in that file instead of the credentials file.
        back: Whether the key moves from the store to the files.
    """

    profile: str
    entry: str
    store: str
    had_process: bool = False
    made_section: bool = False
    was_in_config: bool = False
    back: bool = False
    account_id: ClassVar[str] = ""
    region: ClassVar[str] = ""

    @property
    def step_count(self) -> int:
        return len(_BACK if self.back else _THERE)


type InterruptedMove = OperationRecord[KeyMove]

_OLD_FORMAT = Format(KeyMove)


def _not_moved(profile_name: str) -> str:
    return _("The access key of {profile} was not moved.").format(profile=profile_name)


class MoveJournal(OperationJournal[KeyMove]):
    """The journals of the moves of one installation."""

    def __init__(self, state_dir: Path, clock: Clock | None = None) -> None:
        super().__init__(state_dir / _FOLDER, KeyMove, clock)

    @contextlib.contextmanager
    def turn(self, ctx: JobContext) -> Iterator[None]:
        """Locks moves, so that those of another Workbench are not taken for crashed ones.

        Raises:
            WorkbenchError: Another Workbench has been moving keys for 30 s.
            Cancelled: While waiting.
        """
        with edit_lock(self._folder / "turn.lock", (), ctx):
            self._convert_old()
            yield

    def begin_move(self, move: KeyMove) -> JournalFile:
        """Opens the journal of a move. Raises WorkbenchError if it cannot be written."""
        return self.begin("key", move, _not_moved(move.profile))

    def of_store(self, kind: str) -> list[InterruptedMove]:
        """The interrupted moves to or from a kind of store."""
        return [each for each in self.unfinished("", "") if each.about.store == kind]

    def has_any(self) -> bool:
        """Whether there is an interrupted move, even of an earlier version."""
        return any(self._folder.glob("*.json")) or bool(self.unfinished("", ""))

    def _convert_old(self) -> None:
        """Converts the notes of earlier versions, which do not contain steps. A damaged one stays."""
        for path in sorted(self._folder.glob("*.json")):
            with contextlib.suppress(OSError, ValueError, WorkbenchError):
                with self.begin_move(_OLD_FORMAT.read(path)) as file:
                    for step in _THERE:
                        file.before(step)
                path.unlink()


@dataclass(frozen=True, slots=True)
class _Runner:
    """Makes and undoes the steps with two functions, which know the key: it is in no journal."""

    make: Callable[[MoveStep, JobContext], object]
    unmake: Callable[[MoveStep, JobContext], object]

    def do(self, step: MoveStep, context: StepContext) -> Facts:
        self.make(step, context.ctx)
        return {}

    def undo(self, step: MoveStep, _facts: Facts, context: StepContext) -> str:
        self.unmake(step, context.ctx)
        return ""


_PROCESS = "credential_process"
_SEE_PROBLEMS = _("Fix the problem (see the profile's Problems tab), then try again.")

type Pair = tuple[str, str]
"""An access key's ID and its secret; either is empty if the files do not contain it."""


@dataclass(frozen=True, slots=True)
class FileKey:
    """A key in the files that can be moved.

    Attributes:
        has_process: Whether the profile already uses our helper, in addition to this newer key.
    """

    parts: Parts
    keys: StoredKeys
    entry: str
    has_process: bool

    def move(self, store: str) -> KeyMove:
        """The plan for moving it to a kind of store."""
        parts = self.parts
        return KeyMove(
            parts.name,
            self.entry,
            store,
            self.has_process,
            made_section=parts.config is None,
            was_in_config=parts.credentials is None,
        )

    def refuse_to_replace(self, stored: StoredKeys | None, place: str) -> None:
        """Raises WorkbenchError if another key is stored under the name and not known to be old."""
        if stored is None or self.has_process or stored.pair == self.keys.pair:
            return
        raise WorkbenchError(
            _not_moved(self.parts.name),
            _(
                "{file} already contains another access key as {profile}, which might be the only copy."
            ).format(file=place, profile=self.entry),
            _("Rename this profile, then try again."),
        )


def key_to_move(name: str, mode: Mode, files: ConfigFiles) -> FileKey:
    """The long-lived key of a profile. Raises WorkbenchError."""
    parts = files.profiles.get(name)
    section = _section_that_counts(parts)
    if parts is None or section is None or not (section.options.get(KEY) and section.options.get(SECRET)):
        raise WorkbenchError(
            _not_moved(name),
            _("The profile has no complete access key in the files."),
            _("Choose a profile with a long-term access key."),
            action="profile.reload",
        )
    options, key_id, secret = parts.options, section.options[KEY], section.options[SECRET]
    for why, remedy in _faults(name, section, parts, files, mode):
        raise WorkbenchError(_not_moved(name), why, remedy)
    entry = entry_of_profile(parts)
    keys = StoredKeys(key_id, secret, mode, options.get("region", ""), options.get("endpoint_url", ""))
    return FileKey(parts, keys, entry or name, entry is not None)


def _section_that_counts(parts: Parts | None) -> Section | None:
    """The section from which the SDK reads the key.

    Source: create_credential_resolver in botocore/credentials.py.
    """
    if parts is None or (parts.credentials and KEY in parts.credentials.options):
        return parts.credentials if parts else None
    return parts.config


def _faults(
    name: str, section: Section, parts: Parts, files: ConfigFiles, mode: Mode
) -> Iterator[tuple[str, str]]:
    """Why a key cannot be moved, and what to do."""
    key_id, secret = section.options[KEY], section.options[SECRET]
    if any(section.options.get(token) for token in TOKENS):
        yield (
            _("They are temporary and expire automatically."),
            _("Choose a profile with a long-term access key."),
        )
    if any(other == name for other, __ in files.replaced):
        yield (
            _("The profile has two sections in the configuration file."),
            _("Remove one of them, then try again."),
        )
    if keys_in_files(parts) != {(key_id, secret)}:
        yield (
            _("Its two sections have different access keys, and only one of them can be moved."),
            _("Remove the one that you do not need from the file, then try again."),
        )
    both: tuple[tuple[Section | None, IniFile], ...] = (
        (parts.config, files.config),
        (parts.credentials, files.credentials),
    )
    for each, file in both:
        if each and any(option in each.options.keys() - own_options(each, file) for option in (KEY, SECRET)):
            yield (
                _("The access key is in [DEFAULT], which applies to every profile."),
                _("Move it to the profile, then try again."),
            )
    if value_fault(key_id) or value_fault(secret):
        yield _("The line of the access key contains other text, which could not be restored."), _SEE_PROBLEMS
    if parts.config is None and what_is(header(name)) != ("profile", name):
        yield (
            _("A profile with this name cannot be in the configuration file."),
            _("Rename it, then try again."),
        )
    command = parts.options.get(_PROCESS)
    if parts.credentials and _PROCESS in parts.credentials.options:
        yield _("The credentials file contains a credential_process."), _SEE_PROBLEMS
    elif command is not None:
        entry = entry_of(command)
        if entry is None:
            yield _("It specifies another credential process, which the access key overrides."), _SEE_PROBLEMS
        elif others := [each for each in users_of_entry(entry, files) if each != name]:
            yield (
                _("Its credential_process provides the stored access key of {names}.").format(
                    names=", ".join(others)
                ),
                _SEE_PROBLEMS,
            )
    if mode == "session" and parts.options.get("mfa_serial") and "role_arn" not in parts.options:
        yield (
            _(
                "It specifies an MFA device, and temporary credentials that were created without a "
                "code cannot be used to get others."
            ),
            _("Let programs receive the access key itself. Workbench then offers to sign in with a code."),
        )


def key_to_put_back(name: str, parts: Parts | None, stored: StoredKeys | None) -> StoredKeys:
    """The stored key, if it may be moved back to the files. Raises WorkbenchError."""
    what = _("The access key of {name} could not be restored.").format(name=name)
    if stored is None:
        raise WorkbenchError(
            what,
            _("This store does not contain an access key of this profile."),
            _("Check another location, or create a new access key in IAM and add it to the profile."),
        )
    if keys_in_files(parts) - {stored.pair}:
        raise WorkbenchError(
            what,
            _("The files contain another access key."),
            _("Remove it if you do not need it, then try again."),
        )
    return stored


def keys_in_files(parts: Parts | None) -> set[Pair]:
    """The keys in a profile's sections."""
    sections = (parts.config, parts.credentials) if parts else ()
    held = (each.options for each in sections if each and (KEY in each.options or SECRET in each.options))
    return {(options.get(KEY, ""), options.get(SECRET, "")) for options in held}


def entry_of_profile(parts: Parts | None) -> str | None:
    """The name of the stored key that our helper provides for a profile; None if there is none."""
    return entry_of(parts.options.get(_PROCESS, "")) if parts else None


def users_of_entry(entry: str, files: ConfigFiles) -> tuple[str, ...]:
    """The profiles for which our helper provides a stored key."""
    return tuple(name for name, parts in files.profiles.items() if entry_of_profile(parts) == entry)


def process_edits(files: ConfigFiles, name: str, command: str) -> list[FileEdits]:
    """The edits that make a credential process provide a profile's key."""
    parts = files.profiles.get(name)
    edit: Edit = AddSection(header(name), ((_PROCESS, command),))
    if parts is not None and parts.config is not None:
        edit = SetOption(parts.config.name, _PROCESS, command)
    return [FileEdits(files.config.path, (edit,))]


def take_out_edits(files: ConfigFiles, name: str, keys: StoredKeys) -> list[FileEdits]:
    """The edits that remove a stored key from the files. Sections and their other options stay.

    Raises:
        WorkbenchError: This key is no longer stored.
    """
    parts = files.profiles.get(name)
    if parts is None or keys_in_files(parts) != {keys.pair}:
        raise WorkbenchError(
            _not_moved(name),
            _("Another program changed them in the meantime."),
            _("Check the profile, then try again."),
        )
    changes = []
    for file, section in ((files.config, parts.config), (files.credentials, parts.credentials)):
        if held := [option for option in (KEY, SECRET) if section and option in section.options]:
            assert section is not None
            changes.append(FileEdits(file.path, tuple(RemoveOption(section.name, each) for each in held)))
    return changes


def put_back_edits(files: ConfigFiles, move: KeyMove, keys: StoredKeys | None) -> list[FileEdits]:
    """The edits that restore a profile: they add its key to the file, then remove our helper.

    Args:
        keys: The key; None if it is in no store. A key in the files is left alone.
    """
    parts = files.profiles.get(move.profile)
    changes = []
    if keys is not None and not keys_in_files(parts):
        changes.append(_key_back(files, parts, move, keys))
    config = parts.config if parts else None
    if config and not move.had_process and entry_of(config.options.get(_PROCESS, "")) == move.entry:
        alone = move.made_section and len(config.options) == 1
        gone: Edit = RemoveSection(config.name) if alone else RemoveOption(config.name, _PROCESS)
        changes.append(FileEdits(files.config.path, (gone,)))
    return changes


def _key_back(files: ConfigFiles, parts: Parts | None, move: KeyMove, keys: StoredKeys) -> FileEdits:
    pairs = ((KEY, keys.access_key_id), (SECRET, keys.secret_access_key))
    file, section = files.credentials, parts.credentials if parts else None
    if move.was_in_config and parts and parts.config:
        file, section = files.config, parts.config
    if section is None:
        return FileEdits(file.path, (AddSection(move.profile, pairs),))
    return FileEdits(file.path, tuple(SetOption(section.name, option, value) for option, value in pairs))


_STEPS = 6
_ASKING = _("Accessing the keyring")  # may wait until the user unlocks it


class Migrator:
    """Moves keys.

    Args:
        cache: Temporary keys from stored ones; deleted with them.
        state_dir: The folder of the journals of moves, for recovery after a crash.
        command: Returns the credential process of a stored key; `helper_command`.
        policy: May forbid that keys are moved. A move that a crash interrupted is finished or undone anyway.
    """

    def __init__(
        self,
        store: SecretStore,
        writer: ConfigWriter,
        cache: SessionCache,
        state_dir: Path,
        environ: Mapping[str, str],
        command: Callable[[str], str],
        own_environ: Callable[[], Mapping[str, str]] = dict,
        clock: Clock | None = None,
        policy: Policy = NO_POLICY,
    ) -> None:
        self._store = store
        self._policy = policy
        self._writer = writer
        self._cache = cache
        self._journal = MoveJournal(state_dir, clock)
        self._environ = environ
        self._command = command
        self._own_environ = own_environ
        self._clock = clock or SystemClock()

    def migrate(self, profile_name: str, mode: Mode, ctx: JobContext) -> None:
        """Moves a profile's key into the store.

        Raises:
            WorkbenchError: The profile has no key that can be moved, or a step failed. Everything is undone
                then; what could not be is named, and retried at the next start.
            Cancelled: Everything is undone, as after an error.
        """
        if refused := refusal_of_keys(self._policy, mode, _not_moved(profile_name)):
            raise refused
        with self._journal.turn(ctx):
            self._finish(profile_name, ctx)
            found = key_to_move(profile_name, mode, self._files())
            status = self._store.describe(ctx)
            if not status.usable:
                raise WorkbenchError(
                    _not_moved(profile_name), status.why, _("Choose another location for the access key.")
                )
            ctx.progress(0, _STEPS, _ASKING)
            before = self._store.get(found.entry, ctx)
            found.refuse_to_replace(before, status.name)
            with self._journal.begin_move(found.move(self._store.kind)) as file:
                self._carry_out(found, before, file, ctx)

    def restore(self, profile_name: str, ctx: JobContext) -> None:
        """Moves a key back into the credentials file, in plain text, and deletes it from the store.

        Raises:
            WorkbenchError: The store has no key of this profile, the files contain another one, or they
                cannot be written: nothing is changed then. Or the key could not be deleted from the store.
            Cancelled: Nothing was changed.
        """
        self._policy.check(
            Rule.STORED_KEYS,
            _("The access key of {profile_name} was not moved back.").format(profile_name=profile_name),
        )
        with self._journal.turn(ctx):
            self._finish(profile_name, ctx)
            parts = self._files().profiles.get(profile_name)
            entry = entry_of_profile(parts) or profile_name
            ctx.progress(0, 2, _ASKING)
            keys = key_to_put_back(profile_name, parts, self._store.get(entry, ctx))
            ctx.progress(1, 2, _("Restoring the access key"))
            move = KeyMove(profile_name, entry, self._store.kind, back=True)
            with self._journal.begin_move(move) as file:
                operation = self._operation(move, keys, file, ctx)
                try:
                    operation.forward()
                except BaseException as error:
                    if MoveStep.PUT_BACK not in operation.done:
                        file.finish()  # its only change of the files was not made
                    elif isinstance(error, WorkbenchError):
                        error.what = _(
                            "The access key of {profile_name} was restored to the file, but is "
                            "still in the store as well."
                        ).format(profile_name=profile_name)
                    raise
                file.finish()

    def recover(self, ctx: JobContext) -> tuple[str, ...]:
        """Finishes or undoes interrupted moves, at the start. Returns the profiles' names.

        As long as the key is in a file, the move is undone; once it is only in the store, it is finished if
        the SDK finds it there, and undone otherwise.

        Raises:
            WorkbenchError: One of them is still incomplete, and is retried at the next start. The others are
                done.
        """
        if not self._journal.has_any():
            return ()
        names, problem = [], None
        with self._journal.turn(ctx):
            for move in self._journal.of_store(self._store.kind):
                try:
                    self._recover(move, ctx)
                    names.append(move.about.profile)
                except WorkbenchError as error:
                    problem = problem or error
        if problem is not None:
            raise problem
        return tuple(names)

    def discard(self, entry: str, ctx: JobContext) -> bool:
        """Deletes a key from the store, unless a profile's credential process still names it.

        Returns:
            Whether it was deleted.

        Raises:
            WorkbenchError: The store is locked, or does not answer, or the files cannot be read.
        """
        with self._journal.turn(ctx):
            if users_of_entry(entry, self._files()):
                return False
            found = self._store.get(entry, ctx) is not None
            if found:
                self._store.delete(entry, ctx)
            self._cache.forget(entry)
            return found

    # The steps ----------------------------------------------------------------------------------------------

    def _operation(
        self,
        move: KeyMove,
        keys: StoredKeys | None,
        file: JournalFile,
        ctx: JobContext,
        record: InterruptedMove | None = None,
        restore_stored: Callable[[JobContext], object] | None = None,
    ) -> Operation[MoveStep]:
        """The steps of a move.

        Args:
            keys: The key; None if it does not exist any more.
            restore_stored: Restores the earlier entry of the store; unknown after a crash.
        """

        def make(step: MoveStep, ctx: JobContext) -> None:
            match step:
                case MoveStep.PUT_BACK:
                    self._put_back(move, keys, ctx)
                case MoveStep.LET_GO:
                    self._put_back(move, keys, ctx)  # after a crash somebody may have removed it
                    self._let_go(move, keys, ctx.shielded())
                case _ if keys is not None:
                    self._make(step, move, keys, ctx)

        def unmake(step: MoveStep, ctx: JobContext) -> None:
            if step is not MoveStep.TEST:
                self._put_back(move, keys, ctx)  # all in one change, by whichever step is first
            if step is MoveStep.STORE and restore_stored is not None:
                restore_stored(ctx)
            elif step is MoveStep.STORE and not move.had_process:
                self._let_go(move, keys, ctx)

        steps = {each.value: each for each in (_BACK if move.back else _THERE)}
        return Operation(steps, _Runner(make, unmake), file, ctx, record)

    def _make(self, step: MoveStep, move: KeyMove, keys: StoredKeys, ctx: JobContext) -> None:
        name, entry = move.profile, move.entry
        match step:
            case MoveStep.STORE:
                ctx.progress(1, _STEPS, _("Storing the access key"))
                self._store.set(entry, keys, ctx)
                self._cache.forget(entry)
                ctx.progress(2, _STEPS, _("Verifying the stored access key"))
                if self._store.get(entry, ctx) != keys:
                    raise WorkbenchError(
                        _("The access key was not moved."),
                        _("The keyring returned a different value than was stored."),
                        _("Check whether the keyring works with other programs."),
                    )
            case MoveStep.HELPER:
                ctx.progress(3, _STEPS, _("Saving the profile"))
                edits = process_edits(self._files(), name, self._command(entry))
                self._writer.write(edits, f"Use the keyring for the credentials of {name}", ctx)
            case MoveStep.TAKE_OUT:
                ctx.progress(4, _STEPS, _("Removing the access key from the files"))
                # Read again: the keyring may have taken long, and another program may have written.
                edits = take_out_edits(self._files(), name, keys)
                self._writer.write(edits, f"Move the access key of {name} to the keyring", ctx)
            case MoveStep.TEST:
                ctx.progress(5, _STEPS, _("Testing the credentials"))
                self._test(name, keys, ctx)

    def _test(self, name: str, keys: StoredKeys, ctx: JobContext) -> None:
        environ = {**self._environ, **self._own_environ()}
        verify(name, keys, environ, lambda: self._cache.get(wanted_session(keys), self._clock.now()), ctx)

    def _carry_out(
        self, found: FileKey, before: StoredKeys | None, file: JournalFile, ctx: JobContext
    ) -> None:
        """Moves a key into the store, or undoes that. What cannot be undone now is left to recovery."""
        move = found.move(self._store.kind)

        def restore_stored(ctx: JobContext) -> None:
            if before is None:
                self._store.delete(move.entry, ctx)
            elif before != found.keys:
                self._store.set(move.entry, before, ctx)

        operation = self._operation(move, found.keys, file, ctx, restore_stored=restore_stored)
        try:
            operation.forward()
        except BaseException as error:
            undone = operation.backward(stop_at_failure=True)
            self._cache.forget(move.entry)
            if not undone.failed:
                file.finish()
                raise
            step, second = undone.failed[0]
            if step is MoveStep.STORE:
                raise  # the keyring no longer answers, as the error says
            first = (
                f"{error.what} {error.why}" if isinstance(error, WorkbenchError) else _("It was interrupted.")
            )
            raise WorkbenchError(
                _("Moving the access key of {profile} could not be finished or undone.").format(
                    profile=move.profile
                ),
                f"{first} {second.what} {second.why}",
                _("{remedy} The access key is not lost: Workbench continues the next time it starts.").format(
                    remedy=second.remedy
                ),
            ) from None
        file.finish()

    def _put_back(self, move: KeyMove, keys: StoredKeys | None, ctx: JobContext) -> None:
        edits = put_back_edits(self._files(), move, keys)
        if edits:
            title = _("Restore the access key of {profile} to the files").format(profile=move.profile)
            self._writer.write(edits, title, ctx, puts_keys_back=True)

    def _let_go(self, move: KeyMove, keys: StoredKeys | None, ctx: JobContext) -> None:
        """Deletes a key that is in the file again from the store, unless another profile uses it, too."""
        if keys is not None and not users_of_entry(move.entry, self._files()):
            self._store.delete(move.entry, ctx)
        self._cache.forget(move.entry)

    # After a crash ------------------------------------------------------------------------------------------

    def _finish(self, profile_name: str, ctx: JobContext) -> None:
        """Recovers interrupted moves of this store, now that it is open; this profile's must succeed."""
        for move in self._journal.of_store(self._store.kind):
            try:
                self._recover(move, ctx)
            except WorkbenchError:
                if move.about.profile == profile_name:
                    raise

    def _recover(self, interrupted: InterruptedMove, ctx: JobContext) -> None:
        move = interrupted.about
        with self._journal.reopen(interrupted.file, _not_moved(move.profile)) as file:
            files = self._files()
            parts = files.profiles.get(move.profile)
            keys = self._store.get(move.entry, ctx)
            in_files = keys_in_files(parts)
            operation = self._operation(move, keys, file, ctx, file.record)
            if keys and in_files and in_files != {keys.pair}:
                pass  # the file has another key since: each is where it is wanted
            elif in_files or (keys and not self._works(move, keys, files, ctx)):
                if move.back:
                    operation.forward()
                elif failed := operation.backward(stop_at_failure=True).failed:
                    raise failed[0][1]
            elif keys is None and entry_of_profile(parts) == move.entry:
                raise _nowhere(move)
            file.finish()

    def _works(self, move: KeyMove, keys: StoredKeys, files: ConfigFiles, ctx: JobContext) -> bool:
        """Whether the SDK finds a key that is only in the store; a key that nobody uses is deleted."""
        users = users_of_entry(move.entry, files)
        if move.profile not in users:
            return bool(users) or move.profile not in files.profiles
        try:
            self._test(move.profile, keys, ctx)
        except WorkbenchError:
            return False
        return True

    def _files(self) -> ConfigFiles:
        files = ConfigFiles.read(self._environ)
        if error := files.config.error or files.credentials.error:
            raise error
        return files


def _nowhere(move: KeyMove) -> WorkbenchError:
    return WorkbenchError(
        _("The access key of {profile} is neither in the files nor in the keyring.").format(
            profile=move.profile
        ),
        _("The move was interrupted, and the keyring no longer has this entry."),
        _("If it is in another keyring, unlock that keyring. Otherwise create a new access key in IAM."),
    )


_VERIFY_TIMEOUT_S = 30.0
_VERIFY_CHECK_S = 0.05
_ASK = """
import json, sys
from botocore.session import Session
found = Session(profile=sys.argv[1]).get_credentials()
frozen = found and found.get_frozen_credentials()
print(json.dumps([found.method, frozen.access_key] if found else ["", ""]))
"""


@dataclass(frozen=True, slots=True)
class Resolved:
    """botocore's name of the provider that won ("custom-process"), and the key's id. Empty if none did."""

    method: str
    access_key_id: str


def verify(
    profile_name: str,
    keys: StoredKeys,
    environ: Mapping[str, str],
    temporary: Callable[[], TemporaryKeys | None],
    ctx: JobContext,
) -> None:
    """Verifies that the SDK finds a stored key through its credential process, and no other.

    Args:
        environ: Names the files, and contains our helper's variables.

    Raises:
        WorkbenchError: It finds none, or others.
        Cancelled: Nothing keeps running except a helper, which ends by itself.
    """
    found = resolve(profile_name, environ, ctx)
    expected = keys.access_key_id
    if keys.mode == "session":
        made = temporary()
        expected = made.access_key_id if made else found.access_key_id
    if found.method != "custom-process" or found.access_key_id != expected:
        raise _failed(
            _(
                "With the access key in the keyring, the SDK finds other credentials for "
                "{profile_name}: {method}."
            ).format(profile_name=profile_name, method=found.method or "none"),
            _("Check the Credential Source tab for what takes precedence."),
        )


def resolve(profile_name: str, environ: Mapping[str, str], ctx: JobContext) -> Resolved:
    """Asks a new process, in which no session, cache or provider of this one can answer.

    Raises:
        WorkbenchError: The SDK found no credentials, or the credential process failed.
        Cancelled: The process was ended.
    """
    clean = {name: value for name, value in environ.items() if not name.startswith("AWS_ACCESS_KEY")}
    asked = subprocess.Popen(  # -P: no module of the folder that we were started in
        [sys.executable, "-P", "-c", _ASK, profile_name],
        env=clean | {"AWS_EC2_METADATA_DISABLED": "true"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        answer, complaint = _answer_of(asked, ctx)
    finally:
        asked.kill()
        asked.communicate()
    if asked.returncode:
        raise _failed(_reason(complaint))
    try:
        method, access_key_id = json.loads(answer)
    except ValueError:
        raise _failed(_("The SDK could not be run.")) from None
    return Resolved(method, access_key_id)


def _answer_of(asked: "subprocess.Popen[str]", ctx: JobContext) -> tuple[str, str]:
    deadline = time.monotonic() + _VERIFY_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            return asked.communicate(timeout=_VERIFY_CHECK_S)
        except subprocess.TimeoutExpired:
            ctx.check()
    raise _failed(
        _("The SDK found no credentials within {timeout_s:g} s.").format(timeout_s=_VERIFY_TIMEOUT_S)
    )


def _reason(complaint: str) -> str:
    """Our own helper's line, which contains no secret; of anything else only the kind."""
    last = complaint.strip().splitlines()[-1] if complaint.strip() else ""
    if "workbench: " in last:
        return last.partition("workbench: ")[2]
    return _("The SDK could not use the credentials: {reason}.").format(
        reason=last.partition(":")[0].rpartition(".")[2] or _("no reason given")
    )


def _failed(why: str, remedy: str = "") -> WorkbenchError:
    remedy = remedy or _("Fix the problem, then try again.")
    return WorkbenchError(_("The access key was not moved."), why, remedy)
