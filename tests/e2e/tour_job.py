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
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QPushButton,
)

from tests.e2e.driver import DRAWN, Driver
from tests.e2e.main_job import HANDLER, MainJob, close
from tests.e2e.shown_texts import cut_rows
from tests.e2e.walk import EDITOR, Walk, beginning, ending
from workbench.app import Milestones, Program, make_application
from workbench.core.files import Paths
from workbench.core.messages import PSEUDO, _, language, pseudo
from workbench.ui.features.deploy.roll_back_dialog import RollBackDialog
from workbench.ui.features.logs.feature import LogsPage
from workbench.ui.features.metrics.page import MetricsPage
from workbench.ui.features.new_function.dialog import NewFunctionDialog
from workbench.ui.features.settings.dialog import SettingsDialog
from workbench.ui.features.triggers.event import EventDialog
from workbench.ui.kit.empty import EmptyState
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.shell.plan_form import PlanView

STUCK_AFTER_S = 280
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


class Tour(Walk):
    """The first quarter of an hour."""

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
        for text in sorted(self.untranslated):
            print(f"not translated: {text!r}", flush=True)
        assert not self.untranslated

    def check_restart(self) -> None:
        """What the next start shows: the function and the tab that the last one ended with."""
        window = self.program.window
        self.driver.until(lambda: self.open_function() == NAME, f"{NAME} is open again")
        self.driver.focus_window()
        self.driver.until(lambda: self.code().current_path() == HANDLER, "its handler is open again")
        self.driver.seen(DRAWN, "its text")
        assert window.page.tabs.currentWidget().objectName() == "codePage"
        self.see("restarted", EDITOR)

    # Steps --------------------------------------------------------------------------------------------------

    def _do_the_main_job(self) -> None:
        driver = self.driver
        job = MainJob(self.program, driver)
        job.wait_for_list()
        self.shoot("first-run", "functionSearch")
        job.open_function()
        self.see("opened", "functionList")
        job.edit_and_save()
        badge = self.find(QLabel, "functionNotDeployed")
        driver.until(badge.isVisible, "the badge Not deployed")
        self.see("edited", EDITOR)
        job.deploy()
        driver.until(lambda: not badge.isVisible(), "the badge is gone")
        self.see("deployed", EDITOR)
        job.invoke()
        self.see("invoked", "testEventText")
        job.look_at_metrics()
        self.see("metrics", "invocationsChart")

    def _create(self) -> None:
        driver = self.driver
        driver.keys("alt+shift+n")
        dialog = driver.dialog(NewFunctionDialog)
        driver.type(NAME)
        driver.until(lambda: dialog.name.text() == NAME, "the name is typed")
        self.shoot("new-function", "newFunctionName")
        driver.keys("Return")
        driver.until(lambda: self.open_function() == NAME, "the new function is open")
        driver.until(lambda: not shiboken6.isValid(dialog) or not dialog.isVisible(), "the dialog is closed")
        driver.focus_window()
        driver.keys("alt+1")
        driver.until(lambda: self.code().current_path() == HANDLER, "its handler is open")
        driver.until(lambda: self.code().editor.is_ready, "the editor has started")
        driver.seen(DRAWN, "its text")
        self.see("created", EDITOR)

    def _break_and_fix(self) -> None:
        """Deploys from the Code tab, and then from the Test tab."""
        result = self.program.window.result
        self.replace_code(BROKEN)
        self.deploy()
        self.invoke(_("Failed: {name}"))
        assert "ZeroDivisionError" in self.text("resultAnswer")
        self.see("function-error", EDITOR)
        self.replace_code(FIXED)
        self.driver.keys("alt+4")
        self.deploy()
        self.invoke(_("Succeeded"))
        assert "fixed" in self.text("resultAnswer")
        assert result.isVisible()
        self.see("fixed", "testEventText")

    def _send_bad_payload(self) -> None:
        driver = self.driver
        driver.keys("alt+4")
        event = self.find(QPlainTextEdit, "testEventText")
        driver.click(event)
        driver.keys("ctrl+a")
        driver.type('{"order": ')
        driver.keys("ctrl+shift+i")
        driver.until(lambda: self.says(NOT_JSON), "the error of the payload")
        self.see("bad-payload", "testEventText")
        driver.keys("ctrl+z")
        driver.keys("ctrl+a")
        driver.type('{"order": 1}')

    def _add_trigger(self) -> None:
        driver = self.driver
        dialog = self.choose_bucket()
        self.shoot("trigger-resource", "sourceTree")
        driver.click(dialog.next)
        driver.until(lambda: dialog.prepared is not None and dialog.next.isEnabled(), "the checks have run")
        self.shoot("trigger-settings", "setting.Events")
        driver.click(dialog.next)
        driver.until(lambda: dialog.shows_plan and dialog.yes.isEnabled(), "the plan")
        assert not cut_rows(self.find(PlanView, "triggerPlan")), "lines of the plan are cut"
        self.shoot("trigger-plan", "planYes")
        self.create_trigger(dialog)

    def _send_test_event(self) -> None:
        driver = self.driver
        test = self.find(QPushButton, "testTrigger")
        driver.until(test.isEnabled, "the trigger is chosen")
        driver.click(test)
        dialog = driver.dialog(EventDialog)
        driver.click(dialog.send)
        driver.until(dialog.logs.isVisible, "the invocation is found", patience_s=60)
        self.shoot("test-event", "testEventSend")
        driver.click(dialog.close_button)
        driver.until(lambda: QApplication.activeModalWidget() is None, "the dialog is closed")
        driver.focus_window()
        self.see("after-test-event", "testTrigger")

    def _read_logs_and_charts(self) -> None:
        driver, page = self.driver, self.program.window.page
        driver.keys("alt+5")
        driver.until(lambda: page.tab(LogsPage).view.table.model().rowCount() > 0, "the lines are there")
        self.see("logs", "invocations")
        driver.keys("alt+6")
        chart = page.tab(MetricsPage).charts["invocations"]
        driver.until(
            lambda: any(np.nansum(curve.value) > 0 for curve in chart.curves), "the chart has points"
        )
        self.see("charts", "invocationsChart")

    def _look_at_settings_and_versions(self) -> None:
        driver, page = self.driver, self.program.window.page
        driver.keys("alt+2")
        settings = self.find(EmptyState, "configurationEmpty")
        driver.until(lambda: not settings.isVisible(), "the settings are shown")
        self.see("configuration", "configurationSections")
        driver.keys("alt+7")
        driver.until(lambda: page.tab(VersionsPage).versions.rows.all, "the versions are listed")
        self.see("versions", "versionTable")

    def _roll_back(self) -> None:
        """Goes back to the broken code, by its name: the version and the time."""
        driver, before = self.driver, self.code_sha256()
        driver.keys("alt+8")
        self.see("deploys", "deployTable")
        driver.keys("alt+shift+b")
        dialog = driver.dialog(RollBackDialog)
        driver.until(dialog.yes.isEnabled, "the plan of the roll-back")
        self.shoot("roll-back", "rollBackYes")
        driver.keys("Return")
        driver.until(lambda: self.code_sha256() != before, "the code of the earlier deploy")
        driver.until(lambda: QApplication.activeModalWidget() is None, "the dialog is closed")
        driver.focus_window()
        self.see("rolled-back", "deployTable")

    def _run_locally(self) -> None:
        driver, window = self.driver, self.program.window
        driver.keys("alt+1")
        driver.seen(DRAWN, "the text")
        driver.keys("alt+shift+r")
        driver.until(
            lambda: window.result.status.text().startswith(beginning(_("Failed locally: {name}"))),
            "the error is shown",
        )
        assert "ZeroDivisionError" in self.text("resultAnswer")
        assert "/var/task/" in self.text("resultAnswer") + self.text("resultLog")
        assert window.result.isVisible()
        driver.focus_window()
        self.see("run-locally", EDITOR)

    def _change_settings(self) -> None:
        driver = self.driver
        driver.keys("ctrl+comma")
        dialog = driver.dialog(SettingsDialog)
        driver.until(dialog.isVisible, "the settings")
        self.shoot("settings", "theme")
        driver.keys("Escape")
        driver.until(lambda: QApplication.activeModalWidget() is None, "the settings are closed")
        driver.focus_window()

    def _use_the_palette(self) -> None:
        driver = self.driver
        driver.keys("ctrl+shift+p")
        search = self.find(QLineEdit, "paletteSearch")
        driver.until(search.hasFocus, "the palette has the keyboard")
        driver.type("dep")
        rows = self.find(QListView, "paletteList").model()
        assert str(rows.index(0, 0).data()).startswith(_("Deploy")) or language() == PSEUDO
        self.shoot("palette", "paletteSearch")
        driver.keys("Escape")
        driver.until(lambda: not search.isVisible(), "the palette is closed")
        self.see("after-palette", EDITOR)

    def _try_own_profile(self) -> None:
        """Without a network; then the Sandbox again, which shows what was open."""
        driver, window = self.driver, self.program.window
        self.choose_profile(OWN_PROFILE)
        driver.until(
            lambda: self.says(beginning(_("Could not connect to {endpoint_url}."))),
            "the failure to connect",
        )
        self.shoot("own-profile", "profilePicker")
        self.choose_profile("Sandbox")
        driver.until(
            lambda: ending(_("Functions: {total}, up to date")) in window.functions.freshness.text(),
            "the list is read",
        )
        driver.until(lambda: self.open_function() == NAME, f"{NAME} is open again")
        driver.keys("alt+1")
        driver.until(lambda: self.code().current_path() == HANDLER, "its handler is open")
        self.see("back-in-the-sandbox", EDITOR)


def open_program(application: QApplication, width: int, height: int) -> tuple[Program, Driver]:
    """Starts the program in a window of this size."""
    program = Program(application, Paths.default(), Milestones(None))
    program.window.move(0, 0)
    program.show()
    program.window.resize(width, height)
    return program, Driver(program.window)


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
