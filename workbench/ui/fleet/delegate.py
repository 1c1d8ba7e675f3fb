"""Paints the cells of the table of all functions: text and no more, so that 10,000 rows scroll smoothly.

What Qt's own delegate does with the style sheet takes ten times as long for each cell.
"""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from workbench.ui.fleet.columns import BY_ID, COLUMNS
from workbench.ui.fleet.model import FleetModel
from workbench.ui.theme import Theme

_MARGIN = 8  # as in the header
_BADGE_MARGIN, _BADGE_RADIUS = 6, 4
_LINE_MARGIN = 4
_RECENT = BY_ID["recent"]
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)
_ALIGN = tuple(_RIGHT if column.is_number else _LEFT for column in COLUMNS)
_MOST_KEPT = 20_000
# As numbers: Python's own flags are slow, and there are hundreds of cells in a frame.
_SELECTED, _HAS_FOCUS = QStyle.StateFlag.State_Selected.value, QStyle.StateFlag.State_HasFocus.value

_Index = QModelIndex | QPersistentModelIndex


class FleetDelegate(QStyledItemDelegate):
    """Knows its model, and asks it without Qt in between.

    Args:
        model: Of the table.
        theme: The colours.
        parent: The table.
    """

    def __init__(self, model: FleetModel, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._theme = theme
        self._shortened: dict[tuple[str, int], str] = {}  # most cells repeat what others say
        self._colors: tuple[object, tuple[QColor, ...]] | None = None

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        colors = self._theme.colors
        if self._colors is None or self._colors[0] is not colors:
            names = (colors.text, colors.warning, colors.selection, colors.accent, colors.muted)
            self._colors = colors, tuple(map(QColor, names))
        text_color, warning, selection, accent, muted = self._colors[1]
        number, column = index.row(), index.column()
        rect, state = option.rect, option.state.value
        if state & _SELECTED:
            painter.fillRect(rect, selection)
        line = self._model.sparkline(number) if column == _RECENT else None
        if line is not None:
            line.paint(painter, rect.adjusted(_MARGIN, _LINE_MARGIN, -_MARGIN, -_LINE_MARGIN), colors)
        elif text := self._model.text(number, column):
            area = rect.adjusted(_MARGIN, 0, -_MARGIN, 0)
            if badge := self._model.badge(number, column):
                area.setRight(self._paint_badge(painter, option, badge, warning) - _MARGIN)
            noticed = self._model.is_noticed(number, column)
            painter.setPen(warning if noticed else muted if column == _RECENT else text_color)
            painter.drawText(area, _ALIGN[column], self._fitted(option, text, area.width()))
        if state & _HAS_FOCUS:
            painter.setPen(accent)
            painter.drawRect(rect.adjusted(0, 0, -1, -1))

    def _paint_badge(self, painter: QPainter, option: QStyleOptionViewItem, badge: str, color: QColor) -> int:
        """At the right end of the cell. Returns where it begins."""
        rect, metrics = option.rect, option.fontMetrics
        width, height = metrics.horizontalAdvance(badge) + 2 * _BADGE_MARGIN, metrics.height() + 1
        left = max(rect.left() + _MARGIN, rect.right() - _MARGIN - width)
        box = QRect(left, rect.center().y() - height // 2, width, height)
        painter.save()
        painter.setClipRect(rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(color)
        painter.drawRoundedRect(box.adjusted(0, 0, -1, -1), _BADGE_RADIUS, _BADGE_RADIUS)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), badge)
        painter.restore()
        return left

    def _fitted(self, option: QStyleOptionViewItem, text: str, width: int) -> str:
        key = text, width
        fitted = self._shortened.get(key)
        if fitted is None:
            if len(self._shortened) > _MOST_KEPT:
                self._shortened.clear()
            fitted = option.fontMetrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
            self._shortened[key] = fitted
        return fitted
