"""All Functions, in the whole window: two accounts and two regions in one table, on the Sandbox."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QToolButton

from tests.sandbox_functions import create_function
from tests.ui.test_routes import desk, opener  # noqa: F401 - fixtures
from tests.ui.window_desk import Desk, Opener
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.functions.fleet import Scope
from workbench.functions.index import FunctionIndex
from workbench.functions.model import FunctionSummary
from workbench.ui.fleet.columns import BY_ID, COLUMNS
from workbench.ui.fleet.flow import ACTION, FleetFlow
from workbench.ui.fleet.scopes import ScopeChoice
from workbench.ui.fleet.scopes_dialog import ScopesDialog
from workbench.ui.fleet.window import FleetWindow

SOURCE = "def handler(event, context):\n    return event\n"
NEAR, FAR = "us-east-1", "eu-central-1"
DENIED = WorkbenchError("Could not connect as bob.", "He may not.", "Ask.", aws_code="AccessDenied")


@dataclass
class Watcher:
    """Somebody who looks at the fleet."""

    desk: Desk
    opener: Opener

    @property
    def flow(self) -> FleetFlow:
        found = self.desk.window.findChild(FleetFlow)
        assert isinstance(found, FleetFlow)
        return found

    @property
    def window(self) -> FleetWindow:
        found = self.flow.window
        assert found is not None
        return found

    def at(self, profile: str, region: str = NEAR) -> Connection:
        found = self.opener.ready[profile]
        assert isinstance(found, Connection)
        return found.in_region(region)

    def make(self, profile: str, region: str = NEAR, name: str = "", **more: Any) -> FunctionSummary:
        return create_function(self.at(profile, region), SOURCE, name=name, **more)

    def choose(self, profiles: list[str], regions: list[str]) -> None:
        self.flow.choice.choose(profiles, regions)

    def open(self) -> FleetWindow:
        self.desk.parts.services.actions[ACTION].trigger()
        self.wait()
        return self.window

    def wait(self) -> None:
        """Until all that is chosen has been listed."""
        self.desk.idle()
        self.desk.until(lambda: self.flow.states and not self.window._refreshing)

    def shown(self, *columns: str) -> list[tuple[str, ...]]:
        model = self.window.model
        return [
            tuple(str(model.index(number, BY_ID[column]).data()) for column in columns or ("name",))
            for number in range(model.rowCount())
        ]

    def names(self) -> list[str]:
        return [name for (name,) in self.shown()]

    def row_of(self, name: str) -> int:
        return self.names().index(name)

    def errors(self) -> list[str]:
        """The red marks below the table."""
        return [each.text() for each in self.window.footer.findChildren(QToolButton) if not each.isHidden()]


@pytest.fixture
def watcher(desk: Desk, opener: Opener) -> Watcher:  # noqa: F811
    return Watcher(desk, opener)


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
    assert watcher.window.footer.freshness.text() == "Places: 4, as of just now"


def test_at_first_it_shows_what_the_main_window_does(watcher: Watcher) -> None:
    name = watcher.make("alice").function_name
    watcher.make("bob")
    watcher.open()
    assert watcher.names() == [name]


def test_what_was_stored_is_there_before_aws_and_nothing_of_another_account(
    watcher: Watcher, tmp_path: Path
) -> None:
    index = FunctionIndex(tmp_path / "functions.sqlite", watcher.desk.parts.services.clock)
    stored = watcher.make("alice")
    watcher.choose(["alice"], [NEAR])
    watcher.open()
    watcher.window.close()
    gone = FunctionSummary(**{name: getattr(stored, name) for name in FunctionSummary.__slots__})
    index.store("999999999999", NEAR, (gone,))
    index.store(stored.account_id, NEAR, (gone,))
    watcher.at("alice").call("lambda", "delete_function", FunctionName=stored.function_name)
    seen: list[list[str]] = []
    watcher.flow.stored_shown.connect(lambda: seen.append(watcher.names()))
    watcher.open()
    assert seen == [[stored.function_name]]
    assert watcher.names() == []
    assert watcher.window.empty.accessibleName() == "No functions here"


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


def test_what_others_do_with_the_selected_functions_joins_in(watcher: Watcher) -> None:
    names = sorted(watcher.make("alice").function_name for _ in range(3))
    seen: list[tuple[str, ...]] = []
    action = QAction("Tag…", watcher.flow)
    action.triggered.connect(
        lambda: seen.append(tuple(row.function.function_name for row in watcher.flow.selected))
    )
    watcher.flow.add_row_actions(action)
    window = watcher.open()
    assert action in window.table.actions()
    assert action in window.row_menu.actions()
    assert not window.actions_["fleet.open"].isEnabled()
    window.table.selectAll()
    assert window.actions_["fleet.open"].isEnabled()
    assert window.footer.count.text() == "Functions: 3 · selected: 3"
    action.trigger()
    assert [*seen[0]] == names
    assert {row.profile_name for row in watcher.flow.selected} == {"alice"}
    window.actions_["fleet.copy_arns"].trigger()
    assert QGuiApplication.clipboard().text().splitlines() == [
        row.function.function_arn for row in watcher.flow.selected
    ]


def test_only_what_is_shown_stays_selected(watcher: Watcher) -> None:
    for name in ("orders-import", "orders-export", "search-index"):
        watcher.make("alice", name=name)
    window = watcher.open()
    window.table.selectAll()
    QTest.keyClicks(window.search, "orders")
    assert {row.function.function_name for row in watcher.flow.selected} == {"orders-import", "orders-export"}
    window.search.clear()
    assert len(watcher.flow.selected) == 2


def test_a_refresh_keeps_the_selection_and_drops_what_has_gone(watcher: Watcher) -> None:
    names = sorted(watcher.make("alice").function_name for _ in range(3))
    window = watcher.open()
    window.table.selectAll()
    watcher.at("alice").call("lambda", "delete_function", FunctionName=names[1])
    window.actions_["fleet.refresh"].trigger()
    watcher.wait()
    assert watcher.names() == [names[0], names[2]]
    assert [row.function.function_name for row in watcher.flow.selected] == [names[0], names[2]]


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


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("orders", ["orders-import"]),
        ("oimp", ["orders-import"]),
        ("nightly", ["search-index"]),  # a description
        ("team=blue", ["search-index"]),  # a tag
        ("database_url", ["orders-import"]),  # the name of an environment variable
        ("nodejs22", ["search-index"]),  # a runtime
        ("secret", []),  # the value of one
    ],
)
def test_the_search_finds_names_descriptions_tags_runtimes_and_variables(
    watcher: Watcher, typed: str, found: list[str]
) -> None:
    variables = {"Variables": {"DATABASE_URL": "secret"}}
    watcher.make("alice", name="orders-import", Environment=variables)
    more: dict[str, Any] = {"Description": "Nightly", "Tags": {"team": "blue"}, "file_name": "app.js"}
    watcher.make("alice", name="search-index", runtime="nodejs22.x", **more)
    window = watcher.open()
    QTest.keyClicks(window.search, typed)
    assert watcher.names() == found


def test_columns_are_chosen_and_remembered(watcher: Watcher) -> None:
    watcher.make("alice")
    window = watcher.open()
    shown: Callable[[str], bool] = lambda name: not window.table.isColumnHidden(BY_ID[name])  # noqa: E731
    assert not shown("handler")
    for action in window.table.columns_menu.actions():
        if action.data() in ("handler", "tags"):
            action.toggle()
    assert shown("handler")
    assert not shown("tags")
    settings = watcher.desk.parts.services.settings
    again = FleetWindow(
        watcher.desk.parts.services, watcher.flow.choice, lambda *_: None, watcher.desk.window
    )
    assert [column.id for column in COLUMNS if not again.table.isColumnHidden(BY_ID[column.id])] == [
        column.id for column in COLUMNS if shown(column.id)
    ]
    assert settings.get("fleet.columns", [])
    again.deleteLater()


def test_what_a_failed_profile_needs_is_done_for_that_profile(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed: list[str] = []
    sign_in = watcher.desk.identity.protection.sign_in
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


def test_a_filter_is_saved_under_a_name_and_brought_back(watcher: Watcher) -> None:
    watcher.make("alice", name="old", runtime="python3.9", Tags={"team": "blue"})
    watcher.make("alice", name="new", Tags={"team": "blue"})
    window = watcher.open()
    window.filters.end_of_life.click()
    assert watcher.names() == ["old"]
    window.saved.save("Old ones")
    window.actions_["fleet.clear"].trigger()
    assert sorted(watcher.names()) == ["new", "old"]
    window.saved._fill()
    (entry, *_rest) = window.saved.menu().actions()
    assert entry.text() == "Old ones"
    entry.trigger()
    assert watcher.names() == ["old"]
    assert window.filters.end_of_life.isChecked()
    window.saved.remove("Old ones")
    assert window.saved.saved() == {}


def test_facets_narrow_and_offer_what_there_is(watcher: Watcher) -> None:
    watcher.make("alice", name="blue", Tags={"team": "blue"})
    watcher.make("alice", name="red", Tags={"team": "red"}, runtime="nodejs22.x", file_name="app.js")
    window = watcher.open()
    button = window.findChild(QToolButton, "fleetFilter.tag")
    assert isinstance(button, QToolButton)
    menu = button.menu()
    menu.aboutToShow.emit()
    assert [action.text().split()[0] for action in menu.actions()] == ["team=blue", "team=red"]
    menu.actions()[1].toggle()
    assert watcher.names() == ["red"]
    assert button.text() == "Tag: team=red ▾"
    assert window.footer.count.text() == "Functions: 1 of 2"
    menu.actions()[0].toggle()
    assert sorted(watcher.names()) == ["blue", "red"]
    assert button.text() == "Tag: 2 chosen ▾"
    window.actions_["fleet.clear"].trigger()
    assert button.text() == "Tag ▾"


def test_the_header_sorts_and_a_search_brings_the_best_match_first(watcher: Watcher) -> None:
    for name, size in (("zz-order", 128), ("order", 512), ("a-border", 256)):
        watcher.make("alice", name=name, MemorySize=size)
    window = watcher.open()
    assert watcher.names() == ["a-border", "order", "zz-order"]
    header = window.table.horizontalHeader()
    header.setSortIndicator(BY_ID["memory"], Qt.SortOrder.DescendingOrder)
    assert watcher.names() == ["order", "a-border", "zz-order"]
    QTest.keyClicks(window.search, "order")
    assert watcher.names() == ["order", "zz-order", "a-border"]
    window.search.clear()
    assert watcher.names() == ["order", "a-border", "zz-order"]


def test_profiles_and_regions_are_chosen_in_a_dialog(watcher: Watcher) -> None:
    watcher.make("alice")
    there = watcher.make("bob", FAR).function_name
    window = watcher.open()
    window.actions_["fleet.scopes"].trigger()
    watcher.desk.until(lambda: window.findChild(ScopesDialog))
    dialog = window.findChild(ScopesDialog)
    assert isinstance(dialog, ScopesDialog)
    for entries, wanted in ((dialog.profiles, "bob"), (dialog.regions, FAR)):
        for number in range(entries.count()):
            item = entries.item(number)
            on = item.text() == wanted
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
    assert dialog.chosen() == (["bob"], [FAR])
    dialog.accept()
    watcher.wait()
    assert watcher.shown("name", "profile", "region") == [(there, "bob", FAR)]
    assert ScopeChoice(watcher.desk.parts.services.settings, watcher.desk.session).profiles == ["bob"]


def test_cancel_leaves_what_was_listed(watcher: Watcher) -> None:
    name = watcher.make("alice").function_name
    watcher.choose(["alice", "bob"], [NEAR])
    watcher.opener.held["bob"] = threading.Event()
    watcher.desk.parts.services.actions[ACTION].trigger()
    watcher.desk.until(lambda: watcher.flow.window and watcher.names() == [name])
    watcher.window.actions_["fleet.cancel"].trigger()
    watcher.opener.held["bob"].set()
    watcher.wait()
    assert watcher.names() == [name]
    assert not watcher.window.actions_["fleet.cancel"].isEnabled()


def test_a_region_that_the_credentials_cannot_reach_is_not_asked(watcher: Watcher) -> None:
    name = watcher.make("alice").function_name
    watcher.choose(["alice"], [NEAR, "cn-north-1"])
    watcher.open()
    assert watcher.names() == [name]
    assert set(watcher.flow.states) == {Scope("alice", NEAR)}
