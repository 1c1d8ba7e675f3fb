"""Fleet Metrics with the rest of the window: what is clicked there is shown here."""

from datetime import datetime

from PySide6.QtCore import QObject

from workbench.functions.fleet import FleetRow
from workbench.ui.fleet.flow import FleetFlow
from workbench.ui.fleet.opening import open_row
from workbench.ui.fleet_metrics.flow import FleetMetricsFlow
from workbench.ui.parts import Parts
from workbench.ui.routes import Routes


class ConnectedFleetMetrics(QObject):
    """Lives as long as the main window."""

    def __init__(self, parts: Parts, routes: Routes, fleet: FleetFlow) -> None:
        super().__init__(parts.window)
        self._parts, self._routes = parts, routes
        self._wanted_logs: tuple[str, datetime, datetime] | None = None
        self.flow = FleetMetricsFlow(
            parts.services, parts.session, parts.window.functions.index, fleet, parts.window
        )
        self.flow.open_wanted.connect(self._open_metrics)
        self.flow.logs_wanted.connect(self._open_logs)
        parts.window.page.function_shown.connect(self._show_logs)

    def _open_metrics(self, row: FleetRow) -> None:
        self._wanted_logs = None
        open_row(self._parts, self._routes, row)
        self._parts.window.page.show_tab("metricsPage")

    def _open_logs(self, row: FleetRow, start: datetime, end: datetime) -> None:
        self._wanted_logs = (row.function.function_arn, start, end)
        open_row(self._parts, self._routes, row)
        self._parts.window.page.show_tab("logsPage")

    def _show_logs(self) -> None:
        """Once the function is there: before that its logs would be forgotten again."""
        function, wanted = self._parts.window.page.function, self._wanted_logs
        if function is not None and wanted is not None and function.detail.function_arn == wanted[0]:
            self._wanted_logs = None
            self._parts.logs.show_window(*wanted[1:])
