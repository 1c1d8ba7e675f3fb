"""Writing Python with help, by keyboard, in a real window: the first half of code_job.py."""

from abc import ABC, abstractmethod
from pathlib import Path

from PySide6.QtWidgets import QTreeWidget

from tests.e2e.driver import TYPING, Driver
from tests.e2e.main_job import HANDLER
from workbench.app import Program
from workbench.ui.pages.code import CodePage

ROWS = "document.querySelectorAll('.suggest-widget.visible .monaco-list-row').length"
FIRST = "document.querySelector('.suggest-widget.visible .label-name')?.textContent"

# From the key, as the page gets it, to the frame that has the list.
_STOP_WATCH = f"""
window.taken_ms = 0;
addEventListener("keydown", (event) => {{
  if (event.key !== ".") return;
  const begun = performance.now();
  const look = () => {{
    if ({FIRST} === "abort_multipart_upload") window.taken_ms = performance.now() - begun;
    else requestAnimationFrame(look);
  }};
  look();
}}, {{ capture: true, once: true }});
true
"""


class LanguageJob(ABC):
    """A person before a program that was just started, who writes a few lines.

    Its steps raise AssertionError where a person would be stuck.
    """

    def __init__(self, program: Program, driver: Driver, folder: Path) -> None:
        self._program = program
        self._driver = driver
        self._folder = folder

    def _complete(self) -> None:
        driver, files = self._driver, self._program.context.window.page.tab(CodePage).files
        driver.click(files.editor)
        driver.seen(TYPING, "the text has the keyboard")
        driver.keys("ctrl+End", "Return")
        driver.type("import boto3")
        driver.keys("Return")
        driver.type('client = boto3.client("s3")')  # what the editor closed already is typed over
        driver.keys("Return")
        driver.type("client")
        driver.until(lambda: self._text().endswith("\nclient"), "all of it has arrived")
        driver.page(_STOP_WATCH)
        driver.keys("period")
        driver.seen("window.taken_ms", "the list of completions")
        print(f"completion_ms {driver.page('window.taken_ms'):.0f}")
        driver.type("list_objects_v")
        driver.seen(f"{ROWS} > 0 && {ROWS} < 4", "few completions are left")
        self._shoot("completion")
        driver.keys("Tab")
        driver.until(lambda: "client.list_objects_v2" in self._text(), "the name is completed")

    def _see_problems(self) -> None:
        driver = self._driver
        driver.type("(Bucket=1)")
        driver.keys("Return")
        driver.keys("alt+9")
        problems = self._program.window.problems.findChild(QTreeWidget, "problemsList")
        assert problems is not None

        def listed() -> str:
            items = [problems.topLevelItem(number) for number in range(problems.topLevelItemCount())]
            return "\n".join(item.text(0) for item in items if item is not None)

        driver.until(lambda: "Expected `str`" in listed(), "ty finds the wrong type")
        self._shoot("problems")

    def _rename(self) -> None:
        driver, files = self._driver, self._program.context.window.page.tab(CodePage).files
        driver.click(files.editor)
        driver.seen(TYPING, "the text has the keyboard again")
        driver.keys("ctrl+End", "Up", "Home", "F2")
        box = "document.querySelector('.rename-box input')"
        driver.seen(f"{box} === document.activeElement", "the new name is asked for")
        driver.keys("ctrl+a")
        driver.type("storage")
        driver.keys("Return")
        driver.until(
            lambda: "storage = boto3" in self._text() and "storage.list_objects_v2" in self._text(),
            "the name is changed",
        )

    def _save(self) -> None:
        files = self._program.context.window.page.tab(CodePage).files
        self._driver.keys("ctrl+s")
        self._driver.until(lambda: not files.editor.is_dirty(files.editor.active_uri()), "it is saved")
        workspace = self._program.context.window.page.tab(CodePage).workspace
        assert workspace is not None
        assert "storage.list_objects_v2" in workspace.read(HANDLER).text

    def _text(self) -> str:
        """The shown text, at most a moment old."""
        got: list[str] = []
        editor = self._program.context.window.page.tab(CodePage).files.editor
        editor.text(editor.active_uri(), lambda snapshot: got.append(snapshot.text))
        self._driver.until(lambda: got, "the page gives its text")
        return got[0]

    @abstractmethod
    def _shoot(self, name: str) -> None:
        """Takes pictures of a step."""
