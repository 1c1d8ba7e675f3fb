"""The window: as it was last time, and closed only once everything typed is safe."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QRect, QSize, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QMenu, QPlainTextEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from workbench.aws.connection import Connection, Observer
from workbench.code.syntax import Problem
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.index import FunctionIndex
from workbench.profiles.model import Profile, ProfileKind
from workbench.ui.kit import dialog
from workbench.ui.result.panel import ResultPanel
from workbench.ui.shell.actions import ActionRegistry, ActionSpec
from workbench.ui.shell.activity import ActivityPanel
from workbench.ui.shell.getting_started_card import Step
from workbench.ui.shell.problems_panel import ProblemsPanel
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session, left_off_key
from workbench.ui.shell.window import MainWindow


def unreachable(_profile: Profile, _region: str, _observer: Observer, _ctx: JobContext) -> Connection:
    raise WorkbenchError("Nobody is there.")


@pytest.fixture
def make_window(qtbot: QtBot, services: Services) -> Callable[[], MainWindow]:
    def make() -> MainWindow:
        session = Session(services, unreachable, Profile("sandbox", ProfileKind.SANDBOX))
        window = MainWindow(services, session, FunctionIndex(services.paths.cache_dir / "functions.sqlite"))
        qtbot.addWidget(window)
        with qtbot.waitExposed(window):
            window.show()
        return window

    return make


def close(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.closed):
        window.close()


def test_a_job_and_the_newest_success_are_read_beside_each_other(
    make_window: Callable[[], MainWindow], services: Services, qtbot: QtBot
) -> None:
    window = make_window()
    window.resize(1280, 800)
    ended = threading.Event()
    running = services.jobs.start(
        "Creating the Sandbox's samples and invoking each", lambda _ctx: ended.wait()
    )
    words = "Deployed hello-http in 0.2 s. The function has the new code."
    line = window.banners.show_notice(words, tone="good").findChild(QLabel, "bannerLine")
    jobs = window.status_jobs
    job = jobs.findChild(QLabel, "jobTitle")
    try:
        jobs.job_changed(running)
        qtbot.waitUntil(jobs.isVisible)
        assert line is not None
        qtbot.waitUntil(lambda: line.text() == words)
        assert job is not None
        assert job.width() >= job.sizeHint().width()
    finally:
        ended.set()
    close(window, qtbot)


def test_a_warning_closes_within_a_minute_and_stays_unread(
    make_window: Callable[[], MainWindow], services: Services, qtbot: QtBot
) -> None:
    window = make_window()
    window.banners.pointer = lambda: window.page.mapToGlobal(window.page.rect().center())
    warning = window.banners.show_notice("The code has a syntax error.", tone="warning")
    assert window.functions.isAncestorOf(warning)
    (timer,) = warning.findChildren(QTimer)
    assert timer.isActive()
    assert timer.interval() < 60_000
    timer.setInterval(1)
    qtbot.waitUntil(lambda: window.banners.banners == [])
    assert services.messages.unread == 1
    close(window, qtbot)


def test_damaged_proportions_are_the_usual_ones(
    make_window: Callable[[], MainWindow], qtbot: QtBot, services: Services
) -> None:
    first = make_window()
    usual = {name: splitter.sizes() for name, splitter in first._splitters.items()}
    close(first, qtbot)
    for name, splitter in first._splitters.items():
        for place in ("", ".Sandbox.us-east-1"):
            services.settings.set(f"window.splitter.{name}{place}", ["wide"] * splitter.count())
    second = make_window()
    assert {name: splitter.sizes() for name, splitter in second._splitters.items()} == usual
    close(second, qtbot)


def test_size_and_proportions_are_those_of_last_time(
    make_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    first = make_window()
    first.resize(1100, 700)
    first.hide_bottom()
    usual = {name: splitter.sizes() for name, splitter in first._splitters.items()}
    for name, sizes in (("outer", [250, 539]), ("inner", [300, 260])):
        first._splitters[name].setSizes(sizes)
    left = {name: splitter.sizes() for name, splitter in first._splitters.items()}
    size = (first.width(), first.height())
    assert all(left[name] != usual[name] for name in usual)
    close(first, qtbot)

    second = make_window()
    assert (second.width(), second.height()) == size
    second.hide_bottom()
    assert {name: splitter.sizes() for name, splitter in second._splitters.items()} == left
    close(second, qtbot)


def test_each_profile_has_proportions_of_its_own(make_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    heights = {"one": [300, 260], "two": [200, 360]}
    for profile, sizes in heights.items():
        window = make_window()
        window.hide_bottom()
        window.functions._session.choose(Profile(profile, ProfileKind.SANDBOX))
        window._splitters["inner"].setSizes(sizes)
        heights[profile] = window._splitters["inner"].sizes()
        close(window, qtbot)
    assert heights["one"] != heights["two"]
    window = make_window()
    for profile, sizes in heights.items():
        window.functions._session.choose(Profile(profile, ProfileKind.SANDBOX))
        window.bottom.hide()
        window.hide_bottom()
        assert window._splitters["inner"].sizes() == sizes
    close(window, qtbot)


def test_a_first_start_and_damaged_settings_give_the_usual_proportions(
    make_window: Callable[[], MainWindow], services: Services, qtbot: QtBot
) -> None:
    services.settings.set("window.geometry", "bm9uc2Vuc2U=")
    services.settings.set("window.splitter.outer", [1, 2, 3])
    window = make_window()
    left, right = window._splitters["outer"].sizes()
    assert 200 < left < right
    close(window, qtbot)


def test_closing_waits_until_what_was_typed_is_safe(
    make_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = make_window()
    asked: list[Callable[[], None]] = []
    closed: list[bool] = []
    window.before_close = asked.append
    window._patience.setInterval(60_000)  # a slow machine must not close it for us
    window.closed.connect(lambda: closed.append(True))
    window.close()
    qtbot.waitUntil(lambda: bool(asked))
    assert window.isVisible()
    assert closed == []
    with qtbot.waitSignal(window.closed):
        asked[0]()
    assert not window.isVisible()


def test_an_editor_that_never_answers_does_not_hold_the_window(
    make_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = make_window()
    window.before_close = lambda _then: None
    window._patience.setInterval(10)
    close(window, qtbot)
    assert not window.isVisible()


def test_an_answer_after_the_patience_ran_out_closes_no_second_time(
    make_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = make_window()
    asked: list[Callable[[], None]] = []
    closed: list[bool] = []
    window.before_close = asked.append
    window._patience.setInterval(10)
    window.closed.connect(lambda: closed.append(True))
    close(window, qtbot)
    asked[0]()
    assert closed == [True]


def test_the_first_painting_is_told_once(make_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    window = make_window()
    painted: list[bool] = []
    window.first_painted.connect(lambda: painted.append(True))
    qtbot.waitUntil(lambda: window._painted)
    window.repaint()
    window.repaint()
    qtbot.waitUntil(lambda: painted == [True])
    close(window, qtbot)


def test_every_action_is_in_a_menu_and_works_by_its_keys(
    make_window: Callable[[], MainWindow], actions: ActionRegistry, qtbot: QtBot
) -> None:
    window = make_window()
    entries = [each for menu in window.menuBar().findChildren(QMenu) for each in menu.actions()]
    in_menus = {each for each in entries if not each.isSeparator() and each.menu() is None}
    in_menus -= {each for each in in_menus if each.text() == "Starting…"}
    assert in_menus == set(actions.all()) == set(window.actions())
    assert window.functions.search.hasFocus() or window.focusWidget() is window.functions.search
    close(window, qtbot)


def test_keys_bring_the_keyboard_from_pane_to_pane_and_to_the_newest_message(
    make_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = make_window()
    window.bottom.addTab(QPlainTextEdit(), "Result")
    window.hide_bottom()
    window.activateWindow()
    qtbot.waitUntil(window.functions.search.hasFocus)
    window.go_to_pane()  # no function is open
    qtbot.waitUntil(window.page.empty.steps.buttons[Step.EDIT].hasFocus)
    window.go_to_pane()
    qtbot.waitUntil(window.bottom.tabBar().hasFocus)
    window.go_to_pane()
    qtbot.waitUntil(window.functions.search.hasFocus)
    window.banners.show_notice("First")
    newest = window.banners.show_notice("Second")
    window.banners.focus_newest()
    qtbot.waitUntil(lambda: newest.isAncestorOf(window.focusWidget()))
    window.go_to_pane()
    qtbot.waitUntil(window.functions.search.hasFocus)
    window.go_to_pane(forward=False)
    qtbot.waitUntil(lambda: newest.isAncestorOf(window.focusWidget()))
    window.go_to_pane(forward=False)
    qtbot.waitUntil(window.bottom.tabBar().hasFocus)
    window.hide_bottom()
    window.functions.search.setFocus()
    window.banners.clear()
    window.go_to_pane()
    assert window.page.empty.steps.buttons[Step.EDIT].hasFocus()
    window.go_to_pane()
    assert window.functions.search.hasFocus()  # there is no third one
    close(window, qtbot)


def test_what_is_hidden_gives_its_room_and_stays_hidden(
    make_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    first = make_window()
    first.bottom.addTab(QPlainTextEdit(), "Result")
    first.resize(790, 700)
    first.hide_bottom()
    sizes = (first.functions.width(), first.bottom.height())
    page = first.page.size()
    first.hide_functions()
    first.hide_bottom()
    qtbot.waitUntil(lambda: first.page.width() > page.width() and first.page.height() > page.height())
    close(first, qtbot)

    second = make_window()
    assert second.functions.isHidden()
    assert second.bottom.isHidden()
    second.hide_functions()
    second.hide_bottom()
    qtbot.waitUntil(lambda: (second.functions.width(), second.bottom.height()) == sizes)
    close(second, qtbot)


def test_going_to_a_hidden_part_shows_it_with_the_keyboard_in_it(
    make_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = make_window()
    panel = QPlainTextEdit()
    place = QWidget()
    QVBoxLayout(place).addWidget(panel)
    window.bottom.addTab(QLabel("Nothing"), "Empty")
    window.bottom.addTab(place, "Result")
    window.hide_functions()
    window.search_functions()
    qtbot.waitUntil(window.functions.search.hasFocus)
    window.go_to_panel(place)
    qtbot.waitUntil(panel.hasFocus)
    window.search_functions()
    window.show_panel(place)
    assert window.functions.search.hasFocus()
    window.hide_functions()
    assert not window.functions.search.hasFocus()
    close(window, qtbot)


def test_the_problems_tab_says_how_many_there_are(
    make_window: Callable[[], MainWindow], services: Services, qtbot: QtBot
) -> None:
    window = make_window()
    problems = ProblemsPanel()
    window.set_panels(ResultPanel(services), problems, ActivityPanel(services))
    titles = []
    for count in (0, 2_000, 1, 0):
        problems.show_problems([Problem("app.py", 1, 1, "no such name")] * count)
        titles.append(window.bottom.tabText(window.bottom.indexOf(problems)))
    assert titles == ["Problems", "Problems (2,000)", "Problems (1)", "Problems"]
    close(window, qtbot)


def test_the_first_steps_are_not_shown_while_the_last_function_is_opened_again(
    make_window: Callable[[], MainWindow], services: Services, qtbot: QtBot
) -> None:
    first = make_window()
    qtbot.waitUntil(lambda: first.page.empty.isVisible())
    close(first, qtbot)
    session = first.functions._session
    services.settings.set(left_off_key(session.profile.name, session.region), {"function": "hello"})
    second = make_window()
    assert second.page.opening.isVisible()
    assert not second.page.empty.isVisible()
    close(second, qtbot)


def test_the_bottom_panel_is_closed_until_there_is_something_to_read(
    make_window: Callable[[], MainWindow], services: Services, qtbot: QtBot
) -> None:
    window = make_window()
    problems, result = ProblemsPanel(), ResultPanel(services)
    window.set_panels(result, problems, ActivityPanel(services))
    assert window.bottom.isHidden()
    window.show_new_problems()
    assert window.bottom.isHidden()
    problems.show_problems([Problem("app.py", 1, 1, "no such name")])
    assert window.bottom.isHidden()  # not while it is being typed
    assert window.problem_count.isVisible()
    assert window.problem_count.text() == "Problems (1)"
    window.show_new_problems()
    assert window.bottom.isVisible()
    assert window.bottom.currentWidget() is problems
    window.close_bottom()
    window.show_new_problems()
    assert window.bottom.isHidden()  # the user knows of it, and has closed the panel
    problems.show_problems([Problem("app.py", number, 1, "no such name") for number in (1, 2)])
    window.show_new_problems()
    assert window.bottom.isVisible()
    window.close_bottom()
    QTest.mouseClick(window.problem_count, Qt.MouseButton.LeftButton)
    assert window.bottom.isVisible()
    problems.show_problems([])
    assert not window.problem_count.isVisible()
    window.show_panel(result)
    assert window.bottom.currentWidget() is result
    close(window, qtbot)


def test_escape_in_the_bottom_panel_closes_it_and_the_keyboard_goes_to_the_page(
    make_window: Callable[[], MainWindow], services: Services, qtbot: QtBot
) -> None:
    window = make_window()
    field, text = QLineEdit(), QPlainTextEdit()
    text.setReadOnly(True)
    place = QWidget()
    column = QVBoxLayout(place)
    column.addWidget(field)
    column.addWidget(text)
    window.bottom.addTab(place, "Result")
    window.activateWindow()
    for part in (field, text, window.bottom.tabBar()):
        window.show_panel(place)
        part.setFocus()
        qtbot.waitUntil(part.hasFocus)
        QTest.keyClick(part, Qt.Key.Key_Escape)
        assert window.bottom.isHidden(), part
    QTest.keyClick(window.functions.search, Qt.Key.Key_Escape)
    window.show_panel(place)
    QTest.keyClick(window.functions.search, Qt.Key.Key_Escape)
    assert window.bottom.isVisible()  # only from inside
    close(window, qtbot)


def test_the_bottom_panel_remembers_its_height(make_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    first = make_window()
    first.resize(790, 700)
    first.bottom.addTab(QPlainTextEdit(), "Result")
    first.hide_bottom()
    first._splitters["inner"].setSizes([300, 170])
    height = first.bottom.height()
    first.close_bottom()
    first.hide_bottom()
    assert first.bottom.height() == height
    first.close_bottom()
    close(first, qtbot)

    second = make_window()
    assert second.bottom.isHidden()
    second.hide_bottom()
    assert second.bottom.height() == height
    close(second, qtbot)


def test_it_opens_no_larger_than_the_screen(
    make_window: Callable[[], MainWindow], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert make_window().size() == QSize(1440, 900)
    monkeypatch.setattr(dialog, "available_area", lambda _window: QRect(0, 0, 1280, 780))
    assert make_window().size() == QSize(1280, 780) - dialog.FRAME


def shown_in(menu: QMenu) -> list[str]:
    """The ids of a menu's actions, "-" for a line, and submenus in their place."""
    found: list[str] = []
    for action in menu.actions():
        submenu = action.menu()
        if isinstance(submenu, QMenu):
            found.append(f"[{', '.join(shown_in(submenu))}]")
        else:
            found.append("-" if action.isSeparator() else action.objectName())
    return found


def test_a_menu_says_that_its_first_action_is_on_the_way(
    make_window: Callable[[], MainWindow], services: Services, qtbot: QtBot
) -> None:
    window = make_window()
    menu = window.findChild(QMenu, "menu.metrics")
    assert isinstance(menu, QMenu)
    assert [(each.text(), each.isEnabled()) for each in menu.actions()] == [("Starting…", False)]
    services.actions.add(ActionSpec("a.first", "First"), lambda: None, "&Metrics")
    assert shown_in(menu) == ["a.first"]
    empty = [each for each in window.menuBar().findChildren(QMenu) if not each.actions()]
    assert not empty
    close(window, qtbot)


def test_an_action_that_is_added_stands_behind_the_one_that_it_follows(
    make_window: Callable[[], MainWindow], services: Services
) -> None:
    window, actions = make_window(), services.actions
    menu = window.findChild(QMenu, "menu.help")
    assert isinstance(menu, QMenu)
    did: list[str] = []

    def add(name: str, after: str, **more: Any) -> None:
        actions.add(ActionSpec(name, name, **more), lambda: did.append(name), after)

    first, last = "a.first", "a.last"
    add(last, "&Help")
    add(first, "&Help")
    before = shown_in(menu)
    assert before == [first, last]
    add("a.after", first, shortcut="Ctrl+Alt+F9")
    add("a.line", last, begins_group=True)
    add("a.sub", last, submenu="More")
    add("a.second", "a.sub", submenu="More")
    add("a.behind", "a.second")
    assert shown_in(menu) == [first, "a.after", *before[1:], "[a.sub, a.second]", "a.behind", "-", "a.line"]
    (title,) = [title for title, entries in actions.menus().items() if actions["a.sub"] in entries]
    ids = [action.objectName() for action in actions.menus()[title]]
    assert ids[-5:] == [last, "a.sub", "a.second", "a.behind", "a.line"]
    assert actions["a.after"] in window.actions()  # its shortcut works
    actions["a.second"].trigger()
    assert did == ["a.second"]
