"""Moments that repeat are read once, and every other byte of an answer stays."""

import json
from typing import Any

import pytest

from workbench.aws.client_config import share_times


def _shared(answer: object) -> Any:
    return json.loads(share_times(json.dumps(answer, separators=(",", ":")).encode()))


@pytest.mark.parametrize(
    ("times", "shared"),
    [
        ([[1, 2], [1, 2], [1, 2]], [[1, 2], None, None]),
        ([[1, 2], [1, 3], [1, 2]], [[1, 2], [1, 3], [1, 2]]),
        ([[1, 2], [1, 2, 3]], [[1, 2], [1, 2, 3]]),
        ([[], [], [1], [1]], [[], [], [1], None]),
        ([[1.5], [], [1.5]], [[1.5], [], [1.5]]),
        ([[1, 2]], [[1, 2]]),
        ([], []),
    ],
)
def test_moments_of_the_result_before_are_left_out(times: list[Any], shared: list[Any]) -> None:
    results = [{"Id": f"q{n}", "Timestamps": each, "Values": each} for n, each in enumerate(times)]
    found = _shared({"MetricDataResults": results, "NextToken": "t"})
    assert [each["Timestamps"] for each in found["MetricDataResults"]] == shared
    assert [each["Values"] for each in found["MetricDataResults"]] == times
    assert found["NextToken"] == "t"


@pytest.mark.parametrize(
    "answer",
    [
        {"Functions": [{"Description": '"Timestamps":[1]"Timestamps":[1]'}]},
        {"Functions": []},
        {},
        {"Timestamps": "no list"},
    ],
)
def test_other_answers_stay_as_they_are(answer: object) -> None:
    assert _shared(answer) == answer


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"Timestamps":[1,2', b'"Timestamps":["Timestamps":['])
def test_what_is_no_json_stays_none(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the reader says
        json.loads(share_times(body))
