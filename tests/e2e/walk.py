"""A person who walks through the program, by keyboard and mouse: hands, and eyes that take pictures."""

from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QToolButton, QWidget

from tests.e2e.driver import TYPING, Driver
from tests.e2e.shown_texts import cut_texts, untranslated_texts
from workbench.app import Program
from workbench.core.messages import PSEUDO, language
from workbench.sandbox.samples import FREE_BUCKET
from workbench.triggers.model import SourceKind
from workbench.ui.features.triggers.add_dialog import AddTriggerDialog
from workbench.ui.features.triggers.page import TriggersPage
from workbench.ui.files.open_files import OpenFiles
from workbench.ui.pages.code import CodePage

EDITOR = "editorWebView"  # its page has the keyboard, in a widget of Qt's without a name
WHOLE_BAND = 1280  # px of a window that has room for the name, its badges and all tabs


class Walk:
    """A new user before a program that was just started.

    Args:
        folder: For the pictures.
        in_turns: Each picture is of one theme, light and dark by turns; else there are two.
    """

    def __init__(self, program: Program, driver: Driver, folder: Path, *, in_turns: bool) -> None:
        self.program = program
        self.driver = driver
        self.untranslated: set[str] = set()
        self._folder = folder
        self._in_turns = in_turns
        self._number = 0
        self._before: dict[str, QPoint] = {}

    # Hands --------------------------------------------------------------------------------------------------

    def replace_code(self, text: str) -> None:
        driver, editor = self.driver, self.code().editor
        driver.keys("alt+1")
        driver.click(editor)
        driver.seen(TYPING, "the caret in the text")
        driver.keys("ctrl+a")
        driver.type(text)
        driver.keys("ctrl+s")
        driver.until(lambda: not editor.is_dirty(editor.active_uri()), "the file is saved")

    def deploy(self) -> None:
        before = self.code_sha256()
        self.driver.keys("ctrl+shift+d")
        self.driver.until(lambda: self.code_sha256() != before, "the new code is deployed")

    def invoke(self, status: str) -> None:
        result = self.program.window.result
        self.driver.keys("ctrl+shift+i")
        self.driver.until(
            lambda: result.status.text().startswith(beginning(status)), f"the result is {status}"
        )

    def choose_profile(self, name: str) -> None:
        driver, picker = self.driver, self.program.window.top_bar.profile
        driver.until(lambda: picker.findText(name) >= 0, f"{name} can be chosen")
        driver.open_list(picker)
        driver.type(name)
        driver.keys("Return")
        driver.until(lambda: picker.currentText() == name, f"{name} is chosen")

    def choose_bucket(self) -> AddTriggerDialog:
        """Begins a trigger, with the bucket that waits for one."""
        driver = self.driver
        driver.keys("alt+3")
        driver.keys("alt+shift+t")
        dialog = driver.dialog(AddTriggerDialog)
        driver.type("S3")
        driver.until(lambda: dialog.kinds.chosen() == SourceKind("s3"), "S3 is chosen by its letters")
        driver.keys("Return")
        tree = dialog.sources.tree
        driver.until(lambda: tree.findItems(FREE_BUCKET, Qt.MatchFlag.MatchRecursive), "the empty bucket")
        driver.click_row(tree, FREE_BUCKET)
        driver.until(dialog.next.isEnabled, "Next can be pressed")
        return dialog

    def create_trigger(self, dialog: AddTriggerDialog) -> None:
        """Agrees to the plan that is shown."""
        self.driver.click(dialog.yes)
        self.driver.until(lambda: QApplication.activeModalWidget() is None, "the trigger is created")
        self.driver.focus_window()
        table = self.find(TriggersPage, "triggersPage").table
        self.driver.until(lambda: table.rows.all, "the trigger is listed")
        self.see("trigger", "triggerTable")

    # Eyes ---------------------------------------------------------------------------------------------------

    def see(self, name: str, focus: str) -> None:
        """Takes pictures once selection, buttons and keyboard are as they are to be."""
        driver, functions = self.driver, self.program.window.functions
        driver.until(lambda: self._selected() == [self.open_function()], "the selection is the open function")
        assert functions.isVisible()
        for button_name in ("button.function.deploy", "button.function.invoke"):
            button = self.find(QToolButton, button_name)
            at = button.mapTo(self.program.window, QPoint())
            assert self._before.setdefault(button_name, at) == at, f"{button_name} moved at {name}"
        tabs = self.program.window.page.tabs.tabBar()
        if self.program.window.width() >= WHOLE_BAND and language() != PSEUDO:  # there they scroll
            assert tabs.sizeHint().width() <= tabs.width(), f"the tabs are cut at {name}"
            at = tabs.mapTo(self.program.window, tabs.tabRect(0).topLeft())
            assert self._before.setdefault("tabs", at) == at, f"the tabs moved at {name}"
        self.shoot(name, focus)

    def shoot(self, name: str, focus: str = "") -> None:
        """Takes pictures once a widget has the keyboard, by its name, which then keeps it; empty for any."""
        try:
            self.driver.until(lambda: focus in ("", _focused()), f"the keyboard is in {focus} at {name}")
        except AssertionError:
            print(f"At {name} the keyboard is in {_focused()!r} instead of {focus!r}.", flush=True)
            raise
        if language() == PSEUDO:
            self.untranslated |= untranslated_texts(QApplication.allWidgets())
        self._number += 1
        themes = ("dark", "light")
        for theme in themes[self._number % 2 :][:1] if self._in_turns else themes:
            self.program.services.theme.choose(theme)
            self.driver.until_editor_is(theme)
            path = self._folder / f"{self._number:02}-{name}-{theme}.png"
            self.driver.shoot(str(path), self.program.window.frameSize())
        if language() == PSEUDO:
            try:  # a text that has just come has its room with the next event
                self.driver.until(lambda: not self._cut(), f"all texts are whole at {name}")
            except AssertionError:
                print("cut off:", *sorted(self._cut()), sep="\n", flush=True)
                raise
        assert focus in ("", _focused()), f"the keyboard left {focus} for {_focused()} at {name}"

    def _cut(self) -> set[str]:
        return cut_texts(QApplication.allWidgets())

    def _selected(self) -> list[str]:
        return [row.function_name for row in self.program.window.functions.selected]

    def open_function(self) -> str:
        function = self.program.window.page.function
        return function.detail.function_name if function else ""

    def code_sha256(self) -> str:
        function = self.program.window.page.function
        return function.detail.code_sha256 if function else ""

    def code(self) -> OpenFiles:
        return self.program.context.window.page.tab(CodePage).files

    def find[T: QWidget](self, kind: type[T], name: str) -> T:
        found: T | None = self.program.window.findChild(kind, name)
        assert found is not None, name
        return found

    def text(self, name: str) -> str:
        return self.find(QPlainTextEdit, name).toPlainText()

    def says(self, words: str) -> bool:
        labels = self.program.window.findChildren(QLabel)
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


def beginning(text: str) -> str:
    """What stands before a text's field."""
    return text.partition("{")[0]


def ending(text: str) -> str:
    return text.rpartition("}")[2]
