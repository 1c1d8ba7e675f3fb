"""Event patterns of filters, rules and topics: what AWS would refuse, whether an event matches, and why not.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

import ipaddress
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.aws import quotas
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench_sandbox.rules.event_patterns import (
    COMPARISONS,
    OPERATORS,
    OR,
    any_test_matches,
    fits,
    is_number,
    is_operator,
    is_or,
    is_wildcard_too_complex,
    listed,
)

_LOWER, _UPPER = (">", ">="), ("<", "<=")
_LARGEST = 5.0e9
"""Numbers in patterns may lie between minus and plus this. Source: as above."""
_IN_RULES = frozenset({"wildcard", "cidr"})
_TEXTS_OF_BUT = ("prefix", "suffix", "equals-ignore-case", "wildcard")


def _comparison_problems(test: Mapping[str, Any]) -> Iterator[str]:
    """The reasons for which AWS would refuse a comparison."""
    if len(test) != 1:
        yield _("each object in the array must contain exactly one comparison.")
        return
    ((name, value),) = test.items()
    if name not in OPERATORS:
        yield _("“{name}” is not a comparison operator. AWS supports {names}.").format(
            name=name, names=", ".join(sorted(OPERATORS))
        )
    else:
        yield from _PROBLEMS[name](name, value)


def _rules_only(test: Mapping[str, Any]) -> str:
    """The name of a comparison that is documented for EventBridge rules only; otherwise empty.

    Source: as above, column "Pipe support": pipes filter as event source mappings do.
    """
    ((name, value),) = test.items()
    if name == "anything-but" and isinstance(value, Mapping):
        return _("anything-but {next}").format(next=next(iter(value)))
    return name if name in _IN_RULES else ""


def _text_problems(name: str, value: Any) -> Iterator[str]:
    folded = isinstance(value, Mapping) and list(value) == ["equals-ignore-case"]
    if folded and name in ("prefix", "suffix"):
        value = value["equals-ignore-case"]
    if not isinstance(value, str):
        yield _("“{name}” needs a string.").format(name=name)
    elif name == "wildcard" and "**" in value.replace("\\*", ""):
        yield _("“wildcard” cannot contain two consecutive asterisks (*).")
    elif name == "wildcard" and is_wildcard_too_complex(value):
        yield _(
            "“wildcard” repeats one character after too many asterisks (*). AWS refuses it as too complex."
        )


def _exists_problems(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, bool):
        yield _("“exists” needs true or false.")


def _cidr_problems(name: str, value: Any) -> Iterator[str]:
    try:
        ipaddress.ip_network(value if "/" in value else "", strict=False)
    except (ValueError, TypeError):
        yield _("“cidr” needs an address block, such as 10.0.0.0/24.")


def _numeric_problems(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, list) or not value or len(value) % 2:
        yield _("“numeric” needs pairs of an operator and a number, such as [“>”, 0, “<=”, 5].")
        return
    pairs = list(zip(value[::2], value[1::2], strict=True))
    signs = [sign for sign, __ in pairs]
    if unknown := [sign for sign in signs if not isinstance(sign, str) or sign not in COMPARISONS]:
        yield _("“numeric” supports {names}, not {unknown}.").format(
            names=" ".join(COMPARISONS), unknown=unknown[0]
        )
    elif not all(is_number(number) for __, number in pairs):
        yield _("“numeric” needs numbers without quotation marks.")
    elif any(abs(number) > _LARGEST for __, number in pairs):
        yield _("“numeric” needs numbers between {smallest:,.0f} and {largest:,.0f}.").format(
            smallest=-_LARGEST, largest=_LARGEST
        )
    elif len(pairs) > 2 or (len(pairs) == 2 and not (signs[0] in _LOWER and signs[1] in _UPPER)):
        yield _("“numeric” needs one comparison, or a range with the lower limit first.")
    elif len(pairs) == 2 and pairs[0][1] >= pairs[1][1]:
        yield _("the range of “numeric” is empty: its lower limit is not below its upper limit.")


def _but_problems(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if len(value) != 1 or next(iter(value)) not in _TEXTS_OF_BUT:
            yield _("“anything-but” needs values, or one of {names}.").format(names=", ".join(_TEXTS_OF_BUT))
        elif not all(isinstance(each, str) for each in listed(next(iter(value.values())))):
            yield _("“{next}” needs a string or an array of strings.").format(next=next(iter(value)))
        elif next(iter(value)) in ("prefix", "suffix") and "" in listed(next(iter(value.values()))):
            yield _("“{next}” in “anything-but” cannot be empty.").format(next=next(iter(value)))
        return
    values = listed(value)
    kinds = {"number" if is_number(each) else type(each).__name__ for each in values}
    if not values:
        yield _("the array of “anything-but” is empty.")
    elif not kinds <= {"number", "str"} or len(kinds) > 1:
        yield _("“anything-but” needs strings or numbers, not both.")


_PROBLEMS: Mapping[str, Callable[[str, Any], Iterator[str]]] = {
    "prefix": _text_problems,
    "suffix": _text_problems,
    "equals-ignore-case": _text_problems,
    "wildcard": _text_problems,
    "exists": _exists_problems,
    "cidr": _cidr_problems,
    "numeric": _numeric_problems,
    "anything-but": _but_problems,
}


DEFAULT_MAX_FILTERS, MAX_FILTERS = 5, 10
"""Filters per mapping: what every account may have, and what AWS raises it to on request.
Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html"""
_OR_COMBINATIONS = 1000
"""Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-html"""


def _pattern_limit() -> int:
    """The maximum length of a pattern in characters."""
    return quotas.text_limit("Pattern").max_length or 4096


def problems(pattern: str) -> tuple[str, ...]:
    """The reasons for which AWS would refuse a pattern, each with its path ("body.price: …")."""
    if len(pattern) > (most := _pattern_limit()):
        return (_("It has {count:,} characters; AWS allows {most:,}.").format(count=len(pattern), most=most),)
    try:
        read = _read(pattern)
    except (ValueError, RecursionError) as error:
        reason = f"{error}" if isinstance(error, ValueError) else _("it is nested too deeply")
        return (_("It is not JSON: {reason}.").format(reason=reason),)
    if not isinstance(read, dict):
        return (_("A pattern is a JSON object, such as {“body”: {“kind”: [“order”]}}."),)
    if not read:
        return (_("It is empty. An empty pattern would match no event. Remove the filter instead."),)
    found = list(_problems_of(read, ""))
    if (ways := _combinations(read)) > _OR_COMBINATIONS:
        found.append(
            _("Its $or expands to {ways:,} combinations; AWS allows {or_combinations:,}.").format(
                ways=ways, or_combinations=_OR_COMBINATIONS
            )
        )
    return tuple(found)


def doubts(pattern: str) -> tuple[str, ...]:
    """Comparisons of a valid pattern that are documented for EventBridge rules only.

    AWS may refuse a filter of a mapping that contains one.
    """
    return tuple(
        _("{here}: AWS documents “{name}” for EventBridge rules, not for event source mappings.").format(
            here=here, name=name
        )
        for here, test in _operators_of(_read(pattern), "")
        if (name := _rules_only(test))
    )


def matches(pattern: str, event: Mapping[str, Any]) -> bool:
    """Whether an event matches a pattern.

    Args:
        event: The event. In a record of a mapping, `body` or `data` must be parsed JSON.

    Raises:
        WorkbenchError: AWS would refuse the pattern.
    """
    if found := problems(pattern):
        raise WorkbenchError(_("Could not test the pattern."), " ".join(found), _("Correct the pattern."))
    return fits(_read(pattern), event)


def _read(pattern: str) -> Any:
    def refuse(word: str) -> float:
        raise ValueError(f"{word} is not a valid JSON number")

    return json.loads(pattern, parse_constant=refuse)


def _problems_of(pattern: Mapping[str, Any], path: str) -> Iterator[str]:
    for key, value in pattern.items():
        here = f"{path}.{key}" if path else key
        if key == OR and is_or(value):
            if len(value) < 2:
                yield _("{here}: $or needs at least two objects.").format(here=here)
            for branch in value:
                if not branch:
                    yield _("{here}: an object in $or is empty.").format(here=here)
                yield from _problems_of(branch, here)
        elif isinstance(value, dict):
            if not value:
                yield _("{here}: the object is empty.").format(here=here)
            yield from _problems_of(value, here)
        elif isinstance(value, list):
            yield from _problems_of_leaf(value, here)
        else:
            yield _("{here}: {value} must be in an array: [{value}].").format(here=here, value=_short(value))


def _operators_of(pattern: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """All comparisons of a pattern with their paths."""
    for key, value in pattern.items():
        here = f"{path}.{key}" if path else key
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict) and is_operator(each) and isinstance(value, list):
                yield here, each
            elif isinstance(each, dict):
                yield from _operators_of(each, here)


def _problems_of_leaf(leaf: Sequence[Any], here: str) -> Iterator[str]:
    if not leaf:
        yield _("{here}: the array is empty.").format(here=here)
    for each in leaf:
        if isinstance(each, list):
            yield _("{here}: an array cannot contain another array.").format(here=here)
        elif isinstance(each, dict):
            for problem in _comparison_problems(each):
                yield f"{here}: {problem}"


def _combinations(pattern: Mapping[str, Any]) -> int:
    """The number of plain patterns that the $or operators expand to."""
    ways = 1
    for key, value in pattern.items():
        if key == OR and is_or(value):
            ways *= sum(map(_combinations, value))
        elif isinstance(value, dict):
            ways *= _combinations(value)
    return ways


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:39] + "…"


@dataclass(frozen=True, slots=True)
class Trial:
    """The result of trying a pattern.

    Attributes:
        fits: Whether the event matches.
        failing: The paths of the parts that do not match ("body.kind"), in the order of the pattern.
    """

    fits: bool
    failing: tuple[str, ...] = ()


def try_pattern(pattern: str, event: Mapping[str, Any]) -> Trial:
    """Tries a pattern and reports which parts do not match.

    Args:
        event: The event, as for `matches`.

    Raises:
        WorkbenchError: AWS would refuse the pattern.
    """
    if matches(pattern, event):
        return Trial(fits=True)
    parts = tuple(_parts(json.loads(pattern), ()))
    failing = [path for path, part in parts if not matches(json.dumps(part), event)]
    # If each part matches a different object of a list but no object matches all, all parts are reported.
    return Trial(
        fits=False, failing=tuple(".".join(path) for path in failing or [path for path, __ in parts])
    )


def _parts(pattern: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The leaves, each as a pattern of its own. An $or counts as one leaf."""
    for key, value in pattern.items():
        here = (*path, key)
        if isinstance(value, dict):
            yield from _parts(value, here)
        else:
            nested: Any = value
            for name in reversed(here):
                nested = {name: nested}
            yield here, nested


def passes(patterns: Sequence[str], text: str, body: str = "", *, takes_text: bool = False) -> bool:
    """Whether one of the filters of an event source mapping lets a record through. Without filters, all pass.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html and its pages on each
    source.

    Args:
        patterns: The filters, each as JSON.
        text: The content of the record's `body` member; without `body` the whole record as JSON.
        body: Name of the member that holds the payload; patterns compare it as JSON.
        takes_text: Whether a payload that is not JSON is compared as text.

    Raises:
        WorkbenchError: AWS would refuse a pattern.
    """
    record = _record_of(text, body, takes_text=takes_text)
    return not patterns or any(
        matches(pattern, record) and _has_shape(pattern, record, body) for pattern in patterns
    )


def _record_of(text: str, body: str, *, takes_text: bool) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {body: text} if takes_text else {}
    if body:
        return {body: value}
    return value if isinstance(value, dict) else {}


def _has_shape(pattern: str, record: dict[str, Any], body: str) -> bool:
    """Whether the record has the format that the pattern expects.

    A pattern for JSON drops every payload that is not JSON, even if it only requires that a field is absent.
    """
    wanted = json.loads(pattern).get(body)
    return not isinstance(wanted, dict) or isinstance(record.get(body), dict | list)


def json_or_text(text: str) -> Any:
    """The value that Lambda compares with a pattern: the parsed JSON, otherwise the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


_ABSENT = object()


def matching(pattern: Mapping[str, Any]) -> dict[str, Any]:
    """An event that matches a pattern, unless that requires two things of the same key."""
    found: dict[str, Any] = {}
    for name, rule in pattern.items():
        if name == "$or" and isinstance(rule, list):
            found |= matching(next((each for each in rule if isinstance(each, dict)), {}))
        elif isinstance(rule, dict):
            found[name] = matching(rule)
        elif isinstance(rule, list):
            plain_first = sorted(rule, key=lambda each: isinstance(each, dict))
            values = (value for each in plain_first if (value := _matching_value(each)) is not _ABSENT)
            value = next(values, _ABSENT)
            if value is not _ABSENT:
                found[name] = value
    return found


def _matching_value(rule: Any) -> Any:
    if not isinstance(rule, dict):
        return rule
    (sign, operand), *__ = rule.items() or (("", ""),)
    match sign:
        case "exists":
            return "present" if operand else _ABSENT
        case "prefix" | "suffix" | "equals-ignore-case":
            text = operand.get("equals-ignore-case", "") if isinstance(operand, dict) else operand
            return text or "Workbench"
        case "wildcard":
            return str(operand).replace("*", "")
        case "cidr":
            return str(operand).partition("/")[0]
        case "anything-but":
            return _other_value(operand)
        case "numeric":
            return _matching_number(operand)
    return "Workbench"


def _other_value(operand: Any) -> Any:
    """A value that the test "anything-but" lets pass."""
    refused = operand if isinstance(operand, list) else [operand]
    if any(is_number(each) for each in refused):
        return max(each for each in refused if is_number(each)) + 1
    words = ("Workbench", "0-test-0", "~something-else~", "§")
    test = ({"anything-but": operand},)
    return next((word for word in words if any_test_matches(test, (word,))), words[-1])


def _matching_number(operand: Any) -> Any:
    """A number within the bounds: ["=", 5], [">", 0, "<=", 10]."""
    pairs = list(zip(operand[::2], operand[1::2], strict=False))
    for sign, bound in pairs:
        if sign == "=":
            return bound
    low = next(((bound, sign) for sign, bound in pairs if sign.startswith(">")), None)
    high = next(((bound, sign) for sign, bound in pairs if sign.startswith("<")), None)
    if low and high:
        return low[0] if low[1] == ">=" else high[0] if high[1] == "<=" else (low[0] + high[0]) / 2
    if low:
        return low[0] if low[1] == ">=" else low[0] + 1
    if high:
        return high[0] if high[1] == "<=" else high[0] - 1
    return 0
