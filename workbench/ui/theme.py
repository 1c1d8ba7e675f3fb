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
    """One theme's colours as #rrggbb. Text colours reach a contrast of 4.5 on `window` and on `base`.

    `alarm` is no text colour: it is the frame around production, red in both themes.
    """

    window: str
    base: str
    raised: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    selection: str
    good: str
    warning: str
    danger: str
    alarm: str
    series: tuple[str, ...]


LIGHT = Colors(
    window="#f4f5f7",
    base="#ffffff",
    raised="#ffffff",
    border="#d5d8de",
    text="#1d2129",
    muted="#5a6270",
    accent="#1f5fbf",
    on_accent="#ffffff",
    selection="#dbe8fb",
    good="#1a7f37",
    warning="#8a5a00",
    danger="#b3261e",
    alarm="#c5221a",
    # Okabe and Ito's palette, darkened where white ground needs it: told apart by colour-blind people too.
    series=("#0072b2", "#d55e00", "#008060", "#b0578d", "#8f6c00", "#3a8fc4"),
)
DARK = Colors(
    window="#26282c",
    base="#1e1f22",
    raised="#2f3237",
    border="#41454d",
    text="#e3e5e9",
    muted="#a0a7b4",
    accent="#78aefc",
    on_accent="#10151d",
    selection="#2c4468",
    good="#5dbf73",
    warning="#e0ac4c",
    danger="#ff8078",
    alarm="#e5332a",
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
        (role.ToolTipBase, colors.raised),
        (role.ToolTipText, colors.text),
        (role.Light, colors.raised),
        (role.Midlight, colors.border),
        (role.Mid, colors.border),
        (role.Dark, colors.border),
        (role.Shadow, colors.border),
        (role.Accent, colors.accent),
    ):
        palette.setColor(target, QColor(value))
    for target in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, target, QColor(colors.muted))
    return palette
