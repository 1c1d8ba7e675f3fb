"""A deploy of which single steps are made, with AWS's exact answers to them."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from tests.aws_stub import StubbedAws
from tests.deploy.test_plan import ARN, BASE, PACKAGE
from workbench.code.package import Package
from workbench.core.clock import SystemClock
from workbench.core.jobs import JobContext
from workbench.core.operations import Facts
from workbench.deploy.options import DeployOptions
from workbench.deploy.plan import plan_deploy
from workbench.deploy.staging import Staging
from workbench.deploy.steps import Running, Stopped
from workbench.functions.model import FunctionDetail, detail_of

ZIP = b"12345678"
OLD, NEW, THEIRS = (
    base64.b64encode(hashlib.sha256(data).digest()).decode() for data in (b"old", ZIP, b"theirs")
)
STALE = "The RevisionId provided does not match the latest RevisionId."
OWNER = "123456789012"
OWNED = {"ExpectedBucketOwner": OWNER}
STAGING = Staging("packages", True, "workbench/hello/new.zip", owner=OWNER)
WHERE = {"Bucket": "packages", "Key": STAGING.key, **OWNED}


def configuration(sha256: str, revision: str = "r1", **more: Any) -> dict[str, Any]:
    known: dict[str, Any] = {
        "FunctionName": "hello",
        "FunctionArn": ARN,
        "State": "Active",
        "PackageType": "Zip",
    }
    known |= {"Timeout": 3, "MemorySize": 128}
    return {
        "Configuration": known
        | {"CodeSha256": sha256, "RevisionId": revision, "LastUpdateStatus": "Successful"}
        | more
    }


def function_is(
    aws: StubbedAws, sha256: str, revision: str = "r1", *, version: str = "", **more: Any
) -> None:
    asked = {"FunctionName": "hello", **({"Qualifier": version} if version else {})}
    aws.answer("lambda", "get_function", configuration(sha256, revision, **more), asked)


def seen() -> FunctionDetail:
    return detail_of(configuration(OLD))


def running(
    aws: StubbedAws, folder: Path, options: DeployOptions | None = None, staging: Staging | None = None
) -> Running:
    """A deploy of new code, with the replaced package beside it, as after its plan."""
    path, backup = folder / "new.zip", folder / "old.zip"
    path.write_bytes(ZIP)
    backup.write_bytes(b"old")
    package = Package(path, NEW, len(ZIP), PACKAGE.contents)
    base = replace(BASE, code_sha256=OLD)
    plan = plan_deploy(seen(), package, base, options=options, staging=staging)
    noted: dict[str, Any] = {}
    return Running(
        aws.connection,
        plan,
        None,
        JobContext(),
        SystemClock(),
        backup,
        "r1",
        noted=lambda: cast(Facts, dict(noted)),
        note=noted.update,
    )


def stopped(call: Callable[[], object]) -> Stopped:
    with pytest.raises(Stopped) as caught:
        call()
    return caught.value
