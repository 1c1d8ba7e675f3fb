"""Runs credential helpers (`credential_process`) that the user has allowed, without a shell or terminal."""

import contextlib
import functools
import hashlib
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from workbench.aws.client_config import Access
from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, current_job
from workbench.core.messages import _
from workbench.core.redaction import redact
from workbench.core.settings import Settings
from workbench.profiles.credentials_helper import REASONS, entry_of

_INTERPRETER = re.compile(
    r"(?:python|pypy|ruby|perl|node|deno|bun|php|lua|(?:ba|da|z|k|c|tc|fi)?sh|pwsh|powershell|java|uv|env)[w0-9.-]*"
    r"(?:\.exe)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class HelperProgram:
    """The program that a command currently runs.

    Attributes:
        path: The program's file, as it is started; None if it does not exist.
        fingerprint: Changes with the program, its location, and a script that it is told to run.
    """

    path: Path | None
    fingerprint: str


def find_program(command: str) -> HelperProgram:
    """The program that a command currently runs. Raises WorkbenchError."""
    words = split_command(command)
    found = shutil.which(words[0]) if words else None
    digest = hashlib.sha256()
    for file in _files(found, words[1:]):
        try:
            with file.open("rb") as reader:
                content = hashlib.file_digest(reader, "sha256").hexdigest()
        except OSError as error:
            raise WorkbenchError(
                _("The credential process was not run."),
                _(
                    "{file} cannot be read, so Workbench cannot verify that it is the program "
                    "you allowed: {strerror}."
                ).format(file=file, strerror=error.strerror or error),
                _("Change its permissions, then try again."),
            ) from None
        digest.update(f"{file}\0{content}\0".encode("utf-8", "surrogateescape"))
    return HelperProgram(Path(found).absolute() if found else None, digest.hexdigest())


def open_to_all(words: Sequence[str]) -> Path | None:
    """A file or folder of a command that every user of this computer may change; None if there is none.

    A parent folder may have the sticky bit, as /tmp has, which protects its entries.
    """
    if os.name == "nt":
        return None
    for file in _files(shutil.which(words[0]) if words else None, words[1:]):
        for number, path in enumerate((file, *file.parents)):
            mode = path.stat().st_mode
            if mode & stat.S_IWOTH and not (number > 1 and mode & stat.S_ISVTX):
                return path
    return None


def _files(program: str | None, arguments: Sequence[str]) -> Iterator[Path]:
    """The program's file, and the programs among its arguments; other files may change freely.

    Programs are executable files, and the first file after an interpreter: `python3 helper.py`.
    """
    if program is None:
        return
    yield Path(os.path.realpath(program))
    runs_next = _INTERPRETER.fullmatch(Path(program).name) is not None
    for word in arguments:
        path = word.partition("=")[2] if word.startswith("-") and "=" in word else word
        if path and "\0" not in path and os.path.isfile(path) and (runs_next or os.access(path, os.X_OK)):
            yield Path(os.path.realpath(path))
            runs_next = False


ANSWER_LIMIT_BYTES = 64 * 1024
_POLL_S, _REST_S = 0.02, 1.0
EDIT, RETRY = "profile.edit", "connection.retry"
LOOK = _("Run the profile's credential_process in a terminal to see its output, then try again.")


def _failure(profile_name: str, why: str, remedy: str, action: str) -> WorkbenchError:
    """The error of a profile's helper."""
    what = _("The credential process of the profile {profile_name} returned no credentials.").format(
        profile_name=profile_name
    )
    return WorkbenchError(what, why, remedy, action=action)


def run_helper(
    profile_name: str,
    command: str,
    ctx: JobContext,
    timeout_s: float,
    *,
    program: Path | None = None,
    environ: Mapping[str, str] | None = None,
    reasons: Mapping[int, tuple[str, str]] | None = None,
) -> bytes:
    """Runs a command without shell and terminal, ignoring its stderr, and returns its output.

    Args:
        program: The file to start for the command's first word; searched on PATH if None.
        reasons: The meaning of its exit statuses and what to do, if known.

    Raises:
        WorkbenchError: It cannot be run, takes too long, fails or prints far too much.
        Cancelled: It has been ended.
    """
    failure = functools.partial(_failure, profile_name)
    words = split_command(command)
    if not words:
        raise failure(
            _("The quotation marks in its command do not match.")
            if command.strip()
            else _("credential_process is empty."),
            _("Correct the profile."),
            EDIT,
        )
    try:
        process = subprocess.Popen(
            words,
            executable=program,
            bufsize=0,
            env={**os.environ, **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # no terminal to prompt on, and its children can be ended with it
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except FileNotFoundError:
        raise failure(
            _("“{words}” was not found.").format(words=words[0]), _("Correct its path in the profile."), EDIT
        ) from None
    except PermissionError:
        raise failure(
            _("You do not have permission to run “{words}”.").format(words=words[0]),
            _("Change its permissions."),
            EDIT,
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", "") or _("it is not a command")
        raise failure(
            _("“{words}” could not be started: {reason}.").format(words=words[0], reason=reason),
            _("Correct the profile."),
            EDIT,
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
        raise failure(
            _("It did not respond within {timeout_s:g} s and was stopped.").format(timeout_s=timeout_s),
            LOOK,
            RETRY,
        )
    if len(answer.data) > ANSWER_LIMIT_BYTES:
        raise failure(_("Its output is too long to be credentials."), LOOK, RETRY)
    if status < 0:
        raise failure(_("It was stopped by signal {signal}.").format(signal=-status), LOOK, RETRY)
    if reasons and status in reasons:
        raise failure(*reasons[status], RETRY)
    if status > 0:
        raise failure(
            _(
                "It exited with status {status}. Its output is not shown because it might contain secrets."
            ).format(status=status),
            LOOK,
            RETRY,
        )
    return answer.data


class _Reader:
    """Reads the output of a process in its own thread, up to a limit."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.data = b""
        self._stream = stream
        self._thread = threading.Thread(target=self._read, name="credential-helper", daemon=True)
        self._thread.start()

    @property
    def is_full(self) -> bool:
        return len(self.data) > ANSWER_LIMIT_BYTES

    def finish(self) -> None:
        """Waits for the rest, but not if a process that the helper left running holds the pipe open."""
        self._thread.join(_REST_S)

    def _read(self) -> None:
        with self._stream:
            while not self.is_full and (piece := self._stream.read(8192)):
                self.data += piece


def _wait(process: subprocess.Popen[bytes], answer: _Reader, ctx: JobContext, timeout_s: float) -> int | None:
    """The exit status; None after the timeout. Raises Cancelled."""
    waited_s = 0.0
    while (status := process.poll()) is None and not answer.is_full:
        if waited_s >= timeout_s:
            return None
        ctx.sleep(_POLL_S)
        waited_s += _POLL_S
    return status if status is not None else 0


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the helper and its children, since a surviving child would hold the pipe open."""
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def split_command(command: str) -> list[str]:
    """The words of a command, split as botocore does on this platform; empty if its quotes do not match."""
    from botocore.compat import compat_shell_split

    try:
        words: list[str] = compat_shell_split(command)
    except ValueError:
        return []
    return words


HELPER_TIMEOUT_S = 10.0
OWN_TIMEOUT_S = 30.0
"""Our own helper gives up by itself, and says why: 10 s for the keyring, 11 s for STS."""
_TRUSTED = "credential_process.trusted"
_TRUST = "profile.trust_process"


@dataclass(frozen=True, slots=True)
class HelperKeys:
    """The answer of a helper. Never printed."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    account_id: str | None = None


class ProcessTrust:
    """The commands that the user has allowed, each with the program that it ran then.

    Stored as a hash: a command that has changed, or whose program has changed, must be allowed again.

    Args:
        own_command: Returns the command of this program's own helper for a profile, which needs no
            permission.
    """

    def __init__(self, settings: Settings, own_command: Callable[[str], str] = lambda __: "") -> None:
        self._settings = settings
        self._own_command = own_command
        self._mutex = threading.Lock()
        self._asked: dict[str, tuple[str, HelperProgram]] = {}

    def trusts(self, command: str, program: HelperProgram | None = None) -> bool:
        """Whether the command may run this program, by default the current one."""
        if self.is_ours(command):
            return True
        return _entry(command, program or find_program(command)) in self._trusted()

    def has_changed(self, command: str) -> bool:
        """Whether the command was allowed with another program than the current one."""
        return any(entry.startswith(f"{_hash(command)}:") for entry in self._trusted())

    def trust(self, command: str, program: HelperProgram | None = None) -> WorkbenchError | None:
        """Allows the command, which the user has read. Returns the error if that could not be stored.

        Args:
            program: The program that the user has seen; the current one if None.
        """
        program = program or find_program(command)
        with self._mutex:
            for name in [name for name, asked in self._asked.items() if asked == (command, program)]:
                del self._asked[name]
            if self.trusts(command, program):
                return None
            others = [entry for entry in self._trusted() if not entry.startswith(f"{_hash(command)}:")]
            return self._settings.set(_TRUSTED, [*others, _entry(command, program)])

    def asked(self, profile_name: str) -> str:
        """The command that this profile was last kept from running, word for word; empty for none."""
        with self._mutex:
            return self._asked[profile_name][0] if profile_name in self._asked else ""

    def asked_program(self, profile_name: str) -> HelperProgram | None:
        """The program of `asked`; None if there is none."""
        with self._mutex:
            return self._asked[profile_name][1] if profile_name in self._asked else None

    def ask(self, profile_name: str, command: str, program: HelperProgram) -> None:
        """Notes that a profile wanted to run this, for the user to decide."""
        with self._mutex:
            self._asked[profile_name] = command, program

    def _trusted(self) -> list[str]:
        stored: list[Any] = self._settings.get(_TRUSTED, [])
        return [str(each) for each in stored]

    def is_ours(self, command: str) -> bool:
        """Whether this is exactly what this program writes for the key that it names."""
        entry = entry_of(command)
        return entry is not None and command == self._own_command(entry)


@dataclass(frozen=True, slots=True)
class ProcessCredentials:
    """Runs helpers for profiles. Thread-safe.

    Attributes:
        own_environ: Additional environment variables of our own helper; no other program gets them.
    """

    trust: ProcessTrust
    clock: Clock
    timeout_s: float = HELPER_TIMEOUT_S
    own_environ: Callable[[], Mapping[str, str]] = dict

    def prepare(self, session: Any, access: Access) -> None:
        """For `Sessions` or `MfaSessions`: makes the session run helpers from here."""
        from workbench.profiles.providers import install_process_provider

        install_process_provider(session, access, self)

    def keys(self, profile_name: str, command: str) -> dict[str, Any]:
        """The keys from a command, in botocore's format.

        Raises:
            WorkbenchError: The command is not trusted, or returned no keys.
            Cancelled: The job that waits for them was cancelled; the helper has been ended.
        """
        ours = self.trust.is_ours(command)
        program = self._checked(profile_name, command)
        answer = run_helper(
            profile_name,
            command,
            current_job(),
            OWN_TIMEOUT_S if ours else self.timeout_s,
            program=program,
            environ=self.own_environ() if ours else None,
            reasons=REASONS if ours else None,
        )
        keys = read_answer(profile_name, answer, self.clock.now())
        return {
            "access_key": keys.access_key_id,
            "secret_key": keys.secret_access_key,
            "token": keys.session_token,
            "expiry_time": keys.expires_at.isoformat() if keys.expires_at else None,
            "account_id": keys.account_id,
        }

    def _checked(self, profile_name: str, command: str) -> Path | None:
        """The allowed program of a command; None if it does not exist."""
        program = find_program(command)
        if (path := open_to_all(split_command(command))) is not None:
            raise WorkbenchError(
                _("The profile {profile_name} runs a program that any user can change.").format(
                    profile_name=profile_name
                ),
                _("All users of this computer can write to {path}.").format(path=path),
                _("Remove that permission (chmod o-w {path}), then try again.").format(path=path),
                action=RETRY,
            )
        if self.trust.trusts(command, program):
            return program.path
        self.trust.ask(profile_name, command, program)
        if self.trust.has_changed(command):
            raise WorkbenchError(
                _("The profile {profile_name} runs a different program from the one you allowed.").format(
                    profile_name=profile_name
                ),
                _("The command is the same, but {path} has changed: {command}").format(
                    path=program.path or _("its program"), command=redact(command)
                ),
                _("Allow it again if you know why it changed, such as after an update."),
                action=_TRUST,
            )
        raise WorkbenchError(
            _("The profile {profile_name} runs a program to get its credentials.").format(
                profile_name=profile_name
            ),
            _("The program has not been allowed yet. Command: {command}").format(command=redact(command)),
            _("Allow it if you trust the program."),
            action=_TRUST,
        )


def read_answer(profile_name: str, answer: bytes, now: datetime) -> HelperKeys:
    """Parses a helper's output.

    Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html

    Raises:
        WorkbenchError: It is not in the format of AWS's tools, or the keys have expired. Nothing of it is
            quoted.
    """
    failure = functools.partial(_failure, profile_name)
    try:
        found = json.loads(answer)
    except ValueError:  # not JSON, or not UTF-8
        found = None
    if not isinstance(found, dict):
        raise failure(_("Its output is not the JSON that AWS tools expect."), LOOK, RETRY)
    version = found.get("Version")
    if version != 1 or isinstance(version, bool):
        words = (
            _("version {version}").format(version=version) if type(version) is int else _("no known version")
        )
        raise failure(
            _("Its output has {words}; AWS tools require version 1.").format(words=words), LOOK, RETRY
        )
    for name in ("AccessKeyId", "SecretAccessKey"):
        if not isinstance(found.get(name), str) or not found[name]:
            raise failure(_("Its output does not contain {name}.").format(name=name), LOOK, RETRY)
    expires_at = None
    if found.get("Expiration") not in (None, ""):
        with contextlib.suppress(TypeError, ValueError):
            expires_at = datetime.fromisoformat(found["Expiration"])
        if expires_at is None or expires_at.tzinfo is None:
            raise failure(_("The Expiration in its output is not a valid time."), LOOK, RETRY)
    if expires_at is not None and expires_at <= now:
        raise failure(
            _("The credentials that it returned have already expired."),
            _("Sign in again with the credential process."),
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


def _hash(command: str) -> str:
    return hashlib.sha256(command.encode()).hexdigest()


def _entry(command: str, program: HelperProgram) -> str:
    """The stored form of trust in a command and its program; before 2026-11 only the command's hash."""
    return f"{_hash(command)}:{program.fingerprint}"
