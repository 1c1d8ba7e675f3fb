"""As whom a function acts on this computer: asked once, and kept for each function."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QComboBox

from workbench.profiles.model import ProfileKind
from workbench.profiles.safety import Tier
from workbench.sandbox.fence_state import fence_state
from workbench.ui.kit.text import PlainLabel
from workbench.ui.local_run.fence_text import rights_text
from workbench.ui.local_run.prepare import Connect
from workbench.ui.named import named
from workbench.ui.parts import Parts
from workbench.ui.protection import Protection
from workbench.ui.safety.confirm import Question, confirm_by_name
from workbench.ui.services import OpenFunction
from workbench.ui.sign_in.form import text_label

NO_CREDENTIALS = "-"
"""In place of a profile's name, which is never this: the function gets no credentials."""
Then = Callable[[Connect], object]


class LocalCredentials(QObject):
    """Knows, or asks. In the Sandbox there is nothing to ask: a function acts as it does there."""

    def __init__(self, parts: Parts, protection: Protection) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._protection = protection
        self._agreed: set[tuple[str, str]] = set()  # function and profile of production

    @property
    def are_given(self) -> bool:
        """Whether there is nothing to choose."""
        return self._parts.session.profile.kind is ProfileKind.SANDBOX

    def choose_for(self, function: OpenFunction, then: Then) -> None:
        """Hands over whose credentials the function gets; asks the first time."""
        if self.are_given:
            then(lambda _ctx: function.connection)
        elif (known := self._parts.services.settings.get(_key(function), "")) and self._is_offered(known):
            self._agree(function, known, then)
        else:
            self.ask(function, lambda: self.choose_for(function, then))

    def ask(self, function: OpenFunction, then: Callable[[], object] = lambda: None) -> None:
        """Asks, whatever was chosen before."""
        session, settings = self._parts.session, self._parts.services.settings
        own = session.profile.name
        everyone = [own, *(each.name for each in session.profiles if each.name != own)]
        names = [*filter(self._is_offered, everyone), NO_CREDENTIALS]
        known = settings.get(_key(function), "")
        if known not in names:
            known = own if self._protection.tier_of(own) is Tier.NORMAL else NO_CREDENTIALS
        words = self.tr("%1 With credentials, it makes real changes in AWS.")
        question = Question(
            "localCredentials",
            self.tr("Credentials of local runs"),
            words.replace("%1", rights_text(function.detail.function_name)),
            self.tr("Use These"),
            self._parts.window,
        )
        field = named(QComboBox(), "localCredentialsProfile", self.tr("Credentials of"))
        for name in names:
            field.addItem(self._title(name), name)
        field.setCurrentIndex(names.index(known))
        label = PlainLabel(self.tr("Credentials of"))
        label.setBuddy(field)
        question.content.addWidget(label)
        question.content.addWidget(field)

        if len(names) <= len(everyone):
            hint = self.tr(
                "Read-only profiles are not listed, because Workbench cannot prevent the function "
                "from making changes."
            )
            question.content.addWidget(text_label("localCredentialsHint", hint, "muted"))

        def chosen() -> None:
            settings.set(_key(function), str(field.currentData()))
            then()

        question.ask(chosen, field)

    def _is_offered(self, name: str) -> bool:
        """What holds a read-only profile back is in this program; the function would have the bare keys."""
        return name == NO_CREDENTIALS or self._protection.tier_of(name) is not Tier.READ_ONLY

    def _title(self, name: str) -> str:
        if name == NO_CREDENTIALS:
            if fence_state().is_on:
                return self.tr("None (calls to AWS fail)")
            return self.tr("None (but it can read credentials in your files)")
        if self._protection.tier_of(name) is Tier.PRODUCTION:
            return self.tr("%1 (production)").replace("%1", name)
        return name

    def _agree(self, function: OpenFunction, profile_name: str, then: Then) -> None:
        """Asks once for each function that may act in production."""
        session, protection = self._parts.session, self._protection
        if profile_name == NO_CREDENTIALS:
            then(lambda _ctx: None)
            return
        own = profile_name == session.profile.name
        region = function.connection.region

        def agreed() -> None:
            self._agreed.add((function.detail.function_arn, profile_name))
            if own:
                then(lambda _ctx: function.connection)
            else:
                then(lambda ctx: session.open_named(profile_name, region, ctx))

        key = (function.detail.function_arn, profile_name)
        if protection.tier_of(profile_name) is not Tier.PRODUCTION or key in self._agreed:
            agreed()
            return
        words = self.tr("%1 will run on this computer with the credentials of the production profile %2.")
        confirm_by_name(
            self._parts.window,
            self.tr("Run with production credentials"),
            words.replace("%1", function.detail.function_name).replace("%2", profile_name),
            function.detail.function_name,
            self.tr("Run as %1").replace("%1", profile_name),
            agreed,
        )


def _key(function: OpenFunction) -> str:
    return f"local.profile.{function.detail.function_arn}"
