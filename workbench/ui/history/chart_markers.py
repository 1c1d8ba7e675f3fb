"""A function's deploys as moments that charts mark."""

from datetime import datetime

from PySide6.QtCore import QCoreApplication

from workbench.deploy.history import DeployMarker, markers
from workbench.deploy.journal import Journal
from workbench.ui.charts.markers import Marker
from workbench.ui.history.words import local_text, who_text

_SHORT_SHA = 12
translate = QCoreApplication.translate


def chart_markers(journal: Journal, function_arn: str, start: datetime, end: datetime) -> tuple[Marker, ...]:
    """The deploys of a stretch of time, oldest first."""
    return tuple(map(marker_of, markers(journal, function_arn, start, end)))


def marker_of(marker: DeployMarker) -> Marker:
    """A deploy as a mark: its version or code in the legend, all of it for who points at it."""
    version = translate("History", "Version %1").replace("%1", marker.version) if marker.version else ""
    title = translate("History", "Deployed")
    if marker.taken_back:
        title = translate("History", "Deployed and taken back")
    if marker.version:
        label = f"{title} v{marker.version}"
    else:
        label = f"{title} {marker.code_sha256[:_SHORT_SHA]}"
    who = translate("History", "By %1").replace("%1", who_text(marker.who)) if marker.who else ""
    lines = (
        f"{title} · {local_text(marker.when)}",
        " · ".join(part for part in (version, marker.alias_name) if part),
        translate("History", "Code SHA-256 %1").replace("%1", marker.code_sha256),
        who,
    )
    return Marker(
        marker.when.timestamp(), label, "\n".join(line for line in lines if line), marker.taken_back
    )
