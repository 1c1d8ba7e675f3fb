"""The journal of plans in progress. It holds the steps, so that nothing is planned again."""

from pathlib import Path

from workbench.core.clock import Clock
from workbench.core.operations import OperationJournal, OperationRecord
from workbench.triggers.kinds import table
from workbench.triggers.model import TriggerPlan
from workbench.triggers.steps.table import STEP_RUNS

type InterruptedPlan = OperationRecord[TriggerPlan]


class TriggerJournal(OperationJournal[TriggerPlan]):
    """The journals of all plans in progress. A journal that only a later version understands is kept."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        super().__init__(folder, TriggerPlan, clock)

    def understands(self, record: InterruptedPlan) -> bool:
        about = record.about
        is_known = about.kind in table.RULES and all(step.action in STEP_RUNS for step in about.steps)
        return is_known and about.function_arn.count(":") >= 6  # an ARN with a name
