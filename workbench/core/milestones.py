"""When the start reached what a person waits for, written to a file for the bench and for support."""

import json
import os
import time
from pathlib import Path


class Milestones:
    """Notes each milestone once, in milliseconds since the process was started.

    Args:
        path: Gets one JSON line a milestone; None notes nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._reached: set[str] = set()

    def reach(self, name: str) -> None:
        """Notes a milestone; later ones of the same name are ignored."""
        if self._path is None or name in self._reached:
            return
        self._reached.add(name)
        line = {"milestone": name, "ms": round(_since_start_s() * 1000, 1)}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _since_start_s() -> float:
    """Seconds since the kernel started this process: imports before our first line count too."""
    try:
        fields = Path("/proc/self/stat").read_text("ascii").rpartition(")")[2].split()
        started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return time.clock_gettime(time.CLOCK_BOOTTIME) - started
    except (OSError, AttributeError, ValueError):
        return time.process_time()
