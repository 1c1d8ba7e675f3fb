"""The tokens of IAM Identity Center on disk, in the AWS CLI's files and format: one sign-in for all.

Source: SSOTokenLoader and JSONFileCache in botocore/utils.py, SSOTokenProvider in botocore/tokens.py.
"""

import contextlib
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from workbench.core.files import explain_os_error, write_atomic
from workbench.profiles.caches import moment
from workbench.profiles.sso.session import Registration, SsoSession, Token

_MAX_BYTES = 1_000_000  # a token's file has some 10 KB
_TOOL = "workbench"


class TokenCache:
    """The folder of tokens.

    Args:
        folder: ~/.aws/sso/cache when None; no setting moves it. Looked up at each use.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    @property
    def folder(self) -> Path:
        return self._folder or Path("~/.aws/sso/cache").expanduser()

    def path_of(self, session: SsoSession) -> Path:
        """Where the token of a session is, if there is one."""
        return self.folder / f"{_sha1(session.name or session.start_url)}.json"

    def load(self, session: SsoSession) -> Token | None:
        """The token of a session, expired or not.

        A file that no SDK can read is deleted: botocore fails on it with a bare KeyError until it is gone. A
        token for another portal under this session's name is not returned, although botocore would use it.
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
        """The portal that the token under the session's name is for, empty if unknown."""
        start_url = (_read(self.path_of(session)) or {}).get("startUrl")
        return start_url if isinstance(start_url, str) else ""

    def store(self, token: Token) -> None:
        """Saves a token; only this user can read it.

        Raises:
            WorkbenchError: The disk is full or the folder not writable.
        """
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

    def clear(self, session: SsoSession) -> None:
        """Signs out on this computer."""
        _delete(self.path_of(session))

    def load_registration(self, session: SsoSession, grant_types: tuple[str, ...]) -> Registration | None:
        """What this program was registered as for a session and a way to sign in, expired or not."""
        held = _read(self._registration_path(session, grant_types)) or {}
        expires_at = moment(held.get("expiresAt"))
        client_id, secret = held.get("clientId"), held.get("clientSecret")
        if not (expires_at and isinstance(client_id, str) and isinstance(secret, str)):
            return None
        return Registration(client_id, secret, expires_at, grant_types)

    def store_registration(self, session: SsoSession, registration: Registration) -> None:
        """Saves a registration, for the next sign-in.

        Raises:
            WorkbenchError: As `store`.
        """
        held = {
            "clientId": registration.client_id,
            "clientSecret": registration.client_secret,
            "expiresAt": _write_time(registration.expires_at),
        }
        self._write(self._registration_path(session, registration.grant_types), held)

    def clear_registration(self, session: SsoSession, grant_types: tuple[str, ...]) -> None:
        """Forgets a registration that is not accepted any more."""
        _delete(self._registration_path(session, grant_types))

    def _registration_path(self, session: SsoSession, grant_types: tuple[str, ...]) -> Path:
        # Under a name of our own: the page that asks for consent shows whose registration it is.
        parts = (_TOOL, session.start_url, session.region, session.scopes, session.name, grant_types)
        return self.folder / f"{_sha1(json.dumps(parts))}.json"

    def _write(self, path: Path, held: Mapping[str, str]) -> None:
        try:
            _make_private(path.parent)
        except OSError as error:
            raise explain_os_error(error, "The sign-in could not be saved.", path.parent) from None
        write_atomic(path, json.dumps(held).encode())


def same_portal(one: str, other: str) -> bool:
    """Whether two start URLs are one portal, however they end."""
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
    """What a file holds: an empty mapping if that is damaged, None if there is no file."""
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
        raise explain_os_error(error, "The stored sign-in could not be removed.", path) from None


def _make_private(folder: Path) -> None:
    """Makes a folder and those above it, open to this user only; what exists stays as it is."""
    if not folder.is_dir():
        _make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _write_time(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
