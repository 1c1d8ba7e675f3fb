"""Trying a pattern on a sample event: which of its parts fail."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from workbench.core.paths import resources_dir
from workbench.triggers.filters import Trial, try_pattern
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import SourceKind

ORDER = {"body": {"kind": "order", "price": 12, "lines": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2}]}}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"body": {"kind": ["order"]}}, Trial(fits=True)),
        ({"body": {"kind": ["offer"], "price": [12]}}, Trial(False, ("body.kind",))),
        (
            {"body": {"kind": ["offer"], "price": [{"numeric": [">", 99]}]}, "source": ["shop"]},
            Trial(False, ("body.kind", "body.price", "source")),
        ),
        ({"body": {"$or": [{"kind": ["x"]}, {"price": [1]}]}}, Trial(False, ("body.$or",))),
        # One object of the list must fit both.
        ({"body": {"lines": {"sku": ["a"], "n": [2]}}}, Trial(False, ("body.lines.sku", "body.lines.n"))),
    ],
)
def test_a_trial_names_what_fails(pattern: dict[str, object], expected: Trial) -> None:
    assert try_pattern(json.dumps(pattern), ORDER) == expected


def _compared(kind: str) -> Mapping[str, Any]:
    source = SOURCES[SourceKind(kind)]
    file = resources_dir() / "events" / source.sample_event
    return source.compared_record(json.loads(file.read_text("utf-8")))


@pytest.mark.parametrize("kind", [kind for kind, source in SOURCES.items() if source.sample_event])
def test_each_source_has_a_sample_to_try_on(kind: SourceKind) -> None:
    assert _compared(kind)


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        ("sqs", {"body": {"action": ["ship"]}}),
        ("kinesis", {"data": {"sensor": [7]}, "partitionKey": ["sensor-7"]}),
        ("sns", {"severity": ["warning"]}),
    ],
)
def test_what_lambda_reads_as_json_is_json_in_the_compared_record(
    kind: str, pattern: dict[str, object]
) -> None:
    assert try_pattern(json.dumps(pattern), _compared(kind)).fits
