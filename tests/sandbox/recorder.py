"""What a Sandbox with a stand-in for its server tells and leaves behind."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.sandbox.supervisor import Sandbox, SandboxState, SandboxStatus

STAND_IN = Path(__file__).with_name("stand_in.py")
Make = Callable[..., Sandbox]
"""Makes a Sandbox whose stand-in behaves as told: `make("crash", data_dir=..., recorder=...)`."""


class Recorder:
    """Collects what a Sandbox tells, and waits for a state without polling."""

    def __init__(self) -> None:
        self.statuses: list[SandboxStatus] = []
        self.notices: list[WorkbenchError] = []
        self._changed = threading.Condition()

    def take(self, status: SandboxStatus) -> None:
        with self._changed:
            self.statuses.append(status)
            self._changed.notify_all()

    @property
    def states(self) -> list[SandboxState]:
        return [status.state for status in self.statuses]

    def wait_for(self, state: SandboxState, times: int = 1) -> SandboxStatus:
        with self._changed:
            assert self._changed.wait_for(lambda: self.states.count(state) >= times, 20), self.states
            return [status for status in self.statuses if status.state is state][times - 1]


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def recorded_pid(sandbox: Sandbox, name: str) -> int:
    return int((sandbox.data_dir / "state" / name).read_text())


def starts(sandbox: Sandbox) -> list[tuple[int, int]]:
    """(pid, port) of each start of the server."""
    lines = (sandbox.data_dir / "state" / "starts").read_text().splitlines()
    return [(int(pid), int(port)) for pid, port in map(str.split, lines)]


def ends(pid: int) -> bool:
    """Whether a process that is not our child ends within five seconds."""
    pause = threading.Event()
    return any(not exists(pid) or _is_zombie(pid) or pause.wait(0.02) for _ in range(250))


def _is_zombie(pid: int) -> bool:
    """Orphans become zombies until init collects them, which not every container's init does."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False
