"""The table of everything that can be done. See actions.py for what is made of it."""

from workbench.ui.action_spec import QT_TRANSLATE_NOOP, ActionSpec, in_submenu
from workbench.ui.alarms.action_specs import ALARMS
from workbench.ui.code_actions import CODE, EDIT, GO
from workbench.ui.configuring.action_specs import CONFIGURATION, STOPPING
from workbench.ui.debugging.action_specs import DEBUG
from workbench.ui.function_metrics.action_specs import METRICS
from workbench.ui.invoking.action_specs import INVOKING
from workbench.ui.local_run.action_specs import LOCAL_RUN
from workbench.ui.triggers.action_specs import TRIGGERS

# Menu title -> its actions, both in the order that people see.
MENUS: dict[str, tuple[ActionSpec, ...]] = {
    QT_TRANSLATE_NOOP("Actions", "&File"): (
        ActionSpec("file.new", QT_TRANSLATE_NOOP("Actions", "New File…"), "Ctrl+N", "file-plus", "function"),
        ActionSpec("file.new_folder", QT_TRANSLATE_NOOP("Actions", "New Folder…"), "", "folder", "function"),
        ActionSpec(
            "file.open_project",
            QT_TRANSLATE_NOOP("Actions", "Open Project…"),
            "",
            "folder-open",
            "connected",
        ),
        ActionSpec(
            "file.save", QT_TRANSLATE_NOOP("Actions", "Save"), "Ctrl+S", "save", "function", begins_group=True
        ),
        ActionSpec(
            "file.revert", QT_TRANSLATE_NOOP("Actions", "Revert File to Deployed"), "", "undo-2", "function"
        ),
        ActionSpec(
            "file.revert_all", QT_TRANSLATE_NOOP("Actions", "Revert All to Deployed…"), "", "", "function"
        ),
        ActionSpec("file.close", QT_TRANSLATE_NOOP("Actions", "Close File"), "Ctrl+W", "", "function"),
        ActionSpec(
            "app.settings", QT_TRANSLATE_NOOP("Actions", "Settings…"), "Ctrl+,", "settings", begins_group=True
        ),
        ActionSpec("app.lock", QT_TRANSLATE_NOOP("Actions", "Lock Window"), "Alt+Shift+L", begins_group=True),
        ActionSpec("app.unlock", QT_TRANSLATE_NOOP("Actions", "Unlock Window"), "", "", "locked"),
        ActionSpec("app.quit", QT_TRANSLATE_NOOP("Actions", "Quit"), "Ctrl+Q", begins_group=True),
    ),
    QT_TRANSLATE_NOOP("Actions", "&Edit"): EDIT,
    QT_TRANSLATE_NOOP("Actions", "&Go"): GO,
    QT_TRANSLATE_NOOP("Actions", "&Code"): CODE,
    QT_TRANSLATE_NOOP("Actions", "F&unction"): (
        ActionSpec(
            "function.new",
            QT_TRANSLATE_NOOP("Actions", "New Function…"),
            "Alt+Shift+N",
            "file-plus",
            "connected",
        ),
        ActionSpec(
            "function.resume_creation",
            QT_TRANSLATE_NOOP("Actions", "Interrupted Creation…"),
            "",
            "triangle-alert",
            "creation",
            only_when_enabled=True,
        ),
        ActionSpec(
            "function.resume_deletion",
            QT_TRANSLATE_NOOP("Actions", "Interrupted Deletion…"),
            "",
            "triangle-alert",
            "deletion",
            only_when_enabled=True,
        ),
        *in_submenu(
            QT_TRANSLATE_NOOP("Actions", "Deploy"),
            ActionSpec(
                "function.deploy",
                QT_TRANSLATE_NOOP("Actions", "Deploy"),
                "Ctrl+Shift+D",
                "rocket",
                "function",
                begins_group=True,
            ),
            ActionSpec(
                "function.deploy_with",
                QT_TRANSLATE_NOOP("Actions", "Deploy with Options…"),
                "Ctrl+Shift+B",
                "",
                "function",
            ),
            ActionSpec(
                "function.deploy_on_save",
                QT_TRANSLATE_NOOP("Actions", "Deploy on Save"),
                "Alt+Shift+S",
                "",
                "function",
            ),
            ActionSpec(
                "function.roll_back",
                QT_TRANSLATE_NOOP("Actions", "Roll Back…"),
                "Alt+Shift+B",
                "rotate-ccw",
                "function",
                begins_group=True,
            ),
            ActionSpec(
                "deploy.resolve_conflict",
                QT_TRANSLATE_NOOP("Actions", "Resolve Conflict…"),
                "",
                "triangle-alert",
                "conflict",
                only_when_enabled=True,
            ),
            ActionSpec(
                "deploy.undo_merge",
                QT_TRANSLATE_NOOP("Actions", "Undo Merge"),
                "",
                "undo-2",
                "merged",
                only_when_enabled=True,
            ),
        ),
        *in_submenu(
            QT_TRANSLATE_NOOP("Actions", "Versions"),
            ActionSpec(
                "function.publish_version",
                QT_TRANSLATE_NOOP("Actions", "Publish Version…"),
                "Ctrl+Shift+M",
                "layers",
                "function",
            ),
            ActionSpec("function.new_alias", QT_TRANSLATE_NOOP("Actions", "New Alias…"), "", "", "function"),
            ActionSpec(
                "function.prune_versions",
                QT_TRANSLATE_NOOP("Actions", "Delete Old Versions…"),
                "",
                "trash-2",
                "function",
            ),
        ),
        *in_submenu(
            QT_TRANSLATE_NOOP("Actions", "Run and Debug"),
            *INVOKING,
            *LOCAL_RUN,
            *DEBUG,
        ),
        *in_submenu(
            QT_TRANSLATE_NOOP("Actions", "Configuration"),
            *CONFIGURATION,
        ),
        *in_submenu(
            QT_TRANSLATE_NOOP("Actions", "Triggers"),
            *TRIGGERS,
        ),
        ActionSpec(
            "function.refresh",
            QT_TRANSLATE_NOOP("Actions", "Reload Function"),
            "F5",
            "refresh-cw",
            "function",
            begins_group=True,
        ),
        *in_submenu(
            QT_TRANSLATE_NOOP("Actions", "Several Functions"),
            ActionSpec(
                "function.change_several",
                QT_TRANSLATE_NOOP("Actions", "Change Several Functions…"),
                "Alt+Shift+M",
                "",
                "connected",
                begins_group=True,
            ),
            ActionSpec(
                "function.past_changes",
                QT_TRANSLATE_NOOP("Actions", "Previous Bulk Changes…"),
                "",
                "undo-2",
                "connected",
            ),
            ActionSpec(
                "function.fan_out",
                QT_TRANSLATE_NOOP("Actions", "Deploy to Several Functions…"),
                "Alt+Shift+X",
                "rocket",
                begins_group=True,
            ),
            ActionSpec("function.from_template", QT_TRANSLATE_NOOP("Actions", "Functions from Template…")),
        ),
        *in_submenu(
            QT_TRANSLATE_NOOP("Actions", "Copy and Export"),
            ActionSpec(
                "function.copy",
                QT_TRANSLATE_NOOP("Actions", "Copy Function…"),
                "",
                "copy",
                "function",
            ),
            ActionSpec("function.copy_arn", QT_TRANSLATE_NOOP("Actions", "Copy ARN"), "", "copy", "function"),
            ActionSpec(
                "function.copy_image_uri",
                QT_TRANSLATE_NOOP("Actions", "Copy Image URI"),
                "",
                "copy",
                "image",
                only_when_enabled=True,
            ),
            ActionSpec(
                "function.export",
                QT_TRANSLATE_NOOP("Actions", "Export as Template…"),
                "Alt+Shift+E",
                "file-text",
                "function",
                begins_group=True,
            ),
        ),
        *STOPPING,
        ActionSpec(
            "function.delete",
            QT_TRANSLATE_NOOP("Actions", "Delete Function…"),
            "",
            "trash-2",
            "function",
            begins_group=True,
        ),
        ActionSpec(
            "function.restore",
            QT_TRANSLATE_NOOP("Actions", "Restore Deleted Function…"),
            "",
            "undo-2",
            "connected",
        ),
    ),
    QT_TRANSLATE_NOOP("Actions", "&Metrics"): (*METRICS, *ALARMS),
    QT_TRANSLATE_NOOP("Actions", "&View"): (
        ActionSpec("view.functions", QT_TRANSLATE_NOOP("Actions", "Search Functions"), "Ctrl+P", "search"),
        ActionSpec("view.fleet", QT_TRANSLATE_NOOP("Actions", "All Functions…"), "Ctrl+Shift+A", "lambda"),
        ActionSpec(
            "view.fleet_metrics", QT_TRANSLATE_NOOP("Actions", "Fleet Metrics…"), "Alt+Shift+G", "activity"
        ),
        ActionSpec(
            "view.palette", QT_TRANSLATE_NOOP("Actions", "Command Palette"), "Ctrl+Shift+P", "terminal"
        ),
        ActionSpec(
            "view.code", QT_TRANSLATE_NOOP("Actions", "Code"), "Alt+1", "", "function", begins_group=True
        ),
        ActionSpec(
            "view.configuration", QT_TRANSLATE_NOOP("Actions", "Configuration"), "Alt+2", "", "function"
        ),
        ActionSpec("view.triggers", QT_TRANSLATE_NOOP("Actions", "Triggers"), "Alt+3", "", "function"),
        ActionSpec("view.test", QT_TRANSLATE_NOOP("Actions", "Test"), "Alt+4", "", "function"),
        ActionSpec("view.logs", QT_TRANSLATE_NOOP("Actions", "Logs"), "Alt+5", "", "function"),
        ActionSpec("view.metrics", QT_TRANSLATE_NOOP("Actions", "Metrics"), "Alt+6", "", "function"),
        ActionSpec("view.versions", QT_TRANSLATE_NOOP("Actions", "Versions"), "Alt+7", "", "function"),
        ActionSpec("view.deploys", QT_TRANSLATE_NOOP("Actions", "Deploys"), "Alt+Shift+H", "", "function"),
        ActionSpec("view.result", QT_TRANSLATE_NOOP("Actions", "Result"), "Alt+8", begins_group=True),
        ActionSpec("view.invocations", QT_TRANSLATE_NOOP("Actions", "Invocations"), "Alt+Shift+J"),
        ActionSpec("view.insights", QT_TRANSLATE_NOOP("Actions", "Insights"), "Alt+Shift+Q", "", "function"),
        ActionSpec("view.problems", QT_TRANSLATE_NOOP("Actions", "Problems"), "Alt+9"),
        ActionSpec(
            "view.dependencies", QT_TRANSLATE_NOOP("Actions", "Dependencies"), "Alt+Shift+Y", "package"
        ),
        ActionSpec("view.activity", QT_TRANSLATE_NOOP("Actions", "Activity"), "Alt+0", "activity"),
        ActionSpec(
            "view.next_pane", QT_TRANSLATE_NOOP("Actions", "Go to Next Pane"), "F6", begins_group=True
        ),
        ActionSpec("view.previous_pane", QT_TRANSLATE_NOOP("Actions", "Go to Previous Pane"), "Shift+F6"),
        ActionSpec(
            "view.newest_message", QT_TRANSLATE_NOOP("Actions", "Go to Newest Message"), "Ctrl+Shift+J"
        ),
        ActionSpec(
            "operations.interrupted",
            QT_TRANSLATE_NOOP("Actions", "Interrupted Operations…"),
            "",
            "triangle-alert",
            "operations.interrupted",
            only_when_enabled=True,
        ),
        ActionSpec(
            "view.hide_functions",
            QT_TRANSLATE_NOOP("Actions", "Show or Hide Function List"),
            "Ctrl+B",
            "panel-left",
            begins_group=True,
        ),
        ActionSpec(
            "view.hide_bottom",
            QT_TRANSLATE_NOOP("Actions", "Show or Hide Bottom Panel"),
            "Ctrl+J",
            "panel-bottom",
        ),
        ActionSpec(
            "view.split",
            QT_TRANSLATE_NOOP("Actions", "Split Editor"),
            "Ctrl+Shift+F6",
            "columns-2",
            "function",
            begins_group=True,
        ),
        ActionSpec(
            "view.outline", QT_TRANSLATE_NOOP("Actions", "Outline"), "Alt+Shift+U", "list-tree", "function"
        ),
        ActionSpec("view.sparklines", QT_TRANSLATE_NOOP("Actions", "Sparklines")),
        ActionSpec(
            "list.refresh",
            QT_TRANSLATE_NOOP("Actions", "Refresh Function List"),
            "Ctrl+R",
            "refresh-cw",
            "connected",
            begins_group=True,
        ),
    ),
    QT_TRANSLATE_NOOP("Actions", "&Profile"): (
        ActionSpec("profile.choose", QT_TRANSLATE_NOOP("Actions", "Choose Profile"), "", "users"),
        ActionSpec("profile.choose_region", QT_TRANSLATE_NOOP("Actions", "Choose Region"), "", "globe"),
        ActionSpec(
            "profile.manage",
            QT_TRANSLATE_NOOP("Actions", "AWS Profiles…"),
            "Alt+Shift+P",
            "users",
            begins_group=True,
        ),
        ActionSpec("profile.edit", QT_TRANSLATE_NOOP("Actions", "Edit Profile…"), "", "users"),
        ActionSpec(
            "profile.add_from_portal",
            QT_TRANSLATE_NOOP("Actions", "Add Profiles from IAM Identity Center…"),
            "",
            "users",
        ),
        ActionSpec("profile.open_file", QT_TRANSLATE_NOOP("Actions", "Open AWS File"), "", "file-text"),
        ActionSpec("profile.reload", QT_TRANSLATE_NOOP("Actions", "Reload Profiles"), "", "users"),
        ActionSpec(
            "connection.retry", QT_TRANSLATE_NOOP("Actions", "Connect Again"), "", "plug", begins_group=True
        ),
        ActionSpec("profile.sign_in", QT_TRANSLATE_NOOP("Actions", "Sign In…"), "", "log-in"),
        ActionSpec(
            "profile.confirm_account",
            QT_TRANSLATE_NOOP("Actions", "Confirm Account…"),
            "",
            "shield",
            begins_group=True,
        ),
        ActionSpec(
            "profile.trust_endpoint", QT_TRANSLATE_NOOP("Actions", "Allow Endpoint…"), "", "globe-lock"
        ),
        ActionSpec(
            "profile.trust_process", QT_TRANSLATE_NOOP("Actions", "Allow Credential Process…"), "", "terminal"
        ),
    ),
    QT_TRANSLATE_NOOP("Actions", "&Sandbox"): (
        ActionSpec("sandbox.start", QT_TRANSLATE_NOOP("Actions", "Start Sandbox"), "", "rotate-ccw"),
        ActionSpec(
            "sandbox.copy_access",
            QT_TRANSLATE_NOOP("Actions", "Copy Credentials for the AWS CLI"),
            "",
            "copy",
        ),
        ActionSpec(
            "sandbox.open_data_folder", QT_TRANSLATE_NOOP("Actions", "Open Data Folder"), "", "folder-open"
        ),
        ActionSpec(
            "sandbox.reset", QT_TRANSLATE_NOOP("Actions", "Reset Sandbox…"), "", "trash-2", begins_group=True
        ),
    ),
    QT_TRANSLATE_NOOP("Actions", "&Help"): (
        ActionSpec(
            "help.getting_started", QT_TRANSLATE_NOOP("Actions", "Getting Started"), "", "circle-check"
        ),
        ActionSpec("help.guide", QT_TRANSLATE_NOOP("Actions", "User Guide"), "F1", "file-text"),
        ActionSpec(
            "help.shortcuts", QT_TRANSLATE_NOOP("Actions", "Keyboard Shortcuts"), "Ctrl+K", "keyboard"
        ),
        ActionSpec(
            "help.log", QT_TRANSLATE_NOOP("Actions", "Open Log Folder"), "", "file-text", begins_group=True
        ),
        ActionSpec("help.policy", QT_TRANSLATE_NOOP("Actions", "Organization Policy…"), "", "shield"),
        ActionSpec("help.permissions", QT_TRANSLATE_NOOP("Actions", "Permissions That Workbench Needs")),
        ActionSpec(
            "help.fidelity", QT_TRANSLATE_NOOP("Actions", "How True Is the Sandbox?"), begins_group=True
        ),
        ActionSpec("help.local_code", QT_TRANSLATE_NOOP("Actions", "Local Code")),
        ActionSpec("help.about", QT_TRANSLATE_NOOP("Actions", "About Workbench")),
    ),
}
