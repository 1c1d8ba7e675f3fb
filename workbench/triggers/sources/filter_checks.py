"""Whether AWS takes the filters of an event source mapping. Pure."""

import json
from collections.abc import Iterator, Sequence

from workbench.triggers.filters import FILTERS_MOST, FILTERS_USUAL, doubts, problems
from workbench.triggers.finding import Finding, Severity
from workbench.triggers.mapping_values import FILTERS
from workbench.triggers.model import SourceKind, Values
from workbench.triggers.sources.mapping_source import chosen_of

FILTER = "ESM-FILTER"


def patterns_of(values: Values) -> tuple[str, ...]:
    """The filter patterns among values."""
    return chosen_of(values, FILTERS)


def check_filters(kind: SourceKind, values: Values) -> tuple[Finding, ...]:
    """Check ESM-FILTER: what AWS refuses blocks; what it may refuse, or what never fits, warns."""
    patterns = patterns_of(values)
    return (*_count(patterns), *(found for each in patterns for found in _one(kind, each)))


def _count(patterns: Sequence[str]) -> Iterator[Finding]:
    number = len(patterns)
    if number > FILTERS_MOST:
        yield Finding(
            FILTER,
            Severity.BLOCK,
            f"A trigger cannot have {number} filters.",
            f"AWS allows {FILTERS_USUAL}, and up to {FILTERS_MOST} on request.",
        )
    elif number > FILTERS_USUAL:
        yield Finding(
            FILTER,
            Severity.WARN,
            f"{number} filters exceed the default quota of {FILTERS_USUAL}.",
            f"AWS accepts them only if the account's quota was increased (up to {FILTERS_MOST}).",
        )


def _one(kind: SourceKind, pattern: str) -> Iterator[Finding]:
    short = pattern if len(pattern) <= 60 else f"{pattern[:59]}…"
    if found := problems(pattern):
        yield Finding(FILTER, Severity.BLOCK, f"The filter {short} is not a valid pattern.", " ".join(found))
        return
    for doubt in doubts(pattern):
        yield Finding(FILTER, Severity.WARN, f"AWS might reject the filter {short}.", doubt)
    if why := _never(kind, pattern):
        yield Finding(FILTER, Severity.WARN, f"The filter {short} might match nothing.", why)


def _never(kind: SourceKind, pattern: str) -> str:
    """Why a good pattern cannot do what it seems to; empty when it can."""
    read = json.loads(pattern)
    members = [name for name in read if name != "$or"]
    if kind is SourceKind.SQS and any(name != "body" for name in members):
        return "Filters of a queue can only match the message's “body”."
    if kind is SourceKind.DYNAMODB and '"numeric"' in pattern:
        return "In DynamoDB records, numbers are strings ({“N”: [“12”]}), which “numeric” does not compare."
    return ""
