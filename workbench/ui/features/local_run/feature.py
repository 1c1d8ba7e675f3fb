"""Run Locally and Debug Locally: what is added to the window for them."""

from collections.abc import Callable
from typing import Any

from workbench.core.messages import _
from workbench.ui.features.local_run.breakpoints import BreakpointEditing, BreakpointStore
from workbench.ui.features.local_run.debugging import DebugFlow
from workbench.ui.features.local_run.runs import RUN_AND_DEBUG, LocalRuns
from workbench.ui.kit.text import tool_tip
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.test import TestPage
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context


def activate(context: Context) -> None:
    """Adds local runs, and the panel of the debugger."""
    runs, button = LocalRuns(context), context.page(TestPage).local_button
    breakpoints = BreakpointStore(context.services, context.page(CodePage))
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
    after = _add_breakpoints(context, breakpoints, after=credentials.id)
    DebugFlow(context, runs, breakpoints, after=after)


def _add_breakpoints(context: Context, breakpoints: BreakpointStore, after: str) -> str:
    """Adds what can be done to a breakpoint; returns the last action."""
    editing = BreakpointEditing(breakpoints, context.page(CodePage), context.window)

    def add(edit: Callable[[], None], id: str, title: str, keys: str = "", **details: Any) -> None:
        nonlocal after

        def run() -> None:
            context.window.page.show_tab("codePage")
            edit()

        spec = ActionSpec(id, title, keys, when="function", submenu=RUN_AND_DEBUG, **details)
        context.action(spec, run, after=after)
        after = id

    add(editing.toggle, "debug.toggle_breakpoint", _("Toggle Breakpoint"), "F9", begins_group=True)
    terms = _("condition, hit count, logpoint, log message")
    add(editing.edit, "debug.edit_breakpoint", _("Edit Breakpoint…"), "Shift+F9", terms=terms)
    add(editing.switch, "debug.switch_breakpoint", _("Enable or Disable Breakpoint"))
    return after
