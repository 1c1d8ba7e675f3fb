"""What the window has of profiles: signing in and safety in it, and the profiles window beside it."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.profiles.identities import Identities
from workbench.profiles.migrate import InterruptedMove, MoveJournal
from workbench.profiles.model import Profile
from workbench.ui.other_programs import open_in_browser
from workbench.ui.parts import Parts
from workbench.ui.profiles.entry import ProfilesEntry
from workbench.ui.protection import Protection
from workbench.ui.safety.trust import TRUST_ENDPOINT, TRUST_PROCESS
from workbench.ui.shell.recovery import Ended, Interruption
from workbench.ui.sign_in.flow import SIGN_IN
from workbench.ui.sign_in.methods import SignInTools

if TYPE_CHECKING:
    from workbench.ui.profiles.tools import ProfileTools


class IdentityParts(QObject):
    """Made once the parts stand; lives as long as the window.

    Args:
        parts: What is in the window.
        identities: Whom the program can act as.
        sandbox: Its profile, which stands in no file.
    """

    def __init__(self, parts: Parts, identities: Identities, sandbox: Profile) -> None:
        super().__init__(parts.window)
        self._identities = identities
        self._sandbox = sandbox
        self.protection = Protection(
            parts,
            SignInTools(
                os.environ,
                identities.sessions,
                identities.mfa,
                identities.oidc,
                identities.tokens,
                identities.writer,
                open_in_browser,
            ),
            identities.safety,
            identities.trust,
        )
        parts.window.top_bar.set_tiers(identities.safety.tier)
        self.profiles = ProfilesEntry(parts.services, parts.session, parts.window, self._tools)
        self.profiles.tier_changed.connect(self.protection.show_tier)
        self.profiles.remedy_wanted.connect(self.mend)
        self.protection.sign_in.signed_in.connect(lambda _name: self.profiles.refresh())

    def mend(self, action: str, profile: Profile) -> None:
        """What a profile needs that was checked, or looked into, whoever the program acts as."""
        handlers: dict[str, Callable[[], object]] = {
            SIGN_IN: lambda: self.protection.sign_in.begin(profile),
            TRUST_ENDPOINT: lambda: self.protection.trust.ask_endpoint(profile.name),
            TRUST_PROCESS: lambda: self.protection.trust.ask_process(profile.name),
        }
        handlers[action]()

    def _tools(self) -> "ProfileTools":
        # Loaded by app.py once all that is seen at first can be used.
        from workbench.ui.profiles.tools import ProfileTools

        return ProfileTools.of(self._identities, os.environ, (self._sandbox,))

    def move_journals(self) -> tuple[MoveJournal]:
        """Where moves of keys are recorded."""
        return (self._identities.moves,)

    def describe_move(self, record: InterruptedMove) -> Interruption:
        """What is shown of a move of a key that could not be finished or undone yet."""
        move = record.about
        why = _("The keyring or file to which it was moved is locked or not available.")

        def finish(_connection: Connection, ctx: JobContext) -> Ended:
            self._identities.recover(ctx)
            if record.file.exists():
                raise WorkbenchError(
                    _("The access key of {profile} was not moved.").format(profile=move.profile),
                    why,
                    _("Move the access key again: Workbench then finishes or undoes the move."),
                    action="profile.manage",
                )
            return Ended(_("The move was repaired. No keys were lost."))

        return Interruption(
            _("Move of the access key of {profile}").format(profile=move.profile),
            why,
            _("Finish completes or undoes the move, once the keyring or file is unlocked."),
            len(record.done),
            move.step_count,
            finish,
            _("Finish also undoes a move whose key does not work where it is stored now."),
            kept=_("Its journal says where the access key is."),
        )
