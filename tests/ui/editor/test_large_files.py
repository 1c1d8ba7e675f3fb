"""Files of some MB in either editor: the window goes on while they are opened."""

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from tests.stall import StallWatch
from tests.ui.code_files import workspace
from tests.ui.editor.conftest import without_web_engine
from tests.ui.editor.driving import Driver
from workbench.code.workspace import Workspace
from workbench.core.files import resources_dir
from workbench.ui.editor import Editor, monaco
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
