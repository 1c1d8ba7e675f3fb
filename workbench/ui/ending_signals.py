"""Ctrl+C in the terminal, its end, a session's end, `kill`: each closes the window as its own button does.

Python runs signal handlers between two of its own instructions, and while Qt waits for events there are none:
so the signal's number is also written to a socket, and that is an event for Qt.
"""

import contextlib
import signal
import socket
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier
from PySide6.QtWidgets import QWidget

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP


class EndingSignals(QObject):
    """Closes a window on the first of the signals; a second one ends the program at once.

    What whoever started the program wants ignored (`nohup`, a script's `&`) stays ignored.

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
