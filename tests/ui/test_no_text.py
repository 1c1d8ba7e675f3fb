"""Files that are no text, or too large a one: shown as such, opened elsewhere, and nothing freezes."""

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from tests.stall import StallWatch
from tests.ui.code_files import files, tabs, text, workspace  # noqa: F401 - fixtures
from tests.ui.desktop import Desktop, desktop  # noqa: F401 - a fixture
from workbench.code.tree import EntryKind, TreeEntry
from workbench.code.workspace import Workspace
from workbench.ui.files.no_text import NoText, size_text
from workbench.ui.files.open_files import OpenFiles
from workbench.ui.files.tree import about_file, icon_of_entry


class Reader:
    """Someone who opens files."""

    def __init__(self, files: OpenFiles, workspace: Workspace, qtbot: QtBot) -> None:  # noqa: F811
        self.files = files
        self.workspace = workspace
        self._qtbot = qtbot
        found = files.findChild(NoText, "noText")
        assert found is not None
        self.place = found

    def open(self, path: str, data: bytes) -> str:
        """Opens a new file that is no text; returns what is said of it."""
        (self.workspace.root / path).write_bytes(data)
        self.files.open(path)
        self._qtbot.waitUntil(lambda: self.place.isVisible() and self.place.accessibleName() == path)
        return self.place.accessibleDescription()

    def buttons(self) -> list[str]:
        return [each.text() for each in self.place.findChildren(QToolButton) if each.isVisible()]

    def press(self, words: str) -> None:
        (button,) = [each for each in self.place.findChildren(QToolButton) if each.text() == words]
        button.click()


@pytest.fixture
def reader(files: OpenFiles, workspace: Workspace, qtbot: QtBot) -> Reader:  # noqa: F811
    return Reader(files, workspace, qtbot)


def test_it_is_said_what_it_is_and_how_large(reader: Reader) -> None:
    assert reader.open("logo.png", b"\x89PNG\r\n\x1a\n\0") == "Image · 9 bytes"
    assert reader.buttons() == ["Open in Another Program", "Show in Folder"]
    assert tabs(reader.files) == []
    assert reader.open("data", bytes(1_234_567)) == "Binary data · 1.2 MB"
    assert reader.open("big.txt", b"a\n" * 11_000_000) == "Too large for the editor · 22.0 MB"
    assert reader.open("big.sqlite", b"SQLite format 3\0" + bytes(30_000_000)) == "Database · 30.0 MB"


def test_it_is_opened_elsewhere_and_shown_in_its_folder(
    reader: Reader,
    desktop: Desktop,  # noqa: F811
) -> None:
    reader.open("logo.png", b"\x89PNG\r\n\x1a\n\0")
    reader.press("Open in Another Program")
    reader.press("Show in Folder")
    root = reader.workspace.root
    assert desktop.opened == [str(root / "logo.png"), str(root)]


def test_a_program_is_never_offered_to_be_run(reader: Reader) -> None:
    for path in ("tool", "picture.png"):
        assert reader.open(path, b"MZ\x90\0").startswith("Executable")
        assert reader.buttons() == ["Show in Folder"]


def test_the_window_goes_on_while_a_file_that_is_no_text_is_opened(
    reader: Reader, no_stall: Callable[[], StallWatch]
) -> None:
    with no_stall():
        reader.open("no_text.bin", b"\0\xff" * 9_000_000)


def test_the_plain_editor_withholds_what_would_freeze_it_and_loses_nothing(
    reader: Reader, qtbot: QtBot
) -> None:
    large = b'["' + b"x" * 10_000_000 + b'"]'
    (reader.workspace.root / "one_line.json").write_bytes(large)
    reader.files.open("one_line.json")
    qtbot.waitUntil(lambda: tabs(reader.files) == ["one_line.json"])
    assert "too large for the plain text editor" in text(reader.files).toPlainText()
    assert text(reader.files).isReadOnly()
    got: list[str] = []
    editor = reader.files.editor
    editor.text(editor.active_uri(), lambda shown: got.append(shown.text))
    qtbot.waitUntil(lambda: bool(got))
    assert got[0].encode() == large
    assert reader.workspace.drafts() == ()


@pytest.mark.parametrize(
    ("path", "size_bytes", "icon", "words"),
    [
        ("app.py", 12, "file", "12 bytes"),
        ("a/logo.PNG", 1_500, "image", "Image · 1.5 kB"),
        ("lib/x.so", 999_999, "box", "Compiled library · 1.0 MB"),
        ("x.zip", 5, "package", "Archive · 5 bytes"),
        ("data.csv", 30_000_000, "binary", "30.0 MB"),
    ],
)
def test_the_tree_tells_text_from_what_is_none(path: str, size_bytes: int, icon: str, words: str) -> None:
    entry = TreeEntry(path, EntryKind.FILE, size_bytes)
    assert (icon_of_entry(entry), about_file(entry)) == (icon, words)


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (2_500_000_000_000, "2,500.0 GB"),
    ],
)
def test_sizes_are_written_for_people(size_bytes: int, words: str) -> None:
    assert size_text(size_bytes) == words
