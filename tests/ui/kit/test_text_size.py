"""The size of the interface's texts: what is built follows at once, and what is built later has it too."""

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel
from workbench.ui.kit.text_size import scaled, scaled_sheet, text_percent
from workbench.ui.kit.theme import Theme, monospace


@pytest.fixture
def theme(theme: Theme) -> Iterator[Theme]:
    yield theme
    theme.set_text_size(100)


@pytest.fixture
def place(qtbot: QtBot) -> QWidget:
    place = QWidget()
    QVBoxLayout(place)
    qtbot.addWidget(place)
    return place


def add[T: QWidget](place: QWidget, widget: T) -> T:
    layout = place.layout()
    assert layout is not None
    layout.addWidget(widget)
    return widget


def test_texts_rows_and_sizes_follow_at_once_and_come_back(theme: Theme, place: QWidget) -> None:
    label = add(place, PlainLabel("Words"))
    field = add(place, QPlainTextEdit())
    field.setFont(monospace())
    field.setFixedHeight(scaled(50))
    table = add(place, Table("rows", "Rows", (Column[str]("One", str, 100), Column[str]("Two", str, 100))))
    table.horizontalHeader().resizeSection(0, 70)
    place.show()

    def figures() -> tuple[int, int, int, int, int]:
        return (
            QFontMetrics(label.font()).height(),
            QFontMetrics(field.font()).height(),
            field.height(),
            table.verticalHeader().defaultSectionSize(),
            table.horizontalHeader().sectionSize(0),
        )

    usual = figures()
    theme.set_text_size(200)
    place.resize(place.sizeHint())
    grown = figures()
    assert all(1.8 <= now / before <= 2.2 for now, before in zip(grown, usual, strict=True)), (usual, grown)
    later = QPlainTextEdit()
    later.setFont(monospace())
    later.setFixedHeight(scaled(50))
    assert later.font().pointSizeF() == field.font().pointSizeF()
    assert later.maximumHeight() == field.maximumHeight() == 100
    theme.set_text_size(100)
    place.resize(place.sizeHint())
    assert figures() == usual


@pytest.mark.parametrize(("asked", "given"), [(10, 90), (90, 90), (150, 150), (999, 200)])
def test_the_size_keeps_to_its_bounds(theme: Theme, asked: int, given: int) -> None:
    theme.set_text_size(asked)
    assert text_percent() == given


def test_a_sheets_lengths_grow_but_its_lines_stay_thin(theme: Theme) -> None:
    theme.set_text_size(150)
    sheet = "QLabel { font-size: 12pt; padding: 4px 8px; border: 1px solid #102030; }"
    assert scaled_sheet(sheet) == "QLabel { font-size: 18pt; padding: 6px 12px; border: 1px solid #102030; }"


def test_what_the_sheet_sizes_follows_it(theme: Theme, place: QWidget, qapp: QApplication) -> None:
    title = add(place, PlainLabel("orders"))
    title.setObjectName("functionTitle")
    theme.dress()
    try:
        place.show()
        before = title.fontMetrics().height()
        theme.set_text_size(200)
        assert 1.8 <= title.fontMetrics().height() / before <= 2.2
        theme.set_text_size(100)
        assert title.fontMetrics().height() == before
    finally:
        qapp.setStyleSheet("")
        theme._dressed = False
