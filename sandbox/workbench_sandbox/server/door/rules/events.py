"""What EventBridge and EventBridge Scheduler refuse."""

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workbench_sandbox.rules.schedules import problem_of
from workbench_sandbox.server.door import event_patterns, stores
from workbench_sandbox.server.door.event_patterns import Malformed, location, tokens
from workbench_sandbox.server.door.policies import Principal, may_assume
from workbench_sandbox.server.door.rules import Call, Check, Refused, Rules, read_object

_DOCS = "https://docs.aws.amazon.com/eventbridge/latest/APIReference/"
_SCHEDULER = "https://docs.aws.amazon.com/scheduler/latest/"
_WRITES = ("CreateSchedule", "UpdateSchedule")
_MAX_TARGETS = 5
_DEFAULT_BUS = "default"
_EVENT_MEMBERS = frozenset(("id", "account", "source", "time", "region", "detail-type"))
_PLACEHOLDER = re.compile(r"<([A-Za-z0-9_.-]+)>")
_INPUTS = ("Input", "InputPath", "InputTransformer")
_TARGET_ARN = re.compile(r"arn:[\w-]+:[\w-]+:[\w-]*:\w*:.+", re.DOTALL)
_CONNECTION_ARN = re.compile(r"(arn:aws:events:[\w-]+:\d{12}:connection/[^/]+)/[0-9a-f-]{36}")
_TAGS = ("ListTagsForResource", "TagResource", "UntagResource")
_invalid = functools.partial(Refused, "ValidationException")
_missing = functools.partial(Refused, "ResourceNotFoundException")

rules = Rules("events")


def _bus_name(call: Call, member: str = "EventBusName") -> str:
    """The name of a bus, which may be given as an ARN."""
    return str(call.parameters.get(member) or _DEFAULT_BUS).rpartition("event-bus/")[2]


def _refuse_missing_bus(name: str) -> None:
    if stores.event_bus(name) is None:
        raise _missing(f"Event bus {name} does not exist.")


def _refuse_missing_rule(name: str, bus_name: str) -> None:
    if stores.rule(name, bus_name) is None:
        raise _missing(f"Rule {name} does not exist on EventBus {bus_name}.")


@rules.form(
    (
        "DeleteRule",
        "DescribeRule",
        "DisableRule",
        "EnableRule",
        "ListRuleNamesByTarget",
        "ListRules",
        "ListTargetsByRule",
        "PutRule",
        "PutTargets",
        "RemoveTargets",
    ),
    "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html (EventBusName: name or ARN)",
)
def _bus_by_name(call: Call) -> Mapping[str, Any]:
    prefix = f"arn:aws:events:{call.region}:{call.account_id}:event-bus/"
    given = call.text("EventBusName")
    return {"EventBusName": given.removeprefix(prefix)} if given.startswith(prefix) else {}


@rules.form(
    ("CreateApiDestination", "UpdateApiDestination"),
    "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateApiDestination.html",
)
def _connection_without_uuid(call: Call) -> Mapping[str, Any]:
    """The ARN of a connection, which ends with a UUID that MiniStack does not know."""
    found = _CONNECTION_ARN.fullmatch(call.text("ConnectionArn"))
    return {"ConnectionArn": found[1]} if found else {}


@rules.add("DeleteEventBus", "test_delete_default_event_bus")
def _check_not_default(call: Call) -> None:
    if call.parameters.get("Name") == _DEFAULT_BUS:
        raise _invalid("Cannot delete event bus default.")


# ---- buses -----------------------------------------------------------------------------------------------


def _check_bus(member: str) -> Check:
    return lambda call: _refuse_missing_bus(_bus_name(call, member))


rules.add(("DeleteEventBus", "DescribeEventBus"), "test_describe_delete_not_existing_event_bus")(
    _check_bus("Name")
)
rules.add(
    ("DescribeRule", "ListRules", "ListTargetsByRule", "PutRule", "PutTargets", "RemovePermission"),
    "test_put_events_nonexistent_event_bus",
)(_check_bus("EventBusName"))


@rules.add("RemovePermission", "test_remove_permission_non_existing_sid")
def _check_statement(call: Call) -> None:
    if call.parameters.get("RemoveAllPermissions"):
        return
    statements = stores.bus_statements(_bus_name(call))
    if call.parameters.get("StatementId") not in {each.get("Sid") for each in statements}:
        raise _missing("Statement with the provided id does not exist.")


@rules.add(_TAGS, "tests_tag_list_untag_not_existing_resource")
def _check_tagged(call: Call) -> None:
    resource = call.text("ResourceARN").split(":", 5)[-1]
    kind, _, name = resource.partition("/")
    if kind == "event-bus":
        _refuse_missing_bus(name)
    elif kind == "rule":
        bus_name, _, rule_name = name.rpartition("/")
        _refuse_missing_rule(rule_name, bus_name or _DEFAULT_BUS)


# ---- rules -----------------------------------------------------------------------------------------------


def _check_rule(member: str) -> Check:
    return lambda call: _refuse_missing_rule(str(call.parameters.get(member, "")), _bus_name(call))


rules.add(("DescribeRule", "DisableRule", "EnableRule"), "test_describe_nonexistent_rule")(
    _check_rule("Name")
)
rules.add(("ListTargetsByRule", "PutTargets", "RemoveTargets"), "test_describe_nonexistent_rule")(
    _check_rule("Rule")
)


@rules.add("PutRule", f"{_DOCS}API_PutRule.html")
def _check_has_trigger(call: Call) -> None:
    if not call.parameters.get("EventPattern") and not call.parameters.get("ScheduleExpression"):
        raise _invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")


@rules.add("PutRule", "tests_put_rule_with_schedule_custom_event_bus")
def _check_schedule(call: Call) -> None:
    expression = call.parameters.get("ScheduleExpression")
    if not expression:
        return
    if _bus_name(call) != _DEFAULT_BUS:
        raise _invalid("ScheduleExpression is supported only on the default event bus.")
    if problem_of(expression, knows_at=False, is_strict=True):
        raise _invalid("Parameter ScheduleExpression is not valid.")


@rules.add(
    ("CreateArchive", "PutRule", "TestEventPattern", "UpdateArchive"), "test_invalid_json_event_pattern"
)
def _check_pattern(call: Call) -> None:
    pattern = call.text("EventPattern")
    if pattern and (reason := event_patterns.fault(pattern)):
        raise Refused("InvalidEventPatternException", f"Event pattern is not valid. Reason: {reason}")


@rules.add("TestEventPattern", "test_plain_string_payload")
def _check_event(call: Call) -> None:
    event = read_object(call.text("Event"))
    if event is None or not event.keys() >= _EVENT_MEMBERS:
        raise _invalid("Parameter Event is not valid.")


@rules.add("DeleteRule", "test_delete_rule_with_targets")
def _check_has_no_targets(call: Call) -> None:
    if stores.rule_targets(call.text("Name"), _bus_name(call)):
        raise _invalid("Rule can't be deleted since it has targets.")


# ---- targets ---------------------------------------------------------------------------------------------


def _each_target(check: Callable[[Mapping[str, Any]], None]) -> Check:
    def check_each(call: Call) -> None:
        for target in call.parameters.get("Targets", ()):
            check(target)

    return check_each


@rules.add("PutTargets", f"{_DOCS}API_PutTargets.html")
@_each_target
def _check_target_arn(target: Mapping[str, Any]) -> None:
    arn = target.get("Arn", "")
    if not _TARGET_ARN.fullmatch(arn):
        raise _invalid(f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.")


@rules.add("PutTargets", "test_put_event_input_path_and_input_transformer")
@_each_target
def _check_one_input(target: Mapping[str, Any]) -> None:
    if sum(name in target for name in _INPUTS) > 1:
        raise _invalid(
            f"Only one of Input, InputPath, or InputTransformer must be provided for target {target.get('Id')}."
        )


@rules.add("PutTargets", "test_put_events_with_input_transformer_missing_keys")
@_each_target
def _check_placeholders(target: Mapping[str, Any]) -> None:
    transformer = target.get("InputTransformer", {})
    known = transformer.get("InputPathsMap", {})
    for name in _PLACEHOLDER.findall(transformer.get("InputTemplate", "")):
        if name not in known and not name.startswith("aws."):
            raise _invalid(
                f"InputTemplate for target {target.get('Id')} contains invalid placeholder {name}."
            )


@rules.add("PutTargets", f"{_DOCS}API_Target.html")
@_each_target
def _check_input(target: Mapping[str, Any]) -> None:
    text = target.get("Input")
    if text is None:
        return
    try:
        list(tokens(text))
    except Malformed as malformed:
        raise _invalid(
            f"JSON syntax error in input for target {target.get('Id')} : {malformed.message}\n "
            f"{location(text, malformed.offset)}"
        ) from None


@rules.add("PutTargets", f"{_DOCS}API_SqsParameters.html")
@_each_target
def _check_fifo_target(target: Mapping[str, Any]) -> None:
    arn = str(target.get("Arn", ""))
    if ":sqs:" in arn and arn.endswith(".fifo") and not target.get("SqsParameters"):
        raise _invalid(f"Parameter(s) SqsParameters must be specified for target: {target.get('Id')}.")


@rules.add("PutTargets", "test_add_exceed_fife_targets_per_rule")
def _check_number_of_targets(call: Call) -> None:
    present = stores.rule_targets(call.text("Rule"), _bus_name(call))
    ids = {each["Id"] for each in (*present, *call.parameters.get("Targets", ()))}
    if len(ids) > _MAX_TARGETS:
        raise Refused("LimitExceededException", "The requested resource exceeds the maximum number allowed.")


# ---- archives and replays --------------------------------------------------------------------------------


@rules.add("CreateArchive", "test_create_archive_error_duplicate")
def _check_new_archive(call: Call) -> None:
    name = call.text("ArchiveName")
    if stores.archive(name) is not None:
        raise Refused("ResourceAlreadyExistsException", f"Archive {name} already exists.")


@rules.add("UpdateArchive", "test_update_archive_error_unknown_archive")
def _check_archive_change(call: Call) -> None:
    if not any(name in call.parameters for name in ("Description", "EventPattern", "RetentionDays")):
        raise _invalid("At least one of EventPattern, RetentionDays or Description must be provided.")


@rules.add("StartReplay", "test_start_replay_error_unknown_event_bus")
def _check_replay(call: Call) -> None:
    parameters = call.parameters
    name = parameters.get("ReplayName", "")
    destination = str(parameters.get("Destination", {}).get("Arn", ""))
    _refuse_missing_bus(destination.rpartition("event-bus/")[2])
    archive_name = str(parameters.get("EventSourceArn", "")).rpartition("archive/")[2]
    found = stores.archive(archive_name)
    if found is None:
        raise _invalid(
            f"Parameter EventSourceArn is not valid. Reason: Archive {archive_name} does not exist."
        )
    if found["EventSourceArn"] != destination:
        raise _invalid(
            "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted."
        )
    if stores.replay(name) is not None:
        raise Refused("ResourceAlreadyExistsException", f"Replay {name} already exists.")
    start, end = parameters.get("EventStartTime"), parameters.get("EventEndTime")
    if start and end and start >= end:
        raise _invalid(
            "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime."
        )


of_scheduler = Rules("scheduler")


@of_scheduler.add(_WRITES, "tests_create_schedule_with_invalid_schedule_expression")
def _check_schedule_expression(call: Call) -> None:
    expression = call.text("ScheduleExpression")
    if problem_of(expression, knows_at=True, is_strict=False):
        raise _invalid(f"Invalid Schedule Expression {expression}.")


@of_scheduler.add(_WRITES, f"{_SCHEDULER}UserGuide/schedule-types.html")
def _check_timezone(call: Call) -> None:
    name = call.parameters.get("ScheduleExpressionTimezone")
    if name and not _is_zone(name) and _is_zone("Europe/London"):
        raise _invalid(f"Invalid ScheduleExpressionTimezone {name}.")


def _is_zone(name: str) -> bool:
    """Whether this machine knows the time zone; some machines know none."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@of_scheduler.add(_WRITES, f"{_SCHEDULER}APIReference/API_CreateSchedule.html")
def _check_group(call: Call) -> None:
    name = call.parameters.get("GroupName", "default")
    if stores.schedule_group(name) is None:
        raise Refused("ResourceNotFoundException", f"Schedule group {name} does not exist.", 404)


@of_scheduler.add(_WRITES, f"{_SCHEDULER}UserGuide/setting-up.html")
def _check_role(call: Call) -> None:
    role_arn = call.parameters.get("Target", {}).get("RoleArn", "")
    if not may_assume(role_arn, Principal("scheduler.amazonaws.com", account_id=call.account_id)):
        raise Refused(
            "ValidationException",
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        )
