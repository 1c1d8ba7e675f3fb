"""The Sandbox refuses what EventBridge and its Scheduler refuse.

Sources are recorded cases of localstack/localstack (Apache-2.0). Of most patterns it recorded the reason, and not where
in the pattern AWS found it; those places are Jackson's.
"""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sandbox.door.world import Case, World
from workbench.triggers import filters
from workbench_sandbox.server.door import event_patterns

_EVENTS = "test_events.py::"
_INPUTS = "test_events_inputs.py::"
_TAGS = "test_events_tags.py::"
_MISSING, _INVALID = "ResourceNotFoundException", "ValidationException"
_QUEUE = "arn:aws:sqs:us-east-1:000000000000:queue"
_EVENT = {
    "id": "1",
    "source": "s",
    "detail-type": "t",
    "account": "1",
    "region": "r",
    "time": "2022-07-13T13:48:01Z",
}


def _targets(source: str, code: str, message: str, *targets: dict[str, Any]) -> Case:
    request = {"Rule": "rule", "Targets": [{"Id": "id", "Arn": _QUEUE, **each} for each in targets]}
    return Case(source, "PutTargets", request, code, message)


_ARCHIVES = "test_archive_and_replay.py::"
_BUS = "arn:aws:events:us-east-1:000000000000:event-bus/"


def _replay(source: str, code: str, message: str, bus: str = "default", archive: str = "archive") -> Case:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    request = {
        "ReplayName": "replay",
        "EventSourceArn": f"arn:aws:events:us-east-1:000000000000:archive/{archive}",
        "EventStartTime": moment,
        "EventEndTime": moment,
        "Destination": {"Arn": _BUS + bus},
    }
    return Case(f"{_ARCHIVES}TestReplay::{source}", "StartReplay", request, code, message)


CASES = [
    *(
        Case(f"{_EVENTS}TestEventBus::test_describe_delete_not_existing_event_bus#{operation}", operation, {"Name": "gone"}, _MISSING, "Event bus gone does not exist.")
        for operation in ("DescribeEventBus", "DeleteEventBus")
    ),
    Case(f"{_EVENTS}TestEventBus::test_delete_default_event_bus#delete-default-event-bus-error", "DeleteEventBus", {"Name": "default"}, _INVALID, "Cannot delete event bus default."),
    *(
        Case(f"{_EVENTS}TestEventBus::test_remove_permission_non_existing_sid[True-{bus}]#remove-permission-non-existing-sid-error", "RemovePermission", {"EventBusName": bus, "StatementId": "non-existing-sid"}, _MISSING, "Statement with the provided id does not exist.")
        for bus in ("bus", "default")
    ),
    Case(f"{_EVENTS}TestEventBus::test_put_events_nonexistent_event_bus#non-existent-bus-error", "PutRule", {"Name": "r", "EventBusName": "gone", "EventPattern": '{"source": ["a"]}'}, _MISSING, "Event bus gone does not exist."),
    Case(f"{_EVENTS}TestEventRule::test_describe_nonexistent_rule#describe-not-existing-rule-error", "DescribeRule", {"Name": "gone"}, _MISSING, "Rule gone does not exist on EventBus default."),
    Case(f"{_EVENTS}TestEventRule::test_describe_nonexistent_rule#list-targets", "ListTargetsByRule", {"Rule": "gone", "EventBusName": "bus"}, _MISSING, "Rule gone does not exist on EventBus bus."),
    Case(f"{_EVENTS}TestEventRule::test_delete_rule_with_targets#delete-rule-with-targets-error", "DeleteRule", {"Name": "with-target"}, _INVALID, "Rule can't be deleted since it has targets."),
    _targets(f"{_EVENTS}TestEventTarget::test_add_exceed_fife_targets_per_rule#put-targets-client-error", "LimitExceededException", "The requested resource exceeds the maximum number allowed.", *({"Id": f"test-target-{number}"} for number in range(6))),
    _targets(f"{_INPUTS}test_put_event_input_path_and_input_transformer#duplicated-input-operations-error", _INVALID, "Only one of Input, InputPath, or InputTransformer must be provided for target id.", {"InputPath": "$.detail", "InputTransformer": {"InputTemplate": '"a"'}}),
    _targets(f"{_INPUTS}TestInputTransformer::test_put_events_with_input_transformer_missing_keys#missing-key-exception-error", _INVALID, "InputTemplate for target id contains invalid placeholder notdefinedkey.", {"InputTransformer": {"InputPathsMap": {"a": "$.a"}, "InputTemplate": '"<a> <aws.events.rule-arn> <notdefinedkey>"'}}),
    _targets("API_PutTargets.html#arn", _INVALID, "Parameter x is not valid. Reason: Provided Arn is not in correct format.", {"Arn": "x"}),
    _targets("API_Target.html#input", _INVALID, "JSON syntax error in input for target id : Unrecognized token 'foo': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [Source: (String)\"foo\"; line: 1, column: 4]", {"Input": "foo"}),
    Case("API_PutRule.html#nothing", "PutRule", {"Name": "r"}, _INVALID, "Parameter(s) EventPattern or ScheduleExpression must be specified."),
    Case("test_events_schedule.py::TestScheduleRate::tests_put_rule_with_schedule_custom_event_bus#put-rule-with-custom-event-bus-error", "PutRule", {"Name": "r", "EventBusName": "bus", "ScheduleExpression": "rate(1 minute)"}, _INVALID, "ScheduleExpression is supported only on the default event bus."),
    *(
        Case(f"test_events_schedule.py::TestScheduleCron::tests_put_rule_with_invalid_schedule_cron[{expression}]#invalid-put-rule", "PutRule", {"Name": "r", "ScheduleExpression": expression}, _INVALID, "Parameter ScheduleExpression is not valid.")
        for expression in ("cron(71 8 1 * ? *)", "rate(1 minutes)", "rate(0 minutes)", "at(2030-01-01T00:00:00)")
    ),
    *(
        Case(f"{_TAGS}tests_tag_list_untag_not_existing_resource[not_existing_rule]#{operation}", operation, {"ResourceARN": "arn:aws:events:us-east-1:000000000000:rule/gone", **more}, _MISSING, "Rule gone does not exist on EventBus default.")
        for operation, more in (("TagResource", {"Tags": [{"Key": "k", "Value": "v"}]}), ("ListTagsForResource", {}), ("UntagResource", {"TagKeys": ["k"]}))
    ),
    Case(f"{_TAGS}TestRuleTags::test_list_tags_for_deleted_rule#list_tags_for_deleted_rule_error", "ListTagsForResource", {"ResourceARN": "arn:aws:events:us-east-1:000000000000:rule/bus/gone"}, _MISSING, "Rule gone does not exist on EventBus bus."),
    Case(f"{_TAGS}TestEventBusTags::test_list_tags_for_deleted_event_bus#list_tags_for_deleted_rule_error", "ListTagsForResource", {"ResourceARN": "arn:aws:events:us-east-1:000000000000:event-bus/gone"}, _MISSING, "Event bus gone does not exist."),
    *(
        Case(f"test_events_patterns.py::TestEventPattern::test_plain_string_payload#plain-string-payload-exc{number}", "TestEventPattern", {"EventPattern": '{"source": ["a"]}', "Event": event}, _INVALID, "Parameter Event is not valid.")
        for number, event in enumerate(("plain string", '{"source": "a"}'))
    ),
    Case(f"{_ARCHIVES}TestArchive::test_create_archive_error_duplicate[default]#create-archive-duplicate-error", "CreateArchive", {"ArchiveName": "archive", "EventSourceArn": f"{_BUS}default"}, "ResourceAlreadyExistsException", "Archive archive already exists."),
    Case(f"{_ARCHIVES}TestArchive::test_update_archive_error_unknown_archive#update-archive-unknown-archive-error", "UpdateArchive", {"ArchiveName": "gone"}, _INVALID, "At least one of EventPattern, RetentionDays or Description must be provided."),
    _replay("test_start_replay_error_unknown_event_bus#start-replay-unknown-event-bus-error", _MISSING, "Event bus gone does not exist.", bus="gone"),
    _replay("test_start_replay_error_unknown_event_bus#start-replay-wrong-event-bus-error", _INVALID, "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.", bus="bus"),
    _replay("test_start_replay_error_unknown_archive#start-replay-unknown-archive-error", _INVALID, "Parameter EventSourceArn is not valid. Reason: Archive gone does not exist.", archive="gone"),
    _replay("test_start_replay_error_invalid_end_time[0]#start-replay-invalid-end-time-error", _INVALID, "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime."),
]  # fmt: skip

PATTERNS = [
    ('{"int": 42}', '"int" must be an object or an array', 11),
    ('{"string": "my-value"}', '"string" must be an object or an array', 13),
    ('{"resources": []}', "Empty arrays are not allowed", 17),
    ('{"my_key": [{"EXISTS": true}]}', "Unrecognized match type EXISTS", 28),
    ('{"detail": {"equal": [{"NUMERIC": ["=", 5]}]}}', "Unrecognized match type NUMERIC", 36),
    ('{"detail": {"c-count": [{"numeric": [">", 0, ">", 0]}]}}', "Bad numeric range operator: >", 49),
    ('{"detail": {"c-count": [{"numeric": [">", 0, "<"]}]}}', "Value of < must be numeric", 50),
    ('["not", "a", "dict", "but valid json"]', "Filter is not an object", 2),
    ("this is valid json but not a dict", "Unrecognized token 'this': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", 5),
    ('{"a": [{"wildcard": "arn:aws:events:us-east-1:**:event-bus/*"}]}', "Consecutive wildcard characters at pos 26", None),
    ('{"a": [{"wildcard": "*:*:*:*:*:event-bus/*"}]}', "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character", None),
    ('{"a": [{"wildcard": 1}]}', "wildcard match pattern must be a string", 22),
    ('{"a": [{"anything-but": {"equals-ignore-case": 123}}]}', "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.", 51),
    ('{"a": [{"anything-but": {"equals-ignore-case": [123, 456]}}]}', "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.", 52),
    ('{"a": [{"anything-but": ["stopped", null]}]}', "Inside anything but list, start|null|boolean is not supported.", 41),
    ('{"a": [{"anything-but": {"prefix": {"equals-ignore-case": "file"}}}]}', "Value of anything-but must be an array or single string/number value.", 37),
    ('{"a": [{"anything-but": {"suffix": [123, ".txt"]}}]}', "prefix/suffix match pattern must be a string", 40),
    ('{"a": [{"anything-but": {"suffix": 123}}]}', "prefix/suffix match pattern must be a string", 39),
    ('{"a": [{"anything-but": {"prefix": ""}}]}', "Null prefix/suffix not allowed", 38),
    ('{"a": [{"equals-ignore-case": {"prefix": "ec2"}}]}', "equals-ignore-case match pattern must be a string", 32),
    ('{"a": [{"cidr": "bad-/64filter"}]}', "Malformed CIDR, mask bits must be an integer", None),
    ('{"a": [{"cidr": "xxxx:db8:1234:1a00::/64"}]}', "Nonstandard IP address: xxxx:db8:1234:1a00::", None),
    ('{"a": [{"cidr": ["bad-type"]}]}', "prefix match pattern must be a string", 18),
    ('{"a": [{"prefix": ["x"]}]}', "prefix match pattern must be a string", 20),
    ('{"a": [{"suffix": 1}]}', "suffix match pattern must be a string", 20),
    ('{"a": [{"numeric": 5}]}', "Value of numeric must be an array.", 21),
]  # fmt: skip
GOOD = [
    '{"$or": [{"a": [1]}, {"b": ["x"]}], "c": [{"exists": true}]}',
    '{"$or": [{"prefix": "x"}]}',
    '{"a": [{"anything-but": {"wildcard": "*/lib/*"}}, {"anything-but": {"prefix": ["a", "b"]}}]}',
    '{"a": [{"prefix": {"equals-ignore-case": "ec2"}}, {"suffix": "x"}, {"numeric": [">", 0, "<=", 5]}]}',
    '{"a": [null, 1.5e3, true, "x", {"exists": false}]}',
    '{"a": {"b": [{"cidr": "10.0.0.0/24"}, {"anything-but": [1, 2]}]}}',
    '{"a": [{"wildcard": "s3://*/*/*/*.csv"}, {"wildcard": "a\\\\*b*"}]}',
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_refused(world: World, case: Case) -> None:
    world.refuses("events", case)


@pytest.mark.parametrize(("pattern", "reason", "column"), PATTERNS)
def test_event_pattern(world: World, pattern: str, reason: str, column: int | None) -> None:
    where = f'\n at [Source: (String)"{pattern}"; line: 1, column: {column}]' if column else ""
    message = f"Event pattern is not valid. Reason: {reason}{where}"
    for operation, request in (
        ("PutRule", {"Name": "r"}),
        ("TestEventPattern", {"Event": json.dumps(_EVENT)}),
    ):
        request = {**request, "EventPattern": pattern}
        world.refuses("events", Case("", operation, request, "InvalidEventPatternException", message))


@pytest.mark.parametrize("pattern", GOOD)
def test_good_pattern(world: World, pattern: str) -> None:
    world.call("events", "PutRule", {"Name": "good", "EventPattern": pattern})
    assert not event_patterns.fault(pattern)
    assert filters.problems(pattern) == ()


def test_workbench_explains_each_pattern_that_aws_refuses() -> None:
    """The two grammars agree: one has AWS's words, the other explains before AWS is asked."""
    unexplained = [pattern for pattern, _, _ in PATTERNS if not filters.problems(pattern)]
    assert unexplained == []


def test_a_text_that_is_no_pattern_is_refused_and_not_a_crash() -> None:
    for text in (
        "",
        "{",
        '{"a"',
        '{"a":',
        '{"a": [1',
        '{"a": [1,]}',
        "{a: 1}",
        '{"a": ["\\ud800*"]}',
        "[" * 5000,
        '{"a":' * 5000,
    ):
        assert (not event_patterns.fault(text)) == (text == '{"a": ["\\ud800*"]}'), text


EXPRESSIONS = (
    "cron(0 1 * * * *)",
    "cron(INVALID)",
    "cron(0 dummy ? * MON-FRI *)",
    "cron()",
    "rate(10 seconds)",
    "rate(10 years)",
    "rate()",
    "rate(10 minutess)",
    "rate(foo minutes)",
    "rate(-10 minutes)",
    "rate( 10 minutes )",
    " rate(10 minutes)",
    "at(2021-12-31T23:59:59Z)",
)


def _schedule(
    expression: str = "rate(10 minutes)", role: str = "<role-scheduler>", **more: Any
) -> dict[str, Any]:
    target = {"Arn": "arn:aws:lambda:us-east-1:000000000000:function:dummy", "RoleArn": role}
    window = {"Mode": "OFF"}
    return {
        "Name": "s",
        "ScheduleExpression": expression,
        "FlexibleTimeWindow": window,
        "Target": target,
        **more,
    }


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_schedule_expression(world: World, expression: str) -> None:
    message = f"Invalid Schedule Expression {expression}."
    world.refuses("scheduler", Case("", "CreateSchedule", _schedule(expression), _INVALID, message))


@pytest.mark.parametrize("role", ["arn:aws:iam::000000000000:role/gone", "<role-lambda>"])
def test_role_of_a_schedule(world: World, role: str) -> None:
    message = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
    world.refuses("scheduler", Case("", "CreateSchedule", _schedule(role=role), _INVALID, message))


def test_schedules(world: World) -> None:
    gone = _schedule(GroupName="gone")
    message = "Schedule group gone does not exist."
    world.refuses("scheduler", Case("", "CreateSchedule", gone, _MISSING, message, 404))
    zone = _schedule(ScheduleExpressionTimezone="Nowhere/Land")
    world.refuses(
        "scheduler",
        Case("", "CreateSchedule", zone, _INVALID, "Invalid ScheduleExpressionTimezone Nowhere/Land."),
    )
    for name, expression in (
        ("a", "rate(1 minutes)"),
        ("b", "at(2030-01-01T00:00:00)"),
        ("c", "cron(0 12 * * ? *)"),
    ):
        world.call("scheduler", "CreateSchedule", {**_schedule(expression), "Name": name})


EVENT = {
    "id": "1", "source": "test-source", "detail-type": "test-detail-type", "account": "123456789012",
    "region": "us-east-2", "time": "2022-07-13T13:48:01Z", "resources": [],
}  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "detail", "fits"),
    [
        # events/test_events_patterns.py::TestEventPattern: dot_joining_pattern, dot_joining_pattern_NEG,
        # dot_joining_event, dot_joining_event_NEG
        ({"state.status": ["running"]}, {"state": {"status": "running"}}, True),
        ({"state.status": {"status": ["running"]}}, {"state": {"status": "running"}}, False),
        ({"state": {"status": ["running"]}}, {"state.status": "running"}, True),
        ({"state": {"status": ["running"]}}, {"state.status": {"status": "running"}}, False),
        ({"state.status": ["running"]}, {"state.status": "running"}, True),
        ({"a": {"b": {"c": [1], "d": [2]}}}, {"a.b.c": 1, "a": {"b.d": 2}}, True),
        ({"a": {"b": [1]}}, {"a": 5, "a.b": 1}, True),
        ({"a": [5]}, {"a": 5, "a.b": 1}, True),
        ({"a": {"b": [{"exists": False}]}}, {"a.b": 1}, False),
    ],
)
def test_names_are_joined_by_dots_on_both_sides(
    world: World, pattern: dict[str, Any], detail: dict[str, Any], fits: bool
) -> None:
    asked = {"EventPattern": json.dumps({"detail": pattern}), "Event": json.dumps(EVENT | {"detail": detail})}
    assert world.call("events", "TestEventPattern", asked)["Result"] is fits
