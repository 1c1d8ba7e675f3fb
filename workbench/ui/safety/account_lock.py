"""The message and the confirmation for a profile that leads to another account than before."""

from PySide6.QtCore import QObject

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.profiles.safety import Lock, Pin, Safety
from workbench.ui.banner import BannerStack
from workbench.ui.kit.question import Question
from workbench.ui.session import Session

CONFIRM = "profile.confirm_account"
_KEY = "account-lock"


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
            self._banners.dismiss(_KEY)
            return
        what = _(
            "The account of {profile_name} has changed. Workbench makes no changes with this "
            "profile until you confirm."
        )
        self._banners.show_error(
            WorkbenchError(what.format(profile_name=lock.profile_name), lock.why, action=CONFIRM),
            key=_KEY,
            decision=True,
        )

    def ask(self) -> None:
        """Asks whether the new account is right."""
        lock = self._safety.lock(self._session.profile.name)
        if lock is None:
            self._banners.dismiss(_KEY)
            self._banners.show_notice(_("No confirmation is needed."), key=_KEY)
            return
        words = _(
            "Is this correct? If you did not change {profile_name} yourself, another user or program did."
        ).format(profile_name=lock.profile_name)
        detail = f"{_('Before:')}\n{_pin_text(lock.pinned)}\n{_('Now:')}\n{_pin_text(lock.seen)}"
        title = _("Confirm the account")
        window = self._banners.window()
        yes = _("Confirm {account_id}").format(account_id=lock.seen.account_id)
        question = Question("confirmAccount", title, words, yes, window, detail)
        question.ask(lambda: self._confirm(lock))

    def _confirm(self, lock: Lock) -> None:
        problem = self._safety.confirm_pin(lock.profile_name, lock.seen)
        self._banners.dismiss(_KEY)
        if problem is not None:
            self._banners.show_error(problem, "warning")
        self.check()


def _pin_text(pin: Pin) -> str:
    return f"  {pin.account_id}  {pin.arn}"
