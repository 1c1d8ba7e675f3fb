"""The actions of alarms. See action_table.py."""

from workbench.ui.action_spec import QT_TRANSLATE_NOOP, ActionSpec

CREATE, SHOW = "alarms.create", "alarms.show"

ALARMS = (
    ActionSpec(
        CREATE, QT_TRANSLATE_NOOP("Actions", "Create Alarm…"), "", "bell", "function", begins_group=True
    ),
    ActionSpec(SHOW, QT_TRANSLATE_NOOP("Actions", "Show Alarms…"), "", "", "function"),
)
