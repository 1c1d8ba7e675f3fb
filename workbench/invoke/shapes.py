"""Does a test event look as its source would send it? Hints by comparing with the sample of that source.

Owns: by which marks a source is recognised, and what may differ freely. Must not know: sending. A hint is no
error: functions are invoked with anything.
"""

from collections.abc import Iterable
from itertools import chain
from typing import Any

from workbench.invoke.events import TestEvent
from workbench.invoke.payload import parse_json

_OF_HTTP = (
    ("headers", "multiValueHeaders", "queryStringParameters", "multiValueQueryStringParameters"),
    ("pathParameters", "stageVariables", "cookies", "requestContext"),
)
_OF_RECORDS = (
    ("Keys", "NewImage", "OldImage", "messageAttributes", "MessageAttributes", "attributes", "Subject"),
    ("records", "rmqMessagesByQueue", "properties", "fullDocument", "documentKey"),
)
_OF_EVENTS = (
    ("detail", "resources", "userAttributes", "validationData", "clientMetadata"),
    ("responseElements", "userIdentity", "requestParameters"),
)
_FREE = frozenset(chain(*_OF_HTTP, *_OF_RECORDS, *_OF_EVENTS))
"""Members whose content is the person's own, or that only some events of a source have."""
_MOST = 5


def shape_hints(text: str, samples: Iterable[TestEvent]) -> tuple[str, tuple[str, ...]]:
    """What an event lacks, or has in another type, compared with its source's sample.

    Args:
        text: The event.
        samples: That come with Workbench.

    Returns:
        The sample's name, empty when no source is recognised, and up to five places such as
        "Records[0].body".
    """
    event = parse_json(text.encode("utf-8", "replace"))
    mark = _mark(event)
    if not mark:
        return "", ()
    for sample in samples:
        shape = parse_json(sample.text.encode())
        if _mark(shape) == mark:
            return sample.name, tuple(_differences(event, shape, ""))[:_MOST]
    return "", ()


def _mark(event: Any) -> tuple[str, ...]:
    """What tells a source's events from all others; empty for none."""
    if not isinstance(event, dict):
        return ()
    records = event.get("Records")
    if isinstance(records, list) and records and isinstance(records[0], dict):
        source = records[0].get("eventSource") or records[0].get("EventSource")
        return ("records", source) if isinstance(source, str) else ()
    if isinstance(event.get("eventSource"), str):
        return ("source", event["eventSource"])
    for mark, names in (
        ("logs", ("awslogs",)),
        ("v2", ("routeKey", "rawPath")),
        ("v1", ("httpMethod", "resource")),
        ("event", ("detail-type", "source")),
        ("cognito", ("triggerSource", "userPoolId")),
    ):
        if all(name in event for name in names):
            return (mark,)
    return ()


def _differences(event: Any, shape: Any, place: str) -> Iterable[str]:
    if isinstance(shape, dict) and isinstance(event, dict):
        for name, wanted in shape.items():
            at = f"{place}.{name}" if place else name
            if name in _FREE:
                continue
            if name not in event:
                yield at
            else:
                yield from _differences(event[name], wanted, at)
    elif isinstance(shape, list) and isinstance(event, list):
        for number, each in enumerate(event[:_MOST]):
            yield from _differences(each, shape[0], f"{place}[{number}]") if shape else ()
    elif shape is not None and event is not None and _kind(shape) is not _kind(event):
        yield place


def _kind(value: Any) -> type:
    if isinstance(value, bool):
        return bool
    return float if isinstance(value, int | float) else type(value)
