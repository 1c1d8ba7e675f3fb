"""What happens to an exception that nothing expected: logged, shown once, never hidden, never a secret told.

Owns: the hooks of Python that see such exceptions, and the report a person may send.
"""

import logging
import platform
import sys
import threading
from collections.abc import Callable
from types import TracebackType

from PySide6 import __version__ as pyside_version
from PySide6.QtCore import QObject, Signal, qVersion
from shiboken6 import isValid

from workbench import __version__
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.core.redaction import crash_report, redact
from workbench.ui.banner import BannerStack

_log = logging.getLogger(__name__)


class ErrorReporter(QObject):
    """Shows each kind of unexpected exception once: its type, at the place where it was raised.

    Args:
        banners: Where they are shown.
    """

    _raised = Signal(object, object)  # from any thread: exception type, traceback

    def __init__(self, banners: BannerStack) -> None:
        super().__init__(banners)
        self._banners = banners
        self._known: set[tuple[str, str]] = set()
        self._reporting = False
        self._raised.connect(self.report)

    def install(self) -> Callable[[], None]:
        """Takes over Python's hooks until the banners are gone. Returns what gives them back earlier."""
        before = sys.excepthook, threading.excepthook

        def anywhere(
            kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
        ) -> None:
            if issubclass(kind, (KeyboardInterrupt, SystemExit)) or not isValid(self):
                before[0](kind, error or kind(), trace)
            else:
                self._raised.emit(kind, trace)

        def in_thread(args: threading.ExceptHookArgs) -> None:
            anywhere(args.exc_type, args.exc_value, args.exc_traceback)

        def give_back() -> None:
            if sys.excepthook is anywhere:
                sys.excepthook = before[0]
            if threading.excepthook is in_thread:
                threading.excepthook = before[1]

        sys.excepthook, threading.excepthook = anywhere, in_thread
        self.destroyed.connect(give_back)
        return give_back

    def report(self, kind: type[BaseException], trace: TracebackType | None) -> None:
        """Logs the exception, and shows it unless the same has been shown. On the main thread."""
        if self._reporting:  # the report itself failed; another one would fail the same way
            return
        self._reporting = True
        try:
            frames = crash_report(kind, trace)
            _log.error("unexpected exception\n%s", frames)
            key = (kind.__qualname__, _source_location(trace))
            if key not in self._known:
                self._known.add(key)
                self._show(redact(_about() + frames))
        finally:
            self._reporting = False

    def _show(self, report: str) -> None:
        self._banners.show_error(
            WorkbenchError(
                _("Something went wrong in Workbench."),
                _("This is an error in Workbench. Saved work is safe."),
                _("The report contains the location of the error and none of your data."),
            ),
            report=report,
            key=report,
        )


def _about() -> str:
    return (
        f"Workbench {__version__}, Python {platform.python_version()}, PySide6 {pyside_version}, "
        f"Qt {qVersion()}, {platform.platform()}\n"
    )


def _source_location(trace: TracebackType | None) -> str:
    """File and line where the exception was raised."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
