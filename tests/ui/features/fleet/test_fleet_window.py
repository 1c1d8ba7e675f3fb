"""All Functions, in the whole window: two accounts and two regions in one table, on the Sandbox."""

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QToolButton

from tests.ui.features.fleet.watcher import FAR, NEAR, Watcher
from workbench.core.errors import WorkbenchError
from workbench.functions.fleet import Scope
from workbench.functions.index import FunctionIndex
from workbench.functions.model import FunctionSummary
from workbench.ui.features.fleet.feature import FLEET

DENIED = WorkbenchError("Could not connect as bob.", "He may not.", "Ask.", aws_code="AccessDenied")


def test_one_table_has_the_functions_of_all_chosen_profiles_and_regions(watcher: Watcher) -> None:
    names = [watcher.make(*place).function_name for place in (("alice",), ("alice", FAR), ("bob",))]
    watcher.choose(["alice", "bob"], [NEAR, FAR])
    watcher.open()
    accounts = {profile: watcher.at(profile).account_id for profile in ("alice", "bob")}
    assert set(watcher.shown("name", "profile", "account", "region")) == {
        (names[0], "alice", accounts["alice"], NEAR),
        (names[1], "alice", accounts["alice"], FAR),
        (names[2], "bob", accounts["bob"], NEAR),
    }
    assert watcher.window.footer.count.text() == "Functions: 3"
    assert watcher.window.footer.freshness.text() == "Updated just now · accounts and regions: 4"


def test_at_first_it_shows_what_the_main_window_does(watcher: Watcher) -> None:
    name = watcher.make("alice").function_name
    watcher.make("bob")
    watcher.open()
    assert watcher.names() == [name]


def test_what_was_stored_is_there_before_aws_and_nothing_of_another_account(
    watcher: Watcher, tmp_path: Path
) -> None:
    index = FunctionIndex(tmp_path / "functions.sqlite", watcher.desk.context.services.clock)
    stored = watcher.make("alice")
    watcher.choose(["alice"], [NEAR])
    watcher.open()
    watcher.window.close()
    gone = FunctionSummary(**{name: getattr(stored, name) for name in FunctionSummary.__slots__})
    index.store("999999999999", NEAR, (gone,))
    index.store(stored.account_id, NEAR, (gone,))
    watcher.at("alice").call("lambda", "delete_function", FunctionName=stored.function_name)
    seen: list[list[str]] = []
    watcher.flow.stored_loaded.connect(lambda: seen.append(watcher.names()))
    watcher.open()
    assert seen == [[stored.function_name]]
    assert watcher.names() == []
    assert watcher.window.empty.accessibleName() == "No functions"


def test_a_profile_that_fails_is_marked_and_disturbs_no_other(watcher: Watcher) -> None:
    name = watcher.make("alice").function_name
    watcher.choose(["alice", "bob"], [NEAR])
    watcher.opener.ready["bob"] = DENIED
    window = watcher.open()
    assert watcher.names() == [name]
    assert watcher.errors() == [f"AccessDenied: bob · {NEAR}"]
    window.footer.findChildren(QToolButton)[-1].click()
    (banner,) = window.banners.banners
    assert banner.error is DENIED
    watcher.opener.ready["bob"] = watcher.at("alice")
    window.refresh_wanted.emit()
    watcher.desk.until(lambda: window.banners.banners == [])


def test_a_double_click_opens_the_function_with_its_profile_in_its_region(watcher: Watcher) -> None:
    name = watcher.make("bob", FAR).function_name
    watcher.choose(["alice", "bob"], [NEAR, FAR])
    watcher.desk.connect()
    window = watcher.open()
    row = window.table.visualRect(window.model.index(watcher.row_of(name), 0)).center()
    QTest.mouseClick(window.table.viewport(), Qt.MouseButton.LeftButton, pos=row)
    QTest.mouseDClick(window.table.viewport(), Qt.MouseButton.LeftButton, pos=row)
    watcher.desk.until(lambda: watcher.desk.opened() == name)
    function = watcher.desk.window.page.function
    assert function is not None
    assert (function.connection.account_id, function.connection.region) == (watcher.at("bob").account_id, FAR)
    assert watcher.desk.session.profile.name == "bob"


def test_enter_opens_a_function_of_the_open_profile_without_another_connection(watcher: Watcher) -> None:
    name = watcher.make("alice").function_name
    watcher.desk.connect()
    connection = watcher.desk.session.connection
    window = watcher.open()
    QTest.keyClick(window.search, Qt.Key.Key_Return)
    QTest.keyClick(window.table, Qt.Key.Key_Return)
    watcher.desk.until(lambda: watcher.desk.opened() == name)
    assert watcher.desk.session.connection is connection


def test_the_selected_functions_can_be_opened_copied_and_changed(watcher: Watcher) -> None:
    names = sorted(watcher.make("alice").function_name for _ in range(3))
    window = watcher.open()
    several = window.actions_["fleet.change_several"]
    assert several in window.table.actions()
    assert several in window.row_menu.actions()
    assert not several.isEnabled()
    assert not window.actions_["fleet.open"].isEnabled()
    window.table.selectAll()
    assert window.actions_["fleet.open"].isEnabled()
    assert window.footer.count.text() == "Functions: 3 · selected: 3"
    assert several.isEnabled()
    assert [row.function.function_name for row in watcher.selected()] == names
    assert {row.profile_name for row in watcher.selected()} == {"alice"}
    window.actions_["fleet.copy_arns"].trigger()
    assert QGuiApplication.clipboard().text().splitlines() == [
        row.function.function_arn for row in watcher.selected()
    ]


def test_a_refresh_keeps_the_selection_and_drops_what_has_gone(watcher: Watcher) -> None:
    names = sorted(watcher.make("alice").function_name for _ in range(3))
    window = watcher.open()
    window.table.selectAll()
    watcher.at("alice").call("lambda", "delete_function", FunctionName=names[1])
    window.actions_["fleet.refresh"].trigger()
    watcher.wait()
    assert watcher.names() == [names[0], names[2]]
    assert [row.function.function_name for row in watcher.selected()] == [names[0], names[2]]


def test_a_profile_that_leads_to_another_account_shows_nothing_of_the_old_one(watcher: Watcher) -> None:
    watcher.make("alice")
    theirs = watcher.make("bob").function_name
    watcher.choose(["alice"], [NEAR])
    window = watcher.open()
    watcher.opener.ready["alice"] = watcher.opener.ready["bob"]
    window.actions_["fleet.refresh"].trigger()
    watcher.wait()
    assert watcher.shown("name", "account") == [(theirs, watcher.at("bob").account_id)]


def test_two_profiles_of_one_account_show_a_function_once(watcher: Watcher) -> None:
    name = watcher.make("alice").function_name
    watcher.opener.ready["bob"] = watcher.opener.ready["alice"]
    watcher.choose(["alice", "bob"], [NEAR])
    window = watcher.open()
    assert watcher.names() == [name]
    window.actions_["fleet.refresh"].trigger()
    watcher.wait()
    assert watcher.shown("name", "profile") == [(name, "alice")]
    assert watcher.flow.states[Scope("bob", NEAR)].same_as == "alice"


def test_what_a_failed_profile_needs_is_done_for_that_profile(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed: list[str] = []
    sign_in = watcher.desk.protection.sign_in
    monkeypatch.setattr(sign_in, "begin", lambda profile: signed.append(profile.name))
    watcher.choose(["alice", "bob"], [NEAR])
    watcher.opener.ready["bob"] = WorkbenchError("Signed out.", aws_code="Expired", action="profile.sign_in")
    window = watcher.open()
    window.footer.findChildren(QToolButton)[-1].click()
    (banner,) = window.banners.banners
    button = banner.findChild(QPushButton, "bannerAction")
    assert button is not None
    button.click()
    assert signed == ["bob"]
    watcher.opener.ready["bob"] = watcher.opener.ready["alice"]
    sign_in.signed_in.emit("bob")
    watcher.wait()
    assert watcher.errors() == []


def test_cancel_leaves_what_was_listed(watcher: Watcher) -> None:
    name = watcher.make("alice").function_name
    watcher.choose(["alice", "bob"], [NEAR])
    watcher.opener.held["bob"] = threading.Event()
    watcher.desk.context.services.actions[FLEET].trigger()
    watcher.desk.until(lambda: watcher.flow.window and watcher.names() == [name])
    watcher.window.actions_["fleet.cancel"].trigger()
    watcher.opener.held["bob"].set()
    watcher.wait()
    assert watcher.names() == [name]
    assert not watcher.window.actions_["fleet.cancel"].isEnabled()
