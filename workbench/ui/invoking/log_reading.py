"""Reads what invocations have logged, so that the ledger has it whole whatever is shown meanwhile.

Owns: the jobs that read, and how many go on once another invocation is shown. Must not know: showing.
"""

from datetime import datetime

from PySide6.QtCore import QObject, Signal

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.logs.read import InvocationLog, read_invocation
from workbench.ui.invoking.kept import ledger_of
from workbench.ui.invoking.log_keeping import keep_log
from workbench.ui.services import OpenFunction, Services

_IN_BACKGROUND = 2
"""So many readings go on, the newest: CloudWatch takes some ten requests a second, and the shown one has need
of them. Each of them waits a minute at most for the end of its log; see `read_invocation`."""


class LogReading(QObject):
    """Lives as long as the panel. All signals but `kept` and `not_kept` begin with the request id.

    Signals:
        came(str, object): The lines so far, as a tuple.
        ended(str, object): The InvocationLog.
        failed(str, object): The WorkbenchError.
        kept(int): The ledger has the log of this entry.
        not_kept: The disk refused.
    """

    came = Signal(str, object)
    ended = Signal(str, object)
    failed = Signal(str, object)
    kept = Signal(int)
    not_kept = Signal(WorkbenchError)

    def __init__(self, services: Services, panel: QObject) -> None:
        super().__init__(panel)
        self._services = services
        self._jobs: list[tuple[JobHandle, int]] = []  # with the number in the ledger

    def read(self, function: OpenFunction, started_at: datetime, request_id: str, number: int) -> None:
        """Reads the log of an invocation, and keeps it if it has a number in the ledger; 0 is none."""
        connection, log_group, clock = function.connection, function.detail.log_group, self._services.clock

        def run(ctx: JobContext) -> InvocationLog:
            return read_invocation(connection, log_group, request_id, started_at, ctx, clock=clock)

        def done(log: InvocationLog) -> None:
            self.ended.emit(request_id, log)
            if number and log.lines:
                self._keep(number, log)

        handle = self._services.jobs.submit(
            Job(
                self.tr("Reading the log of %1").replace("%1", function.detail.function_name),
                run,
                quiet=True,
                on_item=lambda lines: self.came.emit(request_id, lines),
                on_done=done,
                on_error=lambda error: self.failed.emit(request_id, error),
            )
        )
        self._jobs.append((handle, number))

    def leave(self) -> None:
        """Another invocation is shown: what the ledger waits for goes on, but for the oldest of many."""
        running = [each for each in self._jobs if not each[0].finished]
        kept = [each for each in running if each[1]][-_IN_BACKGROUND:]
        for each in running:
            if each not in kept:
                each[0].drop()
        self._jobs = kept

    def drop(self) -> None:
        """Ends all: the account was left."""
        for handle, _number in self._jobs:
            handle.drop()
        self._jobs.clear()

    def _keep(self, number: int, log: InvocationLog) -> None:
        ledger = ledger_of(self._services)
        self._services.jobs.submit(
            Job(
                self.tr("Saving the log"),
                lambda _ctx: keep_log(ledger, number, log),
                quiet=True,
                on_done=lambda _none: self.kept.emit(number),
                on_error=self.not_kept.emit,
            )
        )
