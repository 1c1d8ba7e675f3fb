"""Notifications of S3 buckets: their key filters and event types, which must not overlap.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

Entry = Mapping[str, Any]
"""A rule in AWS's format: {"Id", "LambdaFunctionArn" | "QueueArn" | "TopicArn", "Events", "Filter"}."""


def key_filter(entry: Entry) -> tuple[str, str]:
    """Prefix and suffix in AWS's encoding; empty if there is none."""
    rules = entry.get("Filter", {}).get("Key", {}).get("FilterRules", ())
    found = {str(rule.get("Name", "")).lower(): str(rule.get("Value", "")) for rule in rules}
    return found.get("prefix", ""), found.get("suffix", "")


def key_part(rule_value: str) -> str:
    """Decodes a prefix or suffix for users."""
    return unquote_plus(rule_value)


def overlap(one: Entry, other: Entry) -> bool:
    """Whether an object can match both entries, which S3 refuses."""
    (prefix, suffix), (other_prefix, other_suffix) = (
        tuple(key_part(value) for value in key_filter(each)) for each in (one, other)
    )
    return (
        any(meet(a, b) for a in one.get("Events", ()) for b in other.get("Events", ()))
        and (prefix.startswith(other_prefix) or other_prefix.startswith(prefix))
        and (suffix.endswith(other_suffix) or other_suffix.endswith(suffix))
    )


def meet(one: str, other: str) -> bool:
    """Whether two event types overlap: "s3:ObjectCreated:*" includes "s3:ObjectCreated:Put"."""
    for wide, narrow in ((one, other), (other, one)):
        if wide.endswith("*") and narrow.removesuffix("*").startswith(wide[:-1]):
            return True
    return one == other
