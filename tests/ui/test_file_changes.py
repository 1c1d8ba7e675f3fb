"""File operations in the Code tab: by keyboard, mouse and drop; open files follow, and all can be undone."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QLineEdit
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws, aws  # noqa: F401 - a fixture
from tests.ui.code_files import drafted, on_disk, tabs, text
from tests.ui.dialogs import answer_next_input
from tests.ui.features.code.coder import Coder, CodeServer
from workbench.core.errors import WorkbenchError
from workbench.ui.files.tree import FileTree
from workbench.ui.shell.services import Services

FILES: dict[str, bytes | str] = {
    "app.py": "app = 1\n",
    "lib/util.py": "util = 1\n",
    "lib/deep/orders.py": "orders = 1\n",
    "README.md": "# Hello\n",
}
PATHS = set(FILES)


class Changer(Coder):
    """Someone who changes files in the tree."""

    def __init__(self, services: Services, qtbot: QtBot) -> None:
        super().__init__(services, qtbot)
        self.told: list[WorkbenchError | None] = []
        self.page.changes.told.connect(self.told.append)

    @property
    def view(self) -> FileTree:
        return self.page.tree

    @property
    def there(self) -> set[str]:
        """The files that are on disk, and shown so."""
        self.idle()
        files = {
            path.relative_to(self.workspace.root).as_posix()
            for path in self.workspace.root.rglob("*")
            if path.is_file()
        }
        assert {path for path, mark in self.tree().items() if mark != "D"} == files
        return files

    def stand_on(self, path: str) -> None:
        self.view.expandAll()
        self.view.setCurrentIndex(self.view.nodes.index_of(path))
        self.view.setFocus()

    def keys(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.page.activateWindow()  # after a dialog nobody else does it here
        self.view.setFocus()
        self.until(self.view.hasFocus)
        QTest.keyClick(self.view, key, modifiers)
        self.idle()

    def undo(self) -> None:
        self.keys(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)

    def redo(self) -> None:
        self.keys(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)

    def rename(self, path: str, name: str) -> None:
        """F2, the new name, Enter."""
        self.stand_on(path)
        QTest.keyClick(self.view, Qt.Key.Key_F2)
        (field,) = self.view.findChildren(QLineEdit)
        field.setText(name)
        QTest.keyClick(field, Qt.Key.Key_Return)
        self.idle()

    def drop(self, data: QMimeData, on: str) -> None:
        """Lets something go over a row of the tree."""
        self.view.expandAll()
        place = self.view.visualRect(self.view.nodes.index_of(on)).center() if on else QPoint(50, 400)
        event = QDropEvent(
            QPointF(place),
            Qt.DropAction.MoveAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        self.view.dropEvent(event)
        self.idle()

    def drag(self, paths: list[str], on: str) -> None:
        self.drop(self.view.nodes.mimeData([self.view.nodes.index_of(path) for path in paths]), on)


@pytest.fixture
def server(
    aws: StubbedAws,  # noqa: F811 - pytest's way
    tmp_path: Path,
) -> Iterator[CodeServer]:
    with ExitStack() as servers:
        yield CodeServer(aws, tmp_path, servers)


@pytest.fixture
def changer(services: Services, server: CodeServer, qtbot: QtBot) -> Iterator[Changer]:
    changer = Changer(services, qtbot)
    changer.open(server.function("hello", FILES))
    yield changer
    changer.page.deactivate()
    changer.page.clear()
    changer.idle()


def test_f2_renames_in_place_and_the_open_file_follows(changer: Changer) -> None:
    changer.type("# typed ")
    changer.rename("app.py", "main.py")
    assert changer.there == PATHS - {"app.py"} | {"main.py"}
    assert tabs(changer.files) == ["● main.py"]
    assert changer.shown == "# typed app = 1\n"
    changer.type("more ")  # where one was
    changer.save()
    assert on_disk(changer.workspace, "main.py") == "# typed more app = 1\n"
    assert changer.workspace.drafts() == ()
    assert changer.tree()["app.py"] == "D"


def test_a_renamed_folder_takes_its_open_files_along(changer: Changer) -> None:
    changer.press_enter_on("lib/util.py")
    changer.until(lambda: changer.files.current_path() == "lib/util.py")
    changer.press_enter_on("lib/deep/orders.py")
    changer.until(lambda: changer.files.current_path() == "lib/deep/orders.py")
    changer.rename("lib", "libs")
    assert changer.files.open_paths() == ("app.py", "libs/util.py", "libs/deep/orders.py")
    assert changer.files.current_path() == "libs/deep/orders.py"
    assert changer.shown == "orders = 1\n"
    changer.undo()
    assert changer.files.open_paths() == ("app.py", "lib/util.py", "lib/deep/orders.py")
    assert changer.there == PATHS
    assert set(changer.tree().values()) == {""}


def test_what_is_typed_while_a_file_moves_goes_to_its_new_place(changer: Changer) -> None:
    go = changer.busy_disk()
    changer.page.changes.move({"app.py": "main.py"})
    changer.type("# typed ")
    go.set()
    changer.until(lambda: drafted(changer.workspace, "main.py") == "# typed app = 1\n")
    changer.idle()
    assert [draft.path for draft in changer.workspace.drafts()] == ["main.py"]
    assert changer.shown == "# typed app = 1\n"


def test_what_is_typed_while_a_move_fails_stays_where_it_was(changer: Changer) -> None:
    go = changer.busy_disk()
    changer.page.changes.move({"app.py": "README.md"})
    changer.type("# typed ")
    go.set()
    changer.until(lambda: changer.failed)
    changer.idle()
    assert "README.md already" in str(changer.failed[0])
    assert [draft.path for draft in changer.workspace.drafts()] == ["app.py"]
    assert changer.files.open_paths() == ("app.py",)


def test_delete_closes_the_file_and_undo_brings_all_back(changer: Changer) -> None:
    changer.type("# typed ")
    changer.stand_on("app.py")
    changer.keys(Qt.Key.Key_Delete)
    assert changer.there == PATHS - {"app.py"}
    assert tabs(changer.files) == []
    assert changer.workspace.drafts() == ()
    notice = changer.told[-1]
    assert notice is not None
    assert (notice.what, notice.action) == ("app.py was deleted.", "file.undo")
    changer.undo()
    assert changer.there == PATHS
    assert tabs(changer.files) == ["● app.py"]
    assert changer.shown == "# typed app = 1\n"
    assert changer.told[-1] is None
    changer.redo()
    assert changer.there == PATHS - {"app.py"}
    assert tabs(changer.files) == []


def test_several_are_deleted_at_once(changer: Changer) -> None:
    changer.stand_on("lib")
    changer.view.select(["lib", "lib/util.py", "README.md"], "lib")
    changer.keys(Qt.Key.Key_Delete)
    assert changer.there == {"app.py"}
    changer.undo()
    assert changer.there == PATHS
    assert set(changer.tree().values()) == {""}


def test_new_files_and_folders_begin_where_one_is(changer: Changer) -> None:
    changer.stand_on("lib/deep/orders.py")
    answer_next_input(changer.page, " lib/deep/new.py ")
    changer.page.changes.new_file()
    changer.until(lambda: changer.files.current_path() == "lib/deep/new.py")
    answer_next_input(changer.page, "lib/empty")
    changer.page.changes.new_folder()
    changer.idle()
    assert (changer.workspace.root / "lib/empty").is_dir()
    changer.undo()
    changer.undo()
    assert changer.there == PATHS
    assert changer.files.open_paths() == ("app.py",)
    assert not (changer.workspace.root / "lib/empty").exists()


def test_the_dialog_for_a_name_has_room_for_a_path_and_goes_on_after_the_folder(changer: Changer) -> None:
    changer.stand_on("lib/deep/orders.py")
    seen: list[tuple[int, str]] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QInputDialog)
        field = dialog.findChild(QLineEdit)
        assert field is not None
        changer.until(lambda: not field.hasSelectedText())
        QTest.keyClicks(field, "x")
        seen.append((dialog.width(), field.text()))
        field.setText("lib/deep/")
        dialog.accept()  # only the folder stands there: no file has this name

    QTimer.singleShot(0, changer.page, look)
    changer.page.changes.new_file()
    assert seen == [(460, "lib/deep/x")]
    assert changer.there == PATHS
    assert changer.failed == []


def test_the_trees_menu_is_grouped_and_shows_its_keys(changer: Changer) -> None:
    actions = changer.view.actions()
    assert ["—" if action.isSeparator() else action.text() for action in actions] == [
        *("New File…", "New Folder…", "—", "Rename", "Delete", "—", "Undo File Change", "Redo File Change"),
    ]
    keys = {action.text(): action.shortcut().toString() for action in actions}
    assert (keys["Rename"], keys["Delete"]) == ("F2", "Del")


def test_dragging_moves_into_the_folder_below(changer: Changer) -> None:
    changer.drag(["app.py", "README.md"], "lib/deep")
    assert changer.there == {"lib/util.py", "lib/deep/orders.py", "lib/deep/app.py", "lib/deep/README.md"}
    assert changer.files.current_path() == "lib/deep/app.py"
    changer.drag(["lib/deep/app.py"], "lib/util.py")
    assert "lib/app.py" in changer.there
    changer.drag(["lib/deep"], "")
    assert "deep/orders.py" in changer.there
    for _each in range(3):
        changer.undo()
    assert changer.there == PATHS
    assert changer.failed == []


def test_a_folder_does_not_go_into_itself(changer: Changer) -> None:
    changer.drag(["lib"], "lib/deep")
    assert changer.there == PATHS
    assert "into itself" in str(changer.failed[0])
    changer.drag(["lib/util.py"], "lib")
    assert changer.there == PATHS
    assert len(changer.failed) == 1


def test_what_is_dropped_from_elsewhere_is_copied(changer: Changer, tmp_path: Path) -> None:
    outside = tmp_path / "desktop" / "tools"
    outside.mkdir(parents=True)
    (outside / "a b.py").write_text("x", "utf-8")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(outside)), QUrl("https://example.com/x.py")])
    changer.drop(data, "lib/util.py")
    assert changer.there == PATHS | {"lib/tools/a b.py"}
    assert (outside / "a b.py").exists()
    changer.drop(data, "lib")
    assert "lib/tools already" in str(changer.failed[0])
    changer.undo()
    assert changer.there == PATHS


def test_what_is_expanded_and_selected_stays_so(changer: Changer) -> None:
    changer.view.collapseAll()
    changer.view.expand(changer.view.nodes.index_of("lib"))
    changer.view.setCurrentIndex(changer.view.nodes.index_of("lib/util.py"))
    changer.page.changes.move({"README.md": "docs/README.md"})
    changer.idle()
    nodes = changer.view.nodes
    assert changer.view.isExpanded(nodes.index_of("lib"))
    assert not changer.view.isExpanded(nodes.index_of("docs"))
    assert changer.view.currentIndex().data() == "util.py"
    assert changer.view.selected() == ["lib/util.py"]


def test_undo_without_anything_to_undo_does_nothing(changer: Changer) -> None:
    changer.undo()
    changer.redo()
    assert changer.there == PATHS
    assert changer.failed == []


def test_one_change_waits_for_the_other(changer: Changer) -> None:
    go = changer.busy_disk()
    changer.page.changes.move({"app.py": "a.py"})
    changer.page.changes.move({"a.py": "b.py"})
    go.set()
    changer.until(lambda: changer.files.open_paths() == ("b.py",))
    changer.idle()
    changer.undo()
    changer.undo()
    assert changer.there == PATHS


def test_another_functions_files_are_never_undone(changer: Changer, server: CodeServer) -> None:
    changer.rename("app.py", "main.py")
    first = changer.workspace
    changer.show(server.function("other", {"app.py": "other = 1\n"}))
    changer.until(lambda: changer.files.current_path() == "app.py")
    changer.undo()
    assert changer.there == {"app.py"}
    assert (first.root / "main.py").is_file()


def test_a_versions_files_cannot_be_changed(changer: Changer, server: CodeServer) -> None:
    changer.show(server.function("hello", FILES, version="7"))
    changer.until(lambda: changer.page.workspace)
    changer.idle()
    index = changer.view.nodes.index_of("app.py")
    assert not index.flags() & (Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsDragEnabled)
    changer.drag(["app.py"], "lib")
    changer.stand_on("app.py")
    changer.keys(Qt.Key.Key_Delete)
    assert changer.there == PATHS
    assert "Version 7 is published" in changer.failed[0].why


def test_the_editors_own_undo_is_not_touched(changer: Changer) -> None:
    changer.type("x")
    QTest.keyClick(text(changer.files), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert changer.shown == "app = 1\n"
    changer.idle()
