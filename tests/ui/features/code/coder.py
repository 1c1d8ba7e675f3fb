"""Someone before the Code tab, and functions whose code comes from a server that can be slow or broken."""

import base64
import hashlib
import threading
from collections.abc import Callable
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QToolButton
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws
from tests.code.servers import Behaviour, sends, serving
from tests.code.zips import make_zip
from tests.ui.code_files import text
from tests.ui.dialogs import answer_next_input, answer_next_question
from tests.ui.editor.conftest import without_web_engine
from workbench.code.syntax import Problem
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.core.messages import _
from workbench.functions.model import detail_of
from workbench.ui.editor import Editor
from workbench.ui.features.code.conflict import Reverting
from workbench.ui.features.code.feature import CodeBar
from workbench.ui.files.tree import PATH_ROLE
from workbench.ui.kit.empty import EmptyState
from workbench.ui.pages.code import CodePage
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.services import OpenFunction, Services

WAIT_MS = 20_000


class CodeServer:
    """Functions in AWS's own words, each with its code on a server of the loopback."""

    def __init__(self, stub: StubbedAws, folder: Path, servers: ExitStack) -> None:
        self.stub = stub
        self._folder = folder
        self._servers = servers

    def function(
        self,
        name: str,
        files: dict[str, bytes | str],
        behave: Callable[[bytes], Behaviour] = sends,
        *,
        times: int = 1,
        version: str = "$LATEST",
        image_uri: str = "",
        **configuration: object,
    ) -> OpenFunction:
        """A function that AWS is asked for so many times; `behave` makes the server of its package."""
        package = make_zip(self._folder / f"{name}-{version}.zip", files).read_bytes()
        location = self._servers.enter_context(serving(behave(package)))
        arn = f"arn:aws:lambda:eu-central-1:123456789012:function:{name}"
        answer = {
            "Configuration": {
                "FunctionName": name,
                "FunctionArn": arn if version == "$LATEST" else f"{arn}:{version}",
                "Handler": "app.handler",
                "Runtime": "python3.13",
                "Version": version,
                "CodeSha256": base64.b64encode(hashlib.sha256(package).digest()).decode(),
                "RevisionId": "r1",
            }
            | configuration,
            "Code": {"ImageUri": image_uri} if image_uri else {"Location": location},
        }
        qualifier = {} if version == "$LATEST" else {"Qualifier": version}
        for _number in range(times):
            self.stub.answer("lambda", "get_function", answer, {"FunctionName": name} | qualifier)
        return OpenFunction(self.stub.connection, detail_of(answer))


class Slow:
    """Sends the first half of a package, and the rest when it may."""

    def __init__(self) -> None:
        self.half_sent = threading.Event()
        self.go = threading.Event()

    def __call__(self, package: bytes) -> Behaviour:
        def behave(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(package)))
            handler.end_headers()
            handler.wfile.write(package[: len(package) // 2])
            self.half_sent.set()
            self.go.wait(20)
            handler.wfile.write(package[len(package) // 2 :])

        return behave


def add_code_actions(services: Services) -> None:
    """The actions that the Code tab has buttons for; in the window features add them."""
    for name, title in (
        ("code.choose_version", "Open Version or Alias…"),
        ("code.latest", "Open $LATEST"),
        ("code.use_folder", "Use Local Folder…"),
        ("code.use_deployed", "Use Deployed Code"),
        ("code.take_over", "Take Over"),
        ("code.compare", "Compare with Deployed"),
        ("code.compare_with", "Compare With…"),
        ("code.revert_change", "Revert Change at Cursor"),
        ("code.next_change", "Next Difference"),
        ("code.previous_change", "Previous Difference"),
        ("function.copy_image_uri", "Copy Image URI"),
        ("function.deploy_on_save", "Deploy on Save"),
    ):
        services.actions.add(ActionSpec(name, title), lambda: None, after=_("&Code"))


class Coder:
    """The tab on the screen, and what it told the window."""

    def __init__(self, services: Services, qtbot: QtBot) -> None:
        add_code_actions(services)
        self.page = CodePage(services, Editor(without_web_engine))
        self.bar = CodeBar(services, self.page)
        self.page.content.add_bar(self.bar)
        self.files = self.page.files
        self.reverting = Reverting(services, self.page)
        self.services = services
        self.failed: list[WorkbenchError] = []
        self.notices: list[tuple[str, str]] = []
        self._problems: list[tuple[Problem, ...]] = []
        self._qtbot = qtbot
        qtbot.addWidget(self.page)
        self.page.resize(1140, 470)
        with qtbot.waitExposed(self.page):
            self.page.show()
        self.page.failed.connect(self.failed.append)
        for notice in (self.page.notice, self.page.drafts_back):
            notice.connect(lambda text, detail: self.notices.append((text, detail)))
        self.page.problems_changed.connect(self._problems.append)

    def until(self, condition: Callable[[], object]) -> None:
        self._qtbot.waitUntil(lambda: bool(condition()), timeout=WAIT_MS)

    def idle(self) -> None:
        """Until no job is left, what they called back was heard, and what was typed is on disk."""
        flushed: list[bool] = []
        self.files.flush(lambda: flushed.append(True))
        self.until(lambda: flushed and not self.services.jobs.active())
        heard: list[bool] = []
        self.services.jobs.submit(Job("listening", lambda _ctx: None, on_done=lambda _: heard.append(True)))
        self.until(lambda: heard)

    def show(self, function: OpenFunction) -> None:
        """Opens a function with the tab in front, as the window does."""
        self.page.show_function(function)
        if not self.page.active:
            self.page.activate()

    def open(self, function: OpenFunction) -> None:
        """Opens a function and waits for the handler's file."""
        self.show(function)
        self.until(lambda: self.files.current_path() == "app.py" and self.files.editor.is_ready)
        self.idle()

    @property
    def workspace(self) -> Workspace:
        assert self.page.workspace is not None
        return self.page.workspace

    @property
    def problems(self) -> list[Problem]:
        """What was told last to be wrong."""
        return list(self._problems[-1])

    @property
    def shown(self) -> str:
        """The text in the editor."""
        return text(self.files).toPlainText()

    def type(self, what: str) -> None:
        QTest.keyClicks(text(self.files), what)

    def save(self) -> None:
        self.files.save_current()
        self.idle()

    def busy_disk(self) -> threading.Event:
        """The disk is slow from now on for the files of the open function, until this is set."""
        go = threading.Event()
        self.services.jobs.submit(
            Job("a slow disk", lambda _ctx: go.wait(20), lane=f"disk:{self.workspace.folder}")
        )
        return go

    def new_file(self, path: str) -> None:
        """Makes a new file and gives it a name."""
        answer_next_input(self.page, path)
        self.page.changes.new_file()

    def revert(self, button: QMessageBox.StandardButton) -> str:
        """Reverts the shown file, and answers the question, whose words are returned."""
        asked = answer_next_question(self.page, button)
        self.reverting.revert_current()
        (words,) = asked
        return words

    def press_enter_on(self, path: str) -> None:
        """Opens a file of the tree by keyboard."""
        self.page.tree.setCurrentIndex(self._index(path))
        QTest.keyClick(self.page.tree, Qt.Key.Key_Return)

    def click(self, path: str) -> None:
        """Opens a file of the tree by mouse."""
        self.page.tree.expandAll()
        area = self.page.tree.visualRect(self._index(path))
        QTest.mouseClick(self.page.tree.viewport(), Qt.MouseButton.LeftButton, pos=area.center())

    def tree(self) -> dict[str, str]:
        """Every file in the tree with its mark."""
        return {path: str(index.siblingAtColumn(1).data() or "") for path, index in self._walk()}

    def _index(self, path: str) -> QModelIndex:
        return dict(self._walk())[path]

    def _walk(self, above: QModelIndex | None = None) -> list[tuple[str, QModelIndex]]:
        model = self.page.tree.model()
        above = above or QModelIndex()
        found = []
        for row in range(model.rowCount(above)):
            index = model.index(row, 0, above)
            if path := index.data(PATH_ROLE):
                found.append((str(path), index))
            found.extend(self._walk(index))
        return found

    @property
    def instead(self) -> EmptyState:
        """What stands where the code would be."""
        found = self.page.findChild(EmptyState, "codeLoading")
        assert found is not None
        return found

    @property
    def words(self) -> str:
        """What stands where the code would be, as long as there is none."""
        if not self.instead.isVisible():
            return ""
        return f"{self.instead.accessibleName()}\n{self.instead.accessibleDescription()}"

    @property
    def button(self) -> QToolButton:
        """The way out that is offered there."""
        found = self.instead.findChild(QToolButton, "emptyAction")
        assert found is not None
        return found
