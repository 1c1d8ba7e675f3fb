"""What of the fleet is shown, and how: search, filters, columns, profiles and regions."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from tests.ui.features.fleet.watcher import FAR, NEAR, Watcher
from workbench.core.settings import Settings
from workbench.functions.fleet import FleetFilter, Scope
from workbench.ui.features.fleet.scopes import ScopeChoice, ScopesDialog
from workbench.ui.features.fleet.table import BY_ID, COLUMNS, SavedFilters
from workbench.ui.features.fleet.window import FleetWindow


def test_only_what_is_shown_stays_selected(watcher: Watcher) -> None:
    for name in ("orders-import", "orders-export", "search-index"):
        watcher.make("alice", name=name)
    window = watcher.open()
    window.table.selectAll()
    QTest.keyClicks(window.search, "orders")
    assert {row.function.function_name for row in watcher.selected()} == {"orders-import", "orders-export"}
    window.search.clear()
    assert len(watcher.selected()) == 2


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
    settings = watcher.desk.context.services.settings
    again = FleetWindow(
        watcher.desk.context.services, watcher.flow.choice, lambda *_: None, watcher.desk.window
    )
    assert [column.id for column in COLUMNS if not again.table.isColumnHidden(BY_ID[column.id])] == [
        column.id for column in COLUMNS if shown(column.id)
    ]
    assert settings.get("fleet.columns", [])
    again.deleteLater()


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


def test_saved_filters_of_an_earlier_version_come_back_and_damage_hides_no_other(tmp_path: Path) -> None:
    stored = {"Old": {"query": "a", "runtime": ["", "python3.9"], "end_of_life": True}}
    (tmp_path / "settings.json").write_text(
        json.dumps(
            {"fleet.filters": stored | {"List": [], "Text": {"state": "Active"}, "No": {"drifted": 1}}}
        )
    )
    assert SavedFilters(Settings(tmp_path / "settings.json")).saved() == {
        "Old": FleetFilter("a", frozenset({"", "python3.9"}), end_of_life=True)
    }


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
    assert button.text() == "Tag: team=red"
    assert window.footer.count.text() == "Functions: 1 of 2"
    menu.actions()[0].toggle()
    assert sorted(watcher.names()) == ["blue", "red"]
    assert button.text() == "Tag: 2 selected"
    window.actions_["fleet.clear"].trigger()
    assert button.text() == "Tag"


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
    assert ScopeChoice(watcher.desk.context.services.settings, watcher.desk.session).profiles == ["bob"]


def test_a_region_that_the_credentials_cannot_reach_is_not_asked(watcher: Watcher) -> None:
    name = watcher.make("alice").function_name
    watcher.choose(["alice"], [NEAR, "cn-north-1"])
    watcher.open()
    assert watcher.names() == [name]
    assert set(watcher.flow.states) == {Scope("alice", NEAR)}


def test_states_are_asked_for_only_while_their_column_is_there(watcher: Watcher) -> None:
    names = sorted(watcher.make("alice", region).function_name for region in (NEAR, FAR))
    watcher.choose(["alice"], [NEAR, FAR])
    window = watcher.open()
    watcher.desk.idle()
    assert sorted(watcher.shown("name", "state")) == [(name, "Unknown") for name in names]
    (state,) = [each for each in window.table.columns_menu.actions() if each.data() == "state"]
    state.toggle()
    watcher.desk.until(lambda: {text for _, text in watcher.shown("name", "state")} == {"Active"})
    window.actions_["fleet.refresh"].trigger()
    watcher.wait()
    assert {text for _, text in watcher.shown("name", "state")} == {"Active"}
