"""What functions would cost with another memory size or architecture: a calculation without requests."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QFormLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.core.jobs import Job, JobRunner
from workbench.core.messages import _
from workbench.functions.prices import prices_of
from workbench.metrics.fleet import CostSetting, FleetMeasure, Usage, cost_of, what_if
from workbench.ui.fleet_metrics.columns import write_usd
from workbench.ui.fleet_metrics.costs import prices_markup
from workbench.ui.fleet_metrics.model import Line
from workbench.ui.kit.dialog import BaseDialog
from workbench.ui.kit.text import PlainLabel, RichLabel, joined
from workbench.ui.named import named
from workbench.ui.number_box import number_box

_KEY = "fleet_metrics.what_if"
_MEMORY_MB = (128, 256, 512, 1024, 1536, 1769, 2048, 3008, 4096, 6144, 8192, 10_240)
_SHORTEST, _LONGEST = -95, 1000
_WIDTH = 460

Known = tuple[tuple[CostSetting, Usage], ...]


@dataclass(frozen=True, slots=True)
class TriedSetting:
    """What is tried.

    Attributes:
        memory_mb: 0 for as it is.
        architecture: Empty for as it is.
        duration_percent: How much longer an invocation takes then; less than 0 for shorter.
    """

    memory_mb: int = 0
    architecture: str = ""
    duration_percent: int = 0


def month_costs(known: Known, change: TriedSetting) -> tuple[float, float]:
    """What a month costs as it is, and after the change; at the first tier's price, without the free tier."""
    now = then = 0.0
    for setting, use in known:
        month = use.per_month()
        now += cost_of(setting, month).total_usd
        then += what_if(
            setting,
            month,
            memory_mb=change.memory_mb or None,
            architecture=change.architecture,
            duration_factor=1 + change.duration_percent / 100,
        ).total_usd
    return now, then


class WhatIfDialog(BaseDialog):
    """Works out each answer on a worker thread: there may be thousands of functions.

    Args:
        jobs: Work it out.
        chosen: The picked function; None for none.
        shown: All that are shown.
        parent: The window.
    """

    def __init__(self, jobs: JobRunner, chosen: Line | None, shown: Sequence[Line], parent: QWidget) -> None:
        super().__init__(parent)
        named(self, "whatIfDialog", _("What If"))
        self.setWindowTitle(_("What If"))
        self._jobs = jobs
        self.of = named(QComboBox(), "whatIfOf", _("Functions"))
        if chosen is not None and _known([chosen]):
            self.of.addItem(chosen.row.function.function_name, _known([chosen]))
        everything = _known(shown)
        self.of.addItem(
            _("All shown functions with a known cost: {count}").format(count=f"{len(everything):,}"),
            everything,
        )
        self.memory = named(QComboBox(), "whatIfMemory", _("Memory"))
        self.memory.addItem(_("Unchanged"), 0)
        for size in _MEMORY_MB:
            self.memory.addItem(f"{size:,} MB", size)
        self.architecture = named(QComboBox(), "whatIfArchitecture", _("Architecture"))
        self.architecture.addItem(_("Unchanged"), "")
        for name in ("x86_64", "arm64"):
            self.architecture.addItem(name, name)
        self.duration = number_box("whatIfDuration", _("Duration"), _SHORTEST, _LONGEST, " %")
        self.duration.setPrefix("+")
        self.answer = named(PlainLabel(), "whatIfAnswer", role="heading")
        self.answer.setWordWrap(True)
        self._lay_out()
        for box in (self.of, self.memory, self.architecture):
            box.currentIndexChanged.connect(lambda _number: self._work_out())
        self.duration.valueChanged.connect(self._duration_changed)
        self.finished.connect(lambda _result: jobs.drop(_KEY))
        self.resize(_WIDTH, self.sizeHint().height())
        self._work_out()

    def _lay_out(self) -> None:
        form = QFormLayout()
        for words, field in (
            (_("Functions"), self.of),
            (_("Memory"), self.memory),
            (_("Architecture"), self.architecture),
            (_("Duration changes by"), self.duration),
        ):
            form.addRow(words, field)
        note = named(
            RichLabel(
                joined(
                    " ",
                    (
                        _(
                            "An estimate for a month at the rate of the shown time range, without "
                            "the free tier, provisioned concurrency and cold starts. More memory also means "
                            "more CPU. Test how much faster the function gets."
                        ),
                        prices_markup(prices_of("us-east-1")),
                    ),
                )
            ),
            "whatIfNote",
            role="muted",
        )
        note.setWordWrap(True)
        note.setOpenExternalLinks(True)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addLayout(form)
        layout.addWidget(self.answer)
        layout.addWidget(note)
        layout.addStretch(1)
        layout.addWidget(close)

    @property
    def change(self) -> TriedSetting:
        """What is tried."""
        return TriedSetting(
            int(self.memory.currentData()), str(self.architecture.currentData()), self.duration.value()
        )

    def _duration_changed(self, percent: int) -> None:
        self.duration.setPrefix("+" if percent >= 0 else "")
        self._work_out()

    def _work_out(self) -> None:
        known: Known = self.of.currentData()
        change = self.change
        self._jobs.submit(
            Job(
                _("Calculating the cost"),
                lambda _ctx: month_costs(known, change),
                replaces=_KEY,
                quiet=True,
                on_done=lambda costs: self._show(*costs),
            )
        )

    def _show(self, now: float, then: float) -> None:
        if not now:
            self.answer.setText(_("No invocations in this time range."))
            return
        words = _("{then} per month instead of {now} ({share})")
        share = f"{100 * (then - now) / now:+.0f} %"
        self.answer.setText(words.format(then=write_usd(then), now=write_usd(now), share=share))


def _known(lines: Sequence[Line]) -> Known:
    """Those whose cost is known."""
    return tuple(
        (line.figures.setting, line.figures.use)
        for line in lines
        if line.figures is not None and not math.isnan(line.figures.totals[FleetMeasure.COST])
    )


def open_what_if(jobs: JobRunner, chosen: Line | None, shown: Sequence[Line], parent: QWidget) -> None:
    """Shows the dialog; it goes when it is closed."""
    dialog = WhatIfDialog(jobs, chosen, shown, parent)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
