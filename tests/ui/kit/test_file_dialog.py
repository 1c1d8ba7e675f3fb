"""Where a file dialog begins, and what of it can be read."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QLineEdit, QTreeView, QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.kit.file_dialog import FileDialog


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.mark.parametrize(
    ("typed", "begins"),
    [
        ("project", "project"),
        ("project/src/app.zip", "project/src"),
        ("project/gone/deeper", "project"),
        ("  ", "~"),
        ("~", "~"),
        ("~nobody-of-this-name/x", "~"),
        ("project/\0", "project"),
    ],
)
def test_it_begins_where_the_field_says(window: QWidget, tmp_path: Path, typed: str, begins: str) -> None:
    (tmp_path / "project" / "src").mkdir(parents=True)
    (tmp_path / "project" / "src" / "app.zip").write_bytes(b"")
    is_home = typed.strip()[:1] in ("", "~")
    dialog = FileDialog("choose", "Choose", window, typed if is_home else str(tmp_path / typed))
    expected = Path.home() if begins == "~" else tmp_path / begins
    assert Path(dialog.directory().absolutePath()) == expected
    field = dialog.findChild(QLineEdit, "fileNameEdit")
    assert field is not None
    assert field.text() == ("app.zip" if typed.endswith("app.zip") else "")
    dialog.reject()


def test_no_column_is_cut_off(window: QWidget, tmp_path: Path, qtbot: QtBot) -> None:
    with (tmp_path / "a file whose name is longer than those of most other files.zip").open("wb") as file:
        file.truncate(46_900_000)
    (tmp_path / "folder").mkdir()
    dialog = FileDialog("choose", "Choose", window, tmp_path)
    dialog.setViewMode(QFileDialog.ViewMode.Detail)
    dialog.open()
    files = dialog.findChild(QTreeView, "treeView")
    assert files is not None
    qtbot.waitUntil(lambda: files.model().rowCount(files.rootIndex()) == 2)
    columns = range(1, 4)
    qtbot.waitUntil(lambda: all(files.columnWidth(at) >= files.sizeHintForColumn(at) for at in columns))
    for column in columns:
        text = str(files.model().index(0, column, files.rootIndex()).data())
        assert files.columnWidth(column) > files.fontMetrics().horizontalAdvance(text)
    assert files.columnWidth(0) > files.fontMetrics().horizontalAdvance("a" * 30)
    dialog.reject()


def test_it_deletes_itself(window: QWidget, qtbot: QtBot) -> None:
    dialog = FileDialog("choose", "Choose", window)
    dialog.open()
    with qtbot.waitSignal(dialog.destroyed):
        dialog.reject()
