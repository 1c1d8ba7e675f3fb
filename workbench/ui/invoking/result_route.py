"""The Result panel follows the open function: to it come invocations, from it one goes to code and log."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from workbench.core.errors import WorkbenchError
from workbench.invoke.history import Mode
from workbench.invoke.run import AnswerLost, LogLines
from workbench.ui.code_places import CodePlaces
from workbench.ui.invoking.invoker import Invocation
from workbench.ui.parts import Parts
from workbench.ui.services import OpenFunction

_KEY = "invocation"


class ResultRoute(QObject):
    """The panel shows the newest invocation of the open function.

    Args:
        parts: Of the window.
        show_function: Shows a function that was read already.
        work_failed: Says why something failed: the error, a key of the messages, and the function.
        panel_tells: Called instead when the panel says it: a failure is said once.

    Signals:
        newest_wanted: An OpenFunction was opened: its newest kept invocation is to be shown (`show_newest`).
    """

    newest_wanted = Signal(object)

    def __init__(
        self,
        parts: Parts,
        show_function: Callable[[OpenFunction], None],
        work_failed: Callable[[WorkbenchError, str, OpenFunction], None],
        panel_tells: Callable[[WorkbenchError], None],
    ) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._show_function, self._work_failed = show_function, work_failed
        self._show_only_in_panel = panel_tells
        self._followed = ""  # ARN of the open function
        self._running: dict[str, Invocation] = {}  # the newest one without an answer, by function ARN
        self._awaited: Invocation | None = None  # of these, the one that the panel shows
        self._invoked: OpenFunction | None = None  # whose invocation the panel shows
        self._places = CodePlaces(parts.window, parts.code)
        test, result = parts.test, parts.window.result
        test.started.connect(self._started)
        test.finished.connect(self._finished)
        test.ended.connect(self._failed)
        test.invoker.arrived.connect(self._arrived)
        test.invoker.not_kept.connect(lambda error: parts.window.banners.show_error(error, "warning"))
        parts.session.changed.connect(self.forget)
        parts.window.page.function_shown.connect(self._function_shown)
        parts.window.page.function_closed.connect(self.leave)
        result.logs_wanted.connect(self._show_logs)
        result.place_wanted.connect(self._show_source)
        result.failed.connect(parts.window.function_banners.show_error)

    def forget(self) -> None:
        """The account was left: drops what is awaited of it."""
        self._running.clear()
        self.leave()

    def leave(self) -> None:
        """No function is open."""
        self._places.forget()
        self._follow(None)

    def _function_shown(self) -> None:
        """Shows what belongs to a function, unless it was the open one already."""
        function = self._parts.window.page.function
        if function is None or (arn := function.detail.function_arn) == self._followed:
            return
        self._follow(function)
        self._awaited = self._running.get(arn)
        if self._awaited is not None:
            self._parts.window.result.show_running(function.detail.function_name)
        else:
            self.newest_wanted.emit(function)

    def _follow(self, function: OpenFunction | None) -> None:
        self._followed = function.detail.function_arn if function else ""
        self._invoked, self._awaited = function, None
        self._parts.window.result.clear()

    def show_newest(self, function: OpenFunction, show: Callable[[], None]) -> None:
        """Shows the newest recorded invocation of the open function, unless a newer one is shown."""
        if function is self._invoked and self._awaited is None and self._parts.window.result.is_empty:
            show()

    def show(self, function: OpenFunction | None, show: Callable[[], None]) -> None:
        """Brings the panel to the front for an invocation of the history.

        Args:
            function: That was invoked; None when there is none to lead to.
            show: Fills the panel.
        """
        self._invoked, self._awaited = function, None
        self._parts.window.show_panel(self._parts.window.result)
        show()

    def _started(self, invocation: Invocation) -> None:
        arn = invocation.function.detail.function_arn
        self._running[arn] = invocation
        self._parts.window.banners.dismiss(_KEY)  # that the one before failed is no news now
        if arn == self._followed:
            self._invoked, self._awaited = invocation.function, invocation
            self._parts.window.show_panel(self._parts.window.result)
            self._parts.window.result.show_running(invocation.function.detail.function_name)

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
            self._parts.window.result.log.add_text(piece.text)
        else:
            self._parts.window.result.add_piece(piece)

    def _finished(self, invocation: Invocation) -> None:
        if self._ended(invocation) and invocation.result is not None:
            self._parts.window.result.show_result(
                invocation.function,
                invocation.started_at,
                invocation.result,
                sent=invocation.payload,
                mode=invocation.request.mode,
                number=invocation.number,
                log=invocation.result.log_tail if invocation.request.mode is Mode.LOCAL else "",
            )
        self._parts.metrics.expect_change()

    def _failed(self, invocation: Invocation, error: WorkbenchError) -> None:
        if self._ended(invocation):
            may_have_run = isinstance(error, AnswerLost)
            self._parts.window.result.show_failed(error, invocation.started_at if may_have_run else None)
            if not self._has_remedy(error):
                self._show_only_in_panel(error)
                return
        self._work_failed(error, _KEY, invocation.function)

    def _has_remedy(self, error: WorkbenchError) -> bool:
        """Whether a message has a button for it. Otherwise the Result panel says all there is to say."""
        actions = self._parts.services.actions
        return error.action in actions and actions[error.action].isEnabled()

    def _open_invoked(self) -> bool:
        """Shows the function that was invoked; False when there is none."""
        page, invoked = self._parts.window.page, self._invoked
        if page.function is None or invoked is None:
            return False
        if page.function.detail.function_arn != invoked.detail.function_arn:
            self._show_function(invoked)
        return True

    def _show_logs(self, request_id: str) -> None:
        if self._open_invoked() and self._invoked is not None:  # the lines are in that function's log
            self._parts.window.page.show_tab("logsPage")
            sent_at = self._invoked.connection.aws_time.at(self._parts.window.result.started_at)
            self._parts.logs.show_invocation(request_id, sent_at)

    def _show_source(self, path: str, line: int) -> None:
        if self._open_invoked():
            self._places.show(path, line)


def _is_same(one: Invocation, other: Invocation) -> bool:
    """Whether both are the same sending, of which one may have its answer already."""
    return one.function is other.function and one.started_at == other.started_at
