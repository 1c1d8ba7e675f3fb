"""The window of Fleet Metrics: how long, which measure, table or heat map, what it costs and would cost."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core.jobs import JobRunner
from workbench.core.messages import _
from workbench.core.settings import Preference
from workbench.functions.fleet import FleetRow
from workbench.functions.prices import Prices, prices_of
from workbench.metrics.fleet import (
    CostSetting,
    FleetMeasure,
    FunctionFigures,
    Usage,
    cost_of,
    fleet_month_usd,
    what_if,
)
from workbench.ui.features.fleet.metrics_table import (
    FleetMetricsModel,
    FleetMetricsTable,
    Line,
    measure_title,
    write_usd,
)
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.fields import number_box, segmented
from workbench.ui.kit.form import Form
from workbench.ui.kit.labels import progress_bar
from workbench.ui.kit.reading_order import ReadingOrder
from workbench.ui.kit.text import (
    Markup,
    PlainLabel,
    PlainLine,
    RichLabel,
    escaped,
    joined,
    link,
    named,
    tool_tip,
)
from workbench.ui.shell.actions import ActionRegistry, ActionSpec
from workbench.ui.shell.banners import MessageCenter
from workbench.ui.shell.services import Services


@dataclass(frozen=True, slots=True)
class FleetCost:
    """Of all functions whose figures are known, in US dollars.

    Attributes:
        usd: Of the window.
        month_usd: If a month went on like this, without the free tier.
        free_month_usd: The same with each account's free tier.
        functions: How many are counted.
    """

    usd: float
    month_usd: float
    free_month_usd: float
    functions: int


def fleet_cost(lines: Sequence[tuple[FleetRow, FunctionFigures]]) -> FleetCost:
    """Adds up; tiers and free tier go by account."""
    accounts: dict[str, list[tuple[CostSetting, Usage]]] = {}
    usd, count = 0.0, 0
    for row, figures in lines:
        if not math.isnan(figures.totals[FleetMeasure.COST]):
            usd, count = usd + figures.totals[FleetMeasure.COST], count + 1
            accounts.setdefault(row.function.account_id, []).append((figures.setting, figures.use))
    return FleetCost(
        usd,
        sum(fleet_month_usd(each) for each in accounts.values()),
        sum(fleet_month_usd(each, free_tier=True) for each in accounts.values()),
        count,
    )


def cost_markup(cost: FleetCost) -> Markup:
    """The words below the table; empty when nothing is known."""
    if not cost.functions:
        return escaped("")
    words = _(
        "Estimated cost: {cost} in this range · {month} per month at this rate · {free} with the free tier"
    ).format(cost=write_usd(cost.usd), month=write_usd(cost.month_usd), free=write_usd(cost.free_month_usd))
    without = _("without cold starts, which are also billed")
    return joined(" · ", (words, without, prices_markup(prices_of("us-east-1"))))


def prices_markup(prices: Prices) -> Markup:
    """Where the prices come from: a link."""
    words = _("prices as of {as_of}")
    return link(words.format(as_of=prices.as_of), prices.source)


FLEET_METRICS: dict[str, tuple[ActionSpec, ...]] = {
    "": (
        ActionSpec("fleet_metrics.open", _("Open Metrics"), "Ctrl+O", "activity", "chosen"),
        ActionSpec("fleet_metrics.logs", _("Show Logs"), "Ctrl+L", "scroll-text", "known"),
        ActionSpec("fleet_metrics.refresh", _("Refresh"), "F5", "refresh-cw", "rows"),
        ActionSpec("fleet_metrics.cancel", _("Cancel"), "", "x", "reading"),
        ActionSpec("fleet_metrics.what_if", _("What If…"), "Ctrl+I", "", "rows"),
        ActionSpec("fleet_metrics.search", _("Search"), "Ctrl+F", "search"),
    )
}
_SIZE = (1280, 760)
_RANGE_S = Preference("fleet_metrics.range_s", 86_400, limits=(60, 455 * 86_400))
_HEAT = Preference("fleet_metrics.heat", "")
"""The measure of the heat map; empty for the table."""


class FleetMetricsWindow(ReadingOrder, QWidget):
    """Shows what it is given, and says what is wanted; see feature.py.

    Signals:
        range_changed: Another time shall be shown.
        read_wanted: A large reading may begin.
        opened: A function shall be opened (a FleetRow).
        logs_wanted: The logs of a function in a period: a FleetRow, begin and end.
        closed: The window was closed.
    """

    range_changed = Signal()
    read_wanted = Signal()
    opened = Signal(object)
    logs_wanted = Signal(object, object, object)
    closed = Signal()

    def __init__(self, services: Services, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        named(self, "fleetMetricsWindow", _("Fleet Metrics"))
        self.setWindowTitle(_("Fleet Metrics"))
        self._settings = services.settings
        self._cost_words = ""
        self._empty_words = (_("Reading the functions…"), "")
        self.actions_ = ActionRegistry(self, services.icons, FLEET_METRICS)
        self.actions_.draw_icons()
        self._services = services
        self.model = FleetMetricsModel(self, self._note_of)
        self.banners = MessageCenter(services)
        self.search = named(PlainLine(clearButtonEnabled=True), "fleetMetricsSearch", _("Search functions"))
        self.search.setPlaceholderText(_("Search names, profiles, regions, accounts, tags"))
        self.unhealthy = named(QCheckBox(_("Only with errors or throttles")), "fleetMetricsUnhealthy")
        self.ranges = QButtonGroup(self)
        self.view = named(CalmChoice(), "fleetMetricsView", _("View"))
        self.table = FleetMetricsTable(self.model, services.theme)
        self.empty = EmptyState(services.icons, "activity")
        self.count = named(PlainLabel(), "fleetMetricsCount", role="muted")
        self.cost = named(RichLabel(), "fleetMetricsCost", role="muted")
        self.cost.setWordWrap(True)
        self.cost.setOpenExternalLinks(True)
        self.fresh = named(PlainLabel(), "fleetMetricsFresh", role="muted")
        self.progress = progress_bar("fleetMetricsProgress", width=160)
        self.ask = self._make_ask()
        self._stack = named(QStackedWidget(), "fleetMetricsStack")
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.empty)
        self._lay_out()
        self._connect()
        self.set_reading(reading=False)
        self._choose_view()
        services.theme.changed.connect(self._color_cost)  # a lambda would outlive the window
        self.resize(*_SIZE)
        self.search.setFocus()

    # What it shows ------------------------------------------------------------------------------------------

    @property
    def range_s(self) -> int:
        """How long a time is shown, back from now."""
        return self.ranges.checkedId()

    def set_reading(self, *, reading: bool) -> None:
        """Whether AWS is being asked: the button cancels then."""
        self.actions_.set_there("reading", there=reading)
        name = "fleet_metrics.cancel" if reading else "fleet_metrics.refresh"
        self._refresh_button.setDefaultAction(self.actions_[name])
        self.progress.setVisible(reading)
        if reading:
            self.progress.setRange(0, 0)
            self.ask.hide()

    def show_progress(self, done: float, total: float) -> None:
        """How many functions were read."""
        self.progress.setRange(0, int(total))
        self.progress.setValue(int(done))

    def ask_first(self, words: str) -> None:
        """Says what reading takes, and waits for a yes."""
        self._ask_words.setText(words)
        self.ask.show()

    def set_cost(self, words: str) -> None:
        """What the fleet costs, as Markup; its link takes the colour of the theme when it is set."""
        self._cost_words = words
        self.cost.clear()
        self.cost.setText(words)

    def _color_cost(self) -> None:
        self.set_cost(self._cost_words)

    def set_empty_text(self, title: str, text: str = "") -> None:
        """What is said while there is no function."""
        self._empty_words = (title, text)
        self._update()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closed.emit()
        super().closeEvent(event)

    # How it is made -----------------------------------------------------------------------------------------

    def _make_ask(self) -> QFrame:
        frame = named(QFrame(), "fleetMetricsAsk", role="card")
        self._ask_words = named(PlainLabel(), "fleetMetricsAskWords")
        button = named(QPushButton(_("Load")), "fleetMetricsRead", role="primary")
        button.clicked.connect(self.read_wanted)
        line = QHBoxLayout(frame)
        line.setContentsMargins(12, 6, 12, 6)
        line.addWidget(self._ask_words, 1)
        line.addWidget(button)
        frame.hide()
        return frame

    def _lay_out(self) -> None:
        head = QWidget()
        head.setObjectName("topBar")
        top = QHBoxLayout(head)
        top.setContentsMargins(12, 8, 12, 8)
        top.setSpacing(6)
        top.addWidget(self.search, 1)
        top.addWidget(self.unhealthy)
        top.addSpacing(8)
        self._add_ranges(top)
        top.addSpacing(8)
        self.view.addItem(_("Table"), "")
        for measure in FleetMeasure:
            self.view.addItem(_("Heat map: {measure}").format(measure=measure_title(measure)), measure.value)
        self.view.setCurrentIndex(max(0, self.view.findData(_HEAT.read(self._settings))))
        top.addWidget(self.view)
        self._refresh_button = named(QToolButton(), "fleetMetricsRefresh")
        top.addWidget(self._refresh_button)
        foot = QWidget()
        foot.setObjectName("fleetFooter")
        rows = QVBoxLayout(foot)
        rows.setContentsMargins(12, 4, 12, 6)
        rows.setSpacing(4)
        line, below = QHBoxLayout(), QHBoxLayout()
        for widget in (self.count, self.progress):
            line.addWidget(widget)
        line.addStretch(1)
        line.addWidget(self.fresh)
        below.addWidget(self.cost, 1)
        for name in ("fleet_metrics.what_if", "fleet_metrics.open", "fleet_metrics.logs"):
            button = named(QToolButton(), name.replace(".", "_"))
            button.setDefaultAction(self.actions_[name])
            below.addWidget(button)
        rows.addLayout(line)
        rows.addLayout(below)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for part, stretch in ((head, 0), (self.banners, 0), (self.ask, 0), (self._stack, 1), (foot, 0)):
            layout.addWidget(part, stretch)
        for button in (*foot.findChildren(QToolButton), self._refresh_button):
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)

    def _add_ranges(self, layout: QHBoxLayout) -> None:
        for seconds, text, name in (
            (3600, _("1 h"), _("Last hour")),
            (3 * 3600, _("3 h"), _("Last 3 hours")),
            (86_400, _("1 d"), _("Last day")),
            (7 * 86_400, _("1 w"), _("Last week")),
            (30 * 86_400, _("30 d"), _("Last 30 days")),
        ):
            button = named(QToolButton(), f"fleetMetricsRange{seconds}", name)
            button.setText(text)
            button.setToolTip(tool_tip(name))
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.ranges.addButton(button, seconds)
        layout.addWidget(segmented("fleetMetricsRanges", _("Time"), self.ranges.buttons()))
        wanted = _RANGE_S.read(self._settings)
        known = map(self.ranges.id, self.ranges.buttons())
        chosen = self.ranges.button(wanted if wanted in known else _RANGE_S.default)
        chosen.setChecked(True)

    def _connect(self) -> None:
        self.search.textChanged.connect(lambda _text: self._filter())
        self.unhealthy.toggled.connect(lambda _on: self._filter())
        self.view.currentIndexChanged.connect(lambda _number: self._choose_view())
        self.ranges.idClicked.connect(self._choose_range)
        self.model.counted.connect(self._update)
        self.table.chosen_changed.connect(self._switch)
        self.table.opened.connect(self.opened)
        QShortcut(QKeySequence("Escape"), self, self._escape)
        self.actions_.bind("fleet_metrics.open", self._open)
        self.actions_.bind("fleet_metrics.logs", self._show_logs)
        self.actions_.bind("fleet_metrics.search", self._focus_search)
        self.addActions(self.actions_.all())

    # What the user does -------------------------------------------------------------------------------------

    def _filter(self) -> None:
        self.model.narrow(self.search.text(), only_unhealthy=self.unhealthy.isChecked())

    def _choose_view(self) -> None:
        chosen = str(self.view.currentData())
        self._settings.set(_HEAT.key, chosen)
        self.table.show_measure(FleetMeasure(chosen) if chosen else None)
        self._update()

    def _note_of(self, row: FleetRow) -> str:
        """That the Sandbox's own invocations are among what is counted."""
        now = self._services.clock.now()
        start = now - timedelta(seconds=self.range_s)
        return self._services.samples.text(row.function.function_arn, start, now)

    def _choose_range(self, seconds: int) -> None:
        self._settings.set(_RANGE_S.key, seconds)
        self.range_changed.emit()

    def _update(self) -> None:
        shown, total = self.model.rowCount(), self.model.total
        words = _("Functions: {shown} of {total}") if shown != total else _("Functions: {shown}")
        self.count.setText(words.format(shown=f"{shown:,}", total=f"{total:,}"))
        self.actions_.set_there("rows", there=total > 0)
        self._switch()
        if total and not shown:
            self.empty.show_no_match(_("No functions match"), _("Change the search, or show all functions."))
        elif not total:
            self.empty.set_text(*self._empty_words)
        self._stack.setCurrentWidget(self.table if shown else self.empty)

    def _switch(self) -> None:
        self.actions_.set_there("chosen", there=self.table.current() is not None)
        span = self.table.span()
        self.actions_.set_there("known", there=span is not None)
        when = f"{span[0].astimezone():%Y-%m-%d %H:%M}" if span is not None else ""
        title = _("Show Logs of {when}").format(when=when) if when else ""
        self.actions_.retitle("fleet_metrics.logs", title)

    def _open(self) -> None:
        if (line := self.table.current()) is not None:
            self.opened.emit(line.row)

    def _show_logs(self) -> None:
        line, span = self.table.current(), self.table.span()
        if line is not None and span is not None:
            self.logs_wanted.emit(line.row, *span)

    def _focus_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _escape(self) -> None:
        if self.search.text():
            self.search.clear()
        else:
            self.close()


_KEY = "fleet_metrics.what_if"
_MEMORY_MB = (128, 256, 512, 1024, 1536, 1769, 2048, 3008, 4096, 6144, 8192, 10_240)
_SHORTEST, _LONGEST = -95, 1000

Known = tuple[tuple[CostSetting, Usage], ...]


@dataclass(frozen=True, slots=True)
class TriedSetting:
    """What is tried.

    Attributes:
        memory_mb: 0 for as it is.
        architecture: Empty for as it is.
        duration_percent: How much longer an invocation takes then; less than 0 for shorter.
    """

    memory_mb: int = 0
    architecture: str = ""
    duration_percent: int = 0


def month_costs(known: Known, change: TriedSetting) -> tuple[float, float]:
    """What a month costs as it is, and after the change; at the first tier's price, without the free tier."""
    now = then = 0.0
    for setting, use in known:
        month = use.per_month()
        now += cost_of(setting, month).total_usd
        then += what_if(
            setting,
            month,
            memory_mb=change.memory_mb or None,
            architecture=change.architecture,
            duration_factor=1 + change.duration_percent / 100,
        ).total_usd
    return now, then


class WhatIfDialog(Dialog):
    """Works out each answer on a worker thread: there may be thousands of functions.

    Args:
        jobs: Work it out.
        chosen: The picked function; None for none.
        shown: All that are shown.
        parent: The window.
    """

    def __init__(self, jobs: JobRunner, chosen: Line | None, shown: Sequence[Line], parent: QWidget) -> None:
        super().__init__("whatIfDialog", _("What If"), parent)
        self._jobs = jobs
        self.of = named(CalmChoice(), "whatIfOf", _("Functions"))
        if chosen is not None and _known([chosen]):
            self.of.addItem(chosen.row.function.function_name, _known([chosen]))
        everything = _known(shown)
        self.of.addItem(
            _("All shown functions with a known cost: {count}").format(count=f"{len(everything):,}"),
            everything,
        )
        self.memory = named(CalmChoice(), "whatIfMemory", _("Memory"))
        self.memory.addItem(_("Unchanged"), 0)
        for size in _MEMORY_MB:
            self.memory.addItem(f"{size:,} MB", size)
        self.architecture = named(CalmChoice(), "whatIfArchitecture", _("Architecture"))
        self.architecture.addItem(_("Unchanged"), "")
        for name in ("x86_64", "arm64"):
            self.architecture.addItem(name, name)
        self.duration = number_box("whatIfDuration", _("Duration"), _SHORTEST, _LONGEST, " %")
        self.duration.setPrefix("+")
        self.answer = named(PlainLabel(), "whatIfAnswer", role="heading")
        self.answer.setWordWrap(True)
        self._lay_out()
        for box in (self.of, self.memory, self.architecture):
            box.currentIndexChanged.connect(lambda _number: self._work_out())
        self.duration.valueChanged.connect(self._duration_changed)
        self.finished.connect(lambda _result: jobs.drop(_KEY))
        self._work_out()

    def _lay_out(self) -> None:
        form = Form()
        for field, title in (
            (self.of, _("Functions")),
            (self.memory, _("Memory")),
            (self.architecture, _("Architecture")),
            (self.duration, _("Duration changes by")),
        ):
            form.add(field, title)
        words = _(
            "An estimate for a month at the rate of the shown time range, without the free tier, provisioned "
            "concurrency and cold starts. More memory also means more CPU. Test how much faster the function "
            "gets."
        )
        note = named(
            RichLabel(joined(" ", (words, prices_markup(prices_of("us-east-1"))))), "whatIfNote", role="muted"
        )
        note.setWordWrap(True)
        note.setOpenExternalLinks(True)
        for widget in (form, self.answer, note):
            self.content.addWidget(widget)
        self.finish_layout()
        self.add_button("whatIfClose", _("Close")).clicked.connect(self.reject)

    @property
    def change(self) -> TriedSetting:
        """What is tried."""
        return TriedSetting(
            int(self.memory.currentData()), str(self.architecture.currentData()), self.duration.value()
        )

    def _duration_changed(self, percent: int) -> None:
        self.duration.setPrefix("+" if percent >= 0 else "")
        self._work_out()

    def _work_out(self) -> None:
        known: Known = self.of.currentData()
        change = self.change
        self._jobs.start(
            _("Calculating the cost"),
            lambda _ctx: month_costs(known, change),
            replaces=_KEY,
            quiet=True,
            on_done=lambda costs: self._show(*costs),
        )

    def _show(self, now: float, then: float) -> None:
        words = _("No invocations in this time range.")
        if now:
            words = _("{then} per month instead of {now} ({share})").format(
                then=write_usd(then), now=write_usd(now), share=change_text(100 * (then - now) / now)
            )
        self.answer.setText(words)
        self.resize_to_content()


def change_text(percent: float) -> str:
    """A change with its sign, and small ones to a tenth."""
    text = f"{percent:+.{0 if abs(percent) >= 1 else 1}f} %" if abs(percent) >= 0.05 else "0 %"
    return text.replace("-", "−")


def _known(lines: Sequence[Line]) -> Known:
    """Those whose cost is known."""
    return tuple(
        (line.figures.setting, line.figures.use)
        for line in lines
        if line.figures is not None and not math.isnan(line.figures.totals[FleetMeasure.COST])
    )
