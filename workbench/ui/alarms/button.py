"""The button above the charts: how many alarms there are, how many have gone off, or why none is known."""

from collections.abc import Sequence

from PySide6.QtWidgets import QPushButton

from workbench.core.errors import WorkbenchError
from workbench.functions.alarms import MetricAlarm
from workbench.ui.charts.thresholds import BAD_SIGN
from workbench.ui.kit.text import tool_tip
from workbench.ui.named import named

DENIED = ("AccessDenied", "AccessDeniedException")


class AlarmsButton(QPushButton):
    """Says how things are; what a click does is the action's."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "metricsAlarms")
        self.show_unknown()

    def show_unknown(self) -> None:
        """Nothing is known yet."""
        self._say(self.tr("Alarms"), self.tr("Alarms of the function"))

    def show_alarms(self, alarms: Sequence[MetricAlarm]) -> None:
        """These are all."""
        gone_off = sum(alarm.state == "ALARM" for alarm in alarms)
        text = self.tr("Alarms: %1").replace("%1", f"{len(alarms):,}")
        if gone_off:
            self._say(
                f"{text} {BAD_SIGN} {gone_off:,}", self.tr("In ALARM: %1").replace("%1", f"{gone_off:,}")
            )
        else:
            self._say(text, self.tr("Alarms of the function"))

    def show_problem(self, error: WorkbenchError) -> None:
        """They could not be read; the charts have nothing to do with it."""
        denied = error.aws_code in DENIED
        self._say(self.tr("Alarms: not permitted") if denied else self.tr("Alarms: not read"), str(error))

    def _say(self, text: str, tip: str) -> None:
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(tool_tip(tip))
        self.setAccessibleDescription(tip)
