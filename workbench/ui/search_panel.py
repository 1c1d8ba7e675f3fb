"""The Search tab at the bottom: what to look for, in which files, and what was found, as it is found."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStackedLayout,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from workbench.code.search import FileMatches, Match, Query, SearchSummary
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _, ngettext
from workbench.ui.empty_state import EmptyState
from workbench.ui.kit.text import PlainLabel, tool_tip
from workbench.ui.named import named
from workbench.ui.search_delegate import SearchDelegate
from workbench.ui.search_model import FILE_ROLE, MATCH_ROLE, SearchModel
from workbench.ui.theme import Theme

_TYPING_MS = 250  # a search begins when nobody has typed for so long
_UNFOLDED_FILES = 200  # each unfolded one costs a view some time


class SearchPanel(QWidget):
    """Asks, and shows the answer. It searches nothing itself.

    Signals:
        asked(Query): Search; what was found before does not count any more. An empty text: stop searching.
        opened(path, line, column): The person wants to see a place; both from 1.
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
        self.set_place(there=False)

    def focus_search(self, *, replace: bool = False) -> None:
        """Gives the keyboard to the field, its text selected."""
        self.replacing.setChecked(self.replacing.isChecked() or replace)
        self.text.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.text.selectAll()

    def set_place(self, *, there: bool, read_only: bool = False) -> None:
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
        self._show_state(self._words_for(summary))
        self.status.setToolTip(tool_tip("\n".join(summary.binary + summary.huge + summary.unreadable)))

    def fail(self, error: WorkbenchError) -> None:
        """It could not be searched."""
        self._is_searching = False
        self.empty.set_text(error.what, " ".join(part for part in (error.why, error.remedy) if part))
        self._stack.setCurrentWidget(self.empty)
        self._show_state("")

    def stopped(self) -> None:
        """The person did not want to wait."""
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

    def say(self, text: str) -> None:
        """A short word beside the fields."""
        self._show_state(text)

    def _invite(self) -> None:
        self.empty.set_text(_("Search in all files"), _("Includes unsaved changes."))

    # What the person does

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
        self.model.set_words(self.words.text() if is_on else None)

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

    def _words_for(self, summary: SearchSummary) -> str:
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
        field = named(QLineEdit(), name, words)
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
