"""Custom events: nothing to wire, but a size, a form, who may call, and an event that is tried."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.sandbox_functions import create_function
from tests.triggers.kinds.wired import CTX, reads
from tests.triggers.pushing import Hurried
from tests.triggers.values import ARN, detail, seen
from workbench.aws.connection import Connection
from workbench.aws.quotas import TIMEOUT_USUAL_LIMIT_S
from workbench.core.errors import WorkbenchError
from workbench.triggers.execute import STEP_RUNS, TriggerJournal, execute
from workbench.triggers.kinds.direct import INVOKE, DirectInvoke, invoke_step, who_may_invoke
from workbench.triggers.model import Grant, SourceKind, Trigger, TriggerPlan, TriggerSpec
from workbench.triggers.plan import prepare
from workbench.triggers.steps import Running

SOURCE = DirectInvoke()
MB = 1024 * 1024
PARTNER = Grant("partner", "222222222222", "", "lambda:InvokeFunction", "", "", "", False, "")


def _spec(**values: Any) -> TriggerSpec:
    return TriggerSpec(SourceKind("direct"), "", detail(), values=values)


def _text(size: int) -> str:
    return json.dumps("x" * (size - 2))


@pytest.mark.parametrize(
    ("check_id", "fires", "does_not"),
    [
        ("INV-JSON", _spec(Payload="{"), _spec(Payload="{}")),
        ("INV-SIZE", _spec(Payload=_text(6 * MB + 1)), _spec(Payload=_text(6 * MB))),
        (
            "INV-SIZE",
            _spec(Payload=_text(MB + 1), InvocationType="Event"),
            _spec(Payload=_text(MB), InvocationType="Event"),
        ),
        ("INV-SIZE", _spec(Payload=_text(6 * MB + 1)), _spec()),
    ],
)
def test_a_check_fires_where_it_should_and_nowhere_else(
    check_id: str, fires: TriggerSpec, does_not: TriggerSpec
) -> None:
    assert [each.check_id for each in SOURCE.check(fires, None, seen())] == [check_id]
    assert SOURCE.check(does_not, None, seen()) == ()


@pytest.mark.parametrize(
    ("grants", "words"),
    [
        (None, "could not be read"),
        ((), "names no callers"),
        ((replace(PARTNER, denies=True),), "names no callers"),
        ((replace(PARTNER, service="s3", principal="s3.amazonaws.com"),), "names no callers"),
        ((replace(PARTNER, other_conditions="lambda:invokedviafunctionurl=true"),), "names no callers"),
        ((replace(PARTNER, action="lambda:InvokeFunctionUrl"),), "names no callers"),
        ((PARTNER,), "222222222222 (partner)"),
    ],
)
def test_who_may_call_is_named(grants: tuple[Grant, ...] | None, words: str) -> None:
    assert words in who_may_invoke(grants)
    explained = SOURCE.explain(Trigger(SourceKind("direct"), ARN, "f"), seen(grants=grants))
    assert words in explained.authorises


@pytest.mark.parametrize(
    ("invocation_type", "model"),
    [("RequestResponse", "Push, synchronous"), ("Event", "Push, asynchronous")],
)
def test_it_explains_both_ways_to_call(invocation_type: str, model: str) -> None:
    trigger = Trigger(SourceKind("direct"), ARN, "f", values={"InvocationType": invocation_type})
    assert SOURCE.explain(trigger, seen()).model == model


def test_an_invocation_is_never_sent_twice(aws: StubbedAws) -> None:
    event = SOURCE.test_event(Trigger(SourceKind("direct"), ARN, "f", "prod"), "mark")
    assert event is not None
    aws.refuse(
        "lambda",
        "invoke",
        "TooManyRequestsException",
        "Rate exceeded",
        429,
        read_timeout_s=1800.0,
        retries=False,
    )
    running = Running(aws.connection, Hurried(), lambda _: None, {})
    with pytest.raises(WorkbenchError) as refusal:
        STEP_RUNS[event.steps[0].action].do(event.steps[0], running)
    assert refusal.value.aws_code == "TooManyRequestsException"


@pytest.mark.parametrize("invocation_type", ["RequestResponse", "Event", "DryRun"])
def test_a_test_event_reaches_the_function(
    connection: Connection, tmp_path: Path, invocation_type: str
) -> None:
    source = "def handler(event, context):\n    print(event)\n    return event\n"
    function = create_function(connection, source)
    assert prepare(connection, TriggerSpec(SourceKind("direct"), "", function), CTX).own_steps == ()
    trigger = Trigger(
        SourceKind("direct"), function.function_arn, "f", values={"InvocationType": invocation_type}
    )
    event = SOURCE.test_event(trigger, "mark-5")
    assert event is not None
    plan = TriggerPlan("Test", function.function_arn, SourceKind("direct"), event.steps)
    facts = execute(connection, plan, TriggerJournal(tmp_path), CTX)["invoke"]
    assert facts["status"] == {"RequestResponse": 200, "Event": 202, "DryRun": 204}[invocation_type]
    if invocation_type != "DryRun":
        assert "mark-5" in reads(connection, function, "mark-5")
    if invocation_type == "RequestResponse":
        assert facts["body"] == '{"workbench": "mark-5"}'


def test_a_durable_function_is_invoked_as_latest(aws: StubbedAws) -> None:
    options: dict[str, Any] = {"read_timeout_s": TIMEOUT_USUAL_LIMIT_S, "retries": False}
    refusal = "You cannot invoke a durable function using an unqualified ARN."
    aws.refuse("lambda", "invoke", "InvalidParameterValueException", refusal, **options)
    request = {"FunctionName": ARN, "InvocationType": "Event", "Payload": b"{}", "Qualifier": "$LATEST"}
    aws.answer("lambda", "invoke", {"StatusCode": 202, "Payload": io.BytesIO(b"")}, request, **options)
    running = Running(aws.connection, Hurried(), lambda _facts: None, {})
    assert STEP_RUNS[INVOKE].do(invoke_step(ARN, "", "Event", "{}"), running)["status"] == 202
    aws.assert_all_asked()
