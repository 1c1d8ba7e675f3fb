"""One click on Deploy: check, ask whether code goes out that will not run, deploy, say how it ended."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from workbench.aws.connection import Connection
from workbench.code.syntax import Problem
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _, ngettext
from workbench.deploy.changes import SettingsChanged, changed_settings
from workbench.deploy.execute import DeployResult, execute
from workbench.deploy.journal import DeployOutcome, Journal
from workbench.deploy.plan import DeployConflict
from workbench.deploy.recover import Recovery, recover
from workbench.deploy.remembered import RememberedOptions
from workbench.deploy.run import propose
from workbench.functions.configure import Wanted
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.invoke.run import invoke
from workbench.ui.deploy_checks import (
    events_of,
    handler_problems,
    offered_handler,
    problem_line,
    problems_of,
    with_events,
)
from workbench.ui.deploying.plan_flow import PlanFlow
from workbench.ui.deploying.proposal import Proposal
from workbench.ui.install_question import install_error_handler, not_installed
from workbench.ui.kit.text import message_box
from workbench.ui.ownership.owner import OwnerQuestion
from workbench.ui.services import OpenFunction, Services

_SHOWN_PROBLEMS = 5
_TONES = {DeployOutcome.DEPLOYED: "good", DeployOutcome.ALREADY_DEPLOYED: "info"}


class DeployFlow(QObject):
    """Runs deploys, each in the lane of its function."""

    started = Signal(str, object)  # the function's ARN, and the JobHandle of its deploy
    deployed = Signal(object)  # OpenFunction as it is now
    looked = Signal(object)  # the same, after a deploy that did not end as wanted
    conflicted = Signal(object, WorkbenchError)  # Workspace and the DeployConflict: nothing was deployed
    failed = Signal(WorkbenchError)
    notice = Signal(str, str, str)  # text, detail, tone

    def __init__(self, services: Services, window: QWidget) -> None:
        super().__init__(window)
        self._services = services
        self._window = window
        # Asked before anything is sent; calls what it is given if the deploy may go on.
        self.before_start: Callable[[OpenFunction, Callable[[], None]], None] = lambda _function, then: then()
        # Whether a deploy is never made without its plan being shown.
        self.shows_plan: Callable[[OpenFunction], bool] = lambda _function: False
        self._left: dict[str, FunctionDetail] = {}  # by function ARN: as the last deploy left it
        self._owner = OwnerQuestion(window)
        self._running: dict[str, tuple[JobHandle, Workspace]] = {}  # by function ARN, also those that ended
        self._journal = Journal(
            services.paths.data_dir / "deploys", packages_days=services.policy.packages_days
        )
        self._remembered = RememberedOptions(services.paths.data_dir / "deploy-options")
        self._plans = PlanFlow(services, self._remembered, window)
        self._plans.agreed.connect(self._agreed)
        self._plans.conflicted.connect(self.conflicted)
        self._plans.failed.connect(self.failed)

    def recover(self, connection: Connection) -> None:
        """Finds out what became of deploys that a crash interrupted, and says so."""
        self._services.jobs.submit(
            Job(
                _("Checking interrupted deploys"),
                lambda ctx: recover(connection, self._journal, ctx),
                replaces="deploy.recover",
                quiet=True,
                on_done=self._recovered,
                on_error=self.failed.emit,
            )
        )

    def _recovered(self, found: Sequence[Recovery]) -> None:
        over = [recovery for recovery in found if recovery.outcome is not None]
        if len(over) == 1:
            name = over[0].deploy.about.function_name
            when = _("A deployment of {name} was interrupted.").format(name=name)
            self.notice.emit(when, over[0].text, "warning")
        elif over:
            when = ngettext(
                "{count:,} deploy was interrupted.", "{count:,} deploys were interrupted.", len(over)
            ).format(count=len(over))
            lines = (f"{each.deploy.about.function_name}: {each.text}" for each in over)
            self.notice.emit(when, "\n".join(lines), "warning")

    def start(self, function: OpenFunction, workspace: Workspace, overwrite_sha256: str = "") -> None:
        """Deploys the saved files of a workspace as the last time; asks first when they will not run.

        Args:
            function: As it is shown.
            workspace: Its code.
            overwrite_sha256: CodeSha256 of somebody else's code that the person agreed to replace.
        """
        if self.shows_plan(function):
            self.choose(function, workspace, overwrite_sha256)
            return

        def check() -> None:
            self.before_start(function, lambda: self._check(function, workspace, overwrite_sha256))

        self._owner.ask(function.detail, check)

    def choose(self, function: OpenFunction, workspace: Workspace, overwrite_sha256: str = "") -> None:
        """Shows first what a deploy would do, and asks what is wanted beside the code. Args: as `start`."""
        self._plans.open(function, workspace, overwrite_sha256)

    def in_deploy(self, function_arn: str) -> Workspace | None:
        """The workspace that is being deployed to a function, or None."""
        handle, workspace = self._running.get(function_arn, (None, None))
        if handle is None or handle.finished:
            self._running.pop(function_arn, None)
            return None
        return workspace

    def _agreed(self, proposal: Proposal) -> None:
        request = proposal.request
        if proposal.plan.already_deployed:
            self._remember(proposal)
            return
        self.before_start(
            request.function,
            lambda: self._deploy(request.function, request.workspace, lambda ctx: self._do(proposal, ctx)),
        )

    def _check(self, function: OpenFunction, workspace: Workspace, overwrite_sha256: str) -> None:
        detail = function.detail

        def check(ctx: JobContext) -> tuple[Problem, ...]:
            return problems_of(self._services, workspace, detail, ctx)

        def checked(problems: Sequence[Problem]) -> None:
            handler = self._ask_about(function, problems) if problems else ""
            if handler is not None:
                self._deploy(
                    function,
                    workspace,
                    lambda ctx: self._do_again(function, workspace, overwrite_sha256, handler, ctx),
                    overwrite_sha256,
                )

        self._services.jobs.submit(
            Job(
                _("Checking {function_name}").format(function_name=detail.function_name),
                check,
                lane=_lane(function),
                replaces=f"deploy.check:{detail.function_arn}",  # pressed twice, it asks once
                immediate=True,
                on_done=checked,
                on_error=self.failed.emit,
                on_cancelled=lambda: self._cancelled(function),
            )
        )

    def _ask_about(self, function: OpenFunction, problems: Sequence[Problem]) -> str | None:
        """Asks whether code that will fail is deployed: None for no, else the handler to set, or ""."""
        lines = [problem_line(problem) for problem in problems[:_SHOWN_PROBLEMS]]
        if more := len(problems) - len(lines):
            lines.append(_("… and {more} more").format(more=f"{more:,}"))
        box = message_box(
            self._window,
            _("Deploy {function_name}").format(function_name=function.detail.function_name),
            _("This code will probably fail at run time."),
            "\n".join(lines),
            QMessageBox.Icon.Warning,
        )
        box.setObjectName("deployProblems")
        anyway = box.addButton(_("Deploy Anyway"), QMessageBox.ButtonRole.DestructiveRole)
        handler = offered_handler(problems)
        fix = None
        if handler:
            words = _("Deploy and Set Handler to “{handler}”").format(handler=handler)
            fix = box.addButton(words.replace("&", "&&"), QMessageBox.ButtonRole.AcceptRole)
        cancel = box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(cancel)
        box.exec()
        box.deleteLater()
        if fix is not None and box.clickedButton() is fix:
            return handler
        return "" if box.clickedButton() is anyway else None

    def _remember(self, proposal: Proposal) -> None:
        """Keeps what is wanted for the next deploy: now there is nothing to do."""
        arn, options = proposal.plan.function_arn, proposal.request.options
        self._services.jobs.submit(
            Job(
                _("Saving the options"),
                lambda _ctx: self._remembered.keep(arn, options),
                quiet=True,
                on_error=self.failed.emit,
            )
        )

    def _do(self, proposal: Proposal, ctx: JobContext) -> DeployResult:
        """Carries out the plan that a person saw; the next deploy goes the same way."""
        request = proposal.request
        connection = request.function.connection
        self._remembered.keep(proposal.plan.function_arn, request.options)
        return execute(
            connection, proposal.plan, request.workspace, self._journal, ctx, self._services.clock, invoke
        )

    def _do_again(
        self,
        function: OpenFunction,
        workspace: Workspace,
        overwrite_sha256: str,
        handler: str,
        ctx: JobContext,
    ) -> DeployResult:
        """Deploys as the last time, with another handler if one is given.

        Raises SettingsChanged before anything is sent.
        """
        detail = function.detail
        options = self._remembered.of(detail.function_arn)
        if handler:
            options = replace(options, configuration=Wanted(handler=handler))
        if options.smoke_test is not None:
            options = with_events(options, events_of(self._services, detail))
        observed, plan = propose(
            function.connection, workspace, ctx, overwrite_sha256=overwrite_sha256, options=options
        )
        seen = self._left.get(detail.function_arn, detail)  # by a deploy that this one waited for
        if (changed := changed_settings(detail, observed)) and changed_settings(seen, observed):
            raise SettingsChanged(detail.function_name, changed)
        return execute(function.connection, plan, workspace, self._journal, ctx, self._services.clock, invoke)

    def _deploy(
        self,
        function: OpenFunction,
        workspace: Workspace,
        do: Callable[[JobContext], DeployResult],
        overwrite_sha256: str = "",
    ) -> None:
        connection, name = function.connection, function.detail.function_name

        def run(ctx: JobContext) -> tuple[DeployResult, OpenFunction, Sequence[Problem]]:
            result = do(ctx)
            try:
                detail = get_function(connection, name)  # not cancelled any more: the deploy is over
            except WorkbenchError:
                detail = function.detail  # deployed all the same; the next look shows it
            else:
                self._left[detail.function_arn] = detail
            problems: Sequence[Problem] = ()
            with contextlib.suppress(WorkbenchError):
                problems = handler_problems(self._services, workspace, detail)
            return result, OpenFunction(connection, detail), problems

        handle = self._services.jobs.submit(
            Job(
                _("Deploying {name}").format(name=name),
                run,
                lane=_lane(function),
                immediate=True,
                on_done=lambda done: self._done(*done),
                on_error=install_error_handler(
                    self._services,
                    self._window,
                    lambda: self._deploy(function, workspace, do, overwrite_sha256),
                    lambda error: self._failed(function, workspace, overwrite_sha256, error),
                    lambda: self.failed.emit(not_installed(_("{name} was not deployed.").format(name=name))),
                ),
                on_cancelled=lambda: self._cancelled(function),
            )
        )
        self._running[function.detail.function_arn] = (handle, workspace)
        self.started.emit(function.detail.function_arn, handle)

    def _done(self, result: DeployResult, function: OpenFunction, problems: Sequence[Problem]) -> None:
        name = function.detail.function_name
        if result.outcome is DeployOutcome.DEPLOYED:
            text = _("Deployed {name} in {duration_s} s.").format(
                name=name, duration_s=f"{result.duration_s:.1f}"
            )
        elif result.outcome is DeployOutcome.ALREADY_DEPLOYED:
            text = _("{name} is already deployed.").format(name=name)
        else:
            text = name
        tone = "warning" if problems else _TONES.get(result.outcome, "warning")
        self.notice.emit(text, "\n".join((result.text, *map(problem_line, problems))), tone)
        self.deployed.emit(function)

    def _cancelled(self, function: OpenFunction) -> None:
        name = function.detail.function_name
        self.notice.emit(
            _("Deploy cancelled."),
            _("{name} still has the previous code.").format(name=name),
            "info",
        )
        self._look(function)

    def _look(self, function: OpenFunction) -> None:
        """Reads how the function is: some of it may be changed, by this deploy or by somebody else."""
        connection, name = function.connection, function.detail.function_name
        self._services.jobs.submit(
            Job(
                _("Reading {name}").format(name=name),
                lambda ctx: OpenFunction(connection, get_function(connection, name, "", ctx)),
                quiet=True,
                on_done=self.looked.emit,
                on_error=lambda _error: None,  # what it did not do was said already
            )
        )

    def _failed(
        self, function: OpenFunction, workspace: Workspace, overwrite_sha256: str, error: WorkbenchError
    ) -> None:
        if isinstance(error, DeployConflict):
            self.conflicted.emit(workspace, error)
        elif isinstance(error, SettingsChanged):
            self.choose(function, workspace, overwrite_sha256)  # which shows them, and asks whose shall stay
        else:
            self.failed.emit(error)
            self._look(function)


def _lane(function: OpenFunction) -> str:
    return f"write:{function.detail.function_arn}"
