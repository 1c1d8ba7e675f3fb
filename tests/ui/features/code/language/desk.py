"""Someone before the Code tab with the real Monaco page and the real ty and ruff."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.exceptions import TimeoutError
from pytestqt.qtbot import QtBot

from tests.ui.editor.driving import NONE, WAIT_MS
from tests.ui.editor.driving import Driver as EditorDriver
from workbench.code.syntax import Problem
from workbench.core.errors import WorkbenchError
from workbench.ui.editor import Editor
from workbench.ui.features.code.language import Language
from workbench.ui.pages.code import CodePage
from workbench.ui.shell.problems_panel import ProblemsPanel
from workbench.ui.shell.services import OpenFunction, Services

_TRIES, _TRY_MS = 5, 1_500
_ROWS = "[...document.querySelectorAll('.suggest-widget.visible .monaco-list-row')]"
_IN_ORDER = f"{_ROWS}.sort((a, b) => a.dataset.index - b.dataset.index)"
SUGGESTIONS = f"{_IN_ORDER}.map(row => row.querySelector('.label-name').textContent).join('\\n')"


class LanguageDesk:
    """The tab on the screen, its language servers and the Problems panel."""

    def __init__(self, services: Services, editor: Editor, qtbot: QtBot) -> None:
        self.services = services
        self.page = CodePage(services, editor)
        self.files = self.page.files
        self.driver = EditorDriver(editor, qtbot)
        self.asked_handlers: list[tuple[str, str]] = []
        self.may_set_handler = True
        self.language = Language(services, self.page, self._confirm_handler)
        self.panel = ProblemsPanel()
        self.failed: list[WorkbenchError] = []
        self.shown: list[tuple[Problem, ...]] = [()]
        self._qtbot = qtbot
        self.language.problems_changed.connect(self.panel.show_problems)
        self.language.problems_changed.connect(self.shown.append)
        self.panel.fix_wanted.connect(self.language.handler_fix.apply)
        self.language.failed.connect(self.failed.append)
        self.page.failed.connect(self.failed.append)

    def _confirm_handler(self, function: OpenFunction, handler: str, then: Callable[[], None]) -> None:
        self.asked_handlers.append((function.detail.function_name, handler))
        if self.may_set_handler:
            then()

    def open(self, function: OpenFunction, path: str = "app.py") -> None:
        """Opens the function; its handler's file is ready for typing."""
        self.page.show_function(function)
        self.page.activate()
        self.until(lambda: self.files.current_path() == path and self.files.editor.is_ready)
        self.idle()

    def leave(self) -> None:
        """Ends everything."""
        self.page.deactivate()
        self.page.clear()
        self.language.stop()
        self.files.stop()
        self.idle()

    @property
    def cursor(self) -> tuple[int, int]:
        """Where the cursor has been told to be last."""
        return self.driver.cursors[-1] if self.driver.cursors else (1, 1)

    def until(self, condition: Callable[[], object]) -> None:
        self._qtbot.waitUntil(lambda: bool(condition()), timeout=WAIT_MS)

    def insist(self, act: Callable[[], object], condition: Callable[[], object]) -> None:
        """Does something until it shows: whatever moves in the text just then closes what had opened."""
        for _ in range(_TRIES):
            act()
            try:
                self._qtbot.waitUntil(lambda: bool(condition()), timeout=_TRY_MS)
            except TimeoutError:
                continue
            return
        self.until(condition)

    def idle(self) -> None:
        """Until what was typed is on disk, and no job is left."""
        flushed: list[bool] = []
        self.files.flush(lambda: flushed.append(True))
        self.until(lambda: flushed and not self.services.jobs.active())

    # Hands

    def at(self, line: int, column: int) -> None:
        """Puts the cursor there and gives the text the keyboard."""
        self.files.editor.reveal(self.files.editor.active_uri(), line, column)
        self.driver.focus()

    def type(self, text: str) -> None:
        """Types key by key; what the editor adds by itself is left to it."""
        for number, line in enumerate(text.split("\n")):
            if number:
                self.press(Qt.Key.Key_Return)
            QTest.keyClicks(self.driver.keyboard, line)

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        self.driver.press(key, modifiers)

    # Eyes

    @property
    def text(self) -> str:
        """The shown file, as of now."""
        return self.driver.snapshot(self.files.editor.active_uri()).text

    def uri(self, path: str) -> str:
        assert self.page.workspace is not None
        return (self.page.workspace.root / path).as_uri()

    def suggestions(self) -> list[str]:
        """What the list of completions shows, from its top."""
        names: str = self.driver.js(SUGGESTIONS)
        return names.split("\n") if names else []

    def words(self, selector: str) -> str:
        """What these parts of the page say; "" while there are none."""
        parts = f'[...document.querySelectorAll("{selector}")]'
        words: str = self.driver.js(f"{parts}.map(part => part.innerText).join('\\n')")
        return words.replace("\xa0", " ")

    def problems(self) -> list[str]:
        """The Problems panel, a line each: where and what."""
        return [f"{each.path}:{each.line}: {each.message}" for each in self.shown[-1]]
