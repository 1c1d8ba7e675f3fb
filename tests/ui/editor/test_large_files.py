"""Files of some MB in either editor: the window goes on while they are opened."""

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from tests.stall import StallWatch
from tests.ui.code_files import workspace
from tests.ui.editor.conftest import without_web_engine
from workbench.code.workspace import Workspace
from workbench.core.paths import resources_dir
from workbench.ui.editor import Editor, monaco
from workbench.ui.open_files import OpenFiles
from workbench.ui.services import Services

__all__ = ["workspace"]  # a fixture

LIMIT_MS = 150
"""5 to 50 on a quiet machine, 2,000 once. On a busy one, whoever holds Python's lock waits as well."""

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
    no_stall: Callable[[float], StallWatch],
    path: str,
) -> None:
    (workspace.root / path).write_bytes(LARGE[path])
    with no_stall(LIMIT_MS):
        open_now(either, path, qtbot)
