"""Makes the staging bucket: private, encrypted, and emptied by itself."""

import contextlib
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.deploy.records import Facts
from workbench.deploy.staging import Staging
from workbench.deploy.steps.running import Running

_KEPT_DAYS = 30
_UNFINISHED_DAYS = 1
_SETTINGS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "put_public_access_block",
        {
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            }
        },
    ),
    (
        "put_bucket_encryption",
        {
            "ServerSideEncryptionConfiguration": {
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            }
        },
    ),
    (
        "put_bucket_lifecycle_configuration",
        {
            "LifecycleConfiguration": {
                "Rules": [
                    {
                        "ID": "workbench-packages",
                        "Status": "Enabled",
                        "Filter": {"Prefix": ""},
                        "Expiration": {"Days": _KEPT_DAYS},
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": _UNFINISHED_DAYS},
                    }
                ]
            }
        },
    ),
)


def do(running: Running) -> Facts:
    """Makes the bucket with all its settings, or not at all. It stays when the deploy is taken back."""
    staging = running.plan.staging
    assert staging is not None
    running.say(f"Making the bucket {staging.bucket}")
    region = running.connection.region
    place: dict[str, Any] = {"CreateBucketConfiguration": {"LocationConstraint": region}}
    if region == "us-east-1":
        place = {}  # the one region that must not be named
    doing = f"make the bucket {staging.bucket}"
    try:
        running.connection.call("s3", "create_bucket", doing=doing, Bucket=staging.bucket, **place)
    except WorkbenchError as error:
        if error.aws_code == "BucketAlreadyExists":
            raise WorkbenchError(
                error.what,
                f"Another account has a bucket of the name {staging.bucket}.",
                "Choose a bucket of your own for packages.",
                error.aws_code,
                error.request_id,
            ) from None
        if error.aws_code != "BucketAlreadyOwnedByYou":
            raise
    try:
        for method, settings in _SETTINGS:
            running.connection.call(
                "s3", method, doing=doing, Bucket=staging.bucket, **settings, **staging.expected_owner
            )
    except WorkbenchError:
        _remove(running, staging)
        raise
    return {"bucket": staging.bucket}


def _remove(running: Running, staging: Staging) -> None:
    """Removes a bucket that did not get its settings, so that it is not taken for one that has them."""
    with contextlib.suppress(WorkbenchError):  # the first error is what counts
        running.connection.call("s3", "delete_bucket", Bucket=staging.bucket, **staging.expected_owner)
