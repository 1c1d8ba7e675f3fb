"""Connects the Configuration tab with the window: notices, errors, confirmations, unapplied changes."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.functions.settings.emergency import Stopped
from workbench.profiles.safety import Tier
from workbench.ui.configuring.stop_flow import STOP, disable_box, stop_text
from workbench.ui.configuring.timeout_check import TimeoutCheck
from workbench.ui.kit.question import Question, confirm_by_name
from workbench.ui.pages.base import Page
from workbench.ui.pages.configuration import ConfigurationPage
from workbench.ui.parts import Parts
from workbench.ui.protection import Protection
from workbench.ui.services import OpenFunction

_STOPPED = "stopped"


class ConnectedConfiguring(QObject):
    """Connects the tab.

    Args:
        parts: Of the window.
        page: The Configuration tab.
        protection: Knows how careful to be.
    """

    def __init__(self, parts: Parts, page: Page, protection: Protection) -> None:
        super().__init__(parts.window)
        assert isinstance(page, ConfigurationPage)
        self._parts, self._protection, self.page = parts, protection, page
        page.why_locked = self._why_locked
        page.flow.before_apply = self._before_apply
        self._timeouts = TimeoutCheck(parts.services, parts.window)
        self._timeouts.failed.connect(page.flow.failed)
        page.flow.check_before = self._timeouts.check
        page.stop.ask = self._ask_stop
        page.configured.connect(self._show)
        page.notice.connect(parts.window.function_banners.notices("configure"))
        page.stop.stopped.connect(self._show_stopped)
        page.stop.known.connect(self._known)
        for action, part in (("configuration.apply", page.flow), (STOP, page.stop)):
            part.failed.connect(partial(protection.sign_in.note_failure, action))
            part.failed.connect(self._failed)
        before = parts.window.before_close
        parts.window.before_close = lambda then: self._before_close(partial(before, then))
        parts.session.connected.connect(page.show_state)

    def _failed(self, error: WorkbenchError) -> None:
        """A function that has gone leaves the list, too."""
        if error.aws_code == "ResourceNotFoundException":
            self._parts.window.functions.refresh()

    def _show_stopped(self, error: WorkbenchError) -> None:
        self._parts.window.function_banners.show_error(error, "warning", key=_STOPPED)

    def _known(self, stopped: Stopped | None) -> None:
        if stopped is None:
            self._parts.window.banners.dismiss(_STOPPED)

    def _before_close(self, then: Callable[[], None]) -> None:
        """Sees that the disk has all changes that were not applied; asks where it does not take them."""
        if not self.page.kept.disk.is_behind:
            then()
            return
        self._parts.window.stay_open()
        self.page.kept.disk.write(then, lambda error: self._ask_whether_to_lose(error, then))

    def _ask_whether_to_lose(self, error: WorkbenchError, then: Callable[[], None]) -> None:
        words = _(
            "The changes of these functions have not been applied: {names}. They will be lost when "
            "you quit, because they could not be saved: {error}"
        ).format(names=", ".join(self.page.unsent()), error=str(error))
        question = Question(
            "unsentChanges",
            _("Unapplied Changes"),
            words,
            _("Quit Without Applying"),
            self._parts.window,
        )
        question.ask(then)

    def _show(self, function: OpenFunction) -> None:
        """Shows a function that was configured, if it is still the open one."""
        window = self._parts.window
        opened = window.page.function
        if opened is not None and opened.detail.function_arn == function.detail.function_arn:
            window.page.open(function)
        window.functions.refresh()

    def _why_locked(self, function: OpenFunction) -> str:
        if self._protection.tier_for(function.connection) is not Tier.READ_ONLY:
            return ""
        name = self._parts.session.profile.name
        return _("The profile {name} is read-only.").format(name=name)

    def _ask_stop(self, function: OpenFunction, resuming: bool, then: Callable[[bool], None]) -> None:
        if self._protection.tier_for(function.connection) is not Tier.PRODUCTION:
            self.page.stop.ask_simply(function, resuming, then)
            return
        name = function.detail.function_name
        words = _("This restores the previous concurrency of {name}.").format(name=name)
        disables = None if resuming else disable_box()
        self._ask_by_name(
            function,
            _("Resume in production") if resuming else _("Stop in production"),
            words if resuming else stop_text(name),
            _("Resume in {account_id}") if resuming else _("Stop in {account_id}"),
            lambda: then(disables is not None and disables.isChecked()),
            disables,
        )

    def _before_apply(self, function: OpenFunction, then: Callable[[], None]) -> None:
        if self._protection.tier_for(function.connection) is not Tier.PRODUCTION:
            then()
            return
        words = _("This changes the configuration of {name} in production (account {account_id}, {region}).")
        self._ask_by_name(function, _("Configure in production"), words, _("Configure in {account_id}"), then)

    def _ask_by_name(
        self,
        function: OpenFunction,
        title: str,
        words: str,
        yes: str,
        then: Callable[[], None],
        choice: QWidget | None = None,
    ) -> None:
        name, connection = function.detail.function_name, function.connection
        words = words.format(name=name, account_id=connection.account_id, region=connection.region)
        confirm_by_name(
            self._parts.window,
            title,
            words,
            name,
            yes.format(account_id=connection.account_id),
            then,
            choice,
        )
