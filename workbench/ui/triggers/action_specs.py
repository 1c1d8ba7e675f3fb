"""What can be done with triggers, for the table of all actions."""

from workbench.ui.action_spec import QT_TRANSLATE_NOOP, ActionSpec

TRIGGERS = (
    ActionSpec(
        "triggers.add",
        QT_TRANSLATE_NOOP("Actions", "Add Trigger…"),
        "Alt+Shift+T",
        "plug",
        "function",
    ),
    ActionSpec(
        "triggers.doctor",
        QT_TRANSLATE_NOOP("Actions", "Trigger Doctor…"),
        "",
        "wrench",
        "connected",
    ),
    ActionSpec(
        "triggers.undo_pause",
        QT_TRANSLATE_NOOP("Actions", "Undo Pause or Resume"),
        "",
        "undo-2",
        "triggers.undo_pause",
        only_when_enabled=True,
    ),
    ActionSpec(
        "triggers.interrupted",
        QT_TRANSLATE_NOOP("Actions", "Interrupted Trigger Changes…"),
        "",
        "triangle-alert",
        "triggers.interrupted",
        only_when_enabled=True,
    ),
)
