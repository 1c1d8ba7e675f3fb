"""The bucket and the upload of a deploy, each step by itself, with AWS's exact answers."""

import base64
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.aws_stub import ANY, StubbedAws
from tests.deploy.bench import CTX
from tests.deploy.stepped import NEW, OWNED, OWNER, STAGING, WHERE, ZIP, running
from tests.deploy.test_plan import PACKAGE
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff
from workbench.code.package import Package
from workbench.core.errors import WorkbenchError
from workbench.deploy.staging import Staging, default_bucket
from workbench.deploy.steps import running_upload, s3

# ---- the bucket ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_bucket_is_made_in_the_functions_region(access: Access, tmp_path: Path, region: str) -> None:
    """S3 refuses to be told us-east-1, and makes a bucket there when it is told nothing."""
    connection = Connection.open(replace(access, region=region))
    bucket = default_bucket(connection)
    package = Package(tmp_path / "p.zip", NEW, 3, PACKAGE.contents)
    staging = Staging(bucket, False, "k", owner=connection.account_id)
    s3.create_bucket(running_upload(connection, "hello", package, staging, CTX))
    found = connection.call("s3", "get_bucket_location", Bucket=bucket)["LocationConstraint"]
    assert found == (None if region == "us-east-1" else region)


def test_a_bucket_of_another_account_is_left_alone(aws: StubbedAws, tmp_path: Path) -> None:
    aws.refuse("s3", "create_bucket", "BucketAlreadyExists", "It is not available.", 409, request_id="q")
    with pytest.raises(WorkbenchError, match="Could not create the bucket packages") as caught:
        s3.create_bucket(running(aws, tmp_path, staging=STAGING))
    assert caught.value.why == "Another account has a bucket of the name packages."
    assert (caught.value.aws_code, caught.value.request_id) == ("BucketAlreadyExists", "q")
    assert len(aws.calls) == 1  # above all, it is not deleted


def test_a_bucket_that_is_there_already_gets_its_settings(aws: StubbedAws, tmp_path: Path) -> None:
    aws.refuse("s3", "create_bucket", "BucketAlreadyOwnedByYou", "You own it.", 409)
    for method, settings in s3._BUCKET_SETTINGS:
        aws.answer("s3", method, {}, {"Bucket": "packages", **settings, **OWNED})
    assert s3.create_bucket(running(aws, tmp_path, staging=STAGING)) == {"bucket": "packages"}


def test_a_bucket_whose_settings_are_refused_is_deleted_only_if_it_is_ones_own(
    aws: StubbedAws, tmp_path: Path
) -> None:
    aws.answer("s3", "create_bucket", {})
    aws.refuse("s3", "put_public_access_block", "AccessDenied", "Access Denied", 403)
    aws.answer("s3", "delete_bucket", {}, {"Bucket": "packages", **OWNED})
    with pytest.raises(WorkbenchError, match="Could not create the bucket packages"):
        s3.create_bucket(running(aws, tmp_path, staging=STAGING))


# ---- the upload ------------------------------------------------------------------------------------------


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def sent(aws: StubbedAws, upload_id: str, number: int, data: bytes) -> None:
    checksum = base64.b64encode(bytes.fromhex(md5(data))).decode()
    expected = {"UploadId": upload_id, "PartNumber": number, "Body": ANY, "ContentMD5": checksum}
    aws.answer("s3", "upload_part", {"ETag": f'"{md5(data)}"'}, WHERE | expected)


def completed(aws: StubbedAws, upload_id: str, *etags: str) -> None:
    parts = [{"PartNumber": number, "ETag": f'"{etag}"'} for number, etag in enumerate(etags, 1)]
    expected = {"UploadId": upload_id, "MultipartUpload": {"Parts": parts}}
    aws.answer("s3", "complete_multipart_upload", {}, WHERE | expected)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 4 bytes, one after the other, so that their order is known."""
    monkeypatch.setattr(s3, "_PART_BYTES", 4)
    monkeypatch.setattr(s3, "AT_ONCE", 1)


@pytest.mark.usefixtures("small_parts")
def test_an_upload_that_was_interrupted_sends_what_did_not_arrive_or_is_otherwise(
    aws: StubbedAws, tmp_path: Path
) -> None:
    """Of several uploads of this package, the last one goes on."""
    uploads = [
        {"Key": STAGING.key, "UploadId": "u1", "Initiated": "2026-01-01T00:00:00Z"},
        {"Key": STAGING.key, "UploadId": "u2", "Initiated": "2026-01-03T00:00:00Z"},
        {"Key": f"{STAGING.key}.old", "UploadId": "u3", "Initiated": "2026-01-04T00:00:00Z"},
        {"Key": STAGING.key, "UploadId": "u4", "Initiated": "2026-01-02T00:00:00Z"},
    ]
    asked = {"Bucket": "packages", "Prefix": STAGING.key, **OWNED}
    parts = [{"PartNumber": 1, "ETag": f'"{md5(b"1234")}"'}, {"PartNumber": 2, "ETag": '"another"'}]
    deploying = running(aws, tmp_path, staging=STAGING)
    aws.answer("s3", "list_objects_v2", {})
    aws.answer("s3", "list_multipart_uploads", {"Uploads": uploads}, asked)
    aws.answer("s3", "list_parts", {"Parts": parts}, WHERE | {"UploadId": "u2"})
    sent(aws, "u2", 2, b"5678")
    completed(aws, "u2", md5(b"1234"), md5(b"5678"))
    s3.upload(deploying, STAGING, deploying.plan.package)


@pytest.mark.usefixtures("small_parts")
def test_who_may_not_list_uploads_begins_a_new_one(aws: StubbedAws, tmp_path: Path) -> None:
    aws.answer("s3", "list_objects_v2", {})
    aws.refuse("s3", "list_multipart_uploads", "AccessDenied", "Access Denied", 403)
    aws.answer("s3", "create_multipart_upload", {"UploadId": "u"}, WHERE)
    sent(aws, "u", 1, b"1234")
    sent(aws, "u", 2, b"5678")
    completed(aws, "u", md5(b"1234"), md5(b"5678"))
    deploying = running(aws, tmp_path, staging=STAGING)
    s3.upload(deploying, STAGING, deploying.plan.package)


@pytest.mark.usefixtures("small_parts")
def test_the_beginning_that_s3_has_is_copied_there_from_ones_own_bucket_only(
    aws: StubbedAws, tmp_path: Path
) -> None:
    staging = replace(STAGING, old_key="workbench/hello/old.zip", unchanged_bytes=5)
    aws.answer("s3", "list_objects_v2", {})
    aws.answer("s3", "list_multipart_uploads", {})
    aws.answer("s3", "create_multipart_upload", {"UploadId": "u"}, WHERE)
    expected = {
        "UploadId": "u",
        "PartNumber": 1,
        "CopySource": {"Bucket": "packages", "Key": "workbench/hello/old.zip"},
        "CopySourceRange": "bytes=0-4",
        "ExpectedSourceBucketOwner": OWNER,
    }
    aws.answer("s3", "upload_part_copy", {"CopyPartResult": {"ETag": '"copied"'}}, WHERE | expected)
    sent(aws, "u", 2, b"678")
    completed(aws, "u", "copied", md5(b"678"))
    deploying = running(aws, tmp_path, staging=staging)
    s3.upload(deploying, staging, deploying.plan.package)


def test_a_package_is_sent_whole_again_after_a_fault(
    aws: StubbedAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "_PART_BACKOFF", Backoff(0.0, factor=1.0, attempts=3))
    bodies: list[bytes] = []

    def put(_service: str, _method: str, /, **params: Any) -> dict[str, Any]:
        bodies.append(params["Body"].read())
        if len(bodies) == 1:
            raise WorkbenchError("It was not sent.", aws_code="SlowDown")
        return {}

    deploying = running(aws, tmp_path, staging=STAGING)
    monkeypatch.setattr(aws.connection, "call", put)
    s3._Upload(deploying, STAGING, deploying.plan.package).run()
    assert bodies == [ZIP, ZIP]


def test_a_package_that_has_gone_from_the_disk_is_said(aws: StubbedAws, tmp_path: Path) -> None:
    deploying = running(aws, tmp_path, staging=STAGING)
    deploying.plan.package.path.unlink()
    aws.answer("s3", "list_objects_v2", {})
    with pytest.raises(WorkbenchError, match="The package could not be read") as caught:
        s3.upload(deploying, STAGING, deploying.plan.package)
    assert "new.zip" in caught.value.why
