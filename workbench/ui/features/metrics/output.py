"""What leaves the Metrics tab: all numbers as a table, charts as files."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.files import write_atomic
from workbench.core.jobs import Job
from workbench.core.messages import _
from workbench.ui.features.metrics import chart_dialogs
from workbench.ui.features.metrics.controls import Controls
from workbench.ui.features.metrics.function_charts import FunctionCharts
from workbench.ui.features.metrics.mappings_and_limit import Surroundings
from workbench.ui.kit.charts import Chart, ChartBoard
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
            chart_dialogs.TableDialog(
                self._board,
                self.function_name,
                self._services,
                self._page.window(),
                is_utc=self._controls.is_utc,
                about=self._around.limit_text,
            ).open()

    def save(self, what: Chart | ChartBoard) -> None:
        """Asks for a file and writes charts into it."""
        save(what, self.function_name, self._services, self._page, self._failed)

    def _connect(self, chart: Chart) -> None:
        chart.save_wanted.connect(lambda: self.save(chart))


def save(
    what: Chart | ChartBoard,
    name: str,
    services: Services,
    parent: QWidget,
    failed: Callable[[WorkbenchError], object],
) -> None:
    """Asks for a file and writes charts into it: as an image, as lines that stay sharp, or as data.

    Args:
        what: The charts.
        name: The file's, as suggested, without ending.
        services: For the job that writes.
        parent: What the dialog belongs to.
        failed: Called with the error.
    """
    kinds = {
        _("PNG image (*.png)"): "png",
        _("SVG image (*.svg)"): "svg",
        _("Data as CSV (*.csv)"): "csv",
    }
    dialog = QFileDialog(parent, _("Save Charts"), f"{name}.png", ";;".join(kinds))
    dialog.setObjectName("metricsSaveDialog")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("png")
    dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(kinds[chosen]))
    dialog.fileSelected.connect(lambda path: write(path, content(what, path), services, failed))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def content(what: Chart | ChartBoard, path: str) -> Callable[[], bytes]:
    """What belongs into a file of this name: images are drawn now, data are written when asked for."""
    ending = Path(path).suffix.lower()
    if ending == ".csv":
        return lambda: what.csv().encode()
    image = what.svg() if ending == ".svg" else what.png()
    return lambda: image


def write(
    path: str, made: Callable[[], bytes], services: Services, failed: Callable[[WorkbenchError], object]
) -> None:
    """Writes a file that the user has named.

    Args:
        path: The file.
        made: Makes its content; on a worker thread.
        services: For the job.
        failed: Called with the error.
    """
    services.jobs.submit(
        Job(
            _("Saving charts"),
            lambda _ctx: write_atomic(Path(path), made()),
            on_error=failed,
        )
    )
