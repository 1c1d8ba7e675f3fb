"""Emergency stop: asks, stops a function for everybody, says so for as long as it lasts, and resumes it."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.functions.detail import get_function
from workbench.functions.settings.emergency import (
    Stopped,
    StopStore,
    emergency_stop,
    enabled_mappings,
    resume,
    switch_mappings,
)
from workbench.ui.kit.question import Question
from workbench.ui.kit.text import text_label
from workbench.ui.named import named
from workbench.ui.services import OpenFunction, Services

_INDENT = 202  # where the fields of the form begin
STOP, RESUME = "function.emergency_stop", "function.resume"


class StopFlow(QObject):
    """Stops and resumes functions.

    Signals:
        known: What the function that is shown had, if it is stopped (Stopped, or None).
        configured: A function (OpenFunction) is different now.
        failed: Why it is not stopped, or not resumed.
        stopped: That a function is, with the action that resumes it.
        notice: Words, details and tone for the banner.
    """

    known = Signal(object)
    configured = Signal(OpenFunction)
    failed = Signal(WorkbenchError)
    notice = Signal(str, str, str)
    stopped = Signal(WorkbenchError)

    def __init__(self, services: Services, parent: QWidget) -> None:
        super().__init__(parent)
        self._services, self._widget = services, parent
        self._store = StopStore(services.paths.data_dir / "stopped")
        self._function: OpenFunction | None = None
        self._stopped: Stopped | None = None
        # Asks before a function is stopped or resumed (True); calls what it is given after a yes.
        # The yes says whether the event source mappings are to be disabled, too.
        self.ask: Callable[[OpenFunction, bool, Callable[[bool], None]], None] = self.ask_simply
        services.actions.bind(STOP, self.stop)
        services.actions.bind(RESUME, self.resume)

    def show_function(self, function: OpenFunction | None) -> None:
        """Takes the function that is shown, and finds out whether it was stopped here."""
        self._function = function
        self._set_stopped(None)
        if function is None:
            return
        arn = function.detail.function_arn
        self._services.jobs.submit(
            Job(
                _("Checking whether the function is stopped"),
                lambda _ctx: self._store.recall(arn),
                replaces="configuration.stopped",
                quiet=True,
                on_done=lambda stopped: self._recalled(function, stopped),
            )
        )

    def stop(self) -> None:
        """Stops the function that is shown, after a yes."""
        if self._function is not None:
            self.ask(self._function, False, partial(self._stop, self._function))

    def resume(self) -> None:
        """Gives the function that is shown back what it had."""
        if self._function is not None and self._stopped is not None:
            function, stopped = self._function, self._stopped
            self.ask(function, True, lambda _disables: self._resume(function, stopped))

    def ask_simply(self, function: OpenFunction, resuming: bool, then: Callable[[bool], None]) -> None:
        """Asks by a button; resuming, which only restores, is not asked about."""
        if resuming:
            then(False)
            return
        name = function.detail.function_name
        title = _("Emergency Stop")
        question = Question("emergencyStop", title, stop_text(name), title, self._widget.window())
        question.yes.setProperty("role", "danger")
        disables = disable_box()
        question.content.addWidget(disables)
        question.ask(lambda: then(disables.isChecked()))

    def _stop(self, function: OpenFunction, disables: bool) -> None:
        connection, detail = function.connection, function.detail

        def run(ctx: JobContext) -> tuple[OpenFunction, int, tuple[WorkbenchError, ...]]:
            mappings, problems = (), ()  # type: tuple[str, ...], tuple[WorkbenchError, ...]
            if disables:
                try:
                    mappings = enabled_mappings(connection, detail, ctx)
                except WorkbenchError as error:  # an emergency: it is stopped all the same
                    problems = (error,)
            emergency_stop(connection, detail, self._store, ctx, mappings)
            problems += switch_mappings(connection, mappings, ctx.shielded(), on=False)
            now = OpenFunction(connection, get_function(connection, detail.function_name))
            return now, len(mappings), problems

        def done(result: tuple[OpenFunction, int, tuple[WorkbenchError, ...]]) -> None:
            now, count, problems = result
            self.configured.emit(now)
            words = _("{function_name} is stopped: every invocation is throttled.")
            saved = _("The previous reserved concurrency was saved.")
            if problems:
                lost = _("Not all event source mappings were disabled: {why}")
                saved = f"{saved} {lost.format(why=problems[0].why or problems[0].what)}"
            elif count:
                saved = f"{saved} {disabled_mappings_text(count)}"
            self.stopped.emit(
                WorkbenchError(
                    words.format(function_name=detail.function_name),
                    saved,
                    aws_code=problems[0].aws_code if problems else "",
                    action=RESUME,
                )
            )

        # Not in the lane of what else changes the function: an emergency does not wait behind a deploy.
        self._submit(_("Stopping {function_name}").format(function_name=detail.function_name), run, done)

    def _resume(self, function: OpenFunction, stopped: Stopped) -> None:
        connection, name = function.connection, function.detail.function_name

        def run(ctx: JobContext) -> tuple[bool, OpenFunction]:
            was_stopped = resume(connection, stopped, self._store, ctx)
            return was_stopped, OpenFunction(connection, get_function(connection, name))

        def done(result: tuple[bool, OpenFunction]) -> None:
            was_stopped, now = result
            self.configured.emit(now)
            if was_stopped:
                self.notice.emit(_("{name} was resumed.").format(name=name), "", "good")
                return
            words = _("{name} was not stopped.").format(name=name)
            self.notice.emit(words, _("Its concurrency was changed elsewhere and is kept."), "warning")

        self._submit(_("Resuming {name}").format(name=name), run, done)

    def _submit[T](self, title: str, run: Callable[[JobContext], T], done: Callable[[T], None]) -> None:
        self._services.jobs.submit(Job(title, run, urgent=True, on_done=done, on_error=self.failed.emit))

    def _recalled(self, function: OpenFunction, stopped: Stopped | None) -> None:
        if function is self._function:
            is_stopped = function.detail.reserved_concurrency == 0
            self._set_stopped(stopped if stopped is not None and (is_stopped or stopped.mappings) else None)

    def _set_stopped(self, stopped: Stopped | None) -> None:
        self._stopped = stopped
        self._services.actions.set_there(RESUME, there=stopped is not None)
        self.known.emit(stopped)


class StopBox(QWidget):
    """What the flow is about, in the form: a sentence and the two buttons.

    Args:
        flow: Does it.
    """

    def __init__(self, flow: StopFlow) -> None:
        super().__init__()
        self.setObjectName("stopBox")
        self.words = text_label("stopWords", "", "muted")
        self.stop = named(QPushButton(_("Emergency Stop…")), "stopFunction", role="danger")
        self.go_on = named(QPushButton(_("Resume")), "resumeFunction")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.stop)
        row.addWidget(self.go_on)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(_INDENT, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.words)
        self.stop.clicked.connect(flow.stop)
        self.go_on.clicked.connect(flow.resume)
        flow.known.connect(self.show_stopped)
        self.show_stopped(None)

    def show_stopped(self, stopped: Stopped | None) -> None:
        """Says whether the function is stopped, and what it had."""
        self.go_on.setVisible(stopped is not None)
        self.stop.setVisible(stopped is None)
        if stopped is None:
            words = _("Throttles all invocations and saves the reserved concurrency.")
        elif stopped.reserved is None:
            words = _("Stopped. There was no reserved concurrency before. Resume restores that.")
        else:
            words = _("Stopped. The reserved concurrency was {reserved}. Resume restores it.").format(
                reserved=f"{stopped.reserved:,}"
            )
        if stopped is not None and stopped.mappings:
            words = f"{words} {disabled_mappings_text(len(stopped.mappings))}"
        self.words.setText(words)
        self.words.setAccessibleName(words)


def disable_box() -> QCheckBox:
    """The offer to disable the event source mappings of a function that is stopped."""
    words = _("Disable its event source mappings until it is resumed")
    box = named(QCheckBox(words), "stopDisables", words)
    box.setChecked(True)
    return box


def disabled_mappings_text(count: int) -> str:
    """What was done to the event source mappings of a stopped function."""
    if count == 1:
        return _("One event source mapping was disabled. Resume enables it again.")
    words = _("{count} event source mappings were disabled. Resume enables them again.")
    return words.format(count=f"{count:,}")


def stop_text(function_name: str) -> str:
    """What an emergency stop does."""
    words = _(
        "{function_name} cannot be invoked until it is resumed: its reserved concurrency will be 0. Running "
        "invocations complete.\n\n"
        "Lambda still receives messages from SQS queues and cannot process them: after the maximum "
        "receives of a queue, they go to its dead-letter queue. With the event source mappings disabled, "
        "they stay in the queue. Records of streams wait until they expire. New asynchronous events go to "
        "the function's dead-letter queue or on-failure destination. Without one, they are lost."
    )
    return words.format(function_name=function_name)
