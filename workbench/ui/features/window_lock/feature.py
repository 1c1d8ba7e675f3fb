"""Hides the contents of all windows after a time without input.

One click shows everything again: only the system's lock protects against other people at the keyboard.
This keeps an account from being visible on an empty desk, and makes the user check which one it is.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QWindow
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from workbench.core.messages import _
from workbench.profiles.model import ProfileKind
from workbench.ui.kit.text import PlainLabel, named
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context
from workbench.ui.shell.preferences import IDLE_LOCK_MIN
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session
from workbench.ui.shell.window import MainWindow

UNLOCK = "app.unlock"
_OFTEN_S = 1.0  # a mouse that moves need not restart the timer each time
_ACTIVITY = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
    }
)


def activate(context: Context) -> None:
    """Adds the actions, and begins to count the time without input."""
    lock = IdleLock(context.services, context.session, context.window)
    spec = ActionSpec("app.lock", _("Lock Window"), "Alt+Shift+L", begins_group=True)
    context.action(spec, lock.lock, after="app.settings")
    context.action(ActionSpec(UNLOCK, _("Unlock Window"), when="locked"), lock.unlock, after=spec.id)


class IdleLock(QObject):
    """Locks after the time of the settings, unless the window is about the Sandbox."""

    def __init__(self, services: Services, session: Session, window: MainWindow) -> None:
        super().__init__(window)
        self._services = services
        self._session = session
        self._window = window
        self._hidden: list[QWidget] = []
        self.page: QWidget | None = None
        self._last = services.clock.now()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._time_is_up)
        application = QApplication.instance()
        assert isinstance(application, QGuiApplication)
        # Input passes a window before its widgets: far fewer events than a filter on the application sees.
        application.focusWindowChanged.connect(self._watch)
        self._watch(window.windowHandle())
        self._restart()

    @property
    def is_locked(self) -> bool:
        return self.page is not None

    def lock(self) -> None:
        """Hides everything until `unlock`; what runs goes on."""
        if self.page is not None:
            return
        self._timer.stop()
        for widget in QApplication.topLevelWidgets():
            if widget is not self._window and widget.isVisible():
                self._hidden.append(widget)
                widget.hide()
        self.page = _LockPage(self._services.actions[UNLOCK].trigger)
        self._window.cover(self.page)
        self._services.actions.set_locked(locked=True)
        self.page.setFocus()

    def unlock(self) -> None:
        """Shows everything as it was."""
        if self.page is None:
            return
        page, self.page = self.page, None
        self._services.actions.set_locked(locked=False)
        self._window.uncover(page)
        hidden, self._hidden = self._hidden, []
        for widget in hidden:
            if isValid(widget) and widget.windowType() is not Qt.WindowType.Popup:
                widget.show()
        self._last = self._services.clock.now()
        self._restart()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _ACTIVITY:
            self._used()
        return super().eventFilter(watched, event)

    def _watch(self, window: QWindow | None) -> None:
        if window is not None:
            window.installEventFilter(self)

    def _used(self) -> None:
        if self.page is not None:
            return
        idle_s = (self._services.clock.now() - self._last).total_seconds()
        if self._limit_s and idle_s >= self._limit_s:
            self._time_is_up()  # the computer slept, and timers with it
        elif idle_s >= _OFTEN_S or not self._timer.isActive():
            self._last = self._services.clock.now()
            self._restart()

    def _time_is_up(self) -> None:
        if not self._limit_s or self._session.profile.kind is ProfileKind.SANDBOX:
            self._last = self._services.clock.now()
            self._restart()
        else:
            self.lock()

    def _restart(self) -> None:
        if self._limit_s:
            self._timer.start(round(self._limit_s * 1000))
        else:
            self._timer.stop()

    @property
    def _limit_s(self) -> int:
        return 60 * IDLE_LOCK_MIN.read(self._services.settings)


class _LockPage(QWidget):
    """What is seen instead."""

    def __init__(self, unlock: Callable[[], object]) -> None:
        super().__init__()
        named(self, "lockPage", _("Workbench is locked"))
        title = named(PlainLabel(_("Workbench is locked")), "lockTitle", role="heading")
        words = named(PlainLabel(_("Running tasks continue.")), "lockWords", role="muted")
        button = QPushButton(_("Unlock"))
        named(button, "unlock", _("Unlock"), "primary")
        button.setAutoDefault(True)
        button.clicked.connect(unlock)
        self.setFocusProxy(button)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addStretch(1)
        for widget in (title, words, button):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignCenter)
        column.addStretch(1)
