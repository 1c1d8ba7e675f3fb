"""Light and dark: the colours of the program and the palette and style sheet made of them.

Owns: every colour. Fusion with palettes of our own: not every platform's style follows its colour scheme.
"""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from workbench.ui.kit.text_size import rescale, scaled_sheet, set_text_percent, text_percent
from workbench.ui.style_sheet import style_sheet


@dataclass(frozen=True, slots=True)
class Colors:
    """One theme's colours as #rrggbb.

    Text colours (`text`, `muted`, `accent`, `good`, `warning`, `danger`) have a contrast of at least 4.5 on
    every ground: `window`, `base`, `raised`, `hover`, `selection` and `inactive_selection`. `field` is the
    border of fields and buttons, with a contrast of 3; `border` only divides. `alarm` is the frame around
    production, red in both themes. tests/ui/test_contrast.py computes all of it.
    """

    window: str
    base: str
    raised: str
    border: str
    field: str
    hover: str
    text: str
    muted: str
    accent: str
    on_accent: str
    selection: str
    inactive_selection: str
    good: str
    warning: str
    danger: str
    alarm: str
    series: tuple[str, ...]

    @property
    def is_dark(self) -> bool:
        """Whether light text stands on a dark ground."""
        return QColor(self.text).lightness() > QColor(self.base).lightness()


LIGHT = Colors(
    window="#f4f5f7",
    base="#ffffff",
    raised="#ffffff",
    border="#d5d8de",
    field="#838a96",
    hover="#e8ebf0",
    text="#1d2129",
    muted="#505866",
    accent="#1a56b0",
    on_accent="#ffffff",
    selection="#b8d4f8",
    inactive_selection="#d3dae5",
    good="#13652b",
    warning="#704800",
    danger="#a3201a",
    alarm="#c5221a",
    # Okabe and Ito's palette, darkened where white ground needs it: told apart by colour-blind people too.
    series=("#0072b2", "#d55e00", "#008060", "#b0578d", "#8f6c00", "#3a8fc4"),
)
DARK = Colors(
    window="#26282c",
    base="#1e1f22",
    raised="#2f3237",
    border="#41454d",
    field="#838995",
    hover="#383c43",
    text="#e3e5e9",
    muted="#b3b9c4",
    accent="#8abaff",
    on_accent="#10151d",
    selection="#2a4672",
    inactive_selection="#3d434d",
    good="#74d089",
    warning="#e8b65a",
    danger="#ff9a93",
    alarm="#e9392f",
    series=("#56b4e9", "#e69f00", "#2fc49a", "#e08bc0", "#f0e442", "#8db8ff"),
)


class Theme(QObject):
    """Follows the system's colour scheme, or the person's choice; tells who paints by hand.

    `choice` is "system", "light" or "dark"; `percent` is the size of the interface's texts, None for the one
    in force.
    """

    changed = Signal()

    def __init__(self, application: QApplication, choice: str = "system", percent: int | None = None) -> None:
        super().__init__(application)
        self._application = application
        self._choice = choice
        self._dressed = False
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(self._apply)
        if percent is not None:
            self._grow(percent)
        self._apply()

    @property
    def dark(self) -> bool:
        if self._choice != "system":
            return self._choice == "dark"
        return self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark

    @property
    def colors(self) -> Colors:
        return DARK if self.dark else LIGHT

    def choose(self, choice: str) -> None:
        """Takes the person's choice: "system", "light" or "dark"."""
        self._choice = choice
        self._apply()

    def set_text_size(self, percent: int) -> None:
        """Gives all texts of the interface another size, 90 to 200 percent of the system's."""
        if percent == text_percent():
            return
        self._application.setStyleSheet("")
        self._grow(percent)
        self._apply()

    def _grow(self, percent: int) -> None:
        ratio = set_text_percent(percent)
        font = self._application.font()
        font.setPointSizeF(font.pointSizeF() * ratio)
        self._application.setFont(font)
        rescale(ratio)

    def dress(self) -> None:
        """Sets the style sheet. Call it when the window is made and not yet shown.

        Once there is a style sheet, Qt resolves it anew for every widget each time one above it changes its
        parent: a window that is put together under it takes three times as long.
        """
        self._dressed = True
        self._set_sheet()

    def _apply(self) -> None:
        self._application.setPalette(_palette(self.colors))
        if self._dressed:
            self._set_sheet()
        self.changed.emit()

    def _set_sheet(self) -> None:
        """Takes the old one off first: one over another costs Qt 0.5 s for a window, these two 0.1 s."""
        sheet = scaled_sheet(style_sheet(self.colors))
        if sheet != self._application.styleSheet():
            self._application.setStyleSheet("")
            self._application.setStyleSheet(sheet)


def monospace() -> QFont:
    """The system's fixed-width font at the interface's size."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(QApplication.font().pointSizeF())
    return font


def _palette(colors: Colors) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for target, value in (
        (role.Window, colors.window),
        (role.WindowText, colors.text),
        (role.Base, colors.base),
        (role.AlternateBase, colors.window),
        (role.Text, colors.text),
        (role.PlaceholderText, colors.muted),
        (role.Button, colors.raised),
        (role.ButtonText, colors.text),
        (role.BrightText, colors.danger),
        (role.Highlight, colors.selection),
        (role.HighlightedText, colors.text),
        (role.Link, colors.accent),
        (role.LinkVisited, colors.accent),
        (role.ToolTipBase, colors.raised),
        (role.ToolTipText, colors.text),
        (role.Light, colors.raised),
        (role.Midlight, colors.hover),
        (role.Mid, colors.border),
        (role.Dark, colors.border),
        (role.Shadow, colors.border),
        (role.Accent, colors.accent),
    ):
        palette.setColor(target, QColor(value))
    palette.setColor(QPalette.ColorGroup.Inactive, role.Highlight, QColor(colors.inactive_selection))
    for target in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, target, QColor(colors.muted))
    return palette
