"""Publishes the versions of a restored function again, each with its own code and configuration."""

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.quotas import ZIP_LIMIT_BYTES
from workbench.aws.retry import Backoff, retry
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts, JournalFile, Operation, OperationRecord, StepContext, StepRunner
from workbench.functions.configuration import IN_CONFIGURATION, MEMBERS, ROWS, Settings, configuration_request
from workbench.functions.create import PartOfJob, Staged, Uploader, check_name_is_free, published_to_callers
from workbench.functions.deleted import Deleted, InterruptedRestore
from workbench.functions.detail import CONFLICT, find, get_function, wait_until_updated
from workbench.functions.model import FunctionDetail, S3Object, detail_of
from workbench.functions.snapshot import (
    FunctionSnapshot,
    Raw,
    VersionSnapshot,
    permission_request,
    restore_request,
    s3_object_fields,
)
from workbench.functions.versions import publish_version

_GONE = ("404", "NoSuchKey", "NoSuchBucket", "NoSuchVersion")


class RestoredCode:
    """Uploads packages that are too large for a request to S3, whose bucket deletes them after 30 days.

    Args:
        folder: The folder with the packages.
        uploader: Uploads large packages to S3; without it they are refused.
        what: First sentence of an error; by default that the function was not restored.
    """

    def __init__(
        self,
        connection: Connection,
        function_name: str,
        folder: Path,
        uploader: Uploader | None,
        what: str = "",
    ) -> None:
        self._connection, self._name, self._folder = connection, function_name, folder
        self._uploader = uploader
        self._what = what or _("{function_name} was not restored.").format(function_name=function_name)
        self._sent: list[tuple[Staged, bool]] = []

    def request(self, package: Path, version: VersionSnapshot, ctx: JobContext) -> dict[str, Any]:
        """The members of a request that name the code of a version and its KMS key.

        Raises:
            WorkbenchError: The package cannot be read or sent.
            Cancelled: During the upload.
        """
        if version.image_uri:
            return {"ImageUri": version.image_uri}
        if version.s3_object is not None and self._is_there(found := S3Object(**version.s3_object)):
            return found.request
        key = version.source_kms_key_arn
        return self._zip(package, version.code_sha256, ctx) | ({"SourceKMSKeyArn": key} if key else {})

    def _is_there(self, found: S3Object) -> bool:
        """Whether the S3 object still exists; otherwise Lambda gets a copy."""
        version: dict[str, Any] = {"VersionId": found.version} if found.version else {}
        try:
            self._connection.call(
                "s3", "head_object", failure=self._what, Bucket=found.bucket, Key=found.key, **version
            )
        except WorkbenchError as error:
            return error.aws_code not in _GONE
        return True

    def _zip(self, package: Path, code_sha256: str, ctx: JobContext) -> dict[str, Any]:
        what = self._what
        try:
            size = package.stat().st_size
            if size <= ZIP_LIMIT_BYTES:
                return {"ZipFile": package.read_bytes()}
        except OSError as error:
            raise explain_os_error(error, what, package) from error
        if self._uploader is None:
            raise WorkbenchError(
                what,
                _(
                    "Its package has {size:,} bytes; packages larger than {zip_limit_bytes:,} "
                    "bytes must be uploaded to S3."
                ).format(size=size, zip_limit_bytes=ZIP_LIMIT_BYTES),
                _("Create a function with this name, and deploy {package} to it.").format(package=package),
            )
        place = self._uploader.destination(self._connection, "", self._name, code_sha256)
        staged = self._uploader.observe(self._connection, place, package, ctx)
        self._sent.append((staged, staged.exists))
        if not staged.exists:
            self._uploader.make_bucket(self._connection, staged, ctx)
        self._uploader.send(self._connection, staged, package, ctx)
        return {"S3Bucket": staged.bucket, "S3Key": staged.key}

    def delete_sent(self) -> None:
        """Deletes the uploads. Raises WorkbenchError if one cannot be deleted."""
        while self._sent and self._uploader is not None:
            staged, was_there = self._sent.pop()
            self._uploader.delete_package(self._connection, staged)
            if not was_there:
                self._uploader.delete_bucket(self._connection, staged)


_EMPTY = {
    member: value
    for member, value in configuration_request(Settings(), IN_CONFIGURATION).items()
    if not any(ROWS[name].is_lasting for name in MEMBERS[member])
}
"""Values that clear members in UpdateFunctionConfiguration."""

CodeOf = Callable[[VersionSnapshot, JobContext], Mapping[str, Any]]
"""The members of a request that name a version's code. Raises WorkbenchError, Cancelled."""


@dataclass(frozen=True, slots=True)
class NotRestored:
    """A resource that could not be restored, with its name for the user and the reason."""

    what: str
    error: WorkbenchError


def restore_versions(
    connection: Connection,
    latest: VersionSnapshot,
    kept: tuple[VersionSnapshot, ...],
    code_of: CodeOf,
    ctx: JobContext,
    file: JournalFile,
    now: VersionSnapshot,
    interrupted: OperationRecord[Any] | None = None,
) -> tuple[dict[str, str], list[NotRestored]]:
    """Publishes the versions, oldest first, then restores the code and configuration of $LATEST.

    Args:
        latest: The final code and configuration.
        code_of: Returns the code of each version.
        ctx: Cancel leaves out the remaining versions.
        file: The journal, which records each version.
        now: The current code and configuration.
        interrupted: The progress of an earlier run.

    Returns:
        New numbers of the versions by old number, and what could not be restored.
    """
    shape = _Shape(connection, str(latest.request["FunctionName"]), code_of, now)
    steps = {version.version: version for version in kept}
    operation = Operation(steps, _Publisher(connection, shape), file, ctx, interrupted)
    left: list[NotRestored] = []
    for name in steps:
        words = _("version {version}").format(version=name)
        try:
            operation.make(name)
        except Cancelled:
            left.append(NotRestored(words, WorkbenchError(_("The operation was cancelled."))))
        except WorkbenchError as error:
            left.append(NotRestored(words, error))
    try:
        shape.become(latest, ctx.shielded())
    except WorkbenchError as error:
        words = _("its own code and configuration: it has those of a version, so check it")
        left.insert(0, NotRestored(words, error))
    return {old: str(facts["version"]) for old, facts in operation.done.items() if "version" in facts}, left


@dataclass(frozen=True, slots=True)
class _Publisher(StepRunner[VersionSnapshot]):
    """Publishes one version; the fact of its step is its new number. It goes with its function."""

    connection: Connection
    shape: "_Shape"

    def do(self, step: VersionSnapshot, context: StepContext) -> Facts:
        text = _("Publishing former version {version}").format(version=step.version)
        context.ctx.progress(context.number, context.total + 1, text)
        detail = self.shape.become(step, context.ctx)
        description = str(step.request.get("Description") or "")
        published = publish_version(self.connection, detail, description, context.ctx.shielded())
        return {"version": published.version}


class _Shape:
    """$LATEST, which gets the code and configuration of one version after the other."""

    def __init__(self, connection: Connection, name: str, code_of: CodeOf, now: VersionSnapshot) -> None:
        self._connection, self._name, self._code_of, self._now = connection, name, code_of, now
        self._detail: FunctionDetail | None = None

    def become(self, wanted: VersionSnapshot, ctx: JobContext) -> FunctionDetail:
        failure = _("Could not restore the configuration of version {version} of {name}.").format(
            version=wanted.version, name=self._name
        )
        if _code_mark(self._now) != _code_mark(wanted):
            code = dict(self._code_of(wanted, ctx))
            architectures = wanted.request.get("Architectures")
            if architectures and not wanted.image_uri:
                code["Architectures"] = architectures
            self._call("update_function_code", failure, code, ctx)
            request = {**self._now.request, "Architectures": architectures or ["x86_64"]}
            self._now = replace(wanted, request=request)
        if changes := _changes(self._now.request, wanted.request):
            self._call("update_function_configuration", failure, changes, ctx)
            self._now = wanted
        if self._detail is None:
            self._detail = wait_until_updated(self._connection, self._name, ctx)
        return self._detail

    def _call(self, method: str, failure: str, request: Raw, ctx: JobContext) -> None:
        ctx = ctx.shielded()  # half a change is worse than a wait
        self._connection.call("lambda", method, failure=failure, FunctionName=self._name, **request)
        self._detail = wait_until_updated(self._connection, self._name, ctx)
        if self._detail.last_update_status == "Failed":
            reason = self._detail.last_update_status_reason
            raise WorkbenchError(failure, reason, aws_code="LastUpdateStatus=Failed")


def is_between(now: VersionSnapshot, shapes: Sequence[VersionSnapshot]) -> bool:
    """Whether the function's code and each of its members come from one of these versions."""
    return any(_code_mark(now) == _code_mark(each) for each in shapes) and all(
        any(_member(now, name) == _member(each, name) for each in shapes)
        for name in MEMBERS
        if name != "Description"
    )


def _member(version: VersionSnapshot, name: str) -> object:
    return version.request.get(name, _EMPTY.get(name))


def _code_mark(version: VersionSnapshot) -> tuple[str, ...]:
    architectures = json.dumps(version.request.get("Architectures") or ["x86_64"])
    return version.code_sha256, version.image_uri, architectures, version.source_kms_key_arn


def _changes(now: Raw, wanted: Raw) -> dict[str, Any]:
    """The request of UpdateFunctionConfiguration. Descriptions are set when versions are published."""
    return {
        name: wanted.get(name, _EMPTY.get(name))
        for name in MEMBERS
        if name != "Description" and now.get(name) != wanted.get(name) and (name in wanted or name in _EMPTY)
    }


@dataclass(frozen=True, slots=True)
class HalfMade:
    """A function that an interrupted restore created, and the code and configuration it currently has."""

    detail: FunctionDetail
    shape: VersionSnapshot


def half_made(
    connection: Connection, function_name: str, shapes: Sequence[VersionSnapshot], ctx: JobContext
) -> HalfMade | None:
    """The function that an interrupted restore created; None if it was not created yet.

    Args:
        shapes: The code and configuration that it has during a restore, in order.

    Raises:
        WorkbenchError: It could not be read; or it was changed, and is left alone.
    """
    failure = _("Could not read {function_name}.").format(function_name=function_name)
    if not find(connection, "get_function", failure, FunctionName=function_name):
        return None
    wait_until_updated(connection, function_name, ctx)
    answer = connection.call("lambda", "get_function", failure=failure, FunctionName=function_name)
    detail = detail_of(answer)
    is_image = detail.package_type == "Image"
    now = VersionSnapshot(
        "$LATEST",
        restore_request(answer),
        "" if is_image else detail.code_sha256,
        detail.running_image_uri if is_image else "",
        detail.source_kms_key_arn,
        s3_object_fields(detail),
    )
    if not is_between(now, shapes):
        raise WorkbenchError(
            _("The restore of {function_name} was not continued.").format(function_name=function_name),
            _("Its code or configuration was changed after the restore was interrupted."),
            _("Keep it as it is, or delete it and restore it again."),
            aws_code="PreconditionFailedException",
        )
    return HalfMade(detail, now)


_EXISTS = ("exist", "already")
_WHILE_BUSY = Backoff(0.5, factor=1.0, total_s=30.0)
_MAP = "create_event_source_mapping"
_MAPPING_DELETION = Backoff(0.5, factor=1.0, total_s=180.0)
_MAPPING = (
    "EventSourceArn",
    "BatchSize",
    "FilterCriteria",
    "KMSKeyArn",
    "MetricsConfig",
    "LoggingConfig",
    "ScalingConfig",
    "MaximumBatchingWindowInSeconds",
    "ParallelizationFactor",
    "StartingPosition",
    "StartingPositionTimestamp",
    "DestinationConfig",
    "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError",
    "MaximumRetryAttempts",
    "TumblingWindowInSeconds",
    "Topics",
    "Queues",
    "SourceAccessConfigurations",
    "SelfManagedEventSource",
    "FunctionResponseTypes",
    "AmazonManagedKafkaEventSourceConfig",
    "SelfManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "ProvisionedPollerConfig",
)
"""The members of ListEventSourceMappings' answer that CreateEventSourceMapping takes."""


@dataclass(slots=True)
class DependentsRestore:
    """Restores the dependent resources, one kind after the other.

    Attributes:
        kept: What the function had.
        numbers: New numbers of the versions that were published again, by old number.
        deleted_at: ISO 8601: streams are read from this time on.
        ctx: Cancel leaves out the remaining resources.
        resumes: Whether some may exist already, from a run that a crash interrupted.
        left: What could not be restored.
        notes: What was restored, but differs from before.
    """

    connection: Connection
    name: str
    kept: FunctionSnapshot
    numbers: Mapping[str, str]
    deleted_at: str
    ctx: JobContext
    resumes: bool = False
    left: list[NotRestored] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _aliases: set[str] = field(default_factory=set)

    def reserve(self, number: int) -> None:
        words = _("its reserved concurrency of {count:,}").format(count=number)
        self._ask(words, "put_function_concurrency", ReservedConcurrentExecutions=number)

    def run(self) -> None:
        """Restores all of them. Never raises: see `left`."""
        self.ctx.shielded().progress(0, 0, _("Restoring related resources"))
        for alias in self.kept.aliases:
            self._alias(alias)
        if self.kept.recursion:
            words = _("its recursion setting {recursion}").format(recursion=self.kept.recursion)
            self._ask(words, "put_function_recursion_config", RecursiveLoop=self.kept.recursion)
        for qualifier, raw in self.kept.runtimes:
            words = _("the runtime updates of {qualifier}").format(qualifier=qualifier or "$LATEST")
            self._qualified(words, "put_runtime_management_config", qualifier, dict(raw))
        for qualifier, raw in self.kept.asynchronous:
            names = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
            words = _("the asynchronous configuration of {qualifier}").format(
                qualifier=qualifier or "$LATEST"
            )
            self._qualified(words, "put_function_event_invoke_config", qualifier, _picked(raw, names))
        for qualifier, number in self.kept.provisioned:
            request = {"ProvisionedConcurrentExecutions": number}
            words = _("the provisioned concurrency {count:,} of {qualifier}").format(
                count=number, qualifier=qualifier
            )
            self._qualified(words, "put_provisioned_concurrency_config", qualifier, request)
        for qualifier, raw in self.kept.urls:
            self._url(qualifier, raw)
        for qualifier, statement in self.kept.statements:
            self._statement(qualifier, statement)
        self._retention()
        for mapping in self.kept.mappings:
            self._mapping(mapping)

    def _alias(self, alias: Raw) -> None:
        name, words = str(alias["Name"]), _("the alias {name}").format(name=alias["Name"])
        weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        versions = [str(alias["FunctionVersion"]), *weights]
        missing = [each for each in versions if each != "$LATEST" and each not in self.numbers]
        if versions[0] in missing:
            self._leave(
                words,
                _("Version {versions}, to which it points, was not restored.").format(versions=versions[0]),
            )
            return
        new = {self.numbers[each]: share for each, share in weights.items() if each in self.numbers}
        version = self.numbers.get(versions[0], versions[0])
        new.pop(version, None)  # two identical versions have become one
        request: dict[str, Any] = {"Name": name, "FunctionVersion": version}
        if description := alias.get("Description"):
            request["Description"] = description
        if new:
            request["RoutingConfig"] = {"AdditionalVersionWeights": new}
        if self._ask(words, "create_alias", **request) is None:
            return
        self._aliases.add(name)
        for each in missing:
            self._leave(
                _("the weight of version {version} in {alias}").format(version=each, alias=words),
                _("Version {version} was not restored.").format(version=each),
            )

    def _url(self, qualifier: str, raw: Raw) -> None:
        words = _("the function URL of {qualifier}").format(qualifier=qualifier or "$LATEST")
        request = _picked(raw, ("AuthType", "Cors", "InvokeMode"))
        made = self._qualified(words, "create_function_url_config", qualifier, request)
        if made and made.get("FunctionUrl") not in (None, raw.get("FunctionUrl")):
            self.notes.append(
                _("{old_url} is now {new_url}").format(
                    old_url=raw.get("FunctionUrl"), new_url=made["FunctionUrl"]
                )
            )

    def _statement(self, qualifier: str, statement: Raw) -> None:
        words = (
            _("the permission {statement_id} of {qualifier}")
            if qualifier
            else _("the permission {statement_id}")
        ).format(statement_id=statement.get("Sid"), qualifier=qualifier)
        try:
            request = permission_request(statement)
        except ValueError as error:
            self._leave(words, f"{error}.")
            return
        self._qualified(words, "add_permission", qualifier, request)

    def _retention(self) -> None:
        days, group = self.kept.retention_days, self.kept.log_group
        if days is None or not group:
            return
        words = _("the retention of {days:,} days of {group}").format(days=days, group=group)
        if self._ask(words, "create_log_group", "logs", logGroupName=group) is not None:
            self._ask(words, "put_retention_policy", "logs", logGroupName=group, retentionInDays=days)

    def _mapping(self, raw: Raw) -> None:
        source = str(raw.get("EventSourceArn") or "self-managed Kafka")
        words = _("the event source mapping of {source}").format(source=source)
        qualifier = str(raw["FunctionArn"]).partition(f":function:{self.name}")[2].removeprefix(":")
        qualifier = "" if qualifier == "$LATEST" else qualifier
        if (new := self._new(words, qualifier)) is None:
            return
        request = _picked(raw, _MAPPING)
        note = self._start(request, words) if "StartingPosition" in request else ""
        request["Enabled"] = str(raw.get("State") or "") not in ("Disabled", "Disabling")
        name = f"{self.name}:{new}" if new else self.name
        if self.resumes and self._is_mapped(name, raw):
            return
        made = self._ask(words, _MAP, **{**request, "FunctionName": name})
        if made and note:
            self.notes.append(note)

    def _is_leaving(self, request: Raw) -> bool:
        """Whether AWS is still deleting a mapping of the same source."""
        source = request.get("EventSourceArn")
        found = self._mappings_of(request["FunctionName"])
        return any(each.get("State") == "Deleting" and each.get("EventSourceArn") == source for each in found)

    def _mappings_of(self, name: str) -> list[Raw]:
        """The mappings of the function, a version or an alias; empty if they may not be listed."""
        ctx, method = self.ctx.shielded(), "list_event_source_mappings"
        try:
            return list(self.connection.items("lambda", method, ctx=ctx, FunctionName=name))
        except WorkbenchError:
            return []

    def _is_mapped(self, name: str, raw: Raw) -> bool:
        """Whether such a mapping exists: only for some sources does AWS refuse a second one."""
        same = ("EventSourceArn", "Topics", "Queues", "SelfManagedEventSource", "DocumentDBEventSourceConfig")
        stays = (each for each in self._mappings_of(name) if each.get("State") != "Deleting")
        return any(all(each.get(key) == raw.get(key) for key in same) for each in stays)

    def _start(self, request: dict[str, Any], words: str) -> str:
        """Adds the start position to the request, and describes it."""
        if ":kinesis:" in str(request.get("EventSourceArn")):
            request["StartingPosition"] = "AT_TIMESTAMP"
            request["StartingPositionTimestamp"] = self.deleted_at
            return _("{words} continues from the time when the function was deleted").format(words=words)
        position = request["StartingPosition"]
        return _("{words} starts at {position}: records might be read twice or skipped").format(
            words=words, position=position
        )

    # Asking -------------------------------------------------------------------------------------------------

    def _qualified(
        self, words: str, method: str, qualifier: str, request: dict[str, Any]
    ) -> dict[str, Any] | None:
        new = self._new(words, qualifier)
        if new is None:
            return None
        return self._ask(words, method, **(request | ({"Qualifier": new} if new else {})))

    def _new(self, words: str, qualifier: str) -> str | None:
        """The new qualifier for an old one; None, with an entry in `left`, if it was not restored."""
        if not qualifier or qualifier in self._aliases:
            return qualifier
        if qualifier in self.numbers:
            return self.numbers[qualifier]
        self._leave(words, _("{qualifier} was not restored.").format(qualifier=qualifier))
        return None

    def _leave(self, words: str, why: str) -> None:
        self.left.append(
            NotRestored(words, WorkbenchError(_("Not restored: {words}.").format(words=words), why))
        )

    def _ask(self, words: str, method: str, service: str = "lambda", **request: Any) -> dict[str, Any] | None:
        """The answer, empty if the resource exists; None, with an entry in `left`, if AWS refuses."""
        if self.ctx.cancelled:
            self._leave(words, _("The operation was cancelled."))
            return None
        if service == "lambda":
            request = {"FunctionName": self.name, **request}
        ctx = self.ctx.shielded()

        def ask() -> dict[str, Any]:
            return self.connection.call(
                service, method, failure=_("Not restored: {words}.").format(words=words), **request
            )

        try:
            return retry(
                lambda: retry(ask, ctx, _WHILE_BUSY, _is_busy),
                ctx,
                _MAPPING_DELETION,
                lambda error: method == _MAP and _is_there(error) and self._is_leaving(request),
            )
        except WorkbenchError as error:
            if error.aws_code == "ResourceAlreadyExistsException":
                return {}
            if _is_there(error):
                if not self.resumes:
                    self.notes.append(
                        _("{resource} already exists and was left unchanged").format(resource=words)
                    )
                return {}
            self.left.append(NotRestored(words, error))
            return None


def _is_there(error: WorkbenchError) -> bool:
    """Whether AWS refused to create something that exists."""
    return error.aws_code == CONFLICT and any(word in error.why.lower() for word in _EXISTS)


def _is_busy(error: WorkbenchError) -> bool:
    """Whether AWS is still busy with an earlier request."""
    return error.aws_code == CONFLICT and not _is_there(error)


def _picked(raw: Raw, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: raw[name] for name in names if raw.get(name) not in (None, "", [], {})}


_PARTS = 4


@dataclass(frozen=True, slots=True)
class Restored:
    """The result of a restore.

    Attributes:
        detail: The restored function.
        left: What could not be restored, and why.
        notes: What was restored, but differs from before.
    """

    detail: FunctionDetail
    left: tuple[NotRestored, ...] = ()
    notes: tuple[str, ...] = ()


def restore(
    connection: Connection, deleted: Deleted, ctx: JobContext, uploader: Uploader | None = None
) -> Restored:
    """Creates the function, waits until it can be invoked, and restores its dependent resources.

    A restore that a crash interrupted is continued.

    Args:
        deleted: The copy.
        ctx: Cancel after the creation leaves out the rest, which the result says.
        uploader: Uploads packages of more than 50 MB to S3; without it they are refused.

    Raises:
        WorkbenchError: Nothing was created: a function of its name exists, another window is restoring it, or
            AWS refused (its role may not exist). Or it was created but cannot be invoked, which `what` says.
        Cancelled: Nothing was created.
    """
    name, journal, latest = deleted.function_name, deleted.journal, deleted.latest
    found: HalfMade | None = None
    earlier: InterruptedRestore | None = None
    if (interrupted := journal.interrupted()) is not None:
        found = half_made(connection, name, (latest, *deleted.dependents.versions), ctx)
    if interrupted is None or found is None:
        check_name_is_free(connection, name, ctx)
        file = journal.begin_restore()
    else:
        file = reopened = journal.reopen_restore(interrupted)
        earlier = reopened.record
    with file:
        try:
            code = RestoredCode(connection, name, deleted.folder, uploader)
            if found is None:
                detail, now = _create(connection, deleted, code, ctx), latest
            else:
                detail, now = _usable(found.detail), found.shape
            numbers, left = restore_versions(
                connection,
                latest,
                deleted.dependents.versions,
                lambda version, part: code.request(deleted.package_of(version.code_sha256), version, part),
                PartOfJob(ctx, 2, _PARTS),
                file,
                now,
                earlier,
            )
            return _with_dependents(
                connection, deleted, detail, numbers, left, ctx, resumes=found is not None
            )
        finally:
            file.finish()  # only a crash leaves it unfinished


def _with_dependents(
    connection: Connection,
    deleted: Deleted,
    detail: FunctionDetail,
    numbers: Mapping[str, str],
    left: list[NotRestored],
    ctx: JobContext,
    *,
    resumes: bool,
) -> Restored:
    name = deleted.function_name
    notes = [
        _("version {old} is now version {new}").format(old=old, new=new)
        for old, new in numbers.items()
        if old != new
    ]
    part = PartOfJob(ctx, 3, _PARTS)
    run = DependentsRestore(
        connection, name, deleted.dependents, numbers, deleted.when, part, resumes=resumes
    )
    if deleted.reserved_concurrency is not None:
        run.reserve(deleted.reserved_concurrency)
    run.run()
    with contextlib.suppress(WorkbenchError):  # the function exists, whatever this says
        detail = get_function(connection, name)
    return Restored(detail, (*left, *run.left), (*notes, *run.notes))


def _create(connection: Connection, deleted: Deleted, code: RestoredCode, ctx: JobContext) -> FunctionDetail:
    name = deleted.function_name
    request: dict[str, Any] = json.loads(deleted.request)
    request |= published_to_callers(request)
    try:
        where = code.request(deleted.package, deleted.latest, PartOfJob(ctx, 0, _PARTS))
        ctx.progress(1, _PARTS, _("Creating {name}").format(name=name))
        connection.call(
            "lambda",
            "create_function",
            failure=_("Could not restore {name}.").format(name=name),
            Code=where,
            **request,
        )
    except Cancelled:
        code.delete_sent()
        raise
    except WorkbenchError as error:
        try:
            code.delete_sent()
        except WorkbenchError as second:
            error.why = _("{why} Its package remains in S3: {problem}").format(
                why=error.why, problem=second.why
            )
        raise
    ctx = ctx.shielded()  # the function exists: its resources must not be left out
    ctx.progress(1, _PARTS, _("Waiting until {name} can be invoked").format(name=name))
    return _usable(wait_until_updated(connection, name, ctx))


def _usable(detail: FunctionDetail) -> FunctionDetail:
    """Raises WorkbenchError if the function cannot be invoked."""
    if detail.state == "Failed":
        raise WorkbenchError(
            _(
                "{function_name} was restored, but it cannot be invoked, and its related "
                "resources were not restored."
            ).format(function_name=detail.function_name),
            detail.state_reason,
            _("Correct its configuration."),
            aws_code="State=Failed",
        )
    return detail
