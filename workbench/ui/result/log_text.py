"""The log of an invocation: read in jobs, stored in the invocation history, and shown as text."""

import re
from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
)
from PySide6.QtWidgets import QToolTip

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _
from workbench.core.settings import Preference, Settings
from workbench.functions.invocations import Report, parse_report
from workbench.invoke.history import InvocationHistory
from workbench.invoke.payload import StackFrame, own_frame
from workbench.logs.parse import LineKind, LogLine, escape_begun, folded, without_escapes
from workbench.logs.read import InvocationLog, read_invocation
from workbench.ui.kit.long_text import LongText
from workbench.ui.kit.text import tool_tip
from workbench.ui.kit.theme import Theme
from workbench.ui.shell.invoker import history_of
from workbench.ui.shell.preferences import LOGS_REQUEST_IDS, LOGS_WRAP
from workbench.ui.shell.services import OpenFunction, Services

_MAX_STORED_CHARACTERS = 4_000_000

_IN_BACKGROUND = 2
"""So many jobs go on, the newest: CloudWatch takes some ten requests a second, and the shown one has need
of them. Each of them waits a minute at most for the end of its log; see `read_invocation`."""
_MAX_SHOWN_CHARACTERS = 400_000  # of what grows without end
_BREAKS = re.compile("\r\n|[\r\u2029\ufdd0\ufdd1]")  # where else Qt begins a line


def report_in(log: InvocationLog) -> Report | None:
    """The figures of the log's end."""
    lines = (line for line in reversed(log.lines) if line.kind is LineKind.REPORT)
    return next(filter(None, (parse_report(line.message) for line in lines)), None)


def end_of_log(lines: Sequence[LogLine], most_lines: int, most_characters: int) -> tuple[str, int]:
    """The text of the last lines, and how many lines that is; of one that is too long, its end.

    Args:
        lines: Oldest first.
        most_lines: No more lines than these.
        most_characters: No more text than this.
    """
    texts: list[str] = []
    left = most_characters
    for line in reversed(lines[-most_lines:]):
        if left <= 0:
            break
        texts.append(line.message.rstrip("\n")[-left:])
        left -= len(texts[-1]) + 1
    return "\n".join(reversed(texts)), len(texts)


def store_log(history: InvocationHistory, number: int, log: InvocationLog) -> None:
    """Writes the log of an entry, of a very long one its end, and the figures of its REPORT line.

    Raises:
        WorkbenchError: The disk refuses.
    """
    text, count = end_of_log(log.lines, len(log.lines), _MAX_STORED_CHARACTERS)
    if missing := log.left_out + len(log.lines) - count:
        words = (
            _("[more than {missing} earlier lines omitted]")
            if log.is_more
            else _("[{missing} earlier lines omitted]")
        )
        text = words.format(missing=f"{missing:,}") + f"\n{text}"
    figures: dict[str, float | None] = {}
    if (report := report_in(log)) is not None:
        figures = {
            "run_ms": report.duration_ms,
            "billed_ms": report.billed_ms,
            "init_ms": report.init_ms,
            "max_memory_mb": report.max_memory_mb,
        }
    history.set_log(number, text, **figures)


class LogReading(QObject):
    """Reads logs in jobs. All signals but `stored` and `not_stored` begin with the request id.

    Signals:
        came(str, object): The lines so far, as a tuple.
        ended(str, object): The InvocationLog.
        failed(str, object): The WorkbenchError.
        stored(int): The history has the log of this entry.
        not_stored: The disk refused.
    """

    came = Signal(str, object)
    ended = Signal(str, object)
    failed = Signal(str, object)
    stored = Signal(int)
    not_stored = Signal(WorkbenchError)

    def __init__(self, services: Services, panel: QObject) -> None:
        super().__init__(panel)
        self._services = services
        self._jobs: list[tuple[JobHandle, int]] = []  # with the number in the history

    def read(self, function: OpenFunction, started_at: datetime, request_id: str, number: int) -> None:
        """Reads the log of an invocation, and stores it if it has a number in the history; 0 is none."""
        connection, log_group, clock = function.connection, function.detail.log_group, self._services.clock

        def run(ctx: JobContext) -> InvocationLog:
            return read_invocation(connection, log_group, request_id, started_at, ctx, clock=clock)

        def done(log: InvocationLog) -> None:
            self.ended.emit(request_id, log)
            if number and log.lines:
                self._store(number, log)

        handle = self._services.jobs.submit(
            Job(
                _("Reading the log of {function_name}").format(function_name=function.detail.function_name),
                run,
                quiet=True,
                on_item=lambda lines: self.came.emit(request_id, lines),
                on_done=done,
                on_error=lambda error: self.failed.emit(request_id, error),
            )
        )
        self._jobs.append((handle, number))

    def leave(self) -> None:
        """Another invocation is shown: what the history waits for goes on, but for the oldest of many."""
        running = [each for each in self._jobs if not each[0].finished]
        kept = [each for each in running if each[1]][-_IN_BACKGROUND:]
        for each in running:
            if each not in kept:
                each[0].drop()
        self._jobs = kept

    def drop(self) -> None:
        """Drops all jobs: the account was left."""
        for handle, _number in self._jobs:
            handle.drop()
        self._jobs.clear()

    def _store(self, number: int, log: InvocationLog) -> None:
        history = history_of(self._services)
        self._services.jobs.submit(
            Job(
                _("Saving the log"),
                lambda _ctx: store_log(history, number, log),
                quiet=True,
                on_done=lambda _none: self.stored.emit(number),
                on_error=self.not_stored.emit,
            )
        )


class LogDisplay(QObject):
    """Display options of log lines, and the menu entries that change them: wrapping, times and request IDs.

    Signals:
        changed: An option was changed.
    """

    changed = Signal()

    def __init__(self, settings: Settings, parent: QObject) -> None:
        super().__init__(parent)
        self._settings = settings
        self.wrap = self._action("logsWrap", _("Wrap Long Lines"), LOGS_WRAP)
        self.request_ids = self._action("logsRequestIds", _("Show Request IDs"), LOGS_REQUEST_IDS)
        self.request_ids.setToolTip(_("Show the time and the request ID at the beginning of each line"))
        self.actions = (self.wrap, self.request_ids)

    def read(self) -> None:
        """Reads the settings again, as another view may have changed them."""
        self.wrap.setChecked(LOGS_WRAP.read(self._settings))
        self.request_ids.setChecked(LOGS_REQUEST_IDS.read(self._settings))

    def _action(self, name: str, text: str, preference: Preference[bool]) -> QAction:
        action = QAction(text, self)
        action.setObjectName(name)
        action.setCheckable(True)
        action.setChecked(preference.read(self._settings))
        action.toggled.connect(lambda on: self._choose(preference, on))
        return action

    def _choose(self, preference: Preference[bool], on: bool) -> None:
        self._settings.set(preference.key, on)
        self.changed.emit()


class TraceText(LongText):
    """A click on a frame, or Enter with the cursor in it, opens its line.

    Signals:
        place_wanted: Path in the package, and line.
    """

    place_wanted = Signal(str, int)

    def __init__(self, object_name: str, accessible_name: str, theme: Theme) -> None:
        super().__init__(object_name, accessible_name)
        self._paint = _Paint(self, theme)
        flags = self.textInteractionFlags()
        self.setTextInteractionFlags(flags | Qt.TextInteractionFlag.TextSelectableByKeyboard)
        self.viewport().setMouseTracking(True)
        theme.changed.connect(self._paint.rehighlight)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        over = self._frame_at(event.position().toPoint()) is not None
        shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.IBeamCursor
        self.viewport().setCursor(shape)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and not self.textCursor().hasSelection():
            self._open(self._frame_at(event.position().toPoint()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        frame = own_frame(self.textCursor().block().text())
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and frame is not None:
            self._open(frame)
        else:
            super().keyPressEvent(event)

    def _frame_at(self, point: QPoint) -> StackFrame | None:
        cursor = self.cursorForPosition(point)
        block = cursor.block()
        area = self.blockBoundingGeometry(block).translated(self.contentOffset())
        return own_frame(block.text()) if area.contains(point) else None

    def _open(self, frame: StackFrame | None) -> None:
        if frame is not None:
            self.place_wanted.emit(frame.file, frame.line)


class _Paint(QSyntaxHighlighter):
    """Underlines what can be opened."""

    def __init__(self, text: TraceText, theme: Theme) -> None:
        super().__init__(text.document())
        self._theme = theme

    def highlightBlock(self, text: str) -> None:
        if own_frame(text) is not None:
            look = QTextCharFormat()
            look.setForeground(QColor(self._theme.colors.accent))
            look.setFontUnderline(True)
            begin = len(text) - len(text.lstrip())
            self.setFormat(begin, len(text) - begin, look)


def failing_frame(frames: Sequence[StackFrame], handler: str, *, innermost_last: bool) -> StackFrame | None:
    """The frame to look at first: the innermost of the handler's own folder, else of the package.

    Args:
        frames: As the runtime gave them.
        handler: Such as "src/app.handler".
        innermost_last: Python's order.
    """
    own = [frame for frame in frames if frame.is_own and frame.line and frame.file]
    if innermost_last:
        own.reverse()
    module = handler.rpartition(".")[0].replace(".", "/")
    folder = module.rpartition("/")[0]
    near = [frame for frame in own if frame.file.rpartition("/")[0] == folder]
    return next(iter(near or own), None)


class LogText(TraceText):
    """Leaves out the time and the request ID with which lines begin; they are shown on hover or on demand."""

    def __init__(self, object_name: str, accessible_name: str, theme: Theme, settings: Settings) -> None:
        super().__init__(object_name, accessible_name, theme)
        self._lines: list[str] = [""]  # as they were logged, but for control sequences
        self._begun = ""  # a control sequence whose end is still to come
        self.display = LogDisplay(settings, self)
        self.display.changed.connect(self._apply_display)
        self._apply_display()

    @property
    def logged(self) -> str:
        """The whole text, as it was logged."""
        return "\n".join(self._lines)

    def show_text(self, text: str) -> None:
        self.display.read()
        self._begun = ""
        self._lines = _BREAKS.sub("\n", without_escapes(text)).split("\n")
        super().show_text("\n".join(map(self._visible_part, self._lines)))

    def add_text(self, text: str) -> None:
        """Adds lines; a line that was begun before is not looked at again."""
        text = without_escapes(self._begun + text)
        self._begun = escape_begun(text)
        text = text.removesuffix(self._begun)
        if sum(map(len, self._lines)) + len(text) > _MAX_SHOWN_CHARACTERS:
            self.show_text((self.logged + text)[-_MAX_SHOWN_CHARACTERS // 2 :])
            return
        first, *rest = _BREAKS.sub("\n", text).split("\n")
        begun = self._lines[-1]
        self._lines[-1] += first
        self._lines += rest
        shown = [
            first.replace("\t", " ") if begun else self._visible_part(first),
            *map(self._visible_part, rest),
        ]
        super().add_text("\n".join(shown))

    def createMimeDataFromSelection(self) -> QMimeData:
        """The selection, including the hidden parts within it."""
        cursor = self.textCursor()
        block = self.document().findBlock(cursor.selectionStart())
        texts: list[str] = []
        while block.isValid() and block.position() <= cursor.selectionEnd():
            begin = max(0, cursor.selectionStart() - block.position())
            end = min(block.length() - 1, cursor.selectionEnd() - block.position())
            at, left_out = self._left_out(block.blockNumber())
            line = self._lines[block.blockNumber()] if block.blockNumber() < len(self._lines) else ""
            line = line[:at] + line[at + len(left_out) :]
            # As it was logged: tabs are shown as spaces. Qt counts in the units of UTF-16.
            shown = line.encode("utf-16-le", "surrogatepass")
            if not begin <= at <= end:
                at, left_out = begin, ""
            before, after = shown[2 * begin : 2 * at], shown[2 * at : 2 * end]
            texts.append(left_out.join(each.decode("utf-16-le", "replace") for each in (before, after)))
            block = block.next()
        data = QMimeData()
        data.setText("\n".join(texts))
        return data

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.createStandardContextMenu()
        menu.setObjectName("logMenu")
        menu.addSeparator()
        menu.addActions(self.display.actions)
        menu.popup(event.globalPos())

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            _at, left_out = self._left_out(self.cursorForPosition(event.pos()).blockNumber())
            QToolTip.showText(event.globalPos(), tool_tip(left_out.strip()), self.viewport())
            return True
        return super().viewportEvent(event)

    def _left_out(self, line: int) -> tuple[int, str]:
        """Where something of a line is left out, and what; nothing while all is shown."""
        if self.display.request_ids.isChecked() or line >= len(self._lines):
            return 0, ""
        begin, end = folded(self._lines[line])
        return begin, self._lines[line][begin:end]

    def _visible_part(self, line: str) -> str:
        if not self.display.request_ids.isChecked():
            begin, end = folded(line)
            line = line[:begin] + line[end:]
        return line.replace("\t", " ")

    def _apply_display(self) -> None:
        self.set_wraps(self.display.wrap.isChecked())
        self.show_text(self.logged)
