"""What the keys of a chart point at. No drawing."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from workbench.ui.charts.markers import Marker
from workbench.ui.charts.model import Floats

_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)


def is_pointing(event: QKeyEvent) -> bool:
    """Whether a key moves the crosshair."""
    return event.key() in _KEYS


def is_to_marker(event: QKeyEvent) -> bool:
    """Whether a key goes from marker to marker: Ctrl with Left or Right."""
    return event.key() in _KEYS[:2] and event.modifiers() == Qt.KeyboardModifier.ControlModifier


def pointed_at(
    event: QKeyEvent, here_s: float | None, moments: Floats, markers: Sequence[Marker]
) -> float | None:
    """Where a key puts the crosshair; None where there is nothing to go to.

    Args:
        event: A key that `is_pointing`.
        here_s: Where the crosshair is; None without one.
        moments: The points of time that it can be at, rising.
        markers: Oldest first.
    """
    key, last = Qt.Key(event.key()), len(moments) - 1
    here = last + 1 if here_s is None else int(moments.searchsorted(here_s))
    if is_to_marker(event):
        places = {_period(moments, marker.time_s) for marker in markers}
        if key == Qt.Key.Key_Left:
            place = max((each for each in places if each < here), default=None)
        else:
            place = min((each for each in places if each > here or here_s is None), default=None)
        return None if place is None else float(moments[place])
    there = {Qt.Key.Key_Left: here - 1, Qt.Key.Key_Right: here + 1, Qt.Key.Key_Home: 0}.get(key, last)
    return float(moments[min(max(there, 0), last)])


def _period(moments: Floats, time_s: float) -> int:
    """The period that a moment lies in."""
    return max(0, int(moments.searchsorted(time_s, side="right")) - 1)
