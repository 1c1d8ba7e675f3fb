"""The button "Add Chart": adds charts to those that have data, and removes them again."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QPushButton

from workbench.core.messages import _
from workbench.metrics import series
from workbench.ui.charts import Chart
from workbench.ui.function_metrics import chosen, extra, find_dialog
from workbench.ui.function_metrics.catalogue import CHARTS
from workbench.ui.function_metrics.function_charts import FunctionCharts
from workbench.ui.kit.text import tool_tip
from workbench.ui.services import OpenFunction, Services

_METRICS = "metrics"


class AddedCharts(QObject):
    """What is added to the charts of one function.

    Args:
        services: For what is kept, and for searching.
        shown: The charts.
        button: Gets a menu of what can be added.
        parent: The page.

    Signals:
        changed(bool): There are others now; true when something new is to be read.
    """

    changed = Signal(bool)

    def __init__(
        self, services: Services, shown: FunctionCharts, button: QPushButton, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._services, self._shown, self._button = services, shown, button
        self._function: OpenFunction | None = None
        self._chosen: chosen.Chosen | None = None
        self._menu = QMenu(button)
        self._menu.setToolTipsVisible(True)
        self._menu.setObjectName("metricsAddMenu")
        self._menu.aboutToShow.connect(self._fill)
        button.setMenu(self._menu)
        self._removers: dict[str, QAction] = {}
        for kind in CHARTS:
            if kind.metrics:
                remove = partial(self._toggle, kind.name, is_on=False)
                self._removers[kind.name] = self._remover(shown.charts[kind.name], remove)

    @property
    def now(self) -> "chosen.Chosen":
        """What is added to the charts of the function that is shown."""
        return self._chosen or chosen.Chosen()

    def show_function(self, function: OpenFunction | None) -> None:
        """Shows what was added to a function's charts."""
        self._function = function
        if function is None:
            self._show(chosen.Chosen())
        else:
            self._show(chosen.chosen_of(self._services.settings, function.detail.function_arn))

    def add_metrics(self, specs: "tuple[series.MetricSpec, ...]") -> None:
        """Adds a chart for each metric that has none yet."""
        self._take(replace(self.now, metrics=tuple(dict.fromkeys([*self.now.metrics, *specs]))), is_new=True)
        if specs:
            self._scroll_to(self._shown.extra_chart(extra.metric_chart(specs[-1]).name))

    def search(self) -> None:
        """Opens the search for a metric of the account."""
        if self._function is not None:
            dialog = find_dialog.FindMetricsDialog(self._services, self._function, self._button.window())
            dialog.chosen.connect(self.add_metrics)
            dialog.open()

    # Inside -------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        menu = self._menu
        menu.clear()
        for kind in CHARTS:
            if kind.metrics:
                name = kind.name
                action = menu.addAction(self._shown.charts[name].title)
                action.setObjectName(f"metricsAdd-{name}")
                action.setCheckable(True)
                action.setChecked(name in self.now.kinds)
                action.toggled.connect(lambda is_on, name=name: self._toggle(name, is_on=is_on))
        menu.addSeparator()
        for spec in self.now.metrics:
            chart = extra.metric_chart(spec)
            action = menu.addAction(chart.title)
            action.setToolTip(tool_tip(chart.about))
            action.setCheckable(True)
            action.setChecked(True)
            action.triggered.connect(lambda _checked=False, spec=spec: self._remove(spec))
        search = menu.addAction(_("Custom Metric…"))
        search.setObjectName("metricsAddCustom")
        search.triggered.connect(self.search)

    def _toggle(self, name: str, *, is_on: bool) -> None:
        others = tuple(each for each in self.now.kinds if each != name)
        self._take(replace(self.now, kinds=(*others, name) if is_on else others), is_new=is_on)
        if is_on:
            self._scroll_to(self._shown.charts[name])

    def _remove(self, spec: "series.MetricSpec") -> None:
        self._take(
            replace(self.now, metrics=tuple(each for each in self.now.metrics if each != spec)), is_new=False
        )

    def _take(self, now: "chosen.Chosen", *, is_new: bool) -> None:
        if self._function is not None:
            chosen.keep_chosen(self._services.settings, self._function.detail.function_arn, now)
        self._show(now)
        self.changed.emit(is_new)

    def _show(self, now: "chosen.Chosen") -> None:
        known = set(self.now.metrics)
        self._chosen = now
        for name, remover in self._removers.items():
            remover.setVisible(name in now.kinds)
        self._shown.want([name for name in now.kinds if name in self._removers])
        charts = [extra.metric_chart(spec) for spec in now.metrics]
        self._shown.show_extra(_METRICS, charts)
        for chart, spec in zip(charts, now.metrics, strict=True):
            if spec not in known:
                self._remover(self._shown.extra_chart(chart.name), partial(self._remove, spec))

    def _scroll_to(self, chart: Chart) -> None:
        """Scrolls to an added chart once it is laid out."""
        QTimer.singleShot(0, chart, lambda: self._shown.board.ensureWidgetVisible(chart))

    def _remover(self, chart: Chart, remove: Callable[[], None]) -> QAction:
        action = QAction(_("Remove Chart"), chart)
        action.setObjectName(f"{chart.objectName()}Remove")
        action.triggered.connect(lambda _checked=False: remove())
        chart.addAction(action)
        return action
