"""What only the web view has: languages, themes, its keyboard, the clipboard, links."""

import json
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, QPoint, QRect, Qt, QUrl, Slot
from PySide6.QtGui import QAccessible, QDesktopServices, QGuiApplication, QImage, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.ui.accessible import faults, focusable
from tests.ui.editor.driving import CONTROL, Driver
from workbench.ui.editor import EditorOptions

APP = "file:///functions/hello/app.py"

# A file of each language, and how many kinds of token (colours) its lines have at least.
SAMPLES = {
    "app.py": 'import os\n\n# why\ndef f(x):\n    return "a" + 1\n',
    "index.js": 'const a = "b"; // why\nexport const f = async () => 1;\n',
    "index.mjs": 'const a = "b"; // why\nexport const f = async () => 1;\n',
    "index.ts": 'const a: string = "b"; // why\ninterface B { c: number }\n',
    "event.json": '{"a": "b", "c": 1, "d": true}\n',
    "template.yaml": '# why\nA:\n  b: "c"\n  d: 1\n',
    "lambda.rb": 'require "json"\n# why\ndef f(x)\n  "a" + 1.to_s\nend\n',
    "Handler.java": 'class A { // why\n  String b = "c"; int d = 1;\n}\n',
    "main.go": 'package main\n// why\nfunc main() { a := "b"; c := 1 }\n',
    "Function.cs": 'class A { // why\n  string B = "c"; int D = 1;\n}\n',
    "main.rs": 'fn main() { // why\n  let a = "b"; let c = 1;\n}\n',
    "run.sh": '# why\nif [ "$A" = "b" ]; then echo 1; fi\n',
    "pyproject.toml": '[a]\n# why\nb = "c"\nd = 1\n',
    "README.md": "# Title\n\nsome `code` and **bold**\n",
    "Dockerfile": '# why\nFROM public.ecr.aws/lambda/python:3.13\nCMD ["app.handler"]\n',
    "setup.cfg.ini": "[a]\n; why\nb = 1\n",
    "pom.xml": '<a b="c"><!-- why --><d>e</d></a>\n',
    "page.html": '<a b="c"><!-- why --><d>e</d></a>\n',
    "style.css": "/* why */ a { color: #fff; margin: 1px }\n",
}


@pytest.fixture
def driver(monaco_editor: Driver) -> Driver:
    return monaco_editor


def test_every_language_of_lambda_is_highlighted(driver: Driver) -> None:
    lines = "[...document.querySelectorAll('.view-line')]"
    first = f"{lines}.sort((a, b) => a.offsetTop - b.offsetTop)[0]?.textContent.replaceAll('\u00a0', ' ')"
    kinds = "new Set([...document.querySelectorAll('.view-line span span')].map(it => it.className)).size"
    for name, text in SAMPLES.items():
        driver.editor.open_file(f"file:///functions/{name}", text)
        shown = json.dumps(text.partition("\n")[0])
        driver.wait_for_js(f"{first} === {shown} && {kinds} >= 3")


def test_an_extension_says_the_language_unless_the_caller_does(driver: Driver) -> None:
    driver.editor.open_file("file:///functions/handler.txt", "# why\nreturn 1\n", "python")
    driver.wait_for_js("document.querySelectorAll('.view-line .mtk1').length > 0")
    driver.wait_for_js("document.querySelectorAll('.view-line span span').length > 2")


@pytest.mark.parametrize(
    ("name", "text"), [("event.json", '{"a": }'), ("index.js", "const = 1"), ("index.ts", "let a: = 1")]
)
def test_the_workers_find_syntax_errors(driver: Driver, name: str, text: str) -> None:
    driver.editor.open_file(f"file:///functions/{name}", text)
    driver.wait_for_js("document.querySelectorAll('.squiggly-error').length > 0")


def test_imports_that_the_worker_cannot_see_are_no_errors(driver: Driver) -> None:
    text = (
        'import { S3 } from "@aws-sdk/client-s3";\nexport const f = (e: S3) => process.env.A;\nconst = 1;\n'
    )
    driver.editor.open_file("file:///functions/index.ts", text)
    tops = "[...document.querySelectorAll('.squiggly-error')].map(it => it.getBoundingClientRect().top)"
    third_line = "document.querySelector('.view-lines').children[2].getBoundingClientRect()"
    driver.wait_for_js(f"{tops}.length > 0")
    assert driver.js(f"{tops}.every(top => top > {third_line}.top - 1)"), driver.js(
        f"{tops}.join()+' '+JSON.stringify({third_line})"
    )


def test_the_theme_follows_the_application(driver: Driver) -> None:
    driver.editor.open_file(APP, "\n" * 5)
    driver.editor.set_theme(dark=True)
    driver.wait_for_js(
        "getComputedStyle(document.querySelector('.monaco-editor')).backgroundColor === 'rgb(30, 31, 34)'"
    )
    driver.qtbot.waitUntil(lambda: _ground(driver) == "#1e1f22")
    driver.editor.set_theme(dark=False)
    driver.qtbot.waitUntil(lambda: _ground(driver) == "#ffffff")


def _ground(driver: Driver) -> str:
    """The colour in the middle of the picture, where nothing is written."""
    picture: QImage = driver.editor.grab().toImage()
    return picture.pixelColor(picture.width() // 2, picture.height() * 3 // 4).name()


def test_options_reach_the_text(driver: Driver) -> None:
    driver.editor.open_file(APP, "x" * 400 + "\n")
    driver.editor.set_options(EditorOptions(font_size_px=22, word_wrap=True, minimap=False))
    driver.wait_for_js("document.querySelectorAll('.view-line').length > 3")
    assert driver.js("getComputedStyle(document.querySelector('.view-line')).fontSize") == "22px"
    driver.wait_for_js("document.querySelector('.minimap').offsetWidth === 0")


def test_the_command_palette_keys_are_left_to_the_application(driver: Driver) -> None:
    driver.editor.open_file(APP, "x = 1\n")
    driver.focus()
    driver.press(Qt.Key.Key_F1)
    driver.press(Qt.Key.Key_P, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    driver.type("y")  # what was pressed before has been dealt with
    assert driver.js("document.querySelector('.quick-input-widget:not([style*=\"display: none\"])') === null")
    assert driver.snapshot(APP).text == "yx = 1\n"


def test_go_to_line_is_there(driver: Driver) -> None:
    driver.editor.open_file(APP, "a\nb\nc\n")
    driver.focus()
    driver.press(Qt.Key.Key_G, CONTROL)
    driver.wait_for_js("document.querySelector('.quick-input-widget input') === document.activeElement")
    QTest.keyClicks(driver.keyboard, "3")
    driver.press(Qt.Key.Key_Return)
    driver.qtbot.waitUntil(lambda: (3, 1) in driver.cursors)


def test_copy_and_paste_go_through_the_systems_clipboard(driver: Driver) -> None:
    driver.editor.open_file(APP, "")
    QGuiApplication.clipboard().setText("from outside")
    driver.focus()
    driver.press(Qt.Key.Key_V, CONTROL)
    driver.wait_for_text(APP, "from outside")
    driver.press(Qt.Key.Key_A, CONTROL)
    driver.press(Qt.Key.Key_X, CONTROL)
    driver.wait_for_text(APP, "")
    assert QGuiApplication.clipboard().text() == "from outside"


def test_the_menu_has_what_makes_sense_and_its_paste_works(driver: Driver) -> None:
    driver.editor.open_file(APP, "")
    QGuiApplication.clipboard().setText("from outside")
    driver.focus()
    driver.press(Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    menu = "[...document.querySelectorAll('.monaco-menu .action-label')]"
    driver.wait_for_js(f"{menu}.length > 2")
    labels = driver.js(f"{menu}.map(item => item.textContent).filter(Boolean).join()").split(",")
    assert {"Go to Definition", "Rename Symbol", "Format Document", "Change All Occurrences"} <= {*labels}
    assert labels[-3:] == ["Cut", "Copy", "Paste"]
    ground = "getComputedStyle(document.querySelector('.monaco-menu-container .monaco-scrollable-element'))"
    assert driver.js(f"{ground}.backgroundColor") == "rgb(255, 255, 255)"
    for _ in labels:
        driver.press(Qt.Key.Key_Down)
    driver.press(Qt.Key.Key_Return)
    driver.wait_for_text(APP, "from outside")


def test_an_input_method_writes_japanese(driver: Driver) -> None:
    driver.editor.open_file(APP, "")
    driver.type("x = ")
    QApplication.sendEvent(driver.keyboard, QInputMethodEvent("にほ", []))
    driver.qtbot.waitUntil(lambda: _candidates_x(driver) > 90)  # beside the text, not at the line's start
    done = QInputMethodEvent("", [])
    done.setCommitString("日本")
    QApplication.sendEvent(driver.keyboard, done)
    driver.wait_for_text(APP, "x = 日本")


def _candidates_x(driver: Driver) -> int:
    rectangle: QRect = driver.keyboard.inputMethodQuery(Qt.InputMethodQuery.ImCursorRectangle)
    return rectangle.x()


class Browser(QObject):
    """Stands for the person's web browser."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(url.toString())


@pytest.fixture
def browser() -> Iterator[Browser]:
    browser = Browser()
    for scheme in ("https", "file"):
        QDesktopServices.setUrlHandler(scheme, browser, "open")  # type: ignore[arg-type]  # the stub is wrong
    yield browser
    for scheme in ("https", "file"):
        QDesktopServices.unsetUrlHandler(scheme)


def test_web_links_open_in_the_browser_and_others_nowhere(driver: Driver, browser: Browser) -> None:
    driver.editor.open_file(APP, "# file:///etc/passwd\n# https://docs.aws.amazon.com/lambda/\n")
    driver.wait_for_js("document.querySelectorAll('.detected-link').length >= 2")
    for line in (0, 1):
        x, y = driver.js(
            f"(r => r.x + 20 + ' ' + (r.y + r.height / 2))"
            f"(document.querySelectorAll('.detected-link')[{line}].getBoundingClientRect())"
        ).split()
        place = QPoint(int(float(x)), int(float(y)))
        QTest.mouseMove(driver.keyboard, place)
        QTest.mouseClick(driver.keyboard, Qt.MouseButton.LeftButton, CONTROL, place)
    driver.qtbot.waitUntil(lambda: bool(browser.opened))
    assert browser.opened == ["https://docs.aws.amazon.com/lambda/"]
    assert driver.page.url().toString() == "app://editor/index.html#light"


def test_every_node_that_can_have_the_keyboard_has_a_name(driver: Driver) -> None:
    driver.editor.open_file("file:///functions/app.py", "x = 1\n", "python")
    driver.wait_for_js("document.querySelectorAll('.view-line .mtk1').length > 0")
    assert faults(driver.editor.window()) == []
    named = [node.text(QAccessible.Text.Name) for node in focusable(driver.editor.window())]
    assert named == ["Code editor"]
