"""Invoking: what is sent and asked before, Invoke Several Times…, the test event in the code editor."""

import secrets
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from PySide6.QtCore import QObject, QTimer

from workbench.code.workspace import LocalChanges
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.invoke.events import EventStore, TestEvent, shape_hints
from workbench.invoke.history import InvocationOutcome, Mode
from workbench.invoke.payload import as_json
from workbench.invoke.run import AnswerLost, LogLines, Run, repeat
from workbench.ui.editor import Snapshot, TextEdit
from workbench.ui.features.invoking import repeat_dialog
from workbench.ui.files.open_files import VirtualDocument
from workbench.ui.kit import charts
from workbench.ui.kit.text import tool_tip
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.code_opening import find_local_changes
from workbench.ui.pages.test import TestPage
from workbench.ui.pages.test_events import edit_of, replace_text
from workbench.ui.result.panel import code_text
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context
from workbench.ui.shell.invoker import Invocation, Request, history_of, send
from workbench.ui.shell.services import OpenFunction

_FOLLOW_AFTER_MS = 100
_MAX_CHARACTERS = 100_000  # of an event of one's own whose source is looked for
_LARGE = 200_000  # characters; of such a text only what changed goes to the editor: all of it takes a while
_END = 2**30  # a line, or a column, that is beyond any text's: its end is meant
INVOKE, EDIT, DEPLOY = "function.invoke", "function.edit_event", "function.deploy"


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
        ActionSpec("view.result", _("Result"), "F4", begins_group=True, terms=_("response, output")),
        lambda: context.window.go_to_panel(result),
        after="view.deploys",
    )
    context.route("test.invoke", lambda: event.settle(invoke))
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
        self._test.event_shown.connect(self._event_changed)
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
            self._virtual_documents.select(self._title)
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

    def _event_changed(self) -> None:
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

        several_ended = self._context.invoker.several_ended

        def end(text: str = "") -> None:
            dialog.end(text)
            several_ended.emit()

        def fail(error: WorkbenchError) -> None:
            dialog.show_failed(error)
            several_ended.emit()

        dialog.begin()
        handle = self._context.read(
            _("Invoking {function_name} several times").format(function_name=function.detail.function_name),
            run,
            lambda _runs: end(),
            on_item=dialog.add,
            failed=fail,
            cancelled=lambda: end(_("Cancelled. Invocations in progress continue. No more are sent.")),
        )
        dialog.cancel_wanted.connect(lambda: handle.cancel())
        dialog.finished.connect(lambda _answer: handle.drop())


_KEY = "invocation"
_NOT_KEPT = "invocation.not_kept"


class ResultRoute(QObject):
    """The panel shows the newest invocation of the open function."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context, self._window = context, context.window
        self._panel = context.window.result
        self._followed = ""  # ARN of the open function
        self._running: dict[str, Invocation] = {}  # the newest one without an answer, by function ARN
        self._awaited: Invocation | None = None  # of these, the one that the panel shows
        self._invoked: OpenFunction | None = None  # whose invocation the panel shows
        self._code = context.page(CodePage)
        self._edited: dict[str, bool] = {}  # by function ARN: whether the newest one left edits out
        self._answered: Invocation | None = None  # the invocation that the panel shows the answer of
        invoker, panel = context.invoker, self._panel
        invoker.started.connect(self._started)
        invoker.finished.connect(self._finished)
        invoker.ended.connect(self._failed)
        invoker.arrived.connect(self._arrived)
        banners = self._window.banners
        invoker.not_kept.connect(lambda error: banners.show_error(error, "warning", key=_NOT_KEPT))
        invoker.kept.connect(lambda: banners.dismiss(_NOT_KEPT))
        context.session.changed.connect(self.forget)
        context.sandbox_reset.connect(self.forget)
        context.deployed.connect(self._deployed)
        context.function_opened.connect(self._function_changed)
        context.function_closed.connect(self.leave)
        panel.logs_wanted.connect(self._show_logs)
        panel.place_wanted.connect(self._show_source)
        panel.allow_wanted.connect(self._allow)
        panel.setting_wanted.connect(self._show_setting)
        panel.deploy_and_invoke_wanted.connect(self._deploy_and_invoke)
        panel.failed.connect(self._window.function_banners.show_error)
        context.route("result.show", self.show)
        context.route("result.newest", self.show_newest)

    def forget(self) -> None:
        """Drops what is awaited of an account that was left or emptied."""
        self._running.clear()
        self._edited.clear()
        self._panel.forget()
        self.leave()

    def leave(self) -> None:
        """No function is open."""
        self._follow(None)

    def _function_changed(self, function: OpenFunction) -> None:
        """Shows what belongs to a function, unless it was the open one already."""
        arn = function.detail.function_arn
        if arn == self._followed:
            return
        self._follow(function)
        self._awaited = self._running.get(arn)
        if self._awaited is not None:
            self._panel.show_running(function.detail.function_name)

    def _follow(self, function: OpenFunction | None) -> None:
        self._followed = function.detail.function_arn if function else ""
        self._invoked, self._awaited, self._answered = function, None, None
        self._panel.clear()

    def show_newest(self, function: OpenFunction, show: Callable[[], None]) -> None:
        """Shows the newest recorded invocation of the open function, unless a newer one is shown."""
        if function is self._invoked and self._awaited is None and self._panel.is_empty:
            show()

    def show(self, function: OpenFunction | None, show: Callable[[], None]) -> None:
        """Brings the panel to the front for an invocation of the history.

        Args:
            function: That was invoked; None when there is none to lead to.
            show: Fills the panel.
        """
        self._invoked, self._awaited, self._answered = function, None, None
        self._window.show_panel(self._panel)
        show()

    def _started(self, invocation: Invocation) -> None:
        arn = invocation.function.detail.function_arn
        self._running[arn] = invocation
        self._look_for_edits(invocation)
        self._window.banners.dismiss(_KEY)  # that the one before failed is no news now
        if arn == self._followed:
            self._invoked, self._awaited, self._answered = invocation.function, invocation, None
            self._window.show_panel(self._panel)
            self._panel.show_running(invocation.function.detail.function_name)

    def _is_awaited(self, invocation: Invocation) -> bool:
        """Whether the panel waits for this one: no newer one was made, its function is open."""
        awaited = self._awaited
        return awaited is not None and _is_same(awaited, invocation)

    def _ended(self, invocation: Invocation) -> bool:
        """Notes that one has ended; returns whether the panel waits for it."""
        is_awaited, arn = self._is_awaited(invocation), invocation.function.detail.function_arn
        if arn in self._running and _is_same(self._running[arn], invocation):
            del self._running[arn]
        if is_awaited:
            self._awaited = None
        return is_awaited

    def _arrived(self, invocation: Invocation, piece: bytes | LogLines) -> None:
        if not self._is_awaited(invocation):
            return
        if isinstance(piece, LogLines):
            self._panel.log.add_text(piece.text)
        else:
            self._panel.add_piece(piece)

    def _finished(self, invocation: Invocation) -> None:
        if self._ended(invocation) and invocation.result is not None:
            self._panel.show_result(
                invocation.function,
                invocation.started_at,
                invocation.result,
                sent=invocation.payload,
                mode=invocation.request.mode,
                number=invocation.number,
                log=invocation.result.log_tail if invocation.request.mode is Mode.LOCAL else "",
            )
            self._answered = invocation
            self._say_which_code_ran()

    def _look_for_edits(self, invocation: Invocation) -> None:
        """Finds out whether the function's code here has edits that the invocation does not run."""
        function, services = invocation.function, self._context.services
        arn = function.detail.function_arn
        self._edited[arn] = False
        if invocation.request.mode in (Mode.LOCAL, Mode.DRY_RUN):
            return  # it runs the edits, or nothing
        workspace = self._code.workspace
        if workspace is not None and not workspace.read_only and workspace.base.function_arn == arn:
            files = self._code.files
            if any(files.editor.is_dirty(files.uri_of_open(path)) for path in files.open_paths()):
                self._edited[arn] = True
                return

        def found(changes: LocalChanges) -> None:
            newest = self._running.get(arn) or self._answered
            if newest is not None and _is_same(newest, invocation):
                self._edited[arn] = changes.has_drafts or bool(changes.saved)
                self._say_which_code_ran()

        find_local_changes(services, function, found, is_urgent=True)

    def _say_which_code_ran(self) -> None:
        """Says so beside the answer, if there are edits that it did not run."""
        answered = self._answered
        if answered is None or answered.result is None:
            return
        request = answered.request
        if self._edited.get(answered.function.detail.function_arn):
            can_deploy = not request.qualifier and self._context.services.actions[DEPLOY].isEnabled()
            version = answered.result.executed_version
            self._panel.show_code_note(
                code_text(request.qualifier, version, request.mode), can_deploy=can_deploy
            )

    def _deployed(self, function: OpenFunction) -> None:
        """What was said not to be deployed is deployed."""
        arn = function.detail.function_arn
        if self._edited.pop(arn, False) and arn == self._followed:
            self._panel.show_code_note("")

    def _deploy_and_invoke(self) -> None:
        """Deploys the open code, then invokes as before; each asks in production as always."""
        answered = self._answered
        if answered is None or not self._open_invoked():
            return
        request = answered.request

        def invoke(function: OpenFunction) -> None:
            self._context.invoker.send(function, request)

        self._code.ready_to_deploy(
            lambda function, workspace: self._context.navigate("deploy", function, workspace, "", invoke)
        )

    def _failed(self, invocation: Invocation, error: WorkbenchError) -> None:
        self._context.remember("function.invoke", error)
        if self._ended(invocation):
            may_have_run = isinstance(error, AnswerLost)
            self._panel.show_failed(error, invocation.started_at if may_have_run else None)
            if not self._has_remedy(error):
                self._refresh_if_missing(error)
                return
        self._context.report(error, key=_KEY, function=invocation.function)
        self._refresh_if_missing(error)

    def _refresh_if_missing(self, error: WorkbenchError) -> None:
        if error.aws_code == "ResourceNotFoundException":
            self._window.functions.refresh()

    def _has_remedy(self, error: WorkbenchError) -> bool:
        """Whether a message has a button for it. Otherwise the Result panel says all there is to say."""
        actions = self._context.services.actions
        return error.action in actions and actions[error.action].isEnabled()

    def _open_invoked(self) -> bool:
        """Shows the function that was invoked; False when there is none."""
        page, invoked = self._window.page, self._invoked
        if page.function is None or invoked is None:
            return False
        if page.function.detail.function_arn != invoked.detail.function_arn:
            self._context.show_function(invoked)
        return True

    def _show_logs(self, request_id: str) -> None:
        if self._open_invoked() and self._invoked is not None:  # the lines are in that function's log
            sent_at = self._invoked.connection.aws_time.at(self._panel.started_at)
            self._context.navigate("logs.invocation", request_id, sent_at)

    def _allow(self, text: str) -> None:
        if self._open_invoked():  # its role was denied
            self._context.navigate("permissions.allow", text)

    def _show_setting(self, setting: str) -> None:
        if self._open_invoked():
            self._context.navigate("configuration.setting", setting)

    def _show_source(self, path: str, line: int) -> None:
        if self._open_invoked():
            self._context.navigate("code.place", path, line)


def _is_same(one: Invocation, other: Invocation) -> bool:
    """Whether both are the same sending, of which one may have its answer already."""
    return one.function is other.function and one.started_at == other.started_at
