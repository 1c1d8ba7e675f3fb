"""What can be done with a function on this computer, for the table of all actions."""

from workbench.ui.action_spec import QT_TRANSLATE_NOOP, ActionSpec

LOCAL_RUN = (
    ActionSpec(
        "function.run_locally",
        QT_TRANSLATE_NOOP("Actions", "Run Locally"),
        "Alt+Shift+R",
        "terminal",
        "function",
    ),
    ActionSpec(
        "function.local_credentials",
        QT_TRANSLATE_NOOP("Actions", "Credentials of Local Runs…"),
        "",
        "key-round",
        "function",
    ),
)
