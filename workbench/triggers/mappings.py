"""Event source mappings: as AWS answers them, as flat values of a trigger, and the steps that change them.

A dot in a name leads into a structure ("ScalingConfig.MaximumConcurrency"), or to one type of access
("SourceAccessConfigurations.BASIC_AUTH"). Filters are a tuple of patterns. Unlike in parameter.py, an empty
value clears its structure.

The steps wait until each change is complete. Only the answer to the creation has a mapping's UUID, so the
existing mappings are noted before: the new one can be told from them.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.names import Arn, unqualified
from workbench.aws.retry import Backoff, once, poll
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.functions.detail import GONE
from workbench.functions.model import FunctionDetail
from workbench.triggers.model import PASSING_STATES, SourceKind, Trigger, TriggerState, Values
from workbench.triggers.steps import (
    PROPAGATION,
    QUEUE_ATTRIBUTES,
    QUEUE_CREATE,
    QUEUE_PROPAGATION,
    Args,
    Ensure,
    Once,
    Resource,
    Running,
    State,
    StepRun,
    create_once,
    retry_on,
)

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
                function = unqualified(str(each.get("FunctionArn") or ""))
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


MAPPING, MAPPING_UPDATE, MAPPING_DELETE = "mapping", "mapping update", "mapping delete"

_IN_USE = ("ResourceInUseException", "")
_NOT_YET = (
    _IN_USE,
    # A new or changed role may not have propagated.
    ("InvalidParameterValueException", "cannot be assumed by Lambda"),
    ("InvalidParameterValueException", "does not have permissions to call"),
    ("InvalidParameterValueException", "Please ensure the role can perform"),
)
_QUEUE_NOT_YET = (
    ("InvalidParameterValueException", "is less than Function timeout"),
    ("InvalidParameterValueException", "NonExistentQueue"),
    ("InvalidParameterValueException", "queue does not exist"),
)
"""Refusals after a queue was created or changed."""
_CHANGE = Backoff(first_s=0.25, longest_s=5.0, factor=1.5, attempts=130)
"""About ten minutes in total; AWS usually takes one."""
_NOTHING: Mapping[str, Any] = {
    "FilterCriteria": {},
    "ScalingConfig": {},
    "ProvisionedPollerConfig": {},
    "MetricsConfig": {"Metrics": []},
    "FunctionResponseTypes": [],
    "SourceAccessConfigurations": [],
    "DestinationConfig": {"OnFailure": {"Destination": ""}},
    "KMSKeyArn": "",
    "MaximumBatchingWindowInSeconds": 0,
    "ParallelizationFactor": 1,
    "TumblingWindowInSeconds": 0,
    "MaximumRetryAttempts": -1,
    "MaximumRecordAgeInSeconds": -1,
    "BisectBatchOnFunctionError": False,
}
"""Values that restore a member which AWS did not answer. Source: the defaults in
https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"""


def _map(args: Args, running: Running) -> Facts:
    """Creates the mapping unless the function has one for the source. Facts: uuid."""
    request = _request(args, running)
    found = _alike(request, running)
    running.note({"before": found})
    uuid = (
        found[0]
        if found
        else create_once(
            lambda: _create(request, running), lambda: next(iter(_alike(request, running)), None), running
        )
    )
    state = _settled(uuid, running)
    if request.get("Enabled", True) and state.get("State") == "Disabled" and not found:
        raise WorkbenchError(
            _("The event source mapping of {source} did not start.").format(source=_name(request)),
            _("AWS reports: {reason}.").format(reason=state.get("StateTransitionReason") or "Disabled"),
            _("Fix the reported problem, then add the trigger again."),
            "State=Disabled",
        )
    return {"uuid": uuid}


def _unmap(args: Args, facts: Facts, running: Running) -> None:
    """Deletes the new mapping, and waits until it is deleted."""
    before = facts.get("before")
    if not isinstance(before, list):
        return  # nothing was sent
    for uuid in _alike(_request(args, running), running):
        if uuid not in before:
            _delete(uuid, running)


def _read_members(args: Args, running: Running) -> dict[str, Any]:
    mapping = _settled(args["uuid"], running, then=_("AWS accepts another change"))
    return _members(mapping, args["members"])


def _put_members(args: Args, running: Running, members: State, _present: State) -> None:
    _update(args["uuid"], members, running)


def _delete_mapping(args: Args, running: Running) -> Facts:
    """Deletes the mapping. No undo: a new one has another UUID, and loses the position in a stream."""
    _delete(args["uuid"], running)
    return {}


def _request(args: Args, running: Running) -> dict[str, Any]:
    """The request, with the source that an earlier step made (a stream, a consumer), if one did."""
    request = dict(args["request"])
    made_by = args.get("made_by") or ""
    if source_arn := (running.earlier.get(made_by) or {}).get("arn"):
        request["EventSourceArn"] = source_arn
    return request


def _name(request: Mapping[str, Any]) -> str:
    return name_of(str(request.get("EventSourceArn") or "")) or servers_of(request)


def _alike(request: Mapping[str, Any], running: Running) -> list[str]:
    """UUIDs of the mappings from this part of the source to exactly this function, alias or version."""
    by_source = {name: request[name] for name in ("EventSourceArn",) if request.get(name)}
    found = running.listed(
        "lambda",
        "list_event_source_mappings",
        _("Could not find the event source mappings of {source}.").format(source=_name(request)),
        "EventSourceMappings",
        FunctionName=request["FunctionName"],
        **by_source,
    )
    return [
        str(each["UUID"])
        for each in found
        if each.get("FunctionArn") == request["FunctionName"] and part_of(each) == part_of(request)
    ]


def _create(request: Mapping[str, Any], running: Running) -> str:
    queue_is_new = not running.earlier.keys().isdisjoint((QUEUE_CREATE, QUEUE_ATTRIBUTES))
    answer = retry_on(
        lambda: running.connection.call(
            "lambda",
            "create_event_source_mapping",
            failure=_("Could not connect {source} to the function.").format(source=_name(request)),
            **request,
        ),
        running,
        _NOT_YET + _QUEUE_NOT_YET if queue_is_new else _NOT_YET,
        QUEUE_PROPAGATION if queue_is_new else PROPAGATION,
    )
    return str(answer["UUID"])


def _update(uuid: str, members: Mapping[str, Any], running: Running) -> None:
    failure = _("Could not change the event source mapping.")
    running.call("lambda", "update_event_source_mapping", failure, _NOT_YET, UUID=uuid, **members)
    _settled(uuid, running)


def _delete(uuid: str, running: Running) -> None:
    """Deletes the mapping once AWS accepts it, and waits until it is deleted."""
    try:
        if _settled(uuid, running, "Deleting", "AWS accepts the deletion").get("State") != "Deleting":
            failure = _("Could not delete the event source mapping.")
            running.call("lambda", "delete_event_source_mapping", failure, (_IN_USE,), UUID=uuid)
        # It ends when AWS answers that the mapping does not exist.
        poll(
            lambda: _settled(uuid, running, "Deleting"),
            lambda __: False,
            running.ctx,
            _CHANGE,
            lambda mapping: _tell(uuid, str(mapping.get("State")), running),
        )
    except WorkbenchError as error:
        if error.aws_code == GONE:
            return
        raise
    raise _too_long("Deleting")


def _settled(uuid: str, running: Running, also: str = "", then: str = "") -> dict[str, Any]:
    """Waits until AWS has completed a change of the mapping.

    Args:
        also: Another state that counts as settled.
        then: What is awaited, for progress; derived from the state if empty.

    Raises:
        WorkbenchError: The mapping does not exist (ResourceNotFoundException), or AWS takes longer than ten
            minutes.
    """

    def is_settled(mapping: Mapping[str, Any]) -> bool:
        state = str(mapping.get("State") or "")
        return state not in PASSING_STATES or state == also

    mapping = poll(
        lambda: running.connection.call(
            "lambda",
            "get_event_source_mapping",
            failure=_("Could not read the event source mapping."),
            UUID=uuid,
        ),
        is_settled,
        running.ctx,
        _CHANGE,
        lambda mapping: _tell(uuid, str(mapping["State"]), running, then),
    )
    if not is_settled(mapping):
        raise _too_long(str(mapping["State"]))
    return mapping


def _tell(uuid: str, state: str, running: Running, then: str = "") -> None:
    """Reports the state of a mapping while AWS is changing it, and what follows."""
    running.ctx.emit(TriggerState(uuid, state))
    if then := then or PASSING_STATES.get(state, ""):
        # The state comes last, since a long text is elided in the middle.
        words = _("Wait until {then}, usually up to a minute. Event source mapping: {state}").format(
            then=then, state=state
        )
        running.ctx.progress(0, 0, words)


def _too_long(state: str) -> WorkbenchError:
    return WorkbenchError(
        _("The event source mapping is still {state}.").format(state=state),
        _("AWS has been working on it for ten minutes."),
        _("Check again later; it might still complete."),
        f"State={state}",
    )


def _members(answer: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The current values of the wanted members, such that an update would restore them."""
    present = request_of(values_of(answer)) | {"FunctionName": answer.get("FunctionArn")}
    return {name: present.get(name, _NOTHING.get(name)) for name in wanted}


def _normal(members: Mapping[str, Any]) -> dict[str, Any]:
    """The members as `_members` would return them once they are set."""
    return {
        name: _NOTHING.get(name, value) if value in ({}, [], "", None) else value
        for name, value in members.items()
    }


RUNS: Mapping[str, StepRun] = {
    MAPPING: Once(_map, _unmap),
    MAPPING_UPDATE: Ensure(
        Resource(_read_members, _put_members),
        lambda args, *__: _normal(args["members"]),
        members=True,
    ),
    MAPPING_DELETE: Once(_delete_mapping),
}
