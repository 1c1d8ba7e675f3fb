"""Changes that a server works out: rename in all files, format, fixes. Each can be undone and is a draft."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.ui.editor.driving import CONTROL
from tests.ui.features.code.coder import CodeServer
from tests.ui.features.code.language.desk import LanguageDesk
from tests.ui.features.code.language.test_moving import APP, FILES, UTIL
from workbench.ui.editor import EditorCommand
from workbench.ui.shell.preferences import EDITOR_FORMAT_ON_SAVE

ALT = Qt.KeyboardModifier.AltModifier


def rename(desk: LanguageDesk, new_name: str) -> None:
    desk.press(Qt.Key.Key_F2)
    box = "document.querySelector('.rename-box input')"
    desk.driver.wait_for_js(f"{box} === document.activeElement")
    desk.press(Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(desk.driver.keyboard, new_name)
    desk.press(Qt.Key.Key_Return)


def test_a_name_is_changed_in_all_files(desk: LanguageDesk, server: CodeServer) -> None:
    """Also in one that is not open: it is opened, its change is a draft, and one undo takes it back."""
    desk.open(server.function("hello", FILES))
    desk.at(5, 14)
    rename(desk, "in_words")
    desk.until(lambda: desk.text == APP.replace("helper", "in_words"))
    util = desk.uri("util.py")
    desk.until(lambda: desk.files.editor.is_dirty(util))
    assert desk.files.current_path() == "app.py"
    assert desk.driver.snapshot(util).text == UTIL.replace("helper", "in_words")
    desk.idle()
    workspace = desk.page.workspace
    assert workspace is not None
    assert {draft.path: draft.text for draft in workspace.drafts()} == {
        "app.py": APP.replace("helper", "in_words"),
        "util.py": UTIL.replace("helper", "in_words"),
    }
    desk.files.open("util.py")
    desk.until(lambda: desk.files.current_path() == "util.py")
    desk.driver.undo()
    desk.until(lambda: desk.text == UTIL)


def test_what_cannot_be_renamed_says_so(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", FILES))
    desk.at(5, 7)  # `return`
    desk.press(Qt.Key.Key_F2)
    desk.until(lambda: "cannot be renamed" in desk.words(".monaco-editor-overlaymessage"))
    assert desk.text == APP


def test_a_document_is_formatted_when_asked(desk: LanguageDesk, server: CodeServer) -> None:
    ugly = "def handler( event,context ):\n  return {'a':1,\n   'b' :2}\n"
    desk.open(server.function("hello", {"app.py": ugly}))
    desk.at(1, 1)
    desk.files.editor.run(EditorCommand.FORMAT)
    desk.until(lambda: desk.text == 'def handler(event, context):\n    return {"a": 1, "b": 2}\n')
    desk.driver.undo()
    desk.until(lambda: desk.text == ugly)


def test_a_fix_of_ruff_is_offered_and_done(desk: LanguageDesk, server: CodeServer) -> None:
    code = "import os\n\n\ndef handler(event, context):\n    return 1\n"
    desk.open(server.function("hello", {"app.py": code}))
    desk.until(lambda: any("imported but unused" in line for line in desk.problems()))
    desk.at(1, 9)
    desk.insist(
        lambda: desk.press(Qt.Key.Key_Period, CONTROL),
        lambda: "Remove unused import" in desk.words(".action-widget"),
    )
    desk.press(Qt.Key.Key_Return)
    desk.until(lambda: "import os" not in desk.text)
    desk.until(lambda: desk.problems() == [])


def test_saving_formats_only_when_that_is_wanted(desk: LanguageDesk, server: CodeServer) -> None:
    ugly, good = (
        "def handler( event,context ): return {'a':1}\n",
        'def handler(event, context):\n    return {"a": 1}\n',
    )
    desk.open(server.function("hello", {"app.py": ugly}))
    workspace = desk.page.workspace
    assert workspace is not None
    desk.at(2, 1)
    desk.type("x=1")
    desk.press(Qt.Key.Key_S, CONTROL)
    desk.until(lambda: (workspace.root / "app.py").read_text() == ugly + "x=1")
    desk.services.settings.set(EDITOR_FORMAT_ON_SAVE.key, True)
    desk.type("2")
    desk.press(Qt.Key.Key_S, CONTROL)
    desk.until(lambda: (workspace.root / "app.py").read_text() == f"{good}\n\nx = 12\n")
    desk.until(lambda: not desk.files.editor.is_dirty(desk.uri("app.py")))


def test_a_file_that_cannot_be_formatted_is_saved_as_it_is(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", {"app.py": "def handler(event, context): ...\n"}))
    desk.services.settings.set(EDITOR_FORMAT_ON_SAVE.key, True)
    workspace = desk.page.workspace
    assert workspace is not None
    desk.at(2, 1)
    desk.type("def f(")
    desk.press(Qt.Key.Key_S, CONTROL)
    desk.until(lambda: "def f(" in (workspace.root / "app.py").read_text())
    desk.until(lambda: not desk.files.editor.is_dirty(desk.uri("app.py")))
