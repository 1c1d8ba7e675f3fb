"""AWS's refusals of a mapping, as the findings that should have come before them. Pure.

A check may have had no chance: the account may not read what it looks at, or something changed since. Then
AWS's own text is what tells, and stays visible beside the finding.
"""

import re
from collections.abc import Callable

from workbench.core.errors import WorkbenchError
from workbench.triggers.finding import Finding, Fix, FixKind, Severity

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def finding_of(error: WorkbenchError) -> Finding | None:
    """The finding that a refusal stands for; None when this version does not know the refusal.

    Args:
        error: As it came out of execute. Its code and loose parts of its text are compared, never all of it.
    """
    text = error.why.lower()
    for check_id, code, parts, what, fixes in _REFUSALS:
        if error.aws_code == code and all(part in text for part in parts):
            raw = f"{error.aws_code}: {error.why}"
            return Finding(check_id, Severity.BLOCK, what, error.what, fixes(error.why), aws=raw)
    return None


def _none(text: str) -> tuple[Fix, ...]:
    return ()


def _open_existing(text: str) -> tuple[Fix, ...]:
    found = _UUID.search(text)
    return (Fix(FixKind.OPEN_EXISTING, "Open the existing trigger", text=found[0]),) if found else ()


_INVALID = "InvalidParameterValueException"
_REFUSALS: tuple[tuple[str, str, tuple[str, ...], str, Callable[[str], tuple[Fix, ...]]], ...] = (
    (
        "GEN-REGION",
        _INVALID,
        ("event source region must match lambda region",),
        "AWS says that source and function are in different regions.",
        _none,
    ),
    (
        "GEN-REGION",
        "ResourceNotFoundException",
        ("are not reachable in this region",),
        "AWS says that source and function are in different regions.",
        _none,
    ),
    (
        "SQS-VIS-LT",
        _INVALID,
        ("visibility timeout", "less than function timeout"),
        "AWS says that the queue's visibility timeout is less than the function's timeout.",
        _none,
    ),
    (
        "ESM-DUP",
        "ResourceConflictException",
        ("event source mapping", "already exists"),
        "AWS says that the function has a trigger for this source already.",
        _open_existing,
    ),
    (
        "ROLE-DENY",
        _INVALID,
        ("role does not have permissions to call",),
        "AWS says that the execution role may not read the source.",
        _none,
    ),
    (
        "ROLE-DENY",
        _INVALID,
        ("ensure the role can perform",),
        "AWS says that the execution role may not read the source.",
        _none,
    ),
    (
        "ROLE-TRUST",
        _INVALID,
        ("cannot be assumed by lambda",),
        "AWS says that Lambda may not assume the execution role.",
        _none,
    ),
    (
        "ESM-FILTER",
        _INVALID,
        ("filter pattern",),
        "AWS says that a filter is not a pattern.",
        _none,
    ),
)
