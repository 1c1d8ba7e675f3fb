"""Helper programs that hand out keys (`credential_process`), run by ourselves.

Owns: that a command runs only after a person has trusted it, how long it may take, what its answer means, and
that nothing of what it prints reaches a screen or a log: it may be a secret. Must not know: botocore's chain
(see providers.py), the UI.
"""

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from workbench.aws.access import Access
from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import current_job
from workbench.core.redaction import redact
from workbench.core.settings import Settings
from workbench.profiles.credentials_helper import REASONS
from workbench.profiles.helper_command import entry_of
from workbench.profiles.helper_program import Fingerprints, HelperProgram, open_to_all
from workbench.profiles.helper_run import LOOK, RETRY, HelperFailure, run_helper, words_of

HELPER_TIMEOUT_S = 10.0
OWN_TIMEOUT_S = 30.0
"""Our own helper gives up by itself, and says why: 10 s on the keyring, 11 s on STS."""
_TRUSTED = "credential_process.trusted"
_TRUST = "profile.trust_process"


@dataclass(frozen=True, slots=True)
class HelperKeys:
    """What a helper answered. Never printed."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    account_id: str | None = None


class ProcessTrust:
    """Which commands the user has allowed to run, each with the program that it ran then.

    Kept by hash: a command that reads otherwise, and one whose program has changed since, are asked about.

    Args:
        settings: Where it is kept.
        own_command: The command of this program's own helper for a profile, which needs no question.
    """

    def __init__(self, settings: Settings, own_command: Callable[[str], str] = lambda _: "") -> None:
        self._settings = settings
        self._own_command = own_command
        self._mutex = threading.Lock()
        self._asked: dict[str, tuple[str, HelperProgram]] = {}
        self._fingerprints = Fingerprints()

    def program(self, command: str) -> HelperProgram:
        """What the command would run now. Raises WorkbenchError: see `Fingerprints.program`."""
        return self._fingerprints.program(words_of(command))

    def trusts(self, command: str, program: HelperProgram | None = None) -> bool:
        """Whether the command may run this program, by default the one that it would run now."""
        if self.is_ours(command):
            return True
        return _entry(command, program or self.program(command)) in self._trusted()

    def has_changed(self, command: str) -> bool:
        """Whether the command was allowed with another program than it would run now."""
        return any(entry.startswith(f"{_hash(command)}:") for entry in self._trusted())

    def trust(self, command: str, program: HelperProgram | None = None) -> WorkbenchError | None:
        """The user has read the command and allows it. Returns why that could not be stored, if so.

        Args:
            command: Word for word.
            program: That the user has seen; the one that it would run now when None.
        """
        program = program or self.program(command)
        with self._mutex:
            for name in [name for name, asked in self._asked.items() if asked == (command, program)]:
                del self._asked[name]
            if self.trusts(command, program):
                return None
            others = [entry for entry in self._trusted() if not entry.startswith(f"{_hash(command)}:")]
            return self._settings.set(_TRUSTED, [*others, _entry(command, program)])

    def asked(self, profile_name: str) -> str:
        """The command that this profile was kept from running last, word for word; empty for none."""
        with self._mutex:
            return self._asked[profile_name][0] if profile_name in self._asked else ""

    def asked_program(self, profile_name: str) -> HelperProgram | None:
        """The program of `asked`; None when nothing was asked."""
        with self._mutex:
            return self._asked[profile_name][1] if profile_name in self._asked else None

    def ask(self, profile_name: str, command: str, program: HelperProgram) -> None:
        """A profile wanted to run this: the user is to decide."""
        with self._mutex:
            self._asked[profile_name] = command, program

    def _trusted(self) -> list[str]:
        stored: list[Any] = self._settings.get(_TRUSTED, [])
        return [str(each) for each in stored]

    def is_ours(self, command: str) -> bool:
        """Whether this is, letter for letter, what this program writes for the key that it names."""
        entry = entry_of(command)
        return entry is not None and command == self._own_command(entry)


class ProcessCredentials:
    """Runs helpers for the profiles that name one. Safe from any thread.

    Args:
        trust: Which of them may run.
        clock: Says whether their keys have ended.
        timeout_s: How long one may take.
        own_environ: What the environment of our own helper has besides; no other program sees it.
    """

    def __init__(
        self,
        trust: ProcessTrust,
        clock: Clock,
        timeout_s: float = HELPER_TIMEOUT_S,
        own_environ: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._trust = trust
        self._clock = clock
        self._timeout_s = timeout_s
        self._own_environ = own_environ

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
        ours = self._trust.is_ours(command)
        program = self._checked(profile_name, command)
        answer = run_helper(
            profile_name,
            command,
            current_job(),
            OWN_TIMEOUT_S if ours else self._timeout_s,
            program=program,
            environ=self._own_environ() if ours else None,
            reasons=REASONS if ours else None,
        )
        keys = read_answer(profile_name, answer, self._clock.now())
        return {
            "access_key": keys.access_key_id,
            "secret_key": keys.secret_access_key,
            "token": keys.session_token,
            "expiry_time": keys.expires_at.isoformat() if keys.expires_at else None,
            "account_id": keys.account_id,
        }

    def _checked(self, profile_name: str, command: str) -> Path | None:
        """The program that a command runs, which the user has allowed; None for one that is not there."""
        program = self._trust.program(command)
        if (path := open_to_all(words_of(command))) is not None:
            raise WorkbenchError(
                f"The profile {profile_name} runs a program that any user can change.",
                f"All users of this computer can write to {path}.",
                f"Remove that permission (chmod o-w {path}), then try again.",
                action=RETRY,
            )
        if self._trust.trusts(command, program):
            return program.path
        self._trust.ask(profile_name, command, program)
        if self._trust.has_changed(command):
            raise WorkbenchError(
                f"The profile {profile_name} runs a different program from the one you allowed.",
                f"The command is the same, but {program.path or 'its program'} has changed: "
                f"{redact(command)}",
                "Allow it again if you know why it changed, such as after an update.",
                action=_TRUST,
            )
        raise WorkbenchError(
            f"The profile {profile_name} runs a program to get its credentials.",
            f"The program has not been allowed yet. Command: {redact(command)}",
            "Allow it if you trust the program.",
            action=_TRUST,
        )


def read_answer(profile_name: str, answer: bytes, now: datetime) -> HelperKeys:
    """What a helper printed, understood.

    Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html

    Raises:
        WorkbenchError: It is not what AWS's tools expect, or the keys have run out. Nothing of it is quoted.
    """
    failure = HelperFailure(profile_name)
    try:
        found = json.loads(answer)
    except ValueError:  # no JSON, or not UTF-8
        found = None
    if not isinstance(found, dict):
        raise failure("Its output is not the JSON that AWS tools expect.", LOOK, RETRY)
    version = found.get("Version")
    if version != 1 or isinstance(version, bool):
        words = f"version {version}" if type(version) is int else "no known version"
        raise failure(f"Its output has {words}; AWS tools require version 1.", LOOK, RETRY)
    for name in ("AccessKeyId", "SecretAccessKey"):
        if not isinstance(found.get(name), str) or not found[name]:
            raise failure(f"Its output does not contain {name}.", LOOK, RETRY)
    expires_at = _expiration(failure, found.get("Expiration"))
    if expires_at is not None and expires_at <= now:
        raise failure(
            "The credentials that it returned have already expired.",
            "Sign in again with the credential process.",
            RETRY,
        )
    token, account_id = found.get("SessionToken"), found.get("AccountId")
    return HelperKeys(
        found["AccessKeyId"],
        found["SecretAccessKey"],
        token if isinstance(token, str) and token else None,
        expires_at,
        str(account_id) if account_id else None,
    )


def _expiration(failure: HelperFailure, value: object) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        expires_at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        expires_at = None
    if expires_at is None or expires_at.tzinfo is None:
        raise failure("The Expiration in its output is not a valid time.", LOOK, RETRY)
    return expires_at


def _hash(command: str) -> str:
    return hashlib.sha256(command.encode()).hexdigest()


def _entry(command: str, program: HelperProgram) -> str:
    """How trust in a command and its program is kept. Before 2026-11 there was the command's hash alone."""
    return f"{_hash(command)}:{program.fingerprint}"
