"""A table of declared columns: the text, sort key, copy and colour of a cell are declared together.

    table = Table(
        "alarms",
        "Alarms",
        (
            Column("Name", lambda alarm: alarm.name, 0),
            Column("State", lambda alarm: alarm.state, 120, tone=lambda alarm: TONES[alarm.state]),
        ),
        identity=lambda alarm: alarm.arn,
        empty="No alarms.",
    )
    table.set_rows(alarms)
    table.current()  # an alarm, or None

Rows are values of any type. They are identified by their identity, so that a selection survives a refresh,
another order and a filter. 10,000 rows scroll smoothly: only visible cells are read, and the delegate calls
the columns without Qt in between.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QAction,
    QColor,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QSizePolicy,
    QStyle,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from workbench.core import files
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobRunner
from workbench.core.messages import _
from workbench.core.settings import Settings
from workbench.core.spreadsheet import csv_row, tsv_row
from workbench.ui.kit.choices import CalmSpinBox
from workbench.ui.kit.clipboard import SecretClipboard
from workbench.ui.kit.empty import EmptyMessage
from workbench.ui.kit.file_dialog import FileDialog
from workbench.ui.kit.table_model import (
    MAX_WRAPPED_CHARACTERS,
    ChoiceMenu,
    Column,
    TableModel,
    ToneDelegate,
)
from workbench.ui.kit.text import named, restyle
from workbench.ui.kit.text_size import scaled
from workbench.ui.kit.theme import Theme

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_Role = Qt.ItemDataRole
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LINE = {False: int(_LEFT | Qt.TextFlag.TextSingleLine), True: int(_RIGHT | Qt.TextFlag.TextSingleLine)}
_CHECKED = (Qt.CheckState.Checked, Qt.CheckState.Checked.value)

_ROW_HEIGHT, _WRAPPED_HEIGHT, _WRAPPED_PADDING = 26, 30, 12
_WRAPPED_MARGINS, _UNLIMITED = 20, 10_000  # the style sheet's padding, and Qt's own beside a text
_TITLE_PADDING = 20  # 8 px on each side by the style sheet, and a margin
_CELL_PADDING = 12
_MAX_FITTED_ROWS = 8
_MIN_WIDTH = 40
_MAX_WIDTH = 4_000
_REMEMBER_MS = 400
_MARGIN = 8  # as in the header
_ICON_PX, _BAR_PX = 16, 3
_BADGE_MARGIN, _BADGE_RADIUS = 6, 4
_MAX_CACHED = 20_000
_CSV_BLOCK = 500

# As numbers: Python's flags are slow, and there are hundreds of cells in a frame.
_SELECTED, _HAS_FOCUS = QStyle.StateFlag.State_Selected.value, QStyle.StateFlag.State_HasFocus.value
_HOVERED, _ENABLED = QStyle.StateFlag.State_MouseOver.value, QStyle.StateFlag.State_Enabled.value
_ACTIVE = QStyle.StateFlag.State_Active.value


class CellDelegate(ToneDelegate):
    """Paints cells by their column.

    Qt's own delegate with a style sheet takes ten times as long for each cell. It only handles what is rare:
    check boxes, texts of several lines, editing.
    """

    def __init__(self, table: "Table[Any]") -> None:
        super().__init__(table)
        self._table = table
        self._elided: dict[
            tuple[str, int, Qt.TextElideMode | None], str
        ] = {}  # most cells repeat texts of others
        self._colors: dict[int, tuple[QColor, QColor]] = {}

    def forget(self) -> None:
        """Clears the caches, because colours or font have changed."""
        self._elided.clear()
        self._colors.clear()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        column = self._table.rows.columns[index.column()]
        if not isinstance(index.data(_Role.EditRole), int):
            return super().createEditor(parent, option, index)
        field = named(CalmSpinBox(parent), f"{self._table.objectName()}Field", column.title)
        field.setRange(*column.limits)
        field.setFrame(False)
        return field

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = self._table.rows
        column, row = model.columns[index.column()], model.row(index.row())
        if column.checked is not None or column.bold is not None or self._table.wraps:
            super().paint(painter, option, index)
        else:
            self._paint_cell(painter, option, column, row)
        share = column.share(row) if column.share is not None else None
        if share is not None:
            area = QRect(option.rect)
            area.setTop(area.bottom() - _BAR_PX + 1)
            area.setWidth(round(area.width() * min(1.0, share)))
            painter.fillRect(area, QApplication.palette().color(QPalette.ColorRole.Accent))

    def _paint_cell(
        self, painter: QPainter, option: QStyleOptionViewItem, column: Column[Any], row: Any
    ) -> None:
        rect, state = option.rect, option.state.value
        ground, color = self._colors_of(state & (_SELECTED | _HOVERED | _ENABLED | _ACTIVE))
        if ground.isValid():
            painter.fillRect(rect, ground)
        if column.paint is None or not column.paint(painter, rect, row):
            area = rect.adjusted(_MARGIN, 0, -_MARGIN, 0)
            text = column.display_text(row)
            if column.icon is not None and not (icon := column.icon(row)).isNull():
                place = QRect(0, 0, _ICON_PX, _ICON_PX)
                place.moveCenter(area.center())
                if not column.is_icon:
                    place.moveLeft(area.left())
                icon.paint(painter, place)
                area.setLeft(place.right() + _BADGE_MARGIN)
                text = "" if column.is_icon else text
            if column.badge is not None and (badge := column.badge(row)) is not None:
                text = "" if text == badge[0] else text
                area = self._paint_badge(painter, option, area, badge, is_alone=not text)
            if text:
                tone = column.tone(row) if column.tone is not None else ""
                painter.setPen((self._table.rows.color(tone) if tone else None) or color)
                shown = self._fitted(option, text, area.width(), column.elide)
                painter.drawText(area, _LINE[column.is_number], shown)
        if state & _HAS_FOCUS and self._table.marks_current:
            painter.setPen(QApplication.palette().color(QPalette.ColorRole.Accent))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))

    def _colors_of(self, state: int) -> tuple[QColor, QColor]:
        """The background (invalid for none) and the text colour of a cell."""
        if state not in self._colors:
            palette, role = QApplication.palette(), QPalette.ColorRole
            group = QPalette.ColorGroup.Active if state & _ACTIVE else QPalette.ColorGroup.Inactive
            ground = QColor()
            if state & _SELECTED:
                ground = palette.color(group, role.Highlight)
            elif state & _HOVERED and state & _ENABLED:
                ground = palette.color(role.Midlight)
            is_enabled = QPalette.ColorGroup.Active if state & _ENABLED else QPalette.ColorGroup.Disabled
            self._colors[state] = ground, palette.color(is_enabled, role.Text)
        return self._colors[state]

    def _paint_badge(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        area: QRect,
        badge: tuple[str, str],
        *,
        is_alone: bool,
    ) -> QRect:
        """Paints a badge at the right end of the cell, or alone at its left. Returns the remaining area."""
        (word, tone), metrics = badge, option.fontMetrics
        width = min(metrics.horizontalAdvance(word) + 2 * _BADGE_MARGIN, area.width())
        left = area.left() if is_alone else area.right() + 1 - width
        height = metrics.height() + 1
        box = QRect(left, area.center().y() - height // 2, width, height)
        color = self._table.rows.color(tone) or QApplication.palette().color(QPalette.ColorRole.Text)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = Qt.PenStyle.DashLine if tone == "muted" else Qt.PenStyle.SolidLine
        painter.setPen(QPen(color, 1, line))
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), _BADGE_RADIUS, _BADGE_RADIUS)
        painter.setPen(color)
        inner = box.adjusted(_BADGE_MARGIN - 1, 0, 1 - _BADGE_MARGIN, 0)
        shown = metrics.elidedText(word, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, int(Qt.AlignmentFlag.AlignCenter), shown)
        painter.restore()
        return area.adjusted(0, 0, -width - _MARGIN, 0)

    def _fitted(
        self, option: QStyleOptionViewItem, text: str, width: int, elide: Qt.TextElideMode | None
    ) -> str:
        key = text, width, elide
        fitted = self._elided.get(key)
        if fitted is None:
            if len(self._elided) > _MAX_CACHED:
                self._elided.clear()
            line = text if "\n" not in text else text.replace("\n", " ")
            if elide is None:  # a long name (an ARN) differs from others at its end
                is_name = line.isascii() and " " not in line
                elide = Qt.TextElideMode.ElideMiddle if is_name else Qt.TextElideMode.ElideRight
            fitted = self._elided[key] = option.fontMetrics.elidedText(line, elide, width)
        return fitted


class Table[R](QTableView):
    """Rows to read, copy and select; Tab leaves it. Its object name is also that of its actions.

    Ctrl+C copies the full text of the current cell, Ctrl+Shift+C the selected rows; both copy the mask of a
    masked text. A table with a secret column has Copy Value, for the secret of the current row.

    Args:
        title: For screen readers, and the name of an exported file.
        columns: From left to right.
        identity: As for TableModel.
        model: In place of one made from the columns.
        row_height: In px, for texts of 100 %.
        wraps: Whether rows are as high as their texts need; for tables of few rows.
        cells: Whether single cells are selected instead of rows.
        several: Whether several rows can be selected.
        sortable: Whether a click on a header sorts.
        marks_current: Whether the current cell has a frame.
        empty: Shown in place of rows.
        settings: Stores the user's choice of columns and order; without it there is no choice.
        settings_key: Stored as "<key>.columns" and "<key>.sort".

    Signals:
        opened: A row was double-clicked, or Enter was pressed on it.
        chosen_changed: Other rows are selected, or they have changed.
        exported: The rows are in a file, a Path.
    """

    opened = Signal(object)
    exported = Signal(object)
    chosen_changed = Signal()

    def __init__(
        self,
        name: str,
        title: str,
        columns: Sequence[Column[R]] = (),
        *,
        identity: Callable[[R], Hashable] | None = None,
        theme: Theme | None = None,
        model: TableModel[R] | None = None,
        row_height: int = _ROW_HEIGHT,
        wraps: bool = False,
        cells: bool = False,
        several: bool = False,
        sortable: bool = False,
        marks_current: bool = False,
        empty: str = "",
        settings: Settings | None = None,
        settings_key: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        named(self, name, title)
        self.rows = model if model is not None else TableModel(columns, identity, theme, parent=self)
        self.wraps, self.marks_current = wraps, marks_current
        if wraps:
            self.rows.most_characters = MAX_WRAPPED_CHARACTERS
        self._row_height = _WRAPPED_HEIGHT if wraps else row_height
        self._settings, self._settings_key = settings, settings_key
        self._kept: tuple[set[Hashable], Hashable, int, int] = (set(), None, -1, 0)
        self._choosing = 0  # how many changes of the selection are under way, one within the other
        self._told: tuple[int, tuple[tuple[int, int], ...]] = (-1, ())  # current row, and first and last ones
        self._is_stretching = False
        self._dragged: set[int] = set()  # stretched columns that the user gave a width
        self._message: EmptyMessage | None = None
        self._empty = empty
        self.setModel(self.rows)
        self._delegate = CellDelegate(self)
        self.setItemDelegate(self._delegate)
        self._set_look(cells=cells, several=several)
        self._set_columns(sortable=sortable)
        if empty:
            self.set_message("")
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.add_action("copy", _("Copy"), self._copy_cell, "Ctrl+C")
        copies = _("Copy Rows") if several else _("Copy Row")
        self.add_action("copyRow", copies, self._copy_rows, "Ctrl+Shift+C")
        if any(column.secret is not None for column in self.rows.columns):
            self._secrets = SecretClipboard(self)
            self.add_action("copyValue", _("Copy Value"), self._copy_secret)
        # The column that takes the remaining room has its width only after the table has its own.
        self._fitting = QTimer(self, singleShot=True, interval=0)
        self._fitting.timeout.connect(self._resize_rows)
        self.rows.modelAboutToBeReset.connect(self._keep_selection)
        self.rows.modelReset.connect(self._restore_selection)
        for changed in (self.rows.modelReset, self.rows.dataChanged, self.rows.rowsInserted):
            changed.connect(self._resize_rows)
        for moved in (self.selectionModel().selectionChanged, self.selectionModel().currentRowChanged):
            moved.connect(self._selection_moved)
        for shifted in (self.rows.rowsInserted, self.rows.rowsRemoved):
            shifted.connect(self.chosen_again)
        self.doubleClicked.connect(self._open)

    def _set_look(self, *, cells: bool, several: bool) -> None:
        self.setShowGrid(False)
        self.setWordWrap(self.wraps)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        can_edit = any(column.edit is not None for column in self.rows.columns)
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(
            triggers.DoubleClicked | triggers.EditKeyPressed if can_edit else triggers.NoEditTriggers
        )
        behavior = QAbstractItemView.SelectionBehavior
        self.setSelectionBehavior(behavior.SelectItems if cells else behavior.SelectRows)
        mode = QAbstractItemView.SelectionMode
        self.setSelectionMode(mode.ExtendedSelection if several else mode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideNone if self.wraps else Qt.TextElideMode.ElideRight)
        rows = self.verticalHeader()
        rows.setVisible(False)
        rows.setDefaultSectionSize(scaled(self._row_height))
        if not self.wraps:
            rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    # Rows ---------------------------------------------------------------------------------------------------

    def set_rows(self, rows: Iterable[R]) -> None:
        """Shows these rows. Selected rows that still exist stay selected."""
        self.rows.set_rows(rows)

    def set_message(self, text: str, tone: str = "muted") -> None:
        """A message in place of rows, such as that they are being read; if empty, `empty` is shown."""
        if self._message is None:
            self._message = EmptyMessage(self, "")
        self._message.set_text(text or self._empty)
        if self._message.property("role") != tone:
            restyle(self._message, role=tone)

    def current(self) -> R | None:
        """The current row, if it is selected."""
        index = self.currentIndex()
        return (
            self.rows.row(index.row()) if index.isValid() and self.selectionModel().hasSelection() else None
        )

    def chosen(self) -> tuple[R, ...]:
        """The selected rows, in the order shown."""
        spans = self.selectionModel().selection().toList()
        numbers = {number for span in spans for number in range(span.top(), span.bottom() + 1)}
        return tuple(self.rows.row(number) for number in sorted(numbers))

    def choose(self, identity: Hashable) -> bool:
        """Selects a row and scrolls to it; returns whether it is shown."""
        number = self.rows.number_of(identity)
        if number >= 0:
            with self.one_choice():
                self.setCurrentIndex(self.rows.index(number, self._first_column()))
                self.selectRow(number)
        return number >= 0

    @contextmanager
    def one_choice(self) -> Iterator[None]:
        """What is selected within it is one change. Qt moves the current cell, then selects."""
        self._choosing += 1
        try:
            yield
        finally:
            self._choosing -= 1
            self._selection_moved()

    def _selection_moved(self, *_what: object) -> None:
        spans = self.selectionModel().selection().toList()
        now = self.currentIndex().row(), tuple((span.top(), span.bottom()) for span in spans)
        if not self._choosing and now != self._told:
            self._told = now
            self.chosen_changed.emit()

    def chosen_again(self, *_where: object) -> None:
        """The next change is told even if the same numbers of rows are selected: the rows are others."""
        self._told = (-2, ())

    def selectRow(self, row: int) -> None:
        with self.one_choice():
            super().selectRow(row)

    def setCurrentIndex(self, index: _Index) -> None:
        with self.one_choice():
            super().setCurrentIndex(index)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        with self.one_choice():
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        with self.one_choice():
            super().mouseMoveEvent(event)

    def visible_rows(self) -> tuple[R, ...]:
        first, bottom = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        last = bottom if bottom >= 0 else self.rows.rowCount() - 1
        return tuple(self.rows.row(number) for number in range(first, last + 1)) if first >= 0 else ()

    def _first_column(self) -> int:
        header = self.horizontalHeader()
        order = (header.logicalIndex(place) for place in range(header.count()))
        return next((column for column in order if not self.isColumnHidden(column)), 0)

    def _keep_selection(self) -> None:
        index = self.currentIndex()
        current = self.rows.identity(self.rows.row(index.row())) if index.isValid() else None
        chosen = {self.rows.identity(row) for row in self.chosen()}
        self._kept = chosen, current, index.column(), self.verticalScrollBar().value()

    def _restore_selection(self) -> None:
        chosen, current, column, scrolled = self._kept
        self._kept = set(), None, -1, 0
        if column < 0 and not chosen:
            return
        with self.one_choice():
            self._select_again(chosen, current, column)
            self.chosen_again()  # the same rows may say something else
        self.verticalScrollBar().setValue(scrolled)

    def _select_again(self, chosen: set[Hashable], current: Hashable, column: int) -> None:
        selection, last = QItemSelection(), self.rows.columnCount() - 1
        selects_rows = self.selectionBehavior() == QAbstractItemView.SelectionBehavior.SelectRows
        for number, row in enumerate(self.rows.visible):
            identity = self.rows.identity(row)
            if identity in chosen:
                left, right = (0, last) if selects_rows else (column, column)
                selection.select(self.rows.index(number, left), self.rows.index(number, right))
            if column >= 0 and identity == current:
                place = self.rows.index(number, column)
                self.selectionModel().setCurrentIndex(place, QItemSelectionModel.SelectionFlag.NoUpdate)
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    # Size ---------------------------------------------------------------------------------------------------

    def resize_to_content(self, most: int = _MAX_FITTED_ROWS, least: int = 0) -> None:
        """Makes the table as high as its rows, within these numbers; more rows scroll."""
        header = self.horizontalHeader()
        header_height = 0 if header.isHidden() else header.sizeHint().height()
        rows = max(min(self.rows.rowCount(), most), least)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(header_height + rows * scaled(self._row_height) + 4)

    def resize_column(self, column: int, least: int, most: int) -> None:
        """Makes a column as wide as its texts, within these widths in px."""
        self.setColumnWidth(column, min(max(self.sizeHintForColumn(column) + _CELL_PADDING, least), most))

    def _resize_rows(self) -> None:
        if not self.wraps:
            return
        for number in range(self.rows.rowCount()):
            heights = (self._wrapped_height(number, column) for column in range(self.rows.columnCount()))
            height = max(self.sizeHintForRow(number), *heights) + _WRAPPED_PADDING
            self.setRowHeight(number, max(scaled(self._row_height), height))

    def _wrapped_height(self, row: int, column: int) -> int:
        """The height of a cell's text. Qt's hint lacks the style sheet's padding, and cuts off a line."""
        text = str(self.rows.index(row, column).data() or "")
        area = QRect(0, 0, max(1, self.columnWidth(column) - _WRAPPED_MARGINS), _UNLIMITED)
        return self.fontMetrics().boundingRect(area, Qt.TextFlag.TextWordWrap.value, text).height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._stretch_columns()
        self._resize_rows()
        self._fitting.start()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if hasattr(self, "_delegate"):
            self._delegate.forget()

    # Copy and export ----------------------------------------------------------------------------------------

    def add_action(self, name: str, title: str, act: Callable[[], object], keys: str = "") -> QAction:
        """Adds an action to the context menu, with a shortcut that works while the table has the focus."""
        action = QAction(title, self)
        action.setObjectName(f"{self.objectName()}.{name}")
        if keys:
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda _on=False: act())
        self.addAction(action)
        return action

    def set_actions(self, actions: Sequence[QAction]) -> None:
        """Replaces the context menu."""
        for action in self.actions():
            self.removeAction(action)
        self.addActions(actions)

    def offer_export(self, jobs: JobRunner, report: Callable[[WorkbenchError], object]) -> QAction:
        """Adds an export of the shown rows to a spreadsheet file to the context menu."""
        return self.add_action("export", _("Export as CSV…"), lambda: self._ask_file(jobs, report))

    def _ask_file(self, jobs: JobRunner, report: Callable[[WorkbenchError], object]) -> None:
        dialog = FileDialog(f"{self.objectName()}ExportDialog", _("Export as CSV"), self.window())
        dialog.ask_where_to_save(f"{self.accessibleName()}.csv", "csv")
        dialog.fileSelected.connect(lambda path: self.export(Path(path), jobs, report))
        dialog.open()

    def export(self, path: Path, jobs: JobRunner, report: Callable[[WorkbenchError], object]) -> None:
        """Writes the shown rows and columns as comma-separated values, on a worker thread."""
        failed = _("The table was not exported.")
        header, rows = self.horizontalHeader(), tuple(self.rows.visible)
        places = (header.logicalIndex(place) for place in range(header.count()))
        columns = [self.rows.columns[each] for each in places if not self.isColumnHidden(each)]

        def write(ctx: JobContext) -> None:
            try:
                with files.replacing(path) as file:
                    file.write(b"\xef\xbb\xbf")  # tells Excel that it is UTF-8
                    file.write(csv_row(column.title for column in columns).encode())
                    for number, row in enumerate(rows):
                        if number % _CSV_BLOCK == 0:
                            ctx.progress(number, len(rows))
                        file.write(csv_row(column.exported(row) for column in columns).encode())
            except OSError as error:
                raise files.explain_os_error(error, failed, path) from error

        jobs.submit(
            Job(
                _("Exporting {name}").format(name=path.name),
                write,
                on_done=lambda _none: self.exported.emit(path),
                on_error=report,
            )
        )

    def _copy_cell(self) -> None:
        index = self.currentIndex()
        if index.isValid():
            text = self.rows.columns[index.column()].exported(self.rows.row(index.row()))
            QGuiApplication.clipboard().setText(text)

    def _copy_secret(self) -> None:
        index = self.currentIndex()
        column = next(column for column in self.rows.columns if column.secret is not None)
        if index.isValid() and (text := column.whole(self.rows.row(index.row()))):
            self._secrets.copy(text)

    def _copy_rows(self) -> None:
        columns = [c for n, c in enumerate(self.rows.columns) if not self.isColumnHidden(n) and not c.is_icon]
        lines = [tsv_row(column.exported(row) for column in columns) for row in self.chosen()]
        if lines:
            QGuiApplication.clipboard().setText("\n".join(lines))

    # Keys ---------------------------------------------------------------------------------------------------

    def _open(self, index: QModelIndex) -> None:
        if index.isValid() and not self.rows.flags(index) & Qt.ItemFlag.ItemIsEditable:
            self.opened.emit(self.rows.row(index.row()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and index.isValid() and self.state() != QAbstractItemView.State.EditingState:
            self._open(index)
        with self.one_choice():
            super().keyPressEvent(event)

    # Columns ------------------------------------------------------------------------------------------------

    def _set_columns(self, *, sortable: bool) -> None:
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(_LEFT)
        for number, column in enumerate(self.rows.columns):
            if column.width:
                self.setColumnWidth(number, self._default_width(number))
            else:
                header.setSectionResizeMode(number, QHeaderView.ResizeMode.Stretch)
        header.sectionResized.connect(self._column_resized)
        if self._settings is not None:
            self._offer_columns(self._settings)
        if sortable:
            header.setSortIndicatorShown(True)
            header.setSectionsClickable(True)
            self._restore_sorting()
            header.sortIndicatorChanged.connect(self._sort)

    def _column_resized(self, number: int) -> None:
        if self.rows.columns[number].width:
            self._stretch_columns()
        elif not self._is_stretching and self._mode_of(number) == QHeaderView.ResizeMode.Interactive:
            self._dragged.add(number)

    def _mode_of(self, number: int) -> QHeaderView.ResizeMode:
        return self.horizontalHeader().sectionResizeMode(number)

    def _stretch_columns(self) -> None:
        """Columns without a width take the room that is left, but not less than their titles need.

        Where there is not enough, a width that the user gave one of them stays.
        """
        self._is_stretching = True
        header = self.horizontalHeader()
        shown = [each for each in range(header.count()) if not header.isSectionHidden(each)]
        stretched = [each for each in shown if not self.rows.columns[each].width]
        needed = sorted(((self._default_width(number), number) for number in stretched), reverse=True)
        room = self.viewport().width() - sum(map(self.columnWidth, set(shown) - set(stretched)))
        is_enough = all(room >= width * len(stretched) for width, _number in needed)
        mode = QHeaderView.ResizeMode.Stretch if is_enough else QHeaderView.ResizeMode.Interactive
        if is_enough:
            self._dragged.clear()
        for place, (width, number) in enumerate(needed):
            if self._mode_of(number) != mode:
                header.setSectionResizeMode(number, mode)
            if not is_enough:  # the longest title first: what it leaves is shared by the others
                wanted = self.columnWidth(number) if number in self._dragged else 0
                width = max(width, wanted or room // (len(needed) - place))
                self.setColumnWidth(number, width)
                room -= width
        self._is_stretching = False

    def _default_width(self, number: int) -> int:
        """The declared width of a column, or what its title needs in the style sheet's font, in px."""
        column, font = self.rows.columns[number], self.horizontalHeader().font()
        if column.is_icon or self.horizontalHeader().isHidden():
            return scaled(column.width)
        font.setWeight(QFont.Weight.DemiBold)
        return max(scaled(column.width), QFontMetrics(font).horizontalAdvance(column.title) + _TITLE_PADDING)

    def _offer_columns(self, settings: Settings) -> None:
        """Lets the user choose columns, their order and width, and stores them."""
        header, columns = self.horizontalHeader(), self.rows.columns
        header.setSectionsMovable(True)
        header.setMinimumSectionSize(_MIN_WIDTH)
        header.setStretchLastSection(True)
        by_id = {column.id: number for number, column in enumerate(columns)}
        stored: list[object] = settings.get(f"{self._settings_key}.columns", [])
        chosen = [(by_id[name], width) for name, width in _widths(stored) if name in by_id] or [
            (number, self._default_width(number)) for number, column in enumerate(columns) if column.is_shown
        ]
        shown = {number for number, __ in chosen}
        for number in range(len(columns)):
            self.setColumnHidden(number, number not in shown)
        for place, (number, width) in enumerate(chosen):
            header.moveSection(header.visualIndex(number), place)
            self.setColumnWidth(number, max(_MIN_WIDTH, width))
        self.columns_menu = ChoiceMenu(_("Columns"), self)
        self.columns_menu.setObjectName(f"{self._settings_key}ColumnsMenu")
        self.columns_menu.offer(
            [(column.id, column.title) for column in columns], {columns[number].id for number in shown}
        )
        self.columns_menu.toggled.connect(self._show_column)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(
            lambda spot: self.columns_menu.popup(header.mapToGlobal(spot))
        )
        # Not at every px of a drag: it goes to disk.
        self._remembering = QTimer(self, singleShot=True, interval=_REMEMBER_MS)
        self._remembering.timeout.connect(self._remember_columns)
        header.sectionMoved.connect(lambda *__: self._remembering.start())
        header.sectionResized.connect(lambda *__: self._remembering.start())

    def _show_column(self, name: str, shown: bool) -> None:
        columns = self.rows.columns
        number = next(number for number, column in enumerate(columns) if column.id == name)
        others = [each for each in range(len(columns)) if each != number and not self.isColumnHidden(each)]
        if not shown and not others:
            self.columns_menu.choose({name})  # the user could not get a table without columns back
            return
        self.setColumnHidden(number, not shown)
        if shown and self.columnWidth(number) < _MIN_WIDTH:
            self.setColumnWidth(number, self._default_width(number))
        self._remember_columns()

    def _remember_columns(self) -> None:
        assert self._settings is not None
        header = self.horizontalHeader()
        order = [header.logicalIndex(place) for place in range(header.count())]
        self._settings.set(
            f"{self._settings_key}.columns",
            [[self.rows.columns[n].id, self.columnWidth(n)] for n in order if not self.isColumnHidden(n)],
        )

    def _restore_sorting(self) -> None:
        stored: list[object] = self._settings.get(f"{self._settings_key}.sort", []) if self._settings else []
        if len(stored) == 2:
            by_id = {column.id: number for number, column in enumerate(self.rows.columns)}
            order = Qt.SortOrder.DescendingOrder if stored[1] is True else Qt.SortOrder.AscendingOrder
            self.rows.sort(by_id.get(str(stored[0]), 0), order)
        self.show_sorting()

    def show_sorting(self) -> None:
        """Shows the sorting in the header."""
        header = self.horizontalHeader()
        header.blockSignals(True)
        header.setSortIndicator(*self.rows.sorting)
        header.blockSignals(False)
        header.viewport().update()

    def _sort(self, number: int, order: Qt.SortOrder) -> None:
        if number < 0:
            return
        column = self.rows.columns[number]
        if not column.is_sorted:
            self.show_sorting()
            return
        self.rows.sort(number, order)
        if self._settings is not None:
            is_descending = order == Qt.SortOrder.DescendingOrder
            self._settings.set(f"{self._settings_key}.sort", [column.id, is_descending])


def _widths(stored: Sequence[object]) -> list[tuple[str, int]]:
    """Stored ids and widths; invalid ones are left out."""
    return [
        (each[0], min(each[1], _MAX_WIDTH))
        for each in stored
        if isinstance(each, list) and len(each) == 2 and isinstance(each[0], str) and isinstance(each[1], int)
    ]
