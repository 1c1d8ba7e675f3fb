"""Finds the region of a bucket, which its ARN does not contain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _

NO_BUCKET = ("404", "NoSuchBucket")
NO_PUBLIC_ACCESS: Mapping[str, bool] = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)
"""PublicAccessBlockConfiguration of the buckets that Workbench creates."""
_OLD_NAMES = {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}
"""Values of LocationConstraint for the two oldest regions.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html"""


@dataclass(frozen=True, slots=True)
class BucketHome:
    """The region of a bucket.

    Attributes:
        region: Empty if it may not be read.
        denied: Why the bucket may not be read; None if it may.
    """

    region: str
    denied: WorkbenchError | None = None


def bucket_home(connection: Connection, bucket: str, owner: str = "") -> BucketHome:
    """Finds a bucket's region, also from a refusal, which contains it, too.

    Args:
        owner: The account that must own it; empty for any.
        connection: A connection to any region of the bucket's partition.

    Raises:
        WorkbenchError: The bucket does not exist, or AWS was not reached.
    """
    expected: dict[str, Any] = {"ExpectedBucketOwner": owner} if owner else {}
    failure = _("Could not read the bucket {bucket}.").format(bucket=bucket)
    try:
        answer = connection.call("s3", "head_bucket", failure=failure, Bucket=bucket, **expected)
    except WorkbenchError as error:
        if error.aws_code in NO_BUCKET:
            raise WorkbenchError(
                failure,
                _("The bucket {bucket} does not exist.").format(bucket=bucket),
                _("Check its name."),
                aws_code=error.aws_code,
                request_id=error.request_id,
            ) from None
        if error.region:
            return BucketHome(error.region, error)
        if not error.aws_code.isdigit() and "AccessDenied" not in error.aws_code:
            raise
        return BucketHome(_location(connection, bucket, expected), error)
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region = answer.get("BucketRegion") or headers.get("x-amz-bucket-region")
    return BucketHome(str(region) if region else _location(connection, bucket, expected))


def _location(connection: Connection, bucket: str, expected: dict[str, Any]) -> str:
    """Asks GetBucketLocation, for servers whose HeadBucket does not answer the region."""
    try:
        answer = connection.call("s3", "get_bucket_location", Bucket=bucket, **expected)
    except WorkbenchError as error:
        return error.region
    constraint = answer.get("LocationConstraint")
    return str(_OLD_NAMES.get(constraint, constraint))


def check_bucket_region(connection: Connection, bucket: str, function_name: str) -> None:
    """Checks the region of a bucket before anything is created.

    An unreadable bucket is left to Lambda to report.

    Source: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCode.html (S3Bucket)

    Raises:
        WorkbenchError: The bucket does not exist, or is in another region.
    """
    what = _("The function {function_name} was not created.").format(function_name=function_name)
    try:
        region = bucket_home(connection, bucket).region
    except WorkbenchError as error:
        if error.aws_code not in NO_BUCKET:
            return  # a policy may allow Lambda to read what the user may not
        raise WorkbenchError(what, error.why, error.remedy, aws_code=error.aws_code) from None
    if region not in ("", connection.region):
        raise WorkbenchError(
            what,
            _("The bucket {bucket} is in {region}; the function would be in {function_region}.").format(
                bucket=bucket, region=region, function_region=connection.region
            ),
            _("Copy the object to a bucket in {region}.").format(region=connection.region),
        )
