"""What a person wants of a deploy beside the new code. Values only; the journal keeps them as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Self


class Upload(Enum):
    """How a package gets to Lambda."""

    AUTO = "auto"
    """Directly; through S3 when it is too large for that, or when that sends less."""
    DIRECT = "direct"
    S3 = "s3"


@dataclass(frozen=True, slots=True)
class DeployOptions:
    """How a deploy is to go.

    Attributes:
        undo_on_failure: Take everything back, in reverse, when a step fails or the person cancels. Without it
            a deploy stops where it is and says which code the function has.
        upload: How the package gets to Lambda.
        bucket: Staging bucket in the function's region; empty for one that Workbench makes for itself.
    """

    undo_on_failure: bool = False
    upload: Upload = Upload.AUTO
    bucket: str = ""

    def to_json(self) -> dict[str, Any]:
        """For the journal; `from_json` reads it back."""
        return {
            "undo_on_failure": self.undo_on_failure,
            "upload": self.upload.value,
            "bucket": self.bucket,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError when the value is not from `to_json` of this version."""
        return cls(
            undo_on_failure=bool(value["undo_on_failure"]),
            upload=Upload(value["upload"]),
            bucket=str(value["bucket"]),
        )
