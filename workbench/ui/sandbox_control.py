"""The Sandbox's menu, its state in words, and its samples on first start."""

import sys

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.core.messages import _
from workbench.profiles.model import Profile
from workbench.sandbox.samples import SampleTraffic, create_samples, exercise_samples
from workbench.sandbox.supervisor import Sandbox, SandboxState, SandboxStatus
from workbench.ui.kit.text import message_box
from workbench.ui.preferences import SandboxStart, sandbox_start
from workbench.ui.services import Services


class SandboxControl(QObject):
    """Binds the Sandbox's actions. Its signals come on the main thread."""

    moved = Signal()  # it answers at a new address: connect again
    was_reset = Signal()  # nothing of what was shown is there any more
    failed = Signal(WorkbenchError)
    notice = Signal(WorkbenchError)
    state_changed = Signal(str)  # words for the status bar, empty when all is well
    samples_changed = Signal()  # a sample function was created
    _status = Signal(object)

    def __init__(self, services: Services, sandbox: Sandbox, window: QWidget) -> None:
        super().__init__(window)
        self._services = services
        self._sandbox = sandbox
        self._window = window
        self._url = ""
        self._status.connect(self._status_changed)
        for name, handler in (
            ("sandbox.start", self._start),
            ("sandbox.reset", self._reset),
            ("sandbox.copy_access", self._copy_access),
            ("sandbox.open_data_folder", self._open_folder),
        ):
            services.actions.bind(name, handler)

    def take_status(self, status: SandboxStatus) -> None:
        """For the Sandbox's thread: passes the status on to the main thread."""
        self._status.emit(status)

    def take_notice(self, notice: WorkbenchError) -> None:
        """For the Sandbox's thread: passes a notice on to the main thread."""
        self.notice.emit(notice)

    def fill(self, connection: Connection) -> None:
        """Creates the samples of a new Sandbox, then uses them for a while, in the background."""
        connection = connection.unobserved()  # no person's calls: they would fill the Activity panel
        self._services.jobs.submit(
            Job(
                _("Creating the Sandbox's samples"),
                lambda ctx: create_samples(connection, ctx),
                replaces="sandbox.samples",
                on_item=self._take,
                on_done=lambda _created: self._use(connection),
                on_error=self.failed.emit,
            )
        )

    def apply_setting(self) -> None:
        """Starts or stops the Sandbox as the settings say now."""
        start = sandbox_start(self._services.settings)
        if start is SandboxStart.NEVER:
            self._services.jobs.drop("sandbox.samples")
            self._services.jobs.submit(
                Job(
                    _("Stopping the Sandbox"),
                    lambda _ctx: self._sandbox.stop(),
                    on_done=lambda _none: self.moved.emit(),
                    on_error=self.failed.emit,
                )
            )
        elif self._sandbox.status.endpoint is None:
            if start is SandboxStart.ALWAYS:
                self._start()
            else:
                self.moved.emit()  # starts it if it is the one that is chosen

    def apply_pace(self) -> None:
        """Has states take as long as the settings say now."""
        self._services.jobs.submit(
            Job(
                _("Setting how long the Sandbox's states take"),
                lambda _ctx: self._sandbox.apply_pace(),
                quiet=True,
                on_error=self.failed.emit,
            )
        )

    def _use(self, connection: Connection) -> None:
        self._services.jobs.submit(
            Job(
                _("Invoking the Sandbox's samples"),
                lambda ctx: exercise_samples(connection, ctx),
                replaces="sandbox.samples",
                quiet=True,
                on_item=self._take,
                on_error=self.failed.emit,
            )
        )

    def _take(self, item: object) -> None:
        """A new sample's name, or what is known of the traffic of all."""
        if isinstance(item, SampleTraffic):
            self._services.samples.take(item)
        else:
            self.samples_changed.emit()

    def _status_changed(self, status: SandboxStatus) -> None:
        self.state_changed.emit(_words(status.state))
        if status.error is not None:
            self.failed.emit(status.error)
        if status.endpoint is not None:
            if self._url not in ("", status.endpoint.url):
                self.moved.emit()
            self._url = status.endpoint.url

    def _start(self) -> None:
        self._services.jobs.submit(
            Job(
                _("Starting the Sandbox"),
                self._sandbox.start,
                on_done=lambda _endpoint: self.moved.emit(),
                on_error=self.failed.emit,
            )
        )

    def _reset(self) -> None:
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
        self._services.jobs.submit(
            Job(
                _("Resetting the Sandbox"),
                self._sandbox.reset,
                on_done=lambda _endpoint: self._reset_done(),
                on_error=self.failed.emit,
            )
        )

    def _reset_done(self) -> None:
        self._services.samples.take(None)
        self.was_reset.emit()
        self.moved.emit()

    def _copy_access(self) -> None:
        """Copies shell commands with which the AWS CLI and the SDKs reach the Sandbox while it runs."""
        try:
            QGuiApplication.clipboard().setText(cli_access(self._sandbox.profile(), sys.platform))
        except WorkbenchError as error:
            self.failed.emit(error)

    def _open_folder(self) -> None:
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


def _words(state: SandboxState) -> str:
    return {
        SandboxState.STARTING: _("Sandbox is starting…"),
        SandboxState.RESTARTING: _("Sandbox stopped unexpectedly; restarting…"),
        SandboxState.FAILED: _("Sandbox is not running"),
        SandboxState.STOPPED: _("Sandbox is stopped"),
    }.get(state, "")
