"""What creating a function takes: the request, the steps and their journal on disk."""

import base64
import hashlib
import json
import logging
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any, Protocol, Self

from workbench.aws.connection import Connection
from workbench.aws.quotas import ZIP_LIMIT_BYTES, TextLimit, is_function_name, known_values, text_limit
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.file_lock import is_locked, try_lock
from workbench.core.files import copy_private, explain_os_error, make_private_folder, write_atomic
from workbench.core.jobs import JobContext
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
_ABOUT, _PACKAGE, _LOCK = "creation.json", "package.zip", "lock"


@dataclass(frozen=True, slots=True)
class Creation:
    """A function that is being created.

    Attributes:
        folder: Its journal.
        when: ISO 8601, UTC.
        account_id: Where.
        region: Where.
        wanted: What it is to be.
        code_sha256: CodeSha256 of the package; empty when AWS takes the code from elsewhere.
        begun: The steps that were begun; each may have been made.
    """

    folder: Path
    when: str
    account_id: str
    region: str
    wanted: NewFunction
    code_sha256: str
    begun: tuple[StepKind, ...] = ()


class CreationEntry:
    """The journal of one creation while it runs. A context manager that releases its lock."""

    def __init__(self, creation: Creation, lock: int) -> None:
        self.creation = creation
        self._lock = lock

    @property
    def package_path(self) -> Path:
        """Where the code is kept."""
        return self.creation.folder / _PACKAGE

    @property
    def is_large(self) -> bool:
        """Whether the code is too large for a request."""
        try:
            return self.package_path.stat().st_size > ZIP_LIMIT_BYTES
        except OSError:
            return False  # `package` will tell

    def package(self) -> bytes:
        """The code.

        Raises:
            WorkbenchError: It cannot be read.
        """
        path = self.package_path
        try:
            return path.read_bytes()
        except OSError as error:
            raise explain_os_error(error, "The new function's code could not be read.", path) from error

    def begin(self, step: StepKind) -> None:
        """Notes that a step begins.

        Raises:
            WorkbenchError: The journal cannot be written: the step must not be carried out.
        """
        if step not in self.creation.begun:
            self.creation = replace(self.creation, begun=(*self.creation.begun, step))
            _write(self.creation)

    def refused(self, step: StepKind) -> None:
        """Notes that AWS did not make a step. That the disk refuses is only logged: undoing looks anyway."""
        begun = tuple(each for each in self.creation.begun if each is not step)
        self.creation = replace(self.creation, begun=begun)
        try:
            _write(self.creation)
        except WorkbenchError as error:
            _log.warning("the journal %s misses a refusal: %s", self.creation.folder, error)

    def close(self) -> None:
        """Forgets the creation: the function is made, or nothing is left of it."""
        shutil.rmtree(self.creation.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)


class CreationJournal:
    """The folder of all creations that are not over."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self._folder = folder
        self._clock = clock or SystemClock()

    def begin(self, wanted: NewFunction, package: Code, account_id: str, region: str) -> CreationEntry:
        """Opens the journal of a new creation, which keeps a copy of the package.

        Raises:
            WorkbenchError: The disk refuses; nothing must be created.
        """
        now = self._clock.now()
        folder = self._folder / f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        creation = Creation(folder, now.isoformat(), account_id, region, wanted, "")
        entry = _open(creation)
        try:
            entry.creation = replace(creation, code_sha256=_keep(package, entry.package_path))
            _write(entry.creation)
        except BaseException:
            entry.__exit__()
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return entry

    def reopen(self, creation: Creation) -> CreationEntry:
        """Takes a creation up again.

        Raises:
            WorkbenchError: The disk refuses, or another window was quicker.
        """
        name = creation.wanted.function_name
        if not (creation.folder / _ABOUT).is_file():
            raise WorkbenchError(
                f"{name} was not changed.",
                "It was finished or undone in the meantime.",
                "Check the list of functions.",
                action="list.refresh",
            )
        return _open(creation)

    def unfinished(self, account_id: str, region: str) -> tuple[Creation, ...]:
        """Creations that a crash interrupted there, oldest first. Those that run now are not."""
        found = (_read(path) for path in sorted(self._folder.glob(f"*/{_ABOUT}")))
        here = (each for each in found if each and (each.account_id, each.region) == (account_id, region))
        return tuple(each for each in here if not is_locked(each.folder / _LOCK))


def _open(creation: Creation) -> CreationEntry:
    path = creation.folder / _LOCK
    what = f"{creation.wanted.function_name} was not changed."
    try:
        make_private_folder(creation.folder)
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if try_lock(lock):
            return CreationEntry(creation, lock)
        os.close(lock)
    except OSError as error:
        raise explain_os_error(error, what, path) from error
    raise WorkbenchError(what, "Workbench is already working on it.", "Wait until it has finished.")


def _keep(package: Code, path: Path) -> str:
    """Copies the package into the journal. Returns its CodeSha256; empty for none."""
    if isinstance(package, bytes):
        write_atomic(path, package)
        return base64.b64encode(hashlib.sha256(package).digest()).decode() if package else ""
    try:
        copy_private(package, path)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise explain_os_error(error, "The new function's code could not be saved.", package) from error
    return base64.b64encode(digest).decode()


def _write(creation: Creation) -> None:
    about = {
        "when": creation.when,
        "account_id": creation.account_id,
        "region": creation.region,
        "wanted": asdict(creation.wanted),
        "code_sha256": creation.code_sha256,
        "begun": [step.value for step in creation.begun],
    }
    write_atomic(creation.folder / _ABOUT, json.dumps(about, indent=1).encode())


def _read(path: Path) -> Creation | None:
    try:
        about = json.loads(path.read_bytes())
        return Creation(
            path.parent,
            str(about["when"]),
            str(about["account_id"]),
            str(about["region"]),
            NewFunction(**about["wanted"]),
            str(about["code_sha256"]),
            tuple(map(StepKind, about["begun"])),
        )
    except (OSError, ValueError, LookupError, TypeError) as error:
        _log.info("the journal %s could not be read: %s", path, error)
        return None
