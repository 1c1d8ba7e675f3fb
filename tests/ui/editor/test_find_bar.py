"""Find and replace in the plain editor."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QToolButton, QWidget

from tests.ui.editor.conftest import without_web_engine
from tests.ui.editor.driving import NONE, Driver
from workbench.ui.editor import EditorCommand, SurfaceFactory

APP = "file:///functions/hello/app.py"


@pytest.fixture
def driver(make_editor: Callable[[SurfaceFactory], Driver]) -> Driver:
    driver = make_editor(without_web_engine)
    driver.editor.open_file(APP, "one two\none two\n")
    driver.editor.run(EditorCommand.REPLACE)
    return driver


def _find[W: QWidget](driver: Driver, kind: type[W], name: str) -> W:
    found = driver.editor.findChild(kind, name)
    assert isinstance(found, kind)
    return found


def _look_for(driver: Driver, wanted: str) -> QLineEdit:
    field = _find(driver, QLineEdit, "editorFindText")
    field.setText(wanted)
    QTest.keyClick(field, Qt.Key.Key_Return)
    return field


def _click(driver: Driver, name: str) -> None:
    _find(driver, QToolButton, name).click()


def test_enter_goes_from_match_to_match_and_round(driver: Driver) -> None:
    field = _look_for(driver, "two")
    places = [driver.plain.textCursor().selectionStart()]
    for modifier in (NONE, NONE, Qt.KeyboardModifier.ShiftModifier):
        QTest.keyClick(field, Qt.Key.Key_Return, modifier)
        places.append(driver.plain.textCursor().selectionStart())
    assert places == [4, 12, 4, 12]


def test_no_match_is_said(driver: Driver) -> None:
    nothing = _find(driver, QLabel, "editorFindNothing")
    _look_for(driver, "three")
    assert nothing.isVisible()
    _look_for(driver, "one")
    assert not nothing.isVisible()


def test_one_or_all_matches_are_replaced(driver: Driver) -> None:
    _look_for(driver, "one")
    _find(driver, QLineEdit, "editorReplaceText").setText("1")
    _click(driver, "editorReplace")
    assert driver.snapshot(APP).text == "1 two\none two\n"
    _look_for(driver, "two")
    _click(driver, "editorReplaceAll")
    assert driver.snapshot(APP).text == "1 1\none 1\n"
    driver.undo()
    assert driver.snapshot(APP).text == "1 two\none two\n"


def test_a_read_only_text_is_not_replaced(driver: Driver) -> None:
    driver.editor.open_file(APP, "one\n", read_only=True)
    _look_for(driver, "one")
    for button in ("editorReplace", "editorReplaceAll"):
        _click(driver, button)
    assert driver.snapshot(APP).text == "one\n"
