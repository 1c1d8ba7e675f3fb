"""A call of an AWS service that was found in code, and what is known of its arguments."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Value:
    """A text that code names.

    Attributes:
        text: The literal; for an environment variable its default; empty if unknown.
        variable: The environment variable; empty for a literal.
    """

    text: str = ""
    variable: str = ""


Arguments = tuple[tuple[str, tuple[Value, ...]], ...]
"""The known values of arguments, by name; of those in `CONTAINERS` the members."""


CONTAINERS = frozenset(
    ("ConditionCheck", "Delete", "Entries", "Get", "Params", "Put", "TransactItems", "Update", "params")
)
"""Arguments whose members name resources, too. Those of others, such as an item, only look alike."""
COPY_SOURCE = "CopySource"
"""Bucket and key of the object that S3 copies: a text, or a structure."""


@dataclass(frozen=True, slots=True)
class FoundCall:
    """A call of a service.

    Attributes:
        path: The file, relative to the code.
        line: From 1.
        service: botocore's name.
        operation: As in the service's model ("PutItem").
    """

    path: str
    line: int
    service: str
    operation: str
    arguments: Arguments = ()
