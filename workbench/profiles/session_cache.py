"""Temporary keys on disk until they expire, so that not every command of the AWS CLI calls STS."""

import contextlib
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from workbench.core.files import make_private_folder, write_atomic
from workbench.core.paths import Paths

_FILE_NAME = re.compile(r"[0-9a-f]{64}\.json")
LEAST = timedelta(minutes=16)
"""An answer of a credential process that ends within 15 minutes is asked for again at once.

Source: _DEFAULT_ADVISORY_REFRESH_TIMEOUT in botocore/credentials.py.
"""


def cache_dir(paths: Paths) -> Path:
    """The folder of temporary keys."""
    return paths.cache_dir / "sessions"


@dataclass(frozen=True, slots=True)
class TemporaryKeys:
    """Temporary keys; they expire at `expires_at` (UTC)."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    expires_at: datetime
    account_id: str = ""


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """What temporary keys are requested for: equal requests share them."""

    access_key_id: str
    role_arn: str = ""
    external_id: str = ""
    mfa_serial: str = ""
    duration_s: int = 0
    session_name: str = ""
    endpoint_url: str = ""

    @property
    def file_name(self) -> str:
        parts = (
            self.access_key_id,
            self.role_arn,
            self.external_id,
            self.mfa_serial,
            str(self.duration_s),
            self.session_name,
            self.endpoint_url,
        )
        return hashlib.sha256("\0".join(parts).encode()).hexdigest() + ".json"


class SessionCache:
    """The files of one folder.

    Args:
        folder: Created with the first keys.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, wanted: SessionRequest, now: datetime) -> TemporaryKeys | None:
        """Keys that do not expire soon; None if there are none, or the file is damaged."""
        return self._read(self._folder / wanted.file_name, now)

    def put(self, wanted: SessionRequest, keys: TemporaryKeys) -> None:
        """Stores keys.

        Raises:
            WorkbenchError: The disk is full or the folder not writable.
        """
        values = {
            "AccessKeyId": keys.access_key_id,
            "SecretAccessKey": keys.secret_access_key,
            "SessionToken": keys.session_token,
            "Expiration": keys.expires_at.isoformat(),
            "AccountId": keys.account_id,
        }
        make_private_folder(self._folder)
        write_atomic(self._folder / wanted.file_name, json.dumps(values).encode())

    def sweep(self, now: datetime) -> None:
        """Deletes expired and damaged files."""
        with contextlib.suppress(OSError):
            for path in self._folder.glob("*.json"):
                keys = _parsed(path)
                if _FILE_NAME.fullmatch(path.name) and (keys is None or keys.expires_at <= now):
                    path.unlink(missing_ok=True)

    def of_profile(self, name: str, now: datetime) -> TemporaryKeys | None:
        """The keys that were stored for a profile, whatever they were requested for.

        The keyring takes longer to ask than all else that handing out stored keys takes.
        """
        try:
            file_name = self._mark(name).read_text("ascii")
        except (OSError, ValueError):
            return None
        if not _FILE_NAME.fullmatch(file_name):
            return None
        return self._read(self._folder / file_name, now)

    def mark(self, name: str, wanted: SessionRequest) -> None:
        """Lets `of_profile` find keys, until `forget`.

        Raises:
            WorkbenchError: As `put`.
        """
        write_atomic(self._mark(name), wanted.file_name.encode())

    def forget(self, name: str) -> None:
        """Deletes what was stored for a profile: its key was replaced or removed."""
        mark = self._mark(name)
        with contextlib.suppress(OSError, ValueError):
            if _FILE_NAME.fullmatch(file_name := mark.read_text("ascii")):
                (self._folder / file_name).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            mark.unlink()

    def _mark(self, name: str) -> Path:
        return self._folder / f"profile-{hashlib.sha256(name.encode()).hexdigest()}"

    def _read(self, path: Path, now: datetime) -> TemporaryKeys | None:
        keys = _parsed(path)
        return keys if keys is not None and keys.expires_at - now >= LEAST else None


def _parsed(path: Path) -> TemporaryKeys | None:
    """The keys in a file; None if it is missing or damaged."""
    try:
        values: Mapping[str, str] = json.loads(path.read_bytes())
        return TemporaryKeys(
            values["AccessKeyId"],
            values["SecretAccessKey"],
            values["SessionToken"],
            datetime.fromisoformat(values["Expiration"]).astimezone(UTC),
            values.get("AccountId", ""),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
