"""Parameters flat and nested, and what is refused before AWS is asked."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from workbench.triggers.model import Severity
from workbench.triggers.parameter import Entry, Parameter, check_values, flat, problem_of, structured

NAMES = (
    "AuthType",
    "Cors.AllowOrigins",
    "Cors.MaxAge",
    "Target.RetryPolicy.MaximumRetryAttempts",
    "StartDate",
)
NUMBER = Parameter("BatchSize", "Batch size", Entry.NUMBER, minimum=1, maximum=10, unit="messages")
ENDLESS = Parameter(
    "Retries", "Retries", Entry.NUMBER, minimum=0, maximum=9, also=((-1, "until it expires"),)
)
CHOICE = Parameter("Mode", "Mode", Entry.CHOICE, choices=("OFF", "ON"), required=True)
TEXT = Parameter("Name", "Name", Entry.TEXT, minimum=2, maximum=4, pattern="[a-z]+")
JSON = Parameter("Input", "Input", Entry.JSON)


def test_flat_values_become_what_aws_takes_and_back() -> None:
    values = {
        "AuthType": "NONE",
        "Cors.AllowOrigins": ("*",),
        "Cors.MaxAge": 0,
        "Target.RetryPolicy.MaximumRetryAttempts": 3,
    }
    nested = structured({**values, "Unknown": 1, "StartDate": None}, NAMES)
    assert nested == {
        "AuthType": "NONE",
        "Cors": {"AllowOrigins": ["*"], "MaxAge": 0},
        "Target": {"RetryPolicy": {"MaximumRetryAttempts": 3}},
    }
    assert flat({**nested, "Else": 1}, NAMES) == values


def test_a_moment_becomes_text_for_the_journal() -> None:
    moment = datetime(2027, 1, 2, 3, 4, tzinfo=UTC)
    assert structured({"StartDate": moment}, NAMES) == {"StartDate": "2027-01-02T03:04:00+00:00"}


def test_an_answer_of_another_shape_is_no_value() -> None:
    assert flat({"Cors": "none", "Target": {"RetryPolicy": None}}, NAMES) == {}


@pytest.mark.parametrize(
    ("parameter", "value", "problem"),
    [
        (NUMBER, 11, "11 is outside 1 to 10 messages."),
        (NUMBER, 0, "0 is outside 1 to 10 messages."),
        (replace(NUMBER, maximum=None), 0, "0 is less than 1 messages."),
        (replace(NUMBER, minimum=None), 11, "11 is more than 10 messages."),
        (NUMBER, "7", "“7” is not a whole number."),
        (NUMBER, True, "“True” is not a whole number."),
        (ENDLESS, -2, "-2 is outside 0 to 9, or -1 (until it expires)."),
        (CHOICE, "ONE", "ONE is not one of OFF, ON."),
        (CHOICE, None, "a value is required."),
        (TEXT, "a", "it has 1 characters; the minimum is 2."),
        (TEXT, "abcde", "it has 5 characters; the maximum is 4."),
        (TEXT, "a-b", "“a-b” contains characters that AWS does not allow here."),
        (JSON, "{", "this is not valid JSON: "),
    ],
)
def test_what_aws_would_refuse_is_named(parameter: Parameter, value: object, problem: str) -> None:
    assert problem_of(parameter, value).startswith(problem)
    (finding,) = check_values([parameter], {parameter.name: value})
    assert finding.severity is Severity.BLOCK
    assert finding.what.startswith(f"{parameter.label}: ")


@pytest.mark.parametrize(
    ("parameter", "value"),
    [(NUMBER, 1), (NUMBER, 10), (NUMBER, None), (ENDLESS, -1), (CHOICE, "ON"), (TEXT, "abc"), (JSON, "[1]")],
)
def test_what_aws_takes_is_silent(parameter: Parameter, value: object) -> None:
    assert check_values([parameter], {parameter.name: value}) == ()
