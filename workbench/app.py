"""The composition root: builds the parts, opens the window. Only it knows all rooms.

Order matters here: what a person sees first is built first; everything heavy (boto3, the web view, charts) is
loaded by jobs, or when idle, after the first paint.
"""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTimer, QTranslator
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from workbench import __version__
from workbench.core import lazy_imports
from workbench.core.clock import SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.files import Paths, Privacy, resources_dir
from workbench.core.jobs import Job, JobContext, JobHandle, JobRunner
from workbench.core.messages import PSEUDO, _, environment_for_restart, language, pseudo
from workbench.core.policy import NO_POLICY, SHOW_ACTION, Policy, Rule, read_policy
from workbench.core.redaction import start_logging
from workbench.core.settings import Settings
from workbench.functions.index import FunctionIndex
from workbench.profiles.model import Profile, ProfileKind, ProfileList
from workbench.sandbox import PROFILE_NAME, REGION
from workbench.ui.kit import dialog
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.main_thread import MainThread
from workbench.ui.kit.theme import Theme
from workbench.ui.kit.web_views import prepare_application, prepare_window
from workbench.ui.shell.actions import ActionRegistry
from workbench.ui.shell.organisation import delete_old_data, forbid_actions
from workbench.ui.shell.preferences import (
    LOCAL_UNFENCED,
    SANDBOX_STATES,
    TEXT_SIZE_PERCENT,
    THEME,
    SandboxStart,
    sandbox_start,
)
from workbench.ui.shell.process import EndingSignals, ErrorReporter, GarbageCollector
from workbench.ui.shell.profile_source import (
    ProfileSource,
    interrupted_move,
    no_profile_chosen,
    no_such_profile,
)
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import LAST_AWS_PROFILE, Session
from workbench.ui.shell.window import MainWindow

if TYPE_CHECKING:
    from workbench.aws.connection import Connection, Observer
    from workbench.profiles.identities import Identities
    from workbench.sandbox.supervisor import Sandbox
    from workbench.ui.assembly import Assembler, Assembly
    from workbench.ui.shell.context import Context

_log = logging.getLogger(__name__)

# While a job parses a large answer, the main thread waits this long for Python's lock (5 ms by default).
SWITCH_INTERVAL_S = 0.0005
_FILES = "profiles.files"  # of the message that the AWS files cannot be read


def run(profile_name: str = "", region: str = "", timings: Path | None = None) -> int:
    """Starts the program and stays until its window is closed.

    Args:
        profile_name: Whom to act as first; empty for the one of last time.
        region: Where first; empty for the profile's usual one.
        timings: Gets when the start reached what, as JSON lines.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    paths = Paths.default()
    privacy = paths.make_private()
    start_logging(paths.log_dir)
    policy = read_policy()  # before anything that it may forbid
    program = Program(make_application(), paths, Milestones(timings), profile_name, region, policy)
    program.tell_privacy(privacy)
    program.show()
    signals = EndingSignals(program.window)
    status = QApplication.exec()
    signals.release()
    restarts = program.window.restarts
    program.destroy()
    if restarts:
        subprocess.Popen([sys.executable, "-m", "workbench", *sys.argv[1:]], env=environment_for_restart())
    return status


def make_application() -> QApplication:
    """The QApplication, with what Qt wants to know before it exists."""
    prepare_application()
    QCoreApplication.setApplicationName("Workbench")
    QCoreApplication.setApplicationVersion(__version__)
    application = QApplication([sys.argv[0]])
    application.setWindowIcon(QIcon(str(resources_dir() / "workbench.svg")))
    if language() != "en":
        application.installTranslator(QtTexts(application))
    return application


class QtTexts(QTranslator):
    """Qt's own texts, such as those of standard buttons, in the user's language."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        self.load(QLocale(language()), "qtbase", "_", folder)

    def translate(self, context: str, sourceText: str, disambiguation: str | None = None, n: int = -1) -> str:
        if language() == PSEUDO:
            return pseudo(sourceText)
        return super().translate(context, sourceText, disambiguation, n) or ""


class Milestones:
    """Notes when the start reached what a user waits for, in milliseconds since the process was started.

    Args:
        path: Gets one JSON line a milestone; None notes nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._reached: set[str] = set()

    def reach(self, name: str) -> None:
        """Notes a milestone; later ones of the same name are ignored."""
        if self._path is None or name in self._reached:
            return
        self._reached.add(name)
        line = {"milestone": name, "ms": round(_since_start_s() * 1000, 1)}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _since_start_s() -> float:
    """Seconds since the kernel started this process: imports before our first line count too."""
    try:
        fields = Path("/proc/self/stat").read_text("ascii").rpartition(")")[2].split()
        started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return time.clock_gettime(time.CLOCK_BOOTTIME) - started
    except (OSError, AttributeError, ValueError):
        return time.process_time()


class Program:
    """The running program: its parts, how they begin and how they end.

    Args:
        application: Of Qt.
        paths: Where files are kept.
        milestones: Of the start.
        profile_name: Whom to act as first; empty for the one of last time.
        region: Where first; empty for the profile's usual one.
        policy: What the administrator of this computer forbids.
    """

    def __init__(
        self,
        application: QApplication,
        paths: Paths,
        milestones: Milestones,
        profile_name: str = "",
        region: str = "",
        policy: Policy = NO_POLICY,
    ) -> None:
        self._application, self._milestones = application, milestones
        self._main_thread = MainThread()
        self._sandbox_profile = Profile(PROFILE_NAME, ProfileKind.SANDBOX, REGION)
        settings = Settings(paths.config_dir / "settings.json")
        theme = Theme(application, THEME.read(settings), TEXT_SIZE_PERCENT.read(settings))
        icons = Icons(resources_dir() / "editor" / "dist" / "icons", theme)
        self.services = Services(
            JobRunner(self._main_thread.post),
            paths,
            settings,
            SystemClock(),
            theme,
            icons,
            ActionRegistry(application, icons),
            policy,
        )
        forbid_actions(self.services.actions, policy)
        name = profile_name or settings.get("session.profile", "") or PROFILE_NAME
        if name == PROFILE_NAME and policy.forbids(Rule.SANDBOX):
            name = settings.get(LAST_AWS_PROFILE, "")
        self._wanted, self._wanted_region = name, region
        # Profiles are read after the first paint; only the Sandbox is known before.
        start = self._sandbox_profile if name == PROFILE_NAME else Profile(name, ProfileKind.UNKNOWN)
        self.session = Session(self.services, self._open_connection, start, region)
        index = FunctionIndex(paths.cache_dir / "functions.sqlite")
        self.window = MainWindow(self.services, self.session, index)
        self._profiles = ProfileSource(self.services.jobs, self._main_thread.post)
        self._profiles.read.connect(self._profiles_read)
        self._profiles.files_changed.connect(self._profiles_changed)
        self._assembler: Assembler | None = None
        self._assembly: Assembly | None = None
        self._waiting: list[Callable[[], object]] = []
        self._missing = {"list", "editor"}
        ErrorReporter(self.window.banners).install()
        runner = self.services.jobs
        runner.on_change = self._job_changed
        runner.on_unheard = lambda _job, error: self.window.banners.show_error(error)
        self.window.first_painted.connect(self._begin)
        self.window.functions.listed.connect(self._listed)
        self.window.closed.connect(self.end)

    @cached_property
    def sandbox(self) -> "Sandbox":
        """The local AWS; not loaded for the first painting."""
        from workbench.sandbox.supervisor import Sandbox
        from workbench_sandbox.server.clock import Pace

        return Sandbox(
            self.services.paths.data_dir / "sandbox",
            on_status=lambda status: self._when_complete(lambda: self.context.sandbox_status.emit(status)),
            on_notice=lambda notice: self._when_complete(lambda: self.context.sandbox_notice.emit(notice)),
            may_start=lambda: sandbox_start(self.services.settings) is not SandboxStart.NEVER,
            policy=self.services.policy,
            is_fence_optional=lambda: LOCAL_UNFENCED.read(self.services.settings),
            pace=lambda: Pace.AS_AWS if SANDBOX_STATES.read(self.services.settings) == "aws" else Pace.QUICK,
        )

    @cached_property
    def identities(self) -> "Identities":
        """Whom the program can act as. Made on the main thread, once the window is complete."""
        from workbench.profiles.identities import Identities

        services = self.services
        return Identities(services.settings, services.paths, services.clock, os.environ, services.policy)

    @property
    def context(self) -> "Context":
        """What features are given. Made now if the start has not come to it yet."""
        return self._complete().context

    def show(self) -> None:
        """Opens the window with what was stored; everything else follows its first painting."""
        self.window.functions.paint_stored()
        self.services.theme.dress()
        prepare_window(self.window)
        self.window.show()

    def tell_privacy(self, privacy: Privacy) -> None:
        """Says which of the program's own folders others could read, and which they still can."""
        for problem in privacy.problems:
            _log.warning("%s", problem)
            self.window.banners.show_error(problem, "warning")
        if privacy.narrowed:
            folders = ", ".join(map(str, privacy.narrowed))
            _log.info("other users could read these folders until now: %s", folders)
            words = _("Other users of this computer could read these folders: {folders}")
            self.window.banners.show_notice(
                _("Workbench's folders are now private."),
                words.format(folders=folders),
                key="privacy",
            )

    def end(self) -> None:
        """Ends everything that was started: jobs, watches, the Sandbox, the editor's web view."""
        self._profiles.stop()
        self.services.jobs.shutdown()
        self._main_thread.close()
        self.sandbox.stop()

    def destroy(self) -> None:
        """Takes the window apart while Qt is still there: the web view must go before the application."""
        shiboken6.delete(self.window)

    def _open_connection(
        self, profile: Profile, region: str, observer: "Observer", ctx: JobContext
    ) -> "Connection":
        if not profile.name:
            raise no_profile_chosen()
        if profile.kind is ProfileKind.SANDBOX:
            self.sandbox.start(ctx)
            profile = self.sandbox.profile()
        return self.identities.connect(profile, region, observer, ctx)

    def _begin(self) -> None:
        """After the first painting: what is slow begins at once, each in a job of its own."""
        self._milestones.reach("first_paint")
        if self.window.functions.model.total:
            self._milestones.reach("list")
        start = sandbox_start(self.services.settings)
        is_chosen = self.session.profile.kind is ProfileKind.SANDBOX
        if start is SandboxStart.ALWAYS or (start is SandboxStart.CHOSEN and is_chosen):
            # Takes longest. Whoever connects waits for it, and says so when it fails.
            self._load(_("Starting the Sandbox"), self.sandbox.start)
        self._load(_("Loading the web view"), _importing("workbench.ui.editor.view"))
        modules = _importing("workbench.profiles.watch", "workbench.ui.assembly")
        self._load(_("Loading the window"), modules, self._go_on)

    def _go_on(self) -> None:
        """All modules are there: makes one page each turn of the event loop, then connects."""
        if self._assembler is None:
            self.services.actions.draw_icons()
        if self._assembly is None and self._assembling().step():
            QTimer.singleShot(0, self.window, self._go_on)
            return
        self._complete()
        GarbageCollector(self.window)
        if self.session.profile.kind is ProfileKind.SANDBOX:
            self._load(_("Loading the AWS SDK"), _importing("botocore.session"))  # while the Sandbox starts
            self.session.connect_now()
        self._profiles.reload()
        delete_old_data(self.services)
        self._show_problems()
        self.session.changed.connect(self._show_problems)  # another profile closes all messages
        title = _("Checking for interrupted key moves")
        recover = Job(
            title, self.identities.recover, quiet=True, on_done=self._recovered, on_error=self._not_recovered
        )
        self.services.jobs.submit(recover)
        editor = self._complete().editor
        QTimer.singleShot(0, editor, editor.prewarm)

    def _load(
        self, title: str, run: Callable[[JobContext], object], then: Callable[[], object] = lambda: None
    ) -> None:
        """Does a part of the start in the background. What fails fails again, and is said, when used."""
        job = Job(title, run, quiet=True, on_done=lambda __: then(), on_error=lambda __: then())
        self.services.jobs.submit(job)

    def _complete(self) -> "Assembly":
        """Makes what the window was first shown without."""
        if self._assembly is None:
            dialog.WindowSizes(self._application, self.services.settings)
            self._assembly = self._assembling().finish()
            self.services.actions.bind("profile.reload", self._profiles.reload)
            editor = self._assembly.editor
            editor.ready.connect(lambda: self._have("editor"))
            editor.fell_back.connect(lambda _reason: self._have("editor"))
            for call in self._waiting:
                call()
        return self._assembly

    def _assembling(self) -> "Assembler":
        if self._assembler is None:
            from workbench.ui.assembly import Assembler

            self._assembler = Assembler(
                self.services,
                self.session,
                self.sandbox,
                self.identities,
                self.window,
                [self._sandbox_profile],
            )
        return self._assembler

    def _when_complete(self, call: Callable[[], object]) -> None:
        """From any thread: runs `call` on the main thread once the window is complete."""
        self._main_thread.post(lambda: self._once_complete(call))

    def _once_complete(self, call: Callable[[], object]) -> None:
        if self._assembly is None:
            self._waiting.append(call)
        else:
            call()

    def _profiles_changed(self) -> None:
        """A file was written: credentials that were found before may be others now."""
        self.identities.sessions.forget_all()
        if self.session.profile.kind is not ProfileKind.SANDBOX:
            self.session.connect_now()

    def _profiles_read(self, found: ProfileList) -> None:
        profiles = [self._sandbox_profile, *found.profiles]
        assembly = self._complete()
        assembly.session_view.set_profiles(profiles)
        assembly.context.profiles_read.emit(found)
        if found.error is not None:
            self.window.banners.show_error(found.error, "warning", key=_FILES)
        else:
            self.window.banners.dismiss(_FILES)
        if self.session.profile.kind is ProfileKind.UNKNOWN and self.session.connection is None:
            named = [profile for profile in profiles if profile.name == self._wanted]
            if not named and self.services.policy.forbids(Rule.SANDBOX):
                self.session.choose(Profile("", ProfileKind.UNKNOWN))  # says what to do
            elif not named:
                self.window.banners.show_error(no_such_profile(self._wanted), "warning")
                self.session.choose(self._sandbox_profile)
            else:
                self.session.choose(named[0], self._wanted_region)

    def _show_problems(self) -> None:
        """Says which files of the program's own say nothing: what they restrict, and what is lost."""
        found = {
            SHOW_ACTION: self.services.policy.problem,
            "protection.damaged": self.identities.safety.problem,
            "settings.damaged": self.services.settings.problem,
        }
        for key, problem in found.items():
            if problem is not None:
                self.window.banners.show_error(problem, "warning", key=key)
        self.services.settings.problem = None  # once is enough: it restricts nothing

    def _recovered(self, names: tuple[str, ...]) -> None:
        if names:
            self.window.banners.show_error(interrupted_move(names), "info")
        self.window.operations_changed.emit()

    def _not_recovered(self, error: WorkbenchError) -> None:
        self.window.banners.show_error(error)
        self.window.operations_changed.emit()

    def _listed(self) -> None:
        self._milestones.reach("list")
        self._have("list")

    def _have(self, what: str) -> None:
        if what in self._missing:
            self._missing.remove(what)
            if not self._missing:
                self._milestones.reach("all")
                self._load(
                    _("Loading the profiles window"), _importing("workbench.ui.features.profiles.window")
                )
                self._load(_("Loading the other windows"), lambda ctx: lazy_imports.load_rest(ctx.check))

    def _job_changed(self, handle: JobHandle) -> None:
        self.window.status_jobs.job_changed(handle)
        self._once_complete(lambda: self.window.activity.job_changed(handle))


def _importing(*modules: str) -> Callable[[JobContext], object]:
    def run(_ctx: JobContext) -> None:
        for module in modules:
            lazy_imports.load(module)

    return run
