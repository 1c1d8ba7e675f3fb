"""A local folder as a function's code: chosen, looked at, used in place, missed, and left again."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QListWidget, QPushButton, QToolButton

from tests.ui.code_files import tabs
from tests.ui.features.code.coder import Coder, CodeServer
from workbench.ui.features.code.working_copy import FolderOfferDialog, LocalFolders
from workbench.ui.shell.services import OpenFunction

HANDLER = "def handler(event, context):\n    return 1\n"
FILES: dict[str, bytes | str] = {"app.py": HANDLER, "lib/util.py": "x = 1\n"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "projects/hello"
    (folder / ".git").mkdir(parents=True)
    (folder / "app.py").write_text("# mine\n" + HANDLER)
    (folder / "new.py").write_text("y = 2\n")
    return folder


class Binder:
    """Someone who uses a local folder for the open function."""

    def __init__(self, coder: Coder) -> None:
        self.coder = coder
        self.folders = LocalFolders(coder.services, coder.page)
        coder.services.actions.bind("code.use_folder", self.folders.choose)
        coder.services.actions.bind("code.use_deployed", self.folders.leave)

    def child[W](self, kind: type[W], name: str) -> W:
        found = self.coder.page.findChild(kind, name)  # type: ignore[type-var]
        assert found is not None, name
        return found

    def asked(self) -> FolderOfferDialog:
        """The dialog that says what using the folder would mean."""
        self.coder.until(lambda: self.coder.page.findChildren(FolderOfferDialog))
        return self.child(FolderOfferDialog, "folderOffer")

    def choose(self, folder: Path) -> FolderOfferDialog:
        """Chooses a folder in the dialog that the action opens."""
        self.coder.services.actions["code.use_folder"].trigger()
        dialog = self.child(QFileDialog, "chooseLocalFolder")
        dialog.selectFile(str(folder))
        dialog.accept()
        return self.asked()

    def look(self, function: OpenFunction, folder: Path) -> FolderOfferDialog:
        self.folders.look(function, folder)
        return self.asked()

    def press(self, dialog: FolderOfferDialog, name: str) -> None:
        button = dialog.findChild(QPushButton, name)
        assert button is not None
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self.coder.until(lambda: not self.coder.page.findChildren(FolderOfferDialog))

    def use(self, function: OpenFunction, folder: Path) -> None:
        self.press(self.look(function, folder), "folderOfferUse")
        self.coder.until(lambda: self.coder.page.workspace)
        self.coder.idle()

    def about(self) -> str:
        return self.child(QLabel, "codeAbout").accessibleName()

    def button(self, name: str) -> QToolButton:
        return self.child(QToolButton, name)


@pytest.fixture
def binder(coder: Coder) -> Binder:
    coder.services.actions.set_situation({"function"})
    return Binder(coder)


@pytest.fixture
def function(coder: Coder, server: CodeServer) -> OpenFunction:
    """An open function; AWS is asked for it as often as is needed."""
    function = server.function("hello", FILES, times=1)
    coder.open(function)
    return function


@pytest.fixture
def again(server: CodeServer) -> Callable[[int], object]:
    """The function is asked for so many times more."""
    return lambda times: server.function("hello", FILES, times=times)


def test_it_is_said_what_would_differ_and_cancel_binds_nothing(
    coder: Coder, binder: Binder, function: OpenFunction, again: Callable[[int], object], project: Path
) -> None:
    again(1)
    dialog = binder.choose(project)
    words = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "1 added, 1 changed, 1 deleted" in words
    assert str(project) in words
    assert "Always excluded: .git" in words
    files = dialog.findChild(QListWidget, "folderOfferFiles")
    assert files is not None
    assert [files.item(row).text() for row in range(files.count())] == [
        "M  app.py",
        "D  lib/util.py",
        "A  new.py",
    ]
    binder.press(dialog, "folderOfferCancel")
    coder.idle()
    assert coder.workspace.local_folder is None
    assert coder.shown == HANDLER
    assert not list(coder.workspace.folder.parent.glob("*.offer"))


def test_the_folder_takes_the_place_of_the_deployed_code_and_is_left_again(
    coder: Coder, binder: Binder, function: OpenFunction, again: Callable[[int], object], project: Path
) -> None:
    coder.type("# typed before ")
    again(3)
    binder.use(function, project)
    assert coder.workspace.root == project
    assert coder.shown == "# mine\n" + HANDLER
    assert coder.tree() == {"app.py": "M", "lib/util.py": "D", "new.py": "A"}
    assert binder.about().startswith("Local folder ")
    assert binder.button("codeUseDeployed").isVisible()
    assert not binder.button("codeUseFolder").isVisible()

    coder.type("# typed ")
    coder.save()
    assert (project / "app.py").read_text() == "# typed # mine\n" + HANDLER

    binder.button("codeUseDeployed").click()
    coder.until(lambda: coder.page.workspace and coder.page.workspace.local_folder is None)
    coder.idle()
    assert tabs(coder.files) == ["● app.py"]
    assert coder.shown == "# typed before " + HANDLER
    assert binder.button("codeUseFolder").isVisible()
    assert binder.about() == ""


def test_a_missing_folder_is_said_and_deployed_code_is_a_way_out(
    coder: Coder, binder: Binder, function: OpenFunction, again: Callable[[int], object], project: Path
) -> None:
    again(4)
    binder.use(function, project)
    away = project.rename(project.with_name("away"))
    coder.page.clear()
    coder.show(function)
    coder.until(lambda: "does not exist" in coder.words)
    assert str(project) in coder.words
    assert [button.text() for button in coder.instead.findChildren(QToolButton) if button.isVisible()] == [
        "Try Again",
        "Use Local Folder…",
        "Use Deployed Code",
    ]

    binder.button("emptyAction3").click()
    coder.until(lambda: coder.page.workspace)
    coder.idle()
    assert coder.workspace.local_folder is None
    assert away.is_dir()


def test_a_folder_that_cannot_be_meant_is_refused(
    coder: Coder, binder: Binder, function: OpenFunction, again: Callable[[int], object]
) -> None:
    again(1)
    binder.folders.look(function, Path.home())
    coder.until(lambda: coder.failed)
    assert "home folder" in coder.failed[0].why
    assert coder.workspace.local_folder is None


def test_a_folder_that_went_while_it_was_asked_about_is_not_bound(
    coder: Coder, binder: Binder, function: OpenFunction, again: Callable[[int], object], project: Path
) -> None:
    again(3)
    dialog = binder.look(function, project)
    project.rename(project.with_name("away"))
    binder.press(dialog, "folderOfferUse")
    coder.until(lambda: coder.failed and coder.words)
    coder.idle()
    assert "does not exist" in coder.failed[0].what


def test_another_function_opened_meanwhile_stays_as_it_is(
    coder: Coder, binder: Binder, function: OpenFunction, server: CodeServer, project: Path
) -> None:
    server.function("hello", FILES)
    dialog = binder.look(function, project)
    other = server.function("other", {"app.py": "# other\n"})
    coder.open(other)
    binder.press(dialog, "folderOfferUse")
    coder.idle()
    assert coder.shown == "# other\n"
    assert coder.workspace.local_folder is None
