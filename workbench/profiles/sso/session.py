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
    """One sign-in, shared by all profiles that name it.

    Attributes:
        name: Of its `[sso-session NAME]` section. Empty for profiles that hold the sign-in themselves, which
            is the older way; only the device flow works for those, and the token cannot be renewed.
        start_url: The access portal, exactly as written: a trailing slash makes another cache file.
        region: Where IAM Identity Center lives, which is seldom where the functions are.
        scopes: What to ask for; empty for the usual.
        ca_bundle: Certificates to trust, as the profile says; empty for the system's.
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
        """What the user calls it."""
        return self.name or self.start_url


def session_of(options: Options, sso_sessions: Mapping[str, Options], profile_name: str = "") -> SsoSession:
    """The sign-in that a profile's options name.

    Args:
        options: Of the profile.
        sso_sessions: Name of each `sso-session` section -> its options.
        profile_name: For the error.

    Raises:
        WorkbenchError: The section does not exist, or lacks the portal or the region. The same profiles
            make botocore raise InvalidConfigError. Source: SSOProvider in botocore/credentials.py.
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
    """The sign-in behind a profile, through the roles that it takes; None when there is none.

    Args:
        profile_name: Where to begin.
        profiles: All, by name.
        sso_sessions: As `session_of`.
        marks: The options of which one makes a profile count. `SSO_PARTS` leaves out those that can be signed
            in to, but from which botocore takes no credentials.

    Raises:
        WorkbenchError: As `session_of`.
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
    """As `follow`, in the configuration files."""
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
"""A token is renewed this long before its end. Source: SSOTokenProvider in botocore/tokens.py."""


@dataclass(frozen=True, slots=True)
class Registration:
    """This program, as IAM Identity Center knows it for some 90 days.

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
        session: What was signed in to.
        expires_at: End of the access token, UTC.
        refresh_token: With it and the registration the access token is renewed; empty for none.
        registration: Empty when another tool wrote the token without it.
    """

    session: SsoSession
    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str = field(default="", repr=False)
    registration: Registration | None = None

    def is_valid(self, now: datetime) -> bool:
        return now < self.expires_at

    def is_due(self, now: datetime) -> bool:
        """Whether it is time to renew it."""
        return now > self.expires_at - REFRESH_WINDOW

    def can_refresh(self, now: datetime) -> bool:
        return bool(self.refresh_token and self.registration and now < self.registration.expires_at)
