"""Creates, changes and deletes event source mappings, and waits until each change is complete.

Only the answer to the creation has a mapping's UUID. The existing mappings are noted before, so that the new
one can be told from them.
"""

from collections.abc import Mapping
from typing import Any

from workbench.aws.retry import Backoff, poll
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.functions.detail import GONE
from workbench.triggers.mappings import name_of, part_of, request_of, servers_of, values_of
from workbench.triggers.model import PASSING_STATES, TriggerState
from workbench.triggers.queues import QUEUE_ATTRIBUTES
from workbench.triggers.step import (
    PROPAGATION,
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
from workbench.triggers.steps.source_create import QUEUE_CREATE

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


def _read(args: Args, running: Running) -> dict[str, Any]:
    mapping = _settled(args["uuid"], running, then=_("AWS accepts another change"))
    return _members(mapping, args["members"])


def _put(args: Args, running: Running, members: State, _present: State) -> None:
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
        Resource(_read, _put),
        lambda args, *__: _normal(args["members"]),
        members=True,
    ),
    MAPPING_DELETE: Once(_delete_mapping),
}
