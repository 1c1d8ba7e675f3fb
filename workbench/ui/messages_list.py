"""The list of all messages, which the status bar opens."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import sentences
from workbench.core.messages import _
from workbench.core.redaction import redact
from workbench.ui.kit import table, table_model
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.text import PlainLabel, named
from workbench.ui.message_log import Message, MessageLog

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
