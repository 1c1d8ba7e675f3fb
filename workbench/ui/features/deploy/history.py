"""Roll back, and compare with what was deployed before."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from workbench.code.compare import ComparedPackage
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.deploy import roll_back as rolling
from workbench.deploy.execute import DeployResult
from workbench.deploy.history import HistoryEntry, history
from workbench.deploy.journal import DeployOutcome, prune_journals
from workbench.deploy.plan import DeployConflict, Plan, StepKind
from workbench.functions.detail import get_function
from workbench.ui.action_spec import ActionSpec
from workbench.ui.deploy_history import deploy_journal, entry_text, when_text
from workbench.ui.features.deploy import roll_back_dialog as dialogs
from workbench.ui.features.deploy.flow import DeployFlow
from workbench.ui.features.deploy.page import DeploysPage
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.services import OpenFunction
from workbench.ui.shell.context import Context, Guard

_TIDY_AFTER_MS = 20_000
"""Once the start of the program is over, which it would only slow down."""


def add_history(context: Context, deploy: DeployFlow) -> None:
    """Adds rolling back to the menu, the Deploys tab and the Versions tab."""
    flow = HistoryFlow(context, deploy)
    context.action(
        ActionSpec(
            "function.roll_back",
            _("Roll Back…"),
            "Alt+Shift+B",
            "rotate-ccw",
            "function",
            begins_group=True,
            submenu=_("Deploy"),
            terms=_("undo deploy, restore, revert"),
        ),
        flow.roll_back_to_last,
        after="function.deploy_on_save",
    )
    context.action(
        ActionSpec(
            "view.deploys", _("Deploys"), "Alt+Shift+H", when="function", terms=_("history, releases")
        ),
        lambda: context.window.page.show_tab(DeploysPage.object_name),
        after="view.versions",
    )


class HistoryFlow(QObject):
    """Rolls back, and compares with earlier deploys."""

    def __init__(self, context: Context, deploy: DeployFlow) -> None:
        super().__init__(context)
        self._context, self._services, self._window = context, context.services, context.window
        self._journal = deploy_journal(self._services)
        self._code, self._deploy = context.page(CodePage), deploy
        self._waiting: HistoryEntry | None = None  # to be compared with once the code is open
        page = context.page(DeploysPage)
        page.roll_back_wanted.connect(self.roll_back_to)
        page.comparison_wanted.connect(self.compare)
        context.page(VersionsPage).roll_back_wanted.connect(self.roll_back_to_version)
        self._code.workspace_changed.connect(self._opened)
        for ended in (self._deploy.failed, self._deploy.notice):
            ended.connect(page.refresh)
        tidy = QTimer(self, singleShot=True, interval=_TIDY_AFTER_MS)
        tidy.timeout.connect(self.tidy)
        tidy.start()

    def tidy(self) -> None:
        """Forgets old deploys, in the background."""
        self._services.jobs.submit(
            Job(
                _("Removing old deploys from the history"),
                lambda ctx: prune_journals(self._journal, ctx),
                quiet=True,
            )
        )

    # Comparing ----------------------------------------------------------------------------------------------

    def compare(self, entry: HistoryEntry) -> None:
        """Compares the open code with what was deployed then, once it is open."""
        self._waiting = entry
        self._window.page.show_tab("codePage")
        self._opened()

    def _opened(self) -> None:
        entry, workspace = self._waiting, self._code.workspace
        if entry is None or workspace is None:
            return
        self._waiting = None
        if workspace.base.function_name != entry.function_name:
            return
        title = _("Deployed on {when}").format(when=when_text(entry.when))
        found: list[ComparedPackage] = []

        def make(ctx: JobContext) -> ComparedPackage:
            if not found or not found[0].package.is_file():
                failure = _("The code could not be compared.")
                package = self._journal.packages.need(entry.code_sha256, ctx, failure)
                found[:] = [ComparedPackage(title, package.path, package.contents)]
            return found[0]

        self._context.navigate("compare_package", title, make)

    # Going back ---------------------------------------------------------------------------------------------

    def roll_back_to_last(self) -> None:
        """Offers to go back to what the function had before what it has now."""
        function = self._context.function
        if function is None:
            return
        detail = function.detail

        def run(ctx: JobContext) -> rolling.Offer | None:
            entry = last_before(history(self._journal, detail.function_arn), detail.code_sha256)
            return rolling.look(function.connection, self._journal, entry, ctx) if entry else None

        self._find_offer(function, run)

    def roll_back_to(self, entry: HistoryEntry) -> None:
        """Looks what going back to a deploy can mean, then asks."""
        function = self._context.function
        if function is not None and function.detail.function_name == entry.function_name:
            self._find_offer(
                function, lambda ctx: rolling.look(function.connection, self._journal, entry, ctx)
            )

    def roll_back_to_version(self, version: str) -> None:
        """Looks what going back to a published version can mean, then asks."""
        function = self._context.function
        if function is None:
            return
        connection, name = function.connection, function.detail.function_name

        def run(ctx: JobContext) -> rolling.Offer:
            entry = rolling.version_entry(connection, self._journal, name, version, ctx)
            return rolling.look(connection, self._journal, entry, ctx)

        self._find_offer(function, run)

    def _find_offer(
        self, function: OpenFunction, run: "Callable[[JobContext], rolling.Offer | None]"
    ) -> None:
        name = function.detail.function_name
        self._services.jobs.submit(
            Job(
                _("Finding earlier code of {name}").format(name=name),
                run,
                replaces="history.look",
                on_done=lambda offer: self._ask(function, offer),
                on_error=self._deploy.failed.emit,
            )
        )

    def _ask(self, function: OpenFunction, offer: "rolling.Offer | None") -> None:
        name = function.detail.function_name
        shown = self._context.function
        if shown is None or shown.detail.function_arn != function.detail.function_arn:
            return  # another function is open by now
        if offer is None or not (offer.can_deploy or offer.aliases):
            self._report_nothing(name, offer)
            return
        where = f"{function.connection.account_id} · {function.connection.region}"
        dialog = dialogs.RollBackDialog(offer, where, self._window)
        guard = Guard(
            _("Roll back in production"),
            _("This rolls {name} back to {to}.").format(name=name, to=entry_text(offer.entry, offer.version)),
            _("Roll Back"),
        )
        dialog.agreed.connect(
            lambda plan: self._context.confirm(
                function, guard, lambda: self._flush(lambda: self._run(function, offer, plan))
            )
        )
        dialog.open()

    def _report_nothing(self, name: str, offer: "rolling.Offer | None") -> None:
        """Says why there is nothing to ask."""
        if offer is not None and offer.is_deployed:
            text = _("Nothing to roll back.")
            why = _("{name} already has this code.").format(name=name)
        elif offer is not None and offer.version:
            text = _("{name} cannot be rolled back to this version.").format(name=name)
            why = _("The function has no alias, and the version's package is not on this computer.")
        else:
            text = _("Nothing to roll back.")
            why = _("This computer has no earlier package of {name}.").format(name=name)
        self._deploy.notice.emit(text, why, "info")

    def _flush(self, then: Callable[[], None]) -> None:
        """What was typed goes to disk first: it decides whether the working copy has changes."""
        if self._code.workspace is None:
            then()
        else:
            self._code.files.flush(then)

    def _run(self, function: OpenFunction, offer: "rolling.Offer", plan: Plan) -> None:
        connection, name = function.connection, function.detail.function_name
        workspace, to = self._code.workspace, entry_text(offer.entry, offer.version)

        def run(ctx: JobContext) -> tuple[DeployResult, OpenFunction]:
            result = rolling.roll_back(connection, plan, workspace, self._journal, ctx)
            try:
                detail = get_function(connection, name)  # not cancelled any more: it is over
            except WorkbenchError:
                detail = function.detail  # the next look shows it
            return result, OpenFunction(connection, detail)

        self._context.change(
            function,
            _("Rolling back {name} to {to}").format(name=name, to=to),
            run,
            lambda done: self._done(to, plan, workspace, *done),
            failed=lambda error: self._failed(name, error),
            cancelled=lambda: self._deploy.notice.emit(
                _("Roll-back cancelled."), _("{name} did not change.").format(name=name), "info"
            ),
            started=lambda handle: self._deploy.started.emit(function.detail.function_arn, handle),
        )

    def _done(
        self,
        to: str,
        plan: Plan,
        workspace: Workspace | None,
        result: DeployResult,
        function: OpenFunction,
    ) -> None:
        name = function.detail.function_name
        sent = plan.has(StepKind.UPLOAD)
        kept = sent and workspace is not None and workspace.base.code_sha256 == result.new_sha256
        text = _("Rolled back {name} to {to}.")
        detail = result.text if not sent else _("The function has this code again.")
        if kept:
            detail = " ".join((detail, _("Your changes are kept. Deploy to send them.")))
        tone = "good" if result.outcome is DeployOutcome.DEPLOYED else "warning"
        self._deploy.notice.emit(text.format(name=name, to=to), detail, tone)
        self._deploy.deployed.emit(function)
        if sent and not kept and workspace is not None and workspace is self._code.workspace:
            self._code.reopen()

    def _failed(self, name: str, error: WorkbenchError) -> None:
        if isinstance(error, DeployConflict):
            error = WorkbenchError(
                _("{name} was not rolled back.").format(name=name),
                _("The deployed code changed in the meantime. It was not overwritten."),
                _("Refresh the function, then try again."),
                error.aws_code,
                error.request_id,
                action="function.refresh",
            )
        self._deploy.failed.emit(error)


def last_before(entries: tuple[HistoryEntry, ...], code_sha256: str) -> HistoryEntry | None:
    """The newest entry with other code than the present that can be gone back to, of those that ran."""
    for entry in entries:
        there = entry.record is None or entry.outcome in (DeployOutcome.DEPLOYED, DeployOutcome.UPDATING)
        if there and not entry.is_move and entry.code_sha256 != code_sha256 and entry.kept_bytes:
            return entry
    return None
