"""From when to when the charts are."""

from datetime import datetime, timedelta

from PySide6.QtWidgets import QWidget

from workbench.core.messages import _
from workbench.metrics.series import MAX_SPAN_S
from workbench.ui.logs.range_dialog import RangeDialog
from workbench.ui.services import Services


class ChartRangeDialog(RangeDialog):
    """Asks. What CloudWatch does not keep any more cannot be chosen.

    Args:
        services: As for every page.
        start: Begin that is suggested.
        end: End that is suggested.
        parent: The window.
        is_utc: Whether figures are in UTC.

    Signals:
        chosen(datetime, datetime, bool): From, to, and whether in UTC.
    """

    def __init__(
        self, services: Services, start: datetime, end: datetime, parent: QWidget, *, is_utc: bool
    ) -> None:
        super().__init__(services, None, start, end, parent, is_utc=is_utc)
        self.set_title(_("Chart Time Range"))

    def _take(self) -> None:
        start, __ = self._moments()
        oldest = self._services.clock.now() - timedelta(seconds=MAX_SPAN_S)
        if start < oldest:
            words = _("CloudWatch retains metrics for 455 days. Set “From” to {earliest} or later.")
            self.say(words.format(earliest=f"{oldest.astimezone():%Y-%m-%d}"), "danger")
            return
        super()._take()
