"""Opens the dialog before a deploy, plans what its options say, until the user agrees to a plan."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from workbench.code.dependencies.declared import InstallNotConfirmed
from workbench.code.syntax import Problem
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.deploy.alarms import list_alarms
from workbench.deploy.plan import DeployConflict
from workbench.deploy.remembered import RememberedOptions
from workbench.functions.versions import Alias, list_aliases
from workbench.invoke.events import TestEvent
from workbench.ui import deploy_checks as checking
from workbench.ui.deploying import dialog as dialogs
from workbench.ui.deploying import plan_views
from workbench.ui.deploying import proposal as proposals
from workbench.ui.install_question import ask_to_install
from workbench.ui.ownership.owner import owner_warning
from workbench.ui.services import OpenFunction, Services

_PLAN, _LINES, _CHOICES = "deploy.plan", "deploy.plan.file", "deploy.plan.choices"
_ALARMS = "deploy.plan.alarms"
_MAX_PROBLEMS = 5
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
        agreed: The Proposal that is to be carried out.
        conflicted: Workspace and the DeployConflict: another user deployed other code.
        failed: Something that the dialog cannot help with; it is closed.
    """

    agreed = Signal(object)
    conflicted = Signal(object, WorkbenchError)
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, remembered: RememberedOptions, window: QWidget) -> None:
        super().__init__(window)
        self._services = services
        self._remembered = remembered
        self._window = window
        self._dialog: dialogs.DeployDialog | None = None

    def open(self, function: OpenFunction, workspace: Workspace, overwrite_sha256: str = "") -> None:
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

        def plan() -> None:
            ours = dialog.settings.restored()
            request = proposals.Request(function, workspace, overwrite_sha256, dialog.options(), ours)
            self._plan(dialog, request)

        def agreed(proposal: proposals.Proposal) -> None:
            dialog.accept()
            self.agreed.emit(proposal)

        dialog.replan_wanted.connect(plan)
        dialog.deploy_wanted.connect(agreed)
        dialog.install_wanted.connect(
            lambda preview: ask_to_install(self._services, dialog, preview, dialog.plan_anew)
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

    def _plan(self, dialog: "dialogs.DeployDialog", request: "proposals.Request") -> None:
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
                on_done=dialog.show_proposal,
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
        elif error.action:  # its button is in the message over the page
            dialog.reject()
            self.failed.emit(error)
        else:
            dialog.show_failure(error)

    def _offer(self, dialog: "dialogs.DeployDialog", function: OpenFunction, workspace: Workspace) -> None:
        """Finds what can be chosen, and what to warn of."""
        services, detail = self._services, function.detail

        def read(ctx: JobContext) -> _Choices:
            return _Choices(
                checking.problems_of(services, workspace, detail, ctx),
                _or_else((), lambda: checking.events_of(services, detail)),
                _or_else((), lambda: list_aliases(function.connection, detail.function_name, ctx)),
            )

        def show(found: _Choices) -> None:
            dialog.form.show_choices(found.events, found.aliases)
            lines = [checking.problem_line(each) for each in found.problems[:_MAX_PROBLEMS]]
            if more := len(found.problems) - len(lines):
                lines.append(_("… and {more} more").format(more=f"{more:,}"))
            dialog.show_problems(lines, checking.offered_handler(found.problems))

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
                on_done=lambda lines: plan_views.FileDifference(path, lines, dialog).open(),
                on_error=dialog.say_error,
            )
        )


def _or_else[T](otherwise: T, read: Callable[[], T]) -> T:
    """What only helps to choose: without it a name can be typed, and the plan says what is wrong."""
    try:
        return read()
    except WorkbenchError:
        return otherwise
