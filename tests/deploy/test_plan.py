"""Plans: pure, so that every case fits a line."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from workbench.aws.names import LATEST
from workbench.aws.quotas import ZIP_LIMIT_BYTES
from workbench.code.contents import Contents, FileContent
from workbench.code.package import Package
from workbench.code.workspace_store import Base
from workbench.core.errors import WorkbenchError
from workbench.deploy.options import AliasMove, DeployOptions, Shift, SmokeTest
from workbench.deploy.plan import DeployConflict, Plan, StepKind, plan_deploy
from workbench.deploy.staging import Staging
from workbench.functions.configure import Wanted
from workbench.functions.model import FunctionDetail
from workbench.functions.versions import Alias

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"
OLD = Contents({"app.py": FileContent("1" * 64, 10)})
NEW = Contents({"app.py": FileContent("2" * 64, 10)})
BASE = Base(ARN, "hello", LATEST, "base=", "r0", "2026-11-24", OLD)
PACKAGE = Package(Path("p.zip"), "new=", 1_000, NEW)


def _observed(**changes: Any) -> FunctionDetail:
    """A function that has the base; what a plan does not look at is left empty."""
    values: dict[str, Any] = dict.fromkeys((field.name for field in fields(FunctionDetail)), "")
    values |= {"function_name": "hello", "function_arn": ARN, "package_type": "Zip", "version": LATEST}
    values["last_modified"] = None
    values |= {
        "code_sha256": "base=",
        "revision_id": "r1",
        "state": "Active",
        "last_update_status": "Successful",
    }
    return FunctionDetail(**values | changes)


def _kinds(plan: Plan) -> list[StepKind]:
    return [step.kind for step in plan.steps]


def test_a_plan_names_its_calls_and_guards_what_it_saw() -> None:
    plan = plan_deploy(_observed(revision_id="r7"), PACKAGE, BASE)

    assert _kinds(plan) == [StepKind.UPLOAD, StepKind.WAIT, StepKind.KEEP]
    assert [step.api_call for step in plan.steps] == ["lambda:UpdateFunctionCode", "lambda:GetFunction", ""]
    assert plan.steps[0].undo
    assert (plan.old_sha256, plan.new_sha256, plan.revision_id) == ("base=", "new=", "r7")
    assert not plan.already_deployed


CANARY = AliasMove("prod", Shift.LINEAR, 40, 1200, ("errors", "slow"))


def test_a_plan_shows_each_step_with_its_call_and_how_it_is_undone() -> None:
    """Somebody else's code is replaced, through a bucket that is not there yet, while an update runs."""
    observed = _observed(
        code_sha256="theirs=",
        last_update_status="InProgress",
        timeout_s=3,
        environment=(("MODE", "old"), ("TOKEN", "top-secret")),
        layers=("arn:one",),
    )
    wanted = Wanted(timeout_s=9, environment=(("MODE", "new"), ("TOKEN", "top-secret")), layers=())
    options = DeployOptions(
        undo_on_failure=True,
        configuration=wanted,
        smoke_test=SmokeTest("greeting", "{}"),
        publish=True,
        alias=CANARY,
        keep_versions=5,
    )
    plan = plan_deploy(
        observed,
        replace(PACKAGE, size_bytes=20_000_000),
        BASE,
        overwrite_sha256="theirs=",
        options=options,
        staging=Staging("packages", False, "k", "old", 8_000_000),
        alias=Alias("prod", "3", "", (), "r1"),
    )
    shares = "40%, 80%, each for 1,200 s, then all"
    assert [(step.kind, step.title, step.api_call, step.undo) for step in plan.steps] == [
        (StepKind.SETTLE, "Wait for the update in progress", "lambda:GetFunction", ""),
        (StepKind.BACKUP, "Download the deployed code", "lambda:GetFunction", ""),
        (StepKind.BUCKET, "Create the private bucket packages", "s3:CreateBucket", ""),
        (
            StepKind.STAGE,
            "Send 11.4 MB to the bucket packages; 7.6 MB are there already",
            "s3:UploadPart",
            "",
        ),
        (StepKind.CHECK, "Check that AWS accepts the code (dry run)", "lambda:UpdateFunctionCode", ""),
        (
            StepKind.CONFIGURE,
            "Change the configuration: Timeout from 3 to 9, environment variables (MODE), layers",
            "lambda:UpdateFunctionConfiguration",
            "Restore the previous configuration",
        ),
        (
            StepKind.UPLOAD,
            "Update the code from S3",
            "lambda:UpdateFunctionCode",
            "Deploy the previous package",
        ),
        (StepKind.WAIT, "Wait until the update is complete", "lambda:GetFunction", ""),
        (StepKind.SMOKE, "Invoke it with greeting", "lambda:Invoke", ""),
        (StepKind.PUBLISH, "Publish a version", "lambda:PublishVersion", "Delete the version"),
        (
            StepKind.ALIAS,
            f"Move the alias prod from version 3 to the new one: {shares}; watched by errors, slow",
            "lambda:UpdateAlias",
            "Point it back to version 3",
        ),
        (StepKind.KEEP, "Record the package as deployed", "", ""),
        (
            StepKind.PRUNE,
            "Permanently delete unused versions except the last 5",
            "lambda:DeleteFunction",
            "",
        ),
    ]
    assert plan.configuration == wanted.of(observed)
    assert (plan.old_sha256, plan.new_sha256) == ("theirs=", "new=")


def test_a_plan_leaves_out_what_is_as_wanted() -> None:
    """The code is there, and the bucket: a new alias is all there is to make."""
    options = DeployOptions(configuration=Wanted(timeout_s=3), publish=True, alias=AliasMove("prod"))
    there = _observed(code_sha256="new=", timeout_s=3)
    plan = plan_deploy(there, PACKAGE, BASE, options=options, staging=Staging("packages", True, "k"))
    assert [(step.title, step.api_call, step.undo) for step in plan.steps] == [
        ("Publish a version", "lambda:PublishVersion", "Delete the version"),
        ("Create the alias prod for the new version", "lambda:CreateAlias", "Delete the alias"),
        ("Record the package as deployed", "", ""),
    ]
    assert not plan.already_deployed


def test_code_that_is_here_is_not_downloaded_before_it_is_replaced() -> None:
    plan = plan_deploy(_observed(), PACKAGE, BASE, staging=Staging("packages", True, "k"))
    assert [step.title for step in plan.steps] == [
        "Send 1,000 bytes to the bucket packages",
        "Update the code from S3",
        "Wait until the update is complete",
        "Record the package as deployed",
    ]


@pytest.mark.parametrize("changes", [{"last_update_status": "InProgress"}, {"state": "Pending"}])
def test_a_running_update_is_waited_for_first(changes: dict[str, str]) -> None:
    assert _kinds(plan_deploy(_observed(**changes), PACKAGE, BASE))[0] is StepKind.SETTLE


@pytest.mark.parametrize(
    "changes", [{"state": "Inactive"}, {"state": "Martian"}, {"last_update_status": "Failed"}]
)
def test_no_state_but_these_keeps_a_deploy_waiting(changes: dict[str, str]) -> None:
    assert _kinds(plan_deploy(_observed(**changes), PACKAGE, BASE))[0] is StepKind.UPLOAD


@pytest.mark.parametrize(
    ("deployed", "package"),
    [("new=", PACKAGE), ("base=", replace(PACKAGE, contents=OLD))],
    ids=["same zip", "same code, packed by another tool"],
)
def test_what_is_there_already_needs_no_step(deployed: str, package: Package) -> None:
    plan = plan_deploy(_observed(code_sha256=deployed), package, BASE)

    assert plan.already_deployed
    assert plan.steps == ()


def test_the_base_code_is_not_already_deployed_once_somebody_replaced_it() -> None:
    with pytest.raises(DeployConflict):
        plan_deploy(_observed(code_sha256="theirs="), replace(PACKAGE, contents=OLD), BASE)


def test_other_code_is_replaced_only_when_asked_for() -> None:
    observed = _observed(
        code_sha256="theirs=", revision_id="r9", last_modified=datetime(2026, 11, 24, 10, tzinfo=UTC)
    )

    with pytest.raises(DeployConflict) as caught:
        plan_deploy(observed, PACKAGE, BASE)
    assert (caught.value.base_sha256, caught.value.deployed_sha256) == ("base=", "theirs=")
    assert "2026-11-24 10:00:00 UTC" in caught.value.why
    assert caught.value.action == "deploy.resolve_conflict"

    plan = plan_deploy(observed, PACKAGE, BASE, overwrite_sha256="theirs=")
    assert (plan.old_sha256, plan.revision_id) == ("theirs=", "r9")


@pytest.mark.parametrize(
    ("seen", "deployed"),
    [("", "theirs="), ("their first=", "their second="), ("base=", "theirs="), ("", ""), ("theirs=", "")],
)
def test_leave_to_replace_one_code_is_no_leave_to_replace_another(seen: str, deployed: str) -> None:
    with pytest.raises(DeployConflict) as caught:
        plan_deploy(_observed(code_sha256=deployed), PACKAGE, BASE, overwrite_sha256=seen)
    assert caught.value.deployed_sha256 == deployed


def test_a_package_over_the_direct_limit_is_refused_with_its_size() -> None:
    fits = replace(PACKAGE, size_bytes=ZIP_LIMIT_BYTES)
    assert plan_deploy(_observed(), fits, BASE).steps

    with pytest.raises(WorkbenchError, match=r"52,428,801 bytes.*S3, which this deploy does not use"):
        plan_deploy(_observed(), replace(PACKAGE, size_bytes=ZIP_LIMIT_BYTES + 1), BASE)


def test_a_large_package_that_is_already_there_is_no_error() -> None:
    large = replace(PACKAGE, size_bytes=ZIP_LIMIT_BYTES + 1, contents=OLD)

    assert plan_deploy(_observed(), large, BASE).already_deployed


def test_a_container_image_takes_no_zip() -> None:
    with pytest.raises(WorkbenchError, match=r"container image repo/app:1"):
        plan_deploy(_observed(package_type="Image", image_uri="repo/app:1"), PACKAGE, BASE)


def test_another_accounts_function_of_the_same_name_is_refused() -> None:
    other = ARN.replace("123456789012", "210987654321")

    with pytest.raises(WorkbenchError, match="210987654321") as caught:
        plan_deploy(_observed(function_arn=other), PACKAGE, BASE)
    assert "profile" in caught.value.remedy


def test_an_alias_of_latest_cannot_move_by_shares() -> None:
    alias = Alias("prod", LATEST, "", (), "r1")
    options = DeployOptions(publish=True, alias=AliasMove("prod", Shift.CANARY))
    with pytest.raises(WorkbenchError, match=r"points to \$LATEST"):
        plan_deploy(_observed(), PACKAGE, BASE, options=options, alias=alias)
    options = replace(options, alias=AliasMove("prod"))
    assert StepKind.ALIAS in _kinds(plan_deploy(_observed(), PACKAGE, BASE, options=options, alias=alias))


@pytest.mark.parametrize(
    ("member", "words"), [("role_arn", "execution role"), ("dead_letter_arn", "dead-letter queue")]
)
def test_versions_that_differ_in_what_aws_wants_the_same_cannot_share(member: str, words: str) -> None:
    alias = Alias("prod", "3", "", (), "r1")
    options = DeployOptions(publish=True, alias=AliasMove("prod", Shift.CANARY))
    same, other = _observed(version="3"), _observed(version="3", **{member: "arn:aws:sqs:old"})

    def plan(alias_version: FunctionDetail | None, options: DeployOptions = options) -> Plan:
        return plan_deploy(
            _observed(), PACKAGE, BASE, options=options, alias=alias, alias_version=alias_version
        )

    with pytest.raises(WorkbenchError, match=rf"same {words}\. Version 3.*sqs:old; the function has none"):
        plan(other)
    assert StepKind.ALIAS in _kinds(plan(same))
    assert StepKind.ALIAS in _kinds(plan(None))
    assert StepKind.ALIAS in _kinds(plan(other, replace(options, alias=AliasMove("prod"))))
