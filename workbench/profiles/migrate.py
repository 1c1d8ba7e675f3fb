"""Moves a long-lived key out of AWS's files into a store, and back.

Owns: the order of the steps and what a crash after each of them leaves. In the files either the key works or
`credential_process` does, at every moment: a key in the credentials file outranks a process, so the process
is written first. Must not know: how a store keeps keys (secret_store.py), how a file is written (write.py).
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import write_atomic
from workbench.core.jobs import JobContext
from workbench.profiles.config_files import KEY, SECRET, ConfigFiles, Parts, config_paths
from workbench.profiles.edits import AddSection, Edit, FileEdits, RemoveOption, RemoveSection, SetOption
from workbench.profiles.helper_command import quoted
from workbench.profiles.ini import Section
from workbench.profiles.key_account import account_of_key
from workbench.profiles.secret_store import Mode, SecretStore, StoredKeys
from workbench.profiles.session_cache import SessionCache
from workbench.profiles.verify_process import resolve
from workbench.profiles.write import ConfigWriter

_PROCESS = "credential_process"
_STEPS = 5
_NOTES = "key-moves"


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
        command: The credential process of a profile; `helper_command`.
    """

    def __init__(
        self,
        store: SecretStore,
        writer: ConfigWriter,
        cache: SessionCache,
        state_dir: Path,
        environ: Mapping[str, str],
        command: Callable[[str], str],
    ) -> None:
        self._store = store
        self._writer = writer
        self._cache = cache
        self._notes = state_dir / _NOTES
        self._environ = environ
        self._command = command

    def migrate(self, profile_name: str, mode: Mode, ctx: JobContext) -> Migration:
        """Moves a profile's key into the store.

        Raises:
            WorkbenchError: The profile has no long-lived key, or a step failed. Everything is as it was.
            Cancelled: As above.
        """
        parts, keys = self._read(profile_name, mode)
        status = self._store.describe(ctx)
        if not status.usable or not status.lasts:
            raise WorkbenchError(
                f"The keys of {profile_name} were not moved.",
                status.why or f"{status.name} forgets them when the program ends.",
                "Choose another place for them.",
            )
        self._note(profile_name)
        try:
            self._move(profile_name, parts, keys, ctx)
        except (WorkbenchError, Cancelled) as error:
            self._undo(profile_name, keys, error)
            raise
        self._forget_note(profile_name)
        return Migration(profile_name, keys.access_key_id, mode, account_of_key(keys.access_key_id))

    def restore(self, profile_name: str, ctx: JobContext) -> None:
        """Puts a key back into the credentials file, in plain text, and takes it out of the store.

        Raises:
            WorkbenchError: The store has no key of this profile, or the file cannot be written.
        """
        keys = self._store.get(profile_name, ctx)
        if keys is None:
            raise WorkbenchError(
                f"The keys of {profile_name} could not be put back.",
                "The keyring has none of this profile.",
                "Make a new access key in IAM, and add it to the profile.",
            )
        self._put_back(profile_name, keys, ctx)
        self._store.delete(profile_name, ctx)
        self._cache.forget(profile_name)

    def recover(self, ctx: JobContext) -> tuple[str, ...]:
        """At the start: finishes or undoes what a crash left in the middle. Returns those profiles' names.

        As long as the key is in a file, the move is undone; once it is only in the store, it is finished.
        """
        names = []
        for note in sorted(self._notes.glob("*.json")):
            name = _name_in(note)
            if name:
                self._recover(name, ctx)
                names.append(name)
            note.unlink(missing_ok=True)
        return tuple(names)

    # The steps ----------------------------------------------------------------------------------------------

    def _move(self, name: str, parts: Parts, keys: StoredKeys, ctx: JobContext) -> None:
        ctx.progress(0, _STEPS, "Storing the key")
        self._store.set(name, keys, ctx)
        self._cache.forget(name)
        ctx.progress(1, _STEPS, "Reading it back")
        if self._store.get(name, ctx) != keys:
            raise WorkbenchError(
                "The key was not moved.",
                "The keyring gave back something else than was stored.",
                "Look whether the keyring works with other programs.",
            )
        ctx.progress(2, _STEPS, "Writing the profile")
        config, credentials = config_paths(self._environ)
        process = SetOption(_section(parts, name), _PROCESS, self._command(name))
        edits: tuple[Edit, ...] = (process,)
        if parts.config is None:
            edits = (AddSection(_section(parts, name), ((_PROCESS, process.value),)),)
        self._writer.write([FileEdits(config, edits)], f"Let the keyring hand out the keys of {name}", ctx)
        ctx.progress(3, _STEPS, "Removing the key from the files")
        self._writer.write(
            [
                *_without_keys(config, parts.config),
                *_without_keys(credentials, parts.credentials, drop_empty=True),
            ],
            f"Move the keys of {name} to the keyring",
            ctx,
        )
        ctx.progress(4, _STEPS, "Trying it")
        found = resolve(name, self._environ, ctx)
        if found.method != "custom-process" or (
            keys.mode == "raw" and found.access_key_id != keys.access_key_id
        ):
            raise WorkbenchError(
                "The key was not moved.",
                f"With it in the keyring, the SDK finds others for {name}: {found.method or 'none'}.",
                "Look at “Why this credential” for what is in the way.",
            )

    def _undo(self, name: str, keys: StoredKeys, error: BaseException) -> None:
        """Back to how it was. Not cancelled, whatever was; what cannot be undone is said with the error."""
        ctx = JobContext()
        try:
            self._put_back(name, keys, ctx)
            self._store.delete(name, ctx)
        except WorkbenchError as second:
            if isinstance(error, WorkbenchError):
                error.remedy = f"{error.remedy} {second}".strip()
        self._cache.forget(name)
        self._forget_note(name)

    def _put_back(self, name: str, keys: StoredKeys, ctx: JobContext) -> None:
        config, credentials = config_paths(self._environ)
        parts = ConfigFiles.read(self._environ).profiles.get(name) or Parts.of(name, None, None)
        changes = []
        if not _has_key(parts):
            pairs = ((KEY, keys.access_key_id), (SECRET, keys.secret_access_key))
            back: tuple[Edit, ...] = (AddSection(name, pairs),)
            if parts.credentials is not None:
                back = tuple(SetOption(name, option, value) for option, value in pairs)
            changes.append(FileEdits(credentials, back))
        if parts.config is not None and self._is_ours(name, parts.config.options.get(_PROCESS, "")):
            gone: Edit = RemoveOption(parts.config.name, _PROCESS)
            if len(parts.config.options) == 1:
                gone = RemoveSection(parts.config.name)
            changes.append(FileEdits(config, (gone,)))
        if changes:
            self._writer.write(changes, f"Put the keys of {name} back into the files", ctx)

    def _recover(self, name: str, ctx: JobContext) -> None:
        parts = ConfigFiles.read(self._environ).profiles.get(name)
        keys = self._store.get(name, ctx)
        if parts is not None and _has_key(parts):
            if keys is not None:
                self._put_back(name, keys, ctx)
                self._store.delete(name, ctx)
        elif keys is not None:
            found = resolve(name, self._environ, ctx)
            if found.method != "custom-process":
                self._put_back(name, keys, ctx)
                self._store.delete(name, ctx)

    def _read(self, name: str, mode: Mode) -> tuple[Parts, StoredKeys]:
        files = ConfigFiles.read(self._environ)
        if error := files.config.error or files.credentials.error:
            raise error
        parts = files.profiles.get(name)
        options: Mapping[str, str] = parts.options if parts else {}
        if parts is None or not options.get(KEY) or not options.get(SECRET):
            raise WorkbenchError(
                f"The keys of {name} were not moved.",
                "The profile has no access key with its secret in the files.",
                "Choose a profile with a long-lived key.",
                action="profile.reload",
            )
        if options.get("aws_session_token"):
            raise WorkbenchError(
                f"The keys of {name} were not moved.",
                "They are temporary, and end by themselves.",
                "Choose a profile with a long-lived key.",
            )
        keys = StoredKeys(
            options[KEY],
            options[SECRET],
            mode,
            options.get("region", ""),
            options.get("endpoint_url", ""),
            options.get("mfa_serial", "") if mode == "session" else "",
        )
        return parts, keys

    def _is_ours(self, name: str, command: str) -> bool:
        return command == self._command(name) or command.endswith(f" credentials {quoted(name)}")

    # The note -----------------------------------------------------------------------------------------------

    def _note(self, name: str) -> None:
        write_atomic(self._note_of(name), json.dumps({"profile": name}).encode())

    def _forget_note(self, name: str) -> None:
        self._note_of(name).unlink(missing_ok=True)

    def _note_of(self, name: str) -> Path:
        return self._notes / f"{hashlib.sha256(name.encode()).hexdigest()}.json"


def unfinished(state_dir: Path) -> bool:
    """Whether a crash has left a move in the middle: `Migrator.recover` has something to do."""
    return any((state_dir / _NOTES).glob("*.json"))


def _section(parts: Parts, name: str) -> str:
    if parts.config is not None:
        return parts.config.name
    return name if name == "default" else f"profile {name}" if " " not in name else f'profile "{name}"'


def _without_keys(path: Path, section: Section | None, *, drop_empty: bool = False) -> list[FileEdits]:
    if section is None:
        return []
    held = [option for option in (KEY, SECRET) if option in section.options]
    if drop_empty and set(section.options) <= {KEY, SECRET}:
        return [FileEdits(path, (RemoveSection(section.name),))]
    return [FileEdits(path, tuple(RemoveOption(section.name, option) for option in held))] if held else []


def _has_key(parts: Parts) -> bool:
    return bool(parts.options.get(KEY) and parts.options.get(SECRET))


def _name_in(note: Path) -> str:
    try:
        return str(json.loads(note.read_bytes())["profile"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
