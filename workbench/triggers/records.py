"""What the filters of an event source mapping are compared with, for each kind of source. Pure.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html and its pages on SQS,
Kinesis and DynamoDB.
"""

import json
from collections.abc import Sequence
from typing import Any

from workbench.triggers.filters import matches
from workbench.triggers.model import SourceKind

_BODIES = {SourceKind.SQS: "body", SourceKind.KINESIS: "data"}
"""The member that holds what was sent; a pattern looks into it as JSON."""


def record_of(kind: SourceKind, text: str) -> dict[str, Any]:
    """The record that a pattern is compared with.

    Args:
        kind: Of the source.
        text: The message, the record's data, or the whole record of a table's stream. What is not JSON is a
            text in a queue, and does not take part in a Kinesis stream.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        if kind is SourceKind.SQS:
            return {"body": text}
        return {}
    if member := _BODIES.get(kind):
        return {member: value}
    return value if isinstance(value, dict) else {}


def passes(kind: SourceKind, patterns: Sequence[str], text: str) -> bool:
    """Whether one of the patterns lets a record through; without patterns all go through.

    Args:
        kind: Of the source.
        patterns: Each the JSON of one filter.
        text: See `record_of`.

    Raises:
        WorkbenchError: AWS would refuse a pattern.
    """
    record = record_of(kind, text)
    fits = [matches(pattern, record) and _same_shape(kind, pattern, record) for pattern in patterns]
    return not patterns or any(fits)


def _same_shape(kind: SourceKind, pattern: str, record: dict[str, Any]) -> bool:
    """A pattern for JSON drops what is not JSON, also where it only wants that a member is absent."""
    member = _BODIES.get(kind, "")
    wanted = json.loads(pattern).get(member)
    return not isinstance(wanted, dict) or isinstance(record.get(member), dict | list)
