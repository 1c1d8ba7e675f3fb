"""The ring around the focused widget, for widgets to which the style sheet cannot give a border."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPalette, QPen
from PySide6.QtWidgets import QWidget

_WIDTH = 2  # as in the style sheet


def paint_focus_ring(widget: QWidget) -> None:
    """Paints the ring inside the edge of a widget that has the focus and is reached by Tab.

    Call it in the widget's paintEvent.
    """
    if not (widget.hasFocus() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus):
        return
    painter = QPainter(widget)
    painter.setPen(QPen(widget.palette().color(QPalette.ColorRole.Accent), _WIDTH))
    inset = _WIDTH / 2
    painter.drawRect(QRectF(widget.rect()).adjusted(inset, inset, -inset, -inset))
    painter.end()
