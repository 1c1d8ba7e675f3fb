"""The row above the charts: their time, whose they are, how they are drawn, what is done with them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QButtonGroup, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from workbench.core.messages import _
from workbench.core.settings import Preference
from workbench.ui.features.metrics import chart_dialogs
from workbench.ui.kit.bars import FlowLayout
from workbench.ui.kit.fields import segmented
from workbench.ui.kit.labels import ElidedLabel
from workbench.ui.kit.text import PlainMenu, named, restyle, text_label, tool_tip
from workbench.ui.shell.preferences import METRICS_REFRESH_S
from workbench.ui.shell.services import Services

_DAY_S = 86_400
_MAX_S = 455 * _DAY_S
_RANGE_S = Preference("metrics.range_s", 3600, limits=(60, _MAX_S))
_COMPARE = Preference("metrics.compare", False)
_UTC = Preference("metrics.utc", False)
_LOG = Preference("metrics.log_scale", False)
_CLOUDTRAIL = Preference("metrics.trail", False)  # CloudTrail is slow, and may be asked twice a second only
_NAME_WIDTH = 90
"""Of an alias, which may be 128 letters long: the window must not grow with it."""


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A time range: up to now, or a fixed one.

    Attributes:
        seconds: How long, of one that ends now.
        fixed: Begin and end of one that does not move; None for one that ends now.
    """

    seconds: int
    fixed: tuple[datetime, datetime] | None = None

    def bounds(self, now: datetime) -> tuple[datetime, datetime]:
        """Begin and end."""
        return self.fixed or (now - timedelta(seconds=self.seconds), now)

    def is_over(self, now: datetime) -> bool:
        """Whether nothing new can come."""
        return self.fixed is not None and self.fixed[1] < now - timedelta(minutes=15)


class Controls(QWidget):
    """Buttons, menus, and what the page says.

    Args:
        services: For the settings.
    """

    range_changed = Signal()
    compare_changed = Signal()
    axes_changed = Signal()  # UTC, logarithmic scale
    cloudtrail_changed = Signal()  # whether CloudTrail's changes are marked
    refresh_wanted = Signal()
    versions_wanted = Signal()
    before_after_wanted = Signal()
    table_wanted = Signal()
    save_wanted = Signal()

    def __init__(self, services: Services) -> None:
        super().__init__()
        named(self, "metricsControls")
        self._services = services
        settings = services.settings
        self.range = TimeRange(_RANGE_S.read(settings))
        self.is_compared = _COMPARE.read(settings)
        self.is_utc = _UTC.read(settings)
        self.is_log = _LOG.read(settings)
        self.has_cloudtrail = _CLOUDTRAIL.read(settings)
        self.status = named(ElidedLabel(), "metricsStatus", role="muted")
        self.says_error = False
        self.ranges = QButtonGroup(self)
        self.error = text_label("metricsError", "", "danger")
        self.error.hide()
        self._row = row = FlowLayout(spacing=4)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 4)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.error)
        self._add_ranges(row)
        self.versions = named(QPushButton(), "metricsVersion")
        self.versions.clicked.connect(self.versions_wanted)
        self.show_qualifier("")
        row.addWidget(self.versions)
        row.addWidget(self.status)
        self.view_button = named(QPushButton(_("View")), "metricsView")
        self.view_button.setMenu(self._view_menu())
        self.refresh_button = named(QPushButton(_("Refresh")), "metricsRefresh")
        self.refresh_button.clicked.connect(self.refresh_wanted)
        self.add_button = named(QPushButton(_("Add Chart")), "metricsAdd")
        row.addWidget(self.add_button)
        row.addWidget(self.view_button)
        row.addWidget(self.refresh_button)

    def show_status(self, text: str, *, danger: bool = False, is_begin: bool = False) -> None:
        """Says how the reading goes; what went wrong is long, and has a line of its own.

        Args:
            text: What.
            danger: Whether it went wrong.
            is_begin: Whether it begins only: what went wrong before stays, so that the charts do not jump.
        """
        self.status.show_text(_("Not refreshed") if danger else text)
        if not is_begin:
            self.error.setText(text if danger else "")
            self.error.setVisible(danger)
        self.says_error = danger
        restyle(self.status, role="danger" if danger else "muted")

    def insert(self, button: QPushButton) -> None:
        """Puts another button before the others at the end."""
        self._row.insert_widget(self._row.indexOf(self.status) + 1, button)

    def show_qualifier(self, qualifier: str) -> None:
        """Says whose metrics are shown: of a version or alias, or of the function as a whole."""
        self.qualifier = qualifier
        text = qualifier or _("All versions")
        metrics = self.versions.fontMetrics()
        width = max(_NAME_WIDTH, metrics.horizontalAdvance(_("All versions")))
        self.versions.setText(metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, width))
        whose = _("Metrics of: {text}").format(text=text)
        self.versions.setToolTip(tool_tip(f"{_('Metrics of a version or alias')}\n{whose}"))
        self.versions.setAccessibleName(whose)

    # Inside -------------------------------------------------------------------------------------------------

    def _add_ranges(self, row: FlowLayout) -> None:
        for seconds, text, name in (
            (3600, _("1 h"), _("Last hour")),
            (3 * 3600, _("3 h"), _("Last 3 hours")),
            (12 * 3600, _("12 h"), _("Last 12 hours")),
            (_DAY_S, _("1 d"), _("Last day")),
            (7 * _DAY_S, _("1 w"), _("Last week")),
        ):
            button = named(QToolButton(), f"metricsRange{seconds}", name)
            button.setText(text)
            button.setCheckable(True)
            button.setToolTip(tool_tip(name))
            self.ranges.addButton(button, seconds)
        self.more = named(QToolButton(), "metricsRangeMore", _("Other time ranges"))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setCheckable(True)
        menu = PlainMenu(self.more)
        self._longer: dict[int, QAction] = {}
        for seconds, text in (
            (30 * _DAY_S, _("Last 30 days")),
            (63 * _DAY_S, _("Last 63 days")),
            (_MAX_S, _("Last 455 days")),
        ):
            action = menu.addAction(text)
            action.setObjectName(f"metricsRange{seconds}")
            action.triggered.connect(lambda _checked=False, seconds=seconds: self._choose(seconds))
            self._longer[seconds] = action
        menu.addSeparator()
        own = menu.addAction(_("Custom Range…"))
        own.setObjectName("metricsRangeOwn")
        own.triggered.connect(self._ask)
        self.more.setMenu(menu)
        choices = (*self.ranges.buttons(), self.more)
        row.addWidget(segmented("metricsRanges", _("Time"), choices))
        known = {*map(self.ranges.id, self.ranges.buttons()), *self._longer}
        if self.range.seconds not in known:
            self.range = TimeRange(_RANGE_S.default)
        self._show_range()
        self.ranges.idClicked.connect(self._choose)

    def _view_menu(self) -> QMenu:
        menu = PlainMenu(self)
        self.toggles: dict[str, QAction] = {}
        for name, text, is_on, handler in (
            ("compare", _("Compare with Previous Period"), self.is_compared, self._set_compared),
            ("log", _("Logarithmic Scale"), self.is_log, self._set_log),
            ("utc", _("Times in UTC"), self.is_utc, self._set_utc),
            ("trail", _("Changes from CloudTrail"), self.has_cloudtrail, self._set_cloudtrail),
        ):
            action = self.toggles[name] = menu.addAction(text)
            action.setObjectName(f"metrics{name.title()}")
            action.setCheckable(True)
            action.setChecked(is_on)
            action.toggled.connect(handler)
        menu.addSeparator()
        for name, text, wanted in (
            ("BeforeAfter", _("Compare Before and After Changes…"), self.before_after_wanted),
            ("Table", _("Show as Table…"), self.table_wanted),
            ("Save", _("Save…"), self.save_wanted),
        ):
            action = menu.addAction(text)
            action.setObjectName(f"metrics{name}")
            action.triggered.connect(lambda _checked=False, wanted=wanted: wanted.emit())
        return menu

    def _choose(self, seconds: int) -> None:
        if self.range != TimeRange(seconds):
            self._services.settings.set(_RANGE_S.key, seconds)
            self._take(TimeRange(seconds))
        self._show_range()

    def _take(self, chosen: TimeRange) -> None:
        self.range = chosen
        self._show_range()
        self.range_changed.emit()

    def _show_range(self) -> None:
        seconds = 0 if self.range.fixed else self.range.seconds
        self.ranges.setExclusive(False)
        for button in self.ranges.buttons():
            button.setChecked(self.ranges.id(button) == seconds)
        self.ranges.setExclusive(True)
        self.more.setText(_("More"))
        if self.range.fixed:
            start, end = (self._moment_text(each) for each in self.range.fixed)
            self.more.setText(f"{start} – {end}")
        elif seconds in self._longer:
            self.more.setText(_("{seconds} d").format(seconds=str(seconds // _DAY_S)))
        self.more.setChecked(self.range.fixed is not None or seconds in self._longer)

    def _moment_text(self, moment: datetime) -> str:
        shown = moment if self.is_utc else moment.astimezone()
        return shown.strftime("%m-%d %H:%M")

    def _ask(self) -> None:
        start, end = self.range.bounds(self._services.clock.now())
        dialog = chart_dialogs.ChartRangeDialog(self._services, start, end, self, is_utc=self.is_utc)
        dialog.chosen.connect(lambda start, end, _utc: self._take(TimeRange(0, (start, end))))
        dialog.finished.connect(dialog.deleteLater)
        dialog.finished.connect(self._show_range)
        dialog.open()

    def _set_compared(self, is_on: bool) -> None:
        self.is_compared = is_on
        self._services.settings.set(_COMPARE.key, is_on)
        self.compare_changed.emit()

    def _set_log(self, is_on: bool) -> None:
        self.is_log = is_on
        self._services.settings.set(_LOG.key, is_on)
        self.axes_changed.emit()

    def _set_utc(self, is_on: bool) -> None:
        self.is_utc = is_on
        self._services.settings.set(_UTC.key, is_on)
        self._show_range()
        self.axes_changed.emit()

    def _set_cloudtrail(self, is_on: bool) -> None:
        self.has_cloudtrail = is_on
        self._services.settings.set(_CLOUDTRAIL.key, is_on)
        self.cloudtrail_changed.emit()


_MIN_REFRESH_S = 5
_EAGER_S = (2, 5, 10, 20, 30)
"""Pauses after something is expected to change: CloudWatch shows an invocation within a minute or so."""


class RefreshSchedule:
    """As often as the settings say, and more often for a while after something happened."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._eager: list[int] = []
        self._due_s = 0.0

    def hurry(self) -> None:
        """The next pauses are short."""
        self._eager = list(_EAGER_S)

    def plan_next(self) -> None:
        """The pause begins now."""
        usual_s = max(_MIN_REFRESH_S, METRICS_REFRESH_S.read(self._services.settings))
        pause_s = min(self._eager.pop(0), usual_s) if self._eager else usual_s
        self._due_s = self._services.clock.monotonic() + pause_s

    @property
    def left_s(self) -> int:
        """Until the pause is over."""
        return round(self._due_s - self._services.clock.monotonic())
