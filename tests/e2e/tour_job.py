"""The first quarter of an hour, by keyboard and mouse.

Usage: `python -m tests.e2e.tour_job FOLDER [WIDTH HEIGHT [turns]]`. A picture of each step goes to FOLDER, in
light and dark; with "turns" in one of them, the next step's in the other. After each step the list's
selection is the open function, Deploy and Invoke are where they were, and the keyboard is where one goes on.
"""

import faulthandler
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import shiboken6
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QWidget,
)

from tests.e2e.driver import DRAWN, TYPING, Driver
from tests.e2e.main_job import HANDLER, MainJob, close
from tests.e2e.shown_texts import cut_rows, cut_texts, untranslated_texts
from workbench.app import Milestones, Program, make_application
from workbench.core.files import Paths
from workbench.core.messages import PSEUDO, _, language, pseudo
from workbench.sandbox.samples import FREE_BUCKET
from workbench.triggers.model import SourceKind
from workbench.ui.features.deploy.roll_back_dialog import RollBackDialog
from workbench.ui.features.logs.feature import LogsPage
from workbench.ui.features.metrics.page import MetricsPage
from workbench.ui.features.new_function.dialog import NewFunctionDialog
from workbench.ui.features.settings.dialog import SettingsDialog
from workbench.ui.features.triggers.add_dialog import AddTriggerDialog
from workbench.ui.features.triggers.event import EventDialog
from workbench.ui.features.triggers.page import TriggersPage
from workbench.ui.features.triggers.plan_form import PlanView
from workbench.ui.files.open_files import OpenFiles
from workbench.ui.kit.empty import EmptyState
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.versions import VersionsPage

STUCK_AFTER_S = 280
EDITOR = "editorWebView"  # its page has the keyboard, in a widget of Qt's without a name
WHOLE_BAND = 1280  # px of a window that has room for the name, its badges and all tabs
NAME = "tour-orders"
BROKEN = "def lambda_handler(event, context): return 1 / 0"
FIXED = "def lambda_handler(event, context): print(event); return 'fixed'"
OWN_PROFILE = "work"
CONFIG = f"""[profile {OWN_PROFILE}]
region = eu-central-1
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
"""
NOT_JSON = pseudo("is not JSON:")[:11] if language() == PSEUDO else "is not JSON"
NO_NETWORK = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
"""Sends what leaves this machine to a port where nothing listens."""


class Tour:
    """A new user before a program that was just started."""

    def __init__(self, program: Program, driver: Driver, folder: Path, *, in_turns: bool) -> None:
        self._program = program
        self._driver = driver
        self._folder = folder
        self._in_turns = in_turns
        self._number = 0
        self._before: dict[str, QPoint] = {}
        self._untranslated: set[str] = set()

    def run(self) -> None:
        """Raises AssertionError where a user would be stuck, or lose trust."""
        self._do_the_main_job()
        self._create()
        self._break_and_fix()
        self._send_bad_payload()
        self._add_trigger()
        self._send_test_event()
        self._read_logs_and_charts()
        self._look_at_settings_and_versions()
        self._roll_back()
        self._run_locally()
        self._change_settings()
        self._use_the_palette()
        self._try_own_profile()
        for text in sorted(self._untranslated):
            print(f"not translated: {text!r}", flush=True)
        assert not self._untranslated

    def check_restart(self) -> None:
        """What the next start shows: the function and the tab that the last one ended with."""
        window = self._program.window
        self._driver.until(lambda: self._open_function() == NAME, f"{NAME} is open again")
        self._driver.focus_window()
        self._driver.until(lambda: self._code().current_path() == HANDLER, "its handler is open again")
        self._driver.seen(DRAWN, "its text")
        assert window.page.tabs.currentWidget().objectName() == "codePage"
        self._see("restarted", EDITOR)

    # Steps --------------------------------------------------------------------------------------------------

    def _do_the_main_job(self) -> None:
        driver = self._driver
        job = MainJob(self._program, driver)
        job.wait_for_list()
        self._shoot("first-run", "functionSearch")
        job.open_function()
        self._see("opened", "functionList")
        job.edit_and_save()
        badge = self._find(QLabel, "functionNotDeployed")
        driver.until(badge.isVisible, "the badge Not deployed")
        self._see("edited", EDITOR)
        job.deploy()
        driver.until(lambda: not badge.isVisible(), "the badge is gone")
        self._see("deployed", EDITOR)
        job.invoke()
        self._see("invoked", "testEventText")
        job.look_at_metrics()
        self._see("metrics", "invocationsChart")

    def _create(self) -> None:
        driver = self._driver
        driver.keys("alt+shift+n")
        dialog = self._dialog(NewFunctionDialog)
        driver.type(NAME)
        self._shoot("new-function", "newFunctionName")
        driver.keys("Return")
        driver.until(lambda: self._open_function() == NAME, "the new function is open")
        driver.until(lambda: not shiboken6.isValid(dialog) or not dialog.isVisible(), "the dialog is closed")
        driver.focus_window()
        driver.keys("alt+1")
        driver.until(lambda: self._code().current_path() == HANDLER, "its handler is open")
        driver.until(lambda: self._code().editor.is_ready, "the editor has started")
        driver.seen(DRAWN, "its text")
        self._see("created", EDITOR)

    def _break_and_fix(self) -> None:
        """Deploys from the Code tab, and then from the Test tab."""
        result = self._program.window.result
        self._replace_code(BROKEN)
        self._deploy()
        self._invoke(_("Failed: {name}"))
        assert "ZeroDivisionError" in self._text("resultAnswer")
        self._see("function-error", EDITOR)
        self._replace_code(FIXED)
        self._driver.keys("alt+4")
        self._deploy()
        self._invoke(_("Succeeded"))
        assert "fixed" in self._text("resultAnswer")
        assert result.isVisible()
        self._see("fixed", "testEventText")

    def _send_bad_payload(self) -> None:
        driver = self._driver
        driver.keys("alt+4")
        event = self._find(QPlainTextEdit, "testEventText")
        driver.click(event)
        driver.keys("ctrl+a")
        driver.type('{"order": ')
        driver.keys("ctrl+shift+i")
        driver.until(lambda: self._says(NOT_JSON), "the error of the payload")
        self._see("bad-payload", "testEventText")
        driver.keys("ctrl+z")
        driver.keys("ctrl+a")
        driver.type('{"order": 1}')

    def _add_trigger(self) -> None:
        driver = self._driver
        driver.keys("alt+3")
        driver.keys("alt+shift+t")
        dialog = self._dialog(AddTriggerDialog)
        driver.type("S3")
        driver.until(lambda: dialog.kinds.chosen() == SourceKind("s3"), "S3 is chosen by its letters")
        driver.keys("Return")
        tree = dialog.sources.tree
        driver.until(lambda: tree.findItems(FREE_BUCKET, Qt.MatchFlag.MatchRecursive), "the empty bucket")
        driver.click_row(tree, FREE_BUCKET)
        driver.until(dialog.next.isEnabled, "Next can be pressed")
        self._shoot("trigger-resource", "sourceTree")
        driver.click(dialog.next)
        driver.until(lambda: dialog.prepared is not None and dialog.next.isEnabled(), "the checks have run")
        self._shoot("trigger-settings", "setting.Events")
        driver.click(dialog.next)
        driver.until(lambda: dialog.shows_plan and dialog.yes.isEnabled(), "the plan")
        assert not cut_rows(self._find(PlanView, "triggerPlan")), "lines of the plan are cut"
        self._shoot("trigger-plan", "planYes")
        driver.click(dialog.yes)
        driver.until(lambda: QApplication.activeModalWidget() is None, "the trigger is created")
        driver.focus_window()
        table = self._find(TriggersPage, "triggersPage").table
        driver.until(lambda: table.rows.all, "the trigger is listed")
        self._see("trigger", "triggerTable")

    def _send_test_event(self) -> None:
        driver = self._driver
        test = self._find(QPushButton, "testTrigger")
        driver.until(test.isEnabled, "the trigger is chosen")
        driver.click(test)
        dialog = self._dialog(EventDialog)
        driver.click(dialog.send)
        driver.until(dialog.logs.isVisible, "the invocation is found", patience_s=60)
        self._shoot("test-event", "testEventSend")
        driver.click(dialog.close_button)
        driver.until(lambda: QApplication.activeModalWidget() is None, "the dialog is closed")
        driver.focus_window()
        self._see("after-test-event", "testTrigger")

    def _read_logs_and_charts(self) -> None:
        driver, page = self._driver, self._program.window.page
        driver.keys("alt+5")
        driver.until(lambda: page.tab(LogsPage).view.table.model().rowCount() > 0, "the lines are there")
        self._see("logs", "invocations")
        driver.keys("alt+6")
        chart = page.tab(MetricsPage).charts["invocations"]
        driver.until(
            lambda: any(np.nansum(curve.value) > 0 for curve in chart.curves), "the chart has points"
        )
        self._see("charts", "invocationsChart")

    def _look_at_settings_and_versions(self) -> None:
        driver, page = self._driver, self._program.window.page
        driver.keys("alt+2")
        settings = self._find(EmptyState, "configurationEmpty")
        driver.until(lambda: not settings.isVisible(), "the settings are shown")
        self._see("configuration", "configurationSections")
        driver.keys("alt+7")
        driver.until(lambda: page.tab(VersionsPage).versions.rows.all, "the versions are listed")
        self._see("versions", "versionTable")

    def _roll_back(self) -> None:
        """Goes back to the broken code, by its name: the version and the time."""
        driver, before = self._driver, self._code_sha256()
        driver.keys("alt+shift+h")
        self._see("deploys", "deployTable")
        driver.keys("alt+shift+b")
        dialog = self._dialog(RollBackDialog)
        driver.until(dialog.yes.isEnabled, "the plan of the roll-back")
        self._shoot("roll-back", "rollBackYes")
        driver.keys("Return")
        driver.until(lambda: self._code_sha256() != before, "the code of the earlier deploy")
        driver.until(lambda: QApplication.activeModalWidget() is None, "the dialog is closed")
        driver.focus_window()
        self._see("rolled-back", "deployTable")

    def _run_locally(self) -> None:
        driver, window = self._driver, self._program.window
        driver.keys("alt+1")
        driver.seen(DRAWN, "the text")
        driver.keys("alt+shift+r")
        driver.until(
            lambda: window.result.status.text().startswith(_beginning(_("Failed locally: {name}"))),
            "the error is shown",
        )
        assert "ZeroDivisionError" in self._text("resultAnswer")
        assert "/var/task/" in self._text("resultAnswer") + self._text("resultLog")
        assert window.result.isVisible()
        driver.focus_window()
        self._see("run-locally", EDITOR)

    def _change_settings(self) -> None:
        driver = self._driver
        driver.keys("ctrl+comma")
        dialog = self._dialog(SettingsDialog)
        driver.until(dialog.isVisible, "the settings")
        self._shoot("settings", "theme")
        driver.keys("Escape")
        driver.until(lambda: QApplication.activeModalWidget() is None, "the settings are closed")
        driver.focus_window()

    def _use_the_palette(self) -> None:
        driver = self._driver
        driver.keys("ctrl+shift+p")
        search = self._find(QLineEdit, "paletteSearch")
        driver.until(search.hasFocus, "the palette has the keyboard")
        driver.type("dep")
        rows = self._find(QListView, "paletteList").model()
        assert str(rows.index(0, 0).data()).startswith(_("Deploy")) or language() == PSEUDO
        self._shoot("palette", "paletteSearch")
        driver.keys("Escape")
        driver.until(lambda: not search.isVisible(), "the palette is closed")
        self._see("after-palette", EDITOR)

    def _try_own_profile(self) -> None:
        """Without a network; then the Sandbox again, which shows what was open."""
        driver, window = self._driver, self._program.window
        self._choose_profile(OWN_PROFILE)
        driver.until(
            lambda: self._says(_beginning(_("Could not connect to {endpoint_url}."))),
            "the failure to connect",
        )
        self._shoot("own-profile", "profilePicker")
        self._choose_profile("Sandbox")
        driver.until(
            lambda: _ending(_("Functions: {total}, up to date")) in window.functions.freshness.text(),
            "the list is read",
        )
        driver.until(lambda: self._open_function() == NAME, f"{NAME} is open again")
        driver.keys("alt+1")
        driver.until(lambda: self._code().current_path() == HANDLER, "its handler is open")
        self._see("back-in-the-sandbox", EDITOR)

    # Hands --------------------------------------------------------------------------------------------------

    def _replace_code(self, text: str) -> None:
        driver, editor = self._driver, self._code().editor
        driver.keys("alt+1")
        driver.click(editor)
        driver.seen(TYPING, "the caret in the text")
        driver.keys("ctrl+a")
        driver.type(text)
        driver.keys("ctrl+s")
        driver.until(lambda: not editor.is_dirty(editor.active_uri()), "the file is saved")

    def _deploy(self) -> None:
        before = self._code_sha256()
        self._driver.keys("ctrl+shift+d")
        self._driver.until(lambda: self._code_sha256() != before, "the new code is deployed")

    def _invoke(self, status: str) -> None:
        result = self._program.window.result
        self._driver.keys("ctrl+shift+i")
        self._driver.until(
            lambda: result.status.text().startswith(_beginning(status)), f"the result is {status}"
        )

    def _choose_profile(self, name: str) -> None:
        driver, picker = self._driver, self._program.window.top_bar.profile
        driver.until(lambda: picker.findText(name) >= 0, f"{name} can be chosen")
        driver.click(picker)
        driver.pause()
        driver.type(name)
        driver.keys("Return")
        driver.until(lambda: picker.currentText() == name, f"{name} is chosen")

    # Eyes ---------------------------------------------------------------------------------------------------

    def _see(self, name: str, focus: str) -> None:
        """Takes pictures once selection, buttons and keyboard are as they are to be."""
        driver, functions = self._driver, self._program.window.functions
        driver.until(
            lambda: self._selected() == [self._open_function()], "the selection is the open function"
        )
        assert functions.isVisible()
        for button_name in ("button.function.deploy", "button.function.invoke"):
            button = self._find(QToolButton, button_name)
            at = button.mapTo(self._program.window, QPoint())
            assert self._before.setdefault(button_name, at) == at, f"{button_name} moved at {name}"
        tabs = self._program.window.page.tabs.tabBar()
        if self._program.window.width() >= WHOLE_BAND and language() != PSEUDO:  # there they scroll
            assert tabs.sizeHint().width() <= tabs.width(), f"the tabs are cut at {name}"
        self._shoot(name, focus)

    def _shoot(self, name: str, focus: str) -> None:
        """Takes pictures once a widget has the keyboard, by its name, which then keeps it."""
        try:
            self._driver.until(lambda: _focused() == focus, f"the keyboard is in {focus} at {name}")
        except AssertionError:
            print(f"At {name} the keyboard is in {_focused()!r} instead of {focus!r}.", flush=True)
            raise
        if language() == PSEUDO:
            self._untranslated |= untranslated_texts(QApplication.allWidgets())
        self._number += 1
        themes = ("dark", "light")
        for theme in themes[self._number % 2 :][:1] if self._in_turns else themes:
            self._program.services.theme.choose(theme)
            self._driver.until_editor_is(theme)
            path = self._folder / f"{self._number:02}-{name}-{theme}.png"
            self._driver.shoot(str(path), self._program.window.frameSize())
        if language() == PSEUDO:
            try:  # a text that has just come has its room with the next event
                self._driver.until(lambda: not self._cut(), f"all texts are whole at {name}")
            except AssertionError:
                print("cut off:", *sorted(self._cut()), sep="\n", flush=True)
                raise
        assert _focused() == focus, f"the keyboard left {focus} for {_focused()} at {name}"

    def _cut(self) -> set[str]:
        return cut_texts(QApplication.allWidgets())

    def _selected(self) -> list[str]:
        return [row.function_name for row in self._program.window.functions.selected]

    def _open_function(self) -> str:
        function = self._program.window.page.function
        return function.detail.function_name if function else ""

    def _code_sha256(self) -> str:
        function = self._program.window.page.function
        return function.detail.code_sha256 if function else ""

    def _code(self) -> OpenFiles:
        return self._program.context.window.page.tab(CodePage).files

    def _dialog[T: QWidget](self, kind: type[T]) -> T:
        self._driver.until(lambda: isinstance(QApplication.activeModalWidget(), kind), f"{kind.__name__}")
        found = QApplication.activeModalWidget()
        assert isinstance(found, kind)
        return found

    def _find[T: QWidget](self, kind: type[T], name: str) -> T:
        found: T | None = self._program.window.findChild(kind, name)
        assert found is not None, name
        return found

    def _text(self, name: str) -> str:
        return self._find(QPlainTextEdit, name).toPlainText()

    def _says(self, words: str) -> bool:
        labels = self._program.window.findChildren(QLabel)
        return any(words in label.text() for label in labels if label.isVisible())


def _focused() -> str:
    """The name of the visible widget that has the keyboard, or of the nearest one around it with a name."""
    widget = QApplication.focusWidget()
    if widget is None or not widget.isVisible():
        return ""
    around: QWidget | None = widget
    while around is not None and not around.objectName():
        around = around.parentWidget()
    return around.objectName() if around is not None else ""


def open_program(application: QApplication, width: int, height: int) -> tuple[Program, Driver]:
    """Starts the program in a window of this size."""
    program = Program(application, Paths.default(), Milestones(None))
    program.window.move(0, 0)
    program.show()
    program.window.resize(width, height)
    return program, Driver(program.window)


def _beginning(text: str) -> str:
    """What stands before a text's field."""
    return text.partition("{")[0]


def _ending(text: str) -> str:
    return text.rpartition("}")[2]


def main(folder: Path, width: int, height: int, *, in_turns: bool) -> None:
    """Takes the tour on a fresh Sandbox, quits, and starts again."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="workbench-tour-", ignore_cleanup_errors=True) as home:
        os.environ |= {"HOME": home, "WORKBENCH_HOME": home, **NO_NETWORK}
        config = Path(home) / ".aws" / "config"
        config.parent.mkdir()
        config.write_text(CONFIG)
        application = make_application()
        program, driver = open_program(application, width, height)
        try:
            Tour(program, driver, folder, in_turns=in_turns).run()
        except AssertionError:
            driver.shoot(str(folder / "stuck.png"))
            raise
        close(program, driver)
        program.destroy()
        shiboken6.delete(program.services.actions)
        program, driver = open_program(application, width, height)
        try:
            Tour(program, driver, folder, in_turns=in_turns).check_restart()
        except AssertionError:
            driver.shoot(str(folder / "stuck-after-restart.png"))
            raise
        close(program, driver)
    print("tour job ok")


if __name__ == "__main__":
    faulthandler.dump_traceback_later(STUCK_AFTER_S, exit=True)
    wide, high = (int(each) for each in sys.argv[2:4] or ("1280", "800"))
    main(Path(sys.argv[1]), wide, high, in_turns="turns" in sys.argv[4:])
