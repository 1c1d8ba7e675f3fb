"""One row of the tables of errors, and how rows are written down. Data only."""

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One row.

    Attributes:
        why: The cause, in words.
        remedy: What to do.
        action: Id of the action that does it.
        message: The row holds only if this regular expression is found in AWS's message, which begins with
            the Reason where AWS gives one.
        operation: The row holds only for these calls, divided by blanks: "lambda:ListFunctions", or "sns:"
            for each call of a service.
    """

    why: str
    remedy: str = ""
    action: str = ""
    message: str = ""
    operation: str = ""

    def holds_for(self, text: str, operation: str) -> bool:
        """Whether it is the row of an answer.

        Args:
            text: AWS's message, see `message`.
            operation: The call that was refused.
        """
        calls = self.operation.split()
        is_call = not calls or any(
            operation == each or (each[-1] == ":" and operation.startswith(each)) for each in calls
        )
        return is_call and re.search(self.message, text, re.IGNORECASE) is not None


Rows = tuple[tuple[str, tuple[Rule, ...]], ...]


def on(names: str, *rules: Rule) -> tuple[str, tuple[Rule, ...]]:
    """What holds for some names, divided by blanks: the first rule that fits."""
    return names, rules


def by_name(*tables: Rows) -> Mapping[str, tuple[Rule, ...]]:
    """The rows of some tables, each found by every one of its names, those of the first table first."""
    found: dict[str, tuple[Rule, ...]] = {}
    for names, rules in (row for table in tables for row in table):
        for name in names.split():
            found[name] = (*found.get(name, ()), *rules)
    return found
