"""Whether Lambda can take code from a bucket: it must be in the function's region."""

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError


def check_bucket_region(connection: Connection, bucket: str, function_name: str) -> None:
    """Looks where a bucket is, before anything is made. One that may not be looked at is left to Lambda.

    Source: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCode.html (S3Bucket)

    Raises:
        WorkbenchError: There is no such bucket, or it is in another region.
    """
    what = f"The function {function_name} was not created."
    try:
        answer = connection.call("s3", "head_bucket", doing=f"look at the bucket {bucket}", Bucket=bucket)
    except WorkbenchError as error:
        if error.aws_code not in ("404", "NoSuchBucket"):
            return  # a policy may let Lambda read what we may not see
        raise WorkbenchError(
            what, f"There is no bucket {bucket}.", "Look at its name.", aws_code=error.aws_code
        ) from None
    region = answer.get("BucketRegion") or connection.region
    if region != connection.region:
        raise WorkbenchError(
            what,
            f"The bucket {bucket} is in {region}, the function would be in {connection.region}.",
            f"Copy the object to a bucket in {connection.region}.",
        )
