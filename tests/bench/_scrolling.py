"""How long the frames of a scrolling view take, and views as bare as Qt's own to compare them with."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import median, quantiles

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtWidgets import QAbstractItemView, QAbstractScrollArea, QApplication, QListView, QTableView

_Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
_ROUNDS = 5
_END = object()


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
        ours = p95_of_frames(map(partial(_move, view), positions(view)))
        with _no_style_sheet():
            QApplication.processEvents()
            ratios.append(ours.cpu_ms / p95_of_frames(map(partial(_move, bare), positions(bare))).cpu_ms)
        QApplication.processEvents()
        frames_ms.append(ours.ms)
        assert view.verticalScrollBar().value() > 0 < bare.verticalScrollBar().value()
    return median(frames_ms), median(ratios)


@dataclass(frozen=True, slots=True)
class FrameTime:
    """What a frame takes.

    Attributes:
        ms: As a person waits for it.
        cpu_ms: Of the main thread: what other programs do meanwhile does not count. Ratios are of this.
    """

    ms: float
    cpu_ms: float


def p95_of_frames(frames: Iterable[object]) -> FrameTime:
    """The 95th percentile of the times that it takes to get each next element."""
    took_ms: list[float] = []
    cpu_ms: list[float] = []
    each = iter(frames)
    while True:
        begun, cpu_begun = time.perf_counter(), time.thread_time()
        if next(each, _END) is _END:
            return FrameTime(quantiles(took_ms, n=20)[-1], quantiles(cpu_ms, n=20)[-1])
        cpu_ms.append((time.thread_time() - cpu_begun) * 1000)
        took_ms.append((time.perf_counter() - begun) * 1000)


def _move(area: QAbstractScrollArea, position: int) -> None:
    area.verticalScrollBar().setValue(position)
    area.viewport().repaint()


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
