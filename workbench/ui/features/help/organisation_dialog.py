"""Help, Organization Policy: the rules in force on this computer, and where they come from."""

from pathlib import Path

from PySide6.QtWidgets import QGridLayout, QWidget

from workbench.core.messages import _
from workbench.core.policy import Policy
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.text import text_label
from workbench.ui.kit.text_size import scaled
from workbench.ui.organisation import describe_rules

_WIDTH = 600
_TITLE_WIDTH = 110


class PolicyDialog(Dialog):
    """Lists the rules in force. Nothing can be changed here.

    Args:
        policy: In force.
        usual_path: Where an administrator puts the file.
        parent: The window.
    """

    def __init__(self, policy: Policy, usual_path: Path, parent: QWidget) -> None:
        super().__init__("policyDialog", "", parent)
        self.set_title(_("Organization Policy"))
        self.setMinimumWidth(scaled(_WIDTH))
        rules = describe_rules(policy)
        if policy.problem is not None:
            self.content.addWidget(text_label("policyProblem", str(policy.problem), "danger"))
        elif rules:
            words = _("The administrator of this computer set these rules in {path}.")
            self.content.addWidget(text_label("policySource", words.format(path=str(policy.path)), "muted"))
        elif policy.path is not None:
            words = _("The policy {path} sets no rule.")
            self.content.addWidget(text_label("policySource", words.format(path=str(policy.path)), "muted"))
        else:
            words = _(
                "No policy is set on this computer. An administrator can set one in the file {usual_path}; "
                "Workbench reads it when it starts."
            )
            self.content.addWidget(
                text_label("policySource", words.format(usual_path=str(usual_path)), "muted")
            )
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        grid.setColumnMinimumWidth(0, _TITLE_WIDTH)
        grid.setColumnStretch(1, 1)
        for row, (title, text) in enumerate(rules):
            grid.addWidget(text_label(f"policyTitle.{row}", title, "heading"), row, 0)
            grid.addWidget(text_label(f"policyRule.{row}", text), row, 1)
        self.content.addLayout(grid)
        self.finish_layout()
        close = self.add_button("policyClose", _("Close"), "primary")
        close.clicked.connect(self.accept)
