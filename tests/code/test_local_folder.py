"""A function whose code lies in a folder of the person's: used in place, and nothing else in it touched."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.code.deployed import CTX, HANDLER, Deployed, marks, take
from workbench.code.file_operations import FileOperations
from workbench.code.package import write_patterns
from workbench.code.search import Query, search
from workbench.code.tree import FileChange
from workbench.code.workspace import (
    FolderPreview,
    Workspace,
    discard_offer,
    inspect_folder,
    open_workspace,
    use_deployed_code,
    use_folder,
)
from workbench.code.workspace_store import bound_workspace_folder
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

PROJECT: dict[str, str] = {
    "app.py": HANDLER,
    "lib/util.py": "x = 2\r\n",
    "notes.txt": "mine\n",
    ".git/HEAD": "ref: main\n",
    ".env": "TOKEN=secret\n",
    ".vscode/settings.json": "{}",
    ".venv/pyvenv.cfg": "",
    "my env/pyvenv.cfg": "",
    "my env/lib/boto3.py": "needle\n",
    "node_modules/.cache/x.json": "{}",
    "node_modules/left/index.js": "1\n",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path / "home/project", PROJECT)


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder on another disk."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == Path(tempfile.gettempdir()).stat().st_dev:
        pytest.skip("there is no second disk")
    folder = Path(tempfile.mkdtemp(dir=shared))
    yield folder
    shutil.rmtree(folder)


def look(deployed: Deployed, folder: Path, ctx: JobContext = CTX) -> FolderPreview:
    return inspect_folder(deployed.source(), deployed.folder / "workspaces", folder, ctx)


def bind(deployed: Deployed, folder: Path) -> Workspace:
    use_folder(look(deployed, folder))
    return deployed.open()


def snapshot(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """Everything in a folder, with its times and modes."""
    return {
        str(path.relative_to(folder)): (
            path.read_bytes() if path.is_file() else b"",
            path.stat().st_mtime_ns,
            path.stat().st_mode,
        )
        for path in folder.rglob("*")
    }


def test_what_would_differ_is_known_before_anything_is_bound(deployed: Deployed, project: Path) -> None:
    before = snapshot(project)

    offer = look(deployed, project)

    assert {entry.path: entry.change for entry in offer.differences} == {
        "bin/run.sh": FileChange.DELETED,
        "lib/util.py": FileChange.CHANGED,
        "node_modules/left/index.js": FileChange.ADDED,
        "notes.txt": FileChange.ADDED,
    }
    assert [offer.count(change) for change in (FileChange.ADDED, FileChange.CHANGED, FileChange.DELETED)] == [
        2,
        1,
        1,
    ]
    assert offer.secrets == (".env",)
    assert offer.left_out == (".git", ".venv", ".vscode", "my env", "node_modules/.cache")
    discard_offer(offer)
    assert deployed.open().local_folder is None
    assert snapshot(project) == before


def test_a_bound_folder_is_the_code_and_stays_where_it_is(deployed: Deployed, project: Path) -> None:
    before = snapshot(project)

    workspace = bind(deployed, project)

    assert (workspace.local_folder, workspace.root) == (project, project)
    assert marks(workspace) == {entry.path: entry.change for entry in look(deployed, project).differences}
    assert workspace.base_bytes("bin/run.sh") == b"#!/bin/sh\n"
    assert not workspace.stale
    assert snapshot(project) == before
    workspace.put_draft("app.py", "typed\n")
    assert snapshot(project) == before
    workspace.save("app.py", "saved\n")
    after = snapshot(project)
    assert after.pop("app.py")[0] == b"saved\n"
    del before["app.py"]
    assert after == before


def test_it_is_remembered_and_left_again(deployed: Deployed, project: Path) -> None:
    deployed.open().save("app.py", "in the workspace\n")
    bind(deployed, project).put_draft("notes.txt", "typed\n")
    assert deployed.open().local_folder == project
    assert deployed.followed == 1

    use_deployed_code(deployed.source(), deployed.folder / "workspaces")
    own = deployed.open()
    assert own.local_folder is None
    assert own.read("app.py").text == "in the workspace\n"
    assert own.drafts() == ()

    again = bind(deployed, project)
    assert [draft.text for draft in again.drafts()] == ["typed\n"]


def test_it_need_not_be_opened_before(deployed: Deployed, project: Path) -> None:
    assert bind(deployed, project).local_folder == project
    assert deployed.followed == 1


def test_several_functions_share_a_folder_and_what_is_typed_in_it(deployed: Deployed, project: Path) -> None:
    bind(deployed, project).put_draft("app.py", "typed\n")
    other = replace(
        deployed.source(),
        function_name="Other",
        function_arn="arn:aws:lambda:us-east-1:123456789012:function:Other",
    )
    root_dir = deployed.folder / "workspaces"
    use_folder(inspect_folder(other, root_dir, project, CTX))

    shared = Workspace.load(bound_workspace_folder(root_dir, other))
    assert shared.base.function_name == "Other"
    draft = shared.draft("app.py")
    assert draft is not None
    assert draft.text == "typed\n"
    shared.save("app.py", draft.text)
    assert deployed.open().drafts() == ()
    assert marks(deployed.open())["app.py"] is FileChange.CHANGED


def test_a_published_version_is_never_read_from_the_folder(deployed: Deployed, project: Path) -> None:
    bind(deployed, project)
    version = replace(deployed.source(), version="3")
    opened = open_workspace(version, deployed.folder / "workspaces", CTX)
    assert opened.local_folder is None
    assert opened.is_clean(CTX)


def test_a_folder_that_is_not_there_is_said_and_can_come_back(deployed: Deployed, project: Path) -> None:
    bind(deployed, project).put_draft("app.py", "typed\n")
    away = project.rename(project.with_name("moved"))

    with pytest.raises(WorkbenchError, match="does not exist") as caught:
        deployed.open()
    assert str(project) in caught.value.why
    assert caught.value.action == "code.use_folder"
    assert not project.exists()

    away.rename(project)
    assert [draft.path for draft in deployed.open().drafts()] == ["app.py"]


def _refused(deployed: Deployed, project: Path) -> dict[str, Path]:
    (project / "file.txt").write_text("")
    return {
        "not a folder": project / "file.txt",
        "cannot be opened": project / "missing",
        "home folder": Path.home(),
        "contains your home folder": Path("/"),
        "stores its own files": deployed.open().folder,
        "Workbench stores its own files there": deployed.folder,
    }


def test_folders_that_cannot_be_meant_are_refused(deployed: Deployed, project: Path) -> None:
    for words, folder in _refused(deployed, project).items():
        with pytest.raises(WorkbenchError, match=r"cannot be used for the function's code") as caught:
            look(deployed, folder)
        assert words in caught.value.why, folder
        assert caught.value.remedy
    assert deployed.open().local_folder is None
    assert not list(deployed.folder.glob("workspaces/*/*/*.offer"))


def test_a_folder_of_far_too_many_files_is_refused(
    deployed: Deployed, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.code.workspace._MAX_ENTRIES", 5)
    with pytest.raises(WorkbenchError, match="more than 5 files"):
        look(deployed, project)


def test_a_deploy_by_somebody_else_is_a_conflict_and_the_folder_stays(
    deployed: Deployed, project: Path
) -> None:
    bind(deployed, project)
    before = snapshot(project)
    deployed.deploy({"app.py": "theirs\n"})
    assert deployed.open().stale

    theirs = take(deployed)
    assert theirs.local_folder is None
    assert theirs.read("app.py").text == "theirs\n"
    assert str(project) in theirs.notes[-1]
    assert snapshot(project) == before
    assert deployed.open().local_folder is None


def test_a_deploy_of_just_these_files_by_another_program_is_no_conflict(
    deployed: Deployed, project: Path
) -> None:
    workspace = bind(deployed, project)
    files = workspace.package(CTX).contents.files
    deployed.deploy({path: (project / path).read_bytes() for path in reversed(list(files))})
    again = deployed.open()
    assert not again.stale
    assert marks(again) == {}
    assert again.base_package.read_bytes() == deployed.zip.read_bytes()
    assert not list(again.folder.parent.glob("*.offer"))


def test_it_opens_in_conflict_when_what_is_deployed_cannot_be_fetched(
    deployed: Deployed, project: Path
) -> None:
    bind(deployed, project)
    deployed.deploy({"app.py": "theirs\n"})
    source = replace(deployed.source(), code_location="http://127.0.0.1:9/code")
    opened = open_workspace(source, deployed.folder / "workspaces", CTX)
    assert opened.stale
    assert opened.local_folder == project


def test_a_package_from_the_folder_becomes_the_base(deployed: Deployed, project: Path) -> None:
    workspace = bind(deployed, project)
    package = workspace.package(CTX)
    assert set(package.contents.files) == {
        "app.py",
        "lib/util.py",
        "node_modules/left/index.js",
        "notes.txt",
    }
    workspace.adopt(package, "r2", "2026-11-24")
    assert marks(workspace) == {}
    assert (workspace.folder / "packages").is_dir()
    assert not (project / "packages").exists()


def test_patterns_keep_files_out_that_are_edited_all_the_same(deployed: Deployed, project: Path) -> None:
    workspace = bind(deployed, project)
    write_patterns(workspace.folder, "notes.txt\nlib/\n")
    tree = {entry.path: entry for entry in workspace.tree(CTX)}
    assert not tree["notes.txt"].packed
    assert not tree["lib/util.py"].packed
    assert not tree[".env"].packed
    assert set(marks(workspace)) == {
        ".vscode/settings.json",
        "bin/run.sh",
        "node_modules/left/index.js",
    }
    workspace.save("lib/util.py", "edited\n")

    again = bind(deployed, project)
    assert "notes.txt" not in marks(again)  # bound anew, the patterns stay


def test_changes_are_told_by_bytes_whatever_the_times_say(deployed: Deployed, project: Path) -> None:
    workspace = bind(deployed, project)
    old = (project / "app.py").stat()
    os.utime(project / "app.py", ns=(1, 1))
    assert "app.py" not in marks(workspace)
    (project / "app.py").write_text(HANDLER.replace("1", "2"))
    os.utime(project / "app.py", ns=(old.st_atime_ns, old.st_mtime_ns))
    assert marks(workspace)["app.py"] is FileChange.CHANGED
    workspace.revert("app.py")
    assert "app.py" not in marks(workspace)
    assert (project / "app.py").stat().st_mtime_ns > 10**18  # not the time of an unpacked file


def test_unchanged_files_are_not_read_again(
    deployed: Deployed, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = bind(deployed, project)
    os.utime(project / "lib/util.py", ns=(10**18, 10**18))
    monkeypatch.setattr("workbench.code.tree._SETTLED_NS", -(10**12))  # as if it lay still for long
    workspace.tree(CTX)
    before = marks(workspace)

    def read(file: Path) -> str:
        raise AssertionError(f"{file} was read")

    monkeypatch.setattr("workbench.code.tree.hash_of", read)
    assert marks(workspace) == before


def test_what_is_never_packed_is_not_searched(deployed: Deployed, project: Path) -> None:
    (project / "notes.txt").write_text("a needle\n")
    found = search(bind(deployed, project).root, {}, Query("needle"), lambda _found, _summary: None)
    assert found.matches == 1


def _operations(files: FileOperations, workspace: Workspace) -> list[Callable[[], object]]:
    return [
        lambda: workspace.save("app.py", "saved\n"),
        lambda: files.create("new.py").undo(CTX).undo(CTX),
        lambda: files.move({"lib": "libs"}).undo(CTX),
        lambda: files.delete(["node_modules", "notes.txt"]).undo(CTX),
        lambda: workspace.delete("node_modules"),
        lambda: files.import_files([workspace.base_package], "lib", CTX),
        lambda: workspace.revert("lib/util.py"),
        lambda: workspace.save("lib/more.py", "new\n"),
    ]


def test_a_folder_on_another_disk_works_as_any(deployed: Deployed, elsewhere: Path) -> None:
    workspace = bind(deployed, write(elsewhere / "project", PROJECT))
    for operation in _operations(FileOperations(workspace), workspace):
        operation()

    root = workspace.root
    assert (root / "app.py").read_text() == "saved\n"
    assert (root / "notes.txt").read_text() == "mine\n"
    assert (root / "lib" / workspace.base_package.name).is_file()
    assert (root / "lib/util.py").read_bytes() == b"x = 1\r\n"
    assert not (root / "node_modules").exists()
    assert (root / "new.py").read_text() == ""
    assert not list(root.rglob(".workbench-*"))


def test_damaged_knowledge_of_what_is_deployed_is_made_anew(
    deployed: Deployed, project: Path, expect_log: Callable[[str], None]
) -> None:
    folder = bind(deployed, project).folder
    (folder / "base.json").write_text("{")
    expect_log("was made anew")
    again = deployed.open()
    assert again.local_folder == project
    assert marks(again)["notes.txt"] is FileChange.ADDED


def test_a_damaged_binding_is_said(deployed: Deployed, project: Path) -> None:
    folder = bind(deployed, project).folder
    (folder / "binding.json").write_text("[]")
    with pytest.raises(
        WorkbenchError, match="local folder of the function could not be determined"
    ) as caught:
        deployed.open()
    assert caught.value.action == "code.use_folder"
    assert bind(deployed, project).local_folder == project


def test_odd_entries_are_shown_and_stop_nothing(deployed: Deployed, project: Path) -> None:
    os.mkfifo(project / "pipe")
    (project / "link.py").symlink_to("/etc/passwd")
    workspace = bind(deployed, project)
    assert {"pipe", "link.py"} <= set(marks(workspace))
    with pytest.raises(WorkbenchError, match=r"a socket or a pipe"):
        workspace.read("pipe")
    with pytest.raises(WorkbenchError, match="it is a link"):
        workspace.read("link.py")
