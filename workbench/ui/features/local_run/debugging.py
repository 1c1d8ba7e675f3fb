"""Debug Locally: a local run that stops at breakpoints, and the panel that controls it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QStackedLayout,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobHandle
from workbench.core.messages import _
from workbench.invoke.debug_session import (
    Checked,
    DebugEvent,
    DebugSession,
    Frame,
    Lost,
    Running,
    Stopped,
    Variable,
)
from workbench.ui.features.local_run.breakpoints import BreakpointStore
from workbench.ui.features.local_run.runs import RUN_AND_DEBUG, LocalRuns, PreparedRun
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.labels import badge
from workbench.ui.kit.text import PlainLabel, PlainLine, named, tool_tip
from workbench.ui.pages.code import CodePage
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context
from workbench.ui.shell.invoker import Invocation, Request

STOPPED, RUNNING = "debug.stopped", "debug.running"
"""Situations: the debugged function is stopped; one is running or stopped."""
_REFERENCE = Qt.ItemDataRole.UserRole
_MAX_CHARACTERS = 500
_NAME_WIDTH = 150


class DebugPanel(QWidget):
    """The Debug panel: the call stack, its variables, and watched expressions.

    Args:
        actions: Continue, steps and the rest, in their order.

    Signals:
        frame_chosen: The Frame that was selected.
        children_wanted: A tree item with a reference was opened: reference and item.
        watch_wanted: An expression is to be watched from now on.
    """

    frame_chosen = Signal(object)
    children_wanted = Signal(int, object)
    watch_wanted = Signal(str)

    def __init__(self, actions: Sequence[QAction]) -> None:
        super().__init__()
        named(self, "debugPanel", _("Debug"))
        self.state = badge("debugState")
        self.frames = named(QListWidget(), "debugFrames", _("Call stack"))
        self.variables = self._tree("debugVariables", _("Variables"))
        self.watches = self._tree("debugWatches", _("Watch"))
        self.expression = named(PlainLine(), "debugExpression", _("Expression to watch"))
        self.expression.setPlaceholderText(_('Watch an expression, such as event["id"]'))
        top = QHBoxLayout()
        top.setSpacing(4)
        for action in actions:
            button = named(QToolButton(), f"{action.objectName()}Button", action.text())
            button.setDefaultAction(action)
            button.setIconSize(QSize(16, 16))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            top.addWidget(button)
        top.addStretch(1)
        top.addWidget(self.state)
        split = named(QSplitter(Qt.Orientation.Horizontal), "debugSplitter")
        split.addWidget(_titled(_("Call stack"), self.frames))
        split.addWidget(_titled(_("Variables"), self.variables))
        split.addWidget(_titled(_("Watch"), self.watches, self.expression))
        split.setSizes([300, 500, 400])
        split.setChildrenCollapsible(False)
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(split, 1)
        self._empty = named(EmptyState(), "debugEmpty")
        self._empty.set_text(
            _("Not debugging"),
            _("Set a breakpoint by clicking in the margin or pressing F9, then press Ctrl+F5."),
        )
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(whole)
        self.frames.currentItemChanged.connect(self._frame_changed)
        self.expression.returnPressed.connect(self._watch)

    @property
    def frame(self) -> Frame | None:
        """The selected frame."""
        item = self.frames.currentItem()
        frame = item.data(_REFERENCE) if item is not None else None
        return frame if isinstance(frame, Frame) else None

    def show_running(self, words: str) -> None:
        """It runs: nothing can be inspected."""
        self._stack.setCurrentIndex(1)
        self.state.setText(words)
        self.frames.clear()
        self.variables.clear()
        for row in range(self.watches.topLevelItemCount()):
            if (item := self.watches.topLevelItem(row)) is not None:
                item.takeChildren()
                item.setText(1, "")

    def show_ended(self) -> None:
        """Debugging has ended."""
        self.show_running("")
        self._stack.setCurrentIndex(0)

    def show_stopped(self, words: str, frames: Sequence[Frame]) -> None:
        """It is stopped. The first frame of the function's own code is selected."""
        self._stack.setCurrentIndex(1)
        self.state.setText(words)
        self.frames.clear()
        for frame in frames:
            place = frame.path or frame.file.rpartition("/")[2]
            item = QListWidgetItem(f"{frame.name}   {place}:{frame.line}")
            item.setData(_REFERENCE, frame)
            item.setToolTip(tool_tip(f"{frame.file}:{frame.line}"))
            if not frame.path:
                item.setForeground(self.palette().placeholderText())
            self.frames.addItem(item)
        own = next((row for row, frame in enumerate(frames) if frame.path), 0)
        self.frames.setCurrentRow(own)

    def show_scopes(self, scopes: Sequence[Variable]) -> None:
        """The groups of variables of the frame; the first is opened."""
        self.variables.clear()
        for scope in scopes:
            self.variables.addTopLevelItem(_item(scope))
        if (first := self.variables.topLevelItem(0)) is not None:
            first.setExpanded(True)

    def show_children(self, item: QTreeWidgetItem, children: Sequence[Variable]) -> None:
        """What is in a variable."""
        item.takeChildren()
        item.addChildren([_item(child) for child in children] or [QTreeWidgetItem([_("nothing"), ""])])

    def expressions(self) -> tuple[str, ...]:
        """What is watched."""
        items = (self.watches.topLevelItem(row) for row in range(self.watches.topLevelItemCount()))
        return tuple(item.text(0) for item in items if item is not None)

    def show_watch(self, value: Variable) -> None:
        """The value of a watched expression."""
        for row, expression in enumerate(self.expressions()):
            if expression == value.name:
                item = self.watches.takeTopLevelItem(row)
                self.watches.insertTopLevelItem(row, _item(value))
                del item

    def _watch(self) -> None:
        expression = self.expression.text().strip()
        self.expression.clear()
        if expression and expression not in self.expressions():
            self.watches.addTopLevelItem(QTreeWidgetItem([expression, ""]))
            self.watch_wanted.emit(expression)

    def _frame_changed(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.frame_chosen.emit(item.data(_REFERENCE))

    def _tree(self, name: str, title: str) -> QTreeWidget:
        tree = named(QTreeWidget(), name, title)
        tree.setHeaderLabels([_("Name"), _("Value")])
        tree.setUniformRowHeights(True)
        tree.header().resizeSection(0, _NAME_WIDTH)
        tree.itemExpanded.connect(self._opened)
        return tree

    def _opened(self, item: QTreeWidgetItem) -> None:
        reference = item.data(0, _REFERENCE)
        if reference:
            item.setData(0, _REFERENCE, 0)  # once
            self.children_wanted.emit(reference, item)


def _item(variable: Variable) -> QTreeWidgetItem:
    item = QTreeWidgetItem([variable.name, variable.value[:_MAX_CHARACTERS]])
    item.setToolTip(1, tool_tip(f"{variable.type_name}  {variable.value[:_MAX_CHARACTERS]}".strip()))
    item.setData(0, _REFERENCE, variable.reference)
    if variable.reference:
        item.setChildIndicatorPolicy(QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator)
    return item


def _titled(title: str, *parts: QWidget) -> QWidget:
    side = QWidget()
    layout = QVBoxLayout(side)
    layout.setContentsMargins(4, 0, 4, 0)
    layout.setSpacing(4)
    heading = PlainLabel(title)
    heading.setProperty("role", "heading")
    layout.addWidget(heading)
    for part in parts:
        layout.addWidget(part)
    return side


class DebugFlow(QObject):
    """One function is debugged at a time.

    Args:
        context: Of the window.
        runs: Begin local runs.
        breakpoints: Of the open code.
        after: The action that its own stand behind.
    """

    _event = Signal(object, object)  # DebugSession and DebugEvent: from its thread to the main thread
    _answered = Signal(object)  # what to call there

    def __init__(self, context: Context, runs: LocalRuns, breakpoints: BreakpointStore, after: str) -> None:
        super().__init__(context)
        self._context, self._window, self._runs = context, context.window, runs
        self._files = context.page(CodePage).files
        self._session: DebugSession | None = None
        self._job: JobHandle | None = None
        self._function = ""
        self._request: Request | None = None
        self.breakpoints = breakpoints
        self.panel = DebugPanel(self._add_actions(after))
        self._window.add_panel(self.panel, _("Debug"))
        self._event.connect(self._handle)
        self._answered.connect(lambda call: call())
        self.panel.frame_chosen.connect(self._show_frame)
        self.panel.children_wanted.connect(self._open)
        self.panel.watch_wanted.connect(self._evaluate)
        self.breakpoints.changed.connect(self._pass_on)
        context.invoker.finished.connect(self._ended)
        context.invoker.ended.connect(lambda invocation, _error: self._ended(invocation))
        self._window.closed.connect(self.stop)
        self._set_state(running=False, stopped=False)

    def _add_actions(self, after: str) -> list[QAction]:
        """Adds the menu's actions behind another one; returns those that the panel has as buttons."""
        buttons = []
        for spec, handler in (
            (
                ActionSpec(
                    "function.debug",
                    _("Debug Locally"),
                    "Ctrl+F5",
                    "bug",
                    "function",
                    begins_group=True,
                    terms=_("breakpoint, step"),
                ),
                self.start,
            ),
            (
                ActionSpec("debug.continue", _("Continue"), "F5", "play", STOPPED, begins_group=True),
                self._resume("continue"),
            ),
            (ActionSpec("debug.pause", _("Pause"), "Shift+F8", "pause", RUNNING), self._pause),
            (
                ActionSpec("debug.step_over", _("Step Over"), "F10", "step-forward", STOPPED),
                self._resume("next"),
            ),
            (
                ActionSpec("debug.step_into", _("Step Into"), "F11", "arrow-down-to-line", STOPPED),
                self._resume("stepIn"),
            ),
            (
                ActionSpec("debug.step_out", _("Step Out"), "Shift+F11", "arrow-up-from-line", STOPPED),
                self._resume("stepOut"),
            ),
            (ActionSpec("debug.stop", _("Stop Debugging"), "Shift+F5", "square", RUNNING), self.stop),
        ):
            action = self._context.action(replace(spec, submenu=RUN_AND_DEBUG), handler, after=after)
            after = spec.id
            if spec.when != "function":
                buttons.append(action)
        return buttons

    def start(self) -> None:
        """Runs the open function's code under the debugger; what is debugged already comes to the front."""
        function = self._context.function
        if self._session is None and function and not function.detail.runtime.startswith("python"):
            why = _("Its runtime is {runtime}. Only Python functions can be debugged.")
            self._runs.report(
                WorkbenchError(
                    _("{function_name} was not debugged.").format(
                        function_name=function.detail.function_name
                    ),
                    why.format(runtime=function.detail.runtime or "?"),
                    _("Run Locally shows the response and logs."),
                )
            )
        elif self._session is None:
            self._runs.begin(self._start)
        else:
            self._window.show_panel(self.panel)

    def stop(self) -> None:
        """Ends it, and everything that it started."""
        if self._job is not None:
            self._job.cancel()

    def _start(self, prepared: PreparedRun) -> None:
        if self._session is not None:
            return
        try:
            session = DebugSession(self.breakpoints.all(), lambda event: self._event.emit(session, event))
        except WorkbenchError as error:
            self._runs.report(error)
            return
        detail = prepared.function.detail
        self._session, self._function, self._request = session, detail.function_arn, prepared.request
        python_path = dict(detail.environment).get("PYTHONPATH", "")

        def attach(folder: Path, task_root: Path) -> Mapping[str, str]:
            return session.attach_to(folder, task_root, python_path)

        title = _("Debugging {name}").format(name=detail.function_name)
        self._job = self._runs.submit(prepared, title, _("Debugging stopped."), attach, session.close)
        self._set_state(running=True, stopped=False)
        self.panel.show_running(_("Running"))
        self._window.show_panel(self.panel)

    def _ended(self, invocation: Invocation) -> None:
        if self._session is None or invocation.request is not self._request:
            return
        self._session.close()  # not closed yet where the run ended before it began
        self._session = self._job = self._request = None
        self._set_state(running=False, stopped=False)
        self._files.editor.debug.set_stopped("", 0)
        self.breakpoints.forget_checks()
        self.panel.show_ended()
        self._window.show_panel(self._window.result)

    def _handle(self, session: DebugSession, event: DebugEvent) -> None:
        if session is not self._session:
            return
        if isinstance(event, Checked):
            self._take_check(event)
            return
        self._set_state(running=True, stopped=isinstance(event, Stopped))
        if isinstance(event, Lost):
            self._runs.report(
                WorkbenchError(
                    _("The debugger was disconnected."),
                    _("The function's process sent a message that cannot be read."),
                    _("The function may still run. Stop it, then debug again."),
                    action="debug.stop",
                )
            )
        if isinstance(event, Running | Lost):
            self._files.editor.debug.set_stopped("", 0)
            self.panel.show_running(_("Running"))
            return
        words: str = {
            "breakpoint": _("Stopped at a breakpoint"),
            "step": _("Stopped after a step"),
            "pause": _("Paused"),
        }.get(event.reason, _("Stopped"))
        if event.failure:
            words = _("The condition failed: {failure}").format(failure=event.failure)
        self.panel.show_stopped(words, event.frames)
        self._window.show_panel(self.panel)
        self._window.activateWindow()

    def _show_frame(self, frame: Frame) -> None:
        """Shows a frame's line and its variables."""
        if (session := self._session) is None:
            return
        session.scopes(frame, lambda scopes: self._post(frame, lambda: self.panel.show_scopes(scopes)))
        for expression in self.panel.expressions():
            self._evaluate(expression)
        if frame.path and self._is_shown:
            self._show_line(frame)

    def _show_line(self, frame: Frame) -> None:
        files = self._files
        self._window.page.show_tab("codePage")

        def mark_line() -> None:
            if self.panel.frame is frame and (uri := files.uri_of_open(frame.path)):
                files.editor.reveal(uri, frame.line, 1)
                files.editor.debug.set_stopped(uri, frame.line)

        files.open(frame.path, mark_line)

    def _open(self, reference: int, item: QTreeWidgetItem) -> None:
        frame = self.panel.frame
        if (session := self._session) is not None and frame is not None:
            session.variables(
                reference, lambda found: self._post(frame, lambda: self.panel.show_children(item, found))
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

    def _resume(self, command: str) -> Callable[[], None]:
        def run() -> None:
            if self._session is not None:
                self._set_state(running=True, stopped=False)
                self._session.resume(command)

        return run

    def _pause(self) -> None:
        if self._session is not None:
            self._session.pause()

    @property
    def _is_shown(self) -> bool:
        """Whether the debugged function is the open one."""
        shown = self._context.function
        return shown is not None and shown.detail.function_arn == self._function

    def _take_check(self, checked: Checked) -> None:
        if self._is_shown:
            self.breakpoints.take(checked)

    def _pass_on(self, path: str) -> None:
        """Breakpoints that are set while it runs count at once."""
        if self._session is not None and self._is_shown:
            self._session.set_breakpoints(path, self.breakpoints.of(path))

    def _set_state(self, *, running: bool, stopped: bool) -> None:
        self._context.set_condition(RUNNING, is_met=running)
        self._context.set_condition(STOPPED, is_met=stopped)
