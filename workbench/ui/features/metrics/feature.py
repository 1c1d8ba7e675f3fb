"""The Metrics tab with the rest of the window: the menu of the charts, and from a spike to its logs."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAction

from workbench.core.messages import _
from workbench.functions.versions import list_versions
from workbench.ui.action_spec import ActionSpec
from workbench.ui.deploy_history import deploy_journal
from workbench.ui.features.metrics.alarms import add_alarms
from workbench.ui.features.metrics.changes import deploy_changes
from workbench.ui.features.metrics.mappings_and_limit import read_mappings_and_limit
from workbench.ui.features.metrics.page import MetricsPage
from workbench.ui.kit.charts import Chart, points
from workbench.ui.pages.base import Page
from workbench.ui.services import Services
from workbench.ui.shell.context import Context


def make_page(services: Services) -> Page:
    """The tab, made before the feature is activated."""
    journal = deploy_journal(services)
    return MetricsPage(services, read_mappings_and_limit, partial(deploy_changes, journal), list_versions)


def activate(context: Context) -> None:
    """Adds the menu of the charts, and alarms; an invocation is expected to show in them."""
    page, logs = context.page(MetricsPage), LogsOfCharts(context)
    page.answered.connect(context.charts_answered)
    context.invoker.finished.connect(lambda _invocation: page.expect_change())

    def on_page(act: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            context.window.page.show_tab(page.object_name)
            act()

        return run

    def join(name: str) -> Callable[[], None]:
        """An action of the menu is ticked as the choice of the controls is, and ticks it."""
        choice = page.controls.toggles[name]
        return lambda: choice.setChecked(context.services.actions[f"charts.{name}"].isChecked())

    controls, after = page.controls, _("&Metrics")
    for name, title, handler, begins_group in (
        ("charts.add", _("Add Chart of a Metric…"), on_page(page.added.search), False),
        ("charts.logs", _("Show Logs for This Time"), logs.show_for_focused, False),
        ("charts.compare", _("Compare with Previous Period"), on_page(join("compare")), True),
        ("charts.log", _("Logarithmic Scale"), on_page(join("log")), False),
        ("charts.utc", _("Times in UTC"), on_page(join("utc")), False),
        ("charts.trail", _("Changes from CloudTrail"), on_page(join("trail")), False),
        ("view.compare", _("Compare Before and After Changes…"), on_page(page.compare_before_after), True),
        ("charts.table", _("Show Charts as Table…"), on_page(controls.table_wanted.emit), False),
        ("charts.save", _("Save Charts…"), on_page(controls.save_wanted.emit), False),
    ):
        spec = ActionSpec(name, title, when="function", begins_group=begins_group)
        action = context.action(spec, handler, after=after)
        after = name
        if (choice := controls.toggles.get(name.removeprefix("charts."))) is not None:
            action.setCheckable(True)
            action.setChecked(choice.isChecked())
            choice.toggled.connect(action.setChecked)
    add_alarms(context, page)


class LogsOfCharts(QObject):
    """Leads from a chart to the logs of a period: from its menu, or of the one that has the keyboard."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context, self._page = context, context.page(MetricsPage)
        self._menu_at_s: float | None = None  # where the crosshair was when a chart's menu was opened
        self._page.shown.made.connect(self._take)
        for chart in self._page.charts.values():
            self._take(chart)

    def show_for_focused(self) -> None:
        """Shows the logs of where the crosshair is, or else of all that is in sight."""
        focus = self._context.window.focusWidget()
        self._show(focus if isinstance(focus, Chart) else None, self._page.board.crosshair_s)

    def _take(self, chart: Chart) -> None:
        """A chart's menu leads to the logs of what is pointed at when it is opened."""
        logs = QAction(_("Show Logs for This Time"), chart)
        logs.setObjectName(f"{chart.objectName()}Logs")
        logs.triggered.connect(lambda: self._show(chart, self._menu_at_s))
        chart.addAction(logs)
        chart.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ContextMenu:  # which puts the crosshair away
            self._menu_at_s = self._page.board.crosshair_s
        return super().eventFilter(watched, event)

    def _show(self, chart: Chart | None, at_s: float | None) -> None:
        board = self._page.board
        span = points.period_at(chart.curves, at_s) if chart is not None and at_s is not None else None
        start, end = (datetime.fromtimestamp(each, UTC) for each in span or board.sight or board.span)
        self._context.navigate("logs.window", start, end)
