"""Restores a deleted function: code, configuration, versions, and dependent resources."""

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff, retry
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.create import check_name_is_free
from workbench.functions.create_plan import PartOfJob, Uploader, published_to_callers
from workbench.functions.deleted import Deleted, InterruptedRestore
from workbench.functions.detail import CONFLICT, find, get_function, wait_until_updated
from workbench.functions.model import FunctionDetail, detail_of
from workbench.functions.restore_versions import (
    RestoredCode,
    Versions,
    is_between,
    restore_versions,
)
from workbench.functions.snapshot import (
    FunctionSnapshot,
    Raw,
    VersionSnapshot,
    permission_request,
    restore_request,
    s3_object_fields,
)


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


@dataclass(frozen=True, slots=True)
class NotRestored:
    """A resource that could not be restored, with its name for the user and the reason."""

    what: str
    error: WorkbenchError


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
        new = {self.numbers.get(each, each): share for each, share in weights.items() if each not in missing}
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
        words = _("the permission {statement_id}").format(statement_id=statement.get("Sid"))
        if qualifier:
            words += _(" of {qualifier}").format(qualifier=qualifier)
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
        try:
            pages = self.connection.paginate(
                "lambda",
                "list_event_source_mappings",
                ctx=self.ctx.shielded(),
                FunctionName=request["FunctionName"],
            )
            found = [each for page in pages for each in page.get("EventSourceMappings") or ()]
        except WorkbenchError:
            return False
        source = request.get("EventSourceArn")
        return any(each.get("State") == "Deleting" and each.get("EventSourceArn") == source for each in found)

    def _is_mapped(self, name: str, raw: Raw) -> bool:
        """Whether such a mapping exists: only for some sources does AWS refuse a second one."""
        same = ("EventSourceArn", "Topics", "Queues", "SelfManagedEventSource", "DocumentDBEventSourceConfig")
        try:
            pages = self.connection.paginate(
                "lambda", "list_event_source_mappings", ctx=self.ctx.shielded(), FunctionName=name
            )
            found = [each for page in pages for each in page.get("EventSourceMappings") or ()]
        except WorkbenchError:
            return False
        stays = (each for each in found if each.get("State") != "Deleting")
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
            versions = restore_versions(
                connection,
                latest,
                deleted.dependents.versions,
                lambda version, part: code.request(deleted.package_of(version.code_sha256), version, part),
                PartOfJob(ctx, 2, _PARTS),
                file,
                now,
                earlier,
            )
            return _with_dependents(connection, deleted, detail, versions, ctx, resumes=found is not None)
        finally:
            file.finish()  # only a crash leaves it unfinished


def _with_dependents(
    connection: Connection,
    deleted: Deleted,
    detail: FunctionDetail,
    versions: Versions,
    ctx: JobContext,
    *,
    resumes: bool,
) -> Restored:
    name = deleted.function_name
    left: list[NotRestored] = []
    if versions.not_back is not None:
        words = _("its own code and configuration: it has those of a version, so check it")
        left.append(NotRestored(words, versions.not_back))
    left += [
        NotRestored(_("version {version}").format(version=each.version), each.error)
        for each in versions.failed
    ]
    notes = [
        _("version {old} is now version {new}").format(old=old, new=new)
        for old, new in versions.numbers.items()
        if old != new
    ]
    part, numbers = PartOfJob(ctx, 3, _PARTS), versions.numbers
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
