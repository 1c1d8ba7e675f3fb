"""Running this checkout's Python as another user, wherever the checkout lies."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOBODY = 65534


@dataclass(frozen=True, slots=True)
class OtherUser:
    """A user who may read this checkout.

    Attributes:
        root: Where the checkout is for that user.
        command: Runs a program as that user, in `root`.
    """

    root: Path
    command: tuple[str, ...]

    def python(
        self, *arguments: str, environ: Mapping[str, str], umask: int = 0o022
    ) -> subprocess.CompletedProcess[str]:
        """Runs the tests' Python to its end."""
        python = self.root / Path(sys.executable).relative_to(ROOT)
        return subprocess.run(
            [*self.command, str(python), *arguments],
            env=environ,
            umask=umask,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@contextmanager
def other_user(uid: int = NOBODY) -> Iterator[OtherUser]:
    """Mounts the checkout a second time, as a home of mode 0700 may be above it.

    The mount is in a namespace of the program's own, and ends with it. Skips the test where this user cannot
    become another one.
    """
    tools = all(map(shutil.which, ("setpriv", "unshare", "mount")))
    if os.geteuid() != 0 or not tools or subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        pytest.skip("only root can become another user")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        mounted = Path(folder) / "checkout"
        mounted.mkdir()
        script = 'mount --bind "$0" "$1" && cd "$1" && shift && exec "$@"'
        become: Sequence[str] = ("setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups")
        yield OtherUser(mounted, ("unshare", "-m", "sh", "-c", script, str(ROOT), str(mounted), *become))
