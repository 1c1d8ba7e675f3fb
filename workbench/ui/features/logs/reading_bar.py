"""What to read: which time, which functions, AWS's filter pattern, whether to follow; and how it is shown."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QActionGroup, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobHandle
from workbench.core.messages import _, ngettext
from workbench.core.settings import Preference
from workbench.logs.buffer import Rows
from workbench.logs.find import Matches, Query, find
from workbench.ui.features.logs import log_dialogs
from workbench.ui.kit.bars import FlowLayout, OverflowRow
from workbench.ui.kit.choices import DeliberateChoice
from workbench.ui.kit.fields import segmented
from workbench.ui.kit.labels import FittingLabel
from workbench.ui.kit.text import PlainLine, PlainMenu, announce, named, show_status, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.shell import range_dialog
from workbench.ui.shell.services import OpenFunction, Services

_DAY_S = 86_400
_RANGE_S = Preference("logs.range_s", 3600, limits=(60, 3650 * _DAY_S))
_UTC = Preference("logs.utc", False)
_CUSTOM = -1
_PATTERN_WIDTH = 140


class Mode(Enum):
    """How a log is shown."""

    INVOCATIONS = "invocations"
    ALL = "all"
    TABLE = "table"
    INSIGHTS = "insights"
    """Not of this view: the answer of a query."""


class FollowButton(QToolButton):
    """Turns following on or off, with a menu of the two ways.

    Signals:
        asked: Read again; something else is wanted.
    """

    asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        named(self, "logsFollow")
        self._is_in_the_past = False
        self.is_live = False
        self.setCheckable(True)
        self.setChecked(True)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        menu = named(PlainMenu(self), "logsFollowMenu", _("Follow mode"))
        group = QActionGroup(self)
        self.poll = menu.addAction(_("Poll every second (free)"))
        self.live = menu.addAction(_("Live Tail…"))
        for action in (self.poll, self.live):
            action.setCheckable(True)
            group.addAction(action)
        self.setMenu(menu)
        self.poll.triggered.connect(self._choose_polling)
        self.live.triggered.connect(self._ask)
        self.toggled.connect(self._toggled)
        self._show()

    @property
    def is_following(self) -> bool:
        """Whether new lines are followed."""
        return self.isChecked() and not self._is_in_the_past

    def set_past(self, is_in_the_past: bool) -> None:
        """Disables following: a range in the past has no new lines."""
        self._is_in_the_past = is_in_the_past
        self.setEnabled(not is_in_the_past)

    def function_changed(self, function: OpenFunction | None) -> None:
        """Another function: Live Tail, which is billed, is turned off."""
        self.end_live()
        is_aws = function is not None and not function.connection.is_custom_endpoint
        self.live.setEnabled(is_aws)
        words = _("Live Tail…") if is_aws else _("Live Tail (not in the Sandbox)")
        self.live.setText(words)

    def end_live(self) -> None:
        """Polls instead of Live Tail, from the next read on."""
        self.is_live = False
        self._show()

    def _choose_polling(self) -> None:
        was_live, self.is_live = self.is_live, False
        self._show()
        if not self.isChecked():
            self.setChecked(True)
        elif was_live:
            self.asked.emit()

    def _ask(self) -> None:
        self._show()  # until the answer, what was there holds
        if not self.is_live:
            dialog = log_dialogs.LiveTailDialog(self.window())
            dialog.accepted.connect(self._start_live)
            dialog.open()

    def _start_live(self) -> None:
        self.is_live = True
        self._show()
        if self.isChecked():
            self.asked.emit()
        else:
            self.setChecked(True)

    def _toggled(self, on: bool) -> None:
        if not on:
            self.end_live()
        self.asked.emit()

    def _show(self) -> None:
        (self.live if self.is_live else self.poll).setChecked(True)
        self.setText(_("Live Tail") if self.is_live else _("Follow"))
        self.setToolTip(
            _("New lines arrive through Live Tail, which AWS bills by the minute")
            if self.is_live
            else _("Show new lines as they are written")
        )


class ReadingBar(QWidget):
    """The row above the lines; what is used rarely is in its menu when the row is narrow.

    Signals:
        asked: Read again; something else is wanted.
        mode_chosen(Mode): How lines are shown.
        times_changed: Times are shown in another zone.
    """

    asked = Signal()
    mode_chosen = Signal(Mode)
    times_changed = Signal()

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.setObjectName("logsReadingBar")
        self._services = services
        self._function: OpenFunction | None = None
        self._span: tuple[datetime, datetime] | None = None
        self._mode, self._is_low = Mode.INVOCATIONS, False
        self.others: tuple[str, ...] = ()
        self.range = named(DeliberateChoice(), "logsRange", _("Time"))
        self.by_invocation = named(QToolButton(), "logsByInvocation")
        self.all_lines = named(QToolButton(), "logsAllLines")
        self.as_table = named(QToolButton(), "logsAsTable")
        self.insights = named(QToolButton(), "logsInsights")
        self.follow = FollowButton()
        self.utc = named(QToolButton(), "logsUtc")
        self.functions = named(QToolButton(), "logsFunctions")
        self.pattern = named(PlainLine(), "logsPattern", _("Filter pattern"))
        self.help = named(QToolButton(), "logsPatternHelp", _("Syntax of filter patterns"))
        self._rest = QWidget()  # takes the room of what is hidden
        self.more = named(QToolButton(), "logsMore")
        self.more.setText(_("More"))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._fill()
        self._row = row = OverflowRow(self.more, (self.utc, self.help, self.functions))
        row.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        for widget in (self.follow, self.functions, self.utc):
            row.add(widget)
        row.add(self.pattern, 1000)
        row.add(self.help)
        row.add(self._rest, 1)
        row.add(self.more)
        row.set_wanted(self._rest, wanted=False)
        whole = FlowLayout(self)  # in a narrow window the row goes into a second line
        whole.setContentsMargins(16, 8, 16, 8)
        whole.addWidget(self.range)
        modes = (self.by_invocation, self.all_lines, self.as_table, self.insights)
        whole.addWidget(segmented("logsModes", _("View"), modes))
        whole.addWidget(row)
        self.range.activated.connect(self._range_chosen)
        self.pattern.returnPressed.connect(self.asked)
        self.follow.asked.connect(self.asked)
        self.utc.toggled.connect(self._zone_chosen)
        self.functions.clicked.connect(self._ask_functions)
        self._show_functions()

    def show_mode(self, mode: Mode) -> None:
        """Shows the controls of a mode: a query has its own filter."""
        self._mode = mode
        self._row.set_wanted(self.follow, wanted=mode is not Mode.INSIGHTS)
        self._show_pattern()

    def show_low(self, *, low: bool) -> None:
        """Hides an empty filter pattern while there is little height."""
        self._is_low = low
        self._show_pattern()

    def _show_pattern(self) -> None:
        wanted = self._mode is not Mode.INSIGHTS and (not self._is_low or bool(self.pattern_text))
        for widget in (self.pattern, self.help):
            self._row.set_wanted(widget, wanted=wanted)
        self._row.set_wanted(self._rest, wanted=not wanted)

    # What is asked ------------------------------------------------------------------------------------------

    def function_changed(self, function: OpenFunction | None) -> None:
        """Resets what belonged to the previous function."""
        self._function = function
        self.others = ()
        self._show_functions()
        self.follow.function_changed(function)
        self.pattern.clear()
        if self._span is not None:
            self._span = None
            self._show_span()

    @property
    def pattern_text(self) -> str:
        """AWS's filter pattern, empty for none."""
        return self.pattern.text().strip()

    @property
    def is_utc(self) -> bool:
        """Whether times are shown in UTC instead of this machine's zone."""
        return self.utc.isChecked()

    def span(self) -> tuple[datetime, datetime | None]:
        """The start and end of the range; None is now."""
        if self._span is not None:
            return self._span
        return self.now() - timedelta(seconds=self.range.currentData()), None

    def now(self) -> datetime:
        """The current time by AWS's clock."""
        return self._services.now_at_aws(self._function)

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in the range."""
        start, end = self.span()
        return start <= moment and (end is None or moment <= end)

    def set_span(self, start: datetime, end: datetime) -> None:
        """Sets a custom range, which is not followed."""
        self._span = start, end
        self._show_span()

    def clear_pattern(self) -> bool:
        """Clears the filter pattern; returns whether there was one."""
        was_there = bool(self.pattern.text())
        self.pattern.clear()
        return was_there

    # Time ---------------------------------------------------------------------------------------------------

    def _range_chosen(self) -> None:
        seconds = self.range.currentData()
        if seconds == _CUSTOM:
            self._show_span()  # until the question is answered, what was there holds
            self._ask_span()
            return
        self._span = None
        self._show_span()
        self._services.settings.set(_RANGE_S.key, seconds)
        self.asked.emit()

    def _ask_span(self) -> None:
        start, end = self.span()
        end = end or self.now()
        dialog = range_dialog.RangeDialog(
            self._services, self._function, start, end, self.window(), is_utc=self.is_utc
        )
        dialog.chosen.connect(self._span_chosen)
        dialog.open()

    def _span_chosen(self, start: datetime, end: datetime, is_utc: bool) -> None:
        self.utc.setChecked(is_utc)
        self.set_span(start, end)
        self.asked.emit()

    def _show_span(self) -> None:
        custom = self.range.findData(_CUSTOM)
        if self._span is None:
            self.range.setItemText(custom, _("From … to …"))
            if self.range.currentData() == _CUSTOM:
                chosen = self.range.findData(_RANGE_S.read(self._services.settings))
                self.range.setCurrentIndex(max(chosen, 0))
        else:
            zone = UTC if self.is_utc else None
            begin, end = (each.astimezone(zone).strftime("%m-%d %H:%M") for each in self._span)
            self.range.setItemText(custom, f"{begin} – {end}")
            self.range.setCurrentIndex(custom)
        self.follow.set_past(self._span is not None)

    def _zone_chosen(self, on: bool) -> None:
        self._services.settings.set(_UTC.key, on)
        self._show_span()
        self.times_changed.emit()

    # Functions ----------------------------------------------------------------------------------------------

    def _ask_functions(self) -> None:
        if self._function is not None:
            dialog = log_dialogs.FunctionsDialog(self._services, self._function, self.others, self.window())
            dialog.chosen.connect(self._functions_chosen)
            dialog.open()

    def _functions_chosen(self, names: tuple[str, ...]) -> None:
        if names != self.others:
            self.others = names
            self._show_functions()
            self.asked.emit()

    def _show_functions(self) -> None:
        count = len(self.others)
        text = ngettext("+ {count} function", "+ {count} functions", count).format(count=count)
        self.functions.setText(text if count else _("Functions…"))
        self.functions.setToolTip(
            tool_tip("\n".join(self.others)) or _("Also read the logs of other functions")
        )

    # Parts --------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        for text, seconds in (
            (_("Last 15 minutes"), 900),
            (_("Last hour"), 3600),
            (_("Last 3 hours"), 3 * 3600),
            (_("Last 12 hours"), 12 * 3600),
            (_("Last day"), _DAY_S),
            (_("Last 3 days"), 3 * _DAY_S),
            (_("Last week"), 7 * _DAY_S),
            (_("Last 30 days"), 30 * _DAY_S),
            (_("From … to …"), _CUSTOM),
        ):
            self.range.addItem(text, seconds)
        chosen = self.range.findData(_RANGE_S.read(self._services.settings))
        self.range.setCurrentIndex(chosen if chosen >= 0 else self.range.findData(_RANGE_S.default))
        modes = QButtonGroup(self)
        for button, text, tip, mode in (
            (self.by_invocation, _("Invocations"), _("Lines grouped by invocation"), Mode.INVOCATIONS),
            (self.all_lines, _("Lines"), _("All lines, in order of arrival"), Mode.ALL),
            (self.as_table, _("Table"), _("JSON lines as a table"), Mode.TABLE),
            (self.insights, _("Insights"), _("CloudWatch Logs Insights"), Mode.INSIGHTS),
        ):
            button.setText(text)
            button.setToolTip(tool_tip(tip))
            button.setCheckable(True)
            modes.addButton(button)
            button.toggled.connect(lambda on, mode=mode: self.mode_chosen.emit(mode) if on else None)
        self.by_invocation.setChecked(True)
        self.utc.setText(_("UTC"))
        self.utc.setCheckable(True)
        self.utc.setChecked(_UTC.read(self._services.settings))
        self.utc.setToolTip(_("Show times in UTC instead of local time"))
        self.pattern.setPlaceholderText(_("Filter pattern"))
        self.pattern.setClearButtonEnabled(True)
        self.pattern.setMinimumWidth(_PATTERN_WIDTH)
        self.help.setText("?")
        self.help.setToolTip(tool_tip(self.help.accessibleName()))
        self.help.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.help.setMenu(self._help_menu())

    def _help_menu(self) -> QMenu:
        """Examples of AWS's syntax; one that is chosen is put into the field.

        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
        """
        menu = named(PlainMenu(self.help), "logsPatternMenu", self.help.accessibleName())
        for pattern, meaning in (
            ("ERROR", _("lines with this word (case-sensitive)")),
            ('"out of memory"', _("lines with these words in this order")),
            ("ERROR timeout", _("lines with both words")),
            ("?ERROR ?WARN", _("lines with either word")),
            ("ERROR -timeout", _("lines with the first word but not the second")),
            ("%order-[0-9]+%", _("lines that match a regular expression")),
            ('{ $.level = "ERROR" }', _("JSON lines where a key has this value")),
            ('{ $.ms > 1000 && $.path = "/orders*" }', _("JSON lines by a number and a prefix")),
            ("{ $.error EXISTS }", _("JSON lines that have a key")),
            ("[when, level=ERROR, ...]", _("lines by their space-separated fields")),
        ):
            action = menu.addAction(f"{pattern}\t{meaning}")
            action.triggered.connect(lambda _on=False, pattern=pattern: self._take_example(pattern))
        return menu

    def _take_example(self, pattern: str) -> None:
        self.pattern.setText(pattern)
        self.pattern.setFocus()


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
        self.text = named(PlainLine(), "logsFind", _("Find in log lines"))
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
            self.matches = before.followed_by(matches)
            self._show()
            self.found.emit()
            if self._is_behind:
                self._is_behind = False
                self._start(self.matches, quiet=True)

        first = before.searched_to
        self._job = self._services.jobs.start(
            _("Searching the log lines"),
            lambda ctx: find(query, rows.pieces(first), len(rows), ctx),
            quiet=quiet,
            on_done=done,
            on_error=self._fail,
            on_cancelled=lambda: show_status(self.status, _("Cancelled. There may be more matches.")),
        )

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
