"""The list's selection is the open function, and what stands around the page is that function's."""

from typing import Any

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from tests.sandbox_functions import create_function
from tests.ui.test_routes import HANDLER, desk, opener
from tests.ui.window_desk import Desk, Opener
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobHandle
from workbench.functions.detail import get_function
from workbench.ui.features.invocations.panel import InvocationsPanel
from workbench.ui.shell.services import OpenFunction

__all__ = ["desk", "opener"]  # fixtures


def selected(desk: Desk) -> list[str]:
    return [row.function_name for row in desk.window.functions.selected]


def named(connection: Connection, *names: str) -> None:
    for name in names:
        create_function(connection, HANDLER, name=name)


def opened_first(desk: Desk, connection: Connection, *names: str) -> None:
    """Creates functions, and opens the first."""
    named(connection, *names)
    desk.connect()
    desk.open(names[0])
    assert selected(desk) == [names[0]]


def ledger(desk: Desk) -> InvocationsPanel:
    panel = desk.window.findChild(InvocationsPanel)
    assert panel is not None
    return panel


# ---- the list --------------------------------------------------------------------------------------------


def test_a_function_that_opens_before_the_list_has_it_is_selected_once_it_is_listed(
    desk: Desk, connection: Connection
) -> None:
    opened_first(desk, connection, "beta")
    named(connection, "alpha")
    desk.context.open_function("alpha")  # what creating and restoring do
    desk.until(lambda: desk.opened() == "alpha")
    assert selected(desk) == []  # it is not in the list yet, and no other row is the open one
    desk.window.functions.refresh()
    desk.until(lambda: "alpha" in desk.names())
    assert selected(desk) == ["alpha"]


def test_nothing_is_selected_once_the_open_function_was_deleted(desk: Desk, connection: Connection) -> None:
    opened_first(desk, connection, "alpha", "beta")
    connection.call("lambda", "delete_function", FunctionName="alpha")
    desk.window.page.close_function()
    desk.window.functions.refresh()
    desk.until(lambda: desk.names() == ["beta"])
    assert selected(desk) == []
    assert desk.window.windowTitle() == "Workbench"
    assert not desk.context.services.actions["function.invoke"].isEnabled()


def test_deleting_another_function_leaves_the_open_one_selected(desk: Desk, connection: Connection) -> None:
    opened_first(desk, connection, "beta", "alpha", "gamma")
    for name in ("alpha", "gamma"):
        connection.call("lambda", "delete_function", FunctionName=name)
        desk.window.functions.refresh()
        desk.wait_for_list()
        assert name not in desk.names()
        assert selected(desk) == ["beta"]


def test_a_search_that_hides_the_open_function_selects_nothing_and_clearing_it_selects_it_again(
    desk: Desk, connection: Connection
) -> None:
    opened_first(desk, connection, "orders", "payments")
    search, view = desk.window.functions.search, desk.window.functions.view
    search.setFocus()
    QTest.keyClicks(search, "pay")
    assert selected(desk) == []
    assert view.currentIndex().data() == "payments"  # Enter opens it
    search.clear()
    assert selected(desk) == ["orders"]
    QTest.keyClicks(search, "pay")
    QTest.keyClick(search, Qt.Key.Key_Return)
    desk.until(lambda: desk.opened() == "payments")
    assert selected(desk) == ["payments"]
    search.clear()
    assert selected(desk) == ["payments"]


def test_a_search_keeps_the_open_function_selected_among_what_it_finds(
    desk: Desk, connection: Connection
) -> None:
    opened_first(desk, connection, "orders-slow", "orders")
    QTest.keyClicks(desk.window.functions.search, "orders")
    assert selected(desk) == ["orders-slow"]
    assert desk.window.functions.view.currentIndex().data() == "orders"  # the best match
    desk.window.functions.refresh()
    desk.wait_for_list()
    assert selected(desk) == ["orders-slow"]


def test_the_arrow_keys_move_without_selecting_until_enter_opens(desk: Desk, connection: Connection) -> None:
    opened_first(desk, connection, "alpha", "beta")
    view = desk.window.functions.view
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert view.currentIndex().data() == "beta"
    assert selected(desk) == ["alpha"]
    QTest.keyClick(view, Qt.Key.Key_Return)
    desk.until(lambda: desk.opened() == "beta")
    assert selected(desk) == ["beta"]


def test_a_function_that_does_not_open_gives_the_selection_back(desk: Desk, connection: Connection) -> None:
    opened_first(desk, connection, "alpha", "beta")
    connection.call("lambda", "delete_function", FunctionName="beta")
    desk.click("beta")
    assert selected(desk) == ["beta"]  # while it is being opened
    desk.until(lambda: desk.banner("ResourceNotFoundException"))
    assert desk.opened() == "alpha"
    assert selected(desk) == ["alpha"]


def test_an_opening_that_is_cancelled_gives_the_selection_back(
    desk: Desk, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened_first(desk, connection, "alpha", "beta")
    jobs, opening = desk.context.services.jobs, list[JobHandle]()
    submit = jobs.submit

    def cancel_at_once(job: Job[Any]) -> JobHandle:
        handle = submit(job)
        if job.title == "Opening beta":
            handle.cancel()
            opening.append(handle)
        return handle

    monkeypatch.setattr(jobs, "submit", cancel_at_once)
    desk.click("beta")
    assert len(opening) == 1
    desk.idle()
    assert [desk.opened()] == selected(desk)


def test_a_newer_state_of_the_open_function_does_not_take_the_selection_from_one_that_opens(
    desk: Desk, connection: Connection
) -> None:
    opened_first(desk, connection, "alpha", "beta")
    desk.click("beta")
    desk.window.page.open(OpenFunction(connection, get_function(connection, "alpha")))
    assert selected(desk) == ["beta"]
    desk.until(lambda: desk.opened() == "beta")
    assert selected(desk) == ["beta"]


def test_a_press_that_is_let_go_elsewhere_selects_nothing_else(desk: Desk, connection: Connection) -> None:
    opened_first(desk, connection, "alpha", "beta")
    view = desk.window.functions.view
    row = view.visualRect(desk.window.functions.model.index_of("beta")).center()
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=row)
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=view.viewport().rect().bottomLeft())
    assert desk.opened() == "alpha"
    assert selected(desk) == ["alpha"]


def test_several_that_were_selected_stay_so_when_the_list_is_read_again(
    desk: Desk, connection: Connection
) -> None:
    opened_first(desk, connection, "alpha", "beta", "gamma")
    model, selection = desk.window.functions.model, desk.window.functions.view.selectionModel()
    selection.select(model.index_of("gamma"), QItemSelectionModel.SelectionFlag.Select)
    named(connection, "delta")
    desk.window.functions.refresh()
    desk.until(lambda: "delta" in desk.names())
    assert selected(desk) == ["alpha", "gamma"]
    desk.open("beta")
    assert selected(desk) == ["beta"]


def test_another_region_and_another_profile_select_nothing_of_the_one_before(
    desk: Desk, opener: object, connection: Connection
) -> None:
    opened_first(desk, connection, "alpha")
    named(connection.in_region("eu-west-1"), "alpha")
    desk.session.choose(desk.session.profile, "eu-west-1")
    desk.wait_for_list()
    assert desk.names() == ["alpha"]  # another function of the same name
    assert desk.opened() == ""
    assert selected(desk) == []
    desk.choose("bob")
    desk.wait_for_list()
    assert (desk.opened(), selected(desk)) == ("", [])


def test_the_page_says_what_is_opening_as_long_as_none_is_open(desk: Desk, connection: Connection) -> None:
    named(connection, "alpha")
    desk.connect()
    desk.click("alpha")
    page = desk.window.page
    assert page.opening.isVisibleTo(page)
    assert page.opening.accessibleName() == "Opening alpha…"
    desk.until(lambda: desk.opened() == "alpha")
    page.close_function()
    assert page.empty.isVisibleTo(page)


def test_a_page_whose_function_waits_for_a_connection_that_failed_offers_to_connect_again(
    desk: Desk, opener: Opener, connection: Connection
) -> None:
    named(connection, "alpha")
    there = opener.ready["alice"]
    opener.ready["alice"] = WorkbenchError(
        "The Sandbox could not be started.", "Another one runs.", "Close it."
    )
    desk.context.open_function("alpha")
    desk.session.connect_now()
    page = desk.window.page
    button = page.opening.findChild(QToolButton, "emptyAction")
    assert button is not None
    assert not button.isVisibleTo(page)
    desk.until(lambda: button.isVisibleTo(page))
    assert page.opening.accessibleName() == "alpha is not open."
    assert (
        page.opening.accessibleDescription()
        == "There is no connection. The function opens once there is one."
    )
    assert button.text() == "Connect Again"
    desk.context.open_function("beta")  # of another click, while there is still no connection
    assert page.opening.accessibleName() == "beta is not open."
    desk.context.open_function("alpha")
    opener.ready["alice"] = there
    button.click()
    assert page.opening.accessibleName() == "Opening alpha…"
    assert not button.isVisibleTo(page)
    desk.until(lambda: desk.opened() == "alpha")


# ---- the panels ------------------------------------------------------------------------------------------


def answered(desk: Desk, event: str = "{}") -> None:
    desk.invoke(event)
    desk.until(lambda: desk.window.result.answer.toPlainText() == '"answer"')


def test_the_invocations_of_this_function_follow_the_open_one_at_once(
    desk: Desk, connection: Connection
) -> None:
    opened_first(desk, connection, "alpha", "beta")
    answered(desk)
    panel = ledger(desk)
    desk.context.services.actions["view.invocations"].trigger()
    desk.until(lambda: panel.model.rowCount() == 1)
    seen: list[int] = []
    desk.window.page.function_shown.connect(lambda: seen.append(panel.model.rowCount()))
    desk.open("beta")
    assert seen == [0]  # not even for a moment are they alpha's
    desk.idle()
    assert panel.model.rowCount() == 0
    desk.open("alpha")
    desk.until(lambda: panel.model.rowCount() == 1)
    desk.window.page.close_function()
    desk.idle()
    assert panel.model.rowCount() == 0  # not those of the whole account
    assert panel.empty.accessibleName() == "No function open"


def test_the_result_follows_the_open_function_and_comes_back_with_it(
    desk: Desk, connection: Connection
) -> None:
    opened_first(desk, connection, "alpha", "beta")
    answered(desk)
    desk.open("beta")
    desk.idle()
    assert desk.window.result.is_empty
    desk.open("alpha")
    desk.until(lambda: desk.window.result.answer.toPlainText() == '"answer"')
    assert desk.window.result.figures.text().startswith("alpha  ·  ")
    desk.window.page.close_function()
    assert desk.window.result.is_empty


def test_an_answer_never_comes_over_another_function_and_is_there_when_its_own_opens(
    desk: Desk, connection: Connection
) -> None:
    opened_first(desk, connection, "alpha", "beta")
    desk.invoke('{"seconds": 1}')
    desk.open("beta")
    assert desk.window.result.is_empty
    desk.open("alpha")
    assert desk.window.result.status.text() == "Running…"
    desk.open("beta")
    desk.idle()
    assert desk.window.result.is_empty
    desk.open("alpha")
    desk.until(lambda: desk.window.result.answer.toPlainText() == '"answer"')


# ---- messages --------------------------------------------------------------------------------------------


def test_messages_of_a_function_go_when_another_one_opens_and_the_windows_own_stay(
    desk: Desk, connection: Connection
) -> None:
    opened_first(desk, connection, "alpha", "beta")
    desk.window.page.pages[1].failed.emit(WorkbenchError("A setting is wrong."))
    desk.window.banners.show_notice("The Sandbox moved.")
    desk.context.reload_function()
    desk.idle()
    assert desk.banner("A setting is wrong.")  # it is the same function still
    desk.open("beta")
    assert desk.banner("A setting is wrong.") is None
    assert desk.banner("The Sandbox moved.")


def test_messages_of_a_function_go_with_it(desk: Desk, connection: Connection) -> None:
    opened_first(desk, connection, "alpha")
    desk.deploy.failed.emit(WorkbenchError("It was not deployed."))
    assert desk.banner("It was not deployed.")
    desk.window.page.close_function()
    assert desk.banner("It was not deployed.") is None


def test_news_of_a_function_that_is_not_open_name_it(desk: Desk, connection: Connection) -> None:
    opened_first(desk, connection, "alpha", "beta")
    alpha = desk.window.page.function
    desk.open("beta")
    desk.window.function_banners.show_error(WorkbenchError("It has no answer."), function=alpha)
    assert desk.banner("alpha: It has no answer.")
    desk.open("alpha")
    assert desk.banner("alpha: It has no answer.")  # it is about this one
    desk.open("beta")
    assert desk.banner("alpha: It has no answer.") is None
