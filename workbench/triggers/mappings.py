"""Event source mappings, as AWS answers them and as the flat values of a trigger.

A dot in a name leads into a structure ("ScalingConfig.MaximumConcurrency"), or to one type of access
("SourceAccessConfigurations.BASIC_AUTH"). Filters are a tuple of patterns. Unlike in parameter.py, an empty
value clears its structure.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.aws.retrying_connection import once
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.detail import GONE
from workbench.functions.model import FunctionDetail
from workbench.triggers.model import SourceKind, Trigger, TriggerState, Values

FILTERS, ACCESS = "FilterCriteria", "SourceAccessConfigurations"
_NETWORK = {"VPC_SUBNET": "subnet:", "VPC_SECURITY_GROUP": "security_group:"}
"""Types of access that a mapping may have several of, with the prefix of their values. Source:
SourceAccessConfiguration in Lambda's service model."""
_PAUSED = frozenset({"Disabled", "Disabling"})
_NOT_SETTINGS = frozenset(
    {
        "UUID",
        "EventSourceArn",
        "EventSourceMappingArn",
        "FunctionArn",
        "State",
        "StateTransitionReason",
        "LastModified",
        "ResponseMetadata",
    }
)
_PARTS = ("SelfManagedEventSource", "Topics", "Queues", "DocumentDBEventSourceConfig")
Answers = tuple[Mapping[str, Any], ...]


def trigger_of(mapping: Mapping[str, Any], kind: SourceKind) -> Trigger:
    """An answered mapping of this kind as a trigger. Its source has not been read."""
    source_arn = str(mapping.get("EventSourceArn") or "")
    servers = servers_of(mapping)
    function = str(mapping.get("FunctionArn") or "").split(":")
    return Trigger(
        kind,
        source_arn or servers,
        servers or name_of(source_arn),
        qualifier=function[7] if len(function) > 7 else "",
        identity=str(mapping.get("UUID") or ""),
        state=str(mapping.get("State") or ""),
        values=values_of(mapping),
        reason=str(mapping.get("StateTransitionReason") or ""),
    )


def servers_of(mapping: Mapping[str, Any]) -> str:
    """The addresses of a self-managed cluster ("b1:9092, b2:9092") in an answer or request, or empty."""
    endpoints = (mapping.get("SelfManagedEventSource") or {}).get("Endpoints") or {}
    return ", ".join(endpoints.get("KAFKA_BOOTSTRAP_SERVERS") or ())


def part_of(mapping: Mapping[str, Any]) -> tuple[str, ...]:
    """The part of its source that a mapping reads: addresses, topic, queue or collection.

    It is read from an answer or a request. One function may read two topics of one cluster with two mappings.
    Empty if sources of this kind have no parts.
    """
    config = mapping.get("DocumentDBEventSourceConfig") or {}
    found = (
        ",".join(sorted(servers_of(mapping).split(", "))),
        *(",".join(mapping.get(name) or ()) for name in ("Topics", "Queues")),
        *(str(config.get(name) or "") for name in ("DatabaseName", "CollectionName")),
    )
    return found if any(found) else ()


def part_of_values(values: Values) -> tuple[str, ...]:
    """Does what `part_of` does, for flat values."""
    return part_of(request_of(values, *_PARTS))


def name_of(source_arn: str) -> str:
    """The display name of a source: queue, stream with its consumer, table, cluster."""
    resource = source_arn.split(":", 5)[-1]
    if resource.startswith("stream/"):
        name, __, consumer = resource.removeprefix("stream/").partition("/consumer/")
        return f"{name} ({consumer.rpartition(':')[0] or consumer})" if consumer else name
    parts = re.split("[:/]", resource.removeprefix("vpc-connection/"))  # the next part is an account
    return parts[1] if len(parts) > 1 else parts[0]


def values_of(answer: Mapping[str, Any]) -> dict[str, object]:
    """The settings of an answer as flat values, without empty ones.

    "Enabled" is added; AWS expresses it as the state.
    """
    flat: dict[str, object] = {"Enabled": answer.get("State") not in _PAUSED}
    for name, value in answer.items():
        if name in _NOT_SETTINGS:
            continue
        if name == FILTERS:
            patterns = tuple(str(each.get("Pattern", "")) for each in value.get("Filters") or ())
            flat |= {name: patterns} if patterns else {}
        elif name == ACCESS:
            flat |= _flat_access(value or ())
        else:
            flat |= _flat(name, value)
    return flat


def request_of(values: Values, *members: str) -> dict[str, Any]:
    """Flat values as members of a request, JSON. A value of None, or an empty one, makes its structure empty.

    Args:
        members: The top-level members to include; all if none are given.
    """
    request: dict[str, Any] = {}
    for name, value in values.items():
        member, *path = name.split(".")
        if members and member not in members:
            continue
        if member == FILTERS:
            request[member] = {"Filters": [{"Pattern": each} for each in _tuple(value)]} if value else {}
        elif member == ACCESS:
            access = request.setdefault(member, [])
            access += [
                {"Type": path[0], "URI": f"{_NETWORK.get(path[0], '')}{each}"} for each in _tuple(value or ())
            ]
            access.sort(key=lambda each: (each["Type"], each["URI"]))  # AWS returns them in any order
        elif path == ["Metrics"]:
            request[member] = {"Metrics": list(_tuple(value or ()))}
        elif path == ["OnFailure", "Destination"]:
            request[member] = {
                "OnFailure": {"Destination": value or ""}
            }  # the pattern in the model allows the empty one
        elif path:
            _put(request.setdefault(member, {}), path, value)
        else:
            request[member] = _json(value)
    return request


def changed_members(before: Values, wanted: Values) -> tuple[str, ...]:
    """The top-level members that differ. Members missing from `wanted` are ignored."""
    changed = {
        name.split(".")[0]: None
        for name, value in wanted.items()
        if _plain(value) != _plain(before.get(name))
    }
    return tuple(changed)


def _flat(name: str, value: object) -> dict[str, object]:
    if isinstance(value, Mapping):
        return {
            flat: inner for key, each in value.items() for flat, inner in _flat(f"{name}.{key}", each).items()
        }
    if isinstance(value, list):
        value = tuple(value)
    return {} if value in ("", (), None) else {name: value}


def _flat_access(configurations: Iterable[Mapping[str, str]]) -> dict[str, object]:
    """By type: one value, or a tuple of subnet and security group ids."""
    flat: dict[str, object] = {}
    for each in configurations:
        name, uri = f"{ACCESS}.{each['Type']}", each["URI"]
        if beginning := _NETWORK.get(each["Type"]):
            flat[name] = (*_tuple(flat.get(name, ())), uri.removeprefix(beginning))
        else:
            flat[name] = uri
    return flat


def _put(structure: dict[str, Any], path: list[str], value: object) -> None:
    if value in (None, "", ()):
        return
    for step in path[:-1]:
        structure = structure.setdefault(step, {})
    structure[path[-1]] = _json(value)


def _json(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if isinstance(value, datetime) else value


def _plain(value: object) -> object:
    """Makes None equal to empty, and ignores the order of choices."""
    if isinstance(value, tuple | list):
        return tuple(value) or None
    return None if value == "" else value


def _tuple(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, tuple | list) else (str(value),)


def mappings_of(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> Answers:
    """The event source mappings of a function and of all its versions and aliases, as AWS answers them.

    All mappings of the region are listed, once per CachingConnection, because listing by function name leaves
    out those of its aliases. Raises WorkbenchError.
    """
    return by_function(connection, ctx).get(detail.function_arn, ())


def by_function(connection: Connection, ctx: JobContext) -> Mapping[str, Answers]:
    """All event source mappings of the region by the unqualified ARN of their function."""

    def read() -> Mapping[str, Answers]:
        found: dict[str, dict[str, Mapping[str, Any]]] = {}
        for page in connection.paginate(
            "lambda",
            "list_event_source_mappings",
            ctx=ctx,
            failure=_("Could not list the event source mappings."),
        ):
            for each in page.get("EventSourceMappings") or ():
                function = ":".join(str(each.get("FunctionArn") or "").split(":")[:7])
                found.setdefault(function, {})[str(each.get("UUID"))] = each
        return {function: tuple(mappings.values()) for function, mappings in found.items()}

    return once(connection, "event source mappings by function", read)


def states_of(connection: Connection, uuids: Iterable[str], ctx: JobContext) -> tuple[TriggerState, ...]:
    """The states of event source mappings, with one call for each. Raises WorkbenchError."""
    return tuple(_state_of(connection, uuid, ctx) for uuid in uuids)


def _state_of(connection: Connection, uuid: str, ctx: JobContext) -> TriggerState:
    ctx.check()
    try:
        answer = connection.call(
            "lambda",
            "get_event_source_mapping",
            failure=_("Could not read the event source mapping."),
            UUID=uuid,
        )
    except WorkbenchError as error:
        if error.aws_code != GONE:
            raise
        return TriggerState(uuid, "")
    return TriggerState(uuid, str(answer.get("State") or ""))


def readers_of(connection: Connection, source_arn: str, ctx: JobContext) -> tuple[str, ...]:
    """The functions, with qualifiers, that a source is polled for; empty if they may not be listed."""
    pages = connection.paginate(
        "lambda",
        "list_event_source_mappings",
        ctx=ctx,
        failure=_("Could not list the other functions that poll the source."),
        EventSourceArn=source_arn,
    )
    try:
        return tuple(
            ":".join(str(each.get("FunctionArn") or "").split(":")[6:])
            for page in pages
            for each in page.get("EventSourceMappings") or ()
        )
    except WorkbenchError:
        return ()


def customer_key_arn(key: str, source_arn: str) -> str:
    """The ARN of a customer managed key; empty for AWS's own, and for an alias, which identifies no key.

    Args:
        key: ARN, id, alias or empty.
        source_arn: The encrypted resource; an id is a key of its account and region.
    """
    if key.startswith("arn:"):
        return key if ":key/" in key else ""
    if not key or key.startswith("alias/"):
        return ""
    location = Arn.parse(source_arn)
    return str(Arn(location.partition, "kms", location.region, location.account_id, f"key/{key}"))
