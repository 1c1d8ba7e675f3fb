"""How IAM compares a condition of a policy with a request. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import fnmatch
import functools
import operator as operators
import re
from collections.abc import Callable, Iterable


def holds(operator: str, expected: Iterable[str], value: str) -> bool | None:
    """Whether a condition on one key is met.

    Args:
        operator: As the policy has it ("StringEquals", "ArnLikeIfExists").
        expected: The policy's values.
        value: The request's; empty when the request does not have the key.

    Returns:
        None for an operator that is not known here.
    """
    set_operator, _, name = operator.lower().rpartition(":")
    is_optional = name.endswith("ifexists") or set_operator == "forallvalues"
    name = name.removesuffix("ifexists")
    if name == "null":
        return any((each.lower() == "true") is not bool(value) for each in expected)
    is_negative = name.startswith(("stringnot", "arnnot", "numericnot"))
    compare = _COMPARISONS.get(name.replace("not", "", 1) if is_negative else name)
    if not value and is_optional:
        return True
    if compare is None:
        return None
    if not value:
        return is_negative
    return any(compare(value, each) for each in expected) is not is_negative


def like(value: str, pattern: str) -> bool:
    """Whether a pattern with IAM's wildcards, * and ?, fits a whole text; [ is an ordinary sign there."""
    return _compiled(pattern).match(value) is not None


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern.replace("[", "[[]")))


def _equal_ignoring_case(value: str, pattern: str) -> bool:
    return value.lower() == pattern.lower()


def _numeric(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def compared(value: str, expected: str) -> bool:
        try:
            return compare(float(value), float(expected))
        except ValueError:
            return False

    return compared


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "stringequals": operators.eq,
    "stringlike": like,
    "stringequalsignorecase": _equal_ignoring_case,
    # ArnEquals and ArnLike behave the same.
    "arnequals": like,
    "arnlike": like,
    "bool": _equal_ignoring_case,
    "numericequals": _numeric(operators.eq),
    "numericlessthan": _numeric(operators.lt),
    "numericlessthanequals": _numeric(operators.le),
    "numericgreaterthan": _numeric(operators.gt),
    "numericgreaterthanequals": _numeric(operators.ge),
}
