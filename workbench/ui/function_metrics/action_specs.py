"""The actions of a function's charts: what the controls offer too. See action_table.py."""

from workbench.ui.action_spec import QT_TRANSLATE_NOOP, ActionSpec

TOGGLES = ("compare", "log", "utc", "trail")
"""Ends of ids; the controls have the same choices by the same names."""

METRICS = (
    ActionSpec("charts.add", QT_TRANSLATE_NOOP("Actions", "Add Chart of a Metric…"), "", "", "function"),
    ActionSpec("charts.logs", QT_TRANSLATE_NOOP("Actions", "Show Logs for This Time"), "", "", "function"),
    ActionSpec(
        "charts.compare",
        QT_TRANSLATE_NOOP("Actions", "Compare with Previous Period"),
        "",
        "",
        "function",
        begins_group=True,
    ),
    ActionSpec("charts.log", QT_TRANSLATE_NOOP("Actions", "Logarithmic Scale"), "", "", "function"),
    ActionSpec("charts.utc", QT_TRANSLATE_NOOP("Actions", "Times in UTC"), "", "", "function"),
    ActionSpec("charts.trail", QT_TRANSLATE_NOOP("Actions", "Changes from CloudTrail"), "", "", "function"),
    ActionSpec(
        "view.compare",
        QT_TRANSLATE_NOOP("Actions", "Compare Before and After Changes…"),
        "",
        "",
        "function",
        begins_group=True,
    ),
    ActionSpec("charts.table", QT_TRANSLATE_NOOP("Actions", "Show Charts as Table…"), "", "", "function"),
    ActionSpec("charts.save", QT_TRANSLATE_NOOP("Actions", "Save Charts…"), "", "", "function"),
)
