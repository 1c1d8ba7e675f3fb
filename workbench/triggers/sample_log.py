"""A log line that gets through a filter pattern. Pure.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import json
import re
from typing import Any

_TERM = re.compile(r'(?P<sign>[-?]?)(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s"]+))')
_COMPARISON = re.compile(
    r"\$\.(?P<path>[\w.\-]+)\s*(?P<operator>!=|>=|<=|=|>|<)\s*"
    r'(?P<value>"[^"]*"|[^\s&|(){}]+)'
)


def sample_line(pattern: str, mark: str) -> tuple[str, bool]:
    """A line with the mark in it, and whether it surely gets through.

    Args:
        pattern: Of the subscription filter; empty for all events.
        mark: A text to find the invocation by.
    """
    text = pattern.strip()
    if text.startswith("{"):
        return _json_line(text, mark)
    if text.startswith("[") or "%" in text:
        return f"Workbench test {mark}", False  # columns, or a regular expression
    terms = list(_TERM.finditer(text))
    wanted = [(each["quoted"] or each["bare"] or "") for each in terms if each["sign"] != "-"]
    line = " ".join(["Workbench test", mark, *wanted])
    refused = [(each["quoted"] or each["bare"] or "") for each in terms if each["sign"] == "-"]
    return line, not any(each in line for each in refused)


def _json_line(pattern: str, mark: str) -> tuple[str, bool]:
    document: dict[str, Any] = {"source": "Workbench test", "mark": mark}
    comparisons = list(_COMPARISON.finditer(pattern))
    for each in comparisons:
        *path, last = each["path"].split(".")
        inner = document
        for part in path:
            nested = inner.setdefault(part, {})
            inner = nested if isinstance(nested, dict) else {}
        inner[last] = _fitting(each["operator"], each["value"])
    is_simple = (
        bool(comparisons)
        and pattern.count("$.") == len(comparisons)
        and not re.search(r"\bNOT\b|\bIS\b|\[", pattern)
    )
    return json.dumps(document), is_simple


def _fitting(operator: str, value: str) -> Any:
    quoted = value.startswith('"')
    text = value.strip('"').replace("*", "")
    try:
        number = json.loads(value) if not quoted else None
    except ValueError:
        number = None
    if not isinstance(number, int | float) or isinstance(number, bool):
        return f"not-{text}" if operator == "!=" else text
    return {"=": number, ">=": number, "<=": number, ">": number + 1, "<": number - 1}.get(
        operator, number + 1
    )
