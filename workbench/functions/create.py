"""Creates a function, and its role if it has none: either everything or nothing.

After a failure or Cancel, everything that this run created is undone in reverse order.
"""

import base64
import hashlib
import json
import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

from workbench.aws.connection import Connection
from workbench.aws.quotas import ZIP_LIMIT_BYTES, TextLimit, is_function_name, known_values, text_limit
from workbench.aws.retry import FAULTS, Backoff, retry
from workbench.core import codec
from workbench.core.clock import Clock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import explain_os_error, is_locked
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import (
    Facts,
    JournalFile,
    Operation,
    OperationJournal,
    OperationRecord,
    ReopenedJournal,
    StepContext,
)
from workbench.functions import roles
from workbench.functions.deletion import delete_function
from workbench.functions.detail import CONFLICT, GONE, get_function, wait_until_updated
from workbench.functions.model import FunctionDetail
from workbench.functions.templates import language_of
from workbench_sandbox.rules.runtimes import offered_runtimes


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
        code_folder: The user's folder that the zip is made from, which stays the function's code; empty if
            the code comes from elsewhere.
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
    code_folder: str = ""

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
        runtimes: The runtimes that a new function can have, newest of each language first.
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

    @property
    def template_runtimes(self) -> tuple[str, ...]:
        """The runtimes with templates."""
        return tuple(each for each in self.runtimes if language_of(each))

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
        """Reopens the journal of an interrupted creation. Raises as `reopen`."""
        name = interrupted.about.wanted.function_name
        return self.reopen(interrupted.file, _("{name} was not changed.").format(name=name))

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


# A new role takes some seconds to propagate before Lambda can assume it.
# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
_NEW_ROLE = Backoff(0.5, longest_s=4.0, factor=1.5, total_s=60.0)
_ROLE_UNKNOWN = ("cannot be assumed by Lambda", "execution role does not have permissions to call")


def check_name_is_free(connection: Connection, function_name: str, ctx: JobContext) -> None:
    """Checks that no function of this name exists, before anything is created.

    Raises:
        WorkbenchError: It exists (aws_code "ResourceConflictException"), or AWS was not reached.
    """
    try:
        get_function(connection, function_name, "", ctx)
    except WorkbenchError as error:
        if error.aws_code == GONE:
            return
        raise
    raise WorkbenchError(
        _("The function {function_name} was not created.").format(function_name=function_name),
        _("A function with this name already exists in {region}.").format(region=connection.region),
        _("Choose another name, or open the existing resource."),
        aws_code="ResourceConflictException",
    )


def create(
    connection: Connection,
    wanted: NewFunction,
    package: Code,
    journal: CreationJournal,
    ctx: JobContext,
    uploader: Uploader | None = None,
) -> FunctionDetail:
    """Creates a function and waits until it can be invoked.

    Args:
        package: The zip; empty unless `wanted.brings_package`.
        journal: Records every step before it is made.
        ctx: Cancel undoes what was made.
        uploader: Uploads zips of more than 50 MB to S3; without it they are refused.

    Raises:
        WorkbenchError: It failed; `why` says whether anything was left behind.
        Cancelled: Nothing was left behind.
    """
    check_name_is_free(connection, wanted.function_name, ctx)
    creation = Creation(connection.account_id, connection.region, wanted, code_sha256_of(package))
    with journal.begin_creation(creation, package) as file:
        return _Run(connection, creation, file, uploader, ctx).make()


def finish(
    connection: Connection,
    interrupted: InterruptedCreation,
    journal: CreationJournal,
    ctx: JobContext,
    uploader: Uploader | None = None,
) -> FunctionDetail:
    """Continues an interrupted creation. Raises as `create` does."""
    with journal.reopen_creation(interrupted) as file:
        return _Run(connection, file.record.about, file, uploader, ctx, file.record).make()


def undo(
    connection: Connection,
    interrupted: InterruptedCreation,
    journal: CreationJournal,
    uploader: Uploader | None = None,
) -> None:
    """Undoes an interrupted creation.

    Raises:
        WorkbenchError: Something could not be undone; the journal is kept.
    """
    with journal.reopen_creation(interrupted) as file:
        _Run(connection, file.record.about, file, uploader, JobContext(), file.record).undo_all()


class _Run:
    def __init__(
        self,
        connection: Connection,
        creation: Creation,
        file: JournalFile,
        uploader: Uploader | None,
        ctx: JobContext,
        interrupted: InterruptedCreation | None = None,
    ) -> None:
        self._connection, self._creation, self._file = connection, creation, file
        self._uploader, self._ctx, self._interrupted = uploader, ctx, interrupted
        self._wanted = creation.wanted
        self._package_path = package_beside(file.path)
        self._staged: Staged | None = None

    def make(self) -> FunctionDetail:
        operation = self._operation(None)
        try:
            if self._is_large:
                uploader, destination = self._required_uploader, self._destination()
                staged = uploader.observe(self._connection, destination, self._package_path, self._ctx)
                operation = self._operation(staged)
            operation.forward()
            detail = wait_until_updated(self._connection, self._wanted.function_name, self._ctx)
            if detail.state == "Failed":
                raise WorkbenchError(
                    _("AWS could not create the function {function_name}.").format(
                        function_name=self._wanted.function_name
                    ),
                    detail.state_reason,
                    _("Correct the cause, then try again."),
                    aws_code="State=Failed",
                )
        except Cancelled:
            self._undo_after_cancel(operation)
            raise
        except WorkbenchError as error:
            self._undo_after(error, operation)
            raise
        self._file.finish()
        return detail

    def _operation(self, staged: Staged | None) -> Operation[CreationStep]:
        """The operation, with the steps that an earlier run has begun."""
        interrupted = self._interrupted
        begun = interrupted.begun if interrupted else ()
        if interrupted and StepKind.FUNCTION.value not in interrupted.done:
            interrupted = replace(interrupted, done={})  # what the function needs may have been deleted since
        was_staged = StepKind.BUCKET.value in begun or StepKind.UPLOAD.value in begun
        if staged is None and (self._is_large or was_staged):
            staged = self._destination() if self._uploader else Staged("", "")
        if staged is not None and StepKind.BUCKET.value in begun:
            staged = replace(staged, exists=False)
        self._staged = staged
        steps = {step.kind.value: step for step in plan_create(self._wanted, staged)}
        return Operation(
            steps,
            self,
            self._file,
            self._ctx,
            interrupted,
            _is_refusal,
            lambda step: _TEXTS[step.kind].format(name=step.subject),
        )

    @property
    def _is_large(self) -> bool:
        """Whether the code is too large for a request."""
        try:
            return self._package_path.stat().st_size > ZIP_LIMIT_BYTES
        except OSError:
            return False  # `_package` reports it

    def _package(self) -> bytes:
        path = self._package_path
        try:
            return path.read_bytes()
        except OSError as error:
            raise explain_os_error(error, _("The new function's code could not be read."), path) from error

    @property
    def _required_uploader(self) -> Uploader:
        if self._uploader is not None:
            return self._uploader
        raise WorkbenchError(
            _("The function {function_name} was not created.").format(
                function_name=self._wanted.function_name
            ),
            _(
                "Its package is larger than the {zip_limit_bytes:,} bytes that AWS allows in a request."
            ).format(zip_limit_bytes=ZIP_LIMIT_BYTES),
            _("Upload it to a bucket in the function's region, and choose An S3 object."),
        )

    def _destination(self) -> Staged:
        wanted, sha256 = self._wanted, self._creation.code_sha256
        return self._required_uploader.destination(
            self._connection, wanted.staging_bucket, wanted.function_name, sha256
        )

    # One step -----------------------------------------------------------------------------------------------

    def do(self, step: CreationStep, context: StepContext) -> Facts:
        ctx = PartOfJob(context.ctx, context.number, context.total)
        match step.kind:
            case StepKind.BUCKET:
                assert self._staged is not None
                self._required_uploader.make_bucket(self._connection, self._staged, ctx)
            case StepKind.UPLOAD:
                assert self._staged is not None
                self._required_uploader.send(self._connection, self._staged, self._package_path, ctx)
            case StepKind.ROLE:
                name = self._wanted.function_name
                return {"role_arn": roles.create_role(self._connection, step.subject, name)}
            case StepKind.POLICY:
                roles.put_policy(self._connection, step.subject, self._wanted.policy)
            case StepKind.FUNCTION:
                made = context.done.get(StepKind.ROLE.value, {})
                self._create_function(str(made.get("role_arn", self._wanted.role_arn)), ctx)
            case StepKind.WAIT:
                pass  # the step has a result, see `make`
        return {}

    def undo(self, step: CreationStep, _facts: Facts, _context: StepContext) -> str:
        match step.kind:
            case StepKind.FUNCTION:
                if self._find_ours():
                    delete_function(self._connection, self._wanted.function_name, JobContext())
            case StepKind.POLICY:
                roles.delete_policy(self._connection, self._wanted.role_name)
            case StepKind.ROLE:
                roles.delete_role(self._connection, self._wanted.role_name)
            case StepKind.UPLOAD:
                self._required_uploader.delete_package(self._connection, self._destination())
            case StepKind.BUCKET:
                self._required_uploader.delete_bucket(self._connection, self._destination())
            case StepKind.WAIT:
                pass
        return ""

    def _create_function(self, role_arn: str, ctx: JobContext) -> None:
        wanted, staged = self._wanted, self._staged
        package = b"" if staged else self._package()
        if staged is not None:
            wanted = replace(wanted, s3_bucket=staged.bucket, s3_key=staged.key)
        request = wanted.request(role_arn, package)

        def send() -> None:
            try:
                self._connection.call(
                    "lambda",
                    "create_function",
                    failure=_("Could not create the function {function_name}.").format(
                        function_name=wanted.function_name
                    ),
                    **request,
                )
            except WorkbenchError as error:
                # An earlier attempt may have created it although its answer was lost.
                if error.aws_code != CONFLICT or not self._find_ours():
                    raise

        retry(send, ctx, _NEW_ROLE, self._is_role_unknown)

    def _is_role_unknown(self, error: WorkbenchError) -> bool:
        """Whether Lambda does not know the new role yet."""
        return not self._wanted.role_arn and any(text in error.why for text in _ROLE_UNKNOWN)

    def _find_ours(self) -> bool:
        """Whether the function exists, and is the one that this run created, with its code unchanged."""
        try:
            detail = get_function(self._connection, self._wanted.function_name)
        except WorkbenchError as error:
            if error.aws_code == GONE:
                return False
            raise
        wanted, sha256 = self._wanted, self._creation.code_sha256
        # The hash of code in S3 or ECR is not known in advance, so the other attributes are compared.
        marks = (detail.runtime, detail.handler, detail.description)
        same_marks = marks == (wanted.runtime, wanted.handler, wanted.description)
        same_code = detail.code_sha256 == sha256 if sha256 else same_marks
        return same_code and wanted.is_role(detail.role_arn)

    # Undoing all of them ------------------------------------------------------------------------------------

    def undo_all(self) -> None:
        """Undoes what was begun, in reverse order. Cannot be cancelled.

        Raises:
            WorkbenchError: Something could not be undone; the journal is kept.
        """
        self._undo(self._operation(None))

    def _undo(self, operation: Operation[CreationStep]) -> None:
        undone = operation.backward(stop_at_failure=True)
        for _step, error in undone.failed:
            raise error
        self._file.finish()

    def _undo_after_cancel(self, operation: Operation[CreationStep]) -> None:
        name = self._wanted.function_name
        try:
            self._undo(operation)
        except WorkbenchError as error:
            error.why = " ".join(filter(None, (error.what, error.why, _LATER)))
            error.what = _(
                "The creation of {name} was cancelled, but some resources could not be deleted."
            ).format(name=name)
            raise

    def _undo_after(self, error: WorkbenchError, operation: Operation[CreationStep]) -> None:
        """Undoes everything after a failure, and adds to the error what could not be undone."""
        has_made = any(name != StepKind.WAIT.value for name in operation.begun)
        try:
            self._undo(operation)
        except WorkbenchError as second:
            parts = (error.why, _("These resources could not be deleted:"), second.what, second.why, _LATER)
            error.why = " ".join(filter(None, parts))
        else:
            left = _NOTHING_LEFT if has_made else ""
            error.why = f"{error.why} {left}".strip()


def _is_refusal(error: WorkbenchError | Cancelled) -> bool:
    """Whether a request certainly created nothing: it was never sent (no code), or AWS refused it."""
    if isinstance(error, Cancelled):
        return False
    return not error.aws_code or (bool(error.request_id) and error.aws_code not in FAULTS)


_TEXTS = {
    StepKind.BUCKET: "Creating the bucket {name}",
    StepKind.UPLOAD: "Uploading the package to {name}",
    StepKind.ROLE: "Creating the role {name}",
    StepKind.POLICY: _("Adding permissions to the role"),
    StepKind.FUNCTION: "Creating {name}",
    StepKind.WAIT: "Waiting until {name} can be invoked",
}
_NOTHING_LEFT = _("All resources that were created for it were deleted.")
_LATER = _("The next time Workbench starts, it offers to finish or undo the creation.")
