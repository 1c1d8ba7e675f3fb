"""The table of everything that can be done, and what the program says of it elsewhere."""

import ast
import json
import sys
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

import workbench
from workbench.core.files import resources_dir
from workbench.ui.kit.icons import Icons
from workbench.ui.shell.actions import MENUS, ActionRegistry, ActionSpec

PACKAGE = Path(workbench.__file__).parent
SPECS = [spec for specs in MENUS.values() for spec in specs]
TABLE = {
    "&File": (ActionSpec("a.always", "Always", "Ctrl+J", "square"), ActionSpec("a.quiet", "&Quiet")),
    "&More": (
        ActionSpec("b.online", "Online", when="connected"),
        ActionSpec("b.function", "With Function", when="function"),
    ),
}


@pytest.fixture
def registry(icons: Icons) -> Iterator[ActionRegistry]:
    owner = QObject()
    yield ActionRegistry(owner, icons, TABLE)
    owner.deleteLater()


def enabled(registry: ActionRegistry) -> list[str]:
    return [action.objectName() for action in registry.all() if action.isEnabled()]


# ---- the registry ----------------------------------------------------------------------------------------


def test_an_action_without_a_handler_is_disabled(registry: ActionRegistry) -> None:
    registry.set_situation({"connected", "function"})
    assert enabled(registry) == []
    registry.bind("a.always", lambda: None)
    registry.bind("b.online", lambda: None)
    assert enabled(registry) == ["a.always", "b.online"]


def test_the_situation_switches_actions(registry: ActionRegistry) -> None:
    for name in registry.specs:
        registry.bind(name, lambda: None)
    assert enabled(registry) == ["a.always", "a.quiet"]
    registry.set_situation(["connected"])
    assert enabled(registry) == ["a.always", "a.quiet", "b.online"]
    registry.set_situation(["function"])
    assert enabled(registry) == ["a.always", "a.quiet", "b.function"]
    registry.set_situation([])
    assert enabled(registry) == ["a.always", "a.quiet"]


def test_one_thing_comes_and_goes_without_the_others(registry: ActionRegistry) -> None:
    for name in registry.specs:
        registry.bind(name, lambda: None)
    registry.set_there("connected", there=True)
    registry.set_there("function", there=True)
    registry.set_there("connected", there=False)
    assert enabled(registry) == ["a.always", "a.quiet", "b.function"]


def test_an_action_does_what_was_bound_to_it_last(registry: ActionRegistry) -> None:
    did: list[str] = []
    registry.bind("a.quiet", lambda: did.append("quiet"))
    registry.bind("a.always", lambda: did.append("first"))
    registry.bind("a.always", lambda: did.append("second"))
    registry["a.always"].trigger()
    assert did == ["second"]


def test_what_is_disabled_does_nothing(registry: ActionRegistry) -> None:
    did: list[str] = []
    registry.bind("b.online", lambda: did.append("online"))
    registry["b.online"].trigger()
    assert did == []
    registry.set_situation(["connected"])
    registry["b.online"].trigger()
    assert did == ["online"]


def test_menus_keep_the_order_of_the_table(registry: ActionRegistry) -> None:
    assert list(registry.menus()) == ["&File", "&More"]
    assert registry.menus()["&File"] == [registry["a.always"], registry["a.quiet"]]
    assert "a.always" in registry
    assert "a.unknown" not in registry


def test_a_tool_tip_names_the_shortcut(registry: ActionRegistry) -> None:
    keys = registry["a.always"].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    assert keys
    assert registry["a.always"].toolTip() == f"Always ({keys})"
    assert registry["b.online"].toolTip() == "Online"


def test_an_action_has_its_icon_once_it_is_drawn(registry: ActionRegistry) -> None:
    assert registry["a.always"].icon().isNull()
    registry.draw_icons()
    assert not registry["a.always"].icon().isNull()
    assert registry["b.online"].icon().isNull()


# ---- the real table --------------------------------------------------------------------------------------


def twice(texts: list[str]) -> list[str]:
    return [text for text, times in Counter(texts).items() if times > 1]


def test_ids_titles_and_shortcuts_are_unique() -> None:
    assert twice([spec.id for spec in SPECS]) == []
    assert twice([spec.title.replace("&", "").rstrip("…").lower() for spec in SPECS]) == []
    assert twice([spec.shortcut for spec in SPECS if spec.shortcut]) == []


def test_the_letters_that_open_menus_are_unique() -> None:
    assert twice([title[title.index("&") + 1].lower() for title in MENUS]) == []


def test_every_shortcut_is_one_that_qt_knows() -> None:
    for spec in SPECS:
        if spec.shortcut:
            keys = QKeySequence(spec.shortcut)
            assert keys.toString(QKeySequence.SequenceFormat.PortableText) == spec.shortcut, spec.id


def test_every_condition_is_one_that_the_window_sets() -> None:
    set_by_the_window = {"", "connected", "function", "conflict", "merged", "locked"}
    set_by_the_window |= {"compared", "revertible", "image", "debug.running", "debug.stopped"}
    set_by_the_window |= {"triggers.undo_pause"}
    set_by_the_window |= {"function.resume"} | {
        f"configuration.{what}" for what in ("apply", "discard", "revert")
    }
    assert {spec.when for spec in SPECS} <= set_by_the_window


# ---- what the rest of the program says of it -------------------------------------------------------------


def sources() -> Iterator[tuple[str, ast.AST]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name != "ui/shell/actions.py":
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                yield name, node


def texts(node: ast.AST | None) -> list[str]:
    """The literal texts in an expression: both branches of a choice, say."""
    found = ast.walk(node) if node is not None else ()
    return [each.value for each in found if isinstance(each, ast.Constant) and isinstance(each.value, str)]


def called(node: ast.Call) -> str:
    return ast.unparse(node.func)


def remedies(rooms: Collection[str]) -> dict[str, str]:
    """Every text in the program that names an action of these rooms, with the file that does."""
    found: dict[str, str] = {}
    for name, node in sources():
        if isinstance(node, ast.Call) and not called(node).endswith(("add_argument", "WantedGrant")):
            for keyword in node.keywords:
                if keyword.arg == "action" and isinstance(keyword.value, ast.Constant | ast.IfExp):
                    found |= dict.fromkeys(texts(keyword.value), name)
        # The tables of the rooms below ui give the remedy by its place, or by a constant.
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and not name.startswith("ui/"):
            room, dot, verb = node.value.partition(".")
            is_setting = node.value == "dependencies.confirmed"
            if dot and room in rooms and verb.isidentifier() and not verb.endswith("log") and not is_setting:
                found[node.value] = name
    return found


def icon_names() -> dict[str, str]:
    """Every icon that a source file draws by name."""
    found = {spec.icon: spec.id for spec in SPECS if spec.icon}
    for name, node in sources():
        if isinstance(node, ast.Call):
            owner, _, method = called(node).rpartition(".")
            if owner.endswith("icons") and method in ("get", "attach"):
                place = {"get": 0, "attach": 1}[method]
                found |= dict.fromkeys(texts(node.args[place]), name)
            if called(node) == "ActionSpec" and len(node.args) > 3:
                found |= dict.fromkeys(filter(None, texts(node.args[3])), name)
            if called(node) == "IconLabel":
                found |= dict.fromkeys(texts(node.args[1]), name)
            for keyword in node.keywords:
                if keyword.arg == "icon" and not isinstance(keyword.value, ast.Lambda):
                    found |= dict.fromkeys(texts(keyword.value), name)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_ICONS":
            assert isinstance(node.value, ast.Dict)
            for value in node.value.values:
                drawing = (
                    value.elts[0] if isinstance(value, ast.Tuple) else value
                )  # with its colour, or without
                found |= dict.fromkeys(texts(drawing), name)
    return found


def test_every_icon_in_use_is_brought_at_build_time() -> None:
    listed = json.loads((resources_dir() / "editor" / "icons.json").read_text("utf-8"))
    assert listed == sorted(set(listed))
    used = icon_names()
    assert {"x", "folder", "file", "circle-alert", "rocket"} <= used.keys()
    assert {icon: user for icon, user in used.items() if icon not in listed} == {}


@pytest.mark.skipif(sys.platform == "darwin", reason="These are a Mac's keys.")
def test_nothing_shows_the_keys_of_a_mac(icons: Icons) -> None:
    owner = QObject()
    registry = ActionRegistry(owner, icons)
    glyphs = set("\u2318\u2325\u21e7\u2303")
    for action in registry.all():
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        shown = f"{action.text()} {action.toolTip()} {keys}"
        assert not glyphs & set(shown), shown
    drawn_as_command_key = [name for name, spec in registry.specs.items() if spec.icon == "command"]
    assert not drawn_as_command_key
    page = resources_dir() / "editor" / "src"
    for source in (*PACKAGE.rglob("*.py"), *page.glob("*.ts")):
        assert not glyphs & set(source.read_text("utf-8")), source
    owner.deleteLater()


def test_while_locked_only_unlocking_is_possible(icons: Icons) -> None:
    owner = QObject()
    registry = ActionRegistry(owner, icons)
    registry.add(ActionSpec("app.unlock", "Unlock", when="locked"), lambda: None, after="app.quit")
    for name in ("app.quit", "file.open_project", "view.palette"):
        registry.bind(name, lambda: None)
    registry.set_situation({"connected"})
    assert enabled(registry) == ["file.open_project", "app.quit", "view.palette"]
    registry.set_locked(locked=True)
    registry.set_situation({"connected", "function"})
    assert enabled(registry) == ["app.quit", "app.unlock"]
    registry.set_locked(locked=False)
    assert enabled(registry) == ["file.open_project", "app.quit", "view.palette"]
    owner.deleteLater()


def test_an_action_can_carry_other_words_for_a_while(registry: ActionRegistry) -> None:
    name = registry.all()[0].objectName()
    title = registry[name].text()
    registry.retitle(name, "Deploy to 123456789012")
    assert registry[name].text() == "Deploy to 123456789012"
    assert registry[name].toolTip().startswith("Deploy to 123456789012")
    registry.retitle(name)
    assert registry[name].text() == title
    assert registry[name].toolTip().startswith(title)


def test_what_is_switched_off_with_a_reason_can_be_allowed_again(registry: ActionRegistry) -> None:
    registry.bind("a.quiet", lambda: None)
    registry.forbid("a.quiet", "not today")
    assert not registry["a.quiet"].isEnabled()
    assert registry["a.quiet"].text() == "&Quiet – not today"
    registry.forbid("a.quiet", "")
    assert registry["a.quiet"].isEnabled()
    assert registry["a.quiet"].text() == "&Quiet"


def test_an_action_that_is_added_later_is_forbidden_all_the_same(registry: ActionRegistry) -> None:
    registry.forbid("a.late", "set by your organization")
    registry.add(ActionSpec("a.late", "Late"), lambda: None, "a.quiet")
    assert not registry["a.late"].isEnabled()
    assert registry["a.late"].text() == "Late – set by your organization"
    assert [action.objectName() for action in registry.menus()["&File"]] == ["a.always", "a.quiet", "a.late"]


def test_a_tool_button_keeps_the_ellipsis_of_its_action(icons: Icons, qtbot: QtBot) -> None:
    button = QToolButton()
    qtbot.addWidget(button)
    registry = ActionRegistry(button, icons, {"&File": (ActionSpec("a.open", "Open Project…"),)})
    button.setDefaultAction(registry["a.open"])
    assert button.text() == "Open Project…"
