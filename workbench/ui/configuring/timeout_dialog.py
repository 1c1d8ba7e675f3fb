"""Says which queues leave no room for a new timeout, and offers to give it."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.core.messages import _, ngettext
from workbench.triggers.model import Finding, FixKind, Severity
from workbench.triggers.step import Step
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.text import text_label
from workbench.ui.kit.text_size import scaled

_SHOWN = 6  # what fits on a small screen
_WIDTH, _TIGHT = 560, 3


class TimeoutDialog(Dialog):
    """Asks.

    Args:
        findings: Of the queues, those whose messages would be delivered again first.
        parent: The window.

    Signals:
        agreed: Whether the queues are to be changed first.
    """

    agreed = Signal(bool)

    def __init__(self, findings: Sequence[Finding], parent: QWidget) -> None:
        super().__init__("queueTimeouts", "", parent)
        self.set_title(_("Queues and the New Timeout"))
        for number, finding in enumerate(findings[:_SHOWN]):
            self.content.addLayout(_finding_lines(number, finding))
        if (more := len(findings) - _SHOWN) > 0:
            words = ngettext(
                "The same applies to {count} more queue.", "The same applies to {count} more queues.", more
            ).format(count=more)
            self.content.addWidget(text_label("queueTimeoutsMore", words, "muted"))
        if any(finding.fixes for finding in findings):
            fix = self.add_button("queueTimeoutsFix", _("Update Queues and Apply"), "primary")
            fix.clicked.connect(lambda: self._agree(changes_queues=True))
        go_on = self.add_button("queueTimeoutsGoOn", _("Apply Without Updating Queues"))
        go_on.clicked.connect(lambda: self._agree(changes_queues=False))
        cancel = self.add_button("queueTimeoutsCancel", _("Cancel"))
        cancel.clicked.connect(self.reject)
        self.setMinimumWidth(scaled(_WIDTH))
        self.finish_layout()

    def _agree(self, *, changes_queues: bool) -> None:
        self.accept()
        self.agreed.emit(changes_queues)


def _finding_lines(number: int, finding: Finding) -> QVBoxLayout:
    """What was found, why it matters, and what would be done."""
    lines = QVBoxLayout()
    lines.setSpacing(_TIGHT)
    role = "danger" if finding.severity is Severity.BLOCK else ""
    lines.addWidget(text_label(f"queueTimeoutsWhat.{number}", finding.what, role))
    words = [finding.why, finding.aws, *(f"{step.title}." for step in steps_of([finding]))]
    for place, text in enumerate(filter(None, words)):
        lines.addWidget(text_label(f"queueTimeoutsWhy.{number}.{place}", text, "muted"))
    return lines


def steps_of(findings: Sequence[Finding]) -> tuple[Step, ...]:
    """What gives the queues room, each step once."""
    steps = [
        step
        for finding in findings
        for fix in finding.fixes[:1]
        if fix.kind is FixKind.STEPS
        for step in fix.steps
    ]
    return tuple(step for number, step in enumerate(steps) if step not in steps[:number])
