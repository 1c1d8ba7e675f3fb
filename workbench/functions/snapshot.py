"""The code, settings and dependent resources of a function, read in order to restore it later.

Values are AWS's own, as JSON. What may not be read is reported, and does not stop the rest.
"""

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff, poll
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _, ngettext
from workbench.functions.configuration import SETTINGS, Settings, put, read_configuration
from workbench.functions.detail import find, find_log_group, linked, list_mappings, qualifier_in
from workbench.functions.model import FunctionDetail, detail_of
from workbench.functions.versions import list_versions

Raw = Mapping[str, Any]
"""A part of an answer."""


@dataclass(frozen=True, slots=True)
class VersionSnapshot:
    """A published version.

    Attributes:
        request: CreateFunction's request with its configuration, without the code; contains secrets.
        code_sha256: CodeSha256 of its package; empty for a container image.
        image_uri: URI of a container image.
        source_kms_key_arn: KMS key of its package; empty for an AWS owned key.
        s3_object: The S3 object it refers to (fields of S3Object by name); None if Lambda had a copy.
    """

    version: str
    request: Raw
    code_sha256: str = ""
    image_uri: str = ""
    source_kms_key_arn: str = ""
    s3_object: dict[str, str] | None = None

    def __repr__(self) -> str:
        return f"VersionSnapshot({self.version!r})"


def s3_object_fields(detail: FunctionDetail) -> dict[str, str] | None:
    """The fields of the S3 object that a function refers to; None if Lambda has a copy of the code."""
    return asdict(detail.s3_object) if detail.s3_object is not None else None


@dataclass(frozen=True, slots=True)
class FunctionSnapshot:
    """The dependent resources of a function. A qualifier is an alias or version; empty for $LATEST.

    Attributes:
        versions: Oldest first.
        aliases: AliasConfigurations.
        mappings: EventSourceMappingConfigurations.
        statements: Statements of resource policies, each with its qualifier.
        urls: FunctionUrlConfigs, each with its qualifier.
        asynchronous: FunctionEventInvokeConfigs, each with its qualifier.
        provisioned: Requested provisioned concurrency by alias or version.
        runtimes: Answers of GetRuntimeManagementConfig, each with its qualifier, except AWS's default.
        recursion: "Allow", or whatever was set; empty for AWS's default.
        retention_days: Retention of the log group; None for no expiry.
    """

    versions: tuple[VersionSnapshot, ...] = ()
    aliases: tuple[Raw, ...] = ()
    mappings: tuple[Raw, ...] = ()
    statements: tuple[tuple[str, Raw], ...] = ()
    urls: tuple[tuple[str, Raw], ...] = ()
    asynchronous: tuple[tuple[str, Raw], ...] = ()
    provisioned: tuple[tuple[str, int], ...] = ()
    runtimes: tuple[tuple[str, Raw], ...] = ()
    recursion: str = ""
    log_group: str = ""
    retention_days: int | None = None

    def __repr__(self) -> str:
        return f"FunctionSnapshot({', '.join(self.counts())})"

    def counts(self) -> tuple[str, ...]:
        """The number of each kind as text ("2 aliases")."""
        versions, aliases, mappings = len(self.versions), len(self.aliases), len(self.mappings)
        statements, urls, provisioned = len(self.statements), len(self.urls), len(self.provisioned)
        asynchronous, runtimes = len(self.asynchronous), len(self.runtimes)
        counted = (
            (versions, ngettext("{count:,} version", "{count:,} versions", versions)),
            (aliases, ngettext("{count:,} alias", "{count:,} aliases", aliases)),
            (
                mappings,
                ngettext("{count:,} event source mapping", "{count:,} event source mappings", mappings),
            ),
            (statements, ngettext("{count:,} permission", "{count:,} permissions", statements)),
            (urls, ngettext("{count:,} function URL", "{count:,} function URLs", urls)),
            (
                asynchronous,
                ngettext(
                    "{count:,} asynchronous configuration",
                    "{count:,} asynchronous configurations",
                    asynchronous,
                ),
            ),
            (
                provisioned,
                ngettext(
                    "{count:,} provisioned concurrency", "{count:,} provisioned concurrencies", provisioned
                ),
            ),
            (
                runtimes,
                ngettext("{count:,} runtime update setting", "{count:,} runtime update settings", runtimes),
            ),
            (int(bool(self.recursion)), _("1 recursion setting")),
            (int(self.retention_days is not None), _("1 log retention")),
        )
        return tuple(text.format(count=count) for count, text in counted if count)


_NAMED = ("FunctionName", "PackageType", "Architectures")
"""Members of CreateFunction that UpdateFunctionConfiguration does not take."""


def restore_request(answer: Mapping[str, Any], code_signing_arn: str = "") -> dict[str, Any]:
    """CreateFunction's request, without the code, that creates a function again.

    Args:
        code_signing_arn: From GetFunctionCodeSigningConfig; empty for none.
        answer: GetFunction's answer.
    """
    configuration = answer["Configuration"]
    request = {name: configuration[name] for name in _NAMED if configuration.get(name)}
    settings = Settings(**read_configuration(configuration))
    for row in SETTINGS:
        value = row.answer_in(configuration)
        if value not in (None, "", {}, []) and row.applies(settings):
            put(request, row.path, row.write(row.read(value)))
    if settings.snap_start == "None":
        request.pop("SnapStart", None)
    if code_signing_arn:
        request["CodeSigningConfigArn"] = code_signing_arn
    # Tags of AWS ("aws:cloudformation:stack-name") cannot be set.
    tags = {name: value for name, value in (answer.get("Tags") or {}).items() if not name.startswith("aws:")}
    if tags:
        request["Tags"] = tags
    return request


_CONDITIONS = {
    "aws:sourcearn": "SourceArn",
    "aws:sourceaccount": "SourceAccount",
    "aws:principalorgid": "PrincipalOrgID",
    "lambda:functionurlauthtype": "FunctionUrlAuthType",
    "lambda:eventsourcetoken": "EventSourceToken",
    "lambda:invokedviafunctionurl": "InvokedViaFunctionUrl",
}
"""The conditions for which AddPermission has a parameter.
Source: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html"""


def statements_in(policy: str) -> tuple[Mapping[str, Any], ...]:
    """The statements of a policy; empty if the text is not a policy."""
    try:
        found = json.loads(policy)["Statement"] if policy else ()
    except (ValueError, LookupError, TypeError):
        return ()
    return tuple(each for each in found if isinstance(each, dict)) if isinstance(found, list) else ()


def permission_request(statement: Mapping[str, Any]) -> dict[str, Any]:
    """AddPermission's request, without function and qualifier.

    Raises:
        ValueError: AddPermission cannot create it; the text says why.
    """
    if statement.get("Effect") != "Allow" or "NotPrincipal" in statement:
        raise ValueError("AddPermission makes statements that allow something only")
    request: dict[str, Any] = {
        "StatementId": _one(statement.get("Sid"), "Sid"),
        "Action": _one(statement.get("Action"), "Action"),
        "Principal": _principal(statement.get("Principal")),
    }
    for tests in (statement.get("Condition") or {}).values():
        for key, value in tests.items():
            parameter = _CONDITIONS.get(key.lower())
            if parameter is None:
                raise ValueError(f"AddPermission has no parameter for the condition {key}")
            text = _one(value, key)
            is_flag = parameter == "InvokedViaFunctionUrl"
            request[parameter] = text.lower() == "true" if is_flag else text
    return request


def _principal(principal: Any) -> str:
    if isinstance(principal, dict) and len(principal) == 1:
        (value,) = principal.values()
        text = _one(value, "Principal")
        # An account is answered as its root ARN, but sent as its id.
        is_root = text.startswith("arn:") and text.endswith(":root")
        return text.split(":")[4] if is_root else text
    return _one(principal, "Principal")


def _one(value: Any, name: str) -> str:
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value:
        return value
    raise ValueError(f"AddPermission takes one {name}")


_log = logging.getLogger(__name__)
MAX_VERSIONS = 10
"""The newest versions, and those that another resource refers to, are stored. Each can have 250 MB of
code."""

_UNSAID = frozenset({"Creating", "Updating"})
"""States of a mapping that do not say whether it is enabled."""
_MAPPING_CHANGE = Backoff(0.5, factor=1.0, total_s=60.0)

KeepCode = Callable[[str, str, JobContext], Path]
"""Downloads a package by link and CodeSha256. Raises WorkbenchError if the hash differs."""


def read_snapshot(
    connection: Connection, detail: FunctionDetail, keep_code: KeepCode, ctx: JobContext
) -> tuple[FunctionSnapshot, tuple[str, ...]]:
    """Reads the dependent resources of a function, and stores the code of its versions.

    Args:
        keep_code: Downloads the code of a version.

    Returns:
        The snapshot, and what could not be read, in words, with the reason.
    """
    reading = _Reading(connection, detail, keep_code, ctx)
    values: dict[str, Any] = {"log_group": detail.log_group}
    for name, words, read in (
        ("aliases", _("its aliases, which could not be read: {why}"), reading.aliases),
        ("mappings", _("its event source mappings, which could not be read: {why}"), reading.mappings),
        ("urls", _("its function URLs, which could not be read: {why}"), reading.urls),
        (
            "asynchronous",
            _("its settings for asynchronous invocation, which could not be read: {why}"),
            reading.asynchronous,
        ),
        (
            "provisioned",
            _("its provisioned concurrency, which could not be read: {why}"),
            reading.provisioned,
        ),
        ("versions", _("its versions, which could not be read: {why}"), reading.versions),
        ("statements", _("its permissions, which could not be read: {why}"), reading.statements),
        ("runtimes", _("its runtime update settings, which could not be read: {why}"), reading.runtimes),
        ("recursion", _("its recursion setting, which could not be read: {why}"), reading.recursion),
        ("retention_days", _("its log retention, which could not be read: {why}"), reading.retention),
    ):
        ctx.check()
        try:
            values[name] = read()
        except WorkbenchError as error:
            reading.lost.append(words.format(why=error.why or error.what))
    return FunctionSnapshot(**values), tuple(reading.lost)


@dataclass(slots=True)
class _Reading:
    connection: Connection
    detail: FunctionDetail
    keep_code: KeepCode
    ctx: JobContext
    lost: list[str] = field(default_factory=list)
    named: set[str] = field(default_factory=set)  # qualifiers that a resource refers to

    def aliases(self) -> tuple[Raw, ...]:
        found = tuple(self._items("list_aliases"))
        for alias in found:
            weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
            self.named |= {str(alias["Name"]), str(alias["FunctionVersion"]), *weights}
        return found

    def mappings(self) -> tuple[Raw, ...]:
        """The mappings that are not being deleted, once AWS has completed their changes."""
        found = poll(
            self._mappings,
            lambda mappings: not any(each.get("State") in _UNSAID for each in mappings),
            self.ctx,
            _MAPPING_CHANGE,
            lambda __: self.ctx.progress(0, 1, _("Waiting for its event source mappings")),
        )
        kept = tuple(each for each in found if each.get("State") != "Deleting")
        self.named |= {self._qualifier(each) for each in kept}
        return kept

    def _mappings(self) -> list[Raw]:
        return list(list_mappings(self.connection, self.detail.function_arn, self.ctx))

    def urls(self) -> tuple[tuple[str, Raw], ...]:
        return self._qualified(self._items("list_function_url_configs"))

    def asynchronous(self) -> tuple[tuple[str, Raw], ...]:
        listed = self._items("list_function_event_invoke_configs")
        return self._qualified(listed)

    def provisioned(self) -> tuple[tuple[str, int], ...]:
        listed = self._items("list_provisioned_concurrency_configs")
        number = "RequestedProvisionedConcurrentExecutions"
        return tuple((qualifier, int(each[number])) for qualifier, each in self._qualified(listed))

    def versions(self) -> tuple[VersionSnapshot, ...]:
        listed = list_versions(self.connection, self.detail.function_name, JobContext())
        numbers = [each.version for each in listed if each.version.isdecimal()]  # newest first
        wanted = [each for place, each in enumerate(numbers) if place < MAX_VERSIONS or each in self.named]
        if left := len(numbers) - len(wanted):
            self.lost.append(
                ngettext(
                    "{count:,} older version that is not referenced",
                    "{count:,} older versions that are not referenced",
                    left,
                ).format(count=left)
            )
        kept = []
        for number, version in enumerate(reversed(wanted)):
            self.ctx.progress(number, len(wanted), _("Saving version {version}").format(version=version))
            try:
                kept.append(self._version(version))
            except WorkbenchError as error:
                self.lost.append(
                    _("version {version}, which could not be saved: {why}").format(
                        version=version, why=error.why or error.what
                    )
                )
        self.named |= {each.version for each in kept}
        return tuple(kept)

    def statements(self) -> tuple[tuple[str, Raw], ...]:
        found: dict[tuple[str, str], Raw] = {}
        for qualifier in ("", *sorted(self.named - {"", "$LATEST"})):
            more = {"Qualifier": qualifier} if qualifier else {}
            answer = self._find("get_policy", **more)
            for statement in statements_in(str(answer.get("Policy") or "")):
                # Emulators answer the statements of all qualifiers, so each is checked.
                resource = str(statement.get("Resource") or "")
                about = resource.removeprefix(self.detail.function_arn).removeprefix(":")
                found[about, str(statement.get("Sid"))] = statement
        return tuple((about, statement) for (about, __), statement in found.items())

    def runtimes(self) -> tuple[tuple[str, Raw], ...]:
        if self.detail.package_type == "Image":
            return ()  # an image contains its runtime
        found = []
        for qualifier in ("", *sorted(each for each in self.named if each.isdecimal())):
            more = {"Qualifier": qualifier} if qualifier else {}
            answer = self._find("get_runtime_management_config", **more)
            if answer.get("UpdateRuntimeOn") not in (None, "Auto"):
                names = ("UpdateRuntimeOn", "RuntimeVersionArn")
                found.append((qualifier, {name: answer[name] for name in names if answer.get(name)}))
        return tuple(found)

    def recursion(self) -> str:
        loop = str(self._find("get_function_recursion_config").get("RecursiveLoop") or "")
        return "" if loop == "Terminate" else loop

    def retention(self) -> int | None:
        name = self.detail.log_group
        failure = _("Could not read the retention of {log_group}.").format(log_group=name)
        return find_log_group(self.connection, name, failure, self.ctx).get("retentionInDays")

    def _version(self, version: str) -> VersionSnapshot:
        answer = self._find("get_function", Qualifier=version)
        detail = linked(self.connection, detail_of(answer))
        request = restore_request(answer)
        if detail.package_type == "Image":
            return VersionSnapshot(version, request, image_uri=detail.running_image_uri)
        self.keep_code(detail.code_location, detail.code_sha256, self.ctx)
        return VersionSnapshot(
            version,
            request,
            detail.code_sha256,
            source_kms_key_arn=detail.source_kms_key_arn,
            s3_object=s3_object_fields(detail),
        )

    def _find(self, method: str, **more: str) -> dict[str, Any]:
        name = self.detail.function_name
        return find(
            self.connection,
            method,
            _("Could not save the related resources of {name}.").format(name=name),
            FunctionName=name,
            **more,
        )

    def _items(self, method: str) -> Iterator[Raw]:
        name = self.detail.function_name
        failure = _("Could not save the related resources of {name}.").format(name=name)
        return self.connection.items("lambda", method, ctx=self.ctx, failure=failure, FunctionName=name)

    def _qualified(self, listed: Iterable[Raw]) -> tuple[tuple[str, Raw], ...]:
        found = tuple((self._qualifier(each), each) for each in listed)
        self.named |= {qualifier for qualifier, __ in found}
        return found

    def _qualifier(self, each: Raw) -> str:
        return qualifier_in(str(each.get("FunctionArn") or ""), self.detail.function_arn)
