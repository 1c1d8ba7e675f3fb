"""The part of the table of actions that is about the open code. The other part is action_table.py."""

from workbench.core.messages import _
from workbench.ui.action_spec import ActionSpec

EDIT: tuple[ActionSpec, ...] = (
    ActionSpec("file.undo", _("Undo File Change"), "", "undo-2", "function"),
    ActionSpec("edit.find", _("Find"), "Ctrl+F", "search", "function", begins_group=True),
    ActionSpec(
        "edit.find_in_files",
        _("Find in All Files"),
        "Ctrl+Shift+F",
        "search",
        "function",
    ),
    ActionSpec(
        "edit.replace_in_files",
        _("Replace in All Files"),
        "Ctrl+Shift+H",
        "",
        "function",
    ),
    ActionSpec(
        "edit.format",
        _("Format File"),
        "Alt+Shift+F",
        "",
        "function",
        begins_group=True,
    ),
    ActionSpec("edit.fix", _("Quick Fix…"), "Alt+Return", "", "function"),
    ActionSpec("edit.rename", _("Rename Symbol…"), "", "", "function"),
)

GO: tuple[ActionSpec, ...] = (
    ActionSpec("file.go_to", _("Go to File…"), "Ctrl+Shift+N", "file", "function"),
    ActionSpec("edit.go_to_symbol", _("Go to Symbol…"), "Ctrl+Shift+O", "", "function"),
    ActionSpec(
        "edit.go_to_any_symbol",
        _("Go to Symbol in All Files…"),
        "Ctrl+T",
        "",
        "function",
    ),
    ActionSpec(
        "edit.go_to_definition",
        _("Go to Definition"),
        "F12",
        "",
        "function",
        begins_group=True,
    ),
    ActionSpec("edit.find_references", _("Find References"), "Shift+F12", "", "function"),
    ActionSpec(
        "edit.list_references",
        _("List All References"),
        "Ctrl+Shift+F12",
        "",
        "function",
    ),
    ActionSpec(
        "code.next_change",
        _("Next Difference"),
        "F7",
        "arrow-down",
        "compared",
        begins_group=True,
    ),
    ActionSpec(
        "code.previous_change",
        _("Previous Difference"),
        "Shift+F7",
        "arrow-up",
        "compared",
    ),
    ActionSpec(
        "view.beside",
        _("Go to Other Editor Group"),
        "Ctrl+F6",
        "",
        "function",
        begins_group=True,
    ),
)

CODE: tuple[ActionSpec, ...] = (
    ActionSpec(
        "code.choose_version",
        _("Open Version or Alias…"),
        "Alt+Shift+V",
        "layers",
        "function",
    ),
    ActionSpec("code.latest", _("Open $LATEST"), "", "", "function"),
    ActionSpec(
        "code.use_folder",
        _("Use Local Folder…"),
        "Alt+Shift+O",
        "folder-open",
        "function",
        begins_group=True,
    ),
    ActionSpec("code.use_deployed", _("Use Deployed Code"), "", "", "function"),
    ActionSpec(
        "code.compare",
        _("Compare with Deployed"),
        "Alt+Shift+D",
        "git-compare",
        "function",
        begins_group=True,
    ),
    ActionSpec(
        "code.compare_with",
        _("Compare With…"),
        "Alt+Shift+C",
        "git-compare",
        "function",
    ),
    ActionSpec(
        "code.revert_change",
        _("Revert Change at Cursor"),
        "Ctrl+Shift+F7",
        "undo-2",
        "revertible",
    ),
    ActionSpec(
        "dependencies.install",
        _("Install Dependencies"),
        "Ctrl+Shift+Y",
        "package",
        "function",
        begins_group=True,
    ),
    ActionSpec(
        "dependencies.move_to_layer",
        _("Move Dependencies to a Layer…"),
        "",
        "layers",
        "function",
    ),
    ActionSpec(
        "code.package_contents",
        _("Package Contents…"),
        "Alt+Shift+K",
        "package",
        "function",
    ),
    ActionSpec("dependencies.look", _("Inspect Package"), "", "search", "function"),
    ActionSpec(
        "language.restart",
        _("Restart Language Servers"),
        "",
        "rotate-ccw",
        "function",
        begins_group=True,
    ),
)
