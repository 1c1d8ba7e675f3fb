"""Which steps a deploy takes, in their order, and what a person reads of them. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.code.package import Package
from workbench.deploy.options import AliasMove, DeployOptions
from workbench.deploy.staging import Staging
from workbench.deploy.step import Step, StepKind
from workbench.functions.versions import Alias


@dataclass(frozen=True, slots=True)
class Situation:
    """What the steps of a plan depend on, beside what is wanted.

    Attributes:
        sends: Whether the function has other code than the package.
        staging: The way through S3, or None.
        settling: Whether an update of the function runs now.
        at_hand: Whether the code that is deployed now is on this disk.
        alias: The alias to move as it is now; None when there is none, or none is to move.
    """

    sends: bool
    staging: Staging | None = None
    settling: bool = False
    at_hand: bool = True
    alias: Alias | None = None


def steps_of(package: Package, options: DeployOptions, now: Situation) -> tuple[Step, ...]:
    """The steps of a plan, in order; none when all is as wanted."""
    steps = [*(_code_steps(package, options, now) if now.sends else ()), *_release_steps(options, now)]
    if not steps:
        return ()
    if now.settling:
        steps.insert(0, Step(StepKind.SETTLE, "Wait until the running update is over", "lambda:GetFunction"))
    steps.append(Step(StepKind.KEEP, "Remember the package as what is deployed"))
    if options.keep_versions:
        title = f"Delete versions before the last {options.keep_versions} that nothing uses, for good"
        steps.append(Step(StepKind.PRUNE, title, "lambda:DeleteFunction"))
    return tuple(steps)


def _code_steps(package: Package, options: DeployOptions, now: Situation) -> Iterator[Step]:
    """What brings the code to $LATEST."""
    staging, undo = now.staging, "Deploy the earlier package again"
    if options.undo_on_failure and not now.at_hand:
        yield Step(StepKind.BACKUP, "Download the code that is deployed now", "lambda:GetFunction")
    if staging and not staging.exists:
        yield Step(StepKind.BUCKET, f"Make the private bucket {staging.bucket}", "s3:CreateBucket")
    if staging:
        yield Step(StepKind.STAGE, _sending(package, staging), "s3:UploadPart")
        yield Step(StepKind.UPLOAD, "Take the code from S3", "lambda:UpdateFunctionCode", undo)
    else:
        yield Step(StepKind.UPLOAD, f"Send {_size(package.size_bytes)}", "lambda:UpdateFunctionCode", undo)
    yield Step(StepKind.WAIT, "Wait until the new code is in place", "lambda:GetFunction")


def _release_steps(options: DeployOptions, now: Situation) -> Iterator[Step]:
    """What brings $LATEST to those who invoke the function."""
    if options.smoke_test:
        yield Step(StepKind.SMOKE, f"Test it with {options.smoke_test.name}", "lambda:Invoke")
    if options.publish:
        yield Step(StepKind.PUBLISH, "Publish a version", "lambda:PublishVersion", "Delete the version")
    if options.alias:
        yield _alias_step(options.alias, now.alias)


def _alias_step(move: AliasMove, alias: Alias | None) -> Step:
    if alias is None:
        title, undo = f"Make the alias {move.name} for the new version", "Delete the alias"
        return Step(StepKind.ALIAS, title, "lambda:CreateAlias", undo)
    title = f"Move the alias {move.name} from version {alias.version} to the new one"
    if shares := move.shares():
        steps = ", ".join(f"{share:.0%}" for share in shares)
        title = f"{title}: {steps}, each for {move.interval_s:,.0f} s, then all"
    if move.alarms:
        title = f"{title}; watched by {', '.join(move.alarms)}"
    return Step(StepKind.ALIAS, title, "lambda:UpdateAlias", f"Point it to version {alias.version} again")


def _sending(package: Package, staging: Staging) -> str:
    text = f"Send {_size(package.size_bytes - staging.unchanged_bytes)} to the bucket {staging.bucket}"
    return f"{text}; {_size(staging.unchanged_bytes)} are there already" if staging.unchanged_bytes else text


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.1f} MB" if size_bytes >= 1e5 else f"{size_bytes:,} bytes"
