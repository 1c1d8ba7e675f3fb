"""The rows of the list of functions: what they say, and how they are painted."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QCoreApplication, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from workbench.core.clock import Clock
from workbench.functions.model import FunctionSummary
from workbench.ui.function_model import SPARKLINE_ROLE, SUMMARY_ROLE, ago
from workbench.ui.theme import Theme

_SPARKLINE_WIDTH, _SPARKLINE_GAP = 48, 8
_NOW_S = 60


def describe(row: FunctionSummary, clock: Clock, fits: Callable[[str], bool] = lambda _text: True) -> str:
    """The second line of a row; without the memory where that does not fit."""
    parts = [row.runtime or row.package_type, f"{row.memory_mb} MB"]
    if row.last_modified is not None:
        parts.append(_age(row.last_modified, clock.now()))
    text = " · ".join(parts)
    return text if fits(text) else " · ".join([parts[0], *parts[2:]])


def _age(moment: datetime, now: datetime) -> str:
    """When it was changed. A bare "3 s" would look like its timeout."""
    if (now - moment).total_seconds() < _NOW_S:
        return QCoreApplication.translate("FunctionRows", "just now")
    number, unit = ago(moment, now)
    return QCoreApplication.translate("FunctionRows", "%1 ago").replace("%1", f"{number} {unit}")


class FunctionDelegate(QStyledItemDelegate):
    """Two lines a row: the name, then what it runs on, how old it is, and its sparkline."""

    def __init__(self, theme: Theme, clock: Clock, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self._clock = clock

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(160, option.fontMetrics.height() * 2 + 16)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        colors = self._theme.colors
        row = index.data(SUMMARY_ROLE)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, QColor(colors.selection))
            painter.fillRect(
                QRect(option.rect.topLeft(), QSize(3, option.rect.height())), QColor(colors.accent)
            )
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, QColor(colors.hover))
        area = option.rect.adjusted(12, 6, -12, -6)
        name_font = QFont(option.font)
        name_font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(name_font)
        painter.setPen(QColor(colors.text))
        name = painter.fontMetrics().elidedText(row.function_name, Qt.TextElideMode.ElideMiddle, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignTop, name)
        painter.setFont(option.font)
        if (line_of_time := index.data(SPARKLINE_ROLE)) is not None:
            height = option.fontMetrics.height()
            box = QRect(0, 0, _SPARKLINE_WIDTH, height)
            box.moveBottomRight(area.bottomRight())
            line_of_time.paint(painter, box, colors)
            area.setRight(box.left() - _SPARKLINE_GAP)
        painter.setPen(QColor(colors.muted))
        width, metrics = area.width(), option.fontMetrics
        line = describe(row, self._clock, lambda text: metrics.horizontalAdvance(text) <= width)
        line = metrics.elidedText(line, Qt.TextElideMode.ElideRight, width)
        painter.drawText(area, Qt.AlignmentFlag.AlignBottom, line)
        painter.restore()
