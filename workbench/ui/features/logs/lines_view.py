"""A million log lines to scroll, select, copy and search in: only what is in view is read and painted."""

import re
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QToolButton,
    QToolTip,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobHandle
from workbench.core.messages import _, ngettext
from workbench.invoke.payload import own_frame
from workbench.logs.buffer import AllRows, LogBuffer, Row, Rows
from workbench.logs.find import Matches, Query, find
from workbench.ui.features.logs.line_painter import (
    LaidRow,
    LinePainter,
    Selection,
    TextPosition,
    printable,
    selected_text,
    without_surrogates,
)
from workbench.ui.kit.bars import OverflowRow
from workbench.ui.kit.labels import FittingLabel
from workbench.ui.kit.text import announce, named, show_status, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.kit.theme import Theme, monospace
from workbench.ui.services import Services

MAX_COPIED_ROWS = 5000
"""More rows are not copied at once: see `large_copy_wanted`."""
_DRAG_MS = 40
_MAX_LINES = 50
"""A row that takes more is cut off; Show Event has all of it."""
_WORD = re.compile(r"\w+")


class LinesView(QAbstractScrollArea):
    """The rows, newest last; follows the end while the reader is there.

    Signals:
        large_copy_wanted(Selection): More than MAX_COPIED_ROWS rows shall be copied.
        event_wanted(int): The whole event shall be shown, by a row's number.
        invocation_wanted(str): The invocation with this request id shall be shown.
        place_wanted(str, int, str): A line of the code: path in the package, line, and the function that
            logged it, empty when only one is read.
    """

    large_copy_wanted = Signal(Selection)
    event_wanted = Signal(int)
    invocation_wanted = Signal(str)
    place_wanted = Signal(str, int, str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        named(self, "logText", _("Log lines"))
        self.setFont(monospace())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.viewport().setMouseTracking(True)
        self.menu_actions: Sequence[QAction] = ()
        self.rows: Rows = AllRows(LogBuffer())
        self.selection = Selection(TextPosition(0, 0), TextPosition(0, 0))
        self.painter = LinePainter(theme, self.font())
        self._top_number = 0
        self._widest = 0
        self._dragged_to = QPoint()
        self._drag = QTimer(self, interval=_DRAG_MS)
        self._drag.timeout.connect(lambda: self._drag_to(self._dragged_to))
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        theme.changed.connect(self.viewport().update)

    # What is shown ------------------------------------------------------------------------------------------

    def show_rows(self, rows: Rows) -> None:
        """Shows other rows, from their end."""
        self.rows = rows
        self.selection = Selection(TextPosition(0, 0), TextPosition(0, 0))
        self._widest = 0
        self.horizontalScrollBar().setValue(0)
        self.verticalScrollBar().setRange(0, 0)
        self.refresh()

    def change_rows(self, rows: Rows) -> None:
        """Shows rows that are nearly the same; what is in view stays in view, if it is among them."""
        self.rows = rows
        self.refresh()

    def refresh(self) -> None:
        """Rows were added or removed: follows the end, or keeps what is in view."""
        bar = self.verticalScrollBar()
        is_at_end, top = bar.value() >= bar.maximum(), self._top_number
        bar.setPageStep(self._page_lines)
        bar.setRange(0, self._first_above(len(self.rows) - 1))
        bar.setValue(bar.maximum() if is_at_end else self.rows.index_of(top))
        self._scrolled()
        self.viewport().update()

    def show_matches(self, matches: Matches, current: int = -1) -> None:
        """Highlights matches."""
        self.painter.matches, self.painter.current = matches, current
        self.viewport().update()

    def reveal(self, number: int, begin: int = 0, end: int = 0) -> None:
        """Scrolls to a row, if it is not in view, and puts the cursor there."""
        place, bar = self.rows.index_of(number), self.verticalScrollBar()
        if not self._first_above(place) <= bar.value() <= place:
            bar.setValue(max(self._first_above(place), place - self._page_lines // 2))
        self._widest = max(self._widest, end)
        self._update_scroll_range()
        across = self.horizontalScrollBar()
        if not across.value() <= begin <= end <= across.value() + across.pageStep():
            across.setValue(max(0, begin - 8))
        self._select(TextPosition(number, begin), TextPosition(number, begin))

    def visible_text(self) -> str:
        """The rows in view, as they are."""
        return "\n".join(laid.row.text for laid in self._in_view())

    def set_display(self, *, wraps: bool, has_ids: bool) -> None:
        """Says whether long lines wrap, and whether times and request IDs within lines are shown."""
        self.painter.wraps, self.painter.has_ids = wraps, has_ids
        self._widest = 0
        self._update_scroll_range()
        self.refresh()

    # What Qt asks -------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setFont(self.font())
        rows = self._in_view(beyond=1)
        self.painter.paint(painter, self.viewport().size(), rows, self.selection, has_focus=self.hasFocus())
        painter.end()
        widest = max((len(laid.row.text) for laid in rows), default=0)
        if widest > self._widest:
            self._widest = widest
            self._update_scroll_range()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), tool_tip(self._left_out_at(event.pos())), self.viewport())
            return True
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._update_scroll_range()
        self.refresh()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keeps = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        page = max(1, len(self._in_view()) - 1)
        steps = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_PageUp: -page,
            Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -len(self.rows),
            Qt.Key.Key_End: len(self.rows),
        }
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.select_all()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and len(self.rows):
            if not self._open_frame(self.rows.buffer.row(self.selection.cursor.number)):
                self.event_wanted.emit(self.selection.cursor.number)
        elif (step := steps.get(Qt.Key(event.key()))) is not None and len(self.rows):
            self._move(step, keeps=keeps)
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() + (8 if event.key() == Qt.Key.Key_Right else -8))
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            place = self._position_at(event.position().toPoint())
            keeps = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._select(self.selection.anchor if keeps else place, place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        laid = self._laid_at(event.position().toPoint())
        over = laid is not None and laid[0].is_link
        shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.IBeamCursor
        self.viewport().setCursor(shape)
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._dragged_to = event.position().toPoint()
            self._drag_to(self._dragged_to)
            self._drag.start()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag.stop()
        laid = self._laid_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and self.selection.is_empty and laid is not None:
            self._open_frame(laid[0].row)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        laid = self._laid_at(event.position().toPoint())
        if laid is None:
            return
        row, column = laid[0].row, self.painter.column_at(laid[0], event.position().toPoint().x(), laid[1])
        begin, end = laid[0].folded
        column = end if column == begin else column
        for word in _WORD.finditer(row.text):
            if word.start() <= column <= word.end():
                self._select(TextPosition(row.number, word.start()), TextPosition(row.number, word.end()))
                return

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        place = (
            self._position_at(event.pos()) if event.reason() == event.Reason.Mouse else self.selection.cursor
        )
        if self.selection.is_empty:
            self._select(place, place)
        row = self.rows.buffer.row(place.number)
        request_id = row.request_id if row is not None else ""
        menu = named(QMenu(self), "logMenu", _("Log lines"))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, enabled, do in (
            (_("Copy"), not self.selection.is_empty, self.copy),
            (_("Copy Event"), row is not None, lambda: self._copy_event(place.number)),
            (_("Select All"), len(self.rows) > 0, self.select_all),
            (_("Show Event…"), row is not None, lambda: self.event_wanted.emit(place.number)),
            (
                _("Show Invocation"),
                bool(request_id),
                lambda: self.invocation_wanted.emit(request_id),
            ),
        ):
            action = menu.addAction(text)
            action.setEnabled(enabled)
            action.triggered.connect(lambda _on=False, do=do: do())
        if self.menu_actions:
            menu.addSeparator()
            menu.addActions(self.menu_actions)
        menu.popup(event.globalPos())

    # Selecting ----------------------------------------------------------------------------------------------

    def select_all(self) -> None:
        """Selects all rows."""
        if len(self.rows):
            last = self.rows.number(len(self.rows) - 1)
            row = self.rows.buffer.row(last)
            length = len(row.text) if row is not None else 0
            self._select(TextPosition(self.rows.number(0), 0), TextPosition(last, length), scroll=False)

    def copy(self) -> None:
        """Copies the selection."""
        if self.selection.is_empty:
            return
        first, end = self.selection.row_range(self.rows)
        if end - first > MAX_COPIED_ROWS:
            self.large_copy_wanted.emit(self.selection)
        else:
            QGuiApplication.clipboard().setText(selected_text(self.selection, self.rows))

    def _copy_event(self, number: int) -> None:
        QGuiApplication.clipboard().setText(without_surrogates(self.rows.buffer.event_text(number)))

    def _move(self, step: int, *, keeps: bool) -> None:
        place = self.rows.index_of(self.selection.cursor.number) + step
        place = max(0, min(place, len(self.rows) - 1))
        cursor = TextPosition(self.rows.number(place), 0)
        if keeps and step > 0 and place == len(self.rows) - 1:
            row = self.rows.buffer.row(cursor.number)
            cursor = TextPosition(cursor.number, len(row.text) if row is not None else 0)
        self._select(self.selection.anchor if keeps else cursor, cursor)

    def _drag_to(self, point: QPoint) -> None:
        bar = self.verticalScrollBar()
        if point.y() < 0:
            bar.setValue(bar.value() - max(1, -point.y() // self.painter.row_height))
        elif point.y() > self.viewport().height():
            over = point.y() - self.viewport().height()
            bar.setValue(bar.value() + max(1, over // self.painter.row_height))
        self._select(self.selection.anchor, self._position_at(point), scroll=False)

    def _select(self, anchor: TextPosition, cursor: TextPosition, *, scroll: bool = True) -> None:
        self.selection = Selection(anchor, cursor)
        if scroll:
            place, bar = self.rows.index_of(cursor.number), self.verticalScrollBar()
            bar.setValue(min(max(bar.value(), self._first_above(place)), place))
        row = self.rows.buffer.row(cursor.number)
        self.setAccessibleDescription(printable(row.text) if row is not None else "")
        self.viewport().update()

    def _position_at(self, point: QPoint) -> TextPosition:
        laid = self._laid_at(point, beside=True)
        if laid is None:
            return TextPosition(0, 0)
        return TextPosition(laid[0].row.number, self.painter.column_at(laid[0], point.x(), laid[1]))

    def _laid_at(self, point: QPoint, *, beside: bool = False) -> tuple[LaidRow, int] | None:
        """The row at a point and which of its lines; None where none is.

        Args:
            point: In the viewport.
            beside: Above all rows is the first, below all is the last.
        """
        rows = self._in_view(beyond=1)
        line = point.y() // self.painter.row_height
        if beside:
            line = max(0, line)
        for laid in rows:
            if 0 <= line < len(laid.lines):
                return laid, line
            line -= len(laid.lines)
        return (rows[-1], len(rows[-1].lines) - 1) if beside and rows else None

    def _left_out_at(self, point: QPoint) -> str:
        """The time and the request ID that the row at a point is shown without."""
        laid = self._laid_at(point)
        return laid[0].row.text[slice(*laid[0].folded)].strip() if laid is not None else ""

    def _open_frame(self, row: Row | None) -> bool:
        """Opens the line of code that a row names; returns whether it names one."""
        frame = own_frame(row.text) if row is not None else None
        if row is None or frame is None:
            return False
        self.place_wanted.emit(frame.file, frame.line, row.source)
        return True

    # Scrolling: the vertical scroll bar counts rows, of however many lines --------------------------------

    @property
    def _page_lines(self) -> int:
        return max(1, self.viewport().height() // self.painter.row_height)

    def _lay(self, row: Row) -> LaidRow:
        offset = self.horizontalScrollBar().value()
        return self.painter.lay(row, self.viewport().width(), offset, min(_MAX_LINES, self._page_lines))

    def _in_view(self, beyond: int = 0) -> list[LaidRow]:
        """The rows that are wholly in view, at least one, or those that reach to lines beyond the view."""
        top, left = self.verticalScrollBar().value(), self._page_lines + beyond
        found: list[LaidRow] = []
        for row in self.rows.each(top, top + left):
            laid = self._lay(row)
            if left <= 0 or (not beyond and found and len(laid.lines) > left):
                break
            found.append(laid)
            left -= len(laid.lines)
        return found

    def _first_above(self, place: int) -> int:
        """The first row that can be at the top while the given row is wholly in view."""
        page = self._page_lines
        first = max(0, place - page + 1)
        if not self.painter.wraps or place < 0:
            return first
        left = page
        for number, row in reversed(list(enumerate(self.rows.each(first, place + 1), first))):
            left -= len(self._lay(row).lines)
            if left < 0:
                return min(number + 1, place)
        return first

    def _scrolled(self) -> None:
        value = self.verticalScrollBar().value()
        self._top_number = self.rows.number(value) if value < len(self.rows) else 0

    def _update_scroll_range(self) -> None:
        columns = self.painter.columns_in(self.viewport().width())
        bar = self.horizontalScrollBar()
        bar.setPageStep(columns)
        bar.setRange(0, 0 if self.painter.wraps else max(0, self._widest + 1 - columns))


_TYPING_MS = 250
_FIND_WIDTH = 160


class FindBar(QWidget):
    """Searches the rows in a job, and those that are added.

    Args:
        services: The program's.
        tools: Other buttons for what is shown, at the right end of the row.

    Signals:
        found: `matches` or `current` are others now.
        only_changed(bool): Only rows with matches shall be shown, or all again.
    """

    found = Signal()
    only_changed = Signal(bool)

    def __init__(self, services: Services, tools: Sequence[QAbstractButton] = ()) -> None:
        super().__init__()
        self.setObjectName("logsFindBar")
        self._services = services
        self._rows: Rows | None = None
        self._job: JobHandle | None = None
        self._is_behind = False
        self.matches, self.current = Matches(), -1
        self.text = named(QLineEdit(), "logsFind", _("Find in log lines"))
        self.text.setPlaceholderText(_("Find in log lines"))
        self.text.setClearButtonEnabled(True)
        self.text.setMinimumWidth(scaled(_FIND_WIDTH))
        self.text.installEventFilter(self)
        self.match_case = self._toggle("logsFindCase", "Aa", _("Match case"))
        self.is_regex = self._toggle("logsFindRegex", ".*", _("Regular expression"))
        self.only = self._toggle("logsFindOnly", _("Matches only"), _("Show only matching lines"))
        self.previous = self._step("logsFindPrevious", "arrow-up", _("Previous (Shift+Enter)"))
        self.next = self._step("logsFindNext", "arrow-down", _("Next (Enter)"))
        self.status = named(FittingLabel(), "logsFindStatus", role="muted")
        more = named(QToolButton(), "logsFindMore", _("More tools for the lines"))
        more.setText(_("More"))
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.row = row = OverflowRow(more, (*reversed(tools), self.only, self.is_regex, self.match_case))
        for widget in (self.text, self.match_case, self.is_regex, self.only, self.previous, self.next):
            row.add(widget)
        row.add(self.status, whole=True)
        row.add_stretch()
        for tool in (*tools, more):
            row.add(tool)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(16, 0, 16, 8)
        whole.addWidget(row)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self.search)
        self.text.textChanged.connect(self._typed)
        self.match_case.toggled.connect(self.search)
        self.is_regex.toggled.connect(self.search)
        self.only.toggled.connect(self.only_changed)
        self.previous.clicked.connect(lambda: self.go(-1))
        self.next.clicked.connect(lambda: self.go(1))
        self._show()

    @property
    def is_searching(self) -> bool:
        """Whether a search text was entered."""
        return bool(self.text.text())

    def focus_find(self) -> None:
        """Focuses the field and selects its text."""
        self.text.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.text.selectAll()

    def set_rows(self, rows: Rows) -> None:
        """Sets other rows to search."""
        self._rows = rows
        self.search()

    def more(self) -> None:
        """Rows were added."""
        if self._job is not None and not self._job.finished:
            self._is_behind = True
        elif self.is_searching:
            self._start(self.matches, quiet=True)

    def search(self) -> None:
        """Searches all rows again."""
        self._typing.stop()
        self.stop()
        self.matches, self.current = Matches(), -1
        if self.is_searching:
            self._start(Matches(), quiet=False)
        self._show()
        self.found.emit()

    def stop(self) -> None:
        """Stops the search."""
        self._is_behind = False
        if self._job is not None:
            self._job.drop()
            self._job = None

    def go(self, step: int) -> None:
        """Goes to the next match or the previous one; wraps around at the end."""
        if len(self.matches):
            begin = 0 if step > 0 else len(self.matches) - 1
            self.current = (self.current + step) % len(self.matches) if self.current >= 0 else begin
            self._show()
            self.found.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.text and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if self._typing.isActive():
                    self.search()
                else:
                    self.go(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
                return True
            if event.key() == Qt.Key.Key_Escape and self.is_searching:
                self.text.clear()
                return True
        return super().eventFilter(watched, event)

    def _typed(self, text: str) -> None:
        if text:
            self._typing.start()
        else:
            self.search()

    def _start(self, before: Matches, *, quiet: bool) -> None:
        rows = self._rows
        if rows is None or before.is_cut:
            return
        query = Query(self.text.text(), self.is_regex.isChecked(), self.match_case.isChecked())

        def done(matches: Matches) -> None:
            self._take(before.followed_by(matches))
            if self._is_behind:
                self._is_behind = False
                self._start(self.matches, quiet=True)

        first = before.searched_to
        self._job = self._services.jobs.submit(
            Job(
                _("Searching the log lines"),
                lambda ctx: find(query, rows.pieces(first), len(rows), ctx),
                quiet=quiet,
                on_done=done,
                on_error=self._fail,
                on_cancelled=lambda: show_status(self.status, _("Cancelled. There may be more matches.")),
            )
        )

    def _take(self, matches: Matches) -> None:
        self.matches = matches
        self._show()
        self.found.emit()

    def _fail(self, error: WorkbenchError) -> None:
        show_status(self.status, f"{error.what} {error.why}", danger=True)

    def _show(self) -> None:
        count = len(self.matches)
        self.previous.setEnabled(count > 0)
        self.next.setEnabled(count > 0)
        if not self.is_searching:
            show_status(self.status, "")
        elif self._job is not None and not self._job.finished and not count:
            show_status(self.status, _("Searching…"))
        elif count == 0:
            words = _("0 matches")
            if words != self.status.text():
                announce(self.status, words)
            show_status(self.status, words)
        else:
            words = ngettext("{count:,} match", "{count:,} matches", count)
            if self.matches.is_cut:
                words = _("more than {count:,} matches")
            if self.current >= 0:
                words = _("{number:,} of {count:,}")
            show_status(self.status, words.format(number=self.current + 1, count=count))

    def _toggle(self, name: str, text: str, tip: str) -> QToolButton:
        button = named(QToolButton(), name, tip)
        button.setText(text)
        button.setToolTip(tool_tip(tip))
        button.setCheckable(True)
        return button

    def _step(self, name: str, icon: str, tip: str) -> QToolButton:
        button = named(QToolButton(), name, tip)
        self._services.icons.attach(button, icon)
        button.setToolTip(tool_tip(tip))
        return button
