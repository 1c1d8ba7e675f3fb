"""Finding one's way: hover, parameters, definitions, references, symbols, each from the real ty."""

from PySide6.QtCore import Qt

from tests.ui.editor.driving import CONTROL
from tests.ui.features.code.coder import CodeServer
from tests.ui.features.code.language.desk import LanguageDesk
from workbench.ui.editor import EditorCommand

SHIFT = Qt.KeyboardModifier.ShiftModifier
UTIL = 'def helper(number: int) -> str:\n    """Says it in words."""\n    return str(number)\n'
APP = "from util import helper\n\n\ndef handler(event, context):\n    return helper(1)\n"
FILES: dict[str, bytes | str] = {"app.py": APP, "util.py": UTIL}


def test_a_hover_tells_type_and_description(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", FILES))
    desk.at(5, 14)
    desk.insist(
        lambda: desk.files.editor.run(EditorCommand.HOVER),
        lambda: "Says it in words." in desk.words(".monaco-hover:not(.hidden)"),
    )
    assert "def helper(number: int) -> str" in desk.words(".monaco-hover:not(.hidden)")


def test_parameters_are_shown_while_a_call_is_typed(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", FILES))
    desk.at(6, 1)
    desk.type("helper(")
    desk.until(lambda: "(number: int) -> str" in desk.words(".parameter-hints-widget.visible"))


def test_the_definition_is_found_in_another_file(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", FILES))
    desk.at(5, 14)
    desk.press(Qt.Key.Key_F12)
    desk.until(lambda: desk.files.current_path() == "util.py")
    desk.until(lambda: desk.cursor == (1, 5))


def test_the_definition_is_found_in_what_is_typed_only(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", FILES))
    desk.files.open("util.py")
    desk.until(lambda: desk.files.current_path() == "util.py")
    desk.at(1, 1)
    desk.press(Qt.Key.Key_Return)
    desk.press(Qt.Key.Key_Return)
    desk.idle()
    desk.files.open("app.py")
    desk.until(lambda: desk.files.current_path() == "app.py")
    desk.at(5, 14)
    desk.press(Qt.Key.Key_F12)
    desk.until(lambda: desk.files.current_path() == "util.py" and desk.cursor == (3, 5))


def test_the_definition_of_a_library_is_shown_beside_the_code(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", {"app.py": "import json\n\nprint(json.dumps({}))\n"}))
    desk.at(3, 13)
    desk.press(Qt.Key.Key_F12)
    desk.until(lambda: "def dumps" in desk.words(".peekview-widget"))
    assert desk.files.current_path() == "app.py"


def test_references_are_listed_with_their_files(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", FILES))
    desk.at(5, 14)
    desk.press(Qt.Key.Key_F12, SHIFT)
    desk.until(lambda: desk.words(".peekview-widget .ref-tree"))
    desk.until(lambda: all(name in desk.words(".peekview-widget .ref-tree") for name in FILES))


def test_a_symbol_is_gone_to_by_its_name(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", FILES))
    desk.at(1, 1)
    desk.files.editor.run(EditorCommand.GO_TO_SYMBOL)
    box = "document.querySelector('.quick-input-widget input')"
    desk.driver.wait_for_js(f"{box} === document.activeElement")
    desk.until(lambda: "handler" in desk.words(".quick-input-list"))
    desk.type("hand")
    desk.press(Qt.Key.Key_Return)
    desk.until(lambda: desk.cursor == (4, 5))


def test_the_list_of_completions_opens_on_demand(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", FILES))
    desk.at(5, 12)
    desk.press(Qt.Key.Key_Space, CONTROL)
    desk.until(lambda: "helper" in desk.suggestions())
