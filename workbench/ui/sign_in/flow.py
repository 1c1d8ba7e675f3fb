"""Signing in, from the button to the action that failed without it. Opens only when the user asks."""

from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.profiles.mfa import MfaQuestion
from workbench.profiles.model import Profile, access_for
from workbench.profiles.sso.session import SsoSession, Token
from workbench.profiles.sso.sign_in import DeviceCode, Waiting, sign_in
from workbench.ui.actions import ActionRegistry
from workbench.ui.banner import BannerStack
from workbench.ui.clipboard import SecretClipboard
from workbench.ui.services import Services
from workbench.ui.session import Session
from workbench.ui.sign_in import dialog as dialogs
from workbench.ui.sign_in.methods import ConsoleLogin, SignInMethod, SignInTools, find_method

_POLL_S = 0.05
SIGN_IN, ADD_FROM_PORTAL = "profile.sign_in", "profile.add_from_portal"
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
        self._tools = tools
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
                lambda _ctx: find_method(wanted, self._tools, now),
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
                lambda ctx: self._tools.mfa.sign_in(profile, code, ctx, region),
                replaces=SIGN_IN,
                on_done=lambda _expires_at: self._code_accepted(profile, dialog),
                on_error=lambda error: self._refused(dialog, error, dialog.show_refused),
                on_cancelled=dialog.reject,
            )
        )

    def _code_accepted(self, profile: Profile, dialog: "dialogs.MfaDialog") -> None:
        following = self._tools.mfa.needed(profile)
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
                self._tools.clients,
                self._tools.tokens,
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
        self._tools.sessions.forget(access_for(profile))
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
