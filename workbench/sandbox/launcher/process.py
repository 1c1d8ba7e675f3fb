"""The process of one worker: start, hand over a job, read its output, measure it, end it.

Runs on the event loop of `runtime_loop`.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from workbench.sandbox.launcher.fencing import refusal_of

_BLOCK_BYTES = 65536
_MAX_BLOCKS_AT_ONCE = 64
_LAST_END_S = 1.0


class WorkerProcess:
    """A started process in a session of its own, with one pipe for all its output.

    The write end of its standard input stays open here: the process kills its whole group when it closes,
    so that nothing outlives a launcher that was killed. A custom runtime does not; the kernel ends that.
    """

    def __init__(
        self, process: asyncio.subprocess.Process, jobs: int, output: int, status: int, *, has_root: bool
    ) -> None:
        self._process = process
        self._jobs = jobs
        self._output = output
        self._status = status
        self._peak_mb = 0
        self._has_root = has_root
        self._closed = asyncio.Event()
        self.on_output: Callable[[bytes], None] = lambda _: None
        self.exited = asyncio.ensure_future(process.wait())
        os.set_blocking(output, False)
        os.set_blocking(status, False)
        asyncio.get_running_loop().add_reader(output, self.drain)

    @classmethod
    async def start(
        cls,
        build: Callable[[int], tuple[Sequence[str], Mapping[str, str]]],
        directory: Path,
        *,
        has_root: bool = False,
        has_input: bool = True,
    ) -> "WorkerProcess":
        """Starts a command.

        Args:
            build: Returns the command and its environment, given the descriptor that says why a fence was
                refused.
            directory: Where it is started.
            has_root: Whether it gets a root of its own, and goes on in a grandchild (see `private_root`).
            has_input: Whether its standard input is a pipe to write to; it is empty otherwise.

        Raises:
            OSError: The interpreter or the folder is gone, or the system has no more processes.
        """
        job_source, jobs = os.pipe()
        output, output_target = os.pipe()
        status, status_target = os.pipe()
        try:
            command, environment = build(status_target)
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=job_source if has_input else asyncio.subprocess.DEVNULL,
                stdout=output_target,
                stderr=output_target,
                env=environment,
                cwd=directory,
                start_new_session=True,
                pass_fds=(status_target,),
                umask=-1 if sys.platform == "win32" else 0o022,  # a function's, as on AWS
            )
        except BaseException:
            os.close(jobs)
            os.close(output)
            os.close(status)
            raise
        finally:
            os.close(job_source)
            os.close(output_target)
            os.close(status_target)
        return cls(process, jobs, output, status, has_root=has_root)

    @property
    def pid(self) -> int:
        return self._process.pid

    def assign(self, job: Mapping[str, object]) -> None:
        """Tells the process what to become, as a line."""
        self.send(json.dumps(job).encode() + b"\n")

    def send(self, data: bytes) -> None:
        """Writes to its standard input what fits into a pipe's buffer, as all jobs do."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._jobs, data)

    def refusal(self) -> str:
        """Returns what `refusal_of` does, of a process that has ended."""
        return refusal_of(self._status)

    def drain(self) -> None:
        """Passes on what the process has written so far."""
        for _ in range(_MAX_BLOCKS_AT_ONCE):
            try:
                block = os.read(self._output, _BLOCK_BYTES)
            except BlockingIOError:
                return
            except OSError:
                block = b""
            if not block:
                asyncio.get_running_loop().remove_reader(self._output)
                self._closed.set()
                return
            self.on_output(block)

    def peak_mb(self) -> int:
        """Returns the largest resident set so far in MB, 0 where the system has no /proc."""
        self._peak_mb = max(self._peak_mb, self._memory_mb("VmHWM:"))
        return self._peak_mb

    def used_mb(self) -> int:
        """Returns the present resident set in MB, 0 where the system has no /proc."""
        used_mb = self._memory_mb("VmRSS:")
        self._peak_mb = max(self._peak_mb, used_mb)
        return used_mb

    def _memory_mb(self, name: str) -> int:
        with contextlib.suppress(OSError, ValueError, IndexError):
            status = Path(f"/proc/{self._measured()}/status").read_text(encoding="ascii", errors="replace")
            return round(int(status.split(name, 1)[1].split(None, 1)[0]) / 1024)
        return 0

    def _measured(self) -> int:
        """Returns the process that runs the function: below the two that wait for its end."""
        pid = self.pid
        for _ in range(2 if self._has_root else 0):
            pid = int(Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()[0])
        return pid

    def kill(self) -> None:
        """Ends the process and all that it started, at once. Safe from any thread."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    async def end(self) -> None:
        """Kills, waits, and closes what is open here."""
        self.kill()
        await self.exited
        if self._has_root and not self._closed.is_set():
            # The kernel still ends what is in there; the last of it closes the pipe.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), _LAST_END_S)
        self.drain()
        asyncio.get_running_loop().remove_reader(self._output)
        os.close(self._output)
        os.close(self._jobs)
        os.close(self._status)
