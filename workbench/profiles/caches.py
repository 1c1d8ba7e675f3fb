"""The expiry of sign-ins, read from the caches of the AWS CLI and the SDKs, which are never written."""

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

_LARGEST_BYTES = 256 * 1024  # of a cached token, with room to spare: what is larger is something else
_SESSION_ARGUMENTS = (
    # option of a profile -> argument of AssumeRole
    ("role_arn", "RoleArn"),
    ("role_session_name", "RoleSessionName"),
    ("external_id", "ExternalId"),
    ("mfa_serial", "SerialNumber"),
)


class Caches:
    """The present caches: each folder is listed once, each file read once.

    What is damaged, of another sign-in, or not there, tells nothing; nothing here raises for it.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._sso = _Folder(Path(os.path.expanduser("~/.aws/sso/cache")))
        self._roles = _Folder(Path(os.path.expanduser("~/.aws/cli/cache")))
        login = environ.get("AWS_LOGIN_CACHE_DIRECTORY", "~/.aws/login/cache")
        self._login = _Folder(Path(os.path.expanduser(os.path.expandvars(login))))

    def sso_expiry(self, options: Mapping[str, str], start_url: str = "") -> datetime | None:
        """When the sign-in of a profile with SSO expires; None without a sign-in.

        Args:
            options: Of the profile.
            start_url: Of its sso-session, empty for a profile that has its own.

        Source: SSOTokenLoader in botocore/utils.py. It takes a token of another start URL; this does not.
        """
        start_url = start_url or options.get("sso_start_url", "")
        if self._sso.is_empty or not start_url:
            return None
        token = self._sso.read(_sha1(options.get("sso_session") or start_url))
        if not token.get("accessToken") or token.get("startUrl", start_url) != start_url:
            return None
        return moment(token.get("expiresAt"))

    def role_expiry(self, options: Mapping[str, str]) -> datetime | None:
        """When the AWS CLI's cached keys of a profile's role expire; None for none.

        Source: _create_cache_key of AssumeRoleCredentialFetcher and SSOCredentialFetcher in
        botocore/credentials.py; the CLI keeps those under ~/.aws/cli/cache.
        """
        if self._roles.is_empty:
            return None
        if "role_arn" in options:
            arguments: dict[str, str | int] = {
                argument: options[option] for option, argument in _SESSION_ARGUMENTS if option in options
            }
            if (duration := options.get("duration_seconds", "")).isdecimal():
                arguments["DurationSeconds"] = int(duration)
            key = json.dumps(arguments, sort_keys=True)
        else:
            if not {"sso_role_name", "sso_account_id"} <= options.keys():
                return None
            name, start_url = options.get("sso_session", ""), options.get("sso_start_url", "")
            where = {"sessionName": name} if name else {"startUrl": start_url}
            role = {"roleName": options["sso_role_name"], "accountId": options["sso_account_id"]}
            key = json.dumps(role | where, sort_keys=True, separators=(",", ":"))
        credentials = self._roles.read(_sha1(key)).get("Credentials")
        return moment(credentials.get("Expiration")) if isinstance(credentials, dict) else None

    def login_expiry(self, login_session: str) -> datetime | None:
        """When the keys of a console sign-in (`aws login`) expire; they are renewed until its end.

        Source: LoginTokenLoader in botocore/utils.py.
        """
        if self._login.is_empty:
            return None
        token = self._login.read(hashlib.sha256(login_session.encode()).hexdigest()).get("accessToken")
        return moment(token.get("expiresAt")) if isinstance(token, dict) else None


class _Folder:
    """A folder of JSON files."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: dict[str, dict[str, object]] = {}
        try:
            with os.scandir(path) as entries:
                self._names = {entry.name for entry in entries if entry.is_file()}
        except OSError:
            self._names = set()

    @property
    def is_empty(self) -> bool:
        return not self._names

    def read(self, key: str) -> dict[str, object]:
        """What a file holds; nothing when it is not an object."""
        name = key + ".json"
        if name not in self._names:
            return {}
        if name not in self._read:
            self._read[name] = _read_object(self._path / name)
        return self._read[name]


def _read_object(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
        found = json.loads(data) if len(data) <= _LARGEST_BYTES else None
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def moment(value: object) -> datetime | None:
    """A time as the tools write it ("2031-01-02T03:04:05Z", "…UTC", without a zone), in UTC; else None."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip().replace("UTC", "+00:00"))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
