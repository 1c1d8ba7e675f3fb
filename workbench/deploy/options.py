"""What a person wants of a deploy beside the new code. Values only; the journal keeps them as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class DeployOptions:
    """How a deploy is to go.

    Attributes:
        undo_on_failure: Take everything back, in reverse, when a step fails or the person cancels. Without it
            a deploy stops where it is and says which code the function has.
    """

    undo_on_failure: bool = False

    def to_json(self) -> dict[str, Any]:
        """For the journal; `from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Raises KeyError or TypeError when the value is not from `to_json` of this version."""
        return cls(undo_on_failure=bool(value["undo_on_failure"]))
