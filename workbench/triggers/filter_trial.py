"""Trying a filter pattern on a sample event: whether it fits, and which parts of the pattern do not. Pure."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.triggers import filters
from workbench.triggers.model import SourceKind


@dataclass(frozen=True, slots=True)
class Trial:
    """How a pattern did.

    Attributes:
        fits: Whether the event would come through.
        failing: Where the pattern's parts stand that do not fit ("body.kind"), in the pattern's order.
    """

    fits: bool
    failing: tuple[str, ...] = ()


def try_pattern(pattern: str, event: Mapping[str, Any]) -> Trial:
    """Tries a pattern.

    Args:
        pattern: The JSON.
        event: What is compared, see filters.matches.

    Raises:
        WorkbenchError: AWS would refuse the pattern.
    """
    if filters.matches(pattern, event):
        return Trial(fits=True)
    parts = tuple(_parts(json.loads(pattern), ()))
    failing = [path for path, part in parts if not filters.matches(json.dumps(part), event)]
    # Each part may fit another object of a list, and no object all of them: then they fail together.
    return Trial(fits=False, failing=tuple(".".join(path) for path in failing or [path for path, _ in parts]))


def _parts(pattern: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The leaves, each as a pattern of its own; what $or holds counts as one."""
    for key, value in pattern.items():
        here = (*path, key)
        if isinstance(value, dict):
            yield from _parts(value, here)
        else:
            nested: Any = value
            for name in reversed(here):
                nested = {name: nested}
            yield here, nested


SAMPLE_FILES = {
    SourceKind.SQS: "sqs.json",
    SourceKind.KINESIS: "kinesis.json",
    SourceKind.DYNAMODB: "dynamodb-streams.json",
    SourceKind.RULE: "eventbridge-schedule.json",
    SourceKind.SNS: "sns.json",
}
"""Which of the sample events shows what a source sends."""


def compared_record(kind: SourceKind, event: str) -> dict[str, Any]:
    """What a pattern is compared with, out of an event as the function gets it.

    Of a batch it is the first record; what Lambda reads as JSON (an SQS body, Kinesis data) is JSON in it. A
    topic compares a message's attributes, unless its scope is the body.

    Args:
        kind: Of the source.
        event: JSON, as the function gets it.

    Raises:
        ValueError: The event is no JSON object, or holds no record.
    """
    read = json.loads(event)
    if not isinstance(read, dict):
        raise ValueError("an event must be a JSON object")
    records = read.get("Records")
    record: dict[str, Any] = records[0] if isinstance(records, list) and records else read
    match kind:
        case SourceKind.KINESIS:
            inner = dict(record.get("kinesis") or record)
            inner["data"] = _json_or_text(
                base64.b64decode(str(inner.get("data", ""))).decode("utf-8", "replace")
            )
            return inner
        case SourceKind.SQS:
            return record | {"body": _json_or_text(str(record.get("body", "")))}
        case SourceKind.SNS:
            attributes = (record.get("Sns") or {}).get("MessageAttributes") or {}
            return {name: attribute.get("Value") for name, attribute in attributes.items()}
    return record


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
