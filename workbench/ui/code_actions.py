"""The part of the table of actions that is about the open code. The other part is action_table.py."""

from workbench.ui.action_spec import QT_TRANSLATE_NOOP, ActionSpec

EDIT: tuple[ActionSpec, ...] = (
    ActionSpec("file.undo", QT_TRANSLATE_NOOP("Actions", "Undo File Change"), "", "undo-2", "function"),
    ActionSpec(
        "edit.find", QT_TRANSLATE_NOOP("Actions", "Find"), "Ctrl+F", "search", "function", begins_group=True
    ),
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
    ActionSpec(
        "edit.format",
        QT_TRANSLATE_NOOP("Actions", "Format File"),
        "Alt+Shift+F",
        "",
        "function",
        begins_group=True,
    ),
    ActionSpec("edit.fix", QT_TRANSLATE_NOOP("Actions", "Quick Fix…"), "Alt+Return", "", "function"),
    ActionSpec("edit.rename", QT_TRANSLATE_NOOP("Actions", "Rename Symbol…"), "", "", "function"),
)

GO: tuple[ActionSpec, ...] = (
    ActionSpec("file.go_to", QT_TRANSLATE_NOOP("Actions", "Go to File…"), "Ctrl+Shift+N", "file", "function"),
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
        "edit.go_to_definition",
        QT_TRANSLATE_NOOP("Actions", "Go to Definition"),
        "F12",
        "",
        "function",
        begins_group=True,
    ),
    ActionSpec(
        "edit.find_references", QT_TRANSLATE_NOOP("Actions", "Find References"), "Shift+F12", "", "function"
    ),
    ActionSpec(
        "edit.list_references",
        QT_TRANSLATE_NOOP("Actions", "List All References"),
        "Ctrl+Shift+F12",
        "",
        "function",
    ),
    ActionSpec(
        "code.next_change",
        QT_TRANSLATE_NOOP("Actions", "Next Difference"),
        "F7",
        "arrow-down",
        "compared",
        begins_group=True,
    ),
    ActionSpec(
        "code.previous_change",
        QT_TRANSLATE_NOOP("Actions", "Previous Difference"),
        "Shift+F7",
        "arrow-up",
        "compared",
    ),
    ActionSpec(
        "view.beside",
        QT_TRANSLATE_NOOP("Actions", "Go to Other Editor Group"),
        "Ctrl+F6",
        "",
        "function",
        begins_group=True,
    ),
)

CODE: tuple[ActionSpec, ...] = (
    ActionSpec(
        "code.choose_version",
        QT_TRANSLATE_NOOP("Actions", "Open Version or Alias…"),
        "Alt+Shift+V",
        "layers",
        "function",
    ),
    ActionSpec("code.latest", QT_TRANSLATE_NOOP("Actions", "Open $LATEST"), "", "", "function"),
    ActionSpec(
        "code.use_folder",
        QT_TRANSLATE_NOOP("Actions", "Use Local Folder…"),
        "Alt+Shift+O",
        "folder-open",
        "function",
        begins_group=True,
    ),
    ActionSpec("code.use_deployed", QT_TRANSLATE_NOOP("Actions", "Use Deployed Code"), "", "", "function"),
    ActionSpec(
        "code.compare",
        QT_TRANSLATE_NOOP("Actions", "Compare with Deployed"),
        "Alt+Shift+D",
        "git-compare",
        "function",
        begins_group=True,
    ),
    ActionSpec(
        "code.compare_with",
        QT_TRANSLATE_NOOP("Actions", "Compare With…"),
        "Alt+Shift+C",
        "git-compare",
        "function",
    ),
    ActionSpec(
        "code.revert_change",
        QT_TRANSLATE_NOOP("Actions", "Revert Change at Cursor"),
        "Ctrl+Shift+F7",
        "undo-2",
        "revertible",
    ),
    ActionSpec(
        "dependencies.install",
        QT_TRANSLATE_NOOP("Actions", "Install Dependencies"),
        "Ctrl+Shift+Y",
        "package",
        "function",
        begins_group=True,
    ),
    ActionSpec(
        "dependencies.move_to_layer",
        QT_TRANSLATE_NOOP("Actions", "Move Dependencies to a Layer…"),
        "",
        "layers",
        "function",
    ),
    ActionSpec(
        "code.package_contents",
        QT_TRANSLATE_NOOP("Actions", "Package Contents…"),
        "Alt+Shift+K",
        "package",
        "function",
    ),
    ActionSpec(
        "dependencies.look", QT_TRANSLATE_NOOP("Actions", "Inspect Package"), "", "search", "function"
    ),
    ActionSpec(
        "language.restart",
        QT_TRANSLATE_NOOP("Actions", "Restart Language Servers"),
        "",
        "rotate-ccw",
        "function",
        begins_group=True,
    ),
)
