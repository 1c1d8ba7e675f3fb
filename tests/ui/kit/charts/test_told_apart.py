"""The lines of a chart can be told apart: by dashes, and by colours, also with defective colour vision."""

import math
from itertools import combinations

import numpy as np
import pytest
from PySide6.QtGui import QTextDocument, QTextOption
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.ui.kit.charts.fixed_theme import FixedTheme
from workbench.ui.kit.charts import Chart, Curve, Unit
from workbench.ui.kit.charts.model import Limit
from workbench.ui.kit.charts.plot import make_items
from workbench.ui.kit.theme import DARK, LIGHT, Colors

LABELS = ("p50", "p90", "p99", "max")
TIME = np.arange(0.0, 300.0, 60.0)
# Machado, Oliveira and Fernandes (2009), severity 1.0, of linear RGB.
# Source: https://www.inf.ufrgs.br/~oliveira/pubs_files/CVD_Simulation/CVD_Simulation.html
PROTANOPIA = (
    (0.152286, 1.052583, -0.204868),
    (0.114503, 0.786281, 0.099216),
    (-0.003882, -0.048116, 1.051998),
)
DEUTERANOPIA = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)
NORMAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
_LEAST_DIFFERENCE = 10.0  # CIE76; 2.3 can just be noticed beside one another


def _curves() -> tuple[Curve, ...]:
    return tuple(
        Curve(label, TIME, TIME + number, "7.4", number, figure="Latest value")
        for number, label in enumerate(LABELS)
    )


def _lab(color: str, vision: tuple[tuple[float, ...], ...]) -> tuple[float, float, float]:
    rgb = np.array([int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(vision) @ linear, 0, 1)
    to_xyz = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    x, y, z = (
        value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116
        for value in np.array(to_xyz) @ seen / np.array((0.9505, 1.0, 1.089))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("vision", [NORMAL, PROTANOPIA, DEUTERANOPIA])
@pytest.mark.parametrize("colors", [LIGHT, DARK])
def test_percentiles_and_maximum_differ_in_colour(
    colors: Colors, vision: tuple[tuple[float, ...], ...]
) -> None:
    for one, other in combinations(colors.series[: len(LABELS)], 2):
        assert math.dist(_lab(one, vision), _lab(other, vision)) > _LEAST_DIFFERENCE, (one, other)


def test_percentiles_and_maximum_differ_in_their_dashes() -> None:
    patterns = set()
    for number, curve in enumerate(_curves()):
        line = make_items(curve, number, Unit.MILLISECONDS, LIGHT, is_log=False)[0]
        patterns.add(tuple(line.opts["pen"].dashPattern()))
    assert len(patterns) == len(LABELS)


def test_the_legend_says_which_figure_it_gives(qtbot: QtBot) -> None:
    chart = Chart("duration", "Duration (ms)", Unit.MILLISECONDS, FixedTheme(LIGHT))
    qtbot.addWidget(chart)
    chart.show_curves(_curves())
    assert chart.readout == "Latest value: p50 7.4 · p90 7.4 · p99 7.4 · max 7.4"
    chart.show_crosshair(60.0)
    assert chart.readout == "p50 60 · p90 61 · p99 62 · max 63"


@pytest.mark.parametrize("width", [300, 360, 433])
def test_the_legend_of_a_narrow_chart_is_not_cut_off(qtbot: QtBot, width: int) -> None:
    chart = Chart("concurrency", "Concurrent executions", Unit.COUNT, FixedTheme(LIGHT))
    qtbot.addWidget(chart)
    chart.resize(width, 240)
    chart.show()
    chart.show_curves(_curves()[:1], (Limit("unreserved account concurrency", 1_000.0),))
    legend = chart.findChild(QLabel, "concurrencyLegend")
    assert legend is not None
    assert "unreserved account concurrency" in chart.readout
    document = QTextDocument()
    document.setDefaultFont(legend.font())
    option = document.defaultTextOption()
    option.setWrapMode(QTextOption.WrapMode.WordWrap)  # as a QLabel wraps
    document.setDefaultTextOption(option)
    document.setHtml(legend.text())
    document.setTextWidth(legend.contentsRect().width())
    assert document.idealWidth() <= legend.contentsRect().width()
