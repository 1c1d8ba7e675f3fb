"""No shortcut is one that the desktop takes first, nor one that types a character with AltGr."""

import pytest
from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeySequence

from tests.ui.test_routes import desk, opener
from tests.ui.window_desk import Desk

__all__ = ["desk", "opener"]  # fixtures

type Shortcuts = dict[str, QKeySequence]

ARROWS = ("Left", "Right", "Up", "Down")
CONSOLES = tuple(f"Ctrl+Alt+F{number}" for number in range(1, 13))

# Defaults of current and recent versions, without those that have the Super or Windows key: ours have none.
TAKEN = {
    # https://github.com/GNOME/gsettings-desktop-schemas, org.gnome.desktop.wm.keybindings.gschema.xml.in, and
    # https://github.com/GNOME/gnome-settings-daemon, ...plugins.media-keys.gschema.xml.in, which has only
    # Ctrl+Alt+Del beside keys of their own. Ctrl+Alt+D, L, S, T and Ctrl+Alt+Shift+R are of earlier versions
    # and of Ubuntu. IBus types Unicode and emoji with Ctrl+Shift+U, Ctrl+., Ctrl+; and Ctrl+Shift+E:
    # https://github.com/ibus/ibus/issues/2325 and 2390, https://github.com/microsoft/vscode/issues/142583
    "GNOME": {
        *("Alt+Tab", "Alt+Shift+Tab", "Alt+Esc", "Alt+Shift+Esc", "Alt+Space", "Alt+`", "Alt+Shift+`"),
        *("Alt+F1", "Alt+F2", "Alt+F4", "Alt+F5", "Alt+F6", "Alt+Shift+F6", "Alt+F7", "Alt+F8", "Alt+F10"),
        *("Ctrl+Alt+D", "Ctrl+Alt+L", "Ctrl+Alt+T", "Ctrl+Alt+S", "Ctrl+Alt+Del"),
        *("Ctrl+Alt+Tab", "Ctrl+Alt+Shift+Tab", "Ctrl+Alt+Esc", "Ctrl+Alt+Shift+Esc", "Ctrl+Alt+Shift+R"),
        *(f"Ctrl+Alt+{arrow}" for arrow in ARROWS),
        *(f"Ctrl+Alt+Shift+{arrow}" for arrow in ARROWS),
        *("Ctrl+Shift+U", "Ctrl+.", "Ctrl+;", "Ctrl+Shift+E"),
        *CONSOLES,
    },
    # https://github.com/KDE/kwin: src/kwinbindings.cpp (Alt+F3, Alt+F4, Ctrl+Alt+A, Ctrl+Alt+Esc,
    # Alt+Shift+F12) and src/tabbox/tabbox.cpp (Alt+Tab, Alt+`, Alt+~, with Shift). The others as Plasma 4 and
    # 5 wrote them: https://gist.github.com/TsutomuNakamura/f52dfe162bf1dbf8c10369c2c5ca88a9 (KRunner,
    # desktops, windows), https://github.com/adrianberriel/kde_config, kglobalshortcutsrc (Klipper, log out).
    "KDE": {
        *("Alt+Tab", "Alt+Shift+Tab", "Alt+`", "Alt+~", "Alt+Space", "Alt+F1", "Alt+F2", "Alt+F3", "Alt+F4"),
        *("Alt+Shift+F2", "Alt+F12", "Alt+Shift+F11", "Ctrl+Alt+Ins", "Ctrl+Alt+S", "Ctrl+Alt+E"),
        *("Ctrl+F1", "Ctrl+F2", "Ctrl+F3", "Ctrl+F4"),  # desktops 1 to 4
        # Present windows, the desktop grid, the cube, the desktop.
        *("Ctrl+F7", "Ctrl+F8", "Ctrl+F9", "Ctrl+F10", "Ctrl+F11", "Ctrl+F12"),
        *("Alt+Shift+F12", "Ctrl+Esc", "Ctrl+Alt+Esc", "Ctrl+Alt+Del", "Ctrl+Alt+Shift+Del"),
        *("Ctrl+Alt+A", "Ctrl+Alt+L", "Ctrl+Alt+T", "Ctrl+Alt+K", "Ctrl+Alt+R", "Ctrl+Alt+X", "Ctrl+Alt+V"),
        *("Ctrl+Alt+Shift+PgUp", "Ctrl+Alt+Shift+PgDown"),  # restart and shut down at once
        *(f"Ctrl+Alt+{arrow}" for arrow in ARROWS),
        *CONSOLES,
    },
    # https://learn.microsoft.com/windows/win32/menurc/about-keyboard-accelerators, "Accelerator Keystroke
    # Assignments", names the keys of the system (Alt with Esc, F4, Space, Tab, Shift+Tab, -; Ctrl+Esc). The
    # others, most of them Magnifier's, are those of support.microsoft.com, "Keyboard shortcuts in Windows".
    "Windows": {
        *(
            "Alt+Tab",
            "Alt+Shift+Tab",
            "Alt+Esc",
            "Alt+Shift+Esc",
            "Alt+Space",
            "Alt+F4",
            "Alt+F6",
            "Alt+F8",
            "Alt+-",
        ),
        *("Ctrl+Esc", "Ctrl+Shift+Esc", "Ctrl+Alt+Tab", "Ctrl+Alt+Del", "Shift+F10"),
        *("Ctrl+Alt+D", "Ctrl+Alt+F", "Ctrl+Alt+I", "Ctrl+Alt+L", "Ctrl+Alt+M", "Ctrl+Alt+R"),
        *("Ctrl+Alt+Space", "Ctrl+Alt+Return", "Ctrl+Alt++", "Ctrl+Alt+-"),
        *(f"Ctrl+Alt+{arrow}" for arrow in ARROWS),
    },
}
NEEDS_ALT_GR = "\\@[]{}|~€"
"""Characters that are on the third level of one of the German, French, Spanish, Italian, Swedish or Polish
layouts (xkeyboard-config, symbols/de, fr, es, it, se, pl): a shortcut with one cannot be pressed there."""


def combination(keys: QKeySequence) -> QKeyCombination:
    """The key and modifiers of a shortcut that is no chord."""
    assert keys.count() == 1
    return QKeyCombination.fromCombined(keys[0].toCombined())  # type: ignore[index]


def taken_by(desktop: str, shortcuts: dict[str, QKeySequence]) -> dict[str, str]:
    taken = {QKeySequence(keys).toString() for keys in TAKEN[desktop]}
    assert "" not in taken
    return {name: keys.toString() for name, keys in shortcuts.items() if keys.toString() in taken}


@pytest.fixture
def shortcuts(desk: Desk) -> Shortcuts:
    """By action, with those that features add."""
    specs = desk.context.services.actions.specs.values()
    return {spec.id: QKeySequence(spec.shortcut) for spec in specs if spec.shortcut}


def test_no_shortcut_is_one_of_the_desktop(shortcuts: Shortcuts) -> None:
    old = {"app.lock": QKeySequence("Ctrl+Alt+L")}
    for desktop in TAKEN:
        assert taken_by(desktop, shortcuts) == {}
        assert taken_by(desktop, old) == {"app.lock": "Ctrl+Alt+L"}  # so it was once


def test_quick_fix_is_not_the_key_that_types_emoji(shortcuts: Shortcuts) -> None:
    """IBus takes Ctrl+. on current Fedora, Ubuntu and Debian, whatever the desktop."""
    assert taken_by("GNOME", {"edit.fix": QKeySequence("Ctrl+.")}) == {"edit.fix": "Ctrl+."}
    assert taken_by("GNOME", {"edit.fix": shortcuts["edit.fix"]}) == {}


def test_no_shortcut_types_a_character_with_alt_gr(shortcuts: Shortcuts) -> None:
    """Windows reports AltGr as Ctrl+Alt; with it European layouts type @, €, {, ł and dozens of others."""
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    with_both = [
        name for name, keys in shortcuts.items() if combination(keys).keyboardModifiers() & both == both
    ]
    assert with_both == []
    characters = {name: keys.toString()[-1] for name, keys in shortcuts.items()}
    assert {name for name, character in characters.items() if character in NEEDS_ALT_GR} == set()


def test_no_shortcut_takes_an_editing_key_of_monaco(shortcuts: Shortcuts) -> None:
    """Keys that the editor has for editing and no action has: they stay the editor's."""
    editing = (
        *(
            "Ctrl+Shift+K",
            "Ctrl+Shift+L",
            "Ctrl+Shift+Z",
            "Ctrl+Shift+V",
            "Ctrl+Shift+\\",
            "Ctrl+Shift+Return",
        ),
        *(
            "Ctrl+Return",
            "Ctrl+D",
            "Ctrl+U",
            "Ctrl+L",
            "Ctrl+/",
            "Ctrl+H",
            "Ctrl+G",
            "Ctrl+M",
            "Ctrl+Y",
            "F3",
        ),
        *("Ctrl+[", "Ctrl+]", "Ctrl+Space", "Ctrl+Shift+Space", "Alt+Shift+A", "Alt+Shift+I", "F2", "Alt+F8"),
        *(f"Alt+Shift+{arrow}" for arrow in ARROWS),
    )
    ours = {keys.toString() for keys in shortcuts.values()}
    assert ours & {QKeySequence(keys).toString() for keys in editing} == set()
