"""Every message that was shown, newest first, for the list that the status bar opens."""

from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from shiboken6 import isValid

from workbench.core.errors import WorkbenchError

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
        is_read: The user closed it or opened the list, or what it was about is settled.
    """

    error: WorkbenchError
    tone: str
    when: datetime
    function: str = ""
    action: QAction | None = None
    is_read: bool = False

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
    """

    changed = Signal()

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

    def mark_read(self, message: Message) -> None:
        """Marks one message as read."""
        if not message.is_read:
            message.is_read = True
            self.changed.emit()

    def mark_all_read(self) -> None:
        """Marks every message as read: the list was opened."""
        for message in self._messages:
            message.is_read = True
        self.changed.emit()


def _says_the_same(one: Message, other: Message) -> bool:
    return (one.tone, one.function, str(one.error)) == (other.tone, other.function, str(other.error))
