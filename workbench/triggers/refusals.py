"""AWS's refusals of a mapping, in the words of the checks that should have come before them. Pure.

A check may have had no chance: the account may not read what it looks at, or something changed since. Then
AWS's own text is what tells, and stays visible beside ours.
"""

from dataclasses import dataclass

from workbench.core.errors import WorkbenchError


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A text that AWS is known to answer, in small letters: all of its parts must be there."""

    check_id: str
    code: str
    parts: tuple[str, ...]
    what: str
    remedy: str


_INVALID = "InvalidParameterValueException"
_REGIONS = (
    "AWS reports that the source and the function are in different regions.",
    "Choose a source in the function's region, or a function in the source's region.",
)
_ROLE = (
    "AWS reports that the execution role does not have permission to read the source.",
    "Attach the policy that the role check offers, and wait a few seconds.",
)
_REFUSALS = (
    _Refusal("GEN-REGION", _INVALID, ("event source region must match lambda region",), *_REGIONS),
    _Refusal("GEN-REGION", "ResourceNotFoundException", ("are not reachable in this region",), *_REGIONS),
    _Refusal(
        "SQS-VIS-LT",
        _INVALID,
        ("visibility timeout", "less than function timeout"),
        "AWS reports that the queue's visibility timeout is less than the function's timeout.",
        "Increase the visibility timeout or decrease the function's timeout.",
    ),
    _Refusal(
        "ESM-DUP",
        "ResourceConflictException",
        ("event source mapping", "already exists"),
        "AWS reports that the function already has a trigger for this source.",
        "Open the existing trigger and change it.",
    ),
    _Refusal("ROLE-DENY", _INVALID, ("role does not have permissions to call",), *_ROLE),
    _Refusal("ROLE-DENY", _INVALID, ("ensure the role can perform",), *_ROLE),
    _Refusal(
        "ROLE-TRUST",
        _INVALID,
        ("cannot be assumed by lambda",),
        "AWS reports that Lambda cannot assume the execution role.",
        "Allow lambda.amazonaws.com to assume it. A new role can take a few seconds to become available.",
    ),
    _Refusal(
        "ESM-FILTER",
        _INVALID,
        ("filter pattern",),
        "AWS reports that a filter pattern is not valid.",
        "Correct the filter and test it with a sample event.",
    ),
)


def explained(error: WorkbenchError) -> WorkbenchError:
    """The error with what this version knows of the refusal, beside AWS's own text.

    Its code and loose parts of its text are compared, never all of it; what is not known stays as it is.
    """
    if known := _known(error):
        error.why = f"{known.what} {error.why} ({known.check_id})"
        error.remedy = known.remedy
    return error


def _known(error: WorkbenchError) -> _Refusal | None:
    text = error.why.lower()
    found = (each for each in _REFUSALS if error.aws_code == each.code)
    return next((each for each in found if all(part in text for part in each.parts)), None)
