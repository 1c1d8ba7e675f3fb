"""What makes a function run, read from AWS.

Owns: the three places where Lambda itself knows of triggers: event source mappings, the function's resource
policy, function URLs. Must not know: how to change any of them, and the sources' own side (issue 7: whether a
bucket really notifies the function).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail
from workbench.triggers.policy import Grant, parse_policy

_NONE = "ResourceNotFoundException"


class TriggerKind(Enum):
    """How the function comes to run."""

    MAPPING = "event source mapping"
    """Lambda polls a queue or stream."""
    GRANT = "permission"
    """A statement of the function's resource policy lets somebody invoke it."""
    URL = "function URL"


@dataclass(frozen=True, slots=True)
class Trigger:
    """One way in which the function comes to run.

    Attributes:
        kind: Where it was read.
        service: The source's service, in AWS's own short name ("sqs", "s3", "events"); "lambda" for a
            function URL, empty when the statement names an account or everybody.
        source_arn: The queue, bucket, rule...; empty when a statement names none. The address for a URL.
        state: AWS's word for a mapping's state ("Enabled"); empty for the others.
        detail: What else is worth knowing, in AWS's words: batch size, last result, condition.
        identity: UUID of the mapping or Sid of the statement; for a URL the ARN it belongs to.
        qualifier: Version or alias that is invoked; empty for the unqualified function.
    """

    kind: TriggerKind
    service: str
    source_arn: str
    state: str
    detail: str
    identity: str
    qualifier: str = ""


@dataclass(frozen=True, slots=True)
class TriggerProblem:
    """A part that could not be read, and why. It means "unknown", never "none"."""

    kind: TriggerKind
    error: WorkbenchError


@dataclass(frozen=True, slots=True)
class TriggerReport:
    """All triggers found, and at most one problem for each kind that could not be read."""

    triggers: tuple[Trigger, ...]
    problems: tuple[TriggerProblem, ...] = ()


def discover(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> TriggerReport:
    """Reads what makes a function run. Makes only Get and List calls.

    Args:
        connection: The function's account and region.
        detail: The function.
        ctx: The job; checked between calls.

    Returns:
        What was found. A part that may not be read is a problem of the report and does not hide the others.
    """
    triggers: list[Trigger] = []
    problems: list[TriggerProblem] = []
    name = detail.function_name
    parts: dict[TriggerKind, Callable[[], list[Trigger]]] = {
        TriggerKind.MAPPING: lambda: _mappings(connection, name, ctx),
        TriggerKind.GRANT: lambda: _grants(connection, name),
        TriggerKind.URL: lambda: _urls(connection, name, ctx),
    }
    for number, (kind, read) in enumerate(parts.items()):
        ctx.progress(number, len(parts))
        try:
            triggers += read()
        except WorkbenchError as error:
            if not _means_none(error):
                problems.append(TriggerProblem(kind, error))
    return TriggerReport(tuple(triggers), tuple(problems))


def _means_none(error: WorkbenchError) -> bool:
    """A function without a policy answers like one that is not there; only AWS's words tell them apart."""
    return error.aws_code == _NONE and "function not found" not in error.why.lower()


def _listed(
    connection: Connection, function_name: str, ctx: JobContext, method: str, key: str, what: str
) -> list[dict[str, Any]]:
    """What stands under `key` on all pages of one of Lambda's listings for a function."""
    doing = f"list the {what} of {function_name}"
    pages = connection.paginate("lambda", method, ctx=ctx, doing=doing, FunctionName=function_name)
    return [each for page in pages for each in page.get(key, ())]


def _mappings(connection: Connection, function_name: str, ctx: JobContext) -> list[Trigger]:
    method, key = "list_event_source_mappings", "EventSourceMappings"
    listed = _listed(connection, function_name, ctx, method, key, "event source mappings")
    return [_mapping(each) for each in listed]


def _mapping(each: dict[str, Any]) -> Trigger:
    source = each.get("EventSourceArn", "")
    if source:
        service = source.split(":")[2] if source.count(":") >= 5 else ""
    else:
        service = "kafka"  # a self-managed cluster has addresses, no ARN
        servers = (
            each.get("SelfManagedEventSource", {}).get("Endpoints", {}).get("KAFKA_BOOTSTRAP_SERVERS", ())
        )
        source = ", ".join(servers)
    facts = [
        f"{label}: {each[key]}"
        for key, label in (
            ("BatchSize", "batch size"),
            ("StartingPosition", "from"),
            ("LastProcessingResult", "last result"),
            ("StateTransitionReason", "reason"),
        )
        if each.get(key) not in (None, "")
    ]
    return Trigger(
        TriggerKind.MAPPING,
        service,
        source,
        each.get("State", ""),
        " · ".join(facts),
        each.get("UUID", ""),
        _qualifier(each.get("FunctionArn", "")),
    )


def _grants(connection: Connection, function_name: str) -> list[Trigger]:
    answer = connection.call(
        "lambda",
        "get_policy",
        doing=f"read who may invoke {function_name}",
        FunctionName=function_name,
    )
    return [_grant(each) for each in parse_policy(answer.get("Policy", ""), function_name)]


def _grant(each: Grant) -> Trigger:
    facts = [] if each.service else [each.principal]
    if each.denies:
        facts.append("Deny")
    if each.source_account:
        facts.append(f"account {each.source_account}")
    if each.action != "lambda:InvokeFunction":
        facts.append(each.action)
    if each.other_conditions:
        facts.append(each.other_conditions)
    return Trigger(
        TriggerKind.GRANT, each.service, each.source_arn, "", " · ".join(facts), each.sid, each.qualifier
    )


def _urls(connection: Connection, function_name: str, ctx: JobContext) -> list[Trigger]:
    """The function's own URL and those of its aliases, in one listing."""
    method, key = "list_function_url_configs", "FunctionUrlConfigs"
    return [_url(each) for each in _listed(connection, function_name, ctx, method, key, "URLs")]


def _url(each: dict[str, Any]) -> Trigger:
    arn = each.get("FunctionArn", "")
    detail = f"{each.get('AuthType', '')} · {each.get('InvokeMode') or 'BUFFERED'}"
    return Trigger(TriggerKind.URL, "lambda", each.get("FunctionUrl", ""), "", detail, arn, _qualifier(arn))


def _qualifier(function_arn: str) -> str:
    return function_arn.split(":")[7] if function_arn.count(":") >= 7 else ""
