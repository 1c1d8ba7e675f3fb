"""The part of the table of actions that is about invoking."""

from workbench.core.messages import _
from workbench.ui.action_spec import ActionSpec

INVOKING: tuple[ActionSpec, ...] = (
    ActionSpec(
        "function.invoke",
        _("Invoke"),
        "Ctrl+Shift+I",
        "play",
        "function",
    ),
    ActionSpec(
        "function.invoke_repeatedly",
        _("Invoke Several Times…"),
        "Ctrl+Shift+R",
        "",
        "function",
    ),
    ActionSpec(
        "function.edit_event",
        _("Edit Test Event in Code Editor"),
        "",
        "",
        "function",
    ),
)
