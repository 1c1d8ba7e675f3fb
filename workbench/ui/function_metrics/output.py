"""What leaves the Metrics tab: all numbers as a table, charts as files."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from workbench.core.errors import WorkbenchError
from workbench.ui.charts import Chart, ChartBoard
from workbench.ui.function_metrics import saving, table_dialog
from workbench.ui.services import Services


class Output:
    """Of the charts of one function.

    Args:
        services: For jobs.
        board: All charts.
        page: Where dialogs belong.
        failed: Told what went wrong.
    """

    def __init__(
        self, services: Services, board: ChartBoard, page: QWidget, failed: Callable[[WorkbenchError], object]
    ) -> None:
        self._services, self._board, self._page, self._failed = services, board, page, failed
        self.function_name = ""  # of the charts that are shown

    def show_table(self, *, is_utc: bool, about: str) -> None:
        """Shows all numbers; `about` is what else is to be said of them."""
        if self.function_name:
            table_dialog.TableDialog(
                self._board,
                self.function_name,
                self._services,
                self._page.window(),
                is_utc=is_utc,
                about=about,
            ).open()

    def save(self, what: Chart | ChartBoard) -> None:
        """Asks for a file and writes charts into it."""
        saving.save(what, self.function_name, self._services, self._page, self._failed)
