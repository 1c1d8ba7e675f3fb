"""Moves a long-lived key out of AWS's files into a store, and back.

Owns: the order of the steps and what a crash after each of them leaves. In the files either the key works or
`credential_process` does, at every moment: a key in the credentials file outranks a process, so the process
is written first. A key leaves a place only after it was seen in another. Must not know: how a store keeps
keys (secret_store.py), how a file is written (write.py), what the sections hold (moved_key.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.policy import NO_POLICY, Policy, Rule
from workbench.profiles.config_files import ConfigFiles
from workbench.profiles.credentials_helper import wanted_session
from workbench.profiles.key_account import account_of_key
from workbench.profiles.key_notes import KeyNotes, Note
from workbench.profiles.moved_key import (
    FileKey,
    entry_of_profile,
    key_to_move,
    key_to_put_back,
    keys_in_files,
    process_edits,
    put_back_edits,
    take_out_edits,
    users_of_entry,
)
from workbench.profiles.secret_store import Mode, SecretStore, StoredKeys, refusal_of_keys
from workbench.profiles.session_cache import SessionCache
from workbench.profiles.verify_process import verify
from workbench.profiles.write import ConfigWriter

_STEPS = 6
_ASKING = "Accessing the keyring"  # which may take until somebody has unlocked it


@dataclass(frozen=True, slots=True)
class Migration:
    """What was moved: whose key, by its id, and how it is handed out from now on."""

    profile_name: str
    access_key_id: str
    mode: Mode
    account_id: str


class Migrator:
    """Moves keys.

    Args:
        store: Where they go. It must outlive the program.
        writer: Changes the files.
        cache: Temporary keys made of stored ones; forgotten with them.
        state_dir: Where a note lies while a key moves, so that a crash is finished or undone later.
        environ: Names the files.
        command: The credential process of a stored key; `helper_command`.
        own_environ: What the environment of our helper has besides.
        clock: Says which temporary keys have ended.
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
        self._notes = KeyNotes(state_dir)
        self._environ = environ
        self._command = command
        self._own_environ = own_environ
        self._clock = clock or SystemClock()

    def migrate(self, profile_name: str, mode: Mode, ctx: JobContext) -> Migration:
        """Moves a profile's key into the store.

        Raises:
            WorkbenchError: The profile has no key that can be moved, or a step failed. Everything is as it
                was then; what could not be undone is said, and tried again at the next start.
            Cancelled: As above.
        """
        if refused := refusal_of_keys(self._policy, mode, f"The access key of {profile_name} was not moved."):
            raise refused
        with self._notes.turn(ctx):
            self._finish(profile_name, ctx)
            found = key_to_move(profile_name, mode, self._files())
            status = self._store.describe(ctx)
            if not status.usable or not status.lasts:
                raise WorkbenchError(
                    f"The access key of {profile_name} was not moved.",
                    status.why or f"{status.name} does not keep access keys after the program ends.",
                    "Choose another location for the access key.",
                )
            ctx.progress(0, _STEPS, _ASKING)
            before = self._store.get(found.entry, ctx)
            found.refuse_to_replace(before, status.name)
            note = found.note(self._store.kind)
            self._notes.write(note)
            try:
                self._move(note, found, ctx)
            except BaseException as error:
                self._undo(note, found, before, error)
                raise
            self._notes.drop(note)
        key_id = found.keys.access_key_id
        return Migration(profile_name, key_id, mode, account_of_key(key_id))

    def restore(self, profile_name: str, ctx: JobContext) -> None:
        """Puts a key back into the credentials file, in plain text, and takes it out of the store.

        Raises:
            WorkbenchError: The store has no key of this profile, or another one stands in the files, or they
                cannot be written: nothing is changed then. Or the store did not let go of it.
            Cancelled: Nothing is changed.
        """
        self._policy.check(Rule.STORED_KEYS, f"The access key of {profile_name} was not moved back.")
        with self._notes.turn(ctx):
            self._finish(profile_name, ctx)
            parts = self._files().profiles.get(profile_name)
            entry = entry_of_profile(parts) or profile_name
            ctx.progress(0, 2, _ASKING)
            keys = key_to_put_back(profile_name, parts, self._store.get(entry, ctx))
            ctx.progress(1, 2, "Restoring the access key")
            note = Note(profile_name, entry, self._store.kind)
            self._notes.write(note)
            try:
                self._put_back(note, keys, ctx)
            except BaseException:
                self._notes.drop(note)
                raise
            try:
                self._let_go(note)
            except WorkbenchError as error:
                error.what = (
                    f"The access key of {profile_name} was restored to the file, but is still in the "
                    "store as well."
                )
                raise
            self._notes.drop(note)

    def recover(self, ctx: JobContext) -> tuple[str, ...]:
        """At the start: finishes or undoes what a crash left in the middle. Returns those profiles' names.

        As long as the key is in a file, the move is undone; once it is only in the store, it is finished if
        the SDK finds it there, and undone otherwise.

        Raises:
            WorkbenchError: One of them is still in the middle, and is tried again at the next start. The
                others are done.
        """
        if not self._notes.of_store(self._store.kind):
            return ()
        names, problem = [], None
        with self._notes.turn(ctx):
            for note in self._notes.of_store(self._store.kind):
                try:
                    self._recover(note, ctx)
                    names.append(note.profile)
                except WorkbenchError as error:
                    problem = problem or error
        if problem is not None:
            raise problem
        return tuple(names)

    def discard(self, entry: str, ctx: JobContext) -> bool:
        """Takes a key out of the store for good, unless a profile's credential process still names it.

        Returns:
            Whether it was there, and is no more.

        Raises:
            WorkbenchError: The store is locked, or does not answer, or the files cannot be read.
        """
        with self._notes.turn(ctx):
            if users_of_entry(entry, self._files()):
                return False
            found = self._store.get(entry, ctx) is not None
            if found:
                self._store.delete(entry, ctx)
            self._cache.forget(entry)
            return found

    # The steps ----------------------------------------------------------------------------------------------

    def _move(self, note: Note, found: FileKey, ctx: JobContext) -> None:
        name, entry, keys = note.profile, note.entry, found.keys
        ctx.progress(1, _STEPS, "Storing the access key")
        self._store.set(entry, keys, ctx)
        self._cache.forget(entry)
        ctx.progress(2, _STEPS, "Verifying the stored access key")
        if self._store.get(entry, ctx) != keys:
            raise WorkbenchError(
                "The access key was not moved.",
                "The keyring returned a different value than was stored.",
                "Check whether the keyring works with other programs.",
            )
        ctx.progress(3, _STEPS, "Saving the profile")
        edits = process_edits(self._files(), name, self._command(entry))
        self._writer.write(edits, f"Use the keyring for the credentials of {name}", ctx)
        ctx.progress(4, _STEPS, "Removing the access key from the files")
        # Looked at once more: asking the keyring may have taken long, and another program may have written.
        edits = take_out_edits(self._files(), name, keys)
        self._writer.write(edits, f"Move the access key of {name} to the keyring", ctx)
        ctx.progress(5, _STEPS, "Testing the credentials")
        self._try(name, keys, ctx)

    def _try(self, name: str, keys: StoredKeys, ctx: JobContext) -> None:
        environ = {**self._environ, **self._own_environ()}
        verify(name, keys, environ, lambda: self._cache.get(wanted_session(keys), self._clock.now()), ctx)

    def _undo(self, note: Note, found: FileKey, before: StoredKeys | None, error: BaseException) -> None:
        """Back to how it was, whatever was cancelled. What cannot be undone now is when the note is read."""
        ctx = JobContext()
        try:
            self._put_back(note, found.keys, ctx)
        except WorkbenchError as second:
            first = (
                f"{error.what} {error.why}" if isinstance(error, WorkbenchError) else "It was interrupted."
            )
            raise WorkbenchError(
                f"Moving the access key of {note.profile} could not be finished or undone.",
                f"{first} {second.what} {second.why}",
                f"{second.remedy} The access key is not lost: Workbench continues the next time it starts.",
            ) from None
        finally:
            self._cache.forget(note.entry)
        try:
            if before is None:
                self._store.delete(note.entry, ctx)
            elif before != found.keys:
                self._store.set(note.entry, before, ctx)
        except WorkbenchError:
            return  # the keyring answers no more, as the error that led here says
        self._notes.drop(note)

    def _put_back(self, note: Note, keys: StoredKeys | None, ctx: JobContext) -> None:
        edits = put_back_edits(self._files(), note, keys)
        if edits:
            title = f"Restore the access key of {note.profile} to the files"
            self._writer.write(edits, title, ctx, puts_keys_back=True)

    def _let_go(self, note: Note) -> None:
        """The key is in the file again: it leaves the store, unless another profile is handed it out too."""
        if not users_of_entry(note.entry, self._files()):
            self._store.delete(note.entry, JobContext())
        self._cache.forget(note.entry)

    # After a crash ------------------------------------------------------------------------------------------

    def _finish(self, profile_name: str, ctx: JobContext) -> None:
        """What was left in the middle with this store, now that it is in use. This profile's must work."""
        for note in self._notes.of_store(self._store.kind):
            try:
                self._recover(note, ctx)
            except WorkbenchError:
                if note.profile == profile_name:
                    raise

    def _recover(self, note: Note, ctx: JobContext) -> None:
        files = self._files()
        parts = files.profiles.get(note.profile)
        keys = self._store.get(note.entry, ctx)
        in_files = keys_in_files(parts)
        if keys and in_files and in_files != {keys.pair}:
            pass  # the file has got another key since: each is where it is wanted
        elif in_files or (keys and not self._works(note, keys, files, ctx)):
            self._put_back(note, keys, ctx)
            if keys and not note.had_process:
                self._let_go(note)
        elif keys is None and entry_of_profile(parts) == note.entry:
            raise WorkbenchError(
                f"The access key of {note.profile} is neither in the files nor in the keyring.",
                "The move was interrupted, and the keyring no longer has this entry.",
                "If it is in another keyring, unlock that keyring. Otherwise create a new access key in IAM.",
            )
        self._notes.drop(note)

    def _works(self, note: Note, keys: StoredKeys, files: ConfigFiles, ctx: JobContext) -> bool:
        """Whether a key that is in the store only is handed out, or nobody wants it any more."""
        users = users_of_entry(note.entry, files)
        if note.profile not in users:
            return bool(users) or note.profile not in files.profiles
        try:
            self._try(note.profile, keys, ctx)
        except WorkbenchError:
            return False
        return True

    def _files(self) -> ConfigFiles:
        files = ConfigFiles.read(self._environ)
        if error := files.config.error or files.credentials.error:
            raise error
        return files
