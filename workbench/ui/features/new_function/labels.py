"""Texts of event sources, plans and packages."""

from collections.abc import Iterable

from workbench.code.dependencies.declared import InstallPreview
from workbench.code.package import Secret
from workbench.code.syntax import missing_handler
from workbench.core.messages import _, ngettext
from workbench.deploy.new_function import CodeReport
from workbench.functions.create import CreationStep, NewFunction, StepKind
from workbench.functions.templates import AccountRegion, Template
from workbench.ui.kit.text import size_text

_MAX_PATHS = 200


def source_title(source: str) -> str:
    """What an event source is called; one that is not known here by its own name."""
    return {
        "plain": _("Direct invocation"),
        "http": _("HTTP API or function URL"),
        "s3": _("S3: objects in a bucket"),
        "sqs": _("SQS: messages in a queue"),
        "sns": _("SNS: messages from a topic"),
        "dynamodb": _("DynamoDB Streams: changes to a table"),
        "kinesis": _("Kinesis: records in a stream"),
        "schedule": _("EventBridge: schedule"),
    }.get(source, source)


def arn_title(source: str) -> str:
    """What the ARN is of that a function reads from."""
    if source == "sqs":
        return _("Queue ARN")
    return _("Stream ARN")


def step_text(step: CreationStep) -> str:
    """What a step does."""
    text = {
        StepKind.BUCKET: _("Create the bucket {subject}"),
        StepKind.UPLOAD: _("Upload the package to {subject}"),
        StepKind.ROLE: _("Create the role {subject}"),
        StepKind.POLICY: _("Attach the policy shown in the Permissions tab"),
        StepKind.FUNCTION: _("Create the function {subject}"),
        StepKind.WAIT: _("Wait until the function is active"),
    }[step.kind]
    return text.format(subject=step.subject)


def plan_text(
    wanted: NewFunction,
    steps: tuple[CreationStep, ...],
    account_region: AccountRegion,
    template: Template,
    role_name: str,
    *,
    may_be_large: bool = False,
    package: str = "",
) -> str:
    """The plan in words: where, what, by which requests, what takes each back.

    Args:
        wanted: What will be made.
        steps: Of the plan.
        account_region: Where.
        template: What it begins with.
        role_name: Of a chosen role; empty when one is made.
        may_be_large: Whether its package may be too large for the request.
        package: What goes into it and what stays out (`package_text`); empty where that is not inspected.
    """
    where = _("In {region}, account {account_id}:")
    lines = [where.format(region=account_region.region, account_id=account_region.account_id), ""]
    for number, step in enumerate(steps, 1):
        lines.append(f"{number}. {step_text(step)}")
        call = step.call
        if step.undo:
            call += " · " + _("undone by {undo}").format(undo=step.undo)
        lines.append(f"    {call}")
    if package:
        lines += ["", package]
    facts = _("Runtime {code} ({architecture}), handler {handler}, 128 MB of memory, timeout of 3 s.")
    if is_image := not wanted.runtime:
        facts = _("Container image {code} ({architecture}), 128 MB of memory, timeout of 3 s.")
    unnamed = _("URI")  # until it has one
    code = wanted.image_uri or unnamed if is_image else wanted.runtime
    lines += ["", facts.format(code=code, architecture=wanted.architecture, handler=wanted.handler)]
    if '"TenancyConfig"' in wanted.settings:
        lines.append(_("Tenant isolation: each invocation needs a tenant ID."))
    if role_name:
        role = _("Uses the execution role {role_name}, which is not changed.")
        lines.append(role.format(role_name=role_name))
    if may_be_large:
        large = _("A package larger than 50 MB is first uploaded to the bucket {bucket}.")
        own = f"workbench-deploy-{account_region.account_id}-{account_region.region}"
        large = large.format(bucket=wanted.staging_bucket or own)
        if not wanted.staging_bucket:
            large += " " + _("It is created if it does not exist.")
        lines.append(large)
    if template.source != "plain":
        lines.append(_("The trigger is not created: add it afterwards."))
    lines.append(_("If a step fails or you cancel, everything created is deleted."))
    return "\n".join(lines)


def package_text(report: CodeReport | None, wanted: NewFunction) -> str:
    """What goes into the package, and what stays out of it, for the plan.

    Args:
        report: Of the inspection; None before its end.
        wanted: The function that will be created.
    """
    if report is None:
        return _("Checking the code…")
    if report.error is not None:
        return str(report.error)
    if report.outlook is None:
        return "\n".join(_zip_lines(report, wanted))
    seen = report.outlook
    words = ngettext(
        "The package has {count:,} file ({size}).", "The package has {count:,} files ({size}).", seen.in_files
    )
    lines = [words.format(count=seen.in_files, size=size_text(seen.in_bytes))]
    if report.install is not None:
        lines = [_install_text(report.install), *_listed(report.install.packages), *lines]
    taken = (each.path for each in seen.decisions if not each.why_out and not each.is_folder)
    if missing := _missing_handler(taken, wanted):
        lines.insert(0, missing)
    for paths, title in (
        (
            seen.secrets(Secret.BY_NAME),
            _("Included by name, although it looks like a secret:"),
        ),
        (
            seen.secrets(Secret.LEFT_OUT),
            _("Excluded because it looks like a secret:"),
        ),
        (seen.others_out, _("Also excluded:")),
    ):
        if paths:
            lines += [title, *_listed(paths)]
    return "\n".join(lines)


def _zip_lines(report: CodeReport, wanted: NewFunction) -> list[str]:
    lines = [_("The zip file is sent unchanged.")]
    if report.install is not None:
        words = _("The package takes them and the files of the zip file.")
        lines = [_install_text(report.install), *_listed(report.install.packages), words]
    if missing := _missing_handler(report.zip_paths, wanted):
        lines.insert(0, missing)
    if report.zip_secrets:
        lines += [
            _("It includes what looks like a secret:"),
            *_listed(report.zip_secrets),
        ]
    return lines


def _install_text(install: InstallPreview) -> str:
    count = len(install.packages)
    words = ngettext(
        "Install {count:,} package from {path}:", "Install {count:,} packages from {path}:", count
    )
    return words.format(count=count, path=install.path)


def _missing_handler(paths: Iterable[str], wanted: NewFunction) -> str:
    """Says that the package does not have the handler's file; "" when it does, or no name tells."""
    missing = missing_handler(paths, wanted.handler, wanted.runtime)
    if not missing:
        return ""
    words = _("The handler is {handler}, but the package has no {missing}: every invocation will fail.")
    return words.format(handler=wanted.handler, missing=missing)


def _listed(paths: tuple[str, ...]) -> list[str]:
    lines = [f"    {path}" for path in paths[:_MAX_PATHS]]
    if more := len(paths) - len(lines):
        words = _("… and {more} more")
        lines.append(f"    {words.format(more=f'{more:,}')}")
    return lines


def made_text(wanted: NewFunction, begun: tuple[StepKind, ...]) -> str:
    """What an interrupted creation may have left."""
    parts = []
    if StepKind.BUCKET in begun:
        parts.append(_("the bucket for packages"))
    if StepKind.UPLOAD in begun:
        parts.append(_("the package in S3"))
    if StepKind.ROLE in begun:
        parts.append(_("the role {role_name}").format(role_name=wanted.role_name))
    if StepKind.FUNCTION in begun:
        parts.append(_("the function {function_name}").format(function_name=wanted.function_name))
    if not parts:
        return _("Nothing was created.")
    made = _("May have been created: {names}.")
    return made.format(names=", ".join(parts))
