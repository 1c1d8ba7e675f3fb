"""Queues wired for real: wired, changed, paused, tried out and taken away, with the account as it was."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.triggers.kinds.pulled import CTX, logged, make_queue, mappings, polled_function, snapshot
from tests.triggers.kinds.wired import found, take_away, wire
from workbench.aws.connection import ApiCall, Connection
from workbench.core.errors import WorkbenchError
from workbench.triggers.execute import TriggerJournal, execute, try_out
from workbench.triggers.find import find_triggers
from workbench.triggers.kinds.sqs import SqsSource
from workbench.triggers.model import Severity, SourceKind, Trigger, TriggerPlan, TriggerSpec
from workbench.triggers.plan import plan_pause, plan_resume, prepare, prepare_update
from workbench.triggers.queues import queue_attributes
from workbench.triggers.steps import Step

SQS = SqsSource()


def _only(triggers: tuple[Trigger, ...]) -> Trigger:
    (trigger,) = triggers
    return trigger


def _stop(connection: Connection, trigger: Trigger) -> None:
    """No later test shall find the poller at work."""
    connection.call("lambda", "delete_event_source_mapping", UUID=trigger.identity)


@pytest.mark.parametrize("is_fifo", [False, True])
def test_a_queue_is_wired_tried_out_and_taken_away(
    connection: Connection, tmp_path: Path, is_fifo: bool
) -> None:
    function = polled_function(connection)
    name = f"{function.function_name}.fifo" if is_fifo else ""
    more = {"FifoQueue": "true"} if is_fifo else {}
    arn = make_queue(connection, name, VisibilityTimeout="30", **more)
    before = snapshot(dict(queue_attributes(connection, arn)), mappings(connection, function))

    wire(connection, TriggerSpec(SourceKind("sqs"), arn, function, values={"BatchSize": 1}), tmp_path)
    trigger = _only(found(connection, SourceKind("sqs"), function))
    assert (trigger.source_arn, trigger.state, trigger.values["BatchSize"]) == (arn, "Enabled", 1)
    assert SQS.enrich(connection, trigger, CTX).values["VisibilityTimeout"] == 30

    event = SQS.test_event(trigger, "mark-42")
    plan = TriggerPlan("Try it", function.function_arn, SourceKind("sqs"), event.steps)
    try_out(connection, plan, TriggerJournal(tmp_path), CTX, lambda _facts: None)
    assert logged(connection, function, "mark-42")

    take_away(connection, function, trigger, tmp_path)
    assert found(connection, SourceKind("sqs"), function) == ()
    assert snapshot(dict(queue_attributes(connection, arn)), mappings(connection, function)) == before
    assert TriggerJournal(tmp_path).unfinished(connection.account_id, connection.region) == ()


def test_a_trigger_is_changed_paused_and_resumed_in_place(connection: Connection, tmp_path: Path) -> None:
    function = polled_function(connection)
    arn = make_queue(connection)
    pattern = '{"body":{"kind":["order"]}}'
    values: dict[str, object] = {"BatchSize": 1, "FilterCriteria": (pattern,)}
    wire(connection, TriggerSpec(SourceKind("sqs"), arn, function, values=values), tmp_path)
    trigger = _only(found(connection, SourceKind("sqs"), function))
    assert trigger.values["FilterCriteria"] == (pattern,)

    wanted = TriggerSpec(
        SourceKind("sqs"), arn, function, values={**trigger.values, "BatchSize": 2, "FilterCriteria": ()}
    )
    prepared = prepare_update(connection, trigger, wanted, CTX)
    assert "ESM-DUP" not in [each.check_id for each in prepared.findings]
    execute(connection, prepared.plan(()), TriggerJournal(tmp_path), CTX)
    changed = _only(found(connection, SourceKind("sqs"), function))
    assert (changed.identity, changed.values["BatchSize"]) == (trigger.identity, 2)
    assert "FilterCriteria" not in changed.values

    for plan, state in ((plan_pause, "Disabled"), (plan_resume, "Enabled")):
        execute(connection, plan(function, changed), TriggerJournal(tmp_path), CTX)
        assert _only(found(connection, SourceKind("sqs"), function)).state == state
    assert _only(found(connection, SourceKind("sqs"), function)).values == changed.values
    _stop(connection, changed)


def test_scenario_16_the_fix_is_part_of_the_plan(connection: Connection, tmp_path: Path) -> None:
    function = polled_function(connection)
    arn = make_queue(connection, VisibilityTimeout="2")
    spec = TriggerSpec(SourceKind("sqs"), arn, function, values={"BatchSize": 1})
    prepared = prepare(connection, spec, CTX)
    (block,) = [each for each in prepared.findings if each.severity is Severity.BLOCK]
    assert block.check_id == "SQS-VIS-LT"
    with pytest.raises(ValueError, match="blocked"):
        prepared.plan(())
    wire(connection, spec, tmp_path, *block.fixes)
    assert queue_attributes(connection, arn)["VisibilityTimeout"] == "30"
    assert "SQS-VIS-LT" not in [each.check_id for each in prepare(connection, spec, CTX).findings]
    _stop(connection, _only(found(connection, SourceKind("sqs"), function)))


def test_the_whole_look_at_a_function_explains_the_queue_with_its_numbers(
    connection: Connection, tmp_path: Path
) -> None:
    function = polled_function(connection)
    arn = make_queue(connection, VisibilityTimeout="77")
    wire(connection, TriggerSpec(SourceKind("sqs"), arn, function), tmp_path)
    report = find_triggers(connection, function, CTX)
    trigger = _only(report.triggers)
    assert "77 s" in SQS.explain(trigger, report.observed).source_retries
    _stop(connection, trigger)


def test_a_dead_letter_queue_is_made_and_on_failure_taken_back(
    connection: Connection, tmp_path: Path
) -> None:
    function = polled_function(connection)
    arn = make_queue(connection)
    spec = TriggerSpec(SourceKind("sqs"), arn, function, values={"BatchSize": 1})
    prepared = prepare(connection, spec, CTX)
    (fix,) = next(each for each in prepared.findings if each.check_id == "SQS-DLQ").fixes
    plan = prepared.plan([fix])
    before = snapshot(dict(queue_attributes(connection, arn)))
    broken = Step("queue attributes", "Fail", "sqs:SetQueueAttributes", connection.region, _GONE)
    failing = replace(plan, steps=(*plan.steps[:-1], broken))
    with pytest.raises(WorkbenchError, match="rolled back"):
        execute(connection, failing, TriggerJournal(tmp_path), CTX)
    assert snapshot(dict(queue_attributes(connection, arn))) == before
    assert [each.source_arn for each in SQS.candidates(connection, CTX)] == [arn]

    execute(connection, plan, TriggerJournal(tmp_path), CTX)
    assert {each.check_id for each in prepare(connection, spec, CTX).findings} <= {"ESM-DUP"}
    assert queue_attributes(connection, f"{arn}-dlq")["MessageRetentionPeriod"] == "1209600"
    _stop(connection, _only(found(connection, SourceKind("sqs"), function)))


def test_a_step_that_fails_later_takes_all_of_it_back(connection: Connection, tmp_path: Path) -> None:
    function = polled_function(connection)
    arn = make_queue(connection, VisibilityTimeout="2")
    before = snapshot(dict(queue_attributes(connection, arn)), mappings(connection, function))
    prepared = prepare(connection, TriggerSpec(SourceKind("sqs"), arn, function), CTX)
    (block,) = prepared.blocks()
    plan = prepared.plan(block.fixes)
    broken = Step("queue attributes", "Fail", "sqs:SetQueueAttributes", connection.region, _GONE)
    with pytest.raises(WorkbenchError, match="rolled back"):
        execute(
            connection,
            replace(plan, steps=(*plan.steps, broken)),
            TriggerJournal(tmp_path),
            CTX,
        )
    assert snapshot(dict(queue_attributes(connection, arn)), mappings(connection, function)) == before


_GONE = {"queue_arn": "arn:aws:sqs:us-east-1:000000000000:not-there", "attributes": {"DelaySeconds": "1"}}


def test_a_second_trigger_for_the_same_queue_is_refused_before_aws_is_asked(
    connection: Connection, tmp_path: Path
) -> None:
    function = polled_function(connection)
    arn = make_queue(connection)
    spec = TriggerSpec(SourceKind("sqs"), arn, function)
    wire(connection, spec, tmp_path)
    trigger = _only(found(connection, SourceKind("sqs"), function))
    (block,) = prepare(connection, spec, CTX).blocks()
    assert block.check_id == "ESM-DUP"
    assert block.fixes[0].text == trigger.identity
    _stop(connection, trigger)


def test_scenario_1_a_queue_elsewhere_is_refused_without_a_writing_call(connection: Connection) -> None:
    function = polled_function(connection)
    other = "eu-west-1" if connection.region != "eu-west-1" else "us-east-1"
    arn = make_queue(connection.in_region(other))
    calls: list[ApiCall] = []
    observed = Connection(
        connection.access, connection._session, connection.account_id, observer=calls.append
    )
    prepared = prepare(observed, TriggerSpec(SourceKind("sqs"), arn, function), CTX)
    assert not [call.operation for call in calls if call.is_write]
    (block,) = prepared.blocks()
    assert block.check_id == "GEN-REGION"
    assert other in block.what
    assert connection.region in block.what


def test_the_queues_of_the_region_are_offered(connection: Connection) -> None:
    arns = {make_queue(connection) for _ in range(3)}
    assert {each.source_arn for each in SQS.candidates(connection, CTX)} == arns
