"""A line that never asks for more room than there is: what does not fit is left out in its middle."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy

from workbench.ui.kit.text import PlainLabel, beginning, tool_tip


class ElidedLabel(PlainLabel):
    """The whole text, or a longer one, is in the tool tip and the accessible name."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def show_text(self, text: str, tip: str = "") -> None:
        """Shows a text."""
        self._text = beginning(text)
        self.setToolTip(tool_tip(tip or text))
        self.setAccessibleName(self._text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.contentsRect().width()
        self.setText(self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideMiddle, room))
