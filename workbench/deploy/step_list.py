"""Which steps a deploy takes, in their order, and what a person reads of them. Pure."""

from collections.abc import Iterator

from workbench.code.package import Package
from workbench.deploy.options import DeployOptions
from workbench.deploy.staging import Staging
from workbench.deploy.step import Step, StepKind


def steps_of(
    package: Package, options: DeployOptions, staging: Staging | None, settling: bool, backup: bool
) -> tuple[Step, ...]:
    """The steps of a plan.

    Args:
        package: What to send.
        options: What was wanted beside the code.
        staging: The way through S3, or None.
        settling: Whether an update of the function runs now.
        backup: Whether the deployed code is not on this disk.
    """
    return tuple(_steps(package, options, staging, settling, backup))


def _steps(
    package: Package, options: DeployOptions, staging: Staging | None, settling: bool, backup: bool
) -> Iterator[Step]:
    if settling:
        yield Step(StepKind.SETTLE, "Wait until the running update is over", "lambda:GetFunction")
    if backup and options.undo_on_failure:
        yield Step(StepKind.BACKUP, "Download the code that is deployed now", "lambda:GetFunction")
    if staging and not staging.exists:
        yield Step(StepKind.BUCKET, f"Make the private bucket {staging.bucket}", "s3:CreateBucket")
    undo = "Deploy the earlier package again"
    if staging:
        yield Step(StepKind.STAGE, _sending(package, staging), "s3:UploadPart")
        yield Step(StepKind.UPLOAD, "Take the code from S3", "lambda:UpdateFunctionCode", undo)
    else:
        yield Step(StepKind.UPLOAD, f"Send {_size(package.size_bytes)}", "lambda:UpdateFunctionCode", undo)
    yield Step(StepKind.WAIT, "Wait until the new code is in place", "lambda:GetFunction")
    yield Step(StepKind.KEEP, "Remember the package as what is deployed")


def _sending(package: Package, staging: Staging) -> str:
    text = f"Send {_size(package.size_bytes - staging.unchanged_bytes)} to the bucket {staging.bucket}"
    return f"{text}; {_size(staging.unchanged_bytes)} are there already" if staging.unchanged_bytes else text


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.1f} MB" if size_bytes >= 1e5 else f"{size_bytes:,} bytes"
