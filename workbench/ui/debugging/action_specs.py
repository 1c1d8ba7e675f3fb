"""What can be done while a function is debugged, for the table of all actions."""

from workbench.ui.action_spec import QT_TRANSLATE_NOOP, ActionSpec

STOPPED, RUNNING = "debug.stopped", "debug.running"
"""Situations: the debugged function is stopped; one is running or stopped."""

DEBUG = (
    ActionSpec(
        "function.debug",
        QT_TRANSLATE_NOOP("Actions", "Debug Locally"),
        "Ctrl+F5",
        "bug",
        "function",
        begins_group=True,
    ),
    ActionSpec(
        "debug.toggle_breakpoint",
        QT_TRANSLATE_NOOP("Actions", "Toggle Breakpoint"),
        "F9",
        "",
        "function",
    ),
    ActionSpec("debug.continue", QT_TRANSLATE_NOOP("Actions", "Continue"), "F8", "play", STOPPED),
    ActionSpec("debug.pause", QT_TRANSLATE_NOOP("Actions", "Pause"), "Shift+F8", "pause", RUNNING),
    ActionSpec("debug.step_over", QT_TRANSLATE_NOOP("Actions", "Step Over"), "F10", "step-forward", STOPPED),
    ActionSpec(
        "debug.step_into", QT_TRANSLATE_NOOP("Actions", "Step Into"), "F11", "arrow-down-to-line", STOPPED
    ),
    ActionSpec(
        "debug.step_out", QT_TRANSLATE_NOOP("Actions", "Step Out"), "Shift+F11", "arrow-up-from-line", STOPPED
    ),
    ActionSpec("debug.stop", QT_TRANSLATE_NOOP("Actions", "Stop Debugging"), "Shift+F5", "square", RUNNING),
)
