"""Row 6: what Workbench keeps, and what it exports, is for its user only, whatever the umask says."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.code.zips import make_zip
from tests.invoke.test_history import ENDED, SENT
from tests.security.hostile_endpoint import ACCOUNT, REGION, HostileEndpoint, hostile_endpoint
from tests.ui.conftest import _theme, actions, clock, icons, jobs, services, settings, theme
from workbench.code.workspace import open_workspace
from workbench.core.files import Paths
from workbench.core.jobs import JobContext
from workbench.core.settings import Settings
from workbench.deploy.journal import Journal
from workbench.functions.detail import get_function
from workbench.functions.index import FunctionIndex, list_functions
from workbench.invoke.history import HistorySearch, InvocationHistory, export_history
from workbench.logs.buffer import export_table
from workbench.ui.features.metrics import chart_dialogs
from workbench.ui.pages.code_opening import open_code
from workbench.ui.shell.services import OpenFunction, Services

__all__ = ["_theme", "actions", "clock", "icons", "jobs", "services", "settings", "theme"]

CTX = JobContext()
ROOTS = ("data", "cache", "config", "log")


@pytest.fixture
def careless() -> Iterator[None]:
    """A umask that takes nothing away: each mode is as the program asked for it."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[HostileEndpoint]:
    package = make_zip(tmp_path / "package.zip", {"app.py": "x = 1\n", "bin/run": "#!/bin/sh\n"})
    package.chmod(0o600)  # as every package that Workbench makes or downloads
    with hostile_endpoint(package.read_bytes()) as endpoint:
        yield endpoint


def open_to_others(folder: Path) -> list[str]:
    """What other users could read, or write, if its folder let them in."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if not path.is_symlink() and path.lstat().st_mode & 0o077
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def run_workbench(home: Path) -> None:
    """The program, with a umask of 0, until its window and the Sandbox are there."""
    timings = home.parent / f"{home.name}.timings"
    with subprocess.Popen(
        [sys.executable, "-m", "workbench", "--timings", str(timings)],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"HOME": str(home), "WORKBENCH_HOME": str(home)},
        umask=0,
    ) as program:
        try:
            deadline = time.monotonic() + 60
            while not (timings.exists() and '"all"' in timings.read_text()):
                assert program.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
        finally:
            program.send_signal(signal.SIGTERM)
        program.wait(timeout=60)


def test_a_start_makes_all_private_and_narrows_what_was_open(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    for name in ROOTS:
        (home / name).mkdir()
        (home / name).chmod(0o777)

    run_workbench(home)

    assert {name: mode(home / name) for name in ROOTS} == dict.fromkeys(ROOTS, 0o700)
    assert open_to_others(home / "config") == []
    assert open_to_others(home / "log") == []
    assert open_to_others(home / "cache") == []
    assert open_to_others(home / "data") == []  # the Sandbox's state and log are here
    assert (home / "data" / "sandbox" / "sandbox.log").exists()
    log = (home / "log" / "workbench.log").read_text()
    assert log.count("other users could read these folders until now") == 1
    assert str(home / "data") in log


def test_a_start_on_an_empty_disk_makes_private_folders_and_says_nothing(tmp_path: Path) -> None:
    home = tmp_path / "fresh"
    run_workbench(home)
    assert {name: mode(home / name) for name in ROOTS} == dict.fromkeys(ROOTS, 0o700)
    assert "could read" not in (home / "log" / "workbench.log").read_text()


@pytest.mark.usefixtures("careless")
def test_the_code_of_a_function_is_below_private_folders_and_its_package_is_private(
    endpoint: HostileEndpoint, services: Services
) -> None:
    connection = endpoint.connection()
    function = OpenFunction(connection, get_function(connection, "hello"))
    workspace = open_code(services, function, "", open_workspace, CTX).workspace
    workspace.save("app.py", "x = 2\n")

    found = open_to_others(services.paths.data_dir)
    assert [path for path in found if f"/{workspace.folder.name}/files" not in path] == []
    # The files of a function have the modes that they have in its package.
    assert mode(workspace.root / "bin" / "run") & 0o100 == 0
    assert mode(workspace.root / "app.py") == 0o644


@pytest.mark.usefixtures("careless")
def test_every_store_is_private(endpoint: HostileEndpoint, tmp_path: Path) -> None:
    paths = Paths.below(tmp_path / "home")
    connection = endpoint.connection()
    index = FunctionIndex(paths.cache_dir / "functions.sqlite")
    with index.kept_open():
        index.store(ACCOUNT, REGION, list_functions(connection, CTX))
        ledger = InvocationHistory(paths.data_dir / "ledger.sqlite")
        ledger.end(ledger.begin(SENT), ENDED)
        Settings(paths.config_dir / "settings.json").set("a", 1)
        Journal(paths.data_dir / "deploys").packages.keep(tmp_path / "package.zip", endpoint.announced)
        assert open_to_others(tmp_path / "home") == []


@pytest.mark.usefixtures("careless")
def test_what_is_exported_is_private_also_over_an_older_file_and_through_no_link(
    services: Services, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    others = tmp_path / "others"
    others.write_text("theirs")
    for name in ("table.csv", "ledger.jsonl", "chart.csv"):
        (folder / name).write_text("old")
        (folder / name).chmod(0o666)
        (folder / f".{name}.part").symlink_to(others)  # where the unfinished file would lie
    ledger = InvocationHistory(services.paths.data_dir / "ledger.sqlite")
    ledger.end(ledger.begin(SENT), ENDED)

    export_table(folder / "table.csv", ["a"], [["1"]], CTX)
    export_history(ledger, HistorySearch(), folder / "ledger.jsonl", CTX)
    chart_dialogs.write(str(folder / "chart.csv"), lambda: b"a,b\n", services, lambda _error: None)
    qtbot.waitUntil(lambda: (folder / "chart.csv").read_bytes() == b"a,b\n")

    assert others.read_text() == "theirs"
    assert {
        path.name: oct(mode(path)) for path in folder.iterdir() if not path.is_symlink()
    } == dict.fromkeys(("table.csv", "ledger.jsonl", "chart.csv"), "0o600")
