"""Trying a pattern on a sample event: which of its parts fail."""

import json
from pathlib import Path

import pytest

from workbench.core.paths import resources_dir
from workbench.triggers.filters import SAMPLE_FILES, Trial, compared_record, try_pattern
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


@pytest.mark.parametrize("kind", SAMPLE_FILES)
def test_each_source_has_a_sample_to_try_on(kind: SourceKind) -> None:
    file: Path = resources_dir() / "events" / SAMPLE_FILES[kind]
    assert compared_record(kind, file.read_text("utf-8"))


def test_what_lambda_reads_as_json_is_json_in_the_compared_record() -> None:
    folder = resources_dir() / "events"
    queue = compared_record(SourceKind.SQS, (folder / "sqs.json").read_text("utf-8"))
    assert try_pattern('{"body": {"action": ["ship"]}}', queue).fits
    stream = compared_record(SourceKind.KINESIS, (folder / "kinesis.json").read_text("utf-8"))
    topic = compared_record(SourceKind.SNS, (folder / "sns.json").read_text("utf-8"))
    assert try_pattern('{"severity": ["warning"]}', topic).fits
    assert try_pattern('{"data": {"sensor": [7]}, "partitionKey": ["sensor-7"]}', stream).fits


@pytest.mark.parametrize("text", ["", "[]", "7", "{"])
def test_what_is_no_event_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        compared_record(SourceKind.KINESIS, text)
