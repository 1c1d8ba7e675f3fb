"""What charts say in text: times, tables of values. No Qt."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from workbench.core.spreadsheet import csv_row
from workbench.ui.charts.markers import Marker
from workbench.ui.charts.model import Curve, Unit, write_value
from workbench.ui.charts.points import value_at


def clock_time(time_s: float, start_s: float, end_s: float, *, is_utc: bool = False) -> str:
    """Local time or UTC; with the date when the time range is longer than a day."""
    moment = datetime.fromtimestamp(time_s, UTC)
    moment = moment if is_utc else moment.astimezone()
    return moment.strftime("%H:%M" if end_s - start_s <= 86_400 else "%m-%d %H:%M")


def table_text(
    curves: tuple[Curve, ...],
    markers: tuple[Marker, ...],
    unit: Unit,
    span: tuple[float, float],
    rows: int,
    *,
    is_utc: bool = False,
) -> str:
    """The newest points as lines of text, newest last, then the markers: for screen readers."""
    moments = max((curve.time_s for curve in curves), key=len)
    lines = []
    for moment in reversed(moments.tolist()):
        values = [value_at(curve, moment) for curve in curves]
        if np.isfinite(values).any():
            texts = ", ".join(
                f"{curve.label} {write_value(value, unit)}"
                for curve, value in zip(curves, values, strict=True)
            )
            lines.append(f"{clock_time(moment, *span, is_utc=is_utc)}: {texts}")
            if len(lines) == rows:
                break
    lines.reverse()
    seen = [marker for marker in markers if span[0] <= marker.time_s <= span[1]]
    for each in seen:
        lines.append(f"{clock_time(each.time_s, *span, is_utc=is_utc)}: {_marker_text(each)}")
    return "\n".join(lines)


def table_rows(
    curves: Sequence[tuple[Curve, Unit]], markers: Sequence[Marker] = (), *, is_utc: bool
) -> list[tuple[str, ...]]:
    """Rows of a table, newest first: the time, a value of each curve, a dash where it has none.

    Moments at which no curve has a value are left out. With markers there are rows for their moments too, and
    a last column that says what they are.
    """
    if not curves:
        return []
    there = [curve.time_s[np.isfinite(curve.value)] for curve, _ in curves]
    moments = np.unique(np.concatenate([*there, [marker.time_s for marker in markers]]))
    rows: list[list[str]] = []
    for moment in moments[::-1].tolist():
        when = datetime.fromtimestamp(moment, UTC)
        # A change is seldom made on the minute: without its seconds it would look like a period twice.
        written = "%Y-%m-%d %H:%M" if not moment % 60 else "%Y-%m-%d %H:%M:%S"
        rows.append([(when if is_utc else when.astimezone()).strftime(written)])
    for curve, unit in curves:
        known = dict(zip(curve.time_s.tolist(), curve.value.tolist(), strict=True))
        for row, moment in zip(rows, moments[::-1].tolist(), strict=True):
            row.append(write_value(known.get(moment, math.nan), unit))
    for row, moment in zip(rows, moments[::-1].tolist(), strict=True):
        if markers:
            row.append("; ".join(_marker_text(each) for each in markers if each.time_s == moment))
    return [tuple(row) for row in rows]


def csv_text(curves: tuple[Curve, ...], title: str) -> str:
    """All points as comma-separated values, times in UTC; missing values are empty."""
    lines = [csv_row(("time", *(curve.label or title for curve in curves)), "\n")]
    for moment in np.unique(np.concatenate([curve.time_s for curve in curves])).tolist():
        values = (value_at(curve, moment) for curve in curves)
        texts = (f"{value:.15g}" if np.isfinite(value) else "" for value in values)
        lines.append(csv_row((datetime.fromtimestamp(moment, UTC).isoformat(), *texts), "\n"))
    return "".join(lines)


def _marker_text(marker: Marker) -> str:
    """All of what is to be read of a marker, in a line."""
    return " · ".join([marker.label, *marker.text.splitlines()[1:]])
