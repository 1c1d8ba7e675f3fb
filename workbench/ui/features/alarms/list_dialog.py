"""The alarms of a function as a table: also those that have no place on a chart."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.functions.alarms import MetricAlarm
from workbench.ui.features.alarms.labels import alarm_text, metric_text, periods_text, threshold_text
from workbench.ui.kit.charts.model import BAD_SIGN, SIGN
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import text_label
from workbench.ui.kit.text_size import scaled

_SIZE = (980, 420)
_MIN_HEIGHT = 220


class AlarmsDialog(Dialog):
    """Shows what it is given; see controller.py.

    Args:
        function_name: The function's.
        parent: The window.

    Signals:
        create_wanted: Another alarm.
        delete_wanted: The name of one.
    """

    create_wanted = Signal()
    delete_wanted = Signal(str)

    def __init__(self, function_name: str, parent: QWidget) -> None:
        title = _("Alarms of {function_name}").format(function_name=function_name)
        super().__init__("alarmsDialog", title, parent)
        columns = (
            Column[MetricAlarm](_("Alarm"), lambda alarm: alarm.name, 190),
            Column[MetricAlarm](_("State"), _state, 170),
            Column(_("Metric"), metric_text, 150),
            Column(_("Threshold"), threshold_text, 90),
            Column(_("Time"), periods_text, 160),
            Column[MetricAlarm](_("Explanation"), lambda alarm: alarm.state_reason, full=alarm_text),
        )
        self.words = text_label("alarmsWords", _("Loading…"), "muted")
        self.table = Table("alarmsTable", title, columns, identity=lambda alarm: alarm.name, cells=True)
        self.table.setMinimumHeight(scaled(_MIN_HEIGHT))
        self.content.addWidget(self.words)
        self.content.addWidget(self.table, 1)
        self.finish_layout(stretch=False)
        self.delete_button = self.add_button("alarmsDelete", _("Delete…"))
        self.create_button = self.add_button("alarmsCreate", _("Create Alarm…"))
        self.close_button = self.add_button("alarmsClose", _("Close"), "primary")
        self.delete_button.clicked.connect(lambda: self.delete_wanted.emit(self.chosen))
        self.create_button.clicked.connect(self.create_wanted)
        self.close_button.clicked.connect(self.accept)
        self.table.chosen_changed.connect(self._switch)
        self._switch()
        self.resize(*_SIZE)

    @property
    def chosen(self) -> str:
        """The name of the alarm whose row is chosen; empty for none."""
        alarm = self.table.current()
        return alarm.name if alarm is not None else ""

    def show_alarms(self, alarms: Sequence[MetricAlarm]) -> None:
        """Shows the alarms."""
        self.words.setText(
            _(
                "CloudWatch metric alarms of this function, its versions and aliases, and of charts "
                "that you added."
            )
        )
        self.table.set_message(_("No alarms. Create one, or drag a line from a value axis of a chart."))
        self.table.set_rows(alarms)
        self._switch()

    def show_problem(self, error: WorkbenchError) -> None:
        """Shows why the alarms could not be read."""
        self.words.setText("")
        self.table.set_message(_("The alarms could not be read."))
        self.say_error(error)

    def _switch(self) -> None:
        self.delete_button.setEnabled(bool(self.chosen))


def _state(alarm: MetricAlarm) -> str:
    return f"{BAD_SIGN if alarm.state == 'ALARM' else SIGN} {alarm.state}"
