"""A bucket with default Object Lock refuses what comes without a checksum."""

import base64
import hashlib
from pathlib import Path

import pytest

from tests.aws_stub import ANY, StubbedAws
from tests.deploy.test_plan import BASE
from tests.deploy.test_source_key import seen
from workbench.code.contents import Contents
from workbench.code.package import Package
from workbench.core.clock import SystemClock
from workbench.core.jobs import JobContext
from workbench.deploy.options import DeployOptions
from workbench.deploy.plan import plan_deploy
from workbench.deploy.staging import Staging
from workbench.deploy.steps import s3
from workbench.deploy.steps.running import Running

ZIP = b"a package that is larger than a part"
WHERE = {"Bucket": "packages", "Key": "k"}


def md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def send(aws: StubbedAws, folder: Path) -> None:
    path = folder / "p.zip"
    path.write_bytes(ZIP)
    package, staging = Package(path, "new=", len(ZIP), Contents()), Staging("packages", True, "k")
    plan = plan_deploy(seen(""), package, BASE, options=DeployOptions(), staging=staging)
    running = Running(aws.connection, plan, None, JobContext(), SystemClock(), folder / "old.zip", "r1")
    s3._Upload(running, staging, package).run()


def test_a_package_is_put_with_its_checksum(aws: StubbedAws, tmp_path: Path) -> None:
    aws.answer("s3", "put_object", {}, {**WHERE, "Body": ANY, "ContentMD5": md5(ZIP)})
    send(aws, tmp_path)


def test_each_part_of_a_package_has_its_checksum(
    aws: StubbedAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "_PART_BYTES", 1)
    monkeypatch.setattr(s3, "_parts", lambda size, _copied: [(0, size)])
    aws.answer("s3", "list_multipart_uploads", {})
    aws.answer("s3", "create_multipart_upload", {"UploadId": "u"})
    part = {**WHERE, "UploadId": "u", "PartNumber": 1, "Body": ANY, "ContentMD5": md5(ZIP)}
    aws.answer("s3", "upload_part", {"ETag": '"e"'}, part)
    aws.answer("s3", "complete_multipart_upload", {})
    send(aws, tmp_path)
