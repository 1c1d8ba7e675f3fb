"""What a plan does: each call, where, and how it is taken back."""

from collections.abc import Sequence

from workbench.triggers.step import Step
from workbench.ui.rows_model import TableRow
from workbench.ui.wrapping_table import WrappingTable


class PlanView(WrappingTable):
    """The steps, in order."""

    def __init__(self) -> None:
        headers = (
            self.tr("Step"),
            self.tr("API call"),
            self.tr("Region"),
            self.tr("Undo"),
        )
        super().__init__("triggerPlan", self.tr("Steps of the plan"), headers, (0, 235, 110, 200))
        self.steps: tuple[Step, ...] = ()

    def show_steps(self, steps: Sequence[Step]) -> None:
        """Shows them, numbered."""
        self.steps = tuple(steps)
        self.take([self._row(number, step) for number, step in enumerate(self.steps, 1)])

    def text(self) -> str:
        """The plan as a text to keep or to send."""
        return "\n".join(
            f"{number}. {step.title} ({step.api_call}, {step.region})"
            + (f"; undo: {step.undo}" if step.undo else "")
            for number, step in enumerate(self.steps, 1)
        )

    def _row(self, number: int, step: Step) -> TableRow:
        call = step.api_call.replace(":", ": ")  # to break it at
        texts = (f"{number}. {step.title}", call, step.region, step.undo)
        return TableRow(texts, ((1, step.api_call),))
