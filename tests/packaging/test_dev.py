"""`./dev` in a checkout of its own, with stand-ins for uv, apt, dpkg and ldd that record their calls.

The real ones are used whenever anybody runs `./dev`; here is what a developer's machine does not show.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = (ROOT / "dev").read_text("utf-8")
PACKAGES = re.search(r"^packages='(.*?)'", SCRIPT, re.MULTILINE | re.DOTALL)
UV_VERSION = re.search(r"^uv_version=(.*)$", SCRIPT, re.MULTILINE)
TOOLS = [
    "find",
    "cksum",
    "sort",
    "cut",
    "cat",
    "tail",
    "sed",
    "mv",
    "rm",
    "id",
    "mkdir",
    "touch",
    "cp",
    "basename",
    "env",
    "sleep",
]

TYPED = "typed\n"
PYTHON = '#!/bin/sh\necho "python $*" >>calls\n'
UV = f"""#!/bin/sh
echo "uv $*" >>calls
case $* in
--version) echo "uv {UV_VERSION[1] if UV_VERSION else "?"} (stand-in)" ;;
venv*) mkdir -p .venv/bin && cp python-stand-in .venv/bin/python ;;
*--editable*) mkdir -p resources/editor/dist && touch resources/editor/dist/.stamp ;;
esac
"""

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="./dev is for Debian and its like"
)


class Checkout:
    """A folder with `dev` and what it reads, and the programs that it finds on PATH."""

    def __init__(self, folder: Path) -> None:
        assert PACKAGES
        self.folder = folder / "checkout"
        self.bin = folder / "bin"
        self.through: tuple[str, ...] = ()  # the program that runs ./dev in its turn
        self.bin.mkdir()
        for part in ("packaging", "resources/editor/src", ".uv/bin"):
            (self.folder / part).mkdir(parents=True)
        shutil.copy(ROOT / "dev", self.folder)
        for name in ("pyproject.toml", "packaging/requirements.lock", "resources/editor/src/main.ts"):
            (self.folder / name).write_text("as it was", "utf-8")
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool) or tool)
        self.packages = PACKAGES[1].split()
        self.program(".uv/bin/uv", UV)
        self.program("./python-stand-in", PYTHON)
        self.installed(self.packages)
        self.program("apt-get", '#!/bin/sh\necho "apt-get $*" >>calls\n')
        self.program("ldd", "#!/bin/sh\n")

    def program(self, name: str, text: str) -> None:
        """Puts a program on PATH, or into the checkout when its name has a folder."""
        path = self.folder / name if "/" in name else self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(text, "utf-8")
        path.chmod(0o755)

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

    def calls(self) -> list[str]:
        """What was called since the last look, in short."""
        log = self.folder / "calls"
        lines = log.read_text("utf-8").splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [line for line in lines if "--version" not in line]

    def change(self, name: str, text: str) -> None:
        """Changes a file after the set-up, as an editor would."""
        (self.folder / name).write_text(text, "utf-8")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@pytest.fixture
def ready(checkout: Checkout) -> Checkout:
    """A checkout that is set up."""
    said = checkout.dev("setup")
    assert said.returncode == 0, said.stderr
    checkout.calls()
    return checkout


def words(calls: list[str]) -> list[str]:
    return [" ".join(call.split()[:3]) for call in calls]


def test_the_first_time_everything_is_made(checkout: Checkout) -> None:
    said = checkout.dev("setup")
    assert said.returncode == 0
    assert words(checkout.calls()) == ["uv venv --clear", "uv pip sync", "uv pip install"]


def test_the_second_time_nothing_happens_in_under_10_ms(ready: Checkout) -> None:
    took_ms = []
    for _ in range(20):
        start = time.perf_counter()
        said = ready.dev("setup")
        took_ms.append((time.perf_counter() - start) * 1000)
        assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
    assert ready.calls() == []
    assert min(took_ms) < 10


@pytest.mark.parametrize(
    ("name", "then"),
    [
        ("packaging/requirements.lock", ["uv pip sync", "uv pip install"]),
        ("pyproject.toml", ["uv pip install"]),
        ("resources/editor/src/main.ts", ["uv pip install"]),
    ],
)
def test_a_changed_file_redoes_what_depends_on_it(ready: Checkout, name: str, then: list[str]) -> None:
    ready.change(name, "changed")
    assert ready.dev("setup").returncode == 0
    assert words(ready.calls()) == then
    assert ready.dev("setup").returncode == 0
    assert ready.calls() == []


def test_a_file_that_is_newer_but_the_same_redoes_nothing(ready: Checkout) -> None:
    ready.change("packaging/requirements.lock", "as it was")
    assert ready.dev("setup").returncode == 0
    assert ready.calls() == []


def test_a_page_that_is_gone_is_built_again(ready: Checkout) -> None:
    shutil.rmtree(ready.folder / "resources/editor/dist")
    ready.dev("setup")
    assert words(ready.calls()) == ["uv pip install"]


def test_a_moved_checkout_gets_an_environment_of_its_own(ready: Checkout) -> None:
    ready.folder = ready.folder.rename(ready.folder.with_name("moved"))
    assert ready.dev("setup").returncode == 0
    assert words(ready.calls())[0] == "uv venv --clear"


def test_a_set_up_that_failed_is_tried_again(checkout: Checkout) -> None:
    checkout.program(".uv/bin/uv", UV + "exit 1\n")
    said = checkout.dev("setup")
    assert said.returncode == 1
    assert "dev: " in said.stderr
    checkout.program(".uv/bin/uv", UV)
    checkout.calls()
    assert checkout.dev("setup").returncode == 0
    assert "uv pip sync" in words(checkout.calls())


def test_missing_packages_are_installed_by_root(checkout: Checkout) -> None:
    checkout.program("id", "#!/bin/sh\necho 0\n")
    checkout.installed(checkout.packages[2:])
    assert checkout.dev("setup").returncode == 0
    assert " ".join(checkout.calls()[0].split()[:5]).endswith("python3 python3-venv")


def test_others_are_told_what_root_must_do(checkout: Checkout) -> None:
    checkout.program("id", "#!/bin/sh\necho 1000\n")
    checkout.installed([name for name in checkout.packages if name != "libnss3"])
    said = checkout.dev("run")
    assert said.returncode == 1
    assert "sudo apt-get install --no-install-recommends libnss3\n" in said.stderr
    assert checkout.calls() == []


def test_without_a_network_apt_is_quoted_and_explained(checkout: Checkout) -> None:
    checkout.program("id", "#!/bin/sh\necho 0\n")
    checkout.program("apt-get", "#!/bin/sh\necho 'E: Could not resolve the mirror' >&2; exit 100\n")
    checkout.installed([])
    said = checkout.dev("test")
    assert said.returncode == 1
    assert "E: Could not resolve the mirror" in said.stderr
    assert "is there a network?" in said.stderr


def test_another_distribution_is_told_the_names_and_goes_on(checkout: Checkout) -> None:
    (checkout.bin / "dpkg-query").unlink()
    said = checkout.dev("setup")
    assert said.returncode == 0
    assert "This is not Debian" in said.stderr
    assert "libxcb-cursor0" in said.stderr


def test_a_library_that_qt_lacks_is_named(checkout: Checkout) -> None:
    checkout.program(
        "ldd", "#!/bin/sh\nprintf '\\tlibEGL.so.1 => not found\\n\\tlibc.so.6 => /lib/libc.so.6\\n'\n"
    )
    said = checkout.dev("setup")
    assert said.returncode == 1
    assert "these system libraries are missing:\n\tlibEGL.so.1\n" in said.stderr


SCREENLESS = ["-a -s -screen 0 1600x1000x24 .venv/bin/python -m workbench --x"]


@pytest.mark.parametrize(
    ("environ", "called", "told"),
    [
        ({}, [f"xvfb-run {SCREENLESS[0]}"], True),
        ({"DISPLAY": ":7"}, ["python -m workbench --x"], False),
        ({"WAYLAND_DISPLAY": "wayland-0"}, ["python -m workbench --x"], False),
        ({"QT_QPA_PLATFORM": "offscreen"}, ["python -m workbench --x"], False),
    ],
)
def test_run_makes_a_screen_where_there_is_none(
    ready: Checkout, environ: dict[str, str], called: list[str], told: bool
) -> None:
    ready.program("xvfb-run", '#!/bin/sh\necho "xvfb-run $*" >>calls\n')
    said = ready.dev("run", "--x", **environ)
    assert ready.calls() == called
    assert ("There is no screen" in said.stderr) is told


@pytest.mark.parametrize("user", ["0", "1000"])
def test_only_root_runs_chromium_without_its_sandbox(ready: Checkout, user: str) -> None:
    ready.program("id", f"#!/bin/sh\necho {user}\n")
    ready.program(".venv/bin/python", '#!/bin/sh\necho "${QTWEBENGINE_DISABLE_SANDBOX:-kept}"\n')
    said = ready.dev("run", DISPLAY=":7")
    assert said.stdout == ("1\n" if user == "0" else "kept\n")


def test_bench_names_what_there_is(ready: Checkout) -> None:
    (ready.folder / "tests/bench").mkdir(parents=True)
    ready.change("tests/bench/start.py", "")
    said = ready.dev("bench", "strat")
    assert said.returncode == 1
    assert "There is no tests/bench/strat.py; there are: start.py" in said.stderr


def test_benches_and_smoke_run_on_an_invisible_screen_whatever_the_desktop(ready: Checkout) -> None:
    ready.program("xvfb-run", '#!/bin/sh\necho "$QT_QPA_PLATFORM${WAYLAND_DISPLAY:-} $*" >>calls\n')
    (ready.folder / "tests/bench").mkdir(parents=True)
    for name in ("start", "roundtrip", "_shared"):
        ready.change(f"tests/bench/{name}.py", "")
    desktop = {"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0", "QT_QPA_PLATFORM": "wayland"}
    modules = []
    for arguments in (["bench", "start", "--cold"], ["bench"], ["smoke", "pictures"]):
        assert ready.dev(*arguments, **desktop).returncode == 0
        modules += [call.partition("xcb")[2].partition(" -m ")[2] for call in ready.calls()]
    assert modules == [
        "tests.bench.start --cold",
        "tests.bench.roundtrip",
        "tests.bench.start",
        "tests.e2e.smoke pictures",
    ]


# ---- as the first process of a container -----------------------------------------------------------------

NAMESPACE = ("unshare", "--user", "--map-current-user", "--pid", "--fork", "--kill-child")
"""Runs a command as process 1 of a PID namespace."""


@pytest.fixture
def contained(ready: Checkout) -> Checkout:
    """A checkout that is set up, where `./dev` is process 1."""
    unshare = shutil.which(NAMESPACE[0]) or pytest.skip("there is no unshare")
    ready.through = (unshare, *NAMESPACE[1:])
    if subprocess.run([*ready.through, "true"], capture_output=True, timeout=60, check=False).returncode:
        pytest.skip("this machine gives nobody a PID namespace")
    return ready


@pytest.mark.parametrize("arguments", [["run"], ["test"], ["smoke"], ["bench", "start"]], ids=" ".join)
@pytest.mark.parametrize("desktop", [{}, {"DISPLAY": ":7"}], ids=["no screen", "screen"])
def test_no_command_becomes_process_1(
    contained: Checkout, arguments: list[str], desktop: dict[str, str]
) -> None:
    """Process 1 is given all orphans: pytest would take those of a test for children that it leaked."""
    (contained.folder / "tests/bench").mkdir(parents=True)
    contained.change("tests/bench/start.py", "")
    for program in (".venv/bin/python", "xvfb-run"):
        contained.program(program, '#!/bin/sh\nread -r line\necho "$PPID $line"\nexit 7\n')
    said = contained.dev(*arguments, **desktop)
    assert (said.stdout, said.returncode) == (f"1 {TYPED}", 7)


@pytest.mark.parametrize("signal", ["HUP", "INT", "TERM"])
def test_process_1_hands_signals_on(contained: Checkout, signal: str) -> None:
    # More than once: process 1 may not listen yet.
    asks = f"for _ in 1 2 3 4 5 6 7 8 9; do kill -{signal} 1; sleep 0.3 & wait $!; done"
    waits = f"trap 'echo told; exit 5' {signal}\n{asks}\n"
    contained.program(".venv/bin/python", f"#!/bin/sh\n{waits}")
    said = contained.dev("test")
    assert (said.stdout, said.returncode) == ("told\n", 5)


def test_what_was_for_the_set_up_reaches_no_command(ready: Checkout) -> None:
    ready.change("pyproject.toml", "changed")
    ready.program(".venv/bin/python", "#!/bin/sh\nenv\n")
    said = ready.dev("test")
    assert ready.calls(), "there was a set-up"
    assert "PATH=" in said.stdout
    assert "UV_" not in said.stdout


def test_process_1_collects_orphans(contained: Checkout) -> None:
    leave = "orphan=$(/bin/sh -c 'sleep 0.1 >&2 & echo $!')"
    is_gone = "for _ in 1 2 3 4 5 6 7 8 9; do kill -0 $orphan || exit 0; sleep 0.1; done; exit 1"
    contained.program(".venv/bin/python", f"#!/bin/sh\n{leave}\n{is_gone}\n")
    assert contained.dev("test").returncode == 0


def test_check_runs_every_tool_and_names_those_that_found_something(ready: Checkout) -> None:
    for tool, code in (("ruff", 0), ("mypy", 1), ("lint-imports", 0), ("pytest", 1)):
        ready.program(f".venv/bin/{tool}", f'#!/bin/sh\necho "{tool} $*" >>calls\nexit {code}\n')
    said = ready.dev("check")
    assert [call.split()[0] for call in ready.calls()] == ["ruff", "ruff", "mypy", "lint-imports", "pytest"]
    assert said.returncode == 1
    assert "These found something:\n    mypy\n    pytest -q tests/architecture\n" in said.stderr


@pytest.mark.parametrize(("arguments", "code"), [(["fly"], 2), ([], 0), (["help"], 0)])
def test_help_and_unknown_commands_touch_nothing(checkout: Checkout, arguments: list[str], code: int) -> None:
    said = checkout.dev(*arguments)
    assert said.returncode == code
    assert "Usage: ./dev COMMAND" in said.stdout + said.stderr
    assert checkout.calls() == []


def test_it_is_executable_and_ci_calls_it() -> None:
    assert os.access(ROOT / "dev", os.X_OK)
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith("./dev")] == ["./dev check", "./dev test"]
