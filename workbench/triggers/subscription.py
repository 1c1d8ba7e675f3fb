"""SNS subscriptions: attributes as AWS has them, as values of a trigger, and a message that passes. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.triggers.model import Values

LAMBDA, QUEUE = "lambda", "sqs"
PENDING = "PendingConfirmation"
"""What SNS calls a subscription whose owner has not confirmed it, in place of its ARN."""
FILTER, SCOPE, REDRIVE, RAW = "FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "RawMessageDelivery"
DEAD_LETTER = f"{REDRIVE}.deadLetterTargetArn"
BY_ATTRIBUTES, BY_BODY = "MessageAttributes", "MessageBody"
_SETTABLE = (FILTER, SCOPE, REDRIVE, RAW, "DeliveryPolicy", "SubscriptionRoleArn")
"""Source: https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html"""
UNSET = {SCOPE: BY_ATTRIBUTES, RAW: "false"}
"""What SNS takes for an attribute that is not set; the others are empty."""

Attributes = Mapping[str, str]


def attributes_of(values: Values) -> dict[str, str]:
    """What SNS is sent; an empty text clears an attribute."""
    filter_policy = str(values.get(FILTER) or "").strip()
    dead_letter = str(values.get(DEAD_LETTER) or "")
    redrive = json.dumps({"deadLetterTargetArn": dead_letter}) if dead_letter else ""
    scope = str(values.get(SCOPE) or BY_ATTRIBUTES)
    return {FILTER: filter_policy, SCOPE: scope if filter_policy else BY_ATTRIBUTES, REDRIVE: redrive}


def values_of(attributes: Attributes) -> dict[str, object]:
    """The way back."""
    redrive = parsed(attributes.get(REDRIVE, ""))
    policy = attributes.get(FILTER, "")
    values: dict[str, object] = {
        FILTER: policy if parsed(policy) else "",
        SCOPE: attributes.get(SCOPE) or BY_ATTRIBUTES,
        DEAD_LETTER: str(redrive.get("deadLetterTargetArn", "")),
    }
    return values | ({RAW: True} if attributes.get(RAW) == "true" else {})


def settable(attributes: Attributes) -> dict[str, str]:
    """The attributes that can be set again, without those at their default."""
    return {
        name: attributes[name]
        for name in _SETTABLE
        if not alike(name, attributes.get(name, ""), _unset(name))
    }


def differing(wanted: Attributes, present: Attributes) -> list[tuple[str, str]]:
    """What has to be set, in an order that SNS takes: a nested policy needs its scope first."""
    names = [name for name in wanted if not alike(name, wanted[name], present.get(name, ""))]
    if wanted.get(SCOPE) == BY_BODY:
        names.sort(key=lambda name: name != SCOPE)
    else:
        names.sort(key=lambda name: name == SCOPE)
    return [(name, wanted[name]) for name in names]


def alike(name: str, one: str, other: str) -> bool:
    """Whether two values of an attribute mean the same: SNS writes JSON anew, and {} for no policy."""
    first, second = (value or _unset(name) for value in (one, other))
    return first == second or (name in (FILTER, REDRIVE) and parsed(first) == parsed(second))


def parsed(text: str) -> dict[str, Any]:
    """The object in a JSON text; empty for what is none."""
    try:
        value = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _unset(name: str) -> str:
    return UNSET.get(name, "")


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
