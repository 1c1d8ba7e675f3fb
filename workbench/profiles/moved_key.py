"""What moving a key means for the two sections of a profile: what can be moved, and which edits that takes.

Owns: looking at sections, and refusing whatever could lose a key. Changes nothing itself: see migrate.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from workbench.core.errors import WorkbenchError
from workbench.profiles.config_files import KEY, SECRET, TOKENS, ConfigFiles, Parts, what_is
from workbench.profiles.edits import AddSection, Edit, FileEdits, RemoveOption, RemoveSection, SetOption
from workbench.profiles.helper_command import entry_of
from workbench.profiles.ini import IniFile, Section
from workbench.profiles.key_notes import Note
from workbench.profiles.lines import value_fault
from workbench.profiles.option_changes import header, own_options
from workbench.profiles.secret_store import Mode, StoredKeys

_PROCESS = "credential_process"
_SEE_PROBLEMS = "Fix the problem (see the profile's Problems tab), then try again."

type Pair = tuple[str, str]
"""An access key's id and its secret; one is empty where only the other stands."""


@dataclass(frozen=True, slots=True)
class FileKey:
    """A key in the files that can be moved.

    Attributes:
        parts: The profile.
        keys: What is to be stored.
        entry: The name to store it under.
        has_process: Whether the profile runs our helper already, behind this newer key.
    """

    parts: Parts
    keys: StoredKeys
    entry: str
    has_process: bool

    def note(self, store: str) -> Note:
        """What is to be known of the move, should it break off."""
        parts = self.parts
        return Note(
            parts.name,
            self.entry,
            store,
            self.has_process,
            made_section=parts.config is None,
            was_in_config=parts.credentials is None,
        )

    def refuse_to_replace(self, stored: StoredKeys | None, place: str) -> None:
        """Raises WorkbenchError when another key is stored under the name, and nobody says that it is old."""
        if stored is None or self.has_process or stored.pair == self.keys.pair:
            return
        raise WorkbenchError(
            f"The access key of {self.parts.name} was not moved.",
            f"{place} already contains another access key as {self.entry}, which might be the only copy.",
            "Rename this profile, then try again.",
        )


def key_to_move(name: str, mode: Mode, files: ConfigFiles) -> FileKey:
    """The long-lived key of a profile.

    Raises:
        WorkbenchError: It has none, or not just one, or one that could not be put back.
    """
    parts = files.profiles.get(name)
    section = _section_that_counts(parts)
    if parts is None or section is None or not (section.options.get(KEY) and section.options.get(SECRET)):
        raise WorkbenchError(
            f"The access key of {name} was not moved.",
            "The profile has no complete access key in the files.",
            "Choose a profile with a long-term access key.",
            action="profile.reload",
        )
    options, key_id, secret = parts.options, section.options[KEY], section.options[SECRET]
    for why, remedy in (*_faults(name, section, parts, files), *_mode_faults(mode, options)):
        raise WorkbenchError(f"The access key of {name} was not moved.", why, remedy)
    entry = entry_of_profile(parts)
    keys = StoredKeys(key_id, secret, mode, options.get("region", ""), options.get("endpoint_url", ""))
    return FileKey(parts, keys, entry or name, entry is not None)


def _section_that_counts(parts: Parts | None) -> Section | None:
    """The one that the SDK takes the key from.

    Source: create_credential_resolver in botocore/credentials.py.
    """
    if parts is None or (parts.credentials and KEY in parts.credentials.options):
        return parts.credentials if parts else None
    return parts.config


def _faults(name: str, section: Section, parts: Parts, files: ConfigFiles) -> Iterator[tuple[str, str]]:
    key_id, secret = section.options[KEY], section.options[SECRET]
    if any(section.options.get(token) for token in TOKENS):
        yield "They are temporary and expire automatically.", "Choose a profile with a long-term access key."
    if any(other == name for other, _ in files.replaced):
        yield "The profile has two sections in the configuration file.", "Remove one of them, then try again."
    if keys_in_files(parts) != {(key_id, secret)}:
        yield (
            "Its two sections have different access keys, and only one of them can be moved.",
            "Remove the one that you do not need from the file, then try again.",
        )
    both: tuple[tuple[Section | None, IniFile], ...] = (
        (parts.config, files.config),
        (parts.credentials, files.credentials),
    )
    for each, file in both:
        if each and any(option in each.options.keys() - own_options(each, file) for option in (KEY, SECRET)):
            yield (
                "The access key is in [DEFAULT], which applies to every profile.",
                "Move it to the profile, then try again.",
            )
    if value_fault(key_id) or value_fault(secret):
        yield "The line of the access key contains other text, which could not be restored.", _SEE_PROBLEMS
    if parts.config is None and what_is(header(name)) != ("profile", name):
        yield "A profile with this name cannot be in the configuration file.", "Rename it, then try again."
    command = parts.options.get(_PROCESS)
    if parts.credentials and _PROCESS in parts.credentials.options:
        yield "The credentials file contains a credential_process.", _SEE_PROBLEMS
    elif command is not None:
        entry = entry_of(command)
        if entry is None:
            yield "It specifies another credential process, which the access key overrides.", _SEE_PROBLEMS
        elif others := [each for each in users_of_entry(entry, files) if each != name]:
            yield (
                f"Its credential_process provides the stored access key of {', '.join(others)}.",
                _SEE_PROBLEMS,
            )


def _mode_faults(mode: Mode, options: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if mode == "session" and options.get("mfa_serial") and "role_arn" not in options:
        yield (
            (
                "It specifies an MFA device, and temporary credentials that were created without a "
                "code cannot be used to get others."
            ),
            "Let programs receive the access key itself. Workbench then offers to sign in with a code.",
        )


def key_to_put_back(name: str, parts: Parts | None, stored: StoredKeys | None) -> StoredKeys:
    """The stored key, when it may go back to the files.

    Raises:
        WorkbenchError: There is none, or another one stands there.
    """
    what = f"The access key of {name} could not be restored."
    if stored is None:
        raise WorkbenchError(
            what,
            "This store does not contain an access key of this profile.",
            "Check another location, or create a new access key in IAM and add it to the profile.",
        )
    if keys_in_files(parts) - {stored.pair}:
        raise WorkbenchError(
            what, "The files contain another access key.", "Remove it if you do not need it, then try again."
        )
    return stored


def keys_in_files(parts: Parts | None) -> set[Pair]:
    """The keys that stand in a profile's sections."""
    sections = (parts.config, parts.credentials) if parts else ()
    held = (each.options for each in sections if each and (KEY in each.options or SECRET in each.options))
    return {(options.get(KEY, ""), options.get(SECRET, "")) for options in held}


def entry_of_profile(parts: Parts | None) -> str | None:
    """The name of the stored key that a profile is handed out by our helper; None when it is not."""
    return entry_of(parts.options.get(_PROCESS, "")) if parts else None


def users_of_entry(entry: str, files: ConfigFiles) -> tuple[str, ...]:
    """The profiles that are handed out a stored key."""
    return tuple(name for name, parts in files.profiles.items() if entry_of_profile(parts) == entry)


def process_edits(files: ConfigFiles, name: str, command: str) -> list[FileEdits]:
    """The edits that let a program hand out a profile's key."""
    parts = files.profiles.get(name)
    edit: Edit = AddSection(header(name), ((_PROCESS, command),))
    if parts is not None and parts.config is not None:
        edit = SetOption(parts.config.name, _PROCESS, command)
    return [FileEdits(files.config.path, (edit,))]


def take_out_edits(files: ConfigFiles, name: str, keys: StoredKeys) -> list[FileEdits]:
    """The edits that take a stored key out of the files. The sections stay, with what is said in them.

    Raises:
        WorkbenchError: Just this key is not there any more: nobody has stored what is there now.
    """
    parts = files.profiles.get(name)
    if parts is None or keys_in_files(parts) != {keys.pair}:
        raise WorkbenchError(
            f"The access key of {name} was not moved.",
            "Another program changed them in the meantime.",
            "Check the profile, then try again.",
        )
    changes = []
    for file, section in ((files.config, parts.config), (files.credentials, parts.credentials)):
        if held := [option for option in (KEY, SECRET) if section and option in section.options]:
            assert section is not None
            changes.append(FileEdits(file.path, tuple(RemoveOption(section.name, each) for each in held)))
    return changes


def put_back_edits(files: ConfigFiles, note: Note, keys: StoredKeys | None) -> list[FileEdits]:
    """The edits that make a profile what it was: its key in the file, and then our helper out of it.

    Args:
        files: As they are.
        note: What was begun.
        keys: The key; None when it is in no store. A key that stands there is left alone.
    """
    parts = files.profiles.get(note.profile)
    changes = []
    if keys is not None and not keys_in_files(parts):
        changes.append(_key_back(files, parts, note, keys))
    config = parts.config if parts else None
    if config and not note.had_process and entry_of(config.options.get(_PROCESS, "")) == note.entry:
        alone = note.made_section and len(config.options) == 1
        gone: Edit = RemoveSection(config.name) if alone else RemoveOption(config.name, _PROCESS)
        changes.append(FileEdits(files.config.path, (gone,)))
    return changes


def _key_back(files: ConfigFiles, parts: Parts | None, note: Note, keys: StoredKeys) -> FileEdits:
    pairs = ((KEY, keys.access_key_id), (SECRET, keys.secret_access_key))
    file, section = files.credentials, parts.credentials if parts else None
    if note.was_in_config and parts and parts.config:
        file, section = files.config, parts.config
    if section is None:
        return FileEdits(file.path, (AddSection(note.profile, pairs),))
    return FileEdits(file.path, tuple(SetOption(section.name, option, value) for option, value in pairs))
