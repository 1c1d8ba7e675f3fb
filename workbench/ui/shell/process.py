"""What the window does for its process: garbage, memory, signals, exceptions that nothing expected."""

import contextlib
import ctypes
import gc
import logging
import platform
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import cast

from PySide6 import __version__ as pyside_version
from PySide6.QtCore import QObject, QSocketNotifier, Qt, QTimer, Signal, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from workbench import __version__
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.core.redaction import crash_report, redact
from workbench.ui.shell.banners import BannerStack

_INTERVAL_MS = 1_000
_YOUNG = 2_000
_EACH = 10
"""As Python's own: so many new objects are worth a look, and every tenth look goes one generation further."""
_MOST = 20_000
"""So many objects are searched in 10 to 20 ms. More than that is data, such as a package's 20,000 files."""
_AWAY_MS = 5_000


class GarbageCollector(QObject):
    """Collects garbage on the main thread, and nowhere else. Make it once all is loaded.

    Python collects on whichever thread makes the object that is one too many. A widget in a circle of
    references would then be destroyed on a worker thread, and that crashes Qt. So Python's own collector
    stays off (see __main__.py), and this one looks once a second while its parent lives. What cannot be
    searched without a stall is set aside until the user has turned to another program.

    How much a search takes is counted from what earlier ones left. `gc.get_objects` would tell exactly, and
    break workers: it also returns the tuple that a worker is still building, which Python cannot enlarge
    while somebody else holds it (SystemError).
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        gc.freeze()  # what was made until now stays: searching it again and again would stall the window
        self._looks = 0
        self._has_set_aside = False
        self._left = [0, 0]  # objects that searches have left in the middle and in the oldest generation
        self._timer = QTimer(self, interval=_INTERVAL_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        self._away = QTimer(self, singleShot=True, interval=_AWAY_MS)
        self._away.timeout.connect(self._search_all)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.applicationStateChanged.connect(self._turned)

    def _look(self) -> None:
        young = gc.get_count()[0]
        if young < _YOUNG:
            return
        self._looks += 1
        generation = 2 if self._looks % _EACH**2 == 0 else 1 if self._looks % _EACH == 0 else 0
        searched = young + sum(self._left[:generation])
        if searched > _MOST:
            gc.freeze()
            self._has_set_aside = True
            self._left = [0, 0]
            return
        left = max(0, searched - gc.collect(generation))
        middle, oldest = self._left
        self._left = [[middle + left, oldest], [0, oldest + left], [0, left]][generation]

    def _turned(self, state: Qt.ApplicationState) -> None:
        if state is Qt.ApplicationState.ApplicationActive:
            self._away.stop()
        elif self._has_set_aside:
            self._away.start()

    def _search_all(self) -> None:
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        self._left = [0, 0]
        self._has_set_aside = False


_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP


class EndingSignals(QObject):
    """Closes a window on Ctrl+C, the end of a terminal or session, `kill`; a second one ends the program.

    Python runs signal handlers between two of its own instructions, and while Qt waits for events there are
    none: so the signal's number is also written to a socket, and that is an event for Qt. What whoever
    started the program wants ignored (`nohup`, a script's `&`) stays ignored.

    Make it on the main thread, once; `release` gives the signals back.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._theirs.setblocking(False)
        self._notifier = QSocketNotifier(self._ours.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._arrived)
        self._wakeup_before = signal.set_wakeup_fd(self._theirs.fileno(), warn_on_full_buffer=False)
        numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
        self._before = {
            number: signal.signal(number, self._noted)
            for number in numbers
            if signal.getsignal(number) is not signal.SIG_IGN
        }

    def release(self) -> None:
        """From here on the signals do what they did before."""
        signal.set_wakeup_fd(self._wakeup_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._notifier.setEnabled(False)
        self._ours.close()
        self._theirs.close()

    def _noted(self, _number: int, _frame: FrameType | None) -> None:
        """The first one: the socket has its number. Should the window be busy, the next one does not wait."""
        for number in self._before:
            signal.signal(number, signal.SIG_DFL)

    def _arrived(self) -> None:
        numbers = b""
        with contextlib.suppress(BlockingIOError):
            numbers = self._ours.recv(64)
        if any(number in self._before for number in numbers):
            self._window.close()


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


_MAPPINGS = Path("/proc/self/smaps")
_MADV_DONTNEED = 4


def return_memory() -> bool:
    """Returns freed memory, as far as the C library can. Takes a few milliseconds; thread-safe.

    Opening a function's code needs much memory for a moment, in threads that each keep theirs.

    Returns:
        Whether there was something to return.
    """
    trim = _function("malloc_trim", ctypes.c_size_t)
    return trim is not None and bool(trim(0))


def return_memory_of_the_start() -> None:
    """Returns code of Qt and QtWebEngine that only the start used: 60 MB. Takes 20 ms; thread-safe; once.

    Pages that are used again are loaded again, which takes some milliseconds the first time.
    """
    advise = _function("madvise", ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    if advise is None:
        return
    try:
        mappings = _MAPPINGS.read_text(errors="replace")
    except OSError:
        return  # no /proc, as in some containers
    for start, end in unchanged_parts(mappings.splitlines(), "/PySide6/"):
        advise(start, end - start, _MADV_DONTNEED)


def _function(name: str, *takes: type) -> Callable[..., int] | None:
    """A function of the C library, if it is glibc; others do by themselves what this module does."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        function = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError):
        return None
    function.argtypes, function.restype = takes, ctypes.c_int
    return cast("Callable[..., int]", function)


def unchanged_parts(smaps: Iterable[str], folder: str) -> Iterator[tuple[int, int]]:
    """The address ranges in which libraries are in memory exactly as in their files.

    Such pages come back from the system's file cache when they are used. A page that the loader has changed
    exists nowhere else, so parts that have one, or are writable, are left out. So is a library without its
    writable part, which the loader maps last: another thread is loading it.

    Args:
        smaps: Lines as in /proc/self/smaps.
        folder: Part of the libraries' paths. They must be libraries that are never unloaded.
    """
    path, permissions, bounds = "", "", (0, 0)
    whole: list[tuple[int, int]] = []
    for line in smaps:
        words = line.split(maxsplit=5)
        if words[0].endswith(":"):
            if words[0] == "Anonymous:" and words[1] == "0" and permissions in ("r-xp", "r--p"):
                whole.append(bounds)
            continue
        here = words[5] if len(words) == 6 and folder in words[5] else ""
        if here != path:
            path, whole = here, []
        permissions = words[1] if here else ""
        bounds = _bounds(words[0])
        if permissions.startswith("rw"):
            yield from whole
            whole = []


def _bounds(text: str) -> tuple[int, int]:
    start, _, end = text.partition("-")
    return int(start, 16), int(end, 16)
