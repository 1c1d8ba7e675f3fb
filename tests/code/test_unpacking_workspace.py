"""Code that is still being unpacked: it can be looked at, and its folder holds nothing yet."""

import threading
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.code.deployed import CTX, HANDLER, Deployed
from workbench.code import unpack
from workbench.code import workspace as workspace_module
from workbench.code.contents import FileContent
from workbench.code.text import FileKind
from workbench.code.unpack import Member, extract
from workbench.code.workspace import UnpackingWorkspace, Workspace, open_workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext


@pytest.fixture(autouse=True)
def all_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace_module, "_MANY_FILES", 1)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Says what happens before the first file is written."""

    def happens(what: Callable[[], object]) -> None:
        def slow(
            archive: zipfile.ZipFile, members: Sequence[Member], root: Path, ctx: JobContext, limit_bytes: int
        ) -> dict[str, FileContent]:
            what()
            return extract(archive, members, root, ctx, limit_bytes)

        monkeypatch.setattr(unpack, "extract", slow)

    return happens


def _open(deployed: Deployed, ahead: list[UnpackingWorkspace]) -> Workspace:
    def take(item: object) -> None:
        assert isinstance(item, UnpackingWorkspace)
        ahead.append(item)

    return open_workspace(deployed.source(), deployed.folder / "workspaces", JobContext(item=take))


def test_its_tree_and_its_files_are_those_of_the_workspace(
    deployed: Deployed, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    ahead: list[UnpackingWorkspace] = []
    early: list[object] = []

    def look() -> None:
        (code,) = ahead
        early.extend([code.tree(CTX), code.read("app.py"), code.folder.exists(), code.read_only])

    meanwhile(look)
    workspace = _open(deployed, ahead)

    assert early == [workspace.tree(CTX), workspace.read("app.py"), False, True]
    assert workspace.read("app.py").text == HANDLER
    assert ahead[0].root == workspace.root
    assert ahead[0].read("app.py").text == HANDLER  # from the disk by now


def test_a_file_that_is_asked_for_while_the_files_find_their_place_is_waited_for(
    deployed: Deployed, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    ahead: list[UnpackingWorkspace] = []
    found: list[str] = []
    reader = threading.Thread(target=lambda: found.append(ahead[0].read("app.py").text))

    def leave() -> None:
        ahead[0].release_zip()
        reader.start()
        assert not found

    meanwhile(leave)
    _open(deployed, ahead)
    reader.join(20)
    assert found == [HANDLER]


def test_a_damaged_file_is_said(
    deployed: Deployed, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    data = deployed.zip.read_bytes()
    with zipfile.ZipFile(deployed.zip) as archive:
        at = archive.getinfo("app.py").header_offset + 30 + len("app.py")
    deployed.zip.write_bytes(data[:at] + b"\xff\xff" + data[at + 2 :])
    ahead: list[UnpackingWorkspace] = []

    def look() -> None:
        with pytest.raises(WorkbenchError, match=r"app\.py could not be read"):
            ahead[0].read("app.py")
        assert ahead[0].read("lib/util.py").kind is FileKind.TEXT

    meanwhile(look)
    with pytest.raises(WorkbenchError):
        _open(deployed, ahead)
    assert ahead
    with pytest.raises(WorkbenchError):
        ahead[0].read("lib/util.py")  # there is no workspace


def test_a_small_package_is_not_shown_twice(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace_module, "_MANY_FILES", 1_000)
    ahead: list[UnpackingWorkspace] = []
    _open(deployed, ahead)
    assert ahead == []
