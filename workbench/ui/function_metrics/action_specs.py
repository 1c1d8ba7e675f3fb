"""The actions of a function's charts: what the controls offer too. See action_table.py."""

from workbench.core.messages import _
from workbench.ui.action_spec import ActionSpec

TOGGLES = ("compare", "log", "utc", "trail")
"""Ends of ids; the controls have the same choices by the same names."""

METRICS = (
    ActionSpec("charts.add", _("Add Chart of a Metric…"), "", "", "function"),
    ActionSpec("charts.logs", _("Show Logs for This Time"), "", "", "function"),
    ActionSpec(
        "charts.compare",
        _("Compare with Previous Period"),
        "",
        "",
        "function",
        begins_group=True,
    ),
    ActionSpec("charts.log", _("Logarithmic Scale"), "", "", "function"),
    ActionSpec("charts.utc", _("Times in UTC"), "", "", "function"),
    ActionSpec("charts.trail", _("Changes from CloudTrail"), "", "", "function"),
    ActionSpec(
        "view.compare",
        _("Compare Before and After Changes…"),
        "",
        "",
        "function",
        begins_group=True,
    ),
    ActionSpec("charts.table", _("Show Charts as Table…"), "", "", "function"),
    ActionSpec("charts.save", _("Save Charts…"), "", "", "function"),
)
