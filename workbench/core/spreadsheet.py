"""Tables as text for spreadsheets: comma- or tab-separated, and never a formula.

Names, messages and headings come from other people. A spreadsheet evaluates a cell that looks like a formula,
which can send the sheet away or start a program.
Source: https://owasp.org/www-community/attacks/CSV_Injection
"""

import re
from collections.abc import Iterable

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_FIELD = re.compile(r"@[A-Za-z]+")
"""Fields of CloudWatch Logs Insights (@timestamp). Without brackets or signs they are not formulas."""
_QUOTED = re.compile(r"[\",;\t\r\n]")
"""Includes the semicolon, which separates cells where the comma is the decimal mark."""
_BREAKS = re.compile(r"[\t\r\n]+")
_PARTS = re.compile(r"([;\t\r\n]['\"]*)")
"""What separates cells where another separator than the comma is expected, and quotes after it: there those
around the whole cell do not count."""


def harmless(value: str) -> str:
    """A cell that no spreadsheet evaluates as a formula; numbers and names of fields are unchanged."""
    if not value.startswith(_FORMULA) or _NUMBER.fullmatch(value) or _FIELD.fullmatch(value):
        return value
    return f"'{value}"


def csv_row(values: Iterable[str], line_end: str = "\r\n") -> str:
    """A line of comma-separated values. Source: RFC 4180."""
    return ",".join(map(_quoted, values)) + line_end


def tsv_row(values: Iterable[str]) -> str:
    """A line of tab-separated values without its end, for the clipboard; breaks in a cell become blanks."""
    return "\t".join(harmless(_BREAKS.sub(" ", value).strip(" ")) for value in values)


def _quoted(value: str) -> str:
    first, *others = _PARTS.split(harmless(value))
    for place in range(0, len(others), 2):
        if harmless(others[place + 1]) != others[place + 1]:
            separator = others[place]
            others[place] = f"{separator[0]}'{separator[1:]}"
    value = "".join((first, *others))
    return '"' + value.replace('"', '""') + '"' if _QUOTED.search(value) else value
