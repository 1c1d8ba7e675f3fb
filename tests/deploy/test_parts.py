"""Parts of an upload: a few at once, counted and ended together; each with a checksum, for Object Lock."""

import base64
import hashlib
import threading
from pathlib import Path

import pytest

from tests.aws_stub import ANY, StubbedAws
from tests.deploy.bench import CTX
from tests.deploy.test_plan import BASE
from tests.deploy.test_source_key import seen
from workbench.code.contents import Contents
from workbench.code.package import Package
from workbench.core.clock import SystemClock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext, current_job, working_for
from workbench.deploy.options import DeployOptions
from workbench.deploy.plan import plan_deploy
from workbench.deploy.staging import Staging
from workbench.deploy.steps import Running, s3
from workbench.deploy.steps.s3 import AT_ONCE, Parts

NUMBERS = range(1, 12)
WAIT_S = 60


def test_a_few_are_on_their_way_at_once_and_never_more() -> None:
    together = threading.Barrier(AT_ONCE)
    lock, on_their_way, most = threading.Lock(), 0, 0

    def send(number: int) -> str:
        nonlocal on_their_way, most
        with lock:
            on_their_way += 1
            most = max(most, on_their_way)
        if number <= AT_ONCE:
            together.wait(WAIT_S)  # broken unless all of them are here
        with lock:
            on_their_way -= 1
        return f"etag {number}"

    found = Parts(lambda _sent: None).run(NUMBERS, send)
    assert found == [f"etag {number}" for number in NUMBERS]
    assert most == AT_ONCE
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("upload")]


def test_the_bytes_of_all_are_counted_together() -> None:
    told: list[int] = []
    parts = Parts(told.append)

    def send(number: int) -> str:
        for sent in (5, 10):
            parts.count(number, sent)
        return ""

    parts.run(NUMBERS, send)
    assert told == sorted(told)
    assert told[-1] == 10 * len(NUMBERS)
    parts.count(1, 0)  # it is sent again
    assert told[-1] == 10 * (len(NUMBERS) - 1)


def test_one_failure_ends_the_others_and_is_the_one_that_is_raised() -> None:
    parts = Parts(lambda _sent: None)
    begun: list[int] = []
    all_here = threading.Barrier(AT_ONCE)

    def send(number: int) -> str:
        begun.append(number)
        all_here.wait(WAIT_S)
        if number == 3:
            raise WorkbenchError("S3 refused.", aws_code="AccessDenied")
        for _ in range(10_000):
            parts.count(number, 1)
            threading.Event().wait(0.001)
        raise AssertionError("it went on")

    with pytest.raises(WorkbenchError, match="S3 refused"):
        parts.run(NUMBERS, send)
    assert sorted(begun) == [1, 2, 3, 4]  # those after them were not begun


def test_cancel_ends_all() -> None:
    def cancelled(_sent: int) -> None:
        raise Cancelled

    parts = Parts(cancelled)

    def send(number: int) -> str:
        parts.count(number, 1)
        raise AssertionError("it went on")

    with pytest.raises(Cancelled):
        parts.run(NUMBERS, send)


def test_each_is_sent_for_the_same_job() -> None:
    jobs: list[object] = []

    def send(_number: int) -> str:
        jobs.append(current_job())
        return ""

    with working_for(CTX):
        Parts(lambda _sent: None).run(NUMBERS, send)
    assert jobs == [CTX] * len(NUMBERS)


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
