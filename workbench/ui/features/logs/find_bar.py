"""Find in log lines: the search field, the number of matches, and the way to the next one."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLineEdit, QToolButton, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobHandle
from workbench.core.messages import _, ngettext
from workbench.logs.buffer import Rows
from workbench.logs.find import Matches, Query, find
from workbench.ui.elided_label import FittingLabel
from workbench.ui.kit.announce import announce
from workbench.ui.kit.overflow import OverflowRow
from workbench.ui.kit.text import show_status, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.services import Services

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
