"""Ctrl+C in the terminal, a session's end, `kill`: each closes the window as its own button does.

Python runs signal handlers between two of its own instructions, and while Qt waits for events there are none:
so the signal's number is also written to a socket, and that is an event for Qt.
"""

import signal
import socket
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier
from PySide6.QtWidgets import QWidget


class EndingSignals(QObject):
    """Closes a window on the first SIGINT or SIGTERM; a second one ends the program at once.

    Make it on the main thread, once; `release` gives the signals back.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._ours, theirs = socket.socketpair()
        self._theirs = theirs
        theirs.setblocking(False)
        self._ours.setblocking(False)
        self._notifier = QSocketNotifier(self._ours.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._arrived)
        self._wakeup_before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, _noted) for number in (signal.SIGINT, signal.SIGTERM)}

    def release(self) -> None:
        """From here on the signals do what they did before."""
        signal.set_wakeup_fd(self._wakeup_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._notifier.setEnabled(False)
        self._ours.close()
        self._theirs.close()

    def _arrived(self) -> None:
        numbers = self._ours.recv(64)
        if not any(number in self._before for number in numbers):
            return
        for number in self._before:
            signal.signal(number, signal.SIG_DFL)
        self._window.close()


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Nothing to do here: the socket has the number already."""
