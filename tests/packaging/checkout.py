"""A checkout of its own for `./dev`, with stand-ins for uv, apt, dpkg and ldd that record their calls."""

import contextlib
import os
import pty
import re
import select
import shutil
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = (ROOT / "dev").read_text("utf-8")
RUN_PACKAGES, SCREEN_PACKAGES, TEST_PACKAGES = (
    found.split()
    for found in re.findall(r"^(?:run|screen|test)_packages='(.*?)'", SCRIPT, re.MULTILINE | re.DOTALL)
)
LOCK = "uv==9.9.9 \\\n    --hash=sha256:00\n    # via workbench\n"
"""Of uv's version in the lock, and no other package."""
OTHER_LOCKS = (
    "packaging/requirements-test.lock",
    "packaging/requirements-build.lock",
    "sandbox/workbench_sandbox/server/requirements.lock",
)
TOOLS = [
    "basename", "cat", "cksum", "cp", "cut", "date", "du", "env", "find", "id", "mkdir", "mkfifo", "mktemp",
    "mv", "od", "rm", "sed", "setsid", "sleep", "sort", "tail", "touch", "tr",
]  # fmt: skip
"""What a bare Debian has, of what `./dev` calls."""

TYPED = "typed\n"
PYTHON = '#!/bin/sh\necho "${0#./} $*" >>calls\n'
UV = """#!/bin/sh
echo "uv $*" >>calls
case $* in
--version) echo "uv 9.9.9 (stand-in)" ;;
venv*) for folder; do :; done && mkdir -p $folder/bin && cp python-stand-in $folder/bin/python ;;
*--editable*) mkdir -p resources/editor/dist && touch resources/editor/dist/.stamp ;;
esac
"""
APT = """#!/bin/sh
case $* in *--assume-no*)
    echo "0 upgraded, 130 newly installed, 0 to remove and 0 not upgraded."
    echo "Need to get 156 MB of archives."
    echo "After this operation, 482 MB of additional disk space will be used."
    exit 1 ;;
esac
echo "apt-get $*" >>calls
echo "Reading package lists..."
"""
"""With the figures of Debian 13's apt 3.0.4."""
XVFB = "#!/bin/sh\necho 7 >&3\nexec sleep 60 3>&-\n"


class Checkout:
    """A folder with `dev` and what it reads, and the programs that it finds on PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "checkout"
        self.bin = folder / "bin"
        self.through: tuple[str, ...] = ()  # the program that runs ./dev in its turn
        if self.bin.exists():  # the copy of another one
            return
        self.bin.mkdir()
        for part in ("packaging", "resources/editor/src", "sandbox/workbench_sandbox/server", ".uv/bin"):
            (self.folder / part).mkdir(parents=True)
        shutil.copy(ROOT / "dev", self.folder)
        for name in (
            *OTHER_LOCKS,
            "packaging/hatch_build.py",
            "pyproject.toml",
            "sandbox/pyproject.toml",
            "resources/editor/src/main.ts",
        ):
            self.change(name, "as it was")
        self.change("packaging/requirements.lock", LOCK)
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool) or tool)
        self.program(".uv/bin/uv", UV)
        self.program("./python-stand-in", PYTHON)
        self.installed(RUN_PACKAGES + SCREEN_PACKAGES + TEST_PACKAGES)
        self.program("apt-get", APT)
        self.program("ldd", "#!/bin/sh\n")

    def program(self, name: str, text: str) -> None:
        """Puts a program on PATH, or into the checkout when its name has a folder."""
        path = self.folder / name if "/" in name else self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(text, "utf-8")
        path.chmod(0o755)

    def screen(self) -> None:
        """Stand-ins for Xvfb, which is screen 7, and for what makes its cookie."""
        self.program("Xvfb", XVFB)
        self.program("xauth", "#!/bin/sh\n")

    def installed(self, packages: list[str]) -> None:
        """What dpkg says is installed."""
        self.program("dpkg-query", f"#!/bin/sh\nprintf ' installed:%s ' {' '.join(packages)}\n")

    def dev(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.through, "/bin/sh", "./dev", *arguments],
            cwd=self.folder,
            env={"PATH": str(self.bin), "HOME": str(self.folder), **environ},
            input=TYPED,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def on_terminal(self, *arguments: str, interrupt_at: str = "", **environ: str) -> tuple[int, str]:
        """Runs `./dev` on a terminal. Returns its exit status and everything that the terminal got.

        Args:
            arguments: Of `./dev`.
            interrupt_at: Ctrl+C is pressed as soon as the terminal got this.
            environ: Beside PATH, HOME and TERM.
        """
        ours, theirs = pty.openpty()
        # Its controlling terminal; and Ctrl+C is not ignored, whatever the tests were started with.
        command = ["setsid", "--ctty", "env", "--default-signal=INT", "/bin/sh", "./dev", *arguments]
        environ = {"PATH": str(self.bin), "HOME": str(self.folder), "TERM": "xterm", **environ}
        dev = subprocess.Popen(
            command, cwd=self.folder, env=environ, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        got, deadline = b"", time.monotonic() + 120
        try:
            with (
                os.fdopen(ours, "r+b", buffering=0) as terminal,
                contextlib.suppress(OSError),
            ):  # EIO: its end
                poll = select.poll()  # select() takes no descriptors above 1,023
                poll.register(terminal, select.POLLIN | select.POLLHUP)
                while poll.poll(max(0, deadline - time.monotonic()) * 1000):
                    got += terminal.read(65536)
                    if interrupt_at and interrupt_at.encode() in got:
                        terminal.write(b"\x03")
                        interrupt_at = ""
            return dev.wait(10), got.decode()
        finally:
            dev.kill()
            dev.wait()

    def calls(self) -> list[str]:
        """What was called since the last look, in short."""
        log = self.folder / "calls"
        lines = log.read_text("utf-8").splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [line for line in lines if "--version" not in line]

    def change(self, name: str, text: str) -> None:
        """Changes a file after the set-up, as an editor would."""
        (self.folder / name).write_text(text, "utf-8")
