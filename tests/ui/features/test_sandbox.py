"""The Sandbox's menu: it is started, reset once that was confirmed, and filled with samples that are used."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from tests.sandbox.conftest import make, told
from tests.sandbox.recorder import Make, Recorder
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.sandbox.supervisor import Sandbox, SandboxState
from workbench.ui.features.sandbox.feature import SandboxControl
from workbench.ui.shell.services import Services

__all__ = ["make", "told"]  # fixtures
Build = Callable[..., tuple[Sandbox, SandboxControl]]


@pytest.fixture
def build(make: Make, services: Services, qtbot: QtBot) -> Build:
    """Makes a stand-in for the Sandbox that behaves as told, with its menu."""
    window = QWidget()
    qtbot.addWidget(window)

    def built(*behaviours: str) -> tuple[Sandbox, SandboxControl]:
        sandbox = make(*behaviours)
        return sandbox, SandboxControl(services, sandbox, window)

    return built


def answer(button: QMessageBox.StandardButton) -> None:
    """Answers the question that the next action asks."""

    def press() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        assert box.defaultButton() is box.button(QMessageBox.StandardButton.Cancel)
        QTest.mouseClick(box.button(button), Qt.MouseButton.LeftButton)

    QTimer.singleShot(0, press)


def left_behind(sandbox: Sandbox) -> Path:
    """A file of what was done in the Sandbox."""
    file = sandbox.data_dir / "state" / "function.json"
    file.write_text("{}")
    return file


def test_start_starts_it_and_has_the_window_connect(
    build: Build, services: Services, qtbot: QtBot, told: Recorder
) -> None:
    sandbox, control = build()
    with qtbot.waitSignal(control.moved):
        control.start()
    assert sandbox.status.state is SandboxState.READY
    assert told.states == [SandboxState.STARTING, SandboxState.READY]


def test_a_start_that_fails_says_why(build: Build, services: Services, qtbot: QtBot) -> None:
    sandbox, control = build("crash")
    with qtbot.waitSignal(control.failed) as failed:
        control.start()
    (error,) = failed.args
    assert isinstance(error, WorkbenchError)
    assert "the last word" in error.why
    assert sandbox.status.endpoint is None


def test_reset_deletes_all_that_is_in_it_and_starts_it_anew(
    build: Build, services: Services, qtbot: QtBot
) -> None:
    sandbox, control = build()
    first = sandbox.start(JobContext())
    file = left_behind(sandbox)
    answer(QMessageBox.StandardButton.Reset)
    with qtbot.waitSignals([control.was_reset, control.moved], order="strict"):
        control.reset()
    assert not file.exists()
    endpoint = sandbox.status.endpoint
    assert endpoint is not None
    assert endpoint.pid != first.pid


def test_without_a_yes_nothing_is_reset(build: Build, services: Services, qtbot: QtBot) -> None:
    sandbox, control = build()
    first = sandbox.start(JobContext())
    file = left_behind(sandbox)
    answer(QMessageBox.StandardButton.Cancel)
    with qtbot.assertNotEmitted(control.was_reset):
        control.reset()
    assert services.jobs.active() == []
    assert file.exists()
    assert sandbox.status.endpoint == first


def test_a_new_sandbox_is_filled_with_samples_that_are_then_used(
    build: Build,
    services: Services,
    qtbot: QtBot,
    connection: Connection,
    own_sample_buckets: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _sandbox, control = build()
    monkeypatch.setattr(connection, "unobserved", lambda: connection)
    created = list[bool]()
    control.samples_changed.connect(lambda: created.append(True))
    control.fill(connection)
    words = "Invoking the Sandbox's samples"
    qtbot.waitUntil(lambda: words in [each.job.title for each in services.jobs.active()], timeout=60_000)
    assert len(created) == len(connection.call("lambda", "list_functions")["Functions"]) > 0

    def groups() -> object:
        """They are there once a function has been invoked."""
        return connection.call("logs", "describe_log_groups")["logGroups"]

    qtbot.waitUntil(lambda: bool(groups()), timeout=60_000)
    services.jobs.drop("sandbox.samples")  # it takes its time
    qtbot.waitUntil(lambda: not services.jobs.active())
