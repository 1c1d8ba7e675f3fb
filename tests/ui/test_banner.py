"""Messages: what they say, how they stack, what their buttons do."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QTimer
from PySide6.QtGui import QAccessible, QCursor, QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from workbench.core.errors import WorkbenchError
from workbench.ui.kit.icons import Icons
from workbench.ui.shell.actions import ActionRegistry
from workbench.ui.shell.banners import BannerStack

DENIED = WorkbenchError(
    "Could not deploy hello-http.",
    "You may not call lambda:UpdateFunctionCode.",
    "Ask for the permission.",
    "AccessDeniedException",
    "2f1c-77",
)


@pytest.fixture
def stack(qtbot: QtBot, actions: ActionRegistry, icons: Icons) -> BannerStack:
    stack = BannerStack(actions, icons)
    qtbot.addWidget(stack)
    return stack


def text(widget: QWidget, name: str) -> str:
    label = widget.findChild(QLabel, name)
    assert label is not None
    return label.text()


def button(widget: QWidget, name: str) -> QAbstractButton:
    found = widget.findChild(QAbstractButton, name)
    assert isinstance(found, QAbstractButton)
    return found


def test_an_error_says_what_why_remedy_code_and_request_id(stack: BannerStack) -> None:
    banner = stack.show_error(DENIED)
    assert text(banner, "bannerWhat") == "Could not deploy hello-http."
    assert text(banner, "bannerWhy") == "You may not call lambda:UpdateFunctionCode. Ask for the permission."
    assert text(banner, "bannerCode") == "AccessDeniedException · Request ID 2f1c-77"
    assert banner.property("tone") == "danger"


def test_aws_s_words_without_a_full_stop_do_not_run_into_the_remedy(stack: BannerStack) -> None:
    banner = stack.show_error(
        WorkbenchError("Could not read it.", "Function not found: x", "Refresh the list.")
    )
    assert text(banner, "bannerWhy") == "Function not found: x. Refresh the list."
    assert str(banner.error) == "Could not read it. Function not found: x. Refresh the list."


def test_parts_that_an_error_lacks_take_no_line(stack: BannerStack) -> None:
    banner = stack.show_error(WorkbenchError("Only this."))
    assert [label.objectName() for label in banner.findChildren(QLabel) if label.text()] == ["bannerWhat"]


def test_words_in_an_error_are_never_taken_for_markup(stack: BannerStack) -> None:
    banner = stack.show_error(WorkbenchError("Failed.", "<b>input</b>"))
    labels = [label for label in banner.findChildren(QLabel) if label.objectName() == "bannerWhy"]
    assert labels[0].textFormat().name == "PlainText"


def test_the_newest_message_is_on_top_and_the_fourth_pushes_out_the_oldest(stack: BannerStack) -> None:
    for name in "abcd":
        stack.show_error(WorkbenchError(name))
    assert [banner.error.what for banner in stack.banners] == ["d", "c", "b"]
    stack.show()
    stack.resize(600, stack.sizeHint().height())
    tops = [banner.y() for banner in stack.banners]
    assert tops == sorted(tops)


def test_a_failure_that_repeats_is_said_once(stack: BannerStack) -> None:
    for _ in range(3):
        stack.show_error(WorkbenchError("No connection.", "Timed out."))
    assert len(stack.banners) == 1


def test_a_message_takes_the_place_of_the_older_one_on_its_subject(stack: BannerStack) -> None:
    stack.show_error(WorkbenchError("Not connected."), key="connection")
    stack.show_error(WorkbenchError("Other."))
    stack.show_notice("Connected again.", tone="good", key="connection")
    assert [banner.error.what for banner in stack.banners] == ["Connected again.", "Other."]
    stack.dismiss("connection")
    assert [banner.error.what for banner in stack.banners] == ["Other."]


def test_good_news_goes_by_itself_and_nothing_else_does(stack: BannerStack, qtbot: QtBot) -> None:
    QCursor.setPos(
        stack.mapToGlobal(stack.rect().bottomRight()) + QPoint(100, 100)
    )  # it pauses what it is on
    for tone in ("info", "warning"):
        assert stack.show_notice(tone, tone=tone).findChild(QTimer) is None
    timer = stack.show_notice("Deployed.", tone="good").findChild(QTimer)
    assert timer is not None
    assert timer.isActive()
    timer.setInterval(1)
    qtbot.waitUntil(lambda: [banner.error.what for banner in stack.banners] == ["warning", "info"])


def test_the_stack_takes_room_only_while_it_has_messages(stack: BannerStack) -> None:
    assert stack.isHidden()
    banner = stack.show_error(DENIED)
    assert not stack.isHidden()
    button(banner, "bannerClose").click()
    assert stack.isHidden()
    assert stack.banners == []


def test_copy_takes_the_whole_message_without_secrets(stack: BannerStack) -> None:
    banner = stack.show_error(
        WorkbenchError("No.", "AKIAIOSFODNN7EXAMPLE is unknown.", "Fix it.", "E", "r-1")
    )
    button(banner, "bannerCopy").click()
    assert (
        QGuiApplication.clipboard().text()
        == "No.\nAKIA**** is unknown. \nFix it.\nE · Request ID r-1".replace(" \n", "\n")
    )


def test_the_remedy_is_a_button_while_its_action_is_enabled(
    stack: BannerStack, actions: ActionRegistry
) -> None:
    ran: list[bool] = []
    banner = stack.show_error(WorkbenchError("Not connected.", action="connection.retry"))
    remedy = button(banner, "bannerAction")
    assert remedy.isHidden()
    actions.bind("connection.retry", lambda: ran.append(True))
    assert not remedy.isHidden()
    assert remedy.text() == actions["connection.retry"].text()
    remedy.click()
    assert ran == [True]
    assert stack.banners == []


def test_a_remedy_that_fails_again_says_so(stack: BannerStack, actions: ActionRegistry) -> None:
    error = WorkbenchError("Not connected.", action="connection.retry")
    actions.bind("connection.retry", lambda: stack.show_error(error))
    button(stack.show_error(error), "bannerAction").click()
    assert [banner.error.what for banner in stack.banners] == ["Not connected."]


def test_an_unknown_remedy_gives_no_button(stack: BannerStack) -> None:
    banner = stack.show_error(WorkbenchError("No.", action="no.such"))
    assert button(banner, "bannerAction").isHidden()


def test_a_closed_message_is_destroyed_and_no_longer_follows_its_action(
    stack: BannerStack, actions: ActionRegistry
) -> None:
    gone: list[bool] = []
    banner = stack.show_error(WorkbenchError("No.", action="connection.retry"))
    banner.destroyed.connect(lambda: gone.append(True))
    stack.clear()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert gone == [True]
    actions.bind("connection.retry", lambda: None)  # would reach the deleted button


def test_long_words_wrap_instead_of_widening_the_window(stack: BannerStack) -> None:
    stack.show_error(WorkbenchError("Failed.", "a long reason " * 60))
    assert stack.minimumSizeHint().width() < 500
    stack.show()
    stack.resize(600, 10)
    assert stack.heightForWidth(600) > stack.heightForWidth(1600)


def test_screen_readers_get_the_whole_message(stack: BannerStack) -> None:
    banner = stack.show_error(DENIED)
    interface = QAccessible.queryAccessibleInterface(banner)
    assert interface.text(QAccessible.Text.Name) == DENIED.what
    assert interface.text(QAccessible.Text.Description) == str(DENIED)


def test_every_button_can_be_reached_by_keyboard_and_has_a_name(stack: BannerStack, qtbot: QtBot) -> None:
    stack.show_error(DENIED)
    stack.show()
    stack.activateWindow()
    qtbot.waitUntil(stack.isActiveWindow)
    reached = set()
    for _ in range(8):
        stack.focusNextChild()
        if (focused := stack.focusWidget()) is not None:
            assert focused.accessibleName()
            reached.add(focused.objectName())
    assert {"bannerCopy", "bannerClose"} <= reached


@pytest.mark.parametrize("keys", [("", "connection"), ("connection", "")])
def test_a_failure_that_two_parts_report_is_said_once(stack: BannerStack, keys: tuple[str, str]) -> None:
    for key in keys:
        stack.show_error(DENIED, key=key)
    assert len(stack.banners) == 1
    stack.dismiss("connection")
    assert stack.banners == []


def test_a_message_in_a_higher_band_keeps_its_lines_together(stack: BannerStack) -> None:
    banner = stack.show_notice("Deployed.", "The function has the new code.")
    stack.resize(600, 200)
    stack.show()
    what, why = (banner.findChild(QLabel, name) for name in ("bannerWhat", "bannerWhy"))
    assert isinstance(what, QLabel)
    assert isinstance(why, QLabel)
    assert why.y() < what.y() + 2 * what.sizeHint().height()
