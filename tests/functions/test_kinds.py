"""What depends on the kind of a function."""

import pytest

from tests.triggers.values import detail


@pytest.mark.parametrize(
    ("configuration", "longest_s"),
    [
        ({"Timeout": 30}, 30),
        ({"Timeout": 30, "DurableConfig": {"ExecutionTimeout": 600, "RetentionPeriodInDays": 1}}, 600),
        ({"Timeout": 30, "DurableConfig": {"ExecutionTimeout": 86_400, "RetentionPeriodInDays": 1}}, 900),
        ({"Timeout": 30, "DurableConfig": {"ExecutionTimeout": 5, "RetentionPeriodInDays": 1}}, 30),
    ],
)
def test_the_answer_of_a_durable_function_may_span_its_invocations(
    configuration: dict[str, object], longest_s: int
) -> None:
    assert detail(**configuration).longest_answer_s == longest_s
