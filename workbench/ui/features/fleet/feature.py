"""All Functions and Fleet Metrics: windows over many profiles and regions."""

from datetime import datetime

from PySide6.QtCore import QObject

from workbench.core.messages import _
from workbench.deploy.journal import Journal
from workbench.functions.bulk_plan import Target
from workbench.functions.fleet import FleetRow
from workbench.ui.action_spec import ActionSpec
from workbench.ui.features.fleet import row_states
from workbench.ui.features.fleet import table as tables
from workbench.ui.features.fleet import window as windows
from workbench.ui.features.fleet.listing import FleetFlow
from workbench.ui.features.fleet.metrics import FleetMetricsFlow
from workbench.ui.preferences import METRICS_SPARKLINES
from workbench.ui.profile_source import no_such_profile
from workbench.ui.services import OpenFunction
from workbench.ui.shell import sparklines
from workbench.ui.shell.context import Context

FLEET, METRICS = "view.fleet", "view.fleet_metrics"


def activate(context: Context) -> None:
    """Adds both windows."""
    fleet = Fleet(context)
    context.action(
        ActionSpec(FLEET, _("All Functions…"), "Ctrl+Shift+A", "lambda"),
        fleet.flow.open,
        after="view.functions",
    )
    context.action(
        ActionSpec(METRICS, _("Fleet Metrics…"), "Alt+Shift+G", "activity"), fleet.metrics.open, after=FLEET
    )


class Fleet(QObject):
    """Opens functions of the fleet in the main window; gives the table what a listing leaves out."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context = context
        self._wanted_logs: tuple[str, datetime, datetime] | None = None
        services, session, window = context.services, context.session, context.window
        index = window.functions.index
        self.flow = FleetFlow(services, session, index, context.budget, context.repair, window)
        self.metrics = FleetMetricsFlow(services, session, index, self.flow, window)
        self.flow.window_made.connect(self._complete)
        context.signed_in.connect(self.flow.try_again)
        context.functions_changed.connect(self.flow.refresh_changed)
        context.function_opened.connect(self._show_logs)
        self.metrics.open_wanted.connect(self._open_metrics)
        self.metrics.logs_wanted.connect(self._open_logs)

    # The table ----------------------------------------------------------------------------------------------

    def _complete(self, window: "windows.FleetWindow") -> None:
        context, flow = self._context, self.flow
        window.table.opened.connect(self.open)
        window.change_wanted.connect(self._change_several)
        journal = Journal(context.services.paths.data_dir / "deploys")
        drift = row_states.DriftMarks(context.services, window, lambda: flow.states, journal)
        for signal in (flow.stored_loaded, flow.refreshed, context.deployed):
            signal.connect(lambda *__: drift.look())
        self._add_sparklines(window)

    def _add_sparklines(self, window: "windows.FleetWindow") -> None:
        context, flow, table, shown = self._context, self.flow, window.table, window.model.sparklines
        choice = sparklines.SparklineChoice(context.services.settings, context.session)

        def in_sight() -> list[sparklines.SparklineRow]:
            if not table.isVisible() or window.isMinimized() or table.isColumnHidden(tables.BY_ID["recent"]):
                return []
            names = {each.name for each in context.session.profiles if choice.allows(each)}
            rows = (row for row in table.visible_rows() if row.profile_name in names)
            return [sparklines.SparklineRow.at(row) for row in rows]

        reader = sparklines.SparklineReader(
            context.services,
            shown,
            in_sight,
            lambda scope, ctx: flow.connect_to(scope.profile_name, scope.region, ctx),
            choice.is_free,
            context.budget,
            "sparklines.fleet",
            window,
        )

        def apply() -> None:
            shown.set_off(choice.off())
            reader.look()

        bar = table.verticalScrollBar()
        for moved in (bar.valueChanged, bar.rangeChanged, window.model.counted, table.columns_menu.toggled):
            moved.connect(lambda *__: reader.look())
        flow.stored_loaded.connect(apply)  # profiles may have come
        context.session.connected.connect(apply)
        context.setting_changed.connect(lambda key: apply() if key == METRICS_SPARKLINES.key else None)
        apply()

    def _change_several(self) -> None:
        if (window := self.flow.window) is not None:
            rows = window.table.chosen()
            targets = [Target.of(row.function, row.profile_name) for row in rows]
            self._context.navigate("functions.change", targets, window)

    # The main window ----------------------------------------------------------------------------------------

    def open(self, row: FleetRow) -> None:
        """Opens a function in the main window, which acts as the row's profile from then on.

        A connection that is not there yet is awaited.
        """
        window, session, function = self._context.window, self._context.session, row.function
        window.raise_()
        window.activateWindow()
        if (session.profile.name, session.region) != (row.profile_name, function.region):
            found = [profile for profile in session.profiles if profile.name == row.profile_name]
            if not found:
                window.banners.show_error(no_such_profile(row.profile_name))
                return
            session.choose(found[0], function.region)
        self._context.open_function(function.function_name)

    def _open_metrics(self, row: FleetRow) -> None:
        self._wanted_logs = None
        self.open(row)
        self._context.window.page.show_tab("metricsPage")

    def _open_logs(self, row: FleetRow, start: datetime, end: datetime) -> None:
        self._wanted_logs = (row.function.function_arn, start, end)
        self.open(row)
        self._context.window.page.show_tab("logsPage")

    def _show_logs(self, function: OpenFunction) -> None:
        """Once the function is there: before that its logs would be forgotten again."""
        wanted = self._wanted_logs
        if wanted is not None and function.detail.function_arn == wanted[0]:
            self._wanted_logs = None
            self._context.navigate("logs.window", *wanted[1:])
