"""The actions of the Configuration tab, and those that stop a function. See action_table.py."""

from workbench.core.messages import _
from workbench.ui.action_spec import ActionSpec

CONFIGURATION = (
    ActionSpec(
        "configuration.apply",
        _("Apply Configuration Changes…"),
        "Ctrl+Shift+S",
        "",
        "configuration.apply",
    ),
    ActionSpec(
        "configuration.discard",
        _("Discard Configuration Changes"),
        "",
        "",
        "configuration.discard",
    ),
    ActionSpec(
        "configuration.revert",
        _("Revert Last Configuration Change"),
        "",
        "",
        "configuration.revert",
    ),
)
STOPPING = (
    ActionSpec(
        "function.emergency_stop",
        _("Emergency Stop…"),
        "",
        "triangle-alert",
        "function",
        begins_group=True,
    ),
    ActionSpec(
        "function.resume",
        _("Resume Function"),
        "",
        "play",
        "function.resume",
        only_when_enabled=True,
    ),
)
