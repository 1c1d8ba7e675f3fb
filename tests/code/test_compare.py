"""The working copy beside a deployed package: what differs, and what both sides hold."""

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from tests.code.deployed import CTX, HANDLER, Deployed
from workbench.code.compare import (
    ComparedPackage,
    FileDifference,
    NonTextDifference,
    base_side,
    differences,
    fetch_side,
    pair_of,
)
from workbench.code.text import FileKind
from workbench.code.tree import FileChange
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext


@pytest.fixture
def workspace(deployed: Deployed) -> Workspace:
    return deployed.open()


@pytest.fixture
def base(workspace: Workspace) -> ComparedPackage:
    return base_side(workspace, "deployed")


def test_saved_and_unsaved_changes_are_found(workspace: Workspace, base: ComparedPackage) -> None:
    assert differences(workspace, base, CTX) == ()
    workspace.save("app.py", HANDLER + "# saved\n")
    workspace.put_draft("lib/util.py", "x = 2\n")
    workspace.put_draft("new.py", "never saved\n")
    workspace.create("saved.py", "new\n")
    workspace.delete("bin/run.sh")
    assert differences(workspace, base, CTX) == (
        FileDifference("app.py", FileChange.CHANGED),
        FileDifference("bin/run.sh", FileChange.DELETED),
        FileDifference("lib/util.py", FileChange.CHANGED, has_draft=True),
        FileDifference("new.py", FileChange.ADDED, has_draft=True),
        FileDifference("saved.py", FileChange.ADDED),
    )


def test_a_draft_that_leads_back_to_the_other_side_is_no_difference(
    workspace: Workspace, base: ComparedPackage
) -> None:
    workspace.save("lib/util.py", "x = 2\n")
    workspace.put_draft("lib/util.py", "x = 1\n")  # saved, it would have its line ends back
    assert differences(workspace, base, CTX) == ()


def test_a_draft_that_cannot_be_saved_is_a_difference(deployed: Deployed) -> None:
    deployed.deploy({"app.py": "# -*- coding: latin-1 -*-\n# \xe4\n".encode("latin-1")})
    workspace = deployed.open()
    workspace.put_draft("app.py", "# -*- coding: latin-1 -*-\n# \u4e2d\n")
    found = differences(workspace, base_side(workspace, ""), CTX)
    assert found == (FileDifference("app.py", FileChange.CHANGED, has_draft=True),)


def test_another_package_is_fetched_once_and_compared(
    deployed: Deployed, workspace: Workspace, tmp_path: Path
) -> None:
    deployed.deploy({"app.py": HANDLER.replace("1", "2"), "lib/util.py": "x = 1\r\n", "only.py": "there\n"})
    followed = deployed.followed
    fetch_side(deployed.source(), workspace, tmp_path / "kept", "Version 7", CTX)
    side = fetch_side(deployed.source(), workspace, tmp_path / "kept", "Version 7", CTX)
    assert differences(workspace, side, CTX) == (
        FileDifference("app.py", FileChange.CHANGED),
        FileDifference("bin/run.sh", FileChange.ADDED),
        FileDifference("only.py", FileChange.DELETED),
    )
    assert deployed.followed == followed + 1
    assert side.read("only.py") == b"there\n"
    assert side.read("nowhere.py") is None


def test_the_package_that_the_working_copy_was_made_from_is_not_fetched_again(
    deployed: Deployed, workspace: Workspace, tmp_path: Path
) -> None:
    followed = deployed.followed
    side = fetch_side(deployed.source(), workspace, tmp_path / "kept", "live", CTX)
    assert side.package == workspace.base_package
    assert deployed.followed == followed


def test_a_kept_package_that_was_damaged_is_fetched_again(
    deployed: Deployed, workspace: Workspace, tmp_path: Path
) -> None:
    deployed.deploy({"app.py": "other\n"})
    side = fetch_side(deployed.source(), workspace, tmp_path / "kept", "", CTX)
    side.package.write_bytes(b"damaged")
    again = fetch_side(deployed.source(), workspace, tmp_path / "kept", "", CTX)
    assert again.read("app.py") == b"other\n"


def test_only_the_packages_used_last_are_kept(
    deployed: Deployed, workspace: Workspace, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    sides = []
    for number in range(10):
        deployed.deploy({"app.py": f"{number}\n"})
        sides.append(fetch_side(deployed.source(), workspace, kept, "", CTX))
    assert [side.package.is_file() for side in sides] == [False, False, *[True] * 8]
    assert len(list(kept.iterdir())) == 8


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"image_uri": "example.com/boxed:7"}, "example.com/boxed:7"),
        ({"code_location": ""}, "did not return a link"),
        ({"code_location": "ftp://example.com/code"}, "unknown scheme"),
    ],
)
def test_what_cannot_be_fetched_is_said_and_leaves_nothing(
    deployed: Deployed, workspace: Workspace, tmp_path: Path, change: dict[str, str], words: str
) -> None:
    source = replace(deployed.source(), code_sha256=base64.b64encode(bytes(32)).decode(), **change)
    with pytest.raises(WorkbenchError) as caught:
        fetch_side(source, workspace, tmp_path / "kept", "", JobContext())
    assert words in str(caught.value)
    assert not list((tmp_path / "kept").glob("*"))


def test_a_pair_holds_both_texts_with_what_was_typed(workspace: Workspace, base: ComparedPackage) -> None:
    workspace.put_draft("app.py", "typed\n")
    pair = pair_of(workspace, base, "app.py")
    assert pair.old is not None
    assert pair.new is not None
    assert (pair.old.text, pair.new.text) == (HANDLER, "typed\n")
    assert pair.non_text == ()


def test_a_pair_says_which_side_is_missing_and_what_is_no_text(
    workspace: Workspace, base: ComparedPackage
) -> None:
    workspace.delete("app.py")
    (workspace.root / "logo.png").write_bytes(b"\x89PNG\0")
    assert pair_of(workspace, base, "app.py").new is None
    logo = pair_of(workspace, base, "logo.png")
    assert logo.old is None
    assert logo.new is not None
    assert logo.new.kind is FileKind.BINARY


def test_differences_that_no_line_shows_are_named(workspace: Workspace, base: ComparedPackage) -> None:
    (workspace.root / "lib/util.py").write_bytes(b"\xef\xbb\xbfx = 1\n")
    (workspace.root / "bin/run.sh").chmod(0o644)
    assert pair_of(workspace, base, "lib/util.py").non_text == (
        NonTextDifference.LINE_ENDS,
        NonTextDifference.ENCODING,
    )
    assert pair_of(workspace, base, "bin/run.sh").non_text == (NonTextDifference.EXECUTABLE,)


def test_a_file_of_another_package_can_be_taken(
    deployed: Deployed, workspace: Workspace, tmp_path: Path
) -> None:
    deployed.deploy({"app.py": "other\r\n", "lib/util.py": "x = 1\r\n"})
    side = fetch_side(deployed.source(), workspace, tmp_path / "kept", "", CTX)
    workspace.put_draft("app.py", "typed\n")
    workspace.take("app.py", side.read("app.py"), side.contents.files.get("app.py"))
    workspace.take("bin/run.sh", side.read("bin/run.sh"), side.contents.files.get("bin/run.sh"))
    assert differences(workspace, side, CTX) == ()
    assert (workspace.root / "app.py").read_bytes() == b"other\r\n"
    assert workspace.drafts() == ()
