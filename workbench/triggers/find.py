"""Finds all triggers of a function: of the unqualified function, its aliases and its versions, each once.

The function is read first: its qualifiers, policies and asynchronous settings. Then each kind of source finds
its own triggers. This module adds the policy statements that belong to no trigger, and checks whether the
source, alias or version of each event source mapping still exists.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.iam import is_missing
from workbench.aws.names import Arn
from workbench.aws.retry import CachingConnection, RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, for_this_job
from workbench.core.messages import _
from workbench.functions.dependents import DependentKind, DependentResource
from workbench.functions.detail import GONE
from workbench.functions.model import FunctionDetail
from workbench.functions.versions import list_aliases
from workbench.triggers.async_settings import AsyncSettings, list_async_settings
from workbench.triggers.grants import parse_policy
from workbench.triggers.kinds.direct import DirectInvoke
from workbench.triggers.kinds.mapping import MappingSource
from workbench.triggers.kinds.source import Source
from workbench.triggers.kinds.table import RULES, SOURCES
from workbench.triggers.kinds.url import FunctionUrl
from workbench.triggers.model import (
    OTHER,
    Authority,
    Grant,
    Link,
    Model,
    ObservedFunction,
    SourceKind,
    Trigger,
    function_request,
    qualified,
)

_THREADS = 4
"""Few, because AWS allows 15 requests a second and answers are parsed under the global interpreter lock."""
_NOT_LOOKED_FOR = frozenset({DirectInvoke.kind, OTHER})
_PLACES = {kind: place for place, kind in enumerate(RULES)}
_Found = tuple[SourceKind, tuple[Trigger, ...], WorkbenchError | None]
_READ_FINE = ("ok", "no records processed")
"""LastProcessingResult of a mapping that reaches its source, which proves that the source exists.
Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html"""
_RUNS = ("lambda:invokefunction", "lambda:invokefunctionurl", "lambda:*", "lambda:invoke*", "*")
_VIA_URL = ("lambda:functionurlauthtype", "lambda:invokedviafunctionurl")


@dataclass(frozen=True, slots=True)
class TriggerProblem:
    """A part that could not be read, and why. It means "unknown", never "none".

    Attributes:
        part: "the policy of hello:live", or a service by AWS's name.
        error: AWS's answer.
        kind: The kind of source; None if the part belongs to the function.
    """

    part: str
    error: WorkbenchError
    kind: SourceKind | None = None


@dataclass(frozen=True, slots=True)
class FunctionSide:
    """The function's side of its triggers.

    Attributes:
        observed: The function with the grants and names of all qualifiers; its grants are None if not all
            could be read.
        settings: The asynchronous settings, one entry for each qualifier that has any.
        grants: The grants that could be read.
        knows_qualifiers: Whether all aliases and versions could be listed.
    """

    observed: ObservedFunction
    settings: tuple[AsyncSettings, ...] = ()
    grants: tuple[Grant, ...] = ()
    knows_qualifiers: bool = True
    problems: tuple[TriggerProblem, ...] = ()


def _read_function_side(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> FunctionSide:
    """Reads the function's side. A part that may not be read becomes a problem and hides nothing else."""
    reading = _FunctionReading(connection, detail, ctx)
    reading.names()
    reading.begin_policies()
    return reading.side()


class _FunctionReading:
    """Reads the function's side in two parts.

    Each qualifier has its own policy, and there may be hundreds of versions.

    Args:
        ctx: Nothing is emitted.
        threads: The threads to read on; None to read on the calling thread.
    """

    def __init__(
        self, connection: Connection, detail: FunctionDetail, ctx: JobContext, threads: Executor | None = None
    ) -> None:
        self._connection, self._detail, self._ctx = connection, detail, ctx
        self._threads, self._problems = threads, list[TriggerProblem]()
        begin, name = self._begin, detail.function_name
        self._versions = begin(_("versions"), partial(_list_numbers, connection, name, ctx))
        self._aliases = begin(_("aliases"), partial(list_aliases, connection, name, ctx))
        self._settings = begin(
            _("asynchronous invocation settings"), partial(list_async_settings, connection, detail, ctx)
        )
        self._policies: list[Callable[[], tuple[Grant, ...] | None]] = []
        self._known = FunctionSide(ObservedFunction(detail))

    def _begin[T](self, part: str, read: Callable[[], T]) -> Callable[[], T | None]:
        """Starts a read. The returned function gives its result, or None if it may not be read."""
        wait = read if self._threads is None else self._threads.submit(read).result

        def result() -> T | None:
            try:
                return wait()
            except WorkbenchError as error:
                self._problems.append(TriggerProblem(part, error))
                return None

        return result

    def names(self) -> FunctionSide:
        """The qualifiers and settings, without grants. Raises Cancelled."""
        versions, aliases, settings = self._versions(), self._aliases(), self._settings()
        qualifiers = (*(alias.name for alias in aliases or ()), *(versions or ()))
        observed = ObservedFunction(self._detail, grants=None, qualifiers=qualifiers)
        knows_qualifiers = versions is not None and aliases is not None
        self._known = FunctionSide(
            _with_settings(observed, settings), settings or (), knows_qualifiers=knows_qualifiers
        )
        return self._known

    def begin_policies(self) -> None:
        """Starts reading the policies of the qualifiers, on the threads if there are any."""
        name = self._detail.function_name
        for each in ("", *self._known.observed.qualifiers):
            part = _("policy of {name}").format(name=qualified(name, each))
            read = partial(read_policy, self._connection, name, each, self._ctx)
            self._policies.append(self._begin(part, read))

    def side(self, *, tell: bool = False) -> FunctionSide:
        """The complete function's side.

        Args:
            tell: Whether to report how many policies were read.
        """
        policies = []
        for number, policy in enumerate(self._policies, 1):
            policies.append(policy())
            if tell and len(self._policies) > 1:
                self._ctx.progress(number, len(self._policies), _("Reading the policies of its versions"))
        grants = tuple(grant for policy in policies for grant in policy or ())
        is_whole = self._known.knows_qualifiers and None not in policies
        return replace(
            self._known,
            observed=replace(self._known.observed, grants=grants if is_whole else None),
            grants=grants,
            problems=tuple(self._problems),
        )


def read_policy(
    connection: Connection, function_name: str, qualifier: str, ctx: JobContext
) -> tuple[Grant, ...]:
    """Reads the policy of one qualifier. A qualifier does not share the policy of the unqualified function.

    Raises:
        WorkbenchError: The policy may not be read or is malformed, or the function does not exist.
    """
    ctx.check()
    failure = _("Could not read who can invoke {function_name}.").format(function_name=function_name)
    try:
        request = function_request(function_name, qualifier)
        answer = connection.call("lambda", "get_policy", failure=failure, **request)
    except WorkbenchError as error:
        # AWS uses one error code for a function without a policy and for a missing function; only the texts
        # differ.
        if error.aws_code == GONE and "function not found" not in error.why.lower():
            return ()
        raise
    return parse_policy(answer.get("Policy", ""), function_name)


def _list_numbers(connection: Connection, function_name: str, ctx: JobContext) -> tuple[str, ...]:
    """The numbers of the published versions; list_versions would emit them as the job's result."""
    pages = connection.paginate(
        "lambda",
        "list_versions_by_function",
        ctx=ctx,
        failure=_("Could not list the versions of {function_name}.").format(function_name=function_name),
        FunctionName=function_name,
    )
    versions = (str(each["Version"]) for page in pages for each in page.get("Versions") or ())
    return tuple(version for version in versions if version.isdecimal())


def _with_settings(
    observed: ObservedFunction, settings: tuple[AsyncSettings, ...] | None
) -> ObservedFunction:
    """Adds the unqualified function's asynchronous settings, which apply to most triggers."""
    if settings is None:
        return replace(observed, failure_arns=None)
    own = next((each for each in settings if not each.qualifier), AsyncSettings())
    arns = tuple(arn for arn in (own.on_failure, observed.detail.dead_letter_arn) if arn)
    return replace(observed, failure_arns=arns, async_retries=own.retries, async_age_s=own.age_s)


def grants_and_urls(
    connection: Connection, detail: FunctionDetail, ctx: JobContext
) -> tuple[DependentResource, ...]:
    """The statements of all qualifiers' policies and the URLs: what deleting the function breaks.

    A part that may not be read has a `problem`.
    """
    side = _read_function_side(connection, detail, ctx)
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
        _("account {source_account}").format(source_account=grant.source_account)
        if grant.source_account
        else "",
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


@dataclass(frozen=True, slots=True)
class TriggerReport:
    """All triggers of a function.

    Attributes:
        triggers: The triggers by kind and name, each once.
        problems: What could not be read; the function may have more triggers.
        observed: The function with the grants and names of all qualifiers, for `explain`.
        settings: The asynchronous settings, one entry for each qualifier that has any.
        left_out: Missing permissions that only cost details of the triggers.
    """

    triggers: tuple[Trigger, ...]
    problems: tuple[TriggerProblem, ...]
    observed: ObservedFunction
    settings: tuple[AsyncSettings, ...] = ()
    left_out: tuple[WorkbenchError, ...] = ()


def find_triggers(
    connection: Connection, detail: FunctionDetail, ctx: JobContext, budget: RateBudget | None = None
) -> TriggerReport:
    """Finds all triggers of a function with Get, List, Describe and Head calls only.

    Args:
        ctx: Receives the triggers of each kind, as a tuple, as soon as they are known.
    """
    asking = CachingConnection(connection, budget or RateBudget(), ctx)
    with ThreadPoolExecutor(_THREADS, "triggers") as threads:
        try:
            report = look(asking, detail, ctx, threads)
            triggers = tuple(_with_numbers(asking, each, ctx) for each in report.triggers)
            report = replace(report, triggers=triggers)
            return replace(report, left_out=_left_out(asking, report))
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise


def look(
    connection: CachingConnection,
    detail: FunctionDetail,
    ctx: JobContext,
    threads: Executor | None = None,
    sources: Mapping[SourceKind, Source[Any]] = SOURCES,
    *,
    tell: bool = True,
) -> TriggerReport:
    """Does what `find_triggers` does, over a connection that is shared with other searches.

    Args:
        threads: The threads to read on; None for the calling thread, used when each of many functions has its
            own.
        tell: Whether to report progress and emit triggers. Cancel always works.
    """
    hearing = ctx if tell else JobContext()
    hearing.progress(0, 0, _("Reading the function"))
    collected = _Collected(ctx, hearing)
    reading = _FunctionReading(connection, detail, ctx, threads)
    asked = [source for kind, source in sources.items() if kind not in _NOT_LOOKED_FOR]
    by_policy = [source for source in asked if RULES[source.kind].authority is Authority.FUNCTION_POLICY]
    others = [source for source in asked if source not in by_policy]
    first = _begin(connection, others, reading.names(), ctx, threads)  # these do not need the policies
    reading.begin_policies()
    collected.take(first)
    side = reading.side(tell=tell)
    collected.take(_begin(connection, by_policy, side, ctx, threads))
    found, problems, incomplete = collected.found, [*side.problems, *collected.problems], collected.incomplete
    rest = orphan_grants(side.observed, found.values(), incomplete, connection.account_id)
    if rest:
        hearing.emit(rest)
    triggers = tuple(sorted((*found.values(), *rest), key=_in_order))
    return TriggerReport(triggers, _each_once(problems), side.observed, side.settings)


def _with_numbers(connection: CachingConnection, trigger: Trigger, ctx: JobContext) -> Trigger:
    """Adds what the source reads for the explanation, with calls that are made for one function only."""
    source = SOURCES.get(trigger.kind)
    return source.enrich(connection, trigger, ctx) if source and trigger.link is Link.LINKED else trigger


class _Collected:
    """The triggers and problems found so far, without duplicates."""

    def __init__(self, ctx: JobContext, hearing: JobContext) -> None:
        self._ctx, self._hearing = ctx, hearing
        self.incomplete: dict[SourceKind, WorkbenchError] = {}
        self.found: dict[tuple[object, ...], Trigger] = {}
        self.problems: list[TriggerProblem] = []

    def take(self, parts: Iterable[_Found]) -> None:
        """Adds the findings of the kinds, and emits new triggers at once."""
        for kind, triggers, error in parts:
            if error is not None:
                self.incomplete[kind] = error
                self.problems.append(TriggerProblem(RULES[kind].title, error, kind))
            new = {identity: each for each in triggers if (identity := _identity(each)) not in self.found}
            self.found |= new
            self._ctx.check()
            self._hearing.progress(0, 0, RULES[kind].title)
            if new:
                self._hearing.emit(tuple(new.values()))


def _begin(
    connection: CachingConnection,
    sources: Iterable[Source[Any]],
    side: FunctionSide,
    ctx: JobContext,
    threads: Executor | None,
) -> Iterable[_Found]:
    """Starts the discovery of several kinds. Results arrive as they become known."""
    if threads is None:
        return (_ask(connection, source, side, ctx) for source in sources)
    futures = [threads.submit(for_this_job(_ask), connection, source, side, ctx) for source in sources]
    return (future.result() for future in as_completed(futures))


def _ask(connection: CachingConnection, source: Source[Any], side: FunctionSide, ctx: JobContext) -> _Found:
    """The triggers of one kind. A hint that cannot be read does not hide the others."""
    hints, problem = hints_of(source.kind, side.grants, connection.account_id), None
    try:
        found = source.find(connection, side.observed, hints, ctx)
    except WorkbenchError as error:
        found, problem = (), error
        for hint in hints if len(hints) > 1 else ():
            try:
                found += source.find(connection, side.observed, (hint,), ctx)
            except WorkbenchError as other:
                problem = other
    if RULES[source.kind].model is Model.PULL:
        found = tuple(_with_link_state(connection, each, side, ctx) for each in found)
    return source.kind, found, problem


def _with_link_state(
    connection: CachingConnection, trigger: Trigger, side: FunctionSide, ctx: JobContext
) -> Trigger:
    """Sets the state of a mapping from what is known of its source and target."""
    try:
        gone = missing_source(connection, trigger, ctx)
    except WorkbenchError as error:
        return replace(trigger, link=Link.UNKNOWN, problem=error)
    if gone is None and trigger.qualifier and not side.knows_qualifiers:
        what = _("Could not determine whether {function_name}:{qualifier} exists.").format(
            function_name=side.observed.detail.function_name, qualifier=trigger.qualifier
        )
        problem = WorkbenchError(what, _("You do not have permission to list versions or aliases."))
        return replace(trigger, link=Link.UNKNOWN, problem=problem)
    return orphaned(trigger, side.observed, gone)


def _identity(trigger: Trigger) -> tuple[object, ...]:
    sids = tuple(grant.sid for grant in trigger.grants) if trigger.link is Link.STALE_PERMISSION else ()
    return (trigger.kind, trigger.source_arn, trigger.qualifier, trigger.identity, sids)


def _in_order(trigger: Trigger) -> tuple[object, ...]:
    """Sort key by kind and name: answers arrive in no fixed order."""
    return (_PLACES[trigger.kind], trigger.name, trigger.qualifier, trigger.identity)


def _left_out(connection: CachingConnection, report: TriggerReport) -> tuple[WorkbenchError, ...]:
    """The missing permissions that no problem of the report names, each once."""
    problems = [each.error for each in report.problems]
    problems += [each.problem for each in report.triggers if each.problem is not None]
    named = {each.remedy for each in problems}
    missing = [each for each in connection.refusals() if is_missing(each) and each.remedy not in named]
    return tuple({each.remedy: each for each in missing}.values())


def _each_once(problems: Iterable[TriggerProblem]) -> tuple[TriggerProblem, ...]:
    """Merges problems: a refusal that several kinds met counts once."""
    return tuple({f"{each.error} {each.error.aws_code}": each for each in reversed(list(problems))}.values())


def missing_source(connection: Connection, trigger: Trigger, ctx: JobContext) -> WorkbenchError | None:
    """AWS's answer that the source does not exist; None if it exists, or cannot be looked up.

    Args:
        connection: A connection to the function's region, where the source must be, too.
        trigger: A mapping, with LastProcessingResult among its values.

    Raises:
        WorkbenchError: The source may not be read, and LastProcessingResult does not prove that it exists.
    """
    ctx.check()
    source = SOURCES.get(trigger.kind)
    try:
        arn = Arn.parse(trigger.source_arn)
    except ValueError:
        return None
    question = source.existence(arn) if isinstance(source, MappingSource) else None
    if question is None:
        return None
    reads_fine = trigger.state == "Enabled" and str(
        trigger.values.get("LastProcessingResult", "")
    ).lower().startswith(_READ_FINE)
    try:
        if arn.account_id != connection.account_id:
            raise WorkbenchError(
                _("Could not determine whether {trigger} exists.").format(trigger=trigger.name),
                _("It belongs to account {account_id}.").format(account_id=arn.account_id),
                _("Check it in that account."),
            )
        failure = _("Could not find {trigger}.").format(trigger=trigger.name)
        connection.call(question.service, question.method, failure=failure, **question.request)
    except WorkbenchError as error:
        if error.aws_code in question.gone:
            return error
        if not reads_fine:
            raise
    return None


def _is_of_url(grant: Grant) -> bool:
    """Whether a statement is for the function's URL."""
    keys = {condition.key for condition in grant.conditions}
    return "lambda:invokefunctionurl" in grant.action.lower() or not keys.isdisjoint(_VIA_URL)


def _kinds_of(service: str) -> tuple[SourceKind, ...]:
    """The kinds of source behind a service principal of a policy."""
    return tuple(kind for kind, each in SOURCES.items() if service and each.policy_service == service)


def hints_of(kind: SourceKind, grants: Iterable[Grant], account_id: str) -> tuple[str, ...]:
    """The sources of a kind that the policy names, each once, as far as they can be read.

    Args:
        account_id: Sources of other accounts are left out, since these credentials cannot read them.
    """
    service = SOURCES[kind].policy_service
    if not service:
        return ()
    return tuple(
        dict.fromkeys(
            grant.source_arn
            for grant in grants
            if grant.service == service
            and not grant.denies
            and grant.source_arn
            and _account_of(grant) in ("", account_id)
        )
    )


def orphan_grants(
    function: ObservedFunction,
    found: Iterable[Trigger],
    problems: Mapping[SourceKind, WorkbenchError],
    account_id: str,
) -> tuple[Trigger, ...]:
    """A trigger for each statement that allows invoking the function and belongs to no trigger found.

    Args:
        function: The function with the grants of all qualifiers.
        found: The triggers of all kinds.
        problems: The kinds that could not be read completely, and why.
        account_id: The account whose sources could be read.
    """
    used = {grant for trigger in found for grant in trigger.grants}
    return tuple(
        _orphan_grant(grant, problems, account_id)
        for grant in dict.fromkeys(function.grants or ())
        if grant not in used and not grant.denies and _runs(grant)
    )


def orphaned(trigger: Trigger, function: ObservedFunction, gone: WorkbenchError | None) -> Trigger:
    """The mapping, as an orphan if its source, alias or version does not exist.

    Args:
        gone: AWS's answer that the source does not exist; None if it exists.
    """
    if trigger.qualifier not in ("", "$LATEST", *function.qualifiers):
        name = f"{function.detail.function_name}:{trigger.qualifier}"
        return replace(
            trigger, link=Link.ORPHAN_MAPPING, reason=_("{name} does not exist.").format(name=name)
        )
    if gone is not None:
        reason = _("{trigger} does not exist: {aws_code}.").format(
            trigger=trigger.name, aws_code=gone.aws_code
        )
        return replace(trigger, link=Link.ORPHAN_MAPPING, reason=reason)
    return trigger


def _orphan_grant(grant: Grant, problems: Mapping[SourceKind, WorkbenchError], account_id: str) -> Trigger:
    kinds = (FunctionUrl.kind,) if _is_of_url(grant) else _kinds_of(grant.service) or (OTHER,)
    trigger = Trigger(kinds[0], grant.source_arn, _name(grant), grant.qualifier, grant.sid, grants=(grant,))
    if kinds == (OTHER,):
        return trigger
    if problem := next((problems[kind] for kind in kinds if kind in problems), None):
        return replace(trigger, link=Link.UNKNOWN, problem=problem)
    if kinds == (FunctionUrl.kind,):
        return replace(trigger, link=Link.STALE_PERMISSION, name=grant.sid)
    if problem := _cannot_tell(grant, account_id):
        return replace(trigger, link=Link.UNKNOWN, problem=problem)
    return replace(trigger, link=Link.STALE_PERMISSION)


def _cannot_tell(grant: Grant, account_id: str) -> WorkbenchError | None:
    what = _("Could not determine whether anything uses the statement {sid}.").format(sid=grant.sid)
    account = _account_of(grant)
    if account not in ("", account_id):
        return WorkbenchError(
            what,
            _("Its source belongs to account {account}.").format(account=account),
            _("Check it in that account."),
        )
    if not grant.source_arn:
        return WorkbenchError(
            what,
            _("It does not limit the source: anything in {principal} can invoke the function.").format(
                principal=grant.principal
            ),
            _("A statement that names one source is safer and can be checked."),
        )
    if grant.service == "apigateway":  # the ARN names the function's region, wherever the API is
        return WorkbenchError(
            what,
            _(
                "None of the APIs that were checked uses it. An API in another region might; the "
                "statement does not say."
            ),
            _("Remove the statement if no such API exists."),
        )
    if {"*", "?"} & set(grant.source_arn.removesuffix(":*")):
        return WorkbenchError(
            what,
            _("It names a pattern ({source_arn}), not one source.").format(source_arn=grant.source_arn),
            _("A statement that names one source is safer and can be checked."),
        )
    return None


def _name(grant: Grant) -> str:
    """The display name of the source: "nightly" of "rule/nightly", "/aws/x" of "log-group:/aws/x:*"."""
    resource = grant.source_arn.split(":", 5)[-1].removesuffix(":*").removeprefix("log-group:")
    if resource.startswith(("rule/", "userpool/")):
        resource = resource.rpartition("/")[2]
    return resource or grant.principal


def _account_of(grant: Grant) -> str:
    """The account that owns the source, as far as the statement says."""
    parts = grant.source_arn.split(":")
    account = parts[4] if len(parts) > 5 else ""
    account = account or grant.source_account
    return account if account.isdecimal() else ""


def _runs(grant: Grant) -> bool:
    return any(action.lower() in _RUNS for action in grant.action.split(", "))
