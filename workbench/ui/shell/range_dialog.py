"""A custom time range, in UTC or in local time, for logs and charts."""

from datetime import UTC, datetime, tzinfo

from PySide6.QtCore import QDateTime, QTimeZone, Signal
from PySide6.QtWidgets import QDateTimeEdit, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.core.messages import _
from workbench.logs.fetch import LogGroup, describe_log_group
from workbench.ui.kit.choices import CalmChoice, CalmDateTimeEdit
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.form import Form
from workbench.ui.kit.text import named, text_label
from workbench.ui.shell.services import OpenFunction, Services

_FORMAT = "yyyy-MM-dd HH:mm:ss"


class RangeDialog(Dialog):
    """Asks for the range, and warns where the log group has no events any more.

    Signals:
        chosen(datetime, datetime, bool): From, to, and whether in UTC.
    """

    chosen = Signal(datetime, datetime, bool)

    def __init__(
        self,
        services: Services,
        function: OpenFunction | None,
        start: datetime,
        end: datetime,
        parent: QWidget,
        *,
        is_utc: bool,
    ) -> None:
        super().__init__("logRangeDialog", "", parent)
        self.set_title(_("Log Time Range"))
        self._services, self._function = services, function
        self.start = named(CalmDateTimeEdit(), "logRangeFrom", _("From"))
        self.end = named(CalmDateTimeEdit(), "logRangeTo", _("To"))
        self.zone = named(CalmChoice(), "logRangeZone", _("Time zone"))
        self.zone.addItem(_("Local time"), False)
        self.zone.addItem(_("UTC"), True)
        self.zone.setCurrentIndex(int(is_utc))
        self._zone: tzinfo | None = UTC if is_utc else None
        form = Form()
        for label, field, moment in (
            (_("From"), self.start, start),
            (_("To"), self.end, end),
        ):
            field.setDisplayFormat(_FORMAT)
            field.setCalendarPopup(True)
            # The fields show bare figures; what zone they mean is the third field's.
            field.setTimeZone(QTimeZone.utc())
            field.setDateTime(_bare(moment.astimezone(self._zone)))
            form.add(field, label)
        form.add(self.zone, _("Time zone"))
        self.content.addWidget(form)
        self.retention = text_label("logRangeRetention", _("Reading the retention setting…"), "muted")
        self.content.addWidget(self.retention)
        self.finish_layout()
        self.add_button("logRangeCancel", _("Cancel")).clicked.connect(self.reject)
        self.ok = self.add_button("logRangeShow", _("Show"), "primary")
        self.ok.clicked.connect(self._take)
        self.zone.currentIndexChanged.connect(self._change_zone)
        self._ask(function)

    def _moments(self) -> tuple[datetime, datetime]:
        return self._moment(self.start), self._moment(self.end)

    def _moment(self, field: QDateTimeEdit) -> datetime:
        figures = datetime.fromtimestamp(field.dateTime().toSecsSinceEpoch(), UTC)
        return figures if self._zone is not None else figures.replace(tzinfo=None).astimezone()

    def _change_zone(self) -> None:
        """Shows the same moments in the other time zone."""
        moments = self._moments()
        self._zone = UTC if self.zone.currentData() else None
        for field, moment in zip((self.start, self.end), moments, strict=True):
            field.setDateTime(_bare(moment.astimezone(self._zone)))

    def _take(self) -> None:
        start, end = self._moments()
        if end <= start:
            self.set_message(_("“To” must be later than “From”."), "danger")
        elif start > self._services.now_at_aws(self._function):
            self.set_message(_("“From” is in the future."), "danger")
        else:
            self.chosen.emit(start, end, self._zone is not None)
            self.accept()

    def _ask(self, function: OpenFunction | None) -> None:
        if function is None:
            self.retention.setVisible(False)
            return
        connection, group = function.connection, function.detail.log_group
        handle = self._services.jobs.submit(
            Job(
                _("Reading the retention setting of {group}").format(group=group),
                lambda ctx: describe_log_group(connection, group, ctx),
                replaces="logs.facts",
                quiet=True,
                on_done=self._show_facts,
                on_error=self._show_unknown,
            )
        )
        self.finished.connect(lambda _how: handle.drop())

    def _show_facts(self, facts: LogGroup | None) -> None:
        if facts is None:
            self.retention.setText(_("The log group does not exist yet."))
        elif facts.retention_days is None:
            words = _("Log events never expire. The log group was created on {zone}.")
            self.retention.setText(words.format(zone=f"{facts.created.astimezone(self._zone):%Y-%m-%d}"))
        else:
            words = _("Log events expire after {retention_days} days.")
            self.retention.setText(words.format(retention_days=str(facts.retention_days)))
        self.resize_to_content()

    def _show_unknown(self, error: WorkbenchError) -> None:
        words = _("The retention setting could not be read: {why}").format(why=error.why)
        self.retention.setText(words)
        self.resize_to_content()


def _bare(moment: datetime) -> QDateTime:
    """The date and time of a moment in its zone, as if they were UTC."""
    figures = moment.replace(tzinfo=UTC, microsecond=0)
    return QDateTime.fromSecsSinceEpoch(int(figures.timestamp()), QTimeZone.utc())
