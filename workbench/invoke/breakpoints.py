"""Breakpoints: where a debugged function stops, or writes a line to its log instead."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench.core.messages import _

_HIT_COUNT = re.compile(r"(==|>=|<=|>|<|%)?\s*[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Breakpoint:
    """A line of a file.

    Attributes:
        line: From 1.
        condition: A Python expression: the function stops only if it is true. "" for none.
        hit_count: The function stops only when the line is reached for this time: "5", ">= 5", or "% 5" for
            every fifth time. "" for none. The debugger cannot combine it with a condition.
        log_message: Written to the log in place of a stop; each {expression} in it becomes its value.
        is_enabled: Whether the debugger knows it.
    """

    line: int
    condition: str = ""
    hit_count: str = ""
    log_message: str = ""
    is_enabled: bool = True

    def problem(self) -> str:
        """Why the debugger cannot use it; "" if it can."""
        if self.condition and self.hit_count:
            return _("A breakpoint has either a condition or a hit count.")
        if self.condition and (fault := _fault(self.condition)):
            return _("The condition is not a Python expression: {fault}.").format(fault=fault)
        if self.hit_count and not _HIT_COUNT.fullmatch(self.hit_count):
            return _("The hit count must be a number such as 5, or >= 5, or % 5 for every fifth time.")
        for __, expression in _parts(self.log_message):
            if fault := _("braces do not match") if expression is None else expression and _fault(expression):
                return _("The log message cannot be evaluated: {fault}.").format(fault=fault)
        return ""

    def request(self) -> dict[str, Any]:
        """A SourceBreakpoint of the Debug Adapter Protocol."""
        optional = {
            "condition": self.condition,
            "hitCondition": self.hit_count,
            "logMessage": _escaped(self.log_message),
        }
        return {"line": self.line, **{name: text for name, text in optional.items() if text}}


def _fault(expression: str) -> str:
    """Why a text is no expression; "" if it is one. Nothing is run."""
    try:
        ast.parse(expression.strip(), mode="eval")
    except SyntaxError as error:
        return error.msg
    except (ValueError, RecursionError, MemoryError):
        return _("it cannot be read")
    return ""


def _parts(log_message: str) -> Iterator[tuple[str, str | None]]:
    """A message as debugpy divides it: texts, each with the expression in braces that follows it.

    The expression is None if its closing brace is missing; "" at the end, and for empty braces.
    """
    while log_message:
        text, brace, rest = log_message.partition("{")
        end = _closing_brace(rest)
        if brace and end < 0:
            yield text, None
            return
        yield text, rest[:end].strip() if brace else ""
        log_message = rest[end + 1 :]


def _closing_brace(rest: str) -> int:
    """Where the expression ends that a text begins with; -1 for nowhere."""
    depth = 0
    for at, character in enumerate(rest):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth < 0:
            return at
    return -1


def _escaped(log_message: str) -> str:
    """The message for debugpy, which makes a %-format of one with expressions."""
    parts = list(_parts(log_message))
    if not any(expression for __, expression in parts):
        return log_message
    return "".join(
        text.replace("%", "%%") + (f"{{{expression}}}" if expression else "") for text, expression in parts
    )
