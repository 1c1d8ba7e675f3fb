"""Which of our policies allows an action of IAM.

Owns: the shape of resources/policies/*.json. The files are made by `python -m tests.aws.make_policies`.
Must not know: botocore, the UI.
"""

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.paths import resources_dir

LEVELS = ("view", "deploy", "everything")
"""What a person may do with a policy, from the least; each level allows what those before it do."""

MOST_CHARACTERS = 6144
"""Of a managed policy, without white space. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """An IAM policy that a person can attach.

    Attributes:
        name: Of the file ("view.json").
        level: One of `LEVELS`.
        text: The policy in JSON.
    """

    name: str
    level: str
    text: str

    @property
    def characters(self) -> int:
        """Its length as IAM counts it, without white space."""
        return counted(self.text)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of one of the policies: its file's name and its Sid."""

    file: str
    sid: str


def counted(text: str) -> int:
    """The length of a policy as IAM counts it, without white space."""
    return len("".join(text.split()))


def policies_dir() -> Path:
    """The folder of the policies."""
    return resources_dir() / "policies"


@functools.cache
def policy_files() -> tuple[PolicyFile, ...]:
    """The policies, those that allow least first. A level takes several files where IAM limits their size."""
    return tuple(
        PolicyFile(path.name, level, path.read_text("utf-8"))
        for level in LEVELS
        for path in sorted(policies_dir().glob(f"{level}*.json"))
    )


def statement_for(action: str) -> Statement | None:
    """The statement that allows an action ("lambda:GetFunction"), of the policy that allows least.

    Returns:
        None for an action that no policy allows, since Workbench does not need it.
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
    """The statements of a policy of ours."""
    yield from json.loads(text)["Statement"]
