"""A bucket's notification rules: how they are read, compared, changed, and set by parameters. Pure.

aws/notification_rules knows when two rules overlap.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote_plus

from workbench.aws.notification_rules import Entry, key_filter, key_part, meet
from workbench.triggers.model import TriggerSpec, Values

Configuration = Mapping[str, Any]
"""What GetBucketNotificationConfiguration answers, without its metadata."""

LAMBDA = "LambdaFunctionConfigurations"
_LISTS = {LAMBDA: "LambdaFunctionArn", "QueueConfigurations": "QueueArn", "TopicConfigurations": "TopicArn"}
_NOUNS = {"lambda": "function", "sqs": "queue", "sns": "topic"}
ALL_CREATED = "s3:ObjectCreated:*"
KEY_LIMIT = 1024
"""Characters of a prefix or suffix. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_FilterRule.html"""
_PLAIN = "/!-_.'()"
"""Beside letters and digits, what a key may hold unencoded.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html (safe characters)"""


def configuration_of(answer: Mapping[str, Any]) -> Configuration:
    """The configuration in an answer. Empty lists are left out; EventBridge's empty structure means "on"."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata" and value != []}


def rule_value(key_part: str) -> str:
    """A part of a key as a filter wants it: URL-encoded, a space as "+".

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
    """
    return quote_plus(key_part, safe=_PLAIN)


def entry_of(identity: str, function_arn: str, events: tuple[str, ...], prefix: str, suffix: str) -> Entry:
    """An entry that runs a function. Prefix and suffix are encoded already."""
    rules = [
        {"Name": name, "Value": value} for name, value in (("prefix", prefix), ("suffix", suffix)) if value
    ]
    entry: dict[str, Any] = {"Id": identity, "LambdaFunctionArn": function_arn, "Events": list(events)}
    return entry | ({"Filter": {"Key": {"FilterRules": rules}}} if rules else {})


def entries(configuration: Configuration) -> Iterator[Entry]:
    """All entries, whatever they call."""
    for name in _LISTS:
        yield from configuration.get(name, ())


def find_entry(configuration: Configuration, identity: str) -> Entry | None:
    """The entry with this Id, which is unique in a bucket."""
    return next((entry for entry in entries(configuration) if entry.get("Id") == identity), None)


def destination(entry: Entry) -> str:
    """The ARN that an entry calls."""
    return next((str(entry[member]) for member in _LISTS.values() if member in entry), "")


def describe(entry: Entry) -> str:
    """An entry for users: its name, its events and its filter."""
    prefix, suffix = (key_part(value) for value in key_filter(entry))
    words = [f"“{entry.get('Id', '')}” ({', '.join(entry.get('Events', ()))}"]
    words += [f"prefix {prefix}"] if prefix else []
    words += [f"suffix {suffix}"] if suffix else []
    return f"{', '.join(words)}) to {_called(destination(entry))}"


def _called(arn: str) -> str:
    """What an entry calls, for users."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return arn
    return f"the {_NOUNS.get(parts[2], '')} {parts[5].removeprefix('function:')}".replace("  ", " ")


def includes(events: tuple[str, ...], *wanted: str) -> bool:
    """Whether one of the events is among `events`, which may hold wildcards."""
    return any(meet(each, name) for each in events for name in wanted)


def same(one: Entry | None, other: Entry | None) -> bool:
    """Whether two entries say the same, in whatever order and spelling AWS answers it."""
    return _normal(one) == _normal(other) if one and other else one is other


def fingerprint(configuration: Configuration) -> str:
    """Differs when the configuration does; the order of entries, events and rules does not count."""
    normal = {
        name: sorted(json.dumps(_normal(entry), sort_keys=True) for entry in value)
        if isinstance(value, list)
        else value
        for name, value in configuration.items()
    }
    return hashlib.sha256(json.dumps(normal, sort_keys=True).encode()).hexdigest()


def changed(configuration: Configuration, remove: str, add: Entry | None) -> Configuration:
    """The configuration without the entry `remove` (an Id) and with `add`; all else as it is."""
    new = dict(configuration)
    for name, member in _LISTS.items():
        kept = [each for each in configuration.get(name, ()) if not remove or each.get("Id") != remove]
        new[name] = [*kept, *([add] if add and member in add else [])]
    return configuration_of(new)


def _normal(entry: Entry) -> dict[str, Any]:
    rest = {name: value for name, value in entry.items() if name not in ("Filter", "Events")}
    return {**rest, "Events": sorted(entry.get("Events", ())), "Filter": list(key_filter(entry))}


def values_of(entry: Entry) -> dict[str, object]:
    """A rule of the bucket as parameters."""
    prefix, suffix = (key_part(value) for value in key_filter(entry))
    return {
        "Events": tuple(entry.get("Events", ())),
        "Prefix": prefix,
        "Suffix": suffix,
        "LambdaFunctionArn": entry["LambdaFunctionArn"],
    }


def events_of(values: Values) -> tuple[str, ...]:
    """The chosen events; S3 has no default, the form has."""
    events = values.get("Events", (ALL_CREATED,))
    return (events,) if isinstance(events, str) else tuple(events) if isinstance(events, tuple | list) else ()


def wanted_entry(spec: TriggerSpec, standing: Entry | None = None) -> Entry:
    """The rule that is wanted. An existing one keeps its Id, and its spelling of the same filter."""
    values = spec.values
    parts = tuple(str(values.get(name) or "") for name in ("Prefix", "Suffix"))
    encoded = tuple(rule_value(part) for part in parts)
    if standing is not None:
        encoded = tuple(
            old if key_part(old) == part else new
            for old, part, new in zip(key_filter(standing), parts, encoded, strict=True)
        )
    prefix, suffix = encoded
    events = events_of(values)
    if standing is not None:
        identity = str(standing["Id"])
    else:
        specification_key = "|".join((spec.source_arn, spec.target_arn, *sorted(events), prefix, suffix))
        identity = f"wb-s3-{hashlib.sha256(specification_key.encode()).hexdigest()[:10]}"
    return entry_of(identity, spec.target_arn, events, prefix, suffix)
