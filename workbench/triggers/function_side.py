"""What triggers need to know of their function: its qualifiers, policies and asynchronous settings."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.dependents import DependentKind, DependentResource
from workbench.functions.detail import GONE
from workbench.functions.model import FunctionDetail
from workbench.functions.versions import list_aliases
from workbench.triggers.async_settings import AsyncSettings, list_async_settings
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import ObservedFunction, SourceKind, Trigger
from workbench.triggers.policy import Grant, parse_policy


@dataclass(frozen=True, slots=True)
class TriggerProblem:
    """What could not be read, and why. It means "unknown", never "none".

    Attributes:
        part: "the policy of hello:live", or a service as AWS calls it.
        error: AWS's answer.
        kind: Of the source; None when it is about the function's side.
    """

    part: str
    error: WorkbenchError
    kind: SourceKind | None = None


@dataclass(frozen=True, slots=True)
class FunctionSide:
    """What was read of the function.

    Attributes:
        observed: With the grants and names of all qualifiers; grants None when not all of them could be read.
        settings: Of asynchronous invocations; one for each qualifier that has some.
        grants: Those that could be read, whatever could not.
        knows_qualifiers: Whether all aliases and versions could be listed.
        problems: What could not be read.
    """

    observed: ObservedFunction
    settings: tuple[AsyncSettings, ...] = ()
    grants: tuple[Grant, ...] = ()
    knows_qualifiers: bool = True
    problems: tuple[TriggerProblem, ...] = ()


def read_function_side(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> FunctionSide:
    """Reads it; what may not be read is a problem and hides nothing else.

    Raises:
        Cancelled: Between calls.
    """
    reading = FunctionReading(connection, detail, ctx)
    reading.names()
    reading.begin_policies()
    return reading.side()


class FunctionReading:
    """One reading, in two parts: there is a policy for each qualifier, and there may be hundreds of versions.

    Args:
        connection: In the function's region.
        detail: The function.
        ctx: The job; nothing is emitted.
        threads: To ask on; None to ask on this one.
    """

    def __init__(
        self, connection: Connection, detail: FunctionDetail, ctx: JobContext, threads: Executor | None = None
    ) -> None:
        self._connection, self._detail, self._ctx = connection, detail, ctx
        self._asking = _Reads(threads)
        begin, name = self._asking.begin, detail.function_name
        self._versions = begin("versions", partial(_list_numbers, connection, name, ctx))
        self._aliases = begin("aliases", partial(list_aliases, connection, name, ctx))
        self._settings = begin(
            "asynchronous invocation settings", partial(list_async_settings, connection, detail, ctx)
        )
        self._policies: list[Callable[[], tuple[Grant, ...] | None]] = []
        self._known = FunctionSide(ObservedFunction(detail))

    def names(self) -> FunctionSide:
        """The qualifiers and the settings, without any grants. Raises Cancelled."""
        versions, aliases, settings = self._versions(), self._aliases(), self._settings()
        qualifiers = (*(alias.name for alias in aliases or ()), *(versions or ()))
        observed = ObservedFunction(self._detail, grants=None, qualifiers=qualifiers)
        knows_qualifiers = versions is not None and aliases is not None
        self._known = FunctionSide(
            _with_settings(observed, settings), settings or (), knows_qualifiers=knows_qualifiers
        )
        return self._known

    def begin_policies(self) -> None:
        """Starts to read the policies of the qualifiers; on threads, after what was started before."""
        name = self._detail.function_name
        for each in ("", *self._known.observed.qualifiers):
            part = f"policy of {name}:{each}" if each else f"policy of {name}"
            read = partial(read_policy, self._connection, name, each, self._ctx)
            self._policies.append(self._asking.begin(part, read))

    def side(self, *, tell: bool = False) -> FunctionSide:
        """All of it.

        Args:
            tell: Whether the number of policies that were read is reported.

        Raises:
            Cancelled: Between calls.
        """
        policies = []
        for number, policy in enumerate(self._policies, 1):
            policies.append(policy())
            if tell and len(self._policies) > 1:
                self._ctx.progress(number, len(self._policies), "Reading the policies of its versions")
        grants = tuple(grant for policy in policies for grant in policy or ())
        is_whole = self._known.knows_qualifiers and None not in policies
        return replace(
            self._known,
            observed=replace(self._known.observed, grants=grants if is_whole else None),
            grants=grants,
            problems=tuple(self._asking.problems),
        )


def read_policy(
    connection: Connection, function_name: str, qualifier: str, ctx: JobContext
) -> tuple[Grant, ...]:
    """The statements of the policy of one qualifier, which differs from that of the unqualified function.

    Raises:
        WorkbenchError: It may not be read, or is no policy, or the function does not exist.
        Cancelled: Before the call.
    """
    ctx.check()
    request: dict[str, Any] = {"FunctionName": function_name}
    request |= {"Qualifier": qualifier} if qualifier else {}
    failure = f"Could not read who can invoke {function_name}."
    try:
        answer = connection.call("lambda", "get_policy", failure=failure, **request)
    except WorkbenchError as error:
        # A function without a policy has the same error code as a missing function; only the message differs.
        if error.aws_code == GONE and "function not found" not in error.why.lower():
            return ()
        raise
    return parse_policy(answer.get("Policy", ""), function_name)


def _list_numbers(connection: Connection, function_name: str, ctx: JobContext) -> tuple[str, ...]:
    """The numbers of the published versions; list_versions would emit them as the job's own result."""
    pages = connection.paginate(
        "lambda",
        "list_versions_by_function",
        ctx=ctx,
        failure=f"Could not list the versions of {function_name}.",
        FunctionName=function_name,
    )
    versions = (str(each["Version"]) for page in pages for each in page.get("Versions") or ())
    return tuple(version for version in versions if version.isdecimal())


class _Reads:
    """Several readings at once, or one after the other without threads."""

    def __init__(self, threads: Executor | None) -> None:
        self._threads = threads
        self.problems: list[TriggerProblem] = []

    def begin[T](self, part: str, read: Callable[[], T]) -> Callable[[], T | None]:
        """Begins to read; what is returned gives the result, None when it may not be read."""
        wait = read if self._threads is None else self._threads.submit(read).result

        def result() -> T | None:
            try:
                return wait()
            except WorkbenchError as error:
                self.problems.append(TriggerProblem(part, error))
                return None

        return result


def _with_settings(
    observed: ObservedFunction, settings: tuple[AsyncSettings, ...] | None
) -> ObservedFunction:
    """With the unqualified function's asynchronous settings, under which most triggers run."""
    if settings is None:
        return replace(observed, failure_arns=None)
    own = next((each for each in settings if not each.qualifier), AsyncSettings())
    arns = tuple(arn for arn in (own.on_failure, observed.detail.dead_letter_arn) if arn)
    return replace(observed, failure_arns=arns, async_retries=own.retries, async_age_s=own.age_s)


def grants_and_urls(
    connection: Connection, detail: FunctionDetail, ctx: JobContext
) -> tuple[DependentResource, ...]:
    """The statements of all qualifiers' policies, and the URLs: what deleting the function breaks.

    What may not be read is a part with a `problem`.

    Raises:
        Cancelled: Between calls.
    """
    side = read_function_side(connection, detail, ctx)
    parts = [_grant(grant) for grant in dict.fromkeys(side.grants)]
    try:
        parts += [_url(url) for url in SOURCES[SourceKind("url")].find(connection, side.observed, (), ctx)]
    except WorkbenchError as error:
        parts.append(DependentResource(DependentKind.URL, "", "", problem=error))
    unread = {str(each.error): each.error for each in side.problems if each.part.startswith("policy")}
    return (
        *parts,
        *(DependentResource(DependentKind.GRANT, "", "", problem=error) for error in unread.values()),
    )


def _grant(grant: Grant) -> DependentResource:
    facts = (
        grant.qualifier,
        grant.principal,
        "Deny" if grant.denies else "",
        f"account {grant.source_account}" if grant.source_account else "",
        grant.action if grant.action != "lambda:InvokeFunction" else "",
        grant.other_conditions,
    )
    detail = " · ".join(filter(None, facts))
    return DependentResource(DependentKind.GRANT, grant.source_arn, grant.source_arn or grant.sid, detail)


def _url(url: Trigger) -> DependentResource:
    facts = (url.qualifier, url.values.get("AuthType"), url.values.get("InvokeMode"))
    return DependentResource(
        DependentKind.URL, url.source_arn, url.source_arn, " · ".join(str(each) for each in facts if each)
    )
