"""The configured handler: when the code has none, that is a problem, and one gesture mends it."""

from PySide6.QtCore import Qt

from tests.ui.editor.driving import CONTROL
from tests.ui.language.desk import LanguageDesk
from tests.ui.pages.coder import CodeServer

MISSING = "app.py:0: The handler is app.handler, but app.py defines no handler."


def test_a_missing_function_is_created_from_the_text(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", {"app.py": "x = 1\n"}))
    desk.until(lambda: MISSING in desk.problems())
    desk.at(1, 1)
    desk.insist(
        lambda: desk.press(Qt.Key.Key_Period, CONTROL),
        lambda: "Create Function “handler”" in desk.words(".action-widget"),
    )
    desk.press(Qt.Key.Key_Return)
    desk.until(lambda: desk.text == "x = 1\n\n\ndef handler(event, context):\n    return {}\n")
    desk.until(lambda: desk.problems() == [])


def test_a_missing_function_is_created_from_the_list_and_undone(
    desk: LanguageDesk, server: CodeServer
) -> None:
    desk.open(server.function("hello", {"app.py": "x = 1\n"}))
    desk.until(lambda: MISSING in desk.problems())
    desk.panel.fix_wanted.emit(desk.shown[-1][0])
    desk.until(lambda: desk.text == "x = 1\n\n\ndef handler(event, context):\n    return {}\n")
    desk.until(lambda: desk.problems() == [])
    desk.driver.undo()
    desk.until(lambda: desk.text == "x = 1\n")
    desk.until(lambda: MISSING in desk.problems())


def test_a_missing_file_is_created_with_the_function(desk: LanguageDesk, server: CodeServer) -> None:
    function = server.function("hello", {"other.py": "x = 1\n"}, Handler="src/app.handler")
    desk.page.show_function(function)
    desk.page.activate()
    desk.until(lambda: any("there is no src/app.py" in line for line in desk.problems()))
    desk.panel.fix_wanted.emit(desk.shown[-1][0])
    desk.until(lambda: desk.files.shown_path() == "src/app.py")
    desk.until(lambda: desk.text == "def handler(event, context):\n    return {}\n")
    desk.until(lambda: desk.problems() == [])


def test_a_handler_that_is_renamed_while_typing_is_missed_at_once(
    desk: LanguageDesk, server: CodeServer
) -> None:
    code = "def handler(event, context):\n    return {}\n"
    desk.open(server.function("hello", {"app.py": code}))
    desk.at(1, 12)
    desk.type("s")
    desk.until(lambda: MISSING in desk.problems())
    desk.press(Qt.Key.Key_Backspace)
    desk.until(lambda: desk.problems() == [])


def test_the_handler_is_marked_wherever_it_goes(desk: LanguageDesk, server: CodeServer) -> None:
    code = "def other(): ...\n\n\ndef handler(event, context):\n    return {}\n"
    desk.open(server.function("hello", {"app.py": code}))
    marks = "document.querySelectorAll('.handler-mark')"
    tops = f"[...{marks}].map(mark => mark.getBoundingClientRect().top).join()"
    desk.driver.wait_for_js(f"{marks}.length === 1")
    before = float(desk.driver.js(tops))
    desk.at(1, 1)
    desk.press(Qt.Key.Key_Return)
    desk.driver.wait_for_js(f"{tops} > {before + 5}")
    desk.at(5, 12)
    desk.type("s")
    desk.driver.wait_for_js(f"{marks}.length === 0")
    desk.press(Qt.Key.Key_Backspace)
    desk.driver.wait_for_js(f"{marks}.length === 1")
