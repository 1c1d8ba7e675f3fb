"""Searches for metrics to add as charts: any that CloudWatch lists, custom ones too."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobHandle
from workbench.core.messages import _, ngettext
from workbench.metrics.alarms import PERCENTILES
from workbench.metrics.published import (
    MAX_FOUND,
    Metric,
    MetricPage,
    MetricSearch,
    SearchOutcome,
    find_metrics,
)
from workbench.metrics.series import MetricSpec
from workbench.ui.function_metrics.extra import stat_text
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named
from workbench.ui.services import OpenFunction, Services

_SIZE = QSize(860, 560)
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
        self.words = named(QLineEdit(), "metricsFindWords", _("Search name, dimensions, namespace"))
        self.words.setPlaceholderText(_("Search name, dimensions or namespace"))
        self.words.setClearButtonEnabled(True)
        self.namespace = named(QLineEdit(), "metricsFindNamespace", _("Namespace"))
        self.namespace.setPlaceholderText(_("Any namespace"))
        self.namespace.setMaxLength(255)
        self.mine = named(
            QCheckBox(_("Only with FunctionName = {name}").format(name=name)), "metricsFindMine"
        )
        self.recent = named(QCheckBox(_("Only metrics with data in the last 3 hours")), "metricsFindRecent")
        self.table = Table("metricsFindTable", _("Metrics"), _columns(), identity=id, several=True)
        self.stat = named(QComboBox(), "metricsFindStat", _("Statistic"))
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

    def fit(self) -> None:
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
        self.say(_("Searching…"))
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
        label = PlainLabel(_("Statistic:"))
        label.setBuddy(self.stat)
        ticks.addWidget(label)
        ticks.addWidget(self.stat)
        self.finish_layout(stretch=False)
        self.stop = self.add_button("metricsFindStop", _("Stop"))
        self.stop.clicked.connect(self._cancel)
        self.add_button("metricsFindClose", _("Close")).clicked.connect(self.reject)
        self.add = self.add_button("metricsFindAdd", _("Add Chart"))
        self.add.clicked.connect(self._add)
        self.resize(_SIZE)

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
        self.say(self._counted(words, page.searched))

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
        self.say(words, role)

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
            self.say(
                ngettext("{count} chart added", "{count} charts added", len(specs)).format(count=len(specs))
            )
