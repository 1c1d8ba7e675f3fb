"""A day's work in the editor, by keyboard and mouse, in a real window.

Usage: python -m tests.e2e.code_job FOLDER

Writes Python with help (see language_job.py), finds in all files, compares with what is deployed, and
saves. Pictures of every step go to FOLDER, in a small and a large window, light and dark; the figures are
printed.
"""

import faulthandler
import json
import os
import sys
import tempfile
from pathlib import Path

from PySide6.QtWidgets import QTreeView

from tests.e2e.driver import Driver
from tests.e2e.language_job import LanguageJob
from tests.e2e.main_job import HANDLER, MainJob, close
from workbench.app import Milestones, Program, make_application
from workbench.core.files import Paths
from workbench.ui.editor.view import BACKGROUND
from workbench.ui.features.code.language import Language
from workbench.ui.features.code.search_panel import SearchPanel
from workbench.ui.pages.code import CodePage

STUCK_AFTER_S = 150

SIZES = {"small": (1280, 800), "large": (1920, 1080)}
STEPS = ("completion", "problems", "found", "compared", "saved")
THEMES = ("dark", "light")

# Whether every editor that is shown has this ground, reaches its edges, and was painted since it was asked.
_PAINTED = """
(() => {
  let frames = 0;
  const count = () => requestAnimationFrame(() => (frames += 1) < 3 && count());
  count();
  const paper = document.createElement("i").style;
  window.painted = (ground) => {
    paper.color = ground;
    const shown = [...document.querySelectorAll(".monaco-editor")].filter((each) => each.checkVisibility());
    const right = Math.max(...shown.map((each) => each.getBoundingClientRect().right));
    const grounds = shown.map((each) => getComputedStyle(each).backgroundColor);
    return frames === 3 && innerWidth - right < 60 && grounds.every((each) => each === paper.color);
  };
  return true;
})()
"""


class CodeJob(LanguageJob):
    """A person before a program that was just started."""

    def run(self) -> None:
        """Raises AssertionError where a person would be stuck."""
        job = MainJob(self._program, self._driver)
        job.wait_for_list()
        job.open_function()
        self._complete()
        self._see_problems()
        self._rename()
        self._find()
        self._compare()
        self._save()
        self._shoot("saved")

    def _find(self) -> None:
        driver, search = self._driver, self._program.window.findChild(SearchPanel)
        assert search is not None
        driver.keys("ctrl+shift+f")
        driver.until(search.text.hasFocus, "the field has the keyboard")
        driver.type("storage")
        driver.keys("Return")
        driver.until(lambda: search.model.rowCount() == 1, "one file has it")
        view = search.findChild(QTreeView, "searchResults")
        assert view is not None
        matches = search.model.rowCount(search.model.index(0, 0))
        assert matches == 2, f"{matches} lines, and not the two that were typed and are not saved yet"
        self._shoot("found")

    def _compare(self) -> None:
        driver, panel = self._driver, self._program.window.findChild(QTreeView, "compareTree")
        assert panel is not None
        driver.keys("alt+shift+d")
        driver.until(lambda: panel.model().rowCount() == 1, "one file differs")
        changed = "document.querySelectorAll('#comparison .line-insert').length"
        driver.seen(f"{changed} >= 3", "what was written is marked")
        self._shoot("compared")
        driver.keys("alt+shift+d")
        assert self._program.context.window.page.tab(CodePage).files.current_path() == HANDLER

    def _shoot(self, name: str) -> None:
        """Takes pictures in both sizes and themes, each once the page has painted itself anew."""
        window, theme = self._program.window, self._program.services.theme
        for size, edges in SIZES.items():
            window.resize(*edges)
            for wanted in THEMES:
                theme.choose(wanted)
                self._driver.page(_PAINTED)
                ground = json.dumps(BACKGROUND[theme.dark])
                self._driver.seen(f"painted({ground})", "the picture")
                self._driver.shoot(str(self._folder / f"{name}-{size}-{wanted}.png"), window.size())
        window.resize(*SIZES["small"])


def main(folder: Path) -> None:
    """Runs the job once."""
    folder.mkdir(parents=True, exist_ok=True)
    faulthandler.dump_traceback_later(STUCK_AFTER_S)
    # What the Sandbox writes while it ends is no fault of this job.
    with tempfile.TemporaryDirectory(prefix="workbench-code-", ignore_cleanup_errors=True) as home:
        os.environ |= {"HOME": home, "WORKBENCH_HOME": home}
        program = Program(make_application(), Paths.default(), Milestones(None))
        program.show()
        driver = Driver(program.window)
        program.window.move(0, 0)
        program.window.resize(*SIZES["small"])
        try:
            CodeJob(program, driver, folder).run()
        except AssertionError:
            driver.shoot(str(folder / "stuck.png"))
            raise
        language = program.window.findChild(Language)
        assert language is not None
        service = language.service
        assert service is not None
        pids = list(service.pids.values())
        close(program, driver)
        print("servers", *pids)
    print("code job ok")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/code"))
