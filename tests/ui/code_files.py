"""The files of a function as the Code tab shows them: a real workspace, and the plain editor."""

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPlainTextEdit
from pytestqt.qtbot import QtBot

from tests.code.servers import sends, serving
from tests.code.zips import make_zip
from tests.ui.editor.conftest import without_web_engine
from workbench.code.workspace import CodeSource, Workspace, open_workspace
from workbench.core import files as disk_files
from workbench.core.jobs import JobContext
from workbench.ui.editor import Editor
from workbench.ui.files.open_files import OpenFiles
from workbench.ui.shell.services import Services

HANDLER = "def handler(event, context):\n    return 1\n"
FILES: dict[str, bytes | str] = {
    "app.py": HANDLER,
    "lib/util.py": "x = 1\n",
    "logo.png": b"\x89PNG\r\n\x1a\n\0\0\0\1",
}


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    package = make_zip(tmp_path / "deployed.zip", FILES)
    with serving(sends(package.read_bytes())) as address:
        source = CodeSource(
            function_arn="arn:aws:lambda:us-east-1:123456789012:function:hello",
            function_name="hello",
            region="us-east-1",
            account_id="123456789012",
            code_location=f"{address}/code",
            code_sha256=base64.b64encode(hashlib.sha256(package.read_bytes()).digest()).decode(),
            revision_id="r1",
        )
        yield open_workspace(source, tmp_path / "workspaces", JobContext())


@pytest.fixture
def files(qtbot: QtBot, services: Services, workspace: Workspace) -> OpenFiles:
    files = OpenFiles(services, Editor(without_web_engine))
    qtbot.addWidget(files)
    files.resize(700, 500)
    with qtbot.waitExposed(files):
        files.show()
    with qtbot.waitSignal(files.editor.ready):
        files.editor.prewarm()
    files.attach(workspace)
    return files


@pytest.fixture
def open_file(files: OpenFiles, qtbot: QtBot) -> Callable[[str], None]:
    def open_it(path: str) -> None:
        shown: list[bool] = []
        files.open(path, lambda: shown.append(True))
        qtbot.waitUntil(lambda: shown == [True])

    return open_it


def text(files: OpenFiles) -> QPlainTextEdit:
    found = files.editor.findChild(QPlainTextEdit, "editorPlainText")
    assert found is not None
    return found


def tabs(files: OpenFiles) -> list[str]:
    return [files.tabs.tabText(number) for number in range(files.tabs.count())]


def on_disk(workspace: Workspace, path: str) -> str:
    return (workspace.root / path).read_text("utf-8")


def drafted(workspace: Workspace, path: str) -> str:
    draft = workspace.draft(path)
    return draft.text if draft is not None else ""


class Disk:
    """A folder that can refuse new files, and can be slow. Drafts come from one, saved files from another."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._real = disk_files.make_file
        self._errno = 0
        self.writes = 0
        self.free = threading.Event()
        self.free.set()
        patch.setattr(disk_files, "make_file", self._make)

    def refuse(self, number: int) -> None:
        self._errno = number

    def mend(self) -> None:
        self._errno = 0
        if self._folder.is_file():
            self._folder.unlink()

    def _make(self, folder: Path, prefix: str) -> tuple[int, str]:
        if folder == self._folder:
            self.writes += 1
            self.free.wait()
            if self._errno:
                raise OSError(self._errno, "refused")
        return self._real(folder, prefix)
