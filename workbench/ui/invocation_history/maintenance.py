"""Recorded invocations are redacted, deleted and exported."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.core.messages import _, ngettext
from workbench.invoke.history import export_history
from workbench.ui.invocation_history.flow import LedgerFlow
from workbench.ui.invoking.invoker import history_of
from workbench.ui.kit.question import Question
from workbench.ui.parts import Parts


class LedgerKeeping(QObject):
    """Asks before anything is lost.

    Args:
        parts: Of the window.
        flow: Has the search.

    Signals:
        notice: Something was done: text, detail.
    """

    notice = Signal(str, str)

    def __init__(self, parts: Parts, flow: LedgerFlow) -> None:
        super().__init__(flow)
        self._parts, self._flow, self._panel = parts, flow, flow.panel
        self._services = parts.services
        self._panel.redact_wanted.connect(self._redact)
        self._panel.delete_wanted.connect(self._delete)
        self._panel.export_wanted.connect(self._ask_where)

    def _redact(self) -> None:
        history = history_of(self._services)
        numbers = [entry.number for entry in self._panel.selected()]
        self._ask(
            _("Redact Invocations"),
            _(
                "The payload, response, log and client context of {invocations} will be permanently deleted. "
                "Metrics are kept."
            ),
            _("Redact"),
            len(numbers),
            lambda: history.redact(numbers),
        )

    def _delete(self) -> None:
        history = history_of(self._services)
        numbers = [entry.number for entry in self._panel.selected()]
        self._ask(
            _("Delete Invocations"),
            _("{invocations} will be permanently deleted."),
            _("Delete"),
            len(numbers),
            lambda: history.delete(numbers),
        )

    def _ask(self, title: str, words: str, yes: str, count: int, change: Callable[[], object]) -> None:
        if not count:
            return
        what = ngettext("{count:,} invocation", "{count:,} invocations", count).format(count=count)
        question = Question("ledgerQuestion", title, words.format(invocations=what), yes, self._parts.window)

        def begin() -> None:
            self._services.jobs.submit(
                Job(
                    title,
                    lambda _ctx: change(),
                    lane="ledger",
                    on_done=lambda _none: self._flow.refresh(),
                    on_error=self._flow.failed.emit,
                )
            )

        question.ask(begin)

    def _ask_where(self) -> None:
        dialog = QFileDialog(self._parts.window, _("Export Invocations"))
        dialog.setObjectName("exportInvocations")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDirectory(str(Path.home()))
        dialog.selectFile("invocations.jsonl")
        dialog.fileSelected.connect(lambda path: self.export(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def export(self, path: Path) -> None:
        """Writes all that matches the search to a file."""
        history, wanted = history_of(self._services), self._flow.wanted()
        if wanted is None:
            why, remedy = _("No function is open."), _("Open a function, or choose Everywhere.")
            self._flow.failed.emit(WorkbenchError(_("No invocations were exported."), why, remedy))
            return

        def exported(count: int) -> None:
            words = ngettext("{count:,} invocation", "{count:,} invocations", count).format(count=count)
            self.notice.emit(_("{words} exported.").format(words=words), str(path))

        self._services.jobs.submit(
            Job(
                _("Exporting invocations"),
                lambda ctx: export_history(history, wanted, path, ctx),
                on_done=exported,
                on_error=self._flow.failed.emit,
            )
        )
