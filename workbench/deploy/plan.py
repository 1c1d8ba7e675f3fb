"""Plans a deploy from what was read, and tells what it changes. Pure: reads nothing, changes nothing.

A plan can be shown without being executed. Its steps name the API calls they make and what undoes them. The
changes are those of files and settings: of a plan, of what somebody else did meanwhile, and of a deploy's
record. That has no values of environment variables: they may be secrets, and it is kept for long.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from itertools import filterfalse
from typing import NamedTuple

from workbench.aws.quotas import ZIP_LIMIT_BYTES
from workbench.code.contents import Contents, never_packed
from workbench.code.package import Package
from workbench.code.tree import FileChange
from workbench.code.workspace_store import Base
from workbench.core.errors import WorkbenchError
from workbench.core.files import megabytes
from workbench.core.messages import _
from workbench.deploy.options import AliasMove, DeployOptions
from workbench.deploy.staging import Staging
from workbench.functions.configuration import Settings, setting_name
from workbench.functions.configure import Wanted
from workbench.functions.model import FunctionDetail, S3Object
from workbench.functions.settings import ENVIRONMENT, SettingChange, changes, with_changes
from workbench.functions.versions import Alias


class StepKind(StrEnum):
    """The kinds of steps, by their names in the journal. A plan has at most one of each."""

    SETTLE = "settle"
    BACKUP = "backup"
    BUCKET = "bucket"
    STAGE = "stage"
    CHECK = "check"
    CONFIGURE = "configure"
    UPLOAD = "upload"
    WAIT = "wait"
    REFRESH = "refresh"
    """Managed instances run what was last published to $LATEST.PUBLISHED, not $LATEST."""
    SMOKE = "smoke test"
    PUBLISH = "publish"
    ALIAS = "alias"
    KEEP = "keep"
    PRUNE = "prune"

    @property
    def changes_aws(self) -> bool:
        """Whether it may leave something new in AWS."""
        return self in _CHANGES_AWS


_CHANGES_AWS = frozenset(StepKind) - {
    StepKind.SETTLE,
    StepKind.BACKUP,
    StepKind.CHECK,
    StepKind.WAIT,
    StepKind.KEEP,
}


@dataclass(frozen=True, slots=True)
class DeployStep:
    """A step of a plan.

    Attributes:
        title: For the user.
        api_call: The operation ("lambda:UpdateFunctionCode"); empty for a local step.
        undo: How it is undone, for the user; empty if there is nothing to undo.
    """

    kind: StepKind
    title: str
    api_call: str = ""
    undo: str = ""


_REFRESHED = (StepKind.CONFIGURE, StepKind.UPLOAD)
"""On managed instances callers get these only after $LATEST.PUBLISHED is published."""


@dataclass(frozen=True, slots=True)
class Situation:
    """The input of a plan's steps, apart from the options.

    Attributes:
        sends: Whether the function has other code than the package.
        staging: The package's location in S3, or None.
        observed: The function.
        has_old_code: Whether the currently deployed code is on this disk.
        alias: The current state of the alias to move; None if it does not exist, or none is to move.
    """

    sends: bool
    staging: Staging | None
    observed: FunctionDetail
    has_old_code: bool
    alias: Alias | None


def steps_of(package: Package, options: DeployOptions, now: Situation) -> tuple[DeployStep, ...]:
    """The steps of a plan, in order; none if everything is as wanted."""
    steps = [*_preparing_steps(package, now), *_configuration_steps(options, now), *_code_steps(package, now)]
    if now.observed.is_managed and any(step.kind in _REFRESHED for step in steps):
        title = _("Publish the changes to $LATEST.PUBLISHED, which callers get")
        steps.append(DeployStep(StepKind.REFRESH, title, "lambda:PublishVersion"))
    steps += _release_steps(options, now)
    if not steps:
        return ()
    if now.observed.is_updating:
        steps.insert(
            0, DeployStep(StepKind.SETTLE, _("Wait for the update in progress"), "lambda:GetFunction")
        )
    steps.append(DeployStep(StepKind.KEEP, _("Record the package as deployed")))
    if options.keep_versions:
        title = _("Permanently delete unused versions except the last {keep_versions}").format(
            keep_versions=options.keep_versions
        )
        steps.append(DeployStep(StepKind.PRUNE, title, "lambda:DeleteFunction"))
    return tuple(steps)


def _preparing_steps(package: Package, now: Situation) -> Iterator[DeployStep]:
    """The steps before the function is changed."""
    if not now.sends:
        return
    if not now.has_old_code:
        yield DeployStep(StepKind.BACKUP, _("Download the deployed code"), "lambda:GetFunction")
    if now.staging and not now.staging.exists:
        yield DeployStep(
            StepKind.BUCKET,
            _("Create the private bucket {bucket}").format(bucket=now.staging.bucket),
            "s3:CreateBucket",
        )
    if now.staging:
        yield DeployStep(StepKind.STAGE, _sending(package, now.staging), "s3:UploadPart")


def _configuration_steps(options: DeployOptions, now: Situation) -> Iterator[DeployStep]:
    wanted = options.configuration
    if wanted and wanted.differs_from(now.observed):
        if now.sends and now.staging:
            yield DeployStep(
                StepKind.CHECK, _("Check that AWS accepts the code (dry run)"), "lambda:UpdateFunctionCode"
            )
        title = _("Change the configuration: {wanted}").format(wanted=_changes(wanted, now.observed))
        undo = _("Restore the previous configuration")
        yield DeployStep(StepKind.CONFIGURE, title, "lambda:UpdateFunctionConfiguration", undo)


def _changes(wanted: Wanted, observed: FunctionDetail) -> str:
    """A short description of the changes; variables by name only."""
    before, changes = wanted.of(observed).values(), []
    for name, value in wanted.values().items():
        if value == before[name]:
            continue
        if name == "environment":
            differing = {each for each, __ in set(value) ^ set(before[name])}
            changes.append(_("environment variables ({names})").format(names=", ".join(sorted(differing))))
        elif name == "layers":
            changes.append(_("layers"))
        else:
            changes.append(
                _("{name} from {before} to {after}").format(
                    name=setting_name(name), before=before[name] or _("nothing"), after=value or _("nothing")
                )
            )
    return ", ".join(changes)


def _code_steps(package: Package, now: Situation) -> Iterator[DeployStep]:
    """The steps that update the code of $LATEST."""
    if now.sends:
        title = (
            _("Update the code from S3")
            if now.staging
            else _("Send {size}").format(size=_size(package.size_bytes))
        )
        if now.staging is None and now.observed.s3_object:
            title = _("{title}; Lambda then keeps a copy and no longer refers to {s3_object}").format(
                title=title, s3_object=now.observed.s3_object
            )
        undo = _("Deploy the previous package")
        yield DeployStep(StepKind.UPLOAD, title, "lambda:UpdateFunctionCode", undo)
        yield DeployStep(StepKind.WAIT, _("Wait until the update is complete"), "lambda:GetFunction")


def _release_steps(options: DeployOptions, now: Situation) -> Iterator[DeployStep]:
    """The steps that release $LATEST to the function's callers."""
    if options.smoke_test:
        yield DeployStep(
            StepKind.SMOKE,
            _("Invoke it with {smoke_test}").format(smoke_test=options.smoke_test.name),
            "lambda:Invoke",
        )
    if options.publish:
        yield DeployStep(
            StepKind.PUBLISH, _("Publish a version"), "lambda:PublishVersion", _("Delete the version")
        )
    if options.alias:
        yield _alias_step(options.alias, now.alias)


def _alias_step(move: AliasMove, alias: Alias | None) -> DeployStep:
    if alias is None:
        title, undo = (
            _("Create the alias {move} for the new version").format(move=move.name),
            _("Delete the alias"),
        )
        return DeployStep(StepKind.ALIAS, title, "lambda:CreateAlias", undo)
    title = _("Move the alias {move} from version {version} to the new one").format(
        move=move.name, version=alias.version
    )
    if shares := move.shares():
        steps = ", ".join(f"{share:.0%}" for share in shares)
        title = _("{title}: {steps}, each for {interval_s:,.0f} s, then all").format(
            title=title, steps=steps, interval_s=move.interval_s
        )
    if move.alarms:
        title = _("{title}; watched by {names}").format(title=title, names=", ".join(move.alarms))
    return DeployStep(
        StepKind.ALIAS,
        title,
        "lambda:UpdateAlias",
        _("Point it back to version {version}").format(version=alias.version),
    )


def _sending(package: Package, staging: Staging) -> str:
    if staging.refers:
        where = S3Object(staging.bucket, staging.key)
        return _("Send {size} as a new version of {where}, which the function refers to").format(
            size=_size(package.size_bytes), where=where
        )
    text = _("Send {size_bytes} to the bucket {bucket}").format(
        size_bytes=_size(package.size_bytes - staging.unchanged_bytes), bucket=staging.bucket
    )
    return (
        _("{text}; {size} are there already").format(text=text, size=_size(staging.unchanged_bytes))
        if staging.unchanged_bytes
        else text
    )


def _size(size_bytes: int) -> str:
    return f"{megabytes(size_bytes)} MB" if size_bytes >= 1e5 else f"{size_bytes:,} bytes"


@dataclass(frozen=True, slots=True)
class Plan:
    """A deploy of one package to a function's $LATEST.

    Attributes:
        function_arn: With account and region.
        package: The package to send.
        old_sha256: Current CodeSha256. Only this code may be replaced.
        new_sha256: CodeSha256 afterwards: the function's own, if it has the same code in another zip.
        revision_id: Current RevisionId, the guard of the update.
        already_deployed: Whether the function has this code and everything is as wanted: there are no steps.
        steps: In order.
        staging: The package's location in S3; None if it is sent directly.
        alias: The current state of the alias to move; None if it does not exist.
        configuration: Current values of the configuration to change, or None.
        observed: The function from which the plan was made; None in a plan from a journal.
    """

    function_name: str
    function_arn: str
    package: Package
    old_sha256: str
    new_sha256: str
    revision_id: str
    already_deployed: bool
    steps: tuple[DeployStep, ...]
    options: DeployOptions = field(default_factory=DeployOptions)
    staging: Staging | None = None
    alias: Alias | None = None
    configuration: Wanted | None = None
    observed: FunctionDetail | None = None

    def has(self, kind: StepKind) -> bool:
        return any(step.kind is kind for step in self.steps)


@dataclass(eq=False)
class DeployConflict(WorkbenchError):
    """Somebody else has changed the function's code since it was opened here.

    Attributes:
        base_sha256: CodeSha256 of the code that was opened here.
        deployed_sha256: CodeSha256 of the current code.
    """

    base_sha256: str = ""
    deployed_sha256: str = ""


def plan_deploy(
    observed: FunctionDetail,
    package: Package,
    base: Base,
    *,
    overwrite_sha256: str = "",
    options: DeployOptions | None = None,
    staging: Staging | None = None,
    alias: Alias | None = None,
    alias_version: FunctionDetail | None = None,
) -> Plan:
    """Plans a deploy.

    Args:
        base: The code that the package was made from.
        overwrite_sha256: CodeSha256 of somebody else's code that the user has seen and agreed to replace.
        staging: The package's location in S3; None to send it directly.
        alias: The current state of the wanted alias; None if it does not exist.
        alias_version: The version that it points to; None if traffic is not to be shared, or it may not be
            read.
        observed: The current function.

    Raises:
        DeployConflict: Other code than the base is deployed, and nobody agreed to replace it.
        WorkbenchError: The function cannot take this package.
    """
    failure = _("{function_name} was not deployed.").format(function_name=observed.function_name)
    if observed.package_type == "Image":
        raise WorkbenchError(
            failure,
            _("It runs the container image {image_uri}, not a zip file.").format(
                image_uri=observed.image_uri
            ),
        )
    if observed.function_arn != base.function_arn:
        raise WorkbenchError(
            failure,
            _("This code belongs to {function_arn}, but the connection reaches {reached_arn}.").format(
                function_arn=base.function_arn, reached_arn=observed.function_arn
            ),
            _("Switch to the profile and region that the code was opened with."),
        )
    same_base = observed.code_sha256 == base.code_sha256
    already = observed.code_sha256 == package.code_sha256 or (
        same_base and package.contents.same_code(base.contents)
    )
    agreed = overwrite_sha256 and observed.code_sha256 == overwrite_sha256
    if not already and not same_base and not agreed:
        raise conflict(observed, base.code_sha256)
    options = options or DeployOptions()
    if not already and package.size_bytes > ZIP_LIMIT_BYTES and staging is None:
        raise WorkbenchError(
            failure,
            _(
                "The package measures {size_bytes:,} bytes. Lambda takes {zip_limit_bytes:,} "
                "directly. Larger packages must go through S3, which this deploy does not use."
            ).format(size_bytes=package.size_bytes, zip_limit_bytes=ZIP_LIMIT_BYTES),
            _("Allow S3, remove unneeded files, or move dependencies to a layer."),
        )
    if options.alias and options.alias.shares() and alias and alias.version == "$LATEST":
        # Source: https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
        raise WorkbenchError(
            failure,
            _(
                "The alias {alias} points to $LATEST. AWS shifts traffic only between published versions."
            ).format(alias=alias.name),
            _("Move it all at once. After that, traffic can be shifted in steps."),
        )
    if options.alias and options.alias.shares() and alias and alias_version:
        _check_may_share(failure, observed, alias, alias_version)
    now = Situation(not already, staging, observed, same_base, alias)
    steps = steps_of(package, options, now)
    return Plan(
        observed.function_name,
        observed.function_arn,
        package,
        observed.code_sha256,
        observed.code_sha256 if already else package.code_sha256,
        observed.revision_id,
        already and not steps,
        steps,
        options,
        staging,
        alias,
        options.configuration and options.configuration.of(observed),
        observed,
    )


def _check_may_share(failure: str, observed: FunctionDetail, alias: Alias, other: FunctionDetail) -> None:
    """Raises WorkbenchError if AWS would not share traffic between the new version and the alias's own.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
    """
    for words, new, old in (
        (_("execution role"), observed.role_arn, other.role_arn),
        ("dead-letter queue", observed.dead_letter_arn, other.dead_letter_arn),
    ):
        if new != old:
            raise WorkbenchError(
                failure,
                _(
                    "AWS shifts traffic only between versions with the same {words}. Version "
                    "{version}, the one of the alias {alias}, has {old}; the function has {new}."
                ).format(
                    words=words, version=alias.version, alias=alias.name, old=old or "none", new=new or "none"
                ),
                _("Move the alias all at once, or give the function that setting again."),
            )


def conflict(observed: FunctionDetail, base_sha256: str) -> DeployConflict:
    """The error for code that somebody else deployed."""
    why = (
        _(
            "The deployed code changed at {last_modified:%Y-%m-%d %H:%M:%S} UTC: CodeSha256 was "
            "{base_sha256} when it was opened here and is now {code_sha256}."
        )
        if observed.last_modified
        else _(
            "The deployed code changed: CodeSha256 was {base_sha256} when it was opened here and is now "
            "{code_sha256}."
        )
    )
    return DeployConflict(
        _("{function_name} was not deployed.").format(function_name=observed.function_name),
        why.format(
            last_modified=observed.last_modified,
            base_sha256=base_sha256,
            code_sha256=observed.code_sha256,
        ),
        _("Resolve the conflict: use theirs (yours is kept in a folder), merge both, or overwrite theirs."),
        action="deploy.resolve_conflict",
        base_sha256=base_sha256,
        deployed_sha256=observed.code_sha256,
    )


_SETTINGS = tuple(Wanted.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file that differs between the function's code and the package.

    Attributes:
        path: Relative, with `/`.
        old_bytes: Its size in the function's code; 0 if it is new.
        new_bytes: Its size in the package; 0 if it is deleted.
    """

    path: str
    change: FileChange
    old_bytes: int = 0
    new_bytes: int = 0


def changed_files(deployed: Contents, package: Contents) -> tuple[ChangedFile, ...]:
    """The files that differ in bytes or executable bit, sorted by path."""
    old, new = deployed.files, package.files
    differing = [path for path in old if path not in new]
    differing += [path for path, content in new.items() if old.get(path) != content]
    found = []
    # Only these few are checked for what is never packed, not the possibly thousands of files.
    for path in sorted(filterfalse(never_packed, differing), key=lambda path: path.split("/")):
        before, after = old.get(path), new.get(path)
        if before is None and after is not None:
            found.append(ChangedFile(path, FileChange.ADDED, 0, after.size_bytes))
        elif before is not None and after is None:
            found.append(ChangedFile(path, FileChange.DELETED, before.size_bytes))
        elif before is not None and after is not None and before != after:
            found.append(ChangedFile(path, FileChange.CHANGED, before.size_bytes, after.size_bytes))
    return tuple(found)


def changed_settings(old: FunctionDetail, new: FunctionDetail) -> tuple[SettingChange, ...]:
    """The settings that a deploy can change and that differ; environment variables one by one.

    An environment that may not be read is left out.
    """
    hidden = old.environment_error or new.environment_error
    return changes(old, new, [name for name in _SETTINGS if name != ENVIRONMENT or not hidden])


def undone_settings(changed: Collection[SettingChange], now: FunctionDetail) -> Wanted | None:
    """The configuration that restores the old values of these settings; None if there are none.

    Args:
        changed: Settings from `changed_settings` to restore.
        now: The current function; all other settings are taken from it.
    """
    if not changed:
        return None
    restored = with_changes(Settings.of(now), [each.reversed() for each in changed])
    return Wanted(**{each.name: getattr(restored, each.name) for each in changed})


class SettingsChanged(WorkbenchError):
    """Somebody has changed the configuration since the user saw it; nothing was deployed."""

    def __init__(self, function_name: str, changed: Collection[SettingChange]) -> None:
        names = ", ".join(setting_name(each.name, each.key) for each in changed)
        super().__init__(
            _("{function_name} was not deployed.").format(function_name=function_name),
            _("Its configuration was changed in AWS after it was read here: {names}.").format(names=names),
            _("Choose which settings to keep, then deploy."),
        )


MAX_PATHS = 100
"""Maximum of changed files that are named; the others are counted."""


class FileCount(NamedTuple):
    """How many files of a package differ from the code before.

    Attributes:
        added: Number of new files.
        changed: Number of files with other bytes or another executable bit.
        deleted: Number of deleted files.
    """

    added: int = 0
    changed: int = 0
    deleted: int = 0

    @property
    def total(self) -> int:
        return sum(self)


@dataclass(frozen=True, slots=True)
class Files:
    """How the files of a package differ from those before.

    Attributes:
        paths: The first MAX_PATHS of them, sorted, each with its change.
    """

    count: FileCount = field(default_factory=FileCount)
    paths: tuple[tuple[str, FileChange], ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """The record of a deploy when it begins.

    Attributes:
        who: ARN of the caller; empty if unknown.
        size_bytes: Size of the package; 0 if unknown.
        files: The changes from the code before; None if that was not on this computer.
        before: The function's configuration, without environment variables.
        after: The desired configuration, without environment variables.
        variables: Names of the environment variables, sorted.
    """

    who: str = ""
    size_bytes: int = 0
    files: Files | None = None
    before: Wanted = field(default_factory=Wanted)
    after: Wanted = field(default_factory=Wanted)
    variables: tuple[str, ...] = ()


def about_of(who: str, plan: Plan, old: Contents | None) -> About:
    """The record of a deploy.

    Args:
        plan: The plan about to be executed.
        old: Contents of the replaced package; None if it is not on this computer.
    """
    sends = plan.package.code_sha256 == plan.new_sha256 != plan.old_sha256
    files = _files(old, plan.package.contents) if old is not None and sends else None
    if plan.observed is None:
        return About(who, plan.package.size_bytes, files)
    before = configuration_of(plan.observed)
    wanted = plan.options.configuration
    after = replace(before, **{**wanted.values(), "environment": None}) if wanted else before
    names = {name for name, _value in (wanted and wanted.environment) or plan.observed.environment}
    return About(who, plan.package.size_bytes, files, before, after, tuple(sorted(names)))


def configuration_of(detail: FunctionDetail) -> Wanted:
    """The part of a function's configuration that a deploy can restore."""
    names = (each.name for each in fields(Wanted) if each.name != "environment")
    return Wanted(**{name: getattr(detail, name) for name in names})


def _files(old: Contents, new: Contents) -> Files:
    found = changed_files(old, new)
    count = [each.change for each in found].count
    return Files(
        FileCount(count(FileChange.ADDED), count(FileChange.CHANGED), count(FileChange.DELETED)),
        tuple((each.path, each.change) for each in found[:MAX_PATHS]),
    )
