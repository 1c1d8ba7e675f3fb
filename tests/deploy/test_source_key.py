"""The key of a function's package: AWS puts its own in place of a key that is not sent again."""

from pathlib import Path

import pytest

from tests.aws_stub import ANY, StubbedAws
from tests.deploy.test_plan import BASE, PACKAGE
from workbench.code.package import Package
from workbench.core.clock import SystemClock
from workbench.core.jobs import JobContext
from workbench.deploy.plan import plan_deploy
from workbench.deploy.steps import code
from workbench.deploy.steps.running import Running
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
    code.do(running)
