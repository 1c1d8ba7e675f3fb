"""Runs a credential helper: no shell, no terminal, no ear for its stderr, and an end to its time.

Owns: the process. Must not know: what its answer means (process_provider.py), who allowed it.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

ANSWER_LIMIT_BYTES = 64 * 1024
_POLL_S, _REST_S = 0.02, 1.0
EDIT, RETRY = "profile.edit", "connection.retry"
LOOK = "Run the profile's credential_process in a terminal to see its output, then try again."


class HelperFailure:
    """Makes the errors of one profile's helper."""

    def __init__(self, profile_name: str) -> None:
        self._what = f"The credential process of the profile {profile_name} returned no credentials."

    def __call__(self, why: str, remedy: str, action: str) -> WorkbenchError:
        return WorkbenchError(self._what, why, remedy, action=action)


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
    """Runs a command without a shell, a terminal or an ear for its stderr, and returns what it printed.

    Args:
        profile_name: For the errors.
        command: As it stands in the file.
        ctx: Cancel ends the helper.
        timeout_s: How long it may take.
        program: The file to start for the command's first word; looked for on PATH when None.
        environ: What its environment has besides ours.
        reasons: What its exit statuses mean and what to do then, if that is known.

    Raises:
        WorkbenchError: It cannot be run, takes too long, fails or prints far too much.
        Cancelled: It has been ended.
    """
    failure = HelperFailure(profile_name)
    words = _split(failure, command)
    try:
        process = subprocess.Popen(
            words,
            executable=program,
            bufsize=0,
            env={**os.environ, **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # no terminal to ask on, and its children can be ended with it
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except FileNotFoundError:
        raise failure(f"“{words[0]}” was not found.", "Correct its path in the profile.", EDIT) from None
    except PermissionError:
        raise failure(
            f"You do not have permission to run “{words[0]}”.", "Change its permissions.", EDIT
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", "") or "it is not a command"
        raise failure(f"“{words[0]}” could not be started: {reason}.", "Correct the profile.", EDIT) from None
    assert process.stdout is not None
    answer = _Reader(process.stdout)
    try:
        status = _wait(process, answer, ctx, timeout_s)
    finally:
        if process.poll() is None:
            _end(process)
        answer.finish()
    if status is None:
        raise failure(f"It did not respond within {timeout_s:g} s and was stopped.", LOOK, RETRY)
    if len(answer.data) > ANSWER_LIMIT_BYTES:
        raise failure("Its output is too long to be credentials.", LOOK, RETRY)
    if status < 0:
        raise failure(f"It was stopped by signal {-status}.", LOOK, RETRY)
    if reasons and status in reasons:
        raise failure(*reasons[status], RETRY)
    if status > 0:
        raise failure(
            f"It exited with status {status}. Its output is not shown because it might contain secrets.",
            LOOK,
            RETRY,
        )
    return answer.data


class _Reader:
    """Reads what a process prints, on a thread of its own, up to a limit."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.data = b""
        self._stream = stream
        self._thread = threading.Thread(target=self._read, name="credential-helper", daemon=True)
        self._thread.start()

    @property
    def is_full(self) -> bool:
        return len(self.data) > ANSWER_LIMIT_BYTES

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


def words_of(command: str) -> list[str]:
    """The words of a command, as botocore splits it for this platform; none when its quotes do not match."""
    from botocore.compat import compat_shell_split

    try:
        words: list[str] = compat_shell_split(command)
    except ValueError:
        return []
    return words


def _split(failure: HelperFailure, command: str) -> list[str]:
    """The words of a command, as botocore splits it for this platform."""
    from botocore.compat import compat_shell_split

    try:
        words: list[str] = compat_shell_split(command)
    except ValueError:
        raise failure(
            "The quotation marks in its command do not match.", "Correct the profile.", EDIT
        ) from None
    if not words:
        raise failure("credential_process is empty.", "Correct the profile.", EDIT)
    return words
