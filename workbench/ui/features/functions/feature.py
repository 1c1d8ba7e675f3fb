"""The list of functions and the open function: search, refresh, copy, and sparklines in the rows."""

from datetime import timedelta

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.fleet import Scope
from workbench.functions.model import FunctionSummary
from workbench.metrics import fleet as fleet_figures
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context
from workbench.ui.shell.preferences import METRICS_SPARKLINES
from workbench.ui.shell.sparklines import (
    Sparkline,
    SparklineChoice,
    SparklineReader,
    SparklineRow,
    SparklineStore,
    cost_text,
)

SPARKLINES = "view.sparklines"


def activate(context: Context) -> None:
    """Adds the actions, and the sparklines of the list."""
    window = context.window

    def copy(attribute: str) -> None:
        if (function := context.function) is not None:
            QGuiApplication.clipboard().setText(getattr(function.detail, attribute))

    search = ActionSpec("view.functions", _("Search Functions"), "Ctrl+P", "search")
    context.action(search, window.search_functions, after=_("&View"))
    ListSparklines(context)
    refresh_list = ActionSpec(
        "list.refresh", _("Refresh Function List"), "Ctrl+R", "refresh-cw", "connected", begins_group=True
    )
    context.action(refresh_list, window.functions.refresh, after=SPARKLINES)
    refresh = ActionSpec(
        "function.refresh",
        _("Reload Function"),
        "F5",
        "refresh-cw",
        "function",
        begins_group=True,
        terms=_("refresh"),
        yields="debug.running",  # then it continues the function
    )
    context.action(refresh, context.reload_function, after="triggers.undo_pause")
    submenu = _("Copy and Export")
    arn = ActionSpec("function.copy_arn", _("Copy ARN"), "", "copy", "function", submenu=submenu)
    context.action(arn, lambda: copy("function_arn"), after=refresh.id)
    image_uri = ActionSpec(
        "function.copy_image_uri",
        _("Copy Image URI"),
        "",
        "copy",
        "image",
        submenu=submenu,
        only_when_enabled=True,
    )
    context.action(image_uri, lambda: copy("image_uri"), after=arn.id)


class ListSparklines(QObject):
    """Sparklines in the list of functions, and the action that switches all of them."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context, self._services, self._session = context, context.services, context.session
        self._list = context.window.functions
        self._choice = SparklineChoice(context.services.settings, context.session)
        self.store = SparklineStore(self)
        self.reader = SparklineReader(
            context.services,
            self.store,
            self._in_list,
            self._here,
            self._choice.is_free,
            context.budget,
            "sparklines.list",
            self,
        )
        self.reader.refused.connect(
            lambda error: context.window.banners.show_error(error, "warning", key="sparklines")
        )
        model, bar = self._list.model, self._list.view.verticalScrollBar()
        model.show_sparklines(self._line_of, self._description_of)
        self.store.changed.connect(model.repaint_rows)
        for scrolled in (bar.valueChanged, bar.rangeChanged):
            scrolled.connect(lambda *__: self.reader.look())
        for listed in (model.modelReset, model.rowsInserted, model.rowsRemoved, self._list.listed):
            listed.connect(lambda *__: self.reader.look())
        self._action = context.action(
            ActionSpec(SPARKLINES, _("Sparklines")), self._toggle, after="view.hide_bottom"
        )
        self._action.setCheckable(True)
        self._session.changed.connect(self.reader.forget)
        self._session.connected.connect(self._apply)
        context.setting_changed.connect(lambda key: self._apply() if key == METRICS_SPARKLINES.key else None)
        self._apply()

    def _row_of(self, row: FunctionSummary) -> SparklineRow:
        scope = Scope(self._session.profile.name, self._session.region)
        return SparklineRow(scope, row.account_id, row.function_name)

    def _line_of(self, row: FunctionSummary) -> Sparkline | None:
        return self.store.of(self._row_of(row))

    def _description_of(self, row: FunctionSummary) -> str:
        if not self._choice.allows(self._session.profile):
            return ""  # all rows would say the same
        if not (words := self.store.description(self._row_of(row))):
            return ""
        now = self._services.clock.now()
        start = now - timedelta(seconds=fleet_figures.RECENT_SPAN_S)
        return "\n".join(filter(None, (words, self._services.samples.text(row.function_arn, start, now))))

    def _in_list(self) -> list[SparklineRow]:
        if self._session.connection is None or not self._choice.allows(self._session.profile):
            return []
        return [self._row_of(row) for row in self._list.in_sight()]

    def _here(self, scope: Scope, _ctx: JobContext) -> Connection:
        connection, profile = self._session.connection, self._session.profile
        if connection is None or (profile.name, connection.region) != (scope.profile_name, scope.region):
            raise Cancelled  # it was left meanwhile
        return connection

    def _toggle(self) -> None:
        self._choice.toggle()
        self._context.setting_changed.emit(METRICS_SPARKLINES.key)
        profile = self._session.profile
        if profile.leads_to_aws and self._choice.allows(profile):
            self._context.window.banners.show_notice(
                _("Sparklines are on for all profiles."),
                f"{cost_text()} {_('To turn them off, choose View > Sparklines.')}",
                key="sparklines",
            )

    def _apply(self) -> None:
        self._action.setChecked(self._choice.allows(self._session.profile))
        self.store.set_off(self._choice.off())
        self.reader.look()
