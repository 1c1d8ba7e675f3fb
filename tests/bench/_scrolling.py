"""How long the frames of a scrolling view take, and views as bare as Qt's own to compare them with."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median, quantiles

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtWidgets import QAbstractItemView, QAbstractScrollArea, QApplication, QListView, QTableView

_Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
_ROUNDS = 5


class _Cells(QAbstractTableModel):
    def __init__(self, rows: int, columns: int, text: Callable[[int, int], str], row_height: int = 0) -> None:
        super().__init__()
        self._rows, self._columns, self._text = rows, columns, text
        self._size = QSize(0, row_height) if row_height else None

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else self._rows

    def columnCount(self, parent: _Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else self._columns

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(index.row(), index.column())
        return self._size if role == Qt.ItemDataRole.SizeHintRole else None


def bare_list(
    like: QAbstractScrollArea, count: int, text: Callable[[int], str], row_height: int = 0
) -> QListView:
    """Qt's list of so many lines, as large as a view.

    Args:
        like: The view.
        count: How many rows.
        text: What a row shows.
        row_height: In px; 0 for that of a line of text.
    """
    bare = QListView()
    bare.setUniformItemSizes(True)
    bare.setModel(_Cells(count, 1, lambda row, _column: text(row), row_height))
    return _as_large(bare, like)


def bare_table(like: QTableView) -> QTableView:
    """Qt's table with a view's texts, in columns and rows as large."""
    model, header = like.model(), like.horizontalHeader()
    places = map(header.logicalIndex, range(header.count()))
    columns = [column for column in places if not like.isColumnHidden(column)]
    texts = [[model.index(row, each).data() for each in columns] for row in range(model.rowCount())]
    bare = QTableView()
    bare.setShowGrid(False)
    bare.setWordWrap(False)
    bare.verticalHeader().setVisible(False)
    bare.verticalHeader().setDefaultSectionSize(like.verticalHeader().defaultSectionSize())
    bare.setModel(_Cells(len(texts), len(columns), lambda row, column: texts[row][column]))
    for place, column in enumerate(columns):
        bare.setColumnWidth(place, like.columnWidth(column))
    return _as_large(bare, like)


def _as_large[View: QAbstractItemView](bare: View, like: QAbstractScrollArea) -> View:
    bare.setFont(like.font())
    if isinstance(like, QAbstractItemView):
        bare.setVerticalScrollMode(like.verticalScrollMode())
    bare.resize(like.size())
    bare.show()
    return bare


def scroll(
    view: QAbstractScrollArea,
    bare: QAbstractScrollArea,
    positions: Callable[[QAbstractScrollArea], Iterable[int]],
) -> tuple[float, float]:
    """The 95th percentile of a frame in ms, and its ratio to the bare view's; medians of interleaved rounds.

    Args:
        view: The view.
        bare: Has no style sheet while it scrolls: Qt's own delegate takes ten times as long with one.
        positions: Where the scroll bar of a view goes, a position a frame.
    """
    QApplication.processEvents()
    frames_ms, ratios = [], []
    for _ in range(_ROUNDS):
        frames_ms.append(_p95_frame_ms(view, positions(view)))
        with _no_style_sheet():
            QApplication.processEvents()
            ratios.append(frames_ms[-1] / _p95_frame_ms(bare, positions(bare)))
        QApplication.processEvents()
    return median(frames_ms), median(ratios)


def by_rows(count: int, row_height: int) -> Callable[[QAbstractScrollArea], Sequence[int]]:
    """The positions of so many frames, three rows a frame, of views that scroll by pixels."""
    return lambda _view: [number * 3 * row_height for number in range(count)]


@contextmanager
def _no_style_sheet() -> Iterator[None]:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    sheet = application.styleSheet()
    application.setStyleSheet("")
    try:
        yield
    finally:
        application.setStyleSheet(sheet)


def _p95_frame_ms(area: QAbstractScrollArea, positions: Iterable[int]) -> float:
    frames, bar = [], area.verticalScrollBar()
    for position in positions:
        begun = time.perf_counter()
        bar.setValue(position)
        area.viewport().repaint()
        frames.append((time.perf_counter() - begun) * 1000)
    assert bar.value() > 0
    return quantiles(frames, n=20)[-1]
