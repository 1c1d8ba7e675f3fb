"""Reads what belongs to a function before it is deleted. What may not be read is named, and stops nothing."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.asking import find
from workbench.functions.belongings import Belongings, KeptVersion, Raw, kept_object
from workbench.functions.detail import linked
from workbench.functions.model import FunctionDetail, detail_of
from workbench.functions.policy_statements import statements_in
from workbench.functions.restore_request import restore_request
from workbench.functions.versions import list_versions

_log = logging.getLogger(__name__)
MOST_VERSIONS = 10
"""The newest are kept, and those that something names however old they are: each may have 250 MB of code."""

_UNSAID = frozenset({"Creating", "Updating"})
"""States of a mapping that do not say whether it reads."""
_PAUSE_S, _PATIENCE_S = 0.5, 60.0

KeepCode = Callable[[str, str, JobContext], Path]
"""Keeps a package by its link and CodeSha256. Raises WorkbenchError when it is not what AWS announced."""


def read_belongings(
    connection: Connection, detail: FunctionDetail, keep_code: KeepCode, ctx: JobContext
) -> tuple[Belongings, tuple[str, ...]]:
    """Reads all of it.

    Args:
        connection: To the function's account and region.
        detail: The function.
        keep_code: Keeps the code of versions.
        ctx: The job.

    Returns:
        What was read; and what was not, in words, with why.

    Raises:
        Cancelled: Between calls.
    """
    reading = _Reading(connection, detail, keep_code, ctx)
    values: dict[str, Any] = {"log_group": detail.log_group}
    for name, words, read in (
        ("aliases", "its aliases", reading.aliases),
        ("mappings", "its event source mappings", reading.mappings),
        ("urls", "its function URLs", reading.urls),
        ("asynchronous", "its settings for asynchronous invocation", reading.asynchronous),
        ("provisioned", "its provisioned concurrency", reading.provisioned),
        ("versions", "its versions", reading.versions),
        ("statements", "its permissions", reading.statements),
        ("runtimes", "its runtime update settings", reading.runtimes),
        ("recursion", "its recursion setting", reading.recursion),
        ("retention_days", "its log retention", reading.retention),
    ):
        ctx.check()
        try:
            values[name] = read()
        except WorkbenchError as error:
            reading.lost.append(f"{words}, which could not be read: {error.why or error.what}")
    return Belongings(**values), tuple(reading.lost)


@dataclass(slots=True)
class _Reading:
    connection: Connection
    detail: FunctionDetail
    keep_code: KeepCode
    ctx: JobContext
    lost: list[str] = field(default_factory=list)
    named: set[str] = field(default_factory=set)  # qualifiers that something is about

    def aliases(self) -> tuple[Raw, ...]:
        found = tuple(self._pages("list_aliases", "Aliases"))
        for alias in found:
            weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
            self.named |= {str(alias["Name"]), str(alias["FunctionVersion"]), *weights}
        return found

    def mappings(self) -> tuple[Raw, ...]:
        """Those that stay, once AWS has made or changed them: until then nothing says whether they read."""
        found = self._mappings()
        waited_s = 0.0
        while waited_s < _PATIENCE_S and any(each.get("State") in _UNSAID for each in found):
            self.ctx.progress(0, 1, "Waiting for its event source mappings")
            self.ctx.sleep(_PAUSE_S)
            waited_s += _PAUSE_S
            found = self._mappings()
        kept = tuple(each for each in found if each.get("State") != "Deleting")
        self.named |= {self._qualifier(each) for each in kept}
        return kept

    def _mappings(self) -> list[Raw]:
        # All of the region are listed: asked for by the function's name, those of aliases would be missing.
        arn = self.detail.function_arn
        pages = self.connection.paginate(
            "lambda",
            "list_event_source_mappings",
            ctx=self.ctx,
            failure="Could not list the event source mappings.",
        )
        every = (each for page in pages for each in page.get("EventSourceMappings") or ())
        return [each for each in every if _belongs(str(each.get("FunctionArn") or ""), arn)]

    def urls(self) -> tuple[tuple[str, Raw], ...]:
        return self._qualified(self._pages("list_function_url_configs", "FunctionUrlConfigs"))

    def asynchronous(self) -> tuple[tuple[str, Raw], ...]:
        listed = self._pages("list_function_event_invoke_configs", "FunctionEventInvokeConfigs")
        return self._qualified(listed)

    def provisioned(self) -> tuple[tuple[str, int], ...]:
        listed = self._pages("list_provisioned_concurrency_configs", "ProvisionedConcurrencyConfigs")
        number = "RequestedProvisionedConcurrentExecutions"
        return tuple((qualifier, int(each[number])) for qualifier, each in self._qualified(listed))

    def versions(self) -> tuple[KeptVersion, ...]:
        listed = list_versions(self.connection, self.detail.function_name, JobContext())
        numbers = [each.version for each in listed if each.version.isdecimal()]  # the newest first
        wanted = [each for place, each in enumerate(numbers) if place < MOST_VERSIONS or each in self.named]
        if left := len(numbers) - len(wanted):
            self.lost.append(f"{left:,} older versions that are not referenced")
        kept = []
        for number, version in enumerate(reversed(wanted)):
            self.ctx.progress(number, len(wanted), f"Saving version {version}")
            try:
                kept.append(self._version(version))
            except WorkbenchError as error:
                self.lost.append(f"version {version}, which could not be saved: {error.why or error.what}")
        self.named |= {each.version for each in kept}
        return tuple(kept)

    def statements(self) -> tuple[tuple[str, Raw], ...]:
        found: dict[tuple[str, str], Raw] = {}
        for qualifier in ("", *sorted(self.named - {"", "$LATEST"})):
            more = {"Qualifier": qualifier} if qualifier else {}
            answer = self._find("get_policy", **more)
            for statement in statements_in(str(answer.get("Policy") or "")):
                # Emulators give those of all qualifiers at once: what each is about is what counts.
                resource = str(statement.get("Resource") or "")
                about = resource.removeprefix(self.detail.function_arn).removeprefix(":")
                found[about, str(statement.get("Sid"))] = statement
        return tuple((about, statement) for (about, _), statement in found.items())

    def runtimes(self) -> tuple[tuple[str, Raw], ...]:
        if self.detail.package_type == "Image":
            return ()  # an image brings its runtime along
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
        pages = self.connection.paginate(
            "logs",
            "describe_log_groups",
            ctx=self.ctx,
            failure=f"Could not read the retention of {self.detail.log_group}.",
            logGroupNamePrefix=self.detail.log_group,
        )
        groups = (group for page in pages for group in page.get("logGroups") or ())
        mine = (group for group in groups if group["logGroupName"] == self.detail.log_group)
        return next((group.get("retentionInDays") for group in mine), None)

    def _version(self, version: str) -> KeptVersion:
        answer = self._find("get_function", Qualifier=version)
        detail = linked(self.connection, detail_of(answer))
        request = restore_request(answer)
        if detail.package_type == "Image":
            return KeptVersion(version, request, image_uri=detail.running_image_uri)
        self.keep_code(detail.code_location, detail.code_sha256, self.ctx)
        return KeptVersion(
            version,
            request,
            detail.code_sha256,
            source_kms_key_arn=detail.source_kms_key_arn,
            s3_object=kept_object(detail),
        )

    def _find(self, method: str, **more: str) -> dict[str, Any]:
        name = self.detail.function_name
        return find(
            self.connection,
            method,
            f"Could not save the related resources of {name}.",
            FunctionName=name,
            **more,
        )

    def _pages(self, method: str, member: str) -> Iterator[Raw]:
        name = self.detail.function_name
        failure = f"Could not save the related resources of {name}."
        pages = self.connection.paginate("lambda", method, ctx=self.ctx, failure=failure, FunctionName=name)
        return (each for page in pages for each in page.get(member) or ())

    def _qualified(self, listed: Iterable[Raw]) -> tuple[tuple[str, Raw], ...]:
        found = tuple((self._qualifier(each), each) for each in listed)
        self.named |= {qualifier for qualifier, _ in found}
        return found

    def _qualifier(self, each: Raw) -> str:
        arn = str(each.get("FunctionArn") or "")
        return arn.removeprefix(self.detail.function_arn).removeprefix(":").removeprefix("$LATEST")


def _belongs(arn: str, function_arn: str) -> bool:
    return arn == function_arn or arn.startswith(f"{function_arn}:")
