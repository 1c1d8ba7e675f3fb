"""What sends events to a function, as a template can hold it: from the triggers that were found. Pure."""

import json
from collections.abc import Iterable
from dataclasses import replace

from workbench.functions.export_sources import BucketSource, RuleSource, Sources, TopicSource
from workbench.triggers.model import Link, SourceKind, Trigger

_READ_OTHERWISE = frozenset(
    [
        *(SourceKind.SQS, SourceKind.KINESIS, SourceKind.DYNAMODB, SourceKind.MSK, SourceKind.KAFKA),
        *(SourceKind.MQ, SourceKind.DOCUMENTDB, SourceKind.URL),
    ]
)
"""Event source mappings and the URL: `read_sources` has those of the unqualified function."""
_RESHAPED = ("InputPath", "InputTransformer.InputTemplate")


def with_pushed(sources: Sources, triggers: Iterable[Trigger]) -> Sources:
    """Adds buckets, rules and topics; names the rest in `others`."""
    buckets: list[BucketSource] = []
    rules: list[RuleSource] = []
    topics: list[TopicSource] = []
    others: list[str] = []
    for each in triggers:
        name = each.source_arn or each.name
        if each.link is Link.STALE_PERMISSION:
            continue  # nothing calls the function there
        if each.qualifier:
            others.append(f"{name} (of {each.qualifier})")
        elif each.kind in _READ_OTHERWISE:
            continue
        elif each.kind is SourceKind.S3 and each.identity:
            buckets.append(_bucket(each))
        elif each.kind is SourceKind.RULE and _is_whole(each, "EventPattern", "Input"):
            rules.append(_rule(each))
            others += [f"{member} of {name}" for member in _RESHAPED if _text(each, member)]
        elif each.kind is SourceKind.SNS and each.identity and _is_whole(each, "FilterPolicy"):
            topics.append(
                TopicSource(each.source_arn, _text(each, "FilterPolicy"), _text(each, "FilterPolicyScope"))
            )
        else:
            others.append(name)
    return replace(
        sources,
        buckets=tuple(buckets),
        rules=tuple(rules),
        topics=tuple(topics),
        others=tuple(dict.fromkeys(others)),
    )


def _bucket(each: Trigger) -> BucketSource:
    events = each.values.get("Events")
    known = tuple(map(str, events)) if isinstance(events, tuple | list) else ()
    return BucketSource(each.name, known, _text(each, "Prefix"), _text(each, "Suffix"))


def _rule(each: Trigger) -> RuleSource:
    return RuleSource(
        each.source_arn,
        _text(each, "EventBusName") or "default",
        _text(each, "EventPattern"),
        _text(each, "ScheduleExpression"),
        _text(each, "Input"),
        _text(each, "State") != "DISABLED",
    )


def _text(each: Trigger, name: str) -> str:
    return str(each.values.get(name) or "")


def _is_whole(each: Trigger, *names: str) -> bool:
    """Whether these members, where they are there, are JSON; else a template would be broken by them."""
    try:
        for name in names:
            json.loads(_text(each, name) or "{}")
    except ValueError:
        return False
    return bool(each.identity)
