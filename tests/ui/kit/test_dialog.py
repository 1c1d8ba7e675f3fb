"""Dialogs: on a small screen the content scrolls and the buttons stay, and a chosen size comes back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QEvent, QPoint, QRect, QSize
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.dialog_fit import SmallScreen
from workbench.core.jobs import Progress
from workbench.core.settings import Settings
from workbench.ui.kit.dialog import BaseDialog, Dialog
from workbench.ui.kit.form import Form
from workbench.ui.kit.text import PlainLabel, named, text_label


@pytest.fixture
def screen(qapp: QApplication, tmp_path: Path) -> Iterator[SmallScreen]:
    screen = SmallScreen(qapp, Settings(tmp_path / "sizes.json"))
    screen.size = QSize(700, 500)
    yield screen
    shiboken6.delete(screen)  # dialogs and windows look for it below the application


@pytest.fixture
def make(qtbot: QtBot, screen: SmallScreen) -> Callable[..., Dialog]:
    parent = QWidget()
    qtbot.addWidget(parent)

    def make(rows: int, words: str = "", *, wait: bool = True) -> Dialog:
        form = Dialog("sample", "Sample", parent)
        for number in range(rows):
            form.content.addWidget(QLineEdit(f"{number}"))
        form.content.addWidget(text_label("sampleWords", words))
        form.finish_layout()
        form.add_button("sampleGo", "Go", "primary")
        if wait:
            with qtbot.waitExposed(form):
                form.open()
        else:
            form.open()
        return form

    return make


def is_inside(part: QWidget, window: QWidget) -> bool:
    return window.rect().contains(QRect(part.mapTo(window, QPoint()), part.size()))


def button(form: Dialog) -> QPushButton:
    found = form.findChild(QPushButton, "sampleGo")
    assert found is not None
    return found


def test_it_is_as_wide_as_its_buttons_need(make: Callable[..., Dialog]) -> None:
    form = make(1)
    other = form.add_button("sampleOther", "A button with a text that is as long as others are in German")
    form.resize_to_content()
    form.resize_to_screen()
    assert form.width() > form.minimumWidth()
    QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
    for each in (button(form), other):
        assert is_inside(each, form)
        assert each.width() >= each.sizeHint().width()


def test_what_fits_does_not_scroll(make: Callable[..., Dialog]) -> None:
    form = make(3)
    assert not form.scrolls
    assert is_inside(button(form), form)


def test_a_dialog_whose_row_was_hidden_has_its_new_size_at_once(
    make: Callable[..., Dialog], qtbot: QtBot
) -> None:
    """Rows in a widget of their own: their dialog hears of what they need only with the next event."""
    form, rows = make(2), Form()
    lines = [named(QLineEdit(), f"line{number}", "Line") for number in range(3)]
    for line in lines:
        rows.add(line, "Line")
    form.content.insertWidget(0, rows)
    qtbot.waitUntil(lines[-1].isVisible)
    form.resize_to_content()
    for line in lines[1:]:
        rows.show_row(line.objectName(), shown=False)
    form.resize_to_content()
    assert button(form).height() >= button(form).minimumSizeHint().height()
    size = form.size()
    qtbot.wait(1)  # the events of layouts
    form.resize_to_content()
    assert form.size() == size


def test_a_form_that_is_too_high_scrolls_and_its_button_stays(
    make: Callable[..., Dialog], screen: SmallScreen, qtbot: QtBot
) -> None:
    form = make(40)
    assert form.scrolls
    assert form.height() <= form.room_on_screen().height()
    qtbot.waitUntil(lambda: button(form).isVisible() and is_inside(button(form), form))
    fields = form.findChildren(QLineEdit)
    assert [each.text() for each in fields] == [str(number) for number in range(40)]
    qtbot.waitUntil(lambda: all(each.isVisible() for each in fields))
    assert not is_inside(fields[-1], form)


def test_content_that_scrolls_is_there_as_soon_as_the_dialog_is(make: Callable[..., Dialog]) -> None:
    form = make(40, wait=False)
    assert form.scrolls
    assert all(each.isVisible() for each in form.findChildren(QLineEdit))  # without another turn of the loop


def test_content_that_grows_while_it_is_open_scrolls_then(
    make: Callable[..., Dialog], screen: SmallScreen, qtbot: QtBot
) -> None:
    form = make(2)
    assert not form.scrolls
    form.set_message("A line that says what went wrong.\n" * 60, "danger")
    qtbot.waitUntil(lambda: form.scrolls)
    qtbot.waitUntil(lambda: button(form).isVisible() and is_inside(button(form), form))
    assert form.height() <= form.room_on_screen().height()
    form.set_message("Short.")
    assert form.state.text() == "Short."


def test_the_keyboard_stays_where_it_was(make: Callable[..., Dialog], qtbot: QtBot) -> None:
    form = make(2)
    field = form.findChildren(QLineEdit)[1]
    form.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    for _ in range(40):
        form.content.addWidget(QLineEdit())
    qtbot.waitUntil(lambda: form.scrolls)
    qtbot.waitUntil(field.hasFocus)


def test_a_size_larger_than_the_screen_is_cut_to_it(qtbot: QtBot, screen: SmallScreen) -> None:
    dialog = BaseDialog()
    qtbot.addWidget(dialog)
    column = QVBoxLayout(dialog)
    column.addWidget(PlainLabel("Words"))
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    column.addWidget(box)
    dialog.resize(2000, 1500)
    dialog.show()
    assert dialog.size() == dialog.room_on_screen()
    assert is_inside(box, dialog)


def test_the_size_that_a_user_gave_comes_back_on_a_screen_where_it_fits(
    make: Callable[..., Dialog], screen: SmallScreen, qtbot: QtBot
) -> None:
    first = make(3)
    usual = first.size()
    handle = first.windowHandle()
    assert handle is not None
    handle.resize(600, 400)  # as the window manager does when its frame is dragged
    qtbot.waitUntil(lambda: first.size() == QSize(600, 400))
    first.reject()

    second = make(3)
    assert second.size() == QSize(600, 400) != usual
    second.set_message("More to say.")
    assert second.size() == QSize(600, 400)
    second.reject()

    screen.size = QSize(560, 360)
    third = make(3)
    assert third.size() == third.room_on_screen()


def test_a_size_that_the_program_chose_is_not_remembered(
    make: Callable[..., Dialog], screen: SmallScreen
) -> None:
    form = make(3)
    form.set_message("Something.\n" * 5)
    form.reject()
    assert screen.read("sample") is None


@pytest.mark.parametrize("stored", [["a", 2], [1], [0, -5], "words"])
def test_a_damaged_size_is_none(screen: SmallScreen, stored: object) -> None:
    screen._settings.set("window.size.sample", stored)
    assert screen.read("sample") is None


def test_a_dialog_that_is_busy_keeps_its_fields_and_asks_to_cancel(
    make: Callable[..., Dialog], qtbot: QtBot
) -> None:
    form = make(2, wait=False)
    bar = form.add_progress("sampleProgress")
    field, *others = form.findChildren(QLineEdit)
    form.disable_while_busy(field, *others)
    leave = form.add_button("sampleClose", "Close")
    leave.clicked.connect(form.reject)
    form.cancelling_text = "Undoing…"
    field.setFocus()
    form.show_progress(Progress(1, 2, "Too early"))
    form.set_busy(busy=True, text="Saving…")
    assert [field.isEnabled(), leave.text(), form.state.text()] == [False, "Cancel", "Saving…"]
    assert form.focusWidget() is leave
    form.show_progress(Progress(1, 4, "Writing"))
    assert (form.state.text(), bar.value(), bar.maximum(), bar.isVisible()) == ("Writing…", 1, 4, True)
    with qtbot.waitSignal(form.cancel_wanted):
        form.reject()
    assert form.isVisible()
    assert (leave.isEnabled(), form.state.text()) == (False, "Undoing…")
    form.set_busy(busy=False)
    assert (field.isEnabled(), leave.isEnabled(), leave.text()) == (True, True, "Close")
    assert not bar.isVisible()
    assert form.focusWidget() is field
    form.reject()
    assert not form.isVisible()
