"""What is stated of each kind of event source: invocation model, regions, accounts, permission.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html and the pages of each service below
it. What no page states is a warning, never a block.
"""

from dataclasses import dataclass
from enum import Enum

from workbench.triggers.model import SourceKind


class Verdict(Enum):
    """Whether two places, or two accounts, may differ."""

    ALLOW = "allow"
    WARN = "warn"
    """Not documented: AWS decides, and its answer is shown."""
    BLOCK = "block"


class Model(Enum):
    """How events come to the function."""

    PUSH_SYNC = "Push, synchronous"
    PUSH_ASYNC = "Push, asynchronous"
    PULL = "Pull"


class Authority(Enum):
    """Which permission lets the source through."""

    FUNCTION_POLICY = "function policy"
    EXECUTION_ROLE = "execution role"
    OWN_ROLE = "role of the source"
    CALLER = "the caller's IAM permissions"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table.

    Attributes:
        noun: What one of them is called in a sentence.
        title: The service, as AWS calls it.
        model: How events come.
        region: Whether source and function may be in different regions.
        account: Whether they may belong to different accounts.
        authority: Who lets it through.
        because: Why regions must not differ; a sentence.
        account_actions: What a resource policy of the source must let the execution role do across accounts.
        hop: A kind of source that can connect different regions.
    """

    noun: str
    title: str
    model: Model
    region: Verdict
    account: Verdict
    authority: Authority
    because: str = ""
    account_actions: tuple[str, ...] = ()
    hop: SourceKind | None = None


POLLS = "Lambda only polls {noun}s in its own region."
NOTIFIES = "A {noun} can only invoke functions in its own region."
"""Why regions must not differ."""
