"""The filter policies of SNS's subscriptions."""

import json
import math
from typing import Any

from workbench.sandbox.launcher.door import event_patterns
from workbench.sandbox.launcher.door.json_tokens import Malformed, line_and_column, tokens

_MAX_KEYS = 5
_MAX_COMBINATIONS = 150
"""Source: https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html"""
_ATTRIBUTES = "MessageAttributes"
_SCOPES = (_ATTRIBUTES, "MessageBody")
_OR = "$or"


def scope_fault(scope: str) -> str:
    """What AWS refuses in a scope; empty when nothing."""
    if scope in _SCOPES:
        return ""
    return f"FilterPolicyScope: Invalid value [{scope}]. Please use either MessageBody or MessageAttributes"


def policy_fault(text: str, scope: str) -> str:
    """What AWS refuses in a filter policy, in its words; empty when nothing.

    Args:
        text: The policy as it was sent; AWS writes it anew, without spaces, before it checks it.
        scope: Of the subscription, MessageAttributes when it is empty.
    """
    try:
        policy = json.loads(text)
    except ValueError:
        return _syntax_fault(text)
    except RecursionError:
        return "FilterPolicy: Filter policy is too complex"
    if policy == {}:
        return ""
    if isinstance(policy, dict):
        if len(policy) > _MAX_KEYS:
            return f"FilterPolicy: Filter policy can not have more than {_MAX_KEYS} keys"
        if (scope or _ATTRIBUTES) == _ATTRIBUTES and _is_nested(policy):
            return "Filter policy scope MessageAttributes does not support nested filter policy"
        if _combinations(policy, 1) > _MAX_COMBINATIONS:
            return "FilterPolicy: Filter policy is too complex"
    plain = json.dumps(policy, separators=(",", ":"), ensure_ascii=False)
    fault = event_patterns.fault(plain, event_patterns.TOPICS)
    return f"FilterPolicy: {fault.located(plain)}" if fault else ""


def _syntax_fault(text: str) -> str:
    try:
        list(tokens(text))
    except Malformed as malformed:
        return (
            f"FilterPolicy: failed to parse JSON. {malformed.message}\n at [Source: REDACTED "
            f"(`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); {line_and_column(text, malformed.offset)}]"
        )
    return ""


def _is_nested(policy: dict[str, Any]) -> bool:
    branches = [each for each in _branches(policy) if isinstance(each, dict)]
    return any(isinstance(value, dict) for value in policy.values()) or any(map(_is_nested, branches))


def _branches(policy: dict[str, Any]) -> list[Any]:
    found = policy.get(_OR)
    return found if isinstance(found, list) else []


def _combinations(policy: dict[str, Any], depth: int) -> int:
    """The values of all keys multiplied, each with its depth; alternatives are added."""
    return math.prod(
        _combinations(value, depth + 1)
        if isinstance(value, dict)
        else sum(_combinations(each, depth) for each in value if isinstance(each, dict))
        if name == _OR and any(isinstance(each, dict) for each in value)
        else max(len(value), 1) * depth
        for name, value in policy.items()
        if isinstance(value, dict | list)
    )
