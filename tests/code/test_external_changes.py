"""Drafts over files that another program has written since: neither replaces the other unasked."""

import pytest

from tests.code.deployed import Deployed
from workbench.code.external_changes import (
    has_edit_conflict,
    keep_mine,
    mark_edit_conflict,
    refuse_edit_conflicts,
)
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError


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
