"""The configuration and the credentials file, put together: profiles, SSO sessions, services."""

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.profiles.ini import IniFile, Section, keep_from_collector, read_ini
from workbench.profiles.model import ProfileKind

VARIABLES = (
    ("AWS_CONFIG_FILE", "~/.aws/config"),
    ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
)
"""What names the two files, and where they are otherwise."""

KEY, SECRET = "aws_access_key_id", "aws_secret_access_key"
TOKENS = ("aws_session_token", "aws_security_token")
SSO_PARTS = ("sso_account_id", "sso_role_name")

_SESSION, _SERVICES = "sso-session", "services"
_OTHER = ("plugins", "preview")
_PLAIN = re.compile(r"profile +([A-Za-z0-9_.@+-]+)")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{([^}]*)\})")
_NO_OPTIONS: Mapping[str, str] = {}


def config_paths(environ: Mapping[str, str]) -> tuple[Path, Path]:
    """The configuration file and the credentials file that the SDK reads, variables and ~ replaced."""
    config, credentials = (_path(environ.get(variable) or usual, environ) for variable, usual in VARIABLES)
    return config, credentials


def _path(text: str, environ: Mapping[str, str]) -> Path:
    text = _VARIABLE.sub(lambda found: environ.get(found[1] or found[2], found[0]), text)
    return Path(os.path.expanduser(text))


@dataclass(frozen=True, slots=True)
class Parts:
    """A profile's sections in the two files, and its options: those of the credentials file win.

    Source: Session.full_config in botocore/session.py.
    """

    name: str
    config: Section | None
    credentials: Section | None
    options: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, name: str, config: Section | None, credentials: Section | None) -> "Parts":
        if config and credentials:
            return cls(name, config, credentials, config.options | credentials.options)
        section = config or credentials
        return cls(name, config, credentials, section.options if section else _NO_OPTIONS)

    @property
    def takes_role(self) -> bool:
        """Whether the SDK takes a role with another profile's credentials."""
        return "role_arn" in self.options and "web_identity_token_file" not in self.options

    @property
    def has_keys(self) -> bool:
        """Whether botocore counts it as one with keys of its own; half a key is enough for that."""
        return KEY in self.options or SECRET in self.options


def kind_of(parts: Parts, *, as_source: bool = False) -> ProfileKind:
    """How a profile gets its credentials: the provider that wins.

    Args:
        parts: The profile.
        as_source: As the one that a role is taken with: one that has keys uses them then.

    Source: create_credential_resolver, ProfileProviderBuilder.providers and AssumeRoleProvider in
    botocore/credentials.py.
    """
    options, credentials, config = parts.options, parts.credentials, parts.config
    if parts.takes_role and not (as_source and parts.has_keys):
        return ProfileKind.ASSUME_ROLE
    if options.get("web_identity_token_file"):
        return ProfileKind.WEB_IDENTITY
    if any(each in options for each in SSO_PARTS):
        return ProfileKind.SSO
    if credentials and KEY in credentials.options:
        return _keys(credentials)
    if "login_session" in options:
        return ProfileKind.LOGIN
    if "credential_process" in options:
        return ProfileKind.PROCESS
    if config and KEY in config.options:
        return _keys(config)
    if "sso_session" in options or "sso_start_url" in options:
        return ProfileKind.SSO  # signed in to, but account and role are still to be chosen
    return ProfileKind.UNKNOWN


def _keys(section: Section) -> ProfileKind:
    temporary = any(section.options.get(token) for token in TOKENS)
    return ProfileKind.TEMPORARY if temporary else ProfileKind.STATIC


@dataclass(frozen=True, slots=True)
class ConfigFiles:
    """Both files, read.

    Attributes:
        config: The configuration file.
        credentials: The credentials file.
        profiles: By name.
        sso_sessions: The `[sso-session NAME]` sections, by name.
        services: The `[services NAME]` sections, by name.
        ignored: Sections of the configuration file that the SDK takes for nothing.
        replaced: Sections of the configuration file that a later one of the same profile makes void, with the
            profile's name: `[profile a]` before `[profile "a"]`.
        unread: Variables that are set to nothing, which makes the SDK read no file at all.
    """

    config: IniFile
    credentials: IniFile
    profiles: dict[str, Parts]
    sso_sessions: dict[str, Section]
    services: dict[str, Section]
    ignored: tuple[Section, ...] = ()
    replaced: tuple[tuple[str, Section], ...] = ()
    unread: tuple[str, ...] = ()

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "ConfigFiles":
        """Reads both. Never raises for what is in them; see `error` of each."""
        paths = config_paths(environ)
        unread = tuple(variable for variable, _ in VARIABLES if environ.get(variable) == "")
        files = [
            IniFile(path) if variable in unread else read_ini(path)
            for path, (variable, _) in zip(paths, VARIABLES, strict=True)
        ]
        return cls.of(files[0], files[1], unread)

    @classmethod
    def of(cls, config: IniFile, credentials: IniFile, unread: tuple[str, ...] = ()) -> "ConfigFiles":
        """Tells the sections of files that were read.

        Source: build_profile_map in botocore/configloader.py.
        """
        kept: dict[str, Section] = {}
        named: dict[str, dict[str, Section]] = {_SESSION: {}, _SERVICES: {}}
        ignored: list[Section] = []
        replaced: list[tuple[str, Section]] = []
        for section in config.sections:
            kind, name = what_is(section.name)
            if kind == "profile" and name:
                if name in kept:
                    replaced.append((name, kept[name]))
                kept[name] = section
            elif kind in named and name:
                named[kind][name] = section
            elif kind != "other":
                ignored.append(section)
        profiles: dict[str, Parts] = {}
        for name, section in kept.items():
            profiles[name] = Parts.of(name, section, None)
            keep_from_collector(len(profiles))
        for section in credentials.sections:
            profiles[section.name] = Parts.of(section.name, kept.get(section.name), section)
        return cls(
            config,
            credentials,
            profiles,
            named[_SESSION],
            named[_SERVICES],
            tuple(ignored),
            tuple(replaced),
            unread,
        )


def what_is(section: str) -> tuple[str, str]:
    """What a section of the configuration file is, and its name.

    Returns:
        "profile", "sso-session" or "services" with a name, which is empty where botocore cannot make one out;
        "other" for what is none of them by intention; an empty kind for what botocore ignores.
    """
    if plain := _PLAIN.fullmatch(section):  # shlex takes 30 µs
        return "profile", plain[1]
    if section == "default":
        return "profile", section
    if section in _OTHER:
        return "other", ""
    kind = next((kind for kind in ("profile", _SESSION, _SERVICES) if section.startswith(kind)), "")
    try:
        words = shlex.split(section)
    except ValueError:
        words = []
    return kind, words[1] if kind and len(words) == 2 else ""
