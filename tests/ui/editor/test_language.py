"""The page is in the application's language: its own texts, and Monaco's."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tests.ui.editor.driving import WAIT_MS, Driver
from workbench.core import messages
from workbench.core.messages import _
from workbench.ui.editor import (
    BreakpointLook,
    BreakpointMark,
    EditorCommand,
    EditorOptions,
    SurfaceFactory,
    monaco,
)

SCRIPT = "file:///functions/hello/index.mjs"
TEXT = "function total(first) {\n  return first;\n}\ntotal(1);\ntotal(2);\n"
EVENT = "file:///functions/hello/events/event.json"
EVENT_TEXT = '{\n  "Records": [{"eventSource": "aws:sqs", "messageId": "1", "body": ""}]\n}\n'
HANDLER = "file:///functions/hello/app.py"
NAMES = {"index.mjs", "/functions/hello", "total", "handler", "Lambda"}
# What is visible, or what a screen reader reads: not the code, its names, and keys.
TEXTS = r"""(() => {
  const code = '.view-lines, .margin, .keybinding, .monaco-tokenized-source, .referenceMatch, .label-name';
  const isText = node => node.nodeType === Node.TEXT_NODE;
  const texts = new Set([document.title]);
  for (const element of document.querySelectorAll('body *')) {
    if (element.closest(code) || !element.checkVisibility({ visibilityProperty: true })) continue;
    const inner = [...element.childNodes].filter(isText).map(node => node.data);
    const attributes = ['aria-label', 'title', 'placeholder'].map(name => element.getAttribute(name));
    for (const text of [...inner, ...attributes]) if (/\p{L}{2}/u.test(text ?? '')) texts.add(text.trim());
  }
  return JSON.stringify([...texts]);
})()"""


@pytest.fixture
def driver(
    make_editor: Callable[[SurfaceFactory], Driver], page_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> Driver:
    monkeypatch.setattr(messages, "_catalogue", messages._open(messages.PSEUDO))
    driver = make_editor(monaco(page_dir))
    driver.editor.set_options(EditorOptions(label=_("Code of the function")))
    return driver


def texts(driver: Driver) -> set[str]:
    return set(json.loads(driver.js(TEXTS)))


def untranslated(driver: Driver) -> set[str]:
    marks = {"［", "~"}  # of Monaco's pseudo-language, and the application's
    return {text for text in texts(driver) if not marks & set(text)} - NAMES


def open_known(driver: Driver, uri: str, text: str) -> None:
    """Opens a document, and waits until Monaco's worker for its language has read it."""
    read: list[str] = []
    driver.editor.outline.changed.connect(lambda uri, symbols: read.append(uri) if symbols else None)
    driver.editor.outline.want(wanted=True)
    driver.editor.open_file(uri, text)
    driver.qtbot.waitUntil(lambda: uri in read, timeout=WAIT_MS)


def wait_for(driver: Driver, selector: str) -> None:
    visible = "it => it.checkVisibility({ visibilityProperty: true })"
    driver.wait_for_js(f"[...document.querySelectorAll({json.dumps(selector)})].some({visible})")


def test_the_context_menu(driver: Driver) -> None:
    driver.editor.open_file(SCRIPT, TEXT)
    driver.focus()
    driver.press(Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    wait_for(driver, ".monaco-menu .action-label")
    assert "［Cuut］" in texts(driver)
    assert untranslated(driver) == set()


def test_monaco_brings_its_own_japanese(
    make_editor: Callable[[SurfaceFactory], Driver], page_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "language", lambda: "ja")
    driver = make_editor(monaco(page_dir))
    driver.editor.open_file(SCRIPT, TEXT)
    driver.focus()
    driver.press(Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    wait_for(driver, ".monaco-menu .action-label")
    assert "切り取り" in texts(driver)
    assert driver.js("document.documentElement.lang") == "ja"


@pytest.mark.parametrize(
    ("command", "selector"),
    [
        (EditorCommand.REPLACE, ".find-widget.visible .replace-part"),
        (EditorCommand.FIND_REFERENCES, ".peekview-widget .ref-tree .monaco-list-row"),
        (EditorCommand.RENAME, ".rename-box"),
        (EditorCommand.GO_TO_LINE, ".quick-input-widget .monaco-list-row"),
        (EditorCommand.GO_TO_SYMBOL, ".quick-input-widget .monaco-list-row"),
    ],
)
def test_what_a_command_opens(driver: Driver, command: EditorCommand, selector: str) -> None:
    open_known(driver, SCRIPT, TEXT)
    driver.editor.reveal(SCRIPT, 4, 2)
    driver.settle()
    driver.editor.run(command)
    wait_for(driver, selector)
    assert untranslated(driver) == set()


def test_the_side_by_side_view(driver: Driver) -> None:
    driver.editor.open_file(SCRIPT, TEXT)
    driver.editor.comparing.show("function total() {\n" + "\n" * 40 + TEXT)
    wait_for(driver, ".monaco-diff-editor .line-insert, .monaco-diff-editor .line-delete")
    assert untranslated(driver) == set()


def test_what_a_schema_and_a_breakpoint_say(driver: Driver) -> None:
    open_known(driver, EVENT, EVENT_TEXT)
    driver.editor.reveal(EVENT, 2, 45)
    driver.settle()
    driver.editor.run(EditorCommand.HOVER)
    about = _("Return it in batchItemFailures to have the message delivered again")
    driver.wait_for_js(f"document.querySelector('.monaco-hover')?.textContent.includes('{about}')")
    assert untranslated(driver) == set()

    driver.editor.open_file(HANDLER, "def handler(event, context):\n    return 1\n")
    title = _("Breakpoint: Debug Locally stops here.")
    driver.editor.debug.set(HANDLER, [BreakpointMark(1, 2, BreakpointLook.PLAIN, title)])
    wait_for(driver, ".breakpoint-mark")
    place = "document.querySelector('.breakpoint-mark').getBoundingClientRect()"
    x, y = driver.js(f"{place}.x + 6"), driver.js(f"{place}.y + 6")
    QTest.mouseMove(driver.keyboard, QPoint(round(x), round(y)))
    wait_for(driver, ".monaco-hover")
    assert untranslated(driver) == set()
