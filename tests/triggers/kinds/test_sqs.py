"""Queues: every check fires where it must and keeps silent where it must not."""

import json
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers import values as known
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.model import detail_of
from workbench.triggers.kinds.sqs import SqsSource, check_timeout
from workbench.triggers.model import (
    Finding,
    FixKind,
    ObservedFunction,
    Severity,
    SourceKind,
    Trigger,
    TriggerSpec,
)
from workbench.triggers.queues import ObservedQueue

CTX = JobContext()
SQS = SqsSource()
FIFO = f"{known.QUEUE}.fifo"
DEAD = f"{known.QUEUE}-dead"
FINE: dict[str, Any] = {
    "visibility_s": 360,
    "dead_letter_arn": DEAD,
    "max_receives": 5,
    "dead_letter_retention_s": 1_209_600,
}
QUIET = {"BatchSize": 1}


def _findings(
    values: dict[str, Any] | None = None,
    *,
    arn: str = known.QUEUE,
    timeout_s: int = 60,
    reserved: int | None = None,
    **queue: Any,
) -> tuple[Finding, ...]:
    function = known.detail(
        Timeout=timeout_s, Concurrency={} if reserved is None else {"ReservedConcurrentExecutions": reserved}
    )
    spec = known.spec(source_arn=arn, function=function, values=QUIET if values is None else values)
    return SQS.check(spec, ObservedQueue(arn, **(FINE | queue)), ObservedFunction(function))


def _ids(*args: Any, **more: Any) -> list[str]:
    return [finding.check_id for finding in _findings(*args, **more)]


def test_a_good_queue_has_no_findings() -> None:
    assert _ids() == []
    assert _ids(arn=FIFO) == []


WINDOWED = {"BatchSize": 1, "MaximumBatchingWindowInSeconds": 5}
PARTIAL = ("ReportBatchItemFailures",)
FILTERED = {"BatchSize": 1, "FilterCriteria": ('{"body":{"a":[1]}}',)}


@pytest.mark.parametrize(
    ("fires", "check_id", "values", "more"),
    [
        (True, "SQS-VIS-LT", None, {"visibility_s": 30}),
        (True, "SQS-VIS-LT", None, {"visibility_s": 59}),
        (False, "SQS-VIS-LT", None, {"visibility_s": 60}),
        (True, "SQS-VIS-6X", None, {"visibility_s": 60}),
        (True, "SQS-VIS-6X", None, {"visibility_s": 359}),
        (False, "SQS-VIS-6X", None, {"visibility_s": 30}),
        (True, "SQS-VIS-6X", WINDOWED, {"visibility_s": 364}),
        (False, "SQS-VIS-6X", WINDOWED, {"visibility_s": 365}),
        (False, "SQS-VIS-6X", None, {"visibility_s": 43_200, "timeout_s": 9_000}),
        (True, "SQS-DLQ", None, {"dead_letter_arn": "", "max_receives": 0}),
        (False, "SQS-DLQ", None, {}),
        (True, "SQS-MRC", None, {"max_receives": 4}),
        (False, "SQS-MRC", None, {"max_receives": 5}),
        (False, "SQS-MRC", None, {"dead_letter_arn": "", "max_receives": 0}),
        (True, "SQS-RETENTION", None, {"retention_s": 1_799}),
        (False, "SQS-RETENTION", None, {"retention_s": 1_800}),
        (True, "SQS-RETENTION", None, {"dead_letter_retention_s": 345_600}),
        (False, "SQS-RETENTION", None, {"dead_letter_retention_s": 345_601}),
        (False, "SQS-RETENTION", None, {"dead_letter_retention_s": None}),
        (False, "SQS-RETENTION", None, {"dead_letter_retention_s": 345_600, "arn": FIFO}),
        (False, "SQS-RETENTION", None, {"retention_s": 1_209_600}),
        (True, "SQS-SHARED", None, {"readers": ("other:live", "f")}),
        (True, "SQS-SHARED", None, {"readers": ("f:live",)}),
        (False, "SQS-SHARED", None, {"readers": ("f",)}),
        (True, "SQS-FILTER-DELETE", FILTERED, {}),
        (False, "SQS-FILTER-DELETE", QUIET | {"FilterCriteria": ()}, {}),
        (True, "SQS-PARTIAL", {}, {}),
        (True, "SQS-PARTIAL", {"BatchSize": 2}, {}),
        (False, "SQS-PARTIAL", {"BatchSize": 1}, {}),
        (False, "SQS-PARTIAL", {"FunctionResponseTypes": PARTIAL}, {}),
        (True, "SQS-CONC", None, {"reserved": 4}),
        (False, "SQS-CONC", None, {"reserved": 5}),
        (False, "SQS-CONC", None, {"reserved": 0}),
        (False, "SQS-CONC", None, {"reserved": None}),
        (True, "SQS-CONC", QUIET | {"ScalingConfig.MaximumConcurrency": 11}, {"reserved": 10}),
        (False, "SQS-CONC", QUIET | {"ScalingConfig.MaximumConcurrency": 10}, {"reserved": 10}),
        (True, "SQS-FIFO-BATCH", {"BatchSize": 11}, {"arn": FIFO}),
        (False, "SQS-FIFO-BATCH", {"BatchSize": 10}, {"arn": FIFO}),
        (False, "SQS-FIFO-BATCH", {"BatchSize": 11}, {}),
        (True, "SQS-FIFO-WINDOW", WINDOWED, {"arn": FIFO}),
        (False, "SQS-FIFO-WINDOW", WINDOWED, {}),
        (True, "SQS-WINDOW", {"BatchSize": 11}, {}),
        (False, "SQS-WINDOW", {"BatchSize": 11, "MaximumBatchingWindowInSeconds": 1}, {}),
        (False, "SQS-WINDOW", {"BatchSize": 10}, {}),
        (
            True,
            "SQS-MODE-XOR",
            QUIET | {"ScalingConfig.MaximumConcurrency": 5, "ProvisionedPollerConfig.MinimumPollers": 2},
            {},
        ),
        (False, "SQS-MODE-XOR", QUIET | {"ScalingConfig.MaximumConcurrency": 5}, {}),
        (False, "SQS-MODE-XOR", QUIET | {"ProvisionedPollerConfig.MaximumPollers": 5}, {}),
        (True, "PARAM-RANGE", QUIET | {"ScalingConfig.MaximumConcurrency": 1}, {}),
        (True, "PARAM-RANGE", {"BatchSize": 10_001, "FunctionResponseTypes": PARTIAL}, {}),
        (True, "PARAM-RANGE", {"BatchSize": 0}, {"arn": FIFO}),
        (False, "PARAM-RANGE", {"BatchSize": 11}, {"arn": FIFO}),
        (True, "ESM-FILTER", QUIET | {"FilterCriteria": ('{"body":"x"}',)}, {}),
        (True, "ESM-FILTER", QUIET | {"FilterCriteria": ('{"attributes":{"a":["x"]}}',)}, {}),
        (False, "ESM-FILTER", FILTERED, {}),
    ],
)
def test_checks(fires: bool, check_id: str, values: dict[str, Any] | None, more: dict[str, Any]) -> None:
    assert (check_id in _ids(values, **more)) is fires


BLOCKS = {"SQS-VIS-LT", "SQS-FIFO-BATCH", "SQS-FIFO-WINDOW", "SQS-WINDOW", "SQS-MODE-XOR"}


def test_what_aws_refuses_blocks_and_the_rest_warns() -> None:
    found = (
        *_findings({"BatchSize": 11, "MaximumBatchingWindowInSeconds": 5}, arn=FIFO, visibility_s=5),
        *_findings(
            {
                "BatchSize": 11,
                "ScalingConfig.MaximumConcurrency": 5,
                "ProvisionedPollerConfig.MinimumPollers": 2,
                "FilterCriteria": ('{"body":{"a":[1]}}',),
            },
            visibility_s=60,
            max_receives=1,
            readers=("g",),
            reserved=2,
            dead_letter_retention_s=60,
        ),
        *_findings(dead_letter_arn="", max_receives=0),
    )
    by_id = {finding.check_id: finding.severity for finding in found}
    assert {name for name, severity in by_id.items() if severity is Severity.BLOCK} == BLOCKS
    assert {name for name, severity in by_id.items() if severity is Severity.WARN} == {
        "SQS-VIS-6X",
        "SQS-DLQ",
        "SQS-MRC",
        "SQS-RETENTION",
        "SQS-SHARED",
        "SQS-FILTER-DELETE",
        "SQS-PARTIAL",
        "SQS-CONC",
    }


def _one(check_id: str, *args: Any, **more: Any) -> Finding:
    (found,) = [each for each in _findings(*args, **more) if each.check_id == check_id]
    return found


def test_scenario_16_a_visibility_timeout_below_the_functions_is_set_to_six_times() -> None:
    found = _one("SQS-VIS-LT", visibility_s=30)
    assert "30 s" in found.what
    assert "60 s" in found.what
    (fix,) = found.fixes
    (step,) = fix.steps
    assert step.args == {"queue_arn": known.QUEUE, "attributes": {"VisibilityTimeout": "360"}}
    assert (step.api_call, step.region) == ("sqs:SetQueueAttributes", "us-east-1")


def test_scenario_17_the_batch_window_counts() -> None:
    found = _one("SQS-VIS-6X", WINDOWED, visibility_s=120)
    assert "365 s" in found.what
    assert found.fixes[0].steps[0].args["attributes"] == {"VisibilityTimeout": "365"}


@pytest.mark.parametrize(
    ("arn", "dead", "attributes"),
    [
        (known.QUEUE, f"{known.QUEUE}-dlq", {}),
        (FIFO, f"{known.QUEUE}-dlq.fifo", {"FifoQueue": "true"}),
        (f"{known.QUEUE[:-6]}{'q' * 80}", f"{known.QUEUE[:-6]}{'q' * 76}-dlq", {}),
    ],
)
def test_a_dead_letter_queue_can_be_made_with_the_wiring(
    arn: str, dead: str, attributes: dict[str, str]
) -> None:
    create, redrive = _one("SQS-DLQ", arn=arn, dead_letter_arn="", max_receives=0).fixes[0].steps
    assert create.args == {
        "queue_arn": dead,
        "attributes": attributes | {"MessageRetentionPeriod": "1209600"},
    }
    policy = json.loads(redrive.args["attributes"]["RedrivePolicy"])
    assert policy == {"deadLetterTargetArn": dead, "maxReceiveCount": 5}


def test_a_visibility_timeout_has_a_largest_value() -> None:
    (step,) = _one("SQS-VIS-6X", visibility_s=9_000, timeout_s=9_000).fixes[0].steps
    assert step.args["attributes"] == {"VisibilityTimeout": "43200"}


def test_scenario_19_three_blocks() -> None:
    fifo = _findings({"BatchSize": 11, "MaximumBatchingWindowInSeconds": 5}, arn=FIFO)
    standard = _findings({"BatchSize": 11})
    blocks = [each.check_id for each in (*fifo, *standard) if each.severity is Severity.BLOCK]
    assert blocks == ["SQS-FIFO-BATCH", "SQS-FIFO-WINDOW", "SQS-WINDOW"]


@pytest.mark.parametrize(
    ("check_id", "values", "more"),
    [
        ("SQS-FIFO-BATCH", {"BatchSize": 11}, {"arn": FIFO}),
        ("SQS-FIFO-WINDOW", WINDOWED, {"arn": FIFO}),
        ("SQS-WINDOW", {"BatchSize": 11}, {}),
        ("SQS-PARTIAL", {}, {}),
        ("SQS-CONC", None, {"reserved": 4}),
        (
            "SQS-MODE-XOR",
            QUIET | {"ScalingConfig.MaximumConcurrency": 5, "ProvisionedPollerConfig.MinimumPollers": 2},
            {},
        ),
    ],
)
def test_each_way_out_ends_the_finding(
    check_id: str, values: dict[str, Any] | None, more: dict[str, Any]
) -> None:
    fixes = _one(check_id, values, **more).fixes
    assert fixes
    for fix in fixes:
        assert fix.kind is FixKind.EDIT
        assert check_id not in _ids({**(QUIET if values is None else values), **fix.values}, **more)


def test_one_reserved_invocation_has_no_fitting_concurrency() -> None:
    assert _one("SQS-CONC", reserved=1).fixes == ()


def test_the_plan_is_one_mapping_with_what_was_set() -> None:
    spec = known.spec(
        qualifier="live",
        values={
            "BatchSize": 50,
            "MaximumBatchingWindowInSeconds": 1,
            "FilterCriteria": (),
            "ScalingConfig.MaximumConcurrency": None,
            "FunctionResponseTypes": PARTIAL,
            "StartingPosition": "LATEST",  # of another source, left over in a form
        },
    )
    (step,) = SQS.plan(spec, ObservedQueue(known.QUEUE))
    assert step.args["request"] == {
        "EventSourceArn": known.QUEUE,
        "FunctionName": f"{known.ARN}:live",
        "BatchSize": 50,
        "MaximumBatchingWindowInSeconds": 1,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }
    assert json.loads(json.dumps(step.args)) == step.args


def _trigger(**values: Any) -> Trigger:
    return Trigger(SourceKind("sqs"), known.QUEUE, "orders", "", "u-1", "Enabled", values=values)


def _updated(trigger: Trigger, **more: Any) -> dict[str, Any]:
    steps = SQS.update(trigger, known.spec(**more), ObservedQueue(known.QUEUE))
    return {} if not steps else dict(steps[0].args["members"])


def test_only_what_differs_is_changed() -> None:
    trigger = _trigger(BatchSize=10, Enabled=True, LastProcessingResult="OK")
    assert _updated(trigger, values={"BatchSize": 10, "Enabled": True}) == {}
    assert _updated(trigger, values={"BatchSize": 5, "Enabled": True}) == {"BatchSize": 5}
    assert _updated(trigger, values={"MaximumBatchingWindowInSeconds": 0, "FilterCriteria": ()}) == {}
    assert _updated(trigger, values={}, qualifier="live") == {"FunctionName": f"{known.ARN}:live"}
    assert _updated(trigger, values={"StartingPosition": "LATEST"}) == {}


def test_what_is_emptied_is_cleared() -> None:
    trigger = _trigger(
        BatchSize=10,
        FilterCriteria=('{"body":{"a":[1]}}',),
        FunctionResponseTypes=PARTIAL,
        **{"ScalingConfig.MaximumConcurrency": 5},
    )
    cleared = {"FilterCriteria": (), "FunctionResponseTypes": (), "ScalingConfig.MaximumConcurrency": None}
    assert _updated(trigger, values=cleared) == {
        "FilterCriteria": {},
        "FunctionResponseTypes": [],
        "ScalingConfig": {},
    }


def test_a_structure_is_sent_whole() -> None:
    pollers = {"ProvisionedPollerConfig.MinimumPollers": 2, "ProvisionedPollerConfig.MaximumPollers": 9}
    changed = _updated(_trigger(**pollers), values={"ProvisionedPollerConfig.MaximumPollers": 20})
    assert changed == {"ProvisionedPollerConfig": {"MinimumPollers": 2, "MaximumPollers": 20}}


def test_pausing_resuming_and_removing_touch_only_the_mapping() -> None:
    trigger = _trigger()
    (pause,), (resume,), (remove,) = SQS.pause(trigger), SQS.resume(trigger), SQS.remove(trigger)
    assert pause.args == {"uuid": "u-1", "members": {"Enabled": False}}
    assert resume.args == {"uuid": "u-1", "members": {"Enabled": True}}
    assert remove.args == {"uuid": "u-1"}
    assert {step.region for step in (pause, resume, remove)} == {"us-east-1"}


def test_the_role_needs_to_receive_delete_and_decrypt() -> None:
    spec = known.spec()
    actions = [
        ("sqs:ReceiveMessage", known.QUEUE),
        ("sqs:DeleteMessage", known.QUEUE),
        ("sqs:GetQueueAttributes", known.QUEUE),
    ]
    key = "arn:aws:kms:us-east-1:111111111111:key/k"
    for kms_key, more in (
        ("", []),
        ("alias/aws/sqs", []),
        ("k", [("kms:Decrypt", key)]),
        (key, [("kms:Decrypt", key)]),
    ):
        seen = ObservedQueue(known.QUEUE, kms_key=kms_key)
        assert list(SQS.role_actions(spec, seen)) == actions + more
    assert SQS.managed_policy == "AWSLambdaSQSQueueExecutionRole"


def test_a_fifo_queue_has_other_parameters() -> None:
    def ranges(arn: str) -> dict[str, tuple[int | None, int | None]]:
        found = SQS.parameters(known.spec(source_arn=arn))
        return {each.name: (each.minimum, each.maximum) for each in found}

    standard, fifo = ranges(known.QUEUE), ranges(FIFO)
    assert standard["BatchSize"] == (1, 10_000)
    assert fifo["BatchSize"] == (1, 10)
    assert standard["MaximumBatchingWindowInSeconds"] == (0, 300)
    assert "MaximumBatchingWindowInSeconds" not in fifo
    assert standard["ScalingConfig.MaximumConcurrency"] == (2, 1000)
    assert standard["ProvisionedPollerConfig.MinimumPollers"][0] == 2


def test_a_test_message_bears_its_mark() -> None:
    event = SQS.test_event(_trigger(), "m-1")
    assert "m-1" in event.steps[0].args["message"]["MessageBody"]
    assert "MessageGroupId" not in event.steps[0].args["message"]
    assert event.warning == ""


def test_a_test_message_to_a_fifo_queue_is_not_taken_for_an_earlier_one() -> None:
    message = SQS.test_event(Trigger(SourceKind("sqs"), FIFO, "orders.fifo"), "m-1").steps[0].args["message"]
    assert message["MessageDeduplicationId"] == "m-1"
    assert message["MessageGroupId"]


def test_a_test_message_that_filters_delete_is_warned_of() -> None:
    filtered = _trigger(FilterCriteria=('{"body":{"a":[1]}}',))
    assert SQS.test_event(filtered, "m").warning == ""  # the sample is made for it
    assert "filters" in SQS.test_event(filtered, "m", {"body": '{"a": 2}'}).warning
    never = _trigger(FilterCriteria=('{"body":{"workbench-test":[1]}}',))
    assert "filters" in SQS.test_event(never, "m").warning
    fits = '{"body":{"workbench-test":[{"exists":true}]}}'
    assert SQS.test_event(_trigger(FilterCriteria=(fits,)), "m").warning == ""


def test_a_test_message_to_a_paused_trigger_waits() -> None:
    assert "paused" in SQS.test_event(_trigger(Enabled=False), "m").warning


def test_the_explanation_has_the_queues_numbers() -> None:
    values = {"VisibilityTimeout": 45, "MessageRetentionPeriod": 345_600}
    lossy = SQS.explain(_trigger(**values), known.seen())
    assert "45 s" in lossy.source_retries
    assert "4 days" in lossy.source_retries
    assert "They are lost" in lossy.failures
    assert (lossy.model, lossy.order) == ("Pull", "None.")
    kept = SQS.explain(_trigger(**values, maxReceiveCount=7, deadLetterTargetArn=DEAD), known.seen())
    assert "7 times" in kept.source_retries
    assert DEAD in kept.failures
    assert kept.flow == ("orders", "Lambda's poller", "f", "orders-dead")
    fifo = SQS.explain(Trigger(SourceKind("sqs"), FIFO, "orders.fifo"), known.seen())
    assert "message group" in fifo.order
    assert "could not be read" in fifo.failures


def test_the_queue_its_dead_letter_queue_and_its_readers_are_read(aws: StubbedAws) -> None:
    arn = "arn:aws:sqs:eu-central-1:123456789012:orders"
    dead = f"{arn}-dead"
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/orders"
    attributes = {
        "VisibilityTimeout": "45",
        "MessageRetentionPeriod": "60",
        "KmsMasterKeyId": "alias/aws/sqs",
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": "3"}),
    }
    aws.answer("sqs", "get_queue_url", {"QueueUrl": url}, {"QueueName": "orders"})
    aws.answer(
        "sqs",
        "get_queue_attributes",
        {"Attributes": attributes},
        {"QueueUrl": url, "AttributeNames": ["All"]},
    )
    aws.answer("sqs", "get_queue_url", {"QueueUrl": f"{url}-dead"}, {"QueueName": "orders-dead"})
    aws.refuse("sqs", "get_queue_attributes", "AccessDenied", "No.", 403)
    functions = ("arn:aws:lambda:r:1:function:g", "arn:aws:lambda:r:1:function:f:live")
    listed = [{"UUID": "u" * 36, "FunctionArn": function} for function in functions]
    aws.answer(
        "lambda", "list_event_source_mappings", {"EventSourceMappings": listed}, {"EventSourceArn": arn}
    )
    seen = SQS.observe(aws.connection, known.spec(source_arn=arn), CTX)
    assert seen == ObservedQueue(arn, 45, 60, dead, 3, None, "alias/aws/sqs", ("g", "f:live"))
    assert not any(call.is_write for call in aws.calls)


def test_a_queue_of_another_account_is_asked_for_by_its_owner(aws: StubbedAws) -> None:
    arn = "arn:aws:sqs:eu-central-1:222222222222:orders"
    owner = {"QueueName": "orders", "QueueOwnerAWSAccountId": "222222222222"}
    aws.answer("sqs", "get_queue_url", {"QueueUrl": "https://q"}, owner)
    aws.answer("sqs", "get_queue_attributes", {"Attributes": {}})
    aws.answer("lambda", "list_event_source_mappings", {})
    seen = SQS.observe(aws.connection, TriggerSpec(SourceKind("sqs"), arn, known.detail()), CTX)
    assert (seen.visibility_s, seen.retention_s, seen.max_receives) == (30, 345_600, 0)


def test_all_pages_of_queues_are_offered(aws: StubbedAws) -> None:
    host = "https://sqs.eu-central-1.amazonaws.com/123456789012"
    first = {"QueueUrls": [f"{host}/orders"], "NextToken": "n"}
    aws.answer("sqs", "list_queues", first, {"MaxResults": 1000})
    more = {"MaxResults": 1000, "NextToken": "n"}
    aws.answer("sqs", "list_queues", {"QueueUrls": [f"{host}/o.fifo"]}, more)
    found = list(SQS.candidates(aws.connection, CTX))
    assert [(each.name, each.detail) for each in found] == [("orders", ""), ("o.fifo", "FIFO")]
    assert found[0].source_arn == "arn:aws:sqs:eu-central-1:123456789012:orders"
    assert found[0].location.region == "eu-central-1"


ARN = "arn:aws:lambda:eu-central-1:123456789012:function:f"
DETAIL = detail_of({"Configuration": {"FunctionName": "f", "FunctionArn": ARN, "Timeout": 60}})
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:orders"


def _runs(aws: StubbedAws, *mappings: dict[str, Any]) -> None:
    listed = [{"UUID": "1" * 36, "FunctionArn": ARN, "EventSourceArn": QUEUE} | each for each in mappings]
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": listed})


def _has(aws: StubbedAws, visibility_s: int) -> None:
    aws.answer("sqs", "get_queue_url", {"QueueUrl": "https://q"})
    answer = {"Attributes": {"VisibilityTimeout": str(visibility_s)}}
    aws.answer("sqs", "get_queue_attributes", answer)


def test_scenario_18_a_timeout_above_the_visibility_timeout_is_said_before_saving(
    aws: StubbedAws,
) -> None:
    _runs(aws, {"MaximumBatchingWindowInSeconds": 5})
    _has(aws, 60)
    (found,) = check_timeout(aws.connection, DETAIL, 120, CTX)
    assert (found.check_id, found.severity) == ("SQS-VIS-LT", Severity.BLOCK)
    assert "AWS rejects a new trigger with these timeouts, and may reject this change too." in found.why
    assert "60 s" in found.what
    assert "120 s" in found.what
    assert found.fixes[0].steps[0].args["attributes"] == {"VisibilityTimeout": "725"}
    assert not any(call.is_write for call in aws.calls)


@pytest.mark.parametrize(("visibility_s", "ids"), [(720, []), (719, ["SQS-VIS-6X"]), (120, ["SQS-VIS-6X"])])
def test_room_enough_is_no_finding(aws: StubbedAws, visibility_s: int, ids: list[str]) -> None:
    _runs(aws, {})
    _has(aws, visibility_s)
    assert [each.check_id for each in check_timeout(aws.connection, DETAIL, 120, CTX)] == ids


def test_an_alias_keeps_its_own_timeout_and_is_only_warned_of(aws: StubbedAws) -> None:
    _runs(aws, {"FunctionArn": f"{ARN}:live"}, {"UUID": "2" * 36})
    _has(aws, 60)
    _has(aws, 60)
    found = check_timeout(aws.connection, DETAIL, 120, CTX)
    assert [each.severity for each in found] == [Severity.BLOCK, Severity.WARN]
    assert "f:live" in found[1].what


def test_other_sources_and_other_functions_are_not_asked(aws: StubbedAws) -> None:
    stream = "arn:aws:kinesis:eu-central-1:123456789012:stream/s"
    _runs(aws, {"EventSourceArn": stream}, {"FunctionArn": f"{ARN}2", "UUID": "2" * 36})
    assert check_timeout(aws.connection, DETAIL, 120, CTX) == ()


def test_a_queue_that_may_not_be_read_is_unknown_and_does_not_hide_the_others(aws: StubbedAws) -> None:
    _runs(aws, {}, {"UUID": "2" * 36})
    aws.refuse("sqs", "get_queue_url", "AccessDenied", "No.", 403)
    _has(aws, 60)
    found = check_timeout(aws.connection, DETAIL, 120, CTX)
    assert [each.severity for each in found] == [Severity.BLOCK, Severity.WARN]
    assert found[1].aws == "AccessDenied"


def test_triggers_that_may_not_be_listed_are_an_error(aws: StubbedAws) -> None:
    aws.refuse("lambda", "list_event_source_mappings", "AccessDeniedException", "No.", 403)
    with pytest.raises(WorkbenchError):
        check_timeout(aws.connection, DETAIL, 120, CTX)
