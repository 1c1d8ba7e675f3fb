"""Event patterns, evaluated here: what AWS would refuse in one, and whether an event fits.

Event source mappings and EventBridge rules share the syntax; rules know more of it. Owns: reading a pattern,
comparing. Must not know: AWS calls, which source sends what (see sources/records.py).

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
and https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workbench.aws import quotas
from workbench.core.errors import WorkbenchError
from workbench.triggers import operators

FILTERS_USUAL, FILTERS_MOST = 5, 10
"""Filters of one mapping: what every account may have, and what AWS raises it to on demand.
Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html"""
_OR = "$or"
_OR_COMBINATIONS = 1000
"""Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html"""


def pattern_limit() -> int:
    """The most characters of a pattern."""
    return quotas.text_limit("Pattern").max_length or 4096


def problems(pattern: str) -> tuple[str, ...]:
    """What AWS would refuse in a pattern, each with where it stands ("body.price: …"). Empty when nothing."""
    if len(pattern) > (most := pattern_limit()):
        return (f"It has {len(pattern):,} characters; AWS allows {most:,}.",)
    try:
        read = _read(pattern)
    except (ValueError, RecursionError) as error:
        reason = f"{error}" if isinstance(error, ValueError) else "it is nested too deeply"
        return (f"It is not JSON: {reason}.",)
    if not isinstance(read, dict):
        return ("A pattern is a JSON object, such as {“body”: {“kind”: [“order”]}}.",)
    if not read:
        return ("It is empty. An empty pattern would match no event. Remove the filter instead.",)
    found = list(_problems_of(read, ""))
    if (ways := _combinations(read)) > _OR_COMBINATIONS:
        found.append(f"Its $or expands to {ways:,} combinations; AWS allows {_OR_COMBINATIONS:,}.")
    return tuple(found)


def doubts(pattern: str) -> tuple[str, ...]:
    """Comparisons that are documented for EventBridge rules only, in a pattern without problems.

    A mapping's filter that has one may be refused: only AWS knows.
    """
    return tuple(
        f"{here}: AWS documents “{name}” for EventBridge rules, not for event source mappings."
        for here, test in _operators_of(_read(pattern), "")
        if (name := operators.rules_only(test))
    )


def matches(pattern: str, event: Mapping[str, Any]) -> bool:
    """Whether an event fits a pattern.

    Args:
        pattern: The JSON.
        event: What is compared; of a record of a mapping, with its `body` or `data` as JSON already.

    Raises:
        WorkbenchError: AWS would refuse the pattern.
    """
    if found := problems(pattern):
        raise WorkbenchError("Could not test the pattern.", " ".join(found), "Correct the pattern.")
    return _fits(_read(pattern), event)


def _read(pattern: str) -> Any:
    def refuse(word: str) -> float:
        raise ValueError(f"{word} is not a valid JSON number")

    return json.loads(pattern, parse_constant=refuse)


def _problems_of(pattern: Mapping[str, Any], path: str) -> Iterator[str]:
    for key, value in pattern.items():
        here = f"{path}.{key}" if path else key
        if key == _OR and _is_or(value):
            if len(value) < 2:
                yield f"{here}: $or needs at least two objects."
            for branch in value:
                if not branch:
                    yield f"{here}: an object in $or is empty."
                yield from _problems_of(branch, here)
        elif isinstance(value, dict):
            if not value:
                yield f"{here}: the object is empty."
            yield from _problems_of(value, here)
        elif isinstance(value, list):
            yield from _problems_of_leaf(value, here)
        else:
            yield f"{here}: {_short(value)} must be in an array: [{_short(value)}]."


def _operators_of(pattern: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """All comparisons, each with where it stands."""
    for key, value in pattern.items():
        here = f"{path}.{key}" if path else key
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict) and operators.is_operator(each) and isinstance(value, list):
                yield here, each
            elif isinstance(each, dict):
                yield from _operators_of(each, here)


def _problems_of_leaf(leaf: Sequence[Any], here: str) -> Iterator[str]:
    if not leaf:
        yield f"{here}: the array is empty."
    for each in leaf:
        if isinstance(each, list):
            yield f"{here}: an array cannot contain another array."
        elif isinstance(each, dict):
            for problem in operators.problems(each):
                yield f"{here}: {problem}"


def _is_or(value: object) -> bool:
    """$or is a plain name of a field unless it holds objects that are no operators, as AWS has it."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(each, dict) and not operators.is_operator(each) for each in value)
    )


def _combinations(pattern: Mapping[str, Any]) -> int:
    """How many plain patterns it amounts to."""
    ways = 1
    for key, value in pattern.items():
        if key == _OR and _is_or(value):
            ways *= sum(map(_combinations, value))
        elif isinstance(value, dict):
            ways *= _combinations(value)
    return ways


def _fits(pattern: Mapping[str, Any], event: object) -> bool:
    """All members must fit; of a list of objects, one object must fit with all of them."""
    if isinstance(event, list):
        return any(_fits(pattern, each) for each in event)
    if not isinstance(event, Mapping):
        return all(_fits_nothing(value) for value in pattern.values())
    return all(_fits_member(key, value, event) for key, value in pattern.items())


def _fits_member(key: str, wanted: Any, event: Mapping[str, Any]) -> bool:
    if key == _OR and _is_or(wanted):
        return any(_fits(branch, event) for branch in wanted)
    if isinstance(wanted, dict):
        return _fits(wanted, event[key]) if key in event else _fits_nothing(wanted)
    return operators.fits(wanted, _leaves(event[key]) if key in event else ())


def _fits_nothing(wanted: Any) -> bool:
    """Whether a part of a pattern fits where the event has nothing: only {"exists": false} does."""
    if isinstance(wanted, dict):
        return all(
            any(_fits_nothing(branch) for branch in value)
            if key == _OR and _is_or(value)
            else _fits_nothing(value)
            for key, value in wanted.items()
        )
    return operators.fits(wanted, ())


def _leaves(value: object) -> tuple[Any, ...]:
    """The values of a field: of an array its elements, of an object none (it is no leaf)."""
    if isinstance(value, Mapping):
        return ()
    if isinstance(value, list):
        return tuple(leaf for each in value for leaf in _leaves(each))
    return (value,)


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:39] + "…"
