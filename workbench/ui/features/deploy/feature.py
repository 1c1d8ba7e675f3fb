"""Deploys the open code: the actions, the strip of a running deploy, the badge of undeployed changes."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout

from workbench.code.workspace import saved_changes
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle, JobState
from workbench.core.messages import _
from workbench.deploy.run import code_source
from workbench.profiles.safety import Tier
from workbench.ui.deploy_history import deploy_journal
from workbench.ui.features.deploy.flow import DeployFlow
from workbench.ui.features.deploy.history import add_history
from workbench.ui.features.deploy.on_save import DeployOnSave
from workbench.ui.features.deploy.page import DeploysPage
from workbench.ui.kit.bars import Bar
from workbench.ui.kit.labels import ElidedLabel
from workbench.ui.kit.text import PlainLabel, named
from workbench.ui.kit.text_size import scaled
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.code_opening import workspaces_dir
from workbench.ui.services import OpenFunction, Services
from workbench.ui.shell.context import Context, Guard
from workbench.ui.shell.function_page import FunctionPage
from workbench.ui.shell.function_rows import FunctionModel

DEPLOY = "function.deploy"
_KEY = "deploy"  # of the messages
_CHECK = "deploy.not_deployed"
_UNNOTICED_MS = 250
"""A deploy that is shorter would only push the text down and up again."""
_REFRESH_MS = 50
_STEPS = 1000
_BAR_WIDTH = 220


def make_page(services: Services) -> DeploysPage:
    """The tab, made before the feature is activated."""
    return DeploysPage(services, deploy_journal(services))


def activate(context: Context) -> None:
    """Adds deploying and rolling back, and the route "deploy".

    It takes a function, its Workspace, and the CodeSha256 of another user's code that may be replaced.
    """
    services, window, code = context.services, context.window, context.page(CodePage)

    def confirm(function: OpenFunction, then: Callable[[], None]) -> None:
        text = _("This replaces the code of {name}.").format(name=function.detail.function_name)
        context.confirm(function, Guard(_("Deploy to production"), text, _("Deploy")), then)

    def is_production(function: OpenFunction) -> bool:
        return context.tier_for(function.connection) is Tier.PRODUCTION

    def recover() -> None:
        if (connection := context.session.connection) is not None:
            flow.recover(connection)

    def failed(error: WorkbenchError) -> None:
        context.report(error, action=DEPLOY)
        window.operations_changed.emit()  # what could not be undone is offered
        if error.aws_code == "ResourceNotFoundException":
            window.functions.refresh()

    last: dict[str, JobHandle] = {}  # by function ARN

    def forget_failure(function_arn: str, handle: JobHandle) -> None:
        """Closes the message of why the previous deploy of the function failed."""
        before, last[function_arn] = last.get(function_arn), handle
        for banner in window.banners.banners:
            if before is not None and banner.error is before.error:
                banner.closed.emit()

    context.deployed.connect(context.show)
    flow = DeployFlow(services, window, confirm, is_production)
    flow.deployed.connect(context.deployed)
    flow.started.connect(lambda _arn, _handle: context.deploy_started.emit())
    flow.conflicted.connect(context.deploy_conflicted)
    flow.looked.connect(context.show)
    flow.failed.connect(failed)
    flow.notice.connect(lambda text, detail, tone: context.notify(text, detail, tone, key=_KEY))
    context.session.connected.connect(recover)
    context.recovery(_("Deploy"), lambda: (flow.journal,), flow.describe)
    code.in_deploy = flow.in_deploy
    strip = DeployStrip(code)
    flow.started.connect(strip.follow)
    flow.started.connect(forget_failure)
    NotDeployed(services, window.page, code, window.functions.model)
    services.actions.bind(DEPLOY, lambda: code.ready_to_deploy(flow.start))
    services.actions.bind("function.deploy_with", lambda: code.ready_to_deploy(flow.choose))
    context.route("deploy", flow.start)
    DeployOnSave(context)
    add_history(context, flow)


class DeployStrip(Bar):
    """The strip above the code while its function is being deployed: which step, how far, and Cancel.

    Args:
        code: The Code tab, which it joins.
    """

    def __init__(self, code: CodePage) -> None:
        super().__init__()
        named(self, "deployStrip", _("Deploy"))
        self._code = code
        self._running: dict[str, JobHandle] = {}  # by function ARN
        self._title = named(PlainLabel(), "deployStripTitle", role="heading")
        self._text = named(ElidedLabel(), "deployStripText", role="muted")
        self._bar = named(QProgressBar(), "deployStripProgress", _("Progress"))
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(scaled(_BAR_WIDTH))
        self._cancel = named(QPushButton(_("Cancel")), "deployStripCancel")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(12)
        row.addWidget(self._title)
        row.addWidget(self._text, 1)
        row.addWidget(self._bar)
        row.addWidget(self._cancel)
        self._wait = QTimer(self, singleShot=True, interval=_UNNOTICED_MS)
        self._wait.timeout.connect(self._refresh)
        self._tick = QTimer(self, interval=_REFRESH_MS)
        self._tick.timeout.connect(self._refresh)
        self._cancel.clicked.connect(self._cancel_visible)
        code.workspace_changed.connect(lambda: self._refresh(is_other=True))
        layout = code.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(1, self)  # between the bar and the code
        self.setVisible(False)

    def follow(self, function_arn: str, handle: JobHandle) -> None:
        """Shows this deploy, whenever its function is open, until it has ended."""
        self._running[function_arn] = handle
        self._wait.start()

    def _visible_deploy(self) -> JobHandle | None:
        function = self._code.function
        return self._running.get(function.detail.function_arn) if function else None

    def _refresh(self, *, is_other: bool = False) -> None:
        self._running = {arn: handle for arn, handle in self._running.items() if not handle.finished}
        handle = self._visible_deploy()
        if not self._running:
            self._tick.stop()
        elif not self._tick.isActive():
            self._tick.start()
        if handle is None or self._wait.isActive():
            self.set_wanted(False, immediately=is_other)
            return
        self._show(handle)
        self.set_wanted(True)

    def _show(self, handle: JobHandle) -> None:
        progress, text = handle.progress, handle.progress.text
        if handle.cancelling:
            text = _("Cancelling…")
        elif handle.state is JobState.WAITING:
            text = _("Waiting for another change to this function")
        if handle.job.title != self._title.text():
            self._title.setText(handle.job.title)
            self._cancel.setAccessibleName(_("Cancel: {title}").format(title=handle.job.title))
        self._text.show_text(text)
        self._bar.setRange(0, _STEPS if progress.total > 0 else 0)
        if progress.total > 0:
            self._bar.setValue(round(_STEPS * min(1.0, progress.done / progress.total)))
        self._cancel.setEnabled(not handle.cancelling)

    def _cancel_visible(self) -> None:
        if (handle := self._visible_deploy()) is not None:
            handle.cancel()
            self._refresh()


class NotDeployed(QObject):
    """The badge of saved changes that are not deployed, in a function's header and row.

    The Code tab tells of changes once the code is open; until then the files on disk are checked.

    Args:
        services: The program's.
        page: Has the header.
        code: The Code tab.
        rows: The list of functions.
    """

    def __init__(self, services: Services, page: FunctionPage, code: CodePage, rows: FunctionModel) -> None:
        super().__init__(page)
        self._services, self._page, self._code, self._rows = services, page, code, rows
        self._arn = ""
        page.function_shown.connect(self._check)
        page.function_closed.connect(self._check)
        code.workspace_changed.connect(self._check)
        code.changes_seen.connect(self._changes_found)

    def _check(self) -> None:
        """Checks the saved files, unless the Code tab does."""
        function = self._page.function
        arn = function.detail.function_arn if function is not None else ""
        if arn != self._arn:
            self._arn = arn
            self._show(())
        workspace = self._code.workspace
        if function is None or (workspace is not None and not workspace.read_only):
            self._services.jobs.drop(_CHECK)
            return
        source, folder = code_source(function.detail, function.connection), workspaces_dir(self._services)

        def read(ctx: JobContext) -> tuple[str, ...]:
            return saved_changes(source, folder, ctx)

        def show(changed: tuple[str, ...]) -> None:
            if arn == self._arn:
                self._show(changed)

        self._services.jobs.submit(
            Job(
                _("Checking for changes to {function_name}").format(
                    function_name=function.detail.function_name
                ),
                read,
                replaces=_CHECK,
                quiet=True,
                on_done=show,
                on_error=lambda _error: None,  # opening the code says it
            )
        )

    def _changes_found(self, changed: Sequence[str]) -> None:
        workspace = self._code.workspace
        if workspace is not None and not workspace.read_only:
            self._show(changed)

    def _show(self, changed: Sequence[str]) -> None:
        function = self._page.function
        self._page.show_not_deployed(changed)
        self._rows.mark_not_deployed(function.detail.function_name if function and changed else "")
