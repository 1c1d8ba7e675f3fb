"""Light and dark: the colours of the program and the palette and style sheet made of them.

Owns: every colour. Fusion with palettes of our own: not every platform's style follows its colour scheme.
"""

from dataclasses import dataclass, fields
from string import Template

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from workbench.core.files import resources_dir
from workbench.ui.kit.text import PLAIN_TEXT_SHEET, VisibleStyle
from workbench.ui.kit.text_size import rescale, scaled_sheet, set_text_percent, text_percent


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
        application.setStyle(VisibleStyle())
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


_TINT, _PRESSED = 0.14, 0.85
_SHEET = Template("""
QMainWindow::separator { background: $border; width: 1px; height: 1px; }
QSplitter::handle { background: $border; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QSplitter::handle:hover { background: $accent; }
QSplitter[role="framed"]::handle { background: transparent; }
QSplitter[role="framed"]::handle:horizontal { width: 12px; }
QSplitter[role="framed"]::handle:vertical { height: 12px; }
QSplitter[role="framed"]::handle:hover { background: $hover; }
QToolTip { background: $raised; color: $text; border: 1px solid $border; padding: 4px 8px; }
$plain_text
QMenuBar { background: $window; }
QStatusBar { background: $window; border-top: 1px solid $border; }
QStatusBar::item { border: none; }
QStatusBar QToolButton, QStatusBar QPushButton { padding: 0 6px; min-height: 18px; }
#codeBar QToolButton { padding: 2px 8px; }
#bottomClose { padding: 2px; margin: 2px 8px; }
QMainWindow[danger="true"] { background: $alarm; }
#topBar { background: $window; border-bottom: 1px solid $border; }
#functionTitle { font-size: 12pt; font-weight: 600; }
#functionHeader [role="badge"] { padding: 0 8px; border-radius: 7px; }
#profileTitle { font-size: 15pt; font-weight: 600; }
#profileHeader { background: $base; border-bottom: 1px solid $border; }
[role="card"] { background: $raised; border: 1px solid $border; border-radius: 6px; }
[role="card"][tone="danger"] { border-color: $danger; }
[role="muted"] { color: $muted; }
[role="danger"] { color: $danger; }
[role="good"] { color: $good; }
[role="warning"] { color: $warning; }
[role="heading"] { font-weight: 600; }
[role="title"] { font-size: 15pt; font-weight: 600; }
#gettingStartedPanel { border-top: 1px solid $border; }
#gettingStartedPanel QPushButton { text-align: left; }
[role="badge"] { background: $muted_tint; color: $text; border-radius: 8px; padding: 1px 8px; }
[role="badge"][tone="danger"] { background: $danger_tint; color: $danger; }
[role="badge"][tone="good"] { background: $good_tint; color: $good; }
[role="badge"][tone="warning"] { background: $warning_tint; color: $warning; }
QPushButton, QToolButton, QComboBox, QCheckBox, QRadioButton { outline: none; }
QPushButton, QToolButton, QComboBox { padding: 4px 12px; border: 1px solid $field; border-radius: 4px;
  background: $raised; color: $text; min-height: 18px; }
QToolButton { padding: 2px 8px 3px; }
QComboBox { padding-left: 8px; }
QComboBox:editable { padding-left: 6px; }
QPushButton:hover, QToolButton:hover, QComboBox:hover { background: $hover; }
QPushButton:pressed, QPushButton:checked, QToolButton:pressed, QToolButton:checked { background: $selection; }
QPushButton:focus, QToolButton:focus, QComboBox:focus { border: 2px solid $accent; padding: 3px 11px; }
QToolButton:focus { padding: 1px 7px 2px; }
QComboBox:focus { padding-left: 7px; }
QComboBox:editable:focus { padding-left: 5px; }
QPushButton:disabled, QToolButton:disabled, QComboBox:disabled { color: $muted; background: $window;
  border-color: $border; }
QPushButton[role="primary"], QToolButton[role="primary"] { background: $accent; border-color: $accent;
  color: $on_accent; font-weight: 600; }
[role="primary"]:hover { background: $accent_hover; }
[role="primary"]:focus { border: 2px solid $strong; background: $accent_focused; }
[role="primary"]:disabled { background: $window; color: $muted; border-color: $border; }
QPushButton[role="danger"] { background: $danger; border-color: $danger; color: $base; font-weight: 600; }
QPushButton[role="danger"]:hover { background: $danger_hover; }
QPushButton[role="danger"]:focus { border: 2px solid $strong; background: $danger_focused; }
QPushButton[role="danger"]:disabled { background: $window; color: $muted; border-color: $border; }
QToolButton[role="quiet"] { border-color: transparent; background: transparent; }
QToolButton[role="quiet"]:hover { background: $hover; }
QToolButton[role="quiet"]:checked { background: $selection; }
QToolButton[role="quiet"]:focus { border-color: $accent; }
QToolButton[segment="first"], QToolButton[segment="middle"] { border-right: none; border-top-right-radius: 0;
  border-bottom-right-radius: 0; padding-right: 9px; }
QToolButton[segment="middle"], QToolButton[segment="last"] { border-top-left-radius: 0;
  border-bottom-left-radius: 0; }
QToolButton[segment="first"]:focus, QToolButton[segment="middle"]:focus { border: 2px solid $accent;
  padding-right: 7px; }
#closeFile { padding: 1px; margin-left: 4px; min-height: 0; }
QToolButton::menu-indicator { image: none; }
QPushButton::menu-indicator, QToolButton[popupMode="2"]::menu-indicator {
  image: url("$themes/arrow-down.svg"); width: 10px; height: 10px;
  subcontrol-origin: padding; subcontrol-position: center right; right: 8px; }
QPushButton::menu-indicator { padding-left: 6px; }
#parameterMore::right-arrow { image: url("$themes/arrow-right.svg"); width: 10px; height: 10px; }
#parameterMore::down-arrow { image: url("$themes/arrow-down.svg"); width: 10px; height: 10px; }
#codeVersion { padding-right: 18px; background-image: url("$themes/arrow-down.svg");
  background-repeat: no-repeat; background-position: center right; }
QToolButton[popupMode="2"] { padding-right: 24px; }
QToolButton[popupMode="2"]:focus { padding-right: 23px; }
QToolButton[popupMode="1"] { padding-right: 28px; }
QToolButton[popupMode="1"]:focus { padding-right: 27px; }
QToolButton::menu-button { border: none; border-left: 1px solid $field; width: 22px; }
QToolButton::menu-arrow { image: url("$themes/arrow-down.svg"); width: 10px; height: 10px; }
[role="primary"]::menu-button:enabled { border-left-color: $on_accent; }
[role="primary"]::menu-arrow:enabled { image: url("$themes/arrow-down-$on_accent_name.svg"); }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QComboBox::drop-down, QDateTimeEdit::drop-down { border: none; width: 24px; }
QComboBox::down-arrow, QDateTimeEdit::down-arrow { image: url("$themes/arrow-down.svg"); width: 10px;
  height: 10px; }
QComboBox { combobox-popup: 0; }
QComboBox QAbstractItemView, QListView[part="choices"] { background: $raised; border: 1px solid $field;
  padding: 3px; selection-background-color: $selection; selection-color: $text; outline: none; }
QComboBox QAbstractItemView::item, QListView[part="choices"]::item { padding: 4px 8px; min-height: 18px;
  border-radius: 4px; }
QMenu { background: $raised; border: 1px solid $field; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 8px; border-radius: 4px; }
QMenu::item:selected { background: $selection; }
QMenu::item:disabled { color: $muted; background: transparent; }
QMenu::icon { left: 6px; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
QMenu::right-arrow { image: url("$themes/arrow-right.svg"); width: 10px; height: 10px; right: 8px; }
QMenu::indicator { width: 12px; height: 12px; left: 6px; }
QMenu::indicator:checked { image: url("$themes/check.svg"); }
QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox { background: $base; color: $text;
  border: 1px solid $field; border-radius: 4px; padding: 4px 6px; placeholder-text-color: $muted;
  selection-background-color: $selection; selection-color: $text; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QAbstractSpinBox:focus { border: 2px solid $accent;
  padding: 3px 5px; }
QLineEdit QToolButton { padding: 0; border: none; background: transparent; min-height: 0; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QLineEdit:disabled, QPlainTextEdit:disabled, QAbstractSpinBox:disabled { color: $muted; background: $window;
  border-color: $border; }
QLineEdit { min-height: 18px; }
QPlainTextEdit, QTextEdit { padding-left: 4px; }
QPlainTextEdit:focus, QTextEdit:focus { padding-left: 3px; }
QAbstractSpinBox { padding: 4px 6px 3px; }
QAbstractSpinBox:focus { padding: 3px 5px 2px; }
QAbstractSpinBox > QLineEdit, QComboBox > QLineEdit, QAbstractItemView QLineEdit { min-height: 0; }
QAbstractSpinBox > QLineEdit { border: none; padding: 0 6px; background: transparent; }
QComboBox > QLineEdit, QComboBox > QLineEdit:focus { border: none; padding: 0; background: transparent; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; width: 20px; }
QAbstractSpinBox::up-arrow { image: url("$themes/arrow-up.svg"); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url("$themes/arrow-down.svg"); width: 10px; height: 10px; }
QTabWidget::pane { border: none; border-top: 1px solid $border; }
QTabWidget::tab-bar { left: 8px; }
QTabBar { background: transparent; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: $muted; padding: 5px 10px; border: 2px solid transparent; }
QTabBar::scroller { width: 44px; }
QTabBar QToolButton { padding: 0; min-height: 0; border-color: transparent; background: $window; }
QTabBar QToolButton::left-arrow { image: url("$themes/arrow-left.svg"); width: 10px; height: 10px; }
QTabBar QToolButton::right-arrow { image: url("$themes/arrow-right.svg"); width: 10px; height: 10px; }
QTabBar::tab:hover { background: $hover; color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
FileTabs[beside="true"]::tab:selected { color: $muted; border-bottom-color: $border; }
QTabBar::tab:focus { border: 2px solid $accent; border-radius: 4px; }
QTreeView, QListView, QTableView { background: $base; color: $text; border: 2px solid transparent;
  outline: none; alternate-background-color: $window;
  selection-background-color: $selection; selection-color: $text; }
QTreeView:focus, QListView:focus, QTableView:focus { border: 2px solid $accent; }
QListView[part="choices"], QListView[part="choices"]:focus { border: 1px solid $field; padding: 0; }
LinesView { border: 2px solid $base; }
Chart { border: 2px solid transparent; border-radius: 4px; }
#guideText { border: 2px solid $window; }
LinesView:focus, Chart:focus, #guideText:focus { border-color: $accent; }
QTreeView::item, QListView::item { padding: 3px 4px; }
QTreeView { show-decoration-selected: 1; qproperty-indentation: 14; }
QTreeView::branch:hover { background: $hover; }
QTreeView::branch:selected { background: $selection; }
QTreeView::branch:selected:!active { background: $inactive_selection; }
QTreeView::branch:has-children:closed { image: url("$themes/arrow-right.svg"); }
QTreeView::branch:has-children:open { image: url("$themes/arrow-down.svg"); }
#configurationBar { border-bottom: 1px solid $border; }
#configurationSections { border-right: 1px solid $border; }
#configurationSections:focus { border: 2px solid $accent; }
#configurationSections::item { padding: 5px 12px; }
QTableView::item { padding: 0 5px; }
FieldTable { background: transparent; }
QTableView::item:disabled { color: $muted; }
QTableView:disabled, QListView:disabled { color: $muted; background: $window; }
QCheckBox::indicator, QTableView::indicator, QTreeView::indicator, QListView::indicator {
  width: 14px; height: 14px; border: 1px solid $field; border-radius: 3px; background: $base; }
QCheckBox, QRadioButton { border: 2px solid transparent; border-radius: 4px; padding: 1px; }
QCheckBox:focus, QRadioButton:focus { border: 2px solid $accent; }
QCheckBox::indicator:hover { background: $hover; }
QCheckBox::indicator:checked, QTableView::indicator:checked, QTreeView::indicator:checked,
QListView::indicator:checked {
  border-color: $accent; image: url("$themes/check.svg"); }
QTreeView::indicator:indeterminate, QCheckBox::indicator:indeterminate {
  width: 6px; height: 6px; border: 5px solid $selection; background: $accent; }
QRadioButton::indicator { width: 14px; height: 14px; border: 1px solid $field; border-radius: 8px;
  background: $base; }
QRadioButton::indicator:hover { background: $hover; }
QRadioButton::indicator:checked { width: 6px; height: 6px; border: 5px solid $accent; }
QRadioButton::indicator:checked:disabled { border-color: $muted; }
QTreeView::item:hover:!selected, QListView::item:hover:!selected, QTableView::item:hover:!selected {
  background: $hover; }
QTreeView::item:selected, QListView::item:selected, QTableView::item:selected {
  background: $selection; }
QTreeView::item:selected:!active, QListView::item:selected:!active, QTableView::item:selected:!active {
  background: $inactive_selection; }
QHeaderView::section { background: $window; color: $muted; border: none; border-bottom: 1px solid $border;
  padding: 5px 8px; font-weight: 600; }
QHeaderView::up-arrow { image: url("$themes/arrow-up.svg"); }
QHeaderView::down-arrow { image: url("$themes/arrow-down.svg"); }
QHeaderView::up-arrow, QHeaderView::down-arrow { subcontrol-origin: padding; width: 8px; height: 8px;
  subcontrol-position: top center; top: -1px; }
QProgressBar { border: 1px solid $border; border-radius: 4px; background: $base; text-align: center;
  max-height: 14px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: $border; border-radius: 4px; margin: 2px; min-height: 28px;
  min-width: 28px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
#banner { border-bottom: 1px solid $border; background: $raised; }
#banner[form="toast"] { border: 1px solid $muted; border-radius: 6px; }
#messagesList { background: $raised; border: 1px solid $muted; border-radius: 6px; }
#messageDetails { background: $raised; }
#banner[tone="danger"] { border-left: 4px solid $danger; }
#banner[tone="warning"] { border-left: 4px solid $warning; }
#banner[tone="info"] { border-left: 4px solid $accent; }
#banner[tone="good"] { border-left: 4px solid $good; }
#banner[form="line"] { border: none; background: transparent; }
#expiryBar { border-bottom: 1px solid $border; background: $raised; border-left: 4px solid $warning; }
#outsideBanner { border-bottom: 1px solid $border; background: $raised; border-left: 4px solid $warning; }
#deployOnSaveBar { border-bottom: 1px solid $border; background: $raised; border-left: 4px solid $accent; }
#expiryBar[tone="danger"] { border-left-color: $danger; }
#deployStrip { border-bottom: 1px solid $border; background: $raised; border-left: 4px solid $accent; }
[role="pick"] { background: $raised; border: 1px solid $border; border-radius: 6px; }
QPlainTextEdit[role="wrapped"], QPlainTextEdit[role="wrapped"]:focus { border: none; padding: 0;
    background: transparent; }
[role="pickList"] { background: transparent; border: none; }
QGroupBox { border: 1px solid $border; border-radius: 6px; margin-top: 10px; padding: 10px;
  font-weight: 600; }
QGroupBox::title { subcontrol-origin: margin; left: 10px; padding: 0 4px; }
""")


def style_sheet(colors: Colors) -> str:
    """The application's style sheet in one theme's colours."""
    # The ring of a filled button: no colour of the theme has a contrast of 3 to the button and to the window.
    strong, opposite, share = ("#ffffff", "#000000", 0.79) if colors.is_dark else ("#000000", "#ffffff", 0.84)
    tones = ("muted", "good", "warning", "danger")
    return _SHEET.substitute(
        {field.name: getattr(colors, field.name) for field in fields(colors) if field.name != "series"},
        **{f"{tone}_tint": blend(getattr(colors, tone), colors.base, _TINT) for tone in tones},
        accent_hover=blend(colors.accent, colors.text, _PRESSED),
        danger_hover=blend(colors.danger, colors.text, _PRESSED),
        strong=strong,
        accent_focused=blend(colors.accent, opposite, share),
        danger_focused=blend(colors.danger, opposite, share),
        plain_text=PLAIN_TEXT_SHEET,
        themes=(resources_dir() / "themes").as_posix(),
        on_accent_name=colors.on_accent.removeprefix("#"),
    )


def blend(front: str, ground: str, share: float) -> str:
    """What is seen of a colour that covers another to a share of 0 to 1; all of them as #rrggbb."""
    one, other = QColor(front), QColor(ground)
    parts = ((one.red(), other.red()), (one.green(), other.green()), (one.blue(), other.blue()))
    return QColor(*(round(a * share + b * (1 - share)) for a, b in parts)).name()
