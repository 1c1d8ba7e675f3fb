"""Where a window shows its messages. None of them moves what the user is about to click.

A success without a button is one line of the status bar. Everything else is a toast over the content, in a
corner where neither the pointer nor the field with the keyboard is. Only a message that needs a decision
takes room above the content, and only while the pointer is not over what would move; until then it is a toast
too. Room is given back, and a gap between toasts is closed, under the same condition.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.ui.actions import ActionRegistry
from workbench.ui.banner import MAX_SHOWN, PASSING_MS, BannerStack, ErrorBanner, Form
from workbench.ui.kit.bars import would_move
from workbench.ui.kit.text import named
from workbench.ui.message_log import Message
from workbench.ui.services import Services

_TOAST_WIDTH, _MARGIN, _GAP = 440, 16, 8
_MAX_FIELD_HEIGHT = 60  # a focused widget lower than this is a field or a button, which no toast covers
_LOOK_MS = 150  # how often the pointer is looked at while something waits for it to leave


class MessageCenter(BannerStack):
    """The messages of one window. In a layout it is the place of what needs a decision.

    Args:
        services: The program's; all messages go into its list too.
        actions: Where remedies are looked up, when not in the program's own.

    Attributes:
        subject: The function that is open, for the list of messages.
        pointer: Where the pointer is on the screen.
    """

    def __init__(self, services: Services, actions: ActionRegistry | None = None) -> None:
        super().__init__(actions or services.actions, services.icons)
        self._log, self._clock = services.messages, services.clock
        self._logged: dict[ErrorBanner, Message] = {}
        self.subject = ""
        self.pointer: Callable[[], QPoint] = QCursor.pos
        self._waiting: list[ErrorBanner] = []  # need a decision, and are toasts until the pointer has left
        self._toasts: list[ErrorBanner] = []  # from the bottom upward, which is oldest first
        self._left: set[ErrorBanner] = set()  # toasts at the left, as the pointer was at the right
        self._returns_to: QWidget | None = None
        self._status: QHBoxLayout | None = None
        self._host: QWidget | None = None
        self._watch = QTimer(self, interval=_LOOK_MS)
        self._watch.timeout.connect(self._settle)

    def make_status(self) -> QWidget:
        """Makes the line for successes, for a status bar. In a window without one they are toasts."""
        line = named(QWidget(), "statusMessages", _("Newest success"))
        self._status = QHBoxLayout(line)
        self._status.setContentsMargins(8, 2, 8, 2)
        return line

    @property
    def toasts(self) -> list[ErrorBanner]:
        """The messages over the content, newest first."""
        return self._toasts[::-1]

    def show_error(
        self,
        error: WorkbenchError,
        tone: str = "danger",
        report: str = "",
        key: str = "",
        *,
        decision: bool = False,
    ) -> ErrorBanner:
        banner = super().show_error(error, tone, report, key, decision=decision)
        tone = str(banner.property("tone"))
        message = Message(error, tone, self._clock.now(), self.subject, banner.remedy, tone == "good")
        self._logged[banner] = message
        # A success has been said, and asks for nothing. What is closed has been read.
        banner.closed.connect(lambda: self._log.mark_read(message))
        self._log.add(message)
        return banner

    def dismiss(self, key: str) -> None:
        for found, banner in self._banners:
            if found == key and banner in self._logged:
                self._log.mark_read(self._logged[banner])  # it no longer holds
        super().dismiss(key)

    @property
    def reachable(self) -> list[ErrorBanner]:
        """The messages that the keyboard can be brought to: the one that has it, then newest first."""
        shown = [banner for banner in self.banners if banner.form is not Form.LINE]
        focused = QApplication.focusWidget()
        return sorted(shown, key=lambda each: focused is None or not each.isAncestorOf(focused))

    def focus_newest(self) -> None:
        focused = QApplication.focusWidget()
        if focused is None or not any(each.isAncestorOf(focused) for each in self.reachable):
            self._returns_to = focused
        for banner in [each for each in self.banners if each.form is not Form.LINE][:1]:
            banner.focus_first()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._host and event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._arrange(in_place=False)
        return super().eventFilter(watched, event)

    # Placing ------------------------------------------------------------------------------------------------

    def _insert(self, banner: ErrorBanner, *, decision: bool) -> None:
        tone = str(banner.property("tone"))
        has_button = banner.remedy is not None and banner.remedy.isEnabled()
        is_harmless = tone in PASSING_MS and not decision and not banner.error.by_user
        if is_harmless and (tone == "good" or not has_button):
            banner.pass_after(PASSING_MS[tone])
        if tone == "good" and not decision and not has_button and self._status is not None:
            self._show_in_status(banner, self._status)
        elif decision and not self._would_move(from_top=True):
            self._dock(banner)
        else:
            if decision:
                self._waiting.append(banner)
                self._watch.start()
            self._show_toast(banner)

    def _show_in_status(self, banner: ErrorBanner, status: QHBoxLayout) -> None:
        self._drop_all([each for each in self.banners if each.form is Form.LINE])
        banner.set_form(Form.LINE)
        status.addWidget(banner)

    def _dock(self, banner: ErrorBanner) -> None:
        banner.set_form(Form.WIDE)
        self.setMinimumHeight(0)
        self._column.insertWidget(0, banner)
        self.setVisible(True)
        banner.show()
        # Of messages in one place only the newest are shown; the list has them all.
        self._drop_all(self._docked()[MAX_SHOWN:])

    def _docked(self) -> list[ErrorBanner]:
        return [each for each in self.banners if self._column.indexOf(each) >= 0]

    def _show_toast(self, banner: ErrorBanner) -> None:
        if self._host is None:
            self._host = self.parentWidget() or self
            self._host.installEventFilter(self)
        banner.set_form(Form.TOAST)
        banner.setParent(self._host)
        self._drop_all(self.toasts[MAX_SHOWN - 1 :])
        self._toasts.append(banner)
        self._arrange(in_place=True)
        banner.show()
        banner.raise_()

    def _drop_all(self, banners: Sequence[ErrorBanner]) -> None:
        """Takes messages away that nobody has read."""
        for key in [key for key, banner in self._banners if banner in banners]:
            self._drop(key)

    def _remove(self, banner: ErrorBanner) -> None:
        focused = QApplication.focusWidget()
        had_keyboard = focused is not None and banner.isAncestorOf(focused)
        self._logged.pop(banner, None)
        if banner in self._waiting:
            self._waiting.remove(banner)
        self._left.discard(banner)
        if banner in self._toasts:
            self._toasts.remove(banner)
        elif banner.form is Form.WIDE:
            self.setMinimumHeight(self.height() if self._would_move(from_top=False) else 0)
            self._column.removeWidget(banner)
        banner.hide()
        banner.deleteLater()
        if had_keyboard:
            self._return_keyboard()
        self._watch.start()
        self._settle()

    def _return_keyboard(self) -> None:
        target = self._returns_to
        try:
            if target is not None and target.isVisible():
                target.setFocus(Qt.FocusReason.OtherFocusReason)
        except RuntimeError:  # it was deleted meanwhile
            pass
        self._returns_to = None

    def _settle(self) -> None:
        """Moves what was waiting for the pointer to leave, once it has."""
        if self._waiting and not self._would_move(from_top=True):
            for banner in self._waiting:
                self._toasts.remove(banner)
                self._left.discard(banner)
                self._dock(banner)
            self._waiting.clear()
        if self.minimumHeight() and not self._would_move(from_top=False):
            self.setMinimumHeight(0)
        self.setVisible(bool(self._docked()) or self.minimumHeight() > 0)
        over_toast = any(self._global(each).contains(self.pointer()) for each in self._toasts)
        if not over_toast:
            self._arrange(in_place=False)
        if not (self._waiting or self.minimumHeight() or over_toast):
            self._watch.stop()

    def _would_move(self, *, from_top: bool) -> bool:
        """Whether the pointer is over what moves when this widget grows (from its top) or shrinks."""
        host = self.parentWidget()
        return host is not None and would_move(self, host, self.pointer(), from_top=from_top)

    def _arrange(self, *, in_place: bool) -> None:
        """Gives the toasts their places.

        Args:
            in_place: Only the newest is placed, above the others; they stay where they are.
        """
        host = self._host
        if host is None:
            return
        width = min(_TOAST_WIDTH, host.width() - 2 * _MARGIN)
        bottoms = {False: host.height() - _MARGIN, True: host.height() - _MARGIN}  # by: at the left
        for toast in self._toasts:
            layout = toast.layout()
            assert layout is not None
            height = max(layout.totalHeightForWidth(width), layout.totalMinimumSize().height())
            if in_place and toast is not self._toasts[-1]:
                bottoms[toast in self._left] = toast.y() - _GAP
                continue
            if in_place and self._is_taken(_corner(host, width, height, bottoms[False], at_left=False)):
                self._left.add(toast)
            at_left = toast in self._left
            toast.setGeometry(_corner(host, width, height, bottoms[at_left], at_left=at_left))
            bottoms[at_left] -= height + _GAP

    def _is_taken(self, place: QRect) -> bool:
        """Whether the pointer or the field with the keyboard is in a place of the host."""
        assert self._host is not None
        if place.contains(self._host.mapFromGlobal(self.pointer())):
            return True
        focused = QApplication.focusWidget()
        if focused is None or focused.height() > _MAX_FIELD_HEIGHT or not self._host.isAncestorOf(focused):
            return False
        return place.intersects(QRect(focused.mapTo(self._host, QPoint()), focused.size()))

    def _global(self, banner: ErrorBanner) -> QRect:
        return QRect(banner.mapToGlobal(QPoint()), banner.size())


def _corner(host: QWidget, width: int, height: int, bottom: int, *, at_left: bool) -> QRect:
    left = _MARGIN if at_left else host.width() - _MARGIN - width
    return QRect(left, bottom - height, width, height)
