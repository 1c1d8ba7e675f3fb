"""How long the frames of a scrolling view take, and a view as bare as Qt's own to compare them with."""

import time
from collections.abc import Callable, Iterable
from statistics import quantiles

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QAbstractScrollArea, QListView

_Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()


class _Lines(QAbstractListModel):
    def __init__(self, count: int, text: Callable[[int], str]) -> None:
        super().__init__()
        self._count, self._text = count, text

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else self._count

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        return self._text(index.row()) if role == Qt.ItemDataRole.DisplayRole else None


def bare_list(count: int, text: Callable[[int], str], font: QFont) -> QListView:
    """Qt's list of so many lines, without anything of Workbench."""
    view = QListView()
    view.setUniformItemSizes(True)
    view.setFont(font)
    view.setModel(_Lines(count, text))
    return view


def p95_frame_ms(area: QAbstractScrollArea, positions: Iterable[int]) -> float:
    """The 95th percentile of the time from a move of the scroll bar to the painted frame, in ms."""
    frames, bar = [], area.verticalScrollBar()
    for position in positions:
        begun = time.perf_counter()
        bar.setValue(position)
        area.viewport().repaint()
        frames.append((time.perf_counter() - begun) * 1000)
    return quantiles(frames, n=20)[-1]
