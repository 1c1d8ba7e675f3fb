"""A function's code on this machine: opening, editing, and reopening after the world has moved on."""

import base64
import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.code.deployed import CTX, HANDLER, Deployed, deployed
from workbench.code.text import FileKind
from workbench.code.tree import Change, EntryKind
from workbench.code.workspace import Workspace, open_workspace, take_deployed, workspace_folder
from workbench.core.errors import WorkbenchError

__all__ = ["deployed"]  # a fixture


def _marks(workspace: Workspace) -> dict[str, Change]:
    return {entry.path: entry.change for entry in workspace.changes(CTX)}


def test_the_deployed_files_are_there_unchanged(deployed: Deployed) -> None:
    workspace = deployed.open()

    tree = {entry.path: entry for entry in workspace.tree(CTX)}
    assert list(tree) == ["app.py", "bin", "bin/run.sh", "lib", "lib/util.py"]
    assert tree["lib"].kind is EntryKind.FOLDER
    assert tree["bin/run.sh"].executable
    assert tree["app.py"].size_bytes == len(HANDLER)
    assert workspace.is_clean(CTX)
    assert not workspace.stale
    assert not workspace.notes
    assert workspace.base_package.read_bytes() == deployed.zip.read_bytes()
    assert workspace.folder == deployed.folder / "workspaces/123456789012/us-east-1/hello"


def test_reopening_downloads_nothing(deployed: Deployed) -> None:
    deployed.open().save("app.py", "x\n")
    again = deployed.open()

    assert deployed.followed == 1
    assert again.read("app.py").text == "x\n"
    assert _marks(again) == {"app.py": Change.CHANGED}


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
    assert _marks(workspace) == {"lib/util.py": Change.CHANGED, "bin/run.sh": Change.CHANGED}


def test_marks_tell_added_changed_and_deleted_files(deployed: Deployed) -> None:
    workspace = deployed.open()
    workspace.create("new/mod.py", "n\n")
    workspace.save("app.py", HANDLER.replace("1", "2"))  # of the same size
    workspace.delete("lib")
    (workspace.root / "bin/run.sh").chmod(0o644)
    (workspace.root / "__pycache__").mkdir()
    (workspace.root / "__pycache__/app.pyc").touch()

    assert _marks(workspace) == {
        "new/mod.py": Change.ADDED,
        "app.py": Change.CHANGED,
        "lib/util.py": Change.DELETED,
        "bin/run.sh": Change.CHANGED,
    }

    workspace.save("app.py", HANDLER)
    assert "app.py" not in _marks(workspace)


def test_files_that_change_places_are_seen_though_size_and_times_stay(deployed: Deployed) -> None:
    deployed.deploy({"a.py": "1", "b.py": "2"})
    workspace = deployed.open()
    root = workspace.root
    (root / "a.py").rename(root / "c.py")
    (root / "b.py").rename(root / "a.py")
    (root / "c.py").rename(root / "b.py")

    assert _marks(workspace) == {"a.py": Change.CHANGED, "b.py": Change.CHANGED}


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
    assert _marks(workspace) == {"bin/run.sh": Change.DELETED, "new.py": Change.ADDED}

    workspace.revert_all(CTX)
    assert workspace.is_clean(CTX)
    assert os.access(workspace.root / "bin/run.sh", os.X_OK)


def test_a_file_that_became_a_folder_is_seen_and_reverted(deployed: Deployed) -> None:
    workspace = deployed.open()
    workspace.delete("app.py")
    workspace.create("app.py/inner.py", "x")
    workspace.delete("lib")
    workspace.create("lib", "x")
    assert _marks(workspace) == {
        "app.py": Change.DELETED,
        "app.py/inner.py": Change.ADDED,
        "lib": Change.ADDED,
        "lib/util.py": Change.DELETED,
    }
    with pytest.raises(WorkbenchError, match="folder in its place"):
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
    assert _marks(workspace) == {"lib/util.py": Change.DELETED, "pkg/inner/util.py": Change.ADDED}
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
    with pytest.raises(WorkbenchError, match="could not be made"):
        workspace.create_folder("app.py/inner")
    assert workspace.is_clean(CTX)


@pytest.mark.parametrize(
    "path", ["../out.py", "/etc/passwd", "a/../../b", "", "a//b", "./a", "x\\y", "C:/x", "out/x"]
)
def test_no_path_leads_out_of_the_workspace(deployed: Deployed, path: str) -> None:
    workspace = deployed.open()
    (workspace.root / "out").symlink_to(deployed.folder)

    attempts: list[Callable[[], object]] = [
        lambda: workspace.read(path),
        lambda: workspace.save(path, "x"),
        lambda: workspace.create(path),
        lambda: workspace.put_draft(path, "x"),
        lambda: workspace.delete(path),
        lambda: workspace.rename("app.py", path),
        lambda: workspace.rename(path, "z"),
    ]
    for attempt in attempts:
        with pytest.raises(WorkbenchError, match="not a file of this function"):
            attempt()
    assert not (deployed.folder / "x").exists()


def test_binary_and_huge_files_are_shown_as_such(deployed: Deployed) -> None:
    workspace = deployed.open()
    (workspace.root / "lib.so").write_bytes(b"\x7fELF\0\0")
    with (workspace.root / "huge.csv").open("wb") as file:
        file.truncate(30_000_000)

    assert workspace.read("lib.so").kind is FileKind.BINARY
    assert workspace.read("huge.csv").kind is FileKind.HUGE
    assert workspace.read("huge.csv").size_bytes == 30_000_000
    with pytest.raises(WorkbenchError, match="could not be read"):
        workspace.read("missing.py")


def test_an_unchanged_workspace_follows_what_is_deployed(deployed: Deployed) -> None:
    deployed.open()
    deployed.deploy({"other.py": "2"})

    workspace = deployed.open()

    assert [entry.path for entry in workspace.tree(CTX)] == ["other.py"]
    assert not workspace.stale
    assert [path.name for path in workspace.folder.parent.iterdir()] == ["hello"]


@pytest.mark.parametrize("saved", [True, False])
def test_changes_are_kept_when_somebody_else_deployed(deployed: Deployed, saved: bool) -> None:
    workspace = deployed.open()
    if saved:
        workspace.save("app.py", "mine\n")
    else:
        workspace.put_draft("app.py", "mine\n")
    old = workspace.base.code_sha256
    deployed.deploy({"app.py": "theirs\n"})

    again = deployed.open()

    assert again.stale
    assert again.base.code_sha256 == old
    assert again.deployed_sha256 == deployed.source().code_sha256
    draft = again.draft("app.py")
    assert (again.read("app.py").text if saved else draft and draft.text) == "mine\n"

    theirs = take_deployed(deployed.source(), deployed.folder / "workspaces", CTX)
    assert not theirs.stale
    assert theirs.read("app.py").text == "theirs\n"
    assert theirs.is_clean(CTX)


def test_a_deployed_package_becomes_the_base_and_later_edits_stay_changed(deployed: Deployed) -> None:
    workspace = deployed.open()
    workspace.save("app.py", "deployed\n")
    package = workspace.package(CTX)
    workspace.save("lib/util.py", "edited while it was sent\n")

    workspace.adopt(package, "r2", "2026-11-24T12:00:00+00:00")

    assert _marks(workspace) == {"lib/util.py": Change.CHANGED}
    assert workspace.base_bytes("app.py") == b"deployed\n"
    assert list(workspace.packages.iterdir()) == [workspace.base_package] == [package.path]
    again = Workspace.load(workspace.folder)
    assert again.base == workspace.base
    assert again.base.revision_id == "r2"


def test_a_package_that_was_sent_from_here_is_recognised_after_a_crash(deployed: Deployed) -> None:
    workspace = deployed.open()
    workspace.save("app.py", "sent\n")
    package = workspace.package(CTX)
    workspace.put_draft("app.py", "typed after\n")
    deployed.zip.write_bytes(package.path.read_bytes())

    again = deployed.open()  # the program was killed before it could take note

    assert not again.stale
    assert again.base.code_sha256 == package.code_sha256
    assert not again.changes(CTX)
    assert [draft.text for draft in again.drafts()] == ["typed after\n"]
    assert deployed.followed == 1


def test_a_damaged_workspace_is_set_aside_not_lost(
    deployed: Deployed, expect_log: Callable[[str], None]
) -> None:
    workspace = deployed.open()
    workspace.save("app.py", "precious\n")
    (workspace.folder / "base.json").write_bytes(b'{"format": 1, "cont')
    expect_log("is damaged")

    again = deployed.open()

    kept = workspace.folder.with_name("hello.damaged-1")
    assert (kept / "files/app.py").read_text() == "precious\n"
    assert str(kept) in again.notes[0]
    assert again.read("app.py").text == HANDLER


def test_a_download_that_fails_leaves_the_workspace_as_it_was(deployed: Deployed) -> None:
    deployed.open()
    deployed.zip.write_bytes(b"no zip at all")

    with pytest.raises(WorkbenchError, match="not a zip"):
        deployed.open()

    folder = deployed.folder / "workspaces/123456789012/us-east-1"
    assert [path.name for path in folder.iterdir()] == ["hello"]
    assert Workspace.load(folder / "hello").read("app.py").text == HANDLER


@pytest.mark.parametrize(
    ("complete", "expected"), [(True, "mark of the second"), (False, "mark of the first")]
)
def test_an_exchange_that_a_kill_interrupted_is_finished_or_undone(
    deployed: Deployed, complete: bool, expected: str
) -> None:
    first = deployed.open()
    (first.root / "app.py").write_text("mark of the first")
    shutil.copytree(first.folder, first.folder.with_name("hello.new"))
    (first.folder.with_name("hello.new") / "files/app.py").write_text("mark of the second")
    if not complete:
        (first.folder.with_name("hello.new") / "base.json").unlink()
    first.folder.rename(first.folder.with_name("hello.old"))  # and here it was killed

    assert deployed.open().read("app.py").text == expected
    assert [path.name for path in first.folder.parent.iterdir()] == ["hello"]


def test_a_version_is_read_only_and_lies_beside(deployed: Deployed) -> None:
    deployed.open()
    version = open_workspace(replace(deployed.source(), version="7"), deployed.folder / "workspaces", CTX)

    assert version.folder.name == "hello@7"
    assert version.read("app.py").text == HANDLER
    attempts: list[Callable[[], object]] = [
        lambda: version.save("app.py", "x"),
        lambda: version.put_draft("app.py", "x"),
        lambda: version.delete("app.py"),
        lambda: version.create("x"),
    ]
    for attempt in attempts:
        with pytest.raises(WorkbenchError, match="Version 7 is published"):
            attempt()


def test_other_code_than_announced_is_noted(deployed: Deployed) -> None:
    wrong = replace(deployed.source(), code_sha256=base64.b64encode(bytes(32)).decode())

    workspace = open_workspace(wrong, deployed.folder / "workspaces", CTX)

    assert "other code than it announced" in workspace.notes[0]
    assert workspace.base.code_sha256 == deployed.source().code_sha256


def test_a_container_image_has_no_code_to_open(deployed: Deployed) -> None:
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:7"
    source = replace(deployed.source(), code_location="", image_uri=image)

    with pytest.raises(WorkbenchError, match=image):
        open_workspace(source, deployed.folder / "workspaces", CTX)


def test_functions_whose_names_differ_by_case_do_not_share_a_folder(deployed: Deployed) -> None:
    folders = {
        str(workspace_folder(deployed.folder, replace(deployed.source(), function_name=name))).lower()
        for name in ("orders", "Orders", "ORDERS")
    }
    assert len(folders) == 3


def test_a_crash_leaves_no_stray_file_to_be_packed(deployed: Deployed) -> None:
    workspace = deployed.open()
    (workspace.folder / "scratch/.app.py.k3j2").write_text("half")
    (workspace.packages / ".building-x").write_text("half")

    again = Workspace.load(workspace.folder)

    assert set(again.package(CTX).contents.files) == {"app.py", "lib/util.py", "bin/run.sh"}
    assert not list(again.packages.glob(".*"))
    assert not list((workspace.folder / "scratch").iterdir())
