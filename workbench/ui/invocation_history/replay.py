"""Recorded invocations are sent again, to the same version or another, and compared."""

import secrets
from collections.abc import Callable

from PySide6.QtCore import QObject

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.invoke.history import HistoryEntry, Mode, SentInvocation
from workbench.invoke.recorded import ReplayPair, replay
from workbench.ui.invocation_history import compare_dialog
from workbench.ui.invocation_history.flow import LedgerFlow
from workbench.ui.invoking.invoker import Invocation, Request, history_of, send
from workbench.ui.parts import Parts
from workbench.ui.services import OpenFunction
from workbench.ui.version_picker import VersionPicker


class LedgerAgain(QObject):
    """Replays the selected invocations, and compares two.

    Args:
        parts: Of the window.
        flow: Finds entries and their functions.
    """

    def __init__(self, parts: Parts, flow: LedgerFlow) -> None:
        super().__init__(flow)
        self._parts, self._flow, self._panel = parts, flow, flow.panel
        self._services = parts.services
        self._panel.replay_wanted.connect(lambda: self._replay_selected(None))
        self._panel.replay_version_wanted.connect(self._choose_version)
        self._panel.compare_wanted.connect(self._compare)

    def _choose_version(self) -> None:
        chosen = self._panel.selected()
        if not chosen:
            return

        def ask(function: OpenFunction) -> None:
            picker = VersionPicker(
                self._services,
                function.connection,
                function.detail.function_name,
                _("Invoke Other Version"),
                self._parts.window,
            )
            picker.chosen.connect(lambda choice: self._replay_selected(choice.qualifier))
            picker.open()

        self._flow.function_of(chosen[0], ask, lambda _function, error: self._flow.failed.emit(error))

    def _replay_selected(self, qualifier: str | None) -> None:
        chosen = self._panel.selected()
        if not chosen:
            return
        if len({(each.sent.account_id, each.sent.region, each.sent.function_name) for each in chosen}) > 1:
            self._flow.failed.emit(
                WorkbenchError(
                    _("The invocations were not repeated."),
                    _("They belong to several functions."),
                    _("Select invocations of one function."),
                )
            )
            return
        self._flow.function_of(
            chosen[0],
            lambda function: self._replay(function, [each.number for each in chosen], qualifier),
            lambda _function, error: self._flow.failed.emit(error),
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
            services.jobs.submit(
                Job(
                    _("Invoking {function_name} again").format(function_name=function.detail.function_name),
                    run,
                    on_item=lambda pair: pairs.append(pair) if isinstance(pair, ReplayPair) else None,
                    on_done=lambda _pairs: self._replayed(pairs),
                    on_error=self._replay_failed,
                    on_cancelled=lambda: self._replayed(pairs),
                )
            )

        probe = Request(b"", qualifier=qualifier or "")
        self._parts.test.invoker.before_send(function, probe, begin)

    def _replay_failed(self, error: WorkbenchError) -> None:
        self._flow.refresh()
        self._flow.failed.emit(error)

    def _replayed(self, pairs: list[ReplayPair]) -> None:
        self._flow.refresh()
        if pairs:
            differ = sum(not pair.is_same for pair in pairs)
            words = _("Repeated {count}; responses that differ: {differ}.")
            self._show_pairs(
                _("Invoked Again"), words.format(count=f"{len(pairs):,}", differ=f"{differ:,}"), pairs
            )

    def _compare(self) -> None:
        chosen, history = self._panel.selected(), history_of(self._services)
        if len(chosen) != 2:
            return
        newer, older = chosen[0].number, chosen[1].number

        def show(found: tuple[HistoryEntry | None, HistoryEntry | None]) -> None:
            before, after = found
            if before is not None and after is not None:
                words = _("The older invocation is on the left.")
                self._show_pairs(_("Compare Invocations"), words, [ReplayPair(before, after)])

        self._flow.submit(
            _("Reading two invocations"),
            lambda _ctx: (history.get(older), history.get(newer)),
            show,
            "ledger.open",
        )

    def _show_pairs(self, title: str, words: str, pairs: list[ReplayPair]) -> None:
        compare_dialog.CompareDialog(self._services, title, words, pairs, self._parts.window).open()
