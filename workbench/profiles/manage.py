"""Creates, changes, copies, renames and deletes profiles, as edits of the two files."""

from collections.abc import Iterator, Mapping, Sequence

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.profiles.config_files import KEY, SECRET, TOKENS, ConfigFiles, IniFile, Parts, Section, kind_of
from workbench.profiles.draft import FIELDS, NAME_PATTERN, FieldSpec, ProfileDraft, check_draft, name_error
from workbench.profiles.ini_editor import (
    AddSection,
    Edit,
    FileEdits,
    RemoveOption,
    RemoveSection,
    RenameSection,
    SetOption,
)
from workbench.profiles.model import ProfileKind
from workbench.profiles.sso_portal import session_section

NOT_CHANGED = _("The profile was not changed.")
_KEYS = (KEY, SECRET, *TOKENS)


class OptionChanges:
    """Collects changes in the two sections of a profile."""

    def __init__(self, parts: Parts, files: ConfigFiles) -> None:
        self._parts = parts
        self._own = {
            "config": own_options(parts.config, files.config),
            "credentials": own_options(parts.credentials, files.credentials),
        }
        self._sections = {
            "config": parts.config.name if parts.config else "",
            "credentials": parts.credentials.name if parts.credentials else "",
        }
        self._edits: dict[str, list[Edit]] = {"config": [], "credentials": []}
        self._new: dict[str, list[tuple[str, str]]] = {"config": [], "credentials": []}
        self._left = {file: set(own) for file, own in self._own.items()}

    def want(self, spec: FieldSpec, value: str) -> None:
        """Sets an option, or removes it if the value is empty."""
        option = spec.option
        if self._parts.options.get(option, "") == value:
            return
        if not value:
            self._remove(option)
            return
        file = self._file_of(spec)
        if self._sections[file]:
            self._edits[file].append(SetOption(self._sections[file], option, value))
            self._left[file].add(option)
        else:
            self._new[file].append((option, value))

    def _remove(self, option: str) -> None:
        holders = [file for file, own in self._own.items() if option in own]
        if not holders:
            raise WorkbenchError(
                NOT_CHANGED,
                _("“{option}” comes from the section [DEFAULT], which applies to every profile.").format(
                    option=option
                ),
                _("Edit the file manually."),
            )
        for file in holders:
            self._edits[file].append(RemoveOption(self._sections[file], option))
            self._left[file].discard(option)

    def _file_of(self, spec: FieldSpec) -> str:
        """The file where an option is set: where it takes effect, and keys together."""
        beside = _KEYS if spec.option in _KEYS else (spec.option,)
        for file in ("credentials", "config"):
            if any(option in self._left[file] for option in beside):
                return file
        return spec.file

    def edits(self) -> tuple[list[Edit], list[Edit]]:
        """Edits of the credentials file and of the configuration file."""
        parts = self._parts
        for file, section in (("config", header(parts.name)), ("credentials", parts.name)):
            if self._new[file]:
                self._edits[file].append(AddSection(section, tuple(self._new[file])))
                self._sections[file] = section
        elsewhere = self._sections["config"]
        if self._own["credentials"] and not self._left["credentials"] and elsewhere:
            self._edits["credentials"] = [RemoveSection(self._sections["credentials"])]
            self._sections["credentials"] = ""
        return self._edits["credentials"], self._edits["config"]

    def headers(self) -> tuple[str, str]:
        """The sections after the edits, in the configuration and the credentials file; empty for none."""
        return self._sections["config"], self._sections["credentials"]


def own_options(section: Section | None, file: IniFile) -> dict[str, str]:
    """A section's options without those of [DEFAULT]."""
    if section is None:
        return {}
    inherited = set(zip(file.defaults.options, file.defaults.lines, strict=True)) if file.defaults else set()
    return {
        option: value
        for (option, value), line in zip(section.options.items(), section.lines, strict=True)
        if (option, line) not in inherited
    }


def header(name: str) -> str:
    """The header of a profile in the configuration file."""
    if name == "default":
        return name
    return f"profile {name}" if NAME_PATTERN.fullmatch(name) else f'profile "{name}"'


_ENDPOINT = "endpoint_url"


def shared_sections(draft: ProfileDraft, files: ConfigFiles) -> Iterator[Edit]:
    """The edits that make the shared sections match the draft; none for sections that it does not mention."""
    yield from _sign_in(draft, files)
    yield from _services(draft, files)


def _sign_in(draft: ProfileDraft, files: ConfigFiles) -> Iterator[Edit]:
    if draft.sso_session is None:
        return
    wanted = session_section(draft.sso_session)
    there = files.sso_sessions.get(draft.sso_session.name)
    if there is None:
        yield wanted
        return
    for option, value in wanted.options:
        if option == "sso_registration_scopes" and not draft.sso_session.scopes:
            continue  # the section's author may know better
        if there.options.get(option) != value:
            yield SetOption(there.name, option, value)


def _services(draft: ProfileDraft, files: ConfigFiles) -> Iterator[Edit]:
    name = dict(draft.options).get("services", "")
    if not draft.endpoints or not name:
        return
    there = files.services.get(name)
    if there is None:
        values = ((service, _nested({_ENDPOINT: url})) for service, url in draft.endpoints)
        yield AddSection(f"services {name}", tuple(values))
        return
    for service, url in draft.endpoints:
        settings = _settings(there.options.get(service, ""))
        if settings.get(_ENDPOINT) != url:
            yield SetOption(there.name, service, _nested(settings | {_ENDPOINT: url}))


def _settings(value: str) -> dict[str, str]:
    """Nested settings, parsed as by botocore."""
    pairs = (line.partition("=") for line in value.split("\n") if "=" in line)
    return {key.strip(): setting.strip() for key, __, setting in pairs}


def _nested(settings: Mapping[str, str]) -> str:
    return "".join(f"\n{key} = {value}" for key, value in settings.items())


_SOURCE = "source_profile"


def draft_of(name: str, files: ConfigFiles) -> ProfileDraft:
    """The current state of a profile, for editing. Its secrets stay in the file. Raises WorkbenchError."""
    parts = _parts(name, files)
    kind = kind_of(parts)
    options = [
        (spec.option, parts.options[spec.option])
        for spec in FIELDS.get(kind, ())
        if not spec.secret and parts.options.get(spec.option)
    ]
    return ProfileDraft(name, kind, tuple(options))


def add_profile(draft: ProfileDraft, files: ConfigFiles) -> tuple[FileEdits, ...]:
    """The edits that add a profile, with the sections that it shares with others.

    Raises:
        WorkbenchError: Something is wrong with the draft, or a file cannot be edited.
    """
    _check_files(files)
    _check(draft, files)
    given = dict((*draft.options, *draft.secrets))
    config: list[tuple[str, str]] = []
    credentials: list[tuple[str, str]] = []
    for spec in FIELDS[draft.kind]:
        if value := given.get(spec.option):
            (credentials if spec.file == "credentials" else config).append((spec.option, value))
    edits: list[Edit] = [*shared_sections(draft, files)]
    if config or not credentials:
        edits.append(AddSection(header(draft.name), tuple(config)))
    keys = [AddSection(draft.name, tuple(credentials))] if credentials else []
    return _changes(files, keys, edits)


def edit_profile(name: str, draft: ProfileDraft, files: ConfigFiles) -> tuple[FileEdits, ...]:
    """The edits that make a profile match the draft.

    Options are changed in place. Options without a field stay; if the kind changes, those of the old kind are
    removed. A new name is also written wherever the profile is referred to.

    Raises:
        WorkbenchError: Something is wrong with the draft, or a file cannot be edited.
    """
    _check_files(files)
    parts = _one(name, files)
    _check(draft, files, name)
    given = dict(draft.options)
    if given.get(KEY, "") not in ("", parts.options.get(KEY)) and SECRET not in dict(draft.secrets):
        raise WorkbenchError(
            NOT_CHANGED,
            _("The access key ID was changed, but the secret access key was not entered."),
            _("Enter both values."),
        )
    if given.get(_SOURCE) == name:
        given[_SOURCE] = draft.name
    wanted = {
        spec.option: (spec, given.get(spec.option, "")) for spec in FIELDS[draft.kind] if not spec.secret
    }
    secrets = dict(draft.secrets)
    wanted |= {
        spec.option: (spec, secrets[spec.option])
        for spec in FIELDS[draft.kind]
        if spec.secret and secrets.get(spec.option)
    }
    old_kind = kind_of(parts)
    if draft.kind is not old_kind:
        mine = {spec.option for spec in FIELDS[draft.kind]}
        wanted |= {spec.option: (spec, "") for spec in FIELDS.get(old_kind, ()) if spec.option not in mine}
    changes = OptionChanges(parts, files)
    for spec, value in wanted.values():
        changes.want(spec, value)
    keys, config = changes.edits()
    config = [*shared_sections(draft, files), *config]
    if draft.name != name:
        more_keys, more_config = _renaming(name, draft.name, files, changes)
        keys, config = [*keys, *more_keys], [*config, *more_config]
    return _changes(files, keys, config)


def duplicate_profile(name: str, new_name: str, files: ConfigFiles) -> tuple[FileEdits, ...]:
    """The edits that copy a profile, secrets included.

    Raises:
        WorkbenchError: The new name is taken or invalid, a value cannot be copied, or a file cannot be
            edited.
    """
    _check_files(files)
    parts = _one(name, files)
    _check_name(new_name, files)

    def copied(section: Section | None, file: IniFile) -> tuple[tuple[str, str], ...]:
        own = own_options(section, file)
        return tuple(
            (option, new_name if (option, value) == (_SOURCE, name) else value)
            for option, value in own.items()
        )

    config = [AddSection(header(new_name), copied(parts.config, files.config))] if parts.config else []
    keys = [AddSection(new_name, copied(parts.credentials, files.credentials))] if parts.credentials else []
    return _changes(files, keys, config)


def rename_profile(name: str, new_name: str, files: ConfigFiles) -> tuple[FileEdits, ...]:
    """The edits that rename a profile, also where other profiles name it as their source.

    Raises:
        WorkbenchError: The new name is taken or invalid, or a file cannot be edited.
    """
    _check_files(files)
    _one(name, files)
    _check_name(new_name, files)
    keys, config = _renaming(name, new_name, files)
    return _changes(files, keys, config)


def delete_profile(name: str, files: ConfigFiles) -> tuple[FileEdits, ...]:
    """The edits that delete a profile from both files, and its sign-in's section if no other uses it.

    Raises:
        WorkbenchError: It is the source of other profiles' roles, or a file cannot be edited.
    """
    _check_files(files)
    parts = _parts(name, files)
    if users := users_of(name, files):
        raise WorkbenchError(
            _("The profile “{name}” was not deleted.").format(name=name),
            _("These profiles use it as their source profile: {names}.").format(names=", ".join(users)),
            _("Delete or edit those profiles first."),
        )
    config: list[Edit] = [RemoveSection(each.name) for other, each in files.replaced if other == name]
    if parts.config:
        config.append(RemoveSection(parts.config.name))
    session = parts.options.get("sso_session", "")
    others = (each for each in files.profiles.values() if each is not parts)
    if session in files.sso_sessions and all(each.options.get("sso_session") != session for each in others):
        config.append(RemoveSection(files.sso_sessions[session].name))
    keys: list[Edit] = [RemoveSection(name)] if parts.credentials else []
    return _changes(files, keys, config)


def users_of(name: str, files: ConfigFiles) -> tuple[str, ...]:
    """The other profiles that have this one as the source of their role."""
    return tuple(
        other
        for other, parts in files.profiles.items()
        if other != name and parts.options.get(_SOURCE) == name
    )


def _renaming(
    name: str, new_name: str, files: ConfigFiles, changes: OptionChanges | None = None
) -> tuple[list[Edit], list[Edit]]:
    config_section, keys_section = (changes or OptionChanges(files.profiles[name], files)).headers()
    mine = files.profiles[name] if changes else None  # `changes` has handled its own options
    config = [*_follow(name, new_name, files.config, mine.config if mine else None)]
    keys = [*_follow(name, new_name, files.credentials, mine.credentials if mine else None)]
    if config_section:
        config.append(RenameSection(config_section, header(new_name)))
    if keys_section:
        keys.append(RenameSection(keys_section, new_name))
    return keys, config


def _follow(name: str, new_name: str, file: IniFile, but: Section | None) -> Iterator[Edit]:
    """Renames the profile where it is named as the source of a role."""
    for section in (*file.sections, *([file.defaults] if file.defaults else [])):
        if section is but:
            continue
        own = section.options if section is file.defaults else own_options(section, file)
        if own.get(_SOURCE) == name:
            yield SetOption(section.name, _SOURCE, new_name)


def _changes(files: ConfigFiles, keys: Sequence[Edit], config: Sequence[Edit]) -> tuple[FileEdits, ...]:
    both = (FileEdits(files.credentials.path, tuple(keys)), FileEdits(files.config.path, tuple(config)))
    return tuple(each for each in both if each.edits)


def _parts(name: str, files: ConfigFiles) -> Parts:
    if name not in files.profiles:
        raise WorkbenchError(
            _("The profile “{name}” does not exist.").format(name=name),
            "",
            _("Reload the profiles."),
            action="profile.reload",
        )
    return files.profiles[name]


def _one(name: str, files: ConfigFiles) -> Parts:
    """The profile, if a single section of the configuration file defines it."""
    parts = _parts(name, files)
    for other, section in files.replaced:
        if other == name:
            raise WorkbenchError(
                NOT_CHANGED,
                _("The profile has two sections; [{section}] in line {line} is ignored.").format(
                    section=section.name, line=section.line
                ),
                _("Remove one of them from the file, then reload the profiles."),
                action="profile.reload",
            )
    return parts


def _check_files(files: ConfigFiles) -> None:
    if error := files.config.error or files.credentials.error:
        raise error


def _check_name(name: str, files: ConfigFiles) -> None:
    if text := name_error(name, files.profiles):
        raise WorkbenchError(NOT_CHANGED, text, _("Choose another name."))


def _check(draft: ProfileDraft, files: ConfigFiles, editing: str = "") -> None:
    if draft.kind not in FIELDS or draft.kind is ProfileKind.SANDBOX:
        raise WorkbenchError(NOT_CHANGED, _("Profiles of this type are not saved in a file."))
    if errors := check_draft(draft, files.profiles, editing):
        raise WorkbenchError(NOT_CHANGED, " ".join(each.text for each in errors), _("Correct the fields."))
