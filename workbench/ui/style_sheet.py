"""The style sheet: what Fusion's palette cannot say. Spacing keeps to a grid of 4 px."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

from workbench.core.paths import resources_dir
from workbench.ui.kit.text import PLAIN_TEXT_SHEET

if TYPE_CHECKING:
    from workbench.ui.theme import Colors

_SHEET = Template("""
QMainWindow::separator { background: $border; width: 1px; height: 1px; }
QSplitter::handle { background: $border; }
QSplitter::handle:hover { background: $accent; }
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
#functionHeader [role="badge"] { padding: 0 8px; }
#profileTitle { font-size: 15pt; font-weight: 600; }
#profileHeader { background: $base; border-bottom: 1px solid $border; }
[role="card"] { background: $raised; border: 1px solid $border; border-radius: 6px; }
[role="card"][tone="danger"] { border-color: $danger; }
[role="muted"] { color: $muted; }
[role="danger"] { color: $danger; }
[role="good"] { color: $good; }
[role="warning"] { color: $warning; }
[role="heading"] { font-weight: 600; }
[role="badge"] { background: $selection; color: $text; border-radius: 4px; padding: 2px 8px; }
[role="badge"][tone="danger"] { background: transparent; border: 1px solid $danger; color: $danger; }
[role="badge"][tone="good"] { background: transparent; border: 1px solid $good; color: $good; }
[role="badge"][tone="warning"] { background: transparent; border: 1px solid $warning; color: $warning; }
QPushButton, QToolButton, QComboBox { padding: 4px 12px; border: 1px solid $border; border-radius: 4px;
  background: $raised; color: $text; min-height: 18px; }
QToolButton { padding: 4px 8px; }
QPushButton:hover, QToolButton:hover, QComboBox:hover { border-color: $accent; }
QPushButton:pressed, QPushButton:checked, QToolButton:pressed, QToolButton:checked { background: $selection; }
QPushButton:focus, QToolButton:focus, QComboBox:focus { border: 1px solid $accent; }
QPushButton:disabled, QToolButton:disabled, QComboBox:disabled { color: $muted; background: $window; }
QPushButton[role="primary"] { background: $accent; border-color: $accent; color: $on_accent;
  font-weight: 600; }
QPushButton[role="primary"]:hover { border-color: $text; }
QPushButton[role="primary"]:disabled { background: $window; color: $muted; border-color: $border; }
QToolButton[role="quiet"] { border-color: transparent; background: transparent; }
QToolButton[role="quiet"]:checked { background: $selection; }
QToolButton[role="quiet"]:hover { border-color: $border; }
QToolButton[role="quiet"]:focus { border-color: $accent; }
#closeFile { padding: 1px; margin-left: 4px; min-height: 0; }
QToolButton::menu-indicator { image: none; }
QToolButton[popupMode="1"] { padding-right: 28px; }
QToolButton::menu-button { border: none; border-left: 1px solid $border; width: 22px; }
QToolButton::menu-arrow { image: url("$themes/arrow-down.svg"); width: 10px; height: 10px; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QComboBox::drop-down, QDateTimeEdit::drop-down { border: none; width: 24px; }
QComboBox::down-arrow, QDateTimeEdit::down-arrow { image: url("$themes/arrow-down.svg"); width: 10px;
  height: 10px; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $border;
  selection-background-color: $selection; selection-color: $text; outline: none; }
QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox { background: $base; color: $text;
  border: 1px solid $border; border-radius: 4px; padding: 4px 6px;
  selection-background-color: $selection; selection-color: $text; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QAbstractSpinBox:focus { border-color: $accent; }
QLineEdit QToolButton { padding: 0; border: none; background: transparent; min-height: 0; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QLineEdit:disabled, QPlainTextEdit:disabled { color: $muted; background: $window; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; width: 20px; }
QAbstractSpinBox::up-arrow { image: url("$themes/arrow-up.svg"); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url("$themes/arrow-down.svg"); width: 10px; height: 10px; }
QTabWidget::pane { border: none; border-top: 1px solid $border; }
QTabWidget::tab-bar { left: 8px; }
QTabBar { background: transparent; }
QTabBar::tab { background: transparent; color: $muted; padding: 6px 12px; border: none;
  border-bottom: 2px solid transparent; }
QTabBar::scroller { width: 44px; }
QTabBar QToolButton { padding: 0; min-height: 0; border-color: transparent; background: $window; }
QTabBar QToolButton::left-arrow { image: url("$themes/arrow-left.svg"); width: 10px; height: 10px; }
QTabBar QToolButton::right-arrow { image: url("$themes/arrow-right.svg"); width: 10px; height: 10px; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
FileTabs[beside="true"]::tab:selected { color: $muted; border-bottom-color: $border; }
QTabBar::tab:focus { color: $accent; }
QTreeView, QListView, QTableView { background: $base; color: $text; border: none; outline: none;
  alternate-background-color: $window; selection-background-color: $selection; selection-color: $text; }
QTreeView::item, QListView::item { padding: 3px 4px; }
#configurationBar { border-bottom: 1px solid $border; }
#configurationSections { border-right: 1px solid $border; }
#configurationSections::item { padding: 5px 12px; }
QTableView::item { padding: 0 5px; }
FieldTable { background: transparent; }
QTableView::item:disabled { color: $muted; }
QTableView:disabled, QListView:disabled { color: $muted; background: $window; }
QCheckBox::indicator, QTableView::indicator, QTreeView::indicator, QListView::indicator {
  width: 14px; height: 14px; border: 1px solid $muted; border-radius: 3px; background: $base; }
QCheckBox::indicator:focus, QCheckBox::indicator:hover { border-color: $accent; }
QCheckBox::indicator:checked, QTableView::indicator:checked, QTreeView::indicator:checked,
QListView::indicator:checked {
  border-color: $accent; image: url("$themes/check.svg"); }
QTreeView::indicator:indeterminate { width: 6px; height: 6px; border: 5px solid $selection;
  background: $accent; }
QRadioButton::indicator { width: 14px; height: 14px; border: 1px solid $muted; border-radius: 8px;
  background: $base; }
QRadioButton::indicator:focus, QRadioButton::indicator:hover { border-color: $accent; }
QRadioButton::indicator:checked { width: 6px; height: 6px; border: 5px solid $accent; }
QRadioButton::indicator:checked:disabled { border-color: $muted; }
QTreeView::item:selected, QListView::item:selected, QTableView::item:selected {
  background: $selection; color: $text; }
QHeaderView::section { background: $window; color: $muted; border: none; border-bottom: 1px solid $border;
  padding: 5px 8px; font-weight: 600; }
QHeaderView::up-arrow, QHeaderView::down-arrow { subcontrol-position: top center; width: 8px; height: 5px; }
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
#banner[tone="danger"] { border-left: 4px solid $danger; }
#banner[tone="warning"] { border-left: 4px solid $warning; }
#banner[tone="info"] { border-left: 4px solid $accent; }
#banner[tone="good"] { border-left: 4px solid $good; }
#expiryBar { border-bottom: 1px solid $border; background: $raised; border-left: 4px solid $warning; }
#outsideBanner { border-bottom: 1px solid $border; background: $raised; border-left: 4px solid $warning; }
#deployOnSaveBar { border-bottom: 1px solid $border; background: $raised; border-left: 4px solid $accent; }
#expiryBar[tone="danger"] { border-left-color: $danger; }
#deployStrip { border-bottom: 1px solid $border; background: $raised; border-left: 4px solid $accent; }
QPushButton[role="danger"] { background: $danger; border-color: $danger; color: $base; font-weight: 600; }
QPushButton[role="danger"]:disabled { background: $window; color: $muted; border-color: $border; }
[role="pick"] { background: $raised; border: 1px solid $border; border-radius: 6px; }
[role="pickList"] { background: transparent; }
QGroupBox { border: 1px solid $border; border-radius: 6px; margin-top: 10px; padding: 10px;
  font-weight: 600; }
QGroupBox::title { subcontrol-origin: margin; left: 10px; padding: 0 4px; }
""")


def style_sheet(colors: Colors) -> str:
    """The application's style sheet in one theme's colours."""
    names = ("window", "base", "raised", "border", "text", "muted", "accent", "on_accent", "selection")
    return _SHEET.substitute(
        {name: getattr(colors, name) for name in (*names, "good", "warning", "danger", "alarm")},
        plain_text=PLAIN_TEXT_SHEET,
        themes=(resources_dir() / "themes").as_posix(),
    )
