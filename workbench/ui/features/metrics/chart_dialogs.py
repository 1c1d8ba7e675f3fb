"""Dialogs of the Metrics tab: a metric of the account, a time range, all numbers as a table, a file."""

from collections.abc import Callable
from datetime import datetime, timedelta
from operator import itemgetter
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.files import write_atomic
from workbench.core.jobs import Job, JobHandle
from workbench.core.messages import _, ngettext
from workbench.metrics.alarms import PERCENTILES
from workbench.metrics.series import (
    MAX_FOUND,
    MAX_SPAN_S,
    Metric,
    MetricPage,
    MetricSearch,
    MetricSpec,
    SearchOutcome,
    find_metrics,
)
from workbench.ui.features.metrics.catalogue import stat_text
from workbench.ui.kit.charts import Chart, ChartBoard
from workbench.ui.kit.charts.points import table_rows
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.file_dialog import FileDialog
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel, PlainLine, named, text_label
from workbench.ui.kit.text_size import scaled
from workbench.ui.shell.range_dialog import RangeDialog
from workbench.ui.shell.services import OpenFunction, Services

_FIND_SIZE = QSize(860, 560)
_NAME_WIDTH, _NAMESPACE_WIDTH = 240, 160
_STATS = ("Average", "Sum", "Maximum", "Minimum", "SampleCount", *PERCENTILES)


def _columns() -> tuple[Column[Metric], ...]:
    middle = Qt.TextElideMode.ElideMiddle
    return (
        Column(_("Metric"), lambda metric: metric.metric_name, _NAME_WIDTH, elide=middle),
        Column(
            _("Dimensions"),
            lambda metric: _dimensions(metric, ", "),
            tip=lambda metric: _dimensions(metric, "\n"),
            elide=middle,
        ),
        Column(_("Namespace"), lambda metric: metric.namespace, _NAMESPACE_WIDTH, elide=middle),
    )


def _dimensions(metric: Metric, separator: str) -> str:
    return separator.join(f"{name} = {value}" for name, value in metric.dimensions) or "–"


class FindMetricsDialog(Dialog):
    """Searches as long as CloudWatch lists; stays open, so that several charts can be added.

    Args:
        services: For the job.
        function: Whose account and region; and what may be asked to be among the dimensions.
        parent: The window.

    Signals:
        chosen(tuple): MetricSpecs to be shown.
    """

    chosen = Signal(tuple)

    def __init__(self, services: Services, function: OpenFunction, parent: QWidget) -> None:
        super().__init__("metricsFindDialog", "", parent)
        self.set_title(_("Add Metric Chart"))
        self._services, self._function = services, function
        self._handle: JobHandle | None = None
        self._found = 0
        name = function.detail.function_name
        self.words = named(PlainLine(), "metricsFindWords", _("Search name, dimensions, namespace"))
        self.words.setPlaceholderText(_("Search name, dimensions or namespace"))
        self.words.setClearButtonEnabled(True)
        self.namespace = named(PlainLine(), "metricsFindNamespace", _("Namespace"))
        self.namespace.setPlaceholderText(_("Any namespace"))
        self.namespace.setMaxLength(255)
        self.mine = named(
            QCheckBox(_("Only with FunctionName = {name}").format(name=name)), "metricsFindMine"
        )
        self.recent = named(QCheckBox(_("Only metrics with data in the last 3 hours")), "metricsFindRecent")
        self.table = Table("metricsFindTable", _("Metrics"), _columns(), identity=id, several=True)
        self.stat = named(CalmChoice(), "metricsFindStat", _("Statistic"))
        for stat in _STATS:
            self.stat.addItem(stat_text(stat), stat)
        self._lay_out()
        self.words.returnPressed.connect(self.search)
        self.namespace.returnPressed.connect(self.search)
        self.mine.toggled.connect(self.search)
        self.recent.toggled.connect(self.search)
        self.table.doubleClicked.connect(self._add)
        self.table.selectionModel().selectionChanged.connect(self._show_choice)
        self.finished.connect(lambda _how: self._drop())
        self._show_choice()
        self.words.setFocus()
        self.search()

    def resize_to_content(self) -> None:
        """Keeps its size: the table takes what room there is."""

    def search(self) -> None:
        """Looks again, from the beginning."""
        self._drop()
        self.table.set_rows(())
        self._found = 0
        self._show_choice()
        name = self._function.detail.function_name
        wanted = MetricSearch(
            self.words.text(),
            self.namespace.text().strip(),
            ("FunctionName", name) if self.mine.isChecked() else None,
            self.recent.isChecked(),
        )
        connection = self._function.connection
        self.set_message(_("Searching…"))
        self.stop.setEnabled(True)
        self._handle = self._services.jobs.submit(
            Job(
                _("Searching for metrics"),
                lambda ctx: find_metrics(connection, wanted, ctx),
                replaces="metrics.find",
                on_item=self._take,
                on_done=self._done,
                on_error=self._failed,
                on_cancelled=self._cancelled,
            )
        )

    # Inside -------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.words, 3)
        row.addWidget(self.namespace, 1)
        self.content.addLayout(row)
        ticks = QHBoxLayout()
        ticks.setSpacing(16)
        ticks.addWidget(self.mine)
        ticks.addWidget(self.recent)
        ticks.addStretch(1)
        self.content.addLayout(ticks)
        self.content.addWidget(self.table, 1)
        label = PlainLabel(_("Statistic"))
        label.setBuddy(self.stat)
        ticks.addWidget(label)
        ticks.addWidget(self.stat)
        self.finish_layout(stretch=False)
        self.stop = self.add_button("metricsFindStop", _("Stop"))
        self.stop.clicked.connect(self._cancel)
        self.add_button("metricsFindClose", _("Close")).clicked.connect(self.reject)
        self.add = self.add_button("metricsFindAdd", _("Add Chart"))
        self.add.clicked.connect(self._add)
        self.resize(_FIND_SIZE)

    def _drop(self) -> None:
        if self._handle is not None:
            self._handle.drop()
            self._handle = None

    def _cancel(self) -> None:
        if self._handle is not None:
            self._handle.cancel()

    def _take(self, page: object) -> None:
        assert isinstance(page, MetricPage)
        self.table.rows.add(page.found)
        self._found += len(page.found)
        words = _("Searching… {found} found in {searched} metrics")
        self.set_message(self._counted(words, page.searched))

    def _done(self, outcome: SearchOutcome) -> None:
        if outcome.is_cut:
            words = _("The first {max_found} matches are shown. Narrow the search to see others.")
            self._end(words.format(max_found=f"{MAX_FOUND:,}"), "danger")
        elif not outcome.searched:
            self._end(_("No metrics. A new metric appears within 15 minutes."))
        elif not outcome.found:
            self._end(self._counted(_("No match in {searched} metrics."), outcome.searched))
        else:
            self._end(self._counted(_("{found} found in {searched} metrics"), outcome.searched))

    def _failed(self, error: WorkbenchError) -> None:
        self._end(str(error), "danger")

    def _cancelled(self) -> None:
        words = _("Stopped. {found} found so far. There may be more.")
        self._end(words.format(found=f"{self._found:,}"))

    def _end(self, words: str, role: str = "muted") -> None:
        self.stop.setEnabled(False)
        self.set_message(words, role)

    def _counted(self, words: str, looked_at: int) -> str:
        return words.format(found=f"{self._found:,}", searched=f"{looked_at:,}")

    def _show_choice(self) -> None:
        self.add.setEnabled(self.table.selectionModel().hasSelection())

    def _add(self) -> None:
        stat = str(self.stat.currentData())
        metrics = self.table.chosen()
        specs = tuple(MetricSpec(each.metric_name, stat, each.dimensions, each.namespace) for each in metrics)
        if specs:
            self.chosen.emit(specs)
            self.set_message(
                ngettext("{count} chart added", "{count} charts added", len(specs)).format(count=len(specs))
            )


class ChartRangeDialog(RangeDialog):
    """Asks. What CloudWatch does not keep any more cannot be chosen.

    Args:
        services: As for every page.
        start: Begin that is suggested.
        end: End that is suggested.
        parent: The window.
        is_utc: Whether figures are in UTC.

    Signals:
        chosen(datetime, datetime, bool): From, to, and whether in UTC.
    """

    def __init__(
        self, services: Services, start: datetime, end: datetime, parent: QWidget, *, is_utc: bool
    ) -> None:
        super().__init__(services, None, start, end, parent, is_utc=is_utc)
        self.set_title(_("Chart Time Range"))

    def _take(self) -> None:
        start, __ = self._moments()
        oldest = self._services.clock.now() - timedelta(seconds=MAX_SPAN_S)
        if start < oldest:
            words = _("CloudWatch retains metrics for 455 days. Set “From” to {earliest} or later.")
            self.set_message(words.format(earliest=f"{oldest.astimezone():%Y-%m-%d}"), "danger")
            return
        super()._take()


_TABLE_SIZE = (860, 520)
_TIME_WIDTH, _WIDTH, _WORDS_WIDTH, _MIN_HEIGHT = 160, 100, 480, 360


class TableDialog(Dialog):
    """All points of charts, newest first: a row for each moment, a column for each curve; and what is marked.

    Args:
        board: The charts.
        name: The function's.
        services: For the job that writes the numbers.
        parent: The window.
        is_utc: Whether times are in UTC.
        about: What else is to be said of the numbers.
    """

    def __init__(
        self,
        board: ChartBoard,
        name: str,
        services: Services,
        parent: QWidget,
        *,
        is_utc: bool,
        about: str = "",
    ) -> None:
        super().__init__("metricsTableDialog", "", parent)
        self.set_title(_("Metrics of {name}").format(name=name))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        drawn = [(chart, curve) for chart in board.shown for curve in chart.curves]
        zone = _("Time (UTC)") if is_utc else _("Time (local)")
        markers = board.markers
        headers = (zone, *(f"{chart.title} {curve.label}".strip() for chart, curve in drawn))
        headers += (_("Changes"),) if markers else ()
        widths = (_TIME_WIDTH, *(_WIDTH for __ in drawn), *(_WORDS_WIDTH for __ in headers[len(drawn) + 1 :]))
        self.state = text_label("metricsTableState", _("Loading…"), "muted")
        columns = [
            Column[tuple[str, ...]](title, itemgetter(place), width, is_number=0 < place <= len(drawn))
            for place, (title, width) in enumerate(zip(headers, widths, strict=True))
        ]
        self.table = Table("metricsTable", _("Metrics"), columns, cells=True)
        self.table.setMinimumHeight(scaled(_MIN_HEIGHT))
        self.content.addWidget(self.state)
        self.content.addWidget(self.table, 1)
        if about:
            self.content.addWidget(text_label("metricsTableAbout", about, "muted"))
        self.finish_layout(stretch=False)
        self.add_button("metricsTableClose", _("Close"), "primary").clicked.connect(self.accept)
        self.resize(*_TABLE_SIZE)
        curves = [(curve, chart.unit) for chart, curve in drawn]
        handle = services.jobs.submit(
            Job(
                _("Writing the table"),
                lambda _ctx: [*map(tuple, table_rows(curves, markers, is_utc=is_utc))],
                quiet=True,
                on_done=self._show,
            )
        )
        self.finished.connect(lambda _how: handle.drop())

    def _show(self, rows: list[tuple[str, ...]]) -> None:
        self.state.setText("" if rows else _("No data in this time range"))
        self.state.setVisible(not rows)
        self.table.set_rows(rows)
        header = self.table.horizontalHeader()
        for column in range(1, header.count()):
            width = max(self.table.columnWidth(column), header.sectionSizeHint(column))
            self.table.setColumnWidth(column, width)


def save(
    what: Chart | ChartBoard,
    name: str,
    services: Services,
    parent: QWidget,
    failed: Callable[[WorkbenchError], object],
) -> None:
    """Asks for a file and writes charts into it: as an image, as lines that stay sharp, or as data.

    Args:
        what: The charts.
        name: The file's, as suggested, without ending.
        services: For the job that writes.
        parent: What the dialog belongs to.
        failed: Called with the error.
    """
    kinds = {
        _("PNG image (*.png)"): "png",
        _("SVG image (*.svg)"): "svg",
        _("Data as CSV (*.csv)"): "csv",
    }
    dialog = FileDialog("metricsSaveDialog", _("Save Charts"), parent)
    dialog.setNameFilters(list(kinds))
    dialog.ask_where_to_save(f"{name}.png", "png")
    dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(kinds[chosen]))
    dialog.fileSelected.connect(lambda path: write(path, content(what, path), services, failed))
    dialog.open()


def content(what: Chart | ChartBoard, path: str) -> Callable[[], bytes]:
    """What belongs into a file of this name: images are drawn now, data are written when asked for."""
    ending = Path(path).suffix.lower()
    if ending == ".csv":
        return lambda: what.csv().encode()
    image = what.svg() if ending == ".svg" else what.png()
    return lambda: image


def write(
    path: str, made: Callable[[], bytes], services: Services, failed: Callable[[WorkbenchError], object]
) -> None:
    """Writes a file that the user has named.

    Args:
        path: The file.
        made: Makes its content; on a worker thread.
        services: For the job.
        failed: Called with the error.
    """
    services.jobs.submit(
        Job(
            _("Saving charts"),
            lambda _ctx: write_atomic(Path(path), made()),
            on_error=failed,
        )
    )
