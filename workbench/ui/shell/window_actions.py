"""What the actions of the window itself do: panes, panels, tabs, the palette, the pickers of the top bar."""

from collections.abc import Callable
from functools import partial

from workbench.ui.shell.command_palette import CommandPalette
from workbench.ui.shell.context import Context

_TABS = ("code", "configuration", "triggers", "test", "logs", "metrics", "versions")


def bind_window_actions(context: Context) -> None:
    """Says what the actions do that stand in the table, and belong to no feature."""
    services, window = context.services, context.window
    actions = services.actions
    palette = CommandPalette(
        actions,
        window,
        services.settings,
        partial(context.navigate, "setting"),
        partial(context.navigate, "configuration.setting"),
        lambda: context.function.detail if context.function else None,
    )
    handlers: tuple[tuple[str, Callable[[], object]], ...] = (
        ("app.quit", window.close),
        ("view.next_pane", window.go_to_pane),
        ("view.previous_pane", partial(window.go_to_pane, forward=False)),
        ("view.newest_message", window.go_to_newest_message),
        ("view.hide_functions", window.hide_functions),
        ("view.hide_bottom", window.hide_bottom),
        ("view.palette", palette.open),
        ("view.problems", lambda: window.go_to_panel(window.problems)),
        ("view.activity", lambda: window.go_to_panel(window.activity)),
        ("connection.retry", context.session.connect_now),
        ("profile.choose", window.top_bar.profile.showPopup),
        ("profile.choose_region", window.top_bar.region.showPopup),
    )
    for name, handler in handlers:
        actions.bind(name, handler)
    for tab in _TABS:
        actions.bind(f"view.{tab}", partial(window.page.show_tab, f"{tab}Page"))
    window.status_jobs.activity_wanted.connect(actions["view.activity"].trigger)
