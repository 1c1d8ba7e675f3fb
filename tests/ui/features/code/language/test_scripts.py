"""Between the scripts of a function: definitions, completion and renaming in files that are not open."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.ui.features.code.coder import CodeServer
from tests.ui.features.code.language.desk import LanguageDesk
from workbench.ui.features.code.language import ScriptSources

UTIL = (
    "/** Says it in words. */\n"
    "export function helper(number) {\n  return `${number}`;\n}\n"
    "export const sideways = 1;\n"
)
INDEX = 'import { helper } from "./lib/my util+.mjs";\n\nexport const handler = async () => helper(1);\n'
FILES: dict[str, bytes | str] = {
    "index.mjs": INDEX,
    "lib/my util+.mjs": UTIL,
    "package.json": '{"dependencies": {"thing": "1"}}',
    "node_modules/thing/package.json": '{"name": "thing", "types": "main.d.ts"}',
    "node_modules/thing/main.d.ts": "export declare function paint(colour: string): void;\n",
}


@pytest.fixture
def node(desk: LanguageDesk, server: CodeServer) -> LanguageDesk:
    """A Node.js function with its handler's file open."""
    ScriptSources(desk.services, desk.page)
    desk.open(server.function("hello", FILES, Handler="index.handler", Runtime="nodejs22.x"), "index.mjs")
    return desk


def test_the_definition_is_found_in_a_file_that_is_not_open(node: LanguageDesk) -> None:
    node.at(3, 38)
    node.insist(lambda: node.press(Qt.Key.Key_F12), lambda: node.files.current_path() == "lib/my util+.mjs")
    node.until(lambda: node.cursor == (2, 17))
    assert node.text == UTIL
    node.type("/")  # it is the file, to be edited: not a look at it
    node.until(lambda: node.files.editor.is_dirty(node.uri("lib/my util+.mjs")))


def test_completion_knows_what_another_file_exports(node: LanguageDesk) -> None:
    node.at(4, 1)
    node.type('import * as util from "./lib/my util+.mjs";\nutil.')
    node.insist(
        lambda: node.press(Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier),
        lambda: "sideways" in node.suggestions(),
    )


def test_completion_knows_what_a_dependency_declares(node: LanguageDesk) -> None:
    node.at(4, 1)
    node.type('import * as thing from "thing";\nthing.')
    node.insist(
        lambda: node.press(Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier),
        lambda: "paint" in node.suggestions(),
    )


def test_renaming_changes_files_that_are_not_open(node: LanguageDesk) -> None:
    node.at(3, 38)
    box = "document.querySelector('.rename-box input') === document.activeElement"
    node.insist(lambda: node.press(Qt.Key.Key_F2), lambda: node.driver.js(box))
    node.driver.press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(node.driver.keyboard, "worded")
    node.driver.press(Qt.Key.Key_Return)
    node.until(lambda: "lib/my util+.mjs" in node.files.open_paths())
    node.until(lambda: node.files.current_path() == "index.mjs" and "=> worded(1)" in node.text)
    other = node.uri("lib/my util+.mjs")
    node.until(lambda: "export function worded(number)" in node.driver.snapshot(other).text)
    assert node.files.editor.is_dirty(other)


def test_a_change_on_disk_is_known_after_it(node: LanguageDesk) -> None:
    node.files.open("lib/my util+.mjs")
    node.until(lambda: node.files.current_path() == "lib/my util+.mjs")
    node.at(1, 1)
    node.type("export const extra = 1;\n")
    node.files.save_current()
    node.idle()
    node.files.close_current()
    node.idle()
    node.at(4, 1)
    node.type('import * as util from "./lib/my util+.mjs";\nutil.')
    node.insist(
        lambda: node.press(Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier),
        lambda: "extra" in node.suggestions(),
    )
