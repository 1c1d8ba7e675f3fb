"""Going to a file by a few letters of its path."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws, aws  # noqa: F401 - a fixture
from tests.ui.features.code.coder import Coder
from tests.ui.features.code.opened import opened
from workbench.ui.features.code.search import GoToFile
from workbench.ui.shell.services import Services

FILES: dict[str, bytes | str] = {"app.py": "1", "lib/util.py": "2", "lib/deep/orders.py": "3", "gone.py": "4"}


@pytest.fixture
def coder(
    services: Services,
    aws: StubbedAws,  # noqa: F811 - pytest's way
    tmp_path: Path,
    qtbot: QtBot,
) -> Iterator[Coder]:
    with opened(FILES, services, aws, tmp_path, qtbot) as coder:
        coder.workspace.delete("gone.py")
        coder.page._recheck()
        coder.idle()
        yield coder


@pytest.fixture
def picker(coder: Coder) -> GoToFile:
    picker = GoToFile(coder.page, coder.page)
    picker.open()
    return picker


def rows(picker: GoToFile) -> list[str]:
    return [str(picker.model.index(row).data()) for row in range(picker.model.rowCount())]


def test_a_few_letters_and_enter_open_a_file(coder: Coder, picker: GoToFile) -> None:
    QTest.keyClicks(picker.search, "ldor")
    assert rows(picker) == ["lib/deep/orders.py"]
    QTest.keyClick(picker.search, Qt.Key.Key_Return)
    coder.until(lambda: coder.files.current_path() == "lib/deep/orders.py")
    assert not picker.isVisible()


def test_what_is_gone_is_not_offered_and_the_other_open_file_comes_first(
    coder: Coder, picker: GoToFile
) -> None:
    assert rows(picker) == ["app.py", "lib/deep/orders.py", "lib/util.py"]
    picker.dismiss()
    coder.files.open("lib/util.py")
    coder.until(lambda: coder.files.current_path() == "lib/util.py")
    picker.open()
    assert rows(picker)[0] == "app.py"
    QTest.keyClick(picker.search, Qt.Key.Key_Return)
    coder.until(lambda: coder.files.current_path() == "app.py")


def test_no_match_is_said_and_escape_changes_nothing(coder: Coder, picker: GoToFile) -> None:
    QTest.keyClicks(picker.search, "zzz")
    assert rows(picker) == []
    nothing = picker.findChild(QLabel, "goToFileNothing")
    assert nothing is not None
    assert nothing.text() == "No files match “zzz”."
    QTest.keyClick(picker.search, Qt.Key.Key_Return)
    QTest.keyClick(picker.search, Qt.Key.Key_Escape)
    assert not picker.isVisible()
    assert coder.files.current_path() == "app.py"
