"""Making, moving, deleting and bringing in files: each whole or not at all, and each can be taken back."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.code.deployed import HANDLER, Deployed, marks
from workbench.code.file_operations import FileOperation, FileOperations
from workbench.code.tree import FileChange
from workbench.code.workspace import Workspace
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext

CTX = JobContext()


@pytest.fixture
def workspace(deployed: Deployed) -> Workspace:
    """app.py, bin/run.sh and lib/util.py as deployed; lib/util.py has a draft."""
    workspace = deployed.open()
    workspace.put_draft("lib/util.py", "typed\n")
    return workspace


@pytest.fixture
def operations(workspace: Workspace) -> FileOperations:
    return FileOperations(workspace)


State = tuple[dict[str, bytes], dict[str, str]]


def state(workspace: Workspace) -> State:
    """All files and folders with their bytes, and all drafts."""
    files = {
        path.relative_to(workspace.root).as_posix(): path.read_bytes() if path.is_file() else b"(folder)"
        for path in workspace.root.rglob("*")
    }
    return files, {draft.path: draft.text for draft in workspace.drafts()}


def outside(tmp_path: Path) -> Path:
    """A folder as it may be dropped from the desktop."""
    folder = tmp_path / "desktop" / "tools"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "data.bin").write_bytes(b"\0\1")
    script = folder / "go.sh"
    script.write_text("#!/bin/sh\n", "utf-8")
    script.chmod(0o755)
    return folder


Do = Callable[[FileOperations, Path], FileOperation | None]

EACH: dict[str, tuple[Do, dict[str, str], tuple[str, ...]]] = {
    "a new file": (lambda ops, _: ops.create("new/deep/x.py"), {}, ("new/deep/x.py",)),
    "a new folder": (lambda ops, _: ops.create_folder("new/deep"), {}, ("new/deep",)),
    "a new name": (lambda ops, _: ops.move({"app.py": "src/main.py"}), {"app.py": "src/main.py"}, ()),
    "a folder's new name": (lambda ops, _: ops.move({"lib": "libs"}), {"lib": "libs"}, ()),
    "another case": (lambda ops, _: ops.move({"app.py": "App.py"}), {"app.py": "App.py"}, ()),
    "a move": (
        lambda ops, _: ops.move_into(["lib", "lib/util.py", "app.py"], "bin"),
        {"app.py": "bin/app.py", "lib": "bin/lib"},
        (),
    ),
    "a deletion": (lambda ops, _: ops.delete(["app.py", "lib", "lib/util.py"]), {}, ()),
    "a drop": (
        lambda ops, tmp: ops.import_files([outside(tmp), tmp / "desktop/tools/go.sh"], "lib", CTX),
        {},
        ("lib/tools", "lib/go.sh"),
    ),
}


@pytest.mark.parametrize("what", EACH)
def test_each_operation_can_be_undone_and_done_again(
    operations: FileOperations, workspace: Workspace, tmp_path: Path, what: str
) -> None:
    do, moved, made = EACH[what]
    before = state(workspace)
    operation = do(operations, tmp_path)
    assert operation is not None
    assert (operation.moved, operation.created) == (moved, made)
    after = state(workspace)
    assert after != before
    for _again in range(2):
        undone = operation.undo(CTX)
        assert state(workspace) == before
        assert {new: old for old, new in undone.moved.items()} == moved
        operation = undone.undo(CTX)
        assert state(workspace) == after


def test_what_was_moved_and_back_counts_as_unchanged(
    operations: FileOperations, workspace: Workspace
) -> None:
    operation = operations.move({"lib": "libs"})
    assert marks(workspace) == {"lib/util.py": FileChange.DELETED, "libs/util.py": FileChange.ADDED}
    assert state(workspace)[1] == {"libs/util.py": "typed\n"}
    operation.undo(CTX)
    operations.delete(["app.py"]).undo(CTX)
    assert marks(workspace) == {}
    assert (workspace.root / "app.py").read_text("utf-8") == HANDLER


def test_what_was_dropped_keeps_its_bytes_and_may_run(
    operations: FileOperations, workspace: Workspace, tmp_path: Path
) -> None:
    operations.import_files([outside(tmp_path)], "", CTX)
    assert (workspace.root / "tools/deep/data.bin").read_bytes() == b"\0\1"
    assert os.access(workspace.root / "tools/go.sh", os.X_OK)


def test_a_move_to_where_it_is_does_nothing(operations: FileOperations) -> None:
    assert operations.move_into(["lib/util.py"], "lib") is None


@pytest.mark.parametrize(
    "path",
    [
        "", "/etc/x", "../x", "a/../../x", "a\\b", "C:x", "a\nb", "./x", "a//b", "a/", "\ud800",
        "con", "lib/NUL.txt", "aux.py", "what?.py", "a:b", "x.", "dir /x", "n" * 256,
        "app.py", "App.py", "LIB/new.py", "lib/Util.py", "app.py/x",
    ],
)  # fmt: skip
def test_a_name_that_is_no_good_changes_nothing(
    operations: FileOperations, workspace: Workspace, path: str
) -> None:
    before = state(workspace)
    for do in (operations.create, operations.create_folder, lambda new: operations.move({"bin": new})):
        with pytest.raises(WorkbenchError):
            do(path)
        assert state(workspace) == before


def test_one_bad_move_takes_the_others_back(operations: FileOperations, workspace: Workspace) -> None:
    before = state(workspace)
    with pytest.raises(WorkbenchError):
        operations.move({"app.py": "new/app.py", "nowhere/a.py": "lib"})
    assert state(workspace) == before


def test_two_of_one_name_are_not_moved_into_one_folder(
    operations: FileOperations, workspace: Workspace
) -> None:
    operations.create("bin/util.py")
    with pytest.raises(WorkbenchError, match="same name"):
        operations.move_into(["bin/util.py", "lib/util.py"], "")


@pytest.mark.parametrize("what", ["link", "fifo", "taken", "nested link", "gone", "bad name"])
def test_a_drop_that_cannot_be_brings_in_nothing(
    operations: FileOperations, workspace: Workspace, tmp_path: Path, what: str
) -> None:
    folder = outside(tmp_path)
    bad = tmp_path / "bad"
    match what:
        case "link":
            bad.symlink_to(folder)
        case "fifo":
            os.mkfifo(bad)
        case "taken":
            bad = tmp_path / "app.py"
            bad.touch()
        case "nested link":
            (folder / "deep" / "etc").symlink_to("/etc")
        case "bad name":
            bad = tmp_path / "aux.py"
            bad.touch()
        case _:
            pass
    before = state(workspace)
    with pytest.raises(WorkbenchError):
        operations.import_files([folder, bad], "", CTX)
    assert state(workspace) == before
    assert list((workspace.folder / "scratch").iterdir()) == []


def test_a_cancelled_drop_brings_in_nothing(
    operations: FileOperations, workspace: Workspace, tmp_path: Path
) -> None:
    def report(_progress: object) -> None:
        raise Cancelled

    before = state(workspace)
    with pytest.raises(Cancelled):
        operations.import_files([outside(tmp_path)], "", JobContext(report=report))
    assert state(workspace) == before
    assert list((workspace.folder / "scratch").iterdir()) == []


def test_a_full_disk_brings_in_nothing(
    operations: FileOperations, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, before = outside(tmp_path), state(workspace)

    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "x")

    monkeypatch.setattr(Path, "chmod", full)
    with pytest.raises(WorkbenchError, match="is full"):
        operations.import_files([folder], "", CTX)
    assert state(workspace) == before


def test_undo_does_not_overwrite_what_has_come_since(
    operations: FileOperations, workspace: Workspace
) -> None:
    operation = operations.delete(["app.py"])
    operations.create("app.py")
    with pytest.raises(WorkbenchError, match=r"^app\.py already exists"):
        operation.undo(CTX)
    assert (workspace.root / "app.py").read_bytes() == b""


def test_undoing_a_new_file_keeps_what_was_written_into_it(
    operations: FileOperations, workspace: Workspace
) -> None:
    operation = operations.create("new.py")
    workspace.save("new.py", "x = 1\n")
    undone = operation.undo(CTX)
    undone.undo(CTX)
    assert (workspace.root / "new.py").read_text("utf-8") == "x = 1\n"


def test_a_version_is_left_alone(deployed: Deployed, tmp_path: Path) -> None:
    workspace = deployed.open()
    object.__setattr__(workspace.base, "version", "7")
    operations, before = FileOperations(workspace), state(workspace)
    each: tuple[Callable[[], object], ...] = (
        lambda: operations.create("x"),
        lambda: operations.create_folder("x"),
        lambda: operations.move({"app.py": "x"}),
        lambda: operations.delete(["app.py"]),
        lambda: operations.import_files([outside(tmp_path)], "", CTX),
    )
    for do in each:
        with pytest.raises(WorkbenchError, match="published"):
            do()
        assert state(workspace) == before
