"""Comparing the open code: with what is deployed, with a version; reverting; and being left alone again."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QPlainTextEdit

from tests.sandbox_functions import deploy_elsewhere
from tests.ui.code_files import on_disk, tabs, text
from tests.ui.dialogs import answer_next_question
from tests.ui.features.code.coder import Coder, CodeServer, Slow
from tests.ui.features.code.conftest import OLD
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.ui.features.code.compare import CompareFlow
from workbench.ui.files.tree import PATH_ROLE
from workbench.ui.shell.services import OpenFunction
from workbench.ui.shell.version_picker import VersionChoice

FILES: dict[str, bytes | str] = {
    "app.py": OLD,
    "lib/util.py": "x = 1\n",
    "logo.png": b"\x89PNG\0",
    "README.md": "# Hello\n",
}


class Comparer:
    """Someone who compares, and what they see."""

    def __init__(self, coder: Coder) -> None:
        self.coder = coder
        self.flow = CompareFlow(coder.services, coder.page)
        self.failed: list[WorkbenchError] = []
        self.flow.failed.connect(self.failed.append)

    def with_deployed(self) -> None:
        self.flow.with_deployed()
        self.wait()

    def wait(self) -> None:
        self.coder.until(lambda: "omparing" not in self.flow.panel.state.text())
        self.coder.idle()

    def listed(self) -> dict[str, str]:
        """The files of the list with their marks."""
        found: dict[str, str] = {}
        waiting = [QModelIndex()]
        model = self.flow.panel.tree.model()
        while waiting:
            above = waiting.pop()
            for row in range(model.rowCount(above)):
                index = model.index(row, 0, above)
                waiting.append(index)
                if path := index.data(PATH_ROLE):
                    found[str(path)] = str(index.siblingAtColumn(1).data() or "")
        return found

    def choose(self, path: str) -> None:
        self.flow.panel.select(path)
        QTest.keyClick(self.flow.panel.tree, Qt.Key.Key_Return)
        self.coder.idle()

    @property
    def differences(self) -> str:
        """The differences that are on the screen; empty for none."""
        shown = self.coder.files.findChild(QPlainTextEdit, "editorPlainComparison")
        return shown.toPlainText() if shown is not None and shown.isVisible() else ""

    def revert(self, path: str, button: QMessageBox.StandardButton) -> str:
        self.flow.panel.select(path)
        asked = answer_next_question(self.coder.page, button)
        self.flow.panel.revert_button.click()
        self.coder.idle()
        return asked[0]


@pytest.fixture
def comparer(coder: Coder) -> Iterator[Comparer]:
    comparer = Comparer(coder)
    yield comparer
    comparer.flow.end()


@pytest.fixture
def changed(comparer: Comparer, server: CodeServer) -> Comparer:
    """A file is changed and saved, another typed in, one is new, one is gone, one is no text."""
    coder = comparer.coder
    coder.open(server.function("hello", FILES))
    coder.workspace.save("lib/util.py", "x = 2\n")
    coder.workspace.create("new.py", "n = 1\n")
    coder.workspace.delete("README.md")
    (coder.workspace.root / "logo.png").write_bytes(b"\x89PNG\0\0")
    coder.type("# typed ")
    return comparer


def test_every_kind_of_difference_is_listed(changed: Comparer) -> None:
    changed.with_deployed()
    assert changed.listed() == {
        "app.py": "●",
        "lib/util.py": "M",
        "logo.png": "M",
        "new.py": "A",
        "README.md": "D",
    }
    assert changed.flow.panel.title.text() == "Deployed ↔ Working copy"
    assert changed.flow.panel.state.text() == "5 files differ"
    assert changed.flow.panel.isVisible()
    assert not changed.coder.page.tree.isVisible()


def test_the_shown_file_is_compared_first_with_what_was_just_typed(changed: Comparer) -> None:
    changed.with_deployed()
    assert "+# typed def handler" in changed.differences
    assert "-def handler" in changed.differences


@pytest.mark.parametrize(
    ("path", "words"),
    [("lib/util.py", "-x = 1\n+x = 2"), ("new.py", "+n = 1"), ("README.md", "-# Hello")],
)
def test_a_file_of_the_list_is_shown_beside_its_other_side(changed: Comparer, path: str, words: str) -> None:
    changed.with_deployed()
    changed.choose(path)
    assert words in changed.differences
    assert changed.coder.files.current_path() == path
    changed.choose("app.py")
    assert tabs(changed.coder.files) == ["● app.py"]  # what was opened only to be compared is closed


def test_what_is_no_text_says_so_with_both_sizes(changed: Comparer) -> None:
    changed.with_deployed()
    changed.choose("logo.png")
    said = changed.coder.files._empty
    assert said.isVisible()
    assert "Theirs: 5 bytes. Yours: 6 bytes." in said.accessibleDescription()
    changed.choose("app.py")
    assert "+# typed" in changed.differences


def test_ending_shows_the_file_and_the_tree_as_before(changed: Comparer) -> None:
    changed.with_deployed()
    changed.choose("lib/util.py")
    QTest.keyClick(changed.flow.panel.tree, Qt.Key.Key_Escape)
    changed.coder.idle()
    assert not changed.flow.is_active
    assert changed.differences == ""
    assert changed.coder.page.tree.isVisible()
    assert tabs(changed.coder.files) == ["● app.py"]
    assert text(changed.coder.files).toPlainText().startswith("# typed")


def test_no_difference_is_said(comparer: Comparer, server: CodeServer) -> None:
    comparer.coder.open(server.function("hello", FILES))
    comparer.with_deployed()
    assert comparer.listed() == {}
    assert comparer.flow.panel.state.text() == "No files differ."
    assert not comparer.flow.panel.revert_button.isEnabled()


@pytest.mark.parametrize(
    ("path", "there"),
    [("app.py", OLD), ("lib/util.py", "x = 1\n"), ("README.md", "# Hello\n"), ("new.py", None)],
)
def test_a_file_is_reverted_after_a_question(changed: Comparer, path: str, there: str | None) -> None:
    changed.with_deployed()
    changed.choose(path)
    words = changed.revert(path, QMessageBox.StandardButton.Discard)
    assert path in words
    assert "Deployed" in words
    workspace = changed.coder.workspace
    assert (workspace.root / path).exists() == (there is not None)
    if there is not None:
        assert on_disk(workspace, path) == there
    assert workspace.draft(path) is None
    assert path not in changed.listed()
    assert len(changed.listed()) == 4


def test_a_question_that_is_cancelled_changes_nothing(changed: Comparer) -> None:
    changed.with_deployed()
    changed.revert("lib/util.py", QMessageBox.StandardButton.Cancel)
    assert on_disk(changed.coder.workspace, "lib/util.py") == "x = 2\n"
    assert len(changed.listed()) == 5


def test_saving_while_comparing_brings_the_list_up_to_date(changed: Comparer) -> None:
    changed.with_deployed()
    changed.coder.save()
    changed.coder.until(lambda: changed.listed()["app.py"] == "M")
    assert "# typed" in changed.differences


# ---- versions, and what somebody else deployed -------------------------------------------------------------


@pytest.mark.parametrize(("qualifier", "title"), [("1", "Version 1"), ("live", "live")])
def test_the_working_copy_is_compared_with_a_version_or_an_alias(
    comparer: Comparer, published: OpenFunction, qualifier: str, title: str
) -> None:
    comparer.coder.open(published)
    name = published.detail.function_name
    comparer.flow.with_version(VersionChoice(published.connection, name, qualifier))
    comparer.wait()
    assert comparer.flow.panel.title.text() == f"{title} ↔ Working copy"
    assert comparer.listed() == {"app.py": "M"}
    assert "-    return 'old'\n+    return 'new'" in comparer.differences
    comparer.revert("app.py", QMessageBox.StandardButton.Discard)
    assert on_disk(comparer.coder.workspace, "app.py") == OLD
    assert comparer.listed() == {}


def test_a_version_that_is_shown_is_compared_with_what_is_deployed(
    comparer: Comparer, published: OpenFunction
) -> None:
    coder = comparer.coder
    coder.open(published)
    coder.page.show_version("1")
    coder.until(lambda: coder.page.workspace and coder.workspace.read_only and coder.files.current_path())
    comparer.with_deployed()
    assert comparer.flow.panel.title.text() == "Deployed ↔ Version 1"
    assert "-    return 'new'\n+    return 'old'" in comparer.differences
    assert not comparer.flow.panel.revert_button.isEnabled()


def test_what_somebody_else_deployed_is_what_deployed_means(
    comparer: Comparer, published: OpenFunction
) -> None:
    coder = comparer.coder
    coder.open(published)
    coder.type("# typed ")
    coder.save()
    deploy_elsewhere(published.connection, published.detail.function_name, "theirs = 1\n")
    coder.workspace.deployed_sha256 = "another"
    comparer.with_deployed()
    assert "-theirs = 1" in comparer.differences


def test_a_version_that_cannot_be_read_is_said_and_leaves_everything_as_it_was(
    comparer: Comparer, published: OpenFunction
) -> None:
    comparer.coder.open(published)
    comparer.flow.with_version(VersionChoice(published.connection, published.detail.function_name, "99"))
    comparer.coder.until(lambda: comparer.failed)
    assert comparer.failed[0].aws_code == "ResourceNotFoundException"
    assert not comparer.flow.is_active
    assert comparer.coder.page.tree.isVisible()


@pytest.mark.parametrize(
    "leave", [lambda coder: coder.page.show_version("1"), lambda coder: coder.page.clear()]
)
def test_other_code_ends_the_comparison(
    comparer: Comparer, published: OpenFunction, leave: Callable[[Coder], None]
) -> None:
    comparer.coder.open(published)
    comparer.with_deployed()
    leave(comparer.coder)
    comparer.coder.until(lambda: not comparer.flow.is_active)
    comparer.coder.idle()
    assert comparer.differences == ""


def test_a_draft_that_is_stored_meanwhile_does_not_keep_the_first_file_from_being_shown(
    comparer: Comparer, server: CodeServer
) -> None:
    coder, slow = comparer.coder, Slow()
    coder.open(server.function("hello", FILES))
    other = server.function("hello", FILES | {"app.py": "other = 1\n"}, slow, version="1", times=2)
    comparer.flow.with_version(VersionChoice(other.connection, "hello", "1"))
    coder.until(slow.half_sent.is_set)
    coder.files.stored.emit()
    slow.go.set()
    comparer.wait()
    assert "-other = 1" in comparer.differences


def test_the_shown_file_is_compared_with_what_was_just_deployed(changed: Comparer) -> None:
    changed.with_deployed()
    changed.choose("lib/util.py")
    assert "-x = 1" in changed.differences
    workspace = changed.coder.workspace
    workspace.adopt(workspace.package(JobContext()), "r2", "2026-11-24T22:00:00+00:00")
    changed.flow.refresh()
    changed.coder.until(lambda: changed.differences == "No differences.")
    assert set(changed.listed()) == {"app.py"}  # what was typed
