"""What can be done with triggers, for the table of all actions."""

from workbench.core.messages import _
from workbench.ui.action_spec import ActionSpec

TRIGGERS = (
    ActionSpec(
        "triggers.add",
        _("Add Trigger…"),
        "Alt+Shift+T",
        "plug",
        "function",
    ),
    ActionSpec(
        "triggers.doctor",
        _("Trigger Doctor…"),
        "",
        "wrench",
        "connected",
    ),
    ActionSpec(
        "triggers.undo_pause",
        _("Undo Pause or Resume"),
        "",
        "undo-2",
        "triggers.undo_pause",
        only_when_enabled=True,
    ),
)
