"""A size compared with a limit: a bar with its figure, coloured by how near it is."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.core.messages import _
from workbench.ui.theme import Theme
from workbench.ui.units import size_text

_NEAR = 0.8
_BAR_PX = 4
_PAD_PX = 4


class Gauge(QWidget):
    """A size and its limit."""

    def __init__(self, object_name: str, title: str, limit_bytes: int, theme: Theme) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._title = title
        self._limit_bytes = limit_bytes
        self._theme = theme
        self._size_bytes: int | None = None
        self.text = ""
        theme.changed.connect(self.update)
        self.show_size(None)

    def show_size(self, size_bytes: int | None) -> None:
        """Shows a size; None if it is unknown."""
        self._size_bytes = size_bytes
        figure = size_text(size_bytes) if size_bytes is not None else "–"
        words = _("{title}: {figure} of {size}")
        self.text = words.format(title=self._title, figure=figure, size=size_text(self._limit_bytes))
        self.setAccessibleName(self.text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        width = metrics.horizontalAdvance(self.text) + 2 * _PAD_PX
        return QSize(width, metrics.height() + _BAR_PX + 2 * _PAD_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors = self._theme.colors
        share = min(1.0, (self._size_bytes or 0) / self._limit_bytes)
        over = (self._size_bytes or 0) > self._limit_bytes
        bar = colors.danger if over else colors.warning if share > _NEAR else colors.accent
        painter = QPainter(self)
        painter.setPen(QColor(colors.danger if over else colors.muted))
        area = QRectF(self.rect()).adjusted(_PAD_PX, 0, -_PAD_PX, 0)
        painter.drawText(area.adjusted(0, 0, 0, -_BAR_PX - 2), Qt.AlignmentFlag.AlignVCenter, self.text)
        track = QRectF(area.left(), area.bottom() - _BAR_PX, area.width(), _BAR_PX)
        painter.fillRect(track, QColor(colors.border))
        painter.fillRect(QRectF(track.left(), track.top(), track.width() * share, _BAR_PX), QColor(bar))
        painter.end()
