"""Sparklines with the rest of the window: in the list of functions, and in the table of all of them."""

from datetime import timedelta

from PySide6.QtCore import QObject

from workbench.aws.connection import Connection
from workbench.aws.rate_budget import RateBudget
from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext
from workbench.functions.fleet import Scope
from workbench.functions.model import FunctionSummary
from workbench.ui.bindings import Bindings
from workbench.ui.fleet.columns import BY_ID
from workbench.ui.fleet.flow import FleetFlow
from workbench.ui.parts import Parts
from workbench.ui.preferences import METRICS_SPARKLINES
from workbench.ui.sparklines.choice import SparklineChoice, cost_words
from workbench.ui.sparklines.kept import KeptSparklines, Looked
from workbench.ui.sparklines.reader import SparklineReader
from workbench.ui.sparklines.sparkline import Sparkline

ACTION = "view.sparklines"


class ConnectedSparklines(QObject):
    """Lives as long as the window.

    Args:
        parts: Of the window.
        fleet: All Functions.
        bindings: Tell when a setting was changed.
        budget: Shared with all who ask AWS for much.
    """

    def __init__(self, parts: Parts, fleet: FleetFlow, bindings: Bindings, budget: RateBudget) -> None:
        super().__init__(parts.window)
        self._parts, self._fleet, self._budget = parts, fleet, budget
        self._list, self._session = parts.window.functions, parts.session
        self._choice = SparklineChoice(parts.services.settings)
        self.kept = KeptSparklines(self)
        self.reader = SparklineReader(
            parts.services,
            self.kept,
            self._in_list,
            self._here,
            self._is_free,
            budget,
            "sparklines.list",
            self,
        )
        self._fleet_reader: SparklineReader | None = None
        self._list.model.show_sparklines(self._line_of, self._words_of)
        self.kept.changed.connect(self._list.model.repaint_rows)
        self.reader.refused.connect(
            lambda error: parts.window.banners.show_error(error, "warning", key="sparklines")
        )
        bar = self._list.view.verticalScrollBar()
        for signal in (bar.valueChanged, bar.rangeChanged):
            signal.connect(lambda *_: self.reader.look())
        model = self._list.model
        for signal in (model.modelReset, model.rowsInserted, model.rowsRemoved, self._list.listed):
            signal.connect(lambda *_: self.reader.look())
        self._session.changed.connect(self.reader.forget)
        self._session.connected.connect(self._apply)
        self._action = parts.services.actions[ACTION]
        self._action.setCheckable(True)
        parts.services.actions.bind(ACTION, self._toggle)
        bindings.setting_changed.connect(self._setting_changed)
        fleet.stored_shown.connect(self._attach)
        self._apply()

    # The list of functions ----------------------------------------------------------------------------------

    def _looked(self, row: FunctionSummary) -> Looked:
        scope = Scope(self._session.profile.name, self._session.region)
        return Looked(scope, row.account_id, row.function_name)

    def _line_of(self, row: FunctionSummary) -> Sparkline | None:
        return self.kept.of(self._looked(row))

    def _words_of(self, row: FunctionSummary) -> str:
        if not self._choice.allows(self._session.profile):
            return ""  # all rows would say the same
        if not (words := self.kept.words(self._looked(row))):
            return ""
        from workbench.metrics.recent import SPAN_S  # it needs numpy, which the start does not load

        now = self._parts.services.clock.now()
        samples = self._parts.services.samples.text(row.function_arn, now - timedelta(seconds=SPAN_S), now)
        return "\n".join(filter(None, (words, samples)))

    def _in_list(self) -> list[Looked]:
        if self._session.connection is None or not self._choice.allows(self._session.profile):
            return []
        return [self._looked(row) for row in self._list.in_sight()]

    def _here(self, scope: Scope, _ctx: JobContext) -> Connection:
        connection = self._session.connection
        if connection is None or (self._session.profile.name, connection.region) != (
            scope.profile_name,
            scope.region,
        ):
            raise Cancelled  # it was left meanwhile
        return connection

    # All Functions ------------------------------------------------------------------------------------------

    def _attach(self) -> None:
        """To the table, once there is one; from then on profiles may have come."""
        window = self._fleet.window
        if window is None or self._fleet_reader is not None:
            self._apply()
            return

        def in_table() -> list[Looked]:
            table, allowed = window.table, self._choice.allows
            if not table.isVisible() or window.isMinimized() or table.isColumnHidden(BY_ID["recent"]):
                return []
            names = {each.name for each in self._session.profiles if allowed(each)}
            return [Looked.at(row) for row in table.seen() if row.profile_name in names]

        reader = self._fleet_reader = SparklineReader(
            self._parts.services,
            window.model.sparklines,
            in_table,
            lambda scope, ctx: self._fleet.connect_to(scope.profile_name, scope.region, ctx),
            self._is_free,
            self._budget,
            "sparklines.fleet",
            window,
        )
        bar = window.table.verticalScrollBar()
        for signal in (bar.valueChanged, bar.rangeChanged, window.model.counted):
            signal.connect(lambda *_: reader.look())
        window.table.columns_menu.toggled.connect(lambda *_: reader.look())
        self._apply()

    def _is_free(self, scope: Scope) -> bool:
        profiles = (*self._session.profiles, self._session.profile)
        return not any(each.leads_to_aws for each in profiles if each.name == scope.profile_name)

    # Whether there are any ----------------------------------------------------------------------------------

    def _toggle(self) -> None:
        profile = self._session.profile
        self._choice.toggle(profile)
        self._apply()
        if profile.leads_to_aws and self._choice.allows(profile):
            self._parts.window.banners.show_notice(
                self.tr("Sparklines are on for all profiles."),
                f"{cost_words()} {self.tr('To turn them off, choose View > Sparklines.')}",
                key="sparklines",
            )

    def _setting_changed(self, key: str) -> None:
        if key == METRICS_SPARKLINES.key:
            self._apply()

    def _apply(self) -> None:
        profiles = {each.name: each for each in (*self._session.profiles, self._session.profile)}
        off = self._choice.refused(profiles.values())
        self._action.setChecked(self._choice.allows(self._session.profile))
        self.kept.set_off(off)
        self.reader.look()
        if self._fleet_reader is not None and self._fleet.window is not None:
            self._fleet.window.model.sparklines.set_off(off)
            self._fleet_reader.look()
