"""A durable function is invoked as $LATEST from the beginning: AWS refuses it by its name alone."""

import io
from datetime import UTC, datetime
from pathlib import Path

from tests.aws_stub import StubbedAws, aws  # noqa: F401 - a fixture
from tests.triggers.values import ARN, detail
from workbench.core.clock import SystemClock
from workbench.core.jobs import JobContext
from workbench.invoke.history import InvocationHistory
from workbench.invoke.run import READ_MARGIN_S
from workbench.ui.shell.invoker import Invocation, Request, send
from workbench.ui.shell.services import OpenFunction


def test_a_durable_function_is_invoked_as_latest_at_once(aws: StubbedAws, tmp_path: Path) -> None:  # noqa: F811
    durable = detail(DurableConfig={"ExecutionTimeout": 30, "RetentionPeriodInDays": 1})
    request = {
        "FunctionName": ARN.rpartition(":")[2],
        "InvocationType": "RequestResponse",
        "LogType": "Tail",
        "Payload": b"{}",
        "Qualifier": "$LATEST",
    }
    answer = {"StatusCode": 200, "Payload": io.BytesIO(b"1"), "ResponseMetadata": {"RequestId": "r-1"}}
    aws.answer("lambda", "invoke", answer, request, read_timeout_s=30 + READ_MARGIN_S, retries=False)
    invocation = Invocation(OpenFunction(aws.connection, durable), datetime.now(UTC), Request(b"{}"))
    done = send(
        invocation, InvocationHistory(tmp_path / "ledger.sqlite"), SystemClock(), JobContext()
    ).invocation
    assert done.result is not None
    assert done.result.payload == b"1"
    assert done.request.qualifier == ""
