"""Opening the browser for a job: asked for on its thread, done on the main thread."""

from collections.abc import Callable
from queue import Empty, SimpleQueue

from PySide6.QtCore import QObject, Signal

from workbench.core.jobs import JobContext

_LOOK_S = 0.05


class Browser(QObject):
    """Make it on the main thread.

    Args:
        open_url: Shows an address; False when there is no browser. Called on the main thread.
        parent: Ends it.
    """

    _wanted = Signal(str, object)

    def __init__(self, open_url: Callable[[str], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._open_url = open_url
        self._wanted.connect(self._open)

    def open(self, url: str, ctx: JobContext) -> bool:
        """Shows an address. On a worker thread.

        Raises:
            Cancelled: While it waits for the main thread, which may be busy ending the program.
        """
        answer: SimpleQueue[bool] = SimpleQueue()
        self._wanted.emit(url, answer)
        while True:
            ctx.check()
            try:
                return answer.get(timeout=_LOOK_S)
            except Empty:
                continue

    def _open(self, url: str, answer: "SimpleQueue[bool]") -> None:
        answer.put(self._open_url(url))
