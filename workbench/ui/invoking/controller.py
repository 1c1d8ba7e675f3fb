"""Invoking in the window: what is asked before, Invoke Several Times…, the test event in the code editor."""

import secrets
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from PySide6.QtCore import QObject, QTimer

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.invoke.events import EventStore, TestEvent, shape_hints
from workbench.invoke.history import InvocationOutcome, Mode
from workbench.invoke.payload import as_json
from workbench.invoke.run import AnswerLost, Run, repeat
from workbench.profiles.safety import Tier
from workbench.ui.editor import Snapshot, TextEdit
from workbench.ui.guest_documents import Guest
from workbench.ui.invocation_history.flow import LedgerFlow
from workbench.ui.invocation_history.maintenance import LedgerKeeping
from workbench.ui.invocation_history.panel import LedgerPanel
from workbench.ui.invocation_history.replay import LedgerAgain
from workbench.ui.invoking import repeat_dialog
from workbench.ui.invoking.event_text import edit_of, replace_text
from workbench.ui.invoking.invoker import Invocation, Request, history_of, send
from workbench.ui.invoking.result_route import ResultRoute
from workbench.ui.kit import charts
from workbench.ui.parts import Parts
from workbench.ui.protection import Protection
from workbench.ui.services import OpenFunction

_FOLLOW_AFTER_MS = 100
_MAX_CHARACTERS = 100_000  # of an event of one's own whose source is looked for
_LARGE = 200_000  # characters; of such a text only what changed goes to the editor: all of it takes a while
_END = 2**30  # a line, or a column, that is beyond any text's: its end is meant
EDIT = "function.edit_event"


class EventInEditor(QObject):
    """The test event as a tab of the code editor, with the same text as the Test tab."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._parts, self._test, self._files = parts, parts.test, parts.code.files
        self._virtual_documents = self._files.guests
        self._title = "{ } " + _("Test event")
        self._is_taking = False
        self._wanted: Path | None = None  # the function, by its events' place, whose event is to be shown
        self._text = ""  # what both are known to say
        self._shown: TestEvent | None = None  # the kept event that the tab shows
        self._pause = QTimer(self, singleShot=True, interval=_FOLLOW_AFTER_MS)
        self._pause.timeout.connect(self._follow_field)
        self._test.text.textChanged.connect(self._field_changed)
        self._test.event_shown.connect(self._event_shown)
        self._test.settled = self._settle
        parts.code.workspace_changed.connect(self._show_wanted)
        parts.code.content.opening.ended.connect(self._show_wanted)
        parts.window.page.tab_changed.connect(self._tab_changed)
        parts.services.actions.bind(EDIT, self.open)

    @property
    def _is_open(self) -> bool:
        return self._virtual_documents.opened(self._title) is not None

    def open(self) -> None:
        """Shows the event in the code editor, once the function's code is open or known not to come."""
        store = self._test.store
        self._wanted = store.memory if store is not None else None
        self._parts.window.page.show_tab("codePage")
        self._show_wanted()

    def _show_wanted(self) -> None:
        store = self._test.store
        if self._wanted is None or store is None or self._wanted != store.memory:
            return
        if self._test.current() is None:
            return  # it is still on its way
        if self._parts.code.workspace is None and not self._parts.code.content.show_without_code():
            return  # the code is
        self._wanted = None
        self._follow_field()
        if self._is_open:
            self._virtual_documents.bring(self._title)
        else:
            self._show()
        self._files.editor.focus_text()

    def _show(self) -> None:
        """Opens the tab, or another event in the open one."""
        store, event, kept = self._test.store, self._test.current(), self._test.picker.chosen
        if store is None or event is None or kept is None:
            return
        self._text, self._shown = event.text, kept
        uri = self._uri(store, event)
        typed = partial(self._typed, uri, store, kept)
        self._virtual_documents.show(Guest(self._title, uri, typed, self._save), kept.text, event.text)

    def _uri(self, store: EventStore, event: TestEvent) -> str:
        """The URI of the event: its folder names the sample that it is like, which has a schema."""
        sample = event.name if event.is_sample else ""
        if not sample and len(event.text) <= _MAX_CHARACTERS:
            sample, _places = shape_hints(as_json(event.text), self._test.samples)
        function = sha256(str(store.memory).encode()).hexdigest()[:16]
        kind = "shared" if event.is_shared else "sample" if event.is_sample else "own"
        made_from = f"made-from/{quote(sample, safe='')}/" if sample else ""
        return f"test-event:/{function}/{kind}/{made_from}events/{quote(event.name, safe='')}.json"

    # What is typed in the tab

    def _typed(self, uri: str, store: EventStore, kept: TestEvent, text: str) -> None:
        now = self._test.store
        if now is None or now.memory != store.memory:
            # The last of it came after another function was opened.
            self._test.keep_for(store, TestEvent(kept.name, text, kept.is_sample, kept.is_shared))
            return
        if text == self._text or uri != self._virtual_documents.uri_of(self._title):
            return  # known, or of an event that another one was chosen instead of
        is_known = self._is_open and not self._pause.isActive()
        before = self._text if is_known else self._test.text.toPlainText()
        self._pause.stop()
        self._text, self._is_taking = text, True
        replace_text(self._test.text, text, before)
        self._is_taking = False

    def _save(self) -> None:
        self._settle(self._test.save)

    def _settle(self, then: Callable[[], object]) -> None:
        """Runs `then` once the Test tab and the editor have the same text."""
        if not self._is_open:
            then()
            return
        self._follow_field()

        def run() -> None:
            then()

        self._files.editor.flush(run)

    # What is typed, or chosen, on the Test tab

    def _field_changed(self) -> None:
        if self._is_open and not self._is_taking:
            self._pause.start()

    def _tab_changed(self, _name: str) -> None:
        if self._pause.isActive():
            self._follow_field()

    def _follow_field(self) -> None:
        self._pause.stop()
        if not self._is_open:
            return
        text, guest = self._test.text.toPlainText(), self._virtual_documents.opened(self._title)
        if guest is None or text == self._text:
            return
        before, self._text = self._text, text
        edit = TextEdit(1, 1, _END, _END, text)  # whatever was typed there in this very moment
        if len(text) > _LARGE:
            edit = edit_of(before, text)
        if len(edit.text) > _LARGE:
            self._show()  # large texts travel beside the channel when a document is opened
        else:
            self._files.editor.edit(guest.uri, [edit])

    def _event_shown(self) -> None:
        """Another event was chosen, or this one was saved."""
        self._show_wanted()
        guest, kept, shown = (
            self._virtual_documents.opened(self._title),
            self._test.picker.chosen,
            self._shown,
        )
        if guest is None or kept is None or shown is None:
            return
        self._pause.stop()
        if (kept.name, kept.is_sample, kept.is_shared) != (shown.name, shown.is_sample, shown.is_shared):
            self._show()
            return
        self._follow_field()
        self._shown = kept
        self._files.editor.text(guest.uri, self._mark_saved)

    def _mark_saved(self, shown: Snapshot) -> None:
        if self._shown is not None and shown.text == self._shown.text:
            self._files.editor.mark_saved(shown)


class RepeatFlow(QObject):
    """Invoke Several Times…, from the dialog to the last response."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._parts, self._services = parts, parts.services
        parts.services.actions.bind("function.invoke_repeatedly", self.begin)

    def begin(self) -> None:
        """Shows the dialog."""
        self._parts.test.settled(self._begin)

    def _begin(self) -> None:
        test = self._parts.test
        function = test.function
        if function is None:
            return
        request = test.ask()
        if request is None:
            return
        dialog = repeat_dialog.RepeatDialog(self._services, function.detail, self._parts.window)

        def start(times: int, parallel: int) -> None:
            test.invoker.before_send(
                function, request, lambda: self._start(dialog, function, request, times, parallel)
            )

        dialog.start_wanted.connect(start)
        dialog.open()

    def _start(
        self,
        dialog: "repeat_dialog.RepeatDialog",
        function: OpenFunction,
        request: Request,
        times: int,
        parallel: int,
    ) -> None:
        services, history, batch = (
            self._services,
            history_of(self._services),
            f"repeat-{secrets.token_hex(6)}",
        )
        one = Request(
            request.payload,
            request.mode,
            qualifier=request.qualifier,
            client_context=request.client_context,
            tenant_id=request.tenant_id,
            event_name=request.event_name,
            batch=batch,
        )

        def run_one(_number: int, ctx: JobContext) -> Run:
            begun, begun_s = services.clock.now(), services.clock.monotonic()
            try:
                sent = send(Invocation(function, begun, one), history, services.clock, ctx)
            except WorkbenchError as error:
                lost = isinstance(error, AnswerLost)
                taken_ms = (services.clock.monotonic() - begun_s) * 1000
                outcome = InvocationOutcome.LOST if lost else InvocationOutcome.REFUSED
                return Run(begun.timestamp(), taken_ms, outcome, error.aws_code or error.why)
            if sent.problem is not None:
                raise sent.problem  # what cannot be kept is not sent a thousand times
            result = sent.invocation.result
            assert result is not None
            report = result.report
            return Run(
                begun.timestamp(),
                result.duration_ms,
                InvocationOutcome.FUNCTION_ERROR if result.failure else InvocationOutcome.SUCCEEDED,
                result.error_type,
                report.billed_ms if report else None,
                bool(report and report.init_ms),
            )

        def run(ctx: JobContext) -> tuple[Run, ...]:
            charts.preload()
            return repeat(times, parallel, run_one, ctx)

        dialog.begin()
        handle = services.jobs.submit(
            Job(
                _("Invoking {function_name} several times").format(
                    function_name=function.detail.function_name
                ),
                run,
                on_item=dialog.add,
                on_done=lambda _runs: dialog.end(),
                on_error=dialog.show_failed,
                on_cancelled=lambda: dialog.end(
                    _("Cancelled. Invocations in progress continue. No more are sent.")
                ),
            )
        )
        dialog.cancel_wanted.connect(lambda: handle.cancel())
        dialog.finished.connect(lambda _answer: handle.drop())


class ConnectedInvoking(QObject):
    """Connects invoking and the invocation history with the other parts of the window."""

    def __init__(self, parts: Parts, protection: Protection, result: ResultRoute) -> None:
        super().__init__(parts.window)
        window = parts.window
        self.ledger = LedgerFlow(parts, LedgerPanel(parts.services), result)
        self.keeping, self.again = LedgerKeeping(parts, self.ledger), LedgerAgain(parts, self.ledger)
        window.add_panel(self.ledger.panel, _("Invocations"))
        self.ledger.failed.connect(window.banners.show_error)
        self.keeping.notice.connect(lambda text, detail: window.banners.show_notice(text, detail, "good"))
        parts.services.actions.bind("view.invocations", lambda: window.go_to_panel(self.ledger.panel))
        self._parts, self._protection = parts, protection
        self._agreed: set[str] = set()  # functions in production that may be invoked until the program ends
        parts.test.invoker.before_send = self._before_send
        self.repeating, self.editing = RepeatFlow(parts), EventInEditor(parts)
        parts.test.menu.suggest = self._code_folder

    def _code_folder(self) -> Path | None:
        """The local folder of the open function's code, if it has one."""
        workspace = self._parts.code.workspace
        return workspace.local_folder if workspace is not None else None

    def _before_send(self, function: OpenFunction, request: Request, then: Callable[[], object]) -> None:
        """Asks once for each production function, as its code is run."""
        arn = function.detail.function_arn
        is_production = self._protection.tier_for(function.connection) is Tier.PRODUCTION
        if not is_production or request.mode is Mode.DRY_RUN or arn in self._agreed:
            then()
            return

        def agreed() -> None:
            self._agreed.add(arn)
            then()

        words = _("{function_name} is a production function. Invoking it runs its code with this event.")
        self._protection.confirm_change(
            function,
            _("Invoke in production"),
            words.format(function_name=function.detail.function_name),
            _("Invoke"),
            agreed,
        )
