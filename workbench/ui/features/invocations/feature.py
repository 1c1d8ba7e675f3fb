"""The invocation history: searched, shown again, repeated, compared, redacted, deleted, exported."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QObject

from workbench.aws.names import Arn
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _, ngettext
from workbench.functions.detail import get_function
from workbench.functions.invocations import Report
from workbench.functions.model import FunctionDetail, detail_of
from workbench.invoke.history import (
    HistoryEntry,
    HistorySearch,
    HistorySetAside,
    InvocationOutcome,
    Mode,
    SentInvocation,
    export_history,
)
from workbench.invoke.payload import parse_failure
from workbench.invoke.run import InvocationResult, ReplayPair, replay
from workbench.ui.features.invocations.panel import (
    THIS_ACCOUNT,
    THIS_FUNCTION,
    CompareDialog,
    InvocationsPanel,
    when_text,
)
from workbench.ui.kit.dialog import Question
from workbench.ui.kit.file_dialog import FileDialog
from workbench.ui.kit.text import size_text
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context
from workbench.ui.shell.invoker import Invocation, Request, history_of, send
from workbench.ui.shell.services import OpenFunction
from workbench.ui.shell.version_picker import VersionPicker

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


def activate(context: Context) -> None:
    """Adds the panel of the history, and what is done with its entries."""
    history = History(context)
    context.window.add_panel(history.panel, _("Invocations"))
    context.action(
        ActionSpec("view.invocations", _("Invocations"), "Alt+Shift+J", terms=_("history, payloads")),
        lambda: context.window.go_to_panel(history.panel),
        after="view.result",
    )


class History(QObject):
    """Searches the history, shows its entries, and does what is asked with them; asks before any is lost."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context, self._services = context, context.services
        self.panel = panel = InvocationsPanel(context.services)
        self._has_more = False
        for signal, does in (
            (panel.search_changed, self.refresh),
            (panel.more_wanted, self._read_more),
            (panel.open_wanted, self._open),
            (panel.use_wanted, self._use),
            (panel.redact_wanted, self._redact),
            (panel.delete_wanted, self._delete),
            (panel.export_wanted, self._ask_where),
            (panel.replay_wanted, lambda: self._replay_selected(None)),
            (panel.replay_version_wanted, self._choose_version),
            (panel.compare_wanted, self._compare),
        ):
            signal.connect(does)
        panel.failed.connect(self._report)
        panel.table.exported.connect(self._say_exported)
        context.before_end(self._merge)
        invoker = context.invoker
        ended = (invoker.finished, invoker.ended, invoker.several_ended)
        for changed in (*ended, context.window.result.log_kept):
            changed.connect(lambda *__: self._refresh_if_visible())
        self._listed = ""  # the function that "This function" meant last
        context.function_opened.connect(lambda _function: self._follow())
        context.function_closed.connect(self._follow)

    def _report(self, error: WorkbenchError) -> None:
        """Shows why something could not be done, whichever function it was about."""
        self._context.window.banners.show_error(error)

    def _merge(self, then: Callable[[], None]) -> None:
        """Leaves the history in one file at the end: its log is no place to stay."""
        history = history_of(self._services)

        def merge(_ctx: JobContext) -> None:
            history.merge()

        self._services.jobs.start(
            _("Saving the invocation history"), merge, quiet=True, urgent=True, on_done=lambda _none: then()
        )

    # Finding ------------------------------------------------------------------------------------------------

    def _wanted(self) -> HistorySearch | None:
        """What is looked for; None while there is no open function, or no account, that it is about."""
        function, session = self._context.function, self._context.session
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
        function = self._context.function
        arn = function.detail.function_arn if function is not None else ""
        if arn != self._listed:
            self._listed = arn
            if self.panel.scope.currentIndex() == THIS_FUNCTION:
                self._services.jobs.drop("ledger.list")
                self.panel.model.set_rows(())
                self._refresh_if_visible()
            if function is not None:
                self._show_newest(function)

    def _refresh_if_visible(self) -> None:
        if self.panel.isVisible():
            self.refresh()

    def refresh(self) -> None:
        """Reads what matches."""
        history, wanted = history_of(self._services), self._wanted()
        if wanted is None:
            self._has_more = False
            self._services.jobs.drop("ledger.list")
            self.panel.show_no_scope()
            return
        rows = max(_PAGE, self.panel.model.rowCount())

        def run(_ctx: JobContext) -> tuple[tuple[HistoryEntry, ...], int]:
            return history.list(wanted, rows + 1), history.size_bytes()

        def failed(error: WorkbenchError) -> None:
            self._report(error)
            if isinstance(error, HistorySetAside):
                self.refresh()

        self._context.read(
            _("Reading the invocations"),
            run,
            lambda found: self._show(rows, *found),
            key="ledger.list",
            failed=failed,
            quiet=True,
        )

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
        wanted = self._wanted()
        if not self._has_more or not model.rowCount() or wanted is None:
            return
        self._has_more = False
        history, before = history_of(self._services), model.row(model.rowCount() - 1)

        def show(entries: tuple[HistoryEntry, ...]) -> None:
            self._has_more = len(entries) > _PAGE
            model.add(entries[:_PAGE])

        self._submit(
            _("Reading the invocations"), lambda _ctx: history.list(wanted, _PAGE + 1, before.number), show
        )

    def _submit[T](
        self,
        title: str,
        run: Callable[[JobContext], T],
        then: Callable[[T], object],
        key: str = "ledger.list",
    ) -> None:
        """Does something with the history that a newer request replaces."""
        self._context.read(title, run, then, key=key, failed=self._report, quiet=True)

    # Looking ------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        chosen = self.panel.selected()
        if len(chosen) != 1:
            return
        history, number = history_of(self._services), chosen[0].number

        def show(entry: HistoryEntry | None) -> None:
            if entry is not None:
                self._function_of(
                    entry,
                    lambda function: self._show_entry(function, entry, is_known=True),
                    lambda function, _why: self._show_entry(function, entry, is_known=False),
                )

        self._submit(_("Reading an invocation"), lambda _ctx: history.get(number), show, "ledger.open")

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
                shower = self._shower(function, entry, reads_log=False)
                self._context.navigate("result.newest", function, shower)

        self._submit(_("Reading the last invocation"), run, show, "ledger.newest")

    def _show_entry(self, function: OpenFunction, entry: HistoryEntry, *, is_known: bool) -> None:
        shower = self._shower(function, entry, reads_log=is_known)
        self._context.navigate("result.show", function if is_known else None, shower)

    def _shower(self, function: OpenFunction, entry: HistoryEntry, *, reads_log: bool) -> Callable[[], None]:
        """Gives what fills the Result panel with an entry, and whether a log that is not whole is read."""
        panel = self._context.window.result

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

    def _function_of(
        self,
        entry: HistoryEntry,
        then: Callable[[OpenFunction], object],
        otherwise: Callable[[OpenFunction, WorkbenchError], object],
    ) -> None:
        """Finds the function of an entry: the open one, or one of the session's account and region."""
        sent, opened, connection = (entry.sent, self._context.function, self._context.session.connection)
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
        self._context.read(
            _("Reading {function_name}").format(function_name=sent.function_name),
            lambda ctx: OpenFunction(connection, get_function(connection, sent.function_name, "", ctx)),
            then,
            key="ledger.function",
            failed=lambda error: otherwise(stand_in, error),
        )

    def _use(self) -> None:
        chosen, history = self.panel.selected(), history_of(self._services)

        def use(entry: HistoryEntry | None) -> None:
            if entry is not None:
                self._context.navigate("test.event", entry.sent.payload.decode("utf-8", "replace"))

        if len(chosen) == 1:
            number = chosen[0].number
            self._submit(_("Reading an invocation"), lambda _ctx: history.get(number), use, "ledger.open")

    # Redacting, deleting, exporting -----------------------------------------------------------------------

    def _redact(self) -> None:
        history = history_of(self._services)
        numbers = [entry.number for entry in self.panel.selected()]
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
        numbers = [entry.number for entry in self.panel.selected()]
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
        question = Question(
            "ledgerQuestion",
            title,
            words.format(invocations=what),
            yes,
            self._context.window,
            is_destructive=True,
        )

        def begin() -> None:
            self._services.jobs.start(
                title,
                lambda _ctx: change(),
                lane="ledger",
                on_done=lambda _none: self.refresh(),
                on_error=self._report,
            )

        question.ask(begin)

    def _ask_where(self) -> None:
        dialog = FileDialog("exportInvocations", _("Export Invocations"), self._context.window)
        dialog.ask_where_to_save("invocations.jsonl")
        dialog.fileSelected.connect(lambda path: self.export(Path(path)))
        dialog.open()

    def _say_exported(self, path: Path) -> None:
        count = len(self.panel.model.visible)
        words = ngettext("{count:,} listed invocation", "{count:,} listed invocations", count)
        banners = self._context.window.banners
        banners.show_notice(_("{words} exported.").format(words=words.format(count=count)), str(path), "good")

    def export(self, path: Path) -> None:
        """Writes all that matches the search to a file."""
        history, wanted = history_of(self._services), self._wanted()
        if wanted is None:
            why, remedy = _("No function is open."), _("Open a function, or choose Everywhere.")
            self._report(WorkbenchError(_("No invocations were exported."), why, remedy))
            return

        def exported(count: int) -> None:
            words = ngettext("{count:,} invocation", "{count:,} invocations", count).format(count=count)
            banners = self._context.window.banners
            banners.show_notice(_("{words} exported.").format(words=words), str(path), "good")

        self._context.read(
            _("Exporting invocations"),
            lambda ctx: export_history(history, wanted, path, ctx),
            exported,
            failed=self._report,
        )

    # Replaying ----------------------------------------------------------------------------------------------

    def _choose_version(self) -> None:
        chosen = self.panel.selected()
        if not chosen:
            return

        def ask(function: OpenFunction) -> None:
            picker = VersionPicker(
                self._services,
                function.connection,
                function.detail.function_name,
                _("Invoke Other Version"),
                self._context.window,
            )
            picker.chosen.connect(lambda choice: self._replay_selected(choice.qualifier))
            picker.open()

        self._function_of(chosen[0], ask, lambda _function, error: self._report(error))

    def _replay_selected(self, qualifier: str | None) -> None:
        chosen = self.panel.selected()
        if not chosen:
            return
        if len({(each.sent.account_id, each.sent.region, each.sent.function_name) for each in chosen}) > 1:
            self._report(
                WorkbenchError(
                    _("The invocations were not repeated."),
                    _("They belong to several functions."),
                    _("Select invocations of one function."),
                )
            )
            return
        self._function_of(
            chosen[0],
            lambda function: self._replay(function, [each.number for each in chosen], qualifier),
            lambda _function, error: self._report(error),
        )

    def _replay(self, function: OpenFunction, numbers: list[int], qualifier: str | None) -> None:
        services, history, batch = (
            self._services,
            history_of(self._services),
            f"replay-{secrets.token_hex(6)}",
        )
        pairs: list[ReplayPair] = []

        def one(ctx: JobContext) -> Callable[[SentInvocation, str, str], object]:
            def again(sent: SentInvocation, to: str, batch: str) -> object:
                request = Request(
                    sent.payload,
                    Mode.SYNC if sent.mode is Mode.LOCAL else sent.mode,
                    qualifier=to,
                    client_context=sent.client_context,
                    tenant_id=sent.tenant_id,
                    event_name=sent.event_name,
                    batch=batch,
                    resolves=False,
                )
                return send(Invocation(function, services.clock.now(), request), history, services.clock, ctx)

            return again

        def run(ctx: JobContext) -> list[ReplayPair]:
            return replay(history, numbers, qualifier, batch, one(ctx), ctx)

        def begin() -> None:
            self._context.read(
                _("Invoking {function_name} again").format(function_name=function.detail.function_name),
                run,
                lambda _pairs: self._replayed(pairs),
                on_item=lambda pair: pairs.append(pair) if isinstance(pair, ReplayPair) else None,
                failed=self._replay_failed,
                cancelled=lambda: self._replayed(pairs),
            )

        probe = Request(b"", qualifier=qualifier or "")
        self._context.invoker.ask(function, probe, begin)

    def _replay_failed(self, error: WorkbenchError) -> None:
        self.refresh()
        self._report(error)

    def _replayed(self, pairs: list[ReplayPair]) -> None:
        self.refresh()
        if pairs:
            differ = sum(not pair.is_same for pair in pairs)
            words = _("Invocations: {count}. Responses that differ: {differ}.")
            self._show_pairs(
                _("Invoked Again"), words.format(count=f"{len(pairs):,}", differ=f"{differ:,}"), pairs
            )

    def _compare(self) -> None:
        chosen, history = self.panel.selected(), history_of(self._services)
        if len(chosen) != 2:
            return
        newer, older = chosen[0].number, chosen[1].number

        def show(found: tuple[HistoryEntry | None, HistoryEntry | None]) -> None:
            before, after = found
            if before is not None and after is not None:
                words = _("The older invocation is on the left.")
                self._show_pairs(_("Compare Invocations"), words, [ReplayPair(before, after)])

        self._submit(
            _("Reading two invocations"),
            lambda _ctx: (history.get(older), history.get(newer)),
            show,
            "ledger.open",
        )

    def _show_pairs(self, title: str, words: str, pairs: list[ReplayPair]) -> None:
        CompareDialog(self._services, title, words, pairs, self._context.window).open()


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
