"""Invoke Several Times…: how often, how many at once, the times as they come. Loads numpy."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.functions.model import FunctionDetail
from workbench.functions.prices import gb_seconds, prices_of
from workbench.invoke.history import InvocationOutcome
from workbench.invoke.run import MAX_PARALLEL, MAX_TIMES, Run, summarise
from workbench.ui.kit.charts import Chart, Curve, Unit
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.fields import number_box
from workbench.ui.kit.form import Form
from workbench.ui.kit.text import text_label
from workbench.ui.result.panel import outcome_text
from workbench.ui.shell.services import Services

_SIZE = QSize(760, 560)
_REDRAW_MS = 250
_TIMES, _PARALLEL = 10, 1


def curves(runs: Sequence[Run]) -> tuple[tuple[Curve, ...], tuple[float, float]]:
    """The round trips, and the time range that they take.

    Args:
        runs: At least one.
    """
    ordered = sorted(runs, key=lambda run: run.started_s)
    times = np.array([run.started_s for run in ordered])
    taken = np.array(
        [run.duration_ms if run.outcome is not InvocationOutcome.REFUSED else float("nan") for run in ordered]
    )
    end_s = max(run.started_s + run.duration_ms / 1000 for run in ordered)
    return (Curve("", times, taken),), (float(times[0]) - 0.1, max(float(end_s), float(times[0]) + 1.0))


class RepeatDialog(Dialog):
    """Asks how often, and shows the run.

    Args:
        services: For the theme.
        detail: Of the function.
        parent: The window.

    Signals:
        start_wanted: How often, and how many at once.
    """

    start_wanted = Signal(int, int)

    def __init__(self, services: Services, detail: FunctionDetail, parent: QWidget) -> None:
        super().__init__("repeatDialog", "", parent)
        self.set_title(_("Invoke {function_name} Several Times").format(function_name=detail.function_name))
        self.setSizeGripEnabled(True)
        self._detail = detail
        self.runs: list[Run] = []
        words = _(
            "Uses the event, version and type of the Test tab. Every invocation is listed in Invocations."
        )
        self.content.addWidget(text_label("repeatWords", words, "muted"))
        self.times = number_box("repeatTimes", "", 1, MAX_TIMES)
        self.times.setValue(_TIMES)
        self.parallel = number_box("repeatParallel", "", 1, MAX_PARALLEL)
        self.parallel.setValue(_PARALLEL)
        form = Form(spacing=8)
        form.add(self.times, _("Invocations"))
        form.add(self.parallel, _("In parallel"))
        self.content.addWidget(form)
        self.disable_while_busy(self.times, self.parallel)
        self.bar = self.add_progress("repeatProgress")
        self.chart = Chart("repeatChart", _("Round trip (ms)"), Unit.MILLISECONDS, services.theme)
        self.chart.show_message(_("Not started"))
        self.content.addWidget(self.chart, 1)
        self.summary = text_label("repeatSummary")
        self.content.addWidget(self.summary)
        self.finish_layout(stretch=False)
        self.close_button = self.add_button("repeatClose", _("Close"))
        self.start = self.add_button("repeatStart", _("Start"), "primary")
        self.start.clicked.connect(lambda: self.start_wanted.emit(self.times.value(), self.parallel.value()))
        self.close_button.clicked.connect(self.reject)
        self._redraw = QTimer(self, singleShot=True, interval=_REDRAW_MS)
        self._redraw.timeout.connect(self._show)
        self.resize(_SIZE)

    def resize_to_content(self) -> None:
        """Keeps its size: the chart takes what room there is."""

    def begin(self) -> None:
        """The run has begun."""
        self.runs.clear()
        self.set_busy(busy=True)
        self.bar.setRange(0, self.times.value())
        self.bar.setValue(0)
        self.chart.show_message(_("Waiting for the first response…"))
        self.summary.setText("")
        self.set_message("")

    def add(self, run: object) -> None:
        """Adds a finished invocation."""
        if isinstance(run, Run):
            self.runs.append(run)
            self.bar.setValue(len(self.runs))
            if not self._redraw.isActive():
                self._redraw.start()

    def end(self, words: str = "", role: str = "warning") -> None:
        """The run has ended."""
        self.set_busy(busy=False)
        self._redraw.stop()
        self._show()
        if words:
            self.set_message(words, role)

    def show_failed(self, error: WorkbenchError) -> None:
        """The run has failed."""
        self.end()
        self.set_error(error)

    def switch(self) -> None:
        self.start.setEnabled(not self.is_busy)

    def _show(self) -> None:
        if not self.runs:
            self.chart.show_message(_("No responses"))
            return
        from workbench.ui.features.invoking.repeat_dialog import curves  # numpy: loaded by the job before

        drawn, (start_s, end_s) = curves(self.runs)
        self.chart.show_span(start_s, end_s)
        self.chart.show_curves(drawn)
        text = self._summary_text()
        self.summary.setText(text)
        self.summary.setAccessibleName(text)

    def _summary_text(self) -> str:
        found, detail = summarise(self.runs), self._detail
        first = [f"{outcome_text(outcome)} {count:,}" for outcome, count in found.outcomes]
        first += [f"{error} {count:,}" for error, count in found.errors]
        if found.cold:
            first.append(_("cold starts {cold}").format(cold=f"{found.cold:,}"))
        second = []
        if any(
            outcome in (InvocationOutcome.SUCCEEDED, InvocationOutcome.FUNCTION_ERROR)
            for outcome, _count in found.outcomes
        ):
            times = _("min {minimum:,.0f}, p50 {p50:,.0f}, p95 {p95:,.0f}, max {maximum:,.0f} ms").format(
                minimum=found.min_ms, p50=found.p50_ms, p95=found.p95_ms, maximum=found.max_ms
            )
            second = [times, _("{per_s} per second").format(per_s=f"{found.per_s:,.1f}")]
        if found.billed_ms:
            price = prices_of(detail.region, detail.architectures[0] if detail.architectures else "")
            usd = gb_seconds(found.billed_ms, detail.memory_mb) * price.tiers[0].gb_s_usd
            usd += price.request_usd * len(self.runs)
            second.append(
                _("about ${usd} in total").format(usd=f"{usd:.6f}")
                if price.are_known
                else _("no price known for {region}").format(region=detail.region)
            )
        return "\n".join("  ·  ".join(parts) for parts in (first, second) if parts)
