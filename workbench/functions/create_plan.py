"""Planning the creation of a function: the request, the steps and their journal."""

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
    """The S3 location of an upload.

    Attributes:
        bucket: A bucket in the function's region.
        owner: Account that must own the bucket; empty for a bucket that the user chose.
        exists: Whether the bucket exists; otherwise it is created.
    """

    bucket: str
    key: str
    owner: str = ""
    exists: bool = True


class Uploader(Protocol):
    """Uploads packages to S3. Every method may raise WorkbenchError; those with a `ctx` also Cancelled."""

    def destination(
        self, connection: Connection, bucket: str, function_name: str, code_sha256: str
    ) -> Staged:
        """Where the package would be uploaded. Makes no request.

        Args:
            bucket: The bucket that the user chose; empty for Workbench's own.
        """
        ...

    def observe(self, connection: Connection, staged: Staged, package: Path, ctx: JobContext) -> Staged:
        """Reads whether the bucket exists and can be used. Changes nothing."""
        ...

    def make_bucket(self, connection: Connection, staged: Staged, ctx: JobContext) -> None:
        """Creates the bucket: private, encrypted, with objects that expire."""
        ...

    def send(self, connection: Connection, staged: Staged, package: Path, ctx: JobContext) -> None:
        """Uploads the package unless it exists, and reports the bytes sent."""
        ...

    def delete_package(self, connection: Connection, staged: Staged) -> None:
        """Deletes the package and incomplete uploads of it; no error if they do not exist."""
        ...

    def delete_bucket(self, connection: Connection, staged: Staged) -> None:
        """Deletes the bucket if it is empty."""
        ...


class PartOfJob(JobContext):
    """A job's context for one of its steps, whose progress is reported as a share of the total.

    Args:
        number: The step, from 0.
        total: The number of steps.
    """

    def __init__(self, ctx: JobContext, number: int, total: int) -> None:
        self.__dict__ |= ctx.__dict__
        self._number, self._total = number, total

    def progress(self, done: float, total: float, text: str = "") -> None:
        super().progress(self._number + (min(1.0, done / total) if total else 0.0), self._total, text)


class StepKind(Enum):
    """Kinds of steps, in the order in which they are made."""

    BUCKET = "bucket"
    UPLOAD = "upload"
    ROLE = "role"
    POLICY = "policy"
    FUNCTION = "function"
    WAIT = "wait"


def published_to_callers(request: Mapping[str, Any]) -> dict[str, str]:
    """The member of CreateFunction that publishes a function on managed instances to its callers at once.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-version-publishing.html
    """
    return {"PublishTo": "LATEST_PUBLISHED"} if request.get("CapacityProviderConfig") else {}


@dataclass(frozen=True, slots=True)
class NewFunction:
    """The desired function.

    Attributes:
        architecture: "x86_64", "arm64" or a later value of AWS.
        role_arn: An existing execution role; empty if one is created.
        role_name: The role to create (`roles.new_role_name`); empty with a `role_arn`.
        policy: The policy of the new role, JSON; empty with a `role_arn`.
        s3_bucket: Bucket of the code, in the function's region; empty for an uploaded zip.
        s3_version: Version of the object; empty for the latest.
        s3_storage_mode: "REFERENCE" if the function refers to the object; empty if it gets a copy.
        image_uri: URI of a container image, which contains runtime and handler; empty for a zip.
        staging_bucket: Bucket in the function's region for packages too large for a request; empty for
            Workbench's own, which is created if necessary.
        settings: Other members of CreateFunction's request, JSON; empty for AWS's defaults. Never printed,
            because they contain the environment variables.
        source_kms_key_arn: Customer managed key that encrypts the zip; empty for an AWS owned key.
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
        """The log group: the one in its settings, or the default one."""
        settings = json.loads(self.settings) if self.settings else {}
        named = (settings.get("LoggingConfig") or {}).get("LogGroup")
        return str(named or f"/aws/lambda/{self.function_name}")

    @property
    def brings_package(self) -> bool:
        """Whether the request contains the code."""
        return not self.s3_bucket and not self.image_uri

    def request(self, role_arn: str, package: bytes) -> dict[str, Any]:
        """The request of CreateFunction.

        Args:
            role_arn: The role, which may be new.
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
        """Whether an ARN is that of the chosen or created role."""
        return role_arn == self.role_arn if self.role_arn else role_arn.endswith(f"/{self.role_name}")


@dataclass(frozen=True, slots=True)
class CreationStep:
    """A step of the creation.

    Attributes:
        call: The request, such as "iam:CreateRole".
        subject: Name of the resource.
        undo: The request that undoes it; empty if there is nothing to undo.
    """

    kind: StepKind
    call: str
    subject: str
    undo: str = ""


def plan_create(wanted: NewFunction, staged: Staged | None = None) -> tuple[CreationStep, ...]:
    """The steps that create a function.

    Args:
        staged: Where a package that is too large for the request is uploaded first.
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
    """The values and limits of the installed service model. AWS may accept others, so they can be typed.

    Attributes:
        runtimes: The runtimes with templates, newest of each language first.
        name: Limits of a function's name. The model also allows ARNs, see `accepts_name`.
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
        """Whether a new function may have this name."""
        return is_function_name(name) and self.name.accepts(name)


def load_choices() -> Choices:
    """Reads the service model, which takes 50 ms the first time: not for the main thread."""
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
"""A package, or the path of one that may be too large for memory."""
_PACKAGE = ".zip"


@dataclass(frozen=True, slots=True)
class Creation:
    """A function that is being created.

    Attributes:
        code_sha256: CodeSha256 of the package; empty if the code comes from elsewhere.
    """

    account_id: str
    region: str
    wanted: NewFunction
    code_sha256: str


type InterruptedCreation = OperationRecord[Creation]


class CreationJournal(OperationJournal[Creation]):
    """The journals of all creations, each with a copy of the package until the creation is over."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        super().__init__(folder, Creation, clock, (_PACKAGE,))

    def begin_creation(self, creation: Creation, package: Code) -> JournalFile:
        """Opens the journal of a new creation, with a copy of the package.

        Raises:
            WorkbenchError: It cannot be written; then nothing may be created.
        """
        name = creation.wanted.function_name
        return self.begin(name, creation, _("{name} was not changed.").format(name=name), {_PACKAGE: package})

    def reopen_creation(self, interrupted: InterruptedCreation) -> ReopenedJournal[Creation]:
        """Reopens the journal of an interrupted creation.

        Raises:
            WorkbenchError: It cannot be written, or another window has it.
        """
        return self.reopen(
            interrupted.file,
            _("{function_name} was not changed.").format(
                function_name=interrupted.about.wanted.function_name
            ),
        )

    def understands(self, record: InterruptedCreation) -> bool:
        known = {each.value for each in StepKind}  # a later version may have others
        return known.issuperset(record.begun)

    def convert_old(self) -> None:
        """Converts the folders of earlier versions, with creation.json and package.zip."""
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
    """The path of the package of a creation."""
    return journal.with_suffix(_PACKAGE)


def code_sha256_of(package: Code) -> str:
    """The CodeSha256 of a package; empty for none. Raises WorkbenchError."""
    if isinstance(package, bytes):
        return base64.b64encode(hashlib.sha256(package).digest()).decode() if package else ""
    try:
        with package.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise explain_os_error(error, _("The new function's code could not be read."), package) from error
    return base64.b64encode(digest).decode()
