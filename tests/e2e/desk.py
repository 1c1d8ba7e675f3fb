"""The whole program in a window without a screen, and the hands and eyes of who sits before it.

The program runs in the test's process, in a home of its own. What it talks to is real: the Sandbox, mostly by
a profile of ~/.aws with keys and an endpoint, which is how it would reach AWS.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import shiboken6
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.ui.window_desk import choose
from workbench.app import Milestones, Program
from workbench.aws.client_config import Access
from workbench.core.files import Paths
from workbench.core.policy import NO_POLICY, Policy
from workbench.core.settings import Settings
from workbench.profiles.safety import Safety
from workbench.ui.kit.dialog import WindowSizes
from workbench.ui.pages.code import CodePage
from workbench.ui.shell.banners import ErrorBanner

WAIT_MS = 20_000
PROFILE = "work"
_LOOK_MS = 20


def write_profile(access: Access, *, name: str = PROFILE, endpoint_url: str = "") -> None:
    """Adds a profile to ~/.aws/config that reaches an account of the Sandbox, or what stands before it.

    Its person has said before that the keys may go there, which is no AWS.
    """
    assert access.keys is not None
    endpoint_url = endpoint_url or access.endpoint_url
    Safety(Settings(Paths.default().config_dir / "settings.json")).trust_endpoint(name, endpoint_url)
    folder = Path(os.environ["HOME"]) / ".aws"
    folder.mkdir(exist_ok=True)
    with (folder / "config").open("a", encoding="utf-8") as file:
        file.write(
            f"[profile {name}]\n"
            f"region = {access.region}\n"
            f"endpoint_url = {endpoint_url}\n"
            f"aws_access_key_id = {access.keys.access_key_id}\n"
            f"aws_secret_access_key = {access.keys.secret_access_key}\n"
        )


class Desk:
    """Someone before the window of a program that was just started.

    Args:
        qtbot: Waits.
        application: Of the tests.
        profile_name: The profile to start with; empty for the one of last time.
        policy: Of the computer.
    """

    def __init__(
        self, qtbot: QtBot, application: QApplication, profile_name: str, policy: Policy = NO_POLICY
    ) -> None:
        self.program = Program(application, Paths.default(), Milestones(None), profile_name, policy=policy)
        self.window = self.program.window
        self.code = self.program.context.window.page.tab(CodePage)
        self.files = self.program.context.window.page.tab(CodePage).files
        self._qtbot, self._application = qtbot, application
        self._left = False
        self.program.show()

    def leave(self) -> None:
        """Quits as a person does; everything is to end."""
        if self._left:
            return
        self._left = True
        with self._qtbot.waitSignal(self.window.closed, timeout=WAIT_MS):
            self.window.close()
        self.program.destroy()
        shiboken6.delete(self.program.services.actions)
        self._undress()

    def _undress(self) -> None:
        """Takes off the application what a program gives it for good: other tests' windows would have it."""
        self.program.services.theme.set_text_size(100)
        shiboken6.delete(self.program.services.theme)
        for sizes in self._application.findChildren(WindowSizes):
            shiboken6.delete(sizes)
        self._application.setStyleSheet("")

    def until(self, condition: Callable[[], object]) -> None:
        """Lets the program run until something is so."""
        self._qtbot.waitUntil(lambda: bool(condition()), timeout=WAIT_MS)

    def rest(self, but: str = "") -> None:
        """Lets all work end, so that what was started without leave shows; each may have started the next.

        Args:
            but: How the titles of jobs begin that do not end: the Logs tab follows a log.
        """
        jobs = self.program.services.jobs
        for _ in range(3):
            self.flush()
            self.until(lambda: not [each for each in jobs.active() if not but or but not in each.job.title])

    # Hands

    def act(self, action: str) -> None:
        """Does an action of the registry, as its key or its menu does: only what is enabled."""
        found = self.program.services.actions[action]
        self.until(found.isEnabled)
        found.trigger()

    def click_function(self, function_name: str) -> None:
        """Clicks a row of the list."""
        functions = self.window.functions
        self.until(lambda: functions.model.index_of(function_name).isValid())
        area = functions.view.visualRect(functions.model.index_of(function_name))
        QTest.mouseClick(functions.view.viewport(), Qt.MouseButton.LeftButton, pos=area.center())

    def open_function(self, function_name: str) -> None:
        """Opens a function; its handler is in the editor then."""
        self.click_function(function_name)
        self.until(lambda: self.window.page.function is not None)
        self.act("view.code")
        self.until(lambda: self.files.current_path() and self.files.editor.is_ready)
        self.flush()

    def type_over(self, text: str) -> None:
        """Types a text in place of the shown file's."""
        editor = self.files.editor
        editor.focus_text()
        self.flush()
        keyboard = self._keyboard()
        QTest.keyClick(keyboard, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(keyboard, text)
        self.until(lambda: editor.is_dirty(editor.active_uri()))
        told: list[bool] = []
        editor.flush(lambda: told.append(True))
        self.until(lambda: told)

    def type(self, text: str) -> None:
        """Types a text where the cursor of the editor is."""
        QTest.keyClicks(self._keyboard(), text)

    def press_key(self, key: Qt.Key) -> None:
        """Presses a key in the editor."""
        QTest.keyClick(self._keyboard(), key)

    def choose_profile(self, name: str) -> None:
        """Chooses a profile in the picker's list, by keyboard."""
        picker = self.window.top_bar.profile
        self.until(lambda: picker.findText(name) >= 0)
        choose(picker, name)
        assert picker.currentText() == name

    def flush(self) -> None:
        """Waits until editor and disk have caught up."""
        done: list[bool] = []
        self.files.flush(lambda: done.append(True))
        self.until(lambda: done)

    def write_event(self, text: str) -> None:
        """Writes a test event."""
        self.act("view.test")
        event = self.window.findChild(QPlainTextEdit, "testEventText")
        assert event is not None
        self.until(event.toPlainText)
        event.setPlainText(text)

    def answer(self, box_name: str, button: str) -> list[str]:
        """Presses a button of the next message box of this name; the list gets the box's words then."""
        words: list[str] = []
        timer = QTimer(self.window, interval=_LOOK_MS)

        def look() -> None:
            box = QApplication.activeModalWidget()
            if isinstance(box, QMessageBox) and box.objectName() == box_name:
                timer.stop()
                words.append(f"{box.text()}\n{box.informativeText()}")
                (found,) = [each for each in box.buttons() if each.text().replace("&", "") == button]
                found.click()

        timer.timeout.connect(look)
        timer.start()
        return words

    def press_remedy(self, banner: ErrorBanner) -> None:
        """Presses the button that mends what a message is about."""
        button = banner.findChild(QPushButton, "bannerAction")
        assert button is not None
        self.until(button.isVisible)
        button.click()

    # Eyes

    def wait_for_list(self) -> None:
        """Until the list is up to date."""
        self.until(lambda: self.window.functions.freshness.text().endswith("up to date"))

    def names(self) -> list[str]:
        """The functions in the list."""
        return [row.function_name for row in self.window.functions.model.all()]

    def wait_for_message(self, words: str) -> ErrorBanner:
        """Until a message with these words is above the page."""

        def found() -> list[ErrorBanner]:
            return [banner for banner in self.window.banners.banners if words in text_of(banner)]

        self.until(found)
        return found()[0]

    def in_page(self, script: str) -> Any:
        """What a script of the editor's page gives."""
        view = self.window.findChild(QWebEngineView, "editorWebView")
        assert view is not None
        got: list[Any] = []
        view.page().runJavaScript(script, got.append)
        self.until(lambda: got)
        return got[0]

    def editor_text(self, uri: str) -> str:
        """The text of an open document as it is at this moment."""
        got: list[str] = []
        self.files.editor.text(uri, lambda snapshot: got.append(snapshot.text))
        self.until(lambda: got)
        return got[0]

    def result(self) -> str:
        """The answer in the result panel."""
        return self.window.result.answer.toPlainText()

    def activity(self) -> str:
        """All rows of the Activity panel."""
        view = self.window.activity.findChild(QTableView, "activityTable")
        assert view is not None
        model = view.model()
        rows, columns = range(model.rowCount()), range(model.columnCount())
        return "\n".join(str(model.index(row, column).data()) for row in rows for column in columns)

    def code_state(self) -> str:
        """What stands where the code would be, as long as there is none."""
        state = self.window.findChild(QWidget, "codeLoading")
        assert state is not None
        return f"{state.accessibleName()}\n{state.accessibleDescription()}"

    def _keyboard(self) -> QWidget:
        view = self.files.editor.focusProxy()
        while view is not None and view.focusProxy() is not None:
            view = view.focusProxy()
        assert view is not None
        return view


def text_of(widget: QWidget) -> str:
    """What the labels in a widget say."""
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.text())


def assert_said(banner: ErrorBanner, aws_code: str = "") -> None:
    """A message must say what, why and what to do, with AWS's code where there is one."""
    error = banner.error
    assert error.what
    assert error.why
    assert error.remedy
    assert error.aws_code == aws_code
    if aws_code:
        assert aws_code in text_of(banner)
