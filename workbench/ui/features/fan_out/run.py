"""Carries a fan-out out: a few functions of a wave at a time, each in the lane of its function."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobHandle, Progress
from workbench.core.messages import _
from workbench.deploy.fan_out import Adopt, Connect, FanOut, FanOutFile, Target, TargetState, deploy_number
from workbench.deploy.journal import Journal
from workbench.ui.services import Services

_MAX_CONCURRENT = 4
"""The window works on: reading and typing need threads too."""
_ENDED_BADLY = (TargetState.FAILED, TargetState.STOPPED)


class FanOutRun(QObject):
    """One fan-out, from its first function to the last.

    Args:
        services: The program's.
        file: What was begun.
        journal: Of all deploys.
        connect: The way to the functions.
        adopting: What makes the package the base of a function's open code; None where it is not open.
        parent: Its owner.

    Signals:
        changed: A function stands elsewhere, or is further.
        ended: Nothing runs any more; `fan_out` says what came of it.
    """

    changed = Signal()
    ended = Signal()

    def __init__(
        self,
        services: Services,
        file: FanOutFile,
        journal: Journal,
        connect: Connect,
        adopting: Callable[[Target], Adopt | None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._file = file
        self._journal = journal
        self._connect = connect
        self._adopting = adopting
        self._handles: dict[int, JobHandle] = {}
        self._queue: list[int] = []
        self._stopping = False
        self.progress: dict[int, Progress] = {}

    @property
    def fan_out(self) -> FanOut:
        assert self._file.fan_out is not None
        return self._file.fan_out

    @property
    def is_running(self) -> bool:
        return bool(self._handles)

    @property
    def is_stopping(self) -> bool:
        return self._stopping and self.is_running

    def start(self) -> None:
        """Begins, or goes on with what did not succeed."""
        if self.is_running:
            return
        self._stopping = False
        self.progress.clear()
        self._file.fan_out = self.fan_out.again()
        self._go_on()
        self.changed.emit()

    def cancel(self) -> None:
        """Begins no other; what was not sent yet is not sent."""
        self._stopping = True
        for handle in tuple(self._handles.values()):
            handle.cancel()
        self.changed.emit()

    def _go_on(self) -> None:
        states = {standing.state for standing in self.fan_out.standings}
        if self._stopping or states.intersection(_ENDED_BADLY):
            self._queue.clear()
        elif not self._queue and not self._handles:
            self._queue.extend(self.fan_out.to_begin())
        while self._queue and len(self._handles) < _MAX_CONCURRENT:
            self._submit(self._queue.pop(0))
        if not self._handles:
            self.ended.emit()

    def _submit(self, number: int) -> None:
        target = self.fan_out.standings[number].target
        file, connect, journal, adopt = self._file, self._connect, self._journal, self._adopting(target)
        where = _("Deploying {function_name} in {region} as {profile_name}")
        self._handles[number] = self._services.jobs.submit(
            Job(
                where.format(
                    region=target.region, profile_name=target.profile_name, function_name=target.function_name
                ),
                lambda ctx: deploy_number(file, number, connect, adopt, journal, ctx),
                lane=f"write:{target.function_arn}",
                on_progress=lambda progress: self._progressed(number, progress),
                on_done=lambda _done: self._finished(number),
                on_error=lambda error: self._failed(number, error),
                on_cancelled=lambda: self._finished(number),
            )
        )

    def _progressed(self, number: int, progress: Progress) -> None:
        self.progress[number] = progress
        self.changed.emit()

    def _failed(self, number: int, error: WorkbenchError) -> None:
        """The program is at fault."""
        standing = self.fan_out.standings[number]
        if standing.state is TargetState.RUNNING:
            self._file.fan_out = self.fan_out.after(number, TargetState.STOPPED, str(error))
        self._finished(number)

    def _finished(self, number: int) -> None:
        del self._handles[number]
        self.progress.pop(number, None)
        self._go_on()
        self.changed.emit()
