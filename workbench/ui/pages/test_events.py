"""The test events of a function: the list of them, their menu, and the text of one."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QFont,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from workbench.aws.quotas import ASYNC_PAYLOAD_LIMIT_BYTES, SYNC_PAYLOAD_LIMIT_BYTES
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.functions.model import FunctionDetail
from workbench.invoke.events import (
    EventStore,
    TestEvent,
    delete_shareable,
    list_shareable,
    save_shareable,
    shape_hints,
)
from workbench.invoke.history import Mode
from workbench.invoke.payload import VARIABLE_NAMES, as_json, check_payload, check_variables, has_variables
from workbench.ui.editor import TextEdit
from workbench.ui.editor.fallback import is_too_much
from workbench.ui.kit.bars import OverflowRow
from workbench.ui.kit.choices import DeliberateChoice
from workbench.ui.kit.dialog import Question
from workbench.ui.kit.file_dialog import FileDialog
from workbench.ui.kit.text import PlainLabel, PlainMenu, ask_text, named, restyle, tool_tip
from workbench.ui.kit.theme import Theme, monospace
from workbench.ui.shell.services import OpenFunction, Services

_KEY = "events.folders"

_WIDTH, _MIN_LETTERS = 240, 10


def event_folder(services: Services, detail: FunctionDetail) -> Path | None:
    """The folder that was chosen for this function; None for Workbench's own."""
    folder = services.settings.get_as(_KEY, dict[str, str], {}).get(detail.function_arn)
    return Path(folder) if folder else None


def set_event_folder(
    services: Services, detail: FunctionDetail, folder: Path | None
) -> WorkbenchError | None:
    """Chooses the folder, None for Workbench's own. Returns why it could not be remembered."""
    folders = services.settings.get_as(_KEY, dict[str, str], {})
    folders.pop(detail.function_arn, None)
    if folder is not None:
        folders[detail.function_arn] = str(folder)
    return services.settings.set(_KEY, folders)


def event_store(services: Services, detail: FunctionDetail) -> EventStore:
    """The events of a function."""
    return EventStore(
        services.paths.data_dir / "events",
        detail.account_id,
        detail.region,
        detail.function_name,
        event_folder(services, detail),
    )


def ask_name(
    parent: QWidget, own: Sequence[TestEvent], chosen: TestEvent | None, then: Callable[[str], object]
) -> None:
    """Asks for the name of an event; the name of another event takes a confirmation, as that one is replaced.

    Args:
        parent: The tab.
        own: All events of one's own.
        chosen: The event that is kept; saving it under its own name replaces nobody else.
        then: Gets the name.
    """
    title, label = _("Save Test Event"), _("Name:")
    name = ask_text(parent, title, label, chosen.name if chosen is not None else "")
    if name is None:
        return
    if name not in {event.name for event in own if event != chosen}:
        then(name)
        return
    words = _("A test event named {name} exists. Its text will be replaced.")
    yes = _("Replace")
    question = Question(
        "replaceEvent", title, words.format(name=name), yes, parent.window(), is_destructive=True
    )
    question.ask(lambda: then(name))


def ask_to_delete(parent: QWidget, event: TestEvent, then: Callable[[], object]) -> None:
    """Asks before an event is deleted; it cannot be undone."""
    title, yes = _("Delete Test Event"), _("Delete")
    words = _("{event} will be permanently deleted.").format(event=event.name)
    Question("deleteEvent", title, words, yes, parent.window(), is_destructive=True).ask(then)


class EventPicker(DeliberateChoice):
    """Each row holds its event; lines between the kinds hold none."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "testEventPicker", _("Test event"))
        # In a narrow window it gives way: the window's least width is that of this row.
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_MIN_LETTERS)

    def sizeHint(self) -> QSize:
        return super().sizeHint().expandedTo(QSize(_WIDTH, 0))

    def fill(self, groups: Sequence[Sequence[TestEvent]], chosen: TestEvent) -> None:
        """Shows events by kind, and chooses one.

        Args:
            groups: The events of each kind; empty kinds have no line.
            chosen: The event to choose, by its name and kind.
        """
        self.clear()
        for events in groups:
            if events and self.count():
                self.insertSeparator(self.count())
            for event in events:
                self.addItem(self._title(event), event)
        for row in range(self.count()):
            shown = self.event_at(row)
            if shown is not None and _kind(shown) == _kind(chosen):
                self.setCurrentIndex(row)

    def event_at(self, row: int) -> TestEvent | None:
        """The event of a row; None for a line between the kinds."""
        event = self.itemData(row)
        return event if isinstance(event, TestEvent) else None

    @property
    def chosen(self) -> TestEvent | None:
        """The event that is chosen, with the text that it was saved with."""
        return self.event_at(self.currentIndex())

    def _title(self, event: TestEvent) -> str:
        if event.is_sample:
            return _("Sample: {event}").format(event=event.name)
        return _("Shared: {event}").format(event=event.name) if event.is_shared else event.name


def _kind(event: TestEvent) -> tuple[str, bool, bool]:
    return event.name, event.is_sample, event.is_shared


class EventMenu(QObject):
    """The menu beside the list of test events.

    Args:
        services: The program's shared parts.
        page: The tab.

    Signals:
        shared: A function's shareable events were read: the OpenFunction, and TestEvents.
        moved: The events are kept elsewhere from now on.
        failed: Something could not be done.
    """

    shared = Signal(object, object)
    moved = Signal()
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, page: QWidget) -> None:
        super().__init__(page)
        self._services, self._page = services, page
        self._function: OpenFunction | None = None
        self._current: Callable[[], TestEvent | None] = lambda: None
        self.suggest: Callable[[], Path | None] = lambda: None
        """The folder of the function's code on this machine, if it has one."""
        self.button = named(QPushButton(_("More")), "testEventMore")
        self.button.setToolTip(_("Share events, or store them in your own folder"))
        menu = named(PlainMenu(self.button), "testEventMenu")
        self.load_action = self._action(menu, "load", _("Load Shareable Events"), self._load)
        self.share_action = self._action(menu, "share", _("Share This Event…"), self._share)
        self._shareable = tuple((each, each.text()) for each in (self.load_action, self.share_action))
        menu.addSeparator()
        self.folder_action = self._action(menu, "folder", _("Store Events in a Folder…"), self._choose_folder)
        self.own_action = self._action(
            menu, "own", _("Store Events in Workbench"), lambda: self.set_event_folder(None)
        )
        menu.aboutToShow.connect(self._enable)
        self.button.setMenu(menu)

    def show_function(self, function: OpenFunction | None, current: Callable[[], TestEvent | None]) -> None:
        """Sets the function, and how to get the current event."""
        self._function, self._current = function, current
        self._enable()

    def _action(self, menu: QMenu, name: str, title: str, does: Callable[[], object]) -> QAction:
        action = QAction(title, self)
        action.setObjectName(f"testEvent.{name}")
        action.triggered.connect(lambda _checked=False: does())
        menu.addAction(action)
        return action

    def _enable(self) -> None:
        function = self._function
        self.folder_action.setEnabled(function is not None)
        is_sandbox = function is not None and function.connection.is_custom_endpoint
        for action, title in self._shareable:
            action.setEnabled(function is not None and not is_sandbox)
            words = _("{title} (not in the Sandbox)").format(title=title)
            action.setText(words if is_sandbox else title)
        folder = event_folder(self._services, function.detail) if function is not None else None
        self.own_action.setEnabled(folder is not None)
        self.folder_action.setToolTip(tool_tip(str(folder)) if folder else "")

    # Shareable ----------------------------------------------------------------------------------------------

    def _load(self) -> None:
        self._change(_("Reading the shareable events"), lambda _function, _ctx: None)

    def _share(self) -> None:
        event = self._current()
        if event is None:
            return
        suggestion = "" if event.is_sample else event.name
        title, label = (
            _("Share Test Event"),
            _("Name (visible to everyone with access to the registry):"),
        )
        name = ask_text(self._page, title, label, suggestion)
        if name is not None:
            self._change(
                _("Sharing the test event"),
                lambda function, ctx: save_shareable(
                    function.connection, function.detail.function_name, name, event.text, ctx
                ),
            )

    def delete(self, event: TestEvent) -> None:
        """Deletes a shared event after a confirmation."""
        words = _("{event} is deleted for everyone who uses it.").format(event=event.name)
        question = Question(
            "deleteShared",
            _("Delete Shareable Event"),
            words,
            _("Delete"),
            self._page.window(),
            is_destructive=True,
        )
        question.ask(
            lambda: self._change(
                _("Deleting the shareable event"),
                lambda function, ctx: delete_shareable(
                    function.connection, function.detail.function_name, event.name, ctx
                ),
            )
        )

    def _change(self, title: str, change: Callable[[OpenFunction, JobContext], object]) -> None:
        """Changes the registry, then reads its events."""
        function = self._function
        if function is None:
            return

        def run(ctx: JobContext) -> tuple[TestEvent, ...]:
            change(function, ctx)
            return list_shareable(function.connection, function.detail.function_name, ctx)

        self._services.jobs.submit(
            Job(
                title,
                run,
                lane=f"shared:{function.detail.function_arn}",
                on_done=lambda events: self.shared.emit(function, events),
                on_error=self.failed.emit,
            )
        )

    # A folder of one's own ----------------------------------------------------------------------------------

    def _choose_folder(self) -> None:
        function = self._function
        if function is None:
            return
        code = self.suggest()
        start = event_folder(self._services, function.detail) or (code / "events" if code else Path.home())
        dialog = FileDialog("chooseEventsFolder", _("Store Events in a Folder"), self._page.window(), start)
        dialog.ask_for_folder()
        dialog.fileSelected.connect(lambda folder: self.set_event_folder(Path(folder)))
        dialog.open()

    def set_event_folder(self, folder: Path | None) -> None:
        """Stores the function's events in a folder from now on; existing ones are not moved."""
        if self._function is None:
            return
        error = set_event_folder(self._services, self._function.detail, folder)
        if error is not None:
            self.failed.emit(error)
        self.moved.emit()


_MAX_CHARACTERS = 200_000  # of the whole text: laying out colours for more takes the window's time
_MAX_LINE_CHARACTERS = 4_000
_TOKEN = re.compile(
    r'(?P<variable>\{\{\s*\w+\s*\}\})|(?P<text>"(?:[^"\\]|\\.)*"?)(?P<key>\s*:)?'
    r"|(?P<word>\b(?:true|false|null)\b)|(?P<number>-?\b\d[\d.eE+-]*)"
)
_CHECK_AFTER_MS = 200
_FAULT, _GROUND = QColor(229, 72, 77), QColor(229, 72, 77, 60)  # right on a light and on a dark ground
CHECKED_CHARACTERS = 100_000
"""Larger events are checked when they are sent, off the main thread."""


def replace_text(field: "EventField", text: str, before: str = "") -> None:
    """Puts a text in a field as one step that can be undone.

    Args:
        field: Takes it.
        text: What it holds then.
        before: What it holds now, where that is known; empty to replace all.
    """
    if field.is_withheld or is_too_much(text):
        field.setPlainText(text)
        return
    cursor = field.textCursor()
    if not before:
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        return
    begin, end, changed = difference(before, text)
    first = _units(before[:begin])
    cursor.setPosition(first)
    cursor.setPosition(first + _units(before[begin:end]), QTextCursor.MoveMode.KeepAnchor)
    cursor.insertText(changed)


def edit_of(before: str, text: str) -> TextEdit:
    """What the code editor has to change to make one text of another."""
    begin, end, changed = difference(before, text)
    return TextEdit(*_line_and_column(before, begin), *_line_and_column(before, end), changed)


def difference(before: str, text: str) -> tuple[int, int, str]:
    """The part of a text that was changed, its begin and end, and what stands there now."""
    most = min(len(before), len(text))
    begin = _same(before, text, most)
    end = _same(before, text, most - begin, at_end=True)
    return begin, len(before) - end, text[begin : len(text) - end]


def _line_and_column(text: str, at: int) -> tuple[int, int]:
    """Line and column, both from 1."""
    line_begin = text.rfind("\n", 0, at) + 1
    return text.count("\n", 0, at) + 1, _units(text[line_begin:at]) + 1


def _same(old: str, new: str, most: int, *, at_end: bool = False) -> int:
    """How many characters are the same at one end: each step looks at half of what is not known yet."""
    known = 0
    while known < most:
        until = (known + most + 1) // 2
        if at_end:
            is_same = old[len(old) - until : len(old) - known] == new[len(new) - until : len(new) - known]
        else:
            is_same = old[known:until] == new[known:until]
        known, most = (until, most) if is_same else (known, until - 1)
    return known


def _units(text: str) -> int:
    """The length as Qt and the code editor count."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


class JsonColors(QSyntaxHighlighter):
    """Follows the theme."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self._theme = theme
        theme.changed.connect(self.rehighlight)

        self._own = document

    def expect(self, length: int) -> None:
        """Turns colours off for a text that is too long for them.

        Args:
            length: In characters, of the text that is about to come.
        """
        self.setDocument(self._own if length <= _MAX_CHARACTERS else None)

    def highlightBlock(self, text: str) -> None:
        if self.document().characterCount() > _MAX_CHARACTERS:
            return
        colors = self._theme.colors
        for found in _TOKEN.finditer(text[:_MAX_LINE_CHARACTERS]):
            if found["variable"]:
                self._paint(found.start(), found.end(), colors.warning, bold=True)
            elif found["text"]:
                self._paint(*found.span("text"), colors.accent if found["key"] else colors.good)
                for name in re.finditer(r"\{\{\s*\w+\s*\}\}", found["text"]):
                    begin = found.start("text")
                    self._paint(begin + name.start(), begin + name.end(), colors.warning, bold=True)
            else:
                self._paint(found.start(), found.end(), colors.series[3])

    def _paint(self, begin: int, end: int, color: str, *, bold: bool = False) -> None:
        look = QTextCharFormat()
        look.setForeground(QColor(color))
        if bold:
            look.setFontWeight(QFont.Weight.Bold)
        self.setFormat(begin, end - begin, look)


class PayloadMeter(PlainLabel):
    """Follows a text, a moment after it was typed.

    Args:
        text: The event.
        samples: What the events of each source look like.
    """

    def __init__(self, text: QPlainTextEdit, samples: Sequence[TestEvent] = ()) -> None:
        super().__init__()
        named(self, "testEventFault", role="muted")
        self._text, self._mode, self._samples = text, Mode.SYNC, samples
        self._pause = QTimer(self, singleShot=True, interval=_CHECK_AFTER_MS)
        self._pause.timeout.connect(self.check)
        text.textChanged.connect(self._pause.start)
        names = ", ".join(f"{{{{{name}}}}}" for name in VARIABLE_NAMES)
        words = _("Replaced when sent: {names}. To send two braces, type four.")
        self.setToolTip(tool_tip(words.format(names=names)))

    def set_mode(self, mode: Mode) -> None:
        """How it will be sent: that decides the limit."""
        self._mode = mode
        self._pause.start()

    def check(self) -> None:
        """Says whether it is JSON that Lambda takes."""
        text = self._text.toPlainText()
        payload = text.encode()
        most = ASYNC_PAYLOAD_LIMIT_BYTES if self._mode is Mode.ASYNC else SYNC_PAYLOAD_LIMIT_BYTES
        words = _("{count} of {most} bytes").format(count=f"{len(payload):,}", most=f"{most:,}")
        tone = "muted"
        place: tuple[int, int] | None = None
        if len(text) <= CHECKED_CHARACTERS or len(payload) > most:
            try:
                check_payload(as_json(text).encode() if len(payload) <= most else payload, most)
                check_variables(text)
            except WorkbenchError as error:
                tone, words = "danger", error.why
                if isinstance(fault := error.__cause__, json.JSONDecodeError):
                    place = (fault.lineno - 1, fault.colno - 1)
            else:
                if hint := self._hint(text):
                    tone, words = "warning", f"{words}  ·  {hint}"
                if has_variables(text):
                    words = f"{words}  ·  {_('variables are replaced when sent')}"
        self._mark(place)
        self.setText(words)
        restyle(self, role=tone)

    def _hint(self, text: str) -> str:
        """What the event lacks of what its source would send; it is sent all the same."""
        name, places = shape_hints(as_json(text), self._samples)
        if not places:
            return ""
        words = _("differs from a real event ({name}) in {names}")
        return words.format(name=name, names=", ".join(places))

    def _mark(self, place: tuple[int, int] | None) -> None:
        """Underlines where the JSON breaks."""
        marks: list[QTextEdit.ExtraSelection] = []
        block = self._text.document().findBlockByNumber(place[0]) if place else None
        if place is not None and block is not None and block.isValid():
            cursor = QTextCursor(block)
            length = len(block.text())
            begin = min(place[1], max(0, length - 1))
            cursor.setPosition(block.position() + begin)
            cursor.setPosition(block.position() + min(length, begin + 1), QTextCursor.MoveMode.KeepAnchor)
            look = QTextCharFormat()
            look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            look.setUnderlineColor(_FAULT)
            look.setBackground(_GROUND)
            mark = QTextEdit.ExtraSelection()
            mark.cursor, mark.format = cursor, look
            marks.append(mark)
        self._text.setExtraSelections(marks)


class EventField(QPlainTextEdit):
    """The text of an event.

    One that would stall the window while Qt lays it out is kept beside the field, which says so. Such a text
    is replaced as a whole: by pasting another one, by Delete, or by Undo, which brings back the one before.

    Args:
        label: What a screen reader calls it.
    """

    def __init__(self, label: str) -> None:
        super().__init__()
        named(self, "testEventText", label)
        self.setFont(monospace())
        self.setTabStopDistance(self.fontMetrics().horizontalAdvance(" ") * 2)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        self._withheld: str | None = None
        self._before = ""

    @property
    def is_withheld(self) -> bool:
        """Whether the text is too large to be shown."""
        return self._withheld is not None

    def toPlainText(self) -> str:
        """The event, shown or not."""
        return super().toPlainText() if self._withheld is None else self._withheld

    def setPlainText(self, text: str) -> None:
        """Shows an event; undo does not lead back."""
        if not is_too_much(text):
            self._withheld = None
            self.setReadOnly(False)
            super().setPlainText(text)
            return
        self._before = "" if self._withheld is not None else super().toPlainText()
        self._withheld = text
        self.setReadOnly(True)
        super().setPlainText(_withheld_text(text))

    def clear(self) -> None:
        self.setPlainText("")

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasText()

    def insertFromMimeData(self, source: QMimeData) -> None:
        text = source.text()
        if self._withheld is None and is_too_much(whole := self._with(text)):
            self.setPlainText(whole)
        elif self._withheld is not None:
            self.setPlainText(text)
        else:
            super().insertFromMimeData(source)

    def createMimeDataFromSelection(self) -> QMimeData:
        if self._withheld is None:
            return super().createMimeDataFromSelection()
        data = QMimeData()
        data.setText(self._withheld)
        return data

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._withheld is None:
            super().keyPressEvent(event)
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.insertFromMimeData(QGuiApplication.clipboard().mimeData())
        elif event.matches(QKeySequence.StandardKey.Undo):
            self.setPlainText(self._before)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.clear()
        else:
            super().keyPressEvent(event)

    def _with(self, text: str) -> str:
        """What the event is once a text is put in place of the selection."""
        cursor, parts = QTextCursor(self.document()), []
        selected = self.textCursor()
        end = self.document().characterCount() - 1
        for begin, until in ((0, selected.selectionStart()), (selected.selectionEnd(), end)):
            cursor.setPosition(begin)
            cursor.setPosition(until, QTextCursor.MoveMode.KeepAnchor)
            parts.append(cursor.selectedText().replace("\u2029", "\n"))
        return text.join(parts)


def _withheld_text(text: str) -> str:
    words = _(
        "This event is too large to show here: {count} characters, the longest line has {longest}. "
        "It is sent as it is.\n\n"
        "Open it in the code editor to change it. Paste another event to replace it, or press Delete."
    )
    longest = max(map(len, text.split("\n")))
    return words.format(count=f"{len(text):,}", longest=f"{longest:,}")


def lay_out_page(
    page: QWidget,
    label: str,
    left: Sequence[QWidget],
    right: Sequence[QWidget],
    below: Sequence[QWidget],
    *,
    more: QPushButton,
    rare: Sequence[QPushButton],
) -> None:
    """Puts a row on top, whose label names the first of `left`; the second of `below` gets the room.

    Of the row, `rare` moves into the menu of `more` when there is no room for it.
    """
    top = OverflowRow(more, rare)
    words = PlainLabel(label)
    words.setBuddy(left[0])
    for widget in (words, *left):
        top.add(widget)
    top.add_stretch()
    for widget in right:
        top.add(widget)
    layout = QVBoxLayout(page)
    layout.setContentsMargins(16, 12, 16, 12)
    layout.setSpacing(8)
    layout.addWidget(top)
    for number, widget in enumerate(below):
        layout.addWidget(widget, 1 if number == 1 else 0)


def side_by_side(left: QWidget, right: QWidget) -> QWidget:
    """Puts two widgets into a row; the first gets the room."""
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(left, 1)
    layout.addWidget(right)
    return row
