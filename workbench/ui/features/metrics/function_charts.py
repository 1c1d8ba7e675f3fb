"""The charts of a function on their board: drawn from what was read, added and removed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _, ngettext
from workbench.functions.model import FunctionDetail
from workbench.metrics import series
from workbench.metrics import series as charted
from workbench.triggers import mappings as event_source_mappings
from workbench.ui.features.metrics import chart_dialogs, reading
from workbench.ui.features.metrics.catalogue import (
    CHARTS,
    Chosen,
    ExtraChart,
    chosen_of,
    keep_chosen,
    make_charts,
    metric_chart,
    specs_of,
)
from workbench.ui.kit.charts import Chart, ChartBoard, Unit
from workbench.ui.kit.text import PlainMenu, text_label, tool_tip
from workbench.ui.kit.theme import Theme
from workbench.ui.shell.services import OpenFunction, Services


class FunctionCharts(QObject):
    """All charts on their board.

    Args:
        title: Accessible name of the board.
        theme: The charts follow it.
        parent: The page.

    Signals:
        made(Chart): A chart is new on the board.
    """

    made = Signal(object)

    def __init__(self, title: str, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self.charts = make_charts(theme)
        self.board = ChartBoard("metricsBoard", title, tuple(self.charts.values()), theme)
        self.optional: frozenset[str] = frozenset()  # metrics that only some functions have, and this one has
        self.unreserved: int | None = None  # of the account's concurrency
        self._theme = theme
        self._wanted: frozenset[str] = frozenset()  # optional charts that are shown without data too
        self._extra: dict[str, tuple[ExtraChart, ...]] = {}  # by group
        self._extra_charts: dict[str, Chart] = {}
        # Drawing the charts takes longer than a frame: one each turn of the event loop.
        self._undrawn: list[tuple[Chart, reading.Drawing]] = []
        self._drawer = QTimer(self, interval=0)
        self._drawer.timeout.connect(self._draw_next)
        self._show_common()

    @property
    def is_drawing(self) -> bool:
        """Whether not everything is drawn yet."""
        return self._drawer.isActive()

    @property
    def extras(self) -> tuple[ExtraChart, ...]:
        """The charts that are not of the catalogue."""
        return tuple(each for some in self._extra.values() for each in some)

    def want(self, kinds: Sequence[str]) -> None:
        """Says which charts of the catalogue are shown also when they have no data."""
        gone = self._wanted - set(kinds)  # until something is drawn: it may have data
        self._wanted = frozenset(kinds)
        self.optional |= {m for kind in CHARTS if kind.name in self._wanted for m in kind.metrics}
        present = [name for name, chart in self.charts.items() if chart in self.board.shown]
        self._show([*(name for name in present if name not in gone), *kinds])

    def show_extra(self, group: str, charts: Sequence[ExtraChart]) -> None:
        """Shows charts that are not of the catalogue, in place of those that the group had."""
        self._extra[group] = tuple(charts)
        wanted = {each.name: each for each in self.extras}
        for name in self._extra_charts.keys() - wanted.keys():
            gone = self._extra_charts.pop(name)
            self._undrawn = [each for each in self._undrawn if each[0] is not gone]
            self.board.remove(gone)
        for name, each in wanted.items():
            if name not in self._extra_charts:
                chart = Chart(f"{name}Chart", each.title, each.unit, self._theme)
                chart.setToolTip(tool_tip(each.about))
                self._extra_charts[name] = chart
                self.board.add(chart)
                self.made.emit(chart)
        self.board.show_only([*self.board.shown, *self._extra_charts.values()])

    def extra_chart(self, name: str) -> Chart:
        """The chart of an ExtraChart that is shown."""
        return self._extra_charts[name]

    def is_answered(self, read: "reading.Read") -> bool:
        """Whether all that is shown was read."""
        names = {each.spec.metric_name for each in read.series}
        return self.optional <= names and {*specs_of(self.extras)} <= {each.spec for each in read.extra}

    def stop(self) -> None:
        """Draws no further."""
        self._drawer.stop()

    def draw(self, read: "reading.Read", detail: FunctionDetail) -> None:
        """Draws what was read, one chart after the other; legends are about what is in sight."""
        found = reading.function_drawings(
            read.series,
            detail.timeout_s,
            detail.reserved_concurrency,
            self.unreserved,
            previous=read.previous,
            sight=self.board.sight,
        )
        shown = [
            kind
            for kind in CHARTS
            if not kind.metrics
            or kind.name in self._wanted
            or (kind.name in found and (found[kind.name].has_values or found[kind.name].problem))
        ]
        self.optional = frozenset(metric for kind in shown for metric in kind.metrics)
        self._show([kind.name for kind in shown])
        self._undrawn = [(self.charts[kind.name], found[kind.name]) for kind in shown if kind.name in found]
        if self._extra_charts:
            more = reading.extra_drawings(
                self.extras, read.extra, previous=read.extra_previous, sight=self.board.sight
            )
            self._undrawn += [(self._extra_charts[name], each) for name, each in more.items()]
        self._drawer.start()

    def forget(self, words: str) -> None:
        """Shows a text in place of all reading."""
        self.optional = frozenset()
        self._undrawn.clear()
        self.board.show_crosshair(None)
        self.board.show_markers(())
        self._show_common()
        for chart in self.board.charts:
            chart.set_note("")
            chart.show_message(words)

    def show_error(self, words: str) -> None:
        """Shows in place of all drawings why there are none."""
        for chart in self.board.charts:
            chart.show_message(words, danger=True)

    def _show_common(self) -> None:
        """Only the charts that every function has, and those that are wanted."""
        self._show([kind.name for kind in CHARTS if not kind.metrics or kind.name in self._wanted])

    def _show(self, names: Sequence[str]) -> None:
        self.board.show_only([*(self.charts[name] for name in names), *self._extra_charts.values()])

    def _draw_next(self) -> None:
        if not self._undrawn:
            self._drawer.stop()
            return
        chart, drawing = self._undrawn.pop(0)
        chart.set_note(drawing.problem)
        if drawing.problem and not drawing.has_values:
            chart.show_message(drawing.problem, danger=True)
        else:
            chart.show_curves(drawing.curves, drawing.limits)


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
        self._chosen: Chosen | None = None
        self._menu = PlainMenu(button)
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
    def now(self) -> Chosen:
        """What is added to the charts of the function that is shown."""
        return self._chosen or Chosen()

    def show_function(self, function: OpenFunction | None) -> None:
        """Shows what was added to a function's charts."""
        self._function = function
        if function is None:
            self._show(Chosen())
        else:
            self._show(chosen_of(self._services.settings, function.detail.function_arn))

    def add_metrics(self, specs: "tuple[series.MetricSpec, ...]") -> None:
        """Adds a chart for each metric that has none yet."""
        self._take(replace(self.now, metrics=tuple(dict.fromkeys([*self.now.metrics, *specs]))), is_new=True)
        if specs:
            self._scroll_to(self._shown.extra_chart(metric_chart(specs[-1]).name))

    def search(self) -> None:
        """Opens the search for a metric of the account."""
        if self._function is not None:
            dialog = chart_dialogs.FindMetricsDialog(self._services, self._function, self._button.window())
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
            chart = metric_chart(spec)
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

    def _take(self, now: Chosen, *, is_new: bool) -> None:
        if self._function is not None:
            keep_chosen(self._services.settings, self._function.detail.function_arn, now)
        self._show(now)
        self.changed.emit(is_new)

    def _show(self, now: Chosen) -> None:
        known = set(self.now.metrics)
        self._chosen = now
        for name, remover in self._removers.items():
            remover.setVisible(name in now.kinds)
        self._shown.want([name for name in now.kinds if name in self._removers])
        charts = [metric_chart(spec) for spec in now.metrics]
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


_MAPPINGS = "mappings"


@dataclass(frozen=True, slots=True)
class CountedMapping:
    """An event source mapping.

    Attributes:
        uuid: AWS's name of it.
        source: The source's own name; empty for one that has no ARN.
        qualifier: The version or alias that it invokes; empty for the function itself.
        is_counted: Whether Lambda counts its events.
    """

    uuid: str
    source: str
    qualifier: str
    is_counted: bool


@dataclass(frozen=True, slots=True)
class MappingsAndLimit:
    """What was found.

    Attributes:
        mappings: The function's, those of its versions and aliases too; empty when they may not be read.
        unreserved: What of the account's concurrency no function has reserved; None when unknown.
        refused: Why it is unknown.
        unlisted: Why the mappings are not known; empty when they are.
    """

    mappings: tuple[CountedMapping, ...] = ()
    unreserved: int | None = None
    refused: str = ""
    unlisted: str = ""


ReadMappingsAndLimit = Callable[[Connection, FunctionDetail, JobContext], MappingsAndLimit]


def read_mappings_and_limit(
    connection: Connection, detail: FunctionDetail, ctx: JobContext
) -> MappingsAndLimit:
    """Asks AWS; on a worker thread.

    Raises:
        Cancelled: Between two requests.
    """
    mappings: tuple[CountedMapping, ...] = ()
    unreserved, refused, unlisted = None, "", ""
    try:
        mappings = tuple(map(_mapping, event_source_mappings.mappings_of(connection, detail, ctx)))
    except WorkbenchError as error:
        unlisted = str(error)
    try:
        answer = connection.call(
            "lambda", "get_account_settings", failure=_("Could not read the account's limits.")
        )
        unreserved = (answer.get("AccountLimit") or {}).get("UnreservedConcurrentExecutions")
    except WorkbenchError as error:
        refused = str(error)
    return MappingsAndLimit(mappings, unreserved, refused, unlisted)


def mapping_chart(mapping: CountedMapping) -> ExtraChart:
    """The chart of a mapping whose events are counted."""
    labels = (
        _("polled"),
        _("filtered out"),
        _("invoked"),
        _("failed"),
        _("dropped"),
        _("to destination"),
        _("deleted"),
        _("committed"),
    )
    title = _("Events of {source}").format(source=mapping.source or mapping.uuid)
    series = tuple(zip(labels, charted.mapping_specs(mapping.uuid), strict=True))
    about = f"EventSourceMappingUUID = {mapping.uuid}"
    return ExtraChart(f"mapping{mapping.uuid.replace('-', '')}", title, Unit.LEVEL, series, about)


class Surroundings(QObject):
    """Puts what was found onto the charts.

    Args:
        services: For the job.
        shown: The charts.
        look: Asks; None to do without.
        parent: The page.

    Signals:
        changed(bool): Something else is known; true when something new is to be read.
    """

    changed = Signal(bool)

    def __init__(
        self, services: Services, shown: FunctionCharts, look: ReadMappingsAndLimit | None, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.hint = text_label("metricsHint", "", "muted")
        self.hint.setContentsMargins(16, 2, 16, 6)
        self.hint.hide()
        self._look = look
        self._services, self._shown = services, shown
        self._known = MappingsAndLimit()
        self._qualifier = ""
        self._is_known = False
        self._handle: JobHandle | None = None

    @property
    def limit_text(self) -> str:
        """The account's limit, or why it is not known; empty when it was not read."""
        if self._known.unreserved is None:
            return self._known.refused
        words = _("Unreserved account concurrency: {unreserved}")
        return words.format(unreserved=f"{self._known.unreserved:,}")

    def forget(self) -> None:
        """Another function is shown."""
        self._drop()
        self._is_known = False
        self._qualifier = ""
        self._take(MappingsAndLimit())

    def show_qualifier(self, qualifier: str) -> None:
        """Shows the mappings of a version or alias only; empty shows all."""
        self._qualifier = qualifier
        self._show()

    def read(self, function: OpenFunction, *, anew: bool) -> None:
        """Reads unless that was done; `anew` reads again."""
        if self._look is None or (self._is_known and not anew):
            return
        self._is_known = True
        self._drop()
        look, connection, detail = self._look, function.connection, function.detail
        self._handle = self._services.jobs.submit(
            Job(
                _("Reading the event source mappings of {function_name}").format(
                    function_name=detail.function_name
                ),
                lambda ctx: look(connection, detail, ctx),
                quiet=True,
                on_done=self._found,
                on_cancelled=self._not_found,
            )
        )

    # Inside -------------------------------------------------------------------------------------------------

    def _found(self, found: MappingsAndLimit) -> None:
        before = {mapping.uuid for mapping in self._mine() if mapping.is_counted}
        self._take(found)
        now = {mapping.uuid for mapping in self._mine() if mapping.is_counted}
        self.changed.emit(bool(now - before))

    def _not_found(self) -> None:
        self._is_known = False

    def _take(self, found: MappingsAndLimit) -> None:
        self._known = found
        self._show()

    def _show(self) -> None:
        charts = [mapping_chart(each) for each in self._mine() if each.is_counted]
        self._shown.show_extra(_MAPPINGS, charts)
        self._shown.unreserved = self._known.unreserved
        self._shown.charts["concurrency"].setToolTip(tool_tip(self.limit_text))
        words = self._hint()
        self.hint.setText(words)
        self.hint.setAccessibleName(words)
        self.hint.setVisible(bool(words))

    def _hint(self) -> str:
        """What is missing and why, and how more can be seen; empty when there is nothing more."""
        missing = (self._known.refused, self._known.unlisted)
        return "\n".join(filter(None, (*missing, self._uncounted())))

    def _uncounted(self) -> str:
        count = sum(not mapping.is_counted for mapping in self._mine())
        if not count:
            return ""
        words = ngettext(
            "{count} event source has no metrics.", "{count} event sources have no metrics.", count
        ).format(count=count)
        how = _("To count polled, filtered and dropped events, choose Triggers, Edit, Metrics: EventCount.")
        return f"{words} {how}"

    def _mine(self) -> list[CountedMapping]:
        wanted = self._qualifier
        return [each for each in self._known.mappings if not wanted or each.qualifier == wanted]

    def _drop(self) -> None:
        if self._handle is not None:
            self._handle.drop()
            self._handle = None


def _mapping(answer: Mapping[str, Any]) -> CountedMapping:
    config = answer.get("MetricsConfig")
    metrics = config.get("Metrics") if isinstance(config, dict) else None
    source = str(answer.get("EventSourceArn") or "")
    function = str(answer.get("FunctionArn") or "").split(":")
    return CountedMapping(
        str(answer.get("UUID") or ""),
        _short(source),
        function[7] if len(function) > 7 else "",
        charted.MAPPING_METRICS_GROUP in (metrics or ()),
    )


def _short(arn: str) -> str:
    """The resource's name: of a stream's "table/orders/stream/2026…" that of the table."""
    name = arn.split(":", 5)[-1] if arn else ""
    parts = name.split("/")
    if len(parts) > 1:
        return parts[1]
    return name.split(":")[-1]
