"""The Result panel follows the open function: to it come invocations, from it one goes to code and log."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from workbench.core.errors import WorkbenchError
from workbench.invoke.history import Mode
from workbench.invoke.run import AnswerLost, LogLines
from workbench.ui.services import OpenFunction
from workbench.ui.shell.context import Context
from workbench.ui.shell.invoker import Invocation

_KEY = "invocation"


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
        invoker, panel = context.invoker, self._panel
        invoker.started.connect(self._started)
        invoker.finished.connect(self._finished)
        invoker.ended.connect(self._failed)
        invoker.arrived.connect(self._arrived)
        invoker.not_kept.connect(lambda error: self._window.banners.show_error(error, "warning"))
        context.session.changed.connect(self.forget)
        context.function_opened.connect(self._function_shown)
        context.function_closed.connect(self.leave)
        panel.logs_wanted.connect(self._show_logs)
        panel.place_wanted.connect(self._show_source)
        panel.failed.connect(self._window.function_banners.show_error)
        context.route("result.show", self.show)
        context.route("result.newest", self.show_newest)

    def forget(self) -> None:
        """The account was left: drops what is awaited of it."""
        self._running.clear()
        self._panel.forget()
        self.leave()

    def leave(self) -> None:
        """No function is open."""
        self._follow(None)

    def _function_shown(self, function: OpenFunction) -> None:
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
        self._invoked, self._awaited = function, None
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
        self._invoked, self._awaited = function, None
        self._window.show_panel(self._panel)
        show()

    def _started(self, invocation: Invocation) -> None:
        arn = invocation.function.detail.function_arn
        self._running[arn] = invocation
        self._window.banners.dismiss(_KEY)  # that the one before failed is no news now
        if arn == self._followed:
            self._invoked, self._awaited = invocation.function, invocation
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

    def _failed(self, invocation: Invocation, error: WorkbenchError) -> None:
        self._context.remember("function.invoke", error)
        if self._ended(invocation):
            may_have_run = isinstance(error, AnswerLost)
            self._panel.show_failed(error, invocation.started_at if may_have_run else None)
            if not self._has_remedy(error):
                self._list_again_if_gone(error)
                return
        self._context.report(error, key=_KEY, function=invocation.function)
        self._list_again_if_gone(error)

    def _list_again_if_gone(self, error: WorkbenchError) -> None:
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

    def _show_source(self, path: str, line: int) -> None:
        if self._open_invoked():
            self._context.navigate("code.place", path, line)


def _is_same(one: Invocation, other: Invocation) -> bool:
    """Whether both are the same sending, of which one may have its answer already."""
    return one.function is other.function and one.started_at == other.started_at
