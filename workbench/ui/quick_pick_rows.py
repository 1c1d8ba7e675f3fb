"""The rows of a quick pick: those that match what was typed, with the matched letters in bold.

Owns: which rows there are and how one is painted. Must not know: what they stand for, nor who types.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPalette
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from workbench.ui.fuzzy import positions, rank

PICK_ROLE = Qt.ItemDataRole.UserRole + 1
ROW_HEIGHT = 28
_KEYS_WIDTH = 112

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


@dataclass(frozen=True, slots=True)
class Pick:
    """A row.

    Attributes:
        id: What is handed on when it is chosen.
        title: What is matched and shown.
        detail: Matched too, and shown beside it, muted.
        keys: Shown on the right, and not matched.
        also: Other words by which it is found, parted by commas; not shown.
    """

    id: str
    title: str
    detail: str = ""
    keys: str = ""
    also: str = ""

    @property
    def text(self) -> str:
        return f"{self.title} {self.detail}"


_LETTERS = 5


def tier(query: str, pick: Pick) -> tuple[int, int]:
    """How well a row with other words matches, best first, then the length of a title that begins so.

    The whole title, its beginning, the beginning of one of the other words, of a word in the title, of a word
    within the others; then whatever has the letters.
    """
    wanted, title = query.strip().lower(), pick.title.lower().rstrip("…")
    others = [each.strip().lower() for each in pick.also.split(",") if each.strip()]
    if title == wanted:
        return 0, 0
    if title.startswith(wanted):
        return 1, len(title)
    if any(each.startswith(wanted) for each in others):
        return 2, 0
    if f" {wanted}" in title:
        return 3, 0
    return (4, 0) if any(f" {wanted}" in each for each in others) else (_LETTERS, 0)


class Picks(QAbstractListModel):
    """The rows that match, best first."""

    def __init__(self) -> None:
        super().__init__()
        self._all: list[Pick] = []
        self._texts: list[str] = []
        self._shown: list[Pick] = []
        self.query = ""

    def take(self, picks: Sequence[Pick]) -> None:
        self._all = list(picks)
        self._texts = [pick.text for pick in picks]

    def narrow(self, query: str) -> None:
        self.beginResetModel()
        self.query = query
        self._shown = [self._all[number] for number in self._rank(query)]
        self.endResetModel()

    def _rank(self, query: str) -> list[int]:
        found = rank(query, self._texts)
        if not query.strip() or not any(pick.also for pick in self._all):
            return found
        tiers = [tier(query, pick) for pick in self._all]
        also_found = (number for number, (rank_of, _) in enumerate(tiers) if rank_of < _LETTERS)
        return sorted(dict.fromkeys((*found, *also_found)), key=lambda number: tiers[number])

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        pick = self._shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return pick.title
        if role == PICK_ROLE:
            return pick
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (pick.title, pick.detail, pick.keys) if part)
        return None


class PickDelegate(QStyledItemDelegate):
    """Title with the matched letters in bold on the left; detail and keys, muted, on the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(200, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        pick: Pick = index.data(PICK_ROLE)
        model = index.model()
        query = model.query if isinstance(model, Picks) else ""
        palette, area = option.palette, option.rect.adjusted(8, 0, -8, 0)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, palette.color(QPalette.ColorRole.Highlight))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, palette.color(QPalette.ColorRole.Midlight))
        # The view's own palette has a style sheet's idea of muted, which is too pale.
        painter.setPen(QApplication.palette().color(QPalette.ColorRole.PlaceholderText))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area, right, pick.keys)
        area.setWidth(area.width() - _KEYS_WIDTH)
        painter.drawText(area, right, pick.detail)
        area.setWidth(area.width() - option.fontMetrics.horizontalAdvance(pick.detail) - 16)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        painter.setClipRect(area)
        marked = positions(query, pick.text)
        _draw_marked(painter, option, area.left(), pick.title, marked)
        painter.restore()


def _draw_marked(
    painter: QPainter, option: QStyleOptionViewItem, left: int, text: str, marked: tuple[int, ...]
) -> None:
    """Draws a line of text with some of its letters in bold."""
    bold = QFont(option.font)
    bold.setWeight(QFont.Weight.Bold)
    metrics = option.fontMetrics
    baseline = option.rect.center().y() + (metrics.ascent() - metrics.descent()) // 2 + 1
    for is_marked, letters in groupby(enumerate(text), lambda letter: letter[0] in marked):
        run = "".join(letter for _, letter in letters)
        painter.setFont(bold if is_marked else option.font)
        painter.drawText(left, baseline, run)
        left += painter.fontMetrics().horizontalAdvance(run)
