"""Every text can be read, and every part be seen, in both themes and in every state but disabled."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication

from tests.ui.contrast import PART, TEXT, Pair, Sheet, table
from workbench.core.files import resources_dir
from workbench.ui.kit.theme import DARK, LIGHT, Colors, Theme, blend, style_sheet

SEEN, TRACE, HUE = 1.5, 1.25, 1.15
"""A selection is found at a glance; is found where another sign helps; differs from a grey by being blue."""
FIELDS = ("QLineEdit", "QPlainTextEdit", "QTextEdit", "QAbstractSpinBox")
LISTS = ("QTreeView", "QListView", "QTableView")
BUTTONS = ("QPushButton", "QToolButton", "QComboBox")
TONES = ("muted", "good", "warning", "danger")
EDITOR = Path(__file__).parents[2] / "resources" / "editor" / "src" / "theme.ts"


@pytest.fixture(params=["light", "dark"])
def colors(request: pytest.FixtureRequest, theme: Theme) -> Iterator[Colors]:
    theme.choose(request.param)
    yield theme.colors
    theme.choose("light")


def grounds_of(colors: Colors) -> dict[str, str]:
    return {name: getattr(colors, name) for name in ("window", "base", "raised")}


def assert_enough(pairs: list[Pair]) -> None:
    low = [pair for pair in pairs if pair.contrast < pair.needed]
    assert not low, f"{len(low)} of {len(pairs)} pairs have too little contrast:\n{table(pairs)}"


def test_every_text_colour_is_read_on_every_ground(colors: Colors) -> None:
    grounds = ("window", "base", "raised", "hover", "selection", "inactive_selection")
    texts = ("text", "accent", *TONES)
    assert_enough(
        [
            Pair(f"{text} on {ground}", getattr(colors, text), getattr(colors, ground), TEXT)
            for text in texts
            for ground in grounds
        ]
    )


def test_the_palette_of_the_application_can_be_read(colors: Colors) -> None:
    palette, role = QApplication.palette(), QPalette.ColorRole
    pairs = [
        Pair(
            f"{front.name} on {ground.name}, {group.name}",
            palette.color(group, front).name(),
            palette.color(group, ground).name(),
            TEXT,
        )
        for group in (QPalette.ColorGroup.Active, QPalette.ColorGroup.Inactive)
        for front, ground in (
            (role.WindowText, role.Window),
            (role.Text, role.Base),
            (role.Text, role.AlternateBase),
            (role.ButtonText, role.Button),
            (role.PlaceholderText, role.Base),
            (role.HighlightedText, role.Highlight),
            (role.Link, role.Base),
            (role.Link, role.Window),
            (role.LinkVisited, role.Base),
            (role.ToolTipText, role.ToolTipBase),
        )
    ]
    assert_enough(pairs)


def test_the_style_sheet_can_be_read(colors: Colors) -> None:
    sheet = Sheet(style_sheet(colors))
    grounds = grounds_of(colors)
    pairs = [
        Pair(
            f"placeholder of {field}",
            sheet.color(field, "placeholder-text-color"),
            sheet.color(field, "background"),
            TEXT,
        )
        for field in FIELDS
    ]
    for selector in (
        "QToolTip",
        'QPushButton[role="primary"]',
        'QPushButton[role="danger"]',
        *BUTTONS,
        *LISTS,
        *FIELDS,
        *sheet.matching(r'\[role="badge"\](\[tone="\w+"\])?'),
    ):
        pairs.append(
            Pair(
                f"text of {selector}",
                sheet.color(selector, "color"),
                sheet.color(selector, "background"),
                TEXT,
            )
        )
    for name, ground in grounds.items():
        pairs.append(Pair(f"tab on {name}", sheet.color("QTabBar::tab", "color"), ground, TEXT))
        pairs.append(
            Pair(f"selected tab on {name}", sheet.color("QTabBar::tab:selected", "color"), ground, TEXT)
        )
        pairs.append(
            Pair(
                f"line of the selected tab on {name}",
                sheet.color("QTabBar::tab:selected", "border-bottom-color"),
                ground,
                PART,
            )
        )
        pairs.append(
            Pair(f"heading of a table on {name}", sheet.color("QHeaderView::section", "color"), ground, TEXT)
        )
    assert_enough(pairs)


def test_borders_rings_and_selections_can_be_seen(colors: Colors) -> None:
    sheet = Sheet(style_sheet(colors))
    grounds = grounds_of(colors)
    boxes = (
        "QCheckBox::indicator",
        "QTableView::indicator",
        "QTreeView::indicator",
        "QRadioButton::indicator",
    )
    pairs = [
        Pair(f"border of {each} on {name}", sheet.color(each, "border", "border-color"), ground, PART)
        for each in (*FIELDS, *BUTTONS, *boxes)
        for name, ground in grounds.items()
    ]
    pairs += [
        Pair(f"focus ring of {each} on {name}", sheet.color(f"{each}:focus", "border"), ground, PART)
        for each in (*FIELDS, *BUTTONS, *LISTS, "QCheckBox", "QRadioButton", "QTabBar::tab")
        for name, ground in {**grounds, "selection": colors.selection, "hover": colors.hover}.items()
    ]
    for kind, button in (("primary", '[role="primary"]'), ("danger", 'QPushButton[role="danger"]')):
        focused = f"{button}:focus"
        ring = sheet.color(focused, "border")
        filled = {f"{kind} button": sheet.color(focused, "background")}
        pairs += [
            Pair(f"ring of a {kind} button on {name}", ring, ground, PART)
            for name, ground in (grounds | filled).items()
        ]
        text = sheet.color(f'QPushButton[role="{kind}"]', "color")
        for state in ("hover", "focus"):
            ground = sheet.color(f"{button}:{state}", "background")
            pairs.append(Pair(f"text of a {kind} button, {state}", text, ground, TEXT))
    for tone in ("danger", "warning", "info", "good"):
        banner = sheet.color(f'#banner[tone="{tone}"]', "border-left")
        pairs.append(Pair(f"edge of a banner, {tone}", banner, sheet.color("#banner", "background"), PART))
    frame = sheet.color('QMainWindow[danger="true"]', "background")
    pairs += [Pair(f"frame of production on {name}", frame, ground, PART) for name, ground in grounds.items()]
    for each in LISTS:
        active, inactive = (
            sheet.color(f"{each}::item:selected{state}", "background") for state in ("", ":!active")
        )
        hovered = sheet.color(f"{each}::item:hover:!selected", "background")
        for name in ("base", "window"):
            needed = (
                SEEN if name == "base" else TRACE
            )  # every other row of some tables has the window's colour
            pairs.append(Pair(f"selected row of {each} on {name}", active, grounds[name], needed))
            pairs.append(Pair(f"selected row of {each}, inactive, on {name}", inactive, grounds[name], TRACE))
        pairs.append(Pair(f"selected row of {each} on a hovered one", active, hovered, HUE))
    assert_enough(pairs)


def test_what_the_pointer_is_on_looks_unlike_what_has_the_keyboard(colors: Colors) -> None:
    sheet = Sheet(style_sheet(colors))
    for each in BUTTONS:
        hovered, focused = sheet.declares(f"{each}:hover"), sheet.declares(f"{each}:focus")
        assert "background" in hovered
        assert not any(name.startswith(("border", "outline")) for name in hovered), hovered
        assert focused["border"].startswith("2px solid"), focused


def test_lines_of_charts_are_seen_and_read_in_their_legend(colors: Colors) -> None:
    grounds = ("base", "raised")
    lines = [(f"line {number}", color) for number, color in enumerate(colors.series)]
    lines += [("limit", colors.danger), ("axis text", colors.muted)]
    assert_enough(
        [
            Pair(f"{what} of a chart on {ground}", color, getattr(colors, ground), PART)
            for what, color in lines
            for ground in grounds
        ]
    )


def test_lines_of_a_log_are_read_whatever_is_marked_in_them(colors: Colors) -> None:
    grounds = ("base", "window", "border", "selection")  # a match, the cursor's line, a selection
    pairs = [
        Pair(f"{text} in a log on {ground}", getattr(colors, text), getattr(colors, ground), TEXT)
        for text in ("text", *TONES)
        for ground in grounds
    ]
    assert_enough([*pairs, Pair("the match one is at", colors.on_accent, colors.accent, TEXT)])


def test_the_editor_can_be_read_and_has_the_colours_of_the_window(colors: Colors) -> None:
    source = EDITOR.read_text("utf-8")
    (block,) = re.findall(
        rf"const {'DARK' if colors is DARK else 'LIGHT'}: Palette = {{(.*?)}};", source, re.S
    )
    palette = dict(re.findall(r'(\w+): "(#\w+)"', block))
    shared = {"base", "raised", "border", "field", "text", "muted", "accent", "selection"}
    assert {name: palette[name] for name in shared} == {name: getattr(colors, name) for name in shared}
    assert palette["onAccent"] == colors.on_accent
    assert palette["line"] == colors.window
    changes = {
        name.removeprefix("diffEditor."): blend(color[:7], palette["base"], int(color[7:], 16) / 255)
        for name, color in re.findall(r'"(diffEditor\.\w+)": "(#\w{8})"', source)
    }
    assert len(changes) == 4
    grounds = {name: palette[name] for name in ("base", "line", "selection")} | changes
    pairs = [
        Pair(
            f"{token} of the editor on {name}",
            palette[token],
            ground,
            TEXT if token == "text" or name in ("base", "line") else PART,
        )
        for token in ("text", "comment", "keyword", "string", "number")
        for name, ground in grounds.items()
    ]
    pairs.append(Pair("line number of the editor", palette["muted"], palette["base"], TEXT))
    pairs.append(Pair("selection of the editor", palette["selection"], palette["base"], SEEN))
    assert_enough(pairs)


@pytest.mark.parametrize("drawing", sorted(path.name for path in (resources_dir() / "themes").glob("*.svg")))
def test_a_drawing_of_the_style_sheet_is_seen_in_both_themes(drawing: str) -> None:
    text = (resources_dir() / "themes" / drawing).read_text("utf-8")
    (stroke,) = re.findall(r'stroke="(#\w{6})"', text)
    themes, grounds = [LIGHT, DARK], ["window", "base", "raised"]
    if own := re.search(r"-(\w{6})\.svg", drawing):  # the arrow of a filled button, in one theme
        themes, grounds = [each for each in themes if each.on_accent == f"#{own[1]}"], ["accent"]
    assert themes
    assert_enough(
        [
            Pair(f"{drawing} on {ground}", stroke, getattr(colors, ground), PART)
            for colors in themes
            for ground in grounds
        ]
    )
