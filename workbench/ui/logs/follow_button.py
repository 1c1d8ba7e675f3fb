"""Follow, and by what means: polling, which is free, or Live Tail, which is not."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from workbench.ui.logs import live_tail_dialog
from workbench.ui.named import named
from workbench.ui.services import OpenFunction


class FollowButton(QToolButton):
    """On or off, with a menu of the means.

    Signals:
        asked: Read again; something else is wanted.
    """

    asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        named(self, "logsFollow")
        self._is_in_the_past = False
        self.is_live = False
        self.setCheckable(True)
        self.setChecked(True)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        menu = named(QMenu(self), "logsFollowMenu", self.tr("Follow mode"))
        group = QActionGroup(self)
        self.poll = menu.addAction(self.tr("Poll every second (free)"))
        self.live = menu.addAction(self.tr("Live Tail…"))
        for action in (self.poll, self.live):
            action.setCheckable(True)
            group.addAction(action)
        self.setMenu(menu)
        self.poll.triggered.connect(self._choose_polling)
        self.live.triggered.connect(self._ask)
        self.toggled.connect(self._toggled)
        self._show()

    @property
    def is_following(self) -> bool:
        """Whether new lines are wanted as they come."""
        return self.isChecked() and not self._is_in_the_past

    def set_past(self, is_in_the_past: bool) -> None:
        """A time that has an end is not followed."""
        self._is_in_the_past = is_in_the_past
        self.setEnabled(not is_in_the_past)

    def function_changed(self, function: OpenFunction | None) -> None:
        """Another function; what costs is not taken over."""
        self.end_live()
        is_aws = function is not None and not function.connection.is_custom_endpoint
        self.live.setEnabled(is_aws)
        words = self.tr("Live Tail…") if is_aws else self.tr("Live Tail (not in the Sandbox)")
        self.live.setText(words)

    def end_live(self) -> None:
        """From the next reading on it is polled."""
        self.is_live = False
        self._show()

    def _choose_polling(self) -> None:
        was_live, self.is_live = self.is_live, False
        self._show()
        if not self.isChecked():
            self.setChecked(True)
        elif was_live:
            self.asked.emit()

    def _ask(self) -> None:
        self._show()  # until the answer, what was there holds
        if not self.is_live:
            dialog = live_tail_dialog.LiveTailDialog(self.window())
            dialog.accepted.connect(self._start_live)
            dialog.open()

    def _start_live(self) -> None:
        self.is_live = True
        self._show()
        if self.isChecked():
            self.asked.emit()
        else:
            self.setChecked(True)

    def _toggled(self, on: bool) -> None:
        if not on:
            self.end_live()
        self.asked.emit()

    def _show(self) -> None:
        (self.live if self.is_live else self.poll).setChecked(True)
        self.setText(self.tr("Live Tail") if self.is_live else self.tr("Follow"))
        self.setToolTip(
            self.tr("New lines arrive through Live Tail, which AWS bills by the minute")
            if self.is_live
            else self.tr("Show new lines as they are written")
        )
