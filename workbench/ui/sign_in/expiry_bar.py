"""The bar that shows that a sign-in is about to expire, or has expired, with a button to sign in."""

from datetime import datetime

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QPushButton

from workbench.core.clock import Clock
from workbench.core.messages import _
from workbench.ui.kit.bar import Bar
from workbench.ui.kit.text import PlainLabel, text_label, tool_tip
from workbench.ui.named import named
from workbench.ui.sign_in.methods import Expiry

WARN_S = 600.0
"""How long before its expiry a sign-in is shown in the bar: long enough to finish what is under way."""
_TICK_MS = 1000


class ExpiryBar(Bar):
    """Hidden until a sign-in nears its end. `left` is for the status bar, which shows the time all along.

    Args:
        clock: Time.
        sign_in: What the button does.
    """

    passed = Signal()  # it has expired: check whether another program renewed it. Once for each end

    def __init__(self, clock: Clock, sign_in: QAction) -> None:
        super().__init__()
        self.setObjectName("expiryBar")
        self._clock = clock
        self._expiry = Expiry("")
        self._announced: datetime | None = None  # the end that `passed` was emitted for
        self._words = text_label("expiryWords")
        self._button = named(QPushButton(sign_in.text()), "expirySignIn", sign_in.text())
        self._button.clicked.connect(sign_in.trigger)
        self.left = named(PlainLabel(), "expiryLeft", role="muted")
        self.left.setContentsMargins(0, 0, 12, 0)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(12)
        row.addWidget(self._words, 1)
        row.addWidget(self._button)
        self._tick = QTimer(self, interval=_TICK_MS)
        self._tick.timeout.connect(self.update_text)
        self.update_text()

    def show_expiry(self, expiry: Expiry) -> None:
        """Shows the expiry of this sign-in from now on. `at` None: nothing is shown."""
        self._expiry = expiry
        if expiry.at is None:
            self._tick.stop()
        else:
            self._tick.start()
        self.update_text()

    def update_text(self) -> None:
        """Updates the texts to the current time."""
        at, name = self._expiry.at, self._expiry.profile_name
        if at is None:
            self.set_wanted(False)
            self._set_remaining("")
            return
        left_s = (at - self._clock.now()).total_seconds()
        if left_s <= 0:
            words = _("The session of {name} has expired.").format(name=name)
            left = _("session expired")
        else:
            span = _span(left_s)
            words = _("The session of {name} expires in {span}.").format(name=name, span=span)
            left = _("session expires in {span}").format(span=span)
        self._words.setText(words)
        self._words.setAccessibleName(words)
        self._set_remaining(left, at)
        tone = "danger" if left_s <= 0 else "warning"
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            self.style().polish(self)
        self.set_wanted(left_s <= WARN_S)
        if left_s <= 0 and self._announced != at:
            self._announced = at
            self.passed.emit()

    def _set_remaining(self, text: str, at: datetime | None = None) -> None:
        self.left.setText(text)
        self.left.setAccessibleName(text)
        self.left.setToolTip(tool_tip(f"{at.astimezone():%Y-%m-%d %H:%M:%S}") if at else "")
        self.left.setVisible(bool(text))


def _span(seconds: float) -> str:
    """A time to come, rounded down: "3 h 12 min", "9 min", "40 s"."""
    minutes = int(seconds // 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min" if minutes else f"{int(seconds)} s"
