"""What keys and the wheel do to lists and number fields, with the events that Qt gets."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QComboBox,
    QCompleter,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from workbench.ui.kit.choices import (
    CalmChoice,
    CalmDateTimeEdit,
    CalmDoubleSpinBox,
    CalmSpinBox,
    DeliberateChoice,
)
from workbench.ui.kit.fields import OpenChoice, SuggestedChoice, number_box

WORDS = ("alpha", "beta", "gamma", "delta")


def turn(widget: QWidget) -> None:
    """One notch of the wheel over the middle of a widget, as it comes from the system: to its window."""
    window = widget.window()
    spot = QPointF(widget.mapTo(window, widget.rect().center()))
    QTest.wheelEvent(window.windowHandle(), spot, QPoint(0, -120))
    QApplication.processEvents()


class Form(QScrollArea):
    """A form that is longer than its window, with one field in the middle."""

    def __init__(self, field: QWidget) -> None:
        super().__init__()
        content = QWidget()
        rows = QVBoxLayout(content)
        self.first = QLineEdit()
        rows.addWidget(self.first)
        rows.addWidget(field)
        rest = QWidget()
        rest.setFixedHeight(2_000)
        rows.addWidget(rest)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.resize(400, 300)


def shown(field: QWidget, qtbot: QtBot) -> Form:
    form = Form(field)
    qtbot.addWidget(form)
    with qtbot.waitExposed(form):
        form.show()
    form.activateWindow()
    form.first.setFocus()
    return form


def filled(kind: Callable[[], QComboBox]) -> QComboBox:
    box = kind()
    box.addItems(WORDS)
    box.setCurrentIndex(1)
    return box


@pytest.mark.parametrize("kind", [CalmChoice, DeliberateChoice, lambda: OpenChoice("open", "Open")])
@pytest.mark.parametrize("has_focus", [False, True])
def test_the_wheel_over_a_list_scrolls_the_form(
    kind: Callable[[], QComboBox], has_focus: bool, qtbot: QtBot
) -> None:
    box = filled(kind)
    form = shown(box, qtbot)
    if has_focus:
        box.setFocus()
    turn(box)
    assert box.currentText() == "beta"
    assert box.hasFocus() == has_focus
    assert form.verticalScrollBar().value() > 0


@pytest.mark.parametrize(
    "make",
    [CalmSpinBox, CalmDoubleSpinBox, CalmDateTimeEdit, lambda: number_box("number", "Number", 0, 99)],
)
def test_the_wheel_changes_a_number_only_after_the_field_was_chosen(
    make: Callable[[], CalmSpinBox], qtbot: QtBot
) -> None:
    box = make()
    form = shown(box, qtbot)
    before = box.text()
    turn(box)
    assert (box.text(), box.hasFocus()) == (before, False)
    assert form.verticalScrollBar().value() > 0
    form.verticalScrollBar().setValue(0)
    box.stepUp()
    changed = box.text()
    box.setFocus()
    turn(box)
    assert box.text() != changed


def test_a_key_opens_a_deliberate_list_and_enter_chooses(qtbot: QtBot) -> None:
    box = filled(DeliberateChoice)
    _form = shown(box, qtbot)
    box.setFocus()
    heard: list[int] = []
    box.activated.connect(heard.append)
    box.currentIndexChanged.connect(heard.append)
    QTest.keyClick(box, Qt.Key.Key_Down)
    QTest.keyClick(box.view(), Qt.Key.Key_Down)
    assert heard == []
    QTest.keyClick(box.view(), Qt.Key.Key_Return)
    assert (box.currentText(), set(heard)) == ("gamma", {2})
    heard.clear()
    QTest.keyClicks(box, "d")
    assert heard == []
    QTest.keyClick(box.view(), Qt.Key.Key_Return)
    assert (box.currentText(), set(heard)) == ("delta", {3})


def test_a_shortcut_passes_a_deliberate_list(qtbot: QtBot) -> None:
    box = filled(DeliberateChoice)
    _form = shown(box, qtbot)
    box.setFocus()
    for key, keys in (
        (Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier),
        (Qt.Key.Key_D, Qt.KeyboardModifier.AltModifier),
        (Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier),
    ):
        QTest.keyClick(box, key, keys)
        assert not box.view().isVisible()
    assert box.currentText() == "beta"


def parts(box: OpenChoice) -> tuple[QLineEdit, QCompleter, QAbstractItemView]:
    line, completer = box.lineEdit(), box.completer()
    assert line is not None
    assert completer is not None
    popup = completer.popup()
    assert isinstance(popup, QAbstractItemView)
    return line, completer, popup


def test_a_click_opens_a_list_into_which_one_can_type(qtbot: QtBot) -> None:
    box = OpenChoice("open", "Open", WORDS)
    _form = shown(box, qtbot)
    line, completer, popup = parts(box)
    QTest.mouseClick(line, Qt.MouseButton.LeftButton)
    assert popup.isVisible()
    assert completer.completionModel().rowCount() == len(WORDS)
    assert popup.currentIndex().data() == "alpha"
    assert line.selectedText() == "alpha"
    QTest.keyClicks(popup, "et")
    assert line.text() == "et"
    assert [completer.completionModel().index(0, 0).data()] == ["beta"]
    QTest.keyClick(popup, Qt.Key.Key_Down)
    QTest.keyClick(popup, Qt.Key.Key_Return)
    assert not popup.isVisible()
    assert (box.text, box.currentIndex()) == ("beta", 1)


def test_a_value_that_is_not_in_the_list_can_be_pasted(qtbot: QtBot) -> None:
    box = OpenChoice("open", "Open", WORDS)
    _form = shown(box, qtbot)
    line, _completer, popup = parts(box)
    QTest.mouseClick(line, Qt.MouseButton.LeftButton)
    QApplication.clipboard().setText("arn:aws:iam::111122223333:role/orders")
    QTest.keyClick(popup, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert box.text == "arn:aws:iam::111122223333:role/orders"
    QTest.keyClick(line, Qt.Key.Key_Escape)
    assert box.text == "arn:aws:iam::111122223333:role/orders"


def test_the_arrow_opens_the_same_list(qtbot: QtBot) -> None:
    box = OpenChoice("open", "Open", WORDS)
    _form = shown(box, qtbot)
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(box.width() - 8, box.height() // 2))
    _line, _completer, popup = parts(box)
    assert popup.isVisible()
    QTest.keyClick(popup, Qt.Key.Key_Escape)
    assert box.text == "alpha"


def test_a_suggestion_never_overwrites_what_was_chosen(qtbot: QtBot) -> None:
    box = SuggestedChoice("open", "Open")
    _form = shown(box, qtbot)
    box.suggest("beta", WORDS)
    assert (box.text, box.chosen) == ("beta", "")
    box.suggest("gamma")
    assert (box.text, box.chosen) == ("gamma", "")
    line = box.lineEdit()
    assert line is not None
    line.selectAll()
    QTest.keyClicks(line, "gamma")  # typed, and as it was suggested
    box.suggest("delta", WORDS[1:])
    assert (box.text, box.chosen, box.count()) == ("gamma", "gamma", 3)
    box.release()
    box.suggest("delta")
    assert (box.text, box.chosen) == ("delta", "")


def test_other_lists_change_by_key_as_everywhere(qtbot: QtBot) -> None:
    box = filled(CalmChoice)
    _form = shown(box, qtbot)
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert box.currentText() == "gamma"
