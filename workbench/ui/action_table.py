"""The table of everything that can be done. See actions.py for what is made of it."""

from dataclasses import dataclass


def QT_TRANSLATE_NOOP(_context: str, text: str) -> str:
    """Marks a text for translation. Qt's own function of this name is typed to give any object."""
    return text


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action.

    Attributes:
        id: Stable name, "room.verb"; also the QAction's objectName.
        title: Text for people, marked for translation in the context "Actions".
        shortcut: Portable key text, empty for none.
        icon: Name of a drawing in resources/icons.
        when: What must be there for it to make sense: "" (always), "connected", "function", "sandbox",
            "merged" (a merge can be taken back),
            "conflict" (other code is deployed than the open code was made from), "creation" (a crash left a
            function that is half made), "locked" (all is hidden).
    """

    id: str
    title: str
    shortcut: str = ""
    icon: str = ""
    when: str = ""


# Menu title -> its actions, both in the order that people see.
MENUS: dict[str, tuple[ActionSpec, ...]] = {
    QT_TRANSLATE_NOOP("Actions", "&File"): (
        ActionSpec("file.save", QT_TRANSLATE_NOOP("Actions", "Save"), "Ctrl+S", "save", "function"),
        ActionSpec(
            "file.revert", QT_TRANSLATE_NOOP("Actions", "Revert File to Deployed"), "", "undo-2", "function"
        ),
        ActionSpec("file.new", QT_TRANSLATE_NOOP("Actions", "New File…"), "Ctrl+N", "file-plus", "function"),
        ActionSpec("file.new_folder", QT_TRANSLATE_NOOP("Actions", "New Folder…"), "", "folder", "function"),
        # Not Ctrl+E: in X11's text fields, and the editor, it leads to the end of the line.
        ActionSpec(
            "file.go_to", QT_TRANSLATE_NOOP("Actions", "Go to File…"), "Ctrl+Shift+N", "file", "function"
        ),
        ActionSpec("file.close", QT_TRANSLATE_NOOP("Actions", "Close File"), "Ctrl+W", "", "function"),
        ActionSpec("app.lock", QT_TRANSLATE_NOOP("Actions", "Lock Window"), "Ctrl+Alt+L"),
        ActionSpec("app.unlock", QT_TRANSLATE_NOOP("Actions", "Unlock Window"), "", "", "locked"),
        ActionSpec("app.settings", QT_TRANSLATE_NOOP("Actions", "Settings…"), "Ctrl+,", "settings"),
        ActionSpec("app.quit", QT_TRANSLATE_NOOP("Actions", "Quit"), "Ctrl+Q"),
        ActionSpec("profile.manage", QT_TRANSLATE_NOOP("Actions", "AWS Profiles…"), "Ctrl+Alt+P", "users"),
        ActionSpec(
            "profile.add_from_portal",
            QT_TRANSLATE_NOOP("Actions", "Add Profiles from IAM Identity Center…"),
            "",
            "users",
        ),
        ActionSpec("profile.reload", QT_TRANSLATE_NOOP("Actions", "Reload Profiles"), "", "users"),
        ActionSpec("profile.edit", QT_TRANSLATE_NOOP("Actions", "Edit Profile…"), "", "users"),
        ActionSpec("profile.open_file", QT_TRANSLATE_NOOP("Actions", "Open AWS File"), "", "file-text"),
    ),
    QT_TRANSLATE_NOOP("Actions", "&Edit"): (
        ActionSpec("file.undo", QT_TRANSLATE_NOOP("Actions", "Undo File Change"), "", "undo-2", "function"),
        ActionSpec("edit.find", QT_TRANSLATE_NOOP("Actions", "Find"), "Ctrl+F", "search", "function"),
        ActionSpec(
            "edit.find_in_files",
            QT_TRANSLATE_NOOP("Actions", "Find in All Files"),
            "Ctrl+Shift+F",
            "search",
            "function",
        ),
        ActionSpec(
            "edit.replace_in_files",
            QT_TRANSLATE_NOOP("Actions", "Replace in All Files"),
            "Ctrl+Shift+H",
            "",
            "function",
        ),
        ActionSpec("edit.format", QT_TRANSLATE_NOOP("Actions", "Format File"), "Alt+Shift+F", "", "function"),
        ActionSpec("edit.fix", QT_TRANSLATE_NOOP("Actions", "Quick Fix…"), "Ctrl+.", "", "function"),
        ActionSpec("edit.rename", QT_TRANSLATE_NOOP("Actions", "Rename Symbol…"), "", "", "function"),
        ActionSpec(
            "edit.go_to_symbol", QT_TRANSLATE_NOOP("Actions", "Go to Symbol…"), "Ctrl+Shift+O", "", "function"
        ),
        ActionSpec(
            "edit.go_to_any_symbol",
            QT_TRANSLATE_NOOP("Actions", "Go to Symbol in All Files…"),
            "Ctrl+T",
            "",
            "function",
        ),
        ActionSpec(
            "edit.go_to_definition", QT_TRANSLATE_NOOP("Actions", "Go to Definition"), "F12", "", "function"
        ),
        ActionSpec(
            "edit.find_references",
            QT_TRANSLATE_NOOP("Actions", "Find References"),
            "Shift+F12",
            "",
            "function",
        ),
        ActionSpec(
            "edit.list_references",
            QT_TRANSLATE_NOOP("Actions", "List All References"),
            "Alt+Shift+F12",
            "",
            "function",
        ),
        ActionSpec(
            "language.restart",
            QT_TRANSLATE_NOOP("Actions", "Restart Language Servers"),
            "",
            "rotate-ccw",
            "function",
        ),
    ),
    QT_TRANSLATE_NOOP("Actions", "F&unction"): (
        ActionSpec(
            "function.new",
            QT_TRANSLATE_NOOP("Actions", "New Function…"),
            "Ctrl+Alt+N",
            "file-plus",
            "connected",
        ),
        ActionSpec(
            "function.resume_creation",
            QT_TRANSLATE_NOOP("Actions", "Interrupted Function…"),
            "",
            "triangle-alert",
            "creation",
        ),
        ActionSpec(
            "function.deploy", QT_TRANSLATE_NOOP("Actions", "Deploy"), "Ctrl+Shift+D", "rocket", "function"
        ),
        ActionSpec(
            "function.deploy_on_save",
            QT_TRANSLATE_NOOP("Actions", "Deploy on Save"),
            "Ctrl+Alt+S",
            "",
            "function",
        ),
        ActionSpec(
            "deploy.resolve_conflict",
            QT_TRANSLATE_NOOP("Actions", "Resolve Conflict…"),
            "",
            "triangle-alert",
            "conflict",
        ),
        ActionSpec("deploy.undo_merge", QT_TRANSLATE_NOOP("Actions", "Undo Merge"), "", "undo-2", "merged"),
        ActionSpec(
            "code.choose_version",
            QT_TRANSLATE_NOOP("Actions", "Open Version or Alias…"),
            "Ctrl+Alt+V",
            "layers",
            "function",
        ),
        ActionSpec("code.latest", QT_TRANSLATE_NOOP("Actions", "Open $LATEST"), "", "", "function"),
        ActionSpec(
            "code.use_folder",
            QT_TRANSLATE_NOOP("Actions", "Use Local Folder…"),
            "Ctrl+Alt+O",
            "folder-open",
            "function",
        ),
        ActionSpec(
            "code.use_deployed", QT_TRANSLATE_NOOP("Actions", "Use Deployed Code"), "", "", "function"
        ),
        ActionSpec(
            "dependencies.install",
            QT_TRANSLATE_NOOP("Actions", "Install Dependencies"),
            "Ctrl+Alt+I",
            "package",
            "function",
        ),
        ActionSpec(
            "dependencies.move_to_layer",
            QT_TRANSLATE_NOOP("Actions", "Move Dependencies to a Layer…"),
            "",
            "layers",
            "function",
        ),
        ActionSpec(
            "dependencies.look",
            QT_TRANSLATE_NOOP("Actions", "Look Through Package"),
            "",
            "search",
            "function",
        ),
        ActionSpec(
            "code.compare",
            QT_TRANSLATE_NOOP("Actions", "Compare with Deployed"),
            "Ctrl+Alt+D",
            "git-compare",
            "function",
        ),
        ActionSpec(
            "code.compare_with",
            QT_TRANSLATE_NOOP("Actions", "Compare With…"),
            "Ctrl+Alt+C",
            "git-compare",
            "function",
        ),
        ActionSpec(
            "code.revert_change",
            QT_TRANSLATE_NOOP("Actions", "Revert Difference at Cursor"),
            "Ctrl+F7",
            "undo-2",
            "function",
        ),
        ActionSpec(
            "code.next_change",
            QT_TRANSLATE_NOOP("Actions", "Next Difference"),
            "F7",
            "arrow-down",
            "function",
        ),
        ActionSpec(
            "code.previous_change",
            QT_TRANSLATE_NOOP("Actions", "Previous Difference"),
            "Shift+F7",
            "arrow-up",
            "function",
        ),
        ActionSpec(
            "function.invoke", QT_TRANSLATE_NOOP("Actions", "Invoke"), "Ctrl+Shift+I", "play", "function"
        ),
        ActionSpec(
            "function.refresh",
            QT_TRANSLATE_NOOP("Actions", "Reload Function"),
            "F5",
            "refresh-cw",
            "function",
        ),
        ActionSpec("function.copy_arn", QT_TRANSLATE_NOOP("Actions", "Copy ARN"), "", "copy", "function"),
    ),
    QT_TRANSLATE_NOOP("Actions", "&View"): (
        ActionSpec("view.functions", QT_TRANSLATE_NOOP("Actions", "Search Functions"), "Ctrl+P", "search"),
        ActionSpec(
            "view.palette", QT_TRANSLATE_NOOP("Actions", "Command Palette"), "Ctrl+Shift+P", "command"
        ),
        ActionSpec("view.code", QT_TRANSLATE_NOOP("Actions", "Code"), "Alt+1", "", "function"),
        ActionSpec(
            "view.configuration", QT_TRANSLATE_NOOP("Actions", "Configuration"), "Alt+2", "", "function"
        ),
        ActionSpec("view.triggers", QT_TRANSLATE_NOOP("Actions", "Triggers"), "Alt+3", "", "function"),
        ActionSpec("view.test", QT_TRANSLATE_NOOP("Actions", "Test"), "Alt+4", "", "function"),
        ActionSpec("view.logs", QT_TRANSLATE_NOOP("Actions", "Logs"), "Alt+5", "", "function"),
        ActionSpec("view.metrics", QT_TRANSLATE_NOOP("Actions", "Metrics"), "Alt+6", "", "function"),
        ActionSpec("view.versions", QT_TRANSLATE_NOOP("Actions", "Versions"), "Alt+7", "", "function"),
        ActionSpec(
            "view.split", QT_TRANSLATE_NOOP("Actions", "Split Editor"), "Ctrl+\\", "columns-2", "function"
        ),
        ActionSpec(
            "view.outline", QT_TRANSLATE_NOOP("Actions", "Outline"), "Ctrl+Alt+U", "list-tree", "function"
        ),
        ActionSpec(
            "view.beside", QT_TRANSLATE_NOOP("Actions", "Go to Other Half"), "Ctrl+Alt+\\", "", "function"
        ),
        ActionSpec("view.result", QT_TRANSLATE_NOOP("Actions", "Result"), "Alt+8"),
        ActionSpec("view.problems", QT_TRANSLATE_NOOP("Actions", "Problems"), "Alt+9"),
        ActionSpec(
            "view.dependencies", QT_TRANSLATE_NOOP("Actions", "Dependencies"), "Ctrl+Alt+Y", "package"
        ),
        ActionSpec("view.activity", QT_TRANSLATE_NOOP("Actions", "Activity"), "Alt+0", "activity"),
        ActionSpec(
            "list.refresh",
            QT_TRANSLATE_NOOP("Actions", "Refresh Function List"),
            "Ctrl+R",
            "refresh-cw",
            "connected",
        ),
        ActionSpec("connection.retry", QT_TRANSLATE_NOOP("Actions", "Connect Again"), "", "plug"),
        ActionSpec("profile.sign_in", QT_TRANSLATE_NOOP("Actions", "Sign In…"), "", "log-in"),
        ActionSpec("profile.confirm_account", QT_TRANSLATE_NOOP("Actions", "Confirm Account…"), "", "shield"),
        ActionSpec("profile.trust_endpoint", QT_TRANSLATE_NOOP("Actions", "Allow Server…"), "", "globe-lock"),
        ActionSpec("profile.trust_process", QT_TRANSLATE_NOOP("Actions", "Allow Program…"), "", "terminal"),
        ActionSpec("profile.choose", QT_TRANSLATE_NOOP("Actions", "Choose Profile"), "", "users"),
        ActionSpec("profile.choose_region", QT_TRANSLATE_NOOP("Actions", "Choose Region"), "", "globe"),
    ),
    QT_TRANSLATE_NOOP("Actions", "&Sandbox"): (
        ActionSpec("sandbox.start", QT_TRANSLATE_NOOP("Actions", "Start Sandbox"), "", "rotate-ccw"),
        ActionSpec("sandbox.reset", QT_TRANSLATE_NOOP("Actions", "Reset Sandbox…"), "", "trash-2"),
        ActionSpec(
            "sandbox.open_data_folder", QT_TRANSLATE_NOOP("Actions", "Open Data Folder"), "", "folder-open"
        ),
    ),
    QT_TRANSLATE_NOOP("Actions", "&Help"): (
        ActionSpec(
            "help.shortcuts", QT_TRANSLATE_NOOP("Actions", "Keyboard Shortcuts"), "Ctrl+K", "keyboard"
        ),
        ActionSpec("help.log", QT_TRANSLATE_NOOP("Actions", "Open Log Folder"), "", "file-text"),
        ActionSpec("help.about", QT_TRANSLATE_NOOP("Actions", "About Workbench")),
    ),
}
