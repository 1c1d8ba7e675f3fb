"""The comparisons of event patterns ({"prefix": "a"}, {"numeric": [">", 5]}).

Owns: what is wrong with one, and whether it fits. Must not know: patterns as a whole.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

import ipaddress
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from workbench.aws.eventbridge import is_wildcard_too_complex

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LOWER, _UPPER = (">", ">="), ("<", "<=")
_LARGEST = 5.0e9
"""Numbers that AWS compares, to either side of zero. Source: as above."""
_IN_RULES = frozenset({"wildcard", "cidr"})
_ALL = _IN_RULES | {"prefix", "suffix", "equals-ignore-case", "anything-but", "numeric", "exists"}
_TEXTS_OF_BUT = ("prefix", "suffix", "equals-ignore-case", "wildcard")


def is_operator(test: Mapping[str, Any]) -> bool:
    """Whether an object names a comparison, rather than fields of an event."""
    return any(key in _ALL for key in test)


def problems(test: Mapping[str, Any]) -> Iterator[str]:
    """What AWS would refuse in one comparison."""
    if len(test) != 1:
        yield "each object in the array must contain exactly one comparison."
        return
    ((name, value),) = test.items()
    if name not in _ALL:
        yield f"“{name}” is not a comparison operator. AWS supports {', '.join(sorted(_ALL))}."
    else:
        yield from _PROBLEMS[name](name, value)


def rules_only(test: Mapping[str, Any]) -> str:
    """The name of a comparison that only EventBridge rules are documented to know; else empty.

    Source: as above, the column "Pipe support": pipes filter as event source mappings do.
    """
    ((name, value),) = test.items()
    if name == "anything-but" and isinstance(value, Mapping):
        return f"anything-but {next(iter(value))}"
    return name if name in _IN_RULES else ""


def fits(tests: Sequence[Any], values: Sequence[Any]) -> bool:
    """Whether one of the tests fits one of the values.

    Args:
        tests: Plain values and comparisons: what stands in a leaf's array.
        values: Those of the event's field; none when it has no such field.
    """
    return any(_fits_one(test, values) for test in tests)


def _fits_one(test: Any, values: Sequence[Any]) -> bool:
    if not isinstance(test, Mapping):
        return any(_equal(test, value) for value in values)
    ((name, wanted),) = test.items()
    if name == "exists":
        return bool(values) is wanted
    return any(_FITS[name](wanted, value) for value in values)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equal(wanted: object, value: object) -> bool:
    """As JSON has it: true is not 1, "1" is not 1; 300 and 300.0 are one number."""
    if _is_number(wanted) or _is_number(value):
        return _is_number(wanted) and _is_number(value) and wanted == value
    return type(wanted) is type(value) and wanted == value


def _text_problems(name: str, value: Any) -> Iterator[str]:
    folded = isinstance(value, Mapping) and list(value) == ["equals-ignore-case"]
    if folded and name in ("prefix", "suffix"):
        value = value["equals-ignore-case"]
    if not isinstance(value, str):
        yield f"“{name}” needs a string."
    elif name == "wildcard" and "**" in value.replace("\\*", ""):
        yield "“wildcard” cannot contain two consecutive asterisks (*)."
    elif name == "wildcard" and is_wildcard_too_complex(value):
        yield "“wildcard” repeats one character after too many asterisks (*). AWS refuses it as too complex."


def _exists_problems(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, bool):
        yield "“exists” needs true or false."


def _cidr_problems(name: str, value: Any) -> Iterator[str]:
    try:
        ipaddress.ip_network(value if "/" in value else "", strict=False)
    except (ValueError, TypeError):
        yield "“cidr” needs an address block, such as 10.0.0.0/24."


def _numeric_problems(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, list) or not value or len(value) % 2:
        yield "“numeric” needs pairs of an operator and a number, such as [“>”, 0, “<=”, 5]."
        return
    pairs = list(zip(value[::2], value[1::2], strict=True))
    signs = [sign for sign, _ in pairs]
    if unknown := [sign for sign in signs if not isinstance(sign, str) or sign not in _COMPARE]:
        yield f"“numeric” supports {' '.join(_COMPARE)}, not {unknown[0]}."
    elif not all(_is_number(number) for _, number in pairs):
        yield "“numeric” needs numbers without quotation marks."
    elif any(abs(number) > _LARGEST for _, number in pairs):
        yield f"“numeric” needs numbers between {-_LARGEST:,.0f} and {_LARGEST:,.0f}."
    elif len(pairs) > 2 or (len(pairs) == 2 and not (signs[0] in _LOWER and signs[1] in _UPPER)):
        yield "“numeric” needs one comparison, or a range with the lower limit first."
    elif len(pairs) == 2 and pairs[0][1] >= pairs[1][1]:
        yield "the range of “numeric” is empty: its lower limit is not below its upper limit."


def _but_problems(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if len(value) != 1 or next(iter(value)) not in _TEXTS_OF_BUT:
            yield f"“anything-but” needs values, or one of {', '.join(_TEXTS_OF_BUT)}."
        elif not all(isinstance(each, str) for each in _listed(next(iter(value.values())))):
            yield f"“{next(iter(value))}” needs a string or an array of strings."
        elif next(iter(value)) in ("prefix", "suffix") and "" in _listed(next(iter(value.values()))):
            yield f"“{next(iter(value))}” in “anything-but” cannot be empty."
        return
    values = _listed(value)
    kinds = {"number" if _is_number(each) else type(each).__name__ for each in values}
    if not values:
        yield "the array of “anything-but” is empty."
    elif not kinds <= {"number", "str"} or len(kinds) > 1:
        yield "“anything-but” needs strings or numbers, not both."


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _folded(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    """A comparison of texts that may be asked to ignore case."""

    def fits_text(wanted: Any, value: Any) -> bool:
        if not isinstance(value, str):
            return False
        if isinstance(wanted, Mapping):
            return test(value.casefold(), str(wanted["equals-ignore-case"]).casefold())
        return test(value, wanted)

    return fits_text


def _fits_numeric(wanted: Sequence[Any], value: Any) -> bool:
    return _is_number(value) and all(
        _COMPARE[sign](value, number) for sign, number in zip(wanted[::2], wanted[1::2], strict=True)
    )


def _fits_but(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, Mapping):
        ((name, texts),) = wanted.items()
        return not any(_FITS[name](text, value) for text in _listed(texts))
    return not any(_equal(each, value) for each in _listed(wanted))


def _fits_wildcard(wanted: str, value: Any) -> bool:
    """A * stands for any text; a backslash takes it, and itself, for what it is."""
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
