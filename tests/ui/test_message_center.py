"""Messages of a window: where they are, what they leave in place, how they go, and the list of them all."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QLabel,
    QMainWindow,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from workbench.core.errors import WorkbenchError
from workbench.ui.kit.text import named
from workbench.ui.shell.banners import ErrorBanner, Form, MessageCenter
from workbench.ui.shell.messages import MessagesButton, MessagesList
from workbench.ui.shell.services import Services

FAR = QPoint(5_000, 5_000)
DENIED = WorkbenchError("Could not deploy.", "You may not.", "Ask for it.", "AccessDeniedException", "r-1")


class Room:
    """A window with a button in the middle of its content, and a status bar."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.window = QMainWindow()
        self.center = MessageCenter(services)
        self.center.pointer = lambda: self.at
        self.at = FAR
        self.button = QPushButton("Invoke")
        self.content = content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.center)
        column.addWidget(self.button)
        column.addStretch(1)
        self.window.setCentralWidget(content)
        self.messages = MessagesButton(services.messages, services.icons)
        self.window.statusBar().addWidget(self.center.make_status(), 1)
        self.window.statusBar().addPermanentWidget(self.messages)
        self.window.resize(1000, 700)
        self.window.show()

    def place(self, widget: QWidget) -> QRect:
        return QRect(widget.mapToGlobal(QPoint()), widget.size())

    def rest_on(self, widget: QWidget) -> None:
        self.at = self.place(widget).center()

    def texts(self) -> list[str]:
        return [banner.error.what for banner in self.center.banners]


@pytest.fixture
def room(qtbot: QtBot, services: Services) -> Iterator[Room]:
    room = Room(services)
    qtbot.addWidget(room.window)
    qtbot.waitExposed(room.window)
    QTest.qWait(0)
    yield room
    for shown in room.window.findChildren(MessagesList):
        shown.close()
        shown.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.mark.parametrize("tone", ["good", "info", "warning", "danger"])
def test_no_message_moves_what_is_below_the_pointer(room: Room, tone: str) -> None:
    before = room.place(room.button)
    room.rest_on(room.button)
    first = room.center.show_error(DENIED, tone)
    second = room.center.show_notice("Other.", tone=tone)
    room.center.show_error(DENIED, tone, key="a", decision=True)
    QApplication.processEvents()
    assert room.place(room.button) == before
    assert not any(room.place(each).contains(room.at) for each in (first, second))


def test_a_decision_takes_room_once_the_pointer_has_left_what_would_move(room: Room, qtbot: QtBot) -> None:
    before = room.place(room.button)
    room.rest_on(room.button)
    banner = room.center.show_error(DENIED, "warning", decision=True)
    QApplication.processEvents()
    assert banner.form is Form.TOAST
    assert room.place(room.button) == before
    room.at = FAR
    qtbot.waitUntil(lambda: banner.form is Form.WIDE)
    qtbot.waitUntil(lambda: room.button.y() >= banner.height() > 0)
    assert room.place(banner).bottom() < room.place(room.button).top()


def test_room_is_given_back_only_when_the_pointer_is_elsewhere(room: Room, qtbot: QtBot) -> None:
    room.center.show_error(DENIED, "warning", key="a", decision=True)
    qtbot.waitUntil(lambda: room.button.y() > 0)
    room.rest_on(room.button)
    before = room.place(room.button)
    room.center.dismiss("a")
    QTest.qWait(0)
    assert room.center.banners == []
    assert room.place(room.button) == before
    room.at = FAR
    qtbot.waitUntil(lambda: room.button.y() == 0)


def test_a_toast_is_never_below_the_pointer_or_over_the_field_with_the_keyboard(
    room: Room, qtbot: QtBot
) -> None:
    first = room.center.show_error(DENIED)
    corner = room.place(first)
    room.center.clear()
    room.at = corner.center()
    assert not room.place(room.center.show_error(DENIED)).contains(room.at)
    room.center.clear()
    room.at = FAR
    field = QPushButton("Apply", room.window.centralWidget())
    field.setGeometry(700, 600, 100, 30)
    field.show()
    room.window.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    assert not room.place(room.center.show_error(DENIED)).intersects(room.place(field))


def test_a_toast_below_the_pointer_stays_where_it_is_when_others_come_and_go(
    room: Room, qtbot: QtBot
) -> None:
    lower = room.center.show_notice("a", tone="warning", key="a")
    upper = room.center.show_notice("b", tone="warning", key="b")
    room.rest_on(upper)
    before = room.place(upper)
    room.center.show_notice("c", tone="warning", key="c")
    assert room.place(upper) == before
    room.center.dismiss("a")
    QApplication.processEvents()
    assert room.place(upper) == before
    bottom = room.content.height()
    room.at = FAR
    qtbot.waitUntil(lambda: upper.geometry().bottom() > bottom - 20)
    assert lower not in room.center.banners


def test_a_success_is_a_line_of_the_status_bar(room: Room) -> None:
    banner = room.center.show_notice("Deployed hello-http.", "In 0.3 s.", "good")
    assert room.window.statusBar().isAncestorOf(banner)
    (line,) = banner.findChildren(QLabel, "bannerLine")
    assert line.text() == "Deployed hello-http. In 0.3 s."
    room.center.show_notice("Saved.", tone="good")
    assert room.texts() == ["Saved."]
    assert room.services.messages.unread == 0


def test_a_success_that_can_be_undone_is_a_toast_with_the_button(room: Room, services: Services) -> None:
    services.actions.bind("connection.retry", lambda: None)
    banner = room.center.show_error(WorkbenchError("Deleted.", action="connection.retry"), "good")
    assert banner.form is Form.TOAST
    action = banner.findChild(QPushButton, "bannerAction")
    assert action is not None
    assert action.isVisible()


def test_a_harmless_toast_closes_after_a_while_except_below_the_pointer(room: Room, qtbot: QtBot) -> None:
    banner = room.center.show_notice("Reading.")
    (timer,) = banner.findChildren(QTimer)
    middle = QPoint(5, 5).toPointF()
    QApplication.sendEvent(banner, QEnterEvent(middle, middle, middle))
    assert not timer.isActive()
    QApplication.sendEvent(banner, QEvent(QEvent.Type.Leave))
    assert timer.isActive()
    timer.setInterval(1)
    qtbot.waitUntil(lambda: room.center.banners == [])
    assert room.services.messages.unread == 1  # nobody may have seen it


def test_warnings_and_failures_wait_for_the_user(room: Room) -> None:
    for tone in ("warning", "danger"):
        assert room.center.show_error(DENIED, tone).findChildren(QTimer) == []


def test_only_three_toasts_are_shown_and_the_list_keeps_the_others(room: Room) -> None:
    for text in "abcd":
        room.center.show_notice(text, tone="warning")
    assert room.texts() == ["d", "c", "b"]
    assert [message.error.what for message in room.services.messages.messages] == ["d", "c", "b", "a"]
    assert room.messages.text() == "4"


def test_a_toast_shortens_the_reason_and_not_what_to_do(room: Room) -> None:
    remedy = "Ask for the permission lambda:UpdateFunctionCode (statement DeployFunctions of deploy.json)."
    banner = room.center.show_error(WorkbenchError("Could not deploy.", "You may not. " * 40, remedy))
    assert banner.form is Form.TOAST
    why = banner.findChild(QLabel, "bannerWhy")
    assert why is not None
    assert why.text().startswith("You may not. You may not.")
    assert why.text().endswith(f"… {remedy}")
    assert len(why.text()) < 330


def test_escape_closes_the_newest_message_and_the_keyboard_goes_back(room: Room, qtbot: QtBot) -> None:
    room.window.activateWindow()
    room.button.setFocus()
    qtbot.waitUntil(room.button.hasFocus)
    banner = room.center.show_error(DENIED)
    assert room.button.hasFocus()  # no message takes the keyboard
    room.center.focus_newest()
    focused = QApplication.focusWidget()
    assert focused is not None
    assert banner.isAncestorOf(focused)
    QTest.keyClick(focused, Qt.Key.Key_Escape)
    assert room.center.banners == []
    qtbot.waitUntil(room.button.hasFocus)
    assert room.services.messages.unread == 0


def test_a_toast_is_announced(room: Room, read_aloud: list[str]) -> None:
    room.center.show_error(DENIED)
    assert read_aloud == [str(DENIED)]


# ---- the list --------------------------------------------------------------------------------------------


def opened(room: Room) -> MessagesList:
    room.messages.click()
    (shown,) = [each for each in room.window.findChildren(MessagesList) if each.isVisible()]
    return shown


def test_the_status_bar_opens_a_list_of_all_messages(room: Room) -> None:
    room.center.subject = "hello-http"
    room.center.show_error(DENIED)
    room.center.show_notice("Saved.", tone="good")
    assert room.messages.accessibleName() == "Messages: 1 unread"
    shown = opened(room)
    model = shown.table.model()
    rows = [[model.index(row, column).data() for column in (1, 2, 3)] for row in range(model.rowCount())]
    assert rows == [["Success", "hello-http", "Saved."], ["Failure", "hello-http", "Could not deploy."]]
    assert shown.table.hasFocus()
    shown.table.selectRow(1)
    assert shown.details.text() == "Could not deploy.\nYou may not. Ask for it.\nAccessDeniedException\nr-1"
    assert room.messages.accessibleName() == "Messages"
    QTest.keyClick(shown.table, Qt.Key.Key_Escape)
    assert not shown.isVisible()


def test_the_list_offers_what_can_still_be_done(room: Room, services: Services) -> None:
    ran: list[int] = []
    services.actions.bind("connection.retry", lambda: ran.append(1))
    room.center.show_error(WorkbenchError("Not connected.", action="connection.retry"))
    room.center.clear()
    shown = opened(room)
    assert shown.action.isVisible()
    shown.action.click()
    assert ran == [1]
    services.actions["connection.retry"].setEnabled(False)
    assert not opened(room).action.isVisible()


def test_an_empty_list_says_so(room: Room) -> None:
    assert "No messages yet" in {label.text() for label in opened(room).findChildren(QLabel)}


def test_a_hostile_message_is_plain_text_everywhere(room: Room) -> None:
    bait = "<img src='file:///x'><b>bold</b>"
    room.center.show_error(WorkbenchError(bait, bait * 20, bait))
    room.center.show_notice(bait, bait, "good")
    shown = opened(room)
    labels = [*room.window.findChildren(QLabel), *shown.findChildren(QLabel)]
    formats = {label.textFormat() for label in labels if bait in label.text()}
    assert formats == {Qt.TextFormat.PlainText}


def test_what_is_settled_counts_as_read(room: Room) -> None:
    room.center.show_error(DENIED, key="connection")
    assert room.services.messages.unread == 1
    room.center.dismiss("connection")
    assert room.services.messages.unread == 0


def test_what_fails_every_few_seconds_is_one_entry(room: Room) -> None:
    banners: list[ErrorBanner] = [room.center.show_error(DENIED) for _ in range(3)]
    assert room.center.banners == banners[-1:]
    assert len(room.services.messages.messages) == 1


def test_a_long_message_fits_and_the_list_has_all_of_it(room: Room) -> None:
    error = WorkbenchError("No.", "long words " * 300)
    banner = room.center.show_error(error)
    assert room.content.rect().contains(banner.geometry())
    assert named(opened(room).details, "messageDetails").text().count("long words") == 300


def test_what_the_user_stopped_is_never_red_and_stays_until_it_is_read(room: Room) -> None:
    banner = room.center.show_error(WorkbenchError("Debugging stopped.", by_user=True))
    assert banner.property("tone") == "info"
    assert banner.findChildren(QTimer) == []
    assert [message.tone for message in room.services.messages.messages] == ["info"]


# ---- the side --------------------------------------------------------------------------------------------


class SideRoom(Room):
    """A window with a column beside the content, which has the side for messages."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.list = QPushButton("Functions")
        self.list.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.column = QWidget()
        layout = QVBoxLayout(self.column)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.center.make_side())
        self.column.setFixedWidth(280)
        dock = QDockWidget()
        dock.setTitleBarWidget(QWidget())
        dock.setWidget(self.column)
        self.window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)


@pytest.fixture
def side(qtbot: QtBot, services: Services) -> Iterator[SideRoom]:
    room = SideRoom(services)
    qtbot.addWidget(room.window)
    qtbot.waitExposed(room.window)
    QTest.qWait(0)
    yield room
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.mark.parametrize(
    "words",
    [
        "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: lambda:UpdateFunctionCode",
        "No access to arn:aws:lambda:eu-central-1:123456789012:function:orders_of_the_whole_company_today.",
        f"A word of {'x' * 60}",
    ],
)
def test_of_a_message_every_word_is_shown(side: SideRoom, words: str) -> None:
    error = WorkbenchError(
        "It failed.", words, "Ask an administrator for it.", "AccessDeniedException", "8f1c"
    )
    banner = side.center.show_error(error)
    QApplication.processEvents()
    labels = [each for each in banner.findChildren(QLabel) if each.isVisible() and each.wordWrap()]
    assert len(labels) == 3
    for label in labels:
        assert label.minimumSizeHint().width() <= label.width(), label.text()
        assert label.heightForWidth(label.width()) <= label.height(), label.text()


def test_a_message_in_the_side_covers_nothing_and_moves_nothing(side: SideRoom, qtbot: QtBot) -> None:
    before = side.place(side.list).topLeft()
    banner = side.center.show_error(DENIED)
    qtbot.waitUntil(lambda: side.place(banner).height() > 40)
    assert side.column.isAncestorOf(banner)
    qtbot.waitUntil(lambda: not side.place(banner).intersects(side.place(side.list)))
    assert not side.place(banner).intersects(side.place(side.content))
    assert side.place(side.list).topLeft() == before
    side.center.dismiss(next(key for key, _banner in side.center._banners))
    qtbot.waitUntil(lambda: side.list.height() > side.column.height() - 40)


def test_while_the_column_is_hidden_its_messages_lie_over_the_content(side: SideRoom, qtbot: QtBot) -> None:
    banner = side.center.show_error(DENIED)
    side.column.hide()
    side.center.follow_side()
    assert side.content.isAncestorOf(banner)
    assert banner.isVisible()
    side.column.show()
    side.center.follow_side()
    qtbot.waitUntil(lambda: side.column.isAncestorOf(banner) and banner.isVisible())


def test_a_message_waits_until_the_pointer_has_left_the_column(side: SideRoom, qtbot: QtBot) -> None:
    side.rest_on(side.list)
    banner = side.center.show_error(DENIED)
    assert not side.column.isAncestorOf(banner)
    side.at = FAR
    qtbot.waitUntil(lambda: side.column.isAncestorOf(banner))


def test_in_the_side_a_warning_goes_after_a_while_and_stays_unread(side: SideRoom, qtbot: QtBot) -> None:
    banner = side.center.show_notice("The code has a syntax error.", tone="warning")
    (timer,) = banner.findChildren(QTimer)
    timer.setInterval(1)
    qtbot.waitUntil(lambda: side.center.banners == [])
    assert side.services.messages.unread == 1
    assert side.center.show_error(DENIED).findChildren(QTimer) == []
