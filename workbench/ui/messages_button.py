"""The button of the status bar that counts unread messages."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QToolButton

from workbench.core.messages import _, ngettext
from workbench.ui import messages_list
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.text import named, tool_tip
from workbench.ui.message_log import MessageLog


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
        shown = messages_list.MessagesList(self._log, self._icons, self.window())
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
