"""What can be done with a function on this computer, for the table of all actions."""

from workbench.core.messages import _
from workbench.ui.action_spec import ActionSpec

LOCAL_RUN = (
    ActionSpec(
        "function.run_locally",
        _("Run Locally"),
        "Alt+Shift+R",
        "terminal",
        "function",
    ),
    ActionSpec(
        "function.local_credentials",
        _("Credentials of Local Runs…"),
        "",
        "key-round",
        "function",
    ),
)
