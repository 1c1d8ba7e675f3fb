"""Debug Locally: a local run that stops at breakpoints, and what a person does with it then."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtWidgets import QTreeWidgetItem

from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, JobHandle
from workbench.invoke.debug_session import DebugEvent, DebugSession, Frame, Running, Stopped, Variable
from workbench.invoke.run import InvocationResult
from workbench.ui.debugging.action_specs import RUNS, STANDS
from workbench.ui.debugging.breakpoints import BreakpointKeeper
from workbench.ui.debugging.panel import DebugPanel
from workbench.ui.invoking.request import Invocation, Request
from workbench.ui.local_run.flow import LocalRuns, run_draft
from workbench.ui.local_run.prepare import Connect
from workbench.ui.parts import Parts
from workbench.ui.services import OpenFunction

_STEPS = {
    "debug.continue": "continue",
    "debug.step_over": "next",
    "debug.step_into": "stepIn",
    "debug.step_out": "stepOut",
}
_ACTIONS = ("debug.continue", "debug.pause", *tuple(_STEPS)[1:], "debug.stop")


class DebugFlow(QObject):
    """Lives as long as the window. One function is debugged at a time."""

    _told = Signal(object, object)  # DebugSession and Told: from its thread to the main thread
    _answered = Signal(object)  # what to call there

    def __init__(self, parts: Parts, runs: LocalRuns) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._runs = runs
        self._session: DebugSession | None = None
        self._job: JobHandle | None = None
        self._function = ""
        self._request: Request | None = None
        actions = parts.services.actions
        self.breakpoints = BreakpointKeeper(parts.services, parts.code)
        self.panel = DebugPanel([actions[name] for name in _ACTIONS])
        parts.window.add_panel(self.panel, QCoreApplication.translate("Window", "Debug"))
        actions.bind("function.debug", self.start)
        actions.bind("debug.toggle_breakpoint", self._toggle)
        actions.bind("debug.pause", self._pause)
        actions.bind("debug.stop", self.stop)
        for name, command in _STEPS.items():
            actions.bind(name, partial(self._resume, command))
        self._told.connect(self._heard)
        self._answered.connect(lambda call: call())
        self.panel.frame_chosen.connect(self._look)
        self.panel.children_wanted.connect(self._open)
        self.panel.watch_wanted.connect(self._evaluate)
        parts.code.files.editor.debug.moved.connect(lambda _uri, _lines: self._pass_on())
        parts.test.finished.connect(self._ended)
        parts.test.ended.connect(lambda invocation, _error: self._ended(invocation))
        parts.window.closed.connect(self.stop)
        self._set_there(runs=False, stands=False)

    def start(self) -> None:
        """Runs the open function's code under the debugger; what is debugged already comes to the front."""
        function = self._parts.window.page.function
        if self._session is None and function and not function.detail.runtime.startswith("python"):
            why = self.tr("Its runtime is %1. Only Python functions can be debugged.")
            self._runs.failed.emit(
                WorkbenchError(
                    self.tr("%1 was not debugged.").replace("%1", function.detail.function_name),
                    why.replace("%1", function.detail.runtime or "?"),
                    self.tr("Run Locally shows the response and logs."),
                )
            )
        elif self._session is None:
            self._runs.begin(self._start)
        else:
            self._parts.window.show_panel(self.panel)

    def stop(self) -> None:
        """Ends it, and everything that it started."""
        if self._job is not None:
            self._job.cancel()

    def _start(
        self, function: OpenFunction, workspace: Workspace, request: Request, connect: Connect
    ) -> None:
        if self._session is not None:
            return
        name = function.detail.function_name
        try:
            session = DebugSession(self.breakpoints.all(), lambda told: self._told.emit(session, told))
        except WorkbenchError as error:
            self._runs.failed.emit(error)
            return
        self._session, self._function, self._request = session, function.detail.function_arn, request
        is_fence_optional = self._runs.unfenced.is_allowed(function)
        python_path = dict(function.detail.environment).get("PYTHONPATH", "")

        def attach(folder: Path, task_root: Path) -> Mapping[str, str]:
            return session.attach_to(folder, task_root, python_path)

        def run(payload: bytes, ctx: JobContext) -> InvocationResult:
            try:
                return run_draft(
                    self._parts.services,
                    function,
                    workspace,
                    request,
                    connect,
                    payload,
                    ctx,
                    attach,
                    is_fence_optional=is_fence_optional,
                )
            finally:
                session.close()

        invoker = self._parts.test.invoker
        self._job = invoker.submit(
            function,
            request,
            run,
            title=self.tr("Debugging %1").replace("%1", name),
            cancelled=WorkbenchError(
                self.tr("Debugging stopped."),
                self.tr("The function and its child processes were stopped."),
                self.tr("AWS changes it already made remain."),
                by_user=True,
            ),
        )
        self._set_there(runs=True, stands=False)
        self.panel.show_running(self.tr("Running"))
        self._parts.window.show_panel(self.panel)

    def _ended(self, invocation: Invocation) -> None:
        if self._session is None or invocation.request is not self._request:
            return
        self._session.close()  # where it came to an end before it began, nobody has done it
        self._session = self._job = self._request = None
        self._set_there(runs=False, stands=False)
        self._parts.code.files.editor.debug.stand("", 0)
        self.panel.show_ended()
        self._parts.window.show_panel(self._parts.window.result)

    def _heard(self, session: DebugSession, told: DebugEvent) -> None:
        if session is not self._session:
            return
        self._set_there(runs=True, stands=isinstance(told, Stopped))
        if isinstance(told, Running):
            self._parts.code.files.editor.debug.stand("", 0)
            self.panel.show_running(self.tr("Running"))
            return
        words = {
            "breakpoint": self.tr("Stopped at a breakpoint"),
            "step": self.tr("Stopped after a step"),
            "pause": self.tr("Paused"),
        }.get(told.reason, self.tr("Stopped"))
        self.panel.show_stopped(words, told.frames)
        self._parts.window.show_panel(self.panel)
        self._parts.window.activateWindow()

    def _look(self, frame: Frame) -> None:
        """Shows a frame's line and its variables."""
        if (session := self._session) is None:
            return
        session.scopes(frame, lambda scopes: self._post(frame, lambda: self.panel.show_scopes(scopes)))
        for expression in self.panel.expressions():
            self._evaluate(expression)
        shown = self._parts.window.page.function
        if frame.path and shown is not None and shown.detail.function_arn == self._function:
            self._show_line(frame)

    def _show_line(self, frame: Frame) -> None:
        files = self._parts.code.files
        self._parts.window.page.show_tab("codePage")

        def shown() -> None:
            if self.panel.frame is frame and (uri := files.uri_of_open(frame.path)):
                files.editor.reveal(uri, frame.line, 1)
                files.editor.debug.stand(uri, frame.line)

        files.open(frame.path, shown)

    def _open(self, reference: int, item: QTreeWidgetItem) -> None:
        frame = self.panel.frame
        if (session := self._session) is not None and frame is not None:
            session.variables(
                reference,
                lambda found: self._post(frame, lambda: self.panel.show_children(item, found)),
            )

    def _evaluate(self, expression: str) -> None:
        frame = self.panel.frame
        if (session := self._session) is not None and frame is not None:

            def got(value: Variable) -> None:
                self._post(frame, lambda: self.panel.show_watch(value))

            session.evaluate(expression, frame, got)

    def _post(self, frame: Frame, call: Callable[[], object]) -> None:
        """From the session's thread to the main thread; what belongs to a frame that was left is dropped."""
        self._answered.emit(lambda: call() if self.panel.frame is frame else None)

    def _resume(self, command: str) -> None:
        if self._session is not None:
            self._set_there(runs=True, stands=False)
            self._session.resume(command)

    def _pause(self) -> None:
        if self._session is not None:
            self._session.pause()

    def _toggle(self) -> None:
        self._parts.window.page.show_tab("codePage")
        self.breakpoints.toggle()

    def _pass_on(self) -> None:
        """Breakpoints that are set while it runs count at once."""
        shown = self._parts.window.page.function
        if (session := self._session) is not None and shown and shown.detail.function_arn == self._function:
            for path, lines in self.breakpoints.every().items():
                session.set_breakpoints(path, lines)

    def _set_there(self, *, runs: bool, stands: bool) -> None:
        actions = self._parts.services.actions
        actions.set_there(RUNS, there=runs)
        actions.set_there(STANDS, there=stands)
