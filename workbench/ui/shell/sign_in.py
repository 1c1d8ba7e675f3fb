"""Signing in: which sign-in a profile needs, when it expires, and the way back to what failed without it.

No dialog opens unless the user asks for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from queue import Empty, SimpleQueue

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QWidget

from workbench.aws.session import Sessions
from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.profiles.config_files import ConfigFiles
from workbench.profiles.mfa import MfaQuestion, MfaSessions
from workbench.profiles.model import Profile, access_for
from workbench.profiles.sso_api import DeviceCode, OidcClients
from workbench.profiles.sso_session import Caches, SsoSession, Token, TokenCache, find_session, login_command
from workbench.profiles.sso_sign_in import Waiting, sign_in
from workbench.profiles.write import ConfigWriter
from workbench.ui.kit.bars import Bar
from workbench.ui.kit.clipboard import SecretClipboard
from workbench.ui.kit.text import PlainLabel, named, restyle, text_label, tool_tip
from workbench.ui.shell import sign_in_dialogs as dialogs
from workbench.ui.shell.actions import ActionRegistry
from workbench.ui.shell.banners import BannerStack
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session


@dataclass(frozen=True, slots=True, eq=False)
class SignInTools:
    """What signing in works with, handed in by the composition root.

    Attributes:
        environ: Names the configuration files.
        sessions: Those that connections use; dropped once a sign-in has changed what they hold.
        mfa: Sign-ins with a code.
        clients: Of IAM Identity Center; live as long as the program.
        tokens: The stored sign-ins to IAM Identity Center.
        writer: Adds profiles to the configuration file.
        open_browser: Shows an address; False when there is no browser. Called on the main thread.
    """

    environ: Mapping[str, str]
    sessions: Sessions
    mfa: MfaSessions
    clients: OidcClients
    tokens: TokenCache
    writer: ConfigWriter
    open_browser: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class ConsoleLogin:
    """A sign-in to the console, which the AWS CLI makes: the user runs `command` in a terminal."""

    profile_name: str
    command: str


type SignInMethod = MfaQuestion | SsoSession | ConsoleLogin
"""What the user is asked for."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """When a sign-in expires, UTC. None: it does not expire, it is unknown, or it renews itself."""

    profile_name: str
    at: datetime | None = None


def find_method(profile: Profile, tools: SignInTools, now: datetime) -> SignInMethod | None:
    """The sign-in that the profile misses, or else the one it has and could renew.

    Returns:
        None when there is nothing to sign in to: it has a key of its own, say.

    Raises:
        WorkbenchError: The profile names a sign-in that is not whole.
    """
    files = ConfigFiles.read(tools.environ)
    portal = find_session(profile.name, files)
    # A role that needs a code is taken with the source's credentials, so the source comes first.
    if portal is not None and not _has_token(portal, tools, now):
        return portal
    login = _login_of(profile.name, files)
    if login is not None and not Caches(tools.environ).login(login[1]).is_usable(now):
        return _console(login[0], files)
    if question := tools.mfa.needed(profile):
        return question
    if portal is not None:
        return portal
    if login is not None:
        return _console(login[0], files)
    return tools.mfa.offered(profile)


def expiry_of(profile: Profile, tools: SignInTools) -> Expiry:
    """When the profile's sign-in expires, as far as the user has to do something about it."""
    if at := tools.mfa.expires_at(profile.name):
        return Expiry(profile.name, at)
    files = ConfigFiles.read(tools.environ)
    portal = find_session(profile.name, files)
    if portal is not None:
        token = tools.tokens.load(portal)
        if token is None or (not portal.is_legacy and token.can_refresh(token.expires_at)):
            return Expiry(profile.name)
        return Expiry(profile.name, token.expires_at)
    if login := _login_of(profile.name, files):
        state = Caches(tools.environ).login(login[1])
        return Expiry(profile.name, None if state.renews else state.expires_at)
    return Expiry(profile.name)


def _has_token(portal: SsoSession, tools: SignInTools, now: datetime) -> bool:
    token = tools.tokens.load(portal)
    return token is not None and (token.is_valid(now) or token.can_refresh(now))


def _console(name: str, files: ConfigFiles) -> ConsoleLogin:
    return ConsoleLogin(name, login_command(name, files.profiles[name].options.get("region", "")))


def _login_of(name: str, files: ConfigFiles) -> tuple[str, str] | None:
    """The profile along the chain that uses a console sign-in, and whose."""
    seen: set[str] = set()
    while name in files.profiles and name not in seen:
        seen.add(name)
        options: Mapping[str, str] = files.profiles[name].options
        if files.profiles[name].takes_role:
            name = options.get("source_profile", "")
        else:
            return (name, options["login_session"]) if "login_session" in options else None
    return None


_POLL_S = 0.05
SIGN_IN = "profile.sign_in"
TRUST_ENDPOINT, TRUST_PROCESS = "profile.trust_endpoint", "profile.trust_process"
REPAIRS = (SIGN_IN, TRUST_ENDPOINT, TRUST_PROCESS)
"""Actions for what a profile needs before it can be used, whoever the program acts as."""
_TRY_AGAIN = ("", SIGN_IN, "connection.retry")
_KEY = "signed-in"  # of the message afterwards


class Browser(QObject):
    """Opens the browser for a job: called on the job's thread, done on the main thread, where it is made.

    Args:
        open_url: Shows an address; False when there is no browser. Called on the main thread.
        parent: Ends it.
    """

    _wanted = Signal(str, object)

    def __init__(self, open_url: Callable[[str], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._open_url = open_url
        self._wanted.connect(self._open)

    def open(self, url: str, ctx: JobContext) -> bool:
        """Shows an address. On a worker thread.

        Raises:
            Cancelled: While it waits for the main thread, which may be busy ending the program.
        """
        answer: SimpleQueue[bool] = SimpleQueue()
        self._wanted.emit(url, answer)
        while True:
            ctx.check()
            try:
                return answer.get(timeout=_POLL_S)
            except Empty:
                continue

    def _open(self, url: str, answer: "SimpleQueue[bool]") -> None:
        answer.put(self._open_url(url))


TokenCallback = Callable[[Token], object]


class SignInFlow(QObject):
    """Signs in as the session's profile, or as another one.

    Signals:
        signed_in: The profile's name. Its connections are to be opened anew.
    """

    signed_in = Signal(str)

    def __init__(
        self, services: Services, session: Session, banners: BannerStack, tools: SignInTools, window: QWidget
    ) -> None:
        super().__init__(window)
        self._services = services
        self._session = session
        self._banners = banners
        self.tools = tools
        self._window = window
        self._browser = Browser(tools.open_browser, self)
        self._clipboard = SecretClipboard(self)
        self._dialog: QDialog | None = None
        self._failed = ""  # the action that wants a sign-in before it can be done
        self._returning = False
        session.changed.connect(self._forget)
        session.connected.connect(self._offer_failed_action)
        session.failed.connect(self._connection_failed)

    def begin(self, profile: Profile | None = None) -> None:
        """Opens what the profile is signed in with; the session's profile when none is named."""
        if self._dialog is not None:
            self._dialog.raise_()
            self._dialog.activateWindow()
            return
        wanted = profile or self._session.profile
        now = self._services.clock.now()
        self._services.jobs.submit(
            Job(
                _("Checking how to sign in as {wanted}").format(wanted=wanted.name),
                lambda _ctx: find_method(wanted, self.tools, now),
                replaces=SIGN_IN,
                quiet=True,
                on_done=partial(self._open, wanted),
                on_error=self._banners.show_error,
            )
        )

    def note_failure(self, action: str, error: WorkbenchError) -> None:
        """An action failed. If a sign-in can solve it, the action is offered again afterwards."""
        if error.action == SIGN_IN:
            self._failed = action

    def sign_in_to(self, portal: SsoSession, done: TokenCallback) -> None:
        """Signs in to a portal, whatever profile it is for, and hands over the token."""
        if self._dialog is None:
            self._open_sso(portal, done)

    # Which dialog -------------------------------------------------------------------------------------------

    def _open(self, profile: Profile, method: SignInMethod | None) -> None:
        if isinstance(method, MfaQuestion):
            self._open_mfa(profile, method)
        elif isinstance(method, SsoSession):
            self._open_sso(method, lambda _token: self._finish(profile))
        elif isinstance(method, ConsoleLogin):
            self._open_login(profile, method)
        else:
            self._banners.show_error(
                WorkbenchError(
                    _("{profile} does not use sign-in.").format(profile=profile.name),
                    _("It uses its own access key or a credential process."),
                    _("If AWS rejects the credentials, edit the profile."),
                    action="connection.retry",
                ),
                "info",
                key=_KEY,
            )

    def _open_mfa(self, profile: Profile, question: MfaQuestion) -> None:
        dialog = dialogs.MfaDialog(profile.name, self._window)
        dialog.ask(question)
        dialog.submitted.connect(lambda code: self._try_code(profile, dialog, code))
        self._show(dialog)

    def _try_code(self, profile: Profile, dialog: "dialogs.MfaDialog", code: str) -> None:
        region = self._session.region if profile.name == self._session.profile.name else profile.region
        dialog.show_working()
        self._services.jobs.submit(
            Job(
                _("Signing in as {profile}").format(profile=profile.name),
                lambda ctx: self.tools.mfa.sign_in(profile, code, ctx, region),
                replaces=SIGN_IN,
                on_done=lambda _expires_at: self._code_accepted(profile, dialog),
                on_error=lambda error: self._refused(dialog, error, dialog.show_refused),
                on_cancelled=dialog.reject,
            )
        )

    def _code_accepted(self, profile: Profile, dialog: "dialogs.MfaDialog") -> None:
        following = self.tools.mfa.needed(profile)
        if following is not None:  # a chain of roles with more than one device
            dialog.ask(following)
            return
        dialog.accept()
        self._finish(profile)

    def _open_login(self, profile: Profile, login: ConsoleLogin) -> None:
        dialog = dialogs.LoginDialog(login, self._window)

        def signed_in() -> None:
            dialog.accept()
            self._finish(profile)

        dialog.signed_in.connect(signed_in)
        self._show(dialog)

    def _open_sso(self, portal: SsoSession, done: TokenCallback) -> None:
        dialog = dialogs.SsoDialog(portal, self._services.clock, self._clipboard, self._window)
        dialog.again.connect(lambda prefer: self._ask_portal(portal, dialog, prefer, done))
        self._show(dialog)
        self._ask_portal(portal, dialog, "device" if portal.is_legacy else "pkce", done)

    def _ask_portal(
        self, portal: SsoSession, dialog: "dialogs.SsoDialog", prefer: str, done: TokenCallback
    ) -> None:
        dialog.show_starting()

        def run(ctx: JobContext) -> Token:
            return sign_in(
                portal,
                ctx,
                lambda url: self._browser.open(url, ctx),
                self._services.clock,
                "device" if prefer == "device" else "pkce",
                self.tools.clients,
                self.tools.tokens,
            )

        def show(item: object) -> None:
            if isinstance(item, Waiting):
                dialog.show_waiting(item)
            elif isinstance(item, DeviceCode):
                dialog.show_code(item)

        def signed_in(token: Token) -> None:
            dialog.accept()
            done(token)

        self._services.jobs.submit(
            Job(
                _("Signing in to {title}").format(title=portal.title),
                run,
                replaces=SIGN_IN,  # asked again with a code: the browser's answer is not waited for any more
                on_item=show,
                on_done=signed_in,
                on_error=lambda error: self._refused(dialog, error, dialog.show_failed),
                on_cancelled=dialog.reject,
            )
        )

    def _refused(
        self, dialog: QDialog, error: WorkbenchError, show: Callable[[WorkbenchError], object]
    ) -> None:
        """Shows in the dialog what can be tried again there; an error with another remedy in the banners."""
        if error.action in _TRY_AGAIN:
            show(error)
        else:
            dialog.reject()
            self._banners.show_error(error, key="connection")

    def _show(self, dialog: QDialog) -> None:
        self._dialog = dialog
        dialog.rejected.connect(lambda: self._services.jobs.drop(SIGN_IN))
        dialog.finished.connect(self._closed)
        dialog.open()

    def _closed(self) -> None:
        self._dialog = None

    # Afterwards ---------------------------------------------------------------------------------------------

    def _finish(self, profile: Profile) -> None:
        self.tools.sessions.forget(access_for(profile))
        self.signed_in.emit(profile.name)
        if profile.name == self._session.profile.name:
            self._returning = True
            self._session.connect_now()

    def _offer_failed_action(self) -> None:
        failed, returning = self._failed, self._returning
        self._failed, self._returning = "", False
        if not returning:
            return
        what = _("You are signed in as {profile}.").format(profile=self._session.profile.name)
        actions: ActionRegistry = self._services.actions
        if failed not in actions:
            self._banners.show_notice(what, tone="good", key=_KEY)
            return
        why = _("“{text}” was not run.").format(text=actions[failed].text())
        self._banners.show_error(WorkbenchError(what, why, action=failed), "info", key=_KEY)

    def _connection_failed(self, _error: WorkbenchError) -> None:
        self._returning = False

    def _forget(self) -> None:
        self._failed, self._returning = "", False


WARN_S = 600.0
"""How long before its expiry a sign-in is shown in the bar: long enough to finish what is under way."""
_TICK_MS = 1000


class ExpiryBar(Bar):
    """Hidden until a sign-in nears its end. `left` is for the status bar, which shows the time all along.

    Args:
        clock: Time.
        sign_in: What the button does.
    """

    passed = Signal()  # it has expired: check whether another program renewed it. Once for each end

    def __init__(self, clock: Clock, sign_in: QAction) -> None:
        super().__init__()
        self.setObjectName("expiryBar")
        self._clock = clock
        self._expiry = Expiry("")
        self._announced: datetime | None = None  # the end that `passed` was emitted for
        self._words = text_label("expiryWords")
        self._button = named(QPushButton(sign_in.text()), "expirySignIn", sign_in.text())
        self._button.clicked.connect(sign_in.trigger)
        self.left = named(PlainLabel(), "expiryLeft", role="muted")
        self.left.setContentsMargins(0, 0, 12, 0)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(12)
        row.addWidget(self._words, 1)
        row.addWidget(self._button)
        self._tick = QTimer(self, interval=_TICK_MS)
        self._tick.timeout.connect(self.update_text)
        self.update_text()

    def show_expiry(self, expiry: Expiry) -> None:
        """Shows the expiry of this sign-in from now on. `at` None: nothing is shown."""
        self._expiry = expiry
        if expiry.at is None:
            self._tick.stop()
        else:
            self._tick.start()
        self.update_text()

    def update_text(self) -> None:
        """Updates the texts to the current time."""
        at, name = self._expiry.at, self._expiry.profile_name
        if at is None:
            self.set_wanted(False)
            self._set_remaining("")
            return
        left_s = (at - self._clock.now()).total_seconds()
        if left_s <= 0:
            words = _("The session of {name} has expired.").format(name=name)
            left = _("session expired")
        else:
            span = _span(left_s)
            words = _("The session of {name} expires in {span}.").format(name=name, span=span)
            left = _("session expires in {span}").format(span=span)
        self._words.setText(words)
        self._words.setAccessibleName(words)
        self._set_remaining(left, at)
        tone = "danger" if left_s <= 0 else "warning"
        if self.property("tone") != tone:
            restyle(self, tone=tone)
        self.set_wanted(left_s <= WARN_S)
        if left_s <= 0 and self._announced != at:
            self._announced = at
            self.passed.emit()

    def _set_remaining(self, text: str, at: datetime | None = None) -> None:
        self.left.setText(text)
        self.left.setAccessibleName(text)
        self.left.setToolTip(tool_tip(f"{at.astimezone():%Y-%m-%d %H:%M:%S}") if at else "")
        self.left.setVisible(bool(text))


def _span(seconds: float) -> str:
    """A time to come, rounded down: "3 h 12 min", "9 min", "40 s"."""
    minutes = int(seconds // 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min" if minutes else f"{int(seconds)} s"
