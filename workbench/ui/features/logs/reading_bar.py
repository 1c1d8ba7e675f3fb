"""What to read: which time, which functions, AWS's filter pattern, whether to follow; and how it is shown."""

from datetime import UTC, datetime, timedelta

from PySide6.QtCore import Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QButtonGroup, QComboBox, QLineEdit, QMenu, QSizePolicy, QToolButton, QWidget

from workbench.core.messages import _, ngettext
from workbench.ui import range_dialog
from workbench.ui.features.logs import log_dialogs
from workbench.ui.features.logs.log_view import Mode
from workbench.ui.kit.bars import FlowLayout, OverflowRow
from workbench.ui.kit.fields import segmented
from workbench.ui.kit.text import named, tool_tip
from workbench.ui.preferences import Preference
from workbench.ui.services import OpenFunction, Services

_RANGE_S: Preference[int] = Preference("logs.range_s", 3600)
_UTC = Preference("logs.utc", False)
_CUSTOM = -1
_PATTERN_WIDTH = 140
_DAY_S = 86_400


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
        menu = named(QMenu(self), "logsFollowMenu", _("Follow mode"))
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
        self.range = named(QComboBox(), "logsRange", _("Time"))
        self.by_invocation = named(QToolButton(), "logsByInvocation")
        self.all_lines = named(QToolButton(), "logsAllLines")
        self.as_table = named(QToolButton(), "logsAsTable")
        self.insights = named(QToolButton(), "logsInsights")
        self.follow = FollowButton()
        self.utc = named(QToolButton(), "logsUtc")
        self.functions = named(QToolButton(), "logsFunctions")
        self.pattern = named(QLineEdit(), "logsPattern", _("Filter pattern"))
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
        whole.addWidget(
            segmented(
                "logsModes",
                _("View"),
                (self.by_invocation, self.all_lines, self.as_table, self.insights),
            )
        )
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
    def is_following(self) -> bool:
        """Whether new lines are followed."""
        return self.follow.is_following

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
        for button, text, mode in (
            (self.by_invocation, _("Invocations"), Mode.INVOCATIONS),
            (self.all_lines, _("Lines"), Mode.ALL),
            (self.as_table, _("Table"), Mode.TABLE),
            (self.insights, _("Insights"), Mode.INSIGHTS),
        ):
            button.setText(text)
            button.setCheckable(True)
            modes.addButton(button)
            button.toggled.connect(lambda on, mode=mode: self.mode_chosen.emit(mode) if on else None)
        self.by_invocation.setChecked(True)
        self.by_invocation.setToolTip(_("Lines grouped by invocation"))
        self.all_lines.setToolTip(_("All lines, in order of arrival"))
        self.insights.setToolTip(_("CloudWatch Logs Insights"))
        self.utc.setText(_("UTC"))
        self.utc.setCheckable(True)
        self.utc.setChecked(_UTC.read(self._services.settings))
        self.utc.setToolTip(_("Show times in UTC instead of local time"))
        self.as_table.setToolTip(_("JSON lines as a table"))
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
        menu = named(QMenu(self.help), "logsPatternMenu", self.help.accessibleName())
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
