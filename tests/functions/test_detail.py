"""Reading one function, and waiting for it."""

from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.fake_time import FakeClock, FakeContext
from workbench.core.errors import WorkbenchError
from workbench.functions import detail
from workbench.functions.detail import wait_until_updated

CONFIGURATION = {
    "FunctionName": "hello",
    "FunctionArn": "arn:aws:lambda:eu-central-1:123456789012:function:hello",
    "State": "Active",
    "LastUpdateStatus": "Successful",
}


def answer(aws: StubbedAws, **more: Any) -> None:
    aws.answer("lambda", "get_function", {"Configuration": {**CONFIGURATION, **more}})


@pytest.mark.parametrize(
    ("pending", "why"),
    [
        ({"State": "Pending", "StateReason": "It is being created."}, "It is being created."),
        ({"LastUpdateStatus": "InProgress"}, "AWS has not completed the change"),
    ],
)
def test_an_update_that_does_not_end_is_still_pending_after_a_while(
    aws: StubbedAws, monkeypatch: pytest.MonkeyPatch, pending: dict[str, str], why: str
) -> None:
    monkeypatch.setattr(detail, "LONGEST_WAIT_S", 0.1)
    clock = FakeClock()
    for _ in range(6):
        answer(aws, **pending)
    with pytest.raises(WorkbenchError, match="hello is still pending") as caught:
        wait_until_updated(aws.connection, "hello", FakeContext(clock))
    assert caught.value.why.startswith(why)
    assert caught.value.aws_code in {f"{name}={value}" for name, value in pending.items()}
    assert clock.passed_s == pytest.approx(0.1)
