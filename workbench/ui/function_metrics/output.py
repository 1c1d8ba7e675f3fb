"""What leaves the Metrics tab: all numbers as a table, charts as files."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from workbench.core.errors import WorkbenchError
from workbench.ui.charts import Chart, ChartBoard
from workbench.ui.function_metrics import saving, table_dialog
from workbench.ui.function_metrics.controls import Controls
from workbench.ui.function_metrics.function_charts import FunctionCharts
from workbench.ui.function_metrics.mappings_and_limit import Surroundings
from workbench.ui.services import Services


class Output:
    """Of the charts of one function, when the controls or a chart's menu ask for it.

    Args:
        services: For jobs.
        shown: All charts.
        controls: Above them.
        around: What else is to be said of the numbers.
        page: Where dialogs belong.
        failed: Called with the error.
    """

    def __init__(
        self,
        services: Services,
        shown: FunctionCharts,
        controls: Controls,
        around: Surroundings,
        page: QWidget,
        failed: Callable[[WorkbenchError], object],
    ) -> None:
        self._services, self._board, self._page, self._failed = services, shown.board, page, failed
        self._controls, self._around = controls, around
        self.function_name = ""  # of the charts that are shown
        controls.save_wanted.connect(lambda: self.save(self._board))
        controls.table_wanted.connect(self.show_table)
        shown.made.connect(self._connect)
        for chart in shown.charts.values():
            self._connect(chart)

    def show_table(self) -> None:
        """Shows all numbers."""
        if self.function_name:
            table_dialog.TableDialog(
                self._board,
                self.function_name,
                self._services,
                self._page.window(),
                is_utc=self._controls.is_utc,
                about=self._around.limit_text,
            ).open()

    def save(self, what: Chart | ChartBoard) -> None:
        """Asks for a file and writes charts into it."""
        saving.save(what, self.function_name, self._services, self._page, self._failed)

    def _connect(self, chart: Chart) -> None:
        chart.save_wanted.connect(lambda: self.save(chart))
