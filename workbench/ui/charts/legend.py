"""The legend of a chart as rich text: a sign for each curve as it is drawn, its name, its value. No Qt."""

from collections.abc import Sequence
from html import escape

from workbench.ui.charts.markers import Marker
from workbench.ui.charts.model import ChartTheme, Curve, Unit
from workbench.ui.charts.thresholds import Threshold

BAR_SIGN, PREVIOUS_SIGN, LIMIT_SIGN = "■", "╌", "┅"
LINE_SIGNS = ("—", "–·–", "····", "–··")
"""As plot.py draws the first, second, ... line of a chart: told apart without colours too."""


def legend_html(
    curves: Sequence[tuple[Curve, str]],
    limits: Sequence[str],
    thresholds: Sequence[Threshold],
    markers: Sequence[Marker],
    moment: str,
    unit: Unit,
    theme: ChartTheme,
    before: str,
) -> str:
    """Puts a legend together.

    Args:
        curves: With what is said of each.
        limits: Names with values.
        thresholds: With their words.
        markers: At the crosshair.
        moment: Of the crosshair; empty without one.
        unit: Of the chart.
        theme: Colours.
        before: What is said of all curves of the period before, where a chart has several.
    """
    parts = [_sign(escape(moment), theme.muted)] if moment else []
    now = [curve for curve, _ in curves if not curve.is_previous]
    for curve, words in curves:
        if curve.is_previous and len(now) > 1:
            continue
        if curve.is_previous:
            sign = PREVIOUS_SIGN
        elif unit is Unit.COUNT or len(now) == 1:
            sign = BAR_SIGN
        else:
            sign = LINE_SIGNS[now.index(curve) % len(LINE_SIGNS)]
        parts.append(f"{_sign(sign, theme.series[curve.color % len(theme.series)])}&nbsp;{_held(words)}")
    if len(now) > 1 and len(curves) > len(now):
        parts.append(f"{PREVIOUS_SIGN}&nbsp;{_held(before)}")
    parts += [f"{_sign(LIMIT_SIGN, theme.danger)}&nbsp;{_held(words)}" for words in limits]
    parts += [
        _sign(_held(each.words), theme.danger if each.is_bad else theme.foreground) for each in thresholds
    ]
    parts += [f"▼&nbsp;{_held(marker.label)}" for marker in markers]
    return " &nbsp;".join(parts)


def _sign(html: str, color: str) -> str:
    return f'<span style="color:{color}">{html}</span>'


def _held(text: str) -> str:
    """Text that is not broken into lines."""
    return escape(text).replace(" ", "&nbsp;")
