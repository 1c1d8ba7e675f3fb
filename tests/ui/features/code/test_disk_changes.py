"""Other programs write the open files: taken silently, or a choice above the text; never lost, either way."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton

from tests.ui.code_files import drafted, on_disk, tabs, text
from tests.ui.features.code.coder import Coder, CodeServer
from workbench.code.workspace import inspect_folder, use_folder
from workbench.core.files import write_atomic
from workbench.core.jobs import JobContext
from workbench.deploy.run import code_source
from workbench.ui.features.code.external_changes import ExternalChanges
from workbench.ui.shell.services import OpenFunction

HANDLER = "def handler(event, context):\n    return 1\n"
FILES: dict[str, bytes | str] = {"app.py": HANDLER, "lib/util.py": "x = 1\r\n", "logo.png": b"\x89PNG\0"}
THEIRS = "import json\n\n\ndef handler(event, context):\n    return 1\n"


class Sharer:
    """Someone who edits while another program writes the same files."""

    def __init__(self, coder: Coder) -> None:
        self.coder = coder
        self.changes = ExternalChanges(coder.services, coder.page)

    @property
    def root(self) -> Path:
        return self.coder.workspace.root

    def write(self, path: str, content: str | bytes) -> None:
        """What another program does."""
        data = content if isinstance(content, bytes) else content.encode()
        write_atomic(self.root / path, data, 0o644)

    def button(self, name: str) -> QPushButton:
        found = self.changes.banner.findChild(QPushButton, name)
        assert found is not None
        return found

    def press(self, name: str) -> None:
        QTest.mouseClick(self.button(name), Qt.MouseButton.LeftButton)
        self.coder.idle()

    def asked(self) -> str:
        """What the banner says, as long as it asks."""
        banner = self.changes.banner
        if not banner.isVisible():
            return ""
        return " ".join(label.text() for label in banner.findChildren(QLabel))

    def until_asked(self) -> None:
        self.coder.until(self.asked)
        self.coder.idle()

    def differ(self) -> None:
        """Types in app.py, and another program writes it."""
        self.coder.type("# mine ")
        self.write("app.py", THEIRS)
        self.until_asked()

    def is_comparing(self) -> bool:
        return self.coder.files.editor.comparing.is_open

    def settle(self) -> None:
        """Until what was changed has been noticed, and looked at as often as it takes."""
        looks: list[bool] = []
        self.changes.watch.changed.connect(lambda: looks.append(True))
        (self.root / "noticed.txt").touch()
        self.coder.until(lambda: "noticed.txt" in self.coder.tree())
        self.coder.until(lambda: not self.changes._again.isActive())
        self.coder.idle()


@pytest.fixture
def sharer(coder: Coder, server: CodeServer) -> Iterator[Sharer]:
    sharer = Sharer(coder)
    coder.open(server.function("hello", FILES))
    yield sharer
    sharer.changes.stop()


def test_a_file_without_typing_follows_the_disk_keeping_cursor_and_undo(sharer: Sharer) -> None:
    coder = sharer.coder
    coder.type("# ")
    coder.save()
    cursor = text(coder.files).textCursor()
    cursor.movePosition(QTextCursor.MoveOperation.End)
    text(coder.files).setTextCursor(cursor)

    sharer.write("app.py", "import os\n" + coder.shown)
    coder.until(lambda: coder.shown.startswith("import os\n"))
    coder.idle()
    assert tabs(coder.files) == ["app.py"]
    assert text(coder.files).textCursor().atEnd()
    assert coder.workspace.drafts() == ()
    assert sharer.asked() == ""

    text(coder.files).undo()
    assert coder.shown == "# " + HANDLER
    coder.idle()
    assert tabs(coder.files) == ["● app.py"]
    assert on_disk(coder.workspace, "app.py").startswith("import os\n")


def test_tree_and_marks_follow(sharer: Sharer) -> None:
    sharer.write("new.py", "1\n")
    sharer.write("lib/util.py", "x = 2\r\n")
    (sharer.root / "logo.png").unlink()
    expected = {"app.py": "", "lib/util.py": "M", "logo.png": "D", "new.py": "A"}
    sharer.coder.until(lambda: sharer.coder.tree() == expected)


def test_a_file_with_typing_asks_and_is_not_saved_over(sharer: Sharer) -> None:
    coder = sharer.coder
    sharer.differ()
    assert "app.py was changed by another program." in sharer.asked()
    assert coder.shown == "# mine " + HANDLER
    coder.type("more ")
    coder.save()
    assert on_disk(coder.workspace, "app.py") == THEIRS
    assert coder.failed[-1].what == "app.py was not saved."
    assert drafted(coder.workspace, "app.py") == "# mine more " + HANDLER
    assert sharer.asked()


def test_reload_takes_the_disks_and_undo_leads_back(sharer: Sharer) -> None:
    coder = sharer.coder
    sharer.differ()
    sharer.press("outsideReload")
    coder.until(lambda: coder.shown == THEIRS)
    coder.idle()
    assert sharer.asked() == ""
    assert tabs(coder.files) == ["app.py"]
    assert coder.workspace.drafts() == ()
    text(coder.files).undo()
    coder.idle()
    assert coder.shown == "# mine " + HANDLER
    assert drafted(coder.workspace, "app.py") == "# mine " + HANDLER
    coder.save()
    assert on_disk(coder.workspace, "app.py") == "# mine " + HANDLER


def test_keep_mine_lets_the_next_save_replace_it(sharer: Sharer) -> None:
    coder = sharer.coder
    sharer.differ()
    sharer.press("outsideKeep")
    assert sharer.asked() == ""
    sharer.settle()
    assert sharer.asked() == ""
    coder.save()
    assert coder.failed == []
    assert on_disk(coder.workspace, "app.py") == "# mine " + HANDLER

    coder.type("# again ")
    sharer.write("app.py", THEIRS)
    sharer.until_asked()


def test_compare_shows_both_and_the_choice_remains(sharer: Sharer) -> None:
    sharer.differ()
    sharer.press("outsideCompare")
    assert sharer.is_comparing()
    assert sharer.asked()
    sharer.press("outsideCompare")
    assert not sharer.is_comparing()
    sharer.press("outsideCompare")
    sharer.press("outsideKeep")
    assert not sharer.is_comparing()


def test_a_choice_is_still_to_be_made_after_a_restart(sharer: Sharer, server: CodeServer) -> None:
    coder = sharer.coder
    coder.type("# mine ")
    coder.idle()
    coder.page.clear()
    folder = server.function("hello", FILES)
    (workspace,) = (coder.services.paths.data_dir / "workspaces").glob("*/*/hello/files")
    (workspace / "app.py").write_text(THEIRS)
    coder.open(folder)
    sharer.until_asked()
    assert coder.shown == "# mine " + HANDLER
    sharer.press("outsideReload")
    coder.until(lambda: coder.shown == THEIRS)


def test_the_disk_going_back_takes_the_question_back(sharer: Sharer) -> None:
    coder = sharer.coder
    sharer.differ()
    sharer.write("app.py", HANDLER)
    coder.until(lambda: not sharer.asked())
    sharer.write("app.py", "# mine " + HANDLER)
    coder.until(lambda: tabs(coder.files) == ["app.py"])
    assert sharer.asked() == ""


def test_own_writes_are_no_changes_of_others(sharer: Sharer) -> None:
    coder = sharer.coder
    for _ in range(3):
        coder.type("# x ")
        coder.files.save_current()
        coder.type("# y ")  # typed on while it is being saved
        sharer.settle()
        assert sharer.asked() == ""
    assert coder.shown == "# x # y " * 3 + HANDLER
    coder.page.changes.move({"app.py": "main.py"})
    coder.idle()
    sharer.settle()
    assert tabs(coder.files) == ["● main.py"]
    assert (sharer.asked(), coder.failed) == ("", [])


def test_a_deleted_file_is_closed_and_said(sharer: Sharer) -> None:
    coder = sharer.coder
    sharer.coder.until(lambda: sharer.changes._known)
    (sharer.root / "app.py").unlink()
    coder.until(lambda: tabs(coder.files) == [])
    assert coder.notices[-1] == ("app.py was deleted by another program.", "")


@pytest.mark.parametrize(("choice", "left"), [("outsideKeep", "# mine " + HANDLER), ("outsideReload", "")])
def test_typing_in_a_deleted_file_is_kept_unless_discarded(sharer: Sharer, choice: str, left: str) -> None:
    coder = sharer.coder
    coder.type("# mine ")
    coder.idle()
    (sharer.root / "app.py").unlink()
    sharer.until_asked()
    assert "app.py was deleted by another program." in sharer.asked()
    assert not sharer.button("outsideCompare").isVisible()
    sharer.press(choice)
    assert sharer.asked() == ""
    assert drafted(coder.workspace, "app.py") == left
    if left:
        coder.save()
        assert on_disk(coder.workspace, "app.py") == left


def test_a_file_that_becomes_binary_is_shown_as_such(sharer: Sharer) -> None:
    sharer.coder.until(lambda: sharer.changes._known)
    sharer.write("app.py", b"\0\1\2")
    sharer.coder.until(lambda: tabs(sharer.coder.files) == [])
    sharer.coder.idle()
    assert sharer.coder.failed == []


def test_a_question_is_about_the_file_in_front_if_it_has_one(sharer: Sharer) -> None:
    coder = sharer.coder
    coder.type("# mine ")
    coder.press_enter_on("lib/util.py")
    coder.until(lambda: coder.files.current_path() == "lib/util.py")
    sharer.differ()
    assert "app.py was changed" in sharer.asked()
    sharer.write("lib/util.py", "y\r\n")
    coder.until(lambda: "lib/util.py was changed" in sharer.asked())
    sharer.press("outsideKeep")
    assert "app.py was changed" in sharer.asked()


def test_a_folder_that_goes_away_is_said(
    sharer: Sharer, server: CodeServer, function_in: Callable[[Path], OpenFunction]
) -> None:
    coder = sharer.coder
    project = coder.services.paths.data_dir.parent / "project"
    project.mkdir()
    (project / "app.py").write_text(HANDLER)
    coder.page.clear()
    coder.open(function_in(project))
    coder.type("# mine ")
    coder.idle()
    (project / "app.py").unlink()
    project.rmdir()
    coder.until(lambda: "does not exist" in coder.words)
    assert str(project) in coder.words
    assert list((coder.services.paths.data_dir / "workspaces/local").rglob("*.draft"))


@pytest.fixture
def function_in(coder: Coder, server: CodeServer) -> Callable[[Path], OpenFunction]:
    """A function that is bound to a folder; AWS is asked for it twice more."""
    root_dir = coder.services.paths.data_dir / "workspaces"

    def make(project: Path) -> OpenFunction:
        function = server.function("bound", FILES, times=2)
        use_folder(
            inspect_folder(code_source(function.detail, function.connection), root_dir, project, JobContext())
        )
        return function

    return make
