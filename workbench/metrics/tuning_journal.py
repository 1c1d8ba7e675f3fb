"""The journals of power tuning, all that a start needs of it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from workbench.core.clock import Clock
from workbench.core.operations import OperationJournal, OperationRecord
from workbench.functions.model import FunctionDetail

RESTORE = "restore"
"""The step that restores the memory of $LATEST; the others are the sizes to publish, in MB."""


@dataclass(frozen=True, slots=True)
class Temporary:
    """What a trial creates temporarily.

    Attributes:
        mark: A unique text in the description of each version.
    """

    account_id: str
    region: str
    function_name: str
    function_arn: str
    memory_mb: int
    sizes_mb: tuple[int, ...]
    mark: str

    @classmethod
    def of(cls, detail: FunctionDetail, sizes_mb: Sequence[int]) -> Self:
        """What the trial of these sizes will create."""
        return cls(
            detail.account_id,
            detail.region,
            detail.function_name,
            detail.function_arn,
            detail.memory_mb,
            tuple(sizes_mb),
            secrets.token_hex(8),
        )

    def description(self, size_mb: int) -> str:
        """The description of a version; at most 256 characters."""
        return f"Workbench power tuning, {size_mb} MB, temporary ({self.mark})"


type InterruptedTuning = OperationRecord[Temporary]


class TuningJournal(OperationJournal[Temporary]):
    """The journals of all trials."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        super().__init__(folder, Temporary, clock)

    def understands(self, record: InterruptedTuning) -> bool:
        return bool(record.about.mark)  # every description contains an empty one
