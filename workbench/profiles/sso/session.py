"""SSO sessions of profiles, and the tokens of their sign-ins."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.profiles.config_files import KEY, SSO_PARTS, ConfigFiles

_MARKS = ("sso_session", "sso_start_url", *SSO_PARTS)

Options = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SsoSession:
    """A sign-in, shared by all profiles that name it.

    Attributes:
        name: Name of its `[sso-session NAME]` section. Empty for profiles of the older format, which contain
            the sign-in themselves; they allow only the device flow, and their token cannot be renewed.
        start_url: The access portal, exactly as written: a trailing slash means another cache file.
        region: The region of IAM Identity Center, seldom that of the functions.
        scopes: The requested scopes; empty for the default.
        ca_bundle: Trusted certificates from the profile; empty for the system's.
    """

    name: str
    start_url: str
    region: str
    scopes: tuple[str, ...] = ()
    ca_bundle: str = ""

    @property
    def is_legacy(self) -> bool:
        return not self.name

    @property
    def title(self) -> str:
        """Its name for the user."""
        return self.name or self.start_url


def session_of(options: Options, sso_sessions: Mapping[str, Options], profile_name: str = "") -> SsoSession:
    """The sign-in that a profile's options name.

    Args:
        sso_sessions: Name of each `sso-session` section -> its options.
        options: The profile's options.
        profile_name: For errors.

    Raises:
        WorkbenchError: The section does not exist, or lacks the portal or the region. botocore raises
            InvalidConfigError for the same profiles. Source: SSOProvider in botocore/credentials.py.
    """
    name = options.get("sso_session", "")
    if name and name not in sso_sessions:
        raise _wrong(profile_name, _("Its [sso-session {name}] does not exist.").format(name=name))
    own = sso_sessions[name] if name else {}
    for option, value in own.items():
        if options.get(option, value) != value:
            raise _wrong(
                profile_name,
                _("“{option}” has different values in the profile and in [sso-session {name}].").format(
                    option=option, name=name
                ),
            )
    merged = {**options, **own}
    for option in ("sso_start_url", "sso_region"):
        if not merged.get(option):
            raise _wrong(
                profile_name,
                (
                    _("“{option}” is missing in [sso-session {name}].")
                    if name
                    else _("“{option}” is missing.")
                ).format(option=option, name=name),
            )
    scopes = (scope.strip() for scope in merged.get("sso_registration_scopes", "").split(","))
    return SsoSession(
        name,
        merged["sso_start_url"],
        merged["sso_region"],
        tuple(scope for scope in scopes if scope),
        options.get("ca_bundle", ""),
    )


def follow(
    profile_name: str,
    profiles: Mapping[str, Options],
    sso_sessions: Mapping[str, Options],
    marks: Iterable[str] = _MARKS,
) -> SsoSession | None:
    """The sign-in behind a profile, through the roles that it assumes; None if there is none.

    Args:
        profiles: All profiles by name.
        marks: Options of which one must be present. `SSO_PARTS` excludes profiles that can be signed in to,
            but give botocore no credentials.

    Raises:
        WorkbenchError: As for `session_of`.
    """
    seen: list[str] = []
    while profile_name in profiles and profile_name not in seen:
        options = profiles[profile_name]
        if "web_identity_token_file" in options or (seen and KEY in options):  # a source uses its keys first
            return None
        seen.append(profile_name)
        if "role_arn" in options:
            profile_name = options.get("source_profile", "")
        elif any(mark in options for mark in marks):
            return session_of(options, sso_sessions, profile_name)
        else:
            return None
    return None


def find_session(profile_name: str, files: ConfigFiles) -> SsoSession | None:
    """Does what `follow` does, in the configuration files."""
    profiles = {name: parts.options for name, parts in files.profiles.items()}
    return follow(profile_name, profiles, _options(files))


def all_sessions(files: ConfigFiles) -> tuple[SsoSession, ...]:
    """Every complete `sso-session` section, by name: what the user can sign in to without a profile."""
    sections = _options(files)
    return tuple(
        session_of({"sso_session": name}, sections)
        for name in sorted(sections)
        if sections[name].get("sso_start_url") and sections[name].get("sso_region")
    )


def _options(files: ConfigFiles) -> Mapping[str, Options]:
    return {name: section.options for name, section in files.sso_sessions.items()}


def _wrong(profile_name: str, why: str) -> WorkbenchError:
    return WorkbenchError(
        _("Could not sign in to the profile “{profile_name}”.").format(profile_name=profile_name)
        if profile_name
        else _("The settings are not complete."),
        why,
        _("Correct it in the AWS configuration files, then reload."),
        action="profile.edit",
    )


REFRESH_WINDOW = timedelta(minutes=15)
"""How long before its expiry a token is renewed. Source: SSOTokenProvider in botocore/tokens.py."""


@dataclass(frozen=True, slots=True)
class Registration:
    """This program's registration with IAM Identity Center, valid for about 90 days.

    Attributes:
        grant_types: Empty for the device flow.
    """

    client_id: str
    client_secret: str = field(repr=False)
    expires_at: datetime
    grant_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """A sign-in to IAM Identity Center.

    Attributes:
        expires_at: Expiry of the access token, UTC.
        refresh_token: Renews the access token, together with the registration; empty for none.
        registration: Empty if another tool wrote the token without it.
    """

    session: SsoSession
    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str = field(default="", repr=False)
    registration: Registration | None = None

    def is_valid(self, now: datetime) -> bool:
        return now < self.expires_at

    def is_due(self, now: datetime) -> bool:
        return now > self.expires_at - REFRESH_WINDOW

    def can_refresh(self, now: datetime) -> bool:
        return bool(self.refresh_token and self.registration and now < self.registration.expires_at)
