"""Compare Before and After Changes…: how the function did before and after each change that the charts mark.

metrics/before_after.py compares, changes.py finds the changes.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle, Progress
from workbench.core.messages import _
from workbench.core.settings import Preference
from workbench.core.spreadsheet import csv_row
from workbench.metrics.before_after import (
    MAX_CHANGES,
    BeforeAfter,
    BeforeAfterAsk,
    Compared,
    ComparedMeasure,
    Verdict,
    read_before_after,
)
from workbench.metrics.fleet import CostSetting
from workbench.ui.features.metrics import chart_dialogs, reading
from workbench.ui.features.metrics.changes import FunctionChanges
from workbench.ui.features.metrics.controls import Controls
from workbench.ui.kit.charts import ChartBoard
from workbench.ui.kit.choices import DeliberateChoice
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.file_dialog import FileDialog
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel, named, text_label
from workbench.ui.kit.text_size import scaled
from workbench.ui.shell.deploy_history import who_text
from workbench.ui.shell.services import OpenFunction, Services

_SPAN_S = Preference("metrics.before_after_s", 3600, choices=(900, 3600, 6 * 3600, 24 * 3600))
_SPANS_S = _SPAN_S.choices
_SIZE = (1120, 560)
_WIDTHS = (104, 0, 88, 150, 140, 176, 100, 116)
_MIN_HEIGHT = 300
_MIN_SIGHT_S = 600
_SIDES_IN_SIGHT = 1.5  # what is in sight on both sides of a change, in lengths of a side
_MAX_NAME = 24


class BeforeAfterDialog(Dialog):
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
        self.set_title(_("{whose} Before and After Each Change").format(whose=whose))
        self._services, self._changes, self._function = services, changes, function
        self._qualifier, self._bounds, self._is_utc = qualifier, bounds, is_utc
        self._rows: tuple[BeforeAfter, ...] = ()
        self._job: JobHandle | None = None
        self.spans = named(DeliberateChoice(), "beforeAfterSpan", _("Time before and after"))
        for seconds in _SPANS_S:
            self.spans.addItem(_span_text(seconds), seconds)
        kept = _SPAN_S.read(services.settings)
        self.spans.setCurrentIndex(_SPANS_S.index(kept) if kept in _SPANS_S else 1)
        label = PlainLabel(_("&Period"))
        label.setBuddy(self.spans)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label)
        row.addWidget(self.spans)
        row.addStretch(1)
        self.content.addLayout(row)
        zone = _("Time (UTC)") if is_utc else _("Time (local)")
        heads = (zone, _("Change"), _("Period"), *_titles().values())
        columns = [self._column(*each) for each in enumerate(heads)]
        self.table = Table(
            "beforeAfterTable", _("Before and after each change"), columns, identity=id, wraps=True
        )
        self.table.setMinimumHeight(scaled(_MIN_HEIGHT))
        self.content.addWidget(self.table, 1)
        hint = _(
            "The periods before and after are equally long, and end at the next change or "
            "now. The last two minutes are left out. Cost is an estimate at list prices "
            "with the memory size of each period, without cold starts, which are also billed."
        )
        self.content.addWidget(text_label("beforeAfterHint", hint, "muted"))
        self.finish_layout(stretch=False)
        self.stop = self.add_button("beforeAfterStop", _("Stop Reading"))
        self.save = self.add_button("beforeAfterSave", _("Save as CSV…"))
        self.show_button = self.add_button("beforeAfterShow", _("Show on Charts"))
        self.add_button("beforeAfterClose", _("Close"), "primary").clicked.connect(self.accept)
        self.stop.clicked.connect(self._stop)
        self.save.clicked.connect(self._ask_file)
        self.show_button.clicked.connect(lambda: self._choose(self.table.currentIndex()))
        self.table.doubleClicked.connect(self._choose)
        self.table.selectionModel().selectionChanged.connect(lambda *__: self._switch())
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

        self.set_message(_("Loading…"))
        self._job = self._services.jobs.submit(
            Job(
                _("Comparing {function_name} around its changes").format(function_name=detail.function_name),
                read,
                on_done=self._take_all,
                on_error=self._fail,
                on_progress=self._show_progress,
                on_cancelled=self._show_stopped,
            )
        )
        self._switch()

    def _show_progress(self, progress: Progress) -> None:
        words = _("Reading {done} of {total} time ranges…")
        self.set_message(words.format(done=f"{progress.done + 1:.0f}", total=f"{progress.total:.0f}"))

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _show_stopped(self) -> None:
        self._end(_("Stopped. Choose a time range to compare again."))

    def _fail(self, error: WorkbenchError) -> None:
        self._end()
        self.set_error(error)

    def _take_all(self, rows: tuple[BeforeAfter, ...]) -> None:
        self._take(rows)
        said = " ".join(dict.fromkeys(row.problem for row in rows if row.problem))
        if not rows:
            said = _("No changes in the time range of the charts. Choose a longer one.")
        elif len(rows) == MAX_CHANGES:
            words = _("Older changes are not compared. Choose a shorter time range to see them.")
            said = f"{words} {said}".strip()
        self._end(said)

    def _end(self, words: str = "") -> None:
        self._job = None
        self.set_message(words)
        self._switch()

    def _take(self, rows: tuple[BeforeAfter, ...]) -> None:
        self._rows = rows
        self.table.set_rows(rows)

    def _column(self, place: int, title: str) -> Column[BeforeAfter]:
        def full(row: BeforeAfter) -> str:
            return reading.marker_of(row.change).text

        return Column(
            title,
            lambda row: _cells(row, is_utc=self._is_utc)[place],
            _WIDTHS[place],
            full=full if place == 1 else None,
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
        half_s = max(_MIN_SIGHT_S, _SIDES_IN_SIGHT * (row.sides.span_s if row.sides else 0))
        time_s = row.change.when.timestamp()
        self.chosen.emit(time_s - half_s, time_s + half_s)
        self.accept()

    def _ask_file(self) -> None:
        name = f"{self._function.detail.function_name}-before-after.csv"
        chooser = FileDialog("beforeAfterFile", _("Save as CSV"), self)
        chooser.ask_where_to_save(name, "csv")
        rows = self._rows
        chooser.fileSelected.connect(
            lambda path: chart_dialogs.write(
                path, lambda: _csv_text(rows).encode(), self._services, self.set_error
            )
        )
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


def _titles() -> dict[ComparedMeasure, str]:
    """The columns' titles, in their order."""
    return {
        ComparedMeasure.ERROR_RATE: _("Error rate"),
        ComparedMeasure.P95: _("p95 (ms)"),
        ComparedMeasure.COST: _("Cost of 1,000"),
        ComparedMeasure.THROTTLES: _("Throttles"),
        ComparedMeasure.INVOCATIONS: _("Invocations"),
    }


def _cells(row: BeforeAfter, *, is_utc: bool) -> tuple[str, ...]:
    """A row: when, what, how long, and each measure in two lines."""
    change = row.change
    moment = change.when.astimezone(UTC) if is_utc else change.when.astimezone()
    what = reading.label_of(change)
    who = who_text(change.who)
    who = who if len(who) <= _MAX_NAME else f"{who[:_MAX_NAME]}…"
    head = (f"{moment:%Y-%m-%d}\n{moment:%H:%M:%S}", f"{what}\n{who}".rstrip())
    if row.sides is None:
        words = _("Too close to now or to another change")
        return (*head, "–", words, *("" for __ in _titles().keys() - {ComparedMeasure.ERROR_RATE}))
    return (*head, _span_text(row.sides.span_s), *map(_cell, row.compared))


def _cell(compared: Compared) -> str:
    """A measure: before → after; below, the difference with what it means."""
    values = f"{_value_text(compared, compared.before)} → {_value_text(compared, compared.after)}"
    words = _verdict_text(compared.verdict)
    if math.isnan(compared.difference) or compared.verdict is Verdict.SAME:
        return f"{values}\n{words}"
    return f"{values}\n{_difference_text(compared)} {words}"


def _value_text(compared: Compared, value: float) -> str:
    """A figure with its unit; a dash where there is none."""
    if math.isnan(value):
        return "–"
    if compared.measure is ComparedMeasure.ERROR_RATE:
        return f"{_figure(value)} %"
    return f"${_figure(value)}" if compared.measure is ComparedMeasure.COST else _figure(value)


def _difference_text(compared: Compared) -> str:
    """The difference with its sign; of rates in percentage points."""
    value = compared.difference
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    text = _figure(abs(value))
    if compared.measure is ComparedMeasure.COST:
        return f"{sign}${text}"
    return f"{sign}{text}"


def _verdict_text(verdict: Verdict) -> str:
    """What a difference means."""
    return {
        Verdict.BETTER: _("better"),
        Verdict.WORSE: _("worse"),
        Verdict.SAME: _("unchanged"),
        Verdict.MORE: _("more"),
        Verdict.FEWER: _("fewer"),
        Verdict.NO_DATA: _("no data"),
        Verdict.TOO_FEW: _("too few invocations"),
    }[verdict]


def _span_text(seconds: int) -> str:
    """How long a side is: "15 min", "1 h", "1 h 20 min"."""
    hours, minutes = divmod(seconds // 60, 60)
    parts = [_("{hours} h").format(hours=str(hours))] if hours else []
    parts += [_("{minutes} min").format(minutes=str(minutes))] if minutes else []
    return " ".join(parts)


def _csv_text(rows: Sequence[BeforeAfter]) -> str:
    """All figures as comma-separated values, times in UTC; what is not known is empty."""
    names = [
        f"{each.value} {side}" for each in ComparedMeasure for side in ("before", "after", "difference", "")
    ]
    head = ("time", "change", "version", "code_sha256", "who", "before_from", "after_from", "span_s")
    lines = [csv_row((*head, *(name.strip().replace(" ", "_") for name in names)), "\n")]
    for row in rows:
        change, sides = row.change, row.sides
        about = (change.when.astimezone(UTC).isoformat(), reading.label_of(change), change.version)
        line = [*about, change.code_sha256, change.who]
        if sides is not None:
            line += [_iso(sides.before.start_s), _iso(sides.after.start_s), str(sides.span_s)]
        for each in row.compared:
            figures = (each.before, each.after, each.difference)
            line += ["" if math.isnan(figure) else f"{figure:.10g}" for figure in figures]
            line.append(each.verdict.value)
        lines.append(csv_row(line, "\n"))
    return "".join(lines)


def _iso(time_s: int) -> str:
    return datetime.fromtimestamp(time_s, UTC).isoformat()


def _figure(value: float) -> str:
    """Three digits of what is small, whole numbers of what is large."""
    if value == round(value) or value >= 1000:
        return f"{value:,.0f}"
    digits = max(0, 2 - math.floor(math.log10(value)))
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text
