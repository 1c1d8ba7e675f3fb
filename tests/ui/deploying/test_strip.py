"""The strip above the code: shown while the open function is deployed, with a Cancel that ends it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton
from pytestqt.qtbot import QtBot

from tests.sandbox_functions import create_function
from tests.ui.editor.conftest import without_web_engine
from workbench.aws.connection import Connection
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.ui.editor import Editor
from workbench.ui.features.deploy.feature import DeployStrip
from workbench.ui.pages.code import CodePage
from workbench.ui.shell.services import OpenFunction, Services

HANDLER = "def handler(event, context):\n    return 1\n"


@dataclass
class Bench:
    """The Code tab with a function, and deploys that last until they are told to end."""

    services: Services
    code: CodePage
    strip: DeployStrip
    functions: list[OpenFunction]
    qtbot: QtBot
    ends: list[threading.Event] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)

    def until(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()))

    def deploy(self, function: OpenFunction, *, lane: str = "") -> JobHandle:
        end = threading.Event()
        self.ends.append(end)

        def run(ctx: JobContext) -> None:
            ctx.progress(3, 6, "Sending: 12.4 of 40.0 MB")
            while not end.wait(0.005):
                ctx.check()

        name = function.detail.function_name
        title = f"Deploying {name}"
        job = Job(title, run, lane=lane, on_cancelled=lambda: self.cancelled.append(name))
        handle = self.services.jobs.submit(job)
        self.strip.follow(function.detail.function_arn, handle)
        return handle

    def words(self, name: str) -> str:
        label = self.strip.findChild(QLabel, name)
        assert label is not None
        return label.accessibleName() or label.text()


@pytest.fixture
def bench(services: Services, connection: Connection, qtbot: QtBot) -> Iterator[Bench]:
    functions = [OpenFunction(connection, create_function(connection, HANDLER)) for _ in range(2)]
    code = CodePage(services, Editor(without_web_engine))
    qtbot.addWidget(code)
    strip = DeployStrip(code)
    code.resize(900, 400)
    with qtbot.waitExposed(code):
        code.show()
    bench = Bench(services, code, strip, functions, qtbot)
    code.show_function(functions[0])
    code.activate()
    bench.until(lambda: code.workspace is not None)
    yield bench
    for end in bench.ends:
        end.set()
    bench.until(lambda: not services.jobs.active())


def test_a_deploy_that_takes_a_while_is_shown_until_it_ends(bench: Bench) -> None:
    assert not bench.strip.isVisible()
    bench.deploy(bench.functions[0])
    bench.until(bench.strip.isVisible)
    name = bench.functions[0].detail.function_name
    assert bench.words("deployStripTitle") == f"Deploying {name}"
    assert bench.words("deployStripText") == "Sending: 12.4 of 40.0 MB"
    bar = bench.strip.findChild(QProgressBar, "deployStripProgress")
    assert bar is not None
    assert bar.value() == bar.maximum() // 2
    bench.ends[0].set()
    bench.until(lambda: not bench.strip.isVisible())


def test_cancel_ends_it(bench: Bench) -> None:
    bench.deploy(bench.functions[0])
    bench.until(bench.strip.isVisible)
    cancel = bench.strip.findChild(QPushButton, "deployStripCancel")
    assert cancel is not None
    QTest.mouseClick(cancel, Qt.MouseButton.LeftButton)
    bench.until(lambda: bench.cancelled)
    bench.until(lambda: not bench.strip.isVisible())


def test_it_is_about_the_function_that_is_open(bench: Bench) -> None:
    bench.deploy(bench.functions[1])
    bench.deploy(bench.functions[0])
    bench.until(bench.strip.isVisible)
    assert bench.words("deployStripTitle").endswith(bench.functions[0].detail.function_name)
    bench.ends[1].set()
    bench.until(lambda: not bench.strip.isVisible())
    bench.code.show_function(bench.functions[1])
    bench.until(lambda: bench.code.workspace is not None)
    bench.until(bench.strip.isVisible)
    assert bench.words("deployStripTitle").endswith(bench.functions[1].detail.function_name)


def test_one_that_waits_for_another_change_says_so(bench: Bench) -> None:
    bench.deploy(bench.functions[1], lane="write:1")
    bench.deploy(bench.functions[0], lane="write:1")
    bench.until(bench.strip.isVisible)
    assert bench.words("deployStripText") == "Waiting for another change to this function"
    bench.ends[0].set()
    bench.until(lambda: bench.words("deployStripText") == "Sending: 12.4 of 40.0 MB")
