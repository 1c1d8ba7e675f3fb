"""Fleet Metrics with 10,000 functions: each sorting, until it is painted, as table and as heat map."""

import os
import time
from statistics import median

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from tests.bench._common import Arguments, Figure
from workbench.functions.fleet import FleetRow
from workbench.functions.model import FunctionSummary
from workbench.metrics.fleet import FLEET_METRICS, FleetMeasure, FunctionFigures, figures_of, fleet_specs
from workbench.metrics.series import Series, Window
from workbench.ui.features.fleet.metrics_table import (
    BY_ID,
    COLUMNS,
    FleetMetricsModel,
    FleetMetricsTable,
    Prepared,
)
from workbench.ui.kit.theme import Theme

ROWS = 10_000
GOAL_MS = 50
_WINDOW = Window(1_773_360_000, 1_773_360_000 + 86_400, 900)


def main() -> None:
    """Measures and prints."""
    parser = Arguments(__doc__)
    parser.count("rounds", 3)
    rounds = parser.parse().rounds
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    theme = Theme(application, "light")
    model = FleetMetricsModel()
    table = FleetMetricsTable(model, theme)
    table.resize(1280, 700)
    functions = [_function(number) for number in range(ROWS)]
    model.take(Prepared.of(FleetRow("alice", each) for each in functions))
    random = np.random.default_rng(7)
    model.set_figures({each.function_arn: _figures(each, random) for each in functions})
    table.show()
    application.processEvents()
    table.selectRow(ROWS // 2)
    taken: list[float] = []
    for _ in range(rounds):
        for measure in (None, *FleetMeasure):
            table.show_measure(measure)
            taken += [_sort_ms(model, table, number) for number in range(len(COLUMNS)) if _is_sorted(number)]
    Figure("metrics_fleet", "sort_ms", median(taken), "ms", len(taken), GOAL_MS).show()
    table.deleteLater()


def _is_sorted(number: int) -> bool:
    return number != BY_ID["trend"]


def _sort_ms(model: FleetMetricsModel, table: FleetMetricsTable, number: int) -> float:
    before = time.perf_counter()
    model.sort(number, Qt.SortOrder.DescendingOrder)
    table.viewport().grab()  # paints, whether a screen is there or not
    return (time.perf_counter() - before) * 1000


def _function(number: int) -> FunctionSummary:
    name, account = f"team-{number % 97}-task-{number}", "123456789012"
    arn = f"arn:aws:lambda:eu-west-1:{account}:function:{name}"
    return FunctionSummary(
        function_name=name,
        function_arn=arn,
        runtime="python3.13",
        handler="a.b",
        memory_mb=512,
        timeout_s=3,
        code_size_bytes=1,
        code_sha256="",
        last_modified=None,
        description="",
        architectures=("arm64",),
        package_type="Zip",
        region="eu-west-1",
        account_id=account,
    )


def _figures(function: FunctionSummary, random: np.random.Generator) -> FunctionFigures:
    values = random.gamma(1.0, 50.0, (len(FLEET_METRICS), _WINDOW.points)).round()
    values[random.random(values.shape) < 0.3] = np.nan
    specs = fleet_specs(function.function_name)
    times = _WINDOW.time_s
    return figures_of(
        function, [Series(spec, _WINDOW, times, each) for spec, each in zip(specs, values, strict=True)]
    )


if __name__ == "__main__":
    main()
