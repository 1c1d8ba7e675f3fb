"""Moments that charts mark with an upright line, such as deploys. No Qt."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Marker:
    """A moment.

    Attributes:
        time_s: Seconds since 1970.
        label: What it is, in a word or two: for the legend.
        text: All of it, in lines: for who points at it.
        is_warning: Whether something went wrong then.
    """

    time_s: float
    label: str
    text: str
    is_warning: bool = False


def markers_near(markers: Sequence[Marker], time_s: float, within_s: float) -> tuple[Marker, ...]:
    """The markers at most so far from a moment, in their order."""
    return tuple(marker for marker in markers if abs(marker.time_s - time_s) <= within_s)


def markers_from(markers: Sequence[Marker], start_s: float, end_s: float) -> tuple[Marker, ...]:
    """The markers of a period, its end left out."""
    return tuple(marker for marker in markers if start_s <= marker.time_s < end_s)


def tip_html(markers: Sequence[Marker]) -> str:
    """All of what is to be read of markers, as rich text in which nothing of it is markup."""
    texts = (escape(marker.text).replace("\n", "<br>") for marker in markers)
    return "".join(f'<p style="white-space:pre">{text}</p>' for text in texts)
