"""A subscription's attributes as SNS has them and as parameters of a trigger. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from workbench.triggers.model import Values

LAMBDA, QUEUE = "lambda", "sqs"
PENDING = "PendingConfirmation"
"""What SNS calls a subscription whose owner has not confirmed it, in place of its ARN."""
FILTER, SCOPE, REDRIVE, RAW = "FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "RawMessageDelivery"
DEAD_LETTER = f"{REDRIVE}.deadLetterTargetArn"
BY_ATTRIBUTES, BY_BODY = "MessageAttributes", "MessageBody"
SETTABLE = (FILTER, SCOPE, REDRIVE, RAW, "DeliveryPolicy", "SubscriptionRoleArn")
"""Source: https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html"""
UNSET = {SCOPE: BY_ATTRIBUTES, RAW: "false"}
"""What SNS takes for an attribute that nobody set; of the others, nothing."""

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
    """The attributes that can be set again, without those that stand at their default."""
    return {
        name: attributes[name] for name in SETTABLE if not alike(name, attributes.get(name, ""), _unset(name))
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
