"""A newcomer's first day: what one meets who reads little, clicks much, and looks at each answer.

Usage: `python -m tests.e2e.newcomer_job FOLDER`. The screen has a window manager; the program chooses the
size of its window itself. A picture of each step goes to FOLDER, light and dark.
"""

import faulthandler
import os
import sys
import tempfile
from pathlib import Path

import shiboken6
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from tests.e2e.driver import DRAWN, TYPING, Driver
from tests.e2e.main_job import HANDLER, close
from tests.e2e.walk import EDITOR, Walk
from workbench.app import Milestones, Program, make_application
from workbench.core.files import Paths
from workbench.sandbox.samples import HELLO
from workbench.ui.features.deploy.dialog import DeployDialog
from workbench.ui.features.deploy.roll_back_dialog import RollBackDialog
from workbench.ui.features.local_run.debugging import DebugPanel
from workbench.ui.features.logs.feature import LogsPage
from workbench.ui.features.metrics.page import MetricsPage
from workbench.ui.features.new_function.dialog import NewFunctionDialog
from workbench.ui.features.permissions.dialog import PermissionsDialog
from workbench.ui.features.permissions.statement_dialog import StatementDialog
from workbench.ui.features.triggers.event import EventDialog
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.shell.getting_started_card import Step

STUCK_AFTER_S = 280
GREETING = "Servus"
SLOW = "def lambda_handler(event, context): import time; time.sleep(60)"
LISTS = "def lambda_handler(event, context): import boto3; return boto3.client('s3').list_buckets()['Owner']"
OBJECT_KEY = "greetings/newcomer.txt"
PROJECT = "project-orders"
_LEFT_EDGE = "parseFloat(document.querySelector('.lines-content').style.left) === 0"


class Newcomer(Walk):
    """The first day, on the samples."""

    def run(self) -> None:
        """Raises AssertionError where a newcomer would be stuck, or be led astray."""
        self._look_at_the_window()
        self._edit_by_the_card()
        self._invoke_before_deploying()
        self._look_at_the_charts()
        self._read_the_logs()
        self._roll_back_an_alias()
        self._exceed_the_timeout()
        self._debug()
        self._add_a_trigger()
        self._send_an_object()
        self._allow_what_was_denied()
        self._make_a_function_of_a_folder()

    def _look_at_the_window(self) -> None:
        driver, window = self.driver, self.program.window
        driver.until(lambda: window.frameGeometry() != window.geometry(), "the window has a frame")
        screen = QGuiApplication.primaryScreen().geometry()
        driver.until(lambda: screen.contains(window.frameGeometry()), f"it is on the screen {screen}")
        bar = window.statusBar()
        driver.until(lambda: screen.contains(QRect(bar.mapToGlobal(QPoint()), bar.size())), "the status bar")
        driver.until(lambda: window.functions.model.index_of(HELLO).isValid(), "the samples are listed")
        driver.focus_window()
        self.shoot("first-window", "functionSearch")

    def _edit_by_the_card(self) -> None:
        """The code is seen from its first column, and one types over the greeting."""
        driver, steps = self.driver, self.program.window.page.empty.steps
        edit = steps.buttons[Step.EDIT]
        driver.until(edit.isEnabled, "Edit can be pressed")
        driver.click(edit)
        driver.until(lambda: self.code().current_path() == HANDLER, "the handler is open")
        driver.seen(DRAWN, "its text")
        driver.seen(TYPING, "the caret in the text")
        driver.seen(_LEFT_EDGE, "the first column")
        self.see("greeting-selected", EDITOR)
        driver.type(GREETING)
        editor = self.code().editor
        driver.until(lambda: editor.is_dirty(editor.active_uri()), "the tab says unsaved")
        driver.keys("ctrl+s")
        driver.until(self.find(QLabel, "functionNotDeployed").isVisible, "the badge Not deployed")
        self.see("edited", EDITOR)

    def _invoke_before_deploying(self) -> None:
        """The result says that older code ran, and one click runs what was typed."""
        driver, result = self.driver, self.program.window.result
        self.invoke("Succeeded")
        driver.until(result.code_note.isVisible, "which code ran is said")
        assert GREETING not in self.text("resultAnswer")
        self.see("older-code", EDITOR)
        driver.click(result.deploy_and_invoke)
        driver.until(lambda: GREETING in self.text("resultAnswer"), "the response of the edited code")
        assert not result.code_note.isVisible()
        line = next(n for n, text in enumerate(self.text("resultAnswer").split("\n")) if GREETING in text)
        assert (line + 1) * result.answer.fontMetrics().lineSpacing() < result.answer.viewport().height()
        driver.until(lambda: "REPORT" in self.text("resultLog"), "the invocation's log lines")
        self.see("newer-code", "resultAnswer")

    def _look_at_the_charts(self) -> None:
        driver, metrics = self.driver, self.program.window.page.tab(MetricsPage)
        driver.keys("alt+6")
        driver.until(lambda: metrics.charts["invocations"].curves, "the chart has a curve")
        self.see("charts", "invocationsChart")

    def _read_the_logs(self) -> None:
        """Open in Logs shows the lines whole; a key that is pressed there switches no profile."""
        driver, window = self.driver, self.program.window
        driver.keys("alt+1")
        driver.click(self.find(QPushButton, "resultOpenLogs"))
        view = window.page.tab(LogsPage).view
        driver.until(lambda: view.table.model().rowCount() > 0, "the lines are there")
        profile, region = window.top_bar.profile.currentText(), window.top_bar.region.currentText()
        driver.keys("Down", "Down", "s")
        driver.pause()
        assert (window.top_bar.profile.currentText(), window.top_bar.region.currentText()) == (
            profile,
            region,
        )
        assert not [each for each in window.banners.banners if _covers(each, view)]
        self.see("logs", "invocations")

    def _roll_back_an_alias(self) -> None:
        """Two releases through an alias; the alias goes back to the first one, as the title says."""
        driver, page = self.driver, self.program.window.page
        for number in (1, 2):
            self._release(number)
        aliases = page.tab(VersionsPage).aliases.rows
        driver.keys("alt+7")
        driver.until(lambda: [each.version for each in aliases.all] == ["2"], "live is version 2")
        driver.keys("alt+8")
        driver.keys("alt+shift+b")
        dialog = driver.dialog(RollBackDialog)
        driver.until(dialog.yes.isEnabled, "the plan of the roll-back")
        assert dialog.yes.text() == "Roll Back to Version 1"
        assert dialog.by_alias.isChecked()
        self.shoot("roll-back", "rollBackYes")
        driver.keys("Return")
        driver.until(lambda: QApplication.activeModalWidget() is None, "the dialog is closed")
        driver.focus_window()
        driver.keys("alt+7")
        driver.until(lambda: [each.version for each in aliases.all] == ["1"], "live is version 1 again")
        self.see("rolled-back", "versionTable")

    def _release(self, number: int) -> None:
        """Deploys a version through the alias live."""
        driver = self.driver
        self.replace_code(f"def lambda_handler(event, context): return 'release {number}'")
        driver.keys("ctrl+shift+b")
        dialog = driver.dialog(DeployDialog)
        if not dialog.form.moving.is_checked:
            tick = dialog.form.moving.tick
            driver.click(tick, QPoint(12, tick.height() // 2))
            driver.until(dialog.form.alias.isVisible, "the fields of the alias")
            driver.click(dialog.form.alias)
            driver.keys("ctrl+a")
            driver.type("live")
        driver.until(dialog.yes.isEnabled, "the plan is ready")
        self.shoot(f"deploy-{number}")
        before = self.code_sha256()
        driver.click(dialog.yes)
        driver.until(lambda: self.code_sha256() != before, f"release {number} is deployed")
        driver.until(lambda: QApplication.activeModalWidget() is None, "the dialog is closed")
        driver.focus_window()

    def _exceed_the_timeout(self) -> None:
        driver, result = self.driver, self.program.window.result
        self.replace_code(SLOW)
        self.deploy()
        driver.keys("ctrl+shift+i")
        driver.until(lambda: result.status.text() == "The function timed out after 5 s", "it was stopped")
        driver.until(result.open_setting.isVisible, "a way to the setting")
        self.see("timed-out", EDITOR)

    def _debug(self) -> None:
        """F9 sets a breakpoint, F5 goes on."""
        driver, window = self.driver, self.program.window
        self.replace_code("def lambda_handler(event, context): return 'seen'")
        driver.keys("F9")
        driver.keys("ctrl+F5")
        panel = window.findChild(DebugPanel)
        assert panel is not None
        driver.until(lambda: panel.frame and panel.frame.name == "<module>", "it stops where the line begins")
        driver.keys("F5")
        driver.until(lambda: panel.frame and panel.frame.name == "lambda_handler", "it stops in the handler")
        self.see("stopped", EDITOR)
        driver.keys("F5")
        driver.until(lambda: window.result.status.text() == "Succeeded locally", "it goes on")

    def _add_a_trigger(self) -> None:
        driver = self.driver
        dialog = self.choose_bucket()
        driver.click(dialog.next)
        driver.until(lambda: dialog.prepared is not None, "the checks have run")
        checks = dialog.settings.to_findings
        if checks.isVisible():
            driver.click(checks)
            driver.until(lambda: not checks.isVisible(), "the checks are in sight")
        self.shoot("checks")
        driver.until(dialog.next.isEnabled, "nothing stands in the way")
        driver.click(dialog.next)
        driver.until(lambda: dialog.shows_plan and dialog.yes.isEnabled(), "the plan")
        self.create_trigger(dialog)

    def _send_an_object(self) -> None:
        """An object with the newcomer's own key and content invokes the function."""
        driver = self.driver
        driver.click(self.find(QPushButton, "testTrigger"))
        dialog = driver.dialog(EventDialog)
        for name, text in (("key", OBJECT_KEY), ("body", "Grüezi")):
            box = dialog.findChild(QWidget, f"eventField.{name}")
            assert box is not None
            driver.click(box)
            driver.keys("ctrl+a")
            driver.type(text)
        self.shoot("own-event")
        driver.click(dialog.send)
        driver.until(dialog.logs.isVisible, "the invocation is found")
        self.shoot("event-arrived")
        driver.click(dialog.close_button)
        driver.until(lambda: QApplication.activeModalWidget() is None, "the dialog is closed")
        driver.focus_window()

    def _allow_what_was_denied(self) -> None:
        driver, result = self.driver, self.program.window.result
        self.replace_code(LISTS)
        self.deploy()
        driver.keys("ctrl+shift+i")
        driver.until(lambda: "AccessDenied" in self.text("resultAnswer"), "S3 denies the call")
        driver.until(result.allow.isVisible, "Allow This…")
        self.see("denied", EDITOR)
        driver.click(result.allow)
        driver.dialog(StatementDialog)  # the text names no resource
        self.shoot("statement")
        driver.type("*")
        driver.keys("Tab", "Return")
        dialog = driver.dialog(PermissionsDialog)
        driver.until(dialog.next.isEnabled, "the statement is filled in")
        self.shoot("allow")
        driver.click(dialog.next)
        driver.until(lambda: dialog.yes.isVisible() and dialog.yes.isEnabled(), "the plan")
        driver.click(dialog.yes)
        driver.until(lambda: QApplication.activeModalWidget() is None, "the dialog is closed")
        driver.focus_window()
        self.invoke("Succeeded")
        self.see("allowed", "resultAnswer")

    def _make_a_function_of_a_folder(self) -> None:
        """Handler and runtime are proposed, and the folder is the code."""
        driver, folder = self.driver, Path(os.environ["HOME"]) / "project"
        folder.mkdir()
        (folder / "app.py").write_text("def handler(event, context):\n    return 'from a folder'\n")
        (folder / ".python-version").write_text("3.13\n")
        driver.keys("alt+shift+n")
        dialog = driver.dialog(NewFunctionDialog)
        driver.type(PROJECT)
        driver.open_list(dialog.code.kind)
        driver.type("A folder")
        driver.keys("Return")
        driver.until(dialog.code.path.line.isVisible, "a folder is asked for")
        driver.click(dialog.code.path.line)
        driver.type(str(folder))
        driver.until(lambda: dialog.code.handler.text == "app.handler", "the handler is proposed")
        assert dialog.runtime.text == "python3.13"
        driver.until(dialog.go_on.isEnabled, "the code was looked at")
        self.shoot("from-a-folder")
        driver.click(dialog.go_on)
        driver.until(lambda: self.open_function() == PROJECT, "the new function is open")
        driver.focus_window()
        driver.keys("alt+1")
        driver.until(lambda: self.code().current_path() == "app.py", "its handler is open")
        workspace = self.program.window.page.tab(CodePage).workspace
        assert workspace is not None
        assert workspace.local_folder == folder
        assert not self.find(QLabel, "functionNotDeployed").isVisible()
        driver.keys("ctrl+shift+i")
        driver.until(lambda: "from a folder" in self.text("resultAnswer"), "it answers")
        self.see("of-a-folder", EDITOR)


def _covers(upper: QWidget, lower: QWidget) -> bool:
    """Whether a widget lies over a part of another."""
    if not upper.isVisible():
        return False
    places = (QRect(each.mapToGlobal(QPoint()), each.size()) for each in (upper, lower))
    return next(places).intersects(next(places))


def main(folder: Path) -> None:
    """Spends the day on a fresh Sandbox."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="workbench-newcomer-", ignore_cleanup_errors=True) as home:
        os.environ |= {"HOME": home, "WORKBENCH_HOME": home}
        program = Program(make_application(), Paths.default(), Milestones(None))
        program.show()
        driver = Driver(program.window)
        try:
            Newcomer(program, driver, folder, in_turns=False).run()
        except AssertionError:
            driver.shoot(str(folder / "stuck.png"))
            raise
        close(program, driver)
        program.destroy()
        shiboken6.delete(program.services.actions)
    print("newcomer job ok")


if __name__ == "__main__":
    faulthandler.dump_traceback_later(STUCK_AFTER_S, exit=True)
    main(Path(sys.argv[1]))
