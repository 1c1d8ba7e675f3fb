"""What can be done in Fleet Metrics: a table of its own, whose keys hold there only."""

from workbench.ui.action_spec import QT_TRANSLATE_NOOP, ActionSpec

FLEET_METRICS: dict[str, tuple[ActionSpec, ...]] = {
    "": (
        ActionSpec(
            "fleet_metrics.open", QT_TRANSLATE_NOOP("Actions", "Open Metrics"), "Ctrl+O", "activity", "chosen"
        ),
        ActionSpec(
            "fleet_metrics.logs", QT_TRANSLATE_NOOP("Actions", "Show Logs"), "Ctrl+L", "scroll-text", "known"
        ),
        ActionSpec(
            "fleet_metrics.refresh", QT_TRANSLATE_NOOP("Actions", "Refresh"), "F5", "refresh-cw", "rows"
        ),
        ActionSpec("fleet_metrics.cancel", QT_TRANSLATE_NOOP("Actions", "Cancel"), "", "x", "reading"),
        ActionSpec("fleet_metrics.what_if", QT_TRANSLATE_NOOP("Actions", "What If…"), "Ctrl+I", "", "rows"),
        ActionSpec("fleet_metrics.search", QT_TRANSLATE_NOOP("Actions", "Search"), "Ctrl+F", "search"),
    )
}
