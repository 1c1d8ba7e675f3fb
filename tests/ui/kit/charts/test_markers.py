"""Moments that charts mark: drawn, read at the crosshair, by the pointer, and by who sees no drawing."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QToolTip
from pytestqt.qtbot import QtBot

from tests.ui.kit.charts.fixed_theme import FixedTheme
from workbench.ui.kit import theme
from workbench.ui.kit.charts import Chart, ChartBoard, Curve, Marker, Unit
from workbench.ui.kit.charts.model import markers_from, markers_near

LIGHT = replace(theme.LIGHT, text="#00ff00", danger="#cc0000")
DARK = replace(theme.DARK, text="#ff00ff", danger="#ff8888")
START, STEP = 1_773_414_000.0, 60.0
END = START + 5 * STEP
TIME = np.array([START + STEP * number for number in range(5)])
MARKERS = (
    Marker(START + 90, "Deployed v7", "Deployed\nVersion 7 <b>by</b> ann"),
    Marker(START + 210, "Taken back", "Taken back", is_warning=True),
)
CURVE = Curve("", TIME, np.array([1.0, 2.0, 3.0, 4.0, 5.0]))


@pytest.fixture
def colors() -> FixedTheme:
    return FixedTheme(LIGHT)


@pytest.fixture
def chart(colors: FixedTheme, qtbot: QtBot) -> Iterator[Chart]:
    chart = Chart("invocationsChart", "Invocations", Unit.LEVEL, colors)
    qtbot.addWidget(chart)
    chart.pointed.connect(chart.show_crosshair)
    chart.resize(400, 250)
    chart.show()
    qtbot.waitExposed(chart)
    chart.show_span(START, END)
    yield chart
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


def _has_color(chart: Chart, color: str) -> bool:
    """Whether something has about this hue: markers let through what is below them."""
    image = QImage.fromData(chart.png()).convertToFormat(QImage.Format.Format_RGB32)
    data = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), -1, 4)
    pixels = data[40:, :, 2::-1].astype(int)  # below title and legend, as red, green, blue
    strong = np.array([int(color[at : at + 2], 16) > 128 for at in (1, 3, 5)])
    least, most = pixels[..., strong].min(axis=-1), pixels[..., ~strong].max(axis=-1)
    return bool((least - most > 60).any())


def _wait_for_tip(qtbot: QtBot, text: str) -> None:
    qtbot.waitUntil(lambda: QToolTip.isVisible() and text in QToolTip.text().split("\n\n"))


def test_markers_are_drawn_with_curves_that_come_before_or_after_and_go_again(
    chart: Chart, colors: FixedTheme
) -> None:
    chart.show_markers(MARKERS)
    assert chart.plot is None  # nothing to mark yet
    chart.show_curves((CURVE,))
    assert _has_color(chart, LIGHT.text)
    assert _has_color(chart, LIGHT.danger)
    chart.show_markers(MARKERS[:1])
    assert _has_color(chart, LIGHT.text)
    assert not _has_color(chart, LIGHT.danger)
    colors.change(DARK)
    assert _has_color(chart, DARK.text)
    chart.show_markers(())
    assert not _has_color(chart, DARK.text)


def test_the_legend_names_the_markers_of_the_period_under_the_crosshair(chart: Chart) -> None:
    chart.show_curves((CURVE,))
    chart.show_markers(MARKERS)
    assert "Deployed" not in chart.readout
    QTest.keyClick(chart, Qt.Key.Key_Home)
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert chart.readout == "2 · Deployed v7"
    legend = chart.findChild(QLabel, "invocationsChartLegend")
    assert legend is not None
    assert "Deployed&nbsp;v7" in legend.text()
    QTest.keyClick(chart, Qt.Key.Key_End)
    assert chart.readout == "5"


def test_who_points_at_a_marker_reads_all_of_it_and_nothing_is_markup(chart: Chart, qtbot: QtBot) -> None:
    chart.show_curves((CURVE,))
    chart.show_markers(MARKERS)
    plot = chart.plot
    assert plot is not None
    for time_s, text in (
        (START + 90, "Deployed\nVersion 7 <b>by</b> ann"),
        (START + 210, "Taken back"),
    ):
        scene = plot.area.mapViewToScene(QPointF(time_s, 1.0))
        QTest.mouseMove(plot.viewport(), plot.mapFromScene(scene))
        _wait_for_tip(qtbot, text)
    away = plot.area.mapViewToScene(QPointF(START + 150, 1.0))
    QTest.mouseMove(plot.viewport(), plot.mapFromScene(away))
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


def test_ctrl_with_an_arrow_goes_from_marker_to_marker_and_tells_all_of_it(
    chart: Chart, qtbot: QtBot
) -> None:
    chart.show_curves((CURVE,))
    control, (left, right) = Qt.KeyboardModifier.ControlModifier, (Qt.Key.Key_Left, Qt.Key.Key_Right)
    QTest.keyClick(chart, left, control)
    assert chart.readout == ""  # nothing to go to
    chart.show_markers(MARKERS)
    for key, readout, text in (
        (left, "4 · Taken back", "Taken back"),
        (left, "2 · Deployed v7", "Deployed\nVersion 7 <b>by</b> ann"),
        (left, "2 · Deployed v7", "Deployed\nVersion 7 <b>by</b> ann"),
        (right, "4 · Taken back", "Taken back"),
    ):
        QTest.keyClick(chart, key, control)
        assert chart.readout == readout
        _wait_for_tip(qtbot, text)


def test_who_sees_no_drawing_hears_of_the_markers_in_sight(chart: Chart) -> None:
    chart.show_curves((CURVE,))
    chart.show_markers((*MARKERS, Marker(END + 1, "Later", "Later")))
    lines = chart.accessibleDescription().splitlines()
    words = [line.partition(": ")[2] for line in lines[-2:]]
    assert words == ["Deployed v7 · Version 7 <b>by</b> ann", "Taken back"]


def test_a_board_marks_all_its_charts(colors: FixedTheme, qtbot: QtBot) -> None:
    charts = tuple(Chart(f"chart{number}", f"Chart {number}", Unit.LEVEL, colors) for number in range(2))
    board = ChartBoard("board", "Charts", charts, colors)
    qtbot.addWidget(board)
    board.show_span(START, END)
    for chart in charts:
        chart.show_curves((CURVE,))
    board.show_markers(MARKERS)
    assert all("Deployed v7" in chart.table_text() for chart in charts)


@pytest.mark.parametrize(
    ("time_s", "within_s", "found"), [(90, 0, 1), (89, 1, 1), (89, 0.5, 0), (150, 60, 2), (0, 10, 0)]
)
def test_markers_near_a_moment(time_s: float, within_s: float, found: int) -> None:
    assert len(markers_near(MARKERS, START + time_s, within_s)) == found


@pytest.mark.parametrize(
    ("start_s", "end_s", "found"), [(0, 90, 0), (90, 91, 1), (60, 240, 2), (211, 500, 0), (91, 210, 0)]
)
def test_markers_of_a_period(start_s: float, end_s: float, found: int) -> None:
    assert len(markers_from(MARKERS, START + start_s, START + end_s)) == found
