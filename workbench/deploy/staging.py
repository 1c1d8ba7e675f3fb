"""Sending a package through S3: which bucket, what it contains already, and how much of the package is new.

The names of buckets and objects, and what is in them. steps/s3.py uploads. Source of the limits:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
"""

import base64
import mmap
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.aws.connection import Connection
from workbench.code.package import Package
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.deploy.options import DeployOptions, Upload
from workbench.functions.model import FunctionDetail

SMALLEST_PART_BYTES = 5 * 1024**2
"""Minimum size of the parts of a multipart upload, except the last."""
WORTH_STAGING_BYTES = 10 * 1024**2
"""Packages of at least this size go through an existing staging bucket, since the next one is sent only in
part."""
_COMPARED_BYTES = 1 << 20
_PREFIX = "workbench"
_PACKAGE = re.compile(r"[0-9a-f]{64}\.zip")


@dataclass(frozen=True, slots=True)
class Staging:
    """A package's location in S3.

    Attributes:
        bucket: A bucket in the function's region.
        exists: Whether the bucket exists; otherwise it is created.
        key: Key of the object, named by the package's hash.
        old_key: An object with the same beginning as the package; empty for none.
        unchanged_bytes: Length of that beginning, which is copied inside S3 instead of being sent. 0, or at
            least SMALLEST_PART_BYTES.
        refers: Whether the function refers to the object instead of having a copy: the package becomes the
            object's next version, and stays. See S3ObjectStorageMode in
            https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html
        old_version: The version of such an object that the function currently refers to.
        owner: Account that must own the bucket; empty for a bucket that the user chose.
    """

    bucket: str
    exists: bool
    key: str
    old_key: str = ""
    unchanged_bytes: int = 0
    owner: str = ""
    refers: bool = False
    old_version: str = ""

    @property
    def expected_owner(self) -> dict[str, Any]:
        """The parameter that protects every request from a stranger's bucket of the same name."""
        return {"ExpectedBucketOwner": self.owner} if self.owner else {}


def staging_of_reference(observed: FunctionDetail, options: DeployOptions) -> Staging | None:
    """The staging of a package whose function refers to an S3 object; None if Lambda has a copy.

    A user who chooses to send the package directly chooses that Lambda keeps a copy.
    """
    where = observed.s3_object
    if where is None or options.upload is Upload.DIRECT:
        return None
    return Staging(where.bucket, True, where.key, refers=True, old_version=where.version)


def default_bucket(connection: Connection) -> str:
    """The name of Workbench's own bucket, one for each account and region."""
    return f"workbench-deploy-{connection.account_id}-{connection.region}"


def object_key(function_name: str, code_sha256: str) -> str:
    """The key of a function's package. Raises ValueError if the hash is not base64."""
    return f"{_PREFIX}/{function_name}/{base64.b64decode(code_sha256, validate=True).hex()}.zip"


def observe_staging(
    connection: Connection,
    function_name: str,
    package: Package,
    old_package: Path | None,
    old_sha256: str,
    options: DeployOptions,
    too_large: bool,
    ctx: JobContext,
) -> Staging | None:
    """Decides whether, and how, a package goes through S3. Changes nothing.

    Args:
        package: The package to send.
        old_package: The deployed zip, if it is on this disk.
        old_sha256: Its CodeSha256.
        too_large: Whether the package is too large to be sent directly.

    Returns:
        None if the package is sent directly.

    Raises:
        WorkbenchError: It must go through S3, and the bucket cannot be used or read.
    """
    wanted = too_large or options.upload is Upload.S3
    if not wanted and (options.upload is Upload.DIRECT or package.size_bytes < WORTH_STAGING_BYTES):
        return None
    ctx.check()
    bucket = options.bucket or default_bucket(connection)
    owner = "" if options.bucket else connection.account_id
    staging = Staging(bucket, False, object_key(function_name, package.code_sha256), owner=owner)
    failure = _("Could not use the bucket {bucket}.").format(bucket=bucket)
    try:
        answer = connection.call(
            "s3", "head_bucket", failure=failure, Bucket=bucket, **staging.expected_owner
        )
    except WorkbenchError as error:
        if not wanted:
            return None  # staging is only a convenience: there is no bucket, or it may not be used
        if error.aws_code not in ("404", "NoSuchBucket"):
            raise _unusable(bucket, error) from None
        if options.bucket:
            raise WorkbenchError(
                _("{function_name} was not deployed.").format(function_name=function_name),
                _("There is no bucket {bucket}.").format(bucket=bucket),
                _("Choose another deployment bucket, or leave it empty: Workbench then creates one."),
                aws_code=error.aws_code,
            ) from None
        return staging
    region = answer.get("BucketRegion") or connection.region
    if region != connection.region:  # botocore follows a bucket to its region; Lambda does not
        if not wanted:
            return None
        raise WorkbenchError(
            _("{function_name} was not deployed.").format(function_name=function_name),
            _("The bucket {bucket} is in {region}, the function in {function_region}.").format(
                bucket=bucket, region=region, function_region=connection.region
            ),
            _("Choose a bucket in the function's region."),
        )
    old_key, unchanged = "", 0
    if old_package is not None:
        unchanged = _unchanged_bytes(old_package, package.path)
    if old_package is not None and unchanged:
        old_key = object_key(function_name, old_sha256)
        if packages_in_bucket(connection, staging).get(old_key) != old_package.stat().st_size:
            old_key, unchanged = "", 0
    return Staging(bucket, True, staging.key, old_key, unchanged, owner)


def packages_in_bucket(connection: Connection, staging: Staging) -> dict[str, int]:
    """The sizes of a function's packages in bytes, by key; empty if they may not be listed."""
    folder = staging.key.rpartition("/")[0] + "/"
    try:
        found = connection.call(
            "s3", "list_objects_v2", Bucket=staging.bucket, Prefix=folder, **staging.expected_owner
        )
    except WorkbenchError as error:
        if error.aws_code in ("AccessDenied", "NoSuchBucket"):
            return {}
        raise
    sizes = {str(each["Key"]): int(each["Size"]) for each in found.get("Contents") or ()}
    return {key: size for key, size in sizes.items() if _PACKAGE.fullmatch(key.removeprefix(folder))}


def common_prefix_bytes(one: Path, other: Path) -> int:
    """The length of the common beginning of two files. Raises OSError."""
    with one.open("rb") as first, other.open("rb") as second:
        if not (one.stat().st_size and other.stat().st_size):
            return 0
        with (
            mmap.mmap(first.fileno(), 0, access=mmap.ACCESS_READ) as a,
            mmap.mmap(second.fileno(), 0, access=mmap.ACCESS_READ) as b,
        ):
            least, same = min(len(a), len(b)), 0
            while same < least:
                piece = min(_COMPARED_BYTES, least - same)
                if a[same : same + piece] != b[same : same + piece]:
                    return same + _first_difference(a[same : same + piece], b[same : same + piece])
                same += piece
            return same


def _unchanged_bytes(old_package: Path, package: Path) -> int:
    try:
        same = common_prefix_bytes(old_package, package)
    except OSError as error:
        raise explain_os_error(error, _("The package could not be read."), package) from error
    return same if same >= SMALLEST_PART_BYTES else 0


def _first_difference(one: bytes, other: bytes) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _unusable(bucket: str, error: WorkbenchError) -> WorkbenchError:
    """The error for a refusal of HeadBucket, whose answers contain no text."""
    if error.aws_code not in ("403", "AccessDenied", "Forbidden"):
        return error
    return WorkbenchError(
        error.what,
        _("Access to the bucket {bucket} was denied, or it belongs to another account.").format(
            bucket=bucket
        ),
        _("Request s3:ListBucket, s3:GetObject and s3:PutObject for it, or choose another bucket."),
        aws_code=error.aws_code,
        request_id=error.request_id,
    )
