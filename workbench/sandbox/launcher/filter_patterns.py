"""CloudWatch Logs' filter patterns for unstructured messages.

Owns: words, "phrases", -exclusions, ?alternatives and %expressions%. Must not know: log events.
Patterns for JSON and for columns, `{...}` and `[...]`, match everything, as in MiniStack.

WORKAROUND row 7: remove when MiniStack keeps phrases together and minds the case.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
"""

import re
from collections.abc import Callable

_TERM = re.compile(r'([-?]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))')
_Test = Callable[[str], bool]


def compile_pattern(pattern: str) -> _Test:
    """Returns a function that tells whether a message matches.

    Raises:
        ValueError: A regular expression of the pattern is none.
    """
    pattern = pattern.strip()
    if pattern.startswith(("{", "[")):
        return lambda _: True
    if len(pattern) > 2 and pattern[0] == pattern[-1] == "%":
        return _expression(pattern[1:-1])
    wanted: list[str] = []
    excluded: list[str] = []
    alternatives: list[str] = []
    for match in _TERM.finditer(pattern):
        word = match[3] if match[2] is None else re.sub(r"\\(.)", r"\1", match[2])
        {"": wanted, "-": excluded, "?": alternatives}[match[1]].append(word)
    if wanted or excluded:
        alternatives = []  # "The ? is ignored when it is combined with other terms."

    def matches(message: str) -> bool:
        return (
            all(word in message for word in wanted)
            and not any(word in message for word in excluded)
            and (not alternatives or any(word in message for word in alternatives))
        )

    return matches


def _expression(text: str) -> _Test:
    try:
        compiled = re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return lambda message: bool(compiled.search(message))
