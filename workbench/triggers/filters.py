"""Event patterns of filters, rules and topics: what AWS would refuse, whether an event matches, and why not.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

import ipaddress
import json
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.aws import quotas
from workbench.aws.event_rules import is_wildcard_too_complex
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LOWER, _UPPER = (">", ">="), ("<", "<=")
_LARGEST = 5.0e9
"""Numbers in patterns may lie between minus and plus this. Source: as above."""
_IN_RULES = frozenset({"wildcard", "cidr"})
_ALL = _IN_RULES | {"prefix", "suffix", "equals-ignore-case", "anything-but", "numeric", "exists"}
_TEXTS_OF_BUT = ("prefix", "suffix", "equals-ignore-case", "wildcard")


def _is_operator(test: Mapping[str, Any]) -> bool:
    """Whether an object is a comparison rather than a set of fields of an event."""
    return any(key in _ALL for key in test)


def _comparison_problems(test: Mapping[str, Any]) -> Iterator[str]:
    """The reasons for which AWS would refuse a comparison."""
    if len(test) != 1:
        yield _("each object in the array must contain exactly one comparison.")
        return
    ((name, value),) = test.items()
    if name not in _ALL:
        yield _("“{name}” is not a comparison operator. AWS supports {names}.").format(
            name=name, names=", ".join(sorted(_ALL))
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


def _any_test_matches(tests: Sequence[Any], values: Sequence[Any]) -> bool:
    """Whether one of the tests matches one of the values.

    Args:
        tests: The array of a leaf: plain values and comparisons.
        values: The values of the event's field; empty if the event lacks the field.
    """
    return any(_fits_one(test, values) for test in tests)


def _fits_one(test: Any, values: Sequence[Any]) -> bool:
    if not isinstance(test, Mapping):
        return any(_equal(test, value) for value in values)
    ((name, wanted),) = test.items()
    if name == "exists":
        return bool(values) is wanted
    return any(_FITS[name](wanted, value) for value in values)


def is_number(value: object) -> bool:
    """Whether a value is a number in JSON."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equal(wanted: object, value: object) -> bool:
    """Equality as in JSON: true is not 1, "1" is not 1; 300 and 300.0 are the same number."""
    if is_number(wanted) or is_number(value):
        return is_number(wanted) and is_number(value) and wanted == value
    return type(wanted) is type(value) and wanted == value


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
    if unknown := [sign for sign in signs if not isinstance(sign, str) or sign not in _COMPARE]:
        yield _("“numeric” supports {names}, not {unknown}.").format(
            names=" ".join(_COMPARE), unknown=unknown[0]
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
        elif not all(isinstance(each, str) for each in _listed(next(iter(value.values())))):
            yield _("“{next}” needs a string or an array of strings.").format(next=next(iter(value)))
        elif next(iter(value)) in ("prefix", "suffix") and "" in _listed(next(iter(value.values()))):
            yield _("“{next}” in “anything-but” cannot be empty.").format(next=next(iter(value)))
        return
    values = _listed(value)
    kinds = {"number" if is_number(each) else type(each).__name__ for each in values}
    if not values:
        yield _("the array of “anything-but” is empty.")
    elif not kinds <= {"number", "str"} or len(kinds) > 1:
        yield _("“anything-but” needs strings or numbers, not both.")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _folded(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    """A comparison of strings that can ignore case."""

    def fits_text(wanted: Any, value: Any) -> bool:
        if not isinstance(value, str):
            return False
        if isinstance(wanted, Mapping):
            return test(value.casefold(), str(wanted["equals-ignore-case"]).casefold())
        return test(value, wanted)

    return fits_text


def _fits_numeric(wanted: Sequence[Any], value: Any) -> bool:
    return is_number(value) and all(
        _COMPARE[sign](value, number) for sign, number in zip(wanted[::2], wanted[1::2], strict=True)
    )


def _fits_but(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, Mapping):
        ((name, texts),) = wanted.items()
        return not any(_FITS[name](text, value) for text in _listed(texts))
    return not any(_equal(each, value) for each in _listed(wanted))


def _fits_wildcard(wanted: str, value: Any) -> bool:
    """Whether a wildcard matches: * stands for any text; a backslash escapes * and itself."""
    import re

    if not isinstance(value, str):
        return False
    parts = re.findall(r"\\[*\\]|.", wanted, re.DOTALL)
    text = "".join(".*" if part == "*" else re.escape(part[-1]) for part in parts)
    return re.fullmatch(text, value, re.DOTALL) is not None


def _fits_cidr(wanted: str, value: Any) -> bool:
    try:
        return isinstance(value, str) and ipaddress.ip_address(value) in ipaddress.ip_network(wanted, False)
    except ValueError:
        return False


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
_FITS: Mapping[str, Callable[[Any, Any], bool]] = {
    "prefix": _folded(str.startswith),
    "suffix": _folded(str.endswith),
    "equals-ignore-case": lambda wanted, value: (
        isinstance(value, str) and value.casefold() == wanted.casefold()
    ),
    "wildcard": _fits_wildcard,
    "cidr": _fits_cidr,
    "numeric": _fits_numeric,
    "anything-but": _fits_but,
}


DEFAULT_MAX_FILTERS, MAX_FILTERS = 5, 10
"""Filters per mapping: what every account may have, and what AWS raises it to on request.
Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html"""
_OR = "$or"
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
            if isinstance(each, dict) and _is_operator(each) and isinstance(value, list):
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


def _is_or(value: object) -> bool:
    """Whether $or is an operator: to AWS it is a field unless it holds objects without operators."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(each, dict) and not _is_operator(each) for each in value)
    )


def _combinations(pattern: Mapping[str, Any]) -> int:
    """The number of plain patterns that the $or operators expand to."""
    ways = 1
    for key, value in pattern.items():
        if key == _OR and _is_or(value):
            ways *= sum(map(_combinations, value))
        elif isinstance(value, dict):
            ways *= _combinations(value)
    return ways


def _fits(pattern: Mapping[str, Any], event: object) -> bool:
    """Whether all members match. In a list of objects, one object must match all of them."""
    if isinstance(event, list):
        return any(_fits(pattern, each) for each in event)
    if not isinstance(event, Mapping):
        return all(_fits_nothing(value) for value in pattern.values())
    return all(_fits_member(key, value, event) for key, value in pattern.items())


def _fits_member(key: str, wanted: Any, event: Mapping[str, Any]) -> bool:
    if key == _OR and _is_or(wanted):
        return any(_fits(branch, event) for branch in wanted)
    found = tuple(_found(key, event))
    if isinstance(wanted, dict):
        return any(_fits(wanted, each) for each in found) if found else _fits_nothing(wanted)
    return _any_test_matches(wanted, tuple(leaf for each in found for leaf in _leaves(each)))


def _found(key: str, event: Mapping[str, Any]) -> Iterator[Any]:
    """The values of an event under a key. AWS joins the names of nested fields with dots, on both sides.

    Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern.html
    """
    if key in event:
        yield event[key]
    if joined := {name[len(key) + 1 :]: each for name, each in event.items() if name.startswith(f"{key}.")}:
        yield joined
    for name, value in event.items() if "." in key else ():
        if key.startswith(f"{name}."):
            for each in value if isinstance(value, list) else (value,):
                if isinstance(each, Mapping):
                    yield from _found(key[len(name) + 1 :], each)


def _fits_nothing(wanted: Any) -> bool:
    """Whether a part of a pattern matches an absent field: only {"exists": false} does."""
    if isinstance(wanted, dict):
        return all(
            any(_fits_nothing(branch) for branch in value)
            if key == _OR and _is_or(value)
            else _fits_nothing(value)
            for key, value in wanted.items()
        )
    return _any_test_matches(wanted, ())


def _leaves(value: object) -> tuple[Any, ...]:
    """The values of a field: the elements of an array, nothing for an object, which is not a leaf."""
    if isinstance(value, Mapping):
        return ()
    if isinstance(value, list):
        return tuple(leaf for each in value for leaf in _leaves(each))
    return (value,)


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
    return next((word for word in words if _any_test_matches(test, (word,))), words[-1])


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
