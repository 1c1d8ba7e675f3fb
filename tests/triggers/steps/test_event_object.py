"""What is done to an object that was put to cause an event."""

import pytest

from tests.aws_stub import ANY, StubbedAws
from tests.triggers.steps.doing import Doing
from workbench.triggers.steps.s3 import OBJECT, Change, change_step, object_step

PUT = object_step("photos", "us-east-1", "123456789012", "in/m.jpg")
OWN = {"Bucket": "photos", "Key": "in/m.jpg", "ExpectedBucketOwner": "123456789012"}


def test_tags_are_put_and_deleted(aws: StubbedAws) -> None:
    tags = {"TagSet": [{"Key": "workbench", "Value": "test"}]}
    aws.answer("s3", "put_object_tagging", {}, {**OWN, "Tagging": tags})
    Doing(aws.connection, change_step(PUT, Change.TAG)).do()
    aws.answer("s3", "put_object_tagging", {}, {**OWN, "Tagging": tags})
    aws.answer("s3", "delete_object_tagging", {}, OWN)
    Doing(aws.connection, change_step(PUT, Change.UNTAG)).do()


@pytest.mark.parametrize("version", ["", "v1"])
def test_the_version_that_was_put_is_deleted(aws: StubbedAws, version: str) -> None:
    aws.answer("s3", "delete_object", {}, OWN | ({"VersionId": version} if version else {}))
    Doing(aws.connection, change_step(PUT, Change.DELETE), {OBJECT: {"version": version}}).do()


def test_nothing_is_deleted_twice(aws: StubbedAws) -> None:
    aws.answer("s3", "list_object_versions", {"Versions": []})
    Doing(aws.connection, PUT).undo({"key": "in/m.jpg"})


def test_an_upload_that_was_broken_off_is_ended(aws: StubbedAws) -> None:
    aws.answer("s3", "create_multipart_upload", {"UploadId": "u1"}, {**OWN, "ContentType": "text/plain"})
    aws.refuse("s3", "upload_part", "AccessDenied", "no", 403)
    doing = Doing(aws.connection, change_step(PUT, Change.MULTIPART))
    with pytest.raises(Exception, match="AccessDenied"):
        doing.do()
    aws.answer("s3", "abort_multipart_upload", {}, {**OWN, "UploadId": "u1"})
    doing.undo()


def test_an_object_is_put_with_the_checksum_that_object_lock_asks_for(aws: StubbedAws) -> None:
    more = {"Body": ANY, "ContentType": "text/plain", "ContentMD5": "zeLg/uXhLuRlazzoiZbSyQ=="}
    aws.answer("s3", "put_object", {}, {**OWN, **more})
    Doing(aws.connection, PUT).do()
