"""Run Locally and Debug Locally: the draft of the open function on this computer."""

from workbench.core.messages import _
from workbench.ui.action_spec import ActionSpec
from workbench.ui.features.local_run.debugging import DebugFlow
from workbench.ui.features.local_run.runs import RUN_AND_DEBUG, LocalRuns
from workbench.ui.kit.text import tool_tip
from workbench.ui.pages.test import TestPage
from workbench.ui.shell.context import Context


def activate(context: Context) -> None:
    """Adds local runs, and the panel of the debugger."""
    runs, button = LocalRuns(context), context.page(TestPage).local_button
    run_spec = ActionSpec(
        "function.run_locally",
        _("Run Locally"),
        "Alt+Shift+R",
        "terminal",
        "function",
        submenu=RUN_AND_DEBUG,
        terms=_("local, emulate, offline"),
    )
    run = context.action(run_spec, runs.run, after="function.edit_event")
    button.setToolTip(tool_tip(run.toolTip()))
    button.setEnabled(not context.services.actions.forbidden(run_spec.id))
    button.clicked.connect(run.trigger)
    credentials = ActionSpec(
        "function.local_credentials",
        _("Credentials of Local Runs…"),
        icon="key-round",
        when="function",
        submenu=RUN_AND_DEBUG,
        terms=_("keys, environment"),
    )
    context.action(credentials, runs.ask_credentials, after=run_spec.id)
    DebugFlow(context, runs, after=credentials.id)
