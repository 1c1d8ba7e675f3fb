"""The settings of the program: their dialog, and what a new value changes at once."""

from workbench.core.messages import _
from workbench.ui.features.settings import dialog
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context
from workbench.ui.shell.preferences import TEXT_SIZE_PERCENT, THEME


def activate(context: Context) -> None:
    """Adds the action, and offers each setting as a place to go to, by the name of its field."""
    services = context.services
    settings, theme = services.settings, services.theme

    def open_settings(field: str = "") -> None:
        opened = dialog.SettingsDialog(settings, context.window, services.policy)
        opened.changed.connect(context.setting_changed)
        opened.restart_wanted.connect(context.window.restart)
        opened.open()
        if field:
            opened.focus_field(field)

    def apply(key: str) -> None:
        if key == THEME.key:
            theme.choose(THEME.read(settings))
        elif key == TEXT_SIZE_PERCENT.key:
            theme.set_text_size(TEXT_SIZE_PERCENT.read(settings))

    spec = ActionSpec(
        "app.settings",
        _("Settings…"),
        "Ctrl+,",
        "settings",
        begins_group=True,
        terms=_("preferences, options"),
    )
    context.action(spec, open_settings, after="file.open_project")
    context.route("setting", open_settings)
    context.setting_changed.connect(apply)
