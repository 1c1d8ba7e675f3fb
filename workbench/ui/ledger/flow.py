"""Kept invocations are found and looked at. What is done with them: again.py, keeping.py."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.functions.detail import get_function
from workbench.invoke.ledger_entry import Entry, Search, Sent
from workbench.ui.invoking.kept import ledger_of
from workbench.ui.invoking.result_route import ResultRoute
from workbench.ui.ledger.panel import ACCOUNT, FUNCTION, LedgerPanel
from workbench.ui.ledger.shown import (
    detail_from,
    has_answer,
    has_whole_log,
    may_have_run,
    note_of,
    result_of,
    started_at,
)
from workbench.ui.parts import Parts
from workbench.ui.services import OpenFunction
from workbench.ui.units import size_text

_PAGE = 200


class LedgerFlow(QObject):
    """Lives as long as the window.

    Args:
        parts: Of the window.
        panel: Shows the entries.
        result: Where one entry is shown.

    Signals:
        failed: Something could not be done.
    """

    failed = Signal(WorkbenchError)

    def __init__(self, parts: Parts, panel: LedgerPanel, result: ResultRoute) -> None:
        super().__init__(parts.window)
        self._parts, self.panel, self._result = parts, panel, result
        self._services = parts.services
        self._has_more = False
        for signal, does in (
            (panel.search_changed, self.refresh),
            (panel.more_wanted, self._read_more),
            (panel.open_wanted, self._open),
            (panel.use_wanted, self._use),
        ):
            signal.connect(does)
        invoker = parts.test.invoker
        for changed in (invoker.finished, invoker.ended, parts.window.result.log_kept):
            changed.connect(lambda *_: self._refresh_if_seen())

    # Finding ------------------------------------------------------------------------------------------------

    def wanted(self) -> Search:
        """What is looked for."""
        function, session = self._parts.window.page.function, self._parts.session
        scope = self.panel.scope.currentIndex()
        place: dict[str, str] = {}
        if scope == FUNCTION and function is not None:
            detail = function.detail
            place = {
                "account_id": detail.account_id,
                "region": detail.region,
                "function_name": detail.function_name,
            }
        elif scope in (FUNCTION, ACCOUNT) and session.connection is not None:
            place = {"account_id": session.connection.account_id, "region": session.region}
        return Search(**place, text=self.panel.search.text().strip(), outcomes=self.panel.outcomes())

    def _refresh_if_seen(self) -> None:
        if self.panel.isVisible():
            self.refresh()

    def refresh(self) -> None:
        """Reads what matches."""
        ledger, wanted = ledger_of(self._services), self.wanted()
        rows = max(_PAGE, self.panel.model.rowCount())

        def run(_ctx: JobContext) -> tuple[tuple[Entry, ...], int]:
            return ledger.list(wanted, rows + 1), ledger.size_bytes()

        self.submit(self.tr("Reading the invocations"), run, lambda found: self._show(rows, *found))

    def _show(self, rows: int, entries: tuple[Entry, ...], size_bytes: int) -> None:
        self._has_more = len(entries) > rows
        entries = entries[:rows]
        count = len(entries)
        shown = self.tr("1 invocation") if count == 1 else self.tr("%Ln invocations", "", count)
        if self._has_more:
            shown = self.tr("The newest %1").replace("%1", shown)
        kept = self.tr("%1 kept in all").replace("%1", size_text(size_bytes))
        self.panel.show_entries(entries, f"{shown}  ·  {kept}")

    def _read_more(self) -> None:
        model = self.panel.model
        if not self._has_more or not model.rowCount():
            return
        self._has_more = False
        ledger, wanted, before = ledger_of(self._services), self.wanted(), model.entry(model.rowCount() - 1)

        def show(entries: tuple[Entry, ...]) -> None:
            self._has_more = len(entries) > _PAGE
            model.add(entries[:_PAGE])

        self.submit(
            self.tr("Reading the invocations"),
            lambda _ctx: ledger.list(wanted, _PAGE + 1, before.number),
            show,
        )

    def submit[T](
        self,
        title: str,
        run: Callable[[JobContext], T],
        then: Callable[[T], object],
        key: str = "ledger.list",
    ) -> None:
        """Does something with the ledger that a newer wish replaces."""
        self._services.jobs.submit(
            Job(title, run, replaces=key, quiet=True, on_done=then, on_error=self.failed.emit)
        )

    # Looking ------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        chosen = self.panel.selected()
        if len(chosen) != 1:
            return
        ledger, number = ledger_of(self._services), chosen[0].number

        def show(entry: Entry | None) -> None:
            if entry is not None:
                self.function_of(
                    entry,
                    lambda function: self._show_entry(function, entry, is_known=True),
                    lambda function, _why: self._show_entry(function, entry, is_known=False),
                )

        self.submit(self.tr("Reading an invocation"), lambda _ctx: ledger.get(number), show, "ledger.open")

    def _show_entry(self, function: OpenFunction, entry: Entry, *, is_known: bool) -> None:
        panel = self._parts.window.result

        def show() -> None:
            if entry.redacted or not has_answer(entry):
                panel.show_running(entry.sent.function_name)
                why = (
                    self.tr("Its payload, answer and log were redacted.")
                    if entry.redacted
                    else entry.ended.error
                )
                words = why or self.tr("Nobody has seen its end: look at the function's log.")
                sent_at = started_at(entry) if is_known and may_have_run(entry) else None
                panel.show_failed(WorkbenchError(words, "", "", ""), sent_at)
                return
            log = entry.ended.log if has_whole_log(entry) or not is_known else ""
            panel.show_result(
                function,
                started_at(entry),
                result_of(entry),
                sent=entry.sent.payload,
                mode=entry.sent.mode,
                number=entry.number,
                log=log or ("" if is_known else self.tr("Its log was not read then.")),
                note=note_of(entry),
            )

        self._result.show(function if is_known else None, show)

    def function_of(
        self,
        entry: Entry,
        then: Callable[[OpenFunction], object],
        otherwise: Callable[[OpenFunction, WorkbenchError], object],
    ) -> None:
        """Finds the function of an entry: the open one, or one of the session's account and region."""
        sent, opened, connection = (
            entry.sent,
            self._parts.window.page.function,
            self._parts.session.connection,
        )
        if opened is not None and _is_of(sent, opened):
            then(opened)
            return
        if connection is None:
            return
        stand_in = OpenFunction(connection, detail_from(entry))
        if (sent.account_id, sent.region) != (connection.account_id, connection.region):
            words = self.tr("It was invoked in account %1, %2.").replace("%1", sent.account_id)
            otherwise(
                stand_in,
                WorkbenchError(
                    self.tr("%1 cannot be reached from here.").replace("%1", sent.function_name),
                    words.replace("%2", sent.region),
                    self.tr("Choose a profile and a region that lead there."),
                ),
            )
            return
        self._services.jobs.submit(
            Job(
                self.tr("Reading %1").replace("%1", sent.function_name),
                lambda ctx: OpenFunction(connection, get_function(connection, sent.function_name, "", ctx)),
                replaces="ledger.function",
                on_done=then,
                on_error=lambda error: otherwise(stand_in, error),
            )
        )

    def _use(self) -> None:
        chosen, ledger = self.panel.selected(), ledger_of(self._services)

        def use(entry: Entry | None) -> None:
            if entry is not None:
                self._parts.window.page.show_tab(self._parts.test.objectName())
                self._parts.test.take_text(entry.sent.payload.decode("utf-8", "replace"))

        if len(chosen) == 1:
            number = chosen[0].number
            self.submit(self.tr("Reading an invocation"), lambda _ctx: ledger.get(number), use, "ledger.open")


def _is_of(sent: Sent, function: OpenFunction) -> bool:
    detail = function.detail
    there = (detail.account_id, detail.region, detail.function_name)
    return there == (sent.account_id, sent.region, sent.function_name)
