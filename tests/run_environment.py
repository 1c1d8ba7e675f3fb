"""The environment that users have: `./dev run` makes it, without the packages of the tests."""

import fcntl
import os
import pwd
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
TIMEOUT_S = 240


def run_python() -> Path:
    """Has `./dev run` make .venv-run, or bring it up to date; returns its Python.

    It is made in this tree and kept: the next time takes no time. One process at a time makes it.
    """
    home = pwd.getpwuid(os.getuid()).pw_dir  # of uv's cache; a test has a home of its own
    with (ROOT / "dev").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            ["./dev", "run", "--version"],
            cwd=ROOT,
            env=os.environ | {"HOME": home, "QT_QPA_PLATFORM": "offscreen"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Workbench ")
    return ROOT / ".venv-run" / "bin" / "python"
