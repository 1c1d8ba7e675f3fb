"""Editing in a workspace: what is saved, marked, typed, renamed and reverted."""

import hashlib
import os

import pytest

from tests.code.deployed import CTX, HANDLER, Deployed, marks
from workbench.code.tree import FileChange
from workbench.core.errors import WorkbenchError


def test_saving_unedited_text_leaves_the_file_untouched(deployed: Deployed) -> None:
    workspace = deployed.open()
    before = (workspace.root / "lib/util.py").stat()

    workspace.save("lib/util.py", workspace.read("lib/util.py").text)

    after = (workspace.root / "lib/util.py").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_saving_keeps_line_ends_and_the_executable_bit(deployed: Deployed) -> None:
    workspace = deployed.open()

    workspace.save("lib/util.py", "x = 1\ny = 2\n")
    workspace.save("bin/run.sh", "#!/bin/sh\necho\n")

    assert (workspace.root / "lib/util.py").read_bytes() == b"x = 1\r\ny = 2\r\n"
    assert os.access(workspace.root / "bin/run.sh", os.X_OK)
    assert marks(workspace) == {"lib/util.py": FileChange.CHANGED, "bin/run.sh": FileChange.CHANGED}


def test_marks_tell_added_changed_and_deleted_files(deployed: Deployed) -> None:
    workspace = deployed.open()
    workspace.create("new/mod.py", "n\n")
    workspace.save("app.py", HANDLER.replace("1", "2"))  # of the same size
    workspace.delete("lib")
    (workspace.root / "bin/run.sh").chmod(0o644)
    (workspace.root / "__pycache__").mkdir()
    (workspace.root / "__pycache__/app.pyc").touch()

    assert marks(workspace) == {
        "new/mod.py": FileChange.ADDED,
        "app.py": FileChange.CHANGED,
        "lib/util.py": FileChange.DELETED,
        "bin/run.sh": FileChange.CHANGED,
    }

    workspace.save("app.py", HANDLER)
    assert "app.py" not in marks(workspace)


def test_files_that_change_places_are_seen_though_size_and_times_stay(deployed: Deployed) -> None:
    deployed.deploy({"a.py": "1", "b.py": "2"})
    workspace = deployed.open()
    root = workspace.root
    (root / "a.py").rename(root / "c.py")
    (root / "b.py").rename(root / "a.py")
    (root / "c.py").rename(root / "b.py")

    assert marks(workspace) == {"a.py": FileChange.CHANGED, "b.py": FileChange.CHANGED}


def test_reverting_gives_the_deployed_file_back(deployed: Deployed) -> None:
    workspace = deployed.open()
    workspace.save("app.py", "broken")
    workspace.put_draft("app.py", "more broken")
    workspace.delete("bin/run.sh")
    workspace.create("new.py")
    assert workspace.base_bytes("app.py") == HANDLER.encode()
    assert workspace.base_bytes("new.py") is None

    workspace.revert("app.py")
    assert workspace.read("app.py").text == HANDLER
    assert workspace.draft("app.py") is None
    assert marks(workspace) == {"bin/run.sh": FileChange.DELETED, "new.py": FileChange.ADDED}

    workspace.revert_all(CTX)
    assert workspace.is_clean(CTX)
    assert os.access(workspace.root / "bin/run.sh", os.X_OK)


def test_a_file_that_became_a_folder_is_seen_and_reverted(deployed: Deployed) -> None:
    workspace = deployed.open()
    workspace.delete("app.py")
    workspace.create("app.py/inner.py", "x")
    workspace.delete("lib")
    workspace.create("lib", "x")
    assert marks(workspace) == {
        "app.py": FileChange.DELETED,
        "app.py/inner.py": FileChange.ADDED,
        "lib": FileChange.ADDED,
        "lib/util.py": FileChange.DELETED,
    }
    with pytest.raises(WorkbenchError, match="folder with the same name"):
        workspace.revert("app.py")

    workspace.revert_all(CTX)

    assert workspace.is_clean(CTX)
    assert workspace.package(CTX).contents.same_code(workspace.base.contents)


def test_empty_folders_of_the_deployed_code_stay_and_others_do_not_count(deployed: Deployed) -> None:
    deployed.deploy({"app.py": HANDLER, "cache/": "", "lib/a.py": "1"})
    workspace = deployed.open()
    assert workspace.package(CTX).contents.same_code(workspace.base.contents)

    workspace.create_folder("new/inner")
    assert workspace.package(CTX).contents.same_code(workspace.base.contents)
    workspace.revert_all(CTX)
    assert not (workspace.root / "new").exists()
    assert (workspace.root / "cache").is_dir()


def test_typing_survives_until_it_is_saved_dropped_or_taken_back(deployed: Deployed) -> None:
    workspace = deployed.open()
    workspace.put_draft("app.py", "typed \ud800 é\n")
    workspace.put_draft("unborn.py", "new\n")

    again = deployed.open()
    assert [(draft.path, draft.text) for draft in again.drafts()] == [
        ("app.py", "typed \ud800 é\n"),
        ("unborn.py", "new\n"),
    ]
    assert not again.is_clean(CTX)
    assert {entry.path for entry in again.tree(CTX) if entry.has_draft} == {"app.py"}
    assert again.read("app.py").text == HANDLER

    again.put_draft("app.py", HANDLER)  # undone in the editor
    again.save("unborn.py", "new\n")
    assert not again.drafts()
    assert again.read("unborn.py").text == "new\n"


def test_a_draft_tells_when_something_else_wrote_the_file_since(deployed: Deployed) -> None:
    workspace = deployed.open()
    workspace.put_draft("app.py", "typed")
    (workspace.root / "app.py").write_text("by another program")

    draft = workspace.draft("app.py")
    assert draft
    assert draft.over_sha256 == hashlib.sha256(HANDLER.encode()).hexdigest()
    assert workspace.read("app.py").text == "by another program"


def test_renaming_takes_drafts_along(deployed: Deployed) -> None:
    workspace = deployed.open()
    workspace.put_draft("lib/util.py", "y\n")

    workspace.rename("lib", "pkg/inner")

    assert [draft.path for draft in workspace.drafts()] == ["pkg/inner/util.py"]
    assert marks(workspace) == {"lib/util.py": FileChange.DELETED, "pkg/inner/util.py": FileChange.ADDED}
    workspace.delete("pkg/inner/util.py")
    assert not workspace.drafts()


def test_nothing_is_overwritten_by_a_new_name(deployed: Deployed) -> None:
    workspace = deployed.open()

    with pytest.raises(WorkbenchError, match="already"):
        workspace.rename("app.py", "lib/util.py")
    with pytest.raises(WorkbenchError, match="already"):
        workspace.create("app.py")
    with pytest.raises(WorkbenchError, match="into itself"):
        workspace.rename("lib", "lib/inner")
    with pytest.raises(WorkbenchError, match="could not be created"):
        workspace.create_folder("app.py/inner")
    assert workspace.is_clean(CTX)
