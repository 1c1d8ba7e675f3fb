"""The charts of a function with the rest of the window: actions, and from a spike to its logs."""

from collections.abc import Callable
from datetime import UTC, datetime

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAction

from workbench.core.messages import _
from workbench.ui.function_metrics.action_specs import TOGGLES
from workbench.ui.kit.charts import Chart, points
from workbench.ui.parts import Parts


class ConnectedMetrics(QObject):
    """Connects them, for as long as the window lives."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._parts, self._page = parts, parts.metrics
        self._menu_at_s: float | None = None  # where the crosshair was when a chart's menu was opened
        page, controls = parts.metrics, parts.metrics.controls
        for name, act in (
            ("charts.add", page.added.search),
            ("charts.table", controls.table_wanted.emit),
            ("charts.save", controls.save_wanted.emit),
            ("view.compare", page.compare_before_after),
        ):
            parts.services.actions.bind(name, self._on_page(act))
        for name in TOGGLES:
            self._join(f"charts.{name}", controls.toggles[name])
        parts.services.actions.bind("charts.logs", self._show_logs_of_focused)
        page.shown.made.connect(self._take)
        for chart in page.charts.values():
            self._take(chart)

    def _on_page(self, act: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            self._parts.window.page.show_tab(self._page.object_name)
            act()

        return run

    def _join(self, name: str, choice: QAction) -> None:
        """An action of the window is ticked as the choice of the controls is, and ticks it."""
        action = self._parts.services.actions[name]
        action.setCheckable(True)
        action.setChecked(choice.isChecked())
        choice.toggled.connect(action.setChecked)
        run = self._on_page(lambda: choice.setChecked(action.isChecked()))
        self._parts.services.actions.bind(name, run)

    # Logs ---------------------------------------------------------------------------------------------------

    def _take(self, chart: Chart) -> None:
        """A chart's menu leads to the logs of what is pointed at when it is opened."""
        logs = QAction(_("Show Logs for This Time"), chart)
        logs.setObjectName(f"{chart.objectName()}Logs")
        logs.triggered.connect(lambda: self._show_logs(chart, self._menu_at_s))
        chart.addAction(logs)
        chart.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ContextMenu:  # which puts the crosshair away
            self._menu_at_s = self._page.board.crosshair_s
        return super().eventFilter(watched, event)

    def _show_logs_of_focused(self) -> None:
        focus = self._parts.window.focusWidget()
        self._show_logs(focus if isinstance(focus, Chart) else None, self._page.board.crosshair_s)

    def _show_logs(self, chart: Chart | None, at_s: float | None) -> None:
        """Shows the logs of a period of a chart, or else of all that is in sight."""
        board = self._page.board
        span = points.period_at(chart.curves, at_s) if chart is not None and at_s is not None else None
        start, end = (datetime.fromtimestamp(each, UTC) for each in span or board.sight or board.span)
        self._parts.window.page.show_tab("logsPage")
        self._parts.logs.show_window(start, end)
