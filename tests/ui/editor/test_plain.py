"""What only the plain editor does in its own way."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QFontInfo, QHelpEvent, QPalette
from PySide6.QtWidgets import QApplication, QToolTip

from tests.ui.editor.conftest import without_web_engine
from tests.ui.editor.driving import Driver
from workbench.ui.editor import EditorOptions, Marker, SurfaceFactory

APP = "file:///functions/hello/app.py"


@pytest.fixture
def driver(make_editor: Callable[[SurfaceFactory], Driver]) -> Driver:
    return make_editor(without_web_engine)


def test_a_marker_says_what_is_wrong_under_the_mouse(driver: Driver) -> None:
    driver.editor.open_file(APP, "one two\n")
    driver.editor.set_markers(APP, [Marker(1, 1, 1, 4, "not defined")])
    place = driver.plain.cursorRect().center() + QPoint(4, 0)
    event = QHelpEvent(QEvent.Type.ToolTip, place, driver.plain.viewport().mapToGlobal(place))
    QApplication.sendEvent(driver.plain.viewport(), event)
    driver.qtbot.waitUntil(lambda: QToolTip.text() == "not defined")
    QToolTip.hideText()
    driver.qtbot.waitUntil(lambda: not QToolTip.isVisible())


def test_a_file_with_markers_can_be_closed_and_opened_again(driver: Driver) -> None:
    """Its underlines must not outlive its text: Qt read them afterwards, and crashed."""
    for _ in range(20):
        driver.editor.open_file(APP, "one two\n" * 50)
        driver.editor.set_markers(APP, [Marker(line, 1, line, 4, "not defined") for line in range(1, 50)])
        driver.editor.close_file(APP)
        driver.qtbot.wait(1)  # what was closed is deleted
    driver.editor.open_file(APP, "three\n")
    assert driver.plain.extraSelections() == []


def test_every_file_has_the_fixed_width_font_of_the_options(driver: Driver) -> None:
    driver.editor.open_file(APP, "x\n")
    driver.editor.set_options(EditorOptions(font_size_px=19))
    driver.editor.open_file("file:///other.py", "x\n")
    for uri in driver.editor.open_uris():
        driver.editor.show_file(uri)
        font = driver.plain.document().defaultFont()
        assert font.pixelSize() == 19
        assert QFontInfo(font).fixedPitch()


def test_the_theme_reaches_it(driver: Driver) -> None:
    driver.editor.set_theme(dark=True)
    assert driver.plain.palette().color(QPalette.ColorRole.Base).name() == "#1e1f22"
    driver.editor.set_theme(dark=False)
    assert driver.plain.palette().color(QPalette.ColorRole.Base).name() == "#ffffff"
