"""A write that AWS refuses only because it has not heard of something new yet."""

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.pushing import Hurried
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.triggers.step import Running, retry_on

NEW_ROLE = (("ValidationException", "Cannot be assumed"),)


class _Aws:
    def __init__(self, refusals: int, error: WorkbenchError) -> None:
        self.left, self.error, self.calls = refusals, error, 0

    def call(self) -> str:
        self.calls += 1
        if self.left:
            self.left -= 1
            raise self.error
        return "made"


def _running(connection: Connection, slept: list[float]) -> Running:
    return Running(connection, Hurried(slept), lambda facts: None, {})


def _refusal(code: str, why: str) -> WorkbenchError:
    return WorkbenchError("Could not.", why, aws_code=code)


def test_it_waits_until_aws_has_heard(aws: StubbedAws) -> None:
    slept: list[float] = []
    service = _Aws(2, _refusal("ValidationException", "The role cannot be assumed by the service."))
    assert retry_on(service.call, _running(aws.connection, slept), NEW_ROLE) == "made"
    assert slept == [1.0, 2.0]


def test_it_gives_up_after_half_a_minute(aws: StubbedAws) -> None:
    slept: list[float] = []
    service = _Aws(99, _refusal("ValidationException", "It cannot be assumed."))
    with pytest.raises(WorkbenchError, match="cannot be assumed"):
        retry_on(service.call, _running(aws.connection, slept), NEW_ROLE)
    assert slept == [1.0, 2.0, 4.0, 8.0, 15.0]
    assert sum(slept) == 30


@pytest.mark.parametrize(
    ("code", "why"), [("AccessDenied", "cannot be assumed"), ("ValidationException", "bad name")]
)
def test_another_refusal_is_final(aws: StubbedAws, code: str, why: str) -> None:
    slept: list[float] = []
    service = _Aws(1, _refusal(code, why))
    with pytest.raises(WorkbenchError):
        retry_on(service.call, _running(aws.connection, slept), NEW_ROLE)
    assert (service.calls, slept) == (1, [])
