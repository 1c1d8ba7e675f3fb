"""The table of everything that can be done. See actions.py for what is made of it."""

from workbench.core.messages import _
from workbench.ui.action_spec import ActionSpec, in_submenu

# Menu title -> its actions, both in the order that people see.
MENUS: dict[str, tuple[ActionSpec, ...]] = {
    _("&File"): (
        ActionSpec("file.open_project", _("Open Project…"), "", "folder-open", "connected"),
        ActionSpec("app.settings", _("Settings…"), "Ctrl+,", "settings", begins_group=True),
        ActionSpec("app.quit", _("Quit"), "Ctrl+Q", begins_group=True),
    ),
    _("&Edit"): (),
    _("&Go"): (),
    _("&Code"): (
        ActionSpec(
            "code.package_contents",
            _("Package Contents…"),
            "Alt+Shift+K",
            "package",
            "function",
        ),
    ),
    _("F&unction"): (
        ActionSpec(
            "function.new",
            _("New Function…"),
            "Alt+Shift+N",
            "file-plus",
            "connected",
        ),
        *in_submenu(
            _("Deploy"),
            ActionSpec(
                "function.deploy",
                _("Deploy"),
                "Ctrl+Shift+D",
                "rocket",
                "function",
                begins_group=True,
            ),
            ActionSpec(
                "function.deploy_with",
                _("Deploy with Options…"),
                "Ctrl+Shift+B",
                "",
                "function",
            ),
            ActionSpec(
                "function.deploy_on_save",
                _("Deploy on Save"),
                "Alt+Shift+S",
                "",
                "function",
            ),
        ),
        *in_submenu(
            _("Versions"),
            ActionSpec(
                "function.publish_version",
                _("Publish Version…"),
                "Ctrl+Shift+M",
                "layers",
                "function",
            ),
            ActionSpec("function.new_alias", _("New Alias…"), "", "", "function"),
            ActionSpec(
                "function.prune_versions",
                _("Delete Old Versions…"),
                "",
                "trash-2",
                "function",
            ),
        ),
        *in_submenu(
            _("Run and Debug"),
            ActionSpec("function.invoke", _("Invoke"), "Ctrl+Shift+I", "play", "function"),
        ),
    ),
    _("&Metrics"): (),
    _("&View"): (
        ActionSpec("view.palette", _("Command Palette"), "Ctrl+Shift+P", "terminal"),
        ActionSpec("view.code", _("Code"), "Alt+1", "", "function", begins_group=True),
        ActionSpec("view.configuration", _("Configuration"), "Alt+2", "", "function"),
        ActionSpec("view.triggers", _("Triggers"), "Alt+3", "", "function"),
        ActionSpec("view.test", _("Test"), "Alt+4", "", "function"),
        ActionSpec("view.logs", _("Logs"), "Alt+5", "", "function"),
        ActionSpec("view.metrics", _("Metrics"), "Alt+6", "", "function"),
        ActionSpec("view.versions", _("Versions"), "Alt+7", "", "function"),
        ActionSpec("view.problems", _("Problems"), "Alt+9"),
        ActionSpec("view.activity", _("Activity"), "Alt+0", "activity"),
        ActionSpec("view.next_pane", _("Go to Next Pane"), "F6", begins_group=True),
        ActionSpec("view.previous_pane", _("Go to Previous Pane"), "Shift+F6"),
        ActionSpec("view.newest_message", _("Go to Newest Message"), "Ctrl+Shift+J"),
        ActionSpec(
            "view.hide_functions",
            _("Show or Hide Function List"),
            "Ctrl+B",
            "panel-left",
            begins_group=True,
        ),
        ActionSpec(
            "view.hide_bottom",
            _("Show or Hide Bottom Panel"),
            "Ctrl+J",
            "panel-bottom",
        ),
    ),
    _("&Profile"): (
        ActionSpec("profile.choose", _("Choose Profile"), "", "users"),
        ActionSpec("profile.choose_region", _("Choose Region"), "", "globe"),
        ActionSpec("profile.manage", _("AWS Profiles…"), "Alt+Shift+P", "users", begins_group=True),
        ActionSpec("profile.reload", _("Reload Profiles"), "", "users"),
        ActionSpec("connection.retry", _("Connect Again"), "", "plug", begins_group=True),
        ActionSpec("profile.sign_in", _("Sign In…"), "", "log-in"),
        ActionSpec(
            "profile.confirm_account",
            _("Confirm Account…"),
            "",
            "shield",
            begins_group=True,
        ),
        ActionSpec("profile.trust_endpoint", _("Allow Endpoint…"), "", "globe-lock"),
        ActionSpec("profile.trust_process", _("Allow Credential Process…"), "", "terminal"),
    ),
    _("&Sandbox"): (),
    _("&Help"): (),
}
