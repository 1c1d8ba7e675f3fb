"""Icons in the theme's text colour, from the SVG files in resources/icons."""

from pathlib import Path
from weakref import WeakKeyDictionary

from PySide6.QtCore import QByteArray, QObject, QSize
from PySide6.QtGui import QAction, QIcon, QImage, QPixmap
from PySide6.QtWidgets import QAbstractButton

from workbench.ui.theme import Theme

_SIZE = QSize(20, 20)


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
            image = QImage.fromData(QByteArray(drawing.replace("currentColor", shade).encode()), "svg")
            icon.addPixmap(
                QPixmap.fromImage(image.scaled(_SIZE)),
                mode,
            )
        return icon

    def attach(self, target: QAction | QAbstractButton, name: str, color: str = "text") -> None:
        """Gives the target this icon now and after every change of theme."""
        self._attached[target] = (name, color)
        target.setIcon(self.get(name, color))

    def _repaint(self) -> None:
        for target, (name, color) in list(self._attached.items()):
            target.setIcon(self.get(name, color))
