"""Something about a package that a person should know before it is deployed."""

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How bad it is."""

    ERROR = "error"
    """The function will probably fail, or cannot be deployed."""
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. No text of it holds a secret.

    Attributes:
        level: How bad it is.
        rule: What kind of finding: "platform", "glibc", "python", "handler", "secret", "unused", "runtime",
            "size", "dependencies".
        what: One sentence.
        remedy: What to do about it.
        path: The file in the package, or empty.
        line: From 1; 0 when it is about no line.
        size_bytes: What could be saved, or 0.
        action: Id of the action that does it, or empty.
    """

    level: Level
    rule: str
    what: str
    remedy: str
    path: str = ""
    line: int = 0
    size_bytes: int = 0
    action: str = ""
