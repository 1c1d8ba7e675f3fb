"""Icons in the theme's text colour, from the SVG files in resources/icons."""

from pathlib import Path
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton
from shiboken6 import isValid

from workbench.ui.kit.theme import Theme

_SIZES = (20, 40)  # 40: screens with twice the pixels, and large icons


class Icons(QObject):
    """Paints icons in the theme's colour and repaints what it was attached to when the theme changes."""

    def __init__(self, folder: Path, theme: Theme) -> None:
        super().__init__(theme)
        self._folder = folder
        self._theme = theme
        self._attached: WeakKeyDictionary[QAction | QAbstractButton, tuple[str, str]] = WeakKeyDictionary()
        self._drawn: dict[tuple[str, str, bool], QIcon] = {}
        theme.changed.connect(self._repaint)

    def get(self, name: str, color: str = "text") -> QIcon:
        """An icon in one of the theme's colours; an unknown name gives an empty icon."""
        key = (name, color, self._theme.dark)
        if key not in self._drawn:
            self._drawn[key] = self._draw(name, color)
        return self._drawn[key]

    def attach(self, target: QAction | QAbstractButton, name: str, color: str = "text") -> None:
        """Gives the target this icon now and after every change of theme."""
        self._attached[target] = (name, color)
        target.setIcon(self.get(name, color))

    def _repaint(self) -> None:
        for target, (name, color) in list(self._attached.items()):
            if isValid(target):  # Python may hold a widget that Qt has deleted
                target.setIcon(self.get(name, color))

    def _draw(self, name: str, color: str) -> QIcon:
        icon = QIcon()
        try:
            drawing = QSvgRenderer((self._folder / f"{name}.svg").read_bytes())
        except OSError:
            return icon
        colors = self._theme.colors
        for size in _SIZES:
            shape = QPixmap(size, size)
            shape.fill(Qt.GlobalColor.transparent)
            painter = QPainter(shape)
            drawing.render(painter)
            painter.end()
            icon.addPixmap(_tinted(shape, getattr(colors, color)), QIcon.Mode.Normal)
            icon.addPixmap(_tinted(shape, colors.border), QIcon.Mode.Disabled)
        return icon


def _tinted(shape: QPixmap, color: str) -> QPixmap:
    """The shape in a colour: drawn once, coloured twice, which is faster than drawing it twice."""
    tinted = QPixmap(shape)
    painter = QPainter(tinted)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(tinted.rect(), QColor(color))
    painter.end()
    return tinted
