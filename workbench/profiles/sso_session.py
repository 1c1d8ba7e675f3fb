"""Sign-ins to IAM Identity Center and the console: sessions, tokens, and the caches of AWS's tools.

Only the tokens of IAM Identity Center are written, in the AWS CLI's files and format, so that all tools share
one sign-in. Source: SSOTokenLoader and JSONFileCache in botocore/utils.py, SSOTokenProvider in
botocore/tokens.py.
"""

import contextlib
import hashlib
import json
import os
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, write_atomic
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


_SESSION_ARGUMENTS = (
    # option of a profile -> argument of AssumeRole
    ("role_arn", "RoleArn"),
    ("role_session_name", "RoleSessionName"),
    ("external_id", "ExternalId"),
    ("mfa_serial", "SerialNumber"),
)


class Caches:
    """The current caches: each folder is listed once, each file read once.

    Files that are damaged, missing or of another sign-in count as absent; nothing here raises for them.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._sso = _Folder(Path(os.path.expanduser("~/.aws/sso/cache")))
        self._roles = _Folder(Path(os.path.expanduser("~/.aws/cli/cache")))
        login = environ.get("AWS_LOGIN_CACHE_DIRECTORY", "~/.aws/login/cache")
        self._login = _Folder(Path(os.path.expanduser(os.path.expandvars(login))))

    def sso_expiry(self, options: Mapping[str, str], start_url: str = "") -> datetime | None:
        """When the sign-in of a profile with SSO expires; None without a sign-in.

        Source: SSOTokenLoader in botocore/utils.py. It accepts a token of another start URL; this does not.

        Args:
            start_url: That of its sso-session; empty for a profile that has its own.
        """
        start_url = start_url or options.get("sso_start_url", "")
        if self._sso.is_empty or not start_url:
            return None
        token = self._sso.read(_sha1(options.get("sso_session") or start_url))
        if not token.get("accessToken") or token.get("startUrl", start_url) != start_url:
            return None
        return moment(token.get("expiresAt"))

    def role_expiry(self, options: Mapping[str, str]) -> datetime | None:
        """When the AWS CLI's cached credentials of a profile's role expire; None if there are none.

        Source: _create_cache_key of AssumeRoleCredentialFetcher in botocore/credentials.py; the CLI stores
        them under ~/.aws/cli/cache.
        """
        if self._roles.is_empty:
            return None
        arguments: dict[str, str | int] = {
            argument: options[option] for option, argument in _SESSION_ARGUMENTS if option in options
        }
        if (duration := options.get("duration_seconds", "")).isdecimal():
            arguments["DurationSeconds"] = int(duration)
        key = json.dumps(arguments, sort_keys=True)
        credentials = self._roles.read(_sha1(key)).get("Credentials")
        return moment(credentials.get("Expiration")) if isinstance(credentials, dict) else None

    def login(self, login_session: str) -> "LoginState":
        """The state of a console sign-in (`aws login`). Source: LoginTokenLoader in botocore/utils.py."""
        held = self._login.read(hashlib.sha256(login_session.encode()).hexdigest())
        token = held.get("accessToken")
        if not isinstance(token, dict):
            return LoginState()
        return LoginState(moment(token.get("expiresAt")), all(held.get(name) for name in _NEEDED))


class _Folder:
    """A folder of JSON files."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: dict[str, Mapping[str, object]] = {}
        try:
            with os.scandir(path) as entries:
                self._names = {entry.name for entry in entries if entry.is_file()}
        except OSError:
            self._names = set()

    @property
    def is_empty(self) -> bool:
        return not self._names

    def read(self, key: str) -> Mapping[str, object]:
        """The content of a file; empty if it is not an object."""
        name = key + ".json"
        if name not in self._names:
            return {}
        if name not in self._read:
            self._read[name] = _read(self._path / name) or {}
        return self._read[name]


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def moment(value: object) -> datetime | None:
    """A time in the tools' formats ("2031-01-02T03:04:05Z", "…UTC", without a zone), in UTC, or None."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip().replace("UTC", "+00:00"))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_MAX_BYTES = 1_000_000  # a token's file has about 10 KB
_TOOL = "workbench"


class TokenCache:
    """The folder of tokens.

    Args:
        folder: ~/.aws/sso/cache if None; no setting moves it. Resolved at each use.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    @property
    def folder(self) -> Path:
        return self._folder or Path("~/.aws/sso/cache").expanduser()

    def path_of(self, session: SsoSession) -> Path:
        """The path of a session's token, whether or not it exists."""
        return self.folder / f"{_sha1(session.name or session.start_url)}.json"

    def load(self, session: SsoSession) -> Token | None:
        """The token of a session, expired or not.

        A file that no SDK can read is deleted, since botocore fails on it with a bare KeyError. A token for
        another portal under this session's name is not returned, although botocore would use it.
        """
        path = self.path_of(session)
        held = _read(path)
        if held is None:
            return None
        token = _token(session, held)
        if token is None:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        elif not same_portal(str(held.get("startUrl") or session.start_url), session.start_url):
            return None
        return token

    def start_url_of(self, session: SsoSession) -> str:
        """The portal of the token under the session's name; empty if unknown."""
        start_url = (_read(self.path_of(session)) or {}).get("startUrl")
        return start_url if isinstance(start_url, str) else ""

    def store(self, token: Token) -> None:
        """Stores a token, readable only for this user. Raises WorkbenchError."""
        held = {
            "startUrl": token.session.start_url,
            "region": token.session.region,
            "accessToken": token.access_token,
            "expiresAt": _write_time(token.expires_at),
        }
        if token.registration:
            held |= {
                "clientId": token.registration.client_id,
                "clientSecret": token.registration.client_secret,
                "registrationExpiresAt": _write_time(token.registration.expires_at),
            }
        if token.refresh_token:
            held["refreshToken"] = token.refresh_token
        self._write(self.path_of(token.session), held)

    def load_registration(self, session: SsoSession, grant_types: tuple[str, ...]) -> Registration | None:
        """The stored client registration for a session and grant types, expired or not."""
        held = _read(self._registration_path(session, grant_types)) or {}
        expires_at = moment(held.get("expiresAt"))
        client_id, secret = held.get("clientId"), held.get("clientSecret")
        if not (expires_at and isinstance(client_id, str) and isinstance(secret, str)):
            return None
        return Registration(client_id, secret, expires_at, grant_types)

    def store_registration(self, session: SsoSession, registration: Registration) -> None:
        """Stores a registration for the next sign-in. Raises as `store` does."""
        held = {
            "clientId": registration.client_id,
            "clientSecret": registration.client_secret,
            "expiresAt": _write_time(registration.expires_at),
        }
        self._write(self._registration_path(session, registration.grant_types), held)

    def clear_registration(self, session: SsoSession, grant_types: tuple[str, ...]) -> None:
        """Deletes a registration that is no longer accepted."""
        _delete(self._registration_path(session, grant_types))

    def _registration_path(self, session: SsoSession, grant_types: tuple[str, ...]) -> Path:
        # With our own name, because the consent page shows whose registration it is.
        parts = (_TOOL, session.start_url, session.region, session.scopes, session.name, grant_types)
        return self.folder / f"{_sha1(json.dumps(parts))}.json"

    def _write(self, path: Path, held: Mapping[str, str]) -> None:
        try:
            _make_private(path.parent)
        except OSError as error:
            raise explain_os_error(error, _("The sign-in could not be saved."), path.parent) from None
        write_atomic(path, json.dumps(held).encode())


def same_portal(one: str, other: str) -> bool:
    """Whether two start URLs are the same portal, with or without a trailing slash."""
    return one.rstrip("/#").casefold() == other.rstrip("/#").casefold()


def _token(session: SsoSession, held: Mapping[str, object]) -> Token | None:
    access_token, expires_at = held.get("accessToken"), moment(held.get("expiresAt"))
    if not isinstance(access_token, str) or not access_token or expires_at is None:
        return None
    client_id, secret = held.get("clientId"), held.get("clientSecret")
    until = moment(held.get("registrationExpiresAt"))
    registration = None
    if isinstance(client_id, str) and isinstance(secret, str) and until:
        registration = Registration(client_id, secret, until)
    refresh_token = held.get("refreshToken")
    refresh = refresh_token if isinstance(refresh_token, str) else ""
    return Token(session, access_token, expires_at, refresh, registration)


def _read(path: Path) -> Mapping[str, object] | None:
    """The content of a file: an empty mapping if it is damaged, None if it does not exist."""
    try:
        if not path.is_file():  # a pipe would never end
            return None
        with path.open("rb") as file:
            held = json.loads(file.read(_MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return held if isinstance(held, dict) else {}


def _delete(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise explain_os_error(error, _("The stored sign-in could not be removed."), path) from None


def _make_private(folder: Path) -> None:
    """Creates a folder and its parents, accessible only to this user; existing ones are not changed."""
    if not folder.is_dir():
        _make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _write_time(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_NEEDED = ("refreshToken", "dpopKey", "clientId")


@dataclass(frozen=True, slots=True)
class LoginState:
    """A console sign-in on this computer.

    Attributes:
        expires_at: Expiry of the current keys, UTC; None without a sign-in.
        renews: Whether the keys are renewed without the user. AWS allows that for at most 12 hours; the start
            is not stored. Source: https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sign-in.html
    """

    expires_at: datetime | None = None
    renews: bool = False

    def is_usable(self, now: datetime) -> bool:
        """Whether it is worth trying; AWS may still require a new sign-in."""
        return self.expires_at is not None and (self.renews or now < self.expires_at)


def login_command(profile_name: str, region: str = "") -> str:
    """The command for signing in. The region is that of AWS's sign-in page."""
    where = f" --region {shlex.quote(region)}" if region else ""
    return f"aws login --profile {shlex.quote(profile_name)}{where}"
