"""Files of some MB in either editor: the window goes on while they are opened."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from tests.stall import StallWatch
from tests.ui.code_files import workspace
from tests.ui.editor.conftest import without_web_engine
from tests.ui.editor.driving import CONTROL, WAIT_MS, Driver
from workbench.code.workspace import Workspace
from workbench.core.files import resources_dir
from workbench.ui.editor import Editor, EditorOptions, TextEdit, monaco
from workbench.ui.editor.surface import Surface
from workbench.ui.files.open_files import OpenFiles
from workbench.ui.shell.services import Services

__all__ = ["workspace"]  # a fixture

LARGE: dict[str, bytes] = {
    "one_line.json": b'["' + b"x" * 10_000_000 + b'"]',
    "short_lines.txt": b"\xe9\r\n" * 3_000_000,
}


@pytest.fixture(params=["plain", "monaco"])
def either(
    request: pytest.FixtureRequest,
    services: Services,
    workspace: Workspace,
    qtbot: QtBot,
) -> OpenFiles:
    """Open files in either editor."""
    surface = without_web_engine if request.param == "plain" else monaco(resources_dir() / "editor" / "dist")
    files = OpenFiles(services, Editor(surface))
    qtbot.addWidget(files)
    files.resize(700, 500)
    files.show()
    with qtbot.waitSignal(files.editor.ready, timeout=20_000):
        files.editor.prewarm()
    files.attach(workspace)
    open_now(files, "app.py", qtbot)  # what the first file costs is not the large one's
    return files


def open_now(files: OpenFiles, path: str, qtbot: QtBot) -> None:
    """Opens a text, and waits until the editor has heard of it."""
    files.open(path)
    qtbot.waitUntil(lambda: path in files.open_paths(), timeout=20_000)
    with qtbot.waitCallback(timeout=20_000) as given:
        files.flush(given)


@pytest.mark.parametrize("path", LARGE)
def test_the_window_goes_on_while_a_large_text_is_opened(
    either: OpenFiles,
    workspace: Workspace,
    qtbot: QtBot,
    no_stall: Callable[[], StallWatch],
    path: str,
) -> None:
    (workspace.root / path).write_bytes(LARGE[path])
    with no_stall():
        open_now(either, path, qtbot)


_LISTEN = """
window.asked = [];
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (message, ...others) {
  if (message && message.method) window.asked.push(message.method + " " + JSON.stringify(message.args));
  return post.call(this, message, ...others);
};
1
"""


@pytest.mark.parametrize(("lines", "has_symbols"), [(500, True), (150_000, False)])
def test_nobody_asks_for_the_symbols_of_a_very_long_text(
    monaco_editor: Driver, lines: int, *, has_symbols: bool
) -> None:
    """The answer about millions of them takes the page seconds to read: the next file would come as late."""
    driver = monaco_editor
    driver.js(_LISTEN)
    driver.editor.open_file("file:///functions/hello/numbers.json", "[\n" + "123456,\n" * lines + "1]\n")
    driver.focus()
    driver.wait_for_js("window.asked.some((each) => each.includes('doValidation'))")
    driver.wait_for_js("window.asked.some((each) => each.includes('getFoldingRanges'))")
    symbols = "window.asked.some((each) => each.includes('findDocumentSymbols'))"
    if has_symbols:
        driver.wait_for_js(symbols)
    assert driver.js(symbols) is has_symbols


@pytest.mark.parametrize(("numbers", "language"), [(1_000, "json"), (150_000, "plaintext")])
def test_json_of_one_very_long_line_is_shown_as_plain_text(
    monaco_editor: Driver, numbers: int, language: str
) -> None:
    """JSON's tokenizer makes no pause in a line: 10 MB took five seconds, and the page did nothing else."""
    driver = monaco_editor
    driver.editor.open_file("file:///functions/hello/line.json", "[" + "1," * numbers + "1]")
    driver.wait_for_js("document.querySelector('[data-uri$=\"line.json\"]') !== null")
    driver.settle()
    assert driver.js("document.querySelector('[data-mode-id]').dataset.modeId") == language


APP = "file:///functions/hello/app.py"
EVENT = "file:///functions/hello/event.json"
LONG_LINE = '{"text": [' + '"x y", 1, ' * 500_000 + "1]}"


@pytest.mark.parametrize("uri", [APP, EVENT])
def test_a_line_of_5_mb_is_pasted_without_a_stall_and_that_help_is_off_is_said(
    kept_editor: Driver, no_stall: Callable[[], StallWatch], uri: str
) -> None:
    driver = kept_editor
    limited: list[str] = []
    driver.editor.limited.connect(limited.append)
    driver.editor.set_options(EditorOptions(word_wrap=True))
    driver.editor.open_file(uri, "\n")
    driver.focus()
    QGuiApplication.clipboard().setText(LONG_LINE)
    with no_stall():
        driver.press(Qt.Key.Key_V, CONTROL)
        driver.qtbot.waitUntil(lambda: bool(driver.changed), timeout=WAIT_MS)
        driver.settle()
    assert limited == [uri]
    assert driver.snapshot(uri).text == f"{LONG_LINE}\n"
    driver.changed.clear()
    with no_stall():
        driver.type("a")
        driver.qtbot.waitUntil(lambda: bool(driver.changed), timeout=WAIT_MS)
    assert driver.changed[-1] == (uri, f"{LONG_LINE}a\n")
    driver.editor.set_options(EditorOptions())


def test_of_a_large_text_only_the_changes_are_sent(kept_editor: Driver) -> None:
    driver = kept_editor
    text = "value = 1\n" * 300_000
    driver.editor.open_file(APP, text)
    driver.settle()
    sent: list[int] = []
    surface = driver.editor.focusProxy()
    assert isinstance(surface, Surface)
    surface.changed.connect(lambda *_: sent.append(1))
    surface.edited.connect(lambda _uri, _version, _length, edits: sent.append(-len(edits)))
    driver.type("abc")
    driver.settle()
    driver.editor.edit(APP, [TextEdit(2, 1, 2, 6, "other"), TextEdit(4, 1, 5, 1, "")])
    driver.settle()
    driver.undo()
    assert sent
    assert max(sent) < 0
    assert driver.changed[-1][1] == driver.snapshot(APP).text == f"abc{text}"
    driver.editor.edit(APP, [TextEdit(1, 1, 1, 1, "ä😀")])  # no longer one unit a character
    driver.settle()
    driver.qtbot.waitUntil(lambda: driver.changed[-1][1] == f"ä😀abc{text}", timeout=WAIT_MS)
