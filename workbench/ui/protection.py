"""Signing in and safety, put into the window: what they hear from its parts, and which actions they do.

The parts themselves are in sign_in/ and safety/; the composition root hands over what they work with.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from workbench.aws.access import Access
from workbench.aws.connection import Connection
from workbench.core.jobs import Job
from workbench.core.messages import _
from workbench.profiles.model import Profile, ProfileKind
from workbench.profiles.process_provider import ProcessTrust
from workbench.profiles.safety import Safety, Tier
from workbench.ui.kit.question import confirm_by_name
from workbench.ui.parts import Parts
from workbench.ui.safety.account_lock import CONFIRM, AccountLock
from workbench.ui.safety.idle_lock import LOCK, UNLOCK, IdleLock
from workbench.ui.safety.production_frame import ProductionFrame
from workbench.ui.safety.trust import TRUST_ENDPOINT, TRUST_PROCESS, TrustFlow
from workbench.ui.services import OpenFunction
from workbench.ui.sign_in.expiry_bar import ExpiryBar
from workbench.ui.sign_in.flow import ADD_FROM_PORTAL, SIGN_IN, SignInFlow
from workbench.ui.sign_in.methods import Expiry, SignInTools, expiry_of

if TYPE_CHECKING:
    from workbench.ui.sign_in.roles_flow import RolesFlow

_ENDING = "profile.ending"


class Protection(QObject):
    """Lives as long as the window. Make it once the parts stand.

    Args:
        parts: Of the window.
        tools: For signing in.
        safety: The same that guards the sessions.
        processes: The same that the sessions' helper programs are held back by.
    """

    def __init__(self, parts: Parts, tools: SignInTools, safety: Safety, processes: ProcessTrust) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._tools = tools
        self._safety = safety
        services, session, window = parts.services, parts.session, parts.window
        actions, banners = services.actions, window.banners
        self.sign_in = SignInFlow(services, session, banners, tools, window)
        self.expiry = ExpiryBar(services.clock, actions[SIGN_IN])
        window.add_bar(self.expiry, self.expiry.left)
        self.frame = ProductionFrame(window, actions)
        self.account_lock = AccountLock(safety, session, banners)
        self.trust = TrustFlow(safety, processes, banners, self._trusted)
        self._roles: RolesFlow | None = None
        self.lock = IdleLock(services, session, window)
        handlers: tuple[tuple[str, Callable[[], object]], ...] = (
            (SIGN_IN, self.sign_in.begin),
            (CONFIRM, self.account_lock.ask),
            (TRUST_ENDPOINT, lambda: self.trust.ask_endpoint(session.profile.name)),
            (TRUST_PROCESS, lambda: self.trust.ask_process(session.profile.name)),
            (ADD_FROM_PORTAL, self._add_from_portal),
            (LOCK, self.lock.lock),
            (UNLOCK, self.lock.unlock),
        )
        for name, handler in handlers:
            actions.bind(name, handler)
        self.expiry.passed.connect(self._look_for_ending)
        self.sign_in.signed_in.connect(self._look_for_ending)
        session.connected.connect(self._look_for_ending)
        session.connected.connect(self.show_tier)
        session.changed.connect(self._forget_ending)
        session.changed.connect(self.show_tier)
        self.show_tier()

    def _add_from_portal(self) -> None:
        from workbench.ui.sign_in.roles_flow import RolesFlow  # seldom wanted: not loaded at the start

        if self._roles is None:
            parts = self._parts
            self._roles = RolesFlow(
                parts.services, self._tools, self.sign_in, parts.window.banners, parts.window
            )
            self._roles.added.connect(parts.services.actions["profile.reload"].trigger)
        self._roles.begin(self._parts.session.region)

    # Safety -------------------------------------------------------------------------------------------------

    def show_tier(self) -> None:
        """Shows how dangerous the session's profile is; also to be called when its tier was changed."""
        session = self._parts.session
        account_id = session.account_id or session.profile.account_id
        self.frame.show_tier(self._tier(session.profile), session.profile.name, account_id)

    def tier_of(self, profile_name: str) -> Tier:
        """How careful to be with a profile that may be another than the session's."""
        found = (each for each in self._parts.session.profiles if each.name == profile_name)
        profile = next(found, None)
        return self._tier(profile) if profile else self._safety.tier(profile_name)

    def tier_for(self, connection: Connection) -> Tier:
        """How careful to be with what a connection changes, whichever profile is chosen by now."""
        name = connection.access.profile_name
        return Tier.NORMAL if name is None else self.tier_of(name)  # None: the Sandbox

    def _tier(self, profile: Profile) -> Tier:
        return Tier.NORMAL if profile.kind is ProfileKind.SANDBOX else self._safety.tier(profile.name)

    def confirm_change(
        self,
        function: OpenFunction,
        title: str,
        words: str,
        yes: str,
        then: Callable[[], object],
        choice: QWidget | None = None,
    ) -> None:
        """Asks for the function's name before it is changed in production; elsewhere it is just done.

        Args:
            function: What is changed.
            title: Of the question.
            words: What will happen; where it will is added.
            yes: The button; the account is added.
            then: The change.
            choice: What else is to be decided, shown below the words.
        """
        connection, window = function.connection, self._parts.window
        self.confirm_name(connection, function.detail.function_name, title, words, yes, then, window, choice)

    def confirm_name(
        self,
        connection: Connection,
        name: str,
        title: str,
        words: str,
        yes: str,
        then: Callable[[], object],
        window: QWidget,
        choice: QWidget | None = None,
    ) -> None:
        """As `confirm_change`, for a function's name; `window` is the parent of the question."""
        if self.tier_for(connection) is not Tier.PRODUCTION:
            then()
            return
        where = _("This is production (account {account_id}, {region}).")
        confirm_by_name(
            window,
            title,
            f"{words} {where.format(account_id=connection.account_id, region=connection.region)}",
            name,
            _("{yes} in {account_id}").format(yes=yes, account_id=connection.account_id),
            then,
            choice,
        )

    def confirm_creation(
        self,
        connection: Connection,
        function_name: str,
        then: Callable[[], None],
        parent: QWidget | None = None,
    ) -> None:
        """Asks for the name before a function is made in production; elsewhere it is just made."""
        if self.tier_for(connection) is not Tier.PRODUCTION:
            then()
            return
        words = _("This creates a function and its resources in production (account {account_id}, {region}).")
        confirm_by_name(
            parent or self._parts.window,
            _("Create in production"),
            words.format(account_id=connection.account_id, region=connection.region),
            function_name,
            _("Create in {account_id}").format(account_id=connection.account_id),
            then,
        )

    def _trusted(self, profile_name: str) -> None:
        session = self._parts.session
        self._tools.sessions.forget(Access(profile_name, session.region))
        if profile_name == session.profile.name:
            session.connect_now()

    # The end of a sign-in -----------------------------------------------------------------------------------

    def _look_for_ending(self) -> None:
        profile = self._parts.session.profile
        if profile.kind is ProfileKind.SANDBOX:
            self._forget_ending()
            return
        self._parts.services.jobs.submit(
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
        self._parts.services.jobs.drop(_ENDING)
        self.expiry.show_expiry(Expiry(self._parts.session.profile.name))
