"""The size of the interface's texts, in percent, and of everything that grows with them.

Sizes are written in px for 100 %. Code that gives one to a widget passes it through `scaled`; `rescale`
adapts what was built before the user chose another size.
"""

import re

from PySide6 import QtWidgets  # QHeaderView is created when first used: not for the first painting
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QWidget

MIN_PERCENT, MAX_PERCENT = 90, 200
_UNLIMITED = 16_777_215  # Qt's QWIDGETSIZE_MAX
_PROPERTY = "textPercent"
_LENGTH = re.compile(r"\b(\d+)(px|pt)\b")
_THIN_PX = 2


def text_percent() -> int:
    """The current size; 100 until one is set."""
    application = QApplication.instance()
    percent = application.property(_PROPERTY) if application is not None else None
    return percent if isinstance(percent, int) else 100


def set_text_percent(percent: int) -> float:
    """Sets the size, within its bounds; returns by how much texts grow."""
    before = text_percent()
    percent = min(max(percent, MIN_PERCENT), MAX_PERCENT)
    application = QApplication.instance()
    assert application is not None
    application.setProperty(_PROPERTY, percent)
    return percent / before


def scaled(size_px: int) -> int:
    """A size in px at 100 %, converted to the current text size."""
    return round(size_px * text_percent() / 100)


def scaled_sheet(sheet: str) -> str:
    """A style sheet with its lengths scaled. Lines of 1 or 2 px stay thin."""
    percent = text_percent()

    def scale(found: re.Match[str]) -> str:
        number, unit = int(found[1]), found[2]
        is_line = unit == "px" and number <= _THIN_PX
        return found[0] if is_line else f"{round(number * percent / 100)}{unit}"

    return sheet if percent == 100 else _LENGTH.sub(scale, sheet)


def rescale(ratio: float) -> None:
    """Adapts existing widgets to another size: explicit fonts and sizes, rows and columns.

    Args:
        ratio: By how much texts grow. Call it while no style sheet is set, because a sheet's own fonts are
            not ours.
    """
    widgets = QApplication.allWidgets()
    for widget in widgets:  # Qt itself notifies only those of an application whose event loop runs
        QApplication.sendEvent(widget, QEvent(QEvent.Type.ApplicationFontChange))
    for widget in widgets:
        if widget.testAttribute(Qt.WidgetAttribute.WA_SetFont):
            _rescale_font(widget, ratio)
        if isinstance(widget, QtWidgets.QHeaderView):
            _rescale_header(widget, ratio)
        elif not widget.isWindow():  # a layout sets a window's bounds
            _rescale_bounds(widget, ratio)


def _rescale_font(widget: QWidget, ratio: float) -> None:
    font = widget.font()
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * ratio)
    else:
        font.setPixelSize(round(font.pixelSize() * ratio))
    widget.setFont(font)


def _rescale_header(header: "QtWidgets.QHeaderView", ratio: float) -> None:
    if header.orientation() == Qt.Orientation.Vertical:
        header.setMinimumSectionSize(-1)  # the font's, which Qt does not update by itself
        header.setDefaultSectionSize(round(header.defaultSectionSize() * ratio))
        return
    own = (QtWidgets.QHeaderView.ResizeMode.Interactive, QtWidgets.QHeaderView.ResizeMode.Fixed)
    for section in range(header.count()):
        if header.sectionResizeMode(section) in own and not header.isSectionHidden(section):
            header.resizeSection(section, round(header.sectionSize(section) * ratio))


def _rescale_bounds(widget: QWidget, ratio: float) -> None:
    least, most = widget.minimumSize(), widget.maximumSize()
    if most.width() < _UNLIMITED:
        widget.setMaximumWidth(round(most.width() * ratio))
    if most.height() < _UNLIMITED:
        widget.setMaximumHeight(round(most.height() * ratio))
    if least.width() > 0:
        widget.setMinimumWidth(round(least.width() * ratio))
    if least.height() > 0:
        widget.setMinimumHeight(round(least.height() * ratio))
