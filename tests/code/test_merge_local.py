"""Merging where a person's own folder holds the code: in place, and nothing else in it touched."""

from pathlib import Path

import pytest

from tests.code.deployed import CTX, HANDLER, Deployed, marks
from tests.code.merging import plan_beside
from tests.code.test_local_folder import PROJECT, bind, elsewhere, snapshot, write
from workbench.code.merge import Choice, FileState, Merge
from workbench.code.tree import FileChange
from workbench.code.workspace import Workspace

__all__ = ["elsewhere"]  # a fixture

LONG = "".join(f"line {number}\n" for number in range(9))
MINE, THEIRS = LONG.replace("line 1", "mine"), LONG.replace("line 7", "theirs")
OURS = PROJECT | {"app.py": HANDLER, "long.py": MINE, "gone.py": "g\n"}


@pytest.fixture(params=["beside", "on another disk"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    place = tmp_path / "home" if request.param == "beside" else request.getfixturevalue("elsewhere")
    return write(place / "project", OURS)


@pytest.fixture
def workspace(deployed: Deployed, folder: Path) -> Workspace:
    """Bound to the folder, and then somebody else deploys."""
    deployed.deploy({"app.py": HANDLER, "lib/util.py": "x = 1\r\n", "long.py": LONG, "gone.py": "g\n"})
    workspace = bind(deployed, folder)
    deployed.deploy({"app.py": "theirs\n", "lib/util.py": "x = 1\r\n", "long.py": THEIRS, "new/it.py": "n\n"})
    workspace = deployed.open()
    assert workspace.stale
    return workspace


def test_theirs_comes_into_the_folder_and_what_is_not_packed_stays_untouched(
    deployed: Deployed, workspace: Workspace, folder: Path
) -> None:
    before = snapshot(folder)
    plan = plan_beside(deployed, workspace)
    assert {file.path: file.state for file in plan.files} == {
        "app.py": FileState.THEIRS,
        "gone.py": FileState.THEIRS,
        "lib/util.py": FileState.MINE,
        "long.py": FileState.MERGED,
        "new/it.py": FileState.THEIRS,
        "node_modules/left/index.js": FileState.MINE,
        "notes.txt": FileState.MINE,
    }
    merge = Merge(workspace, plan, {}, "r2", "2026-11-24T22:00:00+00:00")
    merge.apply(CTX)

    after = snapshot(folder)
    assert (folder / "app.py").read_text() == "theirs\n"
    assert (folder / "app.py").stat().st_mtime > 1_000_000_000  # an ordinary time, not a mark of ours
    assert set(after) - set(before) == {"new", "new/it.py"}
    assert set(before) - set(after) == {"gone.py"}
    touched = {"app.py", "gone.py", "new", "new/it.py"}
    assert {path: about for path, about in before.items() if path not in touched} == {
        path: about for path, about in after.items() if path not in touched
    }
    draft = workspace.draft("long.py")
    assert draft is not None
    assert draft.text == MINE.replace("line 7", "theirs")
    assert marks(workspace)["long.py"] is FileChange.CHANGED
    assert "app.py" not in marks(workspace)

    merge.undo(CTX)

    assert {path: about[0] for path, about in snapshot(folder).items()} == {
        path: about[0] for path, about in before.items()
    }
    assert workspace.draft("long.py") is None
    assert workspace.stale


def test_a_merge_that_takes_over_line_ends_can_be_saved(deployed: Deployed, workspace: Workspace) -> None:
    deployed.deploy({"app.py": HANDLER, "long.py": THEIRS.replace("\n", "\r\n")})
    plan = plan_beside(deployed, workspace)
    choices = {file.path: [Choice.MINE] * file.conflicts for file in plan.files if file.conflicts}
    Merge(workspace, plan, choices, "r2", "").apply(CTX)
    assert (
        workspace.root / "long.py"
    ).stat().st_mtime > 1_000_000_000  # an ordinary time, not a mark of ours
    draft = workspace.draft("long.py")
    assert draft is not None
    workspace.save("long.py", draft.text)
    expected = MINE.replace("line 7", "theirs").replace("\n", "\r\n").encode()
    assert (workspace.root / "long.py").read_bytes() == expected
