"""Signing in and safety, put into the window: what they hear from its parts, and which actions they do.

The parts themselves are in sign_in/ and safety/; the composition root hands over what they work with.
"""

from PySide6.QtCore import QObject

from workbench.core.jobs import Job
from workbench.profiles.model import ProfileKind
from workbench.ui.parts import Parts
from workbench.ui.sign_in.expiry_bar import ExpiryBar
from workbench.ui.sign_in.flow import SIGN_IN, SignInFlow
from workbench.ui.sign_in.tools import SignInTools
from workbench.ui.sign_in.way import Ending, ending_of

_ENDING = "profile.ending"


class Protection(QObject):
    """Lives as long as the window. Make it once the parts stand."""

    def __init__(self, parts: Parts, tools: SignInTools) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._tools = tools
        services, session, window = parts.services, parts.session, parts.window
        actions = services.actions
        self.sign_in = SignInFlow(services, session, window.banners, tools, window)
        self.expiry = ExpiryBar(services.clock, actions[SIGN_IN])
        window.add_bar(self.expiry, self.expiry.left)
        actions.bind(SIGN_IN, self.sign_in.begin)
        parts.deploy.failed.connect(lambda error: self.sign_in.note_failure("function.deploy", error))
        parts.test.ended.connect(lambda _call, error: self.sign_in.note_failure("function.invoke", error))
        self.expiry.passed.connect(self._look_for_ending)
        self.sign_in.signed_in.connect(self._look_for_ending)
        session.connected.connect(self._look_for_ending)
        session.changed.connect(self._forget_ending)

    def _look_for_ending(self) -> None:
        profile = self._parts.session.profile
        if profile.kind is ProfileKind.SANDBOX:
            self._forget_ending()
            return
        self._parts.services.jobs.submit(
            Job(
                self.tr("Looking when the sign-in ends"),
                lambda _ctx: ending_of(profile, self._tools),
                replaces=_ENDING,
                quiet=True,
                on_done=self.expiry.show_ending,
                # What is wrong with the profile is said by the connection that fails.
                on_error=lambda _error: self.expiry.show_ending(Ending(profile.name)),
            )
        )

    def _forget_ending(self) -> None:
        self._parts.services.jobs.drop(_ENDING)
        self.expiry.show_ending(Ending(self._parts.session.profile.name))
