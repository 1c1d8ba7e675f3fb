"""Open files: what is typed is a draft on disk, saved when asked, and kept when a tab is closed."""

from collections.abc import Callable

from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.ui.code_files import HANDLER, drafted, files, on_disk, open_file, tabs, text, workspace
from workbench.code.workspace import Workspace
from workbench.ui.files.open_files import OpenFiles

__all__ = ["files", "open_file", "workspace"]  # fixtures


def test_typing_becomes_a_draft_and_leaves_the_file(
    files: OpenFiles, open_file: Callable[[str], None], workspace: Workspace, qtbot: QtBot
) -> None:
    open_file("app.py")
    assert text(files).toPlainText() == HANDLER
    with qtbot.waitSignal(files.stored):
        QTest.keyClicks(text(files), "# typed ")
    qtbot.waitUntil(lambda: drafted(workspace, "app.py") == "# typed " + HANDLER)
    assert on_disk(workspace, "app.py") == HANDLER
    assert tabs(files) == ["● app.py"]


def test_saving_writes_the_file_and_takes_the_mark_away(
    files: OpenFiles, open_file: Callable[[str], None], workspace: Workspace, qtbot: QtBot
) -> None:
    open_file("app.py")
    QTest.keyClicks(text(files), "# typed ")
    assert tabs(files) == ["● app.py"]
    files.save_current()
    qtbot.waitUntil(lambda: on_disk(workspace, "app.py") == "# typed " + HANDLER)
    qtbot.waitUntil(lambda: tabs(files) == ["app.py"])
    with qtbot.waitCallback() as flushed:
        files.flush(flushed)
    assert workspace.drafts() == ()


def test_a_closed_tab_keeps_its_draft_and_shows_it_again(
    files: OpenFiles, open_file: Callable[[str], None], workspace: Workspace, qtbot: QtBot
) -> None:
    open_file("app.py")
    QTest.keyClicks(text(files), "# typed ")
    files.close_current()
    assert tabs(files) == []
    qtbot.waitUntil(lambda: drafted(workspace, "app.py") == "# typed " + HANDLER)
    open_file("app.py")
    assert text(files).toPlainText() == "# typed " + HANDLER
    assert tabs(files) == ["● app.py"]


def test_saving_all_saves_what_was_closed_too(
    files: OpenFiles, open_file: Callable[[str], None], workspace: Workspace, qtbot: QtBot
) -> None:
    open_file("lib/util.py")
    QTest.keyClicks(text(files), "y = 2; ")
    files.close_current()
    open_file("app.py")
    QTest.keyClicks(text(files), "# typed ")
    with qtbot.waitCallback() as saved:
        files.save(saved)
    assert on_disk(workspace, "lib/util.py").startswith("y = 2; ")
    assert on_disk(workspace, "app.py") == "# typed " + HANDLER
    assert workspace.drafts() == ()


def test_a_file_opened_twice_has_one_tab(files: OpenFiles, open_file: Callable[[str], None]) -> None:
    open_file("app.py")
    open_file("lib/util.py")
    assert files.current_path() == "lib/util.py"
    open_file("app.py")
    assert tabs(files) == ["app.py", "util.py"]
    assert files.current_path() == "app.py"


def test_reloading_shows_what_another_program_wrote(
    files: OpenFiles, open_file: Callable[[str], None], workspace: Workspace, qtbot: QtBot
) -> None:
    open_file("lib/util.py")
    open_file("app.py")
    (workspace.root / "app.py").write_text("# from outside\n", "utf-8")
    files.reload()
    qtbot.waitUntil(lambda: tabs(files) == ["util.py", "app.py"])
    qtbot.waitUntil(lambda: files.current_path() == "app.py")
    qtbot.waitUntil(lambda: text(files).toPlainText() == "# from outside\n")


def test_a_file_that_is_gone_is_told(files: OpenFiles, workspace: Workspace, qtbot: QtBot) -> None:
    (workspace.root / "app.py").unlink()
    with qtbot.waitSignal(files.failed) as failed:
        files.open("app.py")
    assert failed.args is not None
    assert "app.py" in str(failed.args[0])
    assert tabs(files) == []


def test_another_workspace_closes_the_files(files: OpenFiles, open_file: Callable[[str], None]) -> None:
    open_file("app.py")
    files.attach(None)
    assert tabs(files) == []
    assert files.editor.open_uris() == ()
    assert files.current_path() == ""
