"""What can be done in the window of all functions: a table of its own, whose keys hold there only."""

from workbench.ui.action_spec import QT_TRANSLATE_NOOP, ActionSpec

FLEET: dict[str, tuple[ActionSpec, ...]] = {
    "": (
        ActionSpec("fleet.open", QT_TRANSLATE_NOOP("Actions", "Open"), "Ctrl+O", "square-function", "chosen"),
        ActionSpec("fleet.copy_names", QT_TRANSLATE_NOOP("Actions", "Copy Names"), "", "copy", "chosen"),
        ActionSpec("fleet.copy_arns", QT_TRANSLATE_NOOP("Actions", "Copy ARNs"), "Ctrl+C", "copy", "chosen"),
        ActionSpec("fleet.refresh", QT_TRANSLATE_NOOP("Actions", "Refresh"), "F5", "refresh-cw"),
        ActionSpec("fleet.cancel", QT_TRANSLATE_NOOP("Actions", "Cancel"), "", "x", "refreshing"),
        ActionSpec("fleet.scopes", QT_TRANSLATE_NOOP("Actions", "Profiles and Regions…"), "Ctrl+L", "globe"),
        ActionSpec("fleet.search", QT_TRANSLATE_NOOP("Actions", "Search"), "Ctrl+F", "search"),
        ActionSpec("fleet.clear", QT_TRANSLATE_NOOP("Actions", "Clear Filter"), "Ctrl+Shift+X", "x"),
    )
}
ROW_ACTIONS = ("fleet.open", "fleet.copy_names", "fleet.copy_arns")
"""What the context menu of a row begins with."""
