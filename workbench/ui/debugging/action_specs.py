"""What can be done while a function is debugged, for the table of all actions."""

from workbench.core.messages import _
from workbench.ui.action_spec import ActionSpec

STOPPED, RUNNING = "debug.stopped", "debug.running"
"""Situations: the debugged function is stopped; one is running or stopped."""

DEBUG = (
    ActionSpec(
        "function.debug",
        _("Debug Locally"),
        "Ctrl+F5",
        "bug",
        "function",
        begins_group=True,
    ),
    ActionSpec(
        "debug.toggle_breakpoint",
        _("Toggle Breakpoint"),
        "F9",
        "",
        "function",
    ),
    ActionSpec("debug.continue", _("Continue"), "F8", "play", STOPPED),
    ActionSpec("debug.pause", _("Pause"), "Shift+F8", "pause", RUNNING),
    ActionSpec("debug.step_over", _("Step Over"), "F10", "step-forward", STOPPED),
    ActionSpec("debug.step_into", _("Step Into"), "F11", "arrow-down-to-line", STOPPED),
    ActionSpec("debug.step_out", _("Step Out"), "Shift+F11", "arrow-up-from-line", STOPPED),
    ActionSpec("debug.stop", _("Stop Debugging"), "Shift+F5", "square", RUNNING),
)
