"""Colours for charts, chosen by a test."""

from PySide6.QtCore import QObject

from workbench.ui.kit.theme import Colors, Theme


class FixedTheme(Theme):
    """A theme that leaves the application's palette and style sheet as they are."""

    def __init__(self, colors: Colors) -> None:
        QObject.__init__(self)
        self._colors = colors

    @property
    def colors(self) -> Colors:
        return self._colors

    def change(self, colors: Colors) -> None:
        """Takes other colours, as when the system's colour scheme changes."""
        self._colors = colors
        self.changed.emit()
