"""The dialog of power tuning: which sizes, which event, how often; then the results, and which to apply."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QSizePolicy,
    QWidget,
)

from workbench.aws.quotas import number_limit
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Progress
from workbench.core.messages import _
from workbench.functions.model import FunctionDetail
from workbench.functions.prices import prices_of
from workbench.metrics.power_tuning import SizeFigures
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.fields import number_box
from workbench.ui.kit.form import Form
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLine, duration_text, named, text_label
from workbench.ui.kit.text_size import scaled
from workbench.ui.kit.theme import Theme

_TOP, _BOTTOM, _SIDE = 30, 24, 76
_MARK = 4.0

_DEFAULT_SIZES_MB = (128, 256, 512, 1024, 1769, 3008)
_MAX_SIZES, _MOST_RUNS, _USUAL_RUNS = 12, 100, 5
_ROW_HEIGHT, _WIDTH = 26, 800


class TuningChart(QWidget):
    """Time on the left, cost of a million invocations on the right; the table below says the same."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        named(self, "tuningChart", _("Duration and cost"))
        self._theme = theme
        self._figures: tuple[SizeFigures, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(560, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(360, 160)

    def show_figures(self, figures: Sequence[SizeFigures]) -> None:
        """Draws sizes, in the order of their memory."""
        self._figures = tuple(each for each in figures if each.duration_ms is not None)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, colors = QPainter(self), self._theme.colors
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(colors.base))
        area = QRectF(self.rect()).adjusted(_SIDE, _TOP, -_SIDE, -_BOTTOM)
        painter.setPen(QColor(colors.border))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        time, cost = QColor(colors.series[0]), QColor(colors.series[1])
        head = QRectF(8, 6, self.width() - 16, 18)
        painter.setPen(time)
        painter.drawText(head, int(Qt.AlignmentFlag.AlignLeft), "● " + _("Duration"))
        painter.setPen(cost)
        painter.drawText(head, int(Qt.AlignmentFlag.AlignRight), _("$ per million") + " ■")
        if not self._figures:
            painter.setPen(QColor(colors.muted))
            words = _("Results are shown here.")
            painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), words)
            return
        step = area.width() / len(self._figures)
        places = [area.left() + step * (number + 0.5) for number in range(len(self._figures))]
        painter.setPen(QColor(colors.muted))
        for x, each in zip(places, self._figures, strict=True):
            below = QRectF(x - step / 2, area.bottom() + 4, step, _BOTTOM - 4)
            painter.drawText(below, int(Qt.AlignmentFlag.AlignHCenter), f"{each.memory_mb:,} MB")
        times = [each.duration_ms or 0.0 for each in self._figures]
        costs = [(each.usd or 0.0) * 1_000_000 for each in self._figures]
        left = QRectF(4, area.top(), _SIDE - 10, area.height())
        right = QRectF(area.right() + 6, area.top(), _SIDE - 10, area.height())
        self._draw(painter, area, places, times, time, left, duration_text, is_round=True)
        self._draw(painter, area, places, costs, cost, right, lambda usd: f"${usd:,.2f}", is_round=False)

    def _draw(
        self,
        painter: QPainter,
        area: QRectF,
        places: Sequence[float],
        values: Sequence[float],
        color: QColor,
        scale: QRectF,
        words: Callable[[float], str],
        *,
        is_round: bool,
    ) -> None:
        """One line, and at its side the highest value; both lines begin at zero."""
        highest = max(values) or 1.0
        points = [
            QPointF(x, area.bottom() - area.height() * value / highest)
            for x, value in zip(places, values, strict=True)
        ]
        painter.setPen(QPen(color, 1.5, Qt.PenStyle.SolidLine if is_round else Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(color)
        painter.setBrush(color)
        for point in points:
            mark = QRectF(point.x() - _MARK, point.y() - _MARK, 2 * _MARK, 2 * _MARK)
            if is_round:
                painter.drawEllipse(mark)
            else:
                painter.drawRect(mark)
        side = Qt.AlignmentFlag.AlignRight if is_round else Qt.AlignmentFlag.AlignLeft
        painter.drawText(scale, int(side | Qt.AlignmentFlag.AlignTop), words(highest))
        painter.drawText(scale, int(side | Qt.AlignmentFlag.AlignBottom), words(0.0))


@dataclass(frozen=True, slots=True)
class TuningRequest:
    """The sizes and the event of a trial.

    Attributes:
        sizes_mb: In MB, rising.
        runs: Invocations of each.
        event: The payload, as written.
        tenant_id: Of a function with tenant isolation; empty for all others.
    """

    sizes_mb: tuple[int, ...]
    runs: int
    event: bytes
    tenant_id: str = ""


class PowerTuningDialog(Dialog):
    """Shows what it is given; see flow.py.

    Args:
        detail: The function.
        events: Names and texts, the one of the Test tab first.
        simulated: Whether AWS is only simulated: then sizes make no difference.
        tenant_id: The one of the Test tab, for a function with tenant isolation.
        theme: Of the program.
        parent: The window.

    Signals:
        start_wanted: A TuningRequest.
        cancel_wanted: What runs shall end.
        apply_wanted: A size in MB.
    """

    start_wanted = Signal(object)
    cancel_wanted = Signal()
    apply_wanted = Signal(int)

    def __init__(
        self,
        detail: FunctionDetail,
        events: Sequence[tuple[str, bytes]],
        theme: Theme,
        parent: QWidget,
        *,
        simulated: bool,
        tenant_id: str = "",
    ) -> None:
        name = detail.function_name
        super().__init__("powerTuning", _("Power Tuning of {name}").format(name=name), parent)
        self.setMinimumWidth(scaled(_WIDTH))
        # What runs outlives it: see flow.py.
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        self._detail, self._running = detail, False
        self._figures: tuple[SizeFigures, ...] = ()
        prices = prices_of(detail.region)
        words = _(
            "Each memory size is published as a temporary version, invoked with the test event, "
            "and deleted. While versions are published, $LATEST has a different memory size."
        )
        if prices.are_known:
            costs = _(
                "Costs are estimates based on the prices of {as_of} ({source}), without the free tier."
            ).format(as_of=prices.as_of, source=prices.source)
        else:
            costs = _("No price is known for {region}.").format(region=detail.region)
        words = f"{words} {costs}"
        self.content.addWidget(text_label("tuningWords", words, "muted"))
        if simulated:
            note = _("In the Sandbox more memory brings no more CPU: durations are those of this computer.")
            self.content.addWidget(text_label("tuningSimulated", note, "warning"))
        sizes = sorted({*_DEFAULT_SIZES_MB, detail.memory_mb})
        self.sizes = named(PlainLine(", ".join(map(str, sizes))), "tuningSizes", _("Memory sizes"))
        self.runs = number_box("tuningRuns", _("Invocations per size"), 1, _MOST_RUNS)
        self.runs.setValue(_USUAL_RUNS)
        self.event_choice = named(CalmChoice(), "tuningEvent", _("Test event"))
        for title, text in events:
            self.event_choice.addItem(title, text)
        self.tenant = named(PlainLine(tenant_id), "tuningTenant", _("Tenant ID"))
        form = Form(spacing=6)
        form.add(self.sizes, _("Memory sizes (MB)"))
        form.add(self.runs, _("Invocations per size"))
        form.add(self.event_choice, _("Test event"))
        form.add(self.tenant, _("Tenant ID"))
        form.show_row("tuningTenant", shown=detail.has_tenants)
        self.content.addWidget(form)
        self.chart = TuningChart(theme)
        self.content.addWidget(self.chart, 1)
        self.table = Table("tuningTable", _("Results"), self._columns(), identity=lambda each: each.memory_mb)
        self.table.setMinimumHeight(scaled(_ROW_HEIGHT * 5))
        self.content.addWidget(self.table, 1)
        self.progress = self.add_progress("tuningProgress")
        self.finish_layout(stretch=False)
        self.apply = self.add_button("tuningApply", _("Apply"))
        self.start = self.add_button("tuningStart", _("Start"), "primary")
        self.close_button = self.add_button("tuningClose", _("Close"))
        self.start.clicked.connect(self._start)
        self.apply.clicked.connect(self._apply)
        self.close_button.clicked.connect(self.reject)
        self.table.chosen_changed.connect(self._switch)
        self.rejected.connect(self.cancel_wanted)
        self._switch()

    def _columns(self) -> tuple[Column[SizeFigures], ...]:
        figures: tuple[tuple[str, Callable[[SizeFigures], str], int], ...] = (
            (_("Memory"), lambda each: f"{each.memory_mb:,} MB", 80),
            (_("Duration"), lambda each: _duration_text(each.duration_ms), 80),
            (_("Init"), lambda each: "–" if each.init_ms is None else duration_text(each.init_ms), 70),
            (_("$ per million"), lambda each: _per_million(each.usd), 105),
            (_("Cold, $ per million"), lambda each: _per_million(each.cold_usd), 135),
            (_("Invocations"), lambda each: f"{each.runs:,}", 90),
        )
        return *(Column(*each, is_number=True) for each in figures), Column(_("Notes"), self._notes)

    # What is told -------------------------------------------------------------------------------------------

    def set_running(self, *, running: bool) -> None:
        """Whether the trial runs: Start cancels it then."""
        self._running = running
        self.start.setText(_("Cancel") if running else _("Start"))
        self.start.setEnabled(True)
        self.progress.setVisible(running)
        self.progress.setRange(0, 0)
        for field in (self.sizes, self.runs, self.event_choice, self.tenant):
            field.setEnabled(not running)
        self._switch()

    def show_progress(self, progress: Progress) -> None:
        """Shows the progress, also after Close: what is being done goes on to its end."""
        self.progress.setRange(0, int(progress.total))
        self.progress.setValue(int(progress.done))
        self.set_message(progress.text)

    def show_figures(self, figures: Sequence[SizeFigures]) -> None:
        """The sizes that were tried so far, by their memory."""
        self._figures = tuple(sorted(figures, key=lambda each: each.memory_mb))
        self.chart.show_figures(self._figures)
        self.table.set_rows(self._figures)
        self.table.rows.repaint()  # others may be the cheapest and fastest now
        self._switch()

    @property
    def chosen_mb(self) -> int:
        """The size of the chosen row; 0 for none."""
        return next((each.memory_mb for each in self.table.chosen()), 0)

    def _notes(self, each: SizeFigures) -> str:
        good = [other for other in self._figures if other.duration_ms is not None and not other.failed]
        remarks = []
        if each.memory_mb == self._detail.memory_mb:
            remarks.append(_("current"))
        if each.failed:
            failed = _("{failed} failed: {error_type}")
            remarks.append(failed.format(failed=str(each.failed), error_type=each.error_type))
        if each in good and len(good) > 1:
            if each.usd == min(other.usd or 0.0 for other in good):
                remarks.append(_("cheapest"))
            if each.duration_ms == min(other.duration_ms or 0.0 for other in good):
                remarks.append(_("fastest"))
        return ", ".join(remarks)

    # What the user does -------------------------------------------------------------------------------------

    def _switch(self) -> None:
        size = self.chosen_mb
        self.apply.setEnabled(bool(size) and size != self._detail.memory_mb and not self._running)
        words = _("Apply {size} MB").format(size=f"{size:,}") if size else _("Apply")
        self.apply.setText(words)

    def _start(self) -> None:
        if self._running:
            self.start.setEnabled(False)
            self.set_message(_("Deleting temporary versions…"))
            self.cancel_wanted.emit()
            return
        try:
            sizes = read_sizes(self.sizes.text())
        except WorkbenchError as error:
            self.set_error(error)
            self.sizes.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        tenant_id = self.tenant.text().strip() if self._detail.has_tenants else ""
        if self._detail.has_tenants and not tenant_id:
            self.set_message(_("Enter a tenant ID."))
            self.tenant.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self.set_message("")
        self.start_wanted.emit(
            TuningRequest(sizes, self.runs.value(), self.event_choice.currentData(), tenant_id)
        )

    def _apply(self) -> None:
        if size := self.chosen_mb:
            self.apply_wanted.emit(size)


def read_sizes(text: str) -> tuple[int, ...]:
    """Memory sizes as they are typed: numbers with commas or spaces between, in any order.

    Raises:
        WorkbenchError: Something is no size that Lambda knows, or there are too many.
    """
    limit = number_limit("MemorySize")
    words = [word for word in re.split(r"[\s,;]+", text) if word]
    least, most = limit.minimum, limit.maximum
    for word in words:
        if not re.fullmatch(r"[0-9]{1,9}", word) or not least <= int(word) <= most:
            raise WorkbenchError(
                _("“{word}” is not a valid memory size.").format(word=word[:40]),
                _("Lambda accepts whole numbers of MB from {least:,} to {most:,}.").format(
                    least=least, most=most
                ),
                _("Enter sizes such as 128, 512, 1024."),
            )
    sizes = tuple(sorted(set(map(int, words))))
    if not 1 <= len(sizes) <= _MAX_SIZES:
        raise WorkbenchError(
            _("Could not test {count} memory sizes.").format(count=len(sizes)),
            _("Enter from 1 to {max_sizes} sizes.").format(max_sizes=_MAX_SIZES),
            _("Enter sizes such as 128, 512, 1024."),
        )
    return sizes


def _duration_text(duration_ms: float | None) -> str:
    if duration_ms is None:
        return "–"
    return f"{duration_ms:,.1f} ms" if duration_ms < 100 else duration_text(duration_ms)


def _per_million(usd: float | None) -> str:
    return "–" if usd is None else f"${usd * 1_000_000:,.2f}"
