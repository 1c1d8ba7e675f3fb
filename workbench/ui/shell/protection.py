"""What protects an account from changes by mistake.

The question before a change in production, the frame around the window, the lock of a profile that leads to
another account than before, and the questions whether to trust a server or a program.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from workbench.aws import endpoints
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.core.messages import _
from workbench.core.redaction import redact
from workbench.profiles.identities import Identities
from workbench.profiles.model import Profile, ProfileKind
from workbench.profiles.process_provider import ProcessTrust
from workbench.profiles.safety import Lock, Pin, Safety, Tier, own_certificates
from workbench.ui.kit.dialog import Question, confirm_by_name
from workbench.ui.kit.other_programs import open_in_browser
from workbench.ui.shell.actions import ActionRegistry
from workbench.ui.shell.banners import BannerStack
from workbench.ui.shell.services import OpenFunction, Services
from workbench.ui.shell.session import Session
from workbench.ui.shell.sign_in import (
    REPAIRS,
    SIGN_IN,
    TRUST_ENDPOINT,
    Expiry,
    ExpiryBar,
    SignInFlow,
    SignInTools,
    expiry_of,
)
from workbench.ui.shell.window import MainWindow

CONFIRM = "profile.confirm_account"
_LOCK_KEY = "account-lock"


@dataclass(frozen=True, slots=True)
class Guard:
    """What is asked in production before a change.

    Attributes:
        title: Of the question.
        text: What will happen; where it will is added.
        button: That agrees ("Delete"); the account is added.
        choice: What else is to be decided, shown below the text.
    """

    title: str
    text: str
    button: str
    choice: QWidget | None = None


class AccountLock(QObject):
    """Checks every new connection. profiles/safety.py holds the writes back."""

    def __init__(self, safety: Safety, session: Session, banners: BannerStack) -> None:
        super().__init__(banners)
        self._safety = safety
        self._session = session
        self._banners = banners
        session.connected.connect(self.check)

    def check(self) -> None:
        """Says that the profile is locked, if it is."""
        lock = self._safety.lock(self._session.profile.name)
        if lock is None:
            self._banners.dismiss(_LOCK_KEY)
            return
        what = _(
            "The account of {profile_name} has changed. Workbench makes no changes with this "
            "profile until you confirm."
        )
        self._banners.show_error(
            WorkbenchError(what.format(profile_name=lock.profile_name), lock.why, action=CONFIRM),
            key=_LOCK_KEY,
            decision=True,
        )

    def ask(self) -> None:
        """Asks whether the new account is right."""
        lock = self._safety.lock(self._session.profile.name)
        if lock is None:
            self._banners.dismiss(_LOCK_KEY)
            self._banners.show_notice(_("No confirmation is needed."), key=_LOCK_KEY)
            return
        words = _(
            "Is this correct? If you did not change {profile_name} yourself, another user or program did."
        ).format(profile_name=lock.profile_name)
        detail = f"{_('Before:')}\n{_pin_text(lock.pinned)}\n{_('Now:')}\n{_pin_text(lock.seen)}"
        title = _("Confirm the Account")
        window = self._banners.window()
        yes = _("Confirm {account_id}").format(account_id=lock.seen.account_id)
        question = Question("confirmAccount", title, words, yes, window, detail)
        question.ask(lambda: self._confirm(lock))

    def _confirm(self, lock: Lock) -> None:
        problem = self._safety.confirm_pin(lock.profile_name, lock.seen)
        self._banners.dismiss(_LOCK_KEY)
        if problem is not None:
            self._banners.show_error(problem, "warning")
        self.check()


def _pin_text(pin: Pin) -> str:
    return f"  {pin.account_id}  {pin.arn}"


class ProductionFrame(QObject):
    """Marks the window for a tier; profiles/safety.py enforces it.

    Signals:
        tier_shown: The tier was set, to the same or to another one.
    """

    tier_shown = Signal()

    def __init__(self, window: MainWindow, actions: ActionRegistry) -> None:
        super().__init__(window)
        self._window = window
        self._actions = actions
        self.tier = Tier.NORMAL

    def show_tier(self, tier: Tier, profile_name: str, account_id: str) -> None:
        """From now on the window is about this profile.

        Args:
            tier: How careful to be.
            profile_name: Of whom the window is about.
            account_id: Whose account that is, empty as long as nobody knows.
        """
        self.tier = tier
        production = tier is Tier.PRODUCTION
        where = account_id or profile_name
        deploy = _("Deploy to {where}").format(where=where) if production else ""
        invoke = _("Invoke in {where}").format(where=where) if production else ""
        self._actions.retitle("function.deploy", deploy)
        self._actions.retitle("function.invoke", invoke)
        mark = _("PRODUCTION") if production else ""
        self._window.set_danger(" ".join(part for part in (mark, mark and where) if part))
        badge, tone, tip = {
            Tier.NORMAL: ("", "", ""),
            Tier.PRODUCTION: (
                _("PRODUCTION"),
                "danger",
                _(
                    "{profile} is protected as production: a deploy shows its plan and asks you "
                    "to type the name."
                ),
            ),
            Tier.READ_ONLY: (
                _("READ-ONLY"),
                "warning",
                _("{profile} is read-only: Workbench does not send requests that might change something."),
            ),
        }[tier]
        self._window.top_bar.set_badge(badge, tone, tip.format(profile=profile_name))
        self.tier_shown.emit()


_TRUST_KEY = "trust"
_ANYBODYS_HOST = _(
    "Every AWS customer can have a host name that ends like AWS's: a bucket, an API, a load balancer. If "
    "this is a VPC endpoint, make sure that it is one of your organization."
)


class TrustFlow(QObject):
    """Asks what `profile.trust_endpoint` and `profile.trust_process` are for.

    Args:
        safety: Knows the server that a profile's keys were kept from.
        processes: Knows the program that was kept from running.
        banners: For what goes wrong.
        trusted: Called with the profile's name after a yes: it can be used now.
    """

    def __init__(
        self,
        safety: Safety,
        processes: ProcessTrust,
        banners: BannerStack,
        trusted: Callable[[str], object],
    ) -> None:
        super().__init__(banners)
        self._safety = safety
        self._processes = processes
        self._banners = banners
        self._trusted = trusted

    def ask_endpoint(self, profile_name: str) -> None:
        """Asks whether the profile's keys may go to the server that they were kept from."""
        asked = self._safety.asked_endpoint(profile_name)
        if asked is None:
            self._nothing()
            return
        words = _(
            "{profile_name} sends its requests to this server instead of AWS. The operator of the server can "
            "read everything that is signed with the profile's credentials. Send requests to it?"
        ).format(profile_name=profile_name)
        if endpoints.is_aws_domain(asked.origin):
            words = "\n\n".join((words, _ANYBODYS_HOST))
        if asked.ca_bundle:
            words = f"{words}\n\n{own_certificates(asked.ca_bundle)}"
        self._ask(
            Question(
                "trustEndpoint",
                _("Endpoint Is Not AWS's Own"),
                words,
                _("Send Requests"),
                self._banners.window(),
                asked.origin,
            ),
            profile_name,
            lambda: self._safety.trust_endpoint(profile_name, asked.origin),
        )

    def ask_process(self, profile_name: str) -> None:
        """Asks whether the profile's program may run."""
        command = self._processes.asked(profile_name)
        if not command:
            self._nothing()
            return
        program = self._processes.asked_program(profile_name)
        words = _(
            "{profile_name} gets its credentials from this program. It runs with your user's permissions "
            "each time credentials are needed. Workbench asks again if the program changes. Run "
            "it?"
        ).format(profile_name=profile_name)
        self._ask(
            Question(
                "trustProcess",
                _("Run Credential Process"),
                words,
                _("Run"),
                self._banners.window(),
                f"{redact(command)}\n{program.path if program and program.path else ''}".strip(),
            ),
            profile_name,
            # What was shown. Should the profile run something else by now, it is asked about anew.
            lambda: self._processes.trust(command, program),
        )

    def _ask(self, question: Question, profile_name: str, trust: Callable[[], WorkbenchError | None]) -> None:
        def agreed() -> None:
            if (problem := trust()) is not None:
                self._banners.show_error(problem, "warning")
            self._trusted(profile_name)

        question.ask(agreed)

    def _nothing(self) -> None:
        self._banners.show_notice(_("No permission is needed."), key=_TRUST_KEY)


_ENDING = "profile.ending"


class Protection(QObject):
    """Says how careful to be, asks before changes in production, and gets a profile ready to be used.

    Args:
        services: The program's.
        session: Whom the window acts as.
        window: The main window.
        identities: Whom the program can act as.

    Attributes:
        sign_in: Signs in, and offers again what failed without.
    """

    def __init__(
        self, services: Services, session: Session, window: MainWindow, identities: Identities
    ) -> None:
        super().__init__(window)
        self._services, self._session, self._window = services, session, window
        self._safety = identities.safety
        self._tools = SignInTools(
            os.environ,
            identities.sessions,
            identities.mfa,
            identities.oidc,
            identities.tokens,
            identities.writer,
            open_in_browser,
        )
        actions, banners = services.actions, window.banners
        self.sign_in = SignInFlow(services, session, banners, self._tools, window)
        self.expiry = ExpiryBar(services.clock, actions[SIGN_IN])
        window.add_bar(self.expiry, self.expiry.left)
        self.frame = ProductionFrame(window, actions)
        self.account_lock = AccountLock(self._safety, session, banners)
        self._trust = TrustFlow(self._safety, identities.trust, banners, self._trusted)
        window.top_bar.set_tiers(self._safety.tier)
        actions.bind(CONFIRM, self.account_lock.ask)
        for name in REPAIRS:
            actions.bind(name, partial(self._repair_own, name))
        self.expiry.passed.connect(self._look_for_ending)
        self.sign_in.signed_in.connect(self._look_for_ending)
        session.connected.connect(self._look_for_ending)
        session.connected.connect(self.show_tier)
        session.changed.connect(self._forget_ending)
        session.changed.connect(self.show_tier)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.applicationStateChanged.connect(self._follow_others)
        self.show_tier()

    def _repair_own(self, action: str) -> None:
        self.repair(action, self._session.profile)

    def repair(self, action: str, profile: Profile) -> None:
        """Does what a profile needs before it can be used, whoever the program acts as.

        Args:
            action: One of REPAIRS.
            profile: Whom it is for.
        """
        if action == SIGN_IN:
            self.sign_in.begin(profile)
        elif action == TRUST_ENDPOINT:
            self._trust.ask_endpoint(profile.name)
        else:
            self._trust.ask_process(profile.name)

    # Safety -------------------------------------------------------------------------------------------------

    def show_tier(self) -> None:
        """Shows how dangerous the session's profile is; also to be called when its tier was changed."""
        session = self._session
        account_id = session.account_id or session.profile.account_id
        self.frame.show_tier(self._tier(session.profile), session.profile.name, account_id)

    def tier_of(self, profile_name: str) -> Tier:
        """How careful to be with a profile that may be another than the session's.

        A profile of the AWS files may have the name of the Sandbox: then its own tier counts.
        """
        kinds = {each.kind for each in self._session.profiles if each.name == profile_name}
        return Tier.NORMAL if kinds == {ProfileKind.SANDBOX} else self._tier_by_name(profile_name)

    def tier_for(self, connection: Connection) -> Tier:
        """How careful to be with what a connection changes, whichever profile is chosen by now."""
        name = connection.access.profile_name
        return Tier.NORMAL if name is None else self._tier_by_name(name)  # None: the Sandbox

    def _tier(self, profile: Profile) -> Tier:
        return Tier.NORMAL if profile.kind is ProfileKind.SANDBOX else self._tier_by_name(profile.name)

    def _tier_by_name(self, profile_name: str) -> Tier:
        self._safety.follow()  # another window may have changed it
        return self._safety.tier(profile_name)

    def _follow_others(self, state: Qt.ApplicationState) -> None:
        """The user is back from another program, which may be Workbench in another window."""
        if state is Qt.ApplicationState.ApplicationActive and self._tier(self._session.profile) is not (
            self.frame.tier
        ):
            self.show_tier()

    def confirm(self, function: OpenFunction, guard: Guard, then: Callable[[], object]) -> None:
        """Asks for the function's name in production; elsewhere `then` is just called."""
        self.confirm_name(function.connection, function.detail.function_name, guard, then)

    def confirm_name(
        self,
        connection: Connection,
        name: str,
        guard: Guard,
        then: Callable[[], object],
        window: QWidget | None = None,
    ) -> None:
        """As `confirm`, for a function that need not exist; `window` is the parent of the question."""
        where = _filled(_("This is production (account {account_id}, {region})."), connection)
        button = _("{yes} in {account_id}").format(yes=guard.button, account_id=connection.account_id)
        self._ask(connection, name, replace(guard, text=f"{guard.text} {where}", button=button), then, window)

    def confirm_creation(
        self,
        connection: Connection,
        function_name: str,
        then: Callable[[], object],
        window: QWidget | None = None,
    ) -> None:
        """Asks for the name before a function is made in production; elsewhere `then` is just called."""
        text = _("This creates a function and its resources in production (account {account_id}, {region}).")
        button = _("Create in {account_id}")
        guard = Guard(_("Create in Production"), _filled(text, connection), _filled(button, connection))
        self._ask(connection, function_name, guard, then, window)

    def _ask(
        self,
        connection: Connection,
        name: str,
        guard: Guard,
        then: Callable[[], object],
        window: QWidget | None,
    ) -> None:
        if self.tier_for(connection) is Tier.PRODUCTION:
            parent = window or self._window
            confirm_by_name(parent, guard.title, guard.text, name, guard.button, then, guard.choice)
        else:
            then()

    def _trusted(self, profile_name: str) -> None:
        session = self._session
        self._tools.sessions.forget(Access(profile_name, session.region))
        if profile_name == session.profile.name:
            session.connect_now()

    # The end of a sign-in -----------------------------------------------------------------------------------

    def _look_for_ending(self) -> None:
        profile = self._session.profile
        if profile.kind is ProfileKind.SANDBOX:
            self._forget_ending()
            return
        self._services.jobs.submit(
            Job(
                _("Checking when the sign-in expires"),
                lambda _ctx: expiry_of(profile, self._tools),
                replaces=_ENDING,
                quiet=True,
                on_done=self.expiry.show_expiry,
                # What is wrong with the profile is said by the connection that fails.
                on_error=lambda _error: self.expiry.show_expiry(Expiry(profile.name)),
            )
        )

    def _forget_ending(self) -> None:
        self._services.jobs.drop(_ENDING)
        self.expiry.show_expiry(Expiry(self._session.profile.name))


def _filled(text: str, connection: Connection) -> str:
    return text.format(account_id=connection.account_id, region=connection.region)
