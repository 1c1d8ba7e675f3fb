"""Icons in the theme's text colour, from the SVG files in resources/icons."""

from pathlib import Path
from weakref import WeakKeyDictionary

from PySide6.QtCore import QBuffer, QObject, QSize
from PySide6.QtGui import QAction, QIcon, QImageReader, QPixmap
from PySide6.QtWidgets import QAbstractButton
from shiboken6 import isValid

from workbench.ui.theme import Theme

_SIZES = (20, 40)  # 40: screens with twice the pixels, and large icons


class Icons(QObject):
    """Paints icons in the theme's colour and repaints what it was attached to when the theme changes."""

    def __init__(self, folder: Path, theme: Theme) -> None:
        super().__init__(theme)
        self._folder = folder
        self._theme = theme
        self._attached: WeakKeyDictionary[QAction | QAbstractButton, tuple[str, str]] = WeakKeyDictionary()
        theme.changed.connect(self._repaint)

    def get(self, name: str, color: str = "text") -> QIcon:
        """An icon in one of the theme's colours; an unknown name gives an empty icon."""
        try:
            drawing = (self._folder / f"{name}.svg").read_text("utf-8")
        except OSError:
            return QIcon()
        icon = QIcon()
        for mode, shade in (
            (QIcon.Mode.Normal, getattr(self._theme.colors, color)),
            (QIcon.Mode.Disabled, self._theme.colors.border),
        ):
            for size in _SIZES:
                buffer = QBuffer()
                buffer.setData(drawing.replace("currentColor", shade).encode())
                reader = QImageReader(buffer, b"svg")
                reader.setScaledSize(QSize(size, size))
                icon.addPixmap(QPixmap.fromImage(reader.read()), mode)
        return icon

    def attach(self, target: QAction | QAbstractButton, name: str, color: str = "text") -> None:
        """Gives the target this icon now and after every change of theme."""
        self._attached[target] = (name, color)
        target.setIcon(self.get(name, color))

    def _repaint(self) -> None:
        for target, (name, color) in list(self._attached.items()):
            if isValid(target):  # Python may hold a widget that Qt has deleted
                target.setIcon(self.get(name, color))
