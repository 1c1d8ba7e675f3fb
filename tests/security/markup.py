"""Texts that load a file when they are taken for markup, and what points at everything in sight."""

import contextlib
import ctypes
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QEvent, QModelIndex, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QGroupBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QStyleOptionViewItem,
    QTabBar,
    QWidget,
)
from shiboken6 import isValid

STALL_S = 0.2
_IN_OPEN = 0x20  # of sys/inotify.h
_EVENTS_BYTES = 4096
_ROWS = 60  # of each model: what tests fill has fewer, save the lists of settings and actions


class Bait:
    """A file and a server that nobody may touch; markup names both.

    The kernel tells who opens the file (inotify). Its name is relative, so that markup fits into names of
    files; `folder` must be the working directory.

    Args:
        folder: Where the file is made.
    """

    def __init__(self, folder: Path) -> None:
        (folder / "bait").write_bytes(b"GIF89a")
        self._touched: list[str] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.setblocking(False)
        kernel = ctypes.CDLL(None, use_errno=True)
        self._watch = kernel.inotify_init1(os.O_NONBLOCK)
        assert kernel.inotify_add_watch(self._watch, os.fsencode(folder / "bait"), _IN_OPEN) >= 0

    def text(self, tag: str) -> str:
        """Markup with a word by which it is found again."""
        return f"<img src=bait><img src=http://127.0.0.1:{self._server.getsockname()[1]}/{tag}><b>{tag}"

    def name(self, tag: str) -> str:
        """Markup that can be the name of a file."""
        return f"<img src=bait>{tag}"

    def touched(self) -> list[str]:
        """What was touched until now: "file", "server"."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self._watch, _EVENTS_BYTES):
                self._touched.append("file")
        with contextlib.suppress(BlockingIOError):
            while True:
                self._server.accept()[0].close()
                self._touched.append("server")
        return self._touched

    def close(self) -> None:
        os.close(self._watch)
        self._server.close()


class Pointer:
    """Points at every widget, tab, heading, row and column in sight, and reads all that is shown.

    Args:
        bait: What must stay untouched.

    Attributes:
        seen: Every text that a widget, an item or a tool tip showed.
        faults: What is wrong with them.
        slowest: The longest that one tool tip took, in seconds, and whose it was.
    """

    def __init__(self, bait: Bait) -> None:
        self._bait = bait
        self.seen: set[str] = set()
        self.faults: set[str] = set()
        self.slowest = (0.0, "")

    def look(self, root: QWidget) -> None:
        """Points at everything in a window and reads it."""
        for widget in (root, *root.findChildren(QWidget)):
            if not isValid(widget):  # something closed meanwhile
                continue
            if isinstance(widget, QHeaderView):
                self._look_at_headings(widget)
            elif isinstance(widget, QAbstractItemView) and widget.model() is not None:
                self._look_at_items(widget)
            elif isinstance(widget, QTabBar):
                self._look_at_tabs(widget)
            else:
                self._read(widget)
                self._point_at(widget, widget.rect().center())

    def saw(self, tag: str) -> bool:
        """Whether this word of markup was shown with the markup before it, in any lines."""
        return any("<img" in text and tag in text for text in self.seen)

    def _read(self, widget: QWidget) -> None:
        if isinstance(widget, (QLabel, QAbstractButton, QLineEdit)):
            self.seen.add(widget.text())
        elif isinstance(widget, QPlainTextEdit):
            self.seen.add(widget.toPlainText())
        elif isinstance(widget, QGroupBox):
            self.seen.add(widget.title())
        elif isinstance(widget, QComboBox):
            self.seen |= {widget.itemText(number) for number in range(min(_ROWS, widget.count()))}
        if isinstance(widget, QLabel):
            self._read_label(widget)

    def _read_label(self, label: QLabel) -> None:
        if "<img" in label.text() and label.textFormat() != Qt.TextFormat.PlainText:
            self.faults.add(f"{_name(label)} is no plain text: {label.text()[:80]}")

    def _look_at_items(self, view: QAbstractItemView) -> None:
        model = view.model()
        for index in _indexes(model, view.rootIndex()):
            self.seen.add(str(model.data(index, Qt.ItemDataRole.DisplayRole)))
            area = view.visualRect(index)
            if view.isVisible() and area.intersects(view.viewport().rect()):
                self._point_at(view.viewport(), area.center())
            else:  # as the view does it, once the row is scrolled to
                event = QHelpEvent(QEvent.Type.ToolTip, area.center(), QPoint(10, 10))
                delegate = view.itemDelegateForIndex(index)
                self._timed(
                    view, lambda d=delegate, e=event, i=index: d.helpEvent(e, view, QStyleOptionViewItem(), i)
                )

    def _look_at_headings(self, header: QHeaderView) -> None:
        for section in range(min(_ROWS, header.count())):
            text = header.model().headerData(section, header.orientation())
            self.seen.add(str(text))
            at = header.sectionViewportPosition(section) + 4
            is_flat = header.orientation() == Qt.Orientation.Horizontal
            self._point_at(header.viewport(), QPoint(at, 4) if is_flat else QPoint(4, at))

    def _look_at_tabs(self, tabs: QTabBar) -> None:
        for number in range(tabs.count()):
            self.seen.add(tabs.tabText(number))
            self._point_at(tabs, tabs.tabRect(number).center())

    def _point_at(self, widget: QWidget, at: QPoint) -> None:
        if widget.isVisible():
            event = QHelpEvent(QEvent.Type.ToolTip, at, widget.mapToGlobal(at))
            self._timed(widget, lambda: QApplication.sendEvent(widget, event))

    def _timed(self, widget: QWidget, show: object) -> None:
        assert callable(show)
        before = len(self._bait.touched())
        begun = time.thread_time()  # others may keep the machine busy
        show()
        QApplication.sendPostedEvents()
        self.slowest = max(self.slowest, (time.thread_time() - begun, _name(widget)))
        for tip in _tips():
            self.seen.add(tip.text().replace("\u2060", "").replace("\n", ""))
            if "<img" in tip.text().replace("\u2060", "") and tip.textFormat() != Qt.TextFormat.PlainText:
                self.faults.add(f"the tool tip of {_name(widget)} is no plain text: {tip.text()[:80]}")
        if len(self._bait.touched()) > before:
            self.faults.add(f"pointing at {_name(widget)} loads {self._bait.touched()[-1]}")


def _tips() -> list[QLabel]:
    return [
        widget
        for widget in QApplication.topLevelWidgets()
        if isinstance(widget, QLabel)
        and widget.metaObject().className() == "QTipLabel"
        and widget.isVisible()
    ]


def _indexes(model: QAbstractItemModel, parent: QModelIndex) -> Iterator[QModelIndex]:
    """The first rows of a model with all columns, and of each those below."""
    is_list = isinstance(model, QAbstractListModel)
    for row in range(min(_ROWS, model.rowCount(parent))):
        for column in range(1 if is_list else model.columnCount(parent)):
            yield model.index(row, column, parent)
        if not is_list:
            yield from _indexes(model, model.index(row, 0, parent))


def _name(widget: QWidget) -> str:
    """A widget by its name, or by whom it belongs to."""
    names: list[str] = []
    owner: QWidget | None = widget
    while owner is not None and len(names) < 4:
        names.append(owner.objectName() or type(owner).__name__)
        owner = owner.parentWidget()
    return " in ".join(names)
