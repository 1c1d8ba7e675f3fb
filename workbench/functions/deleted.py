"""Copies of functions that were deleted on this computer, from which they can be restored.

<folder>/<time>-<random>/ contains deleted.json, package.zip, <CodeSha256>.zip, and the journal of the
restore. The copies contain environment variables, so files have mode 0600. The oldest are deleted when they
take too much space.
"""

import base64
import contextlib
import json
import logging
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from workbench.aws import names
from workbench.aws.connection import Connection
from workbench.core import codec
from workbench.core.clock import Clock
from workbench.core.codec import Format, convert, to_builtins
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, is_locked, make_private_folder
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import JournalFile, OperationJournal, OperationRecord, ReopenedJournal
from workbench.functions import snapshot
from workbench.functions.detail import find, linked
from workbench.functions.model import FunctionDetail, detail_of

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Restoring:
    """The restore of a function. Its steps are the function's versions; the new number of each is a fact."""

    account_id: str
    region: str
    function_name: str


type InterruptedRestore = OperationRecord[Restoring]


class RestoreJournal(OperationJournal[Restoring]):
    """The journal of the restore of one function, in the folder of its copy."""

    def __init__(self, folder: Path, restoring: Restoring) -> None:
        super().__init__(folder, Restoring)
        self._restoring = restoring
        self._what = _("{function_name} was not restored.").format(function_name=restoring.function_name)

    def interrupted(self) -> InterruptedRestore | None:
        """The restore that a crash interrupted; None if there is none."""
        return next(iter(self.unfinished(self._restoring.account_id, self._restoring.region)), None)

    def begin_restore(self) -> JournalFile:
        """Opens the journal of a new restore.

        Raises:
            WorkbenchError: It cannot be written, or another window is restoring the function.
        """
        file = self.begin("restore", self._restoring, self._what)
        others = [path for path in self.files() if path != file.path]
        if any(map(is_locked, others)):
            file.finish()
            file.close()
            raise WorkbenchError(
                self._what, _("Another window is already restoring it."), _("Wait until it has finished.")
            )
        for other in others:
            self.forget(other)  # interrupted and useless: the function does not exist
        return file

    def reopen_restore(self, interrupted: InterruptedRestore) -> ReopenedJournal[Restoring]:
        """Reopens the journal of an interrupted restore. Raises as `begin_restore` does."""
        return self.reopen(interrupted.file, self._what)

    def convert_old(self) -> None:
        """Converts the files of earlier versions, with a line for each version: old and new number."""
        old = self._folder / _RESTORING
        if not old.exists() or is_locked(old):
            return
        try:
            with self.begin("restore", self._restoring, self._what) as file:
                for line in filter(None, old.read_text("utf-8", "replace").splitlines()):
                    with contextlib.suppress(ValueError):  # a crash may have left an incomplete line
                        before, after = codec.convert(json.loads(line), tuple[str, str])
                        file.after(before, {"version": after})
            old.unlink()
        except (OSError, WorkbenchError) as error:
            _log.info("the restore %s could not be read: %s", old, error)


_ABOUT, _PACKAGE, _RESTORING = "deleted.json", "package.zip", "restoring"
MAX_BYTES = 2 * 1024**3
"""Maximum of all packages together. The package of the last deletion is kept whatever its size."""

Fetch = Callable[[Connection, str, str, Path, JobContext], object]
"""Downloads a link with a known CodeSha256 into a new file; raises if the content differs."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """A function that was deleted, or was about to be.

    Attributes:
        when: ISO 8601, UTC.
        request: CreateFunction's request without the code, as JSON; contains secrets.
        code_sha256: CodeSha256 of the package; empty for a container image.
        image_uri: URI of a container image; empty for a package.
        reserved_concurrency: None if nothing was reserved.
        lost: What cannot be restored, in words.
        kept: Its dependent resources, as far as they could be read; None in files of earlier versions.
        source_kms_key_arn: KMS key of its package; empty for an AWS owned key.
        s3_object: As in VersionSnapshot.
    """

    folder: Path
    when: str
    account_id: str
    region: str
    function_name: str
    request: str
    code_sha256: str
    image_uri: str
    reserved_concurrency: int | None
    lost: tuple[str, ...] = ()
    kept: "snapshot.FunctionSnapshot | None" = None
    source_kms_key_arn: str = ""
    s3_object: dict[str, str] | None = None

    @property
    def latest(self) -> "snapshot.VersionSnapshot":
        """The code and configuration of $LATEST."""
        request = json.loads(self.request)
        key, where = self.source_kms_key_arn, self.s3_object
        return snapshot.VersionSnapshot("$LATEST", request, self.code_sha256, self.image_uri, key, where)

    @property
    def journal(self) -> RestoreJournal:
        return RestoreJournal(self.folder, Restoring(self.account_id, self.region, self.function_name))

    @property
    def dependents(self) -> "snapshot.FunctionSnapshot":
        """Its dependent resources; empty if they were not stored."""
        return self.kept or snapshot.FunctionSnapshot()

    def __repr__(self) -> str:
        return f"Deleted({self.function_name!r}, {self.when!r})"

    @property
    def package(self) -> Path:
        return self.folder / _PACKAGE

    def package_of(self, code_sha256: str) -> Path:
        """The zip of a version by its CodeSha256; that of $LATEST if empty."""
        if code_sha256 in ("", self.code_sha256):
            return self.package
        return self.folder / f"{base64.b64decode(code_sha256).hex()}.zip"

    @property
    def size_bytes(self) -> int:
        """Size of the package; 0 if there is none."""
        return _size(self.package)

    @property
    def all_bytes(self) -> int:
        """Size of the stored packages of all versions."""
        return sum(map(_size, self.folder.glob("*.zip")))


class DeletedStore:
    """The folder of all deleted functions.

    Args:
        folder: Created with the first copy.
        max_bytes: Maximum of all packages together.
        max_age_days: Age at which copies are deleted; None for no limit.
    """

    def __init__(
        self, folder: Path, clock: Clock, max_bytes: int = MAX_BYTES, max_age_days: int | None = None
    ) -> None:
        self._folder, self._clock, self._most_bytes = folder, clock, max_bytes
        self._max_age_days = max_age_days

    def keep(
        self, connection: Connection, function_name: str, lost: tuple[str, ...], fetch: Fetch, ctx: JobContext
    ) -> tuple[Deleted, FunctionDetail]:
        """Stores a copy of a function.

        Returns:
            The copy, and the function that was read for it.

        Raises:
            WorkbenchError: The function could not be read, downloaded or written, so it must not be deleted.
            Cancelled: Nothing was stored.
        """
        failure = _("Could not save a copy of {function_name}.").format(function_name=function_name)
        answer = connection.call("lambda", "get_function", failure=failure, FunctionName=function_name)
        detail = linked(connection, detail_of(answer))
        now = self._clock.now()
        folder = self._folder / f"{_name_of(now)}-{secrets.token_hex(4)}"
        is_image = detail.package_type == "Image"
        signing = ""
        try:
            signing = "" if is_image else _code_signing(connection, function_name, failure)
        except WorkbenchError as error:  # few functions use it, and many users may not read it
            lost = (
                *lost,
                _("code signing configuration, which could not be read: {why}").format(why=error.why),
            )
        deleted = Deleted(
            folder,
            now.isoformat(),
            connection.account_id,
            connection.region,
            function_name,
            json.dumps(snapshot.restore_request(answer, signing), sort_keys=True),
            "" if is_image else detail.code_sha256,
            detail.running_image_uri if is_image else "",
            detail.reserved_concurrency,
            lost,
            source_kms_key_arn=detail.source_kms_key_arn,
            s3_object=snapshot.s3_object_fields(detail),
        )
        try:
            deleted = self._write(deleted, connection, detail, fetch, ctx)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._drop_oldest()
        return deleted, detail

    def _write(
        self, deleted: Deleted, connection: Connection, detail: FunctionDetail, fetch: Fetch, ctx: JobContext
    ) -> Deleted:
        try:
            make_private_folder(deleted.folder)
        except OSError as error:
            what = _("A copy of {function_name} could not be saved.").format(
                function_name=deleted.function_name
            )
            raise explain_os_error(error, what, deleted.folder) from error
        if deleted.code_sha256:
            fetch(connection, detail.code_location, deleted.code_sha256, deleted.package, ctx)

        def keep_code(url: str, code_sha256: str, ctx: JobContext) -> Path:
            path = deleted.package_of(code_sha256)
            if not path.exists():
                fetch(connection, url, code_sha256, path, ctx)
            return path

        kept, lost = snapshot.read_snapshot(connection, detail, keep_code, ctx)
        kept = convert(to_builtins(kept), snapshot.FunctionSnapshot)  # as it will be read: times as texts
        deleted = replace(deleted, kept=kept, lost=(*deleted.lost, *lost))
        _FORMAT.write(deleted.folder / _ABOUT, deleted)
        return deleted

    def all(self, account_id: str, region: str) -> tuple[Deleted, ...]:
        """The copies of an account and region, newest first."""
        return tuple(each for each in self._found() if (each.account_id, each.region) == (account_id, region))

    def journals(self) -> Iterator[RestoreJournal]:
        """The journals of all restores, oldest copy first."""
        return (each.journal for each in reversed(self._found()))

    def forget(self, deleted: Deleted) -> None:
        """Deletes a copy."""
        shutil.rmtree(deleted.folder, ignore_errors=True)

    def prune(self) -> None:
        """Deletes copies older than the maximum age, except one that is being restored.

        Copies that cannot be read are deleted, too: the name of a folder contains its time.
        """
        if self._max_age_days is None:
            return
        oldest_allowed = _name_of(self._clock.now() - timedelta(days=self._max_age_days))
        for folder in self._folder.glob("*-*"):
            is_restored = (folder / _RESTORING).exists() or any(folder.glob("*.jsonl"))
            if folder.name < oldest_allowed and not is_restored:
                shutil.rmtree(folder, ignore_errors=True)

    def _found(self) -> list[Deleted]:
        paths = sorted(self._folder.glob(f"*/{_ABOUT}"), reverse=True)
        return [found for path in paths if (found := _read(path)) is not None]

    def _drop_oldest(self) -> None:
        self.prune()
        total = 0
        for number, each in enumerate(self._found()):
            total += each.all_bytes
            if number and total > self._most_bytes:
                self.forget(each)


def _name_of(moment: datetime) -> str:
    """The start of the name of a folder made at a time in UTC."""
    return f"{moment:%Y%m%dT%H%M%S}"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _code_signing(connection: Connection, function_name: str, failure: str) -> str:
    """The ARN of a function's code signing configuration; empty if there is none. Images have none."""
    answer = find(connection, "get_function_code_signing_config", failure, FunctionName=function_name)
    return str(answer.get("CodeSigningConfigArn") or "")


def _with_snapshot(values: dict[str, Any]) -> dict[str, Any]:
    """Converts a file from before versions were stored, with the dependent resources as JSON in a string."""
    kept = values.get("kept")
    return values | {"folder": "", "kept": json.loads(kept) if kept else None}


_FORMAT = Format(Deleted, upgrades={0: _with_snapshot})


def _read(path: Path) -> Deleted | None:
    deleted = _FORMAT.load(path)
    if deleted is None:
        return None
    try:
        names.account_id(deleted.account_id)
        names.region(deleted.region)
        names.function_name(deleted.function_name)
    except WorkbenchError as error:
        _log.info("the deleted function %s could not be read: %s", path, error)
        return None
    return replace(deleted, folder=path.parent)
