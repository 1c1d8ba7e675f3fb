"""What becomes of deploys that a crash stopped half-way: each is asked about, then done."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.deploy.journal import Journal
from workbench.deploy.recover import Recovery, finish_deploy, undo_deploy
from workbench.functions.detail import get_function
from workbench.invoke.run import invoke
from workbench.ui.finish_or_undo import FinishOrUndo
from workbench.ui.interruptions import ACTION, Interruption
from workbench.ui.services import OpenFunction, Services

Settle = Callable[[JobContext], str]
"""Ends a deploy one way or the other; returns how, in sentences."""


class InterruptedDeployDialog(FinishOrUndo):
    """Asks about one deploy."""

    def __init__(self, recovery: Recovery, parent: QWidget) -> None:
        deploy = recovery.deploy
        title = _("The deployment of {function_name} was interrupted").format(
            function_name=deploy.about.function_name
        )
        when = _("It started on {time} UTC.").format(time=deploy.when[:16].replace("T", " "))
        words = _(
            "Finish completes the deployment. Undo restores the previous code and configuration, "
            "except where they have changed since."
        )
        texts = (("When", when, "muted"), ("Steps", recovery.text, ""), ("Words", words, ""))
        super().__init__("interruptedDeploy", title, texts, parent)


class InterruptedDeploys(QObject):
    """Asks about them.

    Args:
        services: The program's.
        journal: Of all deploys.
        window: The dialog's parent.
        before_start: Asked before anything is changed; calls what it is given if that may be.

    Signals:
        found: What waits for a decision (a list of Interruption).
        settled: OpenFunction as it is now, and how it ended.
    """

    found = Signal(list)
    settled = Signal(object, str)

    def __init__(
        self,
        services: Services,
        journal: Journal,
        window: QWidget,
        before_start: Callable[[OpenFunction, Callable[[], None]], None],
        failed: Callable[[Exception], object],
    ) -> None:
        super().__init__(window)
        self._services = services
        self._journal = journal
        self._window = window
        self._before_start = before_start
        self._failed = failed
        self._waiting: list[Recovery] = []

    def take(self, connection: Connection, found: Sequence[Recovery]) -> None:
        """Says what waits for a decision; what was found before is forgotten."""
        self._waiting = list(found)
        self._tell(connection)

    def _tell(self, connection: Connection) -> None:
        self.found.emit(
            [Interruption(self._words(each), partial(self._ask, connection, each)) for each in self._waiting]
        )

    def _words(self, recovery: Recovery) -> WorkbenchError:
        what = _("Deploying {function_name} was interrupted.").format(
            function_name=recovery.deploy.about.function_name
        )
        return WorkbenchError(what, recovery.text, _("Finish it, or undo it."), action=ACTION)

    def _ask(self, connection: Connection, recovery: Recovery) -> None:
        deploy = recovery.deploy
        dialog = InterruptedDeployDialog(recovery, self._window)

        def finish(ctx: JobContext) -> str:
            return finish_deploy(connection, deploy, self._journal, ctx, invoke=invoke).text

        def undo(ctx: JobContext) -> str:
            return undo_deploy(connection, deploy, self._journal, ctx)

        going_on = _("Finishing the deployment of {function_name}").format(
            function_name=deploy.about.function_name
        )
        going_back = _("Undoing the deploy of {function_name}").format(
            function_name=deploy.about.function_name
        )
        dialog.finish_wanted.connect(lambda: self._look(connection, recovery, going_on, finish))
        dialog.undo_wanted.connect(lambda: self._look(connection, recovery, going_back, undo))
        dialog.rejected.connect(lambda: self._tell(connection))
        dialog.open()

    def _look(self, connection: Connection, recovery: Recovery, title: str, settle: Settle) -> None:
        """Reads the function, and asks whether it may be changed."""
        name = recovery.deploy.about.function_name

        def seen(function: OpenFunction) -> None:
            self._before_start(function, lambda: self._settle(function, recovery, title, settle))

        self._services.jobs.submit(
            Job(
                title,
                lambda ctx: OpenFunction(connection, get_function(connection, name, ctx=ctx)),
                quiet=True,
                on_done=seen,
                on_error=self._failed,
            )
        )

    def _settle(self, function: OpenFunction, recovery: Recovery, title: str, settle: Settle) -> None:
        connection, name = function.connection, function.detail.function_name
        self._waiting = [each for each in self._waiting if each is not recovery]
        self._tell(connection)

        def failed(error: WorkbenchError) -> None:
            self._waiting.append(recovery)
            self._tell(connection)
            self._failed(error)

        def run(ctx: JobContext) -> tuple[str, OpenFunction]:
            text = settle(ctx)
            return text, OpenFunction(connection, get_function(connection, name))

        self._services.jobs.submit(
            Job(
                title,
                run,
                lane=f"write:{function.detail.function_arn}",
                on_done=lambda done: self.settled.emit(done[1], done[0]),
                on_error=failed,
            )
        )
