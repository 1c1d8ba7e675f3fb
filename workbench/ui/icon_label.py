"""An icon where there is no button: it follows the theme like the icons of actions do."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QWidget

from workbench.ui.icons import Icons
from workbench.ui.kit.text import PlainLabel


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

    def changeEvent(self, event: QEvent) -> None:
        # The palette is what a change of theme, and nothing else in this program, changes.
        if event.type() == QEvent.Type.PaletteChange:
            self._paint()
        super().changeEvent(event)

    def _paint(self) -> None:
        icon = self._icons.get(self._name, self._color)
        self.setPixmap(icon.pixmap(self._size, self._size))
