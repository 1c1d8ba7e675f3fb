"""Code and configuration of a deploy, each step and its undo by itself, with AWS's exact answers."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from tests.aws_stub import ANY, StubbedAws
from tests.deploy.bench import cancelled_at
from tests.deploy.stepped import NEW, OLD, STAGING, STALE, THEIRS, function_is, running, stopped
from workbench.code.workspace import Workspace
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.deploy.journal import DeployOutcome
from workbench.deploy.options import DeployOptions
from workbench.deploy.steps import update
from workbench.functions.configure import Wanted

# ---- the code --------------------------------------------------------------------------------------------


def test_what_follows_a_running_update_is_guarded_by_what_came_of_it(aws: StubbedAws, tmp_path: Path) -> None:
    deploying = running(aws, tmp_path)
    function_is(aws, OLD, "r2", LastUpdateStatus="InProgress")
    function_is(aws, OLD, "r3")
    update.settle(deploying)
    assert deploying.revision_id == "r3"


def test_a_running_update_of_the_code_is_a_conflict(aws: StubbedAws, tmp_path: Path) -> None:
    function_is(aws, THEIRS, "r2")
    assert stopped(lambda: update.settle(running(aws, tmp_path))).outcome is DeployOutcome.REPLACED


@pytest.mark.parametrize("sha256", [OLD, THEIRS])
def test_a_dry_run_that_is_stale_goes_on_only_while_the_code_is_the_same(
    aws: StubbedAws, tmp_path: Path, sha256: str
) -> None:
    deploying = running(aws, tmp_path, staging=STAGING)
    aws.refuse("lambda", "update_function_code", "PreconditionFailedException", STALE, 412)
    function_is(aws, sha256, "r2")
    if sha256 == OLD:
        update.check_code(deploying)
        assert deploying.revision_id == "r2"
    else:
        assert stopped(lambda: update.check_code(deploying)).outcome is DeployOutcome.REPLACED


def test_a_dry_run_that_is_refused_says_why_and_sends_nothing(aws: StubbedAws, tmp_path: Path) -> None:
    words = "Unzipped size must be smaller than 262144000 bytes"
    aws.refuse("lambda", "update_function_code", "InvalidParameterValueException", words)
    with pytest.raises(WorkbenchError, match="Could not deploy hello") as caught:
        update.check_code(running(aws, tmp_path, staging=STAGING))
    assert words in caught.value.why


def test_code_that_is_not_what_was_sent_ends_the_deploy(aws: StubbedAws, tmp_path: Path) -> None:
    """As of an object in S3 that somebody replaced."""
    aws.answer("lambda", "update_function_code", {"CodeSha256": THEIRS, "RevisionId": "r2"})
    ended = stopped(lambda: update.update_code(running(aws, tmp_path)))
    assert ended.outcome is DeployOutcome.REPLACED
    assert (THEIRS in ended.error.why, NEW in ended.error.why) == (True, True)


def test_code_is_not_put_back_over_somebody_elses(aws: StubbedAws, tmp_path: Path) -> None:
    function_is(aws, THEIRS)
    assert "left unchanged" in update.restore_code(running(aws, tmp_path), {})


def test_code_that_was_never_replaced_is_not_put_back(aws: StubbedAws, tmp_path: Path) -> None:
    function_is(aws, OLD)
    assert update.restore_code(running(aws, tmp_path), {}) == ""


def test_code_that_is_on_no_disk_here_cannot_be_put_back_and_that_is_said(
    aws: StubbedAws, tmp_path: Path
) -> None:
    deploying = running(aws, tmp_path)
    deploying.backup.unlink()
    function_is(aws, NEW)
    with pytest.raises(WorkbenchError, match="The previous code was not restored") as caught:
        update.restore_code(deploying, {})
    assert OLD in caught.value.why


def test_code_that_somebody_replaces_right_after_it_was_put_back_is_said(
    aws: StubbedAws, tmp_path: Path
) -> None:
    function_is(aws, NEW, "r5")
    expected = {"FunctionName": "hello", "RevisionId": "r5", "Publish": False, "ZipFile": ANY}
    aws.answer("lambda", "update_function_code", {"CodeSha256": OLD, "RevisionId": "r6"}, expected)
    function_is(aws, THEIRS, "r7")
    assert "left unchanged" in update.restore_code(running(aws, tmp_path), {})


def test_a_configuration_that_is_no_longer_known_here_cannot_be_put_back_and_that_is_said(
    aws: StubbedAws, tmp_path: Path
) -> None:
    """Journals do not hold it: environment variables may be secrets."""
    with pytest.raises(WorkbenchError, match="The previous configuration was not restored") as caught:
        update.restore_configuration(running(aws, tmp_path), {})
    assert "no longer stored" in caught.value.why


def test_a_configuration_is_put_back_where_it_is_still_ours_and_the_rest_is_said(
    aws: StubbedAws, tmp_path: Path
) -> None:
    deploying = running(aws, tmp_path, DeployOptions(configuration=Wanted(timeout_s=9, memory_mb=512)))
    for _ in range(3):  # memory was set by somebody else since
        function_is(aws, OLD, "r4", Timeout=9, MemorySize=256)
    expected = {"FunctionName": "hello", "Timeout": 3, "RevisionId": "r4"}
    aws.answer("lambda", "update_function_configuration", {}, expected)
    function_is(aws, OLD, "r5", Timeout=3, MemorySize=256)
    said = update.restore_configuration(deploying, {})
    assert said.startswith("The previous configuration was restored. ")
    assert said.endswith(" changed in the meantime and was left unchanged.")
    assert deploying.revision_id == "r5"


def test_a_configuration_that_did_not_arrive_needs_no_undo(aws: StubbedAws, tmp_path: Path) -> None:
    function_is(aws, OLD)
    deploying = running(aws, tmp_path, DeployOptions(configuration=Wanted(timeout_s=9)))
    assert update.restore_configuration(deploying, {}) == ""


def test_code_that_was_replaced_while_the_configuration_was_changed_is_a_conflict(
    aws: StubbedAws, tmp_path: Path
) -> None:
    deploying = running(aws, tmp_path, DeployOptions(configuration=Wanted(timeout_s=9)))
    for _ in range(2):
        function_is(aws, OLD)
    aws.answer("lambda", "update_function_configuration", {})
    function_is(aws, THEIRS, "r2", Timeout=9)
    ended = stopped(lambda: update.change_configuration(deploying))
    assert ended.outcome is DeployOutcome.REPLACED


# ---- the code that is replaced ---------------------------------------------------------------------------


@pytest.mark.parametrize("is_damaged", [True, False])
def test_the_code_that_is_replaced_is_fetched_unless_it_is_here_as_it_was(
    aws: StubbedAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_damaged: bool
) -> None:
    deploying = running(aws, tmp_path)
    fetched: list[str] = []

    def download(_connection: object, _url: str, code_sha256: str, target: Path, _ctx: object) -> None:
        fetched.append(code_sha256)
        with target.open("xb") as file:
            file.write(b"old")

    monkeypatch.setattr(update, "download_for", download)
    if is_damaged:
        deploying.backup.write_bytes(b"ol")
        function_is(aws, OLD)
    assert update.back_up_code(deploying) == {}
    assert deploying.backup.read_bytes() == b"old"
    assert fetched == ([OLD] if is_damaged else [])


def test_a_copy_that_cannot_be_read_is_fetched_anew(
    aws: StubbedAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_path: Path) -> str:
        raise WorkbenchError("It could not be read.")

    deploying = running(aws, tmp_path)
    monkeypatch.setattr(update, "hash_of", unreadable)
    monkeypatch.setattr(update, "download_for", lambda *args: args[3].write_bytes(b"fetched"))
    function_is(aws, OLD)
    update.back_up_code(deploying)
    assert deploying.backup.read_bytes() == b"fetched"


@pytest.mark.parametrize("undoes", [True, False])
def test_only_a_deploy_that_can_be_undone_needs_the_code_that_it_replaces(
    aws: StubbedAws, tmp_path: Path, undoes: bool
) -> None:
    deploying = running(aws, tmp_path, DeployOptions(undo_on_failure=undoes))
    deploying.backup.write_bytes(b"half")
    aws.refuse("lambda", "get_function", "AccessDeniedException", "You may not.", 403)
    if undoes:
        with pytest.raises(WorkbenchError, match="You may not"):
            update.back_up_code(deploying)
    else:
        assert update.back_up_code(deploying) == {}
    assert not deploying.backup.exists()  # nobody takes half of it for all


def test_somebody_elses_code_is_not_kept_as_what_was_replaced(aws: StubbedAws, tmp_path: Path) -> None:
    deploying = running(aws, tmp_path)
    deploying.backup.unlink()
    function_is(aws, THEIRS)
    assert stopped(lambda: update.back_up_code(deploying)).outcome is DeployOutcome.REPLACED
    assert not deploying.backup.exists()


# ---- the end ---------------------------------------------------------------------------------------------


def test_an_update_that_aws_fails_to_apply_says_why_and_what_still_runs(
    aws: StubbedAws, tmp_path: Path
) -> None:
    reason = "The subnet has no free addresses."
    function_is(aws, NEW, LastUpdateStatus="Failed", LastUpdateStatusReason=reason)
    ended = stopped(lambda: update.wait_for_update(running(aws, tmp_path)))
    assert (ended.outcome, ended.text) == (DeployOutcome.FAILED, reason)
    assert ended.error.aws_code == "LastUpdateStatus=Failed"
    assert "still run the previous code" in ended.error.remedy


@pytest.mark.parametrize(
    ("undoes", "status", "outcome"),
    [
        (False, "InProgress", DeployOutcome.UPDATING),
        (False, "Successful", DeployOutcome.DEPLOYED),
        (True, "", None),
    ],
)
def test_cancel_while_aws_updates_ends_the_wait_or_the_deploy(
    aws: StubbedAws, tmp_path: Path, undoes: bool, status: str, outcome: DeployOutcome | None
) -> None:
    deploying = running(aws, tmp_path, DeployOptions(undo_on_failure=undoes))
    deploying.ctx = cancelled_at("Waiting until the update is complete")
    if outcome is None:
        with pytest.raises(Cancelled):
            update.wait_for_update(deploying)
        return
    function_is(aws, NEW, "r9", LastUpdateStatus=status)
    update.wait_for_update(deploying)
    assert (deploying.outcome, deploying.revision_id) == (outcome, "r9")


class FullDisk:
    """A workspace whose disk is full."""

    def adopt(self, *_args: object) -> None:
        raise WorkbenchError("It was not noted.", "The disk is full.")


def test_new_code_that_cannot_be_noted_here_is_said_to_be_deployed(aws: StubbedAws, tmp_path: Path) -> None:
    deploying = replace(running(aws, tmp_path), workspace=cast(Workspace, FullDisk()))
    ended = stopped(lambda: update.adopt_package(deploying))
    assert ended.outcome is None
    assert (
        ended.error.why
        == "The disk is full. The function has the new code, but that could not be noted here."
    )
