"""Tables and streams wired for real: wired, tried out and taken away, with the account as it was."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.triggers.kinds.pulled import CTX, logged, make_table, mappings, polled_function, snapshot
from tests.triggers.kinds.wired import found, take_away, wire
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.functions.model import FunctionDetail
from workbench.triggers.execute import TriggerJournal, execute, try_out
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import SourceKind, Trigger, TriggerPlan, TriggerSpec
from workbench.triggers.plan import prepare, prepare_update
from workbench.triggers.steps import Step

BEGINNING: dict[str, object] = {"StartingPosition": "TRIM_HORIZON", "MaximumRetryAttempts": 2}


def _described(connection: Connection, table: str) -> dict[str, Any]:
    found_table: dict[str, Any] = connection.call("dynamodb", "describe_table", TableName=table)["Table"]
    return found_table


def _items(connection: Connection, table: str) -> list[Any]:
    return list(connection.call("dynamodb", "scan", TableName=table)["Items"])


def _stream(connection: Connection) -> str:
    """Makes a stream; returns its ARN."""
    name = f"stream-{secrets.token_hex(4)}"
    connection.call("kinesis", "create_stream", StreamName=name, ShardCount=1)
    for _ in range(100):
        answer = connection.call("kinesis", "describe_stream_summary", StreamName=name)
        if answer["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE":
            return str(answer["StreamDescriptionSummary"]["StreamARN"])
        CTX.sleep(0.1)
    raise AssertionError("the stream does not become ACTIVE")


def _try(connection: Connection, function: FunctionDetail, trigger: Trigger, folder: Path) -> str:
    """Sends a test event; returns its mark."""
    mark = f"mark-{secrets.token_hex(4)}"
    event = SOURCES[trigger.kind].test_event(trigger, mark)
    assert event is not None
    plan = TriggerPlan("Try it", function.function_arn, trigger.kind, event.steps)
    try_out(connection, plan, TriggerJournal(folder), CTX, lambda _facts: None)
    return mark


@pytest.mark.parametrize("key_type", ["S", "N", "B"])
def test_a_table_is_wired_tried_out_and_taken_away(
    connection: Connection, tmp_path: Path, key_type: str
) -> None:
    function = polled_function(connection)
    table = make_table(connection, is_on=True, key_type=key_type)["TableName"]
    arn = _described(connection, table)["LatestStreamArn"]

    def account() -> str:
        return snapshot(
            _described(connection, table), _items(connection, table), mappings(connection, function)
        )

    before = account()
    spec = TriggerSpec(SourceKind("dynamodb"), arn, function, values=BEGINNING)
    assert wire(connection, spec, tmp_path).title == f"Connect {table} to {function.function_name}"
    (block,) = prepare(connection, spec, CTX).blocks()
    assert (block.check_id, table in block.what) == ("ESM-DUP", True)
    (trigger,) = found(connection, SourceKind("dynamodb"), function)
    assert (trigger.name, trigger.state) == (table, "Enabled")
    assert trigger.values["MaximumRetryAttempts"] == 2
    assert logged(connection, function, _try(connection, function, trigger, tmp_path))
    take_away(connection, function, trigger, tmp_path)
    assert found(connection, SourceKind("dynamodb"), function) == ()
    assert account() == before


def test_scenario_24_the_stream_is_turned_on_with_the_wiring(connection: Connection, tmp_path: Path) -> None:
    function = polled_function(connection)
    table = make_table(connection, is_on=False)["TableName"]
    arn = _described(connection, table)["TableArn"]
    spec = TriggerSpec(SourceKind("dynamodb"), arn, function, values=BEGINNING)
    (block,) = prepare(connection, spec, CTX).blocks()
    assert block.check_id == "DDB-NOSTREAM"
    wire(connection, spec, tmp_path, block.fixes[0])
    now = _described(connection, table)
    assert now["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    (trigger,) = found(connection, SourceKind("dynamodb"), function)
    assert trigger.source_arn == now["LatestStreamArn"]
    take_away(connection, function, trigger, tmp_path)


def _failing(connection: Connection) -> Step:
    return Step(
        "table stream",
        "Fail",
        "dynamodb:UpdateTable",
        connection.region,
        {
            "table": f"arn:aws:dynamodb:us-east-1:{connection.account_id}:table/gone",
            "view_type": "KEYS_ONLY",
        },
    )


def test_a_failure_after_it_turns_the_stream_off_again(connection: Connection, tmp_path: Path) -> None:
    function = polled_function(connection)
    table = make_table(connection, is_on=False)["TableName"]
    spec = TriggerSpec(
        SourceKind("dynamodb"), _described(connection, table)["TableArn"], function, values=BEGINNING
    )
    prepared = prepare(connection, spec, CTX)
    plan = prepared.plan([prepared.blocks()[0].fixes[0]])
    steps = (*plan.steps, _failing(connection))
    with pytest.raises(WorkbenchError, match="rolled back"):
        execute(
            connection,
            TriggerPlan(plan.title, plan.function_arn, plan.kind, steps),
            TriggerJournal(tmp_path),
            CTX,
        )
    assert not (_described(connection, table).get("StreamSpecification") or {}).get("StreamEnabled")
    assert mappings(connection, function) == []


def test_a_stream_is_wired_changed_tried_out_and_taken_away(connection: Connection, tmp_path: Path) -> None:
    function = polled_function(connection)
    arn = _stream(connection)
    before = snapshot(_summary(connection, arn), mappings(connection, function))
    wire(connection, TriggerSpec(SourceKind("kinesis"), arn, function, values=BEGINNING), tmp_path)
    (trigger,) = found(connection, SourceKind("kinesis"), function)
    assert logged(connection, function, _try(connection, function, trigger, tmp_path))

    wanted = {**trigger.values, "BatchSize": 7, "BisectBatchOnFunctionError": True}
    spec = TriggerSpec(SourceKind("kinesis"), arn, function, values=wanted)
    execute(
        connection,
        prepare_update(connection, trigger, spec, CTX).plan(()),
        TriggerJournal(tmp_path),
        CTX,
    )
    (changed,) = found(connection, SourceKind("kinesis"), function)
    assert (changed.values["BatchSize"], changed.values["BisectBatchOnFunctionError"]) == (7, True)
    assert changed.identity == trigger.identity
    assert (
        SOURCES[SourceKind("kinesis")].enrich(connection, trigger, CTX).values["RetentionPeriodHours"] == 24
    )
    take_away(connection, function, changed, tmp_path)
    assert snapshot(_summary(connection, arn), mappings(connection, function)) == before


def _summary(connection: Connection, arn: str) -> Any:
    return connection.call("kinesis", "describe_stream_summary", StreamARN=arn)["StreamDescriptionSummary"]


def test_a_consumer_that_cannot_be_wired_is_deregistered_again(
    connection: Connection, tmp_path: Path
) -> None:
    """The Sandbox registers consumers, and knows no mapping that reads with one."""
    function = polled_function(connection)
    arn = _stream(connection)
    before = snapshot(_summary(connection, arn), mappings(connection, function))
    spec = TriggerSpec(SourceKind("kinesis"), arn, function, values={**BEGINNING, "ConsumerName": "wb-fast"})
    with pytest.raises(WorkbenchError, match="rolled back") as caught:
        wire(connection, spec, tmp_path)
    assert "/consumer/wb-fast:" in caught.value.why
    assert snapshot(_summary(connection, arn), mappings(connection, function)) == before


def test_scenario_3_a_stream_elsewhere_is_refused_before_aws_is_asked(connection: Connection) -> None:
    function = polled_function(connection)
    other = "eu-west-1" if connection.region != "eu-west-1" else "us-east-1"
    makers: tuple[tuple[SourceKind, Callable[[Connection], str]], ...] = (
        (SourceKind("kinesis"), _stream),
        (
            SourceKind("dynamodb"),
            lambda there: str(make_table(there, is_on=True)["LatestStreamArn"]),
        ),
    )
    for kind, make in makers:
        spec = TriggerSpec(kind, make(connection.in_region(other)), function, values=BEGINNING)
        (block,) = prepare(connection, spec, CTX).blocks()
        assert block.check_id == "GEN-REGION"


def test_tables_and_streams_of_the_region_are_offered(connection: Connection) -> None:
    on, off = (make_table(connection, is_on=each)["TableName"] for each in (True, False))
    stream = _stream(connection)
    tables = {each.name: each for each in SOURCES[SourceKind("dynamodb")].candidates(connection, CTX)}
    assert tables[on].source_arn == _described(connection, on)["LatestStreamArn"]
    assert (tables[off].source_arn, tables[off].detail) == (
        _described(connection, off)["TableArn"],
        "stream off",
    )
    streams = SOURCES[SourceKind("kinesis")].candidates(connection, CTX)
    assert [each.source_arn for each in streams] == [stream]
