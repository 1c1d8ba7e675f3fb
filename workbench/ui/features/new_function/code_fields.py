"""Texts of event sources, plans and packages."""

import contextlib
from dataclasses import replace
from enum import Enum
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from workbench.aws.names import image_region
from workbench.code.dependencies.declared import InstallPreview
from workbench.code.package import Secret
from workbench.code.package_contents import PROJECT
from workbench.core.messages import _, ngettext
from workbench.deploy.new_function import CodeReport
from workbench.functions.create import Choices, CreationStep, NewFunction, StepKind
from workbench.functions.permissions import statements_of
from workbench.functions.templates import AccountRegion, Template
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.fields import SuggestedChoice
from workbench.ui.kit.file_dialog import FileDialog
from workbench.ui.kit.text import PlainLine, named, size_text

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
    for statement in statements_of(wanted.policy):
        allows = _("The new role allows {actions} on {resources}.")
        resources = ", ".join(statement.resources)
        lines.append(allows.format(actions=", ".join(statement.actions), resources=resources))
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
    if wanted.s3_bucket:
        return "\n".join(report.notes)
    if report.outlook is None:
        return "\n".join(_zip_lines(report))
    seen = report.outlook
    words = ngettext(
        "The package has {count:,} file ({size}).", "The package has {count:,} files ({size}).", seen.in_files
    )
    lines = [words.format(count=seen.in_files, size=size_text(seen.in_bytes))]
    if report.install is not None:
        lines = [_install_text(report.install), *_listed(report.install.packages), *lines]
    lines += report.notes
    for paths, title in (
        (seen.secrets(Secret.BY_NAME), _("Included by name, although it looks like a secret:")),
        (seen.secrets(Secret.LEFT_OUT), _("Excluded because it looks like a secret:")),
        (seen.others_out, _("Also excluded:")),
    ):
        if paths:
            lines += [title, *_listed(paths)]
    return "\n".join(lines)


def _zip_lines(report: CodeReport) -> list[str]:
    lines = [_("The zip file is sent unchanged.")]
    if report.install is not None:
        words = _("The package takes them and the files of the zip file.")
        lines = [_install_text(report.install), *_listed(report.install.packages), words]
    lines += report.notes
    if report.zip_secrets:
        lines += [_("It includes what looks like a secret:"), *_listed(report.zip_secrets)]
    return lines


def _install_text(install: InstallPreview) -> str:
    count = len(install.packages)
    words = ngettext(
        "Install {count:,} package from {path}:", "Install {count:,} packages from {path}:", count
    )
    return words.format(count=count, path=install.path)


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


class CodeFrom(Enum):
    """Where it comes from."""

    TEMPLATE = "template"
    ZIP = "zip"
    FOLDER = "folder"
    S3 = "s3"
    IMAGE = "image"


class PathField(QWidget):
    """A path, typed or chosen.

    Signals:
        changed: Another path.
    """

    changed = Signal()

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        named(self, name, title)
        self.of_folder = False
        self.line = named(PlainLine(), f"{name}Text", title)
        self.browse = named(QPushButton(_("Browse…")), f"{name}Browse", _("Browse…"))
        self.browse.setAutoDefault(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.line, 1)
        row.addWidget(self.browse)
        self.setFocusProxy(self.line)
        self.line.textChanged.connect(lambda __: self.changed.emit())
        self.browse.clicked.connect(self._browse)

    @property
    def text(self) -> str:
        return self.line.text().strip()

    def path(self) -> Path:
        """The path, which need not exist."""
        with contextlib.suppress(RuntimeError):  # no home folder of that name
            return Path(self.text).expanduser()
        return Path(self.text)

    def _browse(self) -> None:
        title = _("Folder with the code") if self.of_folder else _("Zip file with the code")
        dialog = FileDialog("newFunctionBrowse", title, self.window(), self.text)
        if self.of_folder:
            dialog.ask_for_folder()
        else:
            dialog.setNameFilter(_("Zip files (*.zip *.jar)"))
        dialog.fileSelected.connect(self.line.setText)
        dialog.open()


class CodeFields(QObject):
    """The fields; the dialog lays them out.

    Signals:
        changed: Something else was chosen or typed.
    """

    changed = Signal()

    def __init__(self, choices: Choices, region: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._choices, self._region = choices, region
        self.kind = named(CalmChoice(), "newFunctionFrom", _("Code from"))
        for title, kind in (
            (_("A template"), CodeFrom.TEMPLATE),
            (_("A zip file"), CodeFrom.ZIP),
            (_("A folder"), CodeFrom.FOLDER),
            (_("An S3 object"), CodeFrom.S3),
            (_("A container image"), CodeFrom.IMAGE),
        ):
            self.kind.addItem(title, kind)
        self.path = PathField("newFunctionPath", _("Path of the code"))
        self.patterns = PROJECT
        """What stays out of the package of a folder."""
        self.contents = named(QPushButton(_("Package Contents…")), "newFunctionContents")
        self.contents.setAutoDefault(False)
        self.s3 = named(PlainLine(), "newFunctionS3", _("S3 object"))
        self.s3.setPlaceholderText("s3://bucket/key.zip")
        self.version = named(PlainLine(), "newFunctionS3Version", _("Object version"))
        self.version.setPlaceholderText(_("Latest"))
        self.image = named(PlainLine(), "newFunctionImage", _("Image URI"))
        self.image.setPlaceholderText(f"123456789012.dkr.ecr.{region}.amazonaws.com/name:tag")
        self.bucket = named(PlainLine(), "newFunctionBucket", _("Bucket for packages"))
        self.bucket.setPlaceholderText(_("Created by Workbench"))
        self.bucket.setToolTip(
            _("Packages larger than 50 MB are uploaded through an S3 bucket in this region.")
        )
        self.handler = SuggestedChoice("newFunctionHandler", _("Handler"))
        for line in (self.bucket, self.s3, self.version, self.image):
            line.textChanged.connect(lambda __: self.changed.emit())
        self.handler.currentTextChanged.connect(lambda __: self.changed.emit())
        self.path.changed.connect(self._path_changed)
        self.kind.currentIndexChanged.connect(self._kind_changed)

    def fields(self) -> tuple[tuple[QWidget, str], ...]:
        """Each field and its title, in order."""
        return (
            (self.path, _("Path")),
            (self.contents, _("Package")),
            (self.bucket, _("Bucket for over 50 MB")),
            (self.s3, _("S3 object")),
            (self.version, _("Version")),
            (self.image, _("Image URI")),
            (self.handler, _("Handler")),
        )

    @property
    def source(self) -> CodeFrom:
        found = self.kind.currentData()
        assert isinstance(found, CodeFrom)
        return found

    def use_folder(self, path: str) -> None:
        """Chooses a folder on this computer."""
        self.kind.setCurrentIndex(self.kind.findData(CodeFrom.FOLDER))
        self.path.line.setText(path)

    @property
    def is_template(self) -> bool:
        return self.source is CodeFrom.TEMPLATE

    @property
    def is_here(self) -> bool:
        """Whether the code is on this computer, and is inspected before it is sent."""
        return self.source in (CodeFrom.FOLDER, CodeFrom.ZIP)

    @property
    def inspected(self) -> str:
        """The code that is inspected before the function is created; "" where there is none yet."""
        if self.source is CodeFrom.S3:
            where = f"{self.s3.text().strip()} {self.version.text().strip()}".strip()
            return "" if self._s3_fault() or self._version_fault() else where
        return self.path.text if self.is_here else ""

    @property
    def s3_object(self) -> tuple[str, str, str]:
        """Bucket, key and version of the object."""
        bucket, __, key = self.s3.text().strip().removeprefix("s3://").partition("/")
        return bucket, key, self.version.text().strip()

    @property
    def is_image(self) -> bool:
        return self.source is CodeFrom.IMAGE

    def visible_fields(self) -> set[str]:
        """The object names of the fields that matter now."""
        fields: dict[CodeFrom, tuple[QWidget, ...]] = {
            CodeFrom.TEMPLATE: (),
            CodeFrom.ZIP: (self.path, self.bucket, self.handler),
            CodeFrom.FOLDER: (self.path, self.contents, self.bucket, self.handler),
            CodeFrom.S3: (self.s3, self.version, self.handler),
            CodeFrom.IMAGE: (self.image,),
        }
        return {field.objectName() for field in fields[self.source]}

    def faults(self) -> dict[str, str]:
        """What is wrong, by the object names of the fields that matter; empty texts for nothing."""
        checks = {
            "newFunctionPath": self._path_fault,
            "newFunctionBucket": self._bucket_fault,
            "newFunctionS3": self._s3_fault,
            "newFunctionS3Version": self._version_fault,
            "newFunctionImage": self._image_fault,
            "newFunctionHandler": self._handler_fault,
        }
        visible = self.visible_fields()
        return {name: check() if name in visible else "" for name, check in checks.items()}

    @property
    def is_filled(self) -> bool:
        """Whether nothing that is needed is empty. What is empty yet is not called wrong."""
        needed = {
            CodeFrom.ZIP: self.path.text,
            CodeFrom.FOLDER: self.path.text,
            CodeFrom.S3: self.s3.text().strip(),
            CodeFrom.IMAGE: self.image.text().strip(),
        }
        return self.is_template or bool(needed[self.source])

    def put_into(self, wanted: NewFunction) -> NewFunction:
        """The function with its code from here."""
        handler = self.handler.text
        match self.source:
            case CodeFrom.TEMPLATE:
                return wanted
            case CodeFrom.IMAGE:
                return replace(wanted, runtime="", handler="", image_uri=self.image.text().strip())
            case CodeFrom.S3:
                bucket, key, version = self.s3_object
                return replace(wanted, handler=handler, s3_bucket=bucket, s3_key=key, s3_version=version)
        folder = str(self.path.path().absolute()) if self.source is CodeFrom.FOLDER else ""
        bucket = self.bucket.text().strip()
        return replace(wanted, handler=handler, staging_bucket=bucket, code_folder=folder)

    def source_text(self) -> str:
        """Where the code comes from, for where its text would be shown."""
        where = {
            CodeFrom.ZIP: self.path.text,
            CodeFrom.FOLDER: self.path.text,
            CodeFrom.S3: self.s3.text().strip(),
            CodeFrom.IMAGE: self.image.text().strip(),
        }.get(self.source, "")
        return _("The code comes from {where}.").format(where=where) if where else ""

    def _kind_changed(self) -> None:
        self.path.of_folder = self.source is CodeFrom.FOLDER
        self.changed.emit()

    def _path_changed(self) -> None:
        self.patterns = PROJECT
        self.changed.emit()

    def _path_fault(self) -> str:
        text = self.path.text
        is_archive = text.lower().endswith((".zip", ".jar"))
        if text and self.source is CodeFrom.ZIP and not is_archive:
            return _("Choose a .zip or .jar file.")
        return ""

    def _bucket_fault(self) -> str:
        text = self.bucket.text().strip()
        good = not text or self._choices.s3_bucket.accepts(text)
        return "" if good else _("Invalid bucket name.")

    def _s3_fault(self) -> str:
        text = self.s3.text().strip()
        bucket, key, __ = self.s3_object
        good = self._choices.s3_bucket.accepts(bucket) and self._choices.s3_key.accepts(key)
        return "" if not text or good else _("Use the format s3://BUCKET/KEY.")

    def _version_fault(self) -> str:
        text = self.version.text().strip()
        good = not text or self._choices.s3_version.accepts(text)
        return "" if good else _("Invalid object version.")

    def _image_fault(self) -> str:
        text = self.image.text().strip()
        region = image_region(text)
        if text and not region:
            return _("Use the format ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG.")
        if text and region != self._region:
            return _("The image must be in {region}.").format(region=self._region)
        return ""

    def _handler_fault(self) -> str:
        limit, text = self._choices.handler, self.handler.text
        if text and limit.accepts(text):
            return ""
        words = _("Use FILE.FUNCTION without spaces, up to {max_length} characters.")
        return words.format(max_length=str(limit.max_length))
