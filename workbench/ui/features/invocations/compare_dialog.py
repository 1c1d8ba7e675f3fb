"""Invocations side by side: their figures, and how their answers differ."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QSplitter, QWidget

from workbench.code.text import unified
from workbench.core.jobs import Job, JobHandle
from workbench.core.messages import _
from workbench.invoke.history import HistoryEntry, InvocationOutcome
from workbench.invoke.run import ReplayPair, error_text, figures
from workbench.ui.editor.plain_comparison import PlainComparison
from workbench.ui.features.invocations.panel import when_text
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import named, text_label
from workbench.ui.kit.text_size import scaled
from workbench.ui.kit.theme import monospace
from workbench.ui.result.answer_view import answer_text
from workbench.ui.result.panel import outcome_text
from workbench.ui.services import Services

_SIZE = QSize(1000, 620)
_ROW_HEIGHT, _HEADER_HEIGHT = 26, 40
_MAX_SHOWN = 200_000


class CompareDialog(Dialog):
    """One row a pair; the differences of the chosen one below.

    Args:
        services: For comparing, off the main thread.
        title: What was done.
        summary: How it went, in a sentence.
        pairs: At least one.
        parent: The window.
    """

    def __init__(
        self, services: Services, title: str, summary: str, pairs: Sequence[ReplayPair], parent: QWidget
    ) -> None:
        super().__init__("ledgerComparison", "", parent)
        self.set_title(title)
        self.setSizeGripEnabled(True)
        self._services, self._pairs = services, tuple(pairs)
        self._job: JobHandle | None = None
        self.content.addWidget(text_label("comparisonSummary", summary))
        columns = (
            Column[ReplayPair](_("Event"), _event_text, 140),
            Column[ReplayPair](_("Before"), lambda pair: _side(pair.before), 240),
            Column[ReplayPair](_("After"), lambda pair: _side(pair.after), 240),
            Column(_("Duration"), _duration_change, 120),
            Column(_("Memory"), _memory_change, 120),
            Column[ReplayPair](_("Response"), lambda pair: _("unchanged") if pair.is_same else _("differs")),
        )
        self.table = Table("comparisonTable", _("Invocations, before and after"), columns, identity=id)
        self.text = PlainComparison(self)
        self.text.setFont(monospace())
        self.text.setTabChangesFocus(True)
        self.text.show()
        split = named(QSplitter(Qt.Orientation.Vertical), "comparisonSplitter")
        split.addWidget(self.table)
        split.addWidget(self.text)
        split.setChildrenCollapsible(False)
        high = min(len(self._pairs), 8) * scaled(_ROW_HEIGHT) + _HEADER_HEIGHT
        split.setSizes([high, max(200, _SIZE.height() - high)])
        self.content.addWidget(split, 1)
        self.finish_layout(stretch=False)
        self.add_button("comparisonClose", _("Close"), "primary").clicked.connect(self.accept)
        self.resize(_SIZE)
        self.table.set_rows(self._pairs)
        self.table.selectionModel().currentRowChanged.connect(lambda now, _old: self._show(now.row()))
        self.finished.connect(lambda _answer: self._job.drop() if self._job is not None else None)
        self.table.selectRow(0)

    def resize_to_content(self) -> None:
        """Keeps its size: the text takes what room there is."""

    def _show(self, row: int) -> None:
        if self._job is not None:
            self._job.drop()
        if row < 0:
            return
        pair = self._pairs[row]
        self.text.setPlainText(_("Comparing…"))
        self._job = self._services.jobs.submit(
            Job(
                _("Comparing two responses"),
                lambda _ctx: unified(_answer(pair.before), _answer(pair.after))[:_MAX_SHOWN],
                quiet=True,
                on_done=lambda lines: self.text.setPlainText(lines or _("The responses are identical.")),
            )
        )


def _event_text(pair: ReplayPair) -> str:
    return pair.before.sent.event_name or when_text(pair.before.sent.started_at)


def _duration_change(pair: ReplayPair) -> str:
    before, after = dict(figures(pair.before.ended)), dict(figures(pair.after.ended))
    taken = "run_ms" if before["run_ms"] is not None and after["run_ms"] is not None else "duration_ms"
    return _change(before[taken], after[taken], "ms")


def _memory_change(pair: ReplayPair) -> str:
    before, after = dict(figures(pair.before.ended)), dict(figures(pair.after.ended))
    return _change(before["max_memory_mb"], after["max_memory_mb"], "MB")


def _side(entry: HistoryEntry) -> str:
    """Version and outcome."""
    ended = entry.ended
    version = ended.executed_version or entry.sent.qualifier or "$LATEST"
    return " · ".join(part for part in (version, outcome_text(ended.outcome), ended.error_type) if part)


def _change(before: float | None, after: float | None, unit: str) -> str:
    """Two figures: "12 → 8 ms"."""
    if before is None or after is None:
        return "–"
    return f"{before:,.0f} → {after:,.0f} {unit}"


def _answer(entry: HistoryEntry) -> str:
    """The answer, laid out, so that lines can be compared; what was said where there is none."""
    ended = entry.ended
    if ended.outcome is InvocationOutcome.FUNCTION_ERROR:
        return error_text(ended)
    return answer_text(ended.answer, None)[0] if ended.answer else ended.error
