"""The top bar: who and where, chosen by keyboard or mouse; names of any length and make."""

from collections.abc import Iterator
from functools import partial

import pytest
import shiboken6
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QWheelEvent
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QStyleOptionComboBox, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.window_desk import choose
from workbench.profiles.model import Problem, Profile, ProfileKind
from workbench.profiles.safety import Tier
from workbench.ui.shell.actions import ActionRegistry
from workbench.ui.shell.services import Services
from workbench.ui.shell.top_bar import TopBar

SANDBOX = Profile("sandbox", ProfileKind.SANDBOX, "us-east-1")
ALICE = Profile("alice", ProfileKind.STATIC, "eu-central-1")
BOB = Profile("bob", ProfileKind.SSO)
REGIONS = ("eu-central-1", "eu-west-1", "us-east-1")
ACTIONS = ["function.deploy", "function.invoke", "view.palette"]
LONG = "production-" + "administrator-" * 20 + "of-everything"

KEYS = (
    *(
        Qt.Key.Key_Down,
        Qt.Key.Key_Up,
        Qt.Key.Key_PageDown,
        Qt.Key.Key_PageUp,
        Qt.Key.Key_Home,
        Qt.Key.Key_End,
    ),
    *(Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F4),
)


@pytest.fixture
def bar(qtbot: QtBot, services: Services) -> TopBar:
    bar = TopBar(services)
    qtbot.addWidget(bar)
    bar.resize(1000, 40)
    bar.set_profiles([SANDBOX, ALICE, BOB], "alice")
    bar.set_regions(REGIONS, "eu-west-1")
    bar.show()
    bar.activateWindow()
    qtbot.waitUntil(bar.isActiveWindow)
    return bar


def chosen(bar: TopBar) -> list[tuple[Profile, str]]:
    heard: list[tuple[Profile, str]] = []
    bar.chosen.connect(lambda profile, region: heard.append((profile, region)))
    return heard


def names(picker: QComboBox) -> list[str]:
    return [picker.itemText(row) for row in range(picker.count())]


def painted(picker: QComboBox) -> str:
    """The text as it is painted."""
    option = QStyleOptionComboBox()
    picker.initStyleOption(option)
    return option.currentText


def focus(widget: QWidget, qtbot: QtBot) -> None:
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)


# ---- what is shown ---------------------------------------------------------------------------------------


def test_filling_the_pickers_chooses_nothing(bar: TopBar) -> None:
    heard = chosen(bar)
    bar.set_profiles([SANDBOX, ALICE, BOB], "bob")
    bar.set_regions(REGIONS, "us-east-1")
    bar.show_choice("alice", "eu-west-1")
    assert (bar.profile.currentText(), bar.region.currentText()) == ("alice", "eu-west-1")
    assert names(bar.profile) == ["sandbox", "alice", "bob"]
    assert heard == []


def test_a_profile_that_is_in_no_file_is_shown_and_can_be_chosen_again(bar: TopBar) -> None:
    bar.set_profiles([SANDBOX, ALICE], "gone")
    assert bar.profile.currentText() == "gone"
    assert "Unknown type" in bar.profile.toolTip()
    heard = chosen(bar)
    choose(bar.profile, "alice")
    choose(bar.profile, "gone")
    assert [profile.name for profile, _ in heard] == ["alice", "gone"]
    assert heard[-1] == (Profile("gone", ProfileKind.UNKNOWN), "")


def test_a_profile_that_was_unknown_is_there_once_when_the_files_have_it(bar: TopBar) -> None:
    bar.set_profiles([SANDBOX], "alice")
    bar.set_profiles([SANDBOX, ALICE], "alice")
    assert names(bar.profile) == ["sandbox", "alice"]
    assert bar.profile.currentText() == "alice"


@pytest.mark.parametrize("listed", [REGIONS, ()])
def test_a_region_that_is_in_no_list_is_shown_and_stays_choosable(
    bar: TopBar, listed: tuple[str, ...]
) -> None:
    bar.show_choice("alice", "mars-north-1")
    assert bar.region.currentText() == "mars-north-1"
    bar.set_regions(listed, "mars-north-1")
    assert bar.region.currentText() == "mars-north-1"
    assert names(bar.region) == ["mars-north-1", *listed]


@pytest.mark.parametrize("kind", ProfileKind)
def test_each_kind_of_profile_says_what_it_is(bar: TopBar, kind: ProfileKind) -> None:
    bar.set_profiles([Profile("alice", kind)], "alice")
    _bar, words, name = bar.profile.toolTip().split("\n")
    assert name == "alice"
    assert (words == "Unknown type") == (kind is ProfileKind.UNKNOWN)


def test_what_is_odd_about_a_profile_is_told_where_it_is_chosen(bar: TopBar) -> None:
    odd = Profile("odd", ProfileKind.STATIC, problems=(Problem("It has half a key."),))
    bar.set_profiles([ALICE, odd], "alice")
    assert "It has half a key." in bar.profile.itemData(1, Qt.ItemDataRole.ToolTipRole)
    assert "half a key" not in bar.profile.toolTip()
    bar.show_choice("odd", "eu-west-1")
    assert "It has half a key." in bar.profile.toolTip()


def test_the_account_is_shown_read_out_and_selectable(bar: TopBar) -> None:
    bar.set_account("123456789012")
    assert bar.account.text() == "123456789012"
    assert bar.account.accessibleName() == "Account 123456789012"
    assert bar.account.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse


def test_the_list_says_of_each_profile_what_it_is_whose_and_how_it_is_protected(
    bar: TopBar, qtbot: QtBot
) -> None:
    admin = Profile("admin", ProfileKind.ASSUME_ROLE, "eu-west-1", account_id="123456789012")
    tiers = {"admin": Tier.PRODUCTION, "alice": Tier.NORMAL}
    bar.set_tiers(lambda name: tiers[name])
    bar.set_profiles([SANDBOX, ALICE, admin], "alice")
    tiers["alice"] = Tier.READ_ONLY  # changed while the list is closed
    bar.profile.showPopup()
    view = bar.profile.view()
    qtbot.waitUntil(view.isVisible)
    about = [bar.profile.itemData(row, Qt.ItemDataRole.AccessibleDescriptionRole) for row in range(3)]
    assert about == [
        "Local Sandbox · us-east-1",
        "Long-term access key · eu-central-1 · Read-only",
        "Role · 123456789012 · eu-west-1 · Production",
    ]
    rows = [view.visualRect(view.model().index(row, 0)) for row in range(3)]
    assert view.viewport().rect().contains(rows[0].united(rows[2]))
    image = view.viewport().grab().toImage()
    stripes = [image.pixelColor(row.left() + 1, row.center().y()).name() for row in rows]
    colors = bar._services.theme.colors
    assert stripes == [colors.raised, colors.accent, colors.danger]


# ---- names of any length and make ------------------------------------------------------------------------


def test_a_long_name_is_shortened_and_pushes_nothing_away(bar: TopBar, qtbot: QtBot) -> None:
    bar.set_account("123456789012")
    usual = bar.sizeHint()
    bar.set_profiles([ALICE, Profile(LONG, ProfileKind.ASSUME_ROLE)], LONG)
    bar.set_regions([LONG, *REGIONS], LONG)
    qtbot.waitUntil(lambda: bar.account.width() >= bar.account.sizeHint().width())
    assert bar.sizeHint() == usual
    for picker in (bar.profile, bar.region):
        shown = painted(picker)
        assert picker.fontMetrics().horizontalAdvance(shown) < picker.width()
        assert shown.startswith("prod")
        assert "…" in shown
        assert shown.endswith("ing")
        assert picker.currentText() == LONG
        assert LONG in picker.toolTip().replace("\n", "")
        interface = QAccessible.queryAccessibleInterface(picker)
        assert LONG in (interface.text(QAccessible.Text.Value), interface.text(QAccessible.Text.Name))
    assert LONG in bar.profile.itemData(1, Qt.ItemDataRole.ToolTipRole).replace("\n", "")


def test_a_short_name_is_painted_whole(bar: TopBar) -> None:
    assert (painted(bar.profile), painted(bar.region)) == ("alice", "eu-west-1")


@pytest.mark.parametrize(
    "name", ["<b>bold</b>", "R&D", "%1", "名前", "‮elif", "a b", "x" * 10_000, "\U0001f980"]
)
def test_a_name_is_a_name_whatever_it_looks_like(bar: TopBar, name: str, qtbot: QtBot) -> None:
    heard = chosen(bar)
    bar.set_profiles([ALICE, Profile(name, ProfileKind.STATIC)], "alice")
    focus(bar.profile, qtbot)
    choose(bar.profile, name)
    assert bar.profile.currentText() == name
    assert [profile.name for profile, _ in heard] == [name]
    assert not GuiQt.mightBeRichText(bar.profile.toolTip())
    assert not GuiQt.mightBeRichText(bar.profile.itemData(1, Qt.ItemDataRole.ToolTipRole))


# ---- choosing --------------------------------------------------------------------------------------------


def test_a_profile_is_chosen_with_its_usual_region(bar: TopBar, qtbot: QtBot) -> None:
    heard = chosen(bar)
    focus(bar.profile, qtbot)
    choose(bar.profile, "bob")
    choose(bar.profile, "alice")
    assert heard == [(BOB, ""), (ALICE, "")]


def is_closed(picker: QComboBox) -> bool:
    return not picker.view().isVisible()


@pytest.mark.parametrize("key", KEYS)
def test_one_key_switches_no_account(bar: TopBar, qtbot: QtBot, key: Qt.Key) -> None:
    heard = chosen(bar)
    for picker in (bar.profile, bar.region):
        focus(picker, qtbot)
        before = picker.currentText()
        QTest.keyClick(picker, key)
        assert picker.view().isVisible(), "the key opens the list"
        QTest.keyClick(picker.view(), Qt.Key.Key_Escape)
        qtbot.waitUntil(partial(is_closed, picker))
        assert picker.currentText() == before
    assert heard == []


def test_a_letter_opens_the_list_at_what_begins_with_it(bar: TopBar, qtbot: QtBot) -> None:
    heard = chosen(bar)
    focus(bar.profile, qtbot)
    QTest.keyClicks(bar.profile, "b")
    assert heard == []
    QTest.keyClick(bar.profile.view(), Qt.Key.Key_Return)
    assert heard == [(BOB, "")]


def test_a_region_is_chosen_for_the_profile_that_is_shown(bar: TopBar, qtbot: QtBot) -> None:
    heard = chosen(bar)
    focus(bar.region, qtbot)
    choose(bar.region, "us-east-1")
    bar.show_choice("bob", "us-east-1")
    choose(bar.region, "eu-central-1")
    assert heard == [(ALICE, "us-east-1"), (BOB, "eu-central-1")]


def test_the_list_opens_by_key_and_escape_leaves_all_as_it_is(bar: TopBar, qtbot: QtBot) -> None:
    heard = chosen(bar)
    focus(bar.profile, qtbot)
    QTest.keyClick(bar.profile, Qt.Key.Key_F4)
    qtbot.waitUntil(bar.profile.view().isVisible)
    QTest.keyClick(bar.profile.view(), Qt.Key.Key_Down)
    QTest.keyClick(bar.profile.view(), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not bar.profile.view().isVisible())
    assert bar.profile.currentText() == "alice"
    assert heard == []


def test_return_in_the_list_chooses(bar: TopBar, qtbot: QtBot) -> None:
    heard = chosen(bar)
    focus(bar.profile, qtbot)
    QTest.keyClick(bar.profile, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(bar.profile.view().isVisible)
    QTest.keyClick(bar.profile.view(), Qt.Key.Key_Down)
    QTest.keyClick(bar.profile.view(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: heard == [(BOB, "")])


@pytest.fixture
def _no_double_click() -> Iterator[None]:
    """Otherwise Qt takes a click within that time for the one that opened the list."""
    usual = QApplication.doubleClickInterval()
    QApplication.setDoubleClickInterval(0)
    yield
    QApplication.setDoubleClickInterval(usual)


@pytest.mark.usefixtures("_no_double_click")
def test_a_click_in_the_list_chooses(bar: TopBar, qtbot: QtBot) -> None:
    heard = chosen(bar)
    bar.region.showPopup()
    view = bar.region.view()
    qtbot.waitUntil(view.isVisible)
    place = view.visualRect(view.model().index(2, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: heard == [(ALICE, "us-east-1")])


@pytest.mark.parametrize("has_focus", [False, True])
def test_a_wheel_that_rolls_over_a_picker_changes_nothing(bar: TopBar, has_focus: bool, qtbot: QtBot) -> None:
    heard = chosen(bar)
    if has_focus:
        focus(bar.profile, qtbot)
    for picker in (bar.profile, bar.region):
        event = QWheelEvent(
            QPointF(10, 10),
            QPointF(picker.mapToGlobal(QPoint(10, 10))),
            QPoint(),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(picker, event)
    assert heard == []
    assert (bar.profile.currentText(), bar.region.currentText()) == ("alice", "eu-west-1")


# ---- the actions, and who cannot see ---------------------------------------------------------------------


def test_the_buttons_do_what_their_actions_do_when_they_may(bar: TopBar, actions: ActionRegistry) -> None:
    done: list[str] = []
    for name in ACTIONS:
        actions.bind(name, partial(done.append, name))
    buttons = bar.findChildren(QToolButton)
    assert [button.text() for button in buttons if button.isEnabled()] == ["Command Palette"]
    actions.set_situation({"function"})
    for button in buttons:
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert done == ACTIONS


def test_tab_goes_from_left_to_right_and_everything_says_its_name(
    bar: TopBar, actions: ActionRegistry, qtbot: QtBot
) -> None:
    for name in ACTIONS:
        actions.bind(name, lambda: None)
    actions.set_situation({"function"})
    focus(bar.profile, qtbot)
    heard: list[str] = []
    while (widget := QApplication.focusWidget()) and widget.accessibleName() not in heard:
        heard.append(widget.accessibleName())
        QTest.keyClick(widget, Qt.Key.Key_Tab)
    assert heard == ["Profile", "Region", "Deploy", "Invoke", "Command Palette"]


def test_actions_that_outlive_the_bar_do_not_reach_for_its_buttons(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    bar, failed = TopBar(services), list[object]()
    monkeypatch.setattr("sys.excepthook", lambda *error: failed.append(error))
    shiboken6.delete(bar)
    services.actions["function.invoke"].setText("Invoke Again")
    services.actions.added.emit("function.fan_out")
    assert failed == []
