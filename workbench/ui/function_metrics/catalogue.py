"""The charts of a function: their names, titles and units, and which only some functions have.

The start loads this module: it does not import numpy.
"""

from dataclasses import dataclass

from workbench.core.messages import _
from workbench.ui.charts import Chart, ChartTheme, Unit
from workbench.ui.theme import Colors


@dataclass(frozen=True, slots=True)
class ChartKind:
    """A chart.

    Attributes:
        name: Of its drawing, and of its widget.
        title: To be translated, in the context "FunctionCharts".
        unit: What its numbers are.
        metrics: Of a chart that only some functions have: CloudWatch's names of what it shows; it is shown
            when they have data. Empty for a chart that every function has.
    """

    name: str
    title: str
    unit: Unit
    metrics: tuple[str, ...] = ()


CHARTS = (
    ChartKind("invocations", _("Invocations"), Unit.COUNT),
    ChartKind("errors", _("Errors"), Unit.COUNT),
    ChartKind("successRate", _("Success rate"), Unit.PERCENT),
    ChartKind("duration", _("Duration (ms)"), Unit.MILLISECONDS),
    ChartKind("concurrency", _("Concurrent executions"), Unit.LEVEL),
    ChartKind("throttles", _("Throttles"), Unit.COUNT),
    ChartKind(
        "asyncReceived",
        _("Async events received"),
        Unit.COUNT,
        ("AsyncEventsReceived",),
    ),
    ChartKind(
        "asyncAge",
        _("Async event age (ms)"),
        Unit.MILLISECONDS,
        ("AsyncEventAge",),
    ),
    ChartKind(
        "asyncDropped",
        _("Async events dropped"),
        Unit.COUNT,
        ("AsyncEventsDropped",),
    ),
    ChartKind(
        "deadLetterErrors",
        _("Dead letter errors"),
        Unit.COUNT,
        ("DeadLetterErrors",),
    ),
    ChartKind(
        "destinationFailures",
        _("Destination delivery failures"),
        Unit.COUNT,
        ("DestinationDeliveryFailures",),
    ),
    ChartKind(
        "iteratorAge",
        _("Iterator age (ms)"),
        Unit.MILLISECONDS,
        ("IteratorAge",),
    ),
    ChartKind("offsetLag", _("Offset lag"), Unit.LEVEL, ("OffsetLag",)),
    ChartKind(
        "provisioned",
        _("Provisioned concurrent executions"),
        Unit.LEVEL,
        ("ProvisionedConcurrentExecutions",),
    ),
    ChartKind(
        "spillover",
        _("Provisioned concurrency spillover"),
        Unit.COUNT,
        ("ProvisionedConcurrencySpilloverInvocations",),
    ),
    ChartKind(
        "recursive",
        _("Recursive invocations dropped"),
        Unit.COUNT,
        ("RecursiveInvocationsDropped",),
    ),
)


def make_charts(theme: ChartTheme) -> dict[str, Chart]:
    """All charts by name; they cost little until they draw."""
    found = {}
    for kind in CHARTS:
        chart = Chart(f"{kind.name}Chart", kind.title, kind.unit, theme)
        found[kind.name] = chart
    return found


def chart_theme(colors: Colors) -> ChartTheme:
    """The program's colours as the charts want them."""
    return ChartTheme(colors.base, colors.text, colors.muted, colors.border, colors.danger, colors.series)
