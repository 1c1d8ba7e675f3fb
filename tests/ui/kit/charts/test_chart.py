"""A chart draws, or says why not; the crosshair is shared, by pointer and by keys."""

import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter, QWheelEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from tests.ui.kit.charts.fixed_theme import FixedTheme
from workbench.ui.kit.charts import Chart, ChartBoard, Curve, Unit
from workbench.ui.kit.theme import DARK, LIGHT

START, STEP = 1_773_414_000.0, 60.0
TIME = np.array([START + STEP * number for number in range(5)])
NAN = float("nan")
END = START + 5 * STEP


def _curve(*values: float, label: str = "", summary: str = "", color: int = 0, figure: str = "") -> Curve:
    return Curve(label, TIME, np.array(values), summary, color, figure=figure)


@pytest.fixture
def theme() -> FixedTheme:
    return FixedTheme(LIGHT)


@pytest.fixture
def chart(theme: FixedTheme, qtbot: QtBot) -> Chart:
    chart = Chart("invocationsChart", "Invocations", Unit.COUNT, theme)
    qtbot.addWidget(chart)
    chart.pointed.connect(chart.show_crosshair)
    chart.zoomed.connect(lambda start_s, end_s: chart.show_sight((start_s, end_s)))
    chart.resize(400, 250)
    chart.show()
    qtbot.waitExposed(chart)
    chart.show_span(START, END)
    return chart


@pytest.fixture
def board(theme: FixedTheme, qtbot: QtBot) -> ChartBoard:
    charts = tuple(Chart(f"chart{number}", f"Chart {number}", Unit.LEVEL, theme) for number in range(3))
    board = ChartBoard("board", "Charts", charts, theme)
    qtbot.addWidget(board)
    board.resize(1100, 300)
    board.show()
    qtbot.waitExposed(board)
    board.show_span(START, END)
    for chart in charts[:2]:
        chart.show_curves((_curve(1, 2, 3, 4, 5),))
    return board


def _has_color(chart: Chart, color: str) -> bool:
    image = QImage.fromData(chart.png()).convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), dtype=np.uint32).reshape(image.height(), -1)
    drawing = pixels[30:] & 0xFFFFFF  # below title and legend
    return bool((drawing == int(color[1:], 16)).any())


@pytest.mark.parametrize("height", [300, 385, 560, 590, 900])
def test_only_whole_rows_are_seen_also_a_notch_of_the_wheel_later(
    theme: FixedTheme, qtbot: QtBot, height: int
) -> None:
    charts = tuple(Chart(f"chart{number}", f"Chart {number}", Unit.LEVEL, theme) for number in range(12))
    board = ChartBoard("board", "Charts", charts, theme)
    qtbot.addWidget(board)
    board.resize(700, height)
    with qtbot.waitExposed(board):
        board.show()
    bar, room = board.verticalScrollBar(), board.viewport().rect()
    qtbot.waitUntil(lambda: bar.maximum() > 0)

    def seen() -> list[int]:
        """The charts of which a part is seen."""
        places = [(each, each.mapTo(board.viewport(), QPoint())) for each in charts]
        areas = [QRect(point, each.size()) for each, point in places]
        assert all(room.contains(area) for area in areas if room.intersects(area))
        return [number for number, area in enumerate(areas) if room.intersects(area)]

    first = seen()
    assert first[:2] == [0, 1]
    middle = QPointF(room.center())
    turn = (QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier)
    wheel = QWheelEvent(middle, middle, *turn, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(board.viewport(), wheel)
    assert seen() == [number + 2 for number in first]
    bar.setValue(bar.maximum())
    assert seen()[-1] == 11


def test_it_says_that_it_loads_until_it_is_told_something(chart: Chart) -> None:
    assert chart.message == "Loading…"
    assert chart.plot is None


def test_no_data_is_said_in_place(chart: Chart) -> None:
    chart.show_curves((_curve(NAN, NAN, NAN, NAN, NAN),))
    assert chart.message == "No data in this time range"
    assert chart.accessibleDescription() == "No data in this time range"
    assert chart.plot is None
    chart.show_curves(())
    assert chart.message == "No data in this time range"


def test_an_error_takes_the_place_of_the_drawing_and_data_takes_it_back(chart: Chart) -> None:
    chart.show_curves((_curve(1, 2, 3, 4, 5),))
    chart.show_message("You may not read metrics.", danger=True)
    assert chart.message == "You may not read metrics."
    assert chart.curves == ()
    assert chart.csv() == ""
    chart.show_curves((_curve(1, 2, 3, 4, 5),))
    assert chart.message == ""


def test_zeros_are_data(chart: Chart) -> None:
    chart.show_curves((_curve(0, NAN, 0, 0, 0),))
    assert chart.message == ""


def _written(chart: Chart, axis: int = 0) -> list[str]:
    """What stands along the value axis, or the axis of time."""
    assert chart.plot is not None
    chart.png()  # lays everything out
    return chart.plot._axes[axis].written


def test_the_value_axis_begins_with_zero_and_counts_have_no_fractions(chart: Chart) -> None:
    chart.show_curves((_curve(1, 2, 3, 4, 5),))
    assert _written(chart) == ["0", "2", "4"]
    chart.set_axes(is_utc=True, is_log=True)
    assert _written(chart) == ["1", "2", "5"]


def test_of_a_long_time_some_months_are_named(chart: Chart) -> None:
    day_s = 86_400.0
    moments = np.arange(START, START + 455 * day_s, day_s, dtype=np.float64)
    chart.show_span(moments[0], moments[-1] + day_s)
    chart.show_curves((Curve("", moments, np.ones(455)),))
    named = _written(chart, 1)  # from March 2026
    assert "2027" in named
    assert 3 <= len(named) <= 8
    assert {"Jun", "Sep"} & set(named) or {"May", "Jul"} & set(named)


def test_panning_names_the_same_months_and_none_over_a_year(chart: Chart) -> None:
    day_s = 86_400.0
    moments = np.arange(START, START + 2000 * day_s, day_s, dtype=np.float64)
    chart.show_span(moments[0], moments[-1])
    chart.show_curves((Curve("", moments, np.ones(2000)),))
    named = set()
    for days in range(0, 120, 10):
        chart.show_sight((START + days * day_s, START + (days + 500) * day_s))
        named.update(_written(chart, 1))
    assert named == {"2027", "Apr", "Jul", "Oct"}


def test_a_moved_time_axis_shows_what_a_new_one_shows(chart: Chart) -> None:
    chart.show_span(START - 86_400, START + 86_400)
    chart.show_curves((_curve(1, 2, 3, 4, 5),))
    for minutes in range(0, 200, 7):
        sight = (START - 3600 + minutes * 60, START + 3600 + minutes * 60)
        chart.show_sight(sight)
        moved, written = chart.png(), _written(chart, 1)
        chart.show_sight(None)
        chart.png()
        chart.show_sight(sight)
        assert (chart.png(), _written(chart, 1)) == (moved, written)
        assert written


def test_milliseconds_are_whole_while_panning(chart: Chart) -> None:
    chart.show_span(START, START + 60)
    chart.show_curves((_curve(1, 2, 3, 4, 5),))
    for number in range(20):
        begin = START + 10 + number / 20
        chart.show_sight((begin, begin + 0.5))
        written = _written(chart, 1)
        assert written
        assert {int(text.partition(".")[2]) % 50 for text in written} == {0}


@pytest.mark.parametrize("unit", list(Unit))
def test_every_unit_paints_its_curves_in_their_colours(qtbot: QtBot, unit: Unit) -> None:
    chart = Chart("c", "Chart", unit, FixedTheme(LIGHT))
    qtbot.addWidget(chart)
    chart.resize(400, 250)
    chart.show()
    chart.show_span(START, END)
    chart.show_curves((_curve(80, 80, NAN, 80, 80, color=0), _curve(NAN, NAN, 40, NAN, NAN, color=1)))
    assert _has_color(chart, "#0072b2")
    assert _has_color(chart, "#d55e00")  # a point without neighbours is seen too


def test_a_theme_repaints(chart: Chart, theme: FixedTheme) -> None:
    chart.show_curves((_curve(1, 2, 3, 4, 5),))
    theme.change(DARK)
    assert _has_color(chart, DARK.base)
    assert _has_color(chart, DARK.series[0])
    assert not _has_color(chart, LIGHT.series[0])


def test_the_ground_of_a_board_follows_the_theme(board: ChartBoard, theme: FixedTheme) -> None:
    theme.change(DARK)
    image = board.grab().toImage()
    assert image.pixelColor(2, 2).name() == DARK.base


def test_arrow_keys_read_the_values_out(chart: Chart) -> None:
    chart.show_curves((_curve(1, NAN, 3, 4, 1204, summary="1,212", figure="Sum of the range"),))
    assert chart.readout == "Sum of the range: 1,212"
    read = []
    keys = (
        Qt.Key.Key_Left,
        Qt.Key.Key_Left,
        Qt.Key.Key_Home,
        Qt.Key.Key_Left,
        Qt.Key.Key_Right,
        Qt.Key.Key_End,
    )
    for key in keys:
        QTest.keyClick(chart, key)
        read.append(chart.readout)
    assert read == ["1,204", "4", "1", "1", "–", "1,204"]
    QTest.keyClick(chart, Qt.Key.Key_Escape)
    assert chart.readout == "Sum of the range: 1,212"


def test_keys_without_data_do_nothing(chart: Chart) -> None:
    QTest.keyClick(chart, Qt.Key.Key_Left)
    assert chart.message == "Loading…"


def test_the_pointer_reads_the_nearest_point(chart: Chart, qtbot: QtBot) -> None:
    chart.show_curves((_curve(1, 2, 3, 4, 5),))
    assert chart.plot is not None
    area = chart.plot.area
    place = chart.plot.mapFromScene(area.mapViewToScene(QPointF(START + 2.2 * STEP, 1.0)))
    QTest.mouseMove(chart.plot.viewport(), place)
    qtbot.waitUntil(lambda: chart.readout == "3")


def test_numbers_can_be_read_without_seeing(chart: Chart) -> None:
    chart.show_curves((_curve(1, NAN, 3, 4, 5, label="Sum", summary="13", figure="Of the range"),))
    lines = chart.accessibleDescription().splitlines()
    assert lines[0] == "Of the range: Sum 13"
    assert [line.split(": ", 1)[1] for line in lines[1:]] == ["Sum 1", "Sum 3", "Sum 4", "Sum 5"]
    assert chart.table_text(rows=2).count("\n") == 1


def test_the_data_can_be_taken_out(chart: Chart) -> None:
    chart.show_curves((_curve(1, NAN, 3.5, 4, 5, label='p"50'),))
    lines = chart.csv().splitlines()
    assert lines[0] == 'time,"p""50"'
    assert lines[1] == "2026-03-13T15:00:00+00:00,1"
    assert lines[2].endswith(",")
    assert lines[3].endswith(",3.5")
    next(action for action in chart.actions() if action.objectName().endswith("CopyData")).trigger()
    assert QGuiApplication.clipboard().text() == chart.csv()


def test_a_label_is_never_markup(chart: Chart) -> None:
    chart.show_curves((_curve(1, 2, 3, 4, 5, label="<b>&bold</b>"),))
    legend = chart.findChild(QLabel, "invocationsChartLegend")
    assert legend is not None
    assert "&lt;b&gt;" in legend.text()


# ---- the board -------------------------------------------------------------------------------------------


def test_the_crosshair_is_shared(board: ChartBoard) -> None:
    QTest.keyClick(board.charts[0], Qt.Key.Key_End)
    assert [chart.readout for chart in board.charts] == ["5", "5", ""]


def test_zoom_is_shared_and_survives_new_data(board: ChartBoard) -> None:
    first, second, third = board.charts
    assert first.plot is not None
    assert second.plot is not None
    first.plot.zoomed.emit(START + STEP, START + 3 * STEP)
    assert first.plot.span == second.plot.span == pytest.approx((START + STEP, START + 3 * STEP))

    board.show_span(START + STEP, END + STEP)  # a minute later
    third.show_curves((_curve(1, 2, 3, 4, 5),))
    assert third.plot is not None
    for chart in board.charts:
        assert chart.sight
        assert chart.plot is not None
        assert chart.plot.span == pytest.approx((START + STEP, START + 3 * STEP))

    board.show_span(START + 2 * STEP, END + 2 * STEP)  # the zoom has slid out of the window
    for chart in board.charts:
        assert chart.sight is None
        assert chart.plot is not None
        assert chart.plot.span == pytest.approx((START + 2 * STEP, END + 2 * STEP))


def test_without_zoom_the_charts_move_on_with_time(board: ChartBoard) -> None:
    board.show_span(START + STEP, END + STEP)
    assert not any(chart.sight for chart in board.charts)
    assert board.charts[1].plot is not None
    assert board.charts[1].plot.span == pytest.approx((START + STEP, END + STEP))


def test_key_0_shows_everything_again(board: ChartBoard) -> None:
    first, second, _ = board.charts
    assert first.plot is not None
    assert second.plot is not None
    first.plot.zoomed.emit(START + STEP, START + 3 * STEP)
    QTest.keyClick(second, Qt.Key.Key_0)
    assert first.plot.span == pytest.approx((START, END))
    assert first.sight is None


def test_the_wheel_zooms_time_only(board: ChartBoard) -> None:
    first, second, _ = board.charts
    assert first.plot is not None
    assert second.plot is not None
    area = first.plot.area
    area.scaleBy(x=0.5)
    area.sigRangeChangedManually.emit([True, False])  # what the wheel does
    assert first.sight
    assert second.plot.span == pytest.approx(first.plot.span)
    assert second.plot.span[1] - second.plot.span[0] == pytest.approx((END - START) / 2)


@pytest.mark.parametrize(("width", "columns"), [(1100, 3), (760, 2), (360, 1)])
def test_there_are_as_many_columns_as_fit(board: ChartBoard, width: int, columns: int, qtbot: QtBot) -> None:
    board.resize(width, 300)
    qtbot.waitUntil(lambda: len({chart.x() for chart in board.charts}) == columns)


def test_every_part_has_a_name(board: ChartBoard) -> None:
    for chart in board.charts:
        assert chart.objectName()
        assert chart.accessibleName()
        assert chart.focusPolicy() == Qt.FocusPolicy.StrongFocus


def test_making_charts_does_not_import_pyqtgraph() -> None:
    program = (
        "import sys; from PySide6.QtWidgets import QApplication; app = QApplication([]);"
        "from workbench.ui.kit.charts import *;"
        "from workbench.ui.kit.theme import Theme; theme = Theme(app);"
        "board = ChartBoard('b', 'B', (Chart('c', 'C', Unit.COUNT, theme),), theme); board.show();"
        "assert 'pyqtgraph' not in sys.modules; preload(); assert 'pyqtgraph' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize("unit", [Unit.COUNT, Unit.MILLISECONDS])
def test_a_long_curve_shows_its_peaks_at_any_zoom(chart: Chart, qtbot: QtBot, unit: Unit) -> None:
    count = 200_000
    value = np.zeros(count)
    value[123_456] = 7000.0
    time_s = np.asarray(np.arange(count) * STEP, dtype=np.float64)
    long = Chart("long", "Long", unit, FixedTheme(LIGHT))
    qtbot.addWidget(long)
    long.resize(400, 250)
    long.show()
    long.show_span(0, count * STEP)
    long.show_curves((Curve("", time_s, value),))
    assert long.plot is not None
    assert long.plot.area.viewRange()[1][1] == pytest.approx(7000, rel=0.1)
    drawn = long.plot._long[0]
    assert drawn.getData()[1].max() == 7000
    assert drawn.getData()[1].size < 2000
    long.show_sight((0, 1000 * STEP))  # the peak is not in sight
    assert long.plot.area.viewRange()[1][1] < 2
    long.show_sight((123_000 * STEP, 124_000 * STEP))
    assert long.plot.area.viewRange()[1][1] == pytest.approx(7000, rel=0.1)
    long.set_axes(is_utc=True, is_log=True)
    assert long.plot.area.viewRange()[1][1] == pytest.approx(3.85, abs=0.5)


@pytest.mark.parametrize("unit", [Unit.COUNT, Unit.MILLISECONDS])
def test_an_svg_shows_what_the_chart_shows(qtbot: QtBot, unit: Unit) -> None:
    chart = Chart("c", "Chart", unit, FixedTheme(LIGHT))
    qtbot.addWidget(chart)
    chart.resize(400, 250)
    chart.show()
    chart.show_span(START, END)
    chart.show_curves((_curve(1, 2, 3, 4, 5),))
    svg = chart.svg()
    assert b"<title>Chart</title>" in svg
    renderer = QSvgRenderer(svg)
    image = QImage(chart.size(), QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    pixels = np.frombuffer(image.constBits(), dtype=np.uint32).reshape(image.height(), -1)
    blue = pixels[40:] & 0xFF  # below title and legend
    red = (pixels[40:] >> 16) & 0xFF
    columns = np.flatnonzero(((blue > 150) & (red < 100)).any(axis=0))
    assert np.ptp(columns) > 200  # the time goes over the whole width
