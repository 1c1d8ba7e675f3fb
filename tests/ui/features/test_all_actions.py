"""What features add to the actions, in the whole window."""

import json
from collections import Counter

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from tests.ui.test_actions import remedies
from tests.ui.window_desk import Desk
from workbench.core.files import resources_dir


def test_titles_and_shortcuts_of_all_features_are_unique(desk: Desk) -> None:
    actions = desk.context.services.actions
    specs = list(actions.specs.values())
    for texts in (
        [spec.title.replace("&", "").rstrip("…").lower() for spec in specs],
        [spec.shortcut for spec in specs if spec.shortcut and not spec.yields],
    ):
        assert [text for text, times in Counter(texts).items() if times > 1] == []
    for spec in specs:
        written = QKeySequence(spec.shortcut).toString(QKeySequence.SequenceFormat.PortableText)
        assert written == spec.shortcut, spec.id
    listed = json.loads((resources_dir() / "editor" / "icons.json").read_text("utf-8"))
    assert not [spec.id for spec in specs if spec.icon and spec.icon not in listed]


def test_everything_that_can_be_done_does_something_and_stands_in_a_menu(desk: Desk) -> None:
    actions = desk.context.services.actions
    entries = [each for menu in desk.window.menuBar().findChildren(QMenu) for each in menu.actions()]
    in_menus = [each for each in entries if not each.isSeparator() and each.menu() is None]
    assert set(in_menus) == set(actions.all()) == set(desk.window.actions())
    assert len(in_menus) == len(actions.all())
    unbound = {name for name in actions.specs if name not in actions._handlers}
    assert unbound == {"profile.reload"}  # app.py reads the profiles


def test_every_remedy_that_the_program_names_is_an_action(desk: Desk) -> None:
    known = set(desk.context.services.actions.specs)
    named = remedies({name.partition(".")[0] for name in known})
    assert {"sandbox.start", "connection.retry", "profile.reload", "deploy.resolve_conflict"} <= named.keys()
    assert not {remedy: file for remedy, file in named.items() if remedy and remedy not in known}


def test_menus_are_grouped(desk: Desk) -> None:
    menus = desk.window.menuBar().findChildren(QMenu)
    for menu in menus:
        shown = "".join("|" if each.isSeparator() else "x" for each in menu.actions())
        assert all(0 < len(group) <= 8 for group in shown.split("|")), (menu.objectName(), shown)
    titles = {menu.objectName(): [each.text() for each in menu.actions()] for menu in menus}
    assert titles["menu.file"][-2:] == ["", "Quit"]
    assert titles["menu.help"][:3] == ["Getting Started", "User Guide", "Keyboard Shortcuts"]


def test_what_features_add_stands_in_its_usual_order(desk: Desk) -> None:
    menus = {each.objectName(): each for each in desk.window.menuBar().findChildren(QMenu)}
    view = [each.text() for each in menus["menu.view"].actions()]
    begin = view.index("Versions")
    assert view[begin : begin + 7] == [
        *("Versions", "Deploys", "", "Result", "Invocations", "Insights", "Problems"),
    ]
    function = [each.text() for each in menus["menu.function"].actions()]
    begin = function.index("Versions")
    assert function[begin : begin + 4] == ["Versions", "Run and Debug", "Configuration", "Triggers"]
    bottom = desk.window.bottom
    tabs = [bottom.tabText(number) for number in range(bottom.count())]
    assert tabs == ["Result", "Problems", "Activity", "Search", "Dependencies", "Invocations", "Debug"]


def test_the_function_menu_has_at_most_15_entries(
    desk: Desk,
) -> None:
    actions = desk.context.services.actions
    menu = desk.window.findChild(QMenu, "menu.function")
    assert isinstance(menu, QMenu)

    def visible() -> set[str]:
        return {each.text() for each in menu.actions() if each.isVisible() and not each.isSeparator()}

    actions.set_situation({"connected", "function"})
    assert {"Deploy", "Versions", "Run and Debug", "Several Functions"} <= visible()
    actions.set_situation({spec.when for spec in actions.specs.values()})
    assert "Resume Function" in visible()
    assert len(visible()) <= 15


def test_deploy_offers_its_other_ways_also_those_that_features_add(desk: Desk) -> None:
    menu = desk.window.findChild(QMenu, "deployMenu")
    assert isinstance(menu, QMenu)
    offered = [each.objectName() for each in menu.actions()]
    assert offered == ["function.deploy_with", "function.deploy_on_save", "function.fan_out"]
