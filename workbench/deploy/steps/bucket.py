"""Makes the staging bucket: private, encrypted, and emptied by itself."""

import contextlib
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.deploy.records import Facts
from workbench.deploy.staging import Staging
from workbench.deploy.steps.running import Running

_BUSY = "OperationAborted"
"""Something else is being done to the bucket: to be tried again, says S3. So it is for a while after a bucket
of that name was deleted, and where two deploys make it at once.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"""
_PATIENCE_S = 60.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 4.0
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
    failure = f"Could not create the bucket {staging.bucket}."
    try:
        _ask(running, "create_bucket", failure, Bucket=staging.bucket, **place)
    except WorkbenchError as error:
        if error.aws_code == "BucketAlreadyExists":
            raise WorkbenchError(
                error.what,
                f"Another account has a bucket of the name {staging.bucket}.",
                "Choose your own bucket for packages.",
                error.aws_code,
                error.request_id,
            ) from None
        if error.aws_code != "BucketAlreadyOwnedByYou":
            raise
    try:
        for method, settings in _SETTINGS:
            _ask(running, method, failure, Bucket=staging.bucket, **settings, **staging.expected_owner)
    except WorkbenchError:
        _remove(running, staging)
        raise
    return {"bucket": staging.bucket}


def _ask(running: Running, method: str, failure: str, **request: Any) -> None:
    """Asks S3, again and again while the bucket is busy."""
    waited_s, pause_s = 0.0, _FIRST_PAUSE_S
    while True:
        try:
            running.connection.call("s3", method, failure=failure, **request)
            return
        except WorkbenchError as error:
            if error.aws_code != _BUSY or waited_s >= _PATIENCE_S:
                raise
        running.ctx.sleep(pause_s)
        waited_s += pause_s
        pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)


def _remove(running: Running, staging: Staging) -> None:
    """Removes a bucket that did not get its settings, so that it is not taken for one that has them."""
    with contextlib.suppress(WorkbenchError):  # the first error is what counts
        running.connection.call("s3", "delete_bucket", Bucket=staging.bucket, **staging.expected_owner)
