"""One row of the tables of errors, and how rows are written down. Data only."""

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
        operation: The row holds only for this call ("lambda:ListFunctions").
    """

    why: str
    remedy: str = ""
    action: str = ""
    message: str = ""
    operation: str = ""


Rows = tuple[tuple[str, tuple[Rule, ...]], ...]


def on(names: str, *rules: Rule) -> tuple[str, tuple[Rule, ...]]:
    """What holds for some names, divided by blanks: the first rule that fits."""
    return names, rules


def by_name(rows: Rows) -> Mapping[str, tuple[Rule, ...]]:
    """The rows, each found by every one of its names."""
    return {name: rules for names, rules in rows for name in names.split()}
