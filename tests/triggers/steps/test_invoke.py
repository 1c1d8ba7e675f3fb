"""The step that invokes the function."""

import io
from typing import Any

from tests.aws_stub import StubbedAws
from tests.triggers.pushing import Hurried
from tests.triggers.values import ARN
from workbench.aws.quotas import TIMEOUT_USUAL_LIMIT_S
from workbench.triggers.execute import STEP_RUNS
from workbench.triggers.kinds.direct import INVOKE, invoke_step
from workbench.triggers.step import Running


def test_a_durable_function_is_invoked_as_latest(aws: StubbedAws) -> None:
    options: dict[str, Any] = {"read_timeout_s": TIMEOUT_USUAL_LIMIT_S, "retries": False}
    refusal = "You cannot invoke a durable function using an unqualified ARN."
    aws.refuse("lambda", "invoke", "InvalidParameterValueException", refusal, **options)
    request = {"FunctionName": ARN, "InvocationType": "Event", "Payload": b"{}", "Qualifier": "$LATEST"}
    aws.answer("lambda", "invoke", {"StatusCode": 202, "Payload": io.BytesIO(b"")}, request, **options)
    running = Running(aws.connection, Hurried(), lambda _facts: None, {})
    assert STEP_RUNS[INVOKE].do(invoke_step(ARN, "", "Event", "{}"), running)["status"] == 202
    aws.assert_all_asked()
