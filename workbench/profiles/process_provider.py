"""Helper programs that hand out keys (`credential_process`), run by ourselves.

Owns: that a command runs only after a person has trusted it, how long it may take, what its answer means, and
that nothing of what it prints reaches a screen or a log: it may be a secret. Must not know: botocore's chain
(see providers.py), the UI.
"""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

from workbench.aws.access import Access
from workbench.aws.job import current_job
from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.redaction import redact
from workbench.core.settings import Settings

HELPER_TIMEOUT_S = 10.0
_ANSWER_LIMIT_BYTES = 64 * 1024
_TRUSTED = "credential_process.trusted"
_POLL_S, _REST_S = 0.02, 1.0
_EDIT, _RETRY, _TRUST = "profile.edit", "connection.retry", "profile.trust_process"
_LOOK = "Run the profile's credential_process in a terminal to see what it says, then try again."


@dataclass(frozen=True, slots=True)
class HelperKeys:
    """What a helper answered. Never printed."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    account_id: str | None = None


class ProcessTrust:
    """Which commands a person has allowed to run; kept by hash, so that a changed command is asked about.

    Args:
        settings: Where it is kept.
        is_ours: Whether a command is this program's own helper, which needs no question.
    """

    def __init__(self, settings: Settings, is_ours: Callable[[str], bool] = lambda _: False) -> None:
        self._settings = settings
        self._is_ours = is_ours
        self._mutex = threading.Lock()
        self._asked: dict[str, str] = {}

    def trusts(self, command: str) -> bool:
        """Whether the command may run."""
        trusted: list[Any] = self._settings.get(_TRUSTED, [])
        return self._is_ours(command) or _hash(command) in trusted

    def trust(self, command: str) -> WorkbenchError | None:
        """The person has read the command and allows it. Returns why that could not be stored, if so."""
        with self._mutex:
            for name in [name for name, asked in self._asked.items() if asked == command]:
                del self._asked[name]
            if self.trusts(command):
                return None
            trusted: list[Any] = self._settings.get(_TRUSTED, [])
            return self._settings.set(_TRUSTED, [*trusted, _hash(command)])

    def asked(self, profile_name: str) -> str:
        """The command that this profile was kept from running last, word for word; empty for none."""
        with self._mutex:
            return self._asked.get(profile_name, "")

    def ask(self, profile_name: str, command: str) -> None:
        """A profile wanted to run this: the person is to decide."""
        with self._mutex:
            self._asked[profile_name] = command


class ProcessCredentials:
    """Runs helpers for the profiles that name one. Safe from any thread."""

    def __init__(self, trust: ProcessTrust, clock: Clock, timeout_s: float = HELPER_TIMEOUT_S) -> None:
        self._trust = trust
        self._clock = clock
        self._timeout_s = timeout_s

    def prepare(self, session: Any, access: Access) -> None:
        """For `Sessions` or `MfaSessions`: the session's helpers are run from here."""
        from workbench.profiles.providers import install_process_provider

        install_process_provider(session, access, self)

    def keys(self, profile_name: str, command: str) -> dict[str, Any]:
        """The keys that a command gives, as botocore takes them.

        Raises:
            WorkbenchError: The command is not trusted, or gave none.
            Cancelled: The job that waits for them was cancelled; the helper has been ended.
        """
        if not self._trust.trusts(command):
            self._trust.ask(profile_name, command)
            raise WorkbenchError(
                f"The profile {profile_name} runs a program to get its keys.",
                f"Nobody has allowed it yet. It would run: {redact(command)}",
                "Allow it if you know the program.",
                action=_TRUST,
            )
        answer = run_helper(profile_name, command, current_job(), self._timeout_s)
        keys = read_answer(profile_name, answer, self._clock.now())
        return {
            "access_key": keys.access_key_id,
            "secret_key": keys.secret_access_key,
            "token": keys.session_token,
            "expiry_time": keys.expires_at.isoformat() if keys.expires_at else None,
            "account_id": keys.account_id,
        }


def run_helper(profile_name: str, command: str, ctx: JobContext, timeout_s: float) -> bytes:
    """Runs a command without a shell, a terminal or an ear for its stderr, and returns what it printed.

    Raises:
        WorkbenchError: It cannot be run, takes too long, fails or prints far too much.
        Cancelled: It has been ended.
    """
    failure = _Failure(profile_name)
    words = _split(failure, command)
    try:
        process = subprocess.Popen(
            words,
            bufsize=0,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # no terminal to ask on, and its children can be ended with it
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except FileNotFoundError:
        raise failure(f"“{words[0]}” was not found.", "Correct its path in the profile.", _EDIT) from None
    except PermissionError:
        raise failure(
            f"“{words[0]}” may not be run by this user.", "Change its permissions.", _EDIT
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", "") or "it is not a command"
        raise failure(
            f"“{words[0]}” could not be started: {reason}.", "Correct the profile.", _EDIT
        ) from None
    assert process.stdout is not None
    answer = _Reader(process.stdout)
    try:
        status = _wait(process, answer, ctx, timeout_s)
    finally:
        if process.poll() is None:
            _end(process)
        answer.finish()
    if status is None:
        raise failure(f"It did not answer within {timeout_s:g} s and was ended.", _LOOK, _RETRY)
    if len(answer.data) > _ANSWER_LIMIT_BYTES:
        raise failure("It printed more than any answer with keys is long.", _LOOK, _RETRY)
    if status < 0:
        raise failure(f"It was ended by signal {-status}.", _LOOK, _RETRY)
    if status > 0:
        raise failure(f"It ended with status {status}. What it printed may be secret.", _LOOK, _RETRY)
    return answer.data


def read_answer(profile_name: str, answer: bytes, now: datetime) -> HelperKeys:
    """What a helper printed, understood.

    Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html

    Raises:
        WorkbenchError: It is not what AWS's tools expect, or the keys have run out. Nothing of it is quoted.
    """
    failure = _Failure(profile_name)
    try:
        found = json.loads(answer)
    except ValueError:  # no JSON, or not UTF-8
        found = None
    if not isinstance(found, dict):
        raise failure("What it printed is not the JSON that AWS's tools expect.", _LOOK, _RETRY)
    version = found.get("Version")
    if version != 1 or isinstance(version, bool):
        words = f"version {version}" if type(version) is int else "no version that is known"
        raise failure(f"Its answer has {words}; AWS's tools read version 1.", _LOOK, _RETRY)
    for name in ("AccessKeyId", "SecretAccessKey"):
        if not isinstance(found.get(name), str) or not found[name]:
            raise failure(f"Its answer lacks {name}.", _LOOK, _RETRY)
    expires_at = _expiration(failure, found.get("Expiration"))
    if expires_at is not None and expires_at <= now:
        raise failure("The keys that it gave had run out already.", "Sign in to the helper again.", _RETRY)
    token, account_id = found.get("SessionToken"), found.get("AccountId")
    return HelperKeys(
        found["AccessKeyId"],
        found["SecretAccessKey"],
        token if isinstance(token, str) and token else None,
        expires_at,
        str(account_id) if account_id else None,
    )


class _Failure:
    """Makes the errors of one profile's helper."""

    def __init__(self, profile_name: str) -> None:
        self._what = f"The helper program of the profile {profile_name} gave no keys."

    def __call__(self, why: str, remedy: str, action: str) -> WorkbenchError:
        return WorkbenchError(self._what, why, remedy, action=action)


class _Reader:
    """Reads what a process prints, on a thread of its own, up to a limit."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.data = b""
        self._stream = stream
        self._thread = threading.Thread(target=self._read, name="credential-helper", daemon=True)
        self._thread.start()

    @property
    def is_full(self) -> bool:
        return len(self.data) > _ANSWER_LIMIT_BYTES

    def finish(self) -> None:
        """Waits for the rest. What a helper leaves running may hold the pipe open: that is not waited for."""
        self._thread.join(_REST_S)

    def _read(self) -> None:
        with self._stream:
            while not self.is_full and (piece := self._stream.read(8192)):
                self.data += piece


def _wait(process: subprocess.Popen[bytes], answer: _Reader, ctx: JobContext, timeout_s: float) -> int | None:
    """The exit status; None when time is up. Raises Cancelled."""
    waited_s = 0.0
    while (status := process.poll()) is None and not answer.is_full:
        if waited_s >= timeout_s:
            return None
        ctx.sleep(_POLL_S)
        waited_s += _POLL_S
    return status if status is not None else 0


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the helper and what it started: a child that lives on would hold the pipe open."""
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _split(failure: _Failure, command: str) -> list[str]:
    """The words of a command, as botocore splits it for this platform."""
    from botocore.compat import compat_shell_split

    try:
        words: list[str] = compat_shell_split(command)
    except ValueError:
        raise failure("The quotes of its command do not match.", "Correct the profile.", _EDIT) from None
    if not words:
        raise failure("credential_process is empty.", "Correct the profile.", _EDIT)
    return words


def _expiration(failure: _Failure, value: object) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        expires_at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        expires_at = None
    if expires_at is None or expires_at.tzinfo is None:
        raise failure("Its answer has an Expiration that is no time.", _LOOK, _RETRY)
    return expires_at


def _hash(command: str) -> str:
    return hashlib.sha256(command.encode()).hexdigest()
