"""From an invocation to the Result panel, and from there to the code and the log."""

from collections.abc import Callable
from datetime import UTC, datetime

from PySide6.QtCore import QObject

from workbench.core.errors import WorkbenchError
from workbench.invoke.ledger_entry import Mode
from workbench.invoke.log_lines import LogLines
from workbench.invoke.run import AnswerLost
from workbench.ui.code_places import CodePlaces
from workbench.ui.invoking.request import Invocation
from workbench.ui.parts import Parts
from workbench.ui.services import OpenFunction

_KEY = "invocation"


class ResultRoute(QObject):
    """Lives as long as the window.

    Args:
        parts: Of the window.
        show_function: Shows a function that was read already.
        work_failed: Says why something failed, under a key of the messages.
    """

    def __init__(
        self,
        parts: Parts,
        show_function: Callable[[OpenFunction], None],
        work_failed: Callable[[WorkbenchError, str], None],
    ) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._show_function, self._work_failed = show_function, work_failed
        self._invoked_at = datetime.min.replace(tzinfo=UTC)
        self._invoked: OpenFunction | None = None
        self._answered = False
        self._places = CodePlaces(parts)
        test, result = parts.test, parts.window.result
        test.started.connect(self._started)
        test.finished.connect(self._finished)
        test.ended.connect(self._failed)
        test.invoker.arrived.connect(self._arrived)
        test.invoker.not_kept.connect(lambda error: parts.window.banners.show_error(error, "warning"))
        result.logs_wanted.connect(self._show_logs)
        result.place_wanted.connect(self._show_place)
        result.failed.connect(parts.window.banners.show_error)

    def forget(self) -> None:
        """The account was left."""
        self._invoked = None
        self._places.forget()

    def follow(self, function: OpenFunction) -> None:
        """Another function is shown: the answer of the one before goes."""
        invoked = self._invoked
        if self._answered and invoked and invoked.detail.function_arn != function.detail.function_arn:
            self._parts.window.result.clear()  # one that is awaited still comes, with its function's name

    def show(self, function: OpenFunction | None, show: Callable[[], None]) -> None:
        """Brings the panel to the front for an invocation of the ledger.

        Args:
            function: That was invoked; None when there is none to lead to.
            show: Fills the panel.
        """
        self._invoked_at, self._invoked, self._answered = self._parts.services.clock.now(), function, True
        self._parts.window.show_panel(self._parts.window.result)
        show()

    def _started(self, invocation: Invocation) -> None:
        self._invoked_at, self._invoked, self._answered = invocation.started_at, invocation.function, False
        self._parts.window.banners.dismiss(_KEY)  # that the one before failed is no news now
        self._parts.window.show_panel(self._parts.window.result)
        self._parts.window.result.show_running(invocation.function.detail.function_name)

    def _is_wanted(self, invocation: Invocation) -> bool:
        """Whether the Result panel waits for this one: no newer one was made, the account was not left."""
        return invocation.function is self._invoked and invocation.started_at >= self._invoked_at

    def _arrived(self, invocation: Invocation, piece: bytes | LogLines) -> None:
        if not self._is_wanted(invocation):
            return
        if isinstance(piece, LogLines):
            self._parts.window.result.log.add_text(piece.text)
        else:
            self._parts.window.result.add_piece(piece)

    def _finished(self, invocation: Invocation) -> None:
        if invocation.result is not None and self._is_wanted(invocation):
            self._answered = True
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
        if self._is_wanted(invocation):
            self._answered = True
            may_have_run = isinstance(error, AnswerLost)
            self._parts.window.result.show_failed(error, invocation.started_at if may_have_run else None)
        self._work_failed(error, _KEY)

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

    def _show_place(self, path: str, line: int) -> None:
        if self._open_invoked():
            self._places.show(path, line)
