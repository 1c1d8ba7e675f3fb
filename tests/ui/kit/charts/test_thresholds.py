"""Values that should not be crossed: a line and a band, named where it is, told to who cannot see it."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QToolTip
from pytestqt.qtbot import QtBot

from tests.ui.kit.charts.fixed_theme import FixedTheme
from workbench.ui.kit.charts import Chart, Curve, Limit, Threshold, Unit
from workbench.ui.kit.charts.plot import NamedLine, Plot
from workbench.ui.kit.theme import LIGHT

COLORS = replace(LIGHT, text="#00ff00", danger="#ff0000")
START, STEP = 1_773_414_000.0, 60.0
TIME = np.array([START + STEP * number for number in range(5)])
CURVE = Curve("", TIME, np.array([1.0, 2.0, 30.0, 4.0, 5.0]))
HIGH = Threshold(20.0, "many > 20 OK", "Alarm many: OK\nall of it <b>", period_s=300)


@pytest.fixture
def chart(qtbot: QtBot) -> Iterator[Chart]:
    chart = Chart("errorsChart", "Errors", Unit.COUNT, FixedTheme(COLORS))
    qtbot.addWidget(chart)
    chart.resize(400, 250)
    chart.show()
    qtbot.waitExposed(chart)
    chart.show_span(START, START + 5 * STEP)
    yield chart
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


def _legend(chart: Chart) -> str:
    label = chart.findChild(QLabel, "errorsChartLegend")
    assert label is not None
    return label.text().replace("&nbsp;", " ")


def _hatched(chart: Chart, *, red: bool) -> tuple[int, int]:
    """How many pixels are green (or red), in the upper and in the lower half of the drawing."""
    image = QImage.fromData(chart.png()).convertToFormat(QImage.Format.Format_RGB32)
    data = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), -1, 4).astype(int)
    blue, green, red_part = data[..., 0], data[..., 1], data[..., 2]
    strong, weak = (red_part, green) if red else (green, red_part)
    is_it = (strong - np.maximum(weak, blue) > 40)[40:-30, 60:]
    half = is_it.shape[0] // 2
    return int(is_it[:half].sum()), int(is_it[half:].sum())


def test_the_bad_side_is_hatched_and_what_was_crossed_is_more_than_a_colour(chart: Chart) -> None:
    chart.show_thresholds((HIGH,))
    assert _legend(chart) == '<span style="color:#00ff00">△ many &gt; 20 OK</span>'  # there is no drawing yet
    assert chart.accessibleDescription() == "Loading…\nAlarm many: OK\nall of it <b>"
    chart.show_curves((CURVE,))
    upper, lower = _hatched(chart, red=False)
    assert upper > 200
    assert lower < upper / 4  # its name is on the good side
    below = replace(HIGH, is_above=False, value=10.0)
    chart.show_thresholds((below,))
    upper, lower = _hatched(chart, red=False)
    assert lower > 200
    chart.show_thresholds((replace(below, is_bad=True),))
    assert chart.readout.endswith("▲ many > 20 OK")
    assert _hatched(chart, red=True)[1] > 1.5 * lower  # crossed lines instead of single ones
    chart.show_thresholds(())
    assert _hatched(chart, red=True) == _hatched(chart, red=False) == (0, 0)


def _ink(chart: Chart) -> int:
    """How much red is laid over the white of the upper half."""
    image = QImage.fromData(chart.png()).convertToFormat(QImage.Format.Format_RGB32)
    data = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), -1, 4).astype(int)
    part = data[40 : image.height() // 2, 60:]
    return int((part[..., 2] - part[..., 0]).clip(0).sum())


def test_what_several_lines_have_on_their_bad_side_is_hatched_once(chart: Chart) -> None:
    chart.show_curves((CURVE,))
    bad = replace(HIGH, value=12.0, is_bad=True, label="")
    chart.show_thresholds((bad,))
    alone = _ink(chart)
    chart.show_thresholds((bad, *(replace(bad, value=12.0 + number / 100) for number in range(1, 5))))
    assert _ink(chart) < 1.3 * alone  # their lines and signs are there too
    chart.show_thresholds((replace(bad, is_bad=False), replace(bad, value=28.0)))
    assert 0 < _ink(chart) < alone / 2  # only beyond what has gone off


def test_one_in_sight_is_named_at_its_line_and_another_in_the_legend(chart: Chart) -> None:
    chart.show_curves((CURVE,))
    chart.show_thresholds((HIGH, replace(HIGH, value=4000.0, label="far > 4000 OK")))
    assert "many" not in _legend(chart)
    assert "△ far &gt; 4000 OK" in _legend(chart)
    assert chart.readout.count("△") == 2


def test_names_of_lines_that_are_close_lie_beside_each_other(chart: Chart) -> None:
    chart.show_curves((CURVE,))
    assert chart.plot is not None
    close = [replace(HIGH, value=20.0 + number / 2, label=f"alarm {number}") for number in range(4)]
    for lines in (close[:2], close):  # of four there is no room for all on one side
        chart.show_thresholds(lines)
        areas = _areas(chart.plot)
        assert len(areas) == len(lines)
        for one, other in combinations(areas, 2):
            assert not one.intersects(other)
        for area in areas:
            assert 0 <= area.left() < area.right() <= chart.plot.width()
    chart.show_thresholds((close[0], replace(close[1], is_bad=True)))
    bad, good = _areas(chart.plot)
    assert bad.left() < good.left()  # what has gone off stays where it is looked for
    chart.show_thresholds((replace(HIGH, value=0.2),))
    (low,) = _areas(chart.plot)
    foot = chart.plot.mapFromScene(chart.plot.area.mapViewToScene(QPointF(START, 0.2))).y()
    assert low.bottom() <= foot  # below its line it would be cut off


def _areas(plot: Plot) -> list[QRectF]:
    """Where the words at the lines are, in the pixels of the drawing."""
    image = QImage(plot.size(), QImage.Format.Format_RGB32)
    plot.grab()  # lays everything out
    painter = QPainter(image)
    found = []
    for line in plot._threshold_items:
        if isinstance(line, NamedLine):
            painter.setWorldTransform(line.deviceTransform(plot.viewportTransform()))
            found.append(line.label_area(painter))
    painter.end()
    return [area for area in found if area is not None]


def test_who_points_at_the_line_reads_all_of_it_on_either_scale(chart: Chart, qtbot: QtBot) -> None:
    chart.show_curves((CURVE,), (Limit("limit", 25.0),))
    chart.show_thresholds((HIGH, replace(HIGH, value=0.0)))
    plot = chart.plot
    assert plot is not None
    for is_log, at, away in ((False, 20.0, 12.0), (True, np.log10(20.0), 0.5)):
        chart.set_axes(is_utc=True, is_log=is_log)
        point = plot.area.mapViewToScene(QPointF(START + 100, at))
        QTest.mouseMove(plot.viewport(), plot.mapFromScene(point))
        qtbot.waitUntil(
            lambda: QToolTip.isVisible() and "all of it <b>" in QToolTip.text().replace("\u2060", "")
        )
        assert "The chart shows periods of 60 s. The alarm evaluates periods of 300 s." in QToolTip.text()
        point = plot.area.mapViewToScene(QPointF(START + 100, away))
        QTest.mouseMove(plot.viewport(), plot.mapFromScene(point))
        qtbot.waitUntil(lambda: not QToolTip.isVisible())
    assert plot._limit_lines[0].value() == pytest.approx(np.log10(25.0))
