"""What each action does: the table of action_table.py, bound to the parts that do it."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from workbench.ui import settings_dialog
from workbench.ui.command_palette import CommandPalette
from workbench.ui.parts import Parts
from workbench.ui.preferences import SANDBOX_START, SANDBOX_STATES, TEXT_SIZE_PERCENT, THEME

_TABS = ("code", "configuration", "triggers", "test", "logs", "metrics", "versions")


class Bindings(QObject):
    """Binds the actions for as long as the window lives.

    Signals:
        setting_changed: A person gave a setting another value; its key.
    """

    setting_changed = Signal(str)

    def __init__(self, parts: Parts, open_configuration: Callable[[str], object]) -> None:
        super().__init__(parts.window)
        self._parts = parts
        window, actions = parts.window, parts.services.actions
        palette = CommandPalette(
            actions,
            window,
            parts.services.settings,
            self._open_settings,
            open_configuration,
            lambda: window.page.function.detail if window.page.function else None,
        )
        handlers: tuple[tuple[str, Callable[[], object]], ...] = (
            ("app.quit", window.close),
            ("app.settings", self._open_settings),
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

    def _open_settings(self, field: str = "") -> None:
        dialog = settings_dialog.SettingsDialog(
            self._parts.services.settings, self._parts.window, self._parts.services.policy
        )
        dialog.changed.connect(self._setting_changed)
        dialog.open()
        if field:
            dialog.focus_field(field)

    def _setting_changed(self, key: str) -> None:
        settings = self._parts.services.settings
        self.setting_changed.emit(key)
        if key == THEME.key:
            self._parts.services.theme.choose(THEME.read(settings))
        elif key == TEXT_SIZE_PERCENT.key:
            self._parts.services.theme.set_text_size(TEXT_SIZE_PERCENT.read(settings))
        elif key == SANDBOX_START.key:
            self._parts.sandbox.apply_setting()
        elif key == SANDBOX_STATES.key:
            self._parts.sandbox.apply_pace()
