"""All messages since the start, newest first: the button of the status bar, and the list that it opens."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from workbench.core.errors import WorkbenchError, sentences
from workbench.core.messages import _, ngettext
from workbench.core.redaction import redact
from workbench.ui.kit import table, table_model
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.text import PlainLabel, named, tool_tip

MAX_MESSAGES = 200


@dataclass(slots=True, eq=False)
class Message:
    """One message.

    Attributes:
        error: What it says.
        tone: "danger", "warning", "info" or "good".
        when: When it was shown, with a time zone.
        function: The function that was open then, or "".
        action: What its button does, if it has one.
        is_read: The user closed it or opened the list, or what it was about is over.
        is_over: It is not shown any more, as the user closed it or what it was about is over.
    """

    error: WorkbenchError
    tone: str
    when: datetime
    function: str = ""
    action: QAction | None = None
    is_read: bool = False
    is_over: bool = False

    @property
    def offered(self) -> QAction | None:
        """The action, while it can still be done."""
        if self.action is None or not isValid(self.action) or not self.action.isEnabled():
            return None
        return self.action


class MessageLog(QObject):
    """Keeps the last 200 messages of all windows.

    Signals:
        changed: A message was added or read.
        ended: What a Message was about is over: it is not to be shown any more.
    """

    changed = Signal()
    ended = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._messages: list[Message] = []

    @property
    def messages(self) -> tuple[Message, ...]:
        """All messages, newest first."""
        return tuple(self._messages)

    @property
    def unread(self) -> int:
        """How many messages nobody has closed or looked at."""
        return sum(not message.is_read for message in self._messages)

    def add(self, message: Message) -> None:
        """Adds a message as the newest. The one before it goes when it says the same."""
        if self._messages and _says_the_same(self._messages[0], message):
            del self._messages[0]
        self._messages.insert(0, message)
        del self._messages[MAX_MESSAGES:]
        self.changed.emit()

    def end(self, message: Message) -> None:
        """What a message was about is over, or the user has closed it: it counts as read."""
        if not message.is_over:
            message.is_read = message.is_over = True
            self.ended.emit(message)
            self.changed.emit()

    def end_all(self, is_over: Callable[[Message], bool]) -> None:
        """Ends each message that is about something which is over by now."""
        for message in [each for each in self._messages if not each.is_over and is_over(each)]:
            self.end(message)

    def mark_all_read(self) -> None:
        """Marks every message as read: the list was opened."""
        for message in self._messages:
            message.is_read = True
        self.changed.emit()


def _says_the_same(one: Message, other: Message) -> bool:
    return (one.tone, one.function, str(one.error)) == (other.tone, other.function, str(other.error))


class MessagesButton(QToolButton):
    """Says how many messages are unread, and opens the list."""

    def __init__(self, log: MessageLog, icons: Icons) -> None:
        super().__init__()
        named(self, "messagesButton", role="quiet")
        self._log, self._icons = log, icons
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        icons.attach(self, "bell", "muted")
        self.clicked.connect(self.open_list)
        log.changed.connect(self._count)
        self._count()

    def open_list(self) -> None:
        """Opens the list above the button, with the newest message selected."""
        shown = MessagesList(self._log, self._icons, self.window())
        corner = self.mapToGlobal(QPoint(self.width(), 0))
        shown.move(corner - QPoint(shown.width(), shown.height() + 4))
        shown.show()
        shown.focus_first()
        self._log.mark_all_read()

    def _count(self) -> None:
        unread = self._log.unread
        self.setText(f"{unread:,}" if unread else "")
        words = ngettext("Messages: {count} unread", "Messages: {count} unread", unread).format(count=unread)
        words = words if unread else _("Messages")
        self.setToolTip(tool_tip(words))
        self.setAccessibleName(words)


_SIZE = (720, 380)


class MessagesList(QFrame):
    """All messages since the start, newest first. Escape or a click elsewhere closes it.

    The details of the selected message are below the table, with what can still be done about it.
    """

    def __init__(self, log: MessageLog, icons: Icons, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        named(self, "messagesList", _("Messages"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._messages = log.messages
        kinds, made = self._kinds(), table_model.Column[Message]
        columns = (
            made(_("Time"), lambda each: each.when.astimezone().strftime("%H:%M:%S"), 76),
            made(_("Kind"), lambda each: kinds[each.tone], 76),
            made(_("Open function"), lambda each: each.function, 150),
            made(
                _("Message"),
                lambda each: each.error.what.split("\n", 1)[0],
                full=lambda each: str(each.error),
            ),
        )
        self.table = table.Table("messagesTable", _("Messages, newest first"), columns, identity=id)
        self.table.set_rows(self._messages)
        self.details = named(PlainLabel(), "messageDetails")
        self.details.setWordWrap(True)
        self.details.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.details.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        scroll = named(QScrollArea(), "messageDetailsScroll", _("Details"))
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(self.details)
        self.action = named(QPushButton(), "messageAction")
        self.copy = named(QPushButton(_("Copy")), "messageCopy", _("Copy this message"))
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.action)
        buttons.addWidget(self.copy)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table, 3)
        column.addWidget(scroll, 2)
        column.addLayout(buttons)
        empty = EmptyState(icons, "bell")
        empty.set_text(
            _("No messages yet"),
            _("Everything that Workbench tells you while you work is kept here until you quit."),
        )
        layout = QStackedLayout(self)
        self.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(content if self._messages else empty)
        layout.addWidget(empty if self._messages else content)
        self.resize(*_SIZE)
        self.table.selectionModel().currentChanged.connect(lambda *__: self._show_details())
        self.action.clicked.connect(self._act)
        self.copy.clicked.connect(self._copy)
        self._show_details()

    def focus_first(self) -> None:
        """Brings the keyboard to the newest message."""
        if self._messages:
            self.table.selectRow(0)
            self.table.setFocus(Qt.FocusReason.PopupFocusReason)

    @property
    def selected(self) -> Message | None:
        """The message whose details are shown."""
        row = self.table.currentIndex().row()
        return self._messages[row] if 0 <= row < len(self._messages) else None

    def _kinds(self) -> dict[str, str]:
        return {
            "danger": _("Failure"),
            "warning": _("Warning"),
            "info": _("Notice"),
            "good": _("Success"),
        }

    def _show_details(self) -> None:
        message = self.selected
        offered = message.offered if message is not None else None
        self.details.setText(_text(message) if message is not None else "")
        self.copy.setEnabled(message is not None)
        self.action.setVisible(offered is not None)
        if offered is not None:
            self.action.setText(offered.text())
            self.action.setAccessibleName(offered.text())

    def _act(self) -> None:
        message = self.selected
        offered = message.offered if message is not None else None
        self.close()
        if offered is not None:
            offered.trigger()

    def _copy(self) -> None:
        if (message := self.selected) is not None:
            QGuiApplication.clipboard().setText(redact(_text(message)))


def _text(message: Message) -> str:
    error = message.error
    lines = [error.what, sentences(error.why, error.remedy), error.aws_code, error.request_id]
    return "\n".join(line for line in lines if line)
