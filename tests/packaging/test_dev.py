"""`./dev` in a checkout of its own, with stand-ins that record their calls (checkout.py).

The real ones are used whenever anybody runs `./dev`; here is what a developer's machine does not show.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.packaging.checkout import (
    LOCK,
    OTHER_LOCKS,
    ROOT,
    RUN_PACKAGES,
    SCREEN_PACKAGES,
    TEST_PACKAGES,
    TYPED,
    UV,
    Checkout,
)

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="./dev is for Debian and its like"
)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@pytest.fixture(scope="module")
def _set_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a checkout that is set up for everything, "now", and with a copy, "then"."""
    folder = tmp_path_factory.mktemp("ready")
    (folder / "now").mkdir()
    checkout = Checkout(folder / "now")
    for command in ("run", "setup"):
        said = checkout.dev(command, DISPLAY=":7")
        assert said.returncode == 0, said.stderr
    checkout.calls()
    shutil.copytree(folder / "now", folder / "then", symlinks=True)
    return folder


@pytest.fixture
def ready(_set_up: Path) -> Checkout:
    """A checkout that is set up for everything: always in the same folder, which an environment remembers."""
    shutil.rmtree(_set_up / "now")
    shutil.copytree(_set_up / "then", _set_up / "now", symlinks=True)
    return Checkout(_set_up / "now")


def words(calls: list[str]) -> list[str]:
    return [" ".join(call.split()[:3]) for call in calls]


RUN = ["requirements.lock"]
TESTS = ["requirements.lock", "requirements-test.lock"]


def locks(call: str) -> list[str]:
    return [Path(word).name for word in call.split() if word.endswith(".lock")]


@pytest.mark.parametrize(
    ("command", "made"),
    [
        ("run", {".venv-run": RUN}),
        ("smoke", {".venv-run": RUN}),
        ("setup", {".venv": TESTS}),
        ("test", {".venv": TESTS}),
        ("check", {".venv": TESTS}),
        ("bench", {".venv": TESTS}),
        ("gallery", {".venv": TESTS}),
        ("mutants", {".venv": TESTS, ".venv-mutants": ["requirements-mutants.lock"]}),
        ("sbom", {".venv": TESTS, ".venv-run": RUN}),
    ],
)
def test_each_command_makes_the_environment_that_it_needs(
    checkout: Checkout, command: str, made: dict[str, list[str]]
) -> None:
    checkout.dev(command, DISPLAY=":7")
    calls = [call for call in checkout.calls() if call.startswith("uv ")]
    with_sandbox = ["uv venv --clear", "uv pip sync"] * 2 + ["uv pip install"]
    again = ["uv venv --clear", "uv pip sync", "uv pip install"]
    if command == "mutants":  # holds mutmut alone, and runs in the environment of the tests
        again.pop()
    assert words(calls) == with_sandbox + again * (len(made) - 1)
    made = made | {".venv-sandbox": ["requirements.lock"]}
    assert {call.split()[-1] for call in calls if "venv --clear" in call} == set(made)
    synced = [call for call in calls if "pip sync" in call]
    assert {call.split("--python ")[1].split("/")[0]: locks(call) for call in synced} == made


def test_everything_that_uv_downloads_has_its_hash(checkout: Checkout) -> None:
    for command in ("run", "test"):
        checkout.dev(command, DISPLAY=":7")
    installs = [call for call in checkout.calls() if call.startswith("uv pip")]
    assert len(installs) == 5
    for call in installs:
        assert "--only-binary :all:" in call
        if "pip sync" in call:
            assert "--require-hashes" in call
        else:
            assert "--no-deps" in call
            assert "--require-build-hashes" in call
            assert locks(call) == ["requirements-build.lock"]


def test_the_second_time_nothing_happens_and_takes_no_longer_than_a_few_shells(ready: Checkout) -> None:
    took_s, bare_s = [], []
    for _ in range(20):
        start = time.perf_counter()
        said = ready.dev("setup")
        took_s.append(time.perf_counter() - start)
        assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
        start = time.perf_counter()
        subprocess.run(["/bin/sh", "-c", ":"], check=True, capture_output=True)
        bare_s.append(time.perf_counter() - start)
    assert ready.calls() == []
    assert min(took_s) < 15 * min(bare_s)


SYNC, INSTALL = "uv pip sync", "uv pip install"


@pytest.mark.parametrize(
    ("name", "in_run", "in_tests"),
    [
        ("packaging/requirements.lock", [SYNC, INSTALL], [SYNC, INSTALL]),
        ("packaging/requirements-test.lock", [], [SYNC, INSTALL]),
        ("packaging/requirements-build.lock", [INSTALL], [INSTALL]),
        ("packaging/hatch_build.py", [INSTALL], [INSTALL]),
        ("pyproject.toml", [INSTALL], [INSTALL]),
        ("resources/editor/src/main.ts", [INSTALL], [INSTALL]),
    ],
)
def test_a_changed_file_redoes_what_depends_on_it(
    ready: Checkout, name: str, in_run: list[str], in_tests: list[str]
) -> None:
    ready.change(name, LOCK + "# changed\n")
    for command, then in (("run", in_run), ("setup", in_tests)):
        assert ready.dev(command, DISPLAY=":7").returncode == 0
        assert [call for call in words(ready.calls()) if call.startswith("uv ")] == then
    for command in ("run", "setup"):
        assert ready.dev(command, DISPLAY=":7").returncode == 0
        assert not [call for call in ready.calls() if call.startswith("uv ")]


def test_a_file_that_is_newer_but_the_same_redoes_nothing(ready: Checkout) -> None:
    ready.change("packaging/requirements.lock", LOCK)
    for name in OTHER_LOCKS:
        ready.change(name, "as it was")
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


def test_a_package_of_npm_with_a_wrong_hash_is_no_trouble_of_the_network(checkout: Checkout) -> None:
    npm_fails = "case $* in *--editable*) echo npm error code EINTEGRITY; exit 1 ;; esac\n"
    checkout.program(".uv/bin/uv", UV + npm_fails)
    said = checkout.dev("run", DISPLAY=":7")
    assert said.returncode == 1
    assert "sent a file whose hash is not the locked one" in said.stderr
    assert "network" not in said.stderr


@pytest.mark.parametrize(
    ("command", "installed"),
    [("run", RUN_PACKAGES), ("test", RUN_PACKAGES + SCREEN_PACKAGES + TEST_PACKAGES)],
)
def test_root_installs_the_packages_that_the_command_needs(
    checkout: Checkout, command: str, installed: list[str]
) -> None:
    checkout.program("id", "#!/bin/sh\necho 0\n")
    checkout.installed([])
    assert checkout.dev(command, DISPLAY=":7").returncode == 0
    asked = checkout.calls()[0].partition("--no-install-recommends ")[2].partition(" -")[0].split()
    assert asked == installed


@pytest.mark.parametrize(("command", "installed"), [("run", "xvfb xauth"), ("smoke", "xvfb xauth xdotool")])
def test_a_screen_is_installed_where_there_is_none(checkout: Checkout, command: str, installed: str) -> None:
    checkout.program("id", "#!/bin/sh\necho 0\n")
    checkout.installed(RUN_PACKAGES)
    said = checkout.dev(command)
    asked = [call.partition("--no-install-recommends ")[2] for call in checkout.calls() if "apt-get" in call]
    assert asked[0].partition(" -")[0] == installed
    assert "There is no screen and no Xvfb" in said.stderr, "apt-get is a stand-in: it brings none"


@pytest.mark.parametrize(
    ("command", "environ", "needed"),
    [
        ("run", {"DISPLAY": ":7"}, RUN_PACKAGES),
        ("run", {}, RUN_PACKAGES + SCREEN_PACKAGES),
        ("test", {"DISPLAY": ":7"}, RUN_PACKAGES + SCREEN_PACKAGES + TEST_PACKAGES),
    ],
)
def test_others_are_told_what_root_must_do(
    checkout: Checkout, command: str, environ: dict[str, str], needed: list[str]
) -> None:
    checkout.program("id", "#!/bin/sh\necho 1000\n")
    checkout.installed(["libnss3"])
    said = checkout.dev(command, **environ)
    assert said.returncode == 1
    missing = " ".join(name for name in needed if name != "libnss3")
    assert said.stderr == (
        "dev: Only root can install the Debian packages that are missing here. Run this, then try again:\n"
        f"    sudo apt-get update && sudo apt-get install --no-install-recommends {missing}\n"
    )
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


@pytest.mark.parametrize(
    ("environ", "display"),
    [
        ({}, ":7"),
        ({"DISPLAY": ":3"}, ":3"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "none"),
        ({"QT_QPA_PLATFORM": "offscreen"}, "none"),
    ],
)
def test_run_makes_a_screen_where_there_is_none(
    ready: Checkout, environ: dict[str, str], display: str
) -> None:
    ready.screen()
    ready.program(".venv-run/bin/python", '#!/bin/sh\necho "${DISPLAY:-none} $*" >>calls\n')
    said = ready.dev("run", "--x", **environ)
    assert ready.calls() == [f"{display} -m workbench --x"]
    assert ("There is no screen" in said.stderr) is (not environ)


def test_a_screen_that_cannot_be_made_is_explained(ready: Checkout) -> None:
    ready.screen()
    ready.program("Xvfb", "#!/bin/sh\necho '(EE) no socket' >&2\nexit 1\n")
    said = ready.dev("run")
    assert said.returncode == 1
    assert said.stderr.endswith("(EE) no socket\ndev: Xvfb could not make an invisible screen.\n")


@pytest.mark.parametrize("user", ["0", "1000"])
def test_only_root_runs_chromium_without_its_sandbox(ready: Checkout, user: str) -> None:
    ready.program("id", f"#!/bin/sh\necho {user}\n")
    ready.program(".venv-run/bin/python", '#!/bin/sh\necho "${QTWEBENGINE_DISABLE_SANDBOX:-kept}"\n')
    said = ready.dev("run", DISPLAY=":7")
    assert said.stdout == ("1\n" if user == "0" else "kept\n")


def test_bench_names_what_there_is(ready: Checkout) -> None:
    (ready.folder / "tests/bench").mkdir(parents=True)
    ready.change("tests/bench/start.py", "")
    said = ready.dev("bench", "strat")
    assert said.returncode == 1
    assert "There is no tests/bench/strat.py; there are: start.py" in said.stderr


def test_benches_and_smoke_run_on_an_invisible_screen_whatever_the_desktop(ready: Checkout) -> None:
    ready.screen()
    for program in (".venv/bin/python", ".venv-run/bin/python"):
        ready.program(program, '#!/bin/sh\necho "$QT_QPA_PLATFORM${WAYLAND_DISPLAY:-}$DISPLAY $*" >>calls\n')
    (ready.folder / "tests/bench").mkdir(parents=True)
    for name in ("start", "roundtrip", "_shared"):
        ready.change(f"tests/bench/{name}.py", "")
    desktop = {"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0", "QT_QPA_PLATFORM": "wayland"}
    modules = []
    for arguments in (["bench", "start", "--cold"], ["bench"], ["gallery"], ["smoke", "pictures"]):
        assert ready.dev(*arguments, **desktop).returncode == 0
        modules += [call.partition("xcb:7")[2].partition(" -m ")[2] for call in ready.calls()]
    assert modules == [
        "tests.bench.start --cold",
        "tests.bench.roundtrip",
        "tests.bench.start",
        "tests.gallery",
        "tests.e2e.smoke pictures",
    ]


@pytest.mark.parametrize("signal", ["HUP", "INT", "TERM"])
def test_signals_reach_the_program_on_the_invisible_screen_which_ends_with_it(
    ready: Checkout, signal: str
) -> None:
    ready.through = ("/usr/bin/env", f"--default-signal={signal}")  # whatever the tests were started with
    ready.screen()
    ready.program("Xvfb", "#!/bin/sh\necho $$ >>calls\necho 7 >&3\nexec sleep 60 3>&-\n")
    waits = f"trap 'echo ended; exit 5' {signal}\nkill -{signal} $PPID\nsleep 30 >/dev/null 2>&1 & wait $!\n"
    ready.program(".venv-run/bin/python", f"#!/bin/sh\n{waits}")
    (ready.folder / "tmp").mkdir()
    said = ready.dev("run", TMPDIR=str(ready.folder / "tmp"))
    assert (said.stdout, said.returncode) == ("ended\n", 5)
    [xvfb] = ready.calls()
    assert not Path("/proc", xvfb).exists()
    assert not list((ready.folder / "tmp").iterdir())


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
    contained.screen()
    for program in (".venv/bin/python", ".venv-run/bin/python"):
        contained.program(program, '#!/bin/sh\nread -r line\necho "$PPID $line"\nexit 7\n')
    said = contained.dev(*arguments, **desktop)
    assert (said.stdout, said.returncode) == (f"1 {TYPED}", 7)


@pytest.mark.parametrize("signal", ["HUP", "INT", "TERM"])
@pytest.mark.parametrize("command", ["test", "run"])
def test_process_1_hands_signals_on(contained: Checkout, command: str, signal: str) -> None:
    contained.screen()
    # More than once: process 1 may not listen yet.
    asks = f"for _ in 1 2 3 4 5 6 7 8 9; do kill -{signal} 1; sleep 0.3 & wait $!; done"
    waits = f"trap 'echo told; exit 5' {signal}\n{asks}\n"
    for program in (".venv/bin/python", ".venv-run/bin/python"):
        contained.program(program, f"#!/bin/sh\n{waits}")
    said = contained.dev(command)
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
    for tool, code in (("ruff", 0), ("mypy", 1), ("lint-imports", 0), ("pytest", 1), ("python", 0)):
        ready.program(f".venv/bin/{tool}", f'#!/bin/sh\necho "{tool} $*" >>calls\nexit {code}\n')
    said = ready.dev("check")
    tools = ["ruff", "ruff", "mypy", "lint-imports", "pytest", "python"]
    assert [call.split()[0] for call in ready.calls()] == tools
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
    assert [line for line in lines if line.startswith("./dev")] == [
        "./dev check",
        "./dev bench all --smoke",
        "./dev test",
    ]
