"""When somebody else has deployed: says so above the page, and lets the person choose whose code it shall be.

The choice is asked for, never sprung on anybody: a message offers it, and so do menu and command palette for
as long as other code is deployed than the open code was made from.
"""

from datetime import datetime

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMessageBox

from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.core.messages import _
from workbench.deploy.plan import DeployConflict
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail, parse_moment
from workbench.ui.deploy_flow import DeployFlow
from workbench.ui.function_banners import FunctionBanners
from workbench.ui.kit.text import message_box
from workbench.ui.merge.flow import MergeFlow
from workbench.ui.pages.code import CodePage
from workbench.ui.services import OpenFunction, Services

_KEY = "conflict"  # of the one message that is about the open code
_REMEDY = "deploy.resolve_conflict"


class ConflictFlow(QObject):
    """Watches the open code for a conflict, and resolves it as the person chooses.

    Signals:
        known: Whether the open code is known to be in conflict with what is deployed.
        failed: What is deployed could not be read.
    """

    known = Signal(bool)
    failed = Signal(WorkbenchError)

    def __init__(
        self, services: Services, banners: FunctionBanners, code: CodePage, deploy: DeployFlow
    ) -> None:
        super().__init__(code)
        self._services = services
        self._banners = banners
        self._code = code
        self._deploy = deploy
        self.merge = MergeFlow(services, banners, code)
        self.merge.changed.connect(self._tell)  # what is deployed is the base now, or is not any more
        self.merge.failed.connect(self.failed)
        deploy.deployed.connect(self.merge.forget)
        code.workspace_changed.connect(self._opened)
        deploy.conflicted.connect(self._conflicted)
        deploy.deployed.connect(self._tell)

    def resolve(self) -> None:
        """Looks at what is deployed now, then asks whose code it shall be."""
        function, workspace = self._code.function, self._code.workspace
        if function is None or workspace is None:
            return
        connection, name = function.connection, function.detail.function_name
        self._services.jobs.submit(
            Job(
                _("Checking the code deployed to {name}").format(name=name),
                lambda ctx: get_function(connection, name, "", ctx),
                lane=f"write:{function.detail.function_arn}",  # after a deploy that is under way
                replaces=_REMEDY,
                on_done=lambda detail: self._looked(function, workspace, detail),
                on_error=self.failed.emit,
            )
        )

    def _opened(self) -> None:
        self._tell()
        if self._code.workspace is not None and self._code.workspace.stale:
            found = WorkbenchError(
                _("The deployed code changed after you opened it."),
                _("Your changes are kept. Deploy asks before it overwrites the other code."),
                action=_REMEDY,
            )
            self._banners.show_error(found, "warning", key=_KEY, decision=True)

    def _conflicted(self, workspace: Workspace, error: DeployConflict) -> None:
        workspace.deployed_sha256 = error.deployed_sha256
        self._tell()
        if workspace is self._code.workspace:
            self._banners.show_error(error, key=_KEY, decision=True)
        else:
            error.action = ""  # the action is about the open code; this one's is offered when it is opened
            self._banners.show_error(error)

    def _tell(self) -> None:
        workspace = self._code.workspace
        there = workspace is not None and workspace.stale
        self.known.emit(there)
        if not there:
            self._banners.dismiss(_KEY)

    def _looked(self, function: OpenFunction, workspace: Workspace, deployed: FunctionDetail) -> None:
        if workspace is not self._code.workspace:
            return  # another function is open by now
        workspace.deployed_sha256 = deployed.code_sha256
        self._tell()
        if workspace.stale:
            self._ask(function, workspace, deployed)
        else:
            self._banners.show_notice(
                _("The conflict is resolved."),
                _("{function_name} has the code that your changes are based on.").format(
                    function_name=deployed.function_name
                ),
                key="deploy",
            )

    def _ask(self, function: OpenFunction, workspace: Workspace, deployed: FunctionDetail) -> None:
        box = message_box(
            self._code.window(),
            _("Resolve Conflict"),
            _(
                "{function_name} changed in AWS after you opened it. Which version do you want to keep?"
            ).format(function_name=deployed.function_name),
            self._comparison(workspace, deployed),
            QMessageBox.Icon.Warning,
        )
        box.setObjectName("deployConflict")
        theirs = box.addButton(_("Use Theirs"), QMessageBox.ButtonRole.AcceptRole)
        merge = box.addButton(_("Merge…"), QMessageBox.ButtonRole.ActionRole)
        mine = box.addButton(_("Overwrite Theirs"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def overwrite(function: OpenFunction, shown: Workspace) -> None:
            if shown is workspace:
                self._deploy.start(function, shown, deployed.code_sha256)

        def answered() -> None:
            if box.clickedButton() is theirs:
                self._code.open_deployed(function)
            elif box.clickedButton() is merge:
                self.merge.start(workspace, function.connection, deployed)
            elif box.clickedButton() is mine:
                self._code.ready_to_deploy(overwrite)  # also what was typed since Deploy

        box.finished.connect(answered)
        box.open()

    def _comparison(self, workspace: Workspace, deployed: FunctionDetail) -> str:
        rows = (
            (_("Deployed now"), deployed.code_sha256),
            (_("Function revision"), deployed.revision_id),
            (_("Function last modified"), _utc(deployed.last_modified)),
            (_("Yours is based on"), workspace.base.code_sha256),
            (_("Seen here at"), _utc(parse_moment(workspace.base.when))),
        )
        facts = "\n".join(f"{title}: {value}" for title, value in rows if value)
        theirs = _("Use Theirs opens their code. Yours is moved to a folder.")
        if workspace.local_folder is not None:
            theirs = _("Use Theirs opens their code. Your folder does not change and is no longer used.")
        choice = _(
            "Merge… combines both versions and asks about lines that both changed.\nOverwrite "
            "Theirs deploys your code. The current code stays available in the Deploys tab."
        )
        return f"{facts}\n\n{theirs}\n{choice}"


def _utc(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""
