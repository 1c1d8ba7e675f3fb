"""The command palette, by keyboard and mouse, over a real window."""

from collections.abc import Iterator
from functools import partial

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QMainWindow,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from workbench.core.settings import Settings
from workbench.functions.model import FunctionDetail
from workbench.ui.features.settings.dialog import SettingsDialog
from workbench.ui.kit.text import named
from workbench.ui.shell.actions import ActionRegistry, ActionSpec
from workbench.ui.shell.command_palette import (
    SETTING,
    CommandPalette,
    commands,
    preference_rows,
    without_mnemonic,
)

Key = Qt.Key


ZIP = FunctionDetail(
    function_name="f",
    function_arn="arn:aws:lambda:eu-central-1:123456789012:function:f",
    runtime="python3.13",
    handler="app.handler",
    memory_mb=128,
    timeout_s=3,
    code_size_bytes=1,
    code_sha256="",
    last_modified=None,
    description="",
    package_type="Zip",
    architectures=("x86_64",),
    region="eu-central-1",
    account_id="123456789012",
)

OF_FEATURES = (
    (ActionSpec("app.settings", "Settings…", "Ctrl+,", terms="preferences, options"), "file.open_project"),
    (ActionSpec("app.lock", "Lock Window", "Alt+Shift+L"), "app.settings"),
    (ActionSpec("sandbox.start", "Start Sandbox"), "&Sandbox"),
    (ActionSpec("sandbox.open_data_folder", "Open Data Folder"), "sandbox.start"),
    (ActionSpec("sandbox.reset", "Reset Sandbox…"), "sandbox.open_data_folder"),
)
"""Actions that features add, as they are in the program."""


class Ran(list[str]):
    """The ids of the actions that were run."""


@pytest.fixture
def ran(actions: ActionRegistry) -> Ran:
    """Every action is bound; those that need a function are disabled."""
    ran = Ran()
    for spec, after in OF_FEATURES:
        actions.add(spec, lambda: None, after)
    for name in actions.specs:
        actions.bind(name, partial(ran.append, name))
    return ran


@pytest.fixture
def window(qtbot: QtBot, actions: ActionRegistry) -> QMainWindow:
    window = QMainWindow()
    qtbot.addWidget(window)
    central = QWidget()
    column = QVBoxLayout(central)
    column.addWidget(named(QLineEdit(), "field"))
    column.addWidget(QPushButton("Button"))
    window.setCentralWidget(central)
    window.resize(1000, 700)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    field(window).setFocus()
    return window


def field(window: QMainWindow) -> QLineEdit:
    found = window.findChild(QLineEdit, "field")
    assert found is not None
    return found


@pytest.fixture
def palette(actions: ActionRegistry, window: QMainWindow, settings: Settings) -> Iterator[CommandPalette]:
    palette = CommandPalette(actions, window, settings)
    yield palette
    if palette.isVisible():
        palette.dismiss()


def shown(palette: CommandPalette) -> list[str]:
    return [palette.model.index(row).data() for row in range(palette.model.rowCount())]


def press(palette: CommandPalette, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(palette.search, key)


def test_it_offers_what_is_enabled_but_itself(
    palette: CommandPalette, actions: ActionRegistry, ran: Ran
) -> None:
    actions.set_situation(["connected"])
    palette.open()
    assert "Open Project…" in shown(palette)
    assert "Deploy" not in shown(palette)
    assert "Command Palette" not in shown(palette)


def test_letters_narrow_and_enter_runs_the_best(
    palette: CommandPalette, ran: Ran, window: QMainWindow
) -> None:
    palette.open()
    QTest.keyClicks(palette.search, "lw")
    assert shown(palette)[0] == "Lock Window"
    assert palette.search.accessibleDescription().startswith("Lock Window, File, Alt+Shift+L")
    press(palette, Key.Key_Return)
    assert ran == ["app.lock"]
    assert not palette.isVisible()
    assert field(window).hasFocus()


def test_a_menu_name_finds_its_commands(palette: CommandPalette, ran: Ran) -> None:
    palette.open()
    QTest.keyClicks(palette.search, "sandbox reset")
    assert shown(palette) == []
    palette.search.setText("reset sandbox")
    assert shown(palette) == ["Reset Sandbox…"]
    palette.search.setText("folder sand")
    assert shown(palette) == ["Open Data Folder"]


def test_arrows_and_pages_move_without_leaving_the_field(palette: CommandPalette, ran: Ran) -> None:
    palette.open()
    press(palette, Key.Key_Down, Key.Key_Down, Key.Key_Up)
    assert palette.view.currentIndex().row() == 1
    press(palette, Key.Key_PageDown)
    assert palette.view.currentIndex().row() > 3
    press(palette, Key.Key_PageUp)
    assert palette.view.currentIndex().row() < 3
    assert palette.search.hasFocus()
    press(palette, Key.Key_Tab)
    assert palette.search.hasFocus()


def test_escape_goes_back_to_where_one_was(palette: CommandPalette, ran: Ran, window: QMainWindow) -> None:
    palette.open()
    assert palette.search.hasFocus()
    press(palette, Key.Key_Escape)
    assert not palette.isVisible()
    assert field(window).hasFocus()
    assert ran == []


def test_a_focus_that_has_gone_meanwhile_is_not_missed(
    palette: CommandPalette, ran: Ran, qtbot: QtBot, window: QMainWindow
) -> None:
    palette.open()
    gone = field(window)
    with qtbot.waitSignal(gone.destroyed):
        gone.deleteLater()
    press(palette, Key.Key_Escape)
    assert not palette.isVisible()


def test_a_click_beside_it_closes_it_and_a_click_on_a_row_runs_that(
    palette: CommandPalette, ran: Ran, window: QMainWindow
) -> None:
    palette.open()
    button = window.findChild(QPushButton)
    assert button is not None
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not palette.isVisible()
    palette.open()
    third = palette.model.index(2)
    at = palette.view.visualRect(third).center()
    QTest.mouseClick(palette.view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert len(ran) == 1


def test_what_is_no_command_among_the_recent_ones_is_left_out(
    actions: ActionRegistry, ran: Ran, window: QMainWindow, settings: Settings
) -> None:
    settings.set("palette.recent", [["app.lock"], 3, "app.lock"])
    palette = CommandPalette(actions, window, settings)
    palette.open()
    assert shown(palette)[0] == "Lock Window"
    palette.dismiss()


def test_recent_commands_come_first_and_are_remembered(
    palette: CommandPalette,
    ran: Ran,
    qtbot: QtBot,
    actions: ActionRegistry,
    window: QMainWindow,
    settings: Settings,
) -> None:
    for words in ("choose profile", "lock window"):
        palette.open()
        palette.search.setText(words)
        press(palette, Key.Key_Return)
    palette.open()
    assert shown(palette)[:2] == ["Lock Window", "Choose Profile"]
    palette.dismiss()
    later = CommandPalette(actions, window, settings)
    later.open()
    assert shown(later)[:2] == ["Lock Window", "Choose Profile"]
    later.dismiss()


def test_nothing_found_is_said_and_enter_does_nothing(
    palette: CommandPalette, ran: Ran, read_aloud: list[str]
) -> None:
    palette.open()
    QTest.keyClicks(palette.search, "zzzz")
    press(palette, Key.Key_Return)
    assert ran == []
    assert palette.isVisible()
    assert palette.view.isHidden()
    nothing = palette.findChild(QLabel, "paletteNothing")
    assert nothing is not None
    assert nothing.isVisible()
    assert nothing.text() == read_aloud[-1] == "No commands match “zzzz”."


def test_its_shortcut_closes_it_again(palette: CommandPalette, ran: Ran) -> None:
    palette.open()
    palette.open()
    assert not palette.isVisible()


def test_it_stays_inside_the_window_when_that_is_resized(
    palette: CommandPalette, ran: Ran, qtbot: QtBot, window: QMainWindow
) -> None:
    palette.open()
    window.resize(500, 300)
    qtbot.waitUntil(lambda: window.rect().contains(palette.geometry()))
    assert palette.mapTo(window, QPoint(0, 0)).x() > 0


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("dep", "Deploy"),
        ("deploy", "Deploy"),
        ("env", "Environment variables"),
        ("dark", "Theme"),
        ("dead letter", "Dead-letter queue"),
        ("DLQ", "Dead-letter queue"),
        ("font", "Font"),
        ("diff", "Compare with Deployed"),
        ("preferences", "Settings…"),
        ("execution role", "Execution role"),
    ],
)
def test_other_words_and_settings_are_found_and_exact_beginnings_come_first(
    actions: ActionRegistry, window: QMainWindow, ran: Ran, typed: str, title: str
) -> None:
    added = ActionSpec("code.compare", "Compare with Deployed", when="function", terms="diff, changes")
    actions.add(added, lambda: ran.append("code.compare"), after="&Code")
    palette = CommandPalette(actions, window, None, ran.append, ran.append, lambda: ZIP)
    actions.set_situation(["connected", "function"])
    palette.open()
    QTest.keyClicks(palette.search, typed)
    assert shown(palette)[0] == title
    press(palette, Key.Key_Return)


def test_a_setting_opens_where_it_is_changed(
    actions: ActionRegistry, window: QMainWindow, ran: Ran, settings: Settings
) -> None:
    preferences, configuration = Ran(), Ran()
    palette = CommandPalette(actions, window, settings, preferences.append, configuration.append, lambda: ZIP)
    actions.set_situation(["connected", "function"])
    for typed in ("dark", "dead letter"):
        palette.open()
        palette.search.setText(typed)
        press(palette, Key.Key_Return)
    assert (preferences, configuration, ran) == (["theme"], ["dead_letter_arn"], [])
    palette.open()
    assert shown(palette)[:2] == ["Dead-letter queue", "Theme"]
    assert "ENTRYPOINT" not in shown(palette)  # of images only
    palette.dismiss()


def test_every_field_of_the_settings_is_offered_and_gets_the_keyboard(
    window: QMainWindow, settings: Settings, qtbot: QtBot
) -> None:
    dialog = SettingsDialog(settings, window)
    fields = {
        field.objectName()
        for kind in (QComboBox, QCheckBox, QSpinBox)
        for field in dialog.findChildren(kind)
        if field.objectName()
    }
    offered = {row.id.removeprefix(SETTING) for row in preference_rows()}
    assert offered == fields
    dialog.open()
    dialog.focus_field("fontSize")
    font_size = dialog.findChild(QSpinBox, "fontSize")
    assert font_size is not None
    qtbot.waitUntil(font_size.hasFocus)
    dialog.reject()


def test_in_another_language_an_action_is_found_by_its_english_name_too(
    palette: CommandPalette, ran: Ran, actions: ActionRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions["app.lock"].setText("ウィンドウをロック")
    palette.open()
    palette.search.setText("lock")
    assert "ウィンドウをロック" not in shown(palette)
    palette.dismiss()
    monkeypatch.setattr("workbench.ui.shell.command_palette.language", lambda: "ja")
    palette.open()
    palette.search.setText("lock")
    assert "ウィンドウをロック" in shown(palette)


def test_mnemonics_are_not_shown(actions: ActionRegistry) -> None:
    assert without_mnemonic("&File") == "File"
    assert without_mnemonic("F&unction") == "Function"
    assert without_mnemonic("ファイル(&F)") == "ファイル"
    assert without_mnemonic("Find && Replace") == "Find & Replace"
    assert not any("&" in command.title + command.menu for command in commands(actions))


def test_it_goes_when_the_focus_goes_elsewhere_and_leaves_it_there(
    palette: CommandPalette, window: QMainWindow, qtbot: QtBot
) -> None:
    palette.open()
    button = window.findChild(QPushButton)
    assert button is not None
    button.setFocus()
    qtbot.waitUntil(lambda: not palette.isVisible())
    assert button.hasFocus()
    palette.open()
    assert palette.isVisible()
