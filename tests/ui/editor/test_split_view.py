"""Tabs in two groups over a split editor."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTabBar
from pytestqt.qtbot import QtBot

from tests.ui.code_files import drafted, files, on_disk, workspace
from workbench.code.workspace import Workspace
from workbench.ui.editor import Editor, monaco
from workbench.ui.editor.view import MonacoSurface
from workbench.ui.files.open_files import OpenFiles
from workbench.ui.kit.web_views import prepare_window
from workbench.ui.shell.services import Services

__all__ = ["files", "workspace"]  # fixtures


def _is_shown(files: OpenFiles, path: str) -> bool:
    return files.current_path() == path


@pytest.fixture
def split(qtbot: QtBot, services: Services, workspace: Workspace, page_dir: Path) -> OpenFiles:
    """Monaco with two files open, then split: lib/util.py in both halves, and in front."""
    files = OpenFiles(services, Editor(monaco(page_dir)))
    qtbot.addWidget(files)
    files.resize(900, 500)
    prepare_window(files)
    with qtbot.waitExposed(files):
        files.show()
    with qtbot.waitSignal(files.editor.ready, timeout=20_000):
        files.editor.prewarm()
    files.attach(workspace)
    for path in ("app.py", "lib/util.py"):
        files.open(path)
        qtbot.waitUntil(partial(_is_shown, files, path))
    files.split()
    return files


def titles(tabs: QTabBar) -> list[str]:
    return [tabs.tabText(number) for number in range(tabs.count())]


def both(files: OpenFiles) -> list[list[str]]:
    return [titles(files.groups.first), titles(files.groups.second)]


def test_the_file_in_front_is_in_both_groups(split: OpenFiles) -> None:
    assert both(split) == [["app.py", "util.py"], ["util.py"]]
    assert split.groups.second.isVisible()
    assert split.open_paths() == ("app.py", "lib/util.py")
    assert split.current_path() == "lib/util.py"


def test_a_file_opens_in_the_half_where_the_person_works(split: OpenFiles, qtbot: QtBot) -> None:
    split.open("app.py")
    assert both(split) == [["app.py", "util.py"], ["util.py", "app.py"]]
    assert split.groups.first.current_path() == "lib/util.py"
    split.view.focus_other_half()
    assert split.current_path() == "lib/util.py"
    QTest.mouseClick(split.groups.first, Qt.MouseButton.LeftButton, pos=split.tabs.tabRect(0).center())
    assert (split.current_path(), split.editor.active_uri()) == ("app.py", split.uri_of_open("app.py"))


def test_a_click_on_the_tab_in_front_of_the_other_half_goes_there(split: OpenFiles) -> None:
    assert split.editor.halves.active == 1
    QTest.mouseClick(split.tabs, Qt.MouseButton.LeftButton, pos=split.tabs.tabRect(1).center())
    assert split.editor.halves.active == 0
    assert split.groups.second.property("beside") is True
    assert split.groups.first.property("beside") is False


def test_what_is_typed_marks_both_tabs_and_is_one_draft(
    split: OpenFiles, workspace: Workspace, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(split.stored):
        view = split.editor.findChild(MonacoSurface)
        assert view is not None
        split.editor.focus_text()
        with qtbot.waitCallback() as flushed:
            split.editor.flush(lambda: flushed())
        web_view = view.focusProxy()
        assert web_view is not None
        keyboard = web_view.focusProxy()
        assert keyboard is not None
        QTest.keyClicks(keyboard, "z = 3; ")
    qtbot.waitUntil(lambda: drafted(workspace, "lib/util.py") == "z = 3; x = 1\n")
    assert both(split) == [["app.py", "● util.py"], ["● util.py"]]
    split.save_current()
    qtbot.waitUntil(lambda: both(split) == [["app.py", "util.py"], ["util.py"]])
    assert on_disk(workspace, "lib/util.py") == "z = 3; x = 1\n"


def test_closing_in_one_half_leaves_the_file_open_in_the_other(split: OpenFiles) -> None:
    split.open("app.py")
    split.close_current()
    assert both(split) == [["app.py", "util.py"], ["util.py"]]
    assert split.uri_of_open("app.py") in split.editor.open_uris()


@pytest.mark.parametrize("half", [0, 1])
def test_a_half_without_files_goes_away(split: OpenFiles, half: int, qtbot: QtBot) -> None:
    if split.editor.halves.active != half:
        split.view.focus_other_half()
    for _ in range(len(split.groups.active.paths())):
        split.close_current()
        if not split.groups.is_split:
            break
    assert not split.groups.is_split
    assert both(split)[1] == []
    assert split.current_path() == "lib/util.py"
    qtbot.waitUntil(lambda: split.editor.active_uri() == split.uri_of_open("lib/util.py"))


def test_splitting_again_makes_one_of_both_with_every_file(split: OpenFiles) -> None:
    split.open("app.py")
    split.split()
    assert both(split) == [["app.py", "util.py"], []]
    assert split.current_path() == "app.py"
    assert split.editor.active_uri() == split.uri_of_open("app.py")


def test_a_closed_file_leaves_both_halves(split: OpenFiles, qtbot: QtBot) -> None:
    split.close_path("lib/util.py")
    assert both(split) == [["app.py"], []]
    assert split.editor.active_uri() == split.uri_of_open("app.py")
    qtbot.waitUntil(lambda: len(split.editor.open_uris()) == 1)


def test_reloading_leaves_both_halves_as_they_are(
    split: OpenFiles, workspace: Workspace, qtbot: QtBot
) -> None:
    (workspace.root / "lib/util.py").write_text("y = 9\n", "utf-8")
    split.reload()
    texts: list[str] = []

    def look() -> bool:
        split.editor.text(split.uri_of_open("lib/util.py"), lambda shown: texts.append(shown.text))
        return "y = 9\n" in texts

    qtbot.waitUntil(look)
    assert both(split) == [["app.py", "util.py"], ["util.py"]]


def test_another_workspace_ends_it(split: OpenFiles) -> None:
    split.attach(None)
    assert both(split) == [[], []]
    assert not split.editor.halves.is_split


def test_the_plain_editor_says_that_it_cannot(files: OpenFiles, qtbot: QtBot) -> None:
    said: list[str] = []
    files.notice.connect(lambda text, _detail: said.append(text))
    files.open("app.py")
    qtbot.waitUntil(lambda: files.current_path() == "app.py")
    files.split()
    assert said == ["The plain editor shows one file at a time."]
    assert not files.groups.is_split


def test_without_a_file_there_is_nothing_to_split(files: OpenFiles, qtbot: QtBot) -> None:
    said: list[Callable[[], object]] = []
    files.notice.connect(lambda *_: said.append(files.split))
    files.split()
    assert (said, files.groups.is_split) == ([], False)
