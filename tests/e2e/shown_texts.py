"""The texts that a user can read in the widgets that exist, for a look in the pseudo-language."""

import re
from collections.abc import Iterable, Iterator

from PySide6.QtCore import QAbstractItemModel, QRect, Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QComboBox,
    QGroupBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QTabBar,
    QTableView,
    QTreeView,
    QWidget,
)

from workbench.ui.kit.labels import ElidedLabel, FittingLabel

_WORD = re.compile(r"[A-Za-z]{3,}")
_TRANSLATED = re.compile("[ÀÉÎÕÛÝàéîõûýçñš~]")
_DATA = re.compile(
    r"[\w$.:/@+=*\u200b-]+"  # a name, region, runtime, operation (which may be broken), hash or file
    r"|\w+: \w+(, \w+: \w+)*|(\w+: [\w:*./-]+\n?)+|Amazon [\w -]+"  # calls, settings, a service
    r"|((\w+ · )?\d{12} · [\w-]+(; )?)+|arn:\S+ · \S+"  # accounts, a resource and its state
    r"|[\dT:.+-]+  ·  \S+  ·  \S+"  # a time, a request and a log stream
    r"|/[^\n]*[^\n.]"  # a file, which is no sentence
    r"|app://\S+|\{.*\}"  # the page, JSON
    r"|(.*, Active, |.*\n)?(python|nodejs)[\w.]+  ·  .*",  # a function's facts
    re.DOTALL,
)
_NAMES = {
    *(
        "Active",
        "None",
        "Zip",
        "Sandbox",
        "Events",
        "Prefix",
        "Suffix",
        "GREETING",
    ),  # of AWS, a profile, in code
    *("American English", "Monospace"),  # of a language and a kind of font
}
_ROWS = 50
_AROUND_PX = 4  # at least, in the size hint of a button or label beside its text


def untranslated_texts(widgets: Iterable[QWidget]) -> set[str]:
    """The texts in these widgets that are not in the pseudo-language, without what is data."""
    found = {text for widget in widgets for text in _texts(widget)} - set(QFontDatabase.families())
    return {
        text
        for text in found
        if _WORD.search(text) and not _TRANSLATED.search(text) and not _is_data(text) and text not in _NAMES
    }


def _is_data(text: str) -> bool:
    """Text of one word is data, unless it looks like a label: "Close"."""
    return bool(_DATA.fullmatch(text)) and not re.fullmatch("[A-Z][a-z]+", text)


def _texts(widget: QWidget) -> Iterator[str]:
    yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription())
    yield from (action.text() for action in widget.actions())
    if widget.isWindow():
        yield widget.windowTitle()
    match widget:
        case QLabel() | QAbstractButton():
            yield widget.text()
        case QGroupBox():
            yield widget.title()
        case QLineEdit() | QPlainTextEdit():
            yield widget.placeholderText()
        case QComboBox():
            yield from map(widget.itemText, range(widget.count()))
        case QTabBar():
            yield from map(widget.tabText, range(widget.count()))
        case QListView() if (model := widget.model()) is not None:
            yield from _cells(model, 0)
        case QTableView() | QTreeView() if (model := widget.model()) is not None:
            for column in range(model.columnCount()):
                yield str(model.headerData(column, Qt.Orientation.Horizontal) or "")
                yield from _cells(model, column)


def _cells(model: QAbstractItemModel, column: int) -> Iterator[str]:
    return (str(model.index(row, column).data() or "") for row in range(min(_ROWS, model.rowCount())))


def cut_texts(widgets: Iterable[QWidget]) -> set[str]:
    """The labels, buttons, lists and columns among these in sight with less room than their texts need.

    Not what leaves out a part of its text itself and shows the whole in its tool tip.
    """
    return {
        f"{type(widget).__name__} {widget.objectName()}: {cut}"
        for widget in widgets
        if widget.isVisible() and not widget.visibleRegion().isEmpty()
        for cut in _cuts(widget)
    }


def _cuts(widget: QWidget) -> Iterator[str]:
    match widget:
        case ElidedLabel() | FittingLabel():
            return
        case QLabel() if widget.wordWrap():
            needed, has = widget.heightForWidth(widget.width()), widget.height()
            if widget.text() and needed > has:
                yield f"{widget.text()!r} has {has} px of {needed} in height"
        case QLabel() | QAbstractButton() if widget.text():
            if widget.width() < widget.sizeHint().width() - _AROUND_PX:
                yield f"{widget.text()!r} has {widget.width()} px of {widget.sizeHint().width()}"
        case QComboBox():
            needed = widget.fontMetrics().horizontalAdvance(widget.currentText())
            if needed > widget.width():
                yield f"{widget.currentText()!r} has {widget.width()} px of {needed}"
        case QHeaderView() if widget.orientation() == Qt.Orientation.Horizontal:
            for column in range(widget.count()):
                needed, has = widget.sectionSizeFromContents(column).width(), widget.sectionSize(column)
                if not widget.isSectionHidden(column) and needed > has:
                    title = widget.model().headerData(column, Qt.Orientation.Horizontal)
                    yield f"{title!r} has {has} px of {needed}"
        case _:
            pass
    if isinstance(widget, QLabel | QAbstractButton) and widget.text():
        shown = widget.visibleRegion().boundingRect()
        if shown.right() < widget.rect().right() and not _scrolls_sideways(widget):
            yield f"{widget.text()!r} ends {widget.rect().right() - shown.right()} px out of sight"


def _scrolls_sideways(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QAbstractScrollArea) and parent.horizontalScrollBar().isVisible():
            return True
        parent = parent.parentWidget()
    return False


def cut_rows(table: QTableView) -> list[int]:
    """Rows that are lower than their texts: at each side 5 px are the style sheet's, 4 Qt's."""
    model, metrics = table.model(), table.fontMetrics()

    def needed(row: int, column: int) -> int:
        area = QRect(0, 0, table.columnWidth(column) - 18, 10_000)
        text = str(model.index(row, column).data() or "")
        return metrics.boundingRect(area, Qt.TextFlag.TextWordWrap.value, text).height()

    columns = range(model.columnCount())
    rows = range(model.rowCount())
    return [row for row in rows if table.rowHeight(row) < max(needed(row, column) for column in columns)]
