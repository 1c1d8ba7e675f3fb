"""All files are made what is deployed: whole or not at all, and it can be taken back."""

import threading

import pytest

from tests.code.deployed import CTX, HANDLER, Deployed, marks
from tests.code.test_file_operations import state
from workbench.code.file_operations import FileOperations, changed_files
from workbench.code.package import write_patterns
from workbench.code.workspace import Workspace
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext, Progress


@pytest.fixture
def workspace(deployed: Deployed) -> Workspace:
    """Something of each kind: changed, typed, added, never saved, deleted; and an empty folder."""
    workspace = deployed.open()
    workspace.save("app.py", "changed = 1\n")
    workspace.put_draft("app.py", "changed = 2\n")
    workspace.put_draft("lib/util.py", "typed\n")
    workspace.create("new/deep/mod.py", "new = 1\n")
    workspace.put_draft("unsaved.py", "never saved\n")
    workspace.delete("bin")
    workspace.create_folder("empty/folder")
    return workspace


def test_it_is_told_what_differs(workspace: Workspace) -> None:
    found = changed_files(workspace, CTX)
    assert found.added == ("new/deep/mod.py", "unsaved.py")
    assert found.changed == ("app.py", "lib/util.py")
    assert found.deleted == ("bin/run.sh",)


def test_all_is_as_deployed_and_can_be_had_back_and_done_again(
    workspace: Workspace, deployed: Deployed
) -> None:
    before = state(workspace)
    operation = FileOperations(workspace).revert_all(CTX)
    for _again in range(2):
        assert workspace.is_clean(CTX)
        after = state(workspace)
        assert set(after[0]) == {"app.py", "bin", "bin/run.sh", "lib", "lib/util.py"}
        assert after[0]["app.py"] == HANDLER.encode()
        assert operation.created == ("bin/run.sh",)
        assert operation.changed == ("app.py", "lib/util.py")
        undone = operation.undo(CTX)
        assert state(workspace) == before
        assert undone.created == ("new/deep/mod.py", "unsaved.py")
        operation = undone.undo(CTX)


def test_what_stays_out_of_the_package_stays_as_it_is(workspace: Workspace) -> None:
    workspace.create("notes.txt", "mine\n")
    workspace.put_draft("notes.txt", "mine, typed\n")
    write_patterns(workspace.folder, "notes.txt\n")
    assert "notes.txt" not in changed_files(workspace, CTX).paths
    operation = FileOperations(workspace).revert_all(CTX)
    assert (workspace.root / "notes.txt").read_text("utf-8") == "mine\n"
    assert [(draft.path, draft.text) for draft in workspace.drafts()] == [("notes.txt", "mine, typed\n")]
    operation.undo(CTX)
    assert workspace.draft("notes.txt")
    assert workspace.draft("app.py")


def test_a_kept_package_that_is_damaged_changes_nothing(workspace: Workspace) -> None:
    workspace.base_package.write_bytes(b"damaged")
    before = state(workspace)
    with pytest.raises(WorkbenchError):
        FileOperations(workspace).revert_all(CTX)
    assert state(workspace) == before


def test_cancel_amid_it_changes_nothing(workspace: Workspace) -> None:
    stop, before = threading.Event(), state(workspace)

    def cancel(_progress: Progress) -> None:
        stop.set()

    with pytest.raises(Cancelled):
        FileOperations(workspace).revert_all(JobContext(cancel, stop=stop))
    assert stop.is_set()
    assert state(workspace) == before


def test_a_folder_in_the_place_of_a_file_changes_nothing_while_something_is_in_it(
    workspace: Workspace,
) -> None:
    workspace.delete("app.py")
    (workspace.root / "app.py").mkdir()
    (workspace.root / "app.py" / "notes.txt").write_text("mine\n", "utf-8")
    write_patterns(workspace.folder, "notes.txt\n")
    before = state(workspace)
    with pytest.raises(WorkbenchError, match="A folder with the same name exists"):
        FileOperations(workspace).revert_all(CTX)
    assert state(workspace) == before


def test_what_was_changed_since_is_not_overwritten(workspace: Workspace) -> None:
    operation = FileOperations(workspace).revert_all(CTX)
    workspace.save("app.py", "since = 1\n")
    with pytest.raises(WorkbenchError, match=r"app\.py was changed since"):
        operation.undo(CTX)
    assert workspace.read("app.py").text == "since = 1\n"
    workspace.revert("app.py")
    operation.undo(CTX)
    assert workspace.read("app.py").text == "changed = 1\n"


def test_a_version_is_left_alone(workspace: Workspace) -> None:
    object.__setattr__(workspace.base, "version", "7")
    before = marks(workspace)
    with pytest.raises(WorkbenchError, match="published"):
        FileOperations(workspace).revert_all(CTX)
    assert marks(workspace) == before
