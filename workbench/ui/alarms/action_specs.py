"""The actions of alarms. See action_table.py."""

from workbench.core.messages import _
from workbench.ui.action_spec import ActionSpec

CREATE, SHOW = "alarms.create", "alarms.show"

ALARMS = (
    ActionSpec(CREATE, _("Create Alarm…"), "", "bell", "function", begins_group=True),
    ActionSpec(SHOW, _("Show Alarms…"), "", "", "function"),
)
