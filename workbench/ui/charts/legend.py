"""The legend of a chart as markup: a sign for each curve as it is drawn, its name, its value."""

from collections.abc import Sequence

from workbench.ui.charts.markers import Marker
from workbench.ui.charts.model import ChartTheme, Curve, Unit
from workbench.ui.charts.thresholds import Threshold
from workbench.ui.kit.text import Markup, colored, joined, unbroken

BAR_SIGN, PREVIOUS_SIGN, LIMIT_SIGN = "■", "╌", "┅"
LINE_SIGNS = ("──", "─\N{NO-BREAK SPACE}─", "···", "─·─")  # no line breaks within them
"""As plot.py draws the first, second, ... line of a chart: told apart without colours too."""


def legend_markup(
    curves: Sequence[tuple[Curve, str]],
    limits: Sequence[str],
    thresholds: Sequence[Threshold],
    markers: Sequence[Marker],
    heading: str,
    unit: Unit,
    theme: ChartTheme,
    before: str,
) -> Markup:
    """Puts a legend together.

    Args:
        curves: With what is said of each.
        limits: Names with values.
        thresholds: With their words.
        markers: At the crosshair.
        heading: The time under the crosshair, or which figure is given; empty for none.
        unit: Of the chart.
        theme: Colours.
        before: What is said of all curves of the period before, where a chart has several.
    """
    parts = [colored(unbroken(heading), theme.muted)] if heading else []
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
        parts.append(_entry(colored(sign, theme.series[curve.color % len(theme.series)]), words))
    if len(now) > 1 and len(curves) > len(now):
        parts.append(_entry(PREVIOUS_SIGN, before))
    parts += [_entry(colored(LIMIT_SIGN, theme.danger), words) for words in limits]
    parts += [
        colored(unbroken(each.words), theme.danger if each.is_bad else theme.foreground)
        for each in thresholds
    ]
    parts += [_entry("▼", marker.label) for marker in markers]
    return joined(" \N{NO-BREAK SPACE}", parts)


def _entry(sign: str, words: str) -> Markup:
    return joined(unbroken(" "), (sign, unbroken(words)))
