"""One click on Deploy, or the dialog before it: check, ask, plan, deploy, say how it ended."""

import contextlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from workbench.aws.connection import Connection
from workbench.code.dependencies.declared import InstallNotConfirmed
from workbench.code.dependencies.use import DependencyState
from workbench.code.package_contents import CodeWillFail, refuse_new_problems
from workbench.code.syntax import Problem
from workbench.code.working_copy import NotShown
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _, ngettext
from workbench.deploy.execute import (
    DeployResult,
    Recovery,
    execute,
    finish_deploy,
    half_way,
    needs_choice,
    recover,
    undo_deploy,
)
from workbench.deploy.journal import DeployOutcome, InterruptedDeploy, Journal
from workbench.deploy.options import RememberedOptions
from workbench.deploy.plan import DeployConflict, SettingsChanged, changed_settings
from workbench.deploy.run import propose
from workbench.deploy.steps.release import list_alarms
from workbench.functions.configure import Wanted
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.functions.versions import Alias, list_aliases
from workbench.invoke.events import TestEvent
from workbench.invoke.run import invoke
from workbench.ui.features.deploy import dialog as dialogs
from workbench.ui.features.deploy import proposal as proposals
from workbench.ui.features.deploy.proposal import Proposal
from workbench.ui.kit.text import message_box
from workbench.ui.pages.code_opening import (
    events_of,
    handler_problems,
    offered_handler,
    problem_line,
    problem_lines,
    problems_of,
    with_events,
)
from workbench.ui.shell.install_question import ask_to_install, install_error_handler, not_installed
from workbench.ui.shell.owner import OwnerQuestion, owner_warning
from workbench.ui.shell.recovery import Ended, Interruption
from workbench.ui.shell.services import OpenFunction, Services

_TONES = {DeployOutcome.DEPLOYED: "good", DeployOutcome.ALREADY_DEPLOYED: "info"}


type Confirm = Callable[[OpenFunction, Callable[[], None]], None]
type Then = Callable[[OpenFunction], object]
"""Called with the function once it has the code."""


def _nothing(_function: OpenFunction) -> None:
    """Nothing is to be done after a deploy."""


class DeployFlow(QObject):
    """Runs deploys, each in the lane of its function.

    Args:
        services: The program's.
        window: The parent of what is asked.
        confirm: Asked before anything is sent; calls what it is given if the deploy may go on.
        shows_plan: Whether the function is never deployed to without its plan being shown.

    Signals:
        started: The function's ARN, the JobHandle of its deploy, and the Workspace that is deployed, if any.
        deployed: The OpenFunction as it is now.
        looked: The same, after a deploy that did not end as wanted.
        conflicted: Workspace and the DeployConflict; nothing was deployed.
        failed: Why nothing was deployed.
        notice: Text, detail and tone of how a deploy ended.
    """

    started = Signal(str, object, object)
    deployed = Signal(object)
    looked = Signal(object)
    conflicted = Signal(object, WorkbenchError)
    failed = Signal(WorkbenchError)
    notice = Signal(str, str, str)

    def __init__(
        self,
        services: Services,
        window: QWidget,
        confirm: Confirm = lambda _function, then: then(),
        shows_plan: Callable[[OpenFunction], bool] = lambda _function: False,
    ) -> None:
        super().__init__(window)
        self._services = services
        self._window = window
        self.confirm, self.shows_plan = confirm, shows_plan
        self._left: dict[str, FunctionDetail] = {}  # by function ARN: as the last deploy left it
        self._owner = OwnerQuestion(window)
        self.has_warned = False  # whether the last notice was a warning about problems of the code
        self.journal = Journal(
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
                lambda ctx: recover(connection, self.journal, ctx),
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

    def describe(self, record: InterruptedDeploy) -> Interruption | None:
        """What is shown of an interrupted deploy; None for one of which `recover` finds out."""
        if not needs_choice(record):
            return None
        name, planned = record.about.function_name, record.about.planned

        def ended(connection: Connection, text: str) -> Ended:
            try:
                now = OpenFunction(connection, get_function(connection, name))
            except WorkbenchError:
                return Ended(text)  # it is over all the same; the next look shows the function
            return Ended(text, then=lambda: self.deployed.emit(now))

        def finish(connection: Connection, ctx: JobContext) -> Ended:
            result = finish_deploy(connection, record, self.journal, ctx, invoke=invoke)
            return ended(connection, result.text)

        def undo(connection: Connection, ctx: JobContext) -> Ended:
            return ended(connection, undo_deploy(connection, record, self.journal, ctx))

        return Interruption(
            _("Deploy of {name}").format(name=name),
            half_way(record),
            _(
                "Finish completes the deployment. Undo restores the previous code and configuration, "
                "except where they have changed since."
            ),
            sum(step in record.done for step in planned),
            len(planned),
            finish,
            undo,
            subject=name,
            lane=f"write:{record.about.function_arn}",
        )

    def start(
        self, function: OpenFunction, workspace: Workspace, overwrite_sha256: str = "", then: Then = _nothing
    ) -> None:
        """Deploys the saved files of a workspace as the last time; asks first when they will not run.

        Args:
            function: As it is shown.
            workspace: Its code.
            overwrite_sha256: CodeSha256 of somebody else's code that the person agreed to replace.
            then: Called once the function has this code, also if it had it before.
        """
        if self.shows_plan(function):
            self.choose(function, workspace, overwrite_sha256, then)
            return

        def check() -> None:
            self.confirm(function, lambda: self._check(function, workspace, overwrite_sha256, then))

        self._owner.ask(function.detail, check)

    def choose(
        self, function: OpenFunction, workspace: Workspace, overwrite_sha256: str = "", then: Then = _nothing
    ) -> None:
        """Shows first what a deploy would do, and asks what is wanted beside the code. Args: as `start`."""
        self._plans.open(function, workspace, overwrite_sha256, then)

    def _agreed(self, proposal: Proposal, then: Then) -> None:
        request = proposal.request
        if proposal.plan.already_deployed:
            self._remember(proposal)
            then(request.function)
            return
        self.confirm(
            request.function,
            lambda: self._deploy(
                request.function, request.workspace, lambda ctx: self._do(proposal, ctx), then=then
            ),
        )

    def _check(self, function: OpenFunction, workspace: Workspace, overwrite_sha256: str, then: Then) -> None:
        detail = function.detail

        def check(ctx: JobContext) -> tuple[Problem, ...]:
            return problems_of(self._services, workspace, detail, ctx)

        def checked(problems: Sequence[Problem], chosen: str = "") -> None:
            answer = self._ask_about(function, problems) if problems else ""
            if answer is not None:
                handler = answer or chosen
                self._deploy(
                    function,
                    workspace,
                    lambda ctx: self._do_again(function, workspace, overwrite_sha256, handler, problems, ctx),
                    overwrite_sha256,
                    then,
                    lambda found: checked(found, handler),
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
        lines = problem_lines(problems)
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
            connection, proposal.plan, request.workspace, self.journal, ctx, self._services.clock, invoke
        )

    def _do_again(
        self,
        function: OpenFunction,
        workspace: Workspace,
        overwrite_sha256: str,
        handler: str,
        agreed: Collection[Problem],
        ctx: JobContext,
    ) -> DeployResult:
        """Deploys as the last time, with another handler if one is given.

        Raises SettingsChanged or CodeWillFail before anything is sent.
        """
        detail = function.detail
        is_pending = workspace.dependencies.status(workspace.base).state is DependencyState.CHANGED
        options = self._remembered.of(detail.function_arn)
        if handler:
            options = replace(options, configuration=Wanted(handler=handler))
        if options.smoke_test is not None:
            options = with_events(options, events_of(self._services, detail))
        observed, plan = propose(
            function.connection, workspace, ctx, overwrite_sha256=overwrite_sha256, options=options
        )
        if is_pending:  # only now it is known which modules are missing
            as_wanted = replace(observed, handler=handler or observed.handler)
            found = problems_of(self._services, workspace, as_wanted, ctx)
            what = _("{name} was not deployed.").format(name=detail.function_name)
            refuse_new_problems(found, agreed, what)
        seen = self._left.get(detail.function_arn, detail)  # by a deploy that this one waited for
        if (changed := changed_settings(detail, observed)) and changed_settings(seen, observed):
            raise SettingsChanged(detail.function_name, changed)
        return execute(function.connection, plan, workspace, self.journal, ctx, self._services.clock, invoke)

    def _deploy(
        self,
        function: OpenFunction,
        workspace: Workspace,
        do: Callable[[JobContext], DeployResult],
        overwrite_sha256: str = "",
        then: Then = _nothing,
        ask: Callable[[Sequence[Problem]], None] | None = None,
    ) -> None:
        """Deploys.

        Args:
            do: The deploy itself.
            ask: Asks about problems that are known only once packages are installed, and deploys after a yes.
        """
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

        def failed(error: WorkbenchError) -> None:
            if isinstance(error, CodeWillFail) and ask is not None:
                ask(error.problems)
            else:
                self._failed(function, workspace, overwrite_sha256, error, then)

        handle = self._services.jobs.submit(
            Job(
                _("Deploying {name}").format(name=name),
                run,
                lane=_lane(function),
                immediate=True,
                on_done=lambda done: self._done(*done, then),
                on_error=install_error_handler(
                    self._services,
                    self._window,
                    lambda: self._deploy(function, workspace, do, overwrite_sha256, then, ask),
                    failed,
                    lambda: self.failed.emit(not_installed(_("{name} was not deployed.").format(name=name))),
                ),
                on_cancelled=lambda: self._cancelled(function),
            )
        )
        self.started.emit(function.detail.function_arn, handle, workspace)

    def _done(
        self, result: DeployResult, function: OpenFunction, problems: Sequence[Problem], then: Then
    ) -> None:
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
        self.has_warned = bool(problems)
        self.deployed.emit(function)
        if result.outcome in (DeployOutcome.DEPLOYED, DeployOutcome.ALREADY_DEPLOYED):
            then(function)

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
        self,
        function: OpenFunction,
        workspace: Workspace,
        overwrite_sha256: str,
        error: WorkbenchError,
        then: Then,
    ) -> None:
        if isinstance(error, DeployConflict):
            self.conflicted.emit(workspace, error)
        elif isinstance(error, SettingsChanged):
            # This shows them, and asks whose shall stay.
            self.choose(function, workspace, overwrite_sha256, then)
        else:
            self.failed.emit(error)
            self._look(function)


def _lane(function: OpenFunction) -> str:
    return f"write:{function.detail.function_arn}"


_PLAN, _LINES, _CHOICES = "deploy.plan", "deploy.plan.file", "deploy.plan.choices"
_ALARMS = "deploy.plan.alarms"
_NO_ALARMS: tuple[tuple[str, ...], bool] = ((), False)


@dataclass(frozen=True, slots=True)
class _Choices:
    """What the dialog offers, and warns of."""

    problems: Sequence[Problem]
    events: Sequence[TestEvent]
    aliases: Sequence[Alias]


class PlanFlow(QObject):
    """Shows one dialog at a time.

    Args:
        services: The program's.
        remembered: What was wanted last.
        window: The dialog's parent.

    Signals:
        agreed: The Proposal that is to be carried out, and what is called once the function has its code.
        conflicted: Workspace and the DeployConflict: another user deployed other code.
        failed: Something that the dialog cannot help with; it is closed.
    """

    agreed = Signal(object, object)
    conflicted = Signal(object, WorkbenchError)
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, remembered: RememberedOptions, window: QWidget) -> None:
        super().__init__(window)
        self._services = services
        self._remembered = remembered
        self._window = window
        self._dialog: dialogs.DeployDialog | None = None

    def open(
        self, function: OpenFunction, workspace: Workspace, overwrite_sha256: str = "", then: Then = _nothing
    ) -> None:
        """Shows what a deploy would do. What is wanted is what was wanted last time, until it is changed."""
        if self._dialog is not None:
            return
        detail = function.detail
        dialog = self._dialog = dialogs.DeployDialog(
            detail.function_name,
            f"{detail.account_id} · {detail.region}",
            self._remembered.of(detail.function_arn),
            self._services.actions["function.deploy"].text(),
            owner_warning(detail),
            self._window,
            has_tenants=detail.has_tenants,
        )

        is_installing = False

        def plan() -> None:
            ours = dialog.settings.restored()
            request = proposals.Request(function, workspace, overwrite_sha256, dialog.options(), ours)
            self._plan(dialog, request, planned)

        def install() -> None:
            nonlocal is_installing
            is_installing = True
            dialog.plan_anew()

        def planned(proposal: proposals.Proposal) -> None:
            nonlocal is_installing
            dialog.show_proposal(proposal)
            if is_installing:  # only now it is known which modules are missing
                is_installing = False
                self._offer(dialog, function, workspace)

        def agreed(proposal: proposals.Proposal) -> None:
            dialog.accept()
            self.agreed.emit(proposal, then)

        dialog.replan_wanted.connect(plan)
        dialog.deploy_wanted.connect(agreed)
        dialog.install_wanted.connect(
            lambda preview: ask_to_install(self._services, dialog, preview, install)
        )
        dialog.lines_wanted.connect(lambda path: self._show_lines(dialog, path))
        dialog.finished.connect(lambda _answer: self._closed())
        dialog.open()
        self._offer(dialog, function, workspace)
        plan()

    def _closed(self) -> None:
        self._dialog = None
        for key in (_PLAN, _LINES, _CHOICES, _ALARMS):
            self._services.jobs.drop(key)

    def _plan(
        self,
        dialog: "dialogs.DeployDialog",
        request: "proposals.Request",
        planned: "Callable[[proposals.Proposal], None]",
    ) -> None:
        cache_dir = self._services.paths.cache_dir / "packages"
        detail = request.function.detail
        self._services.jobs.submit(
            Job(
                _("Planning the deployment of {function_name}").format(function_name=detail.function_name),
                lambda ctx: proposals.propose_deploy(request, cache_dir, ctx),
                lane=f"write:{detail.function_arn}",  # after a deploy that is under way
                replaces=_PLAN,
                quiet=True,
                on_progress=dialog.show_progress,
                on_done=planned,
                on_error=lambda error: self._refused(dialog, request, error),
            )
        )

    def _refused(
        self, dialog: "dialogs.DeployDialog", request: "proposals.Request", error: WorkbenchError
    ) -> None:
        if isinstance(error, DeployConflict):
            dialog.reject()
            self.conflicted.emit(request.workspace, error)
        elif isinstance(error, InstallNotConfirmed):
            dialog.show_unconfirmed(error.preview)
        elif isinstance(error, NotShown) or error.action:  # its button is in the message over the page
            dialog.reject()
            self.failed.emit(error)
        else:
            dialog.show_failure(error)

    def _offer(self, dialog: "dialogs.DeployDialog", function: OpenFunction, workspace: Workspace) -> None:
        """Finds what can be chosen, and what to warn of."""
        services, detail = self._services, function.detail

        def read(ctx: JobContext) -> _Choices:
            return _Choices(
                problems_of(services, workspace, detail, ctx),
                _or_else((), lambda: events_of(services, detail)),
                _or_else((), lambda: list_aliases(function.connection, detail.function_name, ctx)),
            )

        def show(found: _Choices) -> None:
            dialog.form.show_choices(found.events, found.aliases)
            dialog.show_problems(problem_lines(found.problems), offered_handler(found.problems))

        self._services.jobs.submit(
            Job(
                _("Checking {function_name}").format(function_name=detail.function_name),
                read,
                replaces=_CHOICES,
                quiet=True,
                on_done=show,
                on_error=lambda error: self._unchecked(dialog, error),
            )
        )
        self._services.jobs.submit(
            Job(
                _("Listing the alarms"),
                lambda ctx: _or_else(_NO_ALARMS, lambda: list_alarms(function.connection, ctx)),
                replaces=_ALARMS,
                quiet=True,
                on_done=lambda found: dialog.form.show_alarms(found[0], are_all=found[1]),
            )
        )

    def _unchecked(self, dialog: "dialogs.DeployDialog", error: WorkbenchError) -> None:
        dialog.reject()
        self.failed.emit(error)

    def _show_lines(self, dialog: "dialogs.DeployDialog", path: str) -> None:
        proposal = dialog.proposal
        if proposal is None:
            return
        self._services.jobs.submit(
            Job(
                _("Comparing {path}").format(path=path),
                lambda _ctx: proposals.difference_of(proposal, path),
                replaces=_LINES,
                quiet=True,
                urgent=True,
                on_done=lambda lines: dialogs.FileDifference(path, lines, dialog).open(),
                on_error=dialog.set_error,
            )
        )


def _or_else[T](otherwise: T, read: Callable[[], T]) -> T:
    """What only helps to choose: without it a name can be typed, and the plan says what is wrong."""
    try:
        return read()
    except WorkbenchError:
        return otherwise
