"""The part of the table of actions that is about invoking."""

from workbench.ui.action_spec import QT_TRANSLATE_NOOP, ActionSpec

INVOKING: tuple[ActionSpec, ...] = (
    ActionSpec(
        "function.invoke",
        QT_TRANSLATE_NOOP("Actions", "Invoke"),
        "Ctrl+Shift+I",
        "play",
        "function",
    ),
    ActionSpec(
        "function.invoke_repeatedly",
        QT_TRANSLATE_NOOP("Actions", "Invoke Several Times…"),
        "Ctrl+Shift+R",
        "",
        "function",
    ),
    ActionSpec(
        "function.edit_event",
        QT_TRANSLATE_NOOP("Actions", "Edit Test Event in Code Editor"),
        "",
        "",
        "function",
    ),
)
