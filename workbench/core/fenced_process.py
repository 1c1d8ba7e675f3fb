"""Starts programs that only read files inside the kernel's limits."""

import logging
import subprocess
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from workbench_sandbox.fence import confinement

_log = logging.getLogger(__name__)


def start_reader(
    start: Callable[[], "subprocess.Popen[bytes]"], readable: Iterable[Path], writable: Path
) -> "subprocess.Popen[bytes]":
    """Starts a program without network that can reach these paths and what every program needs.

    The limits are those of a thread that only starts the program: it is born into them. A small program that
    would enter them first costs the start of another Python. Without Landlock, or where the kernel refuses a
    part, the program starts without limits.

    Args:
        start: Starts it. Runs on another thread, inside the limits. What it raises is raised here.
        writable: The only folder in which it can write.
    """
    if not confinement.abi():
        return start()
    started: list[subprocess.Popen[bytes]] = []
    refused: list[OSError] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            limits.enter()
        except OSError as error:
            refused.append(error)
            return
        try:
            started.append(start())
        except BaseException as error:  # noqa: BLE001 - raised by the caller's thread
            failed.append(error)

    try:
        limits = confinement.Limits(has_network=False)
    except OSError as error:
        refused.append(error)
    else:
        try:
            limits.allow_reading(map(str, readable))
            limits.allow_writing((str(writable),))
            thread = threading.Thread(target=run, name="fenced-start")
            thread.start()
            thread.join()
        except OSError as error:
            refused.append(error)
        finally:
            limits.close()
    if refused:
        _log.warning("a program starts without isolation: %s", refused[0])
        return start()
    if failed:
        raise failed[0]
    return started[0]
