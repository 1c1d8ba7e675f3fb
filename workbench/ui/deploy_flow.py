"""One click on Deploy: check, ask whether code goes out that will not run, deploy, say how it ended."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget

from workbench.aws.connection import Connection
from workbench.code.syntax import Problem, check_python
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.deploy.execute import DeployResult
from workbench.deploy.journal import Journal, Outcome
from workbench.deploy.plan import DeployConflict
from workbench.deploy.recover import Recovery, recover
from workbench.deploy.run import deploy
from workbench.functions.detail import get_function
from workbench.ui.interrupted_deploys import InterruptedDeploys
from workbench.ui.language_layers import known_imports
from workbench.ui.services import OpenFunction, Services

_SHOWN_PROBLEMS = 5
_TONES = {Outcome.DEPLOYED: "good", Outcome.ALREADY_DEPLOYED: "info"}


class DeployFlow(QObject):
    """Runs deploys, each in the lane of its function."""

    started = Signal(str, object)  # the function's ARN, and the JobHandle of its deploy
    deployed = Signal(object)  # OpenFunction as it is now
    conflicted = Signal(object, WorkbenchError)  # Workspace and the DeployConflict: nothing was deployed
    failed = Signal(WorkbenchError)
    notice = Signal(str, str, str)  # text, detail, tone

    def __init__(self, services: Services, window: QWidget) -> None:
        super().__init__(window)
        self._services = services
        self._window = window
        # Asked before anything is sent; calls what it is given if the deploy may go on.
        self.before_start: Callable[[OpenFunction, Callable[[], None]], None] = lambda _function, then: then()
        self._journal = Journal(services.paths.data_dir / "deploys")
        self._interrupted = InterruptedDeploys(
            services,
            self._journal,
            window,
            lambda function, then: self.before_start(function, then),
            self.failed.emit,
        )
        self._interrupted.settled.connect(self._settled)

    def recover(self, connection: Connection) -> None:
        """Finds out what became of deploys that a crash interrupted, and says so."""
        self._services.jobs.submit(
            Job(
                self.tr("Looking at interrupted deploys"),
                lambda ctx: recover(connection, self._journal, ctx),
                replaces="deploy.recover",
                quiet=True,
                on_done=lambda found: self._recovered(connection, found),
                on_error=self.failed.emit,
            )
        )

    def _recovered(self, connection: Connection, found: Sequence[Recovery]) -> None:
        for recovery in found:
            if recovery.outcome is not None:
                when = self.tr("A deploy of %1 was interrupted.").replace("%1", recovery.record.function_name)
                self.notice.emit(when, recovery.text, "warning")
        self._interrupted.ask(connection, [recovery for recovery in found if recovery.outcome is None])

    def _settled(self, function: OpenFunction, text: str) -> None:
        ended = self.tr("The interrupted deploy of %1 is settled.").replace(
            "%1", function.detail.function_name
        )
        self.notice.emit(ended, text, "good")
        self.deployed.emit(function)

    def start(self, function: OpenFunction, workspace: Workspace, overwrite_sha256: str = "") -> None:
        """Deploys the saved files of a workspace; asks first when they will not run.

        Args:
            function: As it is shown.
            workspace: Its code.
            overwrite_sha256: CodeSha256 of somebody else's code that the person agreed to replace.
        """
        self.before_start(function, lambda: self._check(function, workspace, overwrite_sha256))

    def _check(self, function: OpenFunction, workspace: Workspace, overwrite_sha256: str) -> None:
        detail = function.detail

        def check(ctx: JobContext) -> tuple[Problem, ...]:
            changed = [entry.path for entry in workspace.changes(ctx)]
            layers = known_imports(self._services, detail)
            return check_python(
                workspace.root, detail.handler, detail.runtime, changed, ctx, elsewhere=layers
            )

        def checked(problems: Sequence[Problem]) -> None:
            if not problems or self._ask_about(function, problems):
                self._deploy(function, workspace, overwrite_sha256)

        self._services.jobs.submit(
            Job(
                self.tr("Checking %1").replace("%1", detail.function_name),
                check,
                lane=_lane(function),
                replaces=f"deploy.check:{detail.function_arn}",  # pressed twice, it asks once
                quiet=True,
                on_done=checked,
                on_error=self.failed.emit,
            )
        )

    def _ask_about(self, function: OpenFunction, problems: Sequence[Problem]) -> bool:
        box = QMessageBox(self._window)
        box.setObjectName("deployProblems")
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle(self.tr("Deploy %1").replace("%1", function.detail.function_name))
        box.setText(self.tr("This code will probably fail when it runs."))
        lines = [_line(problem) for problem in problems[:_SHOWN_PROBLEMS]]
        if more := len(problems) - len(lines):
            lines.append(self.tr("… and %1 more").replace("%1", f"{more:,}"))
        box.setInformativeText("\n".join(lines))
        for label in box.findChildren(QLabel):
            label.setTextFormat(Qt.TextFormat.PlainText)  # a file may be called <b>
        anyway = box.addButton(self.tr("Deploy Anyway"), QMessageBox.ButtonRole.DestructiveRole)
        cancel = box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(cancel)
        box.exec()
        box.deleteLater()
        return box.clickedButton() is anyway

    def _deploy(self, function: OpenFunction, workspace: Workspace, overwrite_sha256: str) -> None:
        connection, name = function.connection, function.detail.function_name

        def run(ctx: JobContext) -> tuple[DeployResult, OpenFunction]:
            result = deploy(connection, workspace, self._journal, ctx, overwrite_sha256=overwrite_sha256)
            try:
                detail = get_function(connection, name)  # not cancelled any more: the deploy is over
            except WorkbenchError:
                detail = function.detail  # deployed all the same; the next look shows it
            return result, OpenFunction(connection, detail)

        handle = self._services.jobs.submit(
            Job(
                self.tr("Deploying %1").replace("%1", name),
                run,
                lane=_lane(function),
                on_done=lambda done: self._done(*done),
                on_error=lambda error: self._failed(workspace, error),
                on_cancelled=lambda: self.notice.emit(
                    self.tr("Deploy cancelled."),
                    self.tr("%1 still has its old code.").replace("%1", name),
                    "info",
                ),
            )
        )
        self.started.emit(function.detail.function_arn, handle)

    def _done(self, result: DeployResult, function: OpenFunction) -> None:
        name = function.detail.function_name
        if result.outcome is Outcome.DEPLOYED:
            text = (
                self.tr("Deployed %1 in %2 s.").replace("%1", name).replace("%2", f"{result.duration_s:.1f}")
            )
        elif result.outcome is Outcome.ALREADY_DEPLOYED:
            text = self.tr("%1 is already deployed.").replace("%1", name)
        else:
            text = name
        self.notice.emit(text, result.text, _TONES.get(result.outcome, "warning"))
        self.deployed.emit(function)

    def _failed(self, workspace: Workspace, error: WorkbenchError) -> None:
        if isinstance(error, DeployConflict):
            self.conflicted.emit(workspace, error)
        else:
            self.failed.emit(error)


def _lane(function: OpenFunction) -> str:
    return f"write:{function.detail.function_arn}"


def _line(problem: Problem) -> str:
    place = f"{problem.path}:{problem.line}: " if problem.line else ""
    return place + problem.message
