"""Making a function by keyboard, in a real window: `python -m tests.e2e.new_function_job FOLDER`.

Pictures go to FOLDER, in light and dark.
"""

import os
import sys
import tempfile
from pathlib import Path

from PySide6.QtWidgets import QApplication

from tests.e2e.driver import Driver
from tests.e2e.main_job import HANDLER, MainJob, close
from tests.security.real_project import make_project
from workbench.app import Milestones, Program, make_application
from workbench.code.package import Secret
from workbench.core.files import Paths
from workbench.ui.features.new_function.code_fields import CodeFrom
from workbench.ui.features.new_function.dialog import NewFunctionDialog
from workbench.ui.pages.code import CodePage
from workbench.ui.shell.contents_dialog import ContentsDialog

NAME = "orders-worker"


class NewFunctionJob:
    """A person before a program that was just started, who makes a function and invokes it."""

    def __init__(self, program: Program, driver: Driver, folder: Path) -> None:
        self._program = program
        self._driver = driver
        self._folder = folder

    def run(self) -> None:
        """Raises AssertionError where a person would be stuck."""
        driver, window = self._driver, self._program.window
        MainJob(self._program, driver).wait_for_list()
        self._look_at_a_folder()
        driver.keys("alt+shift+n")
        dialog = driver.dialog(NewFunctionDialog)
        driver.type("two words")
        driver.until(lambda: dialog.name.text() == "two words", "the name is typed")
        assert not dialog.go_on.isEnabled()
        driver.keys("ctrl+a")
        driver.type(NAME)
        driver.keys("Tab")
        driver.type("SQ")
        driver.until(lambda: dialog.source.currentData() == "sqs", "the template is chosen by its letters")
        self._shoot("dialog")
        driver.keys("shift+Tab", "Return")
        driver.until(lambda: QApplication.activeModalWidget() is None, "the function is made")
        files = self._program.context.window.page.tab(CodePage).files
        driver.until(lambda: files.current_path() == HANDLER and files.editor.is_ready, "its handler is open")
        driver.focus_window()
        assert NAME in [row.function_name for row in window.functions.model.all()]
        driver.keys("ctrl+shift+i")
        driver.until(lambda: "batchItemFailures" in window.result.answer.toPlainText(), "it answers")
        assert window.result.status.text() == "Succeeded"
        self._shoot("made")

    def _look_at_a_folder(self) -> None:
        """A project's folder: its secrets stay out, and one goes in by its name."""
        driver, project = self._driver, make_project(self._folder / "project")
        driver.keys("alt+shift+n")
        dialog = driver.dialog(NewFunctionDialog)
        driver.type(NAME)
        driver.keys("Tab", "Tab", "Down", "Down")
        driver.until(lambda: dialog.code.source is CodeFrom.FOLDER, "a folder is chosen")
        driver.keys("Tab")
        driver.type(str(project))
        plan = dialog.preview.plan
        driver.until(lambda: "config/.env.dev" in plan.toPlainText(), "the plan says what stays out")
        self._shoot("folder")
        dialog.code.contents.click()
        contents = driver.dialog(ContentsDialog)
        driver.click(contents.text)
        driver.keys("ctrl+End")
        driver.type("!/config/.env.dev")
        rows = contents.table.rows
        driver.until(
            lambda: any(decision.secret is Secret.BY_NAME for decision in rows.visible),
            "one is in by its name",
        )
        self._shoot("contents")
        driver.click(contents.save)
        driver.until(lambda: "Included by name" in plan.toPlainText(), "the plan says so")
        self._shoot("by-name")
        driver.click(dialog.cancel_button)
        driver.until(lambda: QApplication.activeModalWidget() is None, "the dialog is closed")
        driver.focus_window()

    def _shoot(self, name: str) -> None:
        for theme in ("dark", "light"):
            self._program.services.theme.choose(theme)
            self._driver.shoot(str(self._folder / f"{name}-{theme}.png"))


def main(folder: Path) -> None:
    """Does the job once, on a fresh Sandbox."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="workbench-new-function-") as home:
        os.environ |= {"HOME": home, "WORKBENCH_HOME": home}
        program = Program(make_application(), Paths.default(), Milestones(None))
        program.show()
        driver = Driver(program.window)
        program.window.move(0, 0)
        program.window.resize(1280, 800)
        try:
            NewFunctionJob(program, driver, folder).run()
        except AssertionError:
            driver.shoot(str(folder / "stuck.png"))
            raise
        close(program, driver)
    print("new function job ok")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
