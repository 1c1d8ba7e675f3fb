"""The table of all functions: columns that the user chooses, and a selection that survives a refresh."""

from collections.abc import Iterator, Sequence

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QAction, QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from workbench.core.messages import _
from workbench.core.settings import Settings
from workbench.functions.fleet import FleetRow
from workbench.ui.fleet.columns import BY_ID, COLUMNS
from workbench.ui.fleet.model import FleetModel
from workbench.ui.kit.choice_menu import ChoiceMenu
from workbench.ui.named import named
from workbench.ui.plain_table import make_plain
from workbench.ui.theme import Theme

_MARGIN = 8  # as in the header
_BADGE_MARGIN, _BADGE_RADIUS = 6, 4
_LINE_MARGIN = 4
_RECENT = BY_ID["recent"]
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)
_ALIGN = tuple(_RIGHT if column.is_number else _LEFT for column in COLUMNS)
_MAX_CACHED = 20_000
# As numbers: Python's own flags are slow, and there are hundreds of cells in a frame.
_SELECTED, _HAS_FOCUS = QStyle.StateFlag.State_Selected.value, QStyle.StateFlag.State_HasFocus.value
_Index = QModelIndex | QPersistentModelIndex
_ROW_HEIGHT = 26
_MIN_WIDTH = 40
_REMEMBER_MS = 400
_Key = tuple[str, str]
"""A row's profile and the ARN of its function."""
_COLUMNS, _SORT = "fleet.columns", "fleet.sort"


class _FleetDelegate(QStyledItemDelegate):
    """Paints text and no more, so that 10,000 rows scroll smoothly; asks its model without Qt in between.

    Qt's own delegate with the style sheet takes ten times as long for each cell.

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
            painter.drawText(area, _ALIGN[column], self._elided(option, text, area.width()))
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

    def _elided(self, option: QStyleOptionViewItem, text: str, width: int) -> str:
        key = text, width
        fitted = self._shortened.get(key)
        if fitted is None:
            if len(self._shortened) > _MAX_CACHED:
                self._shortened.clear()
            fitted = option.fontMetrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
            self._shortened[key] = fitted
        return fitted


class FleetTable(QTableView):
    """Remembers its columns, their order, widths and what it is sorted by.

    Signals:
        opened: A row was double-clicked, or Enter pressed on it.
        chosen_changed: Other rows are selected.
    """

    opened = Signal(object)  # FleetRow
    chosen_changed = Signal()

    def __init__(self, model: FleetModel, settings: Settings, theme: Theme) -> None:
        super().__init__()
        named(self, "fleetTable", _("All functions"))
        self._rows = model
        self._settings = settings
        self._kept: tuple[set[_Key], _Key | None, int] = (set(), None, 0)
        self.setModel(model)
        make_plain(self, _ROW_HEIGHT)
        self.setItemDelegate(_FleetDelegate(model, theme, self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setSectionsMovable(True)
        header.setMinimumSectionSize(_MIN_WIDTH)
        header.setStretchLastSection(True)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.columns_menu = ChoiceMenu(_("Columns"), self)
        self.columns_menu.setObjectName("fleetColumnsMenu")
        header.customContextMenuRequested.connect(
            lambda spot: self.columns_menu.popup(header.mapToGlobal(spot))
        )
        self._restore()
        # Not at every pixel of a drag: it goes to disk.
        self._remembering = QTimer(self, singleShot=True, interval=_REMEMBER_MS)
        self._remembering.timeout.connect(self._remember)
        header.sectionMoved.connect(lambda *__: self._remembering.start())
        header.sectionResized.connect(lambda *__: self._remembering.start())
        header.sortIndicatorChanged.connect(self._sort)
        self.doubleClicked.connect(lambda index: self.opened.emit(self._rows.row(index.row())))
        model.modelAboutToBeReset.connect(self._remember_selection)
        model.modelReset.connect(self._restore_selection)
        self.selectionModel().selectionChanged.connect(lambda *__: self.chosen_changed.emit())

    def chosen(self) -> tuple[FleetRow, ...]:
        """The selected rows, in the order that they are shown in."""
        return self._rows.rows(self._chosen_numbers())

    def visible_rows(self) -> tuple[FleetRow, ...]:
        """The rows that are in sight."""
        first, bottom = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        last = bottom if bottom >= 0 else self._rows.rowCount() - 1
        return self._rows.rows(range(first, last + 1)) if first >= 0 else ()

    def show_sorting(self) -> None:
        """Shows in the header what the rows are sorted by; nothing while the best match comes first."""
        header = self.horizontalHeader()
        relevance = bool(self._rows.wanted.query.strip()) and self._rows.by_relevance
        header.blockSignals(True)
        header.setSortIndicator(-1 if relevance else self._rows.sorting[0], self._rows.sorting[1])
        header.blockSignals(False)
        header.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            index = self.currentIndex()
            if index.isValid():
                self.opened.emit(self._rows.row(index.row()))
            return
        super().keyPressEvent(event)

    # Selection ----------------------------------------------------------------------------------------------

    def _chosen_numbers(self) -> Iterator[int]:
        for span in self.selectionModel().selection().toList():
            yield from range(span.top(), span.bottom() + 1)

    def _remember_selection(self) -> None:
        current = self.currentIndex()
        key = _key(self._rows.row(current.row())) if current.isValid() else None
        self._kept = ({_key(row) for row in self.chosen()}, key, self.verticalScrollBar().value())

    def _restore_selection(self) -> None:
        """What was selected and is still shown stays so; what is not shown is not selected."""
        chosen, current, scrolled = self._kept
        self._kept = (set(), None, 0)
        selection, last = QItemSelection(), len(COLUMNS) - 1
        if chosen or current is not None:
            for number in range(self._rows.rowCount()):
                key = _key(self._rows.row(number))
                if key in chosen:
                    selection.select(self._rows.index(number, 0), self._rows.index(number, last))
                if key == current:
                    self.selectionModel().setCurrentIndex(
                        self._rows.index(number, 0), QItemSelectionModel.SelectionFlag.NoUpdate
                    )
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if not self._rows.wanted.query:
            self.verticalScrollBar().setValue(scrolled)
        self.chosen_changed.emit()

    # Columns ------------------------------------------------------------------------------------------------

    def _restore(self) -> None:
        header = self.horizontalHeader()
        stored: list[object] = self._settings.get(_COLUMNS, [])
        wanted = [(BY_ID[name], width) for name, width in _pairs(stored) if name in BY_ID] or [
            (number, column.width) for number, column in enumerate(COLUMNS) if column.is_shown
        ]
        for number, column in enumerate(COLUMNS):
            self.setColumnWidth(number, column.width)
            self.setColumnHidden(number, number not in dict(wanted))
        for place, (number, width) in enumerate(wanted):
            header.moveSection(header.visualIndex(number), place)
            self.setColumnWidth(number, max(_MIN_WIDTH, width))
        self.columns_menu.offer(
            [(column.id, column.title) for column in COLUMNS],
            {COLUMNS[number].id for number, __ in wanted},
        )
        self.columns_menu.toggled.connect(self._show_column)
        sort: list[object] = self._settings.get(_SORT, [])
        name, descending = (sort[0], sort[1] is True) if len(sort) == 2 else ("name", False)
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        sorted_by = BY_ID.get(str(name), 0)
        header.setSortIndicatorShown(True)
        header.setSectionsClickable(True)
        header.setSortIndicator(sorted_by, order)
        self._rows.sort(sorted_by, order)

    def _show_column(self, name: str, shown: bool) -> None:
        number = BY_ID[name]
        others = [each for each in range(len(COLUMNS)) if each != number and not self.isColumnHidden(each)]
        if not shown and not others:
            self.columns_menu.choose({name})  # a table without columns cannot be got back from
            return
        self.setColumnHidden(number, not shown)
        if shown and self.columnWidth(number) < _MIN_WIDTH:
            self.setColumnWidth(number, COLUMNS[number].width)
        self._remember()

    def _remember(self) -> None:
        header = self.horizontalHeader()
        order = [header.logicalIndex(place) for place in range(header.count())]
        shown = [number for number in order if not self.isColumnHidden(number)]
        self._settings.set(_COLUMNS, [[COLUMNS[number].id, self.columnWidth(number)] for number in shown])

    def _sort(self, column: int, order: Qt.SortOrder) -> None:
        if column >= 0 and not COLUMNS[column].is_sorted:
            self.show_sorting()
        elif column >= 0:
            self._rows.sort(column, order)
            self._settings.set(_SORT, [COLUMNS[column].id, order == Qt.SortOrder.DescendingOrder])

    def set_row_actions(self, actions: Sequence[QAction]) -> None:
        """What can be done with the selected rows: the context menu."""
        for action in self.actions():
            self.removeAction(action)
        self.addActions(actions)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)


def _key(row: FleetRow) -> _Key:
    return row.profile_name, row.function.function_arn


def _pairs(stored: Sequence[object]) -> Iterator[tuple[str, int]]:
    for each in stored:
        if (
            isinstance(each, list)
            and len(each) == 2
            and isinstance(each[0], str)
            and isinstance(each[1], int)
        ):
            yield each[0], each[1]
