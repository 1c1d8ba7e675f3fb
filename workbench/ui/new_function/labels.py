"""Texts of event sources, plans and packages."""

from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication

from workbench.code.dependencies.declared import InstallPreview
from workbench.code.package import Secret
from workbench.code.syntax import missing_handler
from workbench.functions.create_plan import CreationStep, NewFunction, StepKind
from workbench.functions.templates import AccountRegion, Template
from workbench.ui.new_function.package import CodeReport
from workbench.ui.units import size_text

_MAX_PATHS = 200


def source_title(source: str) -> str:
    """What an event source is called; one that is not known here by its own name."""
    translate = QCoreApplication.translate
    return {
        "plain": translate("NewFunction", "Direct invocation"),
        "http": translate("NewFunction", "HTTP API or function URL"),
        "s3": translate("NewFunction", "S3: objects in a bucket"),
        "sqs": translate("NewFunction", "SQS: messages in a queue"),
        "sns": translate("NewFunction", "SNS: messages from a topic"),
        "dynamodb": translate("NewFunction", "DynamoDB Streams: changes to a table"),
        "kinesis": translate("NewFunction", "Kinesis: records in a stream"),
        "schedule": translate("NewFunction", "EventBridge: schedule"),
    }.get(source, source)


def arn_title(source: str) -> str:
    """What the ARN is of that a function reads from."""
    translate = QCoreApplication.translate
    if source == "sqs":
        return translate("NewFunction", "Queue ARN")
    return translate("NewFunction", "Stream ARN")


def step_text(step: CreationStep) -> str:
    """What a step does."""
    translate = QCoreApplication.translate
    text = {
        StepKind.BUCKET: translate("NewFunction", "Create the bucket %1"),
        StepKind.UPLOAD: translate("NewFunction", "Upload the package to %1"),
        StepKind.ROLE: translate("NewFunction", "Create the role %1"),
        StepKind.POLICY: translate("NewFunction", "Attach the policy shown in the Permissions tab"),
        StepKind.FUNCTION: translate("NewFunction", "Create the function %1"),
        StepKind.WAIT: translate("NewFunction", "Wait until the function is active"),
    }[step.kind]
    return text.replace("%1", step.subject)


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
    translate = QCoreApplication.translate
    where = translate("NewFunction", "In %1, account %2:")
    lines = [where.replace("%1", account_region.region).replace("%2", account_region.account_id), ""]
    for number, step in enumerate(steps, 1):
        lines.append(f"{number}. {step_text(step)}")
        call = step.call
        if step.undo:
            call += " · " + translate("NewFunction", "undone by %1").replace("%1", step.undo)
        lines.append(f"    {call}")
    if package:
        lines += ["", package]
    facts = translate("NewFunction", "Runtime %1 (%2), handler %3, 128 MB of memory, timeout of 3 s.")
    if is_image := not wanted.runtime:
        facts = translate("NewFunction", "Container image %1 (%2), 128 MB of memory, timeout of 3 s.")
    unnamed = translate("NewFunction", "URI")  # until it has one
    code = wanted.image_uri or unnamed if is_image else wanted.runtime
    facts = facts.replace("%1", code).replace("%2", wanted.architecture)
    lines += ["", facts.replace("%3", wanted.handler)]
    if '"TenancyConfig"' in wanted.settings:
        lines.append(translate("NewFunction", "Tenant isolation: each invocation needs a tenant ID."))
    if role_name:
        role = translate("NewFunction", "Uses the execution role %1, which is not changed.")
        lines.append(role.replace("%1", role_name))
    if may_be_large:
        large = translate("NewFunction", ("A package larger than 50 MB is first uploaded to the bucket %1."))
        if not wanted.staging_bucket:
            large += " " + translate("NewFunction", "It is created if it does not exist.")
        own = f"workbench-deploy-{account_region.account_id}-{account_region.region}"
        lines.append(large.replace("%1", wanted.staging_bucket or own))
    if template.source != "plain":
        lines.append(translate("NewFunction", "The trigger is not created: add it afterwards."))
    lines.append(translate("NewFunction", ("If a step fails or you cancel, everything created is deleted.")))
    return "\n".join(lines)


def package_text(report: CodeReport | None, wanted: NewFunction) -> str:
    """What goes into the package, and what stays out of it, for the plan.

    Args:
        report: Of the inspection; None before its end.
        wanted: The function that will be created.
    """
    translate = QCoreApplication.translate
    if report is None:
        return translate("NewFunction", "Checking the code…")
    if report.error is not None:
        return str(report.error)
    if report.outlook is None:
        return "\n".join(_zip_lines(report, wanted))
    seen = report.outlook
    words = translate("NewFunction", "The package has %1 files (%2).")
    if seen.in_files == 1:
        words = translate("NewFunction", "The package has 1 file (%2).")
    lines = [words.replace("%1", f"{seen.in_files:,}").replace("%2", size_text(seen.in_bytes))]
    if report.install is not None:
        lines = [_install_text(report.install), *_listed(report.install.packages), *lines]
    taken = (each.path for each in seen.decisions if not each.why_out and not each.is_folder)
    if missing := _missing_handler(taken, wanted):
        lines.insert(0, missing)
    for paths, title in (
        (
            seen.secrets(Secret.BY_NAME),
            translate("NewFunction", ("Included by name, although it looks like a secret:")),
        ),
        (
            seen.secrets(Secret.LEFT_OUT),
            translate("NewFunction", "Excluded because it looks like a secret:"),
        ),
        (seen.others_out, translate("NewFunction", "Also excluded:")),
    ):
        if paths:
            lines += [title, *_listed(paths)]
    return "\n".join(lines)


def _zip_lines(report: CodeReport, wanted: NewFunction) -> list[str]:
    translate = QCoreApplication.translate
    lines = [translate("NewFunction", "The zip file is sent unchanged.")]
    if report.install is not None:
        words = translate("NewFunction", "The package takes them and the files of the zip file.")
        lines = [_install_text(report.install), *_listed(report.install.packages), words]
    if missing := _missing_handler(report.zip_paths, wanted):
        lines.insert(0, missing)
    if report.zip_secrets:
        lines += [
            translate("NewFunction", "It includes what looks like a secret:"),
            *_listed(report.zip_secrets),
        ]
    return lines


def _install_text(install: InstallPreview) -> str:
    count = len(install.packages)
    words = QCoreApplication.translate("NewFunction", "Install %1 packages from %2:")
    if count == 1:
        words = QCoreApplication.translate("NewFunction", "Install 1 package from %2:")
    return words.replace("%1", f"{count:,}").replace("%2", install.path)


def _missing_handler(paths: Iterable[str], wanted: NewFunction) -> str:
    """Says that the package does not have the handler's file; "" when it does, or no name tells."""
    missing = missing_handler(paths, wanted.handler, wanted.runtime)
    if not missing:
        return ""
    words = QCoreApplication.translate(
        "NewFunction", "The handler is %1, but the package has no %2: every invocation will fail."
    )
    return words.replace("%1", wanted.handler).replace("%2", missing)


def _listed(paths: tuple[str, ...]) -> list[str]:
    lines = [f"    {path}" for path in paths[:_MAX_PATHS]]
    if more := len(paths) - len(lines):
        words = QCoreApplication.translate("NewFunction", "… and %1 more")
        lines.append(f"    {words.replace('%1', f'{more:,}')}")
    return lines


def made_text(wanted: NewFunction, begun: tuple[StepKind, ...]) -> str:
    """What an interrupted creation may have left."""
    translate = QCoreApplication.translate
    parts = []
    if StepKind.BUCKET in begun:
        parts.append(translate("NewFunction", "the bucket for packages"))
    if StepKind.UPLOAD in begun:
        parts.append(translate("NewFunction", "the package in S3"))
    if StepKind.ROLE in begun:
        parts.append(translate("NewFunction", "the role %1").replace("%1", wanted.role_name))
    if StepKind.FUNCTION in begun:
        parts.append(translate("NewFunction", "the function %1").replace("%1", wanted.function_name))
    if not parts:
        return translate("NewFunction", "Nothing was created.")
    made = translate("NewFunction", "May have been created: %1.")
    return made.replace("%1", ", ".join(parts))
