"""An empty page says why, and what to do next."""

from functools import partial

from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.labels import IconLabel
from workbench.ui.kit.theme import DARK, LIGHT, Theme
from workbench.ui.shell.actions import ActionRegistry


def button(state: EmptyState) -> QToolButton:
    found = state.findChild(QToolButton, "emptyAction")
    assert found is not None
    return found


def test_it_says_title_and_text_to_eyes_and_ears(qtbot: QtBot) -> None:
    state = EmptyState()
    qtbot.addWidget(state)
    state.set_text("No functions", "There are no functions in us-east-1.")
    shown = [label.text() for label in state.findChildren(QLabel) if not label.isHidden()]
    assert shown == ["No functions", "There are no functions in us-east-1."]
    assert state.accessibleName() == "No functions"
    assert state.accessibleDescription() == "There are no functions in us-east-1."


def test_its_button_runs_and_follows_the_action(qtbot: QtBot, icons: Icons, actions: ActionRegistry) -> None:
    ran: list[bool] = []
    state = EmptyState(icons, "no-such-icon", actions["file.open_project"])
    qtbot.addWidget(state)
    assert not button(state).isEnabled()
    actions.bind("file.open_project", lambda: ran.append(True))
    actions.set_situation(["connected"])
    assert button(state).isEnabled()
    button(state).click()
    assert ran == [True]
    state.set_action(None)
    assert button(state).isHidden()


def test_its_icon_follows_the_theme(qtbot: QtBot, icons: Icons, theme: Theme) -> None:
    label = IconLabel(icons, "square", "muted", 40)
    qtbot.addWidget(label)
    label.show()

    def middle() -> str:
        return label.pixmap().toImage().pixelColor(20, 20).name()

    assert middle() == LIGHT.muted
    theme.choose("dark")
    try:
        qtbot.waitUntil(lambda: middle() == DARK.muted)
    finally:
        theme.choose("light")


def test_its_texts_are_whole_in_a_low_place(qtbot: QtBot) -> None:
    state = EmptyState()
    qtbot.addWidget(state)
    state.set_text("No problems found", "Platform, handler, secrets, sizes and unused packages were checked.")
    state.resize(260, 80)
    with qtbot.waitExposed(state):
        state.show()
    for name in ("emptyTitle", "emptyText"):
        label = state.findChild(QLabel, name)
        assert label is not None
        qtbot.waitUntil(partial(_is_whole, label))


def _is_whole(label: QLabel) -> bool:
    return label.height() >= label.heightForWidth(label.width())
