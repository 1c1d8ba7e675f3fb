"""The composition root: reads the command line, builds the parts, opens the window. Only it knows all rooms.

Order matters here: what a person sees first is built first; everything heavy (boto3, the web view, charts) is
loaded by jobs, or when idle, after the first paint.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import shiboken6
from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtWidgets import QApplication

from workbench import __version__
from workbench.aws.connection import Connection, Observer
from workbench.aws.session import Sessions
from workbench.core.clock import SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle, JobRunner
from workbench.core.paths import Paths, resources_dir
from workbench.core.redaction import start_logging
from workbench.core.settings import Settings
from workbench.functions.index import FunctionIndex
from workbench.profiles.access import access_for
from workbench.profiles.model import Profile, ProfileKind, ProfileList
from workbench.profiles.read import read_profiles
from workbench.sandbox.supervisor import PROFILE_NAME, REGION, Sandbox
from workbench.ui import charts
from workbench.ui.actions import ActionRegistry
from workbench.ui.bindings import Bindings
from workbench.ui.deploy_flow import DeployFlow
from workbench.ui.editor import Editor, monaco, prepare_application, prepare_window
from workbench.ui.editor.scheme import register_scheme
from workbench.ui.error_report import ErrorReporter
from workbench.ui.icons import Icons
from workbench.ui.main_thread import MainThread
from workbench.ui.milestones import Milestones
from workbench.ui.pages.base import Page
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.configuration import ConfigurationPage
from workbench.ui.pages.logs import LogsPage
from workbench.ui.pages.metrics import MetricsPage
from workbench.ui.pages.test import TestPage
from workbench.ui.pages.triggers import TriggersPage
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.parts import Parts
from workbench.ui.preferences import THEME
from workbench.ui.routes import Routes
from workbench.ui.sandbox_control import SandboxControl
from workbench.ui.services import Services
from workbench.ui.session import Session
from workbench.ui.theme import Theme
from workbench.ui.window import MainWindow

# While a job parses a large answer, the main thread waits this long for Python's lock (5 ms by default).
_SWITCH_INTERVAL_S = 0.0005


def run(arguments: Sequence[str]) -> int:
    """Starts the program and stays until its window is closed."""
    options = _options(arguments)
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    paths = Paths.default()
    start_logging(paths.log_dir)
    program = Program(make_application(), paths, Milestones(options.timings), options.profile, options.region)
    program.show()
    status = QApplication.exec()
    program.destroy()
    return status


def make_application() -> QApplication:
    """The QApplication, with what Qt wants to know before it exists."""
    register_scheme()
    prepare_application()
    QCoreApplication.setApplicationName("Workbench")
    QCoreApplication.setApplicationVersion(__version__)
    return QApplication([sys.argv[0]])


class Program:
    """The running program: its parts, how they begin and how they end."""

    def __init__(
        self,
        application: QApplication,
        paths: Paths,
        milestones: Milestones,
        profile_name: str = "",
        region: str = "",
    ) -> None:
        self._milestones = milestones
        self._main_thread = MainThread()
        self._sessions = Sessions()
        self._sandbox_profile = Profile(PROFILE_NAME, ProfileKind.SANDBOX, REGION)
        settings = Settings(paths.config_dir / "settings.json")
        theme = Theme(application, THEME.read(settings))
        icons = Icons(resources_dir() / "editor" / "dist" / "icons", theme)
        self.services = Services(
            JobRunner(self._main_thread.post),
            paths,
            settings,
            SystemClock(),
            theme,
            icons,
            ActionRegistry(application, icons),
        )
        self.sandbox = Sandbox(
            paths.data_dir / "sandbox",
            on_status=lambda status: self.parts.sandbox.take_status(status),
            on_notice=lambda notice: self.parts.sandbox.take_notice(notice),
        )
        name = profile_name or settings.get("session.profile", PROFILE_NAME)
        self._wanted = name
        # Profiles are read after the first paint; only the Sandbox is known before.
        start = self._sandbox_profile if name == PROFILE_NAME else Profile(name, ProfileKind.UNKNOWN)
        self.session = Session(self.services, self._open_connection, start, region)
        self.parts = self._build_parts()
        self.window = self.parts.window
        self.routes = Routes(self.parts, [self._sandbox_profile])
        self._bindings = Bindings(self.parts, self.routes)
        self.services.actions.bind("profile.reload", self._read_profiles)
        ErrorReporter(self.window.banners).install()
        runner = self.services.jobs
        runner.on_change = self._job_changed
        runner.on_unheard = lambda _job, error: self.window.banners.show_error(error)
        self.window.before_close = self.parts.code.files.flush
        self.window.first_painted.connect(self._begin)
        self.window.functions.listed.connect(self._listed)
        self.window.closed.connect(self.end)
        editor = self.parts.code.files.editor
        editor.ready.connect(self._editor_ready)
        editor.fell_back.connect(self._editor_ready)

    def show(self) -> None:
        """Opens the window with what was stored; everything else follows its first painting."""
        self.window.functions.paint_stored()
        prepare_window(self.window)
        self.window.show()

    def end(self) -> None:
        """Ends everything that was started: jobs, the Sandbox, the editor's web view."""
        self.services.jobs.shutdown()
        self._main_thread.close()
        self.sandbox.stop()

    def destroy(self) -> None:
        """Takes the window apart while Qt is still there: the web view must go before the application."""
        shiboken6.delete(self.window)

    def _build_parts(self) -> Parts:
        services = self.services
        paths = services.paths
        code = CodePage(services, Editor(monaco(resources_dir() / "editor" / "dist")))
        test, logs, metrics = TestPage(services), LogsPage(services), MetricsPage(services)
        translate = QCoreApplication.translate
        pages: list[tuple[str, Page]] = [
            (translate("Window", "Code"), code),
            (translate("Window", "Configuration"), ConfigurationPage(services)),
            (translate("Window", "Triggers"), TriggersPage(services)),
            (translate("Window", "Test"), test),
            (translate("Window", "Logs"), logs),
            (translate("Window", "Metrics"), metrics),
            (translate("Window", "Versions"), VersionsPage(services)),
        ]
        index = FunctionIndex(paths.cache_dir / "functions.sqlite")
        window = MainWindow(services, self.session, index, pages)
        return Parts(
            services=services,
            session=self.session,
            window=window,
            sandbox=SandboxControl(services, self.sandbox, window),
            deploy=DeployFlow(services, window),
            code=code,
            test=test,
            logs=logs,
            metrics=metrics,
        )

    def _open_connection(
        self, profile: Profile, region: str, observer: Observer, ctx: JobContext
    ) -> Connection:
        if profile.kind is ProfileKind.SANDBOX:
            self.sandbox.start(ctx)
            profile = self.sandbox.profile()
        return Connection.open(access_for(profile, region), observer, ctx, self._sessions)

    def _begin(self) -> None:
        """After the first painting."""
        self._milestones.reach("first_paint")
        if self.window.functions.model.total:
            self._milestones.reach("list")
        if self.session.profile.kind is ProfileKind.SANDBOX:
            self.session.connect_now()
        self._read_profiles()

    def _read_profiles(self) -> None:
        self.services.jobs.submit(
            Job(
                QCoreApplication.translate("Window", "Reading profiles"),
                lambda _ctx: read_profiles(os.environ),
                replaces="profiles.read",
                quiet=True,
                on_done=self._profiles_read,
            )
        )

    def _profiles_read(self, found: ProfileList) -> None:
        profiles = [self._sandbox_profile, *found.profiles]
        self.routes.set_profiles(profiles)
        if found.error is not None:
            self.window.banners.show_error(found.error, "warning")
        if self.session.profile.kind is ProfileKind.UNKNOWN and self.session.connection is None:
            named = [profile for profile in profiles if profile.name == self._wanted]
            if not named:
                self.window.banners.show_error(_no_such_profile(self._wanted), "warning")
            self.session.choose((named or [self._sandbox_profile])[0])

    def _listed(self) -> None:
        """The list is up to date: now there is time for the editor."""
        self._milestones.reach("list")
        editor = self.parts.code.files.editor
        QTimer.singleShot(0, editor, editor.prewarm)

    def _editor_ready(self) -> None:
        """Everything can be used; what is left is to have the charts' libraries at hand."""
        self._milestones.reach("all")
        load = Job("Loading the charts", lambda _ctx: charts.preload(), replaces="charts.load", quiet=True)
        self.services.jobs.submit(load)

    def _job_changed(self, handle: JobHandle) -> None:
        self.window.status_jobs.job_changed(handle)
        self.window.activity.job_changed(handle)


def _no_such_profile(name: str) -> WorkbenchError:
    return WorkbenchError(
        f"There is no profile {name}.",
        "Neither the AWS configuration file nor the credentials file has it. The Sandbox is open instead.",
        "Choose a profile on the upper left, or add it to the files and reload.",
        action="profile.reload",
    )


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="workbench", description="A desktop workbench for AWS Lambda.")
    parser.add_argument("--version", action="version", version=f"Workbench {__version__}")
    parser.add_argument("--profile", default="", help="AWS profile to start with; Sandbox is the local AWS")
    parser.add_argument("--region", default="", help="AWS region to start with")
    parser.add_argument("--timings", type=Path, help="append when the start reached what, as JSON lines")
    return parser.parse_args(arguments)
