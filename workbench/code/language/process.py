"""One run of a language server: its process, and the threads that read and write it.

Owns: starting, talking, ending. Must not know: what is said, nor what comes after an end.
"""

import contextlib
import os
import queue
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from workbench.code.language.framing import BrokenStream, Message, frame, read_message

_ENDS_WITHIN_S = 1.0
# Windows would open a window for it, and takes its priority here; elsewhere see below.
_FLAGS: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_FLAGS |= getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)
_NICER_BY = 5
"""A server reads a long file anew after each key, on all processors; the frame for that key goes first."""
_FOREIGN = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME")
"""Variables that would put the packages of another environment on the server's path."""
_FRUGAL = {
    "_RJEM_MALLOC_CONF": "narenas:2,dirty_decay_ms:0,muzzy_decay_ms:0",
    "TY_MAX_PARALLELISM": "2",
}
"""The servers hold half as much: 40 MB of ty's with a small function (measured). What they have freed goes
back to the system at once (jemalloc, which they bring on Linux), and ty, which looks at open files only, does
two things at a time. Somebody's own values stay."""


class ServerProcess:
    """A server that runs until it ends by itself or `stop` is called.

    Nothing here waits: the process is started by the thread that reads it, messages are written by another.

    Args:
        command: What to run; called on the reading thread, so it may prepare files first.
        folder: Where it runs.
        on_message: Gets every message, on the reading thread.
        on_end: Told once, on the reading thread, with why, unless `stop` came first.
    """

    def __init__(
        self,
        name: str,
        command: Callable[[], Sequence[str]],
        folder: Path,
        on_message: Callable[[Message], None],
        on_end: Callable[[str], None],
    ) -> None:
        self._name = name
        self._command = command
        self._folder = folder
        self._on_message = on_message
        self._on_end = on_end
        self._outbox: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._reader = threading.Thread(target=self._run, name=f"{name}-read", daemon=True)

    def start(self) -> None:
        """Starts it; what is sent from here on reaches it."""
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process's id; 0 before it was started."""
        process = self._process
        return process.pid if process is not None else 0

    def send(self, message: Message) -> None:
        """Sends a message, soon. Lost when the server has ended."""
        self._outbox.put(message)

    def stop(self) -> None:
        """Tells it to end, at once. Nothing is heard of it any more."""
        with self._lock:
            self._stopped = True
            process = self._process
        if process is not None:
            with contextlib.suppress(OSError):
                process.terminate()

    def join(self) -> None:
        """Waits until a stopped one has ended; kills it when that takes longer than a second."""
        if self._reader.ident is None or self._reader is threading.current_thread():
            return
        self._reader.join(_ENDS_WITHIN_S)
        process = self._process
        if self._reader.is_alive() and process is not None:
            with contextlib.suppress(OSError):
                process.kill()
            self._reader.join()

    def _run(self) -> None:
        reason = ""
        try:
            process = self._launch()
            if process is None:
                return
            writer = threading.Thread(
                target=self._write, args=(process,), name=f"{self._name}-write", daemon=True
            )
            writer.start()
            try:
                reason = self._read(process)
            finally:
                self._bury(process, writer)
            reason = reason or f"it ended with {process.returncode}"
        except OSError as error:
            reason = f"it could not be started: {error.strerror or error}"
        with self._lock:
            stopped = self._stopped
        if not stopped:
            self._on_end(reason)

    def _launch(self) -> "subprocess.Popen[bytes] | None":
        command = self._command()
        with self._lock:
            if self._stopped:
                return None
            self._process = subprocess.Popen(
                command,
                cwd=self._folder,
                env=_FRUGAL | {name: value for name, value in os.environ.items() if name not in _FOREIGN},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=_FLAGS,
            )
            _step_back(self._process.pid)
            return self._process

    def _read(self, process: "subprocess.Popen[bytes]") -> str:
        """Reads until the end; says why when that is not the server's own."""
        assert process.stdout is not None
        try:
            while (message := read_message(process.stdout)) is not None:
                self._on_message(message)
        except BrokenStream as error:
            process.kill()
            return f"its message could not be understood: {error}"
        return ""

    def _write(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended; the reading thread tells
            while (message := self._outbox.get()) is not None:
                process.stdin.write(frame(message))
                if self._outbox.empty():
                    process.stdin.flush()

    def _bury(self, process: "subprocess.Popen[bytes]", writer: threading.Thread) -> None:
        """Leaves nothing of it: neither the process nor its pipes nor who writes to it."""
        try:
            process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._outbox.put(None)
        writer.join()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()


def _step_back(pid: int) -> None:
    """Gives a process that was just started a lower priority than this one has."""
    if not hasattr(os, "setpriority"):
        return
    nice = os.getpriority(os.PRIO_PROCESS, 0) + _NICER_BY
    with contextlib.suppress(OSError):  # it has ended already; whoever reads it is told
        os.setpriority(os.PRIO_PROCESS, pid, nice)
        # On Linux each thread has its own: those that it made before this one was heard.
        tasks = Path(f"/proc/{pid}/task")
        for thread in tasks.iterdir() if tasks.is_dir() else ():
            os.setpriority(os.PRIO_PROCESS, int(thread.name), nice)
