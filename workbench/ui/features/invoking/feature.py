"""Invoking: what is sent and asked before, Invoke Several Times…, the test event in the code editor."""

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
from workbench.invoke.history import InvocationOutcome
from workbench.invoke.payload import as_json
from workbench.invoke.run import AnswerLost, Run, repeat
from workbench.ui.action_spec import ActionSpec
from workbench.ui.editor import Snapshot, TextEdit
from workbench.ui.features.invoking import repeat_dialog
from workbench.ui.features.invoking.result import ResultRoute
from workbench.ui.files.open_files import VirtualDocument
from workbench.ui.kit import charts
from workbench.ui.kit.text import tool_tip
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.test import TestPage
from workbench.ui.pages.test_events import edit_of, replace_text
from workbench.ui.services import OpenFunction
from workbench.ui.shell.context import Context
from workbench.ui.shell.invoker import Invocation, Request, history_of, send

_FOLLOW_AFTER_MS = 100
_MAX_CHARACTERS = 100_000  # of an event of one's own whose source is looked for
_LARGE = 200_000  # characters; of such a text only what changed goes to the editor: all of it takes a while
_END = 2**30  # a line, or a column, that is beyond any text's: its end is meant
INVOKE, EDIT = "function.invoke", "function.edit_event"


def activate(context: Context) -> None:
    """Adds what can be sent, and how; the Result panel follows the open function."""
    page, result = context.page(TestPage), context.window.result
    event, repeating = EventInEditor(context), RepeatFlow(context)
    ResultRoute(context)

    def invoke() -> None:
        if (request := page.ask()) is not None and page.function is not None:
            context.invoker.send(page.function, request)

    def use_event(text: str) -> None:
        """Uses a text as the test event; Undo brings back the previous one."""
        context.window.page.show_tab(page.object_name)
        page.take_text(text)

    def code_folder() -> Path | None:
        workspace = context.page(CodePage).workspace
        return workspace.local_folder if workspace is not None else None

    context.services.actions.bind(INVOKE, lambda: event.settle(invoke))
    submenu = _("Run and Debug")
    several = ActionSpec(
        "function.invoke_repeatedly",
        _("Invoke Several Times…"),
        "Ctrl+Shift+R",
        "",
        "function",
        submenu=submenu,
        terms=_("load test, latency"),
    )
    context.action(several, lambda: event.settle(repeating.begin), after=INVOKE)
    edit = ActionSpec(EDIT, _("Edit Test Event in Code Editor"), when="function", submenu=submenu)
    editing = context.action(edit, event.open, after=several.id)
    page.edit_button.setToolTip(tool_tip(editing.toolTip()))
    page.edit_button.clicked.connect(editing.trigger)
    page.notice.connect(context.notify)
    page.menu.suggest = code_folder
    context.action(
        ActionSpec("view.result", _("Result"), "Alt+8", begins_group=True, terms=_("response, output")),
        lambda: context.window.go_to_panel(result),
        after="view.versions",
    )
    context.route("test.event", use_event)
    context.route("test.settle", event.settle)

    def keep(then: Callable[[], None]) -> None:
        def settled() -> None:
            page.keep_typed()
            then()

        event.settle(settled)

    context.before_close(keep)


class EventInEditor(QObject):
    """The test event as a tab of the code editor, with the same text as the Test tab."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._tabs, self._test, self._code = (
            context.window.page,
            context.page(TestPage),
            context.page(CodePage),
        )
        self._files = self._code.files
        self._virtual_documents = self._files.virtual_documents
        self._title = "{ } " + _("Test event")
        self._is_taking = False
        self._wanted: Path | None = None  # the function, by its events' place, whose event is to be shown
        self._text = ""  # what both are known to say
        self._shown: TestEvent | None = None  # the kept event that the tab shows
        self._pause = QTimer(self, singleShot=True, interval=_FOLLOW_AFTER_MS)
        self._pause.timeout.connect(self._follow_field)
        self._test.text.textChanged.connect(self._field_changed)
        self._test.event_shown.connect(self._event_shown)
        self._code.workspace_changed.connect(self._show_wanted)
        self._code.content.opening.ended.connect(self._show_wanted)
        self._tabs.tab_changed.connect(self._tab_changed)

    @property
    def _is_open(self) -> bool:
        return self._virtual_documents.opened(self._title) is not None

    def open(self) -> None:
        """Shows the event in the code editor, once the function's code is open or known not to come."""
        store = self._test.store
        self._wanted = store.memory if store is not None else None
        self._tabs.show_tab("codePage")
        self._show_wanted()

    def _show_wanted(self) -> None:
        store = self._test.store
        if self._wanted is None or store is None or self._wanted != store.memory:
            return
        if self._test.current() is None:
            return  # it is still on its way
        if self._code.workspace is None and not self._code.content.show_without_code():
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
        self._virtual_documents.show(
            VirtualDocument(self._title, uri, typed, self._save), kept.text, event.text
        )

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
        self.settle(self._test.save)

    def settle(self, then: Callable[[], object]) -> None:
        """Calls `then` once the Test tab and the editor have the same text."""
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
        text, opened = self._test.text.toPlainText(), self._virtual_documents.opened(self._title)
        if opened is None or text == self._text:
            return
        before, self._text = self._text, text
        edit = TextEdit(1, 1, _END, _END, text)  # whatever was typed there in this very moment
        if len(text) > _LARGE:
            edit = edit_of(before, text)
        if len(edit.text) > _LARGE:
            self._show()  # large texts travel beside the channel when a document is opened
        else:
            self._files.editor.edit(opened.uri, [edit])

    def _event_shown(self) -> None:
        """Another event was chosen, or this one was saved."""
        self._show_wanted()
        opened, kept, shown = (
            self._virtual_documents.opened(self._title),
            self._test.picker.chosen,
            self._shown,
        )
        if opened is None or kept is None or shown is None:
            return
        self._pause.stop()
        if (kept.name, kept.is_sample, kept.is_shared) != (shown.name, shown.is_sample, shown.is_shared):
            self._show()
            return
        self._follow_field()
        self._shown = kept
        self._files.editor.text(opened.uri, self._mark_saved)

    def _mark_saved(self, shown: Snapshot) -> None:
        if self._shown is not None and shown.text == self._shown.text:
            self._files.editor.mark_saved(shown)


class RepeatFlow(QObject):
    """Invoke Several Times…, from the dialog to the last response."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context, self._services, self._test = context, context.services, context.page(TestPage)

    def begin(self) -> None:
        """Shows the dialog."""
        test = self._test
        function = test.function
        if function is None:
            return
        request = test.ask()
        if request is None:
            return
        dialog = repeat_dialog.RepeatDialog(self._services, function.detail, self._context.window)

        def start(times: int, parallel: int) -> None:
            self._context.invoker.ask(
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
