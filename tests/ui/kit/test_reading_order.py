"""Tab goes through a window as one reads it, whatever order its widgets were made in."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QDialog,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

import workbench.ui
from tests.ui.tab_walk import not_reached, out_of_order, walk
from workbench.ui.kit.reading_order import ReadingOrder, tab_stops
from workbench.ui.kit.text import RichLabel, joined, link, named


class Example(ReadingOrder, QDialog):
    """A dialog."""


@pytest.fixture
def dialog(qtbot: QtBot) -> Example:
    dialog = Example()
    qtbot.addWidget(dialog)
    return dialog


def field(name: str) -> QLineEdit:
    line = QLineEdit()
    line.setObjectName(name)
    return line


def walked(dialog: QDialog, qtbot: QtBot, key: Qt.Key = Qt.Key.Key_Tab) -> list[str]:
    """The names of what has the keyboard, from the first control on, with real keys."""
    with qtbot.waitExposed(dialog):
        dialog.show()
    dialog.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is dialog)
    seen = walk(dialog, tab_stops(dialog)[0], key, lambda _: False)
    assert not_reached(dialog, seen) == []
    assert key == Qt.Key.Key_Backtab or out_of_order(dialog, seen) == []
    return [each.objectName() for each in seen]


def test_columns_are_read_one_after_the_other_and_rows_from_the_top(dialog: Example, qtbot: QtBot) -> None:
    names = ("below", "right2", "left2", "right1", "left1", "top")
    made = {name: field(name) for name in names}  # in no order
    columns = QHBoxLayout()
    for side in ("left", "right"):
        column = QVBoxLayout()
        column.addWidget(made[f"{side}1"])
        column.addWidget(made[f"{side}2"])
        columns.addLayout(column)
    rows = QVBoxLayout(dialog)
    rows.addWidget(made["top"])
    rows.addLayout(columns)
    rows.addWidget(made["below"])
    expected = ["top", "left1", "left2", "right1", "right2", "below"]
    assert walked(dialog, qtbot) == expected
    assert walked(dialog, qtbot, Qt.Key.Key_Backtab) == [expected[0], *reversed(expected[1:])]


def test_rows_of_a_grid_are_read_before_its_columns(dialog: Example, qtbot: QtBot) -> None:
    made = {name: field(name) for name in ("d", "b", "c", "a")}
    grid = QGridLayout(dialog)
    for number, name in enumerate("abcd"):
        grid.addWidget(made[name], number // 2, number % 2)
    assert walked(dialog, qtbot) == ["a", "b", "c", "d"]


def test_what_a_focus_proxy_stands_for_is_not_left_out(dialog: Example, qtbot: QtBot) -> None:
    group = QWidget()
    inner = QHBoxLayout(group)
    for name in ("one", "two", "three"):
        inner.addWidget(field(name))
    two = group.findChild(QLineEdit, "two")
    assert two is not None
    group.setFocusProxy(two)
    rows = QVBoxLayout(dialog)
    rows.addWidget(field("before"))
    rows.addWidget(group)
    rows.addWidget(field("after"))
    assert walked(dialog, qtbot) == ["before", "one", "two", "three", "after"]


def test_what_cannot_be_used_is_no_stop(dialog: Example, qtbot: QtBot) -> None:
    form = QFormLayout(dialog)
    off, hidden = field("off"), field("hidden")
    off.setEnabled(False)
    for each in (field("first"), off, hidden, field("last")):
        form.addRow("Title", each)
    hidden.hide()
    assert walked(dialog, qtbot) == ["first", "last"]


def test_radio_buttons_are_one_stop_and_arrows_go_on_from_it(dialog: Example, qtbot: QtBot) -> None:
    rows, group = QVBoxLayout(dialog), QButtonGroup(dialog)
    rows.addWidget(field("before"))
    buttons = [QRadioButton(name) for name in ("red", "green", "blue")]
    for button in buttons:
        button.setObjectName(button.text())
        group.addButton(button)
        rows.addWidget(button)
    rows.addWidget(field("after"))
    buttons[1].setChecked(True)
    assert walked(dialog, qtbot) == ["before", "green", "after"]
    buttons[1].setFocus()
    QTest.keyClick(buttons[1], Qt.Key.Key_Down)
    assert buttons[2].isChecked()
    assert buttons[2].hasFocus()


def test_of_joined_buttons_the_chosen_one_is_the_stop(dialog: Example, qtbot: QtBot) -> None:
    rows, group = QVBoxLayout(dialog), QButtonGroup(dialog)
    rows.addWidget(field("before"))
    buttons = [named(QPushButton(name), name) for name in ("hour", "day", "week")]
    for button in buttons:
        button.setCheckable(True)
        group.addButton(button)
        rows.addWidget(button)
    rows.addWidget(field("after"))
    buttons[1].setChecked(True)
    assert walked(dialog, qtbot) == ["before", "day", "after"]
    buttons[2].setChecked(True)  # by the program: Qt would still go to the former
    assert walked(dialog, qtbot) == ["before", "week", "after"]
    assert walked(dialog, qtbot, Qt.Key.Key_Backtab) == ["before", "after", "week"]


def test_a_link_is_a_stop_and_enter_opens_it(dialog: Example, qtbot: QtBot) -> None:
    rows, label, opened = QVBoxLayout(dialog), named(RichLabel("No link"), "label"), list[str]()
    label.linkActivated.connect(opened.append)
    for each in (field("before"), label, field("after")):
        rows.addWidget(each)
    assert walked(dialog, qtbot) == ["before", "after"]
    label.setText(joined(" ", ("See", link("the prices", "https://example.com/prices"))))
    assert walked(dialog, qtbot) == ["before", "label", "after"]
    assert walked(dialog, qtbot, Qt.Key.Key_Backtab) == ["before", "after", "label"]
    label.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(label, Qt.Key.Key_Return)
    assert opened == ["https://example.com/prices"]
    label.setText("No link")
    assert walked(dialog, qtbot) == ["before", "after"]


def test_a_list_is_one_stop_and_a_scroll_area_only_without_controls_in_it(
    dialog: Example, qtbot: QtBot
) -> None:
    rows = QVBoxLayout(dialog)
    entries = QListWidget()
    entries.setObjectName("list")
    entries.addItems([str(number) for number in range(100)])
    rows.addWidget(entries)
    for name, content in (("texts", QWidget()), ("fields", field("inside"))):
        area = QScrollArea()
        area.setObjectName(name)
        area.setWidget(content)
        content.resize(50, 900)
        rows.addWidget(area)
    rows.addWidget(named(QPushButton(), "button"))
    assert walked(dialog, qtbot) == ["list", "texts", "inside", "button"]


def test_a_control_below_the_visible_part_is_scrolled_to(dialog: Example, qtbot: QtBot) -> None:
    content = QWidget()
    fields = QVBoxLayout(content)
    for number in range(40):
        fields.addWidget(field(str(number)))
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(content)
    rows = QVBoxLayout(dialog)
    rows.addWidget(area)
    rows.addWidget(named(QPushButton(), "button"))
    dialog.resize(300, 300)
    with qtbot.waitExposed(dialog):
        dialog.show()
    button, last = dialog.findChild(QPushButton, "button"), dialog.findChild(QLineEdit, "39")
    assert button is not None
    assert last is not None
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert last.hasFocus()
    assert last.visibleRegion().boundingRect() == last.rect()


def dialogs() -> Iterator[type[QDialog]]:
    """Every class of a dialog that Workbench has."""
    for module in pkgutil.walk_packages(workbench.ui.__path__, "workbench.ui."):
        importlib.import_module(module.name)
    left = [QDialog]
    while left:
        for kind in left.pop().__subclasses__():
            left.append(kind)
            if kind.__module__.startswith("workbench."):
                yield kind


def test_every_dialog_has_the_order_of_reading() -> None:
    found = list(dialogs())
    assert len(found) > 50
    assert [kind.__name__ for kind in found if not issubclass(kind, ReadingOrder)] == []
