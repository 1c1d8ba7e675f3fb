"""Charts as files: where to and as what, and writing them."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.files import write_atomic
from workbench.core.jobs import Job
from workbench.core.messages import _
from workbench.ui.charts import Chart, ChartBoard
from workbench.ui.services import Services


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
