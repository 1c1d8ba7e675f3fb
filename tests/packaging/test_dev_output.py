"""What `./dev` prints while it sets up: the stages with their sizes and progress, and no tool's output."""

import re
import sys
from pathlib import Path

import pytest

from tests.packaging.checkout import APT, UV, Checkout

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="./dev is for Debian and its like"
)

DOWNLOADING = "dlstatus:3:34.1234:Retrieving file 3 of 130 (2min 3s remaining)"
INSTALLING = "pmstatus:fonts-noto-cjk:45.4545:Installing fonts-noto-cjk (all)"
"""What apt 3.0.4 writes to APT::Status-Fd."""
STAGES = [
    r"dev: First start in this folder: about \d+ MB to download, \d+ MB on disk, besides Debian packages\.",
    r"dev: It takes 1 to 5 minutes with a fast connection; later starts skip it\.",
    r"dev: Debian packages: 130, 156 MB to download, 482 MB on disk",
    r"dev: Python packages: 2, about \d+ MB to download, \d+ MB on disk",
    r"dev: Python packages of the Sandbox: \d*, about \d+ MB to download, \d+ MB on disk",
    r"dev: Editor page, built with Node, about \d+ MB to download, \d+ MB on disk",
    (
        r"dev: Set up in \d+ s\. "
        r"On disk: \d+ MB in this folder, 482 MB of Debian packages, and the caches of uv and npm"
    ),
]
LOCK = """uv==9.9.9 \\
    --hash=sha256:00
pywin32-ctypes==0.2.3 ; sys_platform == 'win32' \\
    --hash=sha256:00
secretstorage==3.5.0 ; sys_platform == 'linux' \\
    --hash=sha256:00
"""


@pytest.fixture
def bare(tmp_path: Path) -> Checkout:
    """A checkout on a machine without any of the Debian packages, whose root one is."""
    checkout = Checkout(tmp_path)
    checkout.program("id", "#!/bin/sh\necho 0\n")
    checkout.installed([])
    checkout.change("packaging/requirements.lock", LOCK)
    return checkout


def matches(lines: list[str], patterns: list[str]) -> bool:
    return len(lines) == len(patterns) and all(map(re.fullmatch, patterns, lines))


def test_a_set_up_names_its_stages_with_their_sizes(bare: Checkout) -> None:
    bare.program(".uv/bin/uv", f"{UV}[ $1 = --version ] || echo 'Resolved 77 packages' >&2\n")
    said = bare.dev("run", DISPLAY=":7")
    assert said.returncode == 0
    assert matches(said.stderr.splitlines(), STAGES), said.stderr
    assert said.stdout == ""


def test_lists_that_lack_a_package_are_fetched_first(bare: Checkout) -> None:
    fetched = "case $* in update*) >fetched ;; *) [ -e fetched ] || exec echo E: Unable to locate ;; esac"
    bare.program("apt-get", APT.replace("case", f"{fetched}\ncase", 1))
    said = bare.dev("run", DISPLAY=":7")
    assert said.returncode == 0
    lists = [*STAGES[:2], "dev: Lists of Debian packages", *STAGES[2:]]
    assert matches(said.stderr.splitlines(), lists), said.stderr
    assert [call.split()[1] for call in bare.calls() if "apt-get" in call] == ["update", "install"]


def on_one_line(screen: str) -> list[str]:
    """What stood on the line that updates, one after the other."""
    return [text for line in screen.split("\r\n") for text in line.split("\r\x1b[K")[1:-1] if text]


def test_a_terminal_gets_one_line_that_updates(bare: Checkout) -> None:
    tell = f"echo '{DOWNLOADING}' >&3; sleep 1.5; echo '{INSTALLING}' >&3; sleep 1.2"
    bare.program("apt-get", f"{APT}{tell}\n")
    write = "import time; open('/dev/null', 'wb', 0).write(bytes(240_000_000)); time.sleep(1.5)"
    bare.program(".uv/bin/uv", f'{UV}case $* in *sync*) exec "{sys.executable}" -c "{write}" ;; esac\n')
    code, screen = bare.on_terminal("run", DISPLAY=":7")
    assert code == 0
    progress = on_one_line(screen)
    assert "dev: Debian packages: downloading, 34%, 2min 3s remaining, 1 s" in progress
    assert "dev: Debian packages: installing, 45% (Ctrl+C stops after this), 2 s" in progress
    assert [line for line in progress if re.fullmatch(r"dev: Python packages: 240 of \d+ MB, 1 s", line)]
    assert all(len(line) < 80 for line in progress)
    stays = [line.rpartition("\x1b[K")[2] for line in screen.split("\r\n")]
    assert matches([line for line in stays if line], STAGES), screen


@pytest.mark.parametrize("environ", [{}, {"TERM": "dumb"}], ids=["pipe", "dumb terminal"])
def test_elsewhere_progress_is_a_plain_line_every_15_seconds(bare: Checkout, environ: dict[str, str]) -> None:
    bare.program("sleep", "#!/bin/sh\nexec /usr/bin/sleep 0.02\n")  # a second, in a hurry
    wait = f"echo '{INSTALLING}' >&3\nfor _ in 1 2 3 4 5 6 7 8 9; do /usr/bin/sleep 0.15; done\n"
    bare.program("apt-get", APT + wait)
    if environ:
        output = bare.on_terminal("run", DISPLAY=":7", **environ)[1].replace("\r\n", "\n")
    else:
        output = bare.dev("run", DISPLAY=":7").stderr
    assert "\r" not in output
    assert "\x1b" not in output
    progress = re.findall(r"^dev: Debian packages: installing, 45% \(.*\), (.*)$", output, re.MULTILINE)
    assert progress[:2] == ["15 s", "30 s"]


def test_a_tool_that_fails_is_quoted(bare: Checkout) -> None:
    noise = "".join(f"echo line {number}\n" for number in range(1, 40))
    bare.program(".uv/bin/uv", f"{UV}case $* in *sync*) {noise} exit 2 ;; esac\n")
    code, screen = bare.on_terminal("run", DISPLAY=":7")
    assert code == 1
    lines = [line.rpartition("\x1b[K")[2] for line in screen.split("\r\n")]
    assert lines[-27:-2] == [f"line {number}" for number in range(15, 40)]
    assert lines[-2].startswith("dev: The Python packages could not be installed (is there a network?")


def test_ctrl_c_stops_the_set_up_with_its_tool(bare: Checkout) -> None:
    bare.program(".uv/bin/uv", f"{UV}case $* in *sync*) exec sleep 50 ;; esac\n")
    code, screen = bare.on_terminal("run", interrupt_at="Python packages: 0 of", DISPLAY=":7")
    assert code == 130
    assert screen.endswith("dev: Stopped. The next ./dev goes on from here.\r\n")
    assert "could not" not in screen


def test_ctrl_c_waits_for_what_must_not_be_interrupted(bare: Checkout) -> None:
    """Dpkg goes on: to say "stopped" before its end would let the next apt-get meet its lock."""
    goes_on = f"trap '' INT; echo '{INSTALLING}' >&3; sleep 2.5; echo ended >>calls"
    bare.program("apt-get", f"{APT}{goes_on}\n")
    code, screen = bare.on_terminal("run", interrupt_at="Ctrl+C stops after this", DISPLAY=":7")
    assert code == 130
    assert screen.endswith("dev: Stopped. The next ./dev goes on from here.\r\n")
    assert bare.calls()[-1] == "ended"
