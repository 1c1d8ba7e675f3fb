"""The event source mappings of a region, read once for all sources that are pulled.

Owns: the listing, and what of it makes a function run. Must not know: what a kind of source needs.
"""

import re
from collections.abc import Mapping
from typing import Any

from workbench.aws.arn import Arn
from workbench.aws.asking_once import once
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail
from workbench.triggers.model import SourceKind, Trigger

_KINDS = {
    "sqs": SourceKind.SQS,
    "kinesis": SourceKind.KINESIS,
    "dynamodb": SourceKind.DYNAMODB,
    "kafka": SourceKind.MSK,
    "mq": SourceKind.MQ,
    "rds": SourceKind.DOCUMENTDB,  # a cluster of DocumentDB has an ARN of RDS
}
PULLED = frozenset((*_KINDS.values(), SourceKind.KAFKA))
"""The kinds that event source mappings read."""
_OWN = frozenset(("UUID", "EventSourceArn", "FunctionArn", "State", "StateTransitionReason", "LastModified"))

Answers = tuple[Mapping[str, Any], ...]


def mappings_of(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> Answers:
    """The event source mappings of a function and of all its versions and aliases, as AWS answers them.

    All of the region are listed, and once for all who look through an AskingOnce: asked for by the function's
    name, those of its aliases would be missing.

    Raises:
        WorkbenchError: They may not be read, or AWS was not reached.
        Cancelled: Between pages.
    """
    return by_function(connection, ctx).get(detail.function_arn, ())


def by_function(connection: Connection, ctx: JobContext) -> Mapping[str, Answers]:
    """All event source mappings of the region, each once, by the ARN of their function without qualifier."""

    def read() -> Mapping[str, Answers]:
        found: dict[str, dict[str, Mapping[str, Any]]] = {}
        for page in connection.paginate(
            "lambda", "list_event_source_mappings", ctx=ctx, doing="list the event source mappings"
        ):
            for each in page.get("EventSourceMappings") or ():
                function = ":".join(str(each.get("FunctionArn") or "").split(":")[:7])
                found.setdefault(function, {})[str(each.get("UUID"))] = each
        return {function: tuple(mappings.values()) for function, mappings in found.items()}

    return once(connection, "event source mappings by function", read)


def kind_of(mapping: Mapping[str, Any]) -> SourceKind:
    """Which kind of source a mapping reads."""
    if mapping.get("SelfManagedEventSource"):
        return SourceKind.KAFKA
    try:
        service = Arn.parse(str(mapping.get("EventSourceArn") or "")).service
    except ValueError:
        return SourceKind.OTHER
    return _KINDS.get(service, SourceKind.OTHER)


def mapping_trigger(mapping: Mapping[str, Any], name: str = "") -> Trigger:
    """A mapping as a trigger.

    Args:
        mapping: As AWS answers it.
        name: What people call the source; by default the name in its ARN, or a cluster's addresses.
    """
    source_arn = str(mapping.get("EventSourceArn") or "")
    endpoints = (mapping.get("SelfManagedEventSource") or {}).get("Endpoints") or {}
    servers = ", ".join(endpoints.get("KAFKA_BOOTSTRAP_SERVERS") or ())
    function = str(mapping.get("FunctionArn") or "").split(":")
    return Trigger(
        kind_of(mapping),
        source_arn or servers,
        name or servers or _name(source_arn),
        qualifier=function[7] if len(function) > 7 else "",
        identity=str(mapping.get("UUID") or ""),
        state=str(mapping.get("State") or ""),
        values={key: value for key, value in mapping.items() if key not in _OWN and value is not None},
        reason=str(mapping.get("StateTransitionReason") or ""),
    )


def _name(source_arn: str) -> str:
    """The queue's own, or what follows the type: "a" of "table/a/stream/…" and "broker:a:b-1"."""
    try:
        parts = re.split("[:/]", Arn.parse(source_arn).resource)
    except ValueError:
        return source_arn
    return parts[1] if len(parts) > 1 else parts[0]
