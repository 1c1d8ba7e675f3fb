"""Compare Around Deploys…: how the function did before and after each change that the charts mark.

Must not know: how changes are found (changes.py) or compared (metrics/before_after.py).
"""

from datetime import datetime, timedelta

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QFileDialog, QHBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle, Progress
from workbench.metrics.before_after import MAX_CHANGES, BeforeAfter, BeforeAfterAsk, read_before_after
from workbench.metrics.cost import CostSetting
from workbench.ui.charts import ChartBoard
from workbench.ui.function_metrics import before_after_words, change_words, saving
from workbench.ui.function_metrics.changes import FunctionChanges
from workbench.ui.function_metrics.controls import Controls
from workbench.ui.kit.text import PlainLabel
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.preferences import Preference
from workbench.ui.rows_model import TableRow
from workbench.ui.services import OpenFunction, Services
from workbench.ui.sign_in.form import Form, text_label
from workbench.ui.wrapping_table import WrappingTable

_SPAN_S = Preference("metrics.before_after_s", 3600)
_SPANS_S = (900, 3600, 6 * 3600, 24 * 3600)
_SIZE = (1120, 560)
_WIDTHS = (104, 0, 88, 150, 140, 176, 100, 116)
_LEAST_HEIGHT = 300
_LEAST_SIGHT_S = 600
_BESIDE = 1.5  # what is in sight on both sides of a change, in lengths of a side


class BeforeAfterDialog(Form):
    """A row for each change, newest first.

    Args:
        services: For jobs, clock and settings.
        changes: Tells the changes.
        function: Whose.
        qualifier: A version or an alias; empty for the function as a whole.
        bounds: Of the time that the charts show.
        parent: The window.
        is_utc: Whether times are in UTC.

    Signals:
        chosen(float, float): The charts are to show this time: begin and end, seconds since 1970.
    """

    chosen = Signal(float, float)

    def __init__(
        self,
        services: Services,
        changes: FunctionChanges,
        function: OpenFunction,
        qualifier: str,
        bounds: tuple[datetime, datetime],
        parent: QWidget,
        *,
        is_utc: bool,
    ) -> None:
        super().__init__("beforeAfterDialog", "", parent)
        whose = f"{function.detail.function_name}:{qualifier}".rstrip(":")
        self.set_title(self.tr("%1 Before and After Each Change").replace("%1", whose))
        self._services, self._changes, self._function = services, changes, function
        self._qualifier, self._bounds, self._is_utc = qualifier, bounds, is_utc
        self._rows: tuple[BeforeAfter, ...] = ()
        self._job: JobHandle | None = None
        self.spans = named(QComboBox(), "beforeAfterSpan", self.tr("Time before and after"))
        for seconds in _SPANS_S:
            self.spans.addItem(before_after_words.span_text(seconds), seconds)
        kept = _SPAN_S.read(services.settings)
        self.spans.setCurrentIndex(_SPANS_S.index(kept) if kept in _SPANS_S else 1)
        label = PlainLabel(self.tr("&Period:"))
        label.setBuddy(self.spans)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label)
        row.addWidget(self.spans)
        row.addStretch(1)
        self.content.addLayout(row)
        zone = self.tr("Time (UTC)") if is_utc else self.tr("Time (local)")
        heads = (zone, self.tr("Change"), self.tr("Period"), *before_after_words.titles().values())
        self.table = WrappingTable(
            "beforeAfterTable", self.tr("Before and after each change"), heads, _WIDTHS
        )
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setMinimumHeight(scaled(_LEAST_HEIGHT))
        self.content.addWidget(self.table, 1)
        hint = self.tr(
            "The periods before and after are equally long, and end at the next change or "
            "now. The last two minutes are left out. Cost is an estimate at list prices "
            "with the memory size of each period, without cold starts, which are also billed."
        )
        self.content.addWidget(text_label("beforeAfterHint", hint, "muted"))
        self.finish_layout(stretch=False)
        self.stop = self.add_button("beforeAfterStop", self.tr("Stop Reading"))
        self.save = self.add_button("beforeAfterSave", self.tr("Save as CSV…"))
        self.show_button = self.add_button("beforeAfterShow", self.tr("Show on Charts"))
        self.add_button("beforeAfterClose", self.tr("Close"), "primary").clicked.connect(self.accept)
        self.stop.clicked.connect(self._stop)
        self.save.clicked.connect(self._ask_file)
        self.show_button.clicked.connect(lambda: self._choose(self.table.currentIndex()))
        self.table.doubleClicked.connect(self._choose)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._switch())
        self.spans.activated.connect(self._read_anew)
        self.finished.connect(lambda _how: self._drop())
        self.resize(*_SIZE)
        self._read()

    def _read_anew(self) -> None:
        self._services.settings.set(_SPAN_S.key, self.spans.currentData())
        self._read()

    def _read(self) -> None:
        """All in one job: the changes are on disk, the figures in CloudWatch."""
        self._drop()
        self._take(())
        detail, connection, changes = self._function.detail, self._function.connection, self._changes
        span_s, now, (start, end) = self.spans.currentData(), self._services.clock.now(), self._bounds
        architecture = (*detail.architectures, "x86_64")[0]
        setting = CostSetting(detail.region, detail.memory_mb, architecture, detail.ephemeral_storage_mb)
        beside = timedelta(seconds=2 * span_s)

        def read(ctx: JobContext) -> tuple[BeforeAfter, ...]:
            known = changes.between(detail.function_arn, start - beside, max(now, end))
            name = detail.function_name
            ask = BeforeAfterAsk(name, self._qualifier, setting, known, start, end, span_s, now)
            return read_before_after(connection, ask, ctx)

        self.say(self.tr("Loading…"))
        self._job = self._services.jobs.submit(
            Job(
                self.tr("Comparing %1 around its changes").replace("%1", detail.function_name),
                read,
                on_done=self._take_all,
                on_error=self._fail,
                on_progress=self._say_progress,
                on_cancelled=self._say_stopped,
            )
        )
        self._switch()

    def _say_progress(self, progress: Progress) -> None:
        words = self.tr("Reading %1 of %2 time ranges…").replace("%1", f"{progress.done + 1:.0f}")
        self.say(words.replace("%2", f"{progress.total:.0f}"))

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _say_stopped(self) -> None:
        self._end(self.tr("Stopped. Choose a time range to compare again."))

    def _fail(self, error: WorkbenchError) -> None:
        self._end()
        self.say_error(error)

    def _take_all(self, rows: tuple[BeforeAfter, ...]) -> None:
        self._take(rows)
        said = " ".join(dict.fromkeys(row.problem for row in rows if row.problem))
        if not rows:
            said = self.tr("No changes in the time range of the charts. Choose a longer one.")
        elif len(rows) == MAX_CHANGES:
            words = self.tr("Older changes are not compared. Choose a shorter time range to see them.")
            said = f"{words} {said}".strip()
        self._end(said)

    def _end(self, words: str = "") -> None:
        self._job = None
        self.say(words)
        self._switch()

    def _take(self, rows: tuple[BeforeAfter, ...]) -> None:
        self._rows = rows
        self.table.take(
            [
                TableRow(
                    before_after_words.cells(row, is_utc=self._is_utc),
                    full=((1, change_words.marker_of(row.change).text),),
                )
                for row in rows
            ]
        )

    def _switch(self) -> None:
        self.stop.setVisible(self._job is not None)
        self.save.setEnabled(bool(self._rows))
        self.show_button.setEnabled(self.table.selectionModel().hasSelection())

    def _drop(self) -> None:
        if self._job is not None:
            self._job.drop()
        self._job = None

    def _choose(self, index: QModelIndex) -> None:
        """The charts turn to a change, and can be seen."""
        if not index.isValid():
            return
        row = self._rows[index.row()]
        half_s = max(_LEAST_SIGHT_S, _BESIDE * (row.sides.span_s if row.sides else 0))
        time_s = row.change.when.timestamp()
        self.chosen.emit(time_s - half_s, time_s + half_s)
        self.accept()

    def _ask_file(self) -> None:
        name = f"{self._function.detail.function_name}-before-after.csv"
        chooser = named(QFileDialog(self, self.tr("Save as CSV"), name), "beforeAfterFile")
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setDefaultSuffix("csv")
        rows = self._rows
        chooser.fileSelected.connect(
            lambda path: saving.write(
                path, lambda: before_after_words.csv_text(rows).encode(), self._services, self.say_error
            )
        )
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()


def compare(
    changes: FunctionChanges,
    controls: Controls,
    board: ChartBoard,
    function: OpenFunction | None,
    qualifier: str,
) -> None:
    """Opens the dialog over the window of some charts, for the time that is chosen there."""
    if function is None:
        return
    services = changes.services
    bounds = controls.range.bounds(services.clock.now())
    dialog = BeforeAfterDialog(
        services, changes, function, qualifier, bounds, board.window(), is_utc=controls.is_utc
    )
    dialog.chosen.connect(board.show_part)
    dialog.open()
