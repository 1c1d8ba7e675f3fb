"""Recorded invocations are searched and shown. What is done with them: replay.py, maintenance.py."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from PySide6.QtCore import QObject, Signal

from workbench.aws.names import Arn
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _, ngettext
from workbench.functions.detail import get_function
from workbench.functions.invocations import Report
from workbench.functions.model import FunctionDetail, detail_of
from workbench.invoke.failure import parse_failure
from workbench.invoke.history import (
    HistoryEntry,
    HistorySearch,
    InvocationOutcome,
    Mode,
    SentInvocation,
)
from workbench.invoke.run import InvocationResult
from workbench.ui.invocation_history.panel import THIS_ACCOUNT, THIS_FUNCTION, LedgerPanel, when_text
from workbench.ui.invoking.invoker import history_of
from workbench.ui.invoking.result_route import ResultRoute
from workbench.ui.parts import Parts
from workbench.ui.services import OpenFunction
from workbench.ui.units import size_text

_SHA_CHARACTERS = 8

_PAGE = 200


def has_answer(entry: HistoryEntry) -> bool:
    """Whether AWS answered, so that there is something to show."""
    return entry.ended.outcome in (InvocationOutcome.SUCCEEDED, InvocationOutcome.FUNCTION_ERROR)


def result_of(entry: HistoryEntry) -> InvocationResult:
    """What AWS answered then."""
    ended = entry.ended
    report = None
    if ended.run_ms is not None:
        report = Report(
            ended.request_id,
            ended.run_ms,
            ended.billed_ms or 0.0,
            entry.sent.memory_mb,
            ended.max_memory_mb or 0,
            ended.init_ms,
        )
    failure = (
        parse_failure("Unhandled", ended.answer)
        if ended.outcome is InvocationOutcome.FUNCTION_ERROR
        else None
    )
    return InvocationResult(
        ended.status_code,
        ended.answer,
        failure,
        ended.request_id,
        ended.log,
        report,
        ended.executed_version,
        started_at(entry),
        ended.duration_ms,
    )


def started_at(entry: HistoryEntry) -> datetime:
    """When it was sent, UTC."""
    try:
        return datetime.fromisoformat(entry.sent.started_at)
    except ValueError:
        return datetime.now(UTC)


def may_have_run(entry: HistoryEntry) -> bool:
    """Whether it is not known here how it ended, while the log of its function may tell."""
    unknown = (InvocationOutcome.SENT, InvocationOutcome.LOST, InvocationOutcome.CANCELLED)
    return entry.ended.outcome in unknown and entry.sent.mode is not Mode.LOCAL


def note_of(entry: HistoryEntry) -> str:
    """When it was sent, and to which code."""
    sha = entry.sent.code_sha256
    code = _("code {sha}…").format(sha=sha[:_SHA_CHARACTERS]) if sha else ""
    return "  ·  ".join(filter(None, (when_text(entry.sent.started_at), code)))


def has_whole_log(entry: HistoryEntry) -> bool:
    """Whether its log needs no reading: it is all there, or there is none."""
    return "REPORT RequestId" in entry.ended.log or entry.redacted or entry.sent.mode is Mode.DRY_RUN


def detail_from(entry: HistoryEntry) -> FunctionDetail:
    """What the entry knows of its function: for one that is gone, or in another account."""
    sent = entry.sent
    arn = Arn.parse(f"arn:aws:lambda:{sent.region}:{sent.account_id}:function:{sent.function_name}")
    configuration = {"FunctionName": sent.function_name, "FunctionArn": str(arn)}
    return replace(detail_of({"Configuration": configuration}), memory_mb=sent.memory_mb)


class LedgerFlow(QObject):
    """Searches the history and shows its entries.

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
            changed.connect(lambda *__: self._refresh_if_visible())
        self._listed = ""  # the function that "This function" meant last
        page = parts.window.page
        for follows in (page.function_shown, page.function_closed):
            follows.connect(self._follow)
        result.newest_wanted.connect(self._show_newest)

    # Finding ------------------------------------------------------------------------------------------------

    def wanted(self) -> HistorySearch | None:
        """What is looked for; None while there is no open function, or no account, that it is about."""
        function, session = self._parts.window.page.function, self._parts.session
        scope = self.panel.scope.currentIndex()
        found = HistorySearch(text=self.panel.search.text().strip(), outcomes=self.panel.outcomes())
        if scope == THIS_FUNCTION:
            return _search_of(function, found) if function is not None else None
        if scope == THIS_ACCOUNT:
            known = session.account_id
            return replace(found, account_id=known, region=session.region) if known else None
        return found

    def _follow(self) -> None:
        """Takes the rows of the function before away at once when another one is open."""
        function = self._parts.window.page.function
        arn = function.detail.function_arn if function is not None else ""
        if arn != self._listed:
            self._listed = arn
            if self.panel.scope.currentIndex() == THIS_FUNCTION:
                self._services.jobs.drop("ledger.list")
                self.panel.model.set_rows(())
                self._refresh_if_visible()

    def _refresh_if_visible(self) -> None:
        if self.panel.isVisible():
            self.refresh()

    def refresh(self) -> None:
        """Reads what matches."""
        history, wanted = history_of(self._services), self.wanted()
        if wanted is None:
            self._has_more = False
            self._services.jobs.drop("ledger.list")
            self.panel.show_no_scope()
            return
        rows = max(_PAGE, self.panel.model.rowCount())

        def run(_ctx: JobContext) -> tuple[tuple[HistoryEntry, ...], int]:
            return history.list(wanted, rows + 1), history.size_bytes()

        self.submit(_("Reading the invocations"), run, lambda found: self._show(rows, *found))

    def _show(self, rows: int, entries: tuple[HistoryEntry, ...], size_bytes: int) -> None:
        self._has_more = len(entries) > rows
        entries = entries[:rows]
        count = len(entries)
        shown = ngettext("{count:,} invocation", "{count:,} invocations", count).format(count=count)
        if self._has_more:
            shown = _("Latest {shown}").format(shown=shown)
        kept = _("{size} stored in total").format(size=size_text(size_bytes))
        self.panel.show_entries(entries, f"{shown}  ·  {kept}")

    def _read_more(self) -> None:
        model = self.panel.model
        wanted = self.wanted()
        if not self._has_more or not model.rowCount() or wanted is None:
            return
        self._has_more = False
        history, before = history_of(self._services), model.row(model.rowCount() - 1)

        def show(entries: tuple[HistoryEntry, ...]) -> None:
            self._has_more = len(entries) > _PAGE
            model.add(entries[:_PAGE])

        self.submit(
            _("Reading the invocations"),
            lambda _ctx: history.list(wanted, _PAGE + 1, before.number),
            show,
        )

    def submit[T](
        self,
        title: str,
        run: Callable[[JobContext], T],
        then: Callable[[T], object],
        key: str = "ledger.list",
    ) -> None:
        """Does something with the history that a newer request replaces."""
        self._services.jobs.submit(
            Job(title, run, replaces=key, quiet=True, on_done=then, on_error=self.failed.emit)
        )

    # Looking ------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        chosen = self.panel.selected()
        if len(chosen) != 1:
            return
        history, number = history_of(self._services), chosen[0].number

        def show(entry: HistoryEntry | None) -> None:
            if entry is not None:
                self.function_of(
                    entry,
                    lambda function: self._show_entry(function, entry, is_known=True),
                    lambda function, _why: self._show_entry(function, entry, is_known=False),
                )

        self.submit(_("Reading an invocation"), lambda _ctx: history.get(number), show, "ledger.open")

    def _show_newest(self, function: OpenFunction) -> None:
        """Shows the newest invocation of the open function that had an answer, as far as it was kept."""
        history = history_of(self._services)
        wanted = _search_of(
            function, HistorySearch(outcomes=(InvocationOutcome.SUCCEEDED, InvocationOutcome.FUNCTION_ERROR))
        )

        def run(_ctx: JobContext) -> HistoryEntry | None:
            return next((history.get(each.number) for each in history.list(wanted, 1)), None)

        def show(entry: HistoryEntry | None) -> None:
            if entry is not None and not entry.redacted:
                self._result.show_newest(function, self._shower(function, entry, reads_log=False))

        self.submit(_("Reading the last invocation"), run, show, "ledger.newest")

    def _show_entry(self, function: OpenFunction, entry: HistoryEntry, *, is_known: bool) -> None:
        self._result.show(function if is_known else None, self._shower(function, entry, reads_log=is_known))

    def _shower(self, function: OpenFunction, entry: HistoryEntry, *, reads_log: bool) -> Callable[[], None]:
        """Gives what fills the Result panel with an entry, and whether a log that is not whole is read."""
        panel = self._parts.window.result

        def show() -> None:
            if entry.redacted or not has_answer(entry):
                panel.show_running(entry.sent.function_name)
                why = (
                    _("The payload, response and log were redacted.") if entry.redacted else entry.ended.error
                )
                words = why or _("Its result is unknown. Check the function's log.")
                sent_at = started_at(entry) if reads_log and may_have_run(entry) else None
                panel.show_failed(WorkbenchError(words, "", "", ""), sent_at)
                return
            log = entry.ended.log if has_whole_log(entry) or not reads_log else ""
            panel.show_result(
                function,
                started_at(entry),
                result_of(entry),
                sent=entry.sent.payload,
                mode=entry.sent.mode,
                number=entry.number,
                log=log or ("" if reads_log else _("Its log was not loaded at the time.")),
                note=note_of(entry),
            )

        return show

    def function_of(
        self,
        entry: HistoryEntry,
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
            words = _("It was invoked in account {account_id}, {region}.")
            otherwise(
                stand_in,
                WorkbenchError(
                    _("{function_name} is in another account or region.").format(
                        function_name=sent.function_name
                    ),
                    words.format(account_id=sent.account_id, region=sent.region),
                    _("Choose a profile and region that can reach it."),
                ),
            )
            return
        self._services.jobs.submit(
            Job(
                _("Reading {function_name}").format(function_name=sent.function_name),
                lambda ctx: OpenFunction(connection, get_function(connection, sent.function_name, "", ctx)),
                replaces="ledger.function",
                on_done=then,
                on_error=lambda error: otherwise(stand_in, error),
            )
        )

    def _use(self) -> None:
        chosen, history = self.panel.selected(), history_of(self._services)

        def use(entry: HistoryEntry | None) -> None:
            if entry is not None:
                self._parts.window.page.show_tab(self._parts.test.objectName())
                self._parts.test.take_text(entry.sent.payload.decode("utf-8", "replace"))

        if len(chosen) == 1:
            number = chosen[0].number
            self.submit(_("Reading an invocation"), lambda _ctx: history.get(number), use, "ledger.open")


def _search_of(function: OpenFunction, search: HistorySearch) -> HistorySearch:
    """The same search, only among the invocations of a function."""
    detail = function.detail
    return replace(
        search, account_id=detail.account_id, region=detail.region, function_name=detail.function_name
    )


def _is_of(sent: SentInvocation, function: OpenFunction) -> bool:
    detail = function.detail
    there = (detail.account_id, detail.region, detail.function_name)
    return there == (sent.account_id, sent.region, sent.function_name)
