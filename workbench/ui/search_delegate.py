"""How a row of the search results looks: the match is marked, what takes its place stands beside it."""

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from workbench.code.search import FileMatches, Match
from workbench.ui.search_model import FILE_ROLE, INSTEAD_ROLE, MATCH_ROLE
from workbench.ui.theme import Theme, monospace

_MOST_SHOWN = 200  # characters of one piece
_LINE_WIDTH = 48
_GAP = 8


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    color: str
    ground: str = ""
    struck: bool = False


class SearchDelegate(QStyledItemDelegate):
    """Paints in the theme's colours: struck out and new are told by form, not by colour alone."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._code_font = monospace()

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        looks = QStyleOptionViewItem(option)
        self.initStyleOption(looks, index)
        widget = option.widget
        style = widget.style() if widget is not None else QApplication.style()
        area = style.subElementRect(QStyle.SubElement.SE_ItemViewItemText, looks, widget)
        area.setRight(option.rect.right() - _GAP)
        looks.text = ""
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, looks, painter, widget)
        painter.save()
        painter.setClipRect(area)
        match: Match | None = index.data(MATCH_ROLE)
        if match is None:
            self._paint_file(painter, option.font, area, index.data(FILE_ROLE))
        else:
            self._paint_match(painter, option.font, area, match, index.data(INSTEAD_ROLE))
        painter.restore()

    def _paint_file(self, painter: QPainter, font: QFont, area: QRect, file: FileMatches) -> None:
        colors = self._theme.colors
        folder, slash, name = file.path.rpartition("/")
        bold = QFont(font)
        bold.setWeight(QFont.Weight.DemiBold)
        area = _draw(painter, bold, area, _Piece(name, colors.text))
        area = _draw(painter, font, area, _Piece(f"  {folder}{slash}", colors.muted))
        _draw(painter, font, area, _Piece(f"  {len(file.matches)}", colors.accent))

    def _paint_match(
        self, painter: QPainter, font: QFont, area: QRect, match: Match, instead: str | None
    ) -> None:
        colors = self._theme.colors
        painter.setFont(font)
        painter.setPen(QColor(colors.muted))
        number = QRect(area.left(), area.top(), _LINE_WIDTH - _GAP, area.height())
        painter.drawText(number, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(match.line))
        area.setLeft(area.left() + _LINE_WIDTH)
        found: tuple[_Piece, ...]
        if instead is None:
            found = (_Piece(match.found, colors.on_accent, colors.accent),)
        else:
            found = (_Piece(match.found, colors.danger, struck=True), _Piece(instead, colors.good, _NEW))
        for piece in (_Piece(match.before, colors.text), *found, _Piece(match.after, colors.text)):
            area = _draw(painter, self._code_font, area, piece)


_NEW = "new"  # a line under it, in its own colour


def _draw(painter: QPainter, font: QFont, area: QRect, piece: _Piece) -> QRect:
    """Draws a piece of a line; returns the room right of it."""
    text = piece.text[:_MOST_SHOWN].replace("\t", "    ").replace("\n", "⏎")
    if not text or area.width() <= 0:
        return area
    font = QFont(font)
    font.setStrikeOut(piece.struck)
    font.setUnderline(piece.ground == _NEW)
    painter.setFont(font)
    width = painter.fontMetrics().horizontalAdvance(text)
    place = QRect(area.left(), area.top(), width, area.height())
    if piece.ground not in ("", _NEW):
        painter.fillRect(place.adjusted(0, 2, 0, -2), QColor(piece.ground))
    painter.setPen(QColor(piece.color))
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)
    return area.adjusted(width, 0, 0, 0)
