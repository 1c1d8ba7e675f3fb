"""Works through many numbered things, a few at a time, each in a job of its own.

Cancel takes at most 2 s, whatever a server does.
"""

import threading
from collections.abc import Callable, Sequence
from enum import Enum

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.core.jobs import Job, JobContext, JobHandle, JobState
from workbench.ui.services import Services

_MAX_CONCURRENT = 4
"""The window works on: reading and typing need threads too."""
_GIVE_UP_MS = 1500
_PULSE_S = 0.1


class Unfinished(Enum):
    """Why there is no result."""

    NOT_BEGUN = "not started"
    NO_ANSWER = "no response"  # it was sent, and may still come to an end: then its result follows


class BatchRunner(QObject):
    """One at a time: `start` after `ended`.

    Args:
        services: The program's.
        parent: Its owner.

    Signals:
        begun: A number.
        finished: A number that was begun, and its result: what the work returned, a WorkbenchError, or an
            Unfinished.
        ended: Nothing runs any more, as far as anybody waits for it.
    """

    begun = Signal(int)
    finished = Signal(int, object)
    ended = Signal()

    def __init__(self, services: Services, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = services.jobs
        self._queue: list[int] = []
        self._handles: dict[int, JobHandle] = {}
        self._late: list[JobHandle] = []  # nobody waits for them, but what they say is heard
        self._watch: JobHandle | None = None
        self._over = threading.Event()
        self._over.set()
        self._done = self._total = 0
        self._work: Callable[[int, JobContext], object] = lambda _number, _ctx: None
        self._lane: Callable[[int], str] = lambda _number: ""
        self._give_up_timer = QTimer(self, interval=_GIVE_UP_MS, singleShot=True)
        self._give_up_timer.timeout.connect(self._give_up)
        self.is_stopping = False

    @property
    def is_running(self) -> bool:
        return not self._over.is_set()

    def start(
        self,
        title: str,
        numbers: Sequence[int],
        work: Callable[[int, JobContext], object],
        lane: Callable[[int], str],
    ) -> None:
        """Begins.

        Args:
            title: What the status bar shows.
            numbers: What is to be done, in this order.
            work: Does one; runs in a job.
            lane: Of one's job.
        """
        assert not self.is_running
        self._queue, self._work, self._lane = list(numbers), work, lane
        self._done, self._total, self.is_stopping = 0, len(numbers), False
        self._over = over = threading.Event()

        def watch(ctx: JobContext) -> None:
            while not over.is_set():
                ctx.progress(self._done, self._total)
                ctx.sleep(_PULSE_S)

        # The one line of it all in the status bar: hundreds of jobs would only flicker there.
        self._watch = self._jobs.submit(Job(title, watch, on_cancelled=self.cancel))
        self._go_on()

    def cancel(self) -> None:
        """Begins no other; what was not sent yet is not sent."""
        if not self.is_running or self.is_stopping:
            return
        self.is_stopping = True
        self._queue.clear()
        for number, handle in tuple(self._handles.items()):
            if handle.state is JobState.WAITING:  # behind another job of its lane, for who knows how long
                handle.drop()
                self._finish(number, Unfinished.NOT_BEGUN)
            else:
                handle.cancel()
        self._give_up_timer.start()
        self._go_on()

    def leave(self) -> None:
        """Nobody hears of it any more: it can be deleted. What was sent is sent."""
        self._queue.clear()
        self._over.set()
        self._give_up_timer.stop()
        watch = [self._watch] if self._watch else []
        for handle in (*self._handles.values(), *self._late, *watch):
            handle.drop()

    def _go_on(self) -> None:
        while self._queue and len(self._handles) < _MAX_CONCURRENT:
            self._submit(self._queue.pop(0))
        if not self._handles and not self._over.is_set():
            self._give_up_timer.stop()
            self._over.set()
            self.ended.emit()

    def _submit(self, number: int) -> None:
        work, over = self._work, self._over

        def finish(result: object) -> None:
            if over is self._over:  # else it is late, and something else is done by now
                self._finish(number, result)

        self._handles[number] = self._jobs.submit(
            Job(
                "",
                lambda ctx: work(number, ctx),
                lane=self._lane(number),
                quiet=True,
                on_done=finish,
                on_error=finish,
                on_cancelled=lambda: finish(Unfinished.NOT_BEGUN),
            )
        )
        self.begun.emit(number)

    def _finish(self, number: int, result: object) -> None:
        if self._handles.pop(number, None) is not None:
            self._done += 1
        self.finished.emit(number, result)
        self._go_on()

    def _give_up(self) -> None:
        """Waits no longer for servers that are silent. What they say late is heard all the same."""
        for number in tuple(self._handles):
            self._late.append(self._handles.pop(number))
            self.finished.emit(number, Unfinished.NO_ANSWER)
        self._go_on()
