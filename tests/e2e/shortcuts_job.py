"""Every key of the shortcut sheet, pressed through the X server while the code editor has the keyboard.

Usage: python -m tests.e2e.shortcuts_job FOLDER

The whole program runs, with Monaco and then with the plain editor. Only what the actions do is replaced by a
record of what ran, as no moment offers all of them. On Qt's offscreen platform the keys do not clash.
"""

import faulthandler
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QMainWindow, QPlainTextEdit, QWidget

from tests.e2e.driver import FINDING, TYPING, Driver
from tests.e2e.main_job import MainJob, close
from workbench.app import Milestones, Program, make_application
from workbench.core.files import Paths
from workbench.ui.editor import Editor
from workbench.ui.editor.surface import Surface
from workbench.ui.pages.code import CodePage
from workbench.ui.shell.actions import ActionRegistry

STUCK_AFTER_S = 200
URI, TEXT = "file:///plain.py", "first = 1\nsecond = 2\n"
_X_NAMES = {",": "comma", ".": "period", "return": "Return"}
_SYMBOLS = "document.activeElement.matches('.quick-input-box input')"
IN_THE_PAGE = {"edit.find": FINDING, "edit.go_to_symbol": _SYMBOLS}
"""Actions whose keys Monaco takes itself, and what is to have the keyboard then; see PageView."""


def press(driver: Driver, shortcut: str) -> None:
    """Presses a shortcut that is written as Qt writes it."""
    *modifiers, key = shortcut.lower().split("+")
    is_function_key = key[0] == "f" and len(key) > 1
    driver.keys("+".join([*modifiers, key.upper() if is_function_key else _X_NAMES.get(key, key)]))


class ShortcutsJob:
    """Presses all shortcuts and finds those that do not run their action at the first press.

    Args:
        driver: Of the window that has the editor.
        actions: All actions; what they do is replaced.
    """

    def __init__(self, driver: Driver, actions: ActionRegistry) -> None:
        self._driver = driver
        self._actions = actions
        self._ran: list[str] = []
        for name in actions.specs:
            actions.bind(name, partial(self._ran.append, name))

    def press_all(self, has_keyboard: Callable[[], bool], text: Callable[[], str], *, is_page: bool) -> int:
        """Raises AssertionError with all that went wrong; gives the number of shortcuts.

        Args:
            has_keyboard: Whether the text has it.
            text: The text, which no shortcut may change.
            is_page: Whether it is in the page of Monaco.
        """
        driver, before, wrong = self._driver, text(), []
        specs = [spec for spec in self._actions.specs.values() if spec.shortcut]
        for spec in specs:
            others = {each.when for each in specs if each.shortcut == spec.shortcut} - {spec.when}
            owns_it = others | {spec.yields} if spec.yields else set()
            self._actions.set_situation({each.when for each in self._actions.specs.values()} - owns_it)
            driver.until(has_keyboard, "the text has the keyboard")
            self._ran.clear()
            press(driver, spec.shortcut)
            if is_page and spec.id in IN_THE_PAGE:
                driver.seen(IN_THE_PAGE[spec.id], f"{spec.shortcut} opens its field")
                driver.keys("Escape")
                assert self._ran == [], "the action of the field ran as well"
                continue
            driver.until(lambda: self._ran, f"{spec.shortcut} runs {spec.id}")
            if self._ran != [spec.id]:
                wrong.append((spec.id, spec.shortcut, tuple(self._ran)))
        assert wrong == [], wrong
        assert text() == before
        return len(specs)


def text_of(driver: Driver, editor: Editor) -> str:
    """The text of the shown document, as the editor has it: what is drawn follows later, line by line."""
    texts: list[str] = []
    editor.text(editor.active_uri(), lambda snapshot: texts.append(snapshot.text))
    driver.until(lambda: texts, "the editor gives its text")
    return texts[0]


def without_web_engine(_parent: QWidget) -> Surface:
    """What making a web view comes to where QtWebEngine is not installed."""
    raise ImportError("No module named 'PySide6.QtWebEngineCore'")


def press_in_plain_editor(actions: ActionRegistry) -> int:
    """Presses all shortcuts in a window with the plain editor."""
    window, editor = QMainWindow(), Editor(without_web_engine)
    window.setCentralWidget(editor)
    window.addActions(actions.all())
    window.show()
    driver = Driver(window)
    editor.prewarm()
    driver.until(lambda: editor.is_ready, "the editor has started")
    editor.open_file(URI, TEXT)
    editor.show_file(URI)
    driver.focus_window()
    editor.focus_text()
    plain = editor.findChild(QPlainTextEdit, "editorPlainText")
    assert plain is not None
    number = ShortcutsJob(driver, actions).press_all(plain.hasFocus, plain.toPlainText, is_page=False)
    window.close()
    return number


def main(folder: Path) -> None:
    """Runs the job once."""
    folder.mkdir(parents=True, exist_ok=True)
    faulthandler.dump_traceback_later(STUCK_AFTER_S)
    # What the Sandbox writes while it ends is no fault of this job.
    with tempfile.TemporaryDirectory(prefix="workbench-keys-", ignore_cleanup_errors=True) as home:
        os.environ |= {"HOME": home, "WORKBENCH_HOME": home}
        program = Program(make_application(), Paths.default(), Milestones(None))
        program.show()
        driver = Driver(program.window)
        program.window.move(0, 0)
        try:
            job = MainJob(program, driver)
            job.wait_for_list()
            job.open_function()
            editor, actions = program.context.window.page.tab(CodePage).files.editor, program.services.actions
            driver.click(editor)
            in_monaco = ShortcutsJob(driver, actions).press_all(
                lambda: bool(driver.page(TYPING)),
                partial(text_of, driver, editor),
                is_page=True,
            )
            in_plain = press_in_plain_editor(actions)
        except AssertionError:
            driver.shoot(str(folder / "stuck.png"))
            raise
        actions.bind("app.quit", program.window.close)
        driver.focus_window()
        close(program, driver)
    print("pressed", in_monaco, in_plain)
    print("shortcuts job ok")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/shortcuts"))
