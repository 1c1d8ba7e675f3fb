"""How an event source mapping works beyond its batches, as templates spell it: filters, retries. Pure.

Source: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/
    sam-property-function-sqs.html, sam-property-function-kinesis.html;
    https://www.serverless.com/framework/docs/providers/aws/events/sqs, .../streams
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from workbench.functions.export_sources import EXPORTED, EventSource, Sources

_QUEUES = (
    *("FilterCriteria", "FunctionResponseTypes", "KMSKeyArn", "MetricsConfig", "ProvisionedPollerConfig"),
    "ScalingConfig",
)
_STREAMS = (
    *("BisectBatchOnFunctionError", "DestinationConfig", "FilterCriteria", "FunctionResponseTypes"),
    *("KMSKeyArn", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts", "MetricsConfig"),
    *("ParallelizationFactor", "StartingPositionTimestamp", "TumblingWindowInSeconds"),
)
_SAM_SPELLS = {"KMSKeyArn": "KmsKeyArn"}

_Value = Callable[[Any], Any]
_PATTERNS = ("filterPatterns", lambda value: [json.loads(each["Pattern"]) for each in value["Filters"]])
_ANSWERS = ("functionResponseType", lambda value: value[0])
_OF_QUEUES: Mapping[str, tuple[str, _Value]] = {
    "FilterCriteria": _PATTERNS,
    "FunctionResponseTypes": _ANSWERS,
    "ScalingConfig": ("maximumConcurrency", lambda value: value["MaximumConcurrency"]),
}
_OF_STREAMS: Mapping[str, tuple[str, _Value]] = {
    "FilterCriteria": _PATTERNS,
    "FunctionResponseTypes": _ANSWERS,
    "DestinationConfig": (
        "destinations",
        lambda value: {"onFailure": value["OnFailure"]["Destination"]},
    ),
    **{
        name: (name[0].lower() + name[1:], lambda value: value)
        for name in (
            *("BisectBatchOnFunctionError", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts"),
            *("ParallelizationFactor", "StartingPositionTimestamp", "TumblingWindowInSeconds"),
        )
    },
}


def sam_settings(source: EventSource) -> dict[str, Any]:
    """What a SAM event says of it."""
    known = _QUEUES if source.service == "sqs" else _STREAMS
    return {
        _SAM_SPELLS.get(name, name): _seconds(name, value)
        for name, value in settings_of(source).items()
        if name in known
    }


def serverless_settings(source: EventSource) -> dict[str, Any]:
    """What an event of the Serverless Framework says of it."""
    return _spelt(source)[0]


def not_in_sam(sources: Sources) -> Iterator[str]:
    """What a SAM template does not hold of the event sources in it, in words."""
    for source in _exported(sources):
        known = _QUEUES if source.service == "sqs" else _STREAMS
        yield from (f"{name} of {source.arn}" for name in settings_of(source) if name not in known)


def not_in_serverless(sources: Sources) -> Iterator[str]:
    """What a file of the Serverless Framework does not hold of the event sources in it, in words."""
    for source in _exported(sources):
        yield from (f"{name} of {source.arn}" for name in _spelt(source)[1])


def settings_of(source: EventSource) -> dict[str, Any]:
    """Members of the mapping by AWS's names, but for those that EventSource has itself."""
    found = json.loads(source.settings or "{}")
    assert isinstance(found, dict)
    return found


def _exported(sources: Sources) -> Iterator[EventSource]:
    return (each for each in sources.mappings if each.service in EXPORTED)


def _spelt(source: EventSource) -> tuple[dict[str, Any], list[str]]:
    """As the Framework spells it; and what it has no words for."""
    known = _OF_QUEUES if source.service == "sqs" else _OF_STREAMS
    found, left = {}, []
    for name, value in settings_of(source).items():
        try:
            spelling, convert = known[name]
            found[spelling] = convert(_seconds(name, value))
        except (LookupError, ValueError, TypeError):  # of another shape than the Framework takes
            left.append(name)
    return found, left


def _seconds(name: str, value: Any) -> Any:
    return int(datetime.fromisoformat(value).timestamp()) if name == "StartingPositionTimestamp" else value
