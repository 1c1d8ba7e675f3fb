"""A test message that gets through a subscription's filter policy. Pure.

Source: https://docs.aws.amazon.com/sns/latest/dg/string-value-matching.html and its neighbours
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.triggers.subscription import BY_BODY, parsed

MessageAttributes = Mapping[str, Sequence[str]]
"""By name: the data type ("String", "Number") and the value as a text."""
_ABSENT = object()


def sample_message(filter_policy: str, scope: str, mark: str) -> tuple[str, MessageAttributes]:
    """A message with the mark in it, and its attributes.

    It gets through all policies but those that ask for two things of one key at once.

    Args:
        filter_policy: JSON; empty when everything gets through.
        scope: FilterPolicyScope.
        mark: A text to find the invocation by.
    """
    wanted = _object(parsed(filter_policy))
    body = {"source": "Workbench test", "mark": mark}
    if scope == BY_BODY:
        return json.dumps(body | wanted), {}
    attributes = {
        name: (
            "Number" if _is_number(value) else "String",
            value if isinstance(value, str) else json.dumps(value),
        )
        for name, value in wanted.items()
    }
    return json.dumps(body), attributes


def _object(policy: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, rule in policy.items():
        if name == "$or" and isinstance(rule, list):
            found |= _object(next((each for each in rule if isinstance(each, dict)), {}))
        elif isinstance(rule, dict):
            found[name] = _object(rule)
        elif isinstance(rule, list):
            value = next((value for each in rule if (value := _value(each)) is not _ABSENT), _ABSENT)
            if value is not _ABSENT:
                found[name] = value
    return found


def _value(rule: Any) -> Any:
    if not isinstance(rule, dict):
        return rule
    (operator, operand), *_ = rule.items() or (("", ""),)
    match operator:
        case "exists":
            return "present" if operand else _ABSENT
        case "prefix" | "suffix" | "equals-ignore-case":
            return operand.get("equals-ignore-case", "") if isinstance(operand, dict) else operand
        case "wildcard":
            return str(operand).replace("*", "")
        case "cidr":
            return str(operand).partition("/")[0]
        case "anything-but":
            return _other(operand)
        case "numeric":
            return _number(operand)
    return "Workbench"


def _other(operand: Any) -> Any:
    """A value that is none of those, and has none of their prefixes."""
    refused = operand if isinstance(operand, list) else [operand]
    if any(_is_number(each) for each in refused):
        return max(each for each in refused if _is_number(each)) + 1
    words = ("Workbench", "0-test-0", "~something-else~", "§")
    return next((word for word in words if not any(_touches(word, each) for each in refused)), words[-1])


def _touches(word: str, refused: Any) -> bool:
    texts = refused.values() if isinstance(refused, dict) else [refused]
    return any(
        word.lower().startswith(str(text).lower()) or word.lower().endswith(str(text).lower())
        for text in texts
    )


def _number(operand: Any) -> Any:
    """A number between the bounds: ["=", 5], [">", 0, "<=", 10]."""
    pairs = list(zip(operand[::2], operand[1::2], strict=False))
    for operator, bound in pairs:
        if operator == "=":
            return bound
    low = next(((bound, operator) for operator, bound in pairs if operator.startswith(">")), None)
    high = next(((bound, operator) for operator, bound in pairs if operator.startswith("<")), None)
    if low and high:
        return low[0] if low[1] == ">=" else high[0] if high[1] == "<=" else (low[0] + high[0]) / 2
    if low:
        return low[0] if low[1] == ">=" else low[0] + 1
    if high:
        return high[0] if high[1] == "<=" else high[0] - 1
    return 0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
