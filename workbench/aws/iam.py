"""Workbench's own IAM policies: which of them allows an action, and what IAM's limits of policies are.

`python -m tests.aws.make_policies` generates them, the files resources/policies/*.json.
"""

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.files import resources_dir

_DENIED = ("AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation")
_OF_OWNER = "resource-based policy"

LEVELS = ("view", "deploy", "everything")
"""Levels of policies, the least permissive first; each includes the previous ones."""

MAX_INLINE_CHARACTERS = 10_240
"""Maximum size of all inline policies of a role together, without white space. Source: as below."""
MAX_CHARACTERS = 6144
"""Maximum size of a managed policy, without white space.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """An IAM policy that the user can attach.

    Attributes:
        level: One of `LEVELS`.
    """

    name: str
    level: str
    text: str

    @property
    def characters(self) -> int:
        """Its size as IAM counts it, without white space."""
        return counted(self.text)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of one of the policies: file name and Sid."""

    file: str
    sid: str


def is_missing(error: WorkbenchError) -> bool:
    """Whether a call was refused for a permission that the caller's own account can grant.

    Not if the resource's own policy lacks it: only that can allow reading a queue of another account.
    """
    return error.aws_code in _DENIED and _OF_OWNER not in error.why


def counted(text: str) -> int:
    """The size of a policy as IAM counts it, without white space."""
    return len("".join(text.split()))


def policies_dir() -> Path:
    """The folder of the policies."""
    return resources_dir() / "policies"


@functools.cache
def policy_files() -> tuple[PolicyFile, ...]:
    """The policies, least permissive first. A level has several files if IAM's limit requires it."""
    return tuple(
        PolicyFile(path.name, level, path.read_text("utf-8"))
        for level in LEVELS
        for path in sorted(policies_dir().glob(f"{level}*.json"))
    )


def statement_for(action: str) -> Statement | None:
    """The statement that allows an action ("lambda:GetFunction"), in the least permissive policy.

    Returns:
        None for an action that Workbench does not need.
    """
    return _statements().get(action.lower())


@functools.cache
def _statements() -> dict[str, Statement]:
    found: dict[str, Statement] = {}
    for file in policy_files():
        for statement in statements_of(file.text):
            for action in statement["Action"]:
                found.setdefault(action.lower(), Statement(file.name, statement["Sid"]))
    return found


def statements_of(text: str) -> Iterator[dict[str, Any]]:
    """The statements of one of our policies."""
    yield from json.loads(text)["Statement"]
