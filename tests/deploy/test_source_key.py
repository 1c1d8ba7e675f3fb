"""Where a function's package is kept, and its key: AWS puts its own in place of what is not sent again.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-self-managed-storage.html
"""

from pathlib import Path
from typing import Any

import pytest

from tests.aws_stub import ANY, StubbedAws
from tests.deploy.bench import CTX, HANDLER, Bench, deploy
from tests.deploy.scripted import NEW
from tests.deploy.test_plan import BASE, PACKAGE
from workbench.code.package import Package
from workbench.core.clock import SystemClock
from workbench.core.jobs import JobContext
from workbench.deploy.history import history, look, roll_back
from workbench.deploy.options import DeployOptions, Upload
from workbench.deploy.plan import plan_deploy
from workbench.deploy.staging import staging_of_reference
from workbench.deploy.steps import Running, s3, update
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.model import FunctionDetail, detail_of

KEY = "arn:aws:kms:eu-central-1:123456789012:key/own"


def seen(key: str) -> FunctionDetail:
    configuration = {
        "FunctionName": "hello",
        "FunctionArn": BASE.function_arn,
        "CodeSha256": BASE.code_sha256,
        "RevisionId": "r1",
    }
    return detail_of({"Configuration": configuration, "Code": {"SourceKMSKeyArn": key} if key else {}})


@pytest.mark.parametrize(("key", "sent"), [("", {}), (KEY, {"SourceKMSKeyArn": KEY})])
def test_a_deploy_sends_the_key_of_the_package_again(
    aws: StubbedAws, tmp_path: Path, key: str, sent: dict[str, str]
) -> None:
    path = tmp_path / "p.zip"
    path.write_bytes(b"zip")
    package = Package(path, PACKAGE.code_sha256, 3, PACKAGE.contents)
    plan = plan_deploy(seen(key), package, BASE)
    clock = SystemClock()
    running = Running(aws.connection, plan, None, JobContext(), clock, tmp_path / "old.zip", "r1")
    request = {"FunctionName": "hello", "RevisionId": "r1", "Publish": False, "ZipFile": ANY, **sent}
    aws.answer("lambda", "update_function_code", {"CodeSha256": PACKAGE.code_sha256}, request)
    update.update_code(running)


WHERE = {"S3Bucket": "own-code", "S3Key": "hello.zip", "S3ObjectVersion": "v1"}
REFERENCE = {"S3ObjectStorageMode": "REFERENCE"}
OBJECT = {"Bucket": "own-code", "Key": "hello.zip"}


def referring(sha256: str = BASE.code_sha256, version: str = "v1") -> dict[str, Any]:
    """As AWS answers of a function whose code is kept in S3: there is no link to it."""
    configuration = {
        "FunctionName": "hello",
        "FunctionArn": BASE.function_arn,
        "CodeSha256": sha256,
        "RevisionId": "r1",
        "State": "Active",
        "LastUpdateStatus": "Successful",
    }
    code = {"RepositoryType": "S3", "ResolvedS3Object": WHERE | {"S3ObjectVersion": version}}
    return {"Configuration": configuration, "Code": code}


@pytest.fixture
def running(aws: StubbedAws, tmp_path: Path) -> Running:
    path = tmp_path / "p.zip"
    path.write_bytes(b"zip")
    package = Package(path, PACKAGE.code_sha256, 3, PACKAGE.contents)
    seen = detail_of(referring())
    staging = staging_of_reference(seen, DeployOptions())
    plan = plan_deploy(seen, package, BASE, staging=staging)
    (tmp_path / "old.zip").write_bytes(b"old")
    old = tmp_path / "old.zip"
    return Running(aws.connection, plan, None, JobContext(), SystemClock(), old, "r1")


def test_a_function_that_refers_to_s3_gets_the_next_version_of_its_object(
    aws: StubbedAws, running: Running
) -> None:
    titles = [step.title for step in running.plan.steps]
    assert "Send 3 bytes as a new version of s3://own-code/hello.zip, which the function refers to" in titles
    aws.answer("s3", "put_object", {"VersionId": "v2"}, {**OBJECT, "Body": ANY, "ContentMD5": ANY})
    s3.stage_package(running)
    aws.answer("s3", "head_object", {"VersionId": "v2"}, OBJECT)
    request = {"FunctionName": "hello", "RevisionId": "r1", "Publish": False, **WHERE, **REFERENCE}
    answer = {"CodeSha256": PACKAGE.code_sha256}
    aws.answer("lambda", "update_function_code", answer, request | {"S3ObjectVersion": "v2"})
    update.update_code(running)


def test_taking_it_back_refers_to_the_version_before(aws: StubbedAws, running: Running) -> None:
    aws.answer("lambda", "get_function", referring(PACKAGE.code_sha256, "v2"))
    request = {"FunctionName": "hello", "RevisionId": "r1", "Publish": False, **WHERE, **REFERENCE}
    aws.answer("lambda", "update_function_code", {"CodeSha256": BASE.code_sha256}, request)
    aws.answer("lambda", "get_function", referring())
    assert update.restore_code(running, {}) == "The previous code was restored."


def test_who_sends_the_package_directly_is_told_that_lambda_keeps_a_copy() -> None:
    seen, options = detail_of(referring()), DeployOptions(upload=Upload.DIRECT)
    assert staging_of_reference(seen, options) is None
    plan = plan_deploy(seen, PACKAGE, BASE, options=options)
    assert any("no longer refers to s3://own-code/hello.zip" in step.title for step in plan.steps)


def test_the_code_that_aws_gives_no_link_to_is_linked_to_where_it_is(aws: StubbedAws) -> None:
    aws.answer("lambda", "get_function", referring())
    detail = get_function(aws.connection, "hello")
    assert "own-code" in detail.code_location
    assert "versionId=v1" in detail.code_location
    assert "Signature=" in detail.code_location


def test_a_deploy_and_its_roll_back_keep_the_key_of_the_package(bench: Bench) -> None:
    """On the Sandbox, which puts AWS's own key in the place of one that is not sent again, as AWS does."""
    name = bench.function_name
    bench.connection.call(
        "lambda",
        "update_function_code",
        FunctionName=name,
        ZipFile=bench.workspace.base_package.read_bytes(),
        SourceKMSKeyArn=KEY,
    )
    wait_until_updated(bench.connection, name, CTX)
    bench.workspace.save("app.py", NEW)
    deploy(bench.connection, bench.workspace, bench.journal, CTX)
    assert bench.remote_file("app.py") == NEW
    assert get_function(bench.connection, name).source_kms_key_arn == KEY
    before = history(bench.journal, bench.workspace.base.function_arn)[1]
    plan = look(bench.connection, bench.journal, before, CTX).plan_code(configuration=False)
    roll_back(bench.connection, plan, bench.workspace, bench.journal, CTX)
    assert bench.remote_file("app.py") == HANDLER
    assert get_function(bench.connection, name).source_kms_key_arn == KEY
