"""What each action does: the table of action_table.py, bound to the parts that do it."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from workbench.ui import settings_dialog
from workbench.ui.command_palette import CommandPalette
from workbench.ui.editor import EditorCommand
from workbench.ui.go_to_file import GoToFile
from workbench.ui.go_to_symbol import GoToSymbol
from workbench.ui.pages.base import Page
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
        window, actions, code = parts.window, parts.services.actions, parts.code
        palette = CommandPalette(
            actions,
            window,
            parts.services.settings,
            self._open_settings,
            open_configuration,
            lambda: window.page.function.detail if window.page.function else None,
        )
        handlers: tuple[tuple[str, Callable[[], object]], ...] = (
            ("file.save", code.files.save_shown),
            ("file.new", code.changes.new_file),
            ("file.new_folder", code.changes.new_folder),
            ("file.undo", code.changes.undo),
            ("file.go_to", partial(self._pick, GoToFile(window, code))),
            ("edit.go_to_any_symbol", partial(self._pick, GoToSymbol(window, parts.services, code))),
            ("file.close", code.files.close_shown),
            ("edit.find", self._find),
            *(
                (name, partial(code.files.editor.run, command))
                for name, command in (
                    ("edit.format", EditorCommand.FORMAT),
                    ("edit.fix", EditorCommand.QUICK_FIX),
                    ("edit.rename", EditorCommand.RENAME),
                    ("edit.go_to_symbol", EditorCommand.GO_TO_SYMBOL),
                    ("edit.go_to_definition", EditorCommand.GO_TO_DEFINITION),
                    ("edit.find_references", EditorCommand.FIND_REFERENCES),
                )
            ),
            ("language.restart", parts.language.restart),
            ("edit.find_in_files", self._find_in_files),
            ("edit.replace_in_files", partial(self._find_in_files, replace=True)),
            ("app.quit", window.close),
            ("app.settings", self._open_settings),
            ("function.deploy", lambda: code.ready_to_deploy(parts.deploy.start)),
            ("deploy.resolve_conflict", parts.conflict.resolve),
            ("deploy.undo_merge", parts.conflict.merge.undo),
            ("view.next_pane", window.go_to_pane),
            ("view.previous_pane", partial(window.go_to_pane, forward=False)),
            ("view.newest_message", window.go_to_newest_message),
            ("view.hide_functions", window.hide_functions),
            ("view.hide_bottom", window.hide_bottom),
            ("view.split", code.files.split),
            ("view.beside", code.files.view.go_beside),
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

    def _pick(self, picker: GoToFile | GoToSymbol) -> None:
        self._parts.window.page.show_tab("codePage")
        picker.open()

    def _find(self) -> None:
        """In what is in front: log lines, or else the code."""
        page = self._parts.window.page.tabs.currentWidget()
        if not (isinstance(page, Page) and page.active and page.go_to_search()):
            self._parts.code.files.editor.run(EditorCommand.FIND)

    def _find_in_files(self, *, replace: bool = False) -> None:
        self._parts.window.show_panel(self._parts.found)
        self._parts.found.focus_search(replace=replace)

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
        elif key.startswith("editor."):
            self._parts.code.files.apply_settings()
