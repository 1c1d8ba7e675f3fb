"""Byte order marks, encodings and line ends stay as they are through the real editor, byte for byte."""

from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.ui.code_files import workspace
from workbench.code.workspace import Workspace
from workbench.ui.editor import Editor, TextEdit, monaco
from workbench.ui.files.open_files import OpenFiles
from workbench.ui.kit.web_views import prepare_window
from workbench.ui.shell.services import Services

__all__ = ["workspace"]  # fixtures

# What a file holds, and what it holds once an x is typed at its very start.
FILES: dict[str, tuple[bytes, bytes]] = {
    "lf.txt": (b"a\nb\n", b"xa\nb\n"),
    "crlf.txt": (b"a\r\nb\r\n", b"xa\r\nb\r\n"),
    "cr.txt": (b"a\rb\r", b"xa\rb\r"),
    "mixed.txt": (b"a\r\nb\nc\rd\r\n", b"xa\r\nb\nc\rd\r\n"),
    "no_end.txt": (b"a\nb", b"xa\nb"),
    "empty.txt": (b"", b"x"),
    "only_ends.txt": (b"\n\n\r\n", b"x\n\n\r\n"),
    "bom.txt": (b"\xef\xbb\xbfa\r\n", b"\xef\xbb\xbfxa\r\n"),
    "utf16.txt": ("\ufeffa\r\n\u20ac".encode("utf-16-le"), "\ufeffxa\r\n\u20ac".encode("utf-16-le")),
    "utf16be.txt": ("\ufeffa\n".encode("utf-16-be"), "\ufeffxa\n".encode("utf-16-be")),
    "latin.txt": (b"caf\xe9\n", b"xcaf\xe9\n"),
    "astral.txt": ("\U0001f600\u0301\n".encode(), "x\U0001f600\u0301\n".encode()),
    "separators.txt": ("a\u2028b\u2029c\x0b\x0c\x85\n".encode(), "xa\u2028b\u2029c\x0b\x0c\x85\n".encode()),
    "inner_bom.txt": ("a\ufeffb\n".encode(), "xa\ufeffb\n".encode()),
    "blanks.txt": (b"\t a \t \n   \n", b"x\t a \t \n   \n"),
}


@pytest.fixture
def files(qtbot: QtBot, services: Services, workspace: Workspace, page_dir: Path) -> OpenFiles:
    """All of the files, open in Monaco."""
    files = OpenFiles(services, Editor(monaco(page_dir)))
    qtbot.addWidget(files)
    files.resize(900, 500)
    prepare_window(files)
    with qtbot.waitExposed(files):
        files.show()
    with qtbot.waitSignal(files.editor.ready, timeout=20_000):
        files.editor.prewarm()
    files.attach(workspace)
    for name, (content, _) in FILES.items():
        (workspace.root / name).write_bytes(content)
        with qtbot.waitSignal(files.opened):
            files.open(name)
    return files


def save_all(files: OpenFiles, qtbot: QtBot) -> None:
    with qtbot.waitCallback() as saved:
        files.save(saved)


def on_disk(workspace: Workspace) -> dict[str, bytes]:
    return {name: (workspace.root / name).read_bytes() for name in FILES}


def test_files_that_are_not_edited_keep_every_byte(
    files: OpenFiles, workspace: Workspace, qtbot: QtBot
) -> None:
    save_all(files, qtbot)
    assert on_disk(workspace) == {name: before for name, (before, _) in FILES.items()}
    assert [name for name in FILES if files.editor.is_dirty(files.uri_of_open(name))] == []


def test_what_is_edited_keeps_all_the_rest(files: OpenFiles, workspace: Workspace, qtbot: QtBot) -> None:
    for name in FILES:
        files.editor.edit(files.uri_of_open(name), [TextEdit(1, 1, 1, 1, "x")])
    save_all(files, qtbot)
    assert on_disk(workspace) == {name: after for name, (_, after) in FILES.items()}


def test_typing_and_taking_it_back_keeps_every_byte(
    files: OpenFiles, workspace: Workspace, qtbot: QtBot
) -> None:
    files.open("mixed.txt")
    files.editor.reveal(files.uri_of_open("mixed.txt"), 2, 1)
    files.editor.focus_text()
    with qtbot.waitCallback() as flushed:
        files.editor.flush(lambda: flushed())
    view = files.editor.findChild(QWidget, "editorWebView")
    assert view is not None
    keyboard = view.focusProxy()
    assert keyboard is not None
    QTest.keyClicks(keyboard, "yz")
    qtbot.waitUntil(lambda: files.editor.is_dirty(files.uri_of_open("mixed.txt")))
    QTest.keyClicks(keyboard, "\b\b")
    save_all(files, qtbot)
    assert on_disk(workspace)["mixed.txt"] == FILES["mixed.txt"][0]
