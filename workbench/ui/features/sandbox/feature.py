"""The Sandbox's menu, its state in words, and its samples on first start."""

import sys

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.profiles.model import Profile, ProfileKind
from workbench.sandbox.samples import SampleTraffic, create_samples, exercise_samples
from workbench.sandbox.supervisor import Sandbox, SandboxState, SandboxStatus
from workbench.ui.kit.text import message_box
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context
from workbench.ui.shell.preferences import SANDBOX_START, SANDBOX_STATES, SandboxStart, sandbox_start
from workbench.ui.shell.services import Services

_KEY = "sandbox"  # of the messages


def activate(context: Context) -> None:
    """Adds the actions, and keeps the window up to date with what becomes of the Sandbox."""
    session, window = context.session, context.window
    control = SandboxControl(context.services, context.sandbox, window)
    text = ""  # of the Sandbox's state

    def is_chosen() -> bool:
        return session.profile.kind is ProfileKind.SANDBOX

    def show_state(new_text: str | None = None) -> None:
        nonlocal text
        text = text if new_text is None else new_text
        window.where.setText(text if is_chosen() else "")

    def connection_changed() -> None:
        if session.connection is not None and is_chosen():
            control.fill(session.connection)

    def was_reset() -> None:
        context.close_function()
        context.sandbox_reset.emit()
        window.close_bottom_everywhere()
        window.banners.clear()
        window.operations_changed.emit()

    def setting_changed(key: str) -> None:
        if key == SANDBOX_START.key:
            control.apply_setting()
        elif key == SANDBOX_STATES.key:
            control.apply_pace()

    control.moved.connect(lambda: session.connect_now() if is_chosen() else None)
    control.failed.connect(lambda error: window.banners.show_error(error, key=_KEY))
    control.is_ready.connect(lambda: window.banners.dismiss(_KEY))
    control.state_changed.connect(show_state)
    control.was_reset.connect(was_reset)
    control.samples_changed.connect(lambda: window.functions.refresh() if is_chosen() else None)
    session.changed.connect(show_state)
    session.connecting.connect(show_state)
    session.connected.connect(connection_changed)
    context.setting_changed.connect(setting_changed)
    context.sandbox_status.connect(control.show_status)
    context.sandbox_notice.connect(lambda notice: window.banners.show_error(notice, "warning"))

    start = ActionSpec("sandbox.start", _("Start Sandbox"), icon="rotate-ccw")
    context.action(start, control.start, after=_("&Sandbox"))
    copy = ActionSpec("sandbox.copy_access", _("Copy Credentials for the AWS CLI"), icon="copy")
    context.action(copy, control.copy_access, after=start.id)
    folder = ActionSpec("sandbox.open_data_folder", _("Open Data Folder"), icon="folder-open")
    context.action(folder, control.open_folder, after=copy.id)
    reset = ActionSpec("sandbox.reset", _("Reset Sandbox…"), icon="trash-2", begins_group=True)
    context.action(reset, control.reset, after=folder.id)


class SandboxControl(QObject):
    """What can be done with the Sandbox."""

    moved = Signal()  # it answers at a new address: connect again
    was_reset = Signal()  # nothing of what was shown is there any more
    failed = Signal(WorkbenchError)
    is_ready = Signal()  # it runs: what kept it from that is over
    state_changed = Signal(str)  # words for the status bar, empty when all is well
    samples_changed = Signal()  # a sample function was created

    def __init__(self, services: Services, sandbox: Sandbox, window: QWidget) -> None:
        super().__init__(window)
        self._services = services
        self._sandbox = sandbox
        self._window = window
        self._url = ""

    def fill(self, connection: Connection) -> None:
        """Creates the samples of a new Sandbox, then uses them for a while, in the background."""
        connection = connection.unobserved()  # no person's calls: they would fill the Activity panel
        self._services.jobs.start(
            _("Creating the Sandbox's samples"),
            lambda ctx: create_samples(connection, ctx),
            replaces="sandbox.samples",
            on_item=self._take,
            on_done=lambda _created: self._use(connection),
            on_error=self.failed.emit,
        )

    def apply_setting(self) -> None:
        """Starts or stops the Sandbox as the settings say now."""
        start = sandbox_start(self._services.settings)
        if start is SandboxStart.NEVER:
            self._services.jobs.drop("sandbox.samples")
            self._services.jobs.start(
                _("Stopping the Sandbox"),
                lambda _ctx: self._sandbox.stop(),
                on_done=lambda _none: self.moved.emit(),
                on_error=self.failed.emit,
            )
        elif self._sandbox.status.endpoint is None:
            if start is SandboxStart.ALWAYS:
                self.start()
            else:
                self.moved.emit()  # starts it if it is the one that is chosen

    def apply_pace(self) -> None:
        """Has states take as long as the settings say now."""
        self._services.jobs.start(
            _("Setting how long the Sandbox's states take"),
            lambda _ctx: self._sandbox.apply_pace(),
            quiet=True,
            on_error=self.failed.emit,
        )

    def _use(self, connection: Connection) -> None:
        self._services.jobs.start(
            _("Invoking the Sandbox's samples"),
            lambda ctx: exercise_samples(connection, ctx),
            replaces="sandbox.samples",
            quiet=True,
            on_item=self._take,
            on_error=self.failed.emit,
        )

    def _take(self, item: object) -> None:
        """A new sample's name, or what is known of the traffic of all."""
        if isinstance(item, SampleTraffic):
            self._services.samples.take(item)
        else:
            self.samples_changed.emit()

    def show_status(self, status: SandboxStatus) -> None:
        """Says what became of the Sandbox; at a new address everything connects again."""
        self.state_changed.emit(_state_text(status.state))
        if status.error is not None:
            self.failed.emit(status.error)
        if status.endpoint is not None:
            self.is_ready.emit()
            if self._url not in ("", status.endpoint.url):
                self.moved.emit()
            self._url = status.endpoint.url

    def start(self) -> None:
        """Starts it."""
        self._services.jobs.start(
            _("Starting the Sandbox"),
            self._sandbox.start,
            on_done=lambda _endpoint: self.moved.emit(),
            on_error=self.failed.emit,
        )

    def reset(self) -> None:
        """Deletes all that is in it and starts it anew, once the user has agreed."""
        box = message_box(
            self._window,
            _("Reset Sandbox"),
            _("All functions, data and logs in the Sandbox will be deleted, and the samples created again."),
            icon=QMessageBox.Icon.Question,
            buttons=QMessageBox.StandardButton.Reset | QMessageBox.StandardButton.Cancel,
        )
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        answer = box.exec()
        box.deleteLater()
        if answer != QMessageBox.StandardButton.Reset:
            return

        self._services.jobs.drop("sandbox.samples")
        self._services.jobs.start(
            _("Resetting the Sandbox"),
            self._sandbox.reset,
            on_done=lambda _endpoint: self._reset_done(),
            on_error=self.failed.emit,
        )

    def _reset_done(self) -> None:
        self._services.samples.take(None)
        self.was_reset.emit()
        self.moved.emit()

    def copy_access(self) -> None:
        """Copies shell commands with which the AWS CLI and the SDKs reach the Sandbox while it runs."""
        try:
            QGuiApplication.clipboard().setText(cli_access(self._sandbox.profile(), sys.platform))
        except WorkbenchError as error:
            self.failed.emit(error)

    def open_folder(self) -> None:
        """Shows the folder of its data."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._sandbox.data_dir)))


def cli_access(profile: Profile, platform: str) -> str:
    """Shell commands that set what the AWS CLI and the SDKs read: for PowerShell on Windows, else for sh."""
    variables = {
        "AWS_ENDPOINT_URL": profile.endpoint_url,
        "AWS_ACCESS_KEY_ID": profile.access_key_id,
        "AWS_SECRET_ACCESS_KEY": profile.secret_access_key,
        "AWS_SESSION_TOKEN": "",
        "AWS_DEFAULT_REGION": profile.region,
        "AWS_REGION": profile.region,
    }
    form = "$env:{} = '{}'\n" if platform == "win32" else "export {}='{}'\n"
    return "".join(form.format(*pair) for pair in variables.items())


def _state_text(state: SandboxState) -> str:
    return {
        SandboxState.STARTING: _("Sandbox is starting…"),
        SandboxState.RESTARTING: _("Sandbox stopped unexpectedly; restarting…"),
        SandboxState.FAILED: _("Sandbox is not running"),
        SandboxState.STOPPED: _("Sandbox is stopped"),
    }.get(state, "")
