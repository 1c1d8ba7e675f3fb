"""Labels that are more than text: elided ones, icons, badges, bars of progress, a size with its limit."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from workbench.core.messages import _
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.text import PlainLabel, beginning, named, size_text, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.kit.theme import Theme

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


class IconLabel(PlainLabel):
    """Shows one icon in one of the theme's colours. Decoration: assistive technology skips it."""

    def __init__(
        self, icons: Icons, name: str, color: str = "text", size: int = 20, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent=parent)
        self._icons = icons
        self._name = name
        self._color = color
        self._size = size
        self.setFixedSize(size, size)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._paint()

    def show_icon(self, name: str, color: str) -> None:
        """Shows another icon."""
        self._name, self._color = name, color
        self._paint()

    def changeEvent(self, event: QEvent) -> None:
        # The palette is what a change of theme, and nothing else in this program, changes.
        if event.type() == QEvent.Type.PaletteChange:
            self._paint()
        super().changeEvent(event)

    def _paint(self) -> None:
        icon = self._icons.get(self._name, self._color)
        self.setPixmap(icon.pixmap(self._size, self._size))


def badge(name: str, text: str = "") -> PlainLabel:
    """Creates a badge; its property "tone" is "good", "warning", "danger" or none.

    Args:
        text: The initial text.
    """
    label = named(PlainLabel(text), name, role="badge")
    label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return label


def elided_badge(name: str) -> FittingLabel:
    """Creates a badge for a text of any length, which is elided if there is no room."""
    return named(FittingLabel(Qt.TextElideMode.ElideRight), name, role="badge")


def progress_bar(name: str, accessible_name: str = "", width: int = 0) -> QProgressBar:
    """A bar of progress, or of what is used, without its number.

    Args:
        width: In px at the usual size of text; 0 for all there is.
    """
    bar = named(QProgressBar(), name, accessible_name or _("Progress"))
    bar.setTextVisible(False)
    if width:
        bar.setFixedWidth(scaled(width))
    return bar


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
