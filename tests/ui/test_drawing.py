"""What real widgets look like on the screen, by the colours of their pixels, in both themes."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import (
    QEvent,
    QPoint,
    QPointF,
    QRect,
    Qt,
)
from PySide6.QtGui import QColor, QEnterEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QSplitter,
    QTabBar,
    QTableWidget,
    QToolButton,
    QTreeView,
    QTreeWidget,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

import workbench
from tests.ui.contrast import PART, TEXT, contrast
from tests.ui.contrast import Sheet as Rules
from workbench.ui.features.logs.lines_view import LinesView
from workbench.ui.kit.charts.chart import Chart
from workbench.ui.kit.charts.model import Unit
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel, named, text_label
from workbench.ui.kit.theme import Theme, style_sheet

LISTS = (QListWidget, QTreeWidget, QTableWidget)


@pytest.fixture(params=["light", "dark"])
def theme_shown(request: pytest.FixtureRequest, dressed: Theme) -> Theme:
    dressed.choose(request.param)
    return dressed


class Sheet:
    """A window with widgets below each other, the first of which has the keyboard."""

    def __init__(self, qtbot: QtBot, *widgets: QWidget) -> None:
        self.window = QWidget()
        self.qtbot = qtbot
        qtbot.addWidget(self.window)
        rows = QVBoxLayout(self.window)
        for widget in widgets:
            rows.addWidget(widget)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)

    def look(self, widget: QWidget) -> QImage:
        """What is seen in the area of a widget: not grabbed alone, as its corners show what is behind it."""
        return self.window.grab(QRect(widget.mapTo(self.window, QPoint()), widget.size())).toImage()

    def focused(self, widget: QWidget) -> QImage:
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        self.qtbot.waitUntil(widget.hasFocus)
        return self.look(widget)


def colors_of(image: QImage, area: QRect | None = None) -> Counter[str]:
    area = area or image.rect()
    columns, rows = range(area.left(), area.right() + 1), range(area.top(), area.bottom() + 1)
    return Counter(image.pixelColor(x, y).name() for x in columns for y in rows)


def strongest(image: QImage, area: QRect | None = None) -> float:
    """The contrast between the ground, which most pixels have, and what differs most from it: the ink."""
    counted = colors_of(image, area)
    ground = counted.most_common(1)[0][0]
    return max(contrast(color, ground) for color in counted)


def assert_ink(image: QImage, area: QRect, wanted: str) -> None:
    """The colour of the text, which smooth edges blend with the ground, is this one and no other."""
    counted = colors_of(image, area)
    ground = counted.most_common(1)[0][0]
    ink = QColor(max(counted, key=lambda color: contrast(color, ground)))
    expected = QColor(wanted)
    for part in (QColor.red, QColor.green, QColor.blue):
        assert abs(part(ink) - part(expected)) <= 24, f"{ink.name()} instead of {wanted}"


def ring_width(image: QImage, color: str) -> int:
    """How many pixels from the left edge, half-way down, have a colour."""
    width, wanted = 0, QColor(color)
    while width < image.width() and image.pixelColor(width, image.height() // 2) == wanted:
        width += 1
    return width


@pytest.mark.parametrize("kind", [QLineEdit, QPlainTextEdit])
def test_a_placeholder_can_be_read(
    theme_shown: Theme, qtbot: QtBot, kind: type[QLineEdit] | type[QPlainTextEdit]
) -> None:
    field = kind()
    field.setPlaceholderText("HHHH iiii")
    sheet = Sheet(qtbot, QPushButton("First"), field)
    assert not field.hasFocus()
    assert strongest(sheet.look(field), field.rect().adjusted(3, 3, -3, -3)) >= TEXT


@pytest.mark.parametrize("kind", [QLineEdit, QPlainTextEdit, QSpinBox, QComboBox, QPushButton, QToolButton])
def test_the_border_of_what_can_be_used_is_seen(
    theme_shown: Theme, qtbot: QtBot, kind: type[QWidget]
) -> None:
    widget = kind()
    sheet = Sheet(qtbot, QPushButton("First"), widget)
    image = sheet.look(widget)
    border = image.pixelColor(0, image.height() // 2).name()
    inside = image.pixelColor(4, image.height() // 2).name()
    assert contrast(border, theme_shown.colors.window) >= PART
    assert contrast(border, inside) >= PART


@pytest.mark.parametrize(
    "kind",
    [
        QLineEdit,
        QPlainTextEdit,
        QSpinBox,
        QComboBox,
        QPushButton,
        QToolButton,
        QCheckBox,
        QRadioButton,
        *LISTS,
    ],
)
def test_what_has_the_keyboard_has_a_ring_of_two_pixels(
    theme_shown: Theme, qtbot: QtBot, kind: type[QWidget]
) -> None:
    widget, other = kind(), QPushButton("Other")
    sheet = Sheet(qtbot, other, widget)
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    size = widget.size()
    sheet.focused(other)
    assert ring_width(sheet.look(widget), theme_shown.colors.accent) == 0
    assert ring_width(sheet.focused(widget), theme_shown.colors.accent) == 2
    widget.updateGeometry()
    assert widget.size() == size
    if not issubclass(kind, LISTS):
        hint = widget.sizeHint()
        sheet.focused(other)
        assert widget.sizeHint() == hint, "nothing moves when the keyboard goes on"


def _text(theme: Theme) -> QWidget:
    label = text_label("about", "HHHH")
    label.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # as one with links has
    return label


def _chart(theme: Theme) -> QWidget:
    return Chart("duration", "Duration", Unit.COUNT, theme)


@pytest.mark.parametrize("make", [_text, _chart, LinesView])
def test_texts_charts_and_log_lines_have_the_ring_too(
    theme_shown: Theme, qtbot: QtBot, make: Callable[[Theme], QWidget]
) -> None:
    widget, other = make(theme_shown), QPushButton("Other")
    sheet = Sheet(qtbot, other, widget)
    sheet.focused(other)
    assert ring_width(sheet.look(widget), theme_shown.colors.accent) == 0
    assert ring_width(sheet.focused(widget), theme_shown.colors.accent) == 2


@pytest.mark.parametrize("role", ["primary", "danger"])
def test_a_filled_button_with_the_keyboard_has_a_ring_that_is_seen(
    theme_shown: Theme, qtbot: QtBot, role: str
) -> None:
    button = named(QPushButton("Deploy"), "filled", role=role)
    sheet = Sheet(qtbot, button, QPushButton("Other"))
    image = sheet.focused(button)
    middle = image.height() // 2
    ring, inside = (image.pixelColor(x, middle).name() for x in (1, 3))
    assert ring_width(image, ring) == 2
    assert contrast(ring, inside) >= PART
    assert contrast(ring, theme_shown.colors.window) >= PART


def test_a_tab_with_the_keyboard_has_a_ring(theme_shown: Theme, qtbot: QtBot) -> None:
    tabs, other = QTabBar(), QPushButton("Other")
    for text in ("Code", "Logs"):
        tabs.addTab(text)
    sheet = Sheet(qtbot, other, tabs)
    accent = theme_shown.colors.accent
    sheet.focused(other)
    assert ring_width(sheet.look(tabs), accent) == 0
    assert ring_width(sheet.focused(tabs), accent) == 2


def test_the_pointer_on_a_button_looks_unlike_the_keyboard_on_it(theme_shown: Theme, qtbot: QtBot) -> None:
    button, other = QPushButton("Invoke"), QPushButton("Other")
    sheet = Sheet(qtbot, other, button)
    sheet.focused(other)
    resting = sheet.look(button)
    center = QPointF(button.rect().center())
    QApplication.sendEvent(button, QEnterEvent(center, center, center))
    QTest.mouseMove(other)
    QTest.mouseMove(button)
    assert button.underMouse()
    hovered = sheet.look(button)
    QApplication.sendEvent(button, QEvent(QEvent.Type.Leave))
    focused = sheet.focused(button)
    edge, inside = QPoint(1, resting.height() // 2), QPoint(5, resting.height() // 2)
    assert hovered.pixelColor(inside) != resting.pixelColor(inside)
    assert hovered.pixelColor(edge) != focused.pixelColor(edge)
    assert focused.pixelColor(inside) == resting.pixelColor(inside)


def test_a_row_in_any_tone_is_read_when_it_is_selected_which_is_seen(
    theme_shown: Theme, qtbot: QtBot
) -> None:
    tones = ("", "muted", "good", "warning", "danger")
    columns = (Column[str]("State", lambda _tone: "HHHH failed", tone=str),)
    table = Table("jobs", "Jobs", columns, theme=theme_shown)
    table.set_rows(tones)
    sheet = Sheet(qtbot, QPushButton("Other"), table)
    sheet.focused(table)
    view = table.viewport()
    for row, tone in enumerate(tones):
        table.selectRow(row)
        image = sheet.look(view)
        area = table.visualRect(table.rows.index(row, 0))
        ground = colors_of(image, area).most_common(1)[0][0]
        assert ground == theme_shown.colors.selection
        assert contrast(ground, theme_shown.colors.base) >= 1.5
        assert strongest(image, area) >= TEXT, tone
        assert_ink(image, area, getattr(theme_shown.colors, tone or "text"))


@pytest.mark.parametrize("tone", ["", "good", "warning", "danger"])
def test_a_badge_is_no_button(theme_shown: Theme, qtbot: QtBot, tone: str) -> None:
    """It is filled and has no border, where a button has one."""
    badge = named(PlainLabel("HHHH"), "badge", role="badge")
    badge.setProperty("tone", tone)
    sheet = Sheet(qtbot, QPushButton("Other"), badge)
    image = sheet.look(badge)
    middle = image.height() // 2
    edge, inside = (image.pixelColor(x, middle).name() for x in (0, 4))
    assert contrast(edge, inside) < 1.1
    assert contrast(inside, theme_shown.colors.window) < PART
    assert strongest(image, badge.rect().adjusted(6, 2, -6, -2)) >= TEXT


def test_the_list_of_a_picker_opens_below_it_in_the_colours_of_the_rest(
    theme_shown: Theme, qtbot: QtBot
) -> None:
    picker = QComboBox()
    picker.addItems(["One", "Two", "Three"])
    picker.setCurrentIndex(1)
    sheet = Sheet(qtbot, picker, QWidget())
    picker.showPopup()
    view = picker.view()
    qtbot.waitUntil(view.isVisible)
    assert view.mapToGlobal(QPoint()).y() >= picker.mapToGlobal(QPoint(0, picker.height())).y() - 1
    image = view.viewport().grab().toImage()
    chosen = view.visualRect(view.model().index(1, 0))
    other = view.visualRect(view.model().index(2, 0))
    assert colors_of(image, chosen).most_common(1)[0][0] == theme_shown.colors.selection
    assert colors_of(image, other).most_common(1)[0][0] == theme_shown.colors.raised
    assert isinstance(view, QAbstractItemView)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert sheet.window.isVisible()


def test_all_trees_have_one_indent_and_all_splitters_one_width(dressed: Theme, qtbot: QtBot) -> None:
    trees = [QTreeWidget(), QTreeView()]
    splitters = [QSplitter(Qt.Orientation.Horizontal), QSplitter(Qt.Orientation.Vertical)]
    sheet = Sheet(qtbot, *trees, *splitters)
    assert {tree.indentation() for tree in trees} == {14}
    assert sheet.window.isVisible()
    assert {splitter.handleWidth() for splitter in splitters} == {1}
    for source in Path(workbench.__file__).parent.rglob("*.py"):
        text = source.read_text("utf-8")
        assert "setIndentation(" not in text, source
        assert "setHandleWidth(" not in text, source


def test_all_arrows_are_the_same_drawing(dressed: Theme) -> None:
    for selector, declarations in Rules(style_sheet(dressed.colors)).all():
        image = declarations.get("image", "")
        if "arrow" in selector or "menu-indicator" in selector:
            assert image in ("", "none") or "/themes/arrow-" in image, selector


def test_what_stands_in_one_row_is_equally_high(dressed: Theme, qtbot: QtBot) -> None:
    button, tool, picker = QPushButton("Refresh"), QToolButton(), QComboBox()
    tool.setText("UTC")
    picker.addItem("Last hour")
    parts = [button, tool, picker, QLineEdit(), QSpinBox()]
    sheet = Sheet(qtbot, *parts)
    assert sheet.window.isVisible()
    assert len({part.sizeHint().height() for part in parts}) == 1, [
        part.sizeHint().height() for part in parts
    ]
