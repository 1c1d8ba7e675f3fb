"""Whether an event matches a pattern, as EventBridge, SNS and event source mappings decide it.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

import ipaddress
import itertools
import operator
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
OR = "$or"
OPERATORS = frozenset(
    {"anything-but", "cidr", "equals-ignore-case", "exists", "numeric", "prefix", "suffix", "wildcard"}
)


def is_operator(test: Mapping[str, Any]) -> bool:
    """Whether an object is a comparison rather than a set of fields of an event."""
    return any(key in OPERATORS for key in test)


def fits(pattern: Mapping[str, Any], event: object) -> bool:
    """Whether all members match. In a list of objects, one object must match all of them."""
    if isinstance(event, list):
        return any(fits(pattern, each) for each in event)
    if not isinstance(event, Mapping):
        return all(_fits_nothing(value) for value in pattern.values())
    return all(_fits_member(key, value, event) for key, value in pattern.items())


def _fits_member(key: str, wanted: Any, event: Mapping[str, Any]) -> bool:
    if key == OR and is_or(wanted):
        return any(fits(branch, event) for branch in wanted)
    found = tuple(_found_under(key, event))
    if isinstance(wanted, dict):
        return any(fits(wanted, each) for each in found) if found else _fits_nothing(wanted)
    return any_test_matches(wanted, tuple(leaf for each in found for leaf in leaves(each)))


def _found_under(key: str, event: Mapping[str, Any]) -> Iterator[Any]:
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
                    yield from _found_under(key[len(name) + 1 :], each)


def _fits_nothing(wanted: Any) -> bool:
    """Whether a part of a pattern matches an absent field: only {"exists": false} does."""
    if isinstance(wanted, dict):
        return all(
            any(_fits_nothing(branch) for branch in value)
            if key == OR and is_or(value)
            else _fits_nothing(value)
            for key, value in wanted.items()
        )
    return any_test_matches(wanted, ())


def is_or(value: object) -> bool:
    """Whether $or is an operator: to AWS it is a field unless it holds objects without operators."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(each, dict) and not is_operator(each) for each in value)
    )


def leaves(value: object) -> tuple[Any, ...]:
    """The values of a field: the elements of an array, nothing for an object, which is not a leaf."""
    if isinstance(value, Mapping):
        return ()
    if isinstance(value, list):
        return tuple(leaf for each in value for leaf in leaves(each))
    return (value,)


def any_test_matches(tests: Sequence[Any], values: Sequence[Any]) -> bool:
    """Whether one of the tests matches one of the values.

    Args:
        tests: The array of a leaf: plain values and comparisons.
        values: The values of the event's field; empty if the event lacks the field.
    """
    return any(_fits_one(test, values) for test in tests)


def _fits_one(test: Any, values: Sequence[Any]) -> bool:
    if not isinstance(test, Mapping):
        return any(_is_equal(test, value) for value in values)
    ((name, wanted),) = test.items()
    if name == "exists":
        return bool(values) is wanted
    return any(_FITS[name](wanted, value) for value in values)


def is_number(value: object) -> bool:
    """Whether a value is a number in JSON."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_equal(wanted: object, value: object) -> bool:
    """Equality as in JSON: true is not 1, "1" is not 1; 300 and 300.0 are the same number."""
    if is_number(wanted) or is_number(value):
        return is_number(wanted) and is_number(value) and wanted == value
    return type(wanted) is type(value) and wanted == value


def listed(value: Any) -> list[Any]:
    """The operands of a comparison that takes one or several."""
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
        COMPARISONS[sign](value, number) for sign, number in zip(wanted[::2], wanted[1::2], strict=True)
    )


def _fits_but(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, Mapping):
        ((name, texts),) = wanted.items()
        return not any(_FITS[name](text, value) for text in listed(texts))
    return not any(_is_equal(each, value) for each in listed(wanted))


def _fits_wildcard(wanted: str, value: Any) -> bool:
    """Whether a wildcard matches: * stands for any text; a backslash escapes * and itself."""
    if not isinstance(value, str):
        return False
    begin, *parts = _parts_of(wanted)
    if not parts:
        return value == begin
    *inner, end = map(re.escape, parts)
    # Each part at its first place: an atomic group does not go back for another, which could take hours.
    text = re.escape(begin) + "".join(f"(?>.*?{part})" for part in inner) + f".*{end}"
    return re.fullmatch(text, value, re.DOTALL) is not None


def _parts_of(wanted: str) -> list[str]:
    """The texts between the asterisks, without their escapes."""
    parts = [""]
    for piece in re.findall(r"\\[*\\]|.", wanted, re.DOTALL):
        if piece == "*":
            parts.append("")
        else:
            parts[-1] += piece[-1]
    return parts


def _fits_cidr(wanted: str, value: Any) -> bool:
    try:
        return isinstance(value, str) and ipaddress.ip_address(value) in ipaddress.ip_network(wanted, False)
    except ValueError:
        return False


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


_MAX_REPETITIONS = 5
"""Maximum of one character after asterisks: AWS refuses "*:*:*:*:*:event-bus/*", and documents no limit.
Source: its recorded answers (localstack/localstack, content_wildcard_complex_EXC)."""


def is_wildcard_too_complex(text: str) -> bool:
    """Whether AWS is known to refuse a wildcard for its repeated characters after asterisks."""
    parts = re.findall(r"\\[*\\]|.", text, re.DOTALL)
    starred = Counter(part for before, part in itertools.pairwise(parts) if before == "*")
    return any(count >= _MAX_REPETITIONS for count in starred.values())
