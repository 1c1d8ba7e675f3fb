"""Deploys the open code: the actions, the strip of a running deploy, the badge of undeployed changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from workbench.code.syntax import Problem
from workbench.code.working_copy import NotShown
from workbench.code.workspace import LocalChanges, Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle, JobState, Progress
from workbench.core.messages import _
from workbench.deploy.execute import DeployResult, execute
from workbench.deploy.journal import DeployOutcome, Journal
from workbench.deploy.plan import DeployConflict, SettingsChanged, changed_settings
from workbench.deploy.run import propose
from workbench.functions.detail import get_function
from workbench.profiles.safety import Tier
from workbench.ui.features.deploy.flow import DeployFlow
from workbench.ui.features.deploy.page import DeploysPage, add_history
from workbench.ui.kit.bars import Bar
from workbench.ui.kit.labels import ElidedLabel, progress_bar
from workbench.ui.kit.text import PlainLabel, announce, named, restyle
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.code_opening import (
    cannot_change,
    find_local_changes,
    problem_line,
    problems_of,
)
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context, Guard
from workbench.ui.shell.deploy_history import deploy_journal
from workbench.ui.shell.function_page import FunctionPage
from workbench.ui.shell.function_rows import FunctionModel
from workbench.ui.shell.services import OpenFunction, Services


class DeployOnSaveBar(Bar):
    """The strip above the code: what came of the last save. It takes no room while there is nothing to say.

    Args:
        page: The Code tab, which it joins below its first row.

    Signals:
        off_wanted: Saves shall not be deployed any more.
    """

    off_wanted = Signal()

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        named(self, "deployOnSaveBar", _("Deploy on Save"))
        self._title = named(PlainLabel(_("Deploy on Save")), "deployOnSaveTitle", role="heading")
        self._text = named(ElidedLabel(), "deployOnSaveText")
        self._off = named(QPushButton(), "deployOnSaveOff")
        self._off.clicked.connect(self.off_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(12)
        row.addWidget(self._title)
        row.addWidget(self._text, 1)
        row.addWidget(self._off)
        layout = page.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(1, self)
        self.setVisible(False)

    def show_state(self, text: str, tone: str = "muted", *, is_on: bool = True) -> None:
        """Says how things are.

        Args:
            text: One line; the whole of a long one is in its tool tip.
            tone: "muted", "good", "warning" or "danger".
            is_on: Whether the next save is deployed too.
        """
        self._text.show_text(text)
        restyle(self._text, role=tone)
        self._off.setText(_("Turn Off") if is_on else _("Close"))
        self.set_wanted(True)
        if tone in ("warning", "danger"):
            announce(self, text)


ACTION = "function.deploy_on_save"
_PAUSE_MS = 300
"""What is saved within it goes out together."""


@dataclass(frozen=True, slots=True, eq=False)
class _Status:
    """What the strip says of a function; kept while others are open."""

    text: str
    tone: str = "muted"


@dataclass(frozen=True, slots=True, eq=False)
class _Tried:
    """What came of one save: problems, or a result with the function as it is now, or nothing to do."""

    problems: tuple[Problem, ...] = ()
    result: DeployResult | None = None
    function: OpenFunction | None = None


class DeployOnSave(QObject):
    """Follows the saves of the open code."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context, self._services = context, context.services
        self._code = context.page(CodePage)
        code = self._code
        self._journal = Journal(context.services.paths.data_dir / "deploys")
        self._on: dict[str, _Status] = {}  # by function ARN
        self._stopped: dict[str, _Status] = {}
        self._saved: dict[str, tuple[OpenFunction, Workspace]] = {}  # not sent yet
        self._sending: set[str] = set()
        self.bar = DeployOnSaveBar(code)
        spec = ActionSpec(ACTION, _("Deploy on Save"), "Alt+Shift+S", when="function", submenu=_("Deploy"))
        self._action = context.action(spec, self.toggle, after="function.deploy_with")
        self._action.setCheckable(True)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._send_saved)
        self.bar.off_wanted.connect(self._turn_off)
        code.files.saved.connect(lambda _uri, _text: self.note_save())
        code.changes.changed.connect(self.note_save)
        code.changed_on_disk.connect(self.note_save)
        code.workspace_changed.connect(self._show)
        context.session.changed.connect(self._forget)
        self._show()

    # Switching ----------------------------------------------------------------------------------------------

    def toggle(self) -> None:
        """Switches it on or off for the open function; what is saved and not deployed goes out at once."""
        function, workspace = self._code.function, self._code.workspace
        if function is None:
            return
        arn = function.detail.function_arn
        if arn in self._on:
            self._turn_off()
            return
        refusal = self._refusal(function, workspace)
        if refusal is not None:
            self._context.report(refusal)
        else:
            self._stopped.pop(arn, None)
            words = _("Every save is deployed to {function_name} and invoked with the last test event.")
            self._on[arn] = _Status(words.format(function_name=function.detail.function_name))
            self.note_save()
        self._show()

    def _refusal(self, function: OpenFunction, workspace: Workspace | None) -> WorkbenchError | None:
        what = _("Deploy on Save was not turned on.")
        tier = self._context.tier_for(function.connection)
        if tier is Tier.PRODUCTION:
            return WorkbenchError(
                what,
                _("{function_name} is in production, where you confirm each deployment.").format(
                    function_name=function.detail.function_name
                ),
                _(
                    "Deploy when the code is ready, or work on a copy of the function in another account "
                    "or region."
                ),
            )
        if tier is Tier.READ_ONLY:
            return WorkbenchError(
                what,
                _("This profile is read-only."),
                _("Choose another profile."),
            )
        if workspace is not None and workspace.read_only:
            error = cannot_change(workspace)
            error.what = what
            return error
        return None

    def _turn_off(self) -> None:
        if (function := self._code.function) is not None:
            arn = function.detail.function_arn
            for known in (self._on, self._stopped, self._saved):
                known.pop(arn, None)  # what goes out already goes on
        self._show()

    def _stop(self, function: OpenFunction, text: str) -> None:
        arn = function.detail.function_arn
        self._saved.pop(arn, None)
        if self._on.pop(arn, None) is not None:
            self._stopped[arn] = _Status(text, "danger")
        self._show()

    def _forget(self) -> None:
        """Another account: nothing goes on by itself there."""
        for known in (self._on, self._stopped, self._saved):
            known.clear()
        self._show()

    # Saves --------------------------------------------------------------------------------------------------

    def note_save(self) -> None:
        """Something in the open code was saved, here or by another program."""
        function, workspace = self._code.function, self._code.workspace
        if function and workspace and function.detail.function_arn in self._on and not workspace.read_only:
            self._saved[function.detail.function_arn] = (function, workspace)
            self._pause.start()

    def _send_saved(self) -> None:
        for arn in self._saved.keys() - self._sending:
            self._send(*self._saved.pop(arn))

    def _send(self, function: OpenFunction, workspace: Workspace) -> None:
        if self._is_open(function) and self._code.function:
            function = self._code.function  # as the last deploy left it
        if (refusal := self._refusal(function, workspace)) is not None:
            self._stop(function, f"{_('Stopped.')} {refusal.why}")
            return
        connection, detail = function.connection, function.detail
        workspace.shown = {}  # also what another program saved is deployed
        title = _("Deploying {function_name}").format(function_name=detail.function_name)

        def run(ctx: JobContext) -> _Tried:
            if not workspace.undeployed(ctx):
                return _Tried()
            ctx.progress(0, 0, title)
            if problems := problems_of(self._services, workspace, detail, ctx):
                return _Tried(problems)
            observed, plan = propose(connection, workspace, ctx)
            if changed := changed_settings(detail, observed):
                raise SettingsChanged(detail.function_name, changed)
            result = execute(connection, plan, workspace, self._journal, ctx, self._services.clock)
            try:
                now = get_function(connection, detail.function_name)
            except WorkbenchError:
                now = detail  # deployed all the same; the next look shows it
            return _Tried((), result, OpenFunction(connection, now))

        cancelled = _("Cancelled. The function still has the previous code.")
        self._sending.add(detail.function_arn)
        self._services.jobs.submit(
            Job(
                title,
                run,
                lane=f"write:{detail.function_arn}",
                on_progress=lambda progress: self._progressed(function, progress),
                on_done=lambda tried: self._done(function, tried),
                on_error=lambda error: self._failed(function, workspace, error),
                on_cancelled=lambda: self._ended(function, cancelled, "warning"),
            )
        )

    def _progressed(self, function: OpenFunction, progress: Progress) -> None:
        self._tell(function, f"{progress.text}…", "muted")

    def _done(self, function: OpenFunction, tried: _Tried) -> None:
        if tried.problems:
            words = _("Not deployed because it will probably fail: {problem_line}")
            self._ended(function, words.format(problem_line=problem_line(tried.problems[0])), "warning")
            return
        if tried.result is None or tried.function is None:
            self._ended(function)
            return
        self._context.deployed.emit(tried.function)
        if tried.result.outcome is DeployOutcome.ALREADY_DEPLOYED:
            self._ended(function, _("This code is already deployed."))
            return
        moment = self._services.clock.now().astimezone()
        words = _("Deployed at {moment} in {duration_s} s.")
        self._ended(
            function,
            words.format(moment=f"{moment:%H:%M:%S}", duration_s=f"{tried.result.duration_s:.1f}"),
            "good",
        )
        if function.detail.function_arn not in self._saved and self._is_open(function):
            self._context.navigate("test.invoke")  # not its action, which a locked window switches off

    def _failed(self, function: OpenFunction, workspace: Workspace, error: WorkbenchError) -> None:
        if isinstance(error, DeployConflict):
            self._stop(function, _("Stopped: the deployed code changed. Nothing was overwritten."))
            self._ended(function)
            self._context.deploy_conflicted.emit(workspace, error)
        elif isinstance(error, SettingsChanged) or error.aws_code == "ResourceNotFoundException":
            self._stop(function, f"{_('Stopped.')} {error}")
            self._ended(function)
            if self._is_open(function):
                self._services.actions["function.refresh"].trigger()  # shows what it is now
        else:
            self._ended(function, str(error), "danger")

    def _is_open(self, function: OpenFunction) -> bool:
        shown = self._code.function
        return shown is not None and shown.detail.function_arn == function.detail.function_arn

    def _ended(self, function: OpenFunction, text: str = "", tone: str = "muted") -> None:
        self._sending.discard(function.detail.function_arn)
        if text:
            self._tell(function, text, tone)
        if self._saved:
            self._pause.start()

    # The strip ----------------------------------------------------------------------------------------------

    def _tell(self, function: OpenFunction, text: str, tone: str) -> None:
        arn = function.detail.function_arn
        if arn in self._on:
            self._on[arn] = _Status(text, tone)
            self._show()

    def _show(self) -> None:
        function = self._code.function
        arn = function.detail.function_arn if function else ""
        told, stopped = self._on.get(arn), self._stopped.get(arn)
        self._action.setChecked(told is not None)
        if shown := told or stopped:
            self.bar.show_state(shown.text, shown.tone, is_on=told is not None)
        else:
            self.bar.set_wanted(False, immediately=True)


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

    It takes a function, its Workspace, the CodeSha256 of another user's code that may be replaced, and what
    is called with the function once it has the code.
    """
    services, window, code = context.services, context.window, context.page(CodePage)

    def confirm(function: OpenFunction, then: Callable[[], None]) -> None:
        text = _("This replaces the code of {name}.").format(name=function.detail.function_name)
        context.confirm(function, Guard(_("Deploy to Production"), text, _("Deploy")), then)

    def is_production(function: OpenFunction) -> bool:
        return context.tier_for(function.connection) is Tier.PRODUCTION

    def recover() -> None:
        if (connection := context.session.connection) is not None:
            flow.recover(connection)

    def failed(error: WorkbenchError) -> None:
        context.report(error, action=DEPLOY)
        window.operations_changed.emit()  # what could not be undone is offered
        if isinstance(error, NotShown):
            code.reload()
        if error.aws_code == "ResourceNotFoundException":
            window.functions.refresh()

    def dismiss_warning() -> None:
        """Closes the warning about problems: they are mended, or the user runs the code to see them."""
        if flow.has_warned:
            flow.has_warned = False
            window.banners.dismiss(_KEY)

    context.deployed.connect(context.show)
    flow = DeployFlow(services, window, confirm, is_production)
    flow.deployed.connect(context.deployed)
    flow.started.connect(lambda *_deploy: context.deploy_started.emit())
    flow.conflicted.connect(context.deploy_conflicted)
    flow.looked.connect(context.show)
    flow.failed.connect(failed)
    flow.notice.connect(lambda text, detail, tone: context.notify(text, detail, tone, key=_KEY))
    code.problems_changed.connect(lambda problems: None if problems else dismiss_warning())
    context.invoker.started.connect(lambda _invocation: dismiss_warning())
    context.session.connected.connect(recover)
    context.recovery(_("Deploy"), lambda: (flow.journal,), flow.describe)
    flow.started.connect(code.note_deploy)
    strip = DeployStrip(code)
    flow.started.connect(strip.follow)
    NotDeployed(services, window.page, code, window.functions.model)
    services.actions.bind(DEPLOY, lambda: code.ready_to_deploy(flow.start))
    options = ActionSpec(
        "function.deploy_with",
        _("Deploy with Options…"),
        "Ctrl+Shift+B",
        when="function",
        submenu=_("Deploy"),
    )
    context.action(options, lambda: code.ready_to_deploy(flow.choose), after=DEPLOY)
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
        self._bar = progress_bar("deployStripProgress", width=_BAR_WIDTH)
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
    """The badge of saved code that is not deployed (`Workspace.undeployed`), in a function's header and row.

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
        code.undeployed_found.connect(self._changes_found)

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

        def show(changes: LocalChanges) -> None:
            if arn == self._arn:
                self._show(changes.saved)

        find_local_changes(self._services, function, show, key=_CHECK)

    def _changes_found(self, changed: Sequence[str]) -> None:
        workspace = self._code.workspace
        if workspace is not None and not workspace.read_only:
            self._show(changed)

    def _show(self, changed: Sequence[str]) -> None:
        function = self._page.function
        self._page.show_not_deployed(changed)
        self._rows.mark_not_deployed(function.detail.function_name if function and changed else "")
