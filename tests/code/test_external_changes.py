"""Drafts over files that another program has written since: neither replaces the other unasked.

The watch on a folder of code: every way of changing it is told within a second, what is not code never.
"""

import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.code.deployed import Deployed
from workbench.code.external_changes import (
    FolderWatch,
    has_edit_conflict,
    keep_mine,
    mark_edit_conflict,
    refuse_edit_conflicts,
)
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.files import write_atomic


@pytest.fixture
def workspace(deployed: Deployed) -> Workspace:
    return deployed.open()


def write(workspace: Workspace, text: str) -> None:
    (workspace.root / "app.py").write_text(text)


def test_typing_goes_on_over_what_it_was_begun_over(workspace: Workspace) -> None:
    workspace.put_draft("app.py", "typed\n")
    assert not has_edit_conflict(workspace, "app.py")
    refuse_edit_conflicts(workspace, ["app.py", "lib/util.py"])

    write(workspace, "theirs\n")
    assert has_edit_conflict(workspace, "app.py")
    workspace.put_draft("app.py", "typed more\n")
    assert has_edit_conflict(workspace, "app.py")
    with pytest.raises(WorkbenchError, match=r"app\.py was not saved") as caught:
        refuse_edit_conflicts(workspace, ["lib/util.py", "app.py"])
    assert caught.value.remedy

    keep_mine(workspace, "app.py")
    assert not has_edit_conflict(workspace, "app.py")
    draft = workspace.draft("app.py")
    assert draft is not None
    assert draft.text == "typed more\n"
    write(workspace, "theirs again\n")
    assert has_edit_conflict(workspace, "app.py")


def test_a_damaged_draft_gives_way_to_what_is_typed_next(workspace: Workspace) -> None:
    workspace.put_draft("app.py", "typed\n")
    (file,) = workspace.drafts_folder.iterdir()
    file.write_bytes(b"{")
    workspace.put_draft("app.py", "typed more\n")
    assert [draft.text for draft in workspace.drafts()] == ["typed more\n"]


def test_the_same_text_on_both_sides_is_no_conflict(workspace: Workspace) -> None:
    workspace.put_draft("app.py", "typed\n")
    write(workspace, "typed\n")
    assert not has_edit_conflict(workspace, "app.py")


def test_a_file_that_was_deleted_can_be_saved_again(workspace: Workspace) -> None:
    workspace.put_draft("app.py", "typed\n")
    (workspace.root / "app.py").unlink()
    assert not has_edit_conflict(workspace, "app.py")
    workspace.put_draft("app.py", "typed more\n")
    workspace.save("app.py", "typed more\n")
    assert workspace.read("app.py").text == "typed more\n"


def test_a_file_made_elsewhere_under_the_name_of_a_new_one_is_not_replaced(workspace: Workspace) -> None:
    workspace.put_draft("new.py", "typed\n")
    (workspace.root / "new.py").write_text("theirs\n")
    assert has_edit_conflict(workspace, "new.py")


def test_a_file_that_is_no_text_any_more_is_not_replaced(workspace: Workspace) -> None:
    workspace.put_draft("app.py", "typed\n")
    (workspace.root / "app.py").write_bytes(b"\0\1\2")
    assert has_edit_conflict(workspace, "app.py")


def test_what_was_seen_before_the_first_draft_counts(workspace: Workspace) -> None:
    write(workspace, "theirs\n")  # before a draft was written, after the person had begun to type
    workspace.put_draft("app.py", "typed\n")
    assert not has_edit_conflict(workspace, "app.py")
    mark_edit_conflict(workspace, "app.py")
    assert has_edit_conflict(workspace, "app.py")
    keep_mine(workspace, "app.py")
    assert not has_edit_conflict(workspace, "app.py")


_SURELY_S = 30.0
_NOT_S = 1.0
"""A change is told of much sooner."""


class Watcher:
    """Someone who is told."""

    def __init__(self, root: Path) -> None:
        self._told = threading.Event()
        self.troubles: list[str] = []
        self.watch = FolderWatch(root, self._told.set, self.troubles.append)

    def is_told(self, within_s: float = _SURELY_S) -> bool:
        """Whether something is told within so many seconds."""
        return self._told.wait(within_s)

    def stands(self) -> None:
        """Until the watches stand; what was before is told of once."""
        assert self.is_told()
        self._told.clear()

    def quiet(self) -> None:
        """Until nothing has been told for a while: one change may be told of more than once."""
        while self._told.wait(0.6):
            self._told.clear()

    def tells_of(self, change: Callable[[], object], within_s: float = _SURELY_S) -> bool:
        """Whether a change is told of, when nothing else is."""
        self._told.clear()
        change()
        return self.is_told(within_s)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "above/code"
    (root / "lib/deep").mkdir(parents=True)
    (root / "app.py").write_text("1")
    (root / "lib/deep/x.py").write_text("1")
    for folder in (".git", ".venv", "env", "lib/__pycache__"):
        (root / folder).mkdir()
    (root / "env/pyvenv.cfg").write_text("")
    return root


@pytest.fixture
def watcher(root: Path) -> Iterator[Watcher]:
    watcher = Watcher(root)
    watcher.watch.start()
    watcher.stands()
    yield watcher
    watcher.watch.stop()
    watcher.watch.join()


CHANGES: dict[str, Callable[[Path], object]] = {
    "written in place": lambda root: (root / "app.py").write_text("2"),
    "replaced": lambda root: write_atomic(root / "app.py", b"2"),
    "made": lambda root: (root / "new.py").write_text("1"),
    "deleted": lambda root: (root / "app.py").unlink(),
    "renamed": lambda root: (root / "app.py").rename(root / "main.py"),
    "made executable": lambda root: (root / "app.py").chmod(0o755),
    "written below": lambda root: (root / "lib/deep/x.py").write_text("2"),
    "a new folder": lambda root: (root / "other").mkdir(),
    "a folder deleted": lambda root: shutil.rmtree(root / "lib"),
    "a folder renamed": lambda root: (root / "lib").rename(root / "libs"),
    "the root deleted": lambda root: shutil.rmtree(root),
    "the root renamed": lambda root: root.rename(root.with_name("moved")),
}

NO_CHANGES: dict[str, Callable[[Path], object]] = {
    "read": lambda root: (root / "app.py").read_text(),
    "listed": lambda root: list(root.rglob("*")),
    "version control": lambda root: (root / ".git/index").write_text("1"),
    "a virtual environment": lambda root: (root / ".venv/x.py").write_text("1"),
    "one of another name": lambda root: (root / "env/x.py").write_text("1"),
    "compiled files": lambda root: (root / "lib/__pycache__/x.pyc").write_text("1"),
    "a new folder of them": lambda root: (root / "__pycache__").mkdir(),
    "beside it": lambda root: (root.parent / "x").write_text("1"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_told(watcher: Watcher, root: Path, what: str) -> None:
    assert watcher.tells_of(lambda: CHANGES[what](root))
    assert watcher.troubles == []


def test_what_is_not_code_is_not_told(watcher: Watcher, root: Path) -> None:
    """All in one wait: were any of it told, it would show."""

    def change() -> None:
        for each in NO_CHANGES.values():
            each(root)

    assert not watcher.tells_of(change, _NOT_S)


def test_a_folder_made_later_is_watched_with_what_is_made_in_it_at_once(watcher: Watcher, root: Path) -> None:
    (root / "a/b/c").mkdir(parents=True)
    watcher.quiet()
    assert watcher.tells_of(lambda: (root / "a/b/c/x.py").write_text("1"))
    watcher.quiet()
    assert watcher.tells_of(lambda: (root / "a/b/c/x.py").write_text("2"))


def test_a_root_that_comes_back_is_told_and_watched(watcher: Watcher, root: Path) -> None:
    above = root.parent
    moved = shutil.copytree(above, above.with_name("moved"))
    assert watcher.tells_of(lambda: shutil.rmtree(above))
    watcher.quiet()
    assert not watcher.tells_of(lambda: (above.parent / "noise").write_text("1"), _NOT_S)
    assert watcher.tells_of(lambda: moved.rename(above))
    watcher.quiet()
    assert watcher.tells_of(lambda: (root / "app.py").write_text("2"))


def test_nothing_is_told_after_the_end(watcher: Watcher, root: Path) -> None:
    watcher.watch.stop()
    watcher.watch.join()
    (root / "app.py").write_text("2")
    assert not watcher.is_told(0.5)


def test_many_folders_take_several_watches(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.code.external_changes._AT_ONCE", 2)
    monkeypatch.setattr("workbench.code.external_changes._MAX_FOLDERS", 5)
    for number in range(4):
        (root / f"z{number}").mkdir()
    watcher = Watcher(root)
    watcher.watch.start()
    try:
        watcher.stands()
        assert watcher.troubles == ["it has more than 5 folders"]
        assert watcher.tells_of(lambda: (root / "lib/deep/x.py").write_text("2"))
        watcher.quiet()
        assert watcher.tells_of(lambda: (root / "z0/x.py").write_text("2"))
        watcher.quiet()
        assert not watcher.tells_of(lambda: (root / "z3/x.py").write_text("2"), _NOT_S)
    finally:
        watcher.watch.stop()
        watcher.watch.join()


def test_a_system_that_watches_no_more_is_a_trouble_told_once(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError("OS file watch limit reached.")

    monkeypatch.setattr("watchfiles._rust_notify.RustNotify", refuse)
    watcher = Watcher(root)
    watcher.watch.start()
    watcher.watch.join()
    assert watcher.troubles == ["OS file watch limit reached."]
    assert not watcher.is_told(0.1)
    assert os.path.isdir(root)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere such a name cannot be made")
def test_a_name_that_is_no_unicode_is_told_of_like_others(root: Path, watcher: Watcher) -> None:
    name = os.fsencode(root) + b"/bad\xff.txt"

    def write() -> None:
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY))

    assert watcher.tells_of(write)
    watcher.quiet()
    assert watcher.tells_of(lambda: (root / "app.py").write_text("2"))
    watcher.quiet()
    assert watcher.tells_of(lambda: os.unlink(name))
    assert watcher.troubles == []
