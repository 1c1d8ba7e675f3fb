"""Event patterns of rules: which catch everything, and an event that a pattern lets through. Pure."""

import ipaddress
import json
from collections.abc import Mapping
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.triggers import filters

_EVERYWHERE = frozenset({"version", "id", "account", "time", "region"})
"""Members that events of every source have: a pattern of these alone lets all through."""
_ANYTHING = ({"prefix": ""}, {"suffix": ""}, {"exists": True}, {"wildcard": "*"})
_RESERVED = "aws."
_MARK = "workbench"
_FAR = float("inf")
_NOTHING = object()


def is_broad(pattern: str) -> bool:
    """Whether a pattern without problems lets (nearly) every event of its bus through."""
    read = json.loads(pattern)
    return all(key in _EVERYWHERE or _lets_all_through(value) for key, value in read.items())


def sample_event(pattern: str, mark: str, account_id: str, region: str) -> dict[str, Any] | None:
    """An event that a pattern lets through, as PutEvents takes it.

    Args:
        pattern: The rule's.
        mark: Stands in the event's detail, where its invocation is found by it.
        account_id: Who sends it; AWS writes that into the event.
        region: Where it is sent; AWS writes that into the event, too.

    Returns:
        Source, DetailType, Detail (JSON) and Resources; None where none can be sent: AWS keeps sources that
        begin with "aws." to itself, and some patterns let nothing through that can be made up.
    """
    try:
        made = _made(json.loads(pattern))
    except (ValueError, RecursionError, TypeError, LookupError, AttributeError):
        return None
    detail = made.get("detail", {})
    source, resources = made.get("source", _MARK), made.get("resources", [])
    event = {
        "version": "0",
        "account": account_id,
        "region": region,
        "source": source,
        "detail-type": made.get("detail-type", "Workbench test event"),
        "resources": resources if isinstance(resources, list) else [resources],
        "detail": {**(detail if isinstance(detail, dict) else {}), _MARK: mark},
    }
    if not isinstance(source, str) or source.startswith(_RESERVED):
        return None
    try:
        if not filters.matches(pattern, event):
            return None
    except WorkbenchError:
        return None
    return {
        "Source": source,
        "DetailType": str(event["detail-type"]),
        "Detail": json.dumps(event["detail"]),
        "Resources": event["resources"],
    }


def _lets_all_through(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_lets_all_through, value.values()))
    tests = value if isinstance(value, list) else [value]
    return any(
        test in ({"prefix": ""}, {"suffix": ""}, {"exists": True}, {"wildcard": "*"}) for test in tests
    )


def _made(pattern: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pattern.items():
        if key == "$or" and isinstance(value, list) and value and isinstance(value[0], dict):
            made |= _made(value[0])
        elif isinstance(value, dict):
            made[key] = _made(value)
        elif (found := _value(value)) is not _NOTHING:
            made[key] = found
    return made


def _value(tests: Any) -> Any:
    """A value that fits one of a leaf's tests; plain values come before comparisons."""
    plain = [test for test in tests if not isinstance(test, dict)]
    if plain:
        return plain[0]
    ((name, wanted),) = tests[0].items()
    if isinstance(wanted, dict) and name in ("prefix", "suffix"):
        wanted = wanted["equals-ignore-case"]
    match name:
        case "exists":
            return _MARK if wanted else _NOTHING
        case "prefix" | "suffix" | "equals-ignore-case":
            return wanted or _MARK
        case "wildcard":
            return wanted.replace("*", "")
        case "cidr":
            return str(ipaddress.ip_network(wanted, strict=False)[0])
        case "numeric":
            return _between(wanted)
    return f"{_MARK}-{_MARK}"  # anything-but


def _between(pairs: list[Any]) -> float:
    bounds = {sign: float(number) for sign, number in zip(pairs[::2], pairs[1::2], strict=True)}
    if "=" in bounds:
        return bounds["="]
    low = bounds.get(">", bounds.get(">=", -_FAR))
    high = bounds.get("<", bounds.get("<=", _FAR))
    return high - 1 if low == -_FAR else low + 1 if high == _FAR else (low + high) / 2
