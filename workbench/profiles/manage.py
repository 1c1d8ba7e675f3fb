"""Profiles as entered in a form, and the edits that create, change, copy, rename and delete them."""

import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from workbench.aws.endpoints import AmbiguousUrlError, origin_of_setting
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.profiles.config_files import KEY, SECRET, TOKENS, ConfigFiles, IniFile, Parts, Section, kind_of
from workbench.profiles.ini_editor import (
    AddSection,
    Edit,
    FileEdits,
    RemoveOption,
    RemoveSection,
    RenameSection,
    SetOption,
    value_fault,
)
from workbench.profiles.model import ProfileKind
from workbench.profiles.sso_api import session_section
from workbench.profiles.sso_session import SsoSession

NAME_PATTERN = re.compile(r"[A-Za-z0-9_.@+-]+")
"""Names that need no quotes in any file, shell or SDK."""

REGION = r"[a-z]{2,}(-[a-z]+)+-\d{1,2}"
REGION_HINT = _("Enter a region such as eu-central-1.")
DURATIONS = range(900, 43_201)
KEY_HINT = _("An access key ID has at least 16 letters and digits, such as AKIAIOSFODNN7EXAMPLE.")


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field.

    Attributes:
        option: Its name in the file.
        file: Where a new one is written.
        secret: Whether it is never shown, nor kept in a draft's `options`.
        pattern: Must match the whole value; empty for anything.
        hint: What is expected, in one sentence, shown if `pattern` does not match.
        choices: The only valid values; empty for any.
    """

    option: str
    label: str
    file: Literal["config", "credentials"] = "config"
    required: bool = False
    secret: bool = False
    pattern: str = ""
    hint: str = ""
    choices: tuple[str, ...] = ()


COMMON = (
    FieldSpec("region", _("Region"), pattern=REGION, hint=REGION_HINT),
    FieldSpec("output", _("AWS CLI output format"), choices=("json", "yaml", "yaml-stream", "text", "table")),
    FieldSpec(
        "endpoint_url", _("Endpoint"), hint=_("A URL such as http://localhost:4566 to use instead of AWS.")
    ),
    FieldSpec(
        "services", _("Service endpoints section"), pattern=NAME_PATTERN.pattern, hint=_("Enter a name.")
    ),
)
"""Fields of every kind of profile."""

# Source: the members of AssumeRole and accessKeyIdType of STS, in botocore's data, which test_draft.py reads.
_KEYS = (
    FieldSpec(
        "aws_access_key_id",
        _("Access key ID"),
        "credentials",
        required=True,
        pattern=r"\w{1,128}",
        hint=KEY_HINT,
    ),
    FieldSpec(
        "aws_secret_access_key",
        _("Secret access key"),
        "credentials",
        required=True,
        secret=True,
        pattern=r"\S+",
        hint=_("A secret access key cannot contain spaces."),
    ),
)
_TOKEN = FieldSpec(
    "aws_session_token",
    _("Session token"),
    "credentials",
    required=True,
    secret=True,
    pattern=r"\S+",
    hint=_("A session token cannot contain spaces."),
)
_MFA = FieldSpec(
    "mfa_serial",
    _("MFA device"),
    pattern=r"[\w+=/:,.@-]{9,256}",
    hint=_("The ARN of a virtual device, such as arn:aws:iam::123456789012:mfa/me, or a serial number."),
)
_ROLE = FieldSpec(
    "role_arn",
    _("Role"),
    required=True,
    pattern=r"arn:[a-z0-9-]+:iam::\d{12}:role/\S{1,2000}",
    hint=_("Enter a role ARN such as arn:aws:iam::123456789012:role/deploy."),
)
_SESSION_NAME = FieldSpec(
    "role_session_name",
    _("Session name"),
    pattern=r"[\w+=,.@-]{2,64}",
    hint=_("Use 2 to 64 letters, digits or any of +=,.@-_"),
)

FIELDS: Mapping[ProfileKind, tuple[FieldSpec, ...]] = {
    ProfileKind.STATIC: (*_KEYS, _MFA, *COMMON),
    ProfileKind.TEMPORARY: (*_KEYS, _TOKEN, *COMMON),
    ProfileKind.ASSUME_ROLE: (
        _ROLE,
        FieldSpec("source_profile", _("Source profile")),
        FieldSpec(
            "credential_source",
            _("Credential source"),
            choices=("Environment", "Ec2InstanceMetadata", "EcsContainer"),
        ),
        _MFA,
        FieldSpec(
            "external_id",
            _("External ID"),
            pattern=r"[\w+=,.@:/-]{2,1224}",
            hint=_("Use 2 to 1224 letters, digits or any of +=,.@:/-_"),
        ),
        _SESSION_NAME,
        FieldSpec(
            "duration_seconds",
            _("Duration in seconds"),
            pattern=r"\d{1,6}",
            hint=_("Enter a whole number of seconds from {minimum} to {maximum}.").format(
                minimum=DURATIONS[0], maximum=DURATIONS[-1]
            ),
        ),
        *COMMON,
    ),
    ProfileKind.SSO: (
        FieldSpec(
            "sso_session", _("Sign-in"), pattern=NAME_PATTERN.pattern, hint=_("Enter a name without spaces.")
        ),
        FieldSpec("sso_account_id", _("Account"), pattern=r"\d{12}", hint=_("An account ID has 12 digits.")),
        FieldSpec(
            "sso_role_name",
            _("Role"),
            pattern=r"[\w+=,.@-]{1,64}",
            hint=_("Enter the role name, not its ARN."),
        ),
        FieldSpec(
            "sso_start_url",
            _("Portal (legacy format)"),
            pattern=r"https://\S+",
            hint=_("Enter an https URL."),
        ),
        FieldSpec("sso_region", _("Portal region (legacy format)"), pattern=REGION, hint=REGION_HINT),
        *COMMON,
    ),
    ProfileKind.PROCESS: (
        FieldSpec(
            "credential_process",
            _("Command"),
            required=True,
            hint=_("Put a path that contains spaces in quotation marks."),
        ),
        *COMMON,
    ),
    ProfileKind.WEB_IDENTITY: (
        _ROLE,
        FieldSpec("web_identity_token_file", _("Token file"), required=True),
        _SESSION_NAME,
        *COMMON,
    ),
    ProfileKind.LOGIN: (FieldSpec("login_session", _("Console session"), required=True), *COMMON),
    ProfileKind.UNKNOWN: COMMON,
}
"""The fields of each kind, in order."""


type Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ProfileDraft:
    """What the user entered.

    Attributes:
        kind: Determines the fields (FIELDS).
        options: Option and value; an empty value removes the option.
        secrets: The same for secret options. One that is missing is left unchanged.
        sso_session: The sign-in whose section is written; None to leave the sections unchanged. The option
            "sso_session" names it.
    """

    name: str
    kind: ProfileKind
    options: Pairs = ()
    secrets: Pairs = field(default=(), repr=False)
    sso_session: SsoSession | None = None


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with a field. `field` is an option's name, or "name"."""

    field: str
    text: str


def check_draft(
    draft: ProfileDraft, known: Collection[str], editing: str = "", regions: Collection[str] = ()
) -> tuple[FieldError, ...]:
    """What is wrong with a draft; empty if it can be written.

    Args:
        editing: The current name of an edited profile; empty for a new one.
        regions: The existing regions; empty to check only the format.
    """
    return tuple(_errors(draft, known, editing, regions))


def name_error(name: str, known: Collection[str], editing: str = "") -> str:
    """What is wrong with a profile's name; empty if nothing."""
    if name == editing and name:
        return ""  # an existing unusual name works, in quotes
    if not name:
        return _("Enter a name.")
    if not NAME_PATTERN.fullmatch(name):
        return _("Use letters, digits and any of _.@+-")
    if name == "DEFAULT":
        return _(
            "Settings in DEFAULT apply to every profile. Use the name “default” for the default profile."
        )
    return _("A profile with this name already exists.") if name in known else ""


def _errors(
    draft: ProfileDraft, known: Collection[str], editing: str, regions: Collection[str]
) -> Iterator[FieldError]:
    if text := name_error(draft.name, known, editing):
        yield FieldError("name", text)
    specs = {each.option: each for each in FIELDS.get(draft.kind, ())}
    given = dict(draft.options)
    for option in given.keys() - specs.keys():
        yield FieldError(option, _("This setting does not apply to this type of profile."))
    for spec in specs.values():
        value = dict(draft.secrets if spec.secret else draft.options).get(spec.option, "")
        if text := _field_error(spec, value, is_new=not editing):
            yield FieldError(spec.option, text)
    region = given.get("region", "")
    if regions and region and region not in regions and re.fullmatch(REGION, region):
        yield FieldError("region", _("AWS has no region {region}.").format(region=region))
    yield from _together(draft, given, known, editing)


def _field_error(spec: FieldSpec, value: str, *, is_new: bool) -> str:
    if not value:
        needed = spec.required and (is_new or not spec.secret)
        return _("Enter this: {label}.").format(label=spec.label) if needed else ""
    if "\n" in value:  # also nested settings, which nobody enters in a field
        return _("A value cannot contain line breaks.")
    if fault := value_fault(value):
        return fault
    if spec.choices and value not in spec.choices:
        return _("Enter one of {names}, with the same capitalization.").format(names=", ".join(spec.choices))
    if spec.pattern and not re.fullmatch(spec.pattern, value):
        return spec.hint
    match spec.option:
        case "duration_seconds" if int(value) not in DURATIONS:
            return spec.hint
        case "endpoint_url" if not _is_address(value):
            return spec.hint
        case "credential_process" if not _is_command(value):
            return spec.hint
    return ""


def _together(
    draft: ProfileDraft, given: Mapping[str, str], known: Collection[str], editing: str
) -> Iterator[FieldError]:
    """Errors in combinations of fields."""
    key = given.get("aws_access_key_id", "")
    if key and not given.get("endpoint_url") and not re.fullmatch(r"\w{16,128}", key):
        yield FieldError("aws_access_key_id", KEY_HINT)  # servers for tests accept any
    if draft.kind is ProfileKind.ASSUME_ROLE:
        source, other = given.get("source_profile", ""), given.get("credential_source", "")
        if bool(source) == bool(other):
            text = _("Enter either a source profile or a credential source.")
            yield FieldError("source_profile", text)
        elif source and source == draft.name and not editing:
            yield FieldError("source_profile", _("A role cannot be assumed with itself."))
        elif source and source not in known and source != draft.name:
            yield FieldError(
                "source_profile", _("The profile {source} does not exist.").format(source=source)
            )
    if draft.kind is ProfileKind.SSO:
        older = given.get("sso_start_url") and given.get("sso_region")
        if not (given.get("sso_session") or older):
            yield FieldError("sso_session", _("Choose a sign-in."))
        if bool(given.get("sso_account_id")) != bool(given.get("sso_role_name")):
            yield FieldError("sso_role_name", _("Enter both the account and the role."))
    if session := draft.sso_session:
        yield from _session_errors(session, given)


def _session_errors(session: SsoSession, given: Mapping[str, str]) -> Iterator[FieldError]:
    if not NAME_PATTERN.fullmatch(session.name) or session.name != given.get("sso_session"):
        yield FieldError("sso_session", _("Enter a sign-in name without spaces."))
    if value_fault(session.start_url) or not re.fullmatch(r"https://\S+", session.start_url):
        yield FieldError("sso_start_url", _("The portal must be an https URL."))
    if not re.fullmatch(REGION, session.region):
        yield FieldError("sso_region", REGION_HINT)
    if any(value_fault(scope) or not re.fullmatch(r"[\w:.-]+", scope) for scope in session.scopes):
        yield FieldError("sso_registration_scopes", _("Enter scopes such as sso:account:access."))


def _is_address(url: str) -> bool:
    try:
        origin_of_setting(url)
    except AmbiguousUrlError:
        return False
    return True


def _is_command(text: str) -> bool:
    try:
        return bool(shlex.split(text))
    except ValueError:
        return False


NOT_CHANGED = _("The profile was not changed.")
_KEY_OPTIONS = (KEY, SECRET, *TOKENS)


class OptionChanges:
    """Collects changes in the two sections of a profile."""

    def __init__(self, parts: Parts, files: ConfigFiles) -> None:
        self._parts = parts
        both = {"credentials": (parts.credentials, files.credentials), "config": (parts.config, files.config)}
        self._sections = {name: section.name if section else "" for name, (section, __) in both.items()}
        self._own = {name: own_options(section, file) for name, (section, file) in both.items()}
        self._after = {name: dict(own) for name, own in self._own.items()}

    def want(self, spec: FieldSpec, value: str) -> None:
        """Sets an option, or removes it if the value is empty."""
        option = spec.option
        if self._parts.options.get(option, "") == value:
            return
        if value:
            self._after[self._file_of(spec)][option] = value
            return
        holders = [options for options in self._after.values() if option in options]
        if not holders:
            raise WorkbenchError(
                NOT_CHANGED,
                _("“{option}” comes from the section [DEFAULT], which applies to every profile.").format(
                    option=option
                ),
                _("Edit the file manually."),
            )
        for options in holders:
            del options[option]

    def _file_of(self, spec: FieldSpec) -> str:
        """The file where an option is set: where it takes effect, and keys together."""
        beside = _KEY_OPTIONS if spec.option in _KEY_OPTIONS else (spec.option,)
        held = (file for file, options in self._after.items() if any(each in options for each in beside))
        return next(held, spec.file)

    def edits(self) -> tuple[list[Edit], list[Edit]]:
        """Edits of the credentials file and of the configuration file."""
        name, edits = self._parts.name, dict[str, list[Edit]]()
        for file, new_section in (("config", header(name)), ("credentials", name)):
            section, own, after = self._sections[file], self._own[file], self._after[file]
            if section and own and not after and file == "credentials" and self._sections["config"]:
                edits[file] = [RemoveSection(section)]
                self._sections[file] = ""
            elif section:
                edits[file] = [SetOption(section, *each) for each in after.items() if each not in own.items()]
                edits[file] += [RemoveOption(section, each) for each in own if each not in after]
            else:
                edits[file] = [AddSection(new_section, tuple(after.items()))] if after else []
                self._sections[file] = new_section if after else ""
        return edits["credentials"], edits["config"]

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


def _sign_in(draft: ProfileDraft, files: ConfigFiles) -> Iterator[Edit]:
    """The edits that make the section of a sign-in match the draft; none if it does not mention it."""
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
    """The edits that add a profile, with the sections that it shares with others. Raises WorkbenchError."""
    _check_files(files)
    _check(draft, files)
    given = dict((*draft.options, *draft.secrets))
    config: list[tuple[str, str]] = []
    credentials: list[tuple[str, str]] = []
    for spec in FIELDS[draft.kind]:
        if value := given.get(spec.option):
            (credentials if spec.file == "credentials" else config).append((spec.option, value))
    edits: list[Edit] = [*_sign_in(draft, files)]
    if config or not credentials:
        edits.append(AddSection(header(draft.name), tuple(config)))
    keys = [AddSection(draft.name, tuple(credentials))] if credentials else []
    return _changes(files, keys, edits)


def edit_profile(name: str, draft: ProfileDraft, files: ConfigFiles) -> tuple[FileEdits, ...]:
    """The edits that make a profile match the draft.

    Options are changed in place. Options without a field stay; if the kind changes, those of the old kind are
    removed. A new name is also written wherever the profile is referred to. Raises WorkbenchError.
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
    config = [*_sign_in(draft, files), *config]
    if draft.name != name:
        more_keys, more_config = _renaming(name, draft.name, files, changes)
        keys, config = [*keys, *more_keys], [*config, *more_config]
    return _changes(files, keys, config)


def duplicate_profile(name: str, new_name: str, files: ConfigFiles) -> tuple[FileEdits, ...]:
    """The edits that copy a profile, secrets included. Raises WorkbenchError."""
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
