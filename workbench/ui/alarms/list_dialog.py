"""The alarms of a function as a table: also those that have no place on a chart."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.functions.alarms import MetricAlarm
from workbench.ui.alarms.labels import alarm_text, metric_text, periods_text, threshold_text
from workbench.ui.charts.thresholds import BAD_SIGN, SIGN
from workbench.ui.copy_table import CopyTable
from workbench.ui.kit.empty_message import EmptyMessage
from workbench.ui.kit.text_size import scaled
from workbench.ui.rows_model import TableRow
from workbench.ui.sign_in.form import Form, text_label

_SIZE = (980, 420)
_WIDTHS = (190, 170, 150, 90, 160, 0)
_MIN_HEIGHT = 220


class AlarmsDialog(Form):
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
        self._alarms: tuple[MetricAlarm, ...] = ()
        headers = (
            _("Alarm"),
            _("State"),
            _("Metric"),
            _("Threshold"),
            _("Time"),
            _("Explanation"),
        )
        self.words = text_label("alarmsWords", _("Loading…"), "muted")
        self.table = CopyTable("alarmsTable", title, headers, _WIDTHS)
        self.table.setMinimumHeight(scaled(_MIN_HEIGHT))
        self._empty = EmptyMessage(self.table, "")
        self.content.addWidget(self.words)
        self.content.addWidget(self.table, 1)
        self.finish_layout(stretch=False)
        self.delete_button = self.add_button("alarmsDelete", _("Delete…"))
        self.create_button = self.add_button("alarmsCreate", _("Create Alarm…"))
        self.close_button = self.add_button("alarmsClose", _("Close"), "primary")
        self.delete_button.clicked.connect(lambda: self.delete_wanted.emit(self.chosen))
        self.create_button.clicked.connect(self.create_wanted)
        self.close_button.clicked.connect(self.accept)
        self.table.selectionModel().currentChanged.connect(lambda *__: self._switch())
        self.table.model().modelReset.connect(self._switch)
        self._switch()
        self.resize(*_SIZE)

    @property
    def chosen(self) -> str:
        """The name of the alarm whose row is chosen; empty for none."""
        index = self.table.currentIndex()
        return self._alarms[index.row()].name if index.isValid() else ""

    def show_alarms(self, alarms: Sequence[MetricAlarm]) -> None:
        """Shows the alarms."""
        self._alarms = tuple(alarms)
        self.words.setText(
            _(
                "CloudWatch metric alarms of this function, its versions and aliases, and of charts "
                "that you added."
            )
        )
        self._empty.set_text(_("No alarms. Create one, or drag a line from a value axis of a chart."))
        self.table.take([_row(alarm) for alarm in alarms])
        self._switch()

    def show_problem(self, error: WorkbenchError) -> None:
        """Shows why the alarms could not be read."""
        self.words.setText("")
        self._empty.set_text(_("The alarms could not be read."))
        self.say_error(error)

    def _switch(self) -> None:
        self.delete_button.setEnabled(bool(self.chosen))


def _row(alarm: MetricAlarm) -> TableRow:
    sign = BAD_SIGN if alarm.state == "ALARM" else SIGN
    texts = (
        alarm.name,
        f"{sign} {alarm.state}",
        metric_text(alarm),
        threshold_text(alarm),
        periods_text(alarm),
        alarm.state_reason,
    )
    return TableRow(texts, full=((0, alarm.name), (5, alarm_text(alarm))))
