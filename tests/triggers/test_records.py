"""Which records the filters of a mapping let through, by source."""

import json

import pytest

from workbench.triggers.kinds.mapping import MappingSource
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import SourceKind

SQS, KINESIS, DYNAMODB = SourceKind("sqs"), SourceKind("kinesis"), SourceKind("dynamodb")
INSERTED = '{"eventName": "INSERT", "dynamodb": {"NewImage": {"id": {"S": "1"}}}}'


def _passes(kind: SourceKind, patterns: tuple[str, ...], text: str) -> bool:
    source = SOURCES[kind]
    assert isinstance(source, MappingSource)
    return source.passes({"FilterCriteria": patterns}, text)


@pytest.mark.parametrize(
    ("kind", "pattern", "text", "fits"),
    [
        (SQS, {"body": {"kind": ["order"]}}, '{"kind": "order"}', True),
        (SQS, {"body": {"kind": ["order"]}}, '{"kind": "other"}', False),
        (SQS, {"body": {"kind": ["order"]}}, "order", False),
        (SQS, {"body": ["order"]}, "order", True),
        (SQS, {"body": ["order"]}, '{"kind": "order"}', False),
        (SQS, {"body": {"gone": [{"exists": False}]}}, "no JSON", False),
        (SQS, {"body": {"gone": [{"exists": False}]}}, "{}", True),
        (KINESIS, {"data": {"kind": ["order"]}}, '{"kind": "order"}', True),
        (KINESIS, {"data": {"kind": ["order"]}}, "no JSON", False),
        (KINESIS, {"data": {"gone": [{"exists": False}]}}, "no JSON", False),
        (DYNAMODB, {"eventName": ["INSERT"]}, '{"eventName": "INSERT"}', True),
        (DYNAMODB, {"eventName": ["INSERT"]}, '{"eventName": "REMOVE"}', False),
        (DYNAMODB, {"dynamodb": {"NewImage": {"id": {"S": ["1"]}}}}, INSERTED, True),
        (DYNAMODB, {"eventName": ["INSERT"]}, "[1]", False),
    ],
)
def test_a_pattern_meets_a_record(kind: SourceKind, pattern: object, text: str, fits: bool) -> None:
    assert _passes(kind, (json.dumps(pattern),), text) is fits


def test_one_fitting_pattern_is_enough_and_none_lets_all_through() -> None:
    patterns = ('{"body":{"a":[1]}}', '{"body":{"b":[1]}}')
    assert _passes(SQS, patterns, '{"b": 1}')
    assert not _passes(SQS, patterns, '{"c": 1}')
    assert _passes(SQS, (), '{"c": 1}')
