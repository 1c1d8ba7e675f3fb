"""The function's side of a trigger, read before anything is planned. Get and List calls only."""

from dataclasses import replace
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.asking import GONE, find
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.functions.qualified import LATEST
from workbench.functions.versions import list_aliases, list_versions
from workbench.triggers.mapping_values import trigger_of
from workbench.triggers.model import FunctionSeen, Trigger, Wiring
from workbench.triggers.policy import Grant, parse_policy
from workbench.triggers.role import Needs, read_role
from workbench.triggers.rules import RULES, Model

_ASYNC_RETRIES, _ASYNC_AGE_S = 2, 21_600
"""What Lambda does when nothing is set.
Source: https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html"""


def observe_function(connection: Connection, wiring: Wiring, needs: Needs, ctx: JobContext) -> FunctionSeen:
    """Reads the function, its policy for the qualifier, its role, its mappings of the same source.

    Args:
        connection: In the function's region.
        wiring: What is wanted.
        needs: What the source asks of the execution role; nothing leaves IAM unasked.
        ctx: The job.

    Raises:
        WorkbenchError: The function is gone or may not be read. Whatever else may not be read is unknown.
        Cancelled: Between calls.
    """
    name, qualifier = wiring.function.function_name, wiring.qualifier
    exists = True
    try:
        detail = get_function(connection, name, qualifier, ctx)
    except WorkbenchError as error:
        if error.aws_code != GONE or not qualifier:
            raise
        exists, detail = False, get_function(connection, name, "", ctx)
    ctx.check()
    grants, policy_bytes = _policy(connection, name, qualifier if exists else "")
    ctx.check()
    settings, failure_arns = _asynchronous(connection, detail, qualifier if exists else "")
    mappings = _same_source(connection, wiring, ctx)
    seen = FunctionSeen(
        detail,
        exists,
        grants,
        policy_bytes,
        mappings=mappings,
        failure_arns=failure_arns,
        async_retries=int(settings.get("MaximumRetryAttempts", _ASYNC_RETRIES)),
        async_age_s=int(settings.get("MaximumEventAgeInSeconds", _ASYNC_AGE_S)),
    )
    if detail.is_durable and qualifier in ("", LATEST):
        seen = replace(seen, qualifiers=_qualifiers(connection, name, ctx))
    return _with_role(seen, connection, needs, ctx) if needs else seen


def _qualifiers(connection: Connection, name: str, ctx: JobContext) -> tuple[str, ...]:
    """What a trigger of a durable function may name: its aliases, and its versions, the newest first."""
    silent = ctx.muted()
    try:
        aliases = [alias.name for alias in list_aliases(connection, name, silent)]
        versions = [each.version for each in list_versions(connection, name, silent)]
    except WorkbenchError:
        return ()
    return (*aliases, *(each for each in versions if each.isdecimal()))


def _with_role(seen: FunctionSeen, connection: Connection, needs: Needs, ctx: JobContext) -> FunctionSeen:
    role = read_role(connection, seen.detail, needs, ctx)
    return replace(seen, trusts_lambda=role.trusts_lambda, denied=role.denied, role_problem=role.problem)


def _policy(connection: Connection, name: str, qualifier: str) -> tuple[tuple[Grant, ...] | None, int]:
    """The grants for the qualifier and the unqualified function: two policies. None: unknown."""
    grants: list[Grant] = []
    size = 0
    for each in dict.fromkeys((qualifier, "")):
        request: dict[str, Any] = {"FunctionName": name} | ({"Qualifier": each} if each else {})
        try:
            answer = find(connection, "get_policy", f"Could not read who can invoke {name}.", **request)
        except WorkbenchError:
            return None, 0
        if answer:
            grants += parse_policy(answer["Policy"], name)
            size = size if each != qualifier else len(answer["Policy"].encode())
    return tuple(grants), size


def _asynchronous(
    connection: Connection, detail: FunctionDetail, qualifier: str
) -> tuple[dict[str, Any], tuple[str, ...] | None]:
    """The settings of asynchronous invocation, and where failed events land; None: unknown."""
    request: dict[str, Any] = {"FunctionName": detail.function_name}
    request |= {"Qualifier": qualifier} if qualifier else {}
    failure = "Could not read the asynchronous invocation settings."
    try:
        settings = find(connection, "get_function_event_invoke_config", failure, **request)
    except WorkbenchError:
        return {}, (detail.dead_letter_arn,) if detail.dead_letter_arn else None
    on_failure = ((settings.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    return settings, tuple(str(arn) for arn in (on_failure, detail.dead_letter_arn) if arn)


def _same_source(connection: Connection, wiring: Wiring, ctx: JobContext) -> tuple[Trigger, ...]:
    """Mappings of this source to this function: AWS refuses a second one."""
    if not wiring.source_arn or RULES[wiring.kind].model is not Model.PULL:
        return ()
    pages = connection.paginate(
        "lambda",
        "list_event_source_mappings",
        ctx=ctx,
        failure="Could not list the event source mappings.",
        EventSourceArn=wiring.source_arn,
    )
    try:
        return tuple(
            trigger_of(each)
            for page in pages
            for each in page.get("EventSourceMappings") or ()
            if each.get("FunctionArn") == wiring.target_arn
        )
    except WorkbenchError:
        return ()
