"""`workbench credentials NAME`: provides keys from the keyring to the AWS CLI and all SDKs.

Also its command line, as written into a profile and recognized there, and the temporary keys that it stores
on disk until they expire, so that not every command calls STS.

It starts for every command of the AWS CLI, so it loads little, and no botocore while temporary keys are
stored. It never prompts, since there may be nobody to answer; nor does the keyring, as far as that can be
controlled (KWallet and macOS prompt when they like). Only Workbench's own window allows it to. Standard error
gets one line, without secrets.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
"""

import contextlib
import hashlib
import json
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, TextIO

from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.files import Paths, make_private_folder, write_atomic
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.policy import Policy, Rule, read_policy
from workbench.profiles.model import account_of_key

if TYPE_CHECKING:
    from workbench.profiles.secret_store import StoredKeys

_PROGRAM, _VERB = "workbench", "credentials"
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
_PLAIN_IN_QUOTES = re.compile(r"[A-Za-z0-9_@%+=:,./ -]+")
_PLAIN_ON_WINDOWS = re.compile(r"[A-Za-z0-9_@+=:,./\\-]*[A-Za-z0-9_@+=:,./-]")


def helper_command(entry: str) -> str:
    """The credential process for a stored key: this program, by its absolute path.

    Args:
        entry: The name under which the key is stored: the profile's name when it was moved.
    """
    return f"{quoted(str(_program()))} {_VERB} {quoted(entry)}"


def entry_of(command: str, platform: str = sys.platform) -> str | None:
    """The name of the stored key that a command provides; None if the command is not ours.

    Commands of every Workbench installation are ours: it may have been moved, and the user may have written
    the command. A renamed or copied profile keeps its command, so the name need not be the profile's.
    """
    try:
        program, verb, entry = _split(command, platform)
    except ValueError:  # unbalanced quotes, or another number of words
        return None
    path = PureWindowsPath(program) if platform == "win32" else PurePosixPath(program)
    return entry if (path.name.removesuffix(".exe"), verb) == (_PROGRAM, _VERB) else None


def quoted(word: str, platform: str = sys.platform) -> str:
    """Quotes a word so that botocore and every shell read exactly this word.

    Python's SDKs split the line themselves; those of other languages pass it to a shell, which would expand a
    $ in double quotes. AWS's documentation requires double quotes around blanks.

    Source: compat_shell_split in botocore/compat.py; AWS SDKs and Tools Reference Guide, "Process credential
    provider"; on Windows the rules of CommandLineToArgvW.
    """
    if platform == "win32":
        if _PLAIN_ON_WINDOWS.fullmatch(word):
            return word
        inside = re.sub(r'(\\*)"', r'\1\1\\"', word)
        return '"' + re.sub(r"(\\+)$", r"\1\1", inside) + '"'
    if _PLAIN.fullmatch(word):
        return word
    return f'"{word}"' if _PLAIN_IN_QUOTES.fullmatch(word) else shlex.quote(word)


def _split(command: str, platform: str) -> list[str]:
    """Splits a command as botocore does, without loading botocore if Python's own function does the same."""
    if _VERB not in command:
        return []
    if platform != "win32":
        return shlex.split(command)
    from botocore.compat import compat_shell_split

    words: list[str] = compat_shell_split(command, platform)
    return words


def _program() -> Path:
    """The path of this program, independent of PATH."""
    suffix = ".exe" if sys.platform == "win32" else ""
    started = Path(sys.argv[0]).absolute()
    # Windows' launchers remove ".exe" from argv[0].
    ours: list[Path] = [started.with_suffix(suffix or started.suffix)] if started.stem == _PROGRAM else []
    sibling = Path(sys.executable).with_name(_PROGRAM + suffix)
    for file in [*ours, sibling]:
        if file.is_file():  # not the package's folder
            return file
    found = shutil.which(_PROGRAM)
    return Path(found).absolute() if found else sibling


_FILE_NAME = re.compile(r"[0-9a-f]{64}\.json")
LEAST = timedelta(minutes=16)
"""If the keys of a credential process expire within 15 minutes, it is called again at once.  Source:
_DEFAULT_ADVISORY_REFRESH_TIMEOUT in botocore/credentials.py."""


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
    """A request for temporary keys: equal requests share them."""

    access_key_id: str
    duration_s: int = 0
    endpoint_url: str = ""

    @property
    def file_name(self) -> str:
        parts = (self.access_key_id, str(self.duration_s), self.endpoint_url)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest() + ".json"


class SessionCache:
    """The files of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, wanted: SessionRequest, now: datetime) -> TemporaryKeys | None:
        """Keys that do not expire soon; None if there are none, or the file is damaged."""
        return self._read(self._folder / wanted.file_name, now)

    def put(self, wanted: SessionRequest, keys: TemporaryKeys) -> None:
        """Stores keys. Raises WorkbenchError."""
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
        """The keys that were stored for a profile, for whatever request.

        Asking the keyring takes longer than everything else that providing stored keys takes.
        """
        try:
            file_name = self._mark(name).read_text("ascii")
        except (OSError, ValueError):
            return None
        if not _FILE_NAME.fullmatch(file_name):
            return None
        return self._read(self._folder / file_name, now)

    def mark(self, name: str, wanted: SessionRequest) -> None:
        """Lets `of_profile` find keys, until `forget`. Raises as `put` does."""
        write_atomic(self._mark(name), wanted.file_name.encode())

    def forget(self, name: str) -> None:
        """Deletes what was stored for a profile, because its key was replaced or removed."""
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


SESSION_S = 12 * 3600
"""Lifetime of temporary keys. Source: GetSessionToken's default; the maximum is 36 hours."""
_DEFAULT_REGION = "us-east-1"


class Exit(IntEnum):
    """The exit status, for scripts."""

    OK = 0
    FAULT = 1
    USAGE = 2
    NO_KEYRING = 3
    LOCKED = 4
    MISSING = 5
    REFUSED = 6
    NOT_REACHED = 7
    FORBIDDEN = 8
    TERMINAL = 9


REASONS: Mapping[int, tuple[str, str]] = {
    Exit.NO_KEYRING: (
        _("This session has no keyring that could hold the credentials."),
        _("Start the desktop's keyring, then try again."),
    ),
    Exit.LOCKED: (_("The keyring or the passphrase file is locked."), _("Unlock it, then try again.")),
    Exit.MISSING: (
        _("The keyring does not contain the credentials of this profile."),
        _("Create a new access key in IAM, and add it to the profile."),
    ),
    Exit.REFUSED: (
        _("AWS did not issue temporary credentials for it."),
        _("Check in IAM whether the access key is still active."),
    ),
    Exit.FORBIDDEN: (
        _("Set by your organization: Workbench cannot hand out these credentials on this computer."),
        _("Ask the administrator of this computer."),
    ),
    Exit.NOT_REACHED: (_("AWS could not be reached."), _("Check the network, then try again.")),
}
"""The meaning of a status and what to do about it, for Workbench's own window."""

_STORE_EXITS = {
    "NoKeyring": Exit.NO_KEYRING,
    "KeyringLocked": Exit.LOCKED,
    "KeyringTimeout": Exit.LOCKED,
    "PassphraseNeeded": Exit.LOCKED,
    "WrongPassphrase": Exit.LOCKED,
    "KeyringDamaged": Exit.MISSING,
}


def main(arguments: Sequence[str], clock: Clock | None = None, policy: Policy | None = None) -> int:
    """Prints the keys of a profile as JSON; returns the exit status.

    Args:
        arguments: Only the name under which they are stored.
        policy: May forbid it; if None, that of this computer.
    """
    try:
        status, text = _answer(arguments, sys.stdout, clock or SystemClock(), policy or read_policy())
    except Exception as error:  # noqa: BLE001 - a traceback has many lines, and nobody knows what is in them
        status, text = Exit.FAULT, f": an internal error ({type(error).__name__})"
    if status is Exit.OK:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
        return status
    from workbench.core.redaction import redact

    line = " ".join(redact(text).split())  # AWS's text may have several lines, and contain the key's id
    sys.stderr.write(f"{line}\n")
    return status


def wanted_session(keys: "StoredKeys") -> SessionRequest:
    """The request under which the temporary keys of a key are stored."""
    return SessionRequest(keys.access_key_id, duration_s=SESSION_S, endpoint_url=keys.endpoint_url)


def _answer(arguments: Sequence[str], output: TextIO, clock: Clock, policy: Policy) -> tuple[Exit, str]:
    if len(arguments) != 1:
        return Exit.USAGE, "usage: workbench credentials PROFILE"
    if output.isatty():
        return (
            Exit.TERMINAL,
            ": credentials are not printed to a terminal; this command is for the AWS CLI and SDKs",
        )
    name = arguments[0]
    what = f": the credentials of {name} were not handed out."
    if refused := policy.refusal(Rule.STORED_KEYS, what):
        return Exit.FORBIDDEN, str(refused)
    cache = SessionCache(cache_dir(Paths.default()))
    try:
        keys = cache.of_profile(name, clock.now())
        return Exit.OK, _printed(keys) if keys else _from_store(name, cache, clock, policy)
    except _Failed as failure:
        return failure.status, f"workbench: {failure}"


class _Failed(Exception):
    """There are no keys, and why."""

    def __init__(self, status: Exit, text: str) -> None:
        super().__init__(text)
        self.status = status


def _from_store(name: str, cache: SessionCache, clock: Clock, policy: Policy) -> str:
    from workbench.profiles.secret_store import stores_of_helper

    what = f"the credentials of {name} were not handed out."

    problem: WorkbenchError | None = None
    for store in stores_of_helper(Paths.default()):
        try:
            keys = store.get(name, JobContext())
        except WorkbenchError as error:
            if problem is None or problem.aws_code == "NoKeyring":  # more than a missing keyring says
                problem = error
            continue
        if keys is None:
            continue
        if keys.mode == "raw":
            if refused := policy.refusal(Rule.RAW_KEYS, what):
                raise _Failed(Exit.FORBIDDEN, str(refused))
            return _json(keys.access_key_id, keys.secret_access_key)
        wanted = wanted_session(keys)
        temporary = cache.get(wanted, clock.now())
        if temporary is None:
            _check_endpoint(keys, policy, what)
            temporary = _new_session(name, keys)
        with contextlib.suppress(WorkbenchError):  # not stored: the next command calls STS again
            cache.sweep(clock.now())
            cache.put(wanted, temporary)
            cache.mark(name, wanted)
        return _printed(temporary)
    if problem is not None:
        raise _Failed(_STORE_EXITS.get(problem.aws_code, Exit.NO_KEYRING), f"{problem.what} {problem.why}")
    raise _Failed(Exit.MISSING, f"the keyring does not contain credentials of {name}")


def _check_endpoint(keys: "StoredKeys", policy: Policy, what: str) -> None:
    """Raises _Failed if the stored endpoint is no URL, or the policy allows only AWS's."""
    from workbench.aws.endpoints import AmbiguousUrlError, is_aws, origin_of_setting

    if not keys.endpoint_url:
        return
    try:
        server = origin_of_setting(keys.endpoint_url)
    except AmbiguousUrlError as error:
        raise _Failed(Exit.FORBIDDEN, f"{what} Its endpoint is not the URL of a server: {error}") from None
    refused = policy.refusal(Rule.OWN_ENDPOINTS, what)
    if refused and not is_aws(server, "sts", keys.region or _DEFAULT_REGION):
        raise _Failed(Exit.FORBIDDEN, str(refused))


def _new_session(name: str, keys: "StoredKeys") -> TemporaryKeys:
    from workbench.aws.client_config import Access, StaticKeys
    from workbench.aws.connection import Connection
    from workbench.aws.session import Session

    access = Access(
        None,
        keys.region or _DEFAULT_REGION,
        keys.endpoint_url,
        StaticKeys(keys.access_key_id, keys.secret_access_key),
    )
    connection = Connection(access, Session(access))
    try:
        answer = connection.call(
            "sts",
            "get_session_token",
            failure=_("Could not get credentials for {name}.").format(name=name),
            DurationSeconds=SESSION_S,
        )
    except WorkbenchError as error:
        status = Exit.REFUSED if error.request_id or _is_answer(error) else Exit.NOT_REACHED
        raise _Failed(status, str(error)) from None
    given = answer["Credentials"]
    return TemporaryKeys(
        given["AccessKeyId"],
        given["SecretAccessKey"],
        given["SessionToken"],
        given["Expiration"].astimezone(UTC),
        account_of_key(keys.access_key_id),
    )


def _is_answer(error: WorkbenchError) -> bool:
    """Whether the error is AWS's answer: other codes are names of exceptions."""
    return bool(error.aws_code) and not error.aws_code.endswith(("Error", "Timeout"))


def _printed(keys: TemporaryKeys) -> str:
    expires_at = keys.expires_at.isoformat(timespec="seconds")
    return _json(keys.access_key_id, keys.secret_access_key, keys.session_token, expires_at, keys.account_id)


def _json(key_id: str, secret: str, token: str = "", expires_at: str = "", account_id: str = "") -> str:
    values = {
        "AccessKeyId": key_id,
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Expiration": expires_at,
        "AccountId": account_id or account_of_key(key_id),
    }
    return json.dumps({"Version": 1} | {name: value for name, value in values.items() if value})
