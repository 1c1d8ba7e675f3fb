"""What each action does: the table of action_table.py, bound to the parts that do it."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject

from workbench.ui.command_palette import CommandPalette
from workbench.ui.parts import Parts

_TABS = ("code", "configuration", "triggers", "test", "logs", "metrics", "versions")


class Bindings(QObject):
    """Binds the actions of the window itself.

    Args:
        parts: Of the window.
        navigate: See Context.navigate.
    """

    def __init__(self, parts: Parts, navigate: Callable[[str, str], object]) -> None:
        super().__init__(parts.window)
        window, actions = parts.window, parts.services.actions
        palette = CommandPalette(
            actions,
            window,
            parts.services.settings,
            partial(navigate, "setting"),
            partial(navigate, "configuration.setting"),
            lambda: window.page.function.detail if window.page.function else None,
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
            ("connection.retry", parts.session.connect_now),
            ("profile.choose", window.top_bar.profile.showPopup),
            ("profile.choose_region", window.top_bar.region.showPopup),
        )
        for name, handler in handlers:
            actions.bind(name, handler)
        for tab in _TABS:
            actions.bind(f"view.{tab}", partial(window.page.show_tab, f"{tab}Page"))
        window.status_jobs.activity_wanted.connect(actions["view.activity"].trigger)
