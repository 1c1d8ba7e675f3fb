"""Rows that go on in a second line where there is no room for one."""

import pytest
from PySide6.QtWidgets import QLineEdit, QPushButton, QSizePolicy, QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.kit.bars import FlowLayout


def sized(width: int, height: int = 20) -> QPushButton:
    button = QPushButton()
    button.setFixedSize(width, height)
    return button


@pytest.fixture
def row(qtbot: QtBot) -> QWidget:
    row = QWidget()
    FlowLayout(row, spacing=10)
    qtbot.addWidget(row)
    return row


def flow(row: QWidget) -> FlowLayout:
    layout = row.layout()
    assert isinstance(layout, FlowLayout)
    return layout


def lay_out(row: QWidget, width: int) -> None:
    row.setFixedWidth(width)
    row.resize(width, row.heightForWidth(width))
    row.show()
    flow(row).activate()


def test_one_line_where_there_is_room_and_two_where_there_is_none(row: QWidget) -> None:
    parts = [sized(100) for _ in range(3)]
    for part in parts:
        flow(row).addWidget(part)
    lay_out(row, 320)
    assert [part.pos().toTuple() for part in parts] == [(0, 0), (110, 0), (220, 0)]
    assert row.heightForWidth(320) == 20
    lay_out(row, 319)
    assert [part.pos().toTuple() for part in parts] == [(0, 0), (110, 0), (0, 30)]
    assert row.heightForWidth(319) == 50
    assert row.minimumSizeHint().width() == 100


def test_what_follows_a_stretch_stands_at_the_end_of_its_line(row: QWidget) -> None:
    first, last = sized(100), sized(50)
    flow(row).addWidget(first)
    flow(row).add_stretch()
    flow(row).addWidget(last)
    lay_out(row, 400)
    assert last.geometry().right() == 399
    lay_out(row, 120)
    assert last.y() == 30


def test_a_field_takes_what_its_line_leaves(row: QWidget) -> None:
    field, button = QLineEdit(), sized(100)
    field.setMinimumWidth(80)
    flow(row).addWidget(field)
    flow(row).addWidget(button)
    lay_out(row, 400)
    assert field.width() == 290
    lay_out(row, 195)
    assert field.width() > 80 or field.width() == 85


def test_what_is_hidden_leaves_no_gap_and_an_ignored_size_asks_for_no_room(row: QWidget) -> None:
    first, gone, words, last = sized(100), sized(100), QPushButton("words " * 40), sized(100)
    words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    words.setMinimumWidth(1)
    for part in (first, gone, words):
        flow(row).addWidget(part)
    flow(row).insert_widget(1, last)
    gone.hide()
    lay_out(row, 400)
    assert (last.x(), words.x()) == (110, 220)
    assert words.geometry().right() == 399
    assert row.heightForWidth(400) == max(20, words.sizeHint().height())
