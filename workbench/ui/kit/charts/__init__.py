"""Charts over time: curves and bars, a shared crosshair, and a message if nothing can be drawn.

Only plot.py imports pyqtgraph, when the first chart draws; `preload` imports it earlier, on a
worker thread.
"""

from workbench.ui.kit.charts.board import ChartBoard
from workbench.ui.kit.charts.chart import Chart
from workbench.ui.kit.charts.model import Curve, Limit, Marker, Threshold, Unit

__all__ = [
    "Chart",
    "ChartBoard",
    "Curve",
    "Limit",
    "Marker",
    "Threshold",
    "Unit",
    "preload",
]


def preload() -> None:
    """Imports what drawing needs. On a worker thread this saves the window a pause of some 300 ms."""
    import workbench.ui.kit.charts.plot  # noqa: F401 - for the import itself
