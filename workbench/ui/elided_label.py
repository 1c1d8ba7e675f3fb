"""Lines that never ask for more room than there is: what does not fit is left out."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy

from workbench.ui.kit.text import PlainLabel, beginning, tool_tip

_FEW_CHARACTERS = 12


class ElidedLabel(PlainLabel):
    """Takes all the room that there is.

    The whole text, or a longer one, is in the tool tip and the accessible name.
    """

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def show_text(self, text: str, tip: str = "") -> None:
        """Shows a text."""
        self._text = beginning(text)
        self.setToolTip(tool_tip(tip or text))
        self.setAccessibleName(self._text)
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        room = self.contentsRect().width()
        self.setText(self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideMiddle, room))


class FittingLabel(PlainLabel):
    """Is as wide as its text where there is room, and no wider. `text` is the whole text in any case.

    Args:
        mode: Where what does not fit is left out.
    """

    def __init__(self, mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle) -> None:
        super().__init__()
        self._mode = mode
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        """Shows a text, which is in the tool tip and the accessible name too."""
        self.setText(text)
        self.setToolTip(tool_tip(text))
        self.setAccessibleName(self.text())

    def minimumSizeHint(self) -> QSize:
        whole, few = self.sizeHint(), self.fontMetrics().averageCharWidth() * _FEW_CHARACTERS
        return QSize(min(whole.width(), few), whole.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        area = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), self._mode, area.width())
        if shown == self.text():
            super().paintEvent(event)
            return
        painter = QPainter(self)
        self.drawFrame(painter)
        self.style().drawItemText(
            painter,
            area,
            int(self.alignment()),
            self.palette(),
            self.isEnabled(),
            shown,
            self.foregroundRole(),
        )
