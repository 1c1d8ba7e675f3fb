"""The charts of a function: their names, titles and units, and which only some functions have.

The start loads this module: it does not import numpy.
"""

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from workbench.ui.action_spec import QT_TRANSLATE_NOOP
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
    ChartKind("invocations", QT_TRANSLATE_NOOP("FunctionCharts", "Invocations"), Unit.COUNT),
    ChartKind("errors", QT_TRANSLATE_NOOP("FunctionCharts", "Errors"), Unit.COUNT),
    ChartKind("successRate", QT_TRANSLATE_NOOP("FunctionCharts", "Success rate"), Unit.PERCENT),
    ChartKind("duration", QT_TRANSLATE_NOOP("FunctionCharts", "Duration (ms)"), Unit.MILLISECONDS),
    ChartKind("concurrency", QT_TRANSLATE_NOOP("FunctionCharts", "Concurrent executions"), Unit.LEVEL),
    ChartKind("throttles", QT_TRANSLATE_NOOP("FunctionCharts", "Throttles"), Unit.COUNT),
    ChartKind(
        "asyncReceived",
        QT_TRANSLATE_NOOP("FunctionCharts", "Async events received"),
        Unit.COUNT,
        ("AsyncEventsReceived",),
    ),
    ChartKind(
        "asyncAge",
        QT_TRANSLATE_NOOP("FunctionCharts", "Async event age (ms)"),
        Unit.MILLISECONDS,
        ("AsyncEventAge",),
    ),
    ChartKind(
        "asyncDropped",
        QT_TRANSLATE_NOOP("FunctionCharts", "Async events dropped"),
        Unit.COUNT,
        ("AsyncEventsDropped",),
    ),
    ChartKind(
        "deadLetterErrors",
        QT_TRANSLATE_NOOP("FunctionCharts", "Dead letter errors"),
        Unit.COUNT,
        ("DeadLetterErrors",),
    ),
    ChartKind(
        "destinationFailures",
        QT_TRANSLATE_NOOP("FunctionCharts", "Destination delivery failures"),
        Unit.COUNT,
        ("DestinationDeliveryFailures",),
    ),
    ChartKind(
        "iteratorAge",
        QT_TRANSLATE_NOOP("FunctionCharts", "Iterator age (ms)"),
        Unit.MILLISECONDS,
        ("IteratorAge",),
    ),
    ChartKind("offsetLag", QT_TRANSLATE_NOOP("FunctionCharts", "Offset lag"), Unit.LEVEL, ("OffsetLag",)),
    ChartKind(
        "provisioned",
        QT_TRANSLATE_NOOP("FunctionCharts", "Provisioned concurrent executions"),
        Unit.LEVEL,
        ("ProvisionedConcurrentExecutions",),
    ),
    ChartKind(
        "spillover",
        QT_TRANSLATE_NOOP("FunctionCharts", "Provisioned concurrency spillover"),
        Unit.COUNT,
        ("ProvisionedConcurrencySpilloverInvocations",),
    ),
    ChartKind(
        "recursive",
        QT_TRANSLATE_NOOP("FunctionCharts", "Recursive invocations dropped"),
        Unit.COUNT,
        ("RecursiveInvocationsDropped",),
    ),
)


def make_charts(theme: ChartTheme) -> dict[str, Chart]:
    """All charts by name; they cost little until they draw."""
    found = {}
    for kind in CHARTS:
        title = kind.title
        chart = Chart(
            f"{kind.name}Chart", QCoreApplication.translate("FunctionCharts", title), kind.unit, theme
        )
        found[kind.name] = chart
    return found


def chart_theme(colors: Colors) -> ChartTheme:
    """The program's colours as the charts want them."""
    return ChartTheme(colors.base, colors.text, colors.muted, colors.border, colors.danger, colors.series)
