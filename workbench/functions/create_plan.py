"""What creating a function takes: the request, the steps and their journal on disk."""

import base64
import hashlib
import json
import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

from workbench.aws.connection import Connection
from workbench.aws.quotas import TextLimit, is_function_name, known_values, text_limit
from workbench.core import codec
from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, is_locked
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import JournalFile, OperationJournal, OperationRecord, ReopenedJournal
from workbench.functions.templates import offered_runtimes


@dataclass(frozen=True, slots=True)
class Staged:
    """Where a package is uploaded to.

    Attributes:
        bucket: In the function's region.
        key: Of the object.
        owner: Account that the bucket must belong to; empty for a bucket that the user chose.
        exists: Whether the bucket is there; it is made otherwise.
    """

    bucket: str
    key: str
    owner: str = ""
    exists: bool = True


class Uploader(Protocol):
    """Brings a package to S3. Every method may raise WorkbenchError; those with a `ctx` also Cancelled."""

    def destination(
        self, connection: Connection, bucket: str, function_name: str, code_sha256: str
    ) -> Staged:
        """Where the package would go. Makes no request.

        Args:
            connection: To the function's account and region.
            bucket: The one that the user chose; empty for the program's own.
            function_name: Whose package it is.
            code_sha256: Its CodeSha256.
        """
        ...

    def observe(self, connection: Connection, staged: Staged, package: Path, ctx: JobContext) -> Staged:
        """Looks whether the bucket is there and can be used. Changes nothing."""
        ...

    def make_bucket(self, connection: Connection, staged: Staged, ctx: JobContext) -> None:
        """Makes it: private, encrypted, emptied by itself."""
        ...

    def send(self, connection: Connection, staged: Staged, package: Path, ctx: JobContext) -> None:
        """Brings the package there unless it is, and tells how many bytes have gone."""
        ...

    def delete_package(self, connection: Connection, staged: Staged) -> None:
        """Removes the package, and what of it has arrived. Whatever is gone already is no error."""
        ...

    def delete_bucket(self, connection: Connection, staged: Staged) -> None:
        """Removes the bucket if it is empty; one that others use by now stays."""
        ...


class PartOfJob(JobContext):
    """A job's context for one of its steps: the progress of the step is reported as a share of the whole.

    Args:
        ctx: Of the job.
        number: Of the step, from 0.
        total: How many steps there are.
    """

    def __init__(self, ctx: JobContext, number: int, total: int) -> None:
        self.__dict__ |= ctx.__dict__
        self._number, self._total = number, total

    def progress(self, done: float, total: float, text: str = "") -> None:
        super().progress(self._number + (min(1.0, done / total) if total else 0.0), self._total, text)


class StepKind(Enum):
    """What is done, in this order; undone in reverse."""

    BUCKET = "bucket"
    UPLOAD = "upload"
    ROLE = "role"
    POLICY = "policy"
    FUNCTION = "function"
    WAIT = "wait"


def published_to_callers(request: Mapping[str, Any]) -> dict[str, str]:
    """The member of CreateFunction that lets callers of a function on managed instances get it at once.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-version-publishing.html
    """
    return {"PublishTo": "LATEST_PUBLISHED"} if request.get("CapacityProviderConfig") else {}


@dataclass(frozen=True, slots=True)
class NewFunction:
    """A function as the user wants it.

    Attributes:
        architecture: "x86_64" or "arm64", or whatever AWS adds.
        role_arn: The execution role that is there; empty when one is to be made.
        role_name: The role to make (`roles.new_role_name`); empty with a `role_arn`.
        policy: What that role allows, a JSON document; empty with a `role_arn`.
        s3_bucket: Where the code is, in the function's region; empty when it is handed over as a zip.
        s3_key: The object.
        s3_version: Of the object; empty for the newest.
        s3_storage_mode: "REFERENCE" for a function that refers to the object; empty for one that gets a copy.
        image_uri: Of a container image, which brings runtime and handler; empty for a zip.
        staging_bucket: Through which bucket of the function's region a package goes that is too large for the
            request; empty for the program's own, which is made if it is not there.
        settings: Other members of CreateFunction's request, as JSON; empty for AWS's defaults. Never
            printed: environment variables are among them.
        source_kms_key_arn: Of the customer managed key that encrypts the zip; empty for AWS's own.
    """

    function_name: str
    runtime: str
    handler: str
    architecture: str
    description: str = ""
    role_arn: str = ""
    role_name: str = ""
    policy: str = ""
    s3_bucket: str = ""
    s3_key: str = ""
    s3_version: str = ""
    image_uri: str = ""
    staging_bucket: str = ""
    settings: str = field(default="", repr=False)
    source_kms_key_arn: str = ""
    s3_storage_mode: str = ""

    @property
    def log_group(self) -> str:
        """Where its logs will go: the group that its settings name, or that of its name."""
        settings = json.loads(self.settings) if self.settings else {}
        named = (settings.get("LoggingConfig") or {}).get("LogGroup")
        return str(named or f"/aws/lambda/{self.function_name}")

    @property
    def brings_package(self) -> bool:
        """Whether the code is handed over with the request."""
        return not self.s3_bucket and not self.image_uri

    def request(self, role_arn: str, package: bytes) -> dict[str, Any]:
        """What CreateFunction is sent.

        Args:
            role_arn: Of the role, which may have been made just now.
            package: The zip; empty unless `brings_package`.
        """
        request: dict[str, Any] = json.loads(self.settings) if self.settings else {}
        request |= {
            "FunctionName": self.function_name,
            "Role": role_arn,
            "Description": self.description,
            "Architectures": [self.architecture],
        }
        request |= published_to_callers(request)
        if self.image_uri:
            return request | {"PackageType": "Image", "Code": {"ImageUri": self.image_uri}}
        request |= {"Runtime": self.runtime, "Handler": self.handler}
        key = {"SourceKMSKeyArn": self.source_kms_key_arn} if self.source_kms_key_arn else {}
        if not self.s3_bucket:
            return request | {"Code": {"ZipFile": package, **key}}
        code = key | {"S3Bucket": self.s3_bucket, "S3Key": self.s3_key}
        if self.s3_version:
            code["S3ObjectVersion"] = self.s3_version
        if self.s3_storage_mode:
            code["S3ObjectStorageMode"] = self.s3_storage_mode
        return request | {"Code": code}

    def is_role(self, role_arn: str) -> bool:
        """Whether an ARN is the role that was chosen, or the one that this makes."""
        return role_arn == self.role_arn if self.role_arn else role_arn.endswith(f"/{self.role_name}")


@dataclass(frozen=True, slots=True)
class CreationStep:
    """One step of the plan.

    Attributes:
        kind: What is done.
        call: The request, as in "iam:CreateRole".
        subject: What it is about: a name.
        undo: The request that takes it back; empty when there is nothing to undo.
    """

    kind: StepKind
    call: str
    subject: str
    undo: str = ""


def plan_create(wanted: NewFunction, staged: Staged | None = None) -> tuple[CreationStep, ...]:
    """The steps that make a function.

    Args:
        wanted: What it is to be.
        staged: Where its package is uploaded first, if that is too large for the request.
    """
    package: tuple[CreationStep, ...] = ()
    if staged is not None:
        package = (CreationStep(StepKind.UPLOAD, "s3:PutObject", staged.bucket, "s3:DeleteObject"),)
        if not staged.exists:
            made = CreationStep(StepKind.BUCKET, "s3:CreateBucket", staged.bucket, "s3:DeleteBucket")
            package = (made, *package)
    role: tuple[CreationStep, ...] = ()
    if not wanted.role_arn:
        role = (
            CreationStep(StepKind.ROLE, "iam:CreateRole", wanted.role_name, "iam:DeleteRole"),
            CreationStep(StepKind.POLICY, "iam:PutRolePolicy", wanted.role_name, "iam:DeleteRolePolicy"),
        )
    name = wanted.function_name
    return (
        *package,
        *role,
        CreationStep(StepKind.FUNCTION, "lambda:CreateFunction", name, "lambda:DeleteFunction"),
        CreationStep(StepKind.WAIT, "lambda:GetFunction", name),
    )


@dataclass(frozen=True, slots=True)
class Choices:
    """What the installed service model lists and allows. AWS may know more: other values can be typed.

    Attributes:
        runtimes: Those with templates, the newest of each language first.
        architectures: "x86_64", "arm64".
        name: Of a function, as the model has it: ARNs pass too, see `accepts_name`.
        description: Of a function.
        role_arn: Of its role.
        handler: Of its code.
        s3_bucket: That its code is in.
        s3_key: Of the object there.
        s3_version: Of that object.
    """

    runtimes: tuple[str, ...]
    architectures: tuple[str, ...]
    name: TextLimit
    description: TextLimit
    role_arn: TextLimit
    handler: TextLimit
    s3_bucket: TextLimit
    s3_key: TextLimit
    s3_version: TextLimit

    def accepts_name(self, name: str) -> bool:
        """Whether a new function may be called that."""
        return is_function_name(name) and self.name.accepts(name)


def load_choices() -> Choices:
    """Reads the service model. The first time it takes 50 ms: not for the main thread."""
    return Choices(
        offered_runtimes(known_values("Runtime")),
        known_values("Architecture"),
        text_limit("FunctionName"),
        text_limit("Description"),
        text_limit("RoleArn"),
        text_limit("Handler"),
        text_limit("S3Bucket"),
        text_limit("S3Key"),
        text_limit("S3ObjectVersion"),
    )


_log = logging.getLogger(__name__)
Code = bytes | Path
"""A package; the path of one that may be too large to be held in memory."""
_PACKAGE = ".zip"


@dataclass(frozen=True, slots=True)
class Creation:
    """A function that is being created.

    Attributes:
        account_id: Where.
        region: Where.
        wanted: What it is to be.
        code_sha256: CodeSha256 of the package; empty when AWS takes the code from elsewhere.
    """

    account_id: str
    region: str
    wanted: NewFunction
    code_sha256: str


type InterruptedCreation = OperationRecord[Creation]


class CreationJournal(OperationJournal[Creation]):
    """The journals of all creations, each with a copy of the package beside it until the creation is over."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        super().__init__(folder, Creation, clock, (_PACKAGE,))

    def begin_creation(self, creation: Creation, package: Code) -> JournalFile:
        """Opens the journal of a new creation, which keeps a copy of the package.

        Raises:
            WorkbenchError: The disk refuses; nothing must be created.
        """
        name = creation.wanted.function_name
        return self.begin(name, creation, _("{name} was not changed.").format(name=name), {_PACKAGE: package})

    def reopen_creation(self, interrupted: InterruptedCreation) -> ReopenedJournal[Creation]:
        """Takes a creation up again.

        Raises:
            WorkbenchError: The disk refuses, or another window was quicker.
        """
        return self.reopen(
            interrupted.file,
            _("{function_name} was not changed.").format(
                function_name=interrupted.about.wanted.function_name
            ),
        )

    def understands(self, record: InterruptedCreation) -> bool:
        known = {each.value for each in StepKind}  # a later version may have had others
        return known.issuperset(record.begun)

    def convert_old(self) -> None:
        """Earlier versions kept a creation in a folder with creation.json and package.zip."""
        for path in sorted(self._folder.glob("*/creation.json")):
            try:
                old = codec.convert(json.loads(path.read_bytes()), _OldCreation)
                creation = Creation(old.account_id, old.region, old.wanted, old.code_sha256)
                if is_locked(path.with_name("lock")):
                    continue
                with self.begin_creation(creation, path.with_name("package.zip")) as file:
                    for step in old.begun:
                        file.before(step)
            except (OSError, ValueError, WorkbenchError) as error:
                _log.info("the creation %s could not be read: %s", path, error)
                continue
            shutil.rmtree(path.parent, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _OldCreation:
    account_id: str
    region: str
    wanted: NewFunction
    code_sha256: str
    begun: tuple[str, ...]


def package_beside(journal: Path) -> Path:
    """Where the package of a creation is kept."""
    return journal.with_suffix(_PACKAGE)


def code_sha256_of(package: Code) -> str:
    """The CodeSha256 of a package; empty for none.

    Raises:
        WorkbenchError: It cannot be read.
    """
    if isinstance(package, bytes):
        return base64.b64encode(hashlib.sha256(package).digest()).decode() if package else ""
    try:
        with package.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise explain_os_error(error, _("The new function's code could not be read."), package) from error
    return base64.b64encode(digest).decode()
