"""Which steps a deploy takes, in their order, and what a person reads of them. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.code.package import Package
from workbench.core.files import megabytes
from workbench.deploy.options import AliasMove, DeployOptions
from workbench.deploy.staging import Staging
from workbench.deploy.step import Step, StepKind
from workbench.functions.configuration import setting_name
from workbench.functions.configure import Wanted
from workbench.functions.model import FunctionDetail, S3Object
from workbench.functions.versions import Alias

_REFRESHED = (StepKind.CONFIGURE, StepKind.UPLOAD)
"""What callers of a function on managed instances get only once it is published to $LATEST.PUBLISHED."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What the steps of a plan depend on, beside what is wanted.

    Attributes:
        sends: Whether the function has other code than the package.
        staging: The way through S3, or None.
        observed: The function.
        at_hand: Whether the code that is deployed now is on this disk.
        alias: The alias to move as it is now; None when there is none, or none is to move.
    """

    sends: bool
    staging: Staging | None
    observed: FunctionDetail
    at_hand: bool
    alias: Alias | None


def steps_of(package: Package, options: DeployOptions, now: Situation) -> tuple[Step, ...]:
    """The steps of a plan, in order; none when all is as wanted."""
    steps = [
        *_preparing_steps(package, now),
        *_configuration_steps(options, now),
        *_code_steps(package, now),
    ]
    if now.observed.is_managed and any(step.kind in _REFRESHED for step in steps):
        title = "Publish the changes to $LATEST.PUBLISHED, which callers get"
        steps.append(Step(StepKind.REFRESH, title, "lambda:PublishVersion"))
    steps += _release_steps(options, now)
    if not steps:
        return ()
    if now.observed.is_updating:
        steps.insert(0, Step(StepKind.SETTLE, "Wait for the update in progress", "lambda:GetFunction"))
    steps.append(Step(StepKind.KEEP, "Record the package as deployed"))
    if options.keep_versions:
        title = f"Permanently delete unused versions except the last {options.keep_versions}"
        steps.append(Step(StepKind.PRUNE, title, "lambda:DeleteFunction"))
    return tuple(steps)


def _preparing_steps(package: Package, now: Situation) -> Iterator[Step]:
    """What can be done before the function is touched."""
    if not now.sends:
        return
    if not now.at_hand:
        yield Step(StepKind.BACKUP, "Download the deployed code", "lambda:GetFunction")
    if now.staging and not now.staging.exists:
        yield Step(StepKind.BUCKET, f"Create the private bucket {now.staging.bucket}", "s3:CreateBucket")
    if now.staging:
        yield Step(StepKind.STAGE, _sending(package, now.staging), "s3:UploadPart")


def _configuration_steps(options: DeployOptions, now: Situation) -> Iterator[Step]:
    wanted = options.configuration
    if wanted and wanted.differs_from(now.observed):
        if now.sends and now.staging:
            yield Step(
                StepKind.CHECK, "Check that AWS accepts the code (dry run)", "lambda:UpdateFunctionCode"
            )
        title = f"Change the configuration: {_changes(wanted, now.observed)}"
        undo = "Restore the previous configuration"
        yield Step(StepKind.CONFIGURE, title, "lambda:UpdateFunctionConfiguration", undo)


def _changes(wanted: Wanted, observed: FunctionDetail) -> str:
    """What changes, in short; variables by name only."""
    before, changes = wanted.of(observed).values(), []
    for name, value in wanted.values().items():
        if value == before[name]:
            continue
        if name == "environment":
            differing = {each for each, _ in set(value) ^ set(before[name])}
            changes.append(f"environment variables ({', '.join(sorted(differing))})")
        elif name == "layers":
            changes.append("layers")
        else:
            changes.append(f"{setting_name(name)} from {before[name] or 'nothing'} to {value or 'nothing'}")
    return ", ".join(changes)


def _code_steps(package: Package, now: Situation) -> Iterator[Step]:
    """What brings the code to $LATEST."""
    if now.sends:
        title = "Update the code from S3" if now.staging else f"Send {_size(package.size_bytes)}"
        if now.staging is None and now.observed.s3_object:
            title = f"{title}; Lambda then keeps a copy and no longer refers to {now.observed.s3_object}"
        undo = "Deploy the previous package"
        yield Step(StepKind.UPLOAD, title, "lambda:UpdateFunctionCode", undo)
        yield Step(StepKind.WAIT, "Wait until the update is complete", "lambda:GetFunction")


def _release_steps(options: DeployOptions, now: Situation) -> Iterator[Step]:
    """What brings $LATEST to those who invoke the function."""
    if options.smoke_test:
        yield Step(StepKind.SMOKE, f"Invoke it with {options.smoke_test.name}", "lambda:Invoke")
    if options.publish:
        yield Step(StepKind.PUBLISH, "Publish a version", "lambda:PublishVersion", "Delete the version")
    if options.alias:
        yield _alias_step(options.alias, now.alias)


def _alias_step(move: AliasMove, alias: Alias | None) -> Step:
    if alias is None:
        title, undo = f"Create the alias {move.name} for the new version", "Delete the alias"
        return Step(StepKind.ALIAS, title, "lambda:CreateAlias", undo)
    title = f"Move the alias {move.name} from version {alias.version} to the new one"
    if shares := move.shares():
        steps = ", ".join(f"{share:.0%}" for share in shares)
        title = f"{title}: {steps}, each for {move.interval_s:,.0f} s, then all"
    if move.alarms:
        title = f"{title}; watched by {', '.join(move.alarms)}"
    return Step(StepKind.ALIAS, title, "lambda:UpdateAlias", f"Point it back to version {alias.version}")


def _sending(package: Package, staging: Staging) -> str:
    if staging.refers:
        where = S3Object(staging.bucket, staging.key)
        return f"Send {_size(package.size_bytes)} as a new version of {where}, which the function refers to"
    text = f"Send {_size(package.size_bytes - staging.unchanged_bytes)} to the bucket {staging.bucket}"
    return f"{text}; {_size(staging.unchanged_bytes)} are there already" if staging.unchanged_bytes else text


def _size(size_bytes: int) -> str:
    return f"{megabytes(size_bytes)} MB" if size_bytes >= 1e5 else f"{size_bytes:,} bytes"
