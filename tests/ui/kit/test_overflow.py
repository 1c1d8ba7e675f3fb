"""A row of tools that gets narrower: nothing is cut off, and what moved into the menu works there."""

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QMenu, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.kit.bars import OverflowRow
from workbench.ui.kit.text import named


class Tools:
    """Three rare buttons, a field and the button of the menu."""

    def __init__(self, qtbot: QtBot) -> None:
        self.more = named(QPushButton("More"), "more")
        self.save, self.utc, self.help = (QPushButton("Save As…"), QPushButton("UTC"), QToolButton())
        self.help.setText("?")
        self.help.setAccessibleName("Syntax")
        self.help.setMenu(QMenu(self.help))
        self.help.menu().addAction("ERROR")
        self.utc.setCheckable(True)
        self.field = QLineEdit()
        self.row = OverflowRow(self.more, (self.help, self.utc, self.save))
        self.row.add(self.field, 1)
        for widget in (self.save, self.utc, self.help, self.more):
            self.row.add(widget)
        qtbot.addWidget(self.row)
        self.row.show()

    def entries(self) -> list[QAction]:
        self.more.menu().aboutToShow.emit()
        return [entry for entry in self.more.menu().actions() if not entry.isSeparator()]


@pytest.fixture
def tools(qtbot: QtBot) -> Tools:
    return Tools(qtbot)


def shown(*widgets: QWidget) -> list[bool]:
    return [widget.isVisible() for widget in widgets]


def test_with_room_everything_is_in_the_row(tools: Tools) -> None:
    tools.row.resize(tools.row.sizeHint())
    assert shown(tools.save, tools.utc, tools.help, tools.more) == [True, True, True, False]


def test_what_is_rare_moves_into_the_menu_one_by_one_and_comes_back(tools: Tools) -> None:
    room = tools.row.sizeHint()
    tools.row.resize(room)
    tools.row.resize(room.width() - 1, room.height())
    assert tools.more.isVisible()
    assert tools.help in tools.row.moved
    for width in range(room.width(), tools.row.minimumSizeHint().width() - 1, -1):
        tools.row.resize(width, room.height())
        layout = tools.row.layout()
        assert layout is not None
        layout.activate()
        seen = [widget for widget in tools.row.findChildren(QWidget) if widget.isVisible()]
        for widget in seen:
            if widget.parent() is tools.row:
                assert tools.row.rect().contains(widget.geometry()), width
                assert widget.width() >= widget.minimumSizeHint().width(), width
    assert list(tools.row.moved) == [tools.help, tools.utc, tools.save]
    tools.row.resize(room)
    assert not tools.row.moved
    assert shown(tools.save, tools.utc, tools.help, tools.more) == [True, True, True, False]


def test_an_entry_does_what_its_button_does(tools: Tools, qtbot: QtBot) -> None:
    tools.row.resize(tools.row.minimumSizeHint())
    tools.save.setEnabled(False)
    syntax, utc, save = tools.entries()
    assert [entry.text() for entry in (syntax, utc, save)] == ["Syntax", "UTC", "Save As…"]
    assert not save.isEnabled()
    menu = syntax.menu()
    assert isinstance(menu, QMenu)
    assert [entry.text() for entry in menu.actions()] == ["ERROR"]
    utc.trigger()
    assert tools.utc.isChecked()
    _syntax, utc, _save = tools.entries()
    assert utc.isChecked()
    tools.save.setEnabled(True)
    with qtbot.waitSignal(tools.save.clicked):
        tools.entries()[2].trigger()


def test_what_is_not_wanted_is_nowhere(tools: Tools) -> None:
    tools.row.set_wanted(tools.utc, wanted=False)
    tools.row.resize(tools.row.minimumSizeHint())
    assert [entry.text() for entry in tools.entries()] == ["Syntax", "Save As…"]
    tools.row.resize(tools.row.sizeHint())
    assert not tools.utc.isVisible()
    tools.row.set_wanted(tools.utc, wanted=True)
    tools.row.resize(tools.row.sizeHint())
    assert tools.utc.isVisible()


def test_a_menu_with_entries_of_its_own_keeps_them_below(qtbot: QtBot) -> None:
    more, rare = QPushButton("More"), QPushButton("Format JSON")
    menu = QMenu(more)
    menu.addAction("Share")
    more.setMenu(menu)
    row = OverflowRow(more, (rare,))
    row.add(rare)
    row.add(more)
    qtbot.addWidget(row)
    row.show()
    row.resize(row.sizeHint())
    assert shown(rare, more) == [True, True]
    row.resize(row.minimumSizeHint())
    menu.aboutToShow.emit()
    assert [entry.text() for entry in menu.actions()] == ["Format JSON", "", "Share"]
    row.resize(row.sizeHint())
    menu.aboutToShow.emit()
    assert [entry.text() for entry in menu.actions()] == ["Share"]
