"""What every test gets: an environment of its own, the strict checks, and the rooms' shared fixtures.

Nothing of the developer's reaches a test: no AWS variables, no ~/.aws, no session bus, no real data folder.
"""

import gc
import itertools
import os
import signal
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.bell import Bell
from tests.patience import qtbot  # noqa: F401 - a fixture; here it comes before pytest-qt's

pytest_plugins = [
    *("tests.strict", "tests.stall", "tests.screen", "tests.mortal", "tests.order"),
    "tests.key_memory",
]
if find_spec("tests.sandbox_fixtures"):
    pytest_plugins += ["tests.sandbox_fixtures", "tests.fault_proxy", "tests.botocore_memory"]


def _screen() -> str:
    """The file of the offscreen screen, by a path of ASCII letters: Qt finds no other.

    The plugin's own screen is 800 by 800.
    """
    file = Path(__file__).with_name("offscreen_screen.json")
    return str(file) if str(file).isascii() else f"/proc/{os.getpid()}/fd/{os.open(file, os.O_RDONLY)}"


_FOREIGN = ("AWS_", "XDG_", "DBUS_", "WORKBENCH_")
for _name in [name for name in os.environ if name.startswith(_FOREIGN)]:
    del os.environ[_name]
os.environ |= {
    "AWS_EC2_METADATA_DISABLED": "true",
    "LC_ALL": "C.UTF-8",
    "QT_SCALE_FACTOR": "1",
    "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", f"offscreen:configfile={_screen()}"),
}
if hasattr(os, "geteuid") and os.geteuid() == 0:
    os.environ["QTWEBENGINE_DISABLE_SANDBOX"] = "1"  # Chromium refuses to sandbox itself for root


# Whoever runs the tests may ignore what ends a program, as nohup and a shell's `&` do; children would too.
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# As in the program (see ui/garbage.py): a worker thread must not collect, and so destroy, objects of Qt.
gc.disable()
_ended = itertools.count(1)
_FULL_EACH = 50
_FREEZE_EACH = 250
"""Tests after which what there is by now is not looked at again: what was imported, and what is kept."""


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Collects garbage between tests, on the main thread.

    What fixtures gave the test goes too: pytest itself lets go of it only after this, when it has survived a
    collection of the youngest and stays until a full one.
    """
    if isinstance(item, pytest.Function):
        item.funcargs.clear()
    number = next(_ended)
    gc.collect(2 if number % _FULL_EACH == 0 else 0)
    if number == _FULL_EACH or number % _FREEZE_EACH == 0:
        gc.freeze()


@pytest.fixture(autouse=True)
def _font_of_the_application() -> Iterator[None]:
    """A larger interface text of one test would have the dialogs of the next ones scroll."""
    application = QApplication.instance()
    font = QApplication.font() if application is not None else None
    yield
    if font is not None and QApplication.font() != font:
        QApplication.setFont(font)


@pytest.fixture(scope="session", autouse=True)
def _session_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A home for what lives longer than one test; autouse comes before every other session fixture."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("session-home")))
        patch.setenv("WORKBENCH_HOME", str(tmp_path_factory.mktemp("session-workbench")))
        runtime_dir = tmp_path_factory.mktemp("runtime")
        runtime_dir.chmod(0o700)
        patch.setenv("XDG_RUNTIME_DIR", str(runtime_dir))
        yield


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """New folders: pytest's own numbers are found by a look at all folders of the run."""
    parent = tmp_path_factory.mktemp("homes")
    return (parent / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def _home(_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty home and data folder for each test."""
    for name, folder in zip(("HOME", "WORKBENCH_HOME"), _homes, strict=False):
        folder.mkdir(mode=0o700)
        monkeypatch.setenv(name, str(folder))


@pytest.fixture
def bell() -> Iterator[Bell]:
    """For a function to say that it runs."""
    with Bell() as made:
        yield made


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    """The application class, after WebEngine: it must be imported before an application exists."""
    import PySide6.QtWebEngineWidgets  # noqa: F401 - 200 ms that tests without Qt do not pay

    return QApplication
