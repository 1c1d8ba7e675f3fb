"""Deploying by one click: said before, shown while it runs, cancelled, and told how it ended."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from tests.aws.model_check import model_checked_sessions
from tests.code.dependencies.wheels import make_wheel, use_only
from tests.fault_proxy import Proxy
from tests.sandbox_functions import create_function, deployed_text
from tests.ui.dialogs import install_question
from workbench.aws.client_config import Access
from workbench.aws.connection import ApiCall, Connection
from workbench.code.workspace import Workspace, open_workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.deploy.journal import Journal
from workbench.deploy.run import code_source, propose
from workbench.functions.detail import get_function
from workbench.ui.features.deploy.flow import DeployFlow
from workbench.ui.pages.code_opening import equip
from workbench.ui.shell.services import OpenFunction, Services

OLD = "def handler(event, context):\n    return 'old'\n"
NEW = "def handler(event, context):\n    return 'new'\n"
BROKEN = "def handler(event, context)\n    return 1\n"
UPDATE = "UpdateFunctionCode"
WAIT_MS = 20_000
CTX = JobContext()


class Wire:
    """Sees every call, and can keep the program waiting after one: an observer is told on its thread."""

    def __init__(self) -> None:
        self.calls: list[ApiCall] = []
        self.go = threading.Event()
        self._held = ""

    def hold(self, operation: str) -> None:
        self._held = operation

    def __call__(self, call: ApiCall) -> None:
        self.calls.append(call)
        if call.operation == self._held:
            self.go.wait(20)

    @property
    def writes(self) -> list[str]:
        return [call.operation for call in self.calls if call.is_write]

    def is_holding(self) -> bool:
        return bool(self.calls) and self.calls[-1].operation == self._held and not self.go.is_set()


class Pad:
    """A function, its code here, and what the flow tells the window."""

    def __init__(self, services: Services, function: OpenFunction, workspace: Workspace, qtbot: QtBot):
        self.services = services
        self.function = function
        self.workspace = workspace
        self.name = function.detail.function_name
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.window.show()
        self.flow = DeployFlow(services, self.window)
        self.deployed: list[OpenFunction] = []
        self.failed: list[WorkbenchError] = []
        self.notices: list[tuple[str, str, str]] = []
        self.flow.deployed.connect(self.deployed.append)
        self.flow.failed.connect(self.failed.append)
        self.flow.notice.connect(lambda *notice: self.notices.append(notice))
        self.asked: list[str] = []
        self.answer = "Cancel"
        self._qtbot = qtbot
        timer = QTimer(self.window, interval=20)
        timer.timeout.connect(self._answer)
        timer.start()

    def until(self, condition: Callable[[], object]) -> None:
        self._qtbot.waitUntil(lambda: bool(condition()), timeout=WAIT_MS)

    def idle(self) -> None:
        """Until no job is left and what they called back was heard."""
        self.until(lambda: not self.services.jobs.active())
        heard: list[bool] = []
        self.services.jobs.submit(Job("listening", lambda _ctx: None, on_done=lambda _: heard.append(True)))
        self.until(lambda: heard)

    def save(self, source: str) -> None:
        self.workspace.save("app.py", source)

    def press_deploy(self) -> None:
        self.flow.start(self.function, self.workspace)

    def job(self) -> JobHandle:
        """The deploy, as the status bar shows it with its progress and Cancel."""
        (handle,) = self.services.jobs.active()
        assert handle.job.title == f"Deploying {self.name}"
        assert not handle.job.quiet
        return handle

    def _answer(self) -> None:
        """Presses the button `answer` of a question, once it has been read."""
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox) and box.objectName() == "deployProblems":
            labels = [label for label in box.findChildren(QLabel) if label.text()]
            formats = {label.textFormat() for label in labels if "<" in label.text()}
            words = "\n".join(label.text() for label in labels)
            self.asked.append(words if formats <= {Qt.TextFormat.PlainText} else "drawn as markup")
            (found,) = [each for each in box.buttons() if each.text().replace("&", "") == self.answer]
            found.click()


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.go.set()


@pytest.fixture
def pad(services: Services, access: Access, connection: Connection, wire: Wire, qtbot: QtBot) -> Pad:
    detail = create_function(connection, OLD)
    watched = Connection.open(access, observer=wire, sessions=model_checked_sessions())
    workspace = open_workspace(code_source(detail, connection), services.paths.data_dir / "workspaces", CTX)
    wire.calls.clear()
    return Pad(services, OpenFunction(watched, detail), workspace, qtbot)


# ---- how it ends -----------------------------------------------------------------------------------------


def test_an_edit_is_deployed_and_that_is_said(pad: Pad, connection: Connection) -> None:
    pad.save(NEW)
    pad.press_deploy()
    pad.until(lambda: pad.deployed)
    ((text, detail, tone),) = pad.notices
    assert text.startswith(f"Deployed {pad.name} in ")
    assert text.endswith(" s.")
    assert detail == "The function has the new code."
    assert tone == "good"
    assert deployed_text(connection, pad.name) == NEW
    now = get_function(connection, pad.name)
    assert pad.deployed[0].detail.code_sha256 == now.code_sha256 == pad.workspace.base.code_sha256
    assert pad.deployed[0].connection is pad.function.connection
    assert pad.workspace.is_clean(CTX)


def test_unchanged_code_is_already_deployed_and_nothing_is_sent(pad: Pad, wire: Wire) -> None:
    pad.press_deploy()
    pad.until(lambda: pad.deployed)
    assert pad.notices == [
        (f"{pad.name} is already deployed.", "The function already has this code.", "info")
    ]
    assert wire.writes == []


def test_pressed_twice_it_is_sent_once(pad: Pad, wire: Wire) -> None:
    pad.save(NEW)
    wire.hold(UPDATE)
    pad.press_deploy()
    pad.press_deploy()
    pad.until(wire.is_holding)
    pad.press_deploy()
    wire.go.set()
    pad.until(lambda: len(pad.notices) == 2)
    pad.idle()
    assert wire.writes == [UPDATE]
    assert pad.notices[0][2] == "good"
    assert pad.notices[1][0] == f"{pad.name} is already deployed."


# ---- while it runs ---------------------------------------------------------------------------------------


def test_its_steps_are_shown(pad: Pad, wire: Wire) -> None:
    pad.save(NEW)
    wire.hold(UPDATE)
    pad.press_deploy()
    pad.until(wire.is_holding)
    progress = pad.job().progress
    assert progress.text.startswith("Sending ")
    assert 0 < progress.done < progress.total
    wire.go.set()
    pad.until(lambda: pad.deployed)


def test_cancel_before_it_is_sent_leaves_the_old_code(pad: Pad, wire: Wire, connection: Connection) -> None:
    pad.save(NEW)
    wire.hold("GetFunction")
    pad.press_deploy()
    pad.until(wire.is_holding)
    pad.job().cancel()
    wire.go.set()
    pad.until(lambda: pad.notices)
    assert pad.notices == [("Deploy cancelled.", f"{pad.name} still has the previous code.", "info")]
    assert deployed_text(connection, pad.name) == OLD
    assert pad.workspace.read("app.py").text == NEW  # nothing that was written is lost
    assert pad.failed == []
    assert pad.deployed == []

    pad.press_deploy()
    pad.until(lambda: pad.deployed)
    assert deployed_text(connection, pad.name) == NEW


def test_cancel_after_it_was_sent_does_not_deny_the_new_code(
    pad: Pad, wire: Wire, connection: Connection
) -> None:
    pad.save(NEW)
    wire.hold(UPDATE)
    pad.press_deploy()
    pad.until(wire.is_holding)
    pad.job().cancel()
    wire.go.set()
    pad.until(lambda: pad.deployed)
    ((text, detail, tone),) = pad.notices
    assert pad.name in text
    assert "new code" in detail
    assert tone in ("good", "warning")  # in place, or AWS is still at it
    assert deployed_text(connection, pad.name) == NEW


def test_a_deploy_waits_for_what_else_is_written_to_its_function(pad: Pad, wire: Wire) -> None:
    go = threading.Event()
    lane = f"write:{pad.function.detail.function_arn}"
    pad.services.jobs.submit(Job("another write", lambda _ctx: go.wait(20), lane=lane))
    pad.save(NEW)
    pad.press_deploy()
    done: list[bool] = []
    pad.services.jobs.submit(Job("elsewhere", lambda _ctx: None, on_done=lambda _: done.append(True)))
    pad.until(lambda: done)
    assert wire.calls == []
    go.set()
    pad.until(lambda: pad.deployed)


# ---- what will not run -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (BROKEN, "app.py:1: Syntax error"),
        ("other = 1\n", "app.py does not define handler"),
        ("def handler(event, context):\n    return 1\nreturn 2\n", "app.py:3: Syntax error"),
    ],
    ids=["syntax", "handler", "return"],
)
def test_what_will_not_run_is_said_first_and_deployed_only_if_wanted(
    pad: Pad, wire: Wire, connection: Connection, source: str, words: str
) -> None:
    pad.save(source)
    pad.press_deploy()
    pad.until(lambda: pad.asked)
    pad.idle()
    assert words in pad.asked[0]
    assert wire.calls == []
    assert (pad.notices, pad.failed) == ([], [])

    pad.answer = "Deploy Anyway"
    pad.press_deploy()
    pad.until(lambda: pad.deployed)
    assert deployed_text(connection, pad.name) == source


def test_a_missing_module_is_said_before_a_deploy(pad: Pad, wire: Wire, connection: Connection) -> None:
    source = f"import not_there\n{NEW}"
    pad.save(source)
    pad.press_deploy()
    pad.until(lambda: pad.asked)
    pad.idle()
    assert "app.py imports not_there, which is neither in the package nor in the runtime." in pad.asked[0]
    assert wire.writes == []
    pad.answer = "Deploy Anyway"
    pad.press_deploy()
    pad.until(lambda: pad.deployed)
    assert deployed_text(connection, pad.name) == source


def test_a_module_that_the_installed_packages_do_not_bring_is_said_once_they_are_there(
    pad: Pad, wire: Wire, connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_wheel(tmp_path / "wheels", "lib", "1.0", {"lib/__init__.py": ""})
    use_only(tmp_path / "wheels", monkeypatch)
    equip(pad.workspace, pad.services, pad.function.detail)
    pad.save(f"import lib\nimport not_there\n{NEW}")
    pad.workspace.create("requirements.txt", "lib==1.0\n")
    pad.press_deploy()
    question = install_question(pad)
    assert pad.asked == []
    question.yes.click()
    pad.until(lambda: pad.asked)
    pad.idle()
    assert "app.py imports not_there" in pad.asked[0]
    assert "lib" not in pad.asked[0].replace("library", "")
    assert wire.writes == []
    assert deployed_text(connection, pad.name) == OLD

    pad.answer = "Deploy Anyway"
    pad.press_deploy()
    pad.until(lambda: pad.deployed)
    assert len(pad.asked) == 2  # not once more: it was agreed to
    assert wire.writes == [UPDATE]


SCRIPT = "export const main = async (event) => 'new';\n"


@pytest.mark.parametrize(
    ("runtime", "file", "source", "missing", "handler"),
    [
        ("python3.13", "main.py", NEW, "app.py does not exist", "main.handler"),
        ("nodejs22.x", "main.mjs", SCRIPT, "the package has no app.js", "main.main"),
    ],
)
def test_a_handler_that_is_not_in_the_package_is_said_and_another_can_be_set_with_the_deploy(
    services: Services,
    connection: Connection,
    qtbot: QtBot,
    runtime: str,
    file: str,
    source: str,
    missing: str,
    handler: str,
) -> None:
    detail = create_function(connection, source, runtime=runtime, file_name=file)
    workspace = open_workspace(code_source(detail, connection), services.paths.data_dir / "workspaces", CTX)
    pad = Pad(services, OpenFunction(connection, detail), workspace, qtbot)
    workspace.save(file, source + "\n")
    pad.answer = "Deploy Anyway"
    pad.press_deploy()
    pad.until(lambda: pad.deployed)
    assert missing in pad.asked[0]
    ((_text, said, tone),) = pad.notices
    assert missing in said  # afterwards, too
    assert tone == "warning"
    assert get_function(connection, pad.name).handler == "app.handler"

    pad.function = pad.deployed[0]
    pad.notices.clear()
    workspace.save(file, source + "\n\n")
    pad.answer = f"Deploy and Set Handler to “{handler}”"
    pad.press_deploy()
    pad.until(lambda: len(pad.deployed) == 2)
    assert pad.deployed[1].detail.handler == get_function(connection, pad.name).handler == handler
    assert deployed_text(connection, pad.name, file) == source + "\n\n"
    ((_text, said, tone),) = pad.notices
    assert missing not in said
    assert tone == "good"


def test_pressed_twice_it_asks_once(pad: Pad) -> None:
    pad.save(BROKEN)
    pad.press_deploy()
    pad.press_deploy()
    pad.until(lambda: pad.asked)
    pad.idle()
    assert len(pad.asked) == 1
    pad.until(lambda: pad.window.findChild(QMessageBox) is None)


def test_the_names_of_files_are_no_markup(pad: Pad) -> None:
    pad.workspace.create("<h1>shout<br>.py", "def (:\n")
    pad.press_deploy()
    pad.until(lambda: pad.asked)
    assert "<h1>shout<br>.py:1: Syntax error" in pad.asked[0]


def test_many_problems_are_shortened_and_counted(pad: Pad) -> None:
    for number in range(30):
        pad.workspace.create(f"broken_{number:02}.py", "def (:\n")
    pad.press_deploy()
    pad.until(lambda: pad.asked)
    assert pad.asked[0].count("Syntax error") == 5
    assert "25 more" in pad.asked[0]


# ---- what goes wrong -------------------------------------------------------------------------------------


def test_a_function_that_was_deleted_meanwhile_is_said(pad: Pad, connection: Connection) -> None:
    pad.save(NEW)
    connection.call("lambda", "delete_function", FunctionName=pad.name)
    pad.press_deploy()
    pad.until(lambda: pad.failed)
    (error,) = pad.failed
    assert error.aws_code == "ResourceNotFoundException"
    assert pad.name in error.what
    assert error.remedy
    assert (pad.notices, pad.deployed) == ([], [])
    assert pad.workspace.read("app.py").text == NEW


def test_a_refusal_says_awss_code_and_which_code_the_function_has(
    pad: Pad, proxy: Proxy, access: Access, connection: Connection
) -> None:
    words = "User is not authorized to perform: lambda:UpdateFunctionCode"
    error = {"code": "AccessDeniedException", "status": 403, "message": words}
    proxy.inject({"operation": UPDATE, "error": error})
    faulty = Connection.open(replace(access, endpoint_url=proxy.url), sessions=model_checked_sessions())
    pad.function = OpenFunction(faulty, pad.function.detail)
    pad.save(NEW)
    pad.press_deploy()
    pad.until(lambda: pad.failed)
    (said,) = pad.failed
    assert said.aws_code == "AccessDeniedException"
    assert "lambda:UpdateFunctionCode" in said.why
    assert "still has the previous code" in said.why
    assert deployed_text(connection, pad.name) == OLD
    assert pad.workspace.read("app.py").text == NEW


def test_a_deploy_that_a_crash_interrupted_is_told_once(pad: Pad) -> None:
    pad.save(NEW)
    plan = propose(pad.function.connection, pad.workspace, CTX)[1]
    Journal(pad.services.paths.data_dir / "deploys").begin_deploy(plan, pad.workspace.folder).close()
    pad.flow.recover(pad.function.connection)
    pad.until(lambda: pad.notices)
    ((text, detail, tone),) = pad.notices
    assert text == f"A deployment of {pad.name} was interrupted."
    assert "previous code" in detail
    assert tone == "warning"
    pad.flow.recover(pad.function.connection)
    pad.idle()
    assert len(pad.notices) == 1
