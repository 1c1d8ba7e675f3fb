"""A function's code on this machine: opening it, and reopening after the world has moved on."""

import base64
import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.code.deployed import CTX, HANDLER, Deployed, marks, take
from workbench.code.text import FileKind
from workbench.code.tree import EntryKind, FileChange
from workbench.code.workspace import Workspace, open_workspace, take_deployed, workspace_folder
from workbench.core.errors import WorkbenchError


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
    assert marks(again) == {"app.py": FileChange.CHANGED}


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

    assert marks(workspace) == {"lib/util.py": FileChange.CHANGED}
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


def test_other_code_than_announced_is_refused(deployed: Deployed) -> None:
    wrong = replace(deployed.source(), code_sha256=base64.b64encode(bytes(32)).decode())

    with pytest.raises(WorkbenchError, match="AWS reported") as caught:
        open_workspace(wrong, deployed.folder / "workspaces", CTX)

    assert caught.value.action == "function.refresh"
    assert not workspace_folder(deployed.folder / "workspaces", wrong).exists()


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


def test_a_file_that_stays_out_of_the_package_is_kept_when_others_deploy(deployed: Deployed) -> None:
    workspace = deployed.open()
    (workspace.root / ".env").write_text("PASSWORD=mine\n")
    assert marks(workspace) == {}
    assert not workspace.is_clean(CTX)
    deployed.deploy({"app.py": "y = 2\n"})
    again = deployed.open()
    assert again.stale
    assert (again.root / ".env").read_text() == "PASSWORD=mine\n"
    theirs = take(deployed)
    assert not theirs.stale
    (kept,) = theirs.folder.parent.glob("*mine*/files/.env")
    assert kept.read_text() == "PASSWORD=mine\n"
