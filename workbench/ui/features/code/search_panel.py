"""The Search panel: what to look for, in which files, and what was found, as it is found."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStackedLayout,
    QStyle,
    QStyleOptionViewItem,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from workbench.code.search import FileMatches, Match, Query, Replacement, SearchSummary, replacement_of
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _, ngettext
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.text import PlainDelegate, PlainLabel, PlainLine, named, tool_tip, visible
from workbench.ui.kit.theme import Theme, monospace

MATCH_ROLE = Qt.ItemDataRole.UserRole + 1  # the Match of a line; None for a file
FILE_ROLE = Qt.ItemDataRole.UserRole + 2  # the FileMatches of a file, or of a line's file
INSTEAD_ROLE = Qt.ItemDataRole.UserRole + 3  # what takes its place; None: nothing is replaced

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_CHECKED, _UNCHECKED = Qt.CheckState.Checked, Qt.CheckState.Unchecked


class SearchModel(QAbstractItemModel):
    """Grows while a search runs. With words to replace by, every row has a tick."""

    ticks_changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._files: list[FileMatches] = []
        self._left_out: list[set[int]] = []  # by file: the rows of matches without a tick
        self._words: str | None = None

    def clear(self) -> None:
        """Forgets everything that was found."""
        self.beginResetModel()
        self._files, self._left_out = [], []
        self.endResetModel()
        self.ticks_changed.emit()

    def add(self, found: Sequence[FileMatches]) -> None:
        """Takes what was found since."""
        first = len(self._files)
        self.beginInsertRows(_ROOT, first, first + len(found) - 1)
        self._files.extend(found)
        self._left_out.extend(set() for __ in found)
        self.endInsertRows()
        self.ticks_changed.emit()

    def set_replacement(self, words: str | None) -> None:
        """What matches are to be replaced by; None to replace nothing."""
        self._words = words
        self._redraw()

    def ticked(self) -> list[tuple[str, list[Replacement]]]:
        """What is to be replaced, by file."""
        words = self._words
        if words is None:
            return []
        chosen = [
            (file.path, [replacement_of(m, words) for row, m in enumerate(file.matches) if row not in out])
            for file, out in zip(self._files, self._left_out, strict=True)
        ]
        return [(path, replacements) for path, replacements in chosen if replacements]

    @property
    def ticked_count(self) -> int:
        """How many matches have a tick."""
        return sum(len(file.matches) for file in self._files) - sum(map(len, self._left_out))

    def index(self, row: int, column: int, parent: _Index = _ROOT) -> QModelIndex:
        if not 0 <= row < self.rowCount(parent) or column != 0:
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    def parent(self, index: _Index) -> QModelIndex:  # type: ignore[override]  # Qt overloads it for QObject's
        above = index.internalId() if index.isValid() else 0
        return self.createIndex(above - 1, 0, 0) if above else QModelIndex()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        if not parent.isValid():
            return len(self._files)
        return 0 if parent.internalId() else len(self._files[parent.row()].matches)

    def columnCount(self, _parent: _Index = _ROOT) -> int:
        return 1

    def flags(self, index: _Index) -> Qt.ItemFlag:
        has_tick = index.isValid() and self._words is not None
        ticks = Qt.ItemFlag.ItemIsUserCheckable if has_tick else Qt.ItemFlag.NoItemFlags
        return super().flags(index) | ticks

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        file, match = self._at(index)
        if role == FILE_ROLE:
            return file
        if role == MATCH_ROLE:
            return match
        if role == INSTEAD_ROLE:
            return None if match is None or self._words is None else replacement_of(match, self._words).text
        if role == Qt.ItemDataRole.CheckStateRole and self._words is not None:
            return self._tick(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return file.path if match is None else f"{match.before}{match.found}{match.after}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            if match is None:
                return _("{path} ({count})").format(path=file.path, count=str(len(file.matches)))
            line = _("Line {line}: {text}")
            return line.format(line=str(match.line), text=f"{match.before}{match.found}{match.after}")
        if role == Qt.ItemDataRole.ToolTipRole:
            return tool_tip(file.path) if match is None else None
        return None

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid():
            return False
        is_ticked = Qt.CheckState(value) == _CHECKED
        above = index.internalId()
        if above:
            out = self._left_out[above - 1]
            out.discard(index.row()) if is_ticked else out.add(index.row())
        else:
            every = range(len(self._files[index.row()].matches))
            self._left_out[index.row()] = set() if is_ticked else set(every)
        self._redraw()
        return True

    def _tick(self, index: _Index) -> Qt.CheckState:
        above = index.internalId()
        if above:
            return _UNCHECKED if index.row() in self._left_out[above - 1] else _CHECKED
        out = len(self._left_out[index.row()])
        if out == 0:
            return _CHECKED
        whole = out == len(self._files[index.row()].matches)
        return _UNCHECKED if whole else Qt.CheckState.PartiallyChecked

    def _at(self, index: _Index) -> tuple[FileMatches, Match | None]:
        above = index.internalId()
        if above:
            file = self._files[above - 1]
            return file, file.matches[index.row()]
        return self._files[index.row()], None

    def _redraw(self) -> None:
        # Words, and ticks above and below: cheaper than to name every row.
        self.layoutAboutToBeChanged.emit()
        self.layoutChanged.emit()
        self.ticks_changed.emit()


_MOST_SHOWN = 200  # characters of one piece
_LINE_WIDTH = 48
_GAP = 8


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    color: str
    ground: str = ""
    struck: bool = False


class SearchDelegate(PlainDelegate):
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
    text = visible(piece.text[:_MOST_SHOWN]).replace("\t", "    ").replace("\n", "⏎")
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


_TYPING_MS = 250  # a search begins when nobody has typed for so long
_UNFOLDED_FILES = 200  # each unfolded one costs a view some time


class SearchPanel(QWidget):
    """Asks, and shows the answer. It searches nothing itself.

    Signals:
        asked(Query): Search; what was found before does not count any more. An empty text: stop searching.
        opened(path, line, column): The user wants to see a place; both from 1.
        replace_wanted(list): Replace the ticked matches: pairs of a path and its replacements.
        cancelled: Enough was found.
    """

    asked = Signal(Query)
    opened = Signal(str, int, int)
    replace_wanted = Signal(list)
    cancelled = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("searchPanel")
        self._is_searching = False
        self.text = self._field("searchText", _("Search in all files"))
        self.include = self._field("searchInclude", _("Files, such as *.py, lib/"))
        self.exclude = self._field("searchExclude", _("Files to exclude"))
        self.words = self._field("searchReplace", _("Replace with"))
        self.match_case = self._toggle("searchCase", "Aa", _("Match case"))
        self.whole_word = self._toggle("searchWord", "ab|", _("Whole words only"))
        self.is_regex = self._toggle("searchRegex", ".*", _("Regular expression"))
        self.replacing = self._toggle("searchReplacing", _("Replace"), _("Replace all matches"))
        self.replace = named(QPushButton(), "searchReplaceAll")
        self.cancel = named(QPushButton(_("Cancel")), "searchCancel")
        self.status = named(PlainLabel(), "searchStatus", role="muted")
        self.model = SearchModel(self)
        self.view = self._make_view(theme)
        self.empty = named(EmptyState(), "searchEmpty")
        self._stack = QStackedLayout()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.view)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._lay_out()
        self._connect()
        self.set_searchable(there=False)

    def focus_search(self, *, replace: bool = False) -> None:
        """Gives the keyboard to the field, its text selected."""
        self.replacing.setChecked(self.replacing.isChecked() or replace)
        self.text.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.text.selectAll()

    def set_searchable(self, *, there: bool, read_only: bool = False) -> None:
        """Says whether there are files to search, and whether they can be changed."""
        for widget in (self.text, self.include, self.exclude, self.replacing):
            widget.setEnabled(there)
        if read_only:
            self.replacing.setChecked(False)
            self.replacing.setEnabled(False)
        self.clear()
        if there:
            self._invite()
            if self.isVisible():
                self._ask()
        else:
            title = _("No files to search.")
            self.empty.set_text(title, _("Open a function's Code tab."))

    # How a search goes

    def begin(self) -> None:
        """A search has begun."""
        self.clear()
        self._is_searching = True
        self._show_state(_("Searching…"))

    def add(self, found: Sequence[FileMatches]) -> None:
        """Some of what was found."""
        first = self.model.rowCount()
        self.model.add(found)
        for row in range(first, min(self.model.rowCount(), _UNFOLDED_FILES)):
            self.view.setExpanded(self.model.index(row, 0), True)
        self._stack.setCurrentWidget(self.view)

    def finish(self, summary: SearchSummary) -> None:
        """All was found."""
        self._is_searching = False
        if not summary.matches:
            self.empty.show_no_match(_("0 results"), self._skipped(summary))
        self._show_state(self._summary_text(summary))
        self.status.setToolTip(tool_tip("\n".join(summary.binary + summary.huge + summary.unreadable)))

    def fail(self, error: WorkbenchError) -> None:
        """It could not be searched."""
        self._is_searching = False
        self.empty.set_text(error.what, " ".join(part for part in (error.why, error.remedy) if part))
        self._stack.setCurrentWidget(self.empty)
        self._show_state("")

    def stopped(self) -> None:
        """The user did not want to wait."""
        self._is_searching = False
        self.empty.set_text(_("Cancelled"), _("Press Enter to search again."))
        self._show_state(_("Cancelled. There may be more results."))

    def clear(self) -> None:
        """Nothing was found, and nothing is looked for."""
        self._is_searching = False
        self.model.clear()
        self._stack.setCurrentWidget(self.empty)
        self.status.setToolTip("")
        self._show_state("")

    def set_message(self, text: str) -> None:
        """A short word beside the fields."""
        self._show_state(text)

    def _invite(self) -> None:
        self.empty.set_text(_("Search in all files"), _("Includes unsaved changes."))

    # What the user does

    def _ask(self) -> None:
        self._typing.stop()
        if self.text.isEnabled():
            query = Query(
                self.text.text(),
                self.is_regex.isChecked(),
                self.match_case.isChecked(),
                self.whole_word.isChecked(),
                self.include.text(),
                self.exclude.text(),
            )
            if not query.text:
                self.clear()
                self._invite()
            self.asked.emit(query)

    def _choose(self, index: QModelIndex) -> None:
        match: Match | None = index.data(MATCH_ROLE)
        file: FileMatches | None = index.data(FILE_ROLE)
        if file is not None:
            shown = match or file.matches[0]
            self.opened.emit(file.path, shown.line, shown.column)

    def _clicked(self, index: QModelIndex) -> None:
        if index.data(MATCH_ROLE) is not None and not self.replacing.isChecked():
            self._choose(index)  # else a click sets a tick; Enter and a double click still open

    def _want_replacement(self) -> None:
        if chosen := self.model.ticked():
            self.replace_wanted.emit(chosen)

    def _follow_replacing(self) -> None:
        is_on = self.replacing.isChecked()
        self.words.setVisible(is_on)
        self.model.set_replacement(self.words.text() if is_on else None)

    def _show_ticks(self) -> None:
        count = self.model.ticked_count
        self.replace.setText(
            ngettext("Replace {count} Match", "Replace {count} Matches", count).format(count=count)
        )
        self.replace.setVisible(self.replacing.isChecked())
        self.replace.setEnabled(count > 0 and not self._is_searching)

    # Looks

    def _show_state(self, text: str) -> None:
        self.status.setText(text)
        self.cancel.setVisible(self._is_searching)
        self._show_ticks()

    def _summary_text(self, summary: SearchSummary) -> str:
        count = summary.matches
        matches = ngettext("{count} match", "{count} matches", count).format(count=count)
        count = summary.files
        files = ngettext("{count} file", "{count} files", count).format(count=count)
        found = _("{matches} in {files}").format(matches=matches, files=files)
        if summary.is_cut:
            found = _("First {matches} results").format(matches=matches)
        return " · ".join(part for part in (found, self._skipped(summary)) if part)

    def _skipped(self, summary: SearchSummary) -> str:
        parts = (
            (_("binary: {count:,}"), summary.binaries),
            (_("too large: {count:,}"), len(summary.huge)),
            (_("unreadable: {count:,}"), len(summary.unreadable)),
        )
        return ", ".join(words.format(count=count) for words, count in parts if count)

    def _field(self, name: str, words: str) -> QLineEdit:
        field = named(PlainLine(), name, words)
        field.setPlaceholderText(words)
        return field

    def _toggle(self, name: str, text: str, words: str) -> QToolButton:
        toggle = named(QToolButton(), name, words)
        toggle.setText(text)
        toggle.setToolTip(tool_tip(words))
        toggle.setCheckable(True)
        toggle.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return toggle

    def _make_view(self, theme: Theme) -> QTreeView:
        view = named(QTreeView(), "searchResults", _("Results by file"))
        view.setModel(self.model)
        view.setItemDelegate(SearchDelegate(theme, view))
        view.setHeaderHidden(True)
        view.setUniformRowHeights(True)
        view.setIconSize(QSize(14, 14))
        return view

    def _lay_out(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        for widget, stretch in (
            (self.text, 3),
            (self.match_case, 0),
            (self.whole_word, 0),
            (self.is_regex, 0),
            (self.include, 2),
            (self.exclude, 2),
            (self.replacing, 0),
        ):
            first.addWidget(widget, stretch)
        second.addWidget(self.words, 3)
        second.addWidget(self.replace)
        second.addWidget(self.status, 4)
        second.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for row in (first, second):
            row.setContentsMargins(8, 6, 8, 0)
            row.setSpacing(6)
            layout.addLayout(row)
        layout.addSpacing(6)
        layout.addLayout(self._stack, 1)

    def _connect(self) -> None:
        for field in (self.text, self.include, self.exclude):
            field.textChanged.connect(self._typing.start)
            field.returnPressed.connect(self._ask)
        for toggle in (self.match_case, self.whole_word, self.is_regex):
            toggle.toggled.connect(self._ask)
        self._typing.timeout.connect(self._ask)
        self.words.textChanged.connect(self._follow_replacing)
        self.words.returnPressed.connect(self._want_replacement)
        self.replacing.toggled.connect(self._follow_replacing)
        self.replace.clicked.connect(self._want_replacement)
        self.cancel.clicked.connect(self.cancelled)
        self.model.ticks_changed.connect(self._show_ticks)
        self.view.activated.connect(self._choose)
        self.view.clicked.connect(self._clicked)
        self._follow_replacing()
